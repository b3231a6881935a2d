package book

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/geo"
	contract "kendra/mobile-contract"
)

// keptQueries are the statements that find by index what is due by a rule: what began
// before a time, in district $1. A case of which another book still has something
// open, or an order keeps something, waits.
var keptQueries = map[string]string{
	ruleIdentity:    keptComplaints + `c.keep_from < $2` + keptOthers,
	ruleCounselling: keptComplaints + `c.told_from < $2` + keptOthers,
	ruleWarned: `SELECT c.centre, c.matter_id AS id, c.keep_from AS since FROM matters c
		WHERE c.district_id = $1 AND c.keep_from < $2`,
}

const (
	keptComplaints = `SELECT c.centre, c.complaint_id AS id, c.keep_from AS since FROM complaints c WHERE c.district_id = $1 AND `
	keptOthers     = ` AND NOT EXISTS (SELECT FROM complaints o WHERE o.district_id = $1 AND o.case_id = c.case_id
		AND o.case_id <> o.complaint_id AND o.complaint_id <> c.complaint_id AND o.state <> 'transferred' AND o.keep_from IS NULL
		AND coalesce(o.data::json ->> 'shredded', '') NOT LIKE '%V%')
		AND NOT EXISTS (SELECT FROM complaints o WHERE o.district_id = $1 AND o.complaint_id = c.case_id
		AND o.complaint_id <> c.complaint_id AND o.state <> 'transferred' AND o.keep_from IS NULL
		AND coalesce(o.data::json ->> 'shredded', '') NOT LIKE '%V%')`
)

// keptRow is something whose time is over.
type keptRow struct {
	Centre string
	ID     uuid.UUID
	Since  time.Time
}

// sweepRetention has the clock shred what is due.
func (b *Book) sweepRetention(ctx context.Context, district int32) (done int, err error) {
	v, now := b.rules.Load().of(district), b.now()
	// What is told in counselling is told of first: its time is the shorter.
	for _, code := range []string{ruleCounselling, ruleIdentity, ruleWarned} {
		r := v.keeps(code, now)
		if r == nil {
			continue
		}
		n, failed := b.shredDue(ctx, district, r, now)
		done += n
		err = errors.Join(err, failed)
	}
	n, failed := b.sweepOwn(ctx, district, v, now)
	return done + n, errors.Join(err, failed)
}

// shredDue has what is due by one rule shredded.
func (b *Book) shredDue(ctx context.Context, district int32, r *RetentionRule, now time.Time) (int, error) {
	var due []keptRow
	err := b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, keptQueries[r.Code]+` ORDER BY since, id LIMIT $3`, district, r.before(now), sweepSize)
		if err != nil {
			return fmt.Errorf("find what is due by %s: %w", r.Code, err)
		}
		due, err = pgx.CollectRows(rows, pgx.RowToStructByPos[keptRow])
		return wrap(err, "find what is due by "+r.Code)
	})
	if err != nil {
		return 0, err
	}
	byCentre := map[string][]ServerOp{}
	var centres []string
	for _, k := range due {
		if byCentre[k.Centre] == nil {
			centres = append(centres, k.Centre)
		}
		byCentre[k.Centre] = append(byCentre[k.Centre], shredOp(r, k))
	}
	return b.enterAll(ctx, district, centres, byCentre)
}

// shredOp is the op by which the clock shreds one thing.
func shredOp(r *RetentionRule, k keptRow) ServerOp {
	body := contract.KeyShred{SubjectID: k.ID, Rule: r.Code}
	for _, c := range shredClasses[r.Code] {
		body.Classes = append(body.Classes, string(c))
	}
	return ServerOp{Kind: kindShred, Subject: k.ID, Rule: r.Code, At: r.until(k.Since), Body: body}
}

// positionsFor is how long raw positions are kept in a district at a time.
func (b *Book) positionsFor(district int32, now time.Time) time.Duration {
	r := b.rules.Load().of(district).keeps(rulePositions, now)
	if r == nil {
		return positionsKept
	}
	return now.Sub(r.before(now))
}

// Forget does what the rules say of places and logs, which are no entries: of
// positions past their time it leaves the cells of the day, of these, when theirs
// is over, the cells of resolution 7 without the officer; and it drops records of
// log-ins, alarms and refused reads.
func (b *Book) Forget(ctx context.Context) error {
	districts, err := b.Districts(ctx)
	if err != nil {
		return err
	}
	now := b.now()
	oldest := now.Add(-positionsKept)
	for _, d := range districts {
		keep := now.Add(-b.positionsFor(d, now))
		oldest = earliest(oldest, keep)
		if err := b.forgetIn(ctx, d, keep, now); err != nil {
			return fmt.Errorf("forget in district %d: %w", d, err)
		}
	}
	// Days of which every district has taken what it keeps.
	_, err = b.Pool.Exec(ctx, `SELECT positions_drop($1::date)`, oldest.Format(time.DateOnly))
	return wrap(err, "drop positions")
}

// forgetIn is Forget for one district.
func (b *Book) forgetIn(ctx context.Context, district int32, keep, now time.Time) error {
	v := b.rules.Load().of(district)
	return within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		if err := toTracks(ctx, tx, district, keep.Truncate(24*time.Hour)); err != nil {
			return err
		}
		if err := forgetLast(ctx, tx, district, now.Add(-v.longestDuty())); err != nil {
			return err
		}
		if r := v.keeps(ruleTracks, now); r != nil {
			if err := toCells(ctx, tx, district, day(r.before(now))); err != nil {
				return err
			}
		}
		if r := v.keeps(ruleAudit, now); r != nil && !r.before(now).IsZero() {
			if _, err := tx.Exec(ctx, `SELECT audit_drop($1)`, r.before(now)); err != nil {
				return fmt.Errorf("drop records of log-ins: %w", err)
			}
		}
		return nil
	})
}

// toTracks leaves of positions before a time (a whole day, UTC) the cells of the
// day (IST).
func toTracks(ctx context.Context, tx pgx.Tx, district int32, before time.Time) error {
	p := &pgx.Batch{}
	p.Queue(`INSERT INTO tracks (district_id, officer_id, centre, day, cell, first_at, last_at)
		SELECT $1, officer_id, min(centre), (at AT TIME ZONE INTERVAL '+05:30')::date, cell, min(at), max(at) FROM positions
		WHERE district_id = $1 AND at < $2 GROUP BY officer_id, 4, cell
		ON CONFLICT (district_id, officer_id, day, cell) DO UPDATE SET first_at = least(tracks.first_at, excluded.first_at),
			last_at = greatest(tracks.last_at, excluded.last_at)`, district, before)
	p.Queue(`DELETE FROM positions WHERE district_id = $1 AND at < $2`, district, before)
	return wrap(send(ctx, tx, p), "make tracks of positions")
}

// toCells leaves of tracks before a day their cells of resolution 7.
func toCells(ctx context.Context, tx pgx.Tx, district int32, before string) error {
	rows, err := tx.Query(ctx, `SELECT DISTINCT centre, day::text, cell FROM tracks WHERE district_id = $1 AND day < $2::text::date`,
		district, before)
	if err != nil {
		return fmt.Errorf("read tracks: %w", err)
	}
	var centre, on string
	var cell int64
	var centres, days []string
	var cells []int64
	if _, err := pgx.ForEachRow(rows, []any{&centre, &on, &cell}, func() error {
		centres, days = append(centres, centre), append(days, on)
		cells = append(cells, int64(geo.Cell(cell).Parent(trackLeft)))
		return nil
	}); err != nil {
		return fmt.Errorf("read tracks: %w", err)
	}
	if len(cells) == 0 {
		return nil
	}
	p := &pgx.Batch{}
	p.Queue(`INSERT INTO track_cells (district_id, centre, day, cell)
		SELECT DISTINCT $1::int, c, d::date, h FROM unnest($2::text[], $3::text[], $4::bigint[]) AS x (c, d, h)
		ON CONFLICT (district_id, centre, day, cell) DO NOTHING`, district, centres, days, cells)
	p.Queue(`DELETE FROM tracks WHERE district_id = $1 AND day < $2::text::date`, district, before)
	return wrap(send(ctx, tx, p), "make cells of tracks")
}

// trackLeft is the resolution of what is left of a track.
const trackLeft = 7
