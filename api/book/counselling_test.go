package book_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// plans is a plan for a session in an hour.
func (c *care) plans() contract.CounsellingPlan {
	return contract.CounsellingPlan{
		ComplaintID: c.id, SessionAt: contract.At(c.Now().Add(time.Hour)), CounsellorBy: c.counsellor.ID, Issue: new("dowry"), WomanConsents: true,
	}
}

func TestASessionIsPlannedHeldAndNumbered(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	plan := c.Incharge.Enter("counselling.plan", c.plans())
	if got := c.told(plan); got != "officer" {
		t.Errorf("the plan tells %q", got)
	}
	if n := count(t, c.World, `SELECT count(*) FROM matters WHERE kind = 'counselling_plan' AND state = 'open' AND due_at IS NOT NULL`); n != 1 {
		t.Errorf("%d plans stand", n)
	}
	c.Pass(time.Hour)
	b := c.session()
	b.PlanID, b.Result, b.NextAt = &plan.OpID, "next_session", new(contract.At(c.Now().Add(48*time.Hour)))
	c.counsellor.Enter("counselling.session", b)
	if n := count(t, c.World, `SELECT count(*) FROM matters WHERE kind = 'counselling_plan' AND state = 'over' AND due_at IS NULL`); n != 1 {
		t.Errorf("%d plans are over", n)
	}
	if got := c.row("state"); got != "in_action" {
		t.Errorf("after a session the complaint is %s", got)
	}
	if got := c.clock("first_action"); got != "" {
		t.Errorf("the first action is still due %s", got)
	}
	again := c.session()
	again.CounsellorBy = &c.counsellor.ID
	c.Incharge.Enter("counselling.session", again)
	for serial := 1; serial <= 2; serial++ {
		r, cols := c.line("counselling", serial)
		if cols["session_no"] != float64(serial) || cols["counsellor_by"] != c.counsellor.ID.String() {
			t.Errorf("line %d: session %v by %v", serial, cols["session_no"], cols["counsellor_by"])
		}
		if len(r.Links) != 2 || r.ComplaintID == nil || *r.ComplaintID != c.id || cols["summary"] != nil {
			t.Errorf("line %d: links %v, summary %v", serial, r.Links, cols["summary"])
		}
	}
	if n := count(t, c.World, `SELECT n FROM tallies WHERE code = 'counselling.result.settled'`); n != 1 {
		t.Errorf("%d sessions settled", n)
	}
}

func TestASexualOffenceOrAChildIsNeverCounselled(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *contract.ComplaintOpen){
		"sexual": func(b *contract.ComplaintOpen) { b.Category = "sexual_assault" },
		"child":  func(b *contract.ComplaintOpen) { b.IsMinor = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := careOf(t, change)
			c.refused(c.Incharge, "counselling.plan", c.plans(), contract.CodeCounsellingBlocked, "/body/complaint_id")
			c.refused(c.counsellor, "counselling.session", c.session(), contract.CodeCounsellingBlocked, "/body/complaint_id")
			declined := c.session()
			declined.WomanConsents, declined.Result = false, "woman_declined"
			c.refused(c.counsellor, "counselling.session", declined, contract.CodeCounsellingBlocked, "/body/complaint_id")
		})
	}
}

func TestAPlanIsRefusedWithoutConsentTimeOrCounsellor(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.AboutBy = nil })
	about := c.Enlist(booktest.Centre, staff.Counsellor)
	b := c.plans()
	b.WomanConsents = false
	c.refused(c.Incharge, "counselling.plan", b, contract.CodeConsentRequired, "/body/woman_consents")
	b = c.plans()
	b.SessionAt = contract.At(c.Now())
	c.refused(c.Incharge, "counselling.plan", b, contract.CodeTooOld, "/body/session_at")
	for _, who := range []uuid.UUID{c.Other.ID, uuid.Must(uuid.NewV7())} {
		b = c.plans()
		b.CounsellorBy = who
		c.refused(c.SHO, "counselling.plan", b, contract.CodeUnknownReference, "/body/counsellor_by")
	}
	c.refused(c.Beat, "counselling.plan", c.plans(), contract.CodeForbidden, "/kind")
	b = c.plans()
	b.ComplaintID = uuid.Must(uuid.NewV7())
	if r := c.Incharge.Do("counselling.plan", b); r.Outcome != book.Held {
		t.Errorf("a plan of a complaint that has not come is %s", r.Outcome)
	}
	second := careOfWorld(c, func(b *contract.ComplaintOpen) { b.AboutBy = []uuid.UUID{about.ID} })
	b = c.plans()
	b.ComplaintID, b.CounsellorBy = second, about.ID
	c.refused(c.Incharge, "counselling.plan", b, contract.CodeUnknownReference, "/body/counsellor_by")
	b.CounsellorBy = c.counsellor.ID
	c.refused(about, "counselling.plan", b, contract.CodeUnknownReference, "/body/complaint_id")
}

func TestASessionIsRefusedWithoutConsentOrInTheFuture(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	b := c.session()
	b.WomanConsents = false
	c.refused(c.counsellor, "counselling.session", b, contract.CodeConsentRequired, "/body/woman_consents")
	b = c.session()
	b.SessionAt = contract.At(c.Now().Add(time.Hour))
	c.refused(c.counsellor, "counselling.session", b, contract.CodeInFuture, "/body/session_at")
	b = c.session()
	b.NextAt = &b.SessionAt
	c.refused(c.counsellor, "counselling.session", b, contract.CodeEndedBeforeStarted, "/body/next_at")
	b = c.session()
	b.CounsellorBy = &c.Other.ID
	c.refused(c.Incharge, "counselling.session", b, contract.CodeUnknownReference, "/body/counsellor_by")
	c.refused(c.SHO, "counselling.session", c.session(), contract.CodeForbidden, "/kind")

	b = c.session()
	b.PlanID = &c.id
	c.refused(c.counsellor, "counselling.session", b, contract.CodeUnknownReference, "/body/plan_id")
	referral := c.Beat.Enter("referral.send", contract.ReferralSend{ComplaintID: c.id, Referral: "DLSA"})
	b.PlanID = &referral.OpID
	c.refused(c.counsellor, "counselling.session", b, contract.CodeWrongReference, "/body/plan_id")
	plan := c.counsellor.Enter("counselling.plan", c.plans())
	other := c.session()
	other.ComplaintID, other.PlanID = careOfWorld(c, nil), &plan.OpID
	c.refused(c.counsellor, "counselling.session", other, contract.CodeWrongReference, "/body/plan_id")
	b.PlanID = &plan.OpID
	c.counsellor.Enter("counselling.session", b)
	c.refused(c.counsellor, "counselling.session", b, contract.CodeWrongState, "/body/plan_id")
	b.PlanID = new(uuid.Must(uuid.NewV7()))
	if r := c.counsellor.Do("counselling.session", b); r.Outcome != book.Held {
		t.Errorf("a session of a plan that has not come is %s", r.Outcome)
	}
}

func TestThatSheDeclinedIsASessionWithoutHerConsent(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	b := c.session()
	b.WomanConsents, b.SeenAlone, b.Result = false, false, "woman_declined"
	e := c.counsellor.Enter("counselling.session", b)
	dispose := contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "counselling_settled", DisposalNote: "आपसी सहमति से समाधान", ToldHer: true, CounsellingID: &e.OpID,
	}
	c.refused(c.Beat, "complaint.dispose", dispose, contract.CodeWrongReference, "/body/counselling_id")
}

func TestAGrownWomanWhoLeftHomeIsHeardAloneAndByHerConsent(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.Category = "adult_left_home" })
	b := c.session()
	b.SeenAlone = false
	c.refused(c.counsellor, "counselling.session", b, contract.CodeSeenAloneRequired, "/body/seen_alone")
	b.WomanConsents = false
	c.refused(c.counsellor, "counselling.session", b, contract.CodeConsentRequired, "/body/woman_consents")
	c.counsellor.Enter("counselling.session", c.session())
}

func TestASessionNeverDelaysAnFIR(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	b := c.session()
	b.Result = "fir_wanted"
	e := c.counsellor.Enter("counselling.session", b)
	if got := c.told(e); got != "sho" {
		t.Errorf("her wish tells %q", got)
	}
	wanted, due := c.row("data::json->>'fir_wanted_at'"), c.clock("fir_decision")
	if wanted == "" || due != "2026-11-18 11:00" {
		t.Fatalf("wanted %q, to be decided %q", wanted, due)
	}
	c.Pass(30 * time.Minute)
	c.counsellor.Enter("counselling.session", c.session())
	c.counsellor.Enter("counselling.session", b)
	if now := c.row("data::json->>'fir_wanted_at'"); now != wanted || c.clock("fir_decision") != due {
		t.Errorf("after a session wanted %q, to be decided %q", now, c.clock("fir_decision"))
	}
	if n := count(t, c.World, `SELECT count(*) FROM clocks WHERE code = 'fir_decision'`); n != 1 {
		t.Errorf("%d clocks of the decision", n)
	}
	c.Pass(time.Hour)
	tick(t, c.World)
	if n := count(t, c.World, `SELECT rung FROM clocks WHERE code = 'fir_decision'`); n != 1 {
		t.Errorf("%d rungs were told", n)
	}
}

func TestASessionIsPutRightAndItsWishForAnFIRCounts(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	old := c.counsellor.Enter("counselling.session", c.session())
	b := c.session()
	b.Result, b.CounsellorBy = "fir_wanted", &c.Incharge.ID
	correct := contract.EntryCorrect{CorrectsID: old.OpID, Reason: "परिणाम गलत लिखा गया", Session: &b}
	moved := b
	moved.ComplaintID = careOfWorld(c, nil)
	wrong := correct
	wrong.Session = &moved
	c.refused(c.counsellor, "entry.correct", wrong, contract.CodeWrongCorrection, "/body/session/complaint_id")
	without := b
	without.WomanConsents = false
	wrong.Session = &without
	c.refused(c.counsellor, "entry.correct", wrong, contract.CodeConsentRequired, "/body/session/woman_consents")

	e := c.counsellor.Enter("entry.correct", correct)
	if c.told(e) != "sho" || c.clock("fir_decision") == "" {
		t.Errorf("the corrected session tells %q, the decision is due %q", c.told(e), c.clock("fir_decision"))
	}
	r, cols := c.line("counselling", 2)
	if cols["session_no"] != 1.0 || cols["counsellor_by"] != c.Incharge.ID.String() || r.Corrects == nil {
		t.Errorf("the right line is %v", cols)
	}
	if n := count(t, c.World, `SELECT sum(n) FROM tallies WHERE code = 'counselling.result.settled'`); n != 0 {
		t.Errorf("%d sessions settled", n)
	}
}

func TestADisposalDoesNotRestOnASessionThatWasStruck(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.counsellor.Enter("counselling.session", c.session())
	c.Incharge.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "सत्र नहीं हुआ था", Strike: new(true)})
	c.refused(c.Beat, "complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "counselling_settled", DisposalNote: "आपसी सहमति से समाधान", ToldHer: true, CounsellingID: &e.OpID,
	}, contract.CodeUnknownReference, "/body/counselling_id")
	c.counsellor.Enter("counselling.session", c.session())
	if _, cols := c.line("counselling", 2); cols["session_no"] != 2.0 {
		t.Errorf("the next session has number %v", cols["session_no"])
	}
}
