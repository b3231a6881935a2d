package book

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/geo/heat"
)

const (
	// heatKept is for how many weeks a complaint waits to be counted at most.
	heatKept = 52

	listHeatPublic = "heat_public"
	listHeatHome   = "heat_home"
)

// sweepHeat publishes the heat of each week that is over, in turn: one that a server slept
// through is made of what the book knew at its end. It enters nothing in a book.
func (b *Book) sweepHeat(ctx context.Context, district int32) (int, error) {
	over := otherWeek(mondayOf(b.now()), -1)
	for {
		var last *string
		if err := b.read(ctx, district, func(tx pgx.Tx) error {
			return wrap(tx.QueryRow(ctx, `SELECT max(week)::text FROM heat_snapshots WHERE district_id = $1`, district).Scan(&last), "find heat")
		}); err != nil {
			return 0, err
		}
		s := heatSweep{district: district, week: over, from: otherWeek(over, 1-heat.Window), now: b.now(), rules: b.rules.Load().of(district)}
		if last != nil {
			if *last >= over {
				return 0, nil
			}
			s.week = otherWeek(*last, 1)
			s.from = s.week
		}
		if err := within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error { return s.publish(ctx, tx) }); err != nil {
			return 0, wrap(err, "publish heat of "+s.week)
		}
	}
}

// heatSweep publishes one week.
type heatSweep struct {
	district   int32
	week, from string // its Monday, and that from which on complaints come in with it
	now        time.Time
	rules      *ruleView
}

func (s *heatSweep) publish(ctx context.Context, tx pgx.Tx) error {
	// Of two processes the second waits here, and finds that it is done.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('heat'), $1)`, s.district); err != nil {
		return fmt.Errorf("wait for another: %w", err)
	}
	var there bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM heat_snapshots WHERE district_id = $1 AND week = $2::text::date)`,
		s.district, s.week).Scan(&there); err != nil || there {
		return wrap(err, "look for another's")
	}
	rows, err := tx.Query(ctx, `SELECT centre FROM heads WHERE district_id = $1 ORDER BY centre`, s.district)
	if err != nil {
		return fmt.Errorf("list books: %w", err)
	}
	centres, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list books: %w", err)
	}
	for _, c := range centres {
		if err := s.collect(ctx, tx, c); err != nil {
			return err
		}
	}
	waiting, err := s.waiting(ctx, tx)
	if err != nil {
		return err
	}
	told, rest := heat.Publish(waiting, weekNo(s.week))
	if told == nil {
		told = []heat.Group{}
	}
	stay := map[uuid.UUID]bool{}
	for _, c := range rest {
		stay[c.ID] = true
	}
	var gone []uuid.UUID
	for _, c := range waiting {
		if !stay[c.ID] {
			gone = append(gone, c.ID)
		}
	}
	p := &pgx.Batch{}
	p.Queue(`DELETE FROM heat_waiting WHERE district_id = $1 AND (complaint_id = ANY($2) OR week <= $3::text::date)`,
		s.district, gone, otherWeek(s.week, -heatKept))
	p.Queue(`INSERT INTO heat_snapshots (district_id, week, told, made_at) VALUES ($1, $2::text::date, $3, $4)`,
		s.district, s.week, jsonText(told), s.now)
	return wrap(send(ctx, tx, p), "write heat")
}

// collect puts the complaints that came into a book since it was last looked at among those
// that wait. Each is taken once, by the entry that opened it: a correction is the same
// complaint. A copy that came from another centre is none.
//
// What was looked at is known by the book's numbers, for they alone rise: an op that waited
// for another, or came while a sweep ran, stands behind entries that were received after it.
func (s *heatSweep) collect(ctx context.Context, tx pgx.Tx, centre string) error {
	var size, taken int64
	var fresh bool
	err := tx.QueryRow(ctx, `SELECT h.size, coalesce(t.seq, 0), t.seq IS NULL FROM heads h LEFT JOIN heat_taken t ON t.district_id = h.district_id AND t.centre = h.centre
		WHERE h.district_id = $1 AND h.centre = $2`, s.district, centre).Scan(&size, &taken, &fresh)
	if err != nil {
		return fmt.Errorf("find what was taken: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT c.complaint_id, c.case_id, c.category, o.received_at,
			(c.arrived_at AT TIME ZONE 'Asia/Kolkata')::date::text,
			coalesce((SELECT u.cell FROM unnest(e.cells) AS u (cell) WHERE (u.cell >> 52) & 15 = $6 LIMIT 1), 0),
			o.guarded OR e.guarded OR coalesce('true' IN (c.data::json ->> 'guarded', c.data::json ->> 'is_sexual', c.data::json ->> 'is_child'), false)
		FROM complaints c, LATERAL (SELECT CASE c.held_n WHEN 1 THEN c.held_seq ELSE (SELECT seq FROM spans
				WHERE district_id = $1 AND complaint_id = c.complaint_id AND n = 1) END AS seq) f,
			LATERAL (SELECT received_at, guarded FROM entries WHERE district_id = $1 AND centre = $2 AND seq = f.seq LIMIT 1) o,
			LATERAL (SELECT cells, guarded FROM entries WHERE district_id = $1 AND centre = $2 AND seq = c.seq LIMIT 1) e
		WHERE c.district_id = $1 AND c.centre = $2 AND c.seq > $3 AND f.seq > $3 AND f.seq <= $4
			AND (NOT $7 OR o.received_at >= $5) AND c.data::json ->> 'from_id' IS NULL`,
		s.district, centre, taken, size, midnightOf(s.from), heat.Finest, fresh)
	if err != nil {
		return fmt.Errorf("collect complaints of %s: %w", centre, err)
	}
	list, err := pgx.CollectRows(rows, s.taken)
	if err != nil {
		return fmt.Errorf("collect complaints of %s: %w", centre, err)
	}
	p := &pgx.Batch{}
	p.Queue(`INSERT INTO heat_waiting (district_id, complaint_id, case_id, day, week, cell, layer)
		SELECT $1, i, c, d::date, w::date, h, l FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::int[]) AS x (i, c, d, w, h, l)
		ON CONFLICT DO NOTHING`,
		s.district,
		column(list, func(r *heatRow) [16]byte { return r.id }),
		column(list, func(r *heatRow) [16]byte { return r.caseID }),
		column(list, func(r *heatRow) string { return r.day }),
		column(list, func(r *heatRow) string { return r.week }),
		column(list, func(r *heatRow) int64 { return r.cell }),
		column(list, func(r *heatRow) int { return int(r.layer) }))
	p.Queue(`INSERT INTO heat_taken (district_id, centre, seq) VALUES ($1, $2, $3)
		ON CONFLICT (district_id, centre) DO UPDATE SET seq = excluded.seq`, s.district, centre, size)
	return wrap(send(ctx, tx, p), "collect complaints of "+centre)
}

// heatRow is a complaint that comes among those that wait.
type heatRow struct {
	id, caseID uuid.UUID
	day, week  string
	cell       int64
	layer      heat.Layer
}

// taken is a complaint as it will wait: of the week in which the book learnt of it, or of the
// first that is not published yet. A guarded one has no cell and no layer.
func (s *heatSweep) taken(row pgx.CollectableRow) (*heatRow, error) {
	r := &heatRow{}
	var category string
	var at time.Time
	var guarded bool
	if err := row.Scan(&r.id, &r.caseID, &category, &at, &r.day, &r.cell, &guarded); err != nil {
		return nil, err
	}
	r.week = max(mondayOf(at), s.from)
	switch {
	case guarded:
		r.cell = 0
	case s.lists(listHeatPublic, category, at):
		r.layer = heat.Public
	case s.lists(listHeatHome, category, at):
		r.layer = heat.Home
	}
	return r, nil
}

// lists tells whether a category stood on a list of the district when a complaint came.
func (s *heatSweep) lists(list, category string, at time.Time) bool {
	_, known, retired := s.rules.code(list, category, at)
	return known && !retired
}

// waiting reads those that were not counted yet. A case that has become guarded meanwhile
// has no cell and no layer any more.
func (s *heatSweep) waiting(ctx context.Context, tx pgx.Tx) ([]heat.Complaint, error) {
	rows, err := tx.Query(ctx, `SELECT w.complaint_id, w.case_id, w.day::text, w.week::text, w.cell, w.layer, c.data
		FROM heat_waiting w, LATERAL (SELECT data FROM complaints WHERE district_id = $1 AND complaint_id = w.complaint_id LIMIT 1) c
		WHERE w.district_id = $1 AND w.week <= $2::text::date ORDER BY w.complaint_id`, s.district, s.week)
	if err != nil {
		return nil, fmt.Errorf("read who waits: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c heat.Complaint, err error) {
		var id, who uuid.UUID
		var day, week, data string
		var d ComplaintData
		if err := row.Scan(&id, &who, &day, &week, &c.Cell, &c.Layer, &data); err != nil {
			return c, err
		}
		if err := unjson(data, &d); err != nil {
			return c, err
		}
		if d.Guarded || d.IsSexual || d.IsChild {
			c.Cell, c.Layer = 0, heat.Other
		}
		c.ID, c.Who, c.Day, c.Week = id, who, dayNo(day), weekNo(week)
		return c, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read who waits: %w", err)
	}
	cases := make([]uuid.UUID, len(list))
	for i := range list {
		cases[i] = list[i].Who
	}
	hers, err := s.women(ctx, tx, cases)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Who = hers.who(list[i].Who)
	}
	return list, nil
}

// midnightOf is when a day begins (IST).
func midnightOf(day string) time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, day, ist)
	return t.UTC()
}

func dayNo(day string) int {
	t, _ := time.Parse(time.DateOnly, day)
	return int(t.Unix() / 86400)
}

// weekNo counts weeks; day 4 was the first Monday of all.
func weekNo(monday string) int { return (dayNo(monday) - 4) / 7 }
