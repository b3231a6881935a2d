package book_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// disposed is a complaint that was settled by counselling.
func disposed(t *testing.T, change func(b *contract.ComplaintOpen)) *care {
	t.Helper()
	c := careOf(t, change)
	c.dispose()
	c.Pass(time.Hour)
	return c
}

// missed is a call of now that she did not answer.
func (c *care) missed() contract.FeedbackCall {
	return contract.FeedbackCall{ComplaintID: c.id, CalledAt: contract.At(c.Now()), Reached: "no_answer"}
}

func TestACallInWhichSheSpokeStopsTheClock(t *testing.T) {
	t.Parallel()
	c := disposed(t, nil)
	if got := c.clock("feedback"); got != "2026-11-21 10:00" {
		t.Errorf("feedback is due %q", got)
	}
	e := c.desk.Enter("feedback.call", c.spoke())
	if c.row("state") != "feedback" || c.clock("feedback") != "" || c.told(e) != "" {
		t.Errorf("state %s, due %q, told %q", c.row("state"), c.clock("feedback"), c.told(e))
	}
	r, cols := c.line("feedback", 1)
	if cols["due_at"] != "2026-11-21T04:30:00.000Z" || cols["called_by"] != c.desk.ID.String() || cols["is_reopened"] != nil {
		t.Errorf("the line is %v", cols)
	}
	if len(r.Links) != 2 {
		t.Errorf("links %v", r.Links)
	}
	for _, code := range []string{"calls", "reached.spoke", "satisfied.yes"} {
		if n := count(t, c.World, `SELECT coalesce(sum(n), 0) FROM tallies WHERE code = 'feedback.`+code+`'`); n != 1 {
			t.Errorf("%s %d", code, n)
		}
	}
	c.Incharge.Enter("complaint.close", contract.ComplaintClose{ComplaintID: c.id, CloseReason: "satisfied"})
}

func TestWhoHandledTheMatterDoesNotCallHer(t *testing.T) {
	t.Parallel()
	c := disposed(t, nil)
	for name, o := range map[string]*booktest.Officer{"disposer and owner": c.Beat, "counsellor": c.counsellor} {
		r := o.Do("feedback.call", c.spoke())
		if r.Problem == nil || r.Problem.Code != contract.CodeCallerHandled || r.Problem.Pointer != "/body/complaint_id" {
			t.Errorf("%s: %v", name, r.Problem)
		}
	}
	c.refused(c.SHO, "feedback.call", c.spoke(), contract.CodeForbidden, "/kind")
	c.refused(c.Leader, "feedback.call", c.spoke(), contract.CodeForbidden, "/kind")
	c.Second.Enter("feedback.call", c.spoke())
}

func TestAnOfficerComplainedOfDoesNotCallHer(t *testing.T) {
	t.Parallel()
	c := disposed(t, nil)
	officer := c.Enlist(booktest.Centre, staff.DeskOfficer)
	id := careOfWorld(c, func(b *contract.ComplaintOpen) { b.AboutBy = []uuid.UUID{officer.ID} })
	c.SHO.Enter("complaint.dispose", contract.ComplaintDispose{
		ComplaintID: id, Disposal: "not_substantiated", DisposalNote: "जाँच में पुष्टि नहीं हुई", ToldHer: true,
	})
	b := c.spoke()
	b.ComplaintID = id
	c.refused(officer, "feedback.call", b, contract.CodeUnknownReference, "/body/complaint_id")
	c.refused(c.desk, "feedback.call", b, contract.CodeCallerHandled, "/body/complaint_id") // it lies with her who took it in
	c.Second.Enter("feedback.call", b)
}

func TestThreeTriesAreEnough(t *testing.T) {
	t.Parallel()
	c := disposed(t, nil)
	closing := contract.ComplaintClose{ComplaintID: c.id, CloseReason: "not_reachable"}
	for try := 1; try <= 3; try++ {
		c.refused(c.Incharge, "complaint.close", closing, contract.CodeFeedbackMissing, "/body/complaint_id")
		b := c.missed()
		if try == 2 {
			b.Reached = "wrong_no"
		}
		c.desk.Enter("feedback.call", b)
		c.Pass(24 * time.Hour)
		state, due := "disposed", "2026-11-21 10:00"
		if try == 3 {
			state, due = "feedback", ""
		}
		if c.row("state") != state || c.clock("feedback") != due || c.row("data::json->>'calls'") != string(rune('0'+try)) {
			t.Errorf("after try %d: %s, due %q, %s calls", try, c.row("state"), c.clock("feedback"), c.row("data::json->>'calls'"))
		}
	}
	c.Incharge.Enter("complaint.close", closing)
}

func TestACallThatSheMissedDoesNotUndoThatSheWasAsked(t *testing.T) {
	t.Parallel()
	c := disposed(t, nil)
	c.desk.Enter("feedback.call", c.spoke())
	c.desk.Enter("feedback.call", c.missed())
	if c.row("state") != "feedback" || c.row("data::json->>'reached'") != "spoke" || c.row("data::json->>'satisfied'") != "yes" {
		t.Errorf("state %s, %s", c.row("state"), c.row("data"))
	}
	c.Incharge.Enter("complaint.close", contract.ComplaintClose{ComplaintID: c.id, CloseReason: "satisfied"})
}

func TestWhoIsNotSatisfiedHasHerComplaintTakenUpAgain(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *contract.FeedbackCall){
		"not satisfied": func(b *contract.FeedbackCall) {
			b.Satisfied, b.Reason = new("no"), new("मारपीट फिर हुई")
		},
		"wants more action": func(b *contract.FeedbackCall) { b.Satisfied, b.Wants = new("partly"), new("more_action") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := disposed(t, nil)
			b := c.spoke()
			change(&b)
			e := c.desk.Enter("feedback.call", b)
			if got := c.row("state || ' ' || owner_role || ' ' || coalesce(owner_id::text, 'nobody')"); got != "registered centre_incharge nobody" {
				t.Errorf("the complaint is %s", got)
			}
			if got := c.told(e); got != "centre_incharge sho" {
				t.Errorf("told %q", got)
			}
			for _, code := range []string{"assign", "first_action", "disposal", "overall"} {
				if c.clock(code) == "" {
					t.Errorf("nothing is due for %s", code)
				}
			}
			if _, cols := c.line("feedback", 1); cols["is_reopened"] != true {
				t.Errorf("the line is %v", cols)
			}
			if _, cols := c.line("help_desk", 1); cols["reopened"] != 1.0 {
				t.Errorf("reopened %v times", cols["reopened"])
			}
			c.refused(c.desk, "feedback.call", c.spoke(), contract.CodeWrongState, "/body/complaint_id")
			c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: c.id, OfficerID: c.Second.ID})
			c.Second.Enter("complaint.act", contract.ComplaintAct{ComplaintID: c.id, Action: "visited"})
			c.Second.Enter("complaint.dispose", contract.ComplaintDispose{
				ComplaintID: c.id, Disposal: "advised", DisposalNote: "पुनः समझाया गया और सुरक्षा दी गयी", ToldHer: true,
			})
			if c.row("data::json->>'calls'") != "" || c.clock("feedback") == "" {
				t.Errorf("calls %s, due %q", c.row("data::json->>'calls'"), c.clock("feedback"))
			}
			c.desk.Enter("feedback.call", c.spoke())
			if c.row("data::json->>'calls'") != "1" {
				t.Errorf("calls %s", c.row("data::json->>'calls'"))
			}
		})
	}
}

func TestWhatSheWantsIsToldToTheHeadOfTheStation(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *contract.FeedbackCall){
		"partly":      func(b *contract.FeedbackCall) { b.Satisfied = new("partly") },
		"protection":  func(b *contract.FeedbackCall) { b.Wants = new("protection") },
		"counselling": func(b *contract.FeedbackCall) { b.Wants = new("counselling") },
		"fir":         func(b *contract.FeedbackCall) { b.Wants = new("fir") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := disposed(t, nil)
			b := c.spoke()
			change(&b)
			e := c.desk.Enter("feedback.call", b)
			if c.told(e) != "sho" || c.row("state") != "feedback" {
				t.Errorf("told %q, state %s", c.told(e), c.row("state"))
			}
			closing := contract.ComplaintClose{ComplaintID: c.id, CloseReason: "satisfied"}
			if name != "fir" {
				c.Incharge.Enter("complaint.close", closing)
				return
			}
			if c.clock("fir_decision") != "2026-11-18 12:00" {
				t.Errorf("the decision is due %q", c.clock("fir_decision"))
			}
			c.refused(c.Incharge, "complaint.close", closing, contract.CodeFIRPending, "/body/complaint_id")
		})
	}
}

func TestACallIsRefusedThatDoesNotFit(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.refused(c.desk, "feedback.call", c.spoke(), contract.CodeWrongState, "/body/complaint_id")
	before := c.spoke()
	c.Pass(time.Hour)
	c.dispose()
	c.refused(c.desk, "feedback.call", before, contract.CodeEndedBeforeStarted, "/body/called_at")
	for _, x := range []struct {
		change  func(b *contract.FeedbackCall)
		code    contract.Code
		pointer string
	}{
		{func(b *contract.FeedbackCall) { b.Satisfied = nil }, contract.CodeMissingField, "/body/satisfied"},
		{func(b *contract.FeedbackCall) { b.Satisfied = new("no") }, contract.CodeReasonRequired, "/body/reason"},
		{func(b *contract.FeedbackCall) { b.CalledAt = contract.At(c.Now().Add(time.Hour)) }, contract.CodeInFuture, "/body/called_at"},
		{func(b *contract.FeedbackCall) { b.Reached = "no_answer" }, contract.CodeOutcomeNotAllowed, "/body/satisfied"},
		{func(b *contract.FeedbackCall) { b.Reached, b.Satisfied = "refused", nil }, contract.CodeOutcomeNotAllowed, "/body/wants"},
		{func(b *contract.FeedbackCall) { b.Reached, b.Satisfied, b.Wants = "wrong_no", nil, nil }, contract.CodeOutcomeNotAllowed, "/body/polite"},
		{func(b *contract.FeedbackCall) { b.Satisfied = new("very") }, contract.CodeUnknownCode, "/body/satisfied"},
	} {
		b := c.spoke()
		x.change(&b)
		c.refused(c.desk, "feedback.call", b, x.code, x.pointer)
	}
	for _, field := range []struct {
		set     func(b *contract.FeedbackCall)
		pointer string
	}{
		{func(b *contract.FeedbackCall) { b.RegisteredAtOnce = new(true) }, "/body/registered_at_once"},
		{func(b *contract.FeedbackCall) { b.ToldAction = new(true) }, "/body/told_action"},
	} {
		b := c.missed()
		field.set(&b)
		c.refused(c.desk, "feedback.call", b, contract.CodeOutcomeNotAllowed, field.pointer)
	}
}

func TestACallAfterTheLimitIsFlaggedAsLate(t *testing.T) {
	t.Parallel()
	c := disposed(t, nil)
	if e := c.desk.Enter("feedback.call", c.missed()); len(e.Flags) != 0 {
		t.Errorf("flags %v", e.Flags)
	}
	c.Pass(3 * 24 * time.Hour)
	late := c.desk.Enter("feedback.call", c.spoke())
	if len(late.Flags) != 1 || late.Flags[0].Code != "late_call" || late.Flags[0].Value != 3600 {
		t.Errorf("flags %v", late.Flags)
	}
	if e := c.Second.Enter("feedback.call", c.spoke()); len(e.Flags) != 0 {
		t.Errorf("she was asked already, flags %v", e.Flags)
	}
}

func TestAManWhoCallsAboutASexualOffenceIsFlagged(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.Category = "sexual_assault" })
	c.SHO.Enter("complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "not_substantiated", DisposalNote: "जाँच में पुष्टि नहीं हुई", ToldHer: true,
	})
	if e := c.desk.Enter("feedback.call", c.missed()); len(e.Flags) != 0 || !e.Guarded {
		t.Errorf("guarded %v, flags %v", e.Guarded, e.Flags)
	}
	c.Order(`UPDATE officers SET is_woman = false WHERE officer_id = $1`, c.Second.ID)
	e := c.Second.Enter("feedback.call", c.missed())
	if len(e.Flags) != 1 || e.Flags[0].Code != "woman_officer" {
		t.Errorf("flags %v", e.Flags)
	}
}

func TestWhoIsNotSafeToCallIsNotCalled(t *testing.T) {
	t.Parallel()
	c := disposed(t, func(b *contract.ComplaintOpen) { b.SafeToCall = false })
	c.refused(c.desk, "feedback.call", c.spoke(), contract.CodeOutcomeNotAllowed, "/body/reached")
	c.refused(c.desk, "feedback.call", c.missed(), contract.CodeOutcomeNotAllowed, "/body/reached")
	b := c.missed()
	b.Reached = "unsafe"
	c.desk.Enter("feedback.call", b)
	if c.row("state") != "feedback" || c.clock("feedback") != "" {
		t.Errorf("state %s, due %q", c.row("state"), c.clock("feedback"))
	}
}

func TestACallThatIsPutRightCountsAsItWasSaid(t *testing.T) {
	t.Parallel()
	c := disposed(t, nil)
	old := c.desk.Enter("feedback.call", c.spoke())
	missed := c.missed()
	first := c.desk.Enter("entry.correct", contract.EntryCorrect{CorrectsID: old.OpID, Reason: "बात नहीं हुई थी", Feedback: &missed})
	if c.row("state") != "disposed" || c.clock("feedback") != "2026-11-21 10:00" {
		t.Errorf("nobody spoke, and yet: %s, due %q", c.row("state"), c.clock("feedback"))
	}
	angry := c.spoke()
	angry.Satisfied, angry.Reason = new("no"), new("मारपीट फिर हुई")
	e := c.desk.Enter("entry.correct", contract.EntryCorrect{CorrectsID: first.OpID, Reason: "बात हुई थी", Feedback: &angry})
	if c.row("state") != "registered" || c.told(e) != "centre_incharge sho" {
		t.Errorf("not satisfied, and yet: %s, told %q", c.row("state"), c.told(e))
	}
	if _, cols := c.line("feedback", 3); cols["is_reopened"] != true || cols["called_by"] != c.desk.ID.String() {
		t.Errorf("the line is %v", cols)
	}
	if n := count(t, c.World, `SELECT sum(n) FROM tallies WHERE code IN ('feedback.calls', 'feedback.reopened', 'feedback.satisfied.no')`); n != 3 {
		t.Errorf("counted %d", n)
	}
}

func TestACallThatIsStruckWasNotMade(t *testing.T) {
	t.Parallel()
	c := disposed(t, nil)
	e := c.desk.Enter("feedback.call", c.spoke())
	c.Incharge.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "कॉल नहीं की गयी", Strike: new(true)})
	if c.row("state") != "disposed" || c.clock("feedback") != "2026-11-21 10:00" || c.row("data::json->>'calls'") != "" {
		t.Errorf("state %s, due %q, %s", c.row("state"), c.clock("feedback"), c.row("data"))
	}
	c.refused(c.Incharge, "complaint.close", contract.ComplaintClose{ComplaintID: c.id, CloseReason: "satisfied"},
		contract.CodeFeedbackMissing, "/body/complaint_id")
}

func TestACallPutRightAfterTheComplaintWasClosedTakesItUpAgain(t *testing.T) {
	t.Parallel()
	c := disposed(t, nil)
	old := c.desk.Enter("feedback.call", c.spoke())
	c.Incharge.Enter("complaint.close", contract.ComplaintClose{ComplaintID: c.id, CloseReason: "satisfied"})
	c.Pass(time.Hour)
	angry := c.spoke()
	angry.Satisfied, angry.Reason = new("no"), new("मारपीट फिर हुई")
	correct := contract.EntryCorrect{CorrectsID: old.OpID, Reason: "उत्तर गलत लिखा गया", Feedback: &angry}
	e := c.desk.Enter("entry.correct", correct)
	if c.row("state") != "registered" || c.row("closed_at") != "" || c.told(e) != "centre_incharge sho" || c.clock("disposal") == "" {
		t.Errorf("state %s, closed %s, told %q", c.row("state"), c.row("closed_at"), c.told(e))
	}
	c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: c.id, OfficerID: c.Second.ID})
	c.dispose2()
	content := c.spoke()
	correct.CorrectsID, correct.Feedback = e.OpID, &content
	c.Incharge.Enter("entry.correct", correct)
	if c.row("state") != "disposed" || c.row("data::json->>'calls'") != "" {
		t.Errorf("a call about the first disposal counts for the second: %s", c.row("data"))
	}
}
