package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Where the cells of the table are tried: Karwi and Bharatkoop are of the circle
// City, Rajapur is not; one centre is of another district, one is none.
const (
	bharatkoop = "BRK"
	abroad     = "XKR"
	nowhere    = "ZZZ"
)

var triedAt = []string{apitest.Karwi, bharatkoop, apitest.Rajapur, staff.HQ, abroad, nowhere}

// Scopes as testdata/access.txt has them, from nowhere upwards.
const scopes = "-scod"

// reviewed reads the table as it was reviewed: by call, by role.
func reviewed(t *testing.T) map[string]map[string]int {
	t.Helper()
	text, err := os.ReadFile("testdata/access.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]int{}
	_, rows, _ := strings.Cut(string(text), "\n\n")
	for line := range strings.Lines(rows) {
		f := strings.Fields(line)
		if len(f) != len(staff.Roles)+1 || contract.RouteOf(f[0]) == nil {
			continue
		}
		out[f[0]] = map[string]int{}
		for i, role := range staff.Roles {
			out[f[0]][role] = strings.Index(scopes, f[i+1])
		}
	}
	return out
}

// matrix is a district with an officer of every role, and the same things in
// each of its centres.
type matrix struct {
	*apitest.World
	by     map[string]*apitest.Shift // role
	things map[string]map[string]uuid.UUID
}

// homeOf is where an officer of a role has the post.
func homeOf(role string) string {
	if slices.Contains([]string{staff.CO, staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP, staff.Analyst, staff.Auditor, staff.Sysadmin}, role) {
		return staff.HQ
	}
	return apitest.Karwi
}

// reach is the widest scope of a role, needs the one that a centre takes.
func reach(role string) int {
	switch {
	case slices.Contains([]string{staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP, staff.Sysadmin}, role):
		return 4
	case role == staff.CO:
		return 3
	}
	return 2
}

func needs(role, centre string) int {
	switch {
	case centre == abroad || centre == nowhere:
		return 5
	case centre == homeOf(role):
		return 2
	case role == staff.CO && centre != apitest.Rajapur && centre != staff.HQ:
		return 3
	}
	return 4
}

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	m := &matrix{World: apitest.New(t), by: map[string]*apitest.Shift{}, things: map[string]map[string]uuid.UUID{}}
	m.SQL(`INSERT INTO districts (district_id, code, hi, en) VALUES (8, 'XX', 'अन्य', 'Other') ON CONFLICT DO NOTHING`)
	m.SQL(`INSERT INTO centres (district_id, centre, hi, en) VALUES (8, 'XKR', 'अन्य', 'Other')`)
	city := "City"
	for _, role := range staff.Roles {
		o := m.Recruit()
		post := contract.PostTake{PostID: uuid.Must(uuid.NewV7()), OfficerID: o.ID, Role: contract.Role(role)}
		if role == staff.CO {
			post.Circle = &city
		}
		m.AppointTo(o, homeOf(role), post)
		m.by[role] = m.Handset(homeOf(role)).LogIn(o)
	}
	for _, centre := range []string{apitest.Karwi, bharatkoop, apitest.Rajapur} {
		head := m.by[staff.CentreIncharge]
		if centre != apitest.Karwi {
			head = m.Enlist(centre, contract.RoleCentreIncharge)
		}
		c := came(m.World)
		c.ComplainantName, c.Mobile, c.Account = "कमला गुप्तनाम", new("9812300077"), "गुप्तकथा: पति ने मारपीट की"
		to := head
		if centre == apitest.Karwi {
			to = m.by[staff.BeatOfficer]
		}
		lost := m.Handset(centre)
		head.Do(apitest.Request{Method: http.MethodPost, Path: "/v1/devices/" + lost.ID.String() + "/lost"}).Into(http.StatusNoContent, nil)
		m.things[centre] = map[string]uuid.UUID{
			"{complaint_id}": *head.Enter("complaint.open", c).OpID,
			"{task_id}":      *head.Enter("task.send", m.Task(to)).OpID,
			"{sos_id}":       *head.Enter("sos.raise", contract.SosRaise{}).OpID,
			"{device_id}":    lost.ID,
		}
	}
	return m
}

// secrets is what stands in sealed fields of the things.
var secrets = []string{"गुप्तनाम", "गुप्तकथा", "9812300077", "9876500088"}

// leaks are the secrets that an answer tells.
func leaks(a *apitest.Answer) (found []string) {
	for _, s := range secrets {
		if strings.Contains(string(a.Body), s) {
			found = append(found, s)
		}
	}
	return found
}

// ids are the ids in a path that the matrix has things for.
var ids = regexp.MustCompile(`\{(task|sos|complaint|device)_id\}`)

// asked is the request of a call about a centre, or a thing of it.
func (m *matrix) asked(t *testing.T, r *contract.Route, centre string) apitest.Request {
	t.Helper()
	req := sample(t, r)
	req.Query = strings.Replace(req.Query, "centre=KRW", "centre="+centre, 1)
	if r.OperationID == "getReturns" || r.OperationID == "getReadsByOfficer" {
		req.Query += "&centre=" + centre
	}
	if name := ids.FindString(r.Path); name != "" {
		id, ok := m.things[centre][name]
		if !ok {
			id = uuid.Must(uuid.NewV7())
		}
		req.Path = strings.Replace(r.Path, name, id.String(), 1)
	}
	return req
}

func TestEveryCallIsAnsweredToEveryRoleAsTheTableOfAccessSays(t *testing.T) {
	t.Parallel()
	m, table := newMatrix(t), reviewed(t)
	cells, inside, told := 0, 0, 0
	for _, r := range contract.Routes() {
		if r.Open || carriesOps(r) || r.OperationID == "logOut" {
			continue
		}
		for _, role := range staff.Roles {
			with, ok := table[r.OperationID][role]
			if !ok {
				t.Fatalf("testdata/access.txt has no cell for %s, %s", r.OperationID, role)
			}
			for _, centre := range triedAt {
				a := m.by[role].Do(m.asked(t, r, centre))
				cells++
				told += len(leaks(a))
				if problem := m.judge(t, r, role, centre, with, a); problem != "" {
					t.Errorf("%s by %s of %s about %s: %s: %d %.200s", r.OperationID, role, homeOf(role), centre, problem, a.Status, a.Body)
				}
				if needs(role, centre) <= with {
					inside++
				}
			}
		}
	}
	t.Logf("%d cells of call, role and place, %d of them inside the scope; %d leaks", cells, inside, told)
	if cells < 1000 || inside < 200 || told != 0 {
		t.Errorf("%d cells, %d inside, %d leaks", cells, inside, told)
	}
}

// carriesOps tells the calls whose right the table of kinds judges.
func carriesOps(r *contract.Route) bool {
	return slices.Contains([]string{"postOps", "unseal", "searchPhone"}, r.OperationID)
}

// judge compares an answer with what the table promises.
func (m *matrix) judge(t *testing.T, r *contract.Route, role, centre string, with int, a *apitest.Answer) string {
	t.Helper()
	var p contract.ProblemJSON
	if a.Status >= http.StatusBadRequest && len(a.Body) > 0 { // the answer to HEAD has none
		p = a.Problem()
	}
	named := strings.Contains(m.asked(t, r, centre).Query, "centre=")
	thing := ids.MatchString(r.Path)
	switch {
	case !named && with == 0:
		return unless(a.Status == http.StatusForbidden && p.Code == "forbidden" && p.Pointer == "", "it is not refused")
	case thing && needs(role, centre) > with:
		none := m.by[role].Do(m.asked(t, r, nowhere)).Problem()
		return unless(a.Status == http.StatusNotFound && p.Code == none.Code && p.Pointer == none.Pointer && p.Title == none.Title, "it is told apart from what is not there")
	case !named, needs(role, centre) <= with:
		return unless(p.Code != "forbidden" && (a.Status != http.StatusNotFound || p.Pointer != "centre"), "it is refused")
	case needs(role, centre) <= reach(role), reach(role) == 4 && with < 4: // who reaches all is told so of any centre, also of none
		return unless(a.Status == http.StatusForbidden && p.Code == "forbidden" && p.Pointer == "centre", "it is not refused")
	}
	return unless(a.Status == http.StatusNotFound && p.Code == "not_found" && p.Pointer == "centre", "the centre is there")
}

func unless(ok bool, problem string) string {
	if ok {
		return ""
	}
	return problem
}

func TestEveryKindIsTakenOfEveryRoleWithinItsReachAndNowhereElse(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	bodies := map[string]json.RawMessage{}
	for _, kind := range book.Kinds() {
		text, err := os.ReadFile("../mobile-contract/examples/ops/" + kind + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var op struct{ Body json.RawMessage }
		if err := json.Unmarshal(text, &op); err != nil {
			t.Fatal(err)
		}
		bodies[kind] = op.Body
	}
	cells, denied := 0, 0
	for _, centre := range []string{nowhere, abroad, apitest.Rajapur, bharatkoop, apitest.Karwi, staff.HQ} {
		for _, role := range staff.Roles {
			x := m.by[role]
			var items []apitest.Item
			for _, kind := range book.Kinds() {
				items = append(items, x.Op(contract.Kind(kind), bodies[kind], apitest.With("centre", centre)))
			}
			for i, r := range x.Send(items...) {
				kind := book.Kinds()[i]
				cells++
				here, may := needs(role, centre) <= reach(role), book.May(role, kind)
				var code, at string
				if r.Problem != nil {
					code, at = r.Problem.Code, r.Problem.Pointer
				}
				switch {
				case code == string(contract.CodeClockOnly): // whoever asks, wherever
				case code == string(contract.CodeWrongCentre) && here && may: // the kind's own rule: none of HQ
				case !here && (r.Outcome != contract.OutcomeRefused || at != "/centre"):
					t.Errorf("%s by %s in the book of %s: %s %s at %s", kind, role, centre, r.Outcome, code, at)
				case here && (at == "/centre" || may == (at == "/kind")):
					t.Errorf("%s by %s in the book of %s: %s %s at %s, in the grid: %t", kind, role, centre, r.Outcome, code, at, may)
				}
				if at == "/centre" || at == "/kind" {
					denied++
				}
			}
		}
	}
	t.Logf("%d cells of kind, role and place, %d of them refused", cells, denied)
	if cells != len(triedAt)*len(staff.Roles)*len(book.Kinds()) {
		t.Errorf("%d cells", cells)
	}
}

const fieldsFile = "testdata/fields.txt"

// shape lists the places of an answer that hold a value.
func shape(v any, at string, into map[string]bool) {
	switch x := v.(type) {
	case map[string]any:
		for k, w := range x {
			if _, err := uuid.Parse(k); err == nil {
				k = "{id}"
			}
			if slices.Contains([]string{"/labels", "/problems", "/lists"}, at) {
				k = "{code}"
			}
			shape(w, at+"/"+strings.ReplaceAll(k, "/", "~1"), into)
		}
	case []any:
		for _, w := range x {
			shape(w, at+"/-", into)
		}
	default:
		into[at] = true
	}
}

func shapeOf(t *testing.T, a *apitest.Answer) string {
	t.Helper()
	if len(a.Body) == 0 {
		return fmt.Sprint(a.Status)
	}
	if a.Status >= http.StatusBadRequest {
		p := a.Problem()
		return fmt.Sprintf("%d %s %s", a.Status, p.Code, p.Pointer)
	}
	var v any
	if err := json.Unmarshal(a.Body, &v); err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	shape(v, "", paths)
	return fmt.Sprintf("%d\n    %s", a.Status, strings.Join(slices.Sorted(maps.Keys(paths)), "\n    "))
}

// TestEveryAnswerHasTheFieldsThatWereReviewedForTheRole compares what a role is
// told of Karwi's things, field by field, with the list that was reviewed.
func TestEveryAnswerHasTheFieldsThatWereReviewedForTheRole(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	guarded := m.fill(t)
	lines, told := []string{"What is told to each role of Karwi's things: status, and the fields that hold a value.\n"}, 0
	for _, r := range contract.Routes() {
		if r.Open || r.OperationID == "logOut" {
			continue
		}
		byShape, order := map[string][]string{}, []string{}
		for _, role := range staff.Roles {
			a := m.by[role].Do(m.request(t, r, role, guarded))
			if r.OperationID != "unseal" {
				told += len(leaks(a))
			}
			s := shapeOf(t, a)
			if byShape[s] == nil {
				order = append(order, s)
			}
			byShape[s] = append(byShape[s], role)
		}
		lines = append(lines, r.OperationID)
		for _, s := range order {
			lines = append(lines, "  "+strings.Join(byShape[s], " ")+": "+s)
		}
	}
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(fieldsFile, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(fieldsFile)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d calls of %d roles, %d lines of fields, %d leaks", len(contract.Routes()), len(staff.Roles), strings.Count(got, "\n"), told)
	if told > 0 {
		t.Errorf("%d sealed values stand in answers", told)
	}
	if got != string(want) {
		t.Errorf("what roles are told has changed; if that is meant, run go test ./api -run Fields -update and have %s reviewed:\n%s", fieldsFile, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: %q, reviewed: %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, reviewed: %d", len(g), len(w))
}

// fill writes more into Karwi's book: a guarded case, a squad's day, a read.
func (m *matrix) fill(t *testing.T) (guarded uuid.UUID) {
	t.Helper()
	leader, member, incharge := m.by[staff.SquadLeader], m.by[staff.SquadMember], m.by[staff.CentreIncharge]
	leader.Try("squad.person", m.Person()) // held: there was no briefing
	leader.Enter("squad.brief", m.Brief(leader, member))
	leader.Enter("duty.start", contract.DutyStart{PostID: &leader.PostID, SquadID: &m.SquadID})
	leader.Enter("squad.round", m.Round(leader, member))
	person := m.Person()
	person.Name, person.Mobile = new("रमेश गुप्तनाम"), new("9876500088")
	leader.Enter("squad.person", person)
	m.by[staff.BeatOfficer].Enter("visit.record", m.Visit())
	c := came(m.World)
	c.ComplainantName, c.Category = "बालिका गुप्तनाम", "sexual_assault"
	guarded = *m.by[staff.DeskOfficer].Enter("complaint.open", c).OpID
	asked := *incharge.Enter("export.ask", wantsOut(m.World, "squad")).OpID
	m.by[staff.SHO].Enter("export.allow", contract.ExportAllow{AskID: asked, Allowed: true})
	id := m.things[apitest.Karwi]["{complaint_id}"]
	incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: id, OfficerID: m.by[staff.DeskOfficer].ID})
	incharge.Do(apitest.Post("/v1/unseal", single(incharge.Op("identity.read", asksFor(id, "/body/mobile"))))).Into(http.StatusOK, nil)
	return guarded
}

// request is the call of a role about Karwi, its op about what it has there.
func (m *matrix) request(t *testing.T, r *contract.Route, role string, guarded uuid.UUID) apitest.Request {
	t.Helper()
	x, id := m.by[role], m.things[apitest.Karwi]["{complaint_id}"]
	req := m.asked(t, r, apitest.Karwi)
	in := apitest.With("centre", apitest.Karwi)
	switch r.OperationID {
	case "postOps":
		req.Body = m.Batch(x.Op("note.add", contract.NoteAdd{SubjectID: id, Text: "देखा"}, in), x.Op("visit.record", m.Visit(), in),
			x.Op("note.add", contract.NoteAdd{SubjectID: guarded, Text: "देखा"}, in))
	case "unseal":
		req.Body = single(x.Op("identity.read", asksFor(id, "/body/mobile"), in))
	case "searchPhone":
		req.Body = single(x.Op("phone.search", contract.PhoneSearch{Phone: "9812300077", Reason: "earlier_complaint"}, in))
	case "getRegister", "getRegisterLine":
		req.Path = strings.Replace(req.Path, "squad", "help_desk", 1)
	case "getDay":
		req.Path = "/v1/days/2026-11-18"
	}
	return req
}
