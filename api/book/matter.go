package book

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Kinds of matter: what hangs on a complaint, or stands by itself.
const (
	matterReferral    = "referral"
	matterPlan        = "counselling_plan"
	matterSession     = "counselling"
	matterFIR         = "fir"
	matterPreventive  = "preventive"
	matterFollowPlan  = "follow_up_plan"
	matterInspection  = "inspection"
	matterPerson      = "squad_person"
	matterRound       = "squad_round"
	matterDay         = "day"
	matterConduct     = "conduct_flag"
	matterOpen        = "open"
	matterOver        = "over"
	matterComplied    = "complied"
	matterObjected    = "objected"
	matterReviewed    = "reviewed"
	matterStands      = "stands"
	matterQuashed     = "quashed"
	matterTransferred = "transferred"
)

// Matter is one such thing as its steps left it; its id is the op_id that
// opened it. Register, Year and Serial name its line, if it has one.
type Matter struct {
	MatterID    uuid.UUID
	Kind        string
	ComplaintID *uuid.UUID
	Seq         int64
	Register    string
	Year        int
	Serial      int64
	State       string
	OwnerID     *uuid.UUID
	DueAt       *time.Time
	Data        MatterData
}

// MatterData is what of a matter is not searched by. Each kind uses its own.
type MatterData struct {
	OpenedBy   uuid.UUID            `json:"opened_by"`
	CaseID     uuid.UUID            `json:"case_id"`
	Guarded    bool                 `json:"guarded,omitempty"`
	Code       string               `json:"code,omitempty"` // of the institution, section, issue
	Sections   []string             `json:"sections,omitempty"`
	IsChild    bool                 `json:"is_child,omitempty"`
	IsSexual   bool                 `json:"is_sexual,omitempty"`
	IsGrave    bool                 `json:"is_grave,omitempty"`
	IsZero     bool                 `json:"is_zero,omitempty"`
	Times      map[string]time.Time `json:"times,omitempty"` // of steps, by their code
	Days       []string             `json:"days,omitempty"`  // planned, IST
	Done       int                  `json:"done,omitempty"`  // how many of them were kept
	To         string               `json:"to,omitempty"`    // the post, the centre, the plan, or the disposal
	Role       string               `json:"role,omitempty"`  // of the post that opened it, where rank counts
	Result     string               `json:"result,omitempty"`
	Arrests    []string             `json:"arrests,omitempty"` // days on which steps counted one, IST
	ReviewedBy *uuid.UUID           `json:"reviewed_by,omitempty"`
	CompliedBy *uuid.UUID           `json:"complied_by,omitempty"`
	FIRNo      string               `json:"fir_no,omitempty"`      // as its station numbers it
	FromCentre string               `json:"from_centre,omitempty"` // where an FIR was registered that came from another
	About      []uuid.UUID          `json:"about,omitempty"`       // officers complained of there, or whose work it is about
	Named      []uuid.UUID          `json:"named,omitempty"`       // by case.name, where it stands by itself
	TwinID     *uuid.UUID           `json:"twin_id,omitempty"`     // the same FIR in the other station's book
	EntryID    *uuid.UUID           `json:"entry_id,omitempty"`    // that has what an FIR says, if another than the first
	Act        *Act                 `json:"act,omitempty"`         // of a line of a squad
	Hold       *Hold                `json:"hold,omitempty"`        // kept beyond its time
	Shredded   string               `json:"shredded,omitempty"`    // classes whose key is gone
	Keep       *Keep                `json:"keep,omitempty"`        // a change of a rule that was asked for
	Key        string               `json:"key,omitempty"`         // a new key of the witness
	Export     *Export              `json:"export,omitempty"`      // what was asked for
}

// line is the key of the matter's line.
func (m *Matter) line() lineKey { return lineKey{m.Register, m.Year, m.Serial} }

// at notes when a step was taken; the map is not shared with the stored row.
func (m *Matter) at(step string, when time.Time) {
	times := make(map[string]time.Time, len(m.Data.Times)+1)
	for k, v := range m.Data.Times {
		times[k] = v
	}
	times[step] = when
	m.Data.Times = times
}

// arrested counts an arrest that a step tells of, until the line is struck.
func (s *State) arrested(e *Entry, m *Matter) {
	s.bump(e.At, tallyArrests, 1)
	m.Data.Arrests = append(slices.Clone(m.Data.Arrests), day(e.At))
}

// onComplaint notes a step of what hangs on a complaint in the life of that, too.
func (s *State) onComplaint(e *Entry, m *Matter) {
	if m.ComplaintID != nil && s.complaints.get(*m.ComplaintID) != nil {
		s.keep(e, s.complaintAt(*m.ComplaintID))
	}
}

// about says what clocks of the matter run over.
func (m *Matter) about(ownerRole string) about {
	return about{Subject: m.MatterID, Complaint: m.ComplaintID, OwnerRole: ownerRole}
}

// matterAt returns a copy of a matter, to be changed and put back.
func (s *State) matterAt(id uuid.UUID) *Matter {
	m := *s.matters.get(id)
	return &m
}

// newMatter makes the matter that an entry opens, with its line in a register
// if it opened one there.
func (s *State) newMatter(e *Entry, kind, register string) *Matter {
	m := &Matter{
		MatterID: e.OpID, Kind: kind, Seq: e.Seq, State: matterOpen,
		Data: MatterData{OpenedBy: e.OfficerID, CaseID: e.CaseID, Guarded: e.Guarded},
	}
	for _, l := range e.Lines {
		if l.Register == register {
			m.Register, m.Year, m.Serial = l.Register, l.Year, l.Serial
		}
	}
	return m
}

// keepMatter puts a matter that an entry changed back, notes the step and
// brings its line up to date; cols are columns that this step filled.
func (s *State) keepMatter(e *Entry, m *Matter, cols map[string]any) {
	s.matters.put(m.MatterID, m)
	s.step(e, m.MatterID)
	if m.Serial == 0 {
		return
	}
	s.fill(m.line(), func(l *Line) {
		l.State, l.DueAt = m.State, m.DueAt
		l.SubjectID, l.ComplaintID = &m.MatterID, m.ComplaintID
	}, cols)
}

const matterColumns = `matter_id, kind, complaint_id, seq, register, year, serial, state, owner_id, due_at, data`

func scanMatter(row pgx.CollectableRow) (*Matter, error) {
	m, data := &Matter{}, ""
	err := row.Scan(&m.MatterID, &m.Kind, &m.ComplaintID, &m.Seq, &m.Register, &m.Year, &m.Serial, &m.State, &m.OwnerID,
		&m.DueAt, &data)
	if err != nil {
		return nil, err
	}
	return m, unjson(data, &m.Data)
}

// queueMatters reads the matters that ops name, and those of the complaints
// that they name, with their lines.
func (s *State) queueMatters(b *pgx.Batch, n *needs) {
	for _, w := range []wanted{{"matter_id", n.matters}, {"complaint_id", n.complaints}} {
		if len(w.ids) == 0 {
			continue
		}
		from := `(SELECT x.* FROM unnest($3::uuid[]) AS u (id), LATERAL (SELECT * FROM matters WHERE district_id = $1
			AND ` + w.from + ` = u.id OFFSET 0) x WHERE x.centre = $2) m`
		b.Queue(`SELECT `+matterColumns+` FROM `+from, s.District, s.Centre, w.ids).Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, scanMatter)
			for _, m := range list {
				s.matters.load(m.MatterID, m)
			}
			return wrap(err, "read matters")
		})
		b.Queue(`SELECT `+lineColumnsOf("l")+` FROM `+from+`, LATERAL (SELECT * FROM lines WHERE district_id = $1 AND centre = $2
			AND register = m.register AND year = m.year AND serial = m.serial LIMIT 1) l`, s.District, s.Centre, w.ids).Query(s.takeLines)
	}
}

func (s *State) flushMatters(b *pgx.Batch) {
	rows := s.matters.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO matters (district_id, centre, `+matterColumns+`, keep_from)
		SELECT $1, $2, `+each(3, "uuid text uuid bigint text int bigint text uuid timestamptz text timestamptz")+`
		ON CONFLICT (district_id, matter_id) DO UPDATE SET complaint_id = excluded.complaint_id, seq = excluded.seq,
			register = excluded.register, year = excluded.year, serial = excluded.serial, state = excluded.state,
			owner_id = excluded.owner_id, due_at = excluded.due_at, data = excluded.data, keep_from = excluded.keep_from`,
		s.District, s.Centre,
		column(rows, func(r *Matter) [16]byte { return r.MatterID }),
		column(rows, func(r *Matter) string { return r.Kind }),
		column(rows, func(r *Matter) *[16]byte { return (*[16]byte)(r.ComplaintID) }),
		column(rows, func(r *Matter) int64 { return r.Seq }),
		column(rows, func(r *Matter) string { return r.Register }),
		column(rows, func(r *Matter) int { return r.Year }),
		column(rows, func(r *Matter) int64 { return r.Serial }),
		column(rows, func(r *Matter) string { return r.State }),
		column(rows, func(r *Matter) *[16]byte { return (*[16]byte)(r.OwnerID) }),
		column(rows, func(r *Matter) *time.Time { return r.DueAt }),
		column(rows, func(r *Matter) string { return jsonText(r.Data) }),
		column(rows, (*Matter).keepFrom))
}
