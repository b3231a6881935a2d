package book

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
)

// Clock is a time limit that runs, or ran, over a complaint or a matter: the
// Nth of its code. NextAt is when the next rung of its ladder is told; a clock
// that is paused, stopped or at the end of its ladder has none.
type Clock struct {
	SubjectID   uuid.UUID
	Code        string
	N           int
	ComplaintID *uuid.UUID
	StartsAt    time.Time
	DueAt       time.Time
	PausedAt    *time.Time
	PausedS     int64
	StoppedAt   *time.Time
	OwnerRole   string
	Rung        int
	ToldRole    string // whom the first of the rungs told; empty: nobody was
	NextAt      *time.Time
}

type clockKey struct {
	Subject uuid.UUID
	Code    string
	N       int
}

func (k *Clock) key() clockKey { return clockKey{k.SubjectID, k.Code, k.N} }

// clockRows are the clocks of a State, found by what they run over too, and
// those of days by themselves.
type clockRows struct {
	rows[clockKey, Clock]
	of   map[uuid.UUID][]clockKey
	days []clockKey
}

func newClockRows() *clockRows {
	return &clockRows{rows: *newRows[clockKey, Clock](), of: map[uuid.UUID][]clockKey{}}
}

func (r *clockRows) load(k clockKey, c *Clock) {
	r.note(k)
	r.rows.load(k, c)
}

func (r *clockRows) put(k clockKey, c *Clock) {
	r.note(k)
	r.rows.put(k, c)
}

func (r *clockRows) note(k clockKey) {
	if r.m[k] == nil {
		r.of[k.Subject] = append(r.of[k.Subject], k)
		if k.Code == limitDaySign {
			r.days = append(r.days, k)
		}
	}
}

// chain orders the roles that rungs may tell, from the beat upwards.
var chain = []string{
	staff.BeatOfficer, staff.SquadLeader, staff.CentreIncharge, staff.SHO, staff.CO, staff.Nodal, staff.AddlSP, staff.SP,
}

// toRole is whom a rung tells: its own post, unless the matter lies with that
// post or one above it. Nobody is told only of himself, so all rungs move up.
func toRole(rungs []rung, i int, owner string) string {
	above := slices.Index(chain, owner)
	shift := 0
	for shift < len(rungs)-1 && rungs[shift].ToRole != nil && slices.Index(chain, *rungs[shift].ToRole) <= above {
		shift++
	}
	r := rungs[min(i+shift, len(rungs)-1)]
	if r.ToRole == nil {
		return staff.SP
	}
	return *r.ToRole
}

// climb sets when the clock's next rung is told.
func (k *Clock) climb(v *ruleView) {
	k.NextAt = nil
	if k.StoppedAt != nil || k.PausedAt != nil {
		return
	}
	rungs := v.rungs(v.ladderOf(k.Code, k.StartsAt), k.StartsAt)
	if k.Rung >= len(rungs) {
		return
	}
	at := k.DueAt.Add(rungs[k.Rung].After)
	k.NextAt = &at
}

// clocksOf lists copies of the clocks of a subject, in the order of code and n.
func (s *State) clocksOf(subject uuid.UUID) []*Clock {
	keys := s.clocks.of[subject]
	out := make([]*Clock, len(keys))
	for i, k := range keys {
		c := *s.clocks.m[k]
		out[i] = &c
	}
	slices.SortFunc(out, func(a, b *Clock) int {
		if a.Code != b.Code {
			return compareText(a.Code, b.Code)
		}
		return a.N - b.N
	})
	return out
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// running finds a clock of a subject that runs, paused or not.
func (s *State) running(subject uuid.UUID, code string) *Clock {
	for _, k := range s.clocksOf(subject) {
		if k.Code == code && k.StoppedAt == nil {
			return k
		}
	}
	return nil
}

// dueOf is the earliest due time of a subject's running clocks but the overall
// one, which nobody can meet sooner by looking at it.
func (s *State) dueOf(subject uuid.UUID) *time.Time {
	var due *time.Time
	for _, k := range s.clocksOf(subject) {
		if k.StoppedAt == nil && k.PausedAt == nil && k.Code != limitOverall && (due == nil || k.DueAt.Before(*due)) {
			at := k.DueAt
			due = &at
		}
	}
	return due
}

// about says what a clock runs over.
type about struct {
	Subject   uuid.UUID
	Complaint *uuid.UUID
	Category  string
	RiskLevel string
	OwnerRole string
}

func (c *Complaint) about() about {
	return about{Subject: c.ComplaintID, Complaint: &c.ComplaintID, Category: c.Category, RiskLevel: c.RiskLevel, OwnerRole: c.OwnerRole}
}

// start starts the clock of a limit, as the rules in force at its beginning
// have it. One that runs already goes on.
func (s *State) start(a about, code string, at time.Time) {
	l := s.rules.limit(code, a.Category, a.RiskLevel, at)
	if l == nil {
		return
	}
	s.startAt(a, code, at, l.due(at))
}

// startAt is start for a limit whose end was named. Bodies may tell times to the
// nanosecond; the op that tells a rung tells its own to the millisecond, and the
// two must meet.
func (s *State) startAt(a about, code string, at, due time.Time) {
	at, due = at.Truncate(time.Millisecond), due.Truncate(time.Millisecond)
	k := &Clock{SubjectID: a.Subject, Code: code, N: 1, ComplaintID: a.Complaint, StartsAt: at, DueAt: due, OwnerRole: a.OwnerRole}
	if last := s.latest(a.Subject, code); last != nil {
		if last.StoppedAt == nil {
			return
		}
		k.N = last.N + 1
		if code == limitOverall { // it only went on: who was told of it was told
			k.Rung, k.ToldRole = last.Rung, last.ToldRole
		}
	}
	k.climb(s.rules)
	s.clocks.put(k.key(), k)
}

// stop stops the running clocks of the codes; without codes, all of the subject.
func (s *State) stop(subject uuid.UUID, at time.Time, codes ...string) {
	for _, k := range s.clocksOf(subject) {
		if k.StoppedAt != nil || len(codes) > 0 && !slices.Contains(codes, k.Code) {
			continue
		}
		if k.PausedAt != nil {
			k.resume(later(*k.PausedAt, at))
		}
		end := later(k.StartsAt, at)
		k.StoppedAt = &end
		k.climb(s.rules)
		s.clocks.put(k.key(), k)
	}
}

// resume ends a pause: the due time moves by as long as it lasted.
func (k *Clock) resume(at time.Time) {
	length := at.Sub(*k.PausedAt)
	k.PausedS += int64(length / time.Second)
	k.DueAt = k.DueAt.Add(length.Truncate(time.Second))
	k.PausedAt = nil
}

// hold pauses the running clock of a code; goOn lets it run again.
func (s *State) hold(subject uuid.UUID, code string, at time.Time) {
	if k := s.running(subject, code); k != nil && k.PausedAt == nil {
		from := later(k.StartsAt, at)
		k.PausedAt = &from
		k.climb(s.rules)
		s.clocks.put(k.key(), k)
	}
}

func (s *State) goOn(subject uuid.UUID, code string, at time.Time) {
	if k := s.running(subject, code); k != nil && k.PausedAt != nil {
		k.resume(later(*k.PausedAt, at))
		k.climb(s.rules)
		s.clocks.put(k.key(), k)
	}
}

// moveDue gives a running clock another end; its ladder begins anew.
func (s *State) moveDue(subject uuid.UUID, code string, due time.Time) {
	if k := s.running(subject, code); k != nil {
		k.DueAt, k.Rung, k.ToldRole = due.Truncate(time.Millisecond), 0, ""
		k.climb(s.rules)
		s.clocks.put(k.key(), k)
	}
}

// moveStart lets a running clock that began at one time run from another, as if
// it had begun there: the rungs that were told stay told.
func (s *State) moveStart(a about, code string, from, to time.Time) {
	to = to.Truncate(time.Millisecond)
	k, l := s.running(a.Subject, code), s.rules.limit(code, a.Category, a.RiskLevel, to)
	if k == nil || l == nil || !k.StartsAt.Equal(from.Truncate(time.Millisecond)) {
		return
	}
	k.StartsAt = to
	k.DueAt = k.dueBy(l)
	k.climb(s.rules)
	s.clocks.put(k.key(), k)
}

// dueBy is when a limit has passed that runs as long as the clock: pauses that are
// over do not count.
func (k *Clock) dueBy(l *Limit) time.Time {
	return l.due(k.StartsAt).Truncate(time.Millisecond).Add(time.Duration(k.PausedS) * time.Second)
}

const clockColumns = `subject_id, code, n, complaint_id, starts_at, due_at, paused_at, paused_s, stopped_at, owner_role, rung, told_role,
	next_at`

func scanClock(row pgx.CollectableRow) (*Clock, error) {
	k := &Clock{}
	return k, row.Scan(&k.SubjectID, &k.Code, &k.N, &k.ComplaintID, &k.StartsAt, &k.DueAt, &k.PausedAt, &k.PausedS,
		&k.StoppedAt, &k.OwnerRole, &k.Rung, &k.ToldRole, &k.NextAt)
}

func (s *State) takeClocks(rows pgx.Rows) error {
	list, err := pgx.CollectRows(rows, scanClock)
	for _, k := range list {
		s.clocks.load(k.key(), k)
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
	b.Queue(`SELECT `+clockColumns+` FROM (`+which+`) u, LATERAL (SELECT * FROM clocks WHERE district_id = $1 AND subject_id = u.id
		OFFSET 0) k WHERE k.centre = $2`, s.District, s.Centre, ids).Query(s.takeClocks)
}

// queueRunning reads the clocks that run over the complaints that are open.
func (s *State) queueRunning(b *pgx.Batch) {
	b.Queue(`SELECT `+clockColumns+` FROM (SELECT complaint_id AS id FROM complaints WHERE district_id = $1 AND centre = $2
		AND closed_at IS NULL OFFSET 0) u, LATERAL (SELECT * FROM clocks WHERE district_id = $1 AND subject_id = u.id
		AND stopped_at IS NULL OFFSET 0) k`, s.District, s.Centre).Query(s.takeClocks)
}

func (s *State) flushClocks(b *pgx.Batch) {
	s.clocks.flush(`ON CONFLICT (district_id, subject_id, code, n) DO UPDATE SET starts_at = excluded.starts_at,
		due_at = excluded.due_at, paused_at = excluded.paused_at,
		paused_s = excluded.paused_s, stopped_at = excluded.stopped_at, owner_role = excluded.owner_role,
		rung = excluded.rung, told_role = excluded.told_role, next_at = excluded.next_at`, func(rows []*Clock, onConflict string) {
		b.Queue(`INSERT INTO clocks (district_id, centre, `+clockColumns+`)
			SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::int[], $6::uuid[], $7::timestamptz[], $8::timestamptz[],
				$9::timestamptz[], $10::bigint[], $11::timestamptz[], $12::text[], $13::int[], $14::text[],
				$15::timestamptz[]) `+onConflict,
			s.District, s.Centre,
			column(rows, func(r *Clock) [16]byte { return r.SubjectID }),
			column(rows, func(r *Clock) string { return r.Code }),
			column(rows, func(r *Clock) int { return r.N }),
			column(rows, func(r *Clock) *[16]byte { return (*[16]byte)(r.ComplaintID) }),
			column(rows, func(r *Clock) time.Time { return r.StartsAt }),
			column(rows, func(r *Clock) time.Time { return r.DueAt }),
			column(rows, func(r *Clock) *time.Time { return r.PausedAt }),
			column(rows, func(r *Clock) int64 { return r.PausedS }),
			column(rows, func(r *Clock) *time.Time { return r.StoppedAt }),
			column(rows, func(r *Clock) string { return r.OwnerRole }),
			column(rows, func(r *Clock) int { return r.Rung }),
			column(rows, func(r *Clock) string { return r.ToldRole }),
			column(rows, func(r *Clock) *time.Time { return r.NextAt }))
	})
}
