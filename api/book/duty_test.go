package book_test

import (
	"context"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestADutyThatNobodyEndsIsEndedByTheClockAtFourteenHoursAndWatchedNoLonger(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	ctx := context.Background()
	start := w.OnDuty(w.Beat)
	w.Pass(14*time.Hour - time.Millisecond)
	stoodAt(t, w, w.Beat, 25.2, 80.9)
	if n := tick(t, w); n != 0 {
		t.Errorf("%d done before fourteen hours", n)
	}
	w.Pass(time.Minute)
	tickAtOnce(t, w)
	if n := count(t, w, `SELECT count(*) FROM duties WHERE ended_at = $1`, start.At.Add(14*time.Hour)); n != 1 {
		t.Fatalf("%d duties ended at fourteen hours", n)
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'duty.end' AND role = 'clock' AND flags LIKE '%duty_unended%' AND $1 = ANY(seen_by)`, w.Beat.ID); n != 1 {
		t.Errorf("%d entries of the clock", n)
	}
	if _, _, err := w.Book.Positions(ctx, w.Beat.Caller(), 0, []book.Fix{{At: w.Now(), Lat: 25.2, Lon: 80.9, AccuracyM: 9}}); !isCode(err, contract.CodeOffDuty) {
		t.Errorf("a position after it: %v", err)
	}
	// Her own word, which comes late, is heard if it is earlier; a later one changes nothing.
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: start.OpID})
	if n := count(t, w, `SELECT count(*) FROM duties WHERE ended_at = $1`, start.At.Add(14*time.Hour)); n != 1 {
		t.Error("a later end moves the first")
	}
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: start.OpID}, booktest.With("device_at", contract.At(start.At.Add(8*time.Hour))))
	if n := count(t, w, `SELECT count(*) FROM duties WHERE ended_at = $1`, start.At.Add(8*time.Hour)); n != 1 {
		t.Error("an earlier end is not heard")
	}
	if r := w.Second.Do("duty.end", contract.DutyEnd{StartID: start.OpID}); r.Outcome == book.Entered {
		t.Error("an officer ends the duty of another")
	}
}

func TestWhoRelievesEndsTheDutyOfTheSamePostAndNoOther(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.OnDuty(w.Beat)
	w.OnDuty(w.Leader)
	w.Pass(time.Hour)
	for what, id := range map[string]*booktest.Officer{"another post": w.Leader, "nobody on duty": w.SHO, "herself": w.Second} {
		if r := w.Second.Do("duty.start", contract.DutyStart{Relieves: &id.ID}); !refusedWith(r, contract.CodeUnknownReference) {
			t.Errorf("%s: %+v", what, r)
		}
	}
	e := w.Second.Enter("duty.start", contract.DutyStart{Relieves: &w.Beat.ID})
	if n := count(t, w, `SELECT count(*) FROM duties WHERE officer_id = $1 AND ended_at = $2`, w.Beat.ID, e.At); n != 1 {
		t.Errorf("%d duties ended by the relief", n)
	}
	if n := count(t, w, `SELECT count(*) FROM duties WHERE ended_at IS NULL`); n != 2 {
		t.Errorf("%d on duty", n)
	}
}
