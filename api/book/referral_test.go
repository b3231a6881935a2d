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

func TestAReferralIsAnActionAndItsAnswerStopsItsClock(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.Beat.Enter("referral.send", contract.ReferralSend{ComplaintID: c.id, Referral: "one_stop_centre"})
	if c.row("state") != "in_action" || c.clock("first_action") != "" {
		t.Errorf("the complaint is %s, its first action due %q", c.row("state"), c.clock("first_action"))
	}
	if got := c.clock("referral_answer"); got != "2026-11-25 10:00" {
		t.Errorf("the answer is due %q", got)
	}
	by := contract.At(c.Now().Add(24 * time.Hour))
	named := c.SHO.Enter("referral.send", contract.ReferralSend{ComplaintID: c.id, Referral: "DLSA", AnswerByAt: &by})
	if got := c.clock("referral_answer"); got != "2026-11-25 10:00, 2026-11-19 10:00" && got != "2026-11-19 10:00, 2026-11-25 10:00" {
		t.Errorf("the answers are due %q", got)
	}
	c.Pass(26 * time.Hour)
	tick(t, c.World)
	if n := count(t, c.World, `SELECT sum(rung) FROM clocks WHERE code = 'referral_answer'`); n != 1 {
		t.Errorf("%d answers that are overdue were told", n)
	}
	for _, id := range []uuid.UUID{e.OpID, named.OpID} {
		c.Incharge.Enter("referral.answer", contract.ReferralAnswer{
			ReferralID: id, Answer: "service_given", AnsweredAt: new(contract.At(c.Now().Add(-time.Hour))),
		})
	}
	if got := c.clock("referral_answer"); got != "" {
		t.Errorf("an answer is due %q", got)
	}
	if n := count(t, c.World, `SELECT count(*) FROM matters WHERE kind = 'referral' AND state = 'over' AND data::json->>'result' = 'service_given'
		AND due_at IS NULL`); n != 2 {
		t.Errorf("%d referrals are over", n)
	}
	c.Beat.Enter("complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "referred", DisposalNote: "वन स्टॉप सेंटर ने सेवा दी", ToldHer: true, ReferralID: &e.OpID,
	})
}

func TestAReferralOutlivesTheCloseOfItsComplaintAndItsAnswerIsStillOwed(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.SafeToCall = false })
	e := c.Beat.Enter("referral.send", contract.ReferralSend{ComplaintID: c.id, Referral: "one_stop_centre"})
	c.Beat.Enter("complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "referred", DisposalNote: "वन स्टॉप सेंटर भेजी गयीं", ToldHer: true, ReferralID: &e.OpID,
	})
	c.Incharge.Enter("complaint.close", contract.ComplaintClose{ComplaintID: c.id, CloseReason: "not_reachable"})
	if got := c.clock("referral_answer"); c.row("state") != "closed" || got != "2026-11-25 10:00" {
		t.Errorf("the complaint is %s, the answer due %q", c.row("state"), got)
	}
	c.Pass(7*day + 3*time.Hour)
	tick(t, c.World)
	if n := rungsOf(t, c.World, e.OpID, "referral_answer"); n != 1 {
		t.Errorf("told %d times", n)
	}
	c.Incharge.Enter("referral.answer", contract.ReferralAnswer{ReferralID: e.OpID, Answer: "service_given"})
	if got := c.clock("referral_answer"); got != "" || c.row("state") != "closed" || c.row("owner_role") != "" {
		t.Errorf("answered, due %q, the complaint is %s", got, c.row("state"))
	}
	c.Pass(30 * day)
	tick(t, c.World)
	if n := rungsOf(t, c.World, e.OpID, "referral_answer"); n != 1 {
		t.Errorf("told %d times after the answer", n)
	}
}

func TestAReferralIsRefusedToWhomItIsNot(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	b := contract.ReferralSend{ComplaintID: c.id, Referral: "shelter"}
	c.refused(c.Second, "referral.send", b, contract.CodeNotAssigned, "/body/complaint_id")
	c.refused(c.Member, "referral.send", b, contract.CodeForbidden, "/kind")
	late := b
	late.AnswerByAt = new(contract.At(c.Now()))
	c.refused(c.Beat, "referral.send", late, contract.CodeTooOld, "/body/answer_by_at")
	later := b
	later.ComplaintID = uuid.Must(uuid.NewV7())
	if r := c.Beat.Do("referral.send", later); r.Outcome != book.Held {
		t.Errorf("of a complaint that has not come: %s", r.Outcome)
	}
	received := b
	received.ComplaintID = careOfWorld(c, func(b *contract.ComplaintOpen) { b.RegisteredAt = nil })
	c.refused(c.SHO, "referral.send", received, contract.CodeWrongState, "/body/complaint_id")
	c.Beat.Enter("referral.send", b)
}

func TestAnAnswerIsRefusedThatIsOfNothingOrComesTwice(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	id := c.Beat.Enter("referral.send", contract.ReferralSend{ComplaintID: c.id, Referral: "hospital"}).OpID
	b := contract.ReferralAnswer{ReferralID: id, Answer: "accepted"}
	c.refused(c.Second, "referral.answer", b, contract.CodeNotAssigned, "/body/referral_id")
	future := b
	future.AnsweredAt = new(contract.At(c.Now().Add(time.Hour)))
	c.refused(c.Beat, "referral.answer", future, contract.CodeInFuture, "/body/answered_at")
	wrong := b
	wrong.ReferralID = c.id
	c.refused(c.Beat, "referral.answer", wrong, contract.CodeUnknownReference, "/body/referral_id")
	wrong.ReferralID = c.Incharge.Enter("counselling.plan", c.plans()).OpID
	c.refused(c.Beat, "referral.answer", wrong, contract.CodeWrongReference, "/body/referral_id")
	wrong.ReferralID = uuid.Must(uuid.NewV7())
	if r := c.Beat.Do("referral.answer", wrong); r.Outcome != book.Held {
		t.Errorf("an answer to a referral that has not come is %s", r.Outcome)
	}
	c.Beat.Enter("referral.answer", b)
	c.refused(c.Beat, "referral.answer", b, contract.CodeWrongState, "/body/referral_id")
}

func TestAnOfficerComplainedOfDoesNotLearnOfAReferral(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	about := c.Enlist(booktest.Centre, staff.CentreIncharge)
	second := careOfWorld(c, func(b *contract.ComplaintOpen) { b.AboutBy = []uuid.UUID{about.ID} })
	id := c.SHO.Enter("referral.send", contract.ReferralSend{ComplaintID: second, Referral: "DLSA"}).OpID
	c.refused(about, "referral.send", contract.ReferralSend{ComplaintID: second, Referral: "DLSA"},
		contract.CodeUnknownReference, "/body/complaint_id")
	c.refused(about, "referral.answer", contract.ReferralAnswer{ReferralID: id, Answer: "accepted"},
		contract.CodeUnknownReference, "/body/referral_id")
}
