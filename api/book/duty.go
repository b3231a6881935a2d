package book

import (
	"slices"

	"kendra/geo"
	contract "kendra/mobile-contract"
	"kendra/push"
)

func needsDutyStart(d *draft, b *contract.DutyStart, n *needs) {
	n.duty(d.officer)
	n.squad(b.SquadID)
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
	return nil
}

func applyDutyStart(s *State, e *Entry, b *contract.DutyStart) []push.Notice {
	for _, open := range s.openDuties(e) {
		ended := *open
		at := e.At
		ended.EndedAt = &at
		s.duties.put(ended.DutyID, &ended)
	}
	s.duties.put(e.OpID, &Duty{
		DutyID: e.OpID, OfficerID: e.OfficerID, PostID: e.PostID, Role: e.Role, SquadID: b.SquadID,
		DeviceID: e.DeviceID, StartedAt: e.At,
	})
	return nil
}

// openDuties lists the officer's duties that were begun before the entry and
// not ended, in the order of their ids.
func (s *State) openDuties(e *Entry) []*Duty {
	var open []*Duty
	for _, d := range s.duties.m {
		if d.OfficerID == e.OfficerID && d.EndedAt == nil && !d.StartedAt.After(e.At) {
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
	if duty.OfficerID != d.officer {
		return refuse(contract.CodeUnknownReference, "/body/start_id")
	}
	if d.at.Before(duty.StartedAt) {
		return refuse(contract.CodeEndedBeforeStarted, "/device_at")
	}
	return nil
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
