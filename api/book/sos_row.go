package book

import (
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// States of a call for help.
const (
	sosOpen     = "open"
	sosAnswered = "answered"
	sosEnded    = "ended"
)

// ladderSOS is the ladder of calls for help.
const ladderSOS = "sos"

// SOS is a call for help of an officer, as its entries left it. Where she was when
// she called stands in the entry, like the places of other ops, and nowhere else.
// OnDuty is of the first press; what the last one says is read beside it (SOSView).
type SOS struct {
	SOSID     uuid.UUID
	Centre    string
	Seq       int64
	OfficerID uuid.UUID
	Role      string
	RaisedAt  time.Time
	CalledAt  time.Time // from when the ladder counts: when it was heard
	State     string
	OnDuty    bool // when she called
	Late      bool // it came too late to wake anybody
	Called    []uuid.UUID
	Rung      int
	NextAt    *time.Time
	Steps     []SOSStep
}

// SOSStep is one thing that happened to a call for help.
type SOSStep struct {
	Step   string      `json:"step"`
	At     time.Time   `json:"at"`
	By     *uuid.UUID  `json:"by,omitempty"`
	To     []uuid.UUID `json:"to,omitempty"` // who was woken
	Role   string      `json:"role,omitempty"`
	Reason string      `json:"reason,omitempty"`
	Seq    int64       `json:"seq"`
}

// over tells whether the call has ended.
func (x *SOS) over() bool { return x.State == sosEnded }

// step notes a step.
func (x *SOS) step(e *Entry, s SOSStep) {
	s.At, s.Seq = e.At, e.Seq
	if e.Role != roleClock {
		by := e.OfficerID
		s.By = &by
	}
	x.Steps = append(slices.Clone(x.Steps), s)
}

// call adds officers to those who are called.
func (x *SOS) call(ids []uuid.UUID) { x.Called = compactIDs(slices.Concat(x.Called, ids)) }

// climb sets when the clock looks at the call next: nobody has answered by then.
func (x *SOS) climb(l ladder) {
	x.NextAt = nil
	if x.State != sosOpen || x.Late {
		return
	}
	if r := x.next(l); r != nil {
		at := x.CalledAt.Add(r.After)
		x.NextAt = &at
	}
}

// next is the rung that comes, or nil.
func (x *SOS) next(l ladder) *rung {
	for _, r := range l.of(ladderSOS, x.CalledAt) {
		if r.Rung > x.Rung {
			return &r
		}
	}
	return nil
}

// due is the rung that NextAt stands for.
func (x *SOS) due(l ladder) *rung {
	if x.NextAt == nil {
		return nil
	}
	return x.next(l)
}

// factNear names the officers whom an entry woke, the nearest first: a fact of the
// moment, which nobody could find out again from the book.
const factNear = "near_"

// setNear puts the officers into the facts.
func (f Facts) setNear(ids []uuid.UUID) {
	for i, id := range ids {
		f[factNear+strconv.Itoa(i+1)] = hex.EncodeToString(id[:])
	}
}

// near reads what setNear wrote.
func (f Facts) near() []uuid.UUID {
	var out []uuid.UUID
	for i := 1; ; i++ {
		text, _ := f[factNear+strconv.Itoa(i)].(string)
		id, err := uuid.Parse(text)
		if err != nil {
			return out
		}
		out = append(out, id)
	}
}

const sosColumns = `sos_id, centre, seq, officer_id, role, raised_at, called_at, state, on_duty, late, called, rung, next_at, steps`

func scanSOS(row pgx.CollectableRow) (*SOS, error) {
	x, steps := &SOS{}, ""
	err := row.Scan(&x.SOSID, &x.Centre, &x.Seq, &x.OfficerID, &x.Role, &x.RaisedAt, &x.CalledAt, &x.State, &x.OnDuty, &x.Late, &x.Called,
		&x.Rung, &x.NextAt, &steps)
	if err != nil {
		return nil, err
	}
	return x, unjson(steps, &x.Steps)
}

// queueSOS reads calls by their ids, and those of officers that are open.
func (s *State) queueSOS(b *pgx.Batch, ids, of []uuid.UUID) {
	b.Queue(`SELECT `+sosColumns+` FROM sos WHERE district_id = $1 AND centre = $2
		AND (sos_id = ANY($3) OR officer_id = ANY($4) AND state <> 'ended')`,
		s.District, s.Centre, bare(ids), bare(of)).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanSOS)
		for _, x := range list {
			s.soses.load(x.SOSID, x)
		}
		return wrap(err, "read calls for help")
	})
}

func (s *State) flushSOS(b *pgx.Batch) {
	rows := s.soses.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO sos (district_id, `+sosColumns+`)
		SELECT $1, `+each(2, "uuid text bigint uuid text timestamptz timestamptz text bool bool")+`, unnest($12::text[])::uuid[],
			`+each(13, "int timestamptz text")+`
		ON CONFLICT (district_id, sos_id) DO UPDATE SET state = excluded.state, called = excluded.called, late = excluded.late,
			called_at = excluded.called_at, rung = excluded.rung,
			next_at = excluded.next_at, steps = excluded.steps`,
		s.District,
		column(rows, func(x *SOS) [16]byte { return x.SOSID }),
		column(rows, func(x *SOS) string { return x.Centre }),
		column(rows, func(x *SOS) int64 { return x.Seq }),
		column(rows, func(x *SOS) [16]byte { return x.OfficerID }),
		column(rows, func(x *SOS) string { return x.Role }),
		column(rows, func(x *SOS) time.Time { return x.RaisedAt }),
		column(rows, func(x *SOS) time.Time { return x.CalledAt }),
		column(rows, func(x *SOS) string { return x.State }),
		column(rows, func(x *SOS) bool { return x.OnDuty }),
		column(rows, func(x *SOS) bool { return x.Late }),
		column(rows, func(x *SOS) string { return idArray(x.Called) }),
		column(rows, func(x *SOS) int { return x.Rung }),
		column(rows, func(x *SOS) *time.Time { return x.NextAt }),
		column(rows, func(x *SOS) string { return jsonText(x.Steps) }))
}

// openSOS is the call of an officer that has not ended, the oldest if there are
// several; nil if there is none.
func (s *State) openSOS(officer uuid.UUID) *SOS {
	var first *SOS
	for _, x := range s.soses.m {
		if x.OfficerID == officer && x.Centre == s.Centre && !x.over() && (first == nil || x.Seq < first.Seq) {
			first = x
		}
	}
	return first
}
