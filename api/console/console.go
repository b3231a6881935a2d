package console

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Root is where the pages are.
const Root = "/console"

// Options are what the pages show and by whom they are let in.
type Options struct {
	Book  *book.Book
	Staff *staff.Service
	Now   func() time.Time
	Live  *Hub
	Door  Door
}

// Door is what the pages share with the calls of the API: who is there, how far
// he may go, how an error is told.
type Door struct {
	// Begin reads the request, names the page for the log and sets its time. Of a page
	// that takes a file it leaves the body to File.
	Begin func(c *fiber.Ctx, page string, file bool) (context.Context, context.CancelFunc, error)
	// File reads the file that a page is sent.
	File func(c *fiber.Ctx) ([]byte, error)
	// Caller makes the Caller of the cookie, with its session; a form has the token of its page.
	// What a page asks by itself is quiet: no sign of life of the officer.
	Caller func(c *fiber.Ctx, csrf string, quiet bool) (staff.Console, staff.Caller, error)
	// FromPage refuses what no page of the console has sent.
	FromPage func(c *fiber.Ctx) error
	// May judges by the call that a page stands for.
	May func(ctx context.Context, who staff.Caller, call, centre string) error
	// Bound runs a page in one of the places that its call has, if those are few.
	Bound func(call string, run func() error) error
	// Problem is the refusal that an error is, and the request's id.
	Problem func(c *fiber.Ctx, err error) (*contract.Problem, string)
	// Note keeps for the log what a form was about.
	Note func(c *fiber.Ctx, r *book.Receipt)
	// Missing is told of a word that the catalogue and the lists do not have.
	Missing func(key string)
	// Opened and Closed put the session into its cookie, and take it away.
	Opened func(c *fiber.Ctx, session *staff.Console)
	Closed func(c *fiber.Ctx)
	// Session and Known are the cookies, Address where the request comes from.
	Session, Known func(c *fiber.Ctx) staff.Secret
	Address        func(c *fiber.Ctx) string
}

// Pages serves the console.
type Pages struct {
	Options

	look      *look
	assets    *assets
	importing chan struct{} // its one place
}

// New returns the pages. Templates and texts that do not fit together are a
// broken static table.
func New(o Options) *Pages {
	return &Pages{Options: o, look: mustLook(), assets: loadAssets(), importing: make(chan struct{}, 1)}
}

// Routes adds the pages to a router.
func (p *Pages) Routes(r fiber.Router) {
	r.Get("/assets/:name", p.asset)
	for i := range table {
		page := &table[i]
		handle := func(c *fiber.Ctx) error { return p.serve(c, page) }
		r.Get(page.path, handle)
		if page.post != nil {
			r.Post(page.path, handle)
		}
	}
	r.Use(func(c *fiber.Ctx) error { return p.fail(c, nil, contract.NewProblem(contract.CodeNotFound)) })
}

// serve runs one page: who is there, whether he may, and the page itself. What
// goes wrong is a page too.
func (p *Pages) serve(c *fiber.Ctx, page *page) error {
	ctx, done, err := p.Door.Begin(c, Root+page.path, page.file)
	if err != nil {
		return p.fail(c, nil, err)
	}
	defer done()
	p.dress(c)
	x := p.exchange(ctx, c, page)
	if err := wellAsked(c); err != nil {
		return p.fail(c, x, err)
	}
	if err := p.enter(x); err != nil {
		return p.fail(c, x, err)
	}
	run := page.get
	if c.Method() == fiber.MethodPost {
		run = page.post
	}
	if err := p.Door.Bound(page.call, func() error { return run(p, x) }); err != nil {
		return p.fail(c, x, err)
	}
	return nil
}

// wellAsked refuses an address of which a value is no text, or a day or a month of a time
// that no book knows of: what is asked further in takes days as they stand.
func wellAsked(c *fiber.Ctx) error {
	var wrong error
	c.Context().QueryArgs().VisitAll(func(name, value []byte) {
		if !utf8.Valid(value) || bytes.ContainsFunc(value, unicode.IsControl) || dayPattern.Match(value) && !bytes.HasPrefix(value, []byte("20")) {
			wrong = contract.NewProblem(contract.CodeBadFormat, contract.WithPointer(strings.ToValidUTF8(string(name), "")))
		}
	})
	return wrong
}

var dayPattern = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$`)

// headQuiet marks what a page asks by itself, because something moved.
const headQuiet = "X-Kendra-Quiet"

// enter makes the Caller of a page that wants one, and judges it by its call.
func (p *Pages) enter(x *exchange) error {
	post := x.c.Method() == fiber.MethodPost
	if x.page.open {
		if post {
			return p.Door.FromPage(x.c)
		}
		return nil
	}
	quiet := !post && (x.c.Path() == LivePath || x.c.Get(headQuiet) != "")
	var err error
	if x.session, x.who, err = p.Door.Caller(x.c, x.c.FormValue("csrf"), quiet); err != nil {
		return err
	}
	if err := p.settle(x); err != nil {
		return err
	}
	if x.page.path == "/" && p.begins(x) != "" { // it only leads on, to a page that is judged by itself
		return nil
	}
	centre := x.asked
	if x.page.path == opPath && contract.Kind(x.c.Params("kind")) == contract.KindSosAnswer {
		centre = "" // one of another station who was woken answers; whom that is the book knows
	}
	return p.may(x, x.page, centre)
}
