package main

import (
	"context"
	"fmt"
	"time"

	"kendra/api/book"
	"kendra/geo/rounds"
)

const (
	roundDays   = 100 // seeded days on which proposals are compared
	roundReads  = 21
	benchPlaces = 2000
)

// roundAlone measures proposals of rounds, and what coverage costs in a long history.
func (b *bencher) roundAlone(ctx context.Context, million int) error {
	b.proposals()
	if _, err := b.district(ctx, 7, len(twelve)); err != nil {
		return err
	}
	return b.coverageReads(ctx, million)
}

// proposals compares rounds with the same places in the order of the register.
func (b *bencher) proposals() {
	took := &series{name: "a proposal for 60 places and 6 officers", unit: "ms", against: "200 ms", bar: 1, most: true}
	way, paid := 0.0, 0.0
	for seed := range uint64(roundDays) {
		units, stops := rounds.Day(seed, 60, 6)
		began := time.Now()
		plan := rounds.Plan(units, stops)
		took.add(float64(time.Since(began).Microseconds())/1000, 200)
		m, d := total(plan)
		m0, d0 := total(rounds.InOrder(units, stops))
		way, paid = way+m/m0, paid+d/d0
	}
	b.rows = append(b.rows, took.figure())
	b.say("proposals on %d days (seeds 0 to %d): way %.0f %%, debt paid %.0f %% of the order of the register", roundDays, roundDays-1,
		way*100/roundDays, paid*100/roundDays)
}

func total(list []rounds.Round) (metres, debt float64) {
	for _, r := range list {
		metres, debt = metres+r.Metres, debt+float64(r.Debt)
	}
	return metres, debt
}

// coverageReads asks what is owed in a district of two thousand places after few visits
// and after many, as many a day.
func (b *bencher) coverageReads(ctx context.Context, million int) error {
	if _, err := b.admin.Exec(ctx, `INSERT INTO place_versions (district_id, centre, place_id, from_on, code, hi, en, kind, lat, lon, cell, area, cells,
			every_days, hours_from, hours_to, weight, tags, seq)
		SELECT 7, ($1::text[])[n % 12 + 1], gen_random_uuid(), current_date - 4000, 'p' || n, 'ग्राम', 'Village', 'village', 25, 80.9, 622506764662964223,
			'', '{}', 7, '', '', 1 + n % 5, '{}', 1 FROM generate_series(1, $2::int) n`, twelve, benchPlaces); err != nil {
		return fmt.Errorf("fill places: %w", err)
	}
	few := million / 100
	s := &series{name: fmt.Sprintf("coverage of the district at %d visits", million), unit: "ms", against: fmt.Sprintf("at %d", few), bar: 1.5, most: true}
	begin := 0
	var medians [2]float64
	for i, n := range []int{few, million} {
		if _, err := b.admin.Exec(ctx, `INSERT INTO place_visits (district_id, centre, year, serial, place_id, at, known_at)
			SELECT 7, p.centre, 2026, n, p.place_id, now() - n * interval '300 seconds', now() - n * interval '300 seconds'
			FROM generate_series($1::int + 1, $2::int) n
				JOIN (SELECT centre, place_id, row_number() OVER () AS k FROM place_versions WHERE district_id = 7) p ON p.k = n * 7919::bigint % $3 + 1`,
			begin, n, benchPlaces); err != nil {
			return fmt.Errorf("fill visits: %w", err)
		}
		if _, err := b.admin.Exec(ctx, `VACUUM ANALYZE place_visits, place_versions`); err != nil {
			return fmt.Errorf("analyze: %w", err)
		}
		begin = n
		var list []float64
		for range roundReads {
			began := time.Now()
			if _, err := b.node.book.CoverageAt(ctx, 7, book.CoverageQuery{At: time.Now().UTC()}); err != nil {
				return err
			}
			list = append(list, float64(time.Since(began).Microseconds())/1000)
		}
		medians[i] = median(list)
	}
	s.add(medians[1], medians[0])
	b.rows = append(b.rows, s.figure())
	return nil
}
