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
	if b.Relieves == nil {
		return nil
	}
	// Relief is of the same post: nobody ends the duty of another kind of work.
	if on := s.dutyAt(*b.Relieves, d.at); on == nil || on.OfficerID == d.officer || on.Role != d.post.Role {
		return refuse(contract.CodeUnknownReference, "/body/relieves")
	}
	d.seenBy = append(d.seenBy, *b.Relieves)
	return nil
}

func applyDutyStart(s *State, e *Entry, b *contract.DutyStart) []push.Notice {
	s.endDuties(e, e.OfficerID)
	if b.Relieves != nil {
		s.endDuties(e, *b.Relieves)
	}
	s.duties.put(e.OpID, &Duty{
		DutyID: e.OpID, OfficerID: e.OfficerID, PostID: e.PostID, Role: e.Role, SquadID: b.SquadID,
		DeviceID: e.DeviceID, StartedAt: e.At,
	})
	return nil
}

// endDuties ends with an entry the duties of an officer that are open.
func (s *State) endDuties(e *Entry, officer uuid.UUID) {
	for _, open := range s.openDuties(e, officer) {
		ended := *open
		at := e.At
		ended.EndedAt = &at
		s.duties.put(ended.DutyID, &ended)
	}
}

// openDuties lists the duties of an officer that were begun before the entry and
// not ended, in the order of their ids.
func (s *State) openDuties(e *Entry, officer uuid.UUID) []*Duty {
	var open []*Duty
	for _, d := range s.duties.m {
		if d.OfficerID == officer && d.EndedAt == nil && !d.StartedAt.After(e.At) {
			open = append(open, d)
		}
	}
	slices.SortFunc(open, func(a, b *Duty) int { return compareIDs(a.DutyID, b.DutyID) })
	return open
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
	if duty.EndedAt != nil || d.at.Before(duty.StartedAt.Add(s.rules.unitRule(duty.StartedAt).duty())) {
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
		at := d.StartedAt.Add(r.unitRule(d.StartedAt).duty())
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
