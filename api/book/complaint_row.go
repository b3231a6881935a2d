package book

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// States of a complaint; doc.go draws the machine.
const (
	stateReceived    = "received"
	stateRegistered  = "registered"
	stateAssigned    = "assigned"
	stateInAction    = "in_action"
	stateDisposed    = "disposed"
	stateFeedback    = "feedback"
	stateClosed      = "closed"
	stateTransferred = "transferred"
)

// Complaint is a complaint as its steps left it. It holds ids, codes and times;
// what was said stands sealed in the entries.
type Complaint struct {
	ComplaintID   uuid.UUID
	CaseID        uuid.UUID // of the sealing key: the op that first opened it, in whichever book
	CorrelationID uuid.UUID // the same across transfers
	Seq           int64
	Year          int
	Serial        int64
	State         string
	Category      string
	RiskLevel     string
	Channel       string
	OwnerID       *uuid.UUID // who has it in hand; nil: nobody
	OwnerPost     *uuid.UUID
	OwnerRole     string
	HeldN         int       // which span of its custody runs; see custody.go
	HeldFrom      time.Time // since when
	HeldSeq       int64     // by which entry
	ArrivedAt     time.Time
	RegisteredAt  *time.Time
	DisposedAt    *time.Time
	ClosedAt      *time.Time
	StateAt       time.Time // since when it is in this state
	LastSeq       int64     // of its newest entry
	Data          ComplaintData
}

// ComplaintData is what of a complaint is not searched by.
type ComplaintData struct {
	OpenedBy     uuid.UUID   `json:"opened_by"`
	OpenedRole   string      `json:"opened_role"`
	Guarded      bool        `json:"guarded,omitempty"`
	IsChild      bool        `json:"is_child,omitempty"`
	IsSexual     bool        `json:"is_sexual,omitempty"`
	WomanSafe    bool        `json:"safe_to_call,omitempty"`
	StatusSafe   bool        `json:"status_safe,omitempty"`
	SlipGiven    bool        `json:"slip_given,omitempty"`
	LateEntry    bool        `json:"late_entry,omitempty"` // a correction registered it, after it was taken in
	Sensitive    []string    `json:"sensitive,omitempty"`  // why it needs the in-charge's own hand
	Alerts       []string    `json:"alerts,omitempty"`
	About        []uuid.UUID `json:"about,omitempty"`     // officers complained of
	Handlers     []uuid.UUID `json:"handlers,omitempty"`  // officers who acted on it, in their order
	Named        []uuid.UUID `json:"named,omitempty"`     // by case.name; see named.go
	Assigned     *uuid.UUID  `json:"assigned,omitempty"`  // who has it by assignment or because she stepped in
	Interests    []uuid.UUID `json:"interests,omitempty"` // officers who have nothing to do with it: theirs or a relative's
	Earlier      int         `json:"earlier,omitempty"`   // earlier complaints from the same number
	BeatID       *uuid.UUID  `json:"beat_id,omitempty"`
	VillageCode  string      `json:"village_code,omitempty"`
	AssignedAt   *time.Time  `json:"assigned_at,omitempty"`
	AcceptedAt   *time.Time  `json:"accepted_at,omitempty"`
	ActedAt      *time.Time  `json:"acted_at,omitempty"`
	Extended     *time.Time  `json:"extended_until,omitempty"`
	PauseAskedBy *uuid.UUID  `json:"pause_asked_by,omitempty"`
	PauseReason  string      `json:"pause_reason,omitempty"`
	PausedAt     *time.Time  `json:"paused_at,omitempty"`
	Disposal     string      `json:"disposal,omitempty"`
	DisposedBy   *uuid.UUID  `json:"disposed_by,omitempty"`
	Calls        int         `json:"calls,omitempty"` // tries to reach her since the disposal
	Reached      string      `json:"reached,omitempty"`
	Satisfied    string      `json:"satisfied,omitempty"`
	Reopened     int         `json:"reopened,omitempty"`
	FIRWantedAt  *time.Time  `json:"fir_wanted_at,omitempty"`
	FIRDeclined  *time.Time  `json:"fir_declined_at,omitempty"`
	NCRAt        *time.Time  `json:"ncr_at,omitempty"`
	FIRs         []uuid.UUID `json:"firs,omitempty"`
	Counselling  []uuid.UUID `json:"counselling,omitempty"`
	Preventive   []uuid.UUID `json:"preventive,omitempty"`
	Referrals    []uuid.UUID `json:"referrals,omitempty"`
	FollowPlan   *uuid.UUID  `json:"follow_plan,omitempty"`
	ParentID     *uuid.UUID  `json:"parent_id,omitempty"`
	VisitID      *uuid.UUID  `json:"visit_id,omitempty"`
	RoundID      *uuid.UUID  `json:"round_id,omitempty"`
	FromCentre   string      `json:"from_centre,omitempty"`
	FromID       *uuid.UUID  `json:"from_id,omitempty"`
	ToCentre     string      `json:"to_centre,omitempty"`
	ToID         *uuid.UUID  `json:"to_id,omitempty"`    // in that centre's book
	EntryID      *uuid.UUID  `json:"entry_id,omitempty"` // that has what she said, if another than the first; see correct_copy.go
	CloseReason  string      `json:"close_reason,omitempty"`
	Hold         *Hold       `json:"hold,omitempty"`     // kept beyond its time
	Shredded     string      `json:"shredded,omitempty"` // classes whose key is gone
}

// open tells whether the complaint still wants something done in this book.
func (c *Complaint) open() bool { return c.ClosedAt == nil }

// handled notes that an officer acted on the complaint.
func (c *Complaint) handled(by uuid.UUID) {
	if !slices.Contains(c.Data.Handlers, by) {
		c.Data.Handlers = append(slices.Clone(c.Data.Handlers), by)
	}
}

// line is the key of its line in the help desk register.
func (c *Complaint) line() lineKey { return lineKey{registerHelpDesk, c.Year, c.Serial} }

// complaintAt returns a copy of a complaint, to be changed and put back. It has
// been found by the check before.
func (s *State) complaintAt(id uuid.UUID) *Complaint {
	c := *s.complaints.get(id)
	return &c
}

// keep puts a complaint that an entry changed back, notes the step and brings
// its line up to date.
func (s *State) keep(e *Entry, c *Complaint) {
	c.LastSeq = e.Seq
	s.complaints.put(c.ComplaintID, c)
	s.step(e, c.ComplaintID)
	s.fill(c.line(), func(l *Line) {
		l.State, l.Category = c.State, c.Category
		l.DueAt = s.dueOf(c.ComplaintID)
	}, nil)
}

// enterState moves a complaint on.
func (c *Complaint) enterState(state string, at time.Time) {
	if c.State == state {
		return
	}
	c.State = state
	c.StateAt = later(c.StateAt, at)
}

// later is the later of two times: what comes in late never turns a life back.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// earliest is the earlier of two times.
func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

const complaintColumns = `complaint_id, case_id, correlation_id, seq, year, serial, state, category, risk_level, channel,
	owner_id, owner_post, owner_role, held_n, held_from, held_seq, arrived_at, registered_at, disposed_at, closed_at, state_at, last_seq, data`

func scanComplaint(row pgx.CollectableRow) (*Complaint, error) {
	c, data := &Complaint{}, ""
	err := row.Scan(&c.ComplaintID, &c.CaseID, &c.CorrelationID, &c.Seq, &c.Year, &c.Serial, &c.State, &c.Category,
		&c.RiskLevel, &c.Channel, &c.OwnerID, &c.OwnerPost, &c.OwnerRole, &c.HeldN, &c.HeldFrom, &c.HeldSeq, &c.ArrivedAt, &c.RegisteredAt, &c.DisposedAt,
		&c.ClosedAt, &c.StateAt, &c.LastSeq, &data)
	if err != nil {
		return nil, err
	}
	return c, unjson(data, &c.Data)
}

// wanted are rows by the ids for which they are wanted, as a FROM clause.
type wanted struct {
	from string
	ids  []uuid.UUID
}

// reasons are the ways in which complaints are wanted, each a statement of its
// own: one for all could use no index. Each id is one look into an index; with
// complaint_id = ANY(...), or a join, the planner, while it knows nothing of the
// table, reads the whole district.
func (n *needs) reasons() []wanted {
	var out []wanted
	if len(n.complaints) > 0 {
		out = append(out, wanted{`(SELECT x.* FROM unnest($3::uuid[]) AS u (id), LATERAL (SELECT * FROM complaints
			WHERE district_id = $1 AND complaint_id = u.id LIMIT 1) x WHERE x.centre = $2) c`, n.complaints})
	}
	if len(n.matters) > 0 { // those that a matter hangs on
		out = append(out, wanted{`(SELECT x.* FROM unnest($3::uuid[]) AS u (id), LATERAL (SELECT complaint_id FROM matters
			WHERE district_id = $1 AND matter_id = u.id LIMIT 1) m, LATERAL (SELECT * FROM complaints WHERE district_id = $1
			AND complaint_id = m.complaint_id LIMIT 1) x WHERE x.centre = $2) c`, n.matters})
	}
	if len(n.ownerPosts) > 0 {
		out = append(out, wanted{`(SELECT * FROM complaints WHERE district_id = $1 AND centre = $2 AND closed_at IS NULL
			AND owner_post = ANY($3) OFFSET 0) c`, n.ownerPosts})
	}
	return out
}

// queueComplaints reads the complaints that ops name, or that hang on posts,
// with what hangs on them: lines, clocks.
func (s *State) queueComplaints(b *pgx.Batch, n *needs) {
	for _, w := range n.reasons() {
		b.Queue(`SELECT `+complaintColumns+` FROM `+w.from, s.District, s.Centre, w.ids).Query(s.takeComplaints)
		b.Queue(`SELECT `+lineColumnsOf("l")+` FROM `+w.from+`, LATERAL (SELECT * FROM lines WHERE district_id = $1 AND centre = $2
			AND register = 'help_desk' AND year = c.year AND serial = c.serial LIMIT 1) l`, s.District, s.Centre, w.ids).Query(s.takeLines)
		s.queueClocksOf(b, `SELECT c.complaint_id AS id FROM `+w.from, w.ids)
	}
}

// queueOpen reads the complaints that are open, without what hangs on them: for
// who only looks.
func (s *State) queueOpen(b *pgx.Batch) {
	b.Queue(`SELECT `+complaintColumns+` FROM complaints WHERE district_id = $1 AND centre = $2 AND closed_at IS NULL`,
		s.District, s.Centre).Query(s.takeComplaints)
}

func (s *State) takeComplaints(rows pgx.Rows) error {
	list, err := pgx.CollectRows(rows, scanComplaint)
	for _, c := range list {
		s.complaints.load(c.ComplaintID, c)
	}
	return wrap(err, "read complaints")
}

func (s *State) flushComplaints(b *pgx.Batch) {
	s.complaints.flush(`ON CONFLICT (district_id, complaint_id) DO UPDATE SET seq = excluded.seq, year = excluded.year,
		serial = excluded.serial, state = excluded.state, category = excluded.category, risk_level = excluded.risk_level,
		channel = excluded.channel, owner_id = excluded.owner_id, owner_post = excluded.owner_post,
		owner_role = excluded.owner_role, held_n = excluded.held_n, held_from = excluded.held_from, held_seq = excluded.held_seq,
		arrived_at = excluded.arrived_at, registered_at = excluded.registered_at,
		disposed_at = excluded.disposed_at, closed_at = excluded.closed_at, state_at = excluded.state_at,
		last_seq = excluded.last_seq, data = excluded.data, keep_from = excluded.keep_from, told_from = excluded.told_from`, func(rows []*Complaint, onConflict string) {
		b.Queue(`INSERT INTO complaints (district_id, centre, `+complaintColumns+`, keep_from, told_from)
			SELECT $1, $2, `+each(3, "uuid uuid uuid bigint int bigint text text text text uuid uuid text int timestamptz bigint"+
			" timestamptz timestamptz timestamptz timestamptz timestamptz bigint text timestamptz timestamptz")+` `+onConflict,
			s.District, s.Centre,
			column(rows, func(r *Complaint) [16]byte { return r.ComplaintID }),
			column(rows, func(r *Complaint) [16]byte { return r.CaseID }),
			column(rows, func(r *Complaint) [16]byte { return r.CorrelationID }),
			column(rows, func(r *Complaint) int64 { return r.Seq }),
			column(rows, func(r *Complaint) int { return r.Year }),
			column(rows, func(r *Complaint) int64 { return r.Serial }),
			column(rows, func(r *Complaint) string { return r.State }),
			column(rows, func(r *Complaint) string { return r.Category }),
			column(rows, func(r *Complaint) string { return r.RiskLevel }),
			column(rows, func(r *Complaint) string { return r.Channel }),
			column(rows, func(r *Complaint) *[16]byte { return (*[16]byte)(r.OwnerID) }),
			column(rows, func(r *Complaint) *[16]byte { return (*[16]byte)(r.OwnerPost) }),
			column(rows, func(r *Complaint) string { return r.OwnerRole }),
			column(rows, func(r *Complaint) int { return r.HeldN }),
			column(rows, func(r *Complaint) time.Time { return r.HeldFrom }),
			column(rows, func(r *Complaint) int64 { return r.HeldSeq }),
			column(rows, func(r *Complaint) time.Time { return r.ArrivedAt }),
			column(rows, func(r *Complaint) *time.Time { return r.RegisteredAt }),
			column(rows, func(r *Complaint) *time.Time { return r.DisposedAt }),
			column(rows, func(r *Complaint) *time.Time { return r.ClosedAt }),
			column(rows, func(r *Complaint) time.Time { return r.StateAt }),
			column(rows, func(r *Complaint) int64 { return r.LastSeq }),
			column(rows, func(r *Complaint) string { return jsonText(r.Data) }),
			column(rows, (*Complaint).keepFrom), column(rows, (*Complaint).toldFrom))
	})
}
