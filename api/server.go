package api

import (
	"context"
	"log/slog"
	"math"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"

	"kendra/api/book"
	"kendra/api/console"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Options are what the API serves from.
type Options struct {
	Book  *book.Book
	Staff *staff.Service
	Now   func() time.Time
	Log   *slog.Logger
	// BaseURL is the public origin, such as https://kendra.example, that DPoP
	// proofs must name; empty takes scheme and host of the request, which only
	// a server on loopback may.
	BaseURL string
	// Console is the origin of the console's pages, as in staff.Options; without
	// it there is no console.
	Console string
	// Live tells the console's pages what moves; without it they show what they
	// show until they are loaded again.
	Live *console.Hub
	// Proxies are the addresses of the proxies in front; only from them is
	// X-Forwarded-For believed, and of it only what they added themselves.
	Proxies []netip.Prefix
	// Rates bound the requests that are taken; the zero Rates bound none.
	Rates Rates
	// OldestApp is the oldest app version that is still served.
	OldestApp string
	// SyncEvery is the middle of the span after which phones are asked to sync
	// again.
	SyncEvery time.Duration
	// FileWithin is how long a file may take to come that a page takes; 0: a minute.
	FileWithin time.Duration
}

type server struct {
	Options
	matcher    *matcher
	limiter    *limiter
	references references
	grants     map[string]*grant
	places     chan struct{} // of costly calls
}

// Limits of one request. A body over bodyMax is read to its end up to
// bodyRead, so that the phone gets to read the 413 instead of a cut line.
const (
	bodyMax  = 1 << 20
	bodyRead = 8 << 20
	headMax  = 16 << 10
)

// New returns the app with all routes of the contract. One that the table of
// access does not have is a broken static table; Ready tells of it before.
func New(o Options) *fiber.App {
	if err := Ready(); err != nil {
		panic(err)
	}
	if o.SyncEvery == 0 {
		o.SyncEvery = 5 * time.Minute
	}
	if o.OldestApp == "" {
		o.OldestApp = "1.0.0"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	contract.Compile()
	s := &server{
		Options: o, matcher: newMatcher(contract.Routes()), limiter: newLimiter(o.Now),
		references: references{of: map[int32]*reference{}}, grants: grants(access),
		places: make(chan struct{}, costlyAtOnce),
	}
	app := fiber.New(fiber.Config{
		AppName:               "kendra",
		DisableStartupMessage: true,
		// Handlers keep strings of the request past its end (in the book's
		// queue); without this they would be overwritten by the next one.
		Immutable: true,
		// Bodies are read here, as streams: see stream.go. A form would be unpacked
		// into files before anybody is asked.
		StreamRequestBody:            true,
		DisablePreParseMultipartForm: true,
		BodyLimit:                    math.MaxInt,
		// Token and proof fill half of the usual 4 kB, proxies add theirs.
		ReadBufferSize: headMax,
		// A phone on two bars needs its time; one that says nothing for this
		// long is gone.
		ReadTimeout:  30 * time.Second,
		WriteTimeout: 60 * time.Second,
		IdleTimeout:  2 * time.Minute,
		ErrorHandler: s.unread,
		JSONDecoder:  decodeBody,
	})
	app.Server().HeaderReceived = ofFiles
	app.Use(s.observe, s.headers, whole, s.limitAddress, compress)
	s.handlePages(app)
	app.Use(s.front, s.authenticate, s.permit, s.bound)
	s.handleFiles(app)
	RegisterHandlers(app, NewStrictHandler(s, nil))
	return app
}

// request is what handlers know of the request beside its content.
type request struct {
	id         string
	lang       contract.Lang
	receivedAt time.Time
	address    string
	caller     staff.Caller
	proof      staff.CallProof   // of a call without a token
	cookie     staff.Secret      // of a console
	browser    staff.Secret      // by which a browser is known
	circles    map[string]string // of centres that were judged
	centres    []string          // whose books a batch went to
	kinds      []string          // of op that it entered
}

type requestKey struct{}

// of finds the request in a handler's context.
func of(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	if r == nil {
		r = &request{lang: contract.Hindi}
	}
	return r
}
