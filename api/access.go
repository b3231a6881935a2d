package api

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gofiber/fiber/v2"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// The roles in groups. Where a post reaches by itself is reachOf's.
//
//nolint:gochecknoglobals // static tables, never written after start
var (
	atStation = []staff.Role{
		staff.BeatOfficer, staff.SquadMember, staff.SquadLeader, staff.DeskOfficer, staff.Counsellor,
		staff.CentreIncharge, staff.SHO, staff.Dispatcher,
	}
	onDuty     = atStation
	heads      = []staff.Role{staff.CentreIncharge, staff.SHO}
	circleHead = []staff.Role{staff.CO}
	office     = []staff.Role{staff.AddlSP, staff.SP}
	aboveAll   = []staff.Role{staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP}
	lookers    = []staff.Role{staff.Analyst, staff.Auditor}
	admins     = []staff.Role{staff.Sysadmin}
)

// access is who may make which call, and how far: the table beside that of the
// kinds of op in api/book/kinds.go. What is not in it is refused, and a call of
// the contract without a row stops the start. A row says the widest: a handler
// may give less (one's own lines only), never more. Calls that carry an op
// (postOps, unseal, searchPhone) are for who has a post; the table of kinds
// judges the op, and writes down who was refused.
//
//nolint:gochecknoglobals // a static table, never written after start
var access = []grant{
	// before a log-in
	{call: "getHello", open: true},
	{call: "enrolDevice", open: true},
	{call: "putPin", open: true},
	{call: "logIn", open: true},
	{call: "refreshSession", open: true},
	{call: "publicStatus", open: true},
	{call: "publicObjection", open: true},
	{call: "getConsoleChallenge", open: true},
	{call: "beginActivation", open: true},
	{call: "confirmActivation", open: true},
	{call: "openConsole", open: true},

	// one's own session, phone and shift
	{call: "logOut", self: staff.Roles},
	{call: "putPushToken", self: staff.Roles},
	{call: "deletePushToken", self: staff.Roles},
	{call: "listAlarms", self: staff.Roles},
	{call: "listOwnDevices", self: staff.Roles},
	{call: "endOwnDevice", self: staff.Roles},
	{call: "getConsole", self: staff.Roles},
	{call: "stepUpConsole", self: staff.Roles},
	{call: "closeConsole", self: staff.Roles},
	{call: "changePassphrase", self: staff.Roles},
	{call: "getFactors", self: staff.Roles},
	{call: "addFactor", self: staff.Roles},
	{call: "removeFactor", self: staff.Roles},
	{call: "signOp", self: staff.Roles},
	{call: "getReference", self: staff.Roles},
	{call: "getBundle", self: staff.Roles},
	{call: "postPositions", self: onDuty},

	// the book
	{call: "postOps", centre: union(atStation, lookers), circle: circleHead, district: union(aboveAll, admins)},
	{call: "unseal", centre: union(atStation, lookers), circle: circleHead, district: union(aboveAll, admins)},
	{call: "searchPhone", centre: union(atStation, lookers), circle: circleHead, district: union(aboveAll, admins)},
	{call: "getFeed", centre: union(atStation, lookers), circle: circleHead, district: union(aboveAll, admins)},
	{call: "getProof", centre: union(atStation, lookers), circle: circleHead, district: union(aboveAll, admins)},
	{call: "listHeld", centre: union(atStation, lookers), circle: circleHead, district: union(aboveAll, admins)},
	{call: "listTasks", centre: union(atStation, circleHead, aboveAll)},
	{call: "getTask", centre: union(atStation, circleHead, aboveAll)},
	{call: "listSos", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getSos", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getNearestUnits", centre: union(heads, []staff.Role{staff.Dispatcher})},
	{call: "getRegister", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getRegisterLine", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "listComplaints", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getComplaint", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getCustody", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getDay", centre: heads, circle: circleHead, district: office},
	{call: "getReturns", centre: heads, circle: circleHead, district: aboveAll},
	{call: "listHandovers", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getRoster", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getCoverage", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getHotspots", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getHotspotPlan", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getHeat", self: union(circleHead, aboveAll, []staff.Role{staff.Analyst})},
	{call: "getBeatMonths", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "getRounds", centre: union(heads, []staff.Role{staff.Dispatcher})},
	{call: "getHandover", self: staff.Roles, centre: atStation, circle: circleHead, district: aboveAll},
	{call: "acceptTask", centre: atStation},
	{call: "getGround", centre: atStation, circle: circleHead, district: aboveAll},
	{call: "listExports", centre: heads, circle: circleHead, district: office},
	{call: "readExport", centre: heads, circle: circleHead, district: office},
	{call: "getRetention", self: office},
	{call: "getReadsByOfficer", centre: heads, district: aboveAll},
	{call: "getReads", centre: heads, district: aboveAll},

	// files of cases; to bring one and to read one are ops, which the book judges
	{call: "fileOptions", self: staff.Roles},
	{call: "createFile", self: staff.Roles},
	{call: "fileOffset", self: staff.Roles},
	{call: "patchFile", self: staff.Roles},
	{call: "endFile", self: staff.Roles},
	{call: "readFile", centre: union(atStation, lookers), circle: circleHead, district: union(aboveAll, admins)},

	// phones and consoles
	{call: "inviteToConsole", self: union(heads, circleHead, aboveAll)},
	{call: "approveInvitation", self: union(heads, circleHead, aboveAll)},
	{call: "listSessions", centre: heads},
	{call: "endSession", centre: heads},
	{call: "listDevices", centre: staff.Roles},
	{call: "reportLost", centre: staff.Roles},
	{call: "inviteDevice", centre: heads},
	{call: "replaceDevice", centre: heads},
	{call: "approveReplacement", centre: heads, circle: circleHead, district: []staff.Role{staff.Nodal, staff.AddlSP, staff.SP}},
}

// grant is a row: by whom a call is made about himself, about the centre where
// he has the post, about the centres of his circle, about all of his district.
type grant struct {
	call                           string // operationId
	open                           bool   // by anybody: it wants no log-in
	self, centre, circle, district []staff.Role
}

// scope is how far a role reaches with a call, from nowhere upwards.
type scope int

const (
	scopeNone scope = iota
	scopeSelf
	scopeCentre
	scopeCircle
	scopeDistrict
)

func union(groups ...[]staff.Role) []staff.Role { return slices.Concat(groups...) }

// of is the scope of a role in a row.
func (g *grant) of(role staff.Role) scope {
	switch {
	case slices.Contains(g.district, role):
		return scopeDistrict
	case slices.Contains(g.circle, role):
		return scopeCircle
	case slices.Contains(g.centre, role):
		return scopeCentre
	case slices.Contains(g.self, role):
		return scopeSelf
	}
	return scopeNone
}

// reachOf is how far a post of the role reaches at all: within it a call that
// is not the role's is refused; beyond it nothing is there.
func reachOf(role staff.Role) scope {
	switch {
	case slices.Contains(aboveAll, role), slices.Contains(admins, role):
		return scopeDistrict
	case slices.Contains(circleHead, role):
		return scopeCircle
	}
	return scopeCentre
}

// Ready tells whether every call of the contract has its row.
func Ready() error { return ready(contract.Routes(), access) }

func ready(routes []*contract.Route, table []grant) error {
	var errs []error
	rows := map[string]*grant{}
	for i := range table {
		g := &table[i]
		if rows[g.call] != nil {
			errs = append(errs, fmt.Errorf("api/access.go: %s has two rows", g.call))
		}
		rows[g.call] = g
		if !slices.ContainsFunc(routes, func(r *contract.Route) bool { return r.OperationID == g.call }) {
			errs = append(errs, fmt.Errorf("api/access.go: %s is no call of the contract", g.call))
		}
	}
	for _, r := range routes {
		g := rows[r.OperationID]
		switch {
		case g == nil:
			errs = append(errs, fmt.Errorf(`api/access.go: no row for %s %s: add {call: %q, centre: heads} or whoever may make it, `+
				`run go test ./api -run Access -update, and have api/testdata/access.txt reviewed`, r.Method, r.Path, r.OperationID))
		case g.open != r.Open:
			errs = append(errs, fmt.Errorf("api/access.go: %s is open: %t; by the contract: %t", r.OperationID, g.open, r.Open))
		}
	}
	return errors.Join(errs...)
}

// grants are the rows by their calls.
func grants(table []grant) map[string]*grant {
	m := make(map[string]*grant, len(table))
	for i := range table {
		m[table[i].call] = &table[i]
	}
	return m
}

// permit lets a call through to its handler if the table has it for one of the
// caller's posts. A centre beyond all his posts is not there for him; in one
// that he reaches he is told that the call is not his.
func (s *server) permit(c *fiber.Ctx) error {
	route, _ := c.Locals(routeKey).(*contract.Route)
	if route == nil {
		return contract.NewProblem(contract.CodeNotFound)
	}
	g := s.grants[route.OperationID]
	switch {
	case g == nil:
		return contract.NewProblem(contract.CodeForbidden)
	case g.open:
		return c.Next()
	}
	if err := s.allows(c.UserContext(), g, requestOf(c).caller, c.Query("centre")); err != nil {
		return err
	}
	return c.Next()
}

// allows judges a call about a centre, or about none that it names.
func (s *server) allows(ctx context.Context, g *grant, who staff.Caller, centre string) error {
	var circle string
	reached := centre == ""
	for _, p := range who.Posts {
		with := g.of(p.Role)
		if centre == "" {
			if with > scopeNone {
				return nil
			}
			continue
		}
		if p.Role == staff.CO && p.Centre != centre && circle == "" {
			var err error
			if circle, err = s.circleOf(ctx, who.District, centre); err != nil {
				return err
			}
		}
		switch covers := farthest(p, centre, circle); {
		case covers <= with:
			return nil
		case covers <= reachOf(p.Role):
			reached = true
		}
	}
	if !reached {
		return contract.NewProblem(contract.CodeNotFound, contract.WithPointer("centre"))
	}
	if centre == "" {
		return contract.NewProblem(contract.CodeForbidden)
	}
	return contract.NewProblem(contract.CodeForbidden, contract.WithPointer("centre"))
}

// circleOf asks the book once a request: a page's menu judges many calls about
// one centre.
func (s *server) circleOf(ctx context.Context, district int32, centre string) (string, error) {
	r := of(ctx)
	if circle, known := r.circles[centre]; known {
		return circle, nil
	}
	circle, err := s.Book.Circle(ctx, district, centre)
	if err == nil {
		if r.circles == nil {
			r.circles = map[string]string{}
		}
		r.circles[centre] = circle
	}
	return circle, err
}

// farthest is the scope that a post needs for a centre of a circle.
func farthest(p staff.Post, centre, circle string) scope {
	switch {
	case p.Centre == centre:
		return scopeCentre
	case p.Circle != "" && p.Circle == circle:
		return scopeCircle
	}
	return scopeDistrict
}
