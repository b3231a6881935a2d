package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/geo"
	contract "kendra/mobile-contract"
)

// Fix is one position of an officer on duty.
type Fix struct {
	At        time.Time
	Lat, Lon  float64
	AccuracyM float64
	Mock      bool
}

// Limits of positions: raw fixes are kept for seven days, if no rule says otherwise, and none is taken
// that is older or from tomorrow. A duty that nobody ended is over when it has lasted as long as a
// duty may: who forgot it is at home.
const (
	positionsKept  = 7 * 24 * time.Hour
	positionsAhead = 10 * time.Minute
)

// Positions stores fixes of an officer on duty. Off duty nothing is stored and
// the answer is off_duty; fixes from outside his duties, or too old, are
// dropped one by one. They are not entries of the book.
func (b *Book) Positions(ctx context.Context, who staff.Caller, offset time.Duration, fixes []Fix) (stored, dropped int, err error) {
	now := b.now()
	kept := b.positionsFor(who.District, now)
	var centres []string
	err = within(ctx, b.Pool, who.District, pgx.ReadWrite, func(tx pgx.Tx) error {
		duties, err := dutiesSince(ctx, tx, who, now.Add(-kept))
		if err != nil {
			return err
		}
		rows := keepOnDuty(duties, fixes, offset, now, kept, b.rules.Load().of(who.District))
		if len(duties) == 0 || len(rows) == 0 {
			return refusal(contract.CodeOffDuty, "")
		}
		days := map[string]bool{}
		for _, r := range rows {
			days[r.At.UTC().Format(time.DateOnly)] = true
		}
		for d := range days {
			if _, err := tx.Exec(ctx, `SELECT positions_make($1::date)`, d); err != nil {
				return fmt.Errorf("make partition: %w", err)
			}
		}
		tag, err := tx.Exec(ctx, `INSERT INTO positions (district_id, officer_id, at, device_id, centre, lat, lon, accuracy_m, mock, cell, received_at)
			SELECT $1, $2, t, $3, s, a, o, c, m, h, $4 FROM unnest($5::timestamptz[], $6::text[], $7::float8[], $8::float8[], $9::float8[],
				$10::bool[], $11::bigint[]) AS x (t, s, a, o, c, m, h) ON CONFLICT (district_id, officer_id, at) DO NOTHING`,
			who.District, who.OfficerID, who.DeviceID, now,
			column(rows, func(r *position) time.Time { return r.At }),
			column(rows, func(r *position) string { return r.centre }),
			column(rows, func(r *position) float64 { return r.Lat }),
			column(rows, func(r *position) float64 { return r.Lon }),
			column(rows, func(r *position) float64 { return r.AccuracyM }),
			column(rows, func(r *position) bool { return r.Mock }),
			column(rows, func(r *position) int64 { return int64(r.cell) }))
		if err != nil {
			return fmt.Errorf("store positions: %w", err)
		}
		if err := noteLast(ctx, tx, who, rows); err != nil {
			return err
		}
		centres = column(rows, func(r *position) string { return r.centre })
		stored, dropped = int(tag.RowsAffected()), len(fixes)-int(tag.RowsAffected())
		return nil
	})
	if err == nil && stored > 0 {
		slices.Sort(centres)
		for _, centre := range slices.Compact(centres) {
			b.Moved(Moved{District: who.District, Centre: centre, Units: true})
		}
	}
	return stored, dropped, err
}

// dutyThere is a duty with the centre in whose book it stands: an officer may have
// posts at several.
type dutyThere struct {
	Duty
	centre string
}

// dutiesSince reads the officer's duties that reach into a span, the latest first.
func dutiesSince(ctx context.Context, tx pgx.Tx, who staff.Caller, since time.Time) ([]*dutyThere, error) {
	rows, err := tx.Query(ctx, `SELECT `+dutyColumns+`, centre FROM duties WHERE district_id = $1 AND officer_id = $2
		AND (ended_at IS NULL OR ended_at > $3) ORDER BY started_at DESC`, who.District, who.OfficerID, since)
	if err != nil {
		return nil, fmt.Errorf("read duties: %w", err)
	}
	duties, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*dutyThere, error) {
		d := &dutyThere{}
		return d, row.Scan(&d.DutyID, &d.OfficerID, &d.PostID, &d.Role, &d.SquadID, &d.DeviceID, &d.StartedAt, &d.EndedAt, &d.centre)
	})
	return duties, wrap(err, "read duties")
}

type position struct {
	Fix
	cell   geo.Cell
	centre string
}

// keepOnDuty keeps the fixes that fall into a duty, by the corrected clock, each for
// the centre of the duty that it falls into; of several, of the one that began last.
func keepOnDuty(duties []*dutyThere, fixes []Fix, offset time.Duration, now time.Time, kept time.Duration, r *ruleView) []*position {
	var out []*position
	over := make([]time.Time, len(duties)) // when nobody is watched any more
	for i, d := range duties {
		over[i] = r.dutyOver(d.StartedAt)
	}
	for _, f := range fixes {
		f.At = f.At.Add(offset).UTC().Truncate(time.Millisecond)
		if f.At.Before(now.Add(-kept)) || f.At.After(now.Add(positionsAhead)) {
			continue
		}
		point, err := geo.NewPoint(f.Lat, f.Lon)
		if err != nil {
			continue
		}
		cell, err := geo.CellAt(point)
		if err != nil {
			continue
		}
		for i, d := range duties {
			if d.covers(f.At) && !f.At.After(over[i]) {
				out = append(out, &position{f, cell, d.centre})
				break
			}
		}
	}
	return out
}

// noteLast keeps the newest fix of the officer, by which he is found while he is
// on duty. The one that stands is never put back by an older one.
func noteLast(ctx context.Context, tx pgx.Tx, who staff.Caller, rows []*position) error {
	last := slices.MaxFunc(rows, func(a, b *position) int { return a.At.Compare(b.At) })
	_, err := tx.Exec(ctx, `INSERT INTO last_fixes AS f (district_id, officer_id, centre, at, lat, lon, accuracy_m, mock, cell)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (district_id, officer_id) DO UPDATE SET centre = excluded.centre,
			at = excluded.at, lat = excluded.lat, lon = excluded.lon, accuracy_m = excluded.accuracy_m, mock = excluded.mock,
			cell = excluded.cell WHERE excluded.at > f.at`,
		who.District, who.OfficerID, last.centre, last.At, last.Lat, last.Lon, last.AccuracyM, last.Mock, int64(last.cell))
	return wrap(err, "note last fix")
}
