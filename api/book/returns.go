package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Returns are the figures of a span of days, by centre and in all, as the books
// have them now, with what was signed.
type Returns struct {
	Centres []CentreReturn
	Total   map[string]int64
}

// CentreReturn is the part of one centre.
type CentreReturn struct {
	Centre  string
	Figures map[string]int64
	Signed  []Return
}

// returnDays is the longest span that is read at once: a quarter.
const returnDays = 92

// Returns reads the figures of one centre, or of all that the caller may read.
func (b *Book) Returns(ctx context.Context, who staff.Caller, centre string, from, to time.Time) (*Returns, error) {
	switch days := int(to.Sub(from).Hours()/24) + 1; {
	case to.Before(from):
		return nil, refusal(contract.CodeEndedBeforeStarted, "to")
	case days > returnDays:
		return nil, contract.NewProblem(contract.CodeSpanTooLong, contract.WithPointer("to"),
			contract.WithDetail(fmt.Sprint(returnDays)))
	}
	out := &Returns{Total: map[string]int64{}}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		centres, err := b.rowsOf(ctx, tx, who, centre)
		if err != nil {
			return err
		}
		q := &returnQuery{who.District, centres, from.Format(time.DateOnly), to.Format(time.DateOnly), b.now()}
		return out.fill(ctx, tx, q)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// counters are the posts that read the figures of what they reach.
var counters = []string{
	staff.CentreIncharge, staff.SHO, staff.CO, staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP,
}

// counts tells whether a post of the caller reads the figures of a centre.
func (b *Book) counts(who staff.Caller, centre, circle string) bool {
	now, reach := b.now(), &batch{centre: centre, circle: circle}
	return slices.ContainsFunc(who.Posts, func(p staff.Post) bool {
		return p.Covers(now) && reach.reaches(p) && slices.Contains(counters, p.Role)
	})
}

// rowsOf lists the centres whose figures a caller may read: the one that he
// names, or all but the district's own book.
func (b *Book) rowsOf(ctx context.Context, tx pgx.Tx, who staff.Caller, one string) ([]string, error) {
	if one != "" {
		if _, err := b.viewOf(ctx, tx, who, one); err != nil {
			return nil, err
		}
	}
	rows, err := tx.Query(ctx, `SELECT centre, coalesce(circle, '') FROM centres
		WHERE district_id = $1 AND ($2 = '' AND centre <> $3 OR centre = $2) ORDER BY centre`, who.District, one, HQ)
	if err != nil {
		return nil, fmt.Errorf("list centres: %w", err)
	}
	var list []string
	var centre, circle string
	_, err = pgx.ForEachRow(rows, []any{&centre, &circle}, func() error {
		if b.counts(who, centre, circle) {
			list = append(list, centre)
		}
		return nil
	})
	if err == nil && len(list) == 0 {
		return nil, refusal(contract.CodeForbidden, "centre")
	}
	return list, wrap(err, "list centres")
}

type returnQuery struct {
	district int32
	centres  []string
	from, to string
	now      time.Time
}

func (r *Returns) fill(ctx context.Context, tx pgx.Tx, q *returnQuery) error {
	counts, err := q.counts(ctx, tx)
	if err != nil {
		return err
	}
	signed, err := q.signed(ctx, tx)
	if err != nil {
		return err
	}
	pending, err := q.pending(ctx, tx)
	if err != nil {
		return err
	}
	for _, centre := range q.centres {
		c := CentreReturn{Centre: centre, Figures: figuresOf(counts[centre]), Signed: signed[centre]}
		for _, a := range ages {
			c.Figures[figurePending+a.code] = pending[centre][a.code]
		}
		for figure, n := range c.Figures {
			r.Total[figure] += n
		}
		r.Centres = append(r.Centres, c)
	}
	return nil
}

// counts sums the tallies of the days.
func (q *returnQuery) counts(ctx context.Context, tx pgx.Tx) (map[string]map[string]int64, error) {
	rows, err := tx.Query(ctx, `SELECT centre, code, sum(n)::bigint FROM tallies WHERE district_id = $1 AND centre = ANY($2)
		AND day BETWEEN $3::text::date AND $4::text::date GROUP BY centre, code`, q.district, q.centres, q.from, q.to)
	if err != nil {
		return nil, fmt.Errorf("sum tallies: %w", err)
	}
	out := map[string]map[string]int64{}
	var centre, code string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&centre, &code, &n}, func() error {
		if out[centre] == nil {
			out[centre] = map[string]int64{}
		}
		out[centre][code] = n
		return nil
	})
	return out, wrap(err, "sum tallies")
}

// signed reads what was signed, of a centre no more than a list may hold.
func (q *returnQuery) signed(ctx context.Context, tx pgx.Tx) (map[string][]Return, error) {
	rows, err := tx.Query(ctx, `SELECT centre, to_char(day, 'YYYY-MM-DD'), n, signed_by, signed_at, seq, figures FROM returns
		WHERE district_id = $1 AND centre = ANY($2) AND day BETWEEN $3::text::date AND $4::text::date ORDER BY centre, returns.day, n`,
		q.district, q.centres, q.from, q.to)
	if err != nil {
		return nil, fmt.Errorf("read returns: %w", err)
	}
	out := map[string][]Return{}
	var centre, figures string
	var r Return
	_, err = pgx.ForEachRow(rows, []any{&centre, &r.Day, &r.N, &r.SignedBy, &r.SignedAt, &r.Seq, &figures}, func() error {
		if len(out[centre]) == listMost {
			return nil
		}
		one := r
		one.Figures = nil
		out[centre] = append(out[centre], one)
		return unjson(figures, &out[centre][len(out[centre])-1].Figures)
	})
	return out, wrap(err, "read returns")
}

// pending counts by its age what waits for a disposal now.
func (q *returnQuery) pending(ctx context.Context, tx pgx.Tx) (map[string]map[string]int64, error) {
	rows, err := tx.Query(ctx, `SELECT centre, arrived_at FROM complaints WHERE district_id = $1 AND centre = ANY($2)
		AND closed_at IS NULL AND state NOT IN ($3, $4)`, q.district, q.centres, stateDisposed, stateFeedback)
	if err != nil {
		return nil, fmt.Errorf("count what is pending: %w", err)
	}
	out := map[string]map[string]int64{}
	var centre string
	var arrived time.Time
	_, err = pgx.ForEachRow(rows, []any{&centre, &arrived}, func() error {
		if out[centre] == nil {
			out[centre] = map[string]int64{}
		}
		out[centre][ageOf(q.now.Sub(arrived))]++
		return nil
	})
	return out, wrap(err, "count what is pending")
}
