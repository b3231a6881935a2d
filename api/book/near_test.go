package book_test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/geo"
	contract "kendra/mobile-contract"
)

// crowd puts units on duty straight into the tables, as ops and positions would,
// spread as given.
func crowd(w *booktest.World, n int, at func() (lat, lon float64), fix func(i int) (age time.Duration, mock bool)) (where map[uuid.UUID]geo.Point, fresh map[uuid.UUID]bool) {
	where, fresh = map[uuid.UUID]geo.Point{}, map[uuid.UUID]bool{}
	var ids, duties []uuid.UUID
	var lats, lons []float64
	var cells []int64
	var ats []time.Time
	var mocks []bool
	for i := range n {
		lat, lon := at()
		p := geo.Point{Lat: lat, Lon: lon}
		cell, err := geo.CellAt(p)
		if err != nil {
			w.T.Fatal(err)
		}
		age, mock := fix(i)
		id := uuid.Must(uuid.NewV7())
		where[id], fresh[id] = p, age <= book.FixFresh && !mock
		ids, duties = append(ids, id), append(duties, uuid.Must(uuid.NewV7()))
		lats, lons, cells = append(lats, lat), append(lons, lon), append(cells, int64(cell))
		ats, mocks = append(ats, w.Now().Add(-age)), append(mocks, mock)
	}
	w.SQL(`INSERT INTO duties (district_id, centre, duty_id, officer_id, post_id, role, device_id, started_at)
		SELECT 7, $1, d, o, o, 'beat_officer', o, $2 FROM unnest($3::uuid[], $4::uuid[]) AS x (d, o)`,
		[]any{booktest.Centre, w.Now().Add(-2 * time.Hour), duties, ids},
		`INSERT INTO last_fixes (district_id, officer_id, centre, at, lat, lon, accuracy_m, mock, cell)
		SELECT 7, o, $1, t, a, b, 10, m, c FROM unnest($2::uuid[], $3::timestamptz[], $4::float8[], $5::float8[], $6::bool[],
			$7::bigint[]) AS x (o, t, a, b, m, c)`,
		[]any{booktest.Centre, ids, ats, lats, lons, mocks, cells})
	return where, fresh
}

func TestRingsFindTheSameUnitsAsAFullScan(t *testing.T) {
	t.Parallel()
	const seed = 20261118
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 6))
	for _, n := range []int{2, 40, 1500} {
		w := booktest.New(t)
		where, fresh := crowd(w, n, func() (float64, float64) {
			if r.IntN(3) == 0 { // some stand in a town
				return 25.2 + r.NormFloat64()*0.01, 80.9 + r.NormFloat64()*0.01
			}
			return 24.9 + r.Float64()*0.7, 80.7 + r.Float64()*0.9
		}, func(i int) (time.Duration, bool) { return time.Duration(i%40) * time.Minute, i%23 == 5 })
		for range 60 {
			from := geo.Point{Lat: 24.9 + r.Float64()*0.7, Lon: 80.7 + r.Float64()*0.9}
			k := 1 + r.IntN(6)
			var want []uuid.UUID
			for id := range where {
				if fresh[id] {
					want = append(want, id)
				}
			}
			slices.SortFunc(want, func(a, b uuid.UUID) int {
				return cmp.Compare(geo.Distance(from, where[a]), geo.Distance(from, where[b]))
			})
			want = want[:min(k, len(want))]
			list, err := w.Book.Nearest(context.Background(), w.Dispatcher.Caller(), book.UnitQuery{Centre: booktest.Centre, Lat: &from.Lat, Lon: &from.Lon}, k)
			if err != nil {
				t.Fatal(err)
			}
			var got []uuid.UUID
			for i := range list {
				got = append(got, list[i].OfficerID)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%d units, %d nearest to %v: rings say %v, the scan %v", n, k, from, got, want)
			}
		}
		w.SQL(`DELETE FROM duties`, []any{}, `DELETE FROM last_fixes`, []any{}) // they are of no book
	}
}

func TestWhoIsOffDutyOrWasHereBeforeTheDutyIsNeverNear(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	ctx := context.Background()
	lat, lon := 25.2, 80.9
	near := func() int {
		t.Helper()
		list, err := w.Book.Nearest(ctx, w.SHO.Caller(), book.UnitQuery{Centre: booktest.Centre, Lat: &lat, Lon: &lon}, 3)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	start := w.OnDuty(w.Beat)
	stoodAt(t, w, w.Beat, 25.2, 80.9)
	if near() != 1 {
		t.Error("who is on duty is not found")
	}
	w.Pass(time.Minute)
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: start.OpID})
	if near() != 0 {
		t.Error("who went off duty is found")
	}
	if err := w.Book.Forget(ctx); err != nil || count(t, w, `SELECT count(*) FROM last_fixes`) != 0 {
		t.Errorf("the last fix outlives the duty: %v", err)
	}
	w.Pass(time.Minute)
	w.OnDuty(w.Beat)
	if near() != 0 {
		t.Error("who goes on duty again is found by where he was before")
	}
	for _, o := range []*booktest.Officer{w.Beat, w.Leader, w.SP, w.Other} {
		if _, err := w.Book.Nearest(ctx, o.Caller(), book.UnitQuery{Centre: booktest.Centre, Lat: &lat, Lon: &lon}, 3); err == nil {
			t.Errorf("%s may ask", o.Caller().Posts[0].Role)
		}
	}
}
