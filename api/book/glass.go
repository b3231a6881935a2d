package book

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Breaking the glass: who is not named on a guarded case and must read it in need
// asks; a second officer of another post allows it; one officer then reads one
// case for one hour. The SP is told at once, and the district office reviews it.

const (
	// glassFor is how long a case stays open, and how long an ask may wait.
	glassFor = time.Hour

	matterGlass = "glass"
	matterBroke = "allowed" // the state of one that was allowed and is not reviewed yet

	// Times of a glass.
	stepAsked = "asked"
	stepUntil = "until" // it is open until then

	limitGlassReview = "glass_review"
)

// glassAskers are the posts that may have such a need; a counsellor has none, for
// such cases are not counselled.
var glassAskers = []string{staff.BeatOfficer, staff.SquadLeader, staff.DeskOfficer, staff.CentreIncharge, staff.SHO, staff.CO}

// glassKeepers are the posts that may allow it, glassJudges those that review it.
var (
	glassKeepers = []string{staff.CentreIncharge, staff.SHO, staff.CO, staff.WomenCell, staff.Nodal, staff.AddlSP, staff.SP}
	glassJudges  = []string{staff.WomenCell, staff.Nodal, staff.AddlSP, staff.SP}
)

// broken tells whether an officer has the glass of the case open at a time.
func (f *file) broken(officer uuid.UUID, at time.Time) bool {
	return slices.ContainsFunc(f.matters, func(m *Matter) bool {
		return m.Kind == matterGlass && is(m.OwnerID, officer) && at.Before(m.Data.Times[stepUntil])
	})
}

func needsGlassAsk(_ *draft, b *contract.GlassAsk, n *needs) { n.complaint(b.ComplaintID) }

func checkGlassAsk(s *State, d *draft, b *contract.GlassAsk) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if c.State == stateTransferred || !c.hidesFrom(d.officer) {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	return nil
}

func applyGlassAsk(s *State, e *Entry, b *contract.GlassAsk) []push.Notice {
	m := s.newMatter(e, matterGlass, "")
	m.ComplaintID, m.OwnerID, m.Data.Code, m.Data.Role = &b.ComplaintID, &e.OfficerID, b.Reason, e.Role
	m.at(stepAsked, e.At)
	s.keepMatter(e, m, nil)
	s.onComplaint(e, m)
	return []push.Notice{s.tell(e, m.MatterID, 0, staff.CentreIncharge), s.tell(e, m.MatterID, 1, staff.SHO)}
}

// glass finds an ask, with its complaint in the entry's case.
func (s *State) glass(d *draft, id uuid.UUID) (*Matter, error) {
	return s.standing(d, id, matterGlass, "/ask_id")
}

func needsGlassAllow(_ *draft, b *contract.GlassAllow, n *needs) { n.matter(b.AskID) }

// checkGlassAllow wants a second officer within the hour, of a post above that of
// who asked: one below could not well refuse.
func checkGlassAllow(s *State, d *draft, b *contract.GlassAllow) error {
	m, err := s.glass(d, b.AskID)
	switch {
	case err != nil:
		return err
	case m.State != matterOpen:
		return refuse(contract.CodeWrongState, d.ptr("/ask_id"))
	case !slices.Contains(glassJudges, d.post.Role) && slices.Index(chain, d.post.Role) <= slices.Index(chain, m.Data.Role):
		return refuse(contract.CodeForbidden, d.ptr("/ask_id"))
	case later(d.at, d.receivedAt).Sub(m.Data.Times[stepAsked]) > glassFor:
		return refuse(contract.CodeTooOld, d.ptr("/ask_id"))
	}
	return nil
}

func applyGlassAllow(s *State, e *Entry, b *contract.GlassAllow) []push.Notice {
	m := s.matterAt(b.AskID)
	m.State, m.Data.ReviewedBy = matterBroke, &e.OfficerID
	m.at(stepUntil, e.At.Add(glassFor))
	s.start(m.about(staff.SP), limitGlassReview, e.At)
	s.keepMatter(e, m, nil)
	s.onComplaint(e, m)
	return []push.Notice{s.tell(e, m.MatterID, 0, staff.SP), s.tellOfficer(e, m.MatterID, 1, *m.OwnerID)}
}

func needsGlassReview(_ *draft, b *contract.GlassReview, n *needs) { n.matter(b.AskID) }

// checkGlassReview takes the verdict on what was opened, once.
func checkGlassReview(s *State, d *draft, b *contract.GlassReview) error {
	m, err := s.glass(d, b.AskID)
	switch {
	case err != nil:
		return err
	case m.State != matterBroke:
		return refuse(contract.CodeWrongState, d.ptr("/ask_id"))
	}
	return nil
}

// applyGlassReview ends it; when it was not justified the head of the station is
// told, as the in-charge is.
func applyGlassReview(s *State, e *Entry, b *contract.GlassReview) []push.Notice {
	m := s.matterAt(b.AskID)
	m.State, m.Data.Result = matterOver, b.Verdict
	s.stop(m.MatterID, e.At, limitGlassReview)
	s.keepMatter(e, m, nil)
	s.onComplaint(e, m)
	return []push.Notice{s.tell(e, m.MatterID, 0, staff.CentreIncharge), s.tell(e, m.MatterID, 1, staff.SHO)}
}
