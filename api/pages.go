package api

import (
	"context"
	"io"
	"time"

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
			Begin: s.beginPage, File: s.pageFile, Caller: s.pageCaller, FromPage: s.fromPage, May: s.mayCall, Bound: s.placed, Problem: s.pageProblem,
			Opened: opened, Closed: closed, Session: func(c *fiber.Ctx) staff.Secret { return requestOf(c).cookie },
			Known:   func(c *fiber.Ctx) staff.Secret { return requestOf(c).browser },
			Address: func(c *fiber.Ctx) string { return prefixOf(requestOf(c).address) },
			Missing: func(key string) { s.Log.Error("console: a word is missing", "key", key) },
			Note:    func(c *fiber.Ctx, r *book.Receipt) { requestOf(c).note(r) },
		},
	}).Routes(app.Group(console.Root))
}

// beginPage reads what a request for a page says of itself, and sets its time. Of a page
// that takes a file the body is read later, when it is known who sends it.
func (s *server) beginPage(c *fiber.Ctx, page string, file bool) (context.Context, context.CancelFunc, error) {
	c.Locals(pageLocal, page)
	if err := singleHeads(c); err != nil {
		return nil, nil, err
	}
	r := requestOf(c)
	r.cookie, r.browser = staff.Secret(c.Cookies(sessionCookie)), staff.Secret(c.Cookies(browserCookie))
	if c.Method() == fiber.MethodPost {
		if err := readPage(c, file); err != nil {
			return nil, nil, err
		}
	}
	ctx, done := context.WithTimeout(context.WithValue(context.Background(), requestKey{}, r), requestLimit)
	c.SetUserContext(ctx)
	return ctx, done, nil
}

// readPage reads the body of a form. A file is bytes and nothing else: as a form of
// several parts it would be unpacked by whoever looks for a field of it.
func readPage(c *fiber.Ctx, file bool) error {
	if !file {
		_, err := wholeBody(c)
		return err
	}
	switch {
	case c.Get(fiber.HeaderContentType) != fiber.MIMEOctetStream:
		return contract.NewProblem(contract.CodeBadContentType)
	case c.Get(fiber.HeaderContentEncoding) != "":
		return contract.NewProblem(contract.CodeBadEncoding)
	case c.Request().Header.ContentLength() < 0, c.Request().Header.ContentLength() > pageFileMax:
		return contract.NewProblem(contract.CodeBodyTooLarge)
	}
	return nil
}

// pageFileMax is how long a file may be that a page takes, pageFileWithin how long it may
// take to come.
const (
	pageFileMax    = 16 << 20
	pageFileWithin = time.Minute
)

// pageFile reads the file of a page. A line that is slow has its time, and one that stops
// is cut: the place that the file takes is wanted by others.
func (s *server) pageFile(c *fiber.Ctx) ([]byte, error) {
	within := s.FileWithin
	if within == 0 {
		within = pageFileWithin
	}
	stream, length := c.Context().RequestBodyStream(), c.Request().Header.ContentLength()
	if stream == nil {
		return c.Request().Body(), nil
	}
	u := &upload{conn: c.Context().Conn(), body: stream, left: int64(length), until: time.Now().Add(within)}
	data, err := io.ReadAll(u)
	if err != nil || len(data) != length {
		return nil, contract.NewProblem(contract.CodeFileCut, contract.WithCause(err))
	}
	return data, nil
}

// pageCaller makes the Caller of a page's cookie, with the session. A form says
// its token in a field, what a script sends in a header.
func (s *server) pageCaller(c *fiber.Ctx, csrf string, quiet bool) (staff.Console, staff.Caller, error) {
	r := requestOf(c)
	if r.cookie == "" {
		return staff.Console{}, staff.Caller{}, contract.NewProblem(contract.CodeUnauthorized)
	}
	ctx, done := context.WithTimeout(context.Background(), callerLimit)
	defer done()
	if c.Get(fiber.HeaderContentType) == fiber.MIMEOctetStream {
		csrf = c.Get(headCSRF)
	}
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
