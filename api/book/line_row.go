package book

import (
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The nine registers (domain: महिला हेल्प डेस्क ... फॉलोअप).
const (
	registerHelpDesk    = "help_desk"
	registerCounselling = "counselling"
	registerSquad       = "squad"
	registerWomenBeat   = "women_beat"
	registerInspection  = "inspection"
	registerFIR         = "fir"
	registerPreventive  = "preventive"
	registerFeedback    = "feedback"
	registerFollowUp    = "follow_up"
)

// Registers lists the nine registers in the order of the paper ones.
var Registers = []string{
	registerHelpDesk, registerCounselling, registerSquad, registerWomenBeat, registerInspection, registerFIR,
	registerPreventive, registerFeedback, registerFollowUp,
}

// registerMarks are the short marks of the registers in printed numbers.
var registerMarks = map[string]string{
	registerHelpDesk: "HD", registerCounselling: "CO", registerSquad: "SQ", registerWomenBeat: "WB", registerInspection: "IN",
	registerFIR: "FI", registerPreventive: "PR", registerFeedback: "FB", registerFollowUp: "FU",
}

// RegisterOf is the register that a mark stands for in printed numbers; empty: none.
func RegisterOf(mark string) string {
	for register, m := range registerMarks {
		if m == mark {
			return register
		}
	}
	return ""
}

type lineKey struct {
	Register string
	Year     int
	Serial   int64
}

// Line is one numbered line of a register. Its columns stand in the entry Seq;
// Cols are those that later steps filled, Sums the numbers that it adds to the
// totals of its register and day.
type Line struct {
	Register     string
	Year         int
	Serial       int64
	Seq          int64
	At           time.Time
	OfficerID    uuid.UUID
	BeatID       *uuid.UUID
	CorrectsSeq  *int64
	StruckSeq    *int64
	CorrectedSeq *int64
	SubjectID    *uuid.UUID // the complaint or matter that the line is of
	ComplaintID  *uuid.UUID
	State        string
	Category     string
	DueAt        *time.Time
	Cols         map[string]any
	Sums         map[string]int64
}

const lineColumns = `register, year, serial, seq, at, officer_id, beat_id, corrects_seq, struck_seq, corrected_seq,
	subject_id, complaint_id, state, category, due_at, cols, sums`

func scanLine(row pgx.CollectableRow) (*Line, error) {
	l, cols, sums := &Line{}, "", ""
	err := row.Scan(&l.Register, &l.Year, &l.Serial, &l.Seq, &l.At, &l.OfficerID, &l.BeatID, &l.CorrectsSeq, &l.StruckSeq,
		&l.CorrectedSeq, &l.SubjectID, &l.ComplaintID, &l.State, &l.Category, &l.DueAt, &cols, &sums)
	if err != nil {
		return nil, err
	}
	if err := unjson(cols, &l.Cols); err != nil {
		return nil, err
	}
	return l, unjson(sums, &l.Sums)
}

// takeLines puts lines that were read into the state.
func (s *State) takeLines(rows pgx.Rows) error {
	list, err := pgx.CollectRows(rows, scanLine)
	for _, l := range list {
		s.lines.load(lineKey{l.Register, l.Year, l.Serial}, l)
	}
	return wrap(err, "read lines")
}

// fill changes a line: set its own fields, and cols by name. A line that is not
// there (struck and put right before) is left alone.
func (s *State) fill(k lineKey, set func(l *Line), cols map[string]any) {
	old := s.lines.get(k)
	if old == nil {
		return
	}
	l := *old
	set(&l)
	if len(cols) > 0 {
		l.Cols = maps.Clone(l.Cols)
		if l.Cols == nil {
			l.Cols = map[string]any{}
		}
		maps.Copy(l.Cols, cols)
	}
	s.lines.put(k, &l)
}

// reviewed tells whether the in-charge has looked at a line of the squad.
func (l *Line) reviewed() bool { return l.Cols[colReviewedBy] != nil }

// lineOf is the key of the line that an entry opened in a register.
func (e *Entry) lineOf(register string) (lineKey, bool) {
	for _, l := range e.Lines {
		if l.Register == register {
			return lineKey{l.Register, l.Year, l.Serial}, true
		}
	}
	return lineKey{}, false
}

func (s *State) flushLines(b *pgx.Batch) {
	s.lines.flush(`ON CONFLICT (district_id, centre, register, year, serial) DO UPDATE SET
		beat_id = excluded.beat_id, corrects_seq = excluded.corrects_seq,
		struck_seq = excluded.struck_seq, corrected_seq = excluded.corrected_seq, subject_id = excluded.subject_id,
		complaint_id = excluded.complaint_id, state = excluded.state, category = excluded.category,
		due_at = excluded.due_at, cols = excluded.cols, sums = excluded.sums`, func(rows []*Line, onConflict string) {
		b.Queue(`INSERT INTO lines (district_id, centre, `+lineColumns+`)
			SELECT $1, $2, `+each(3, "text int bigint bigint timestamptz uuid uuid bigint bigint bigint uuid uuid text text timestamptz text text")+` `+onConflict,
			s.District, s.Centre,
			column(rows, func(r *Line) string { return r.Register }),
			column(rows, func(r *Line) int { return r.Year }),
			column(rows, func(r *Line) int64 { return r.Serial }),
			column(rows, func(r *Line) int64 { return r.Seq }),
			column(rows, func(r *Line) time.Time { return r.At }),
			column(rows, func(r *Line) [16]byte { return r.OfficerID }),
			column(rows, func(r *Line) *[16]byte { return (*[16]byte)(r.BeatID) }),
			column(rows, func(r *Line) *int64 { return r.CorrectsSeq }),
			column(rows, func(r *Line) *int64 { return r.StruckSeq }),
			column(rows, func(r *Line) *int64 { return r.CorrectedSeq }),
			column(rows, func(r *Line) *[16]byte { return (*[16]byte)(r.SubjectID) }),
			column(rows, func(r *Line) *[16]byte { return (*[16]byte)(r.ComplaintID) }),
			column(rows, func(r *Line) string { return r.State }),
			column(rows, func(r *Line) string { return r.Category }),
			column(rows, func(r *Line) *time.Time { return r.DueAt }),
			column(rows, func(r *Line) string { return objectText(r.Cols) }),
			column(rows, func(r *Line) string { return objectText(r.Sums) }))
	})
}

// objectText writes a map as JSON; an empty one and none are the same.
func objectText[V any](m map[string]V) string {
	if len(m) == 0 {
		return "{}"
	}
	return jsonText(m)
}
