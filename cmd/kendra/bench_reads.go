package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	"kendra/geo"
	"kendra/geo/features"
)

// errShort is an answer with less in it than what is to be measured.
var errShort = errors.New("the answer is short")

// Of the reads in a long history: a district of its own with as many places and beats as
// it has in life, and how often each read is made in each of the two states.
const (
	readsDistrict = 12
	readsPlaces   = 2000
	readsBeats    = 24
	readsSide     = 0.02 // half of a beat's side, degrees
	readsLeast    = 41
	readsMost     = 1001
	readsFor      = 5 * time.Second // a quick read is made more often: what disturbs one is longer than it
	readsWarm     = 10              // before those that count
	readsBar      = 1.5
	readsHeat     = 60 // weeks
)

// benchRead is one read, as the API makes it.
type benchRead struct {
	name string
	do   func(ctx context.Context, r *rand.Rand) error
}

// longHistory makes every read of beats, places and visits after few visits and after a
// hundred times as many, as many a day, each in a database of its own and in turn: what
// else the machine does is the same to both. One station's book has all of their entries,
// so that its register is the longest there is.
func (b *bencher) longHistory(ctx context.Context, million int) error {
	began := time.Now()
	few, err := b.beside(ctx, "few")
	if few != nil {
		defer few.part()
	}
	if err != nil {
		return err
	}
	sizes := [2]int{million / 100, million}
	var reads [2][]benchRead
	for i, at := range []*bencher{few, b} {
		b.say("reads of beats, places and visits: filling %d visits", sizes[i])
		if err := at.readsGround(ctx); err != nil {
			return err
		}
		if err := at.readsFill(ctx, sizes[i]); err != nil {
			return err
		}
		reads[i] = at.groundReads(sizes[i])
	}
	for i, r := range reads[1] {
		s := &series{name: fmt.Sprintf("%s at %d visits", r.name, sizes[1]), unit: "ms", against: fmt.Sprintf("at %d", sizes[0]), bar: readsBar, most: true}
		if err := readInTurn(ctx, s, r, reads[0][i]); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		b.rows = append(b.rows, s.figure())
	}
	b.say("reads of beats, places and visits: %.0f s in all", time.Since(began).Seconds())
	return nil
}

// readInTurn makes a read of the many and the same of the few, again and again.
func readInTurn(ctx context.Context, s *series, many, few benchRead) error {
	timed := func(read benchRead, seed uint64) (float64, error) {
		r := rand.New(rand.NewPCG(20261130, seed)) //nolint:gosec // the same question to both
		began := time.Now()
		err := read.do(ctx, r)
		return float64(time.Since(began).Microseconds()) / 1000, err
	}
	for i, began := uint64(0), time.Now(); i < readsWarm+readsLeast || i < readsWarm+readsMost && time.Since(began) < readsFor; i++ {
		at, err := timed(many, i)
		if err != nil {
			return err
		}
		with, err := timed(few, i)
		if err != nil {
			return err
		}
		if i >= readsWarm {
			s.add(at, with)
		}
	}
	return nil
}

// groundReads are the reads, in a book of n visits.
func (b *bencher) groundReads(n int) []benchRead {
	post := func(centre, role string) staff.Caller {
		return staff.Caller{District: readsDistrict, OfficerID: uuid.New(), DeviceID: uuid.New(), Posts: []staff.Post{
			{PostID: uuid.New(), Centre: centre, Role: role, From: time.Now().Add(-time.Hour)},
		}}
	}
	head, beat, sp := post("KRW", staff.CentreIncharge), post("KRW", staff.BeatOfficer), post(book.HQ, staff.SP)
	year, k := time.Now().In(istZone).Year(), b.node.book
	return []benchRead{
		{"what is owed in the district, as a tree", func(ctx context.Context, _ *rand.Rand) error {
			c, err := k.Coverage(ctx, sp, book.CoverageQuery{})
			return enough(err, c != nil && c.Places == readsPlaces && len(c.Owed) > 0)
		}},
		{"the same by cells, rolled up", func(ctx context.Context, _ *rand.Rand) error {
			c, err := k.Coverage(ctx, sp, book.CoverageQuery{})
			return enough(err, c != nil && len(book.RollUp(c.Cells, 8)) > 0 && len(book.RollUp(c.Cells, 7)) > 0)
		}},
		{"suggested rounds of a station", func(ctx context.Context, _ *rand.Rand) error {
			r, err := k.Rounds(ctx, head, "KRW", "")
			return enough(err, r != nil && len(r.Rounds) > 0)
		}},
		{"places due, of a phone's bundle", func(ctx context.Context, _ *rand.Rand) error {
			list, err := k.OwnDue(ctx, beat)
			return enough(err, len(list) > 0)
		}},
		{"beats and places of a station", func(ctx context.Context, _ *rand.Rand) error {
			g, err := k.Ground(ctx, beat, book.GroundQuery{Centre: "KRW"})
			return enough(err, g != nil && len(g.Beats) > 0 && len(g.Places) > 0)
		}},
		{"the three nearest units", func(ctx context.Context, r *rand.Rand) error {
			from := somewhere(r)
			list, err := k.Nearest(ctx, head, book.UnitQuery{Centre: "KRW", Lat: &from.Lat, Lon: &from.Lon}, 3)
			return enough(err, len(list) == 3)
		}},
		{"heat of a week", func(ctx context.Context, _ *rand.Rand) error {
			h, err := k.Heat(ctx, sp, "")
			return enough(err, h != nil && len(h.Rows) > 0)
		}},
		{"evidence of a visit, with its line", func(ctx context.Context, r *rand.Rand) error {
			l, err := k.RegisterLine(ctx, head, "KRW", "women_beat", year, 1+r.Int64N(int64(n)))
			return enough(err, l != nil && l.Row.Cols["proof"] != nil)
		}},
		{"register page of women_beat, newest", func(ctx context.Context, _ *rand.Rand) error {
			p, err := k.Register(ctx, head, book.RegisterQuery{Centre: "KRW", Register: "women_beat", Year: year, Limit: 100, Newest: true})
			return enough(err, p != nil && len(p.Rows) == 100)
		}},
		{"register page of women_beat, in the middle", func(ctx context.Context, r *rand.Rand) error {
			p, err := k.Register(ctx, head, book.RegisterQuery{
				Centre: "KRW", Register: "women_beat", Year: year, Limit: 100, After: r.Int64N(int64(n - 200)),
			})
			return enough(err, p != nil && len(p.Rows) == 100)
		}},
	}
}

// enough is the error of a read, or that its answer is not what is measured.
func enough(err error, is bool) error {
	if err == nil && !is {
		return errShort
	}
	return err
}

// readsGround makes the district: beats, places over it, units on duty, published heat.
func (b *bencher) readsGround(ctx context.Context) error {
	phones, err := b.district(ctx, readsDistrict, len(twelve))
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(20261130, 2)) //nolint:gosec // the same district each time
	var ids []uuid.UUID
	var middles []geo.Point
	for i := range readsBeats {
		at := somewhere(r)
		line := []geo.Point{
			{Lat: at.Lat - readsSide, Lon: at.Lon - readsSide}, {Lat: at.Lat - readsSide, Lon: at.Lon + readsSide},
			{Lat: at.Lat + readsSide, Lon: at.Lon + readsSide}, {Lat: at.Lat + readsSide, Lon: at.Lon - readsSide}, {Lat: at.Lat - readsSide, Lon: at.Lon - readsSide},
		}
		if err := b.readsBeat(ctx, i, line, &ids); err != nil {
			return err
		}
		middles = append(middles, at)
	}
	for i := range readsPlaces {
		beat := i % readsBeats
		at := geo.Point{Lat: middles[beat].Lat + (2*r.Float64()-1)*readsSide, Lon: middles[beat].Lon + (2*r.Float64()-1)*readsSide}
		cell, err := geo.CellAt(at)
		if err != nil {
			return fmt.Errorf("fill places: %w", err)
		}
		if _, err := b.admin.Exec(ctx, `INSERT INTO place_versions (district_id, centre, place_id, from_on, code, hi, en, kind, beat_id, lat, lon, cell,
				area, cells, every_days, hours_from, hours_to, weight, tags, seq)
			VALUES ($1, $2, $3, '2000-01-01', $4, 'ग्राम', 'Village', 'village', $5, $6, $7, $8, '', '{}', 7, '', '', $9, '{}', 1)`,
			readsDistrict, twelve[beat%len(twelve)], uuid.New(), fmt.Sprintf("p%d", i), ids[beat], at.Lat, at.Lon, int64(cell), 1+i%5); err != nil {
			return fmt.Errorf("fill places: %w", err)
		}
	}
	if err := b.onDuty(ctx, r, readsDistrict, "KRW", nearFew); err != nil {
		return err
	}
	if _, err := b.admin.Exec(ctx, `INSERT INTO heat_snapshots (district_id, week, told, made_at)
		SELECT $1, date_trunc('week', current_date)::date - 7 * n, '[{"cell":"873da2b4effffff","layer":0,"n":5},{"cell":"873da2b4effffff","layer":1,"n":10},{"layer":0,"n":15}]',
			now() FROM generate_series(1, $2::int) n ON CONFLICT (district_id, week) DO UPDATE SET told = excluded.told`, readsDistrict, readsHeat); err != nil {
		return fmt.Errorf("fill heat: %w", err)
	}
	return b.readsVisits(ctx, ofCentre(phones, "KRW"))
}

func (b *bencher) readsBeat(ctx context.Context, i int, line []geo.Point, ids *[]uuid.UUID) error {
	area, err := geo.NewArea([][][]geo.Point{{line}})
	if err != nil {
		return fmt.Errorf("fill beats: %w", err)
	}
	cells, err := area.Overlapping(9)
	if err != nil {
		return fmt.Errorf("fill beats: %w", err)
	}
	numbers := make([]int64, len(cells))
	for i, c := range cells {
		numbers[i] = int64(c)
	}
	id := uuid.New()
	*ids = append(*ids, id)
	_, err = b.admin.Exec(ctx, `INSERT INTO beat_versions (district_id, centre, beat_id, from_on, code, hi, en, area, cells, km2, per_week, hours_from, hours_to, seq)
		VALUES ($1, $2, $3, '2000-01-01', $4, 'बीट', 'Beat', $5, $6, $7, 3, '', '', 1)`, readsDistrict, twelve[i%len(twelve)], id,
		fmt.Sprintf("b%d", i), features.Geometry{Rings: [][][]geo.Point{{line}}}.Text(), numbers, area.AreaKm2())
	if err != nil {
		return fmt.Errorf("fill beats: %w", err)
	}
	return nil
}

// readsVisits has the first visits entered as phones enter them: the others are copies.
func (b *bencher) readsVisits(ctx context.Context, phones []*benchPhone) error {
	url := b.path("/v1/ops")
	loads, err := prepare(phones, 3, 50, url)
	if err != nil {
		return err
	}
	_, err = b.stored(ctx, loads, url)
	return err
}

// readsFill brings the district to n visits: at places and beats, and as entries and
// lines of one book, each with what speaks for it.
func (b *bencher) readsFill(ctx context.Context, n int) error {
	if _, err := b.admin.Exec(ctx, `INSERT INTO place_visits (district_id, centre, year, serial, place_id, beat_id, at, known_at)
		SELECT $1, p.centre, 1000, n, p.place_id, p.beat_id, now() - n * interval '600 seconds', now() - n * interval '600 seconds'
		FROM generate_series((SELECT count(*) + 1 FROM place_visits WHERE district_id = $1 AND year = 1000), $2::bigint) n
			JOIN (SELECT centre, place_id, beat_id, row_number() OVER (ORDER BY code) AS k FROM place_versions WHERE district_id = $1) p
				ON p.k = n * 7919 % $3 + 1`, readsDistrict, n, readsPlaces); err != nil {
		return fmt.Errorf("fill visits: %w", err)
	}
	if err := b.fill(ctx, readsDistrict, "KRW", n+200); err != nil { // some entries are posts
		return err
	}
	year := time.Now().In(istZone).Year()
	for _, sql := range []string{
		`INSERT INTO lines (district_id, centre, register, year, serial, seq, at, officer_id, subject_id, cols, sums)
			SELECT district_id, centre, 'women_beat', $2, (SELECT coalesce(max(serial), 0) FROM lines WHERE district_id = $1
				AND centre = 'KRW' AND register = 'women_beat' AND year = $2) + row_number() OVER (ORDER BY seq), seq, at, officer_id, op_id,
				'{"proof":[{"code":"fix","sign":"for","value":12},{"code":"dwell","sign":"unknown","value":0}],"proof_state":"unknown"}', '{"women":12}'
			FROM entries e WHERE district_id = $1 AND centre = 'KRW' AND kind = 'visit.record'
			AND NOT EXISTS (SELECT FROM lines l WHERE l.district_id = $1 AND l.centre = 'KRW' AND l.seq = e.seq)`,
		`UPDATE lines SET cols = '{"proof":[{"code":"fix","sign":"for","value":12}],"proof_state":"unknown"}' WHERE district_id = $1 AND year = $2
			AND cols NOT LIKE '%"proof":%'`,
		`INSERT INTO serials (district_id, centre, register, year, last)
			SELECT $1, 'KRW', 'women_beat', $2, max(serial) FROM lines WHERE district_id = $1 AND centre = 'KRW' AND register = 'women_beat' AND year = $2
			ON CONFLICT (district_id, centre, register, year) DO UPDATE SET last = excluded.last`,
	} {
		if _, err := b.admin.Exec(ctx, sql, readsDistrict, year); err != nil {
			return fmt.Errorf("fill lines: %w", err)
		}
	}
	if _, err := b.admin.Exec(ctx, `VACUUM ANALYZE place_visits, place_versions, beat_versions, lines, entries, duties, last_fixes`); err != nil {
		return fmt.Errorf("analyse: %w", err)
	}
	return nil
}
