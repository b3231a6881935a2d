package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	openapi_types "github.com/oapi-codegen/runtime/types"

	contract "kendra/mobile-contract"
)

// lookAt is a squad whose work of a time is to be looked at for patterns.
type lookAt struct {
	Squad uuid.UUID
	At    time.Time
}

// dueRow is a span of a squad's work that is to be looked at, when it is due.
type dueRow struct {
	Squad uuid.UUID
	Span  string
	Day   string
	DueAt time.Time
}

// queueConduct writes what is to be looked at: a day as it goes, a week when it
// is over. It stands beside the book, as the outbox does.
func (t *batch) queueConduct(p *pgx.Batch) {
	var rows []*dueRow
	for _, l := range t.state.lookAt {
		week := spanOf(spanWeek, l.At)
		for _, r := range []*dueRow{
			{l.Squad, spanDay, day(l.At), t.now},
			{l.Squad, spanWeek, week.From.Format(time.DateOnly), later(week.To, t.now)},
		} {
			if !slices.ContainsFunc(rows, func(x *dueRow) bool { return x.Squad == r.Squad && x.Span == r.Span && x.Day == r.Day }) {
				rows = append(rows, r)
			}
		}
	}
	t.state.lookAt = nil
	if len(rows) == 0 {
		return
	}
	p.Queue(`INSERT INTO conduct_due (district_id, centre, squad_id, span, day, n, due_at)
		SELECT $1, $2, s, p, d::date, 1, t FROM unnest($3::uuid[], $4::text[], $5::text[], $6::timestamptz[]) AS x (s, p, d, t)
		ON CONFLICT (district_id, squad_id, span, day) DO UPDATE SET n = conduct_due.n + 1`, t.district, t.centre,
		column(rows, func(r *dueRow) [16]byte { return r.Squad }),
		column(rows, func(r *dueRow) string { return r.Span }),
		column(rows, func(r *dueRow) string { return r.Day }),
		column(rows, func(r *dueRow) time.Time { return r.DueAt }))
}

// conductDue is a span that is due to be looked at.
type conductDue struct {
	Centre string
	Squad  uuid.UUID
	Span   string
	Day    time.Time
	N      int64
}

// sweepConduct looks for patterns in what came in since it last looked.
func (b *Book) sweepConduct(ctx context.Context, district int32) (done int, err error) {
	var list []conductDue
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT centre, squad_id, span, day::timestamp AT TIME ZONE INTERVAL '+05:30', n FROM conduct_due
			WHERE district_id = $1 AND due_at <= $2 ORDER BY due_at, squad_id, span, day LIMIT $3`, district, b.now(), sweepSize)
		if err != nil {
			return fmt.Errorf("find squads to look at: %w", err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[conductDue])
		return wrap(err, "find squads to look at")
	})
	if err != nil {
		return 0, err
	}
	return inTurn(list, func(due conductDue) (int, error) {
		n, err := b.lookInto(ctx, district, due)
		return n, wrap(err, "conduct in "+due.Centre)
	})
}

// lookInto raises the patterns of one span that were not raised before, and
// forgets that it was due unless more has come meanwhile.
func (b *Book) lookInto(ctx context.Context, district int32, due conductDue) (int, error) {
	w := spanOf(due.Span, due.Day)
	rules := b.rules.Load().of(district).conductRules(w.From)
	var ops []ServerOp
	err := b.read(ctx, district, func(tx pgx.Tx) error {
		acts, err := readActs(ctx, tx, district, due, w)
		if err != nil {
			return err
		}
		for _, f := range findPatterns(acts, rules, due.Span, w) {
			ops = append(ops, f.raise(due, w, acts))
		}
		ops, err = unraised(ctx, tx, district, ops)
		return err
	})
	if err != nil {
		return 0, err
	}
	done := 0
	if len(ops) > 0 {
		if done, err = b.enterServer(ctx, district, due.Centre, ops); err != nil {
			return done, err
		}
	}
	return done, within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM conduct_due WHERE district_id = $1 AND squad_id = $2 AND span = $3 AND day = $4::text::date AND n = $5`,
			district, due.Squad, due.Span, day(due.Day), due.N)
		return wrap(err, "clear what was looked at")
	})
}

// raise is the op by which the clock tells of a pattern.
func (f finding) raise(due conductDue, w span, acts []act) ServerOp {
	body := contract.ConductFlag{
		SquadID: &due.Squad, Pattern: f.Rule.Pattern, Span: due.Span, N: f.N, Total: f.Total, Threshold: f.Rule.N,
		From: openapi_types.Date{Time: due.Day.In(ist)}, Officers: []uuid.UUID{},
	}
	if f.Ground != "" {
		body.Ground = &f.Ground
	}
	for _, a := range acts {
		if !w.holds(a.At) {
			continue
		}
		body.Officers = append(body.Officers, a.Officer)
		if a.Leader != nil {
			body.Officers = append(body.Officers, *a.Leader)
		}
	}
	body.Officers = compactIDs(body.Officers)
	body.Officers = body.Officers[:min(len(body.Officers), mostOfficers)]
	return ServerOp{Kind: "conduct.flag", Subject: due.Squad, Rule: f.Rule.Pattern + "/" + due.Span, At: w.To.UTC(), Body: body}
}

// unraised leaves of ops those that the book has not: the figures of a day that
// goes on would make another op of the same id.
func unraised(ctx context.Context, tx pgx.Tx, district int32, ops []ServerOp) ([]ServerOp, error) {
	ids := make([]uuid.UUID, len(ops))
	for i, o := range ops {
		ids[i] = serverOpID(roleClock, o)
	}
	rows, err := tx.Query(ctx, `SELECT o.op_id FROM unnest($2::uuid[]) AS u (id),
		LATERAL (SELECT op_id FROM ops WHERE district_id = $1 AND op_id = u.id LIMIT 1) o`, district, ids)
	if err != nil {
		return nil, fmt.Errorf("find what was raised: %w", err)
	}
	known, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return slices.DeleteFunc(ops, func(o ServerOp) bool {
		return slices.Contains(known, serverOpID(roleClock, o))
	}), wrap(err, "find what was raised")
}

// actsBack bounds how many lines of the squad register are looked at, the newest
// first: some weeks of a centre.
const actsBack = 3000

// readActs reads the lines of a squad that reach into a span, and whether their
// officers were on duty when they made them.
func readActs(ctx context.Context, tx pgx.Tx, district int32, due conductDue, w span) ([]act, error) {
	year := w.From.Year()
	rows, err := tx.Query(ctx, `SELECT m.matter_id, m.kind, m.owner_id, m.data FROM
		unnest($3::int[]) AS y (year), LATERAL (SELECT subject_id, at FROM lines WHERE district_id = $1 AND centre = $2
			AND register = 'squad' AND year = y.year AND struck_seq IS NULL ORDER BY serial DESC LIMIT $4) l,
		LATERAL (SELECT * FROM matters WHERE district_id = $1 AND matter_id = l.subject_id LIMIT 1) m
		WHERE l.at >= $5 AND m.state <> 'struck'`,
		district, due.Centre, []int{year, year + 1}, actsBack, w.From.AddDate(0, 0, -1))
	if err != nil {
		return nil, fmt.Errorf("read the squad's lines: %w", err)
	}
	acts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (act, error) {
		var a act
		var text string
		if err := row.Scan(&a.ID, &a.Kind, &a.Leader, &text); err != nil {
			return a, err
		}
		var data MatterData
		if err := unjson(text, &data); err != nil {
			return a, err
		}
		a.Officer, a.Ground, a.Outcome, a.Child = data.OpenedBy, data.Code, data.Result, data.IsChild
		if data.Act != nil {
			a.Act = *data.Act
		}
		return a, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the squad's lines: %w", err)
	}
	acts = slices.DeleteFunc(acts, func(a act) bool { return a.SquadID != due.Squad })
	slices.SortFunc(acts, func(a, b act) int { return compareIDs(a.ID, b.ID) })
	return acts, onDuty(ctx, tx, district, acts, w)
}

// onDuty finds which acts were made on duty.
func onDuty(ctx context.Context, tx pgx.Tx, district int32, acts []act, w span) error {
	var ids []uuid.UUID
	for _, a := range acts {
		ids = append(ids, a.Officer)
	}
	rows, err := tx.Query(ctx, `SELECT `+dutyColumns+` FROM duties WHERE district_id = $1 AND officer_id = ANY($2)
		AND started_at > $3 ORDER BY started_at`, district, compactIDs(ids), w.From.AddDate(0, 0, -3))
	if err != nil {
		return fmt.Errorf("read duties: %w", err)
	}
	duties, err := pgx.CollectRows(rows, scanDuty)
	for i := range acts {
		acts[i].OnDuty = slices.ContainsFunc(duties, func(d *Duty) bool {
			return d.OfficerID == acts[i].Officer && d.covers(acts[i].Made)
		})
	}
	return wrap(err, "read duties")
}
