package book

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/geo"
	contract "kendra/mobile-contract"
)

// nearQuery says what is looked for: the units of a centre, or of all, that are on
// duty and have said in the last half hour where they are.
type nearQuery struct {
	district int32
	centre   string // empty: of the whole district
	from     geo.Point
	n        int
	not      []uuid.UUID // officers who are left out
	now      time.Time
	rules    *ruleView
	rule     *unitRule // as it holds now
}

const unitColumns = `d.officer_id, d.role, d.squad_id, d.started_at, f.at, f.lat, f.lon, f.accuracy_m, f.mock`

// dutyOfFix is the duty that an officer is on, of a fix f: nobody is found off
// duty, and none by where he was before it. Parameters 1 to 4 are district,
// centre, since when a duty may have begun by any rule (longestDuty), and now; whether
// it is over by the rule of its start is for who reads it.
const dutyOfFix = `LATERAL (SELECT officer_id, role, squad_id, started_at FROM duties WHERE district_id = $1 AND officer_id = f.officer_id
	AND centre = f.centre AND ended_at IS NULL AND started_at > $3 AND started_at <= $4 AND started_at <= f.at
	ORDER BY started_at DESC LIMIT 1) d`

// nearest finds the nearest units, by rings that grow until as many as are asked
// for are surely nearer than whatever lies outside; then among all.
func nearest(ctx context.Context, tx pgx.Tx, q nearQuery) ([]Unit, error) {
	for _, res := range geo.RingSteps() {
		ring, err := geo.RingAt(q.from, res)
		if err != nil {
			return nil, fmt.Errorf("look around: %w", err)
		}
		found, err := q.look(ctx, tx, ring.Spans)
		if err != nil {
			return nil, err
		}
		if len(found) >= q.n && found[q.n-1].metres < ring.Reach {
			return found[:q.n], nil
		}
	}
	found, err := q.look(ctx, tx, []geo.Span{{First: 0, Last: math.MaxInt64}})
	return found[:min(q.n, len(found))], err
}

// look reads the units within spans of cells, the nearest first.
func (q *nearQuery) look(ctx context.Context, tx pgx.Tx, spans []geo.Span) ([]Unit, error) {
	of := `centre = $2` // a plan of its own each: an index of its own
	if q.centre == "" {
		of = `$2 = ''`
	}
	rows, err := tx.Query(ctx, `SELECT `+unitColumns+` FROM unnest($7::bigint[], $8::bigint[]) AS s (first, last),
		LATERAL (SELECT * FROM last_fixes WHERE district_id = $1 AND `+of+` AND cell BETWEEN s.first AND s.last
			AND at >= $5 AND at <= $6 AND NOT mock AND NOT officer_id = ANY($9) OFFSET 0) f, `+dutyOfFix,
		q.district, q.centre, q.now.Add(-q.rules.longestDuty()), q.now, q.now.Add(-FixFresh), q.now.Add(positionsAhead),
		column(pointers(spans), func(s *geo.Span) int64 { return int64(s.First) }),
		column(pointers(spans), func(s *geo.Span) int64 { return int64(s.Last) }), bare(q.not))
	if err != nil {
		return nil, fmt.Errorf("read units near: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanUnit)
	if err != nil {
		return nil, fmt.Errorf("read units near: %w", err)
	}
	out = onDutyStill(out, q.rules, q.now)
	for i := range out {
		out[i].measure(&q.from, q.now, q.rule)
	}
	slices.SortFunc(out, func(a, b Unit) int {
		return cmp.Or(cmp.Compare(a.metres, b.metres), compareIDs(a.OfficerID, b.OfficerID))
	})
	return out, nil
}

// bare are ids as pgx sends them fastest, and never null.
func bare(ids []uuid.UUID) [][16]byte {
	out := make([][16]byte, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

// Nearest finds the units on duty of a centre that are nearest to a point and
// have said in the last half hour where they are, for those who may send tasks
// there and for nobody else. The way is the line, longer by the factor of the
// rules; where somebody lives, or was before the duty, is never asked.
func (b *Book) Nearest(ctx context.Context, who staff.Caller, q UnitQuery, n int) (out []Unit, err error) {
	from, err := q.from()
	if err != nil {
		return nil, err
	}
	if from == nil {
		return nil, refusal(contract.CodeMissingField, "lat")
	}
	now, rules := b.now(), b.rules.Load().of(who.District)
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, q.Centre)
		if err != nil {
			return err
		}
		if !v.tasks {
			return refusal(contract.CodeForbidden, "")
		}
		out, err = nearest(ctx, tx, nearQuery{
			district: who.District, centre: q.Centre, from: *from, n: n, now: now, rules: rules, rule: rules.unitRule(now),
		})
		return err
	})
	return out, err
}

// whomToWake are the officers on duty whom a call for help wakes: the nearest, of
// whatever station, for danger knows no border; and if fewer say where they are, or
// nobody knows where she is, others on duty at her own.
func (t *batch) whomToWake(ctx context.Context, from *geo.Point, not []uuid.UUID) ([]uuid.UUID, error) {
	rules := t.book.rules.Load().of(t.district)
	q := nearQuery{district: t.district, not: not, now: t.now, rules: rules, rule: rules.unitRule(t.now)}
	q.n = q.rule.Units
	var out []uuid.UUID
	if from != nil {
		q.from = *from
		near, err := nearest(ctx, t.tx, q)
		if err != nil {
			return nil, err
		}
		for i := range near {
			out = append(out, near[i].OfficerID)
		}
	}
	if len(out) == q.n {
		return out, nil
	}
	rows, err := t.tx.Query(ctx, `SELECT officer_id, started_at FROM duties WHERE district_id = $1 AND centre = $2
		AND ended_at IS NULL AND started_at > $3 AND started_at <= $4 AND NOT officer_id = ANY($5) ORDER BY officer_id`,
		t.district, t.centre, q.now.Add(-rules.longestDuty()), q.now, bare(slices.Concat(not, out)))
	if err != nil {
		return nil, fmt.Errorf("read who is on duty: %w", err)
	}
	var more []uuid.UUID
	var officer uuid.UUID
	var started time.Time
	_, err = pgx.ForEachRow(rows, []any{&officer, &started}, func() error {
		if rules.dutyOver(started).After(q.now) {
			more = append(more, officer)
		}
		return nil
	})
	more = slices.Compact(more)
	return append(out, more[:min(q.n-len(out), len(more))]...), wrap(err, "read who is on duty")
}

// lastPlace is where an officer on duty last said that she is; nil if it is not
// known.
func (t *batch) lastPlace(ctx context.Context, officer uuid.UUID) (*geo.Point, error) {
	rules := t.book.rules.Load().of(t.district)
	rows, err := t.tx.Query(ctx, `SELECT `+unitColumns+` FROM (SELECT * FROM last_fixes WHERE district_id = $1 AND centre = $2
		AND officer_id = $5 AND at >= $6 OFFSET 0) f, `+dutyOfFix,
		t.district, t.centre, t.now.Add(-rules.longestDuty()), t.now, officer, t.now.Add(-FixFresh))
	if err != nil {
		return nil, fmt.Errorf("read last place: %w", err)
	}
	her, err := pgx.CollectRows(rows, scanUnit)
	if her = onDutyStill(her, rules, t.now); err != nil || len(her) == 0 {
		return nil, wrap(err, "read last place")
	}
	return &geo.Point{Lat: her[0].Fix.Lat, Lon: her[0].Fix.Lon}, nil
}

// onDutyStill leaves out those whose duty is over by the rule of the time when it began,
// though nobody has ended it yet.
func onDutyStill(list []Unit, r *ruleView, now time.Time) []Unit {
	return slices.DeleteFunc(list, func(u Unit) bool { return !r.dutyOver(u.Since).After(now) })
}

// forgetLast drops the last fixes of those who are off duty: where somebody was is
// kept by day (retention_sweep.go), and found by nobody.
func forgetLast(ctx context.Context, tx pgx.Tx, district int32, since time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM last_fixes f WHERE district_id = $1 AND NOT EXISTS (SELECT FROM duties d
		WHERE d.district_id = $1 AND d.officer_id = f.officer_id AND d.ended_at IS NULL AND d.started_at > $2)`, district, since)
	return wrap(err, "forget last fixes")
}
