package book

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/geo"
)

// rules are the small tables that every op is judged by: code lists, the
// ladders, the polygons of the beats. They are read at start and refreshed by
// the clock, since they change by the month.
type rules struct {
	codes  map[string]map[string]Code
	ladder ladder
	beats  map[beatKey]*geo.Area
	cells  map[beatKey][]string
}

type beatKey struct {
	District int32
	Beat     uuid.UUID
}

// LoadRules reads the rules again. A server calls it every half minute.
func (b *Book) LoadRules(ctx context.Context) error {
	r := &rules{codes: map[string]map[string]Code{}, beats: map[beatKey]*geo.Area{}, cells: map[beatKey][]string{}}
	if err := r.loadCodes(ctx, b); err != nil {
		return err
	}
	districts, err := b.Districts(ctx)
	if err != nil {
		return err
	}
	for _, d := range districts {
		err := b.read(ctx, d, func(tx pgx.Tx) error { return r.loadBeats(ctx, tx, d) })
		if err != nil {
			return fmt.Errorf("load beats: %w", err)
		}
	}
	b.rules.Store(r)
	return nil
}

func (r *rules) loadCodes(ctx context.Context, b *Book) error {
	rows, err := b.Pool.Query(ctx, `SELECT list, code, hi, en FROM codes`)
	if err != nil {
		return fmt.Errorf("load codes: %w", err)
	}
	var list string
	var c Code
	_, err = pgx.ForEachRow(rows, []any{&list, &c.Code, &c.Hi, &c.En}, func() error {
		if r.codes[list] == nil {
			r.codes[list] = map[string]Code{}
		}
		r.codes[list][c.Code] = c
		return nil
	})
	if err != nil {
		return fmt.Errorf("load codes: %w", err)
	}
	rows, err = b.Pool.Query(ctx, `SELECT urgency, rung, after_s, action, to_role, valid_from FROM ladders
		ORDER BY urgency, valid_from, rung`)
	if err != nil {
		return fmt.Errorf("load ladders: %w", err)
	}
	r.ladder, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (rung, error) {
		var g rung
		var after int
		err := row.Scan(&g.Urgency, &g.Rung, &after, &g.Action, &g.ToRole, &g.From)
		g.After = time.Duration(after) * time.Second
		return g, err
	})
	if err != nil {
		return fmt.Errorf("load ladders: %w", err)
	}
	return nil
}

func (r *rules) loadBeats(ctx context.Context, tx pgx.Tx, district int32) error {
	areas, err := staff.BeatAreas(ctx, tx, district)
	if err != nil {
		return err
	}
	for id, text := range areas {
		area, err := geo.ParseGeoJSON([]byte(text))
		if err != nil {
			return fmt.Errorf("beat %s: %w", id, err)
		}
		cells, err := area.Cells9()
		if err != nil {
			return fmt.Errorf("cells of beat %s: %w", id, err)
		}
		k := beatKey{district, id}
		r.beats[k] = &area
		for _, c := range cells {
			r.cells[k] = append(r.cells[k], c.String())
		}
	}
	return nil
}

// Districts lists the districts of this database.
func (b *Book) Districts(ctx context.Context) ([]int32, error) {
	rows, err := b.Pool.Query(ctx, `SELECT district_id FROM districts ORDER BY district_id`)
	if err != nil {
		return nil, fmt.Errorf("list districts: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return nil, fmt.Errorf("list districts: %w", err)
	}
	return ids, nil
}
