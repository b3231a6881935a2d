package book

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// tallyKey is one count of a day (IST) of a centre.
type tallyKey struct {
	Day  string
	Code string
}

// Counts of a day that belong to no register: entries that carry a flag, and
// arrests that steps tell of.
const (
	tallyFlagged = "flagged"
	tallyArrests = "arrests"
)

// tallies are counts by day. What apply adds is written as a difference, so
// that nothing has to be read for it; who needs the sum of a day asks for it.
type tallies struct {
	base  map[tallyKey]int64
	added map[tallyKey]int64
}

func newTallies() *tallies { return &tallies{base: map[tallyKey]int64{}, added: map[tallyKey]int64{}} }

// bump counts something that happened at a time.
func (s *State) bump(at time.Time, code string, n int64) { s.bumpOn(day(at), code, n) }

// bumpOn is bump for a day that is known (IST).
func (s *State) bumpOn(day, code string, n int64) {
	if n != 0 {
		s.tallied.added[tallyKey{day, code}] += n
	}
}

// tallyOf is the whole of a day that was asked for, as it now stands.
func (s *State) tallyOf(day string) map[string]int64 {
	out := map[string]int64{}
	for _, m := range []map[tallyKey]int64{s.tallied.base, s.tallied.added} {
		for k, n := range m {
			if k.Day == day {
				out[k.Code] += n
			}
		}
	}
	maps.DeleteFunc(out, func(_ string, n int64) bool { return n == 0 })
	return out
}

// total counts the numbers of a line: into the sums of its register and year
// and into the tally of its day. A line that is struck takes them back.
func (s *State) total(l *Line, numbers map[string]int64) {
	maps.DeleteFunc(numbers, func(_ string, n int64) bool { return n == 0 })
	l.Sums = numbers
	s.add(l, 1)
}

func (s *State) add(l *Line, sign int64) {
	key := serialKey{l.Register, l.Year}
	r := *s.serials.get(key)
	sums := maps.Clone(r.Sums)
	if sums == nil {
		sums = map[string]int64{}
	}
	for code, n := range l.Sums {
		if sums[code] += sign * n; sums[code] == 0 {
			delete(sums, code)
		}
		s.bump(l.At, l.Register+"."+code, sign*n)
	}
	r.Sums = sums
	if sign < 0 {
		r.Struck++
	}
	s.serials.put(key, &r)
	s.bump(l.At, l.Register+".lines", sign)
}

func (s *State) queueTallies(b *pgx.Batch, days []string) {
	b.Queue(`SELECT to_char(day, 'YYYY-MM-DD'), code, n FROM tallies WHERE district_id = $1 AND centre = $2
		AND day = ANY($3::text[]::date[])`, s.District, s.Centre, days).Query(func(rows pgx.Rows) error {
		var k tallyKey
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&k.Day, &k.Code, &n}, func() error {
			s.tallied.base[k] = n
			return nil
		})
		return wrap(err, "read tallies")
	})
}

func (s *State) flushTallies(b *pgx.Batch) {
	keys := slices.Collect(maps.Keys(s.tallied.added))
	if len(keys) == 0 {
		return
	}
	slices.SortFunc(keys, func(a, b tallyKey) int {
		if a.Day != b.Day {
			return compareText(a.Day, b.Day)
		}
		return compareText(a.Code, b.Code)
	})
	days, codes, ns := make([]string, len(keys)), make([]string, len(keys)), make([]int64, len(keys))
	for i, k := range keys {
		n := s.tallied.added[k]
		days[i], codes[i], ns[i] = k.Day, k.Code, n
		s.tallied.base[k] += n
	}
	s.tallied.added = map[tallyKey]int64{}
	b.Queue(`INSERT INTO tallies (district_id, centre, day, code, n)
		SELECT $1, $2, d::date, c, n FROM unnest($3::text[], $4::text[], $5::bigint[]) AS x (d, c, n)
		ON CONFLICT (district_id, centre, day, code) DO UPDATE SET n = tallies.n + excluded.n`,
		s.District, s.Centre, days, codes, ns)
}

// stepRow says that an entry is a step of a complaint or matter.
type stepRow struct {
	Subject uuid.UUID
	Seq     int64
}

// step notes that an entry belongs to the life of a subject. The one that began
// it is its first step without a row: its id is the subject's.
func (s *State) step(e *Entry, subject uuid.UUID) {
	if e.OpID == subject {
		return
	}
	r := stepRow{subject, e.Seq}
	for i := len(s.steps) - 1; i >= 0 && s.steps[i].Seq == e.Seq; i-- {
		if s.steps[i] == r {
			return
		}
	}
	s.steps = append(s.steps, r)
}

func (s *State) flushSteps(b *pgx.Batch) {
	if len(s.steps) == 0 {
		return
	}
	rows := pointers(s.steps)
	s.steps = nil
	b.Queue(`INSERT INTO steps (district_id, centre, subject_id, seq)
		SELECT $1, $2, `+each(3, "uuid bigint"), s.District, s.Centre,
		column(rows, func(r *stepRow) [16]byte { return r.Subject }),
		column(rows, func(r *stepRow) int64 { return r.Seq }))
}

// addNumber adds one to a number of a line that stands, wherever it is summed.
func (s *State) addNumber(l *Line, code string) {
	key := serialKey{l.Register, l.Year}
	r := *s.serials.get(key)
	r.Sums, l.Sums = maps.Clone(r.Sums), maps.Clone(l.Sums)
	for _, sums := range []*map[string]int64{&r.Sums, &l.Sums} {
		if *sums == nil {
			*sums = map[string]int64{}
		}
		(*sums)[code]++
	}
	s.serials.put(key, &r)
	s.bump(l.At, l.Register+"."+code, 1)
}
