package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/cmd/phones/fleet"
	"kendra/geo/evidence"
)

// openGround has beats, places and the outline of the district imported as `kendra
// import` does, from files: the places are made up, the outline is the reader's own.
// Without one the maps draw it from the stations, and say so.
func (d *demo) openGround(ctx context.Context, roster fleet.Roster, from time.Time) error {
	day := d.clock.now().In(istZone)
	beats, places := roster.Ground(d.args.seed, day, from)
	for _, f := range []struct{ what, text string }{{book.GroundBeats, beats}, {book.GroundPlaces, places}} {
		path := filepath.Join(d.dir, f.what+".geojson")
		if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
			return fmt.Errorf("write %s: %w", f.what, err)
		}
		var said bytes.Buffer
		if err := d.node.importGround(ctx, groundArgs{what: f.what, path: path, district: defaultDistrict}, &said); err != nil {
			return fmt.Errorf("import %s: %w\n%s", f.what, err, said.String())
		}
	}
	if d.args.boundary == "" {
		return nil
	}
	var said bytes.Buffer
	if err := d.node.importBoundary(ctx, groundArgs{what: "boundary", path: d.args.boundary, district: defaultDistrict}, &said); err != nil {
		return fmt.Errorf("import boundary: %w\n%s", err, said.String())
	}
	return nil
}

// owed is what is owed to all places of the district at a moment, as the server tells it.
func (d *demo) owed(ctx context.Context, at time.Time) (book.Sums, error) {
	c, err := d.node.book.CoverageAt(ctx, defaultDistrict, book.CoverageQuery{At: at})
	if err != nil {
		return book.Sums{}, fmt.Errorf("read what is owed: %w", err)
	}
	return c.Sums, nil
}

// notAssessed counts the visits of which the clock has not yet said what speaks for and
// against them.
const notAssessed = `SELECT count(*) FROM lines WHERE district_id = $1 AND register = 'women_beat' AND struck_seq IS NULL
	AND NOT cols::jsonb ? 'proof'`

// assessed waits until the clock has assessed all visits.
func (d *demo) assessed(ctx context.Context, sum *summary) error {
	for began := time.Now(); ; {
		var left int
		if err := d.count(ctx, notAssessed, &left); err != nil {
			return err
		}
		if left == 0 {
			return nil
		}
		if time.Since(began) > patience {
			sum.fault = errors.Join(sum.fault, fmt.Errorf("%d visits were not assessed", left))
			return nil
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// groundSum is what the day was to beats and places.
type groundSum struct {
	places, beats int
	cells         int // of resolution 9, of all beats together
	drawn         bool
	// What all places are owed together, in thousandths of a day by weight, when the shift
	// begins and when all of it has arrived. The time between adds to what is owed and never
	// takes from it, so that the visits have paid at least what the figures differ by.
	debtBefore, debtAfter int64
	visits                map[evidence.State]int
}

// count counts it in the database.
func (s *groundSum) count(ctx context.Context, tx pgx.Tx, today string) error {
	const holds = ` v.district_id = $1 AND v.from_on <= $2::text::date AND (v.until_on IS NULL OR v.until_on > $2::text::date)`
	err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM place_versions v WHERE`+holds+`), (SELECT count(*) FROM beat_versions v WHERE`+holds+`),
		(SELECT count(DISTINCT c) FROM beat_versions v, unnest(v.cells) AS c WHERE`+holds+`)`, int32(defaultDistrict), today).
		Scan(&s.places, &s.beats, &s.cells)
	if err != nil {
		return fmt.Errorf("count beats and places: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT cols::jsonb ->> 'proof_state', count(*) FROM lines
		WHERE district_id = $1 AND register = 'women_beat' AND struck_seq IS NULL GROUP BY 1`, int32(defaultDistrict))
	if err != nil {
		return fmt.Errorf("count visits: %w", err)
	}
	s.visits = map[evidence.State]int{}
	var state string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error { s.visits[evidence.State(state)] = n; return nil }); err != nil {
		return fmt.Errorf("count visits: %w", err)
	}
	return nil
}

// write tells it. Debts are days in words: thousandths say nothing to a reader.
func (s *groundSum) write(row func(name, format string, args ...any)) {
	outline := "outline of the file"
	if s.drawn {
		outline = "outline from the stations, not the official boundary"
	}
	row("ground", "%s in %s of %s cells at resolution 9; %s", many(s.places, "place"), many(s.beats, "beat"), number(s.cells), outline)
	row("debt", "%s days overdue, by weight, before the visits, %s after", number(int(s.debtBefore/1000)), number(int(s.debtAfter/1000)))
	row("evidence", "%s strong, %s weak, %s unknown", many(s.visits[evidence.Strong], "visit"), number(s.visits[evidence.Weak]), number(s.visits[evidence.Unknown]))
}
