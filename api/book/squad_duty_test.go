package book_test

import (
	"strings"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestAPersonIsSpokenToOnDutyOrTheEntryWaitsInSightOfTheIncharge(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.SHO.Enter("squad.brief", w.Brief())
	item := w.Leader.Item("squad.person", w.Person())
	if r := w.Leader.Send(item)[0]; r.Outcome != book.Held || !strings.HasPrefix(r.WaitsFor, "duty:") || r.PreviousCard != nil || r.Slip != nil {
		t.Fatalf("off duty: %+v", r)
	}
	if list, _, err := w.Book.Held(t.Context(), w.Incharge.Caller(), booktest.Centre, nil, 10); err != nil || len(list) != 1 || list[0].OfficerID != w.Leader.ID {
		t.Errorf("the in-charge sees %+v, %v", list, err)
	}
	w.Pass(time.Hour)
	w.OnDuty(w.Leader) // of an hour later: it was off duty all the same
	r := w.Leader.Send(item)[0]
	if r.Outcome != book.Held {
		t.Fatalf("a duty that came after lets it in: %+v", r)
	}
	refusedOp(t, "by the leader's own hand", w.Leader.Do("held.enter", contract.HeldEnter{HeldID: r.OpID, Reason: "ड्यूटी दर्ज नहीं हुई"}), contract.CodeForbidden, "/kind")
	w.Incharge.Enter("held.enter", contract.HeldEnter{HeldID: r.OpID, Reason: "ड्यूटी दर्ज करना छूट गया था"})
	if r = w.Leader.Send(item)[0]; r.Outcome != book.Entered || !hasFlag(r.Entry, "no_duty") || !hasFlag(r.Entry, "entered_by_incharge") {
		t.Errorf("entered by the in-charge: %+v", r)
	}
}

func TestWhatHappenedOnDutyWithoutANetworkIsEnteredWhenTheStartOfItComes(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	start := w.Leader.Item("duty.start", contract.DutyStart{SquadID: &w.SquadID})
	w.SHO.Enter("squad.brief", w.Brief())
	w.Pass(time.Hour)
	item := w.Leader.Item("squad.person", w.Person())
	w.Pass(5 * time.Hour)
	if r := w.Leader.Send(item)[0]; r.Outcome != book.Held {
		t.Fatalf("before the start: %+v", r)
	}
	if r := w.Leader.Send(start)[0]; r.Outcome != book.Entered {
		t.Fatal(r.Problem)
	}
	if r := w.Leader.Send(item)[0]; r.Outcome != book.Entered || hasFlag(r.Entry, "no_duty") {
		t.Errorf("after it: %+v", r)
	}
}

func TestAPersonMetOnDutyAndEnteredAfterItIsFlagged(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	met := w.Person()
	duty := count(t, w, `SELECT count(*) FROM duties`)
	w.Pass(time.Hour)
	if e := w.Leader.Enter("squad.person", w.Person()); duty != 1 || hasFlag(e, "no_duty") {
		t.Errorf("%d duties, %v", duty, e.Flags)
	}
	w.Pass(24 * time.Hour) // nobody ended it: after a day it is over
	if e := w.Leader.Enter("squad.person", met); !hasFlag(e, "no_duty") {
		t.Error("made a day later, it is not flagged")
	}
	w.SHO.Enter("squad.brief", w.Brief())
	if r := w.Leader.Do("squad.person", w.Person()); r.Outcome != book.Held {
		t.Errorf("under a duty that was never ended: %+v", r)
	}
}

func TestWhoIsOnDutyWithOneSquadEntersNobodyForAnother(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	lone := w.Enlist(booktest.Centre, "squad_leader", func(b *contract.PostTake) { b.SquadID = nil })
	second := contract.UUID(w.NewSquad())
	w.SHO.Enter("squad.brief", w.Brief())
	lone.Enter("duty.start", contract.DutyStart{SquadID: &second})
	refusedOp(t, "another squad's", lone.Do("squad.person", w.Person()), contract.CodeSquadOffDuty, "/body/squad_id")
}
