package book_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// walk is fixes a minute apart, the last of them at a time.
func walk(last time.Time, n int) []book.Fix {
	fixes := make([]book.Fix, n)
	for i := range fixes {
		fixes[i] = book.Fix{At: last.Add(-time.Duration(n-1-i) * time.Minute), Lat: 25.2 + float64(i)/1000, Lon: 80.9, AccuracyM: 10}
	}
	return fixes
}

func TestOffDutyNoPositionIsStored(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	ctx := context.Background()
	if _, _, err := w.Book.Positions(ctx, w.Beat.Caller(), 0, walk(w.Now(), 10)); !isCode(err, contract.CodeOffDuty) {
		t.Errorf("who never was on duty: %v", err)
	}
	start := w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Pass(10 * time.Minute)
	// 20 fixes a minute apart: ten from before the duty, one at its first moment, nine since
	stored, dropped, err := w.Book.Positions(ctx, w.Beat.Caller(), 0, walk(w.Now(), 21))
	if err != nil || stored != 11 || dropped != 10 {
		t.Errorf("on duty: %d stored, %d dropped, %v", stored, dropped, err)
	}
	again, _, err := w.Book.Positions(ctx, w.Beat.Caller(), 0, walk(w.Now(), 21))
	if err != nil || again != 0 {
		t.Errorf("sent again: %d stored, %v", again, err)
	}
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: start.OpID})
	w.Pass(time.Hour)
	if _, _, err := w.Book.Positions(ctx, w.Beat.Caller(), 0, walk(w.Now(), 5)); !isCode(err, contract.CodeOffDuty) {
		t.Errorf("after duty: %v", err)
	}
	late, _, err := w.Book.Positions(ctx, w.Beat.Caller(), 0, []book.Fix{{At: w.Now().Add(-65 * time.Minute), Lat: 25.2, Lon: 80.9}})
	if err != nil || late != 0 && late != 1 {
		t.Errorf("of the duty that has ended: %d, %v", late, err)
	}
	if n := count(t, w, `SELECT count(*) FROM positions WHERE at < '2026-11-18T04:30:00Z' OR at > '2026-11-18T04:40:00Z'`); n != 0 {
		t.Errorf("%d positions from off duty are stored", n)
	}
}

func TestPositionsAreReadByTheCorrectedClockAndOnlyOnEarth(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Pass(30 * time.Minute)
	slow := 3 * time.Hour // the handset is three hours behind
	stored, dropped, err := w.Book.Positions(context.Background(), w.Beat.Caller(), slow, []book.Fix{
		{At: w.Now().Add(-slow), Lat: 25.2, Lon: 80.9, AccuracyM: 8},
		{At: w.Now().Add(-slow - time.Minute), Lat: 95, Lon: 80.9, AccuracyM: 8},
		{At: w.Now().Add(-slow - 2*time.Minute), Lat: math.NaN(), Lon: 80.9, AccuracyM: 8},
		{At: w.Now().Add(-slow - 20*24*time.Hour), Lat: 25.2, Lon: 80.9, AccuracyM: 8},
		{At: w.Now().Add(-slow + 24*time.Hour), Lat: 25.2, Lon: 80.9, AccuracyM: 8},
	})
	if err != nil || stored != 1 || dropped != 4 {
		t.Errorf("%d stored, %d dropped, %v", stored, dropped, err)
	}
	if n := count(t, w, `SELECT count(*) FROM positions WHERE at = '2026-11-18T05:00:00Z' AND cell > 0 AND centre = 'KRW'`); n != 1 {
		t.Errorf("%d at the corrected time", n)
	}
}

func TestAPositionOlderThanSevenDaysIsNotStoredThoughItIsOfADuty(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	start := w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Pass(8 * time.Hour)
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: start.OpID})
	w.Pass((7*24 - 2) * time.Hour)
	oldest := w.Now().Add(-7 * 24 * time.Hour) // six hours into the duty
	if _, _, err := w.Book.Positions(t.Context(), w.Beat.Caller(), 0, walk(oldest.Add(-time.Millisecond), 5)); !isCode(err, contract.CodeOffDuty) {
		t.Errorf("all of them older: %v", err)
	}
	stored, dropped, err := w.Book.Positions(t.Context(), w.Beat.Caller(), 0, walk(oldest.Add(2*time.Minute), 6))
	if err != nil || stored != 3 || dropped != 3 {
		t.Errorf("three of them older: %d stored, %d dropped, %v", stored, dropped, err)
	}
	if n := count(t, w, `SELECT count(*) FROM positions WHERE at < '`+oldest.Format(time.RFC3339Nano)+`'`); n != 0 {
		t.Errorf("%d older ones are stored", n)
	}
}

func TestPositionsArePartitionedByDayAndGoWithTheirDay(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	ctx := context.Background()
	for range 12 {
		w.Pass(23 * time.Hour)
		w.Beat.Enter("duty.start", contract.DutyStart{})
		w.Pass(time.Hour)
		if stored, _, err := w.Book.Positions(ctx, w.Beat.Caller(), 0, walk(w.Now(), 3)); err != nil || stored != 3 {
			t.Fatalf("%d stored, %v", stored, err)
		}
	}
	const parts = `SELECT count(*) FROM pg_inherits WHERE inhparent = 'positions'::regclass`
	if n := count(t, w, parts); n != 12 {
		t.Errorf("%d partitions", n)
	}
	if n, err := as(t, w, "8", `SELECT 1 FROM positions`); err != nil || n != 0 {
		t.Errorf("%d positions are seen from another district, %v", n, err)
	}
	if n, err := as(t, w, "8", `SELECT 1 FROM positions_20261120`); err == nil && n != 0 {
		t.Errorf("%d positions are seen from another district in the partition itself", n)
	}
	if err := w.Book.Forget(ctx); err != nil {
		t.Error(err)
	}
	if n := count(t, w, parts); n != 8 {
		t.Errorf("%d partitions are left", n)
	}
	if n := count(t, w, `SELECT count(*) FROM positions`); n != 24 {
		t.Errorf("%d positions are left", n)
	}
}

func TestAPositionIsOfTheCentreWhoseDutyItFallsInto(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	ctx := context.Background()
	post := staff.Post{
		PostID: uuid.Must(uuid.NewV7()), OfficerID: w.Beat.ID, Centre: booktest.OtherCentre, Role: staff.BeatOfficer, From: booktest.Start.Add(-24 * time.Hour),
	}
	r, err := w.Book.AppendServer(ctx, booktest.District, booktest.OtherCentre, book.RoleRegistrar, []book.ServerOp{{
		Kind: "post.take", Subject: post.PostID, Rule: "import", At: post.From,
		Body: contract.PostTake{PostID: post.PostID, OfficerID: w.Beat.ID, Role: contract.Role(staff.BeatOfficer)},
	}})
	if err != nil || r[0].Outcome != book.Entered {
		t.Fatal(err, r)
	}
	w.Beat.Posts = append(w.Beat.Posts, post)
	w.OnDuty(w.Beat)
	w.Pass(time.Hour)
	there := booktest.With("centre", booktest.OtherCentre)
	second := w.Beat.Enter("duty.start", contract.DutyStart{}, there)
	w.Pass(time.Hour)
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: second.OpID}, there)
	w.Pass(time.Hour)
	if stored, _, err := w.Book.Positions(ctx, w.Beat.Caller(), 0, walk(w.Now(), 180)); err != nil || stored != 180 {
		t.Fatalf("%d stored, %v", stored, err)
	}
	if n := count(t, w, `SELECT count(*) FROM positions WHERE centre = $1`, booktest.OtherCentre); n != 61 {
		t.Errorf("%d are of the hour and its first moment at the other station", n)
	}
	units, err := w.Book.Units(ctx, w.Dispatcher.Caller(), book.UnitQuery{Centre: booktest.Centre})
	if err != nil || len(units) != 1 || units[0].Fix == nil {
		t.Errorf("on duty here, and nobody knows where: %+v %v", units, err)
	}
	lat, lon := 25.2, 80.9
	near, err := w.Book.Nearest(ctx, w.Dispatcher.Caller(), book.UnitQuery{Centre: booktest.Centre, Lat: &lat, Lon: &lon}, 3)
	if err != nil || len(near) != 1 {
		t.Errorf("%d are near, %v", len(near), err)
	}
	if x := callOf(t, w, w.Second.Enter("sos.raise", contract.SosRaise{}, booktest.At(lat, lon, 10)).OpID); len(x.Called) != 1 {
		t.Error("she is not woken")
	}
}
