package book

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	"kendra/geo"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Codes of the limits that this package starts and stops; their lengths are
// rows.
const (
	limitRegister    = "register"
	limitAssign      = "assign"
	limitAction      = "first_action"
	limitDisposal    = "disposal"
	limitOverall     = "overall"
	limitFeedback    = "feedback"
	limitFIRDecision = "fir_decision"
	limitNCR         = "ncr_magistrate"
)

// kindComplaint is the kind whose bodies put a complaint right.
const kindComplaint = "complaint.open"

func needsComplaintOpen(d *draft, b *contract.ComplaintOpen, n *needs) {
	n.beat(b.BeatID)
	for _, o := range b.AboutBy {
		n.officer(o)
	}
	for _, id := range []*uuid.UUID{b.VisitID, b.RoundID} {
		if id != nil {
			n.entry(*id)
			n.lines = append(n.lines, *id)
		}
	}
	if b.ParentID != nil {
		n.complaint(*b.ParentID)
	}
	n.dayClocks = true
	if d.batch != nil { // not when a book is folded again: its entries have the facts
		n.marks = append(n.marks, d.batch.marksOf(d, b)...)
	}
}

// checkComplaintOpen checks a complaint as she brings it, and derives from what
// will be sealed what rules need later.
func checkComplaintOpen(s *State, d *draft, b *contract.ComplaintOpen) error {
	if err := checkArrival(d, b); err != nil {
		return err
	}
	if err := s.refs(nil, "", b.BeatID, d.ptr("/beat_id")); err != nil {
		return err
	}
	for i, o := range b.AboutBy {
		if !s.officers[o] {
			return refuse(contract.CodeUnknownReference, d.ptr("/about_by/%d", i))
		}
	}
	if err := d.extra(s.rules, registerHelpDesk, b.Extra); err != nil {
		return err
	}
	if b.Age != nil && (*b.Age < adultAge) != b.IsMinor {
		return refuse(contract.CodeChildAgeMismatch, d.ptr("/is_minor"))
	}
	if err := s.names(d, b.VisitID, "/visit_id", "visit.record"); err != nil {
		return err
	}
	if err := s.names(d, b.RoundID, "/round_id", "squad.round"); err != nil {
		return err
	}
	if b.ParentID != nil && s.complaints.get(*b.ParentID) == nil && !d.forced {
		return s.absent(d, *b.ParentID, "/parent_id")
	}
	if b.IncidentPlace != nil {
		if p, err := geo.NewPoint(b.IncidentPlace.Lat, b.IncidentPlace.Lon); err == nil {
			d.sealedPlace(p)
		}
	}
	s.complaintFacts(d, b.Category, b.RiskLevel, b.IsMinor, b.Alerts, len(b.AboutBy) > 0)
	d.facts["safe_to_call"] = b.SafeToCall
	d.facts["status_safe"] = s.statusSafe(d, b)
	s.earlier(d)
	s.womanRecords(d, b.Category, b.WomanRecorded)
	d.opens(registerHelpDesk)
	return nil
}

// statusSafe tells whether she may have a slip: she may if nothing else is said.
// A correction that says nothing of it leaves it as it was.
func (s *State) statusSafe(d *draft, b *contract.ComplaintOpen) bool {
	if b.StatusSafe != nil {
		return *b.StatusSafe
	}
	if d.corrects != nil {
		if c := s.complaints.get(*d.corrects); c != nil {
			return c.Data.StatusSafe
		}
	}
	return true
}

// checkArrival checks the times of an intake against each other.
func checkArrival(d *draft, b *contract.ComplaintOpen) error {
	if b.ArrivedAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/arrived_at"))
	}
	for _, t := range []struct {
		at   *contract.Time
		name string
	}{{b.HeardAt, "/heard_at"}, {b.RegisteredAt, "/registered_at"}} {
		switch {
		case t.at == nil:
		case t.at.Before(b.ArrivedAt.Time):
			return refuse(contract.CodeEndedBeforeStarted, d.ptr("%s", t.name))
		case t.at.After(d.op.DeviceAt.Add(spanSlack)):
			return refuse(contract.CodeInFuture, d.ptr("%s", t.name))
		}
	}
	if b.IncidentAt != nil && b.IncidentAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/incident_at"))
	}
	return nil
}

func applyComplaintOpen(s *State, e *Entry, b *contract.ComplaintOpen) []push.Notice {
	c := s.newComplaint(e, b.ArrivedAt.Time, b.Category, b.RiskLevel, b.Channel)
	c.Data.Alerts, c.Data.About = b.Alerts, b.AboutBy
	c.Data.BeatID, c.Data.ParentID, c.Data.VisitID, c.Data.RoundID = b.BeatID, b.ParentID, b.VisitID, b.RoundID
	if b.VillageCode != nil {
		c.Data.VillageCode = *b.VillageCode
	}
	s.hand(e, c, &e.OfficerID, &e.PostID, e.Role)
	s.begin(e, c, timeOf(b.RegisteredAt))
	cols := map[string]any{}
	if e.Facts.countOf("earlier") > 0 {
		cols["earlier"] = e.Facts.countOf("earlier")
	}
	s.openLine(e, c, cols)
	s.link(e, b.VisitID, c)
	s.link(e, b.RoundID, c)
	return s.alarm(e, c)
}

// newComplaint makes the complaint that an entry opens.
func (s *State) newComplaint(e *Entry, arrived time.Time, category, risk, channel string) *Complaint {
	if arrived.After(e.At) {
		arrived = e.At
	}
	c := &Complaint{
		ComplaintID: e.OpID, CaseID: e.CaseID, CorrelationID: e.OpID, Seq: e.Seq, State: stateReceived, Category: category,
		RiskLevel: risk, Channel: channel, ArrivedAt: arrived, StateAt: arrived, LastSeq: e.Seq,
		Data: ComplaintData{
			OpenedBy: e.OfficerID, OpenedRole: e.Role, Guarded: e.Guarded, IsChild: e.Facts.isTrue("is_child"),
			IsSexual: e.Facts.isTrue("is_sexual"), WomanSafe: e.Facts.isTrue("safe_to_call"),
			StatusSafe: e.Facts.isTrue("status_safe"), Sensitive: e.Facts.sensitive(), Earlier: e.Facts.countOf("earlier"),
		},
	}
	if k, ok := e.lineOf(registerHelpDesk); ok {
		c.Year, c.Serial = k.Year, k.Serial
	}
	return c
}

// begin starts the clocks of a new complaint: the overall one from her arrival,
// which nothing resets, and that of its state.
func (s *State) begin(e *Entry, c *Complaint, registered *time.Time) {
	s.start(c.about(), limitOverall, c.ArrivedAt)
	s.start(c.about(), limitRegister, c.ArrivedAt)
	if registered != nil { // what a fast clock of the phone says never lies ahead
		s.register(c, earliest(*registered, e.At))
	}
	s.dayBegins(e)
}

// register moves a complaint to registered: from then she is owed an inquiry
// officer, a first action and a disposal.
func (s *State) register(c *Complaint, at time.Time) {
	at = later(c.ArrivedAt, at)
	c.RegisteredAt = &at
	c.enterState(stateRegistered, at)
	s.stop(c.ComplaintID, at, limitRegister)
	s.start(c.about(), limitAssign, at)
	s.start(c.about(), limitAction, at)
	s.start(c.about(), limitDisposal, at)
	s.bump(at, "complaint.registered", 1)
	s.slipDue(c)
}

// openLine fills the line of a new complaint and counts it.
func (s *State) openLine(e *Entry, c *Complaint, cols map[string]any) {
	s.keep(e, c)
	s.fill(c.line(), func(l *Line) {
		l.SubjectID, l.ComplaintID, l.BeatID = &c.ComplaintID, &c.ComplaintID, c.Data.BeatID
		s.total(l, map[string]int64{"received": 1, "category." + c.Category: 1, "channel." + c.Channel: 1})
	}, cols)
}

// link notes on the line of a visit or round that a complaint came of it.
func (s *State) link(e *Entry, from *uuid.UUID, c *Complaint) {
	if from == nil || s.entries[*from] == nil {
		return
	}
	s.step(e, *from)
	for _, l := range s.entries[*from].Lines {
		k := lineKey{l.Register, l.Year, l.Serial}
		if line := s.lines.get(k); line != nil {
			ids, _ := line.Cols["complaint_ids"].([]any)
			s.fill(k, func(*Line) {}, map[string]any{"complaint_ids": append(slices.Clone(ids), c.ComplaintID.String())})
		}
	}
}

// alarm tells the in-charge at once of a complaint that needs her own hand.
func (s *State) alarm(e *Entry, c *Complaint) []push.Notice {
	if len(c.Data.Sensitive) == 0 {
		return nil
	}
	return []push.Notice{s.tell(e, c.ComplaintID, 0, staff.CentreIncharge)}
}

// tell makes the notice that something about a complaint or matter is new.
func (s *State) tell(e *Entry, subject uuid.UUID, n int, role string) push.Notice {
	return push.Notice{
		DistrictID: s.District, ID: derivedID(e.OpID, "tell", n), Centre: s.Centre, Role: role, Kind: push.KindCase,
		Subject: subject, Urgency: push.Soon, Seq: e.Seq,
	}
}

// tellOfficer is tell for one officer.
func (s *State) tellOfficer(e *Entry, subject uuid.UUID, n int, officer uuid.UUID) push.Notice {
	t := s.tell(e, subject, n, "")
	t.Officer = officer
	return t
}

// forget has an officer's phone wipe what it read for a task or a case.
func (s *State) forget(e *Entry, subject, officer uuid.UUID) push.Notice {
	n := s.tellOfficer(e, subject, 0, officer)
	n.ID, n.Kind = derivedID(e.OpID, "forget", 0), push.KindForget
	return n
}

// complaint finds the complaint that an op is about and makes the entry one of
// its case: sealed under its key, guarded like it, seen by its people. One that
// has not arrived is waited for.
func (s *State) complaint(d *draft, id uuid.UUID) (*Complaint, error) {
	c := s.complaints.get(id)
	if c == nil {
		return nil, s.absent(d, id, "/complaint_id")
	}
	if slices.Contains(c.Data.About, d.officer) {
		// An officer complained of does not learn that there is a complaint.
		return nil, refuse(contract.CodeUnknownReference, d.ptr("/complaint_id"))
	}
	if c.declared(d.officer) {
		return nil, refuse(contract.CodeConflictOfInterest, d.ptr("/complaint_id"))
	}
	d.caseID, d.guarded = c.CaseID, d.guarded || c.Data.Guarded
	d.seenBy = append(d.seenBy, c.Data.OpenedBy)
	d.seenBy = append(d.seenBy, c.Data.Handlers...)
	d.seenBy = append(d.seenBy, c.names()...)
	if c.OwnerID != nil {
		d.seenBy = append(d.seenBy, *c.OwnerID)
	}
	return c, nil
}

// wantState refuses a step that the complaint's state does not allow.
func (c *Complaint) wantState(d *draft, states ...string) error {
	if !slices.Contains(states, c.State) {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	return nil
}

// mineOrSenior lets the officer who has the complaint take a step, and the
// in-charge and the head of the station.
func (c *Complaint) mineOrSenior(d *draft) error {
	if c.OwnerID != nil && *c.OwnerID == d.officer || slices.Contains(incharges, d.post.Role) {
		return nil
	}
	return refuse(contract.CodeNotAssigned, d.ptr("/complaint_id"))
}

func needsComplaintRegister(_ *draft, b *contract.ComplaintRegister, n *needs) {
	n.complaint(b.ComplaintID)
}

func checkComplaintRegister(s *State, d *draft, b *contract.ComplaintRegister) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if b.RegisteredAt != nil && b.RegisteredAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/registered_at"))
	}
	return c.wantState(d, stateReceived)
}

func applyComplaintRegister(s *State, e *Entry, b *contract.ComplaintRegister) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	at := e.At
	if b.RegisteredAt != nil {
		at = earliest(b.RegisteredAt.Time, at)
	}
	s.register(c, at)
	s.keep(e, c)
	cols := map[string]any{"registered_at": wireAt(*c.RegisteredAt)}
	if b.GDNo != nil {
		cols["gd_no"] = *b.GDNo
	}
	s.fill(c.line(), func(*Line) {}, cols)
	return nil
}

func needsComplaintAssign(_ *draft, b *contract.ComplaintAssign, n *needs) {
	n.complaint(b.ComplaintID)
	n.officer(b.OfficerID)
	n.centrePosts = true
}

// checkComplaintAssign lets the in-charge name the inquiry officer: one who
// serves here and is not complained of.
func checkComplaintAssign(s *State, d *draft, b *contract.ComplaintAssign) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if err := c.wantState(d, stateRegistered, stateAssigned, stateInAction); err != nil {
		return err
	}
	if !s.officers[b.OfficerID] || !s.serves(b.OfficerID, d.at) || slices.Contains(c.Data.About, b.OfficerID) {
		return refuse(contract.CodeUnknownReference, d.ptr("/officer_id"))
	}
	if c.declared(b.OfficerID) {
		return refuse(contract.CodeConflictOfInterest, d.ptr("/officer_id"))
	}
	if c.OwnerID != nil && *c.OwnerID == b.OfficerID && c.State != stateRegistered {
		return refuse(contract.CodeWrongState, d.ptr("/officer_id"))
	}
	d.seenBy = append(d.seenBy, b.OfficerID)
	return nil
}

func applyComplaintAssign(s *State, e *Entry, b *contract.ComplaintAssign) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	post, role := s.postOf(b.OfficerID, e.At)
	s.hand(e, c, &b.OfficerID, post, role)
	c.Data.Assigned = &b.OfficerID
	c.enterState(stateAssigned, e.At)
	at := e.At
	c.Data.AssignedAt, c.Data.AcceptedAt = &at, nil
	s.stop(c.ComplaintID, e.At, limitAssign)
	s.keep(e, c)
	s.fill(c.line(), func(*Line) {}, map[string]any{"inquiry_by": b.OfficerID.String()})
	return []push.Notice{s.tellOfficer(e, c.ComplaintID, 0, b.OfficerID)}
}

// postOf is the post under which an officer serves here at a time.
func (s *State) postOf(officer uuid.UUID, at time.Time) (*uuid.UUID, string) {
	var best *postRow
	for _, p := range s.posts.m {
		if p.OfficerID == officer && p.Centre == s.Centre && p.Covers(at) && (best == nil || compareIDs(p.PostID, best.PostID) < 0) {
			best = p
		}
	}
	if best == nil {
		return nil, ""
	}
	id := best.PostID
	return &id, best.Role
}

func needsComplaintAccept(_ *draft, b *contract.ComplaintAccept, n *needs) {
	n.complaint(b.ComplaintID)
}

func checkComplaintAccept(s *State, d *draft, b *contract.ComplaintAccept) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if c.OwnerID == nil || *c.OwnerID != d.officer {
		return refuse(contract.CodeNotAssigned, d.ptr("/complaint_id"))
	}
	if c.Data.AcceptedAt != nil {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	return c.wantState(d, stateAssigned)
}

func applyComplaintAccept(s *State, e *Entry, b *contract.ComplaintAccept) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	at := e.At
	c.Data.AcceptedAt = &at
	s.keep(e, c)
	return nil
}

func needsComplaintAct(_ *draft, b *contract.ComplaintAct, n *needs) { n.complaint(b.ComplaintID) }

func checkComplaintAct(s *State, d *draft, b *contract.ComplaintAct) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if b.ActedAt != nil && b.ActedAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/acted_at"))
	}
	if err := c.wantState(d, stateRegistered, stateAssigned, stateInAction); err != nil {
		return err
	}
	return c.mineOrSenior(d)
}

func applyComplaintAct(s *State, e *Entry, b *contract.ComplaintAct) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	s.acted(e, c)
	s.keep(e, c)
	return nil
}

// acted notes that something was done: the first action is there.
func (s *State) acted(e *Entry, c *Complaint) {
	c.enterState(stateInAction, e.At)
	c.handled(e.OfficerID)
	if c.Data.ActedAt == nil {
		at := e.At
		c.Data.ActedAt = &at
	}
	s.stop(c.ComplaintID, e.At, limitAction)
}

func needsComplaintIntervene(_ *draft, b *contract.ComplaintIntervene, n *needs) {
	n.complaint(b.ComplaintID)
}

func checkComplaintIntervene(s *State, d *draft, b *contract.ComplaintIntervene) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	return c.wantState(d, stateRegistered, stateAssigned, stateInAction)
}

// applyComplaintIntervene takes the complaint into the senior's own hand.
func applyComplaintIntervene(s *State, e *Entry, b *contract.ComplaintIntervene) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	s.hand(e, c, &e.OfficerID, &e.PostID, e.Role)
	c.Data.Assigned = &e.OfficerID
	s.acted(e, c)
	s.stop(c.ComplaintID, e.At, limitAssign)
	s.keep(e, c)
	s.fill(c.line(), func(*Line) {}, map[string]any{"inquiry_by": e.OfficerID.String()})
	return nil
}
