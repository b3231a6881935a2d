package api

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"kendra/api/book"
	"kendra/api/console"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

const pageLocal = "page"

// handlePages serves the console's pages beside the calls. They know a caller by
// the same cookie, count in the same bounds, and reach as far as the table of
// access lets the call reach that a page stands for.
func (s *server) handlePages(app *fiber.App) {
	if s.Console == "" {
		return
	}
	console.New(console.Options{
		Book: s.Book, Staff: s.Staff, Now: s.Now, Live: s.Live,
		Door: console.Door{
			Begin: s.beginPage, Caller: s.pageCaller, FromPage: s.fromPage, May: s.mayCall, Bound: s.placed, Problem: s.pageProblem,
			Opened: opened, Closed: closed, Session: func(c *fiber.Ctx) staff.Secret { return requestOf(c).cookie },
			Known:   func(c *fiber.Ctx) staff.Secret { return requestOf(c).browser },
			Address: func(c *fiber.Ctx) string { return prefixOf(requestOf(c).address) },
			Missing: func(key string) { s.Log.Error("console: a word is missing", "key", key) },
			Note:    func(c *fiber.Ctx, r *book.Receipt) { requestOf(c).note(r) },
		},
	}).Routes(app.Group(console.Root))
}

// beginPage reads what a request for a page says of itself, and sets its time.
func (s *server) beginPage(c *fiber.Ctx, page string) (context.Context, context.CancelFunc, error) {
	c.Locals(pageLocal, page)
	if err := singleHeads(c); err != nil {
		return nil, nil, err
	}
	r := requestOf(c)
	r.cookie, r.browser = staff.Secret(c.Cookies(sessionCookie)), staff.Secret(c.Cookies(browserCookie))
	if c.Method() == fiber.MethodPost {
		if _, err := wholeBody(c); err != nil {
			return nil, nil, err
		}
	}
	ctx, done := context.WithTimeout(context.WithValue(context.Background(), requestKey{}, r), requestLimit)
	c.SetUserContext(ctx)
	return ctx, done, nil
}

// pageCaller makes the Caller of a page's cookie, with the session. A form says
// its token in a field.
func (s *server) pageCaller(c *fiber.Ctx, csrf string, quiet bool) (staff.Console, staff.Caller, error) {
	r := requestOf(c)
	if r.cookie == "" {
		return staff.Console{}, staff.Caller{}, contract.NewProblem(contract.CodeUnauthorized)
	}
	ctx, done := context.WithTimeout(context.Background(), callerLimit)
	defer done()
	session, who, err := s.enterConsole(ctx, c, r, csrf, quiet)
	if err != nil {
		return staff.Console{}, staff.Caller{}, err
	}
	r.caller = who
	return session, who, s.limitCaller(who)
}

// mayCall judges a page by the call that it stands for.
func (s *server) mayCall(ctx context.Context, who staff.Caller, call, centre string) error {
	g := s.grants[call]
	if g == nil {
		return contract.NewProblem(contract.CodeForbidden)
	}
	if g.open {
		return nil
	}
	return s.allows(ctx, g, who, centre)
}

// pageProblem is the refusal that an error is, and writes down what is none.
func (s *server) pageProblem(c *fiber.Ctx, err error) (p *contract.Problem, requestID string) {
	r := requestOf(c)
	if p = asProblem(err); p == nil {
		s.Log.Error("internal", "request_id", r.id, "err", err.Error())
		p = asProblem(contract.NewProblem(codeOf(err, c.Method() == fiber.MethodPost)))
	}
	c.Locals(codeLocal, string(p.Code))
	return p, r.id
}
