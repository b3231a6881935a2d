package api

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// once lists the calls whose proof serves once: those that are not idempotent,
// and those whose answer nobody shall get by saying again what he overheard.
var once = map[string]bool{
	"putPushToken": true, "deletePushToken": true, "logOut": true, "unseal": true, "searchPhone": true, "readFile": true, "readExport": true, "acceptTask": true,
	"reportLost": true, "inviteDevice": true, "endSession": true, "replaceDevice": true, "approveReplacement": true, "inviteToConsole": true, "approveInvitation": true,
}

// How long a request may wait for the database: who calls is one look into it;
// what a handler does has tighter limits of its own where it matters.
const (
	callerLimit  = 3 * time.Second
	requestLimit = 10 * time.Second
)

// authenticate makes the Caller of every call that is not open, and sets the
// time that the request has.
func (s *server) authenticate(c *fiber.Ctx) error {
	r := requestOf(c)
	route, _ := c.Locals(routeKey).(*contract.Route)
	if route == nil {
		return contract.NewProblem(contract.CodeUnauthorized)
	}
	if err := singleHeads(c); err != nil {
		return err
	}
	r.cookie, r.browser = staff.Secret(c.Cookies(sessionCookie)), staff.Secret(c.Cookies(browserCookie))
	switch {
	case route.Handset:
		r.proof = staff.CallProof{Text: c.Get(headProof), Method: c.Method(), URL: s.urlOf(c)}
	case route.Page:
		if err := s.fromPage(c); err != nil {
			return err
		}
	}
	if !route.Open {
		look, done := context.WithTimeout(context.Background(), callerLimit)
		who, err := s.callerOf(look, c, r, route)
		done()
		if err != nil {
			return err
		}
		r.caller = who
		if err := s.limitCaller(who); err != nil {
			return err
		}
	}
	ctx, done := context.WithTimeout(context.WithValue(context.Background(), requestKey{}, r), requestLimit)
	defer done()
	c.SetUserContext(ctx)
	return c.Next()
}

// callerOf makes the Caller of token and proof, or of a console's cookie; a
// request that shows a token is a phone's.
func (s *server) callerOf(ctx context.Context, c *fiber.Ctx, r *request, route *contract.Route) (staff.Caller, error) {
	authorization := c.Get(fiber.HeaderAuthorization)
	switch {
	case authorization == "" && route.Console && r.cookie != "":
		return s.consoleOf(ctx, c, r, route)
	case route.Phone:
		if err := s.limitClaimed(authorization); err != nil {
			return staff.Caller{}, err
		}
		return s.Staff.Authenticate(ctx, staff.AuthIn{
			Authorization: authorization, Proof: c.Get(headProof), Method: c.Method(), URL: s.urlOf(c), Once: once[route.OperationID],
		})
	}
	return staff.Caller{}, contract.NewProblem(contract.CodeUnauthorized)
}

// consoleOf makes the Caller of a cookie for a call.
func (s *server) consoleOf(ctx context.Context, c *fiber.Ctx, r *request, route *contract.Route) (staff.Caller, error) {
	_, who, err := s.enterConsole(ctx, c, r, c.Get(headCSRF), false)
	if err == nil && route.Fresh && !who.Fresh(s.Now()) {
		err = contract.NewProblem(contract.CodeStepUp)
	}
	return who, err
}

// enterConsole makes the Caller of a cookie. A browser sends it along whoever
// asks; that the console's own page has asked is shown by what only that page
// can say. What a page asks by itself, quiet, is no sign of life.
func (s *server) enterConsole(ctx context.Context, c *fiber.Ctx, r *request, csrf string, quiet bool) (staff.Console, staff.Caller, error) {
	refused := contract.NewProblem(contract.CodeNotThePage)
	if c.Method() == fiber.MethodGet {
		if site := c.Get(headSite); site != "" && site != "same-origin" && site != "none" && !isOpened(c) {
			return staff.Console{}, staff.Caller{}, refused
		}
	} else {
		if err := s.fromPage(c); err != nil {
			return staff.Console{}, staff.Caller{}, err
		}
		if !s.Staff.RightCSRF(r.cookie, csrf) {
			return staff.Console{}, staff.Caller{}, refused
		}
	}
	return s.Staff.EnterConsole(ctx, r.cookie, quiet)
}

// isOpened tells a page that somebody opens, by a link from wherever, from what a
// script of another page asks for: it fills a window of its own, and nobody else
// can look into that.
func isOpened(c *fiber.Ctx) bool {
	page, _ := c.Locals(pageLocal).(string)
	return page != "" && c.Get("Sec-Fetch-Mode") == "navigate" && c.Get("Sec-Fetch-Dest") == "document"
}

// fromPage refuses what the console's own page has not sent.
func (s *server) fromPage(c *fiber.Ctx) error {
	if s.Console == "" {
		return contract.NewProblem(contract.CodeNotFound)
	}
	if site := c.Get(headSite); c.Get(fiber.HeaderOrigin) != s.Console || site != "" && site != "same-origin" {
		return contract.NewProblem(contract.CodeNotThePage)
	}
	return nil
}

const headProof = "DPoP"

// singleHeads refuses what says twice who calls.
func singleHeads(c *fiber.Ctx) error {
	head := &c.Request().Header
	twice := func(name string) bool { return len(head.PeekAll(name)) > 1 }
	switch {
	case twice(fiber.HeaderAuthorization):
		return contract.NewProblem(contract.CodeUnauthorized)
	case twice(headProof):
		return contract.NewProblem(contract.CodeDPoPInvalid)
	case slices.ContainsFunc([]string{fiber.HeaderOrigin, headSite, headCSRF}, twice):
		return contract.NewProblem(contract.CodeNotThePage)
	}
	return nil
}

// urlOf is the URL that a proof must name, without its query.
func (s *server) urlOf(c *fiber.Ctx) string {
	if s.BaseURL != "" {
		return s.BaseURL + c.Path()
	}
	scheme := "http://"
	if c.Context().IsTLS() {
		scheme = "https://"
	}
	return scheme + string(c.Request().Host()) + c.Path()
}
