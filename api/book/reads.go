package book

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// The budget of an officer, in the books of all centres: what a day's duty needs
// of other people's identities, and no more. Both spans roll, so that nobody has
// twice the day's share around midnight. They are constants and no limits of the
// rules: those are lengths of time, and a budget is a count.
const (
	readsAnHour = 10
	readsADay   = 40
	allowFor    = time.Hour // for how long a second person allows more
)

// Why a read was refused and is told to whoever is above the officer.
const (
	whyBudgetHour = "budget_hour"
	whyBudgetDay  = "budget_day"
)

// Read is one read of sealed fields, or one search by a number.
type Read struct {
	Seq       int64
	OpID      uuid.UUID
	Kind      string
	OfficerID uuid.UUID
	PostID    uuid.UUID
	Role      string
	CaseID    uuid.UUID
	SubjectID uuid.UUID
	Fields    []string
	Reason    string
	Guarded   bool
	Allowed   bool // beyond the budget, allowed by a second person
	At        time.Time
}

// readAllow is the last that a second person allowed an officer in this book.
type readAllow struct {
	OfficerID uuid.UUID
	Seq       int64
	Count     int
	GivenBy   uuid.UUID
	GivenAt   time.Time
}

// factAllowed notes that a read was beyond the budget and allowed.
const factAllowed = "allowed"

// reader is what budget and conflict are judged by.
type reader struct {
	numbers [][]byte // keyed hashes of his own number
	spent   []spent
}

// spent is a read or search that counts.
type spent struct {
	centre  string
	seq     int64
	kind    string
	allowed bool
	at      time.Time
}

// loadReaders locks the officers who read and finds what they read in the last
// day, in whichever book. Whoever reads in two books at once, through two
// processes, waits here until the first read is counted. The locks are taken
// after that of one head and in the order of ids, so that none waits in a ring.
func (t *batch) loadReaders(ctx context.Context, officers, cases []uuid.UUID) error {
	if len(officers) == 0 {
		return nil
	}
	officers = compactIDs(slices.Clone(officers))
	for _, id := range officers {
		t.readers[id] = &reader{}
	}
	p := &pgx.Batch{}
	staff.QueueLock(p, t.district, officers, func(id uuid.UUID, numbers [][]byte) { t.readers[id].numbers = numbers })
	p.Queue(`SELECT r.* FROM unnest($2::uuid[]) AS u (id), LATERAL (SELECT officer_id, centre, seq, kind, allowed, at FROM reads
		WHERE district_id = $1 AND officer_id = u.id AND at > $3 OFFSET 0) r`,
		t.district, officers, t.now.Add(-25*time.Hour)).Query(func(rows pgx.Rows) error {
		var officer uuid.UUID
		var s spent
		_, err := pgx.ForEachRow(rows, []any{&officer, &s.centre, &s.seq, &s.kind, &s.allowed, &s.at}, func() error {
			t.readers[officer].spent = append(t.readers[officer].spent, s)
			return nil
		})
		return wrap(err, "count reads")
	})
	seal.QueueLoadMarks(p, t.district, cases, t.marksIn)
	return wrap(send(ctx, t.tx, p), "read who reads")
}

// spentBy lists what an officer read, in this transaction too.
func (t *batch) spentBy(officer uuid.UUID) []spent {
	var out []spent
	if r := t.readers[officer]; r != nil {
		out = slices.Clone(r.spent)
	}
	for _, seq := range t.state.reads.order {
		if r := t.state.reads.get(seq); r.OfficerID == officer {
			out = append(out, spent{t.centre, r.Seq, r.Kind, r.Allowed, r.At})
		}
	}
	return out
}

// countSince counts what of a kind was read after a time and not allowed by a second
// person, and tells when the first of the last n stops to count.
func countSince(list []spent, kind string, after time.Time, n int) (count int, oldest time.Time) {
	var times []time.Time
	for _, s := range list {
		if s.kind == kind && !s.allowed && s.at.After(after) {
			times = append(times, s.at)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	if len(times) >= n {
		oldest = times[len(times)-n]
	}
	return len(times), oldest
}

// spend lets a read pass that is within the budget, or that a second person
// allowed. Else it is refused, and whoever is above the officer is told.
func (t *batch) spend(d *draft) error {
	list := t.spentBy(d.officer)
	hour, hourFrom := countSince(list, kindRead, d.receivedAt.Add(-time.Hour), readsAnHour)
	today, dayFrom := countSince(list, kindRead, d.receivedAt.Add(-24*time.Hour), readsADay)
	if hour < readsAnHour && today < readsADay {
		return nil
	}
	if a := t.state.allows.get(d.officer); a != nil && d.receivedAt.Sub(a.GivenAt) < allowFor {
		used := 0
		for _, s := range list {
			if s.kind == kindRead && s.allowed && s.centre == t.centre && s.seq > a.Seq {
				used++
			}
		}
		if used < a.Count {
			d.facts[factAllowed] = true
			return nil
		}
	}
	why, again := whyBudgetHour, hourFrom.Add(time.Hour)
	if today >= readsADay {
		why, again = whyBudgetDay, dayFrom.Add(24*time.Hour)
	}
	t.raise(d, why, nil)
	return overBudget(contract.CodeReadBudget, again.Sub(d.receivedAt))
}

// overBudget is the refusal of who may read again after a while.
func overBudget(code contract.Code, wait time.Duration) error {
	return contract.NewProblem(code, contract.WithPointer("/kind"), contract.WithRetryAfter(wait),
		contract.WithDetail(fmt.Sprint(int(math.Ceil(wait.Minutes())))))
}

// raise owes this book an entry of the clock that a read was refused: a refusal
// leaves none by itself. Of one officer, reason and complaint there is one an
// hour, however often he tries.
func (t *batch) raise(d *draft, why string, c *Complaint) {
	body := contract.ReadRaise{OfficerID: d.officer, Why: why, ToRole: contract.Role(overseer(d.post.Role))}
	rule := why
	if c != nil {
		body.ComplaintID = &c.ComplaintID
		rule += " " + c.ComplaintID.String()
	}
	op := ServerOp{
		Kind: "read.raise", Subject: d.officer, Rule: rule + " " + d.post.Role, At: d.receivedAt.UTC().Truncate(time.Hour), Body: body,
	}
	t.owes = append(t.owes, owed{Centre: t.centre, Op: op})
	if slices.Contains([]string{whyBudgetHour, whyBudgetDay, whyBudgetSearch}, why) {
		id := serverOpID(roleClock, op)
		t.alarmOf(alarmBudget, id, id, d.officer)
	}
}

// overseer is the role that is told of an officer's reads: never his own.
func overseer(role string) string {
	switch role {
	case staff.CentreIncharge:
		return staff.SHO
	case staff.SHO:
		return staff.CO
	case staff.CO:
		return staff.AddlSP
	}
	return staff.CentreIncharge
}

func applyIdentityRead(s *State, e *Entry, b *contract.IdentityRead) []push.Notice {
	s.keepRead(e, b.SubjectID, b.Fields, b.Reason)
	return nil
}

// keepRead counts a read or search.
func (s *State) keepRead(e *Entry, subject uuid.UUID, fields []string, reason string) {
	s.reads.put(e.Seq, &Read{
		Seq: e.Seq, OpID: e.OpID, Kind: e.Kind, OfficerID: e.OfficerID, PostID: e.PostID, Role: e.Role, CaseID: e.CaseID,
		SubjectID: subject, Fields: fields, Reason: reason, Guarded: e.Guarded, Allowed: e.Facts.isTrue(factAllowed), At: e.ReceivedAt,
	})
}

func needsReadAllow(_ *draft, b *contract.ReadAllow, n *needs) { n.officer(b.OfficerID) }

// checkReadAllow lets a second person allow an officer more.
func checkReadAllow(s *State, d *draft, b *contract.ReadAllow) error {
	if !s.officers[b.OfficerID] {
		return refuse(contract.CodeUnknownReference, "/body/officer_id")
	}
	d.seenBy = append(d.seenBy, b.OfficerID)
	return nil
}

// applyReadAllow keeps what was allowed, from when it was received on. The last
// that was allowed counts: nobody heaps up several.
func applyReadAllow(s *State, e *Entry, b *contract.ReadAllow) []push.Notice {
	s.allows.put(b.OfficerID, &readAllow{OfficerID: b.OfficerID, Seq: e.Seq, Count: b.Count, GivenBy: e.OfficerID, GivenAt: e.ReceivedAt})
	return []push.Notice{s.tellOfficer(e, e.OpID, 0, b.OfficerID)}
}

func needsReadRaise(_ *draft, b *contract.ReadRaise, n *needs) {
	if b.ComplaintID != nil {
		n.complaint(*b.ComplaintID)
	}
}

// checkReadRaise makes what is told of a case one of its entries, as guarded as
// the case is.
func checkReadRaise(s *State, d *draft, b *contract.ReadRaise) error {
	if b.ComplaintID == nil {
		return nil
	}
	c := s.complaints.get(*b.ComplaintID)
	if c == nil {
		return s.absent(d, *b.ComplaintID, "/complaint_id")
	}
	d.caseID, d.guarded = c.CaseID, c.Data.Guarded
	return nil
}

func applyReadRaise(s *State, e *Entry, b *contract.ReadRaise) []push.Notice {
	subject := e.OpID
	if b.ComplaintID != nil {
		subject = *b.ComplaintID
		s.keep(e, s.complaintAt(subject))
	}
	out := []push.Notice{s.tell(e, subject, 0, string(b.ToRole))}
	if string(b.ToRole) == staff.CentreIncharge {
		out = append(out, s.tell(e, subject, 1, staff.SHO))
	}
	return out
}

// queueAllows reads what officers were allowed in this book.
func (s *State) queueAllows(b *pgx.Batch, officers []uuid.UUID) {
	b.Queue(`SELECT officer_id, seq, count, given_by, given_at FROM read_allows WHERE district_id = $1 AND centre = $2
		AND officer_id = ANY($3)`, s.District, s.Centre, officers).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[readAllow])
		for _, a := range list {
			s.allows.load(a.OfficerID, a)
		}
		return wrap(err, "read what was allowed")
	})
}

func (s *State) flushReads(b *pgx.Batch) {
	if rows := s.reads.changed(); len(rows) > 0 {
		b.Queue(`INSERT INTO reads (district_id, centre, seq, op_id, kind, officer_id, post_id, role, case_id, subject_id, fields,
				reason, guarded, allowed, at)
			SELECT $1, $2, `+each(3, "bigint uuid text uuid uuid text uuid uuid text text bool bool timestamptz"),
			s.District, s.Centre,
			column(rows, func(r *Read) int64 { return r.Seq }),
			column(rows, func(r *Read) [16]byte { return r.OpID }),
			column(rows, func(r *Read) string { return r.Kind }),
			column(rows, func(r *Read) [16]byte { return r.OfficerID }),
			column(rows, func(r *Read) [16]byte { return r.PostID }),
			column(rows, func(r *Read) string { return r.Role }),
			column(rows, func(r *Read) [16]byte { return r.CaseID }),
			column(rows, func(r *Read) [16]byte { return r.SubjectID }),
			column(rows, func(r *Read) string { return jsonText(append([]string{}, r.Fields...)) }),
			column(rows, func(r *Read) string { return r.Reason }),
			column(rows, func(r *Read) bool { return r.Guarded }),
			column(rows, func(r *Read) bool { return r.Allowed }),
			column(rows, func(r *Read) time.Time { return r.At }))
	}
	if rows := s.allows.changed(); len(rows) > 0 {
		b.Queue(`INSERT INTO read_allows (district_id, centre, officer_id, seq, count, given_by, given_at)
			SELECT $1, $2, `+each(3, "uuid bigint int uuid timestamptz")+`
			ON CONFLICT (district_id, centre, officer_id) DO UPDATE SET seq = excluded.seq, count = excluded.count,
				given_by = excluded.given_by, given_at = excluded.given_at`,
			s.District, s.Centre,
			column(rows, func(a *readAllow) [16]byte { return a.OfficerID }),
			column(rows, func(a *readAllow) int64 { return a.Seq }),
			column(rows, func(a *readAllow) int { return a.Count }),
			column(rows, func(a *readAllow) [16]byte { return a.GivenBy }),
			column(rows, func(a *readAllow) time.Time { return a.GivenAt }))
	}
}
