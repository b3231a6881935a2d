package book_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

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
	for what, id := range map[string]uuid.UUID{"another post": w.Leader.ID, "nobody": uuid.Must(uuid.NewV7()), "herself": w.Second.ID} {
		if r := w.Second.Do("duty.start", contract.DutyStart{Relieves: &id}); !refusedWith(r, contract.CodeUnknownReference) {
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

func TestWhoRelievesIsOnDutyWhetherHerEndOrHisStartComesFirst(t *testing.T) {
	t.Parallel()
	for _, endFirst := range []bool{false, true} {
		w := booktest.New(t)
		start := w.OnDuty(w.Beat)
		w.Pass(time.Hour)
		end := w.Beat.Item("duty.end", contract.DutyEnd{StartID: start.OpID})
		w.Pass(time.Minute)
		relief := w.Second.Item("duty.start", contract.DutyStart{Relieves: &w.Beat.ID})
		if endFirst {
			w.Beat.Send(end)
		}
		r := w.Second.Send(relief)[0]
		if r.Outcome != book.Entered || hasFlag(r.Entry, "relieved_off_duty") || !slices.Contains(r.Entry.SeenBy, w.Beat.ID) {
			t.Errorf("her end first %t: %+v", endFirst, r)
		}
		if !endFirst {
			w.Beat.Send(end)
		}
		if n := count(t, w, `SELECT count(*) FROM duties WHERE officer_id = $1 AND ended_at = $2`, w.Beat.ID, start.At.Add(time.Hour)); n != 1 {
			t.Errorf("her end first %t: hers does not end when she said", endFirst)
		}
		if n := count(t, w, `SELECT count(*) FROM duties WHERE officer_id = $1 AND ended_at IS NULL`, w.Second.ID); n != 1 {
			t.Errorf("her end first %t: he is not on duty", endFirst)
		}
	}
}

func TestTheDutyOfAnotherPostIsRelievedNeitherBeforeNorAfterItsEnd(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	start := w.OnDuty(w.Leader)
	w.Pass(time.Hour)
	w.Leader.Enter("duty.end", contract.DutyEnd{StartID: start.OpID})
	w.Pass(time.Minute)
	relief := contract.DutyStart{Relieves: &w.Leader.ID}
	if r := w.Second.Do("duty.start", relief); !refusedWith(r, contract.CodeUnknownReference) {
		t.Errorf("%+v", r)
	}
	w.Pass(13 * time.Hour) // that duty would be over, whoever ended it
	w.Second.SignIn()
	if e := w.Second.Enter("duty.start", relief); !hasFlag(e, "relieved_off_duty") {
		t.Errorf("%+v", e.Flags)
	}
}

func TestADutyWhoseStartComesAfterALaterOneEndsWhereThatBegan(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	began := w.Now()
	old := w.Beat.Item("duty.start", contract.DutyStart{}) // on a shared handset that finds no network all day
	w.Pass(4 * time.Hour)
	later := w.Beat.Enter("duty.start", contract.DutyStart{}) // on another
	w.Pass(2 * time.Hour)
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: later.OpID})
	w.Pass(time.Hour)
	e := w.Beat.Send(old)[0].Entry // the first handset is back
	if e == nil || hasFlag(e, "duty_unended") || e.Facts["overlap"] != true {
		t.Fatalf("%+v", e)
	}
	ends := func(id uuid.UUID, at time.Time) {
		t.Helper()
		if n := count(t, w, `SELECT count(*) FROM duties WHERE duty_id = $1 AND ended_at = $2`, id, at); n != 1 {
			t.Errorf("%d end at %s", n, at)
		}
	}
	ends(e.OpID, later.At)
	ends(later.OpID, began.Add(6*time.Hour))
	if _, _, err := w.Book.Positions(context.Background(), w.Beat.Caller(), 0, []book.Fix{{At: w.Now(), Lat: 25.2, Lon: 80.9, AccuracyM: 9}}); !isCode(err, contract.CodeOffDuty) {
		t.Errorf("an hour after her duty a position is taken: %v", err)
	}
	units, err := w.Book.Units(context.Background(), w.Dispatcher.Caller(), book.UnitQuery{Centre: booktest.Centre})
	if err != nil || len(units) != 0 {
		t.Errorf("the dispatcher sees her on duty: %+v %v", units, err)
	}
	w.Pass(24 * time.Hour)
	if n := tick(t, w); n != 0 {
		t.Errorf("the clock ends %d", n)
	}
	// Her own end of it is heard if it is earlier, and changes nothing if it is not.
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: e.OpID}, booktest.With("device_at", contract.At(began.Add(5*time.Hour))))
	ends(e.OpID, later.At)
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: e.OpID}, booktest.With("device_at", contract.At(began.Add(3*time.Hour))))
	ends(e.OpID, began.Add(3*time.Hour))
	ends(later.OpID, began.Add(6*time.Hour))
}

func TestADutyThatTheClockEndedEndsAtALaterStartThatComesAfterwards(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	first := w.OnDuty(w.Beat)
	relieved := w.OnDuty(w.Second)
	w.Pass(4 * time.Hour)
	second := w.Beat.Item("duty.start", contract.DutyStart{Relieves: &w.Second.ID})
	began := w.Now()
	w.Pass(3 * time.Hour)
	w.Second.Enter("duty.end", contract.DutyEnd{StartID: relieved.OpID})
	w.Pass(8 * time.Hour)
	tickAtOnce(t, w)
	if n := count(t, w, `SELECT count(*) FROM duties WHERE ended_at = $1`, first.At.Add(14*time.Hour)); n != 1 {
		t.Fatalf("%d duties ended at fourteen hours", n)
	}
	w.Beat.Send(second)
	for _, id := range []uuid.UUID{first.OpID, relieved.OpID} {
		if n := count(t, w, `SELECT count(*) FROM duties WHERE duty_id = $1 AND ended_at = $2`, id, began); n != 1 {
			t.Errorf("%s does not end where the next began", id)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM duties WHERE ended_at IS NULL`); n != 1 {
		t.Errorf("%d on duty", n)
	}
}
