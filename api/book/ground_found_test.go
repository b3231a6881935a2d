package book_test

import (
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestAFixOfAnotherTimeThanTheVisitFindsAndPaysNothing(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	beat := w.Ground("b2")
	w.Incharge.Enter("beat.set", beat)
	market := w.GroundPlace("market", 25.218, 80.923)
	w.Incharge.Enter("place.set", market)
	w.GoOut()
	cases := []struct {
		name              string
		ended, fix, typed time.Duration // before now
		finds             bool
	}{
		{"typed at the station three hours later", 3 * time.Hour, 0, 0, false},
		{"the fix of this morning", 0, 5 * time.Hour, 0, false},
		{"typed hours later, with the fix that was taken there", 3 * time.Hour, 3*time.Hour + 5*time.Minute, 0, true},
		{"typed hours later, by a fix of when she set out", 3 * time.Hour, 3*time.Hour + 36*time.Minute, 0, false},
		{"typed and fixed there, and sent hours later", 3 * time.Hour, 3 * time.Hour, 3 * time.Hour, true},
		{"a fix of when she came", 0, 34 * time.Minute, 0, true},
		{"a fix of on the way back", 20 * time.Minute, 6 * time.Minute, 0, true},
		{"a fix of back at the station", 20 * time.Minute, 4 * time.Minute, 0, false},
	}
	for _, c := range cases {
		w.Pass(8 * 24 * time.Hour)
		w.Beat.SignIn()
		before, _, _ := owedAt(t, w, w.Now())
		v := w.Visit()
		v.BeatID = nil
		v.StartedAt, v.EndedAt = contract.At(w.Now().Add(-c.ended-20*time.Minute)), contract.At(w.Now().Add(-c.ended))
		at := booktest.FixedAt(25.2181, 80.9231, 10, w.Now().Add(-c.fix))
		if c.fix == c.typed { // a phone that does not say when means: now
			at = booktest.At(25.2181, 80.9231, 10)
		}
		e := w.Beat.Enter("visit.record", v, at, booktest.With("device_at", contract.At(w.Now().Add(-c.typed))))
		w.Pass(time.Minute)
		after, _, _ := owedAt(t, w, w.Now())
		found := e.Facts["found_place"] != nil
		if found != c.finds || (e.Facts["found_beat"] != nil) != c.finds || before[market.PlaceID].Debt == 0 || (after[market.PlaceID].Debt == 0) != c.finds {
			t.Errorf("%s: %v; it owed %d, then %d", c.name, e.Facts, before[market.PlaceID].Debt, after[market.PlaceID].Debt)
		}
	}
}

func TestAFixOfThenIsOneHoweverWrongTheClockOfThePhone(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Incharge.Enter("place.set", w.GroundPlace("market", 25.218, 80.923))
	w.Beat.Offset = 2 * time.Hour // its clock is slow
	w.Beat.SignIn()
	slow := func(ago time.Duration) time.Time { return w.Now().Add(-w.Beat.Offset - ago) }
	for _, c := range []struct {
		ago   time.Duration
		finds bool
	}{{10 * time.Minute, true}, {-20 * time.Minute, true}, {-time.Hour, true}, {2 * time.Hour, false}} {
		v := w.Visit()
		v.StartedAt, v.EndedAt = contract.At(slow(20*time.Minute)), contract.At(slow(0))
		e := w.Beat.Enter("visit.record", v, booktest.FixedAt(25.218, 80.923, 10, slow(c.ago)))
		if found := e.Facts["found_place"] != nil; found != c.finds {
			t.Errorf("a fix of %v before: %v", c.ago, e.Facts)
		}
		w.Pass(time.Hour)
	}
}

func TestARoundThatIsWrittenDownElsewhereWasNotThere(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	w.Leader.SignIn()
	enter := func(ago time.Duration, at booktest.Option) *book.Entry {
		r := w.Round()
		end := w.Now().Add(-ago)
		r.StartedAt, r.EndedAt = contract.At(end.Add(-30*time.Minute)), contract.At(end)
		return w.Leader.Enter("squad.round", r, at)
	}
	if e := enter(2*time.Hour, booktest.At(25.22, 80.92, 10)); e.Facts["found_place"] != nil {
		t.Errorf("two hours later: %v", e.Facts)
	}
	if e := enter(0, booktest.At(25.22, 80.92, 10)); e.Facts["found_code"] != "gate" {
		t.Errorf("there: %v", e.Facts)
	}
}
