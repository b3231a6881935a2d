package book_test

import (
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func TestAnEscalationIsAnsweredByWhoWasToldOrStandsAbove(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	in := func(name string) func(*contract.PostTake) {
		return func(p *contract.PostTake) { p.Circle = &name }
	}
	city, rajapur := w.Enlist(book.HQ, staff.CO, in("City")), w.Enlist(book.HQ, staff.CO, in("Rajapur"))
	cell := w.Enlist(book.HQ, staff.WomenCell)
	id := w.Incharge.Enter("complaint.open", complaintOf(w, registered)).OpID // hers: the SHO is told first
	w.Beat.Enter("complaint.open", complaintOf(w))
	answer := contract.EscalationAnswer{SubjectID: id, Limit: "assign", Answer: "आज सायं तक जाँच अधिकारी नामित कर दिया जायेगा"}
	at := booktest.With("centre", booktest.Centre)
	refusedOp(t, "before anybody was told", w.SHO.Do("escalation.answer", answer), contract.CodeWrongState, "/body/limit")
	w.Pass(4 * time.Hour)
	tick(t, w)
	refusedOp(t, "by the in-charge, whom nobody told", w.Incharge.Do("escalation.answer", answer), contract.CodeForbidden, "/body/limit")
	if r := rajapur.Do("escalation.answer", answer, at); r.Outcome != book.Refused {
		t.Errorf("by the officer of another circle: %+v", r)
	}
	w.SHO.Enter("escalation.answer", answer)
	city.Enter("escalation.answer", answer, at)
	cell.Enter("escalation.answer", answer, at)
	w.SP.Enter("escalation.answer", answer, at)

	// Given to a beat officer, it is still the SHO who was told.
	w.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: id, OfficerID: w.Beat.ID})
	refusedOp(t, "by the in-charge after she gave it away", w.Incharge.Do("escalation.answer", answer), contract.CodeForbidden, "/body/limit")
	w.SHO.Enter("escalation.answer", answer)
}

func TestTheInchargeAnswersWhatSheWasToldThoughTheComplaintCameIntoHerHand(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	w.Pass(4 * time.Hour)
	tick(t, w)
	w.Incharge.Enter("complaint.intervene", contract.ComplaintIntervene{ComplaintID: id, Note: "विलम्ब के कारण स्वयं लिया"})
	w.Incharge.Enter("escalation.answer", contract.EscalationAnswer{SubjectID: id, Limit: "assign", Answer: "प्रकरण स्वयं ले लिया है"})
}

func TestWhoWasToldOfTheOverallClockIsNotToldAgainAfterReopenings(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	from := w.Now()
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	again := func() {
		w.Incharge.Enter("complaint.dispose", dispose(id))
		w.Pass(time.Hour)
		w.SHO.Enter("complaint.reopen", contract.ComplaintReopen{ComplaintID: id, Reason: "new_facts"})
		tick(t, w)
	}
	overall := func() (out []raisedRung) {
		for _, r := range raises(t, w) {
			if r.Limit == "overall" {
				out = append(out, r)
			}
		}
		return out
	}
	w.Pass(7*day + 3*time.Hour)
	for range 3 {
		tick(t, w)
	}
	again()
	if got := overall(); len(got) != 1 || got[0].Rung != 1 {
		t.Errorf("after the first reopening: %v", got)
	}
	w.Pass(from.Add(8*day + time.Hour).Sub(w.Now()))
	tick(t, w)
	again()
	w.Pass(30 * day)
	for range 6 {
		tick(t, w)
	}
	got := overall()
	if len(got) != len(rungAfter) {
		t.Fatalf("told %d times: %v", len(got), got)
	}
	for i, r := range got {
		if r.Rung != i+1 || !r.At.Equal(from.Add(7*day+rungAfter[i])) {
			t.Errorf("rung %d: %+v", i+1, r)
		}
	}
}
