package api

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	contract "kendra/mobile-contract"
)

const codeLocal = "code"

// unread answers what the server refuses before any handler has seen it: a
// head that is too long, a request that is none. It is dressed and logged like
// all others.
func (s *server) unread(c *fiber.Ctx, err error) error {
	if c.Locals(requestLocal) != nil {
		return s.problem(c, err)
	}
	r := s.begin(c)
	s.dress(c)
	err = s.problem(c, err)
	s.log(c, r, 0)
	return err
}

// problem is the one renderer of errors. What is not ours is "internal", and
// its text stays in the log.
func (s *server) problem(c *fiber.Ctx, err error) error {
	r := requestOf(c)
	p := asProblem(err)
	if p == nil {
		s.Log.Error("internal", "request_id", r.id, "err", err.Error())
		p = asProblem(contract.NewProblem(codeOf(err, c.Method() == fiber.MethodPost && c.Path() == "/v1/ops")))
	}
	c.Locals(codeLocal, string(p.Code))
	if p.RetryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
	if p.Code == contract.CodeUseDPoPNonce {
		c.Set("DPoP-Nonce", s.Staff.Nonce())
	}
	if p.Status == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, `DPoP algs="ES256"`)
	}
	out := p.Render(r.lang)
	out.RequestID = r.id
	c.Status(p.Status)
	return c.JSON(out, "application/problem+json")
}

// codeOf names an error that is not ours. While the database is away a phone is
// asked to come again, and its ops may have been entered or not.
func codeOf(err error, ops bool) contract.Code {
	switch {
	case !isAway(err):
		return contract.CodeInternal
	case ops:
		return contract.CodeUnknownOutcome
	}
	return contract.CodeOverloaded
}

// isAway tells the errors of a database that is silent, gone, starting, ending
// or busy from all others.
func isAway(err error) bool {
	var network net.Error
	var unsent interface{ SafeToRetry() bool }
	var answered interface{ SQLState() string }
	switch {
	case errors.As(err, &answered):
		code := answered.SQLState()
		return code == "55P03" || slices.Contains([]string{"08", "40", "53", "57"}, code[:min(2, len(code))])
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		return true
	}
	return errors.As(err, &unsent) && unsent.SafeToRetry()
}

// busy is how long a phone is asked to wait when the centre's queue is full.
const busy = 2 * time.Second

// asProblem finds the answer for the client in an error, or nil.
func asProblem(err error) *contract.Problem {
	var p *contract.Problem
	if errors.As(err, &p) {
		if p.Status == fiber.StatusServiceUnavailable && p.RetryAfter == 0 {
			again := *p
			again.RetryAfter = busy
			return &again
		}
		return p
	}
	var v *contract.Violation
	if errors.As(err, &v) {
		return v.Problem()
	}
	var e *fiber.Error
	if errors.As(err, &e) {
		switch e.Code {
		case fiber.StatusRequestEntityTooLarge, fiber.StatusRequestHeaderFieldsTooLarge:
			return contract.NewProblem(contract.CodeBodyTooLarge)
		case fiber.StatusNotFound:
			return contract.NewProblem(contract.CodeNotFound)
		case fiber.StatusMethodNotAllowed:
			return contract.NewProblem(contract.CodeMethodNotAllowed)
		case fiber.StatusBadRequest, fiber.StatusRequestTimeout:
			return contract.NewProblem(contract.CodeBadJSON)
		}
	}
	return nil
}
