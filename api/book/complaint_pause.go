package book

import (
	"time"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

func needsComplaintExtend(_ *draft, b *contract.ComplaintExtend, n *needs) {
	n.complaint(b.ComplaintID)
}

// longestExtension is how much time one extension may give.
const longestExtension = 15 * 24 * time.Hour

// checkComplaintExtend lets the in-charge give more time, once and not to a
// complaint that is her own.
func checkComplaintExtend(s *State, d *draft, b *contract.ComplaintExtend) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if err := c.wantState(d, stateRegistered, stateAssigned, stateInAction); err != nil {
		return err
	}
	if c.Data.Extended != nil {
		return refuse(contract.CodeExtendedAlready, d.ptr("/complaint_id"))
	}
	if c.Data.PausedAt != nil { // its clock stands: there is no end to move
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	k := s.running(c.ComplaintID, limitDisposal)
	if !b.UntilAt.After(d.at) || k != nil && !b.UntilAt.After(k.DueAt) {
		return refuse(contract.CodeEndedBeforeStarted, d.ptr("/until_at"))
	}
	if k != nil && b.UntilAt.After(k.DueAt.Add(longestExtension)) {
		return refuse(contract.CodeOutOfRange, d.ptr("/until_at"))
	}
	return nil
}

func applyComplaintExtend(s *State, e *Entry, b *contract.ComplaintExtend) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	until := b.UntilAt.Time
	c.Data.Extended = &until
	s.moveDue(c.ComplaintID, limitDisposal, until)
	s.keep(e, c)
	return nil
}

// stateClocks are the clocks of a state: they stand while a complaint is
// paused. The overall one goes on.
var stateClocks = []string{limitAssign, limitAction, limitDisposal}

func needsPauseAsk(_ *draft, b *contract.PauseAsk, n *needs) { n.complaint(b.ComplaintID) }

func checkPauseAsk(s *State, d *draft, b *contract.PauseAsk) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if err := c.wantState(d, stateRegistered, stateAssigned, stateInAction); err != nil {
		return err
	}
	if c.Data.PauseAskedBy != nil || c.Data.PausedAt != nil {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	return c.mineOrSenior(d)
}

func applyPauseAsk(s *State, e *Entry, b *contract.PauseAsk) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	by := e.OfficerID
	c.Data.PauseAskedBy, c.Data.PauseReason = &by, b.Reason
	s.keep(e, c)
	return []push.Notice{s.tell(e, c.ComplaintID, 0, staff.CentreIncharge)}
}

func needsPauseAllow(_ *draft, b *contract.PauseAllow, n *needs) { n.complaint(b.ComplaintID) }

// checkPauseAllow wants a second officer: nobody stops his own clock alone.
func checkPauseAllow(s *State, d *draft, b *contract.PauseAllow) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if c.Data.PauseAskedBy == nil || c.Data.PausedAt != nil {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	d.seenBy = append(d.seenBy, *c.Data.PauseAskedBy)
	return c.wantState(d, stateRegistered, stateAssigned, stateInAction)
}

func applyPauseAllow(s *State, e *Entry, b *contract.PauseAllow) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	asked := *c.Data.PauseAskedBy
	c.Data.PauseAskedBy = nil
	if b.Allowed {
		at := e.At
		c.Data.PausedAt = &at
		for _, code := range stateClocks {
			s.hold(c.ComplaintID, code, e.At)
		}
	} else {
		c.Data.PauseReason = ""
	}
	s.keep(e, c)
	return []push.Notice{s.tellOfficer(e, c.ComplaintID, 0, asked)}
}

func needsComplaintResume(_ *draft, b *contract.ComplaintResume, n *needs) {
	n.complaint(b.ComplaintID)
}

func checkComplaintResume(s *State, d *draft, b *contract.ComplaintResume) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if c.Data.PausedAt == nil {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	return c.mineOrSenior(d)
}

func applyComplaintResume(s *State, e *Entry, b *contract.ComplaintResume) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	s.unpause(e, c)
	s.keep(e, c)
	return nil
}

// unpause lets the clocks of the state go on.
func (s *State) unpause(e *Entry, c *Complaint) {
	if c.Data.PausedAt == nil {
		c.Data.PauseAskedBy = nil
		return
	}
	for _, code := range stateClocks {
		s.goOn(c.ComplaintID, code, e.At)
	}
	c.Data.PausedAt, c.Data.PauseReason, c.Data.PauseAskedBy = nil, "", nil
}
