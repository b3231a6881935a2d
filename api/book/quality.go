package book

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Share is a count with what it is a part of.
type Share struct{ N, Of int64 }

// Quality is how a centre worked in a span of days: counts of what was done, each
// with what there was to do. It names nobody.
type Quality struct {
	Centre     string
	Arrived    int64    // complaints of women who came
	Registered Share    // of those
	Median     *float64 // minutes from arrival to registration
	Overdue    Share    // of what is open now, with a limit that has passed
	Signed     Share    // of the days that are over
	Feedback   Share    // of those disposed of whom it is safe to call: spoken to
	FollowUps  Share    // done, of those done and those whose day is over
	Flags      Share    // patterns of the squads answered, of those raised
	ByDay      []int64  // who came, day by day
}

// Qualities reads the quality of one centre, or of all that the caller may read.
func (b *Book) Qualities(ctx context.Context, who staff.Caller, centre string, from, to time.Time) ([]Quality, error) {
	days := int(to.Sub(from).Hours()/24) + 1
	switch {
	case to.Before(from):
		return nil, refusal(contract.CodeEndedBeforeStarted, "to")
	case days > returnDays:
		return nil, contract.NewProblem(contract.CodeSpanTooLong, contract.WithPointer("to"), contract.WithDetail(fmt.Sprint(returnDays)))
	}
	var out []Quality
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		centres, err := b.rowsOf(ctx, tx, who, centre)
		if err != nil {
			return err
		}
		q := &qualityQuery{district: who.District, centres: centres, from: from, to: to, now: b.now(), of: map[string]*Quality{}}
		out = make([]Quality, len(centres))
		for i, c := range centres {
			out[i] = Quality{Centre: c, ByDay: make([]int64, days)}
			q.of[c] = &out[i]
		}
		return q.read(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type qualityQuery struct {
	district int32
	centres  []string
	from, to time.Time
	now      time.Time
	of       map[string]*Quality
}

func (q *qualityQuery) read(ctx context.Context, tx pgx.Tx) error {
	begin, end := endOfDay(q.from.AddDate(0, 0, -1)), endOfDay(q.to)
	p := &pgx.Batch{}
	q.each(p, func(c *Quality) []any { return []any{&c.Arrived, &c.Registered.N, &c.Median} },
		`SELECT centre, count(*), count(m), percentile_cont(0.5) WITHIN GROUP (ORDER BY m) FROM (
			SELECT centre, extract(epoch FROM registered_at - arrived_at)::float8 / 60 AS m FROM complaints
			WHERE district_id = $1 AND centre = ANY($2) AND arrived_at >= $3 AND arrived_at < $4) x GROUP BY centre`, begin, end)
	q.each(p, func(c *Quality) []any { return []any{&c.Overdue.Of, &c.Overdue.N} },
		`SELECT c.centre, count(*), count(*) FILTER (WHERE (SELECT min(k.due_at) FROM clocks k WHERE k.district_id = c.district_id
			AND k.subject_id = c.complaint_id AND k.stopped_at IS NULL AND k.paused_at IS NULL) < $3) FROM complaints c
			WHERE c.district_id = $1 AND c.centre = ANY($2) AND c.closed_at IS NULL GROUP BY c.centre`, q.now)
	q.each(p, func(c *Quality) []any { return []any{&c.Signed.N} },
		`SELECT centre, count(*) FROM days WHERE district_id = $1 AND centre = ANY($2) AND state = 'signed'
			AND day BETWEEN $3::text::date AND $4::text::date GROUP BY centre`, q.from.Format(time.DateOnly), q.lastOver().Format(time.DateOnly))
	q.each(p, func(c *Quality) []any { return []any{&c.Feedback.Of, &c.Feedback.N} },
		`SELECT centre, count(*), count(*) FILTER (WHERE strpos(data, $5) > 0) FROM complaints
			WHERE district_id = $1 AND centre = ANY($2) AND disposed_at >= $3 AND disposed_at < $4 AND strpos(data, '"safe_to_call":true') > 0
			GROUP BY centre`, begin, end, `"reached":"`+reachedSpoke+`"`)
	q.each(p, func(c *Quality) []any { return []any{&c.Flags.Of, &c.Flags.N} },
		`SELECT m.centre, count(*), count(*) FILTER (WHERE m.state <> $6) FROM matters m
			JOIN entries e ON e.district_id = m.district_id AND e.centre = m.centre AND e.seq = m.seq
			WHERE m.district_id = $1 AND m.centre = ANY($2) AND e.at >= $3 AND e.at < $4 AND m.kind = $5 GROUP BY m.centre`,
		begin, end, matterConduct, matterOpen)
	q.each(p, func(c *Quality) []any { return []any{&c.FollowUps.Of} },
		`SELECT centre, count(*) FROM matters WHERE district_id = $1 AND centre = ANY($2) AND kind = $3 AND state = $4 AND due_at <= $5
			GROUP BY centre`, matterFollowPlan, matterOpen, endOfDay(q.now.In(ist).AddDate(0, 0, -1)))
	q.byDay(p, begin, end)
	if err := tx.SendBatch(ctx, p).Close(); err != nil {
		return fmt.Errorf("read quality: %w", err)
	}
	return q.rest(ctx, tx)
}

// each puts a question into a pipeline whose rows begin with their centre; what
// follows goes where into says.
func (q *qualityQuery) each(p *pgx.Batch, into func(c *Quality) []any, text string, args ...any) {
	p.Queue(text, append([]any{q.district, q.centres}, args...)...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var centre string
			at := q.of[string(rows.RawValues()[0])]
			if err := rows.Scan(append([]any{&centre}, into(at)...)...); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

func (q *qualityQuery) byDay(p *pgx.Batch, begin, end time.Time) {
	p.Queue(`SELECT centre, floor(extract(epoch FROM arrived_at - $3) / 86400)::int, count(*) FROM complaints
		WHERE district_id = $1 AND centre = ANY($2) AND arrived_at >= $3 AND arrived_at < $4 GROUP BY 1, 2`,
		q.district, q.centres, begin, end).Query(func(rows pgx.Rows) error {
		var centre string
		var day int
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&centre, &day, &n}, func() error {
			if list := q.of[centre].ByDay; day < len(list) {
				list[day] = n
			}
			return nil
		})
		return err
	})
}

// lastOver is the last day of the span that is over.
func (q *qualityQuery) lastOver() time.Time {
	last := q.to
	for !last.Before(q.from) && q.now.Before(endOfDay(last)) {
		last = last.AddDate(0, 0, -1)
	}
	return last
}

// rest fills what other readers know: follow-ups, and what each share is of.
func (q *qualityQuery) rest(ctx context.Context, tx pgx.Tx) error {
	counts, err := (&returnQuery{q.district, q.centres, q.from.Format(time.DateOnly), q.to.Format(time.DateOnly), q.now}).counts(ctx, tx)
	if err != nil {
		return err
	}
	over := max(0, int64(q.lastOver().Sub(q.from).Hours()/24)+1)
	for _, centre := range q.centres {
		c := q.of[centre]
		c.Registered.Of, c.Signed.Of = c.Arrived, over
		c.FollowUps.N = figuresOf(counts[centre])["follow_ups"]
		c.FollowUps.Of += c.FollowUps.N // to those whose day is over
	}
	return nil
}
