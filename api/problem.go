package api

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	contract "kendra/mobile-contract"
)

const codeLocal = "code"

// problem is the one renderer of errors. What is not ours is "internal", and
// its text stays in the log.
func (s *server) problem(c *fiber.Ctx, err error) error {
	r := requestOf(c)
	p := asProblem(err)
	if p == nil {
		s.Log.Error("internal", "request_id", r.id, "err", err.Error())
		p = contract.NewProblem(contract.CodeInternal)
	}
	c.Locals(codeLocal, string(p.Code))
	if p.RetryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
	if p.Status == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, `DPoP algs="ES256"`)
	}
	out := p.Render(r.lang)
	out.RequestID = r.id
	c.Status(p.Status)
	return c.JSON(out, "application/problem+json")
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
	if isTooLarge(err) {
		return contract.NewProblem(contract.CodeBodyTooLarge)
	}
	var e *fiber.Error
	if errors.As(err, &e) {
		switch e.Code {
		case fiber.StatusNotFound:
			return contract.NewProblem(contract.CodeNotFound)
		case fiber.StatusMethodNotAllowed:
			return contract.NewProblem(contract.CodeMethodNotAllowed)
		case fiber.StatusBadRequest:
			return contract.NewProblem(contract.CodeBadJSON)
		}
	}
	return nil
}
