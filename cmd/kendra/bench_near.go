package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	"kendra/geo"
	contract "kendra/mobile-contract"
)

// Sizes of the figures of units: how many are on duty at once in all of the
// state, how many at one station, and what is asked of each.
const (
	nearMany  = 45_000
	nearFew   = 12
	nearAsks  = 1500
	nearSeed  = 20261118
	nearLimit = 5 // ms
)

// nearAlone takes the figures of who is near, and of positions beside ops.
func (b *bencher) nearAlone(ctx context.Context, _ int) error {
	phones, err := b.district(ctx, 11, benchConns)
	if err != nil {
		return err
	}
	return b.units(ctx, phones)
}

// units takes the figures of units on duty.
func (b *bencher) units(ctx context.Context, phones []*benchPhone) error {
	r := rand.New(rand.NewPCG(nearSeed, 1)) //nolint:gosec // places to ask from, the same each time
	for centre, n := range map[string]int{"KRW": nearMany, "RJP": nearFew} {
		if err := b.onDuty(ctx, r, phones[0].district, centre, n); err != nil {
			return err
		}
	}
	if _, err := b.admin.Exec(ctx, `ANALYZE last_fixes; ANALYZE duties`); err != nil {
		return fmt.Errorf("analyse: %w", err)
	}
	for _, at := range []struct {
		name, centre string
	}{{fmt.Sprintf("p99 of the three nearest of %d on duty", nearMany), "KRW"}, {fmt.Sprintf("p99 of the three nearest of %d on duty", nearFew), "RJP"}} {
		row, err := b.near(ctx, r, phones[0].district, at.centre, at.name)
		if err != nil {
			return err
		}
		b.rows = append(b.rows, row)
	}
	return b.positions(ctx, phones)
}

// onDuty puts units on duty over the district as ops and positions would.
func (b *bencher) onDuty(ctx context.Context, r *rand.Rand, district int32, centre string, n int) error {
	officers := make([]uuid.UUID, n)
	lats, lons, cells := make([]float64, n), make([]float64, n), make([]int64, n)
	for i := range n {
		p := somewhere(r)
		cell, err := geo.CellAt(p)
		if err != nil {
			return err
		}
		officers[i], lats[i], lons[i], cells[i] = uuid.New(), p.Lat, p.Lon, int64(cell)
	}
	now := time.Now()
	_, err := b.admin.Exec(ctx, `INSERT INTO duties (district_id, centre, duty_id, officer_id, post_id, role, device_id, started_at)
		SELECT $1, $2, o, o, o, 'beat_officer', o, $3 FROM unnest($4::uuid[]) AS x (o)`, district, centre, now.Add(-time.Hour), officers)
	if err != nil {
		return fmt.Errorf("put on duty: %w", err)
	}
	_, err = b.admin.Exec(ctx, `INSERT INTO last_fixes (district_id, officer_id, centre, at, lat, lon, accuracy_m, mock, cell)
		SELECT $1, o, $2, $3, a, n, 10, false, c FROM unnest($4::uuid[], $5::float8[], $6::float8[], $7::bigint[]) AS x (o, a, n, c)`,
		district, centre, now, officers, lats, lons, cells)
	if err != nil {
		return fmt.Errorf("place units: %w", err)
	}
	return nil
}

// somewhere is a point in the box of the district.
func somewhere(r *rand.Rand) geo.Point {
	return geo.Point{Lat: 24.9 + r.Float64()*0.6, Lon: 80.7 + r.Float64()*0.8}
}

// near asks for the three nearest units, in turn with a bare look into the index.
func (b *bencher) near(ctx context.Context, r *rand.Rand, district int32, centre, name string) (figure, error) {
	who := staff.Caller{District: district, OfficerID: uuid.New(), DeviceID: uuid.New(), Posts: []staff.Post{
		{PostID: uuid.New(), Centre: centre, Role: staff.CentreIncharge, From: time.Now().Add(-time.Hour)},
	}}
	ours, bare := make([]time.Duration, 0, nearAsks), make([]time.Duration, 0, nearAsks)
	for i := range nearAsks {
		from := somewhere(r)
		began := time.Now()
		list, err := b.node.book.Nearest(ctx, who, book.UnitQuery{Centre: centre, Lat: &from.Lat, Lon: &from.Lon}, 3)
		if err != nil {
			return figure{}, fmt.Errorf("ask for units: %w", err)
		}
		took := time.Since(began)
		if len(list) != 3 {
			return figure{}, fmt.Errorf("%d units near", len(list))
		}
		ring, err := geo.RingAt(from, 9)
		if err != nil {
			return figure{}, err
		}
		began = time.Now()
		if _, err := b.one(ctx, `SELECT count(*) FROM last_fixes WHERE district_id = $1 AND centre = $2 AND cell BETWEEN $3 AND $4`,
			district, centre, int64(ring.Spans[0].First), int64(ring.Spans[0].Last)); err != nil {
			return figure{}, fmt.Errorf("look into the index: %w", err)
		}
		if i >= nearAsks/10 { // the first fill the caches
			ours, bare = append(ours, took), append(bare, time.Since(began))
		}
	}
	p99 := ms(quantile(ours, 0.99))
	holds := p99 < nearLimit
	ratio := ms(quantile(ours, 0.5)) / ms(quantile(bare, 0.5))
	return figure{
		Name: name, Value: p99, Unit: "ms", Against: "bare indexed query, p50 of each", Ratio: ratio, Low: ratio, High: ratio,
		Bar: fmt.Sprintf("< %d ms", nearLimit), Holds: &holds,
	}, nil
}

func quantile(list []time.Duration, q float64) time.Duration {
	slices.Sort(list)
	return list[int(q*float64(len(list)-1))]
}

// What phones send at once: positions of eight and visits of eight others.
const (
	fixPhones  = 8
	fixBatch   = 25
	fixEvery   = 200 * time.Millisecond // five batches a second from each: 1,000 positions
	visitBatch = 5                      // and 200 ops
	fixSpan    = 20 * time.Second
)

// positions sends 1,000 positions and 200 ops a second for a while, and tells how
// many came in and how long they took.
func (b *bencher) positions(ctx context.Context, phones []*benchPhone) error {
	if err := b.again(ctx, phones[:2*fixPhones]); err != nil {
		return err
	}
	walkers, visitors := phones[:fixPhones], phones[fixPhones:2*fixPhones]
	url, ops := b.path("/v1/positions"), b.path("/v1/ops")
	batches := int(fixSpan / fixEvery)
	starts, err := prepareOf(walkers, 1, 1, ops, func(p *benchPhone, _ int) (string, error) {
		return p.signed(contract.KindDutyStart, contract.DutyStart{}, nil)
	})
	if err != nil {
		return err
	}
	f, err := fire(starts, ops)
	if err != nil {
		return fmt.Errorf("go on duty: %w", err)
	}
	if f.entered != fixPhones {
		return fmt.Errorf("%d of %d are on duty", f.entered, fixPhones)
	}
	visits, err := prepare(visitors, batches, visitBatch, ops)
	if err != nil {
		return err
	}
	walks := make([]*load, fixPhones)
	now := time.Now()
	for i, p := range walkers {
		if walks[i], err = walkOf(p, now, batches, url); err != nil {
			return err
		}
	}
	for _, l := range slices.Concat(walks, visits) {
		l.every = fixEvery
	}
	var walked, visited fired
	var failed, wrong error
	var both sync.WaitGroup
	both.Go(func() { walked, failed = fire(walks, url) })
	both.Go(func() { visited, wrong = fire(visits, ops) })
	both.Wait()
	if err := errors.Join(failed, wrong); err != nil {
		return fmt.Errorf("positions and ops: %w", err)
	}
	stored, err := b.one(ctx, `SELECT count(*) FROM positions WHERE district_id = $1`, phones[0].district)
	if err != nil {
		return fmt.Errorf("count positions: %w", err)
	}
	least := func(name string, value, bar float64, unit string) {
		holds := value >= bar
		b.rows = append(b.rows, figure{Name: name, Value: value, Unit: unit, Bar: fmt.Sprintf("≥ %g %s", bar, unit), Holds: &holds})
	}
	least("positions stored beside 200 ops/s", float64(stored)/walked.took.Seconds(), 950, "positions/s")
	least("ops entered beside 1,000 positions/s", visited.perSecond(), 190, "ops/s")
	b.rows = append(b.rows,
		bound("p99 of a batch of 25 positions", ms(walked.quantile(0.99)), "ms", 250),
		bound("p99 of a batch of 5 ops beside them", ms(visited.quantile(0.99)), "ms", 250))
	return nil
}

// walkOf is the batches of positions of one phone.
func walkOf(p *benchPhone, from time.Time, batches int, url string) (*load, error) {
	l := &load{phone: p}
	for i := range batches {
		var in contract.Positions
		for j := range fixBatch {
			n := i*fixBatch + j
			in.Fixes = append(in.Fixes, contract.Fix{
				At: contract.At(from.Add(time.Duration(n) * time.Millisecond)), Lat: 25.1 + float64(n)/20_000, Lon: 80.9, AccuracyM: 9,
			})
		}
		body, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("write positions: %w", err)
		}
		l.bodies = append(l.bodies, body)
	}
	return l, l.prove(url)
}
