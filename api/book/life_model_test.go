package book_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/fuzztest"
)

// life is the reference model of a complaint: what each step wants and does.
// Officers are their place in the cast; nobody is -1.
type life struct {
	state                               string
	owner, openedBy, askedBy, disposed  int
	accepted, paused, extended, reached bool
}

// mayTake says which roles take which step.
var mayTake = map[string]string{
	"complaint.register": "desk_officer centre_incharge sho", "complaint.assign": "centre_incharge sho",
	"complaint.accept": "beat_officer desk_officer counsellor centre_incharge sho", "complaint.act": "beat_officer desk_officer counsellor centre_incharge sho",
	"complaint.intervene": "centre_incharge sho", "complaint.extend": "centre_incharge sho",
	"pause.ask": "beat_officer desk_officer counsellor centre_incharge sho", "pause.allow": "centre_incharge sho",
	"complaint.resume": "beat_officer desk_officer counsellor centre_incharge sho", "complaint.dispose": "beat_officer desk_officer counsellor centre_incharge sho",
	"complaint.reopen": "centre_incharge sho", "complaint.transfer": "centre_incharge sho", "complaint.close": "centre_incharge sho",
}

// step is what becomes of a step that an officer of a role takes: a refusal, or
// entered and another state. To is whom an assignment names; yes, whether a
// pause is allowed.
func (m *life) step(kind, role string, by, to int, yes bool) contract.Code {
	senior, open := role == staff.CentreIncharge || role == staff.SHO, strings.Contains("registered assigned in_action", m.state)
	over, mine := m.state == "disposed" || m.state == "feedback", m.owner == by || senior
	rules := map[string][]struct { // what is wrong, in the order in which it is told
		wrong bool
		code  contract.Code
	}{
		"complaint.register":  {{m.state != "received", contract.CodeWrongState}},
		"complaint.assign":    {{!open || m.owner == to && m.state != "registered", contract.CodeWrongState}},
		"complaint.accept":    {{m.owner != by, contract.CodeNotAssigned}, {m.accepted || m.state != "assigned", contract.CodeWrongState}},
		"complaint.act":       {{!open, contract.CodeWrongState}, {!mine, contract.CodeNotAssigned}},
		"complaint.intervene": {{!open, contract.CodeWrongState}},
		"complaint.extend":    {{!open, contract.CodeWrongState}, {m.extended, contract.CodeExtendedAlready}, {m.paused, contract.CodeWrongState}, {m.owner == by, contract.CodeOwnAct}},
		"pause.ask":           {{!open || m.askedBy >= 0 || m.paused, contract.CodeWrongState}, {!mine, contract.CodeNotAssigned}},
		"pause.allow":         {{m.askedBy < 0 || m.paused, contract.CodeWrongState}, {m.askedBy == by, contract.CodeOwnAct}},
		"complaint.resume":    {{!m.paused, contract.CodeWrongState}, {!mine, contract.CodeNotAssigned}},
		"complaint.dispose":   {{!open, contract.CodeWrongState}, {!mine, contract.CodeNotAssigned}, {m.paused, contract.CodeWrongState}, {role == staff.DeskOfficer && m.openedBy == by, contract.CodeOwnAct}},
		"complaint.reopen":    {{!over && m.state != "closed", contract.CodeWrongState}},
		"complaint.transfer":  {{!open && m.state != "received", contract.CodeWrongState}},
		"complaint.close":     {{!over, contract.CodeWrongState}, {!m.reached, contract.CodeFeedbackMissing}, {m.disposed == by, contract.CodeOwnAct}},
	}
	if !slices.Contains(strings.Fields(mayTake[kind]), role) {
		return contract.CodeForbidden
	}
	for _, r := range rules[kind] {
		if r.wrong {
			return r.code
		}
	}
	m.take(kind, by, to, yes)
	return contract.Code(book.Entered)
}

func (m *life) take(kind string, by, to int, yes bool) {
	switch kind {
	case "complaint.register":
		m.state = "registered"
	case "complaint.assign":
		m.state, m.owner, m.accepted = "assigned", to, false
	case "complaint.accept":
		m.accepted = true
	case "complaint.act":
		m.state = "in_action"
	case "complaint.intervene":
		m.state, m.owner = "in_action", by
	case "complaint.extend":
		m.extended = true
	case "pause.ask":
		m.askedBy = by
	case "pause.allow":
		m.askedBy, m.paused = -1, yes
	case "complaint.resume":
		m.paused = false
	case "complaint.dispose":
		m.state, m.disposed, m.askedBy = "disposed", by, -1
	case "complaint.reopen":
		m.state, m.owner, m.extended = "registered", by, false
	case "complaint.transfer":
		m.state, m.owner, m.paused, m.askedBy = "transferred", -1, false, -1
	case "complaint.close":
		m.state, m.owner = "closed", -1
	}
}

// cast are officers of a centre who share a handset, so that one batch may hold
// the steps of all.
type cast struct {
	w        *booktest.World
	officers []*booktest.Officer
	roles    []string
}

func newCast(w *booktest.World) *cast {
	c := &cast{w: w}
	c.add(w.Incharge, staff.CentreIncharge)
	c.add(w.SHO, staff.SHO)
	c.add(w.Beat, staff.BeatOfficer)
	c.add(w.Second, staff.BeatOfficer)
	c.add(w.Member, staff.SquadMember)
	c.add(w.Dispatcher, staff.Dispatcher)
	for _, role := range []string{staff.DeskOfficer, staff.DeskOfficer, staff.Counsellor} {
		c.add(w.Enlist(booktest.Centre, role), role)
	}
	return c
}

func (c *cast) add(o *booktest.Officer, role string) {
	if len(c.officers) > 0 {
		o.Device = c.officers[0].Device
		o.SignIn()
	}
	c.officers, c.roles = append(c.officers, o), append(c.roles, role)
}

// body is what a step says.
func (c *cast) body(kind string, id uuid.UUID, to int, yes bool, until time.Time) any {
	switch kind {
	case "complaint.register":
		return contract.ComplaintRegister{ComplaintID: id}
	case "complaint.assign":
		return contract.ComplaintAssign{ComplaintID: id, OfficerID: c.officers[to].ID}
	case "complaint.accept":
		return contract.ComplaintAccept{ComplaintID: id}
	case "complaint.act":
		return contract.ComplaintAct{ComplaintID: id, Action: "visited"}
	case "complaint.intervene":
		return contract.ComplaintIntervene{ComplaintID: id, Note: "स्वयं जाँच की जायेगी"}
	case "complaint.extend":
		return contract.ComplaintExtend{ComplaintID: id, UntilAt: contract.At(until), Reason: "साक्ष्य शेष है"}
	case "pause.ask":
		return contract.PauseAsk{ComplaintID: id, Reason: "out_of_station"}
	case "pause.allow":
		return contract.PauseAllow{ComplaintID: id, Allowed: yes}
	case "complaint.resume":
		return contract.ComplaintResume{ComplaintID: id}
	case "complaint.dispose":
		return contract.ComplaintDispose{ComplaintID: id, Disposal: "not_substantiated", DisposalNote: "जाँच में पुष्टि नहीं हुई", ToldHer: true}
	case "complaint.reopen":
		return contract.ComplaintReopen{ComplaintID: id, Reason: "new_facts"}
	case "complaint.transfer":
		return contract.ComplaintTransfer{ComplaintID: id, ToCentre: booktest.OtherCentre, Reason: "घटना राजापुर की है"}
	}
	return contract.ComplaintClose{ComplaintID: id, CloseReason: "other"}
}

// walked is a complaint with its model.
type walked struct {
	id    uuid.UUID
	model life
}

// walk takes steps on some complaints at once, in batches, and compares each
// outcome and, after each batch, each state with the model.
func (c *cast) walk(t *rapid.T, complaints, steps int) (done map[contract.Code]int) {
	done = map[contract.Code]int{}
	kinds := make([]string, 0, len(mayTake))
	for k := range mayTake {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	until := c.w.Now().Add(12 * 24 * time.Hour)
	var list []*walked
	var items []contract.Item
	var want []contract.Code
	var said []string
	send := func() {
		for i, r := range c.officers[0].Send(items...) {
			if got := refusedBy(r); got != want[i] {
				t.Fatalf("%s: %s, the model says %s", said[i], got, want[i])
			}
			done[want[i]]++
		}
		items, want, said = nil, nil, nil
		c.compare(t, list)
	}
	for range complaints {
		by := rapid.SampledFrom([]int{0, 2, 6, 7}).Draw(t, "opener")
		m := life{state: "received", owner: by, openedBy: by, askedBy: -1, disposed: -1}
		said := complaintOf(c.w)
		said.Mobile = nil
		if rapid.Bool().Draw(t, "at once") {
			registered(&said)
			m.state = "registered"
		}
		if m.reached = rapid.Bool().Draw(t, "unsafe"); m.reached {
			unsafeToCall(&said)
		}
		id := c.officers[by].Enter("complaint.open", said).OpID
		if rapid.IntRange(0, 3).Draw(t, "put right") == 0 { // she was registered, which nobody had written
			registered(&said)
			c.officers[by].Enter("entry.correct", contract.EntryCorrect{CorrectsID: id, Reason: "पंजीकरण का समय छूट गया", Complaint: &said})
			m.state = "registered"
		}
		list = append(list, &walked{id, m})
	}
	for range complaints * steps {
		c.w.Pass(time.Duration(rapid.IntRange(0, 4).Draw(t, "minutes")) * time.Minute)
		x := list[rapid.IntRange(0, complaints-1).Draw(t, "complaint")]
		var kind string
		var by, to int
		yes := rapid.IntRange(0, 2).Draw(t, "yes") > 0
		for range rapid.IntRange(1, 6).Draw(t, "tries") { // some do what makes sense, some anything
			kind = rapid.SampledFrom(kinds).Draw(t, "kind")
			by, to = rapid.IntRange(0, len(c.officers)-1).Draw(t, "by"), rapid.IntRange(0, len(c.officers)-1).Draw(t, "to")
			ends := kind == "complaint.transfer" && rapid.IntRange(0, 3).Draw(t, "end") > 0
			if m := x.model; !ends && m.step(kind, c.roles[by], by, to, yes) == contract.Code(book.Entered) {
				break
			}
		}
		said = append(said, fmt.Sprintf("%s by %s in %+v", kind, c.roles[by], x.model))
		items = append(items, c.officers[by].Item(kind, c.body(kind, x.id, to, yes, until)))
		want = append(want, x.model.step(kind, c.roles[by], by, to, yes))
		if len(items) == 20 || rapid.IntRange(0, 9).Draw(t, "cut") == 0 {
			send()
		}
	}
	if len(items) > 0 {
		send()
	}
	ids := make([]uuid.UUID, 0, complaints)
	for _, x := range list {
		ids = append(ids, x.id)
	}
	if err := custodyWhole(c.w, ids); err != nil {
		t.Fatal(err)
	}
	return done
}

// compare demands of the database what the model says.
func (c *cast) compare(t *rapid.T, list []*walked) {
	var ids []uuid.UUID
	for _, x := range list {
		ids = append(ids, x.id)
	}
	found := map[uuid.UUID]lifeRow{}
	for _, r := range lives(c.w.T, c.w, "district_id = 7 AND complaint_id = ANY($1)", ids) {
		found[r.ID] = r
	}
	place := func(id *uuid.UUID) int {
		return slices.IndexFunc(c.officers, func(o *booktest.Officer) bool { return id != nil && o.ID == *id })
	}
	for _, x := range list {
		r := found[x.id]
		got := life{
			state: r.State, owner: place(r.Owner), openedBy: place(&r.Data.OpenedBy), askedBy: place(r.Data.PauseAskedBy), disposed: place(r.Data.DisposedBy),
			accepted: r.Data.AcceptedAt != nil, paused: r.Data.PausedAt != nil, extended: r.Data.Extended != nil, reached: !r.Data.WomanSafe,
		}
		if got != x.model {
			t.Fatalf("%s is %+v, the model says %+v", x.id, got, x.model)
		}
	}
}

// custodyWhole demands that the spans of complaints follow each other without
// gap or overlap, from arrival in the book to now, and that the last is the
// holder's.
func custodyWhole(w *booktest.World, ids []uuid.UUID) error {
	var wrong int
	err := asked(w, func(tx pgx.Tx) error {
		return tx.QueryRow(context.Background(), `WITH spans AS (
			SELECT u.*, lag(until_at) OVER each AS before, lag(n) OVER each AS last, lead(n) OVER each AS next
			FROM unnest($1::uuid[]) AS i (id), LATERAL (SELECT * FROM custody WHERE district_id = 7 AND complaint_id = i.id OFFSET 0) u WINDOW each AS (PARTITION BY complaint_id ORDER BY n))
		, here AS (SELECT c.* FROM unnest($1::uuid[]) AS i (id), LATERAL (SELECT * FROM complaints WHERE district_id = 7 AND complaint_id = i.id LIMIT 1) c)
		SELECT (SELECT count(*) FROM spans s JOIN here c USING (complaint_id) WHERE n <> coalesce(last, 0) + 1
				OR (n > 1 AND from_at IS DISTINCT FROM before) OR (n = 1 AND from_at <> c.arrived_at) OR until_at < from_at
				OR (next IS NULL) <> (until_at IS NULL) OR until_at > $2
				OR next IS NULL AND (officer_id IS DISTINCT FROM c.owner_id OR post_id IS DISTINCT FROM c.owner_post OR role <> c.owner_role))
			+ (SELECT count(*) FROM (SELECT c.complaint_id FROM here c LEFT JOIN spans s USING (complaint_id)
				GROUP BY c.complaint_id, c.arrived_at
				HAVING sum(coalesce(s.until_at, $2) - s.from_at) IS DISTINCT FROM $2 - c.arrived_at) x)`, ids, w.Now()).Scan(&wrong)
	})
	if err == nil && wrong > 0 {
		err = fmt.Errorf("%d spans of custody do not fit", wrong)
	}
	return err
}

func TestALifeGoesAsTheModelSaysWhoeverTakesWhichStep(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	c := newCast(w)
	total := map[contract.Code]int{}
	fuzztest.Check(t, func(rt *rapid.T) {
		for code, n := range c.walk(rt, 4, 25) {
			total[code] += n
		}
	})
	steps := 0
	for _, n := range total {
		steps += n
	}
	t.Logf("%d steps: %v", steps, total)
	if steps < 10000 && !testing.Short() {
		t.Errorf("%d steps", steps)
	}
}
