package book

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// categoryLeftHome is of a grown woman who left home: she is counselled only by
// her own consent and alone, never to send her back.
const categoryLeftHome = "adult_left_home"

// disposalSettled rests on a session that settled the matter.
const disposalSettled = "counselling_settled"

// Results of a session that rules turn on.
const (
	resultSettled   = "settled"
	resultDeclined  = "woman_declined"
	resultFIRWanted = "fir_wanted"
)

func needsCounsellingPlan(_ *draft, b *contract.CounsellingPlan, n *needs) {
	n.complaint(b.ComplaintID)
	n.officer(b.CounsellorBy)
	n.centrePosts = true
}

func checkCounsellingPlan(s *State, d *draft, b *contract.CounsellingPlan) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if err := c.counselled(d); err != nil {
		return err
	}
	if !b.WomanConsents {
		return refuse(contract.CodeConsentRequired, d.ptr("/woman_consents"))
	}
	if !b.SessionAt.After(d.op.DeviceAt) {
		return refuse(contract.CodeTooOld, d.ptr("/session_at"))
	}
	return s.counsellor(d, c, b.CounsellorBy, d.at)
}

// counselled tells whether a complaint may be counselled in: none in a sexual
// offence or for a child victim, where an FIR is owed (BNSS 173, POCSO 19).
func (c *Complaint) counselled(d *draft) error {
	if err := c.wantState(d, careStates...); err != nil {
		return err
	}
	if c.Data.IsSexual || c.Data.IsChild {
		return refuse(contract.CodeCounsellingBlocked, d.ptr("/complaint_id"))
	}
	return nil
}

// counsellor wants a counsellor who serves here and is not complained of.
func (s *State) counsellor(d *draft, c *Complaint, by uuid.UUID, at time.Time) error {
	serves := s.serves(by, at) || d.corrects != nil // who has left since did counsel
	if !s.officers[by] || !serves || slices.Contains(c.Data.About, by) || c.declared(by) {
		return refuse(contract.CodeUnknownReference, d.ptr("/counsellor_by"))
	}
	d.seenBy = append(d.seenBy, by)
	return nil
}

func applyCounsellingPlan(s *State, e *Entry, b *contract.CounsellingPlan) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	m := s.newMatter(e, matterPlan, "")
	due, by := b.SessionAt.UTC(), b.CounsellorBy
	m.ComplaintID, m.OwnerID, m.DueAt = &c.ComplaintID, &by, &due
	if b.Issue != nil {
		m.Data.Code = *b.Issue
	}
	s.keepMatter(e, m, nil)
	s.keep(e, c)
	if by == e.OfficerID {
		return nil
	}
	return []push.Notice{s.tellOfficer(e, c.ComplaintID, 0, by)}
}

func needsCounsellingSession(_ *draft, b *contract.CounsellingSession, n *needs) {
	n.complaint(b.ComplaintID)
	if b.PlanID != nil {
		n.matter(*b.PlanID)
	}
	if b.CounsellorBy != nil {
		n.officer(*b.CounsellorBy)
		n.centrePosts = true
	}
}

// checkCounsellingSession takes a session that was held. A session never delays
// an FIR: it may be held while one is being decided, and that clock runs on.
func checkCounsellingSession(s *State, d *draft, b *contract.CounsellingSession) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if d.corrects == nil {
		err = c.counselled(d)
	} else {
		err = s.staysWith(d, c)
	}
	if err != nil {
		return err
	}
	if err := c.consent(d, b); err != nil {
		return err
	}
	if b.SessionAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/session_at"))
	}
	if b.NextAt != nil && !b.NextAt.After(b.SessionAt.Time) {
		return refuse(contract.CodeEndedBeforeStarted, d.ptr("/next_at"))
	}
	if b.CounsellorBy != nil {
		if err := s.counsellor(d, c, *b.CounsellorBy, d.at); err != nil {
			return err
		}
	}
	if err := s.sessionPlan(d, b); err != nil {
		return err
	}
	d.opens(registerCounselling)
	return d.extra(s.rules, registerCounselling, b.Extra)
}

// consent wants hers, unless all that is recorded is that she declined; and of a
// grown woman who left home that she was heard alone.
func (c *Complaint) consent(d *draft, b *contract.CounsellingSession) error {
	if b.Result == resultDeclined {
		return nil
	}
	if !b.WomanConsents {
		return refuse(contract.CodeConsentRequired, d.ptr("/woman_consents"))
	}
	if c.Category == categoryLeftHome && !b.SeenAlone {
		return refuse(contract.CodeSeenAloneRequired, d.ptr("/seen_alone"))
	}
	return nil
}

// sessionPlan wants the plan that a session names to be one of the complaint
// that still stands.
func (s *State) sessionPlan(d *draft, b *contract.CounsellingSession) error {
	if b.PlanID == nil {
		return nil
	}
	m := s.matters.get(*b.PlanID)
	if m == nil && d.forced {
		return nil
	}
	if m == nil {
		return s.absent(d, *b.PlanID, "/plan_id")
	}
	if m.Kind != matterPlan || !is(m.ComplaintID, b.ComplaintID) {
		return refuse(contract.CodeWrongReference, d.ptr("/plan_id"))
	}
	if m.State != matterOpen && d.corrects == nil {
		return refuse(contract.CodeWrongState, d.ptr("/plan_id"))
	}
	if m.OwnerID != nil {
		d.seenBy = append(d.seenBy, *m.OwnerID)
	}
	return nil
}

// staysWith lets a correction of a line stay with the complaint of the line.
func (s *State) staysWith(d *draft, c *Complaint) error {
	if m := s.matters.get(*d.corrects); m == nil || !is(m.ComplaintID, c.ComplaintID) {
		return refuse(contract.CodeWrongCorrection, d.ptr("/complaint_id"))
	}
	return nil
}

func applyCounsellingSession(s *State, e *Entry, b *contract.CounsellingSession) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	m := s.newMatter(e, matterSession, registerCounselling)
	by := e.OfficerID
	if b.CounsellorBy != nil {
		by = *b.CounsellorBy
	}
	m.ComplaintID, m.OwnerID, m.State = &c.ComplaintID, &by, matterOver
	m.Data.Done = len(s.mattersOf(c.ComplaintID, matterSession)) + 1
	m.say(b)
	s.keepMatter(e, m, map[string]any{"session_no": m.Data.Done, "counsellor_by": by.String()})
	s.totalSession(e, b)
	s.endPlan(e, b.PlanID, b.Result)
	c.Data.Counselling = append(slices.Clone(c.Data.Counselling), m.MatterID)
	s.workedOn(e, c)
	out := s.wishOf(e, c, b)
	s.keep(e, c)
	return out
}

// say notes on the matter what a session came to.
func (m *Matter) say(b *contract.CounsellingSession) {
	m.Data.Code, m.Data.Result = b.Issue, b.Result
	m.at("held", b.SessionAt.UTC())
}

func (s *State) totalSession(e *Entry, b *contract.CounsellingSession) {
	k, _ := e.lineOf(registerCounselling)
	s.fill(k, func(l *Line) {
		s.total(l, map[string]int64{"sessions": 1, "result." + b.Result: 1, "issue." + b.Issue: 1})
	}, nil)
}

// endPlan ends the plan of a session that was held.
func (s *State) endPlan(e *Entry, id *uuid.UUID, result string) {
	if id == nil || s.matters.get(*id) == nil {
		return
	}
	m := s.matterAt(*id)
	m.State, m.DueAt, m.Data.Result = matterOver, nil, result
	s.keepMatter(e, m, nil)
}

// mattersOf lists what of a kind hangs on a complaint, oldest first.
func (s *State) mattersOf(complaint uuid.UUID, kinds ...string) []*Matter {
	var out []*Matter
	for _, m := range s.matters.m {
		if is(m.ComplaintID, complaint) && slices.Contains(kinds, m.Kind) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b *Matter) int {
		if a.Data.Done != b.Data.Done {
			return a.Data.Done - b.Data.Done
		}
		return compareIDs(a.MatterID, b.MatterID)
	})
	return out
}

// wishOf takes up the wish for an FIR that a session came to.
func (s *State) wishOf(e *Entry, c *Complaint, b *contract.CounsellingSession) []push.Notice {
	if b.Result != resultFIRWanted {
		return nil
	}
	s.wishesFIR(e, c)
	return []push.Notice{s.tell(e, c.ComplaintID, 0, staff.SHO)}
}

// wishesFIR notes that she wants an FIR, unless she said so before or the head
// of the station has decided.
func (s *State) wishesFIR(e *Entry, c *Complaint) {
	if c.Data.FIRWantedAt != nil || len(c.Data.FIRs) > 0 || c.Data.FIRDeclined != nil {
		return
	}
	s.wantFIR(e, c)
}

// amendCounsellingSession puts right what a session came to; its number and the
// plan that it ended stay.
func amendCounsellingSession(s *State, e *Entry, old *Line, b *contract.CounsellingSession) []push.Notice {
	m := s.amendMatter(e, old, registerCounselling)
	if m == nil {
		return nil
	}
	m.say(b)
	cols := map[string]any{}
	if b.CounsellorBy != nil {
		by := *b.CounsellorBy
		m.OwnerID, cols["counsellor_by"] = &by, by.String()
	}
	s.keepMatter(e, m, cols)
	s.totalSession(e, b)
	c := s.complaintAt(b.ComplaintID)
	out := s.wishOf(e, c, b)
	s.keep(e, c)
	return out
}
