package console

import (
	"slices"
	"strings"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// page is one row of the table of contents: where it is, in which group of the
// menu, the call of the API that it stands for, which says who may see it.
type page struct {
	path  string
	name  string        // key of its title: page.<name>
	group string        // of the menu; empty: not in it
	call  string        // of api/access.go; empty: for everybody who is logged in
	open  bool          // for everybody
	own   bool          // about the officer, whichever centre is in the address
	file  bool          // what is posted is a file and no form
	posts []staff.Role  // only for these; empty: for all of the call
	makes contract.Kind // only for posts that may make ops of this kind; empty: for all of the call
	get   func(p *Pages, x *exchange) error
	post  func(p *Pages, x *exchange) error
}

// table is all pages there are.
//
//nolint:gochecknoglobals // a static table, never written after start
var table []page

func init() { //nolint:gochecknoinits // the table names functions that read it
	table = []page{
		// session.go, activate.go
		{path: "/log-in", name: "log_in", open: true, get: (*Pages).logInPage, post: (*Pages).logIn},
		{path: "/begin", name: "begin", open: true, get: (*Pages).beginPage, post: (*Pages).begin},
		{path: "/begin/factor", name: "begin", open: true, get: (*Pages).beginPage, post: (*Pages).confirm},
		{path: "/language", name: "language", open: true, get: (*Pages).away, post: (*Pages).language},
		{path: "/log-out", name: "log_out", get: (*Pages).away, post: (*Pages).logOut},

		// today.go, day.go
		{path: "/", name: "today", group: "now", call: "getDay", get: (*Pages).today},
		{path: "/day", name: "day", call: "getDay", get: (*Pages).day},
		{path: "/day/review", name: "review", call: "getDay", get: (*Pages).review},
		// held.go
		{path: "/held", name: "held", call: "listHeld", get: (*Pages).held},
		{path: "/conduct", name: "conduct", call: "getDay", get: (*Pages).conduct},

		// district.go
		{path: "/district", name: "district", group: "now", call: "getReturns", posts: above, get: (*Pages).district},
		// calls.go
		{path: "/calls", name: "calls", group: "now", call: "listComplaints", get: (*Pages).calls},
		{path: "/calls/:id", name: "call", call: "getComplaint", get: (*Pages).call},

		// tasks.go, dispatch.go
		{path: "/tasks", name: "tasks", group: "now", call: "listTasks", get: (*Pages).tasks},
		{path: "/tasks/new", name: "dispatch", call: "listTasks", makes: contract.KindTaskSend, get: (*Pages).dispatch},
		{path: "/tasks/:id", name: "task", call: "getTask", get: (*Pages).task},

		// sos.go
		{path: "/sos", name: "sos", group: "now", call: "listSos", get: (*Pages).sosList},
		{path: "/sos/:id", name: "sos_one", call: "getSos", get: (*Pages).sosPage},

		// map.go
		{path: "/map", name: "map", group: "now", call: "listTasks", makes: contract.KindTaskSend, get: (*Pages).mapPage},
		{path: "/map/data", name: "map", call: "listTasks", makes: contract.KindTaskSend, get: (*Pages).mapData},

		// heat.go
		{path: "/heat", name: "heat", group: "now", call: "getHeat", own: true, get: (*Pages).heatPage},
		{path: "/heat/data", name: "heat", call: "getHeat", own: true, get: (*Pages).heatData},

		// ground.go
		{path: "/ground", name: "ground", group: "books", call: "getGround", get: (*Pages).groundPage},
		{path: "/ground/data", name: "ground", call: "getGround", get: (*Pages).groundData},
		{path: "/ground/beats/:id", name: "ground", call: "getGround", makes: contract.KindBeatSet, get: (*Pages).beatForm},
		{path: "/ground/places/:id", name: "ground", call: "getGround", makes: contract.KindPlaceSet, get: (*Pages).placeForm},
		// ground_import.go, markers.go
		{path: "/ground/import", name: "ground_import", call: "getGround", makes: contract.KindPlaceSet, file: true, get: (*Pages).importPage, post: (*Pages).importFile},
		{path: "/ground/markers", name: "markers", call: "getGround", makes: contract.KindPlaceMarker, get: (*Pages).markersPage, post: (*Pages).firstMarkers},
		{path: "/ground/markers/print", name: "marker_sheets", call: "getGround", makes: contract.KindPlaceMarker, get: (*Pages).printMarkers},
		// coverage.go, months.go
		{path: "/coverage", name: "coverage", group: "now", call: "getCoverage", get: (*Pages).coverage},
		{path: "/coverage/months", name: "months", call: "getBeatMonths", get: (*Pages).months},
		{path: "/coverage/data", name: "coverage", call: "getCoverage", get: (*Pages).coverageData},
		// hotspots.go, hotspots_form.go
		{path: "/hotspots", name: "hotspots", group: "now", call: "getHotspots", get: (*Pages).hotspots},

		// complaints.go, complaint.go, intake.go, read.go, glass.go, search.go
		{path: "/complaints", name: "complaints", group: "now", call: "listComplaints", get: (*Pages).complaints},
		{path: "/complaints/new", name: "intake", call: "listComplaints", get: (*Pages).intake},
		{path: "/complaints/:id", name: "complaint", call: "getComplaint", get: (*Pages).complaint},
		{path: "/complaints/:id/read", name: "complaint", call: "unseal", get: (*Pages).readAway, post: (*Pages).readSealed},
		{path: "/drafts/:kind", name: "intake", call: "listComplaints", get: (*Pages).away, post: (*Pages).saveDraft},
		{path: "/glass", name: "glass", call: "listComplaints", get: (*Pages).glass},
		{path: "/search", name: "search", call: "searchPhone", get: (*Pages).searchPage, post: (*Pages).search},
		{path: "/find", name: "find", get: (*Pages).findPage, post: (*Pages).find},

		// registers.go, correct.go
		{path: "/registers", name: "registers", group: "books", call: "getRegister", get: (*Pages).registers},
		{path: "/registers/:register/print", name: "register", call: "getRegister", get: (*Pages).printMonth},
		{path: "/registers/:register", name: "register", call: "getRegister", get: (*Pages).register},
		{path: "/registers/:register/:year/:serial", name: "line", call: "getRegisterLine", get: (*Pages).line},
		{path: "/registers/:register/:year/:serial/correct", name: "correct", call: "getRegisterLine", get: (*Pages).correct},
		// inspection.go
		{path: "/inspection", name: "inspection", group: "books", call: "getReturns", get: (*Pages).inspection},
		{path: "/inspection/draw", name: "draw", call: "getReturns", get: (*Pages).draw},
		// returns.go
		{path: "/returns", name: "returns", group: "books", call: "getReturns", get: (*Pages).returns},
		// exports.go
		{path: "/exports", name: "exports", group: "books", call: "listExports", get: (*Pages).exports},
		{path: "/exports/:id/take", name: "exports", call: "readExport", get: (*Pages).away, post: (*Pages).takeExport},

		// staff.go, deed.go, me.go
		{path: "/staff", name: "staff", group: "people", call: "listHandovers", get: (*Pages).staffPage},
		{path: "/staff/roster", name: "roster", call: "getRoster", get: (*Pages).rosterPage}, // roster.go
		{path: "/staff/sessions", name: "sessions", call: "listSessions", get: (*Pages).sessions},
		{path: "/staff/sessions/:id/end", name: "end_session", call: "endSession", get: (*Pages).deedPage, post: (*Pages).doDeed},
		{path: "/staff/handovers/:id", name: "handover", call: "getHandover", get: (*Pages).handover},
		{path: "/staff/enrol", name: "enrol", call: "inviteDevice", get: (*Pages).deedPage, post: (*Pages).doDeed},
		{path: "/staff/phones/:id/lost", name: "lost", call: "reportLost", get: (*Pages).deedPage, post: (*Pages).doDeed},
		{path: "/staff/phones/:id/replace", name: "replace", call: "replaceDevice", get: (*Pages).deedPage, post: (*Pages).doDeed},
		{path: "/staff/phones/:id/approve", name: "approve", call: "approveReplacement", get: (*Pages).deedPage, post: (*Pages).doDeed},
		{path: "/staff/invite", name: "invite", call: "inviteToConsole", own: true, get: (*Pages).deedPage, post: (*Pages).doDeed},
		{path: "/staff/invite/approve", name: "approve_invite", call: "approveInvitation", own: true, get: (*Pages).deedPage, post: (*Pages).doDeed},
		{path: "/me", name: "me", group: "people", call: "listOwnDevices", own: true, get: (*Pages).me},
		{path: "/me/devices/:id/end", name: "end_device", call: "endOwnDevice", own: true, get: (*Pages).deedPage, post: (*Pages).doDeed},
		// factors.go
		{path: "/me/factors", name: "factors", call: "getFactors", own: true, get: (*Pages).factors, post: (*Pages).openFactors},
		{path: "/me/factors/add", name: "factors", call: "addFactor", own: true, get: (*Pages).factorsAway, post: (*Pages).addFactor},
		{path: "/me/factors/:id/remove", name: "remove_factor", call: "removeFactor", own: true, get: (*Pages).deedPage, post: (*Pages).doDeed},
		{path: "/me/passphrase", name: "change_passphrase", call: "changePassphrase", own: true, get: (*Pages).deedPage, post: (*Pages).doDeed},
		{path: "/reads", name: "reads", group: "people", call: "getReadsByOfficer", get: (*Pages).reads},
		{path: "/alarms", name: "alarms", group: "people", call: "listAlarms", own: true, get: (*Pages).alarms},

		// rules.go, help.go
		{path: "/rules", name: "rules", group: "rules", call: "getReference", own: true, get: (*Pages).rules},
		{path: "/help", name: "help", group: "rules", get: (*Pages).help},

		// op.go: what a form makes
		{path: opPath, name: "op", call: "postOps", get: (*Pages).opPage, post: (*Pages).op},

		// live.go
		{path: "/live", name: "live", call: "getFeed", get: (*Pages).live},
		// style.go
		{path: "/style", name: "style", get: (*Pages).style},
	}
}

// opPath is the page of the form of a kind.
const opPath = "/ops/:kind"

// pageAt is the row of a path.
func pageAt(path string) *page {
	return &table[slices.IndexFunc(table, func(pg page) bool { return pg.path == path })]
}

// may judges a page: by the call that it stands for, and by what is made there.
func (p *Pages) may(x *exchange, pg *page, centre string) error {
	if pg.makes != "" && !mayMake(x.who, pg.makes) {
		return contract.NewProblem(contract.CodeForbidden)
	}
	if len(pg.posts) > 0 && !slices.ContainsFunc(x.who.Posts, func(post staff.Post) bool { return slices.Contains(pg.posts, post.Role) }) {
		return contract.NewProblem(contract.CodeForbidden)
	}
	if pg.call == "" {
		return nil
	}
	if pg.own {
		centre = ""
	}
	return p.Door.May(x.ctx, x.who, pg.call, centre)
}

// begins is where the day of an officer begins who has no sheet of a station's day:
// above the stations with all of them, at a station where his post works. Empty:
// he has the sheet.
func (p *Pages) begins(x *exchange) string {
	switch {
	case x.asked != "": // he wants that of a centre, or none
		return ""
	case leadsDistrict(x):
		return "/district"
	case p.may(x, pageAt("/"), "") == nil:
		return ""
	case mayMake(x.who, contract.KindComplaintOpen):
		return "/complaints"
	case mayMake(x.who, contract.KindTaskSend):
		return "/tasks"
	}
	at := slices.IndexFunc(table, func(pg page) bool { return pg.group != "" && p.may(x, &pg, x.centre) == nil })
	if at < 0 {
		return ""
	}
	return table[at].path
}

// menu lists the pages of the menu in their groups.
var menuGroups = []string{"now", "books", "people", "rules"} //nolint:gochecknoglobals // a constant

// here tells whether a page of the menu is the one that is shown (page), or the
// one from which it is reached (true): /staff of /staff/roster.
func (pg *page) here(shown *page) string {
	switch {
	case pg == shown:
		return "page"
	case pg.name == shown.name || pg.path != "/" && strings.HasPrefix(shown.path, pg.path+"/"):
		return "true"
	}
	return ""
}

// MenuGroup is a part of the menu.
type menuGroup struct {
	Name  string
	Pages []menuPage
}

type menuPage struct {
	Name, Path string
	Here       string // page: this one; true: what this one belongs to
}

// Menu is the pages that the officer may see at the centre.
func (v *view) Menu() []menuGroup {
	var out []menuGroup
	for _, name := range menuGroups {
		g := menuGroup{Name: name}
		for i := range table {
			pg := &table[i]
			if pg.group != name || pg.path == "/" && leadsDistrict(v.x) || v.p.may(v.x, pg, v.x.centre) != nil {
				continue
			}
			path := Root + pg.path
			if v.x.asked != "" {
				path += "?centre=" + v.x.asked
			}
			g.Pages = append(g.Pages, menuPage{Name: pg.name, Path: path, Here: pg.here(v.x.page)})
		}
		if len(g.Pages) > 0 {
			out = append(out, g)
		}
	}
	return out
}
