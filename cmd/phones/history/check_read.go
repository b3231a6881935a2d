package history

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// entry is what the checker needs of an entry: its line as phones are given it
// has the open body.
type entry struct {
	seq          int64
	id           uuid.UUID
	kind, role   string
	officer      uuid.UUID
	deviceAt, at time.Time
	lines        []contract.LineRef
	wire         []byte
}

// body reads the open body into something.
func (e *entry) body(into any) error {
	var wire struct {
		Body json.RawMessage `json:"body"`
	}
	if err := json.Unmarshal(e.wire, &wire); err != nil {
		return err
	}
	return json.Unmarshal(wire.Body, into)
}

// flagged tells whether the entry has a flag.
func (e *entry) flagged(code string) bool {
	var wire struct {
		Flags []contract.Flag `json:"flags"`
	}
	return json.Unmarshal(e.wire, &wire) == nil && slices.ContainsFunc(wire.Flags, func(f contract.Flag) bool { return string(f.Code) == code })
}

// of is a row of a register: the kind of body that made it and that body, be it
// of the entry or of the replacement that a correction carries.
func (e *entry) of() (kind string, body map[string]any) {
	all := map[string]any{}
	if e.body(&all) != nil || e.kind != string(contract.KindEntryCorrect) {
		return e.kind, all
	}
	for member, kind := range map[string]contract.Kind{
		"visit": contract.KindVisitRecord, "round": contract.KindSquadRound, "person": contract.KindSquadPerson,
		"complaint": contract.KindComplaintOpen,
	} {
		if part, ok := all[member].(map[string]any); ok {
			return string(kind), part
		}
	}
	return "", nil
}

type line struct {
	register      string
	year          int
	serial, seq   int64
	at            time.Time
	struck        *int64
	sums          map[string]int64
	isReopened    bool
	correctedFrom *int64
}

type registerYear struct {
	register string
	year     int
}

type total struct {
	last, struck int64
	sums         map[string]int64
}

type complaint struct {
	id                  uuid.UUID
	seq                 int64
	state               string
	arrived             time.Time
	closed              *time.Time
	fromCentre, closing string
	about               []uuid.UUID
}

type span struct {
	n       int
	officer *uuid.UUID
	role    string
	from    time.Time
	until   *time.Time
	seq     int64
}

type subjectLimit struct {
	subject uuid.UUID
	limit   string
}

type limitClock struct {
	n                int
	starts, due      time.Time
	pausedAt, stopAt *time.Time
	pausedS          int64
	rung             int
	next             *time.Time
}

type signedDay struct {
	day string
	seq int64
}

// query reads rows one by one into targets.
type query struct {
	sql  string
	into []any
	each func() error
}

// read reads the rows of the book.
func (c *checker) read(ctx context.Context, tx pgx.Tx) error {
	list := append(c.bookQueries(), c.lifeQueries()...)
	list = append(list, c.dayQueries()...)
	for _, q := range list {
		rows, err := tx.Query(ctx, q.sql, c.district, c.centre)
		if err != nil {
			return err
		}
		if _, err := pgx.ForEachRow(rows, q.into, q.each); err != nil {
			return err
		}
	}
	return c.ladders.read(ctx, tx, c.district)
}

func (c *checker) bookQueries() []query {
	c.byOp, c.bySeq, c.totals = map[uuid.UUID]*entry{}, map[int64]*entry{}, map[registerYear]*total{}
	var e entry
	var lines, sums, cols string
	var l line
	var k registerYear
	var t total
	return []query{
		{`SELECT seq, op_id, kind, role, officer_id, device_at, at, lines, wire FROM entries WHERE district_id = $1 AND centre = $2 ORDER BY seq`,
			[]any{&e.seq, &e.id, &e.kind, &e.role, &e.officer, &e.deviceAt, &e.at, &lines, &e.wire}, func() error {
				one := e
				one.lines, one.wire = nil, append([]byte(nil), e.wire...)
				c.entries, c.byOp[one.id], c.bySeq[one.seq] = append(c.entries, &one), &one, &one
				return json.Unmarshal([]byte(lines), &one.lines)
			}},
		{`SELECT register, year, serial, seq, at, struck_seq, corrects_seq, cols, sums FROM lines WHERE district_id = $1 AND centre = $2
			ORDER BY register, year, serial`,
			[]any{&l.register, &l.year, &l.serial, &l.seq, &l.at, &l.struck, &l.correctedFrom, &cols, &sums}, func() error {
				one := l
				one.sums = nil
				c.lines = append(c.lines, &one)
				var filled map[string]any
				if err := json.Unmarshal([]byte(cols), &filled); err != nil {
					return err
				}
				one.isReopened = filled["is_reopened"] == true
				return json.Unmarshal([]byte(sums), &one.sums)
			}},
		{`SELECT register, year, last, struck, sums FROM serials WHERE district_id = $1 AND centre = $2`,
			[]any{&k.register, &k.year, &t.last, &t.struck, &sums}, func() error {
				one := t
				one.sums = nil
				c.totals[k] = &one
				return json.Unmarshal([]byte(sums), &one.sums)
			}},
	}
}

func (c *checker) lifeQueries() []query {
	c.complaints, c.custody, c.clocks = map[uuid.UUID]*complaint{}, map[uuid.UUID][]span{}, map[subjectLimit][]*limitClock{}
	var x complaint
	var data, what string
	var id uuid.UUID
	var s span
	var k subjectLimit
	var r limitClock
	return []query{
		{`SELECT complaint_id, seq, state, arrived_at, closed_at, data FROM complaints WHERE district_id = $1 AND centre = $2`,
			[]any{&x.id, &x.seq, &x.state, &x.arrived, &x.closed, &data}, func() error {
				one := x
				var d struct {
					FromCentre string      `json:"from_centre"`
					Closing    string      `json:"close_reason"`
					About      []uuid.UUID `json:"about"`
				}
				if err := json.Unmarshal([]byte(data), &d); err != nil {
					return err
				}
				one.fromCentre, one.closing, one.about = d.FromCentre, d.Closing, d.About
				c.complaints[one.id] = &one
				return nil
			}},
		{`SELECT complaint_id, n, officer_id, role, from_at, until_at, seq FROM custody WHERE district_id = $1 AND centre = $2 ORDER BY complaint_id, n`,
			[]any{&id, &s.n, &s.officer, &s.role, &s.from, &s.until, &s.seq}, func() error {
				c.custody[id] = append(c.custody[id], s)
				return nil
			}},
		{`SELECT subject_id, code, n, starts_at, due_at, paused_at, stopped_at, paused_s, rung, next_at FROM clocks
			WHERE district_id = $1 AND centre = $2 ORDER BY subject_id, code, n`,
			[]any{&k.subject, &k.limit, &r.n, &r.starts, &r.due, &r.pausedAt, &r.stopAt, &r.pausedS, &r.rung, &r.next}, func() error {
				one := r
				c.clocks[k] = append(c.clocks[k], &one)
				return nil
			}},
		{`SELECT op::json ->> 'kind' || ' for ' || to_centre FROM outbox WHERE district_id = $1 AND from_centre = $2`, []any{&what}, func() error {
			c.undone = append(c.undone, what)
			return nil
		}},
	}
}

func (c *checker) dayQueries() []query {
	c.tally, c.again = map[string]map[string]int64{}, map[string]map[string]int64{}
	c.reviewed, c.returned = map[uuid.UUID][]string{}, map[string][]int{}
	var day, code string
	var number int64
	var id uuid.UUID
	var d signedDay
	var n int
	into := func(m map[string]map[string]int64) func() error {
		return func() error {
			if m[day] == nil {
				m[day] = map[string]int64{}
			}
			m[day][code] = number
			return nil
		}
	}
	return []query{
		{`SELECT to_char(day, 'YYYY-MM-DD'), code, n FROM tallies WHERE district_id = $1 AND centre = $2`, []any{&day, &code, &number}, into(c.tally)},
		{figuresAgain, []any{&day, &code, &number}, into(c.again)},
		{`SELECT to_char(day, 'YYYY-MM-DD'), seq FROM days WHERE district_id = $1 AND centre = $2 AND state = 'signed'`, []any{&d.day, &d.seq},
			func() error {
				c.days = append(c.days, d)
				return nil
			}},
		{`SELECT to_char(day, 'YYYY-MM-DD'), complaint_id FROM reviews WHERE district_id = $1 AND centre = $2`, []any{&day, &id}, func() error {
			c.reviewed[id] = append(c.reviewed[id], day)
			return nil
		}},
		{`SELECT to_char(day, 'YYYY-MM-DD'), n FROM returns WHERE district_id = $1 AND centre = $2 ORDER BY day, n`, []any{&day, &n}, func() error {
			c.returned[day] = append(c.returned[day], n)
			return nil
		}},
	}
}

// ladders are the rungs by the limit that they belong to.
type ladders struct {
	of    map[string]string // limit, ladder
	rungs []ladderRung
}

type ladderRung struct {
	ladder string
	n      int
	after  time.Duration
	from   time.Time
}

func (l *ladders) read(ctx context.Context, tx pgx.Tx, district int32) error {
	l.of = map[string]string{}
	var code, ladder, body string
	var r ladderRung
	var after int64
	for _, q := range []query{
		{`SELECT DISTINCT code, ladder FROM limits`, []any{&code, &ladder}, func() error {
			l.of[code] = ladder
			return nil
		}},
		{`SELECT urgency, rung, after_s, valid_from FROM ladders`, []any{&r.ladder, &r.n, &after, &r.from}, func() error {
			r.after = time.Duration(after) * time.Second
			l.rungs = append(l.rungs, r)
			return nil
		}},
		{fmt.Sprintf(`SELECT valid_from, body FROM rule_changes WHERE district_id = %d AND kind = 'ladder.set' ORDER BY seq`, district),
			[]any{&r.from, &body}, func() error {
				var b contract.LadderSet
				if err := json.Unmarshal([]byte(body), &b); err != nil {
					return err
				}
				for i, x := range b.Rungs {
					l.rungs = append(l.rungs, ladderRung{ladder: b.Ladder, n: i + 1, after: time.Duration(x.AfterS) * time.Second, from: r.from})
				}
				return nil
			}},
	} {
		rows, err := tx.Query(ctx, q.sql)
		if err != nil {
			return fmt.Errorf("read ladders: %w", err)
		}
		if _, err := pgx.ForEachRow(rows, q.into, q.each); err != nil {
			return fmt.Errorf("read ladders: %w", err)
		}
	}
	return nil
}

// after is how long after the passing of a limit its nth rung is told, by the
// newest rungs that held when the limit began.
func (l *ladders) after(limit string, n int, began time.Time) (time.Duration, bool) {
	var newest time.Time
	for _, r := range l.rungs {
		if r.ladder == l.of[limit] && !r.from.After(began) && r.from.After(newest) {
			newest = r.from
		}
	}
	after, found := time.Duration(0), false
	for _, r := range l.rungs {
		if r.ladder == l.of[limit] && r.from.Equal(newest) && r.n == n {
			after, found = r.after, true
		}
	}
	return after, found
}
