package book

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

func needsComplaintDispose(_ *draft, b *contract.ComplaintDispose, n *needs) {
	n.complaint(b.ComplaintID)
}

// compromises are disposals by which the parties settle among themselves: none
// in a sexual offence or for a child victim (BNSS 359: such offences can't be
// compounded).
var compromises = []string{"counselling_settled", "advised"}

// checkComplaintDispose checks what a complaint came to: what it rests on must
// stand in the book, and nobody disposes alone of what he took in himself.
func checkComplaintDispose(s *State, d *draft, b *contract.ComplaintDispose) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if err := c.wantState(d, stateRegistered, stateAssigned, stateInAction); err != nil {
		return err
	}
	if err := c.mineOrSenior(d); err != nil {
		return err
	}
	if c.Data.PausedAt != nil {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	if (c.Data.IsSexual || c.Data.IsChild) && slices.Contains(compromises, b.Disposal) {
		return refuse(contract.CodeNoCompromise, d.ptr("/disposal"))
	}
	if c.firPending() {
		return refuse(contract.CodeFIRPending, d.ptr("/disposal"))
	}
	if !b.ToldHer {
		d.flag(flag{Code: flagNotTold, Value: 1})
	}
	if err := c.rests(d, b); err != nil {
		return err
	}
	return s.settled(d, b)
}

// settled wants a settlement to rest on a session that came to one.
func (s *State) settled(d *draft, b *contract.ComplaintDispose) error {
	if b.Disposal != disposalSettled {
		return nil
	}
	if m := s.matters.get(*b.CounsellingID); m == nil || m.Data.Result != resultSettled {
		return refuse(contract.CodeWrongReference, d.ptr("/counselling_id"))
	}
	return nil
}

// rests wants a disposal to name what it rests on.
func (c *Complaint) rests(d *draft, b *contract.ComplaintDispose) error {
	for _, r := range []struct {
		disposal, field string
		id              *uuid.UUID
		of              []uuid.UUID
	}{
		{"fir", "/fir_id", b.FIRID, c.Data.FIRs},
		{"counselling_settled", "/counselling_id", b.CounsellingID, c.Data.Counselling},
		{"preventive", "/preventive_id", b.PreventiveID, c.Data.Preventive},
		{"referred", "/referral_id", b.ReferralID, c.Data.Referrals},
	} {
		switch {
		case r.id != nil && !slices.Contains(r.of, *r.id):
			return refuse(contract.CodeUnknownReference, d.ptr("%s", r.field))
		case b.Disposal == r.disposal && r.id == nil:
			return refuse(contract.CodeReferenceRequired, d.ptr("%s", r.field))
		}
	}
	switch {
	case b.Disposal == "transferred":
		return refuse(contract.CodeUseTransfer, d.ptr("/disposal"))
	case b.Disposal == "ncr" && c.Data.FIRDeclined == nil:
		return refuse(contract.CodeReferenceRequired, d.ptr("/disposal"))
	}
	return nil
}

func applyComplaintDispose(s *State, e *Entry, b *contract.ComplaintDispose) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	s.unpause(e, c)
	at := later(c.ArrivedAt, e.At)
	by := e.OfficerID
	c.DisposedAt, c.Data.Disposal, c.Data.DisposedBy = &at, b.Disposal, &by
	c.Data.Calls, c.Data.Reached, c.Data.Satisfied = 0, "", ""
	c.enterState(stateDisposed, at)
	c.handled(e.OfficerID)
	s.stop(c.ComplaintID, at, limitAssign, limitAction, limitDisposal, limitOverall)
	s.start(c.about(), limitFeedback, at)
	s.bump(e.At, "complaint.disposed", 1)
	s.bump(e.At, "disposal."+b.Disposal, 1)
	s.keep(e, c)
	cols := map[string]any{"disposal": b.Disposal, "disposed_at": wireAt(at)}
	for name, id := range map[string]*uuid.UUID{"fir_id": b.FIRID, "counselling_id": b.CounsellingID, "preventive_id": b.PreventiveID} {
		if id != nil {
			cols[name] = id.String()
		}
	}
	s.fill(c.line(), func(*Line) {}, cols)
	return nil
}

func needsComplaintReopen(_ *draft, b *contract.ComplaintReopen, n *needs) {
	n.complaint(b.ComplaintID)
}

func checkComplaintReopen(s *State, d *draft, b *contract.ComplaintReopen) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if c.Data.CloseReason == closedStruck || c.Data.Shredded != "" { // its line is no line any more; nobody knows whose it was
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	return c.wantState(d, stateDisposed, stateFeedback, stateClosed)
}

func applyComplaintReopen(s *State, e *Entry, b *contract.ComplaintReopen) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	s.reopen(e, c, &e.OfficerID, &e.PostID, e.Role)
	s.keep(e, c)
	return []push.Notice{s.tell(e, c.ComplaintID, 0, staff.CentreIncharge)}
}

// reopen takes a complaint up again, in somebody's hand: it is owed an inquiry
// officer, an action and a disposal anew, and its overall clock goes on from
// her arrival.
func (s *State) reopen(e *Entry, c *Complaint, officer, post *uuid.UUID, role string) {
	s.stop(c.ComplaintID, e.At, limitFeedback)
	c.Data.Reopened++
	c.Data.Disposal, c.DisposedAt, c.ClosedAt, c.Data.Extended, c.Data.CloseReason = "", nil, nil, nil, ""
	c.enterState(stateRegistered, e.At)
	s.hand(e, c, officer, post, role)
	s.start(c.about(), limitOverall, c.ArrivedAt)
	s.start(c.about(), limitAssign, e.At)
	s.start(c.about(), limitAction, e.At)
	s.start(c.about(), limitDisposal, e.At)
	s.bump(e.At, "complaint.reopened", 1)
	s.fill(c.line(), func(*Line) {}, map[string]any{"reopened": c.Data.Reopened})
}

func needsComplaintTransfer(_ *draft, b *contract.ComplaintTransfer, n *needs) {
	n.complaint(b.ComplaintID)
	n.centres = append(n.centres, b.ToCentre)
}

func checkComplaintTransfer(s *State, d *draft, b *contract.ComplaintTransfer) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if b.ToCentre == s.Centre || b.ToCentre == HQ || !s.centres[b.ToCentre] {
		return refuse(contract.CodeUnknownReference, d.ptr("/to_centre"))
	}
	if err := c.wantState(d, stateReceived, stateRegistered, stateAssigned, stateInAction); err != nil {
		return err
	}
	return s.ncrSent(d, c)
}

// applyComplaintTransfer closes the line here with all that is planned for her,
// so that nothing of it is told here any more. The other book is owed the
// complaint (owesTransfer) and goes on with its overall clock, and with that of
// an FIR that she wants.
func applyComplaintTransfer(s *State, e *Entry, b *contract.ComplaintTransfer) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	at := later(c.ArrivedAt, e.At)
	c.ClosedAt, c.Data.ToCentre, c.Data.Disposal = &at, b.ToCentre, "transferred"
	c.Data.PausedAt, c.Data.PauseAskedBy = nil, nil
	there := serverOpID(roleClock, transferOp(e))
	c.Data.ToID = &there
	c.enterState(stateTransferred, at)
	s.stop(c.ComplaintID, at)
	s.hand(e, c, nil, nil, "")
	s.endPlans(e, c, matterTransferred, stateTransferred)
	s.bump(e.At, "disposal.transferred", 1)
	s.keep(e, c)
	s.fill(c.line(), func(*Line) {}, map[string]any{"disposal": "transferred", "transferred_to": b.ToCentre})
	return nil
}

// owesTransfer is the op that the other centre's book is owed.
func owesTransfer(s *State, e *Entry, b *contract.ComplaintTransfer) []owed {
	c := s.complaints.get(b.ComplaintID)
	entry := c.entry()
	body := contract.ComplaintReceive{
		FromCentre: s.Centre, EntryID: &entry, FromID: c.ComplaintID, CorrelationID: c.CorrelationID, CaseID: &c.CaseID, Category: c.Category,
		RiskLevel: c.RiskLevel, Channel: c.Channel, ArrivedAt: contract.At(c.ArrivedAt), IsChild: c.Data.IsChild,
		AboutBy: c.Data.About, Interests: c.Data.Interests, Alerts: c.Data.Alerts, SafeToCall: &c.Data.WomanSafe, StatusSafe: &c.Data.StatusSafe,
	}
	if repeat := slices.Contains(c.Data.Sensitive, "repeat"); repeat {
		body.Repeat = &repeat
	}
	if c.Data.Earlier > 0 {
		body.Earlier = &c.Data.Earlier
	}
	if wanted := c.firPending(); wanted {
		at := contract.At(*c.Data.FIRWantedAt)
		body.FIRWanted, body.FIRWantedAt = &wanted, &at
	}
	op := transferOp(e)
	op.Body = body
	return []owed{{Centre: b.ToCentre, Op: op}}
}

func needsComplaintReceive(_ *draft, _ *contract.ComplaintReceive, n *needs) { n.dayClocks = true }

// checkComplaintReceive makes the entry one of the case of the first. The line
// is put right like any other of the help desk; that of the first centre stays
// as it was closed.
func checkComplaintReceive(s *State, d *draft, b *contract.ComplaintReceive) error {
	d.caseID = b.FromID
	if b.CaseID != nil {
		d.caseID = *b.CaseID
	}
	s.complaintFacts(d, b.Category, b.RiskLevel, b.IsChild, b.Alerts, len(b.AboutBy) > 0)
	d.facts["safe_to_call"] = b.SafeToCall != nil && *b.SafeToCall
	d.facts["status_safe"] = b.StatusSafe != nil && *b.StatusSafe
	if b.Repeat != nil && *b.Repeat {
		d.facts["sensitive_repeat"] = true
	}
	d.facts[factOf] = kindComplaint
	d.opens(registerHelpDesk)
	return nil
}

// applyComplaintReceive opens the line of a complaint that came from another
// centre, where it was registered: the same correlation, the same arrival.
func applyComplaintReceive(s *State, e *Entry, b *contract.ComplaintReceive) []push.Notice {
	c := s.newComplaint(e, b.ArrivedAt.Time, b.Category, b.RiskLevel, b.Channel)
	c.CorrelationID = b.CorrelationID
	c.Data.FromCentre, c.Data.FromID, c.Data.EntryID, c.Data.About, c.Data.Alerts = b.FromCentre, &b.FromID, b.EntryID, b.AboutBy, b.Alerts
	c.Data.Interests = b.Interests
	if b.Earlier != nil {
		c.Data.Earlier = *b.Earlier
	}
	s.handFrom(e, c, e.At)
	s.start(c.about(), limitOverall, c.ArrivedAt)
	s.register(c, e.At)
	if b.FIRWanted != nil && *b.FIRWanted {
		at := e.At
		if b.FIRWantedAt != nil { // a transfer gives nobody more time to decide
			at = earliest(b.FIRWantedAt.UTC(), at)
		}
		c.Data.FIRWantedAt = &at
		s.start(c.about(), limitFIRDecision, at)
	}
	s.dayBegins(e)
	s.openLine(e, c, map[string]any{"from_centre": b.FromCentre})
	return []push.Notice{s.tell(e, c.ComplaintID, 0, staff.CentreIncharge)}
}

// handFrom puts a complaint that arrived from elsewhere into the hand of the
// post of the in-charge, from that moment on: before, another centre held it.
func (s *State) handFrom(e *Entry, c *Complaint, at time.Time) {
	arrived := c.ArrivedAt
	c.ArrivedAt = at
	s.hand(e, c, nil, nil, staff.CentreIncharge)
	c.ArrivedAt = arrived
}

func needsComplaintClose(_ *draft, b *contract.ComplaintClose, n *needs) { n.complaint(b.ComplaintID) }

// feedbackTries is how often she is called before a complaint may be closed
// without having reached her.
const feedbackTries = 3

// checkComplaintClose lets the in-charge close what is disposed of, once she
// was asked and what was planned for her is over; not what she disposed of
// herself.
func checkComplaintClose(s *State, d *draft, b *contract.ComplaintClose) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if err := c.wantState(d, stateDisposed, stateFeedback); err != nil {
		return err
	}
	if c.firPending() {
		return refuse(contract.CodeFIRPending, d.ptr("/complaint_id"))
	}
	if err := s.ncrSent(d, c); err != nil {
		return err
	}
	if !c.asked() {
		return refuse(contract.CodeFeedbackMissing, d.ptr("/complaint_id"))
	}
	if p := s.followPlan(c); p != nil && p.State == matterOpen {
		return refuse(contract.CodeFollowUpOpen, d.ptr("/complaint_id"))
	}
	return nil
}

// ncrSent refuses to end a complaint here while its non-cognizable report is
// owed to the magistrate: that limit would end with it (BNSS 174(1)).
func (s *State) ncrSent(d *draft, c *Complaint) error {
	if s.running(c.ComplaintID, limitNCR) != nil {
		return refuse(contract.CodeNCRPending, d.ptr("/complaint_id"))
	}
	return nil
}

// asked tells whether she was asked, or could not be: spoken to, not to be
// called, or tried three times.
func (c *Complaint) asked() bool {
	return slices.Contains([]string{"spoke", "unsafe", "refused"}, c.Data.Reached) || c.Data.Calls >= feedbackTries ||
		!c.Data.WomanSafe
}

// followPlan is the follow-up plan of a complaint, if it has one.
func (s *State) followPlan(c *Complaint) *Matter {
	if c.Data.FollowPlan == nil {
		return nil
	}
	return s.matters.get(*c.Data.FollowPlan)
}

func applyComplaintClose(s *State, e *Entry, b *contract.ComplaintClose) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	at := later(*c.DisposedAt, e.At)
	c.ClosedAt, c.Data.CloseReason = &at, b.CloseReason
	c.enterState(stateClosed, at)
	s.stop(c.ComplaintID, at)
	s.hand(e, c, nil, nil, "")
	s.bump(e.At, "complaint.closed", 1)
	s.keep(e, c)
	s.fill(c.line(), func(*Line) {}, map[string]any{"closed_at": wireAt(at), "close_reason": b.CloseReason})
	return nil
}
