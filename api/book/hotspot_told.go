package book

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/geo"
	"kendra/geo/heat"
)

// What is told of places, from three sides. Nothing of it is stored beside the book, and
// nothing of it is about a person:
//
//   - what officers proposed, by codes and counts, until two months' lists were agreed after it;
//   - rounds of the squad in which conduct was noted, counted in rounds, shown from two on.
//     Who was noted there, and how many, is nowhere in it; one who was named in a complaint
//     does not count, for where he was met says nothing of where it happened;
//   - cells of which public harassment is published (geo/heat), told to who decides, as yes or
//     no. No single complaint is looked at.

// SpotTold is all that is told of a place.
type SpotTold struct {
	PlaceID              uuid.UUID
	Code, NameHi, NameEn string
	Kind                 string
	Mentions             []SpotMentions // by officers, the most first
	Signs                []string
	HoursFrom, HoursTo   string   // from the first to the last hour that was told; empty: none was
	Days                 []string // all that were told; empty: none was
	Rounds               int      // in which conduct was noted; 0: fewer than toldRounds
	Heat                 bool

	cell geo.Cell
}

// SpotMentions is how often something was told by a source.
type SpotMentions struct {
	Source string
	N      int
}

const (
	toldDays   = 60   // how far back rounds are counted
	toldRounds = 2    // from how many on
	toldMost   = 200  // places
	toldRows   = 5000 // proposals that are looked at, the newest
)

// toldQuery reads what is told of the places of a centre.
type toldQuery struct {
	district int32
	centre   string
	now      time.Time
	decides  bool
	rules    *ruleView
}

func (q *toldQuery) read(ctx context.Context, tx pgx.Tx) ([]SpotTold, error) {
	places, err := q.places(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, add := range []func(context.Context, pgx.Tx, map[uuid.UUID]*SpotTold) error{q.byOfficers, q.byRounds, q.byHeat} {
		if err := add(ctx, tx, places); err != nil {
			return nil, err
		}
	}
	var out []SpotTold
	for _, p := range places {
		if len(p.Mentions) > 0 || p.Rounds > 0 || p.Heat {
			out = append(out, *p)
		}
	}
	slices.SortFunc(out, func(a, b SpotTold) int {
		return cmp.Or(cmp.Compare(b.mentions(), a.mentions()), cmp.Compare(b.Rounds, a.Rounds), compareIDs(a.PlaceID, b.PlaceID))
	})
	return out[:min(len(out), toldMost)], nil
}

func (t *SpotTold) mentions() (n int) {
	for _, m := range t.Mentions {
		n += m.N
	}
	return n
}

// places are those of the centre that may be hot-spots today.
func (q *toldQuery) places(ctx context.Context, tx pgx.Tx) (map[uuid.UUID]*SpotTold, error) {
	rows, err := tx.Query(ctx, `SELECT v.place_id, v.code, v.hi, v.en, v.kind, v.cell FROM place_versions v WHERE `+thatDay,
		q.district, []string{q.centre}, day(q.now))
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	out := map[uuid.UUID]*SpotTold{}
	var p SpotTold
	_, err = pgx.ForEachRow(rows, []any{&p.PlaceID, &p.Code, &p.NameHi, &p.NameEn, &p.Kind, &p.cell}, func() error {
		if q.rules.spotKind(p.Kind, q.now) {
			one := p
			out[p.PlaceID] = &one
		}
		return nil
	})
	return out, wrap(err, "read places")
}

// byOfficers adds what still stands of what officers proposed: after it no two months' lists
// were agreed.
func (q *toldQuery) byOfficers(ctx context.Context, tx pgx.Tx, places map[uuid.UUID]*SpotTold) error {
	rows, err := tx.Query(ctx, `SELECT place_id, source, hours_from, hours_to, days, signs, mentions FROM spot_proposals
		WHERE district_id = $1 AND centre = $2 AND seq > coalesce((SELECT max(decided_seq) FROM spot_lists
			WHERE district_id = $1 AND centre = $2 AND state = 'agreed' GROUP BY month ORDER BY max(decided_seq) DESC OFFSET 1 LIMIT 1), 0)
		ORDER BY seq DESC LIMIT $3`, q.district, q.centre, toldRows)
	if err != nil {
		return fmt.Errorf("read what was proposed: %w", err)
	}
	var b SpotProposal
	_, err = pgx.ForEachRow(rows, []any{&b.PlaceID, &b.Source, &b.HoursFrom, &b.HoursTo, &b.Days, &b.Signs, &b.Mentions}, func() error {
		if p := places[b.PlaceID]; p != nil {
			p.told(&b)
		}
		return nil
	})
	for _, p := range places {
		slices.Sort(p.Signs)
		slices.SortFunc(p.Mentions, func(a, b SpotMentions) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Source, b.Source)) })
		p.Days = slices.DeleteFunc(slices.Clone(weekdays), func(d string) bool { return !slices.Contains(p.Days, d) })
	}
	return wrap(err, "read what was proposed")
}

// told adds a proposal to what is told of its place.
func (t *SpotTold) told(b *SpotProposal) {
	if i := slices.IndexFunc(t.Mentions, func(m SpotMentions) bool { return m.Source == b.Source }); i >= 0 {
		t.Mentions[i].N += b.Mentions
	} else {
		t.Mentions = append(t.Mentions, SpotMentions{b.Source, b.Mentions})
	}
	for _, s := range b.Signs {
		if !slices.Contains(t.Signs, s) {
			t.Signs = append(t.Signs, s)
		}
	}
	t.Days = append(t.Days, b.Days...)
	switch {
	case b.HoursFrom == "":
	case t.HoursFrom == "":
		t.HoursFrom, t.HoursTo = b.HoursFrom, b.HoursTo
	default:
		t.HoursFrom, t.HoursTo = min(t.HoursFrom, b.HoursFrom), max(t.HoursTo, b.HoursTo)
	}
}

// byRounds counts the rounds of the squads at each place in which conduct was noted, by an
// entry about a person that stands. A round that was corrected is the same one, by whichever
// entry it is named.
func (q *toldQuery) byRounds(ctx context.Context, tx pgx.Tx, places map[uuid.UUID]*SpotTold) error {
	year := q.now.In(ist).Year()
	since := q.now.AddDate(0, 0, -toldDays)
	rows, err := tx.Query(ctx, `SELECT v.place_id, count(DISTINCT v.subject_id) FROM (
			SELECT DISTINCT (m.data::json -> 'act' ->> 'round_id')::uuid AS round_id FROM unnest($3::bigint[]::int[]) AS y (year),
				LATERAL (SELECT subject_id, at FROM lines WHERE district_id = $1 AND centre = $2 AND register = 'squad' AND year = y.year
					AND struck_seq IS NULL ORDER BY serial DESC LIMIT $4) l,
				LATERAL (SELECT data, kind, state FROM matters WHERE district_id = $1 AND matter_id = l.subject_id LIMIT 1) m
			WHERE l.at > $5 AND m.kind = $6 AND m.state NOT IN ('struck', $7) AND m.data::json ->> 'code' <> 'named_in_complaint' OFFSET 0) n,
			LATERAL (SELECT coalesce((SELECT r.subject_id FROM ops o
				JOIN entries e ON e.district_id = o.district_id AND e.centre = o.centre AND e.seq = o.seq
				JOIN lines r ON r.district_id = e.district_id AND r.centre = e.centre AND r.register = 'squad'
					AND r.year = (e.lines::json -> 0 ->> 'year')::int AND r.serial = (e.lines::json -> 0 ->> 'serial')::bigint
				WHERE o.district_id = $1 AND o.op_id = n.round_id AND e.kind = $9), n.round_id) AS id OFFSET 0) c
			JOIN spot_visits v ON v.subject_id = c.id
		WHERE v.district_id = $1 AND v.centre = $2 AND v.register = 'squad' AND v.at > $5 AND v.struck_at IS NULL
		GROUP BY v.place_id HAVING count(DISTINCT v.subject_id) >= $8`,
		q.district, q.centre, []int64{int64(year) - 1, int64(year)}, actsBack, since, matterPerson, matterQuashed, toldRounds, "entry.correct")
	if err != nil {
		return fmt.Errorf("count rounds at places: %w", err)
	}
	var id uuid.UUID
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
		if p := places[id]; p != nil {
			p.Rounds = n
		}
		return nil
	})
	return wrap(err, "count rounds at places")
}

// byHeat marks the places in cells of which harassment in public is published. How much it
// is the map of heat tells to who may see that.
func (q *toldQuery) byHeat(ctx context.Context, tx pgx.Tx, places map[uuid.UUID]*SpotTold) error {
	if !q.decides {
		return nil
	}
	var week *string
	if err := tx.QueryRow(ctx, `SELECT max(week)::text FROM heat_snapshots WHERE district_id = $1`, q.district).Scan(&week); err != nil {
		return fmt.Errorf("find heat: %w", err)
	}
	if week == nil {
		return nil
	}
	w := &HeatWeek{Week: *week}
	if err := w.read(ctx, tx, q.district); err != nil {
		return err
	}
	public := map[geo.Cell]bool{}
	for _, r := range w.Rows { // groups that are told as public are of the finest cells alone
		public[r.Cell] = r.Public > 0
	}
	for _, p := range places {
		p.Heat = public[p.cell.Parent(heat.Finest)]
	}
	return nil
}
