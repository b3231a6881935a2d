package book

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"kendra/geo/features"
)

// SetBoundary keeps the outline of a district: what lies outside it is said from then on.
func (b *Book) SetBoundary(ctx context.Context, district int32, outline features.Geometry) error {
	if _, err := outline.Area(); err != nil {
		return err
	}
	err := within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO boundaries (district_id, area, set_at) VALUES ($1, $2, $3)
			ON CONFLICT (district_id) DO UPDATE SET area = excluded.area, set_at = excluded.set_at`, district, outline.Text(), b.now())
		return wrap(err, "keep outline")
	})
	if err != nil {
		return err
	}
	return b.LoadRules(ctx)
}

// Boundary is the outline of a district, GeoJSON; empty when it has none.
func (b *Book) Boundary(district int32) string {
	b.ground.mu.RLock()
	defer b.ground.mu.RUnlock()
	if d := b.ground.districts[district]; d != nil {
		return d.outline
	}
	return ""
}

// BeatsOn lists the beats that hold on a day, by centre and code; centre may be empty:
// all of the district. For tools, which no post binds.
func (b *Book) BeatsOn(ctx context.Context, district int32, centre, on string) (out []BeatVersion, err error) {
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		out, err = beatsOn(ctx, tx, district, centre, on)
		return err
	})
	return out, err
}

func beatsOn(ctx context.Context, tx pgx.Tx, district int32, centre, on string) ([]BeatVersion, error) {
	rows, err := tx.Query(ctx, `SELECT `+beatVersionColumns+` FROM beat_versions WHERE district_id = $1 AND ($2 = '' OR centre = $2)
		AND from_on <= $3::text::date AND (until_on IS NULL OR until_on > $3::text::date) ORDER BY centre, code`, district, centre, on)
	if err != nil {
		return nil, fmt.Errorf("read beats: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[BeatVersion])
	return list, wrap(err, "read beats")
}

// EachPlaceOn hands on the places that hold on a day, by centre and code; centre may be
// empty. For tools, which no post binds.
func (b *Book) EachPlaceOn(ctx context.Context, district int32, centre, on string, each func(p PlaceVersion) error) error {
	return b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+placeVersionColumns+` FROM place_versions WHERE district_id = $1 AND ($2 = '' OR centre = $2)
			AND from_on <= $3::text::date AND (until_on IS NULL OR until_on > $3::text::date) ORDER BY centre, code`, district, centre, on)
		if err != nil {
			return fmt.Errorf("read places: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			p, err := pgx.RowToStructByPos[PlaceVersion](rows)
			if err != nil {
				return fmt.Errorf("read places: %w", err)
			}
			if err := each(p); err != nil {
				return err
			}
		}
		return wrap(rows.Err(), "read places")
	})
}
