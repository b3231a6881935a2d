package book

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// clockList is a row of the table: all clocks that run or ran over one subject,
// in the order of code and n. They are read and changed together, and a
// complaint begins with five, so they are one row and not five.
type clockList struct {
	SubjectID   uuid.UUID
	ComplaintID *uuid.UUID
	Clocks      []*Clock
}

// clockLists are those of a State, with the subjects that are days by themselves.
type clockLists struct {
	rows[uuid.UUID, clockList]
	days []uuid.UUID
}

func newClockLists() *clockLists {
	return &clockLists{rows: *newRows[uuid.UUID, clockList]()}
}

func (r *clockLists) load(subject uuid.UUID, l *clockList) {
	r.note(subject, l)
	r.rows.load(subject, l)
}

func (r *clockLists) put(subject uuid.UUID, l *clockList) {
	r.note(subject, l)
	r.rows.put(subject, l)
}

func (r *clockLists) note(subject uuid.UUID, l *clockList) {
	if r.m[subject] == nil && len(l.Clocks) > 0 && l.Clocks[0].Code == limitDaySign {
		r.days = append(r.days, subject)
	}
}

// clockJSON is a clock in the text of its row; times are microseconds of Unix.
// The view clocks shows the same to whoever asks in SQL.
type clockJSON struct {
	Code    string `json:"code"`
	N       int    `json:"n"`
	Starts  int64  `json:"starts"`
	Due     int64  `json:"due"`
	Paused  *int64 `json:"paused,omitempty"`
	PausedS int64  `json:"paused_s,omitempty"`
	Stopped *int64 `json:"stopped,omitempty"`
	Owner   string `json:"owner"`
	Rung    int    `json:"rung,omitempty"`
	Told    string `json:"told,omitempty"`
	Next    *int64 `json:"next,omitempty"`
}

func micros(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	us := t.UnixMicro()
	return &us
}

func ofMicros(us *int64) *time.Time {
	if us == nil {
		return nil
	}
	t := time.UnixMicro(*us).UTC()
	return &t
}

// text writes the clocks of a row.
func (l *clockList) text() string {
	out := make([]clockJSON, len(l.Clocks))
	for i, k := range l.Clocks {
		out[i] = clockJSON{
			Code: k.Code, N: k.N, Starts: k.StartsAt.UnixMicro(), Due: k.DueAt.UnixMicro(), Paused: micros(k.PausedAt), PausedS: k.PausedS,
			Stopped: micros(k.StoppedAt), Owner: k.OwnerRole, Rung: k.Rung, Told: k.ToldRole, Next: micros(k.NextAt),
		}
	}
	return jsonText(out)
}

// read is the reverse of text.
func (l *clockList) read(text []byte) error {
	var list []clockJSON
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("read clocks: %w", err)
	}
	l.Clocks = make([]*Clock, len(list))
	for i, k := range list {
		l.Clocks[i] = &Clock{
			SubjectID: l.SubjectID, Code: k.Code, N: k.N, StartsAt: time.UnixMicro(k.Starts).UTC(), DueAt: time.UnixMicro(k.Due).UTC(),
			PausedAt: ofMicros(k.Paused), PausedS: k.PausedS, StoppedAt: ofMicros(k.Stopped), OwnerRole: k.Owner, Rung: k.Rung,
			ToldRole: k.Told, NextAt: ofMicros(k.Next),
		}
	}
	return nil
}

// next is when the first of the clocks tells a rung, or nil.
func (l *clockList) next() (at *time.Time) {
	for _, k := range l.Clocks {
		if k.NextAt != nil && (at == nil || k.NextAt.Before(*at)) {
			at = k.NextAt
		}
	}
	return at
}

// dayDue is when the clock of a day that runs ends, or nil.
func (l *clockList) dayDue() *time.Time {
	for _, k := range l.Clocks {
		if k.Code == limitDaySign && k.StoppedAt == nil {
			return &k.DueAt
		}
	}
	return nil
}

// putClock puts a new clock, or a changed one, beside the others of its subject.
// A new one says on which complaint its subject hangs.
func (s *State) putClock(k *Clock, complaint *uuid.UUID) {
	l := &clockList{SubjectID: k.SubjectID, ComplaintID: complaint}
	if old := s.clocks.get(k.SubjectID); old != nil {
		l.Clocks = slices.Clone(old.Clocks)
		if complaint == nil {
			l.ComplaintID = old.ComplaintID
		}
	}
	i, found := slices.BinarySearchFunc(l.Clocks, k, func(a, b *Clock) int {
		if a.Code != b.Code {
			return compareText(a.Code, b.Code)
		}
		return a.N - b.N
	})
	if found {
		l.Clocks[i] = k
	} else {
		l.Clocks = slices.Insert(l.Clocks, i, k)
	}
	s.clocks.put(k.SubjectID, l)
}

const clockColumns = `subject_id, complaint_id, list`

func scanClocks(row pgx.CollectableRow) (*clockList, error) {
	l, text := &clockList{}, []byte(nil)
	if err := row.Scan(&l.SubjectID, &l.ComplaintID, &text); err != nil {
		return nil, err
	}
	return l, l.read(text)
}

func (s *State) takeClocks(rows pgx.Rows) error {
	list, err := pgx.CollectRows(rows, scanClocks)
	for _, l := range list {
		s.clocks.load(l.SubjectID, l)
	}
	return wrap(err, "read clocks")
}

// queueClocks reads the clocks of matters and days, and of what hangs on
// complaints; those of the complaints come with them.
func (s *State) queueClocks(b *pgx.Batch, n *needs) {
	s.queueClocksOf(b, `SELECT unnest($3::uuid[]) AS id`, n.subjects())
	if len(n.complaints) > 0 {
		s.queueClocksOf(b, `SELECT m.matter_id AS id FROM unnest($3::uuid[]) AS v (id), LATERAL (SELECT matter_id FROM matters
			WHERE district_id = $1 AND complaint_id = v.id OFFSET 0) m`, n.complaints)
	}
}

// queueClocksOf reads the clocks of the subjects whose ids a query finds.
func (s *State) queueClocksOf(b *pgx.Batch, which string, ids []uuid.UUID) {
	b.Queue(`SELECT `+clockColumns+` FROM (`+which+`) u, LATERAL (SELECT * FROM clock_lists WHERE district_id = $1
		AND subject_id = u.id OFFSET 0) k WHERE k.centre = $2`, s.District, s.Centre, ids).Query(s.takeClocks)
}

// queueOpenClocks reads the clocks of the complaints that are open.
func (s *State) queueOpenClocks(b *pgx.Batch) {
	b.Queue(`SELECT `+clockColumns+` FROM (SELECT complaint_id AS id FROM complaints WHERE district_id = $1 AND centre = $2
		AND closed_at IS NULL OFFSET 0) u, LATERAL (SELECT * FROM clock_lists WHERE district_id = $1 AND subject_id = u.id
		OFFSET 0) k`, s.District, s.Centre).Query(s.takeClocks)
}

func (s *State) flushClocks(b *pgx.Batch) {
	s.clocks.flush(`ON CONFLICT (district_id, subject_id) DO UPDATE SET complaint_id = excluded.complaint_id,
		next_at = excluded.next_at, day_due = excluded.day_due, list = excluded.list`, func(rows []*clockList, onConflict string) {
		b.Queue(`INSERT INTO clock_lists (district_id, centre, `+clockColumns+`, next_at, day_due)
			SELECT $1, $2, `+each(3, "uuid uuid text timestamptz timestamptz")+` `+onConflict,
			s.District, s.Centre,
			column(rows, func(r *clockList) [16]byte { return r.SubjectID }),
			column(rows, func(r *clockList) *[16]byte { return (*[16]byte)(r.ComplaintID) }),
			column(rows, (*clockList).text),
			column(rows, (*clockList).next),
			column(rows, (*clockList).dayDue))
	})
}
