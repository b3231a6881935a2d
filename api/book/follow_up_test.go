package book_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestAComplaintGoesItsWholeWayOfCare(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.Beat.Enter("complaint.accept", contract.ComplaintAccept{ComplaintID: c.id})
	c.Beat.Enter("complaint.act", contract.ComplaintAct{ComplaintID: c.id, Action: "visited"})
	referral := c.Beat.Enter("referral.send", contract.ReferralSend{ComplaintID: c.id, Referral: "hospital"}).OpID
	c.Beat.Enter("referral.answer", contract.ReferralAnswer{ReferralID: referral, Answer: "service_given"})
	plan := c.Incharge.Enter("counselling.plan", c.plans()).OpID
	c.Pass(2 * time.Hour)
	session := c.session()
	session.PlanID = &plan
	id := c.counsellor.Enter("counselling.session", session).OpID
	c.Beat.Enter("complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "counselling_settled", DisposalNote: "दोनों पक्षों में आपसी सहमति हुई", ToldHer: true, CounsellingID: &id,
	})
	c.desk.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id})
	want := []string{"2026-12-18", "2027-01-18", "2027-02-18", "2027-03-18", "2027-04-18", "2027-05-18"}
	if p := c.plan(); p.State != "open" || p.Done != 0 || !slices.Equal(p.Days, want) {
		t.Fatalf("the plan is %+v", p)
	}
	if got := c.clock("follow_up"); got != "2026-12-20 00:00" { // the day, and one of grace
		t.Errorf("the first is due %q", got)
	}
	c.desk.Enter("feedback.call", c.spoke())
	closing := contract.ComplaintClose{ComplaintID: c.id, CloseReason: "satisfied"}
	for i := range want {
		c.refused(c.Incharge, "complaint.close", closing, contract.CodeFollowUpOpen, "/body/complaint_id")
		c.Pass(endOf(want[i]).Add(-12 * time.Hour).Sub(c.Now()))
		c.Second.SignIn()
		c.Incharge.SignIn()
		c.Second.Enter("follow_up.done", c.seen())
		year, serial := 2027, i
		if i == 0 {
			year, serial = 2026, 1
		}
		_, cols := c.lineOf("follow_up", year, serial)
		if cols["step_no"] != float64(i+1) || cols["due_at"] != wire(endOf(want[i])) || cols["done_by"] != c.Second.ID.String() {
			t.Errorf("step %d: %v", i+1, cols)
		}
		if i+1 < len(want) && cols["next_due_at"] != wire(endOf(want[i+1])) || i+1 == len(want) && cols["next_due_at"] != nil {
			t.Errorf("after step %d the next is due %v", i+1, cols["next_due_at"])
		}
		if cols["safe_now"] != nil || cols["protection"] != nil {
			t.Errorf("sealed columns stand open: %v", cols)
		}
	}
	if p := c.plan(); p.State != "over" || p.Done != 6 || c.clock("follow_up") != "" {
		t.Errorf("the plan is %+v, due %q", p, c.clock("follow_up"))
	}
	c.SHO.SignIn()
	c.SHO.Enter("complaint.close", closing)
	if c.row("state") != "closed" {
		t.Errorf("the complaint is %s", c.row("state"))
	}
	if n := count(t, c.World, `SELECT count(*) FROM clocks WHERE complaint_id IS NOT NULL AND stopped_at IS NULL`); n != 0 {
		t.Errorf("%d clocks run on", n)
	}
	r, cols := c.line("help_desk", 1)
	if len(r.Links) != 8 || cols["counselling_id"] != id.String() || cols["close_reason"] != "satisfied" {
		t.Errorf("%d links, %v", len(r.Links), cols)
	}
	for kind, body := range map[string]any{
		"feedback.call": c.spoke(), "follow_up.done": c.seen(), "follow_up.plan": contract.FollowUpPlan{ComplaintID: c.id},
		"follow_up.close":     contract.FollowUpClose{ComplaintID: c.id, CloseReason: "plan_done"},
		"counselling.session": c.session(), "counselling.plan": c.plans(), "referral.send": contract.ReferralSend{ComplaintID: c.id, Referral: "DLSA"},
	} {
		c.refused(c.Incharge, kind, body, contract.CodeWrongState, "/body/complaint_id")
	}
}

// endOf is the midnight (IST) that ends a day.
func endOf(day string) time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, day, careIST)
	return t.AddDate(0, 0, 1)
}

// wire is a time as lines have it.
func wire(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func TestAPlanWithoutDaysFollowsTheRuleOfTheCategory(t *testing.T) {
	t.Parallel()
	weeks := []string{"2026-11-25", "2026-12-03", "2026-12-18"}
	for name, x := range map[string]struct {
		prepare func(c *care)
		want    []string
	}{
		"before the disposal": {func(*care) {}, weeks},
		"settled late": {func(c *care) {
			c.dispose()
			c.Pass(20 * 24 * time.Hour)
		}, []string{"2026-12-18", "2027-01-18", "2027-02-18", "2027-03-18", "2027-04-18", "2027-05-18"}},
		"advised": {func(c *care) {
			c.Beat.Enter("complaint.dispose", contract.ComplaintDispose{ComplaintID: c.id, Disposal: "advised", DisposalNote: "दोनों पक्षों को समझाया गया", ToldHer: true})
		}, weeks},
		"advised and planned late": {func(c *care) {
			c.Beat.Enter("complaint.dispose", contract.ComplaintDispose{ComplaintID: c.id, Disposal: "advised", DisposalNote: "दोनों पक्षों को समझाया गया", ToldHer: true})
			c.Pass(20 * 24 * time.Hour)
		}, []string{"2026-12-08", "2026-12-18"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := careOf(t, nil)
			x.prepare(c)
			c.Incharge.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id})
			if p := c.plan(); p.State != "open" || !slices.Equal(p.Days, x.want) {
				t.Errorf("the plan is %+v, want %v", p, x.want)
			}
		})
	}
	t.Run("settled in no family matter", func(t *testing.T) {
		t.Parallel()
		c := careOf(t, func(b *contract.ComplaintOpen) { b.Category = "property" })
		c.dispose()
		c.counsellor.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id})
		if p := c.plan(); !slices.Equal(p.Days, weeks) {
			t.Errorf("the plan is %+v", p)
		}
	})
}

func TestThereIsOnePlanAtATime(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	b := contract.FollowUpPlan{ComplaintID: c.id, DueOn: []types.Date{c.on(0), c.on(3)}}
	c.desk.Enter("follow_up.plan", b)
	c.refused(c.SHO, "follow_up.plan", b, contract.CodeWrongState, "/body/complaint_id")
	c.Incharge.Enter("follow_up.close", contract.FollowUpClose{ComplaintID: c.id, CloseReason: "moved_away"})
	if c.clock("follow_up") != "" || c.plan().State != "over" {
		t.Errorf("due %q, %+v", c.clock("follow_up"), c.plan())
	}
	c.refused(c.Incharge, "follow_up.close", contract.FollowUpClose{ComplaintID: c.id, CloseReason: "moved_away"},
		contract.CodeWrongState, "/body/complaint_id")
	c.SHO.Enter("follow_up.plan", b)
	c.refused(c.desk, "follow_up.close", contract.FollowUpClose{ComplaintID: c.id, CloseReason: "moved_away"}, contract.CodeForbidden, "/kind")
	c.refused(c.Beat, "follow_up.plan", b, contract.CodeForbidden, "/kind")
}

func TestThePlansDaysAreInOrderAndNotPast(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	for _, x := range []struct {
		days    []types.Date
		code    contract.Code
		pointer string
	}{
		{[]types.Date{c.on(-1), c.on(3)}, contract.CodeTooOld, "/body/due_on/0"},
		{[]types.Date{c.on(1), c.on(3), c.on(3)}, contract.CodeAlreadyThere, "/body/due_on/2"},
		{[]types.Date{c.on(5), c.on(3)}, contract.CodeEndedBeforeStarted, "/body/due_on/1"},
	} {
		c.refused(c.desk, "follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id, DueOn: x.days}, x.code, x.pointer)
	}
	later := contract.FollowUpPlan{ComplaintID: uuid.Must(uuid.NewV7())}
	if r := c.desk.Do("follow_up.plan", later); r.Outcome != book.Held {
		t.Errorf("of a complaint that has not come: %s", r.Outcome)
	}
}

func TestAFollowUpAddsADayAndTheLastLineSaysWhyItEnded(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.desk.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id, DueOn: []types.Date{c.on(2), c.on(9)}})
	c.Pass(2 * 24 * time.Hour)
	b := c.seen()
	b.NextDueOn = new(c.on(3)) // before the next that was planned
	c.Second.Enter("follow_up.done", b)
	if p := c.plan(); !slices.Equal(p.Days, []string{"2026-11-20", "2026-11-23", "2026-11-27"}) || c.clock("follow_up") != "2026-11-25 00:00" {
		t.Errorf("the plan is %+v, due %q", p, c.clock("follow_up"))
	}
	c.Pass(3 * 24 * time.Hour)
	b = c.seen()
	b.NextDueOn = new(c.on(4)) // planned already
	c.Second.Enter("follow_up.done", b)
	c.Pass(4 * 24 * time.Hour)
	b = c.seen()
	b.NextDueOn = new(c.on(1)) // one more
	c.Second.Enter("follow_up.done", b)
	if p := c.plan(); p.State != "open" || p.Done != 3 || len(p.Days) != 4 || c.clock("follow_up") != "2026-11-30 00:00" {
		t.Errorf("the plan is %+v, due %q", p, c.clock("follow_up"))
	}
	c.SHO.Enter("follow_up.close", contract.FollowUpClose{ComplaintID: c.id, CloseReason: "she_asked"})
	if _, cols := c.line("follow_up", 3); cols["close_reason"] != "she_asked" {
		t.Errorf("the last line is %v", cols)
	}
	if _, cols := c.line("follow_up", 2); cols["close_reason"] != nil {
		t.Errorf("the line before is %v", cols)
	}
}

func TestAPlanKeptByWhoMadeItIsFlagged(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.desk.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id})
	if e := c.desk.Enter("follow_up.done", c.seen()); len(e.Flags) != 1 || e.Flags[0].Code != "same_person" {
		t.Errorf("flags %v", e.Flags)
	}
	if e := c.Second.Enter("follow_up.done", c.seen()); len(e.Flags) != 0 {
		t.Errorf("flags %v", e.Flags)
	}
}

func TestAFollowUpThatIsLateIsTold(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.desk.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id, DueOn: []types.Date{c.on(0)}})
	c.Pass(endOf("2026-11-19").Add(2*time.Hour - time.Millisecond).Sub(c.Now()))
	tick(t, c.World)
	rung := `SELECT rung FROM clocks WHERE code = 'follow_up'`
	if n := count(t, c.World, rung); n != 0 {
		t.Errorf("%d rungs too early", n)
	}
	c.Pass(time.Millisecond)
	tick(t, c.World)
	if n := count(t, c.World, rung); n != 1 {
		t.Errorf("%d rungs", n)
	}
}

func TestAFollowUpWithoutAPlanIsALineToo(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.Leader.Enter("follow_up.done", c.seen())
	c.desk.Enter("follow_up.done", c.seen())
	if _, cols := c.line("follow_up", 2); cols["step_no"] != 2.0 || cols["due_at"] != nil || cols["case_id"] != c.id.String() {
		t.Errorf("the line is %v", cols)
	}
	b := c.seen()
	b.NextDueOn = new(c.on(3))
	c.refused(c.desk, "follow_up.done", b, contract.CodeWrongState, "/body/next_due_on")
}

func TestAFollowUpIsRefusedThatDoesNotFit(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.desk.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id, DueOn: []types.Date{c.on(0), c.on(5)}})
	incident := &contract.NewIncident{Category: "threat_assault", RiskLevel: "medium", Account: "पति ने फिर से मारपीट की", WomanRecorded: true}
	for _, x := range []struct {
		change  func(b *contract.FollowUpDone)
		code    contract.Code
		pointer string
	}{
		{func(b *contract.FollowUpDone) { b.DoneAt = contract.At(c.Now().Add(time.Hour)) }, contract.CodeInFuture, "/body/done_at"},
		{func(b *contract.FollowUpDone) { b.NextDueOn = new(c.on(-1)) }, contract.CodeTooOld, "/body/next_due_on"},
		{func(b *contract.FollowUpDone) { b.NewIncident = true }, contract.CodeReferenceRequired, "/body/incident"},
		{func(b *contract.FollowUpDone) { b.Incident = incident }, contract.CodeWrongReference, "/body/incident"},
		{func(b *contract.FollowUpDone) { b.Mode = "letter" }, contract.CodeUnknownCode, "/body/mode"},
	} {
		b := c.seen()
		x.change(&b)
		c.refused(c.Second, "follow_up.done", b, x.code, x.pointer)
	}
	c.refused(c.Member, "follow_up.done", c.seen(), contract.CodeForbidden, "/kind")
	received := c.seen()
	received.ComplaintID = careOfWorld(c, func(b *contract.ComplaintOpen) { b.RegisteredAt = nil })
	c.refused(c.Second, "follow_up.done", received, contract.CodeWrongState, "/body/complaint_id")
}

func TestAWomanWhoIsNotSafeIsToldOfAtOnce(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	b := c.seen()
	b.SafeNow = "unsafe"
	e := c.Second.Enter("follow_up.done", b)
	if got := c.told(e); got != "centre_incharge" {
		t.Errorf("told %q", got)
	}
	if n := count(t, c.World, `SELECT count(*) FROM river.river_job WHERE args->>'ticket' LIKE '%urgent%'`); n != 1 {
		t.Errorf("%d told at once", n)
	}
	if n := count(t, c.World, `SELECT n FROM tallies WHERE code = 'follow_up.unsafe'`); n != 1 {
		t.Errorf("%d counted", n)
	}
	safe := c.Second.Enter("follow_up.done", c.seen())
	if got := c.told(safe); got != "" {
		t.Errorf("told %q", got)
	}
	e = c.Second.Enter("entry.correct", contract.EntryCorrect{CorrectsID: safe.OpID, Reason: "वह सुरक्षित नहीं है", FollowUp: &b})
	if got := c.told(e); got != "centre_incharge" {
		t.Errorf("told %q", got)
	}
}

// incident is a visit at which she tells of a new incident.
func (c *care) incident(category string) contract.FollowUpDone {
	b := c.seen()
	b.NewIncident = true
	b.Incident = &contract.NewIncident{Category: category, RiskLevel: "medium", Account: "पति ने रात में फिर से मारपीट की", WomanRecorded: true}
	return b
}

func TestANewIncidentIsAComplaintOfItsOwnUnderTheSameCase(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.desk.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id, DueOn: []types.Date{c.on(0), c.on(5)}})
	c.Pass(time.Hour)
	e := c.Beat.Enter("follow_up.done", c.incident("threat_assault"))
	if len(e.Lines) != 2 || e.Lines[0].Register != "follow_up" || e.Lines[1].Register != "help_desk" || e.Lines[1].Serial != 2 {
		t.Fatalf("opened %v", e.Lines)
	}
	if e.CaseID != c.id {
		t.Errorf("sealed under %s", e.CaseID)
	}
	r, cols := c.line("help_desk", 2)
	if r.SubjectID == nil || *r.SubjectID == e.OpID || r.State != "registered" || r.Category != "threat_assault" {
		t.Fatalf("the line is %+v", r)
	}
	want := map[string]any{
		"category": "threat_assault", "risk_level": "medium", "woman_recorded": true, "channel": "beat", "account": nil,
		"parent_id": c.id.String(), "earlier": 1.0, "arrived_at": wire(c.Now()), "registered_at": wire(c.Now()),
	}
	for name, value := range want {
		if cols[name] != value {
			t.Errorf("%s is %v", name, cols[name])
		}
	}
	if len(cols) != len(want) || !slices.Equal(r.Sealed, []string{"/account"}) {
		t.Errorf("the line has %v, sealed %v", cols, r.Sealed)
	}
	if got := linked(r); got != "follow_up/1 help_desk/1" {
		t.Errorf("the new complaint links %s", got)
	}
	visit, _ := c.line("follow_up", 1)
	if got := linked(visit); got != "help_desk/1 help_desk/2" {
		t.Errorf("the follow-up links %s", got)
	}
	if got := c.told(e); got != "centre_incharge" { // it is a repeat
		t.Errorf("told %q", got)
	}
	old := c.id
	c.id = *r.SubjectID
	if got := c.row("state || ' ' || (case_id = '" + old.String() + "')::text || ' ' || owner_role"); got != "registered true beat_officer" {
		t.Errorf("the new complaint is %s", got)
	}
	for _, code := range []string{"assign", "first_action", "disposal", "overall"} {
		if c.clock(code) == "" {
			t.Errorf("nothing is due for %s", code)
		}
	}
	c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: c.id, OfficerID: c.Second.ID})
	c.dispose2()
	c.desk.Enter("feedback.call", c.spoke())
	c.Incharge.Enter("complaint.close", contract.ComplaintClose{ComplaintID: c.id, CloseReason: "satisfied"})
}

// dispose2 ends a complaint of the second officer by advice.
func (c *care) dispose2() {
	c.t.Helper()
	c.Second.Enter("complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "advised", DisposalNote: "दोनों पक्षों को समझाया गया", ToldHer: true,
	})
}

// linked names the lines that a line links, in their order.
func linked(r book.RegisterRow) string {
	var out []string
	for _, l := range r.Links {
		out = append(out, l.Register+"/"+string(rune('0'+l.Serial)))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestASexualIncidentIsGuardedThoughTheFirstComplaintWasNot(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.Second.Enter("follow_up.done", c.incident("sexual_assault"))
	if !e.Guarded || e.Facts["is_sexual"] != true || e.Facts["is_child"] != false {
		t.Errorf("guarded %v, facts %v", e.Guarded, e.Facts)
	}
	r, _ := c.line("help_desk", 2)
	b := c.session()
	b.ComplaintID = *r.SubjectID
	c.refused(c.counsellor, "counselling.session", b, contract.CodeCounsellingBlocked, "/body/complaint_id")
	child := careOfWorld(c, func(b *contract.ComplaintOpen) { b.IsMinor = true })
	visit := c.incident("threat_assault")
	visit.ComplaintID = child
	if e := c.Second.Enter("follow_up.done", visit); !e.Guarded || e.Facts["is_child"] != true {
		t.Errorf("of a child: guarded %v, facts %v", e.Guarded, e.Facts)
	}
}

func TestTheLinesOfAFollowUpWithAnIncidentArePutRightEachByItself(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.Second.Enter("follow_up.done", c.incident("threat_assault"))
	r, _ := c.line("help_desk", 2)
	again := c.incident("threat_assault")
	correct := contract.EntryCorrect{CorrectsID: e.OpID, Reason: "माध्यम गलत लिखा गया", FollowUp: &again}
	c.refused(c.Second, "entry.correct", correct, contract.CodeWrongCorrection, "/body/follow_up/incident")
	again.Incident, again.Mode = nil, "call"
	moved := again
	moved.ComplaintID = careOfWorld(c, nil)
	correct.FollowUp = &moved
	c.refused(c.Second, "entry.correct", correct, contract.CodeWrongCorrection, "/body/follow_up/complaint_id")
	correct.FollowUp = &again
	c.Second.Enter("entry.correct", correct)
	if visit, cols := c.line("follow_up", 2); cols["mode"] != "call" || cols["done_by"] != c.Second.ID.String() || visit.Corrects == nil {
		t.Errorf("the right line is %v", cols)
	}
	at := contract.At(c.Now())
	complaint := contract.ComplaintOpen{
		ArrivedAt: at, RegisteredAt: &at, Channel: "beat", ComplainantName: "कमला देवी", SafeToCall: true, Category: "dowry",
		Account: "दहेज के लिए फिर से मारपीट की गयी", RiskLevel: "high", WomanRecorded: true,
	}
	c.Second.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "प्रकार गलत लिखा गया", Complaint: &complaint})
	right, cols := c.line("help_desk", 4)
	if right.Category != "dowry" || *right.SubjectID != *r.SubjectID || cols["parent_id"] != c.id.String() {
		t.Errorf("the right line is %+v %v", right, cols)
	}
}

func TestAFollowUpThatIsStruckWasNotDone(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.desk.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id, DueOn: []types.Date{c.on(1), c.on(5)}})
	first := c.Second.Enter("follow_up.done", c.seen())
	last := c.Second.Enter("follow_up.done", c.incident("threat_assault"))
	if p := c.plan(); p.State != "over" {
		t.Errorf("the plan is %+v", p)
	}
	strike := func(id uuid.UUID) {
		t.Helper()
		c.Incharge.Enter("entry.correct", contract.EntryCorrect{CorrectsID: id, Reason: "भेंट नहीं हुई थी", Strike: new(true)})
	}
	strike(first.OpID)
	if p := c.plan(); p.State != "open" || p.Done != 1 || !slices.Equal(p.Days, []string{"2026-11-23", "2026-11-19"}) {
		t.Errorf("the plan is %+v", p)
	}
	strike(last.OpID)
	if p := c.plan(); p.State != "open" || p.Done != 0 || !slices.Equal(p.Days, []string{"2026-11-19", "2026-11-23"}) {
		t.Errorf("the plan is %+v", p)
	}
	if got := c.clock("follow_up"); got != "2026-11-21 00:00" {
		t.Errorf("the first is due %q", got)
	}
	if r, _ := c.line("help_desk", 2); r.StruckBy == nil || r.State != "closed" && r.State != "registered" {
		t.Errorf("the incident's line is %+v", r)
	}
	if n := count(t, c.World, `SELECT count(*) FROM complaints WHERE state = 'closed'`); n != 1 {
		t.Errorf("%d complaints are closed", n)
	}
}

func TestWhatWasPlannedEndsWhenTheComplaintLeaves(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.desk.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id})
	c.Incharge.Enter("counselling.plan", c.plans())
	c.Incharge.Enter("complaint.transfer", contract.ComplaintTransfer{ComplaintID: c.id, ToCentre: "RJP", Reason: "महिला वहीं रहती है"})
	if n := count(t, c.World, `SELECT count(*) FROM matters WHERE state = 'open'`); n != 0 {
		t.Errorf("%d matters stand open", n)
	}
	if got := c.clock("follow_up"); got != "" {
		t.Errorf("a follow-up is due %q", got)
	}
}

func TestWhatIsDueTodayStandsOnTheSheetAndWhatWasDoneInTheFigures(t *testing.T) {
	t.Parallel()
	c := disposed(t, nil)
	c.desk.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id, DueOn: []types.Date{c.on(0), c.on(1)}})
	for _, want := range []string{"2026-11-18 1", ""} {
		var got []string
		for _, f := range sheet(t, c.World, c.Incharge, today(c.World)).FollowUps {
			got = append(got, f.DueOn+" "+string(rune('0'+f.Step)))
		}
		if strings.Join(got, ",") != want {
			t.Errorf("due today %v, want %q", got, want)
		}
		c.Second.Enter("follow_up.done", c.seen())
	}
	c.desk.Enter("feedback.call", c.missed())
	c.desk.Enter("feedback.call", c.spoke())
	r, err := c.Book.Returns(context.Background(), c.Incharge.Caller(), booktest.Centre, today(c.World).Time, today(c.World).Time)
	if err != nil {
		t.Fatal(err)
	}
	for figure, want := range map[string]int64{"feedback_reached": 1, "feedback_satisfied": 1, "follow_ups": 2, "counselling_sessions": 1} {
		if got := r.Total[figure]; got != want {
			t.Errorf("%s is %d, want %d", figure, got, want)
		}
	}
}
