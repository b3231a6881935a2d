package book

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/geo"
	"kendra/geo/features"
	contract "kendra/mobile-contract"
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

// Outline is the outline of a district, GeoJSON. Drawn tells that it has none of its own,
// and that this one is drawn around its stations: to be looked at, and nothing is judged
// by it. It is empty where nobody knows where a station is.
func (b *Book) Outline(district int32) (text string, drawn bool) {
	b.ground.mu.RLock()
	defer b.ground.mu.RUnlock()
	d := b.ground.districts[district]
	switch {
	case d == nil:
		return "", true
	case d.outline != "":
		return d.outline, false
	}
	return d.drawn, true
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

// GroundQuery asks for the beats and places of a centre, a page of places at a time.
type GroundQuery struct {
	Centre string
	On     string // day; empty: today
	After  string // code of a place
	Limit  int
}

// GroundPage is a page. Beats come with the first alone, and all: a centre has no more of
// them than groundBeatsMost.
type GroundPage struct {
	On     string
	Beats  []BeatVersion
	Places []PlaceVersion
	More   bool
}

const groundPage = 500

// Ground reads the beats and places of a centre as they are on a day. They are no
// secret: every post of the centre sees them.
func (b *Book) Ground(ctx context.Context, who staff.Caller, q GroundQuery) (*GroundPage, error) {
	out := &GroundPage{On: q.On}
	if out.On == "" {
		out.On = day(b.now())
	}
	if q.Limit < 1 || q.Limit > groundPage {
		q.Limit = groundPage
	}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		if _, err := b.viewOf(ctx, tx, who, q.Centre); err != nil {
			return err
		}
		var err error
		if q.After == "" {
			if out.Beats, err = beatsOn(ctx, tx, who.District, q.Centre, out.On); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, `SELECT `+placeVersionColumns+` FROM place_versions WHERE district_id = $1 AND centre = $2
			AND from_on <= $3::text::date AND (until_on IS NULL OR until_on > $3::text::date) AND code > $4 ORDER BY code LIMIT $5`,
			who.District, q.Centre, out.On, q.After, q.Limit+1)
		if err != nil {
			return fmt.Errorf("read places: %w", err)
		}
		out.Places, err = pgx.CollectRows(rows, pgx.RowToStructByPos[PlaceVersion])
		if len(out.Places) > q.Limit {
			out.Places, out.More = out.Places[:q.Limit], true
		}
		return wrap(err, "read places")
	})
	return out, err
}

// BeatAt is a beat as it is on a day, for who may look at its centre.
func (b *Book) BeatAt(ctx context.Context, who staff.Caller, centre string, id uuid.UUID, on string) (out *BeatVersion, err error) {
	if on == "" {
		on = day(b.now())
	}
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		if _, err := b.viewOf(ctx, tx, who, centre); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+beatVersionColumns+` FROM beat_versions WHERE district_id = $1 AND beat_id = $2 AND centre = $3
			AND from_on <= $4::text::date AND (until_on IS NULL OR until_on > $4::text::date)`, who.District, id, centre, on)
		if err != nil {
			return fmt.Errorf("read beat: %w", err)
		}
		if out, err = pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByPos[BeatVersion]); errors.Is(err, pgx.ErrNoRows) {
			return refusal(contract.CodeNotFound, "beat_id")
		}
		return wrap(err, "read beat")
	})
	return out, err
}

// PlaceAt is the version of a place that began last, for who may look at its centre.
func (b *Book) PlaceAt(ctx context.Context, who staff.Caller, centre string, id uuid.UUID) (out *PlaceVersion, err error) {
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		if _, err := b.viewOf(ctx, tx, who, centre); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+placeVersionColumns+` FROM place_versions WHERE district_id = $1 AND centre = $2 AND place_id = $3
			ORDER BY place_versions.from_on DESC LIMIT 1`, who.District, centre, id)
		if err != nil {
			return fmt.Errorf("read place: %w", err)
		}
		if out, err = pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByPos[PlaceVersion]); errors.Is(err, pgx.ErrNoRows) {
			return refusal(contract.CodeNotFound, "place_id")
		}
		return wrap(err, "read place")
	})
	return out, err
}

// Overlay tells how the beats of a centre lie beside each other on a day: what is in
// none of them, though within the line around them all and in no beat of another
// station, and what is in more than one.
func (b *Book) Overlay(ctx context.Context, district int32, centre, on string) (geo.Overlay, error) {
	beats, err := b.BeatsOn(ctx, district, centre, on)
	if err != nil {
		return geo.Overlay{}, err
	}
	areas := map[string]geo.Area{}
	for _, v := range beats {
		area, _, err := groundArea(v.Area)
		if err != nil {
			return geo.Overlay{}, fmt.Errorf("beat %s: %w", v.Code, err)
		}
		areas[v.Code] = area
	}
	return geo.Lay(areas, func(p geo.Point) bool {
		of := b.ground.centreOf(district, on, p)
		return of != "" && of != centre || b.ground.outside(district, p) > 0
	})
}
