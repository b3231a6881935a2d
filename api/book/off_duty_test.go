package book_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestOfTenThousandPointsFromOffDutyNoneIsKept(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	ctx := context.Background()
	type span struct{ from, to time.Time }
	var duties []span
	for range 5 { // five days, a duty of eight hours on each
		from := w.Now()
		start := w.Beat.Enter("duty.start", contract.DutyStart{})
		w.Pass(8 * time.Hour)
		w.Beat.Enter("duty.end", contract.DutyEnd{StartID: start.OpID})
		duties = append(duties, span{from, w.Now()})
		w.Pass(16 * time.Hour)
	}
	random := rand.New(rand.NewPCG(1, 2))
	on := func(at time.Time) bool {
		for _, d := range duties {
			if !at.Before(d.from) && !at.After(d.to) {
				return true
			}
		}
		return false
	}
	point := func() book.Fix {
		at := w.Now().Add(-time.Duration(random.Int64N(int64(8 * 24 * time.Hour)))).Truncate(time.Millisecond)
		return book.Fix{At: at, Lat: 24.9 + random.Float64()/2, Lon: 80.7 + random.Float64()/2, AccuracyM: 10}
	}
	var off, within []book.Fix
	for len(off) < 10_000 || len(within) < 500 {
		f := point()
		switch {
		case !on(f.At) && len(off) < 10_000:
			off = append(off, f)
		case on(f.At) && len(within) < 500 && w.Now().Sub(f.At) < 6*24*time.Hour:
			within = append(within, f)
		}
	}
	kept := 0
	for i := 0; i < len(off); i += 500 {
		stored, _, err := w.Book.Positions(ctx, w.Beat.Caller(), 0, off[i:i+500])
		if !isCode(err, contract.CodeOffDuty) {
			t.Errorf("a batch from off duty: %v", err)
		}
		kept += stored
	}
	if n := count(t, w, `SELECT count(*) FROM positions`); n != 0 || kept != 0 {
		t.Errorf("%d told as stored, %d kept", kept, n)
	}
	t.Logf("%d points from off duty: %d kept", len(off), count(t, w, `SELECT count(*) FROM positions`))
	for i, f := range within { // one from duty among those from off duty
		if _, _, err := w.Book.Positions(ctx, w.Beat.Caller(), 0, []book.Fix{off[i], f, off[len(off)-1-i]}); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM positions`); n != int64(len(within)) {
		t.Errorf("%d of %d from duty are kept", n, len(within))
	}
}

func TestADutyThatNobodyEndedTakesNoPositionsAfterItsLongest(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Pass(14 * time.Hour)
	if stored, _, err := w.Book.Positions(t.Context(), w.Beat.Caller(), 0, walk(w.Now(), 1)); err != nil || stored != 1 {
		t.Errorf("at its last moment: %d, %v", stored, err)
	}
	w.Pass(time.Minute)
	if _, _, err := w.Book.Positions(t.Context(), w.Beat.Caller(), 0, walk(w.Now(), 1)); !isCode(err, contract.CodeOffDuty) {
		t.Errorf("after it: %v", err)
	}
}
