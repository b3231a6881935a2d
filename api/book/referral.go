package book

import (
	"slices"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/push"
)

// limitReferral is how soon an institution answers.
const limitReferral = "referral_answer"

// careStates are those in which something may still be done for her: from her
// registration until the complaint is closed.
var careStates = []string{stateRegistered, stateAssigned, stateInAction, stateDisposed, stateFeedback}

func needsReferralSend(_ *draft, b *contract.ReferralSend, n *needs) { n.complaint(b.ComplaintID) }

func checkReferralSend(s *State, d *draft, b *contract.ReferralSend) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if err := c.wantState(d, careStates...); err != nil {
		return err
	}
	if b.AnswerByAt != nil && !b.AnswerByAt.After(d.at) {
		return refuse(contract.CodeTooOld, d.ptr("/answer_by_at"))
	}
	return c.mineOrSenior(d)
}

// applyReferralSend starts the clock of the answer: the limit's own length, or
// the time that was named.
func applyReferralSend(s *State, e *Entry, b *contract.ReferralSend) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	m := s.newMatter(e, matterReferral, "")
	by := e.OfficerID
	m.ComplaintID, m.OwnerID, m.Data.Code = &c.ComplaintID, &by, b.Referral
	a := m.about(e.Role)
	a.Category, a.RiskLevel = c.Category, c.RiskLevel
	if b.AnswerByAt != nil {
		s.startAt(a, limitReferral, e.At, b.AnswerByAt.UTC())
	} else {
		s.start(a, limitReferral, e.At)
	}
	m.DueAt = s.dueOf(m.MatterID)
	s.keepMatter(e, m, nil)
	c.Data.Referrals = append(slices.Clone(c.Data.Referrals), m.MatterID)
	s.workedOn(e, c)
	s.bump(e.At, "referral.sent", 1)
	s.keep(e, c)
	return nil
}

// workedOn notes that something was done for her. After the disposal that moves
// the complaint no more: only reopening does.
func (s *State) workedOn(e *Entry, c *Complaint) {
	if c.DisposedAt == nil {
		s.acted(e, c)
		return
	}
	c.handled(e.OfficerID)
}

func needsReferralAnswer(_ *draft, b *contract.ReferralAnswer, n *needs) { n.matter(b.ReferralID) }

func checkReferralAnswer(s *State, d *draft, b *contract.ReferralAnswer) error {
	m, err := s.matterOf(d, b.ReferralID, matterReferral, "/referral_id")
	if err != nil {
		return err
	}
	if m.State != matterOpen {
		return refuse(contract.CodeWrongState, d.ptr("/referral_id"))
	}
	if b.AnsweredAt != nil && b.AnsweredAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/answered_at"))
	}
	if is(m.OwnerID, d.officer) || slices.Contains(incharges, d.post.Role) {
		return nil
	}
	if c := s.complaints.get(*m.ComplaintID); is(c.OwnerID, d.officer) {
		return nil
	}
	return refuse(contract.CodeNotAssigned, d.ptr("/referral_id"))
}

// matterOf finds what hangs on a complaint and is of the kind that an op wants,
// and makes the entry one of the case. One that has not arrived is waited for.
func (s *State) matterOf(d *draft, id uuid.UUID, kind, field string) (*Matter, error) {
	m := s.matters.get(id)
	if m == nil {
		return nil, s.absent(d, id, field)
	}
	if m.Kind != kind || m.ComplaintID == nil {
		return nil, refuse(contract.CodeWrongReference, d.ptr("%s", field))
	}
	if c := s.complaints.get(*m.ComplaintID); c != nil && slices.Contains(c.Data.About, d.officer) {
		return nil, refuse(contract.CodeUnknownReference, d.ptr("%s", field))
	}
	if s.declaredOf(m, d.officer) {
		return nil, refuse(contract.CodeConflictOfInterest, d.ptr("%s", field))
	}
	if _, err := s.complaint(d, *m.ComplaintID); err != nil {
		return nil, err
	}
	return m, nil
}

func applyReferralAnswer(s *State, e *Entry, b *contract.ReferralAnswer) []push.Notice {
	m := s.matterAt(b.ReferralID)
	at := e.At
	if b.AnsweredAt != nil && b.AnsweredAt.Before(at) {
		at = b.AnsweredAt.UTC()
	}
	m.at("answered", at)
	m.State, m.DueAt, m.Data.Result = matterOver, nil, b.Answer
	s.stop(m.MatterID, at, limitReferral)
	s.keepMatter(e, m, nil)
	s.bump(e.At, "referral.answered", 1)
	s.keep(e, s.complaintAt(*m.ComplaintID))
	return nil
}
