package book

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
)

// Clock is a time limit that runs, or ran, over a complaint or a matter: the
// Nth of its code. NextAt is when the next rung of its ladder is told; a clock
// that is paused, stopped or at the end of its ladder has none.
type Clock struct {
	SubjectID uuid.UUID
	Code      string
	N         int
	StartsAt  time.Time
	DueAt     time.Time
	PausedAt  *time.Time
	PausedS   int64
	StoppedAt *time.Time
	OwnerRole string
	Rung      int
	ToldRole  string // whom the first of the rungs told; empty: nobody was
	NextAt    *time.Time
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
	if r := v.rungsAll().nth(v.ladderOf(k.Code, k.StartsAt), k.StartsAt, k.Rung); r != nil {
		at := k.DueAt.Add(r.After)
		k.NextAt = &at
	}
}

// clocksOf lists copies of the clocks of a subject, in the order of code and n.
func (s *State) clocksOf(subject uuid.UUID) []*Clock {
	l := s.clocks.get(subject)
	if l == nil {
		return nil
	}
	out := make([]*Clock, len(l.Clocks))
	for i, k := range l.Clocks {
		c := *k
		out[i] = &c
	}
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
	if l := s.clocks.get(subject); l != nil {
		for _, k := range l.Clocks {
			if k.Code == code && k.StoppedAt == nil {
				c := *k
				return &c
			}
		}
	}
	return nil
}

// dueOf is the earliest due time of a subject's running clocks but the overall
// one, which nobody can meet sooner by looking at it.
func (s *State) dueOf(subject uuid.UUID) *time.Time {
	l := s.clocks.get(subject)
	if l == nil {
		return nil
	}
	var due *time.Time
	for _, k := range l.Clocks {
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
	k := &Clock{SubjectID: a.Subject, Code: code, N: 1, StartsAt: at, DueAt: due, OwnerRole: a.OwnerRole}
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
	s.putClock(k, a.Complaint)
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
		s.putClock(k, nil)
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
		s.putClock(k, nil)
	}
}

func (s *State) goOn(subject uuid.UUID, code string, at time.Time) {
	if k := s.running(subject, code); k != nil && k.PausedAt != nil {
		k.resume(later(*k.PausedAt, at))
		k.climb(s.rules)
		s.putClock(k, nil)
	}
}

// moveDue gives a running clock another end; its ladder begins anew.
func (s *State) moveDue(subject uuid.UUID, code string, due time.Time) {
	if k := s.running(subject, code); k != nil {
		k.DueAt, k.Rung, k.ToldRole = due.Truncate(time.Millisecond), 0, ""
		k.climb(s.rules)
		s.putClock(k, nil)
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
	s.putClock(k, nil)
}

// dueBy is when a limit has passed that runs as long as the clock: pauses that are
// over do not count.
func (k *Clock) dueBy(l *Limit) time.Time {
	return l.due(k.StartsAt).Truncate(time.Millisecond).Add(time.Duration(k.PausedS) * time.Second)
}
