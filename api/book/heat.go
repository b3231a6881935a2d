package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/geo/heat"
	contract "kendra/mobile-contract"
)

// HeatWeek is the heat of complaints as it was published for a week: kendra/geo/heat says
// what it tells, and what it cannot.
type HeatWeek struct {
	Week   string // its Monday
	MadeAt *time.Time
	Rows   []heat.Row
	Weeks  []string // for which there is one, the newest first
}

const (
	// heatKept is for how many weeks a complaint waits to be counted at most.
	heatKept = 52
	// HeatListed is how many weeks a reader may choose from.
	HeatListed = 60

	listHeatPublic = "heat_public"
	listHeatHome   = "heat_home"
)

// heatReaders are the posts that see where complaints come from: who plans for a circle or
// the district, and who counts for them.
//
//nolint:gochecknoglobals // a static table
var heatReaders = []string{staff.CO, staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP, staff.Analyst}

// Heat reads what was published for the week with that Monday, or the newest there is if
// it is empty. It takes no other question.
func (b *Book) Heat(ctx context.Context, who staff.Caller, week string) (*HeatWeek, error) {
	now := b.now()
	if !slices.ContainsFunc(who.Posts, func(p staff.Post) bool { return p.Covers(now) && slices.Contains(heatReaders, p.Role) }) {
		return nil, refusal(contract.CodeForbidden, "")
	}
	if week != "" {
		if at, err := time.Parse(time.DateOnly, week); err != nil || at.Weekday() != time.Monday {
			return nil, refusal(contract.CodeBadFormat, "week")
		}
	}
	out := &HeatWeek{Week: week, Rows: []heat.Row{}}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT week::text FROM heat_snapshots WHERE district_id = $1 ORDER BY week DESC LIMIT $2`, who.District, HeatListed)
		if err != nil {
			return fmt.Errorf("list weeks of heat: %w", err)
		}
		if out.Weeks, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return fmt.Errorf("list weeks of heat: %w", err)
		}
		if out.Week == "" && len(out.Weeks) > 0 {
			out.Week = out.Weeks[0]
		}
		if !slices.Contains(out.Weeks, out.Week) {
			return nil
		}
		return out.read(ctx, tx, who.District)
	})
	return out, err
}

func (w *HeatWeek) read(ctx context.Context, tx pgx.Tx, district int32) error {
	rows, err := tx.Query(ctx, `SELECT told, made_at FROM heat_snapshots WHERE district_id = $1 AND week > $2::text::date - 7 * $3::int
		AND week <= $2::text::date ORDER BY week`, district, w.Week, heat.Window)
	if err != nil {
		return fmt.Errorf("read heat: %w", err)
	}
	var weeks [][]heat.Group
	var told string
	var made time.Time
	if _, err := pgx.ForEachRow(rows, []any{&told, &made}, func() error {
		var groups []heat.Group
		weeks, w.MadeAt = append(weeks, groups), &made
		return unjson(told, &weeks[len(weeks)-1])
	}); err != nil {
		return fmt.Errorf("read heat: %w", err)
	}
	w.Rows = append(w.Rows, heat.Sum(weeks...)...)
	return nil
}

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
		s := heatSweep{district: district, week: over, from: otherWeek(over, 1-heat.Window), now: b.now()}
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

// collect puts the complaints that a book learnt of in the week among those that wait. A
// copy that came from another centre is none.
func (s *heatSweep) collect(ctx context.Context, tx pgx.Tx, centre string) error {
	begin, end := midnightOf(s.from), midnightOf(otherWeek(s.week, 1))
	first, err := firstSince(ctx, tx, s.district, centre, begin)
	if err != nil {
		return err
	}
	next, err := firstSince(ctx, tx, s.district, centre, end)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO heat_waiting (district_id, complaint_id, case_id, day, week, cell, layer)
		SELECT c.district_id, c.complaint_id, c.case_id,
			(c.arrived_at AT TIME ZONE 'Asia/Kolkata')::date, date_trunc('week', e.received_at AT TIME ZONE 'Asia/Kolkata')::date,
			CASE WHEN g.yes THEN 0 ELSE coalesce((SELECT u.cell FROM unnest(e.cells) AS u (cell) WHERE (u.cell >> 52) & 15 = $5 LIMIT 1), 0) END,
			CASE WHEN g.yes THEN 0 WHEN l.public THEN $8::int WHEN l.home THEN $9::int ELSE 0 END
		FROM complaints c JOIN entries e ON e.district_id = c.district_id AND e.centre = c.centre AND e.seq = c.seq,
			LATERAL (SELECT e.guarded OR coalesce('true' IN (c.data::json ->> 'guarded', c.data::json ->> 'is_sexual', c.data::json ->> 'is_child'), false) AS yes) g,
			LATERAL (SELECT coalesce(bool_or(list = $6), false) AS public, coalesce(bool_or(list = $7), false) AS home FROM codes
				WHERE list IN ($6, $7) AND code = c.category AND (valid_to IS NULL OR valid_to > e.received_at)) l
		WHERE c.district_id = $1 AND c.centre = $2 AND c.seq >= $3 AND c.seq < $4 AND c.data::json ->> 'from_id' IS NULL
		ON CONFLICT DO NOTHING`,
		s.district, centre, first, next, heat.Finest, listHeatPublic, listHeatHome, int(heat.Public), int(heat.Home))
	return wrap(err, "collect complaints of "+centre)
}

// waiting reads those that were not counted yet. A case that has become guarded meanwhile
// has no cell and no layer any more.
func (s *heatSweep) waiting(ctx context.Context, tx pgx.Tx) ([]heat.Complaint, error) {
	rows, err := tx.Query(ctx, `SELECT w.complaint_id, w.case_id, w.day::text, w.week::text, w.cell, w.layer, c.data
		FROM heat_waiting w, LATERAL (SELECT data FROM complaints WHERE district_id = $1 AND complaint_id = w.complaint_id LIMIT 1) c
		WHERE w.district_id = $1 ORDER BY w.complaint_id`, s.district)
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
		list[i].Who = hers(list[i].Who)
	}
	return list, nil
}

// women tells of a case which of a woman's cases stands for her. Two that have a number in
// common are hers, and so is one that has a number in common with either, whether it still
// waits or not: who has two numbers is not two women.
func (s *heatSweep) women(ctx context.Context, tx pgx.Tx, cases []uuid.UUID) (func(id uuid.UUID) uuid.UUID, error) {
	same := map[uuid.UUID]uuid.UUID{} // to one that stands nearer to the first
	first := func(id uuid.UUID) uuid.UUID {
		for {
			up, ok := same[id]
			if !ok {
				return id
			}
			id = up
		}
	}
	seen := map[uuid.UUID]bool{}
	for _, id := range cases {
		seen[id] = true
	}
	for look := compactIDs(cases); len(look) > 0; {
		rows, err := tx.Query(ctx, `SELECT c.id, o.case_id FROM unnest($2::uuid[]) AS c (id),
			LATERAL (SELECT keyed_hash FROM case_marks WHERE district_id = $1 AND case_id = c.id AND class = 'V' OFFSET 0) m,
			LATERAL (SELECT case_id FROM case_marks WHERE keyed_hash = m.keyed_hash AND district_id = $1 AND class = 'V' OFFSET 0) o
			WHERE o.case_id <> c.id`, s.district, look)
		if err != nil {
			return nil, fmt.Errorf("read whose cases they are: %w", err)
		}
		look = nil
		var one, other uuid.UUID
		_, err = pgx.ForEachRow(rows, []any{&one, &other}, func() error {
			if a, b := first(one), first(other); a != b {
				same[b] = a
			}
			if !seen[other] {
				seen[other], look = true, append(look, other)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read whose cases they are: %w", err)
		}
	}
	return first, nil
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
