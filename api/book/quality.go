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

// Trend is a share of a span of days, and of each part of the span.
type Trend struct {
	Share

	Parts []Share
}

// Quality is how a centre worked in a span of days: counts of what was done, each
// with what there was to do. It names nobody.
type Quality struct {
	Centre     string
	Arrived    int64      // complaints of women who came
	Registered Trend      // of those
	Median     *float64   // minutes from arrival to registration
	Medians    []*float64 // the same, of each part of the span
	Overdue    Trend      // of what is open now, with a limit that has passed; in the part in which it came
	Signed     Trend      // of the days that are over
	Feedback   Trend      // of those disposed of whom it is safe to call: spoken to
	Satisfied  Trend      // of those spoken to, by the day of the call: one who is not has her complaint taken up again
	Reopened   Trend      // of those who came and were disposed of
	FollowUps  Trend      // done by their day, of those done and those whose day is over
	Flags      Trend      // patterns of the squads answered, of those raised
	ByDay      []int64    // who came, day by day
}

// qualityParts is into how many parts a span is cut at most: as many points as an eye
// compares.
const qualityParts = 10

// PartDays is how many days a part of a span of so many days has.
func PartDays(days int) int { return (days + qualityParts - 1) / qualityParts }

// Qualities reads the quality of one centre, or of all that the caller may read. It asks
// the same questions whatever the number of centres.
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
		part := PartDays(days)
		q := &qualityQuery{district: who.District, centres: centres, from: from, to: to, now: b.now(), part: part, of: map[string]*Quality{}}
		out = make([]Quality, len(centres))
		for i, c := range centres {
			out[i] = newQuality(c, days, (days+part-1)/part)
			q.of[c] = &out[i]
		}
		return q.read(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func newQuality(centre string, days, parts int) Quality {
	q := Quality{Centre: centre, ByDay: make([]int64, days), Medians: make([]*float64, parts)}
	for _, t := range []*Trend{&q.Registered, &q.Overdue, &q.Signed, &q.Feedback, &q.Satisfied, &q.Reopened, &q.FollowUps, &q.Flags} {
		t.Parts = make([]Share, parts)
	}
	return q
}

type qualityQuery struct {
	district int32
	centres  []string
	from, to time.Time
	now      time.Time
	part     int // days
	of       map[string]*Quality
}

// longestOpen is how long before a span a complaint came at the latest that was disposed
// of in it: by then it has been raised to the SP for years. So no more is looked
// through in the tenth year of a book than in the third.
const longestOpen = 2

func (q *qualityQuery) read(ctx context.Context, tx pgx.Tx) error {
	begin, end := endOfDay(q.from.AddDate(0, 0, -1)), endOfDay(q.to)
	yesterday := endOfDay(q.now.In(ist).AddDate(0, 0, -1))
	p := &pgx.Batch{}
	q.arrived(p, end)
	q.ask(p, func(c *Quality) *Trend { return &c.Overdue },
		`SELECT c.centre, c.arrived_at AS at, true AS of, coalesce((SELECT min(k.due_at) FROM clocks k WHERE k.district_id = c.district_id
			AND k.subject_id = c.complaint_id AND k.stopped_at IS NULL AND k.paused_at IS NULL) < $5, false) AS n FROM complaints c
			WHERE c.district_id = $1 AND c.centre = ANY($2) AND c.closed_at IS NULL`, q.now)
	q.ask(p, func(c *Quality) *Trend { return &c.Feedback },
		`SELECT centre, disposed_at AS at, true AS of, strpos(data, $7) > 0 AS n FROM complaints
			WHERE district_id = $1 AND centre = ANY($2) AND arrived_at >= $5 AND arrived_at < $6
				AND disposed_at >= $3 AND disposed_at < $6 AND strpos(data, '"safe_to_call":true') > 0`,
		begin.AddDate(-longestOpen, 0, 0), end, `"reached":"`+reachedSpoke+`"`)
	q.ask(p, func(c *Quality) *Trend { return &c.Reopened },
		`SELECT centre, arrived_at AS at, disposed_at IS NOT NULL OR strpos(data, '"reopened":') > 0 AS of, strpos(data, '"reopened":') > 0 AS n
			FROM complaints WHERE district_id = $1 AND centre = ANY($2) AND arrived_at >= $3 AND arrived_at < $5`, end)
	// What was raised is counted by its day; those that wait are few, and found by their due time.
	q.parted(p, `SELECT centre, day::timestamp AT TIME ZONE 'Asia/Kolkata' AS at, n, n AS of FROM tallies WHERE district_id = $1 AND centre = ANY($2)
			AND day BETWEEN $5::text::date AND $6::text::date AND starts_with(code, 'conduct.')
		UNION ALL SELECT m.centre, e.received_at, -1, 0 FROM matters m
			JOIN entries e ON e.district_id = m.district_id AND e.centre = m.centre AND e.seq = m.seq
			WHERE m.district_id = $1 AND m.centre = ANY($2) AND m.kind = $7 AND m.due_at IS NOT NULL AND e.received_at >= $3 AND e.received_at < $8`,
		`sum(n)::bigint, sum(of)::bigint`, []any{q.from.Format(time.DateOnly), q.to.Format(time.DateOnly), matterConduct, end},
		q.shares(func(c *Quality) *Trend { return &c.Flags }))
	// A day of a plan was kept if she was looked in on by its end; one that nobody kept is still due.
	q.ask(p, func(c *Quality) *Trend { return &c.FollowUps },
		`SELECT l.centre, l.at, true AS of, to_char(l.at AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD') <= m.data::json #>> '{days,0}' AS n
			FROM lines l JOIN matters m ON m.district_id = l.district_id AND m.matter_id = l.subject_id
			WHERE l.district_id = $1 AND l.centre = ANY($2) AND l.register = $6 AND l.year BETWEEN $7 AND $8 AND l.struck_seq IS NULL
				AND l.at >= $3 AND l.at < $5 AND m.data::json #>> '{days,0}' IS NOT NULL
		UNION ALL SELECT centre, due_at - interval '1 second', true, false FROM matters
			WHERE district_id = $1 AND centre = ANY($2) AND kind = $9 AND state = $10 AND due_at <= $11`,
		end, registerFollowUp, q.from.Year()-1, q.to.Year()+1, matterFollowPlan, matterOpen, yesterday)
	q.signed(p)
	q.satisfied(p)
	q.byDay(p, begin, end)
	if err := tx.SendBatch(ctx, p).Close(); err != nil {
		return fmt.Errorf("read quality: %w", err)
	}
	return nil
}

// parted cuts rows with a centre and a time into the parts of the span. It says each row
// of a centre as a whole, with no part, and each of its parts.
func (q *qualityQuery) parted(p *pgx.Batch, rows, columns string, args []any, take func(row pgx.CollectableRow) error) {
	begin := endOfDay(q.from.AddDate(0, 0, -1))
	p.Queue(`WITH y AS MATERIALIZED (SELECT x.*, floor(extract(epoch FROM x.at - $3::timestamptz) / ($4::int * 86400))::int AS part
			FROM (`+rows+`) x)
		SELECT centre, NULL::int, `+columns+` FROM y GROUP BY centre UNION ALL SELECT centre, part, `+columns+` FROM y GROUP BY centre, part`, append([]any{q.district, q.centres, begin, q.part}, args...)...).
		Query(func(rows pgx.Rows) error {
			for rows.Next() {
				if err := take(rows); err != nil {
					return err
				}
			}
			return rows.Err()
		})
}

// ask puts a question into a pipeline whose rows say whether they count, and among what.
// Parameters 1 to 4 are district, centres, the beginning and the days of a part.
func (q *qualityQuery) ask(p *pgx.Batch, into func(c *Quality) *Trend, rows string, args ...any) {
	q.parted(p, rows, `count(*) FILTER (WHERE n AND of), count(*) FILTER (WHERE of)`, args, q.shares(into))
}

// shares takes rows of a centre, a part or none, and a share.
func (q *qualityQuery) shares(into func(c *Quality) *Trend) func(row pgx.CollectableRow) error {
	return func(row pgx.CollectableRow) error {
		var centre string
		var part *int
		var s Share
		if err := row.Scan(&centre, &part, &s.N, &s.Of); err != nil {
			return err
		}
		t := into(q.of[centre])
		switch {
		case part == nil:
			t.Share = s
		case *part >= 0 && *part < len(t.Parts): // what came before the span is open in it, too
			t.Parts[*part] = s
		}
		return nil
	}
}

// arrived reads who came, and how soon it was registered.
func (q *qualityQuery) arrived(p *pgx.Batch, end time.Time) {
	q.parted(p, `SELECT centre, arrived_at AS at, extract(epoch FROM registered_at - arrived_at)::float8 / 60 AS m FROM complaints
			WHERE district_id = $1 AND centre = ANY($2) AND arrived_at >= $3 AND arrived_at < $5`,
		`count(*), count(m), percentile_cont(0.5) WITHIN GROUP (ORDER BY m)`, []any{end}, func(row pgx.CollectableRow) error {
			var centre string
			var part *int
			var s Share
			var median *float64
			if err := row.Scan(&centre, &part, &s.Of, &s.N, &median); err != nil {
				return err
			}
			c := q.of[centre]
			if part == nil {
				c.Arrived, c.Registered.Share, c.Median = s.Of, s, median
			} else if *part < len(c.Medians) {
				c.Registered.Parts[*part], c.Medians[*part] = s, median
			}
			return nil
		})
}

// signed reads which of the days that are over were signed.
func (q *qualityQuery) signed(p *pgx.Batch) {
	last := q.lastOver()
	for _, c := range q.of {
		for day, i := q.from, 0; !day.After(last); day, i = day.AddDate(0, 0, 1), i+1 {
			c.Signed.Of++
			c.Signed.Parts[i/q.part].Of++
		}
	}
	p.Queue(`SELECT centre, (day - $3::text::date) / $5, count(*) FROM days WHERE district_id = $1 AND centre = ANY($2) AND state = 'signed'
			AND day BETWEEN $3::text::date AND $4::text::date GROUP BY 1, 2`,
		q.district, q.centres, q.from.Format(time.DateOnly), last.Format(time.DateOnly), q.part).Query(func(rows pgx.Rows) error {
		var centre string
		var part int
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&centre, &part, &n}, func() error {
			t := &q.of[centre].Signed
			t.N += n
			t.Parts[part].N = n
			return nil
		})
		return err
	})
}

// satisfied sums what the register of feedback counts: also of complaints that were
// taken up again, because she was not satisfied.
func (q *qualityQuery) satisfied(p *pgx.Batch) {
	p.Queue(`SELECT centre, (day - $3::text::date) / $5, coalesce(sum(n) FILTER (WHERE code = $6), 0)::bigint,
			coalesce(sum(n) FILTER (WHERE code = $7), 0)::bigint FROM tallies
			WHERE district_id = $1 AND centre = ANY($2) AND day BETWEEN $3::text::date AND $4::text::date AND code IN ($6, $7) GROUP BY 1, 2`,
		q.district, q.centres, q.from.Format(time.DateOnly), q.to.Format(time.DateOnly), q.part,
		registerFeedback+".satisfied.yes", registerFeedback+".reached."+reachedSpoke).Query(func(rows pgx.Rows) error {
		var centre string
		var part int
		var s Share
		_, err := pgx.ForEachRow(rows, []any{&centre, &part, &s.N, &s.Of}, func() error {
			t := &q.of[centre].Satisfied
			t.N, t.Of = t.N+s.N, t.Of+s.Of
			t.Parts[part] = s
			return nil
		})
		return err
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
