package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/geo"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// kindDutyEnd is how a duty ends, by its officer or, when nobody does it, by the clock.
const kindDutyEnd = "duty.end"

func needsDutyStart(d *draft, b *contract.DutyStart, n *needs) {
	n.duty(d.officer)
	n.squad(b.SquadID)
	if b.Relieves != nil {
		n.duty(*b.Relieves)
		n.officer(*b.Relieves)
	}
}

// checkDutyStart lets an officer go on duty under a post that is his. One who
// forgot to end the last duty is not stopped: that one ends here, flagged.
func checkDutyStart(s *State, d *draft, b *contract.DutyStart) error {
	if b.PostID != nil && !d.takePost(*b.PostID) {
		return refuse(contract.CodeNotYourPost, "/body/post_id")
	}
	if err := s.refs(b.SquadID, "/body/squad_id", nil, ""); err != nil {
		return err
	}
	if s.dutyAt(d.officer, d.at) != nil {
		d.flag(geo.Flag{Code: flagDutyUnended, Value: 1})
	}
	if d.at.After(s.now.Add(-overlapReach)) && s.overlaps(d, b) {
		d.facts[factOverlap] = true
	}
	if b.Relieves == nil {
		return nil
	}
	return s.checkRelief(d, *b.Relieves)
}

// checkRelief lets an officer take over from one of the same post: nobody ends the duty
// of another kind of work. Whether her own end or his start comes first is chance; if she
// is not on duty at that time the start is flagged, and he is on duty.
func (s *State) checkRelief(d *draft, relieved uuid.UUID) error {
	last := s.dutyAt(relieved, d.at)
	on := last != nil
	if !on {
		last = s.lastDuty(relieved, d.at)
	}
	if relieved == d.officer || !s.officers[relieved] || last != nil && last.Role != d.post.Role {
		return refuse(contract.CodeUnknownReference, "/body/relieves")
	}
	switch {
	case on:
	case last == nil:
		d.flag(geo.Flag{Code: flagRelievedOffDuty})
	case d.at.Sub(*last.EndedAt) > reliefWithin: // else she ended it herself as he came
		d.flag(geo.Flag{Code: flagRelievedOffDuty, Value: d.at.Sub(*last.EndedAt).Seconds()})
	}
	d.seenBy = append(d.seenBy, relieved)
	return nil
}

// reliefWithin is how long after the end of a duty a relief is still one: phones are put down
// and taken up while a shift is handed over.
const reliefWithin = 30 * time.Minute

// lastDuty is the duty of an officer that ended last before a time, if it could have
// lasted until then; nil if there is none.
func (s *State) lastDuty(officer uuid.UUID, at time.Time) *Duty {
	var last *Duty
	for _, d := range s.duties.m {
		if d.OfficerID == officer && d.EndedAt != nil && d.EndedAt.Before(at) && at.Before(s.rules.dutyOver(d.StartedAt)) &&
			(last == nil || d.EndedAt.After(*last.EndedAt)) {
			last = d
		}
	}
	return last
}

// factOverlap says of a start that it came after what it should have come before: a
// later duty, or the end of the one that it ends. A shared handset may have found no
// network all day.
const factOverlap = "overlap"

// overlapReach is how old a start may be that looks at duties which have ended: their
// rows are read no further back (dutyReach), at append as at rebuild. An older one is
// over by the clock.
const overlapReach = dutyReach / 2

// overlaps tells whether the start of a duty meets one that was ended after it, or a
// later one.
func (s *State) overlaps(d *draft, b *contract.DutyStart) bool {
	ended := func(of uuid.UUID) bool {
		return slices.ContainsFunc(s.endedLater(of, d.at), func(o *Duty) bool { return o.EndedAt != nil })
	}
	return ended(d.officer) || b.Relieves != nil && ended(*b.Relieves) || s.nextStart(d.officer, d.at) != nil
}

func applyDutyStart(s *State, e *Entry, b *contract.DutyStart) []push.Notice {
	s.endDuties(e, e.OfficerID)
	if b.Relieves != nil {
		s.endDuties(e, *b.Relieves)
	}
	duty := &Duty{
		DutyID: e.OpID, OfficerID: e.OfficerID, PostID: e.PostID, Role: e.Role, SquadID: b.SquadID,
		DeviceID: e.DeviceID, StartedAt: e.At,
	}
	if e.Facts.isTrue(factOverlap) {
		duty.EndedAt = s.nextStart(e.OfficerID, e.At)
	}
	s.duties.put(e.OpID, duty)
	return nil
}

// endDuties ends with an entry the duties of an officer that are open, and those that
// were ended later, if the entry says that it looks at them.
func (s *State) endDuties(e *Entry, officer uuid.UUID) {
	for _, on := range s.endedLater(officer, e.At) {
		if on.EndedAt != nil && !e.Facts.isTrue(factOverlap) {
			continue
		}
		ended := *on
		at := e.At
		ended.EndedAt = &at
		s.duties.put(ended.DutyID, &ended)
	}
}

// endedLater lists the duties of an officer that were begun before a time and have not
// ended, or after it, in the order of their ids.
func (s *State) endedLater(officer uuid.UUID, at time.Time) []*Duty {
	var out []*Duty
	for _, d := range s.duties.m {
		if d.OfficerID == officer && !d.StartedAt.After(at) &&
			(d.EndedAt == nil || d.EndedAt.After(at) && d.StartedAt.After(at.Add(-overlapReach))) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b *Duty) int { return compareIDs(a.DutyID, b.DutyID) })
	return out
}

// nextStart is when the officer began the first duty after a time; nil if there is none.
func (s *State) nextStart(officer uuid.UUID, at time.Time) *time.Time {
	var next *time.Time
	for _, d := range s.duties.m {
		if d.OfficerID == officer && d.StartedAt.After(at) && (next == nil || d.StartedAt.Before(*next)) {
			began := d.StartedAt
			next = &began
		}
	}
	return next
}

func needsDutyEnd(d *draft, b *contract.DutyEnd, n *needs) {
	n.duty(d.officer)
	n.dutyID(b.StartID)
}

func checkDutyEnd(s *State, d *draft, b *contract.DutyEnd) error {
	duty := s.duties.get(b.StartID)
	if duty == nil {
		return s.absent(d, b.StartID, "/start_id")
	}
	if d.server == roleClock {
		return s.checkDutyOver(d, duty)
	}
	if duty.OfficerID != d.officer {
		return refuse(contract.CodeUnknownReference, "/body/start_id")
	}
	if d.at.Before(duty.StartedAt) {
		return refuse(contract.CodeEndedBeforeStarted, "/device_at")
	}
	return nil
}

// checkDutyOver lets the clock end a duty that nobody ended, when it has lasted as
// long as a duty may: who forgot it is at home, and is not watched there.
func (s *State) checkDutyOver(d *draft, duty *Duty) error {
	if duty.EndedAt != nil || d.at.Before(s.rules.dutyOver(duty.StartedAt)) {
		return refuse(contract.CodeWrongState, "/body/start_id")
	}
	d.flag(geo.Flag{Code: flagDutyUnended, Value: 1})
	d.seenBy = append(d.seenBy, duty.OfficerID)
	return nil
}

// sweepDuties ends the duties that have lasted as long as a duty may.
func (b *Book) sweepDuties(ctx context.Context, district int32) (int, error) {
	type open struct {
		DutyID    uuid.UUID
		Centre    string
		StartedAt time.Time
	}
	var due []open
	r, now := b.rules.Load().of(district), b.now()
	err := b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT duty_id, centre, started_at FROM duties WHERE district_id = $1 AND ended_at IS NULL
			AND started_at <= $2 ORDER BY started_at, duty_id LIMIT $3`, district, now.Add(-r.shortestDuty()), sweepSize)
		if err != nil {
			return fmt.Errorf("find long duties: %w", err)
		}
		due, err = pgx.CollectRows(rows, pgx.RowToStructByPos[open])
		return wrap(err, "find long duties")
	})
	if err != nil {
		return 0, err
	}
	ops := map[string][]ServerOp{}
	var centres []string
	for _, d := range due {
		at := r.dutyOver(d.StartedAt)
		if at.After(now) {
			continue
		}
		if ops[d.Centre] == nil {
			centres = append(centres, d.Centre)
		}
		ops[d.Centre] = append(ops[d.Centre], ServerOp{
			Kind: kindDutyEnd, Subject: d.DutyID, Rule: "duty", At: at, Body: contract.DutyEnd{StartID: d.DutyID},
		})
	}
	return b.enterAll(ctx, district, centres, ops)
}

// applyDutyEnd ends the duty; one that a later start had already ended is cut
// at the earlier of the two times.
func applyDutyEnd(s *State, e *Entry, b *contract.DutyEnd) []push.Notice {
	ended := *s.duties.get(b.StartID)
	if ended.EndedAt == nil || e.At.Before(*ended.EndedAt) {
		at := e.At
		ended.EndedAt = &at
		s.duties.put(ended.DutyID, &ended)
	}
	return nil
}
