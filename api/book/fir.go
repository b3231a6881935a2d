package book

import (
	"slices"

	"github.com/google/uuid"

	"kendra/api/staff"
	"kendra/geo"
	contract "kendra/mobile-contract"
	"kendra/push"
)

func needsFIRRequest(_ *draft, b *contract.FIRRequest, n *needs) { n.complaint(b.ComplaintID) }

// checkFIRRequest takes her word that she wants an FIR, whatever else goes on
// (BNSS 173(1)).
func checkFIRRequest(s *State, d *draft, b *contract.FIRRequest) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if !c.open() || c.firPending() || len(c.Data.FIRs) > 0 { // what is registered answers her
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	return nil
}

// firPending tells whether she wants an FIR and the head of the station has not
// decided.
func (c *Complaint) firPending() bool {
	return c.Data.FIRWantedAt != nil && len(c.Data.FIRs) == 0 && c.Data.FIRDeclined == nil
}

func applyFIRRequest(s *State, e *Entry, b *contract.FIRRequest) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	s.wantFIR(e, c)
	s.keep(e, c)
	return []push.Notice{s.tell(e, c.ComplaintID, 0, staff.SHO)}
}

// wantFIR opens the clock of the head of the station. A request after he
// declined opens it anew.
func (s *State) wantFIR(e *Entry, c *Complaint) {
	at := e.At
	c.Data.FIRWantedAt, c.Data.FIRDeclined = &at, nil
	s.start(c.about(), limitFIRDecision, at)
	s.bump(at, "fir.wanted", 1)
}

func needsFIRRegister(_ *draft, b *contract.FIRRegister, n *needs) {
	if b.ComplaintID != nil {
		n.complaint(*b.ComplaintID)
	}
	if b.TransferredTo != nil {
		n.centres = append(n.centres, *b.TransferredTo)
	}
	if b.IoBy != nil {
		n.officer(*b.IoBy)
	}
}

// checkFIRRegister checks an FIR. Any station takes it: one of another area is a
// zero FIR that names where it goes (BNSS 173(1)), and goes on in that station's
// book (fir_zero.go). A station of another district, or one without a centre,
// has no book here: it can't be named, and the papers go there by hand.
func checkFIRRegister(s *State, d *draft, b *contract.FIRRegister) error {
	if err := s.hangsOn(d, b.ComplaintID); err != nil {
		return err
	}
	if err := checkFIRTimes(d, b); err != nil {
		return err
	}
	switch {
	case b.IsZero && b.TransferredTo == nil:
		return refuse(contract.CodeZeroStation, d.ptr("/transferred_to"))
	case b.TransferredTo != nil && (!s.centres[*b.TransferredTo] || *b.TransferredTo == s.Centre || *b.TransferredTo == HQ):
		return refuse(contract.CodeUnknownReference, d.ptr("/transferred_to"))
	case b.TransferredTo != nil && !b.IsZero: // one of this station goes by a step
		return refuse(contract.CodeOutcomeNotAllowed, d.ptr("/transferred_to"))
	case b.IoBy != nil && !s.officers[*b.IoBy]:
		return refuse(contract.CodeUnknownReference, d.ptr("/io_by"))
	}
	if err := s.goesWhereItWent(d, b); err != nil {
		return err
	}
	if err := d.extra(s.rules, registerFIR, b.Extra); err != nil {
		return err
	}
	if b.IncidentPlace != nil {
		if p, err := geo.NewPoint(b.IncidentPlace.Lat, b.IncidentPlace.Lon); err == nil {
			d.sealedPlace(p)
		}
	}
	s.sections(d, b)
	if b.IoBy != nil {
		d.seenBy = append(d.seenBy, *b.IoBy)
	}
	d.opens(registerFIR)
	return nil
}

// hangsOn wants the complaint that an FIR or preventive action names to be one
// of this book; one that went to another centre has them there. It may be
// closed: an FIR never comes too late. A correction stays with the complaint of
// its line, or with none.
func (s *State) hangsOn(d *draft, complaint *uuid.UUID) error {
	if d.corrects != nil {
		m := s.matters.get(*d.corrects)
		if m == nil || (m.ComplaintID == nil) != (complaint == nil) || complaint != nil && !is(m.ComplaintID, *complaint) {
			return refuse(contract.CodeWrongCorrection, d.ptr("/complaint_id"))
		}
	}
	if complaint == nil {
		return nil
	}
	c, err := s.complaint(d, *complaint)
	if err != nil {
		return err
	}
	if d.corrects == nil && c.State == stateTransferred {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	return nil
}

// checkFIRTimes checks the times of an FIR against each other and the op's.
func checkFIRTimes(d *draft, b *contract.FIRRegister) error {
	for _, t := range []struct {
		at   *contract.Time
		name string
	}{
		{&b.RegisteredAt, "/registered_at"}, {b.SignedAt, "/signed_at"}, {b.IncidentAt, "/incident_at"},
		{b.StatementAt, "/statement_at"}, {b.MedicalAt, "/medical_at"},
	} {
		if t.at != nil && t.at.After(d.op.DeviceAt.Add(spanSlack)) {
			return refuse(contract.CodeInFuture, d.ptr("%s", t.name))
		}
	}
	if b.IncidentAt != nil && b.RegisteredAt.Before(b.IncidentAt.Time) {
		return refuse(contract.CodeEndedBeforeStarted, d.ptr("/registered_at"))
	}
	return nil
}

// sections notes what the sections of law say of the offence, and flags those
// that were not in force on the day of the incident: before 1 July 2024 that is
// the IPC, from then on the BNS. A section on offences against children says
// that there is a child, whatever else was ticked.
func (s *State) sections(d *draft, b *contract.FIRRegister) {
	on := b.RegisteredAt.Time
	if b.IncidentAt != nil {
		on = b.IncidentAt.Time
	}
	child, sexual, grave, out := b.IsChild, false, false, 0
	for _, code := range b.Sections {
		o, _, inForce := s.rules.offence(code, on)
		child, sexual, grave = child || o.IsChild, sexual || o.IsSexual, grave || o.IsGrave
		if !inForce {
			out++
		}
	}
	if out > 0 {
		d.flag(flag{Code: flagSectionOutOfForce, Value: float64(out)})
	}
	d.facts["is_child"], d.facts["is_sexual"], d.facts["is_grave"] = child, sexual, grave
	s.sensitiveIf(d, "child", child)
	s.sensitiveIf(d, "sexual_offence", sexual)
	d.guarded = d.guarded || child || sexual
}

func applyFIRRegister(s *State, e *Entry, b *contract.FIRRegister) []push.Notice {
	m := s.newMatter(e, matterFIR, registerFIR)
	m.ComplaintID = b.ComplaintID
	m.describe(e, b)
	if b.IsZero {
		cols := map[string]any{}
		m.at(stepRegistered, b.RegisteredAt.UTC())
		m.at(stepMoved, e.At)
		m.goes(e, cols)
		s.keepFIR(e, m, cols)
	} else {
		s.countFIR(e, m, b)
		s.keepFIR(e, m, nil)
	}
	s.totalFIR(m)
	if b.ComplaintID != nil && s.complaints.get(*b.ComplaintID) != nil {
		s.firOf(e, m, b)
	}
	return s.tellIO(e, m)
}

// firOf notes an FIR on its complaint: it is registered, acted on, decided, and
// from now on what the FIR shows it to be.
func (s *State) firOf(e *Entry, m *Matter, b *contract.FIRRegister) {
	c := s.complaintAt(*b.ComplaintID)
	at := earliest(b.RegisteredAt.UTC(), e.At)
	cols := map[string]any{"fir_id": m.MatterID.String()}
	if c.State == stateReceived {
		s.register(c, at)
		cols["registered_at"] = wireAt(*c.RegisteredAt)
	}
	c.Data.FIRs = append(slices.Clone(c.Data.FIRs), m.MatterID)
	c.reveal(e)
	// What turned out to be cognizable is no non-cognizable report any more, and
	// goes to the magistrate as an FIR (BNSS 176(1)).
	s.stop(c.ComplaintID, at, limitFIRDecision, limitNCR)
	s.engaged(e, c)
	s.keep(e, c)
	s.fill(c.line(), func(*Line) {}, cols)
}

// engaged notes that an FIR or preventive action was taken up: that is an
// action, while one is owed.
func (s *State) engaged(e *Entry, c *Complaint) {
	if slices.Contains([]string{stateRegistered, stateAssigned, stateInAction}, c.State) {
		s.acted(e, c)
		return
	}
	c.handled(e.OfficerID)
}

// reveal makes a complaint what its FIR shows it to be: of a child, of a sexual
// offence. From then on it is guarded, and neither counselled nor settled. That
// never turns back.
func (c *Complaint) reveal(e *Entry) {
	c.Data.Guarded = c.Data.Guarded || e.Guarded
	c.Data.IsChild = c.Data.IsChild || e.Facts.isTrue("is_child")
	c.Data.IsSexual = c.Data.IsSexual || e.Facts.isTrue("is_sexual")
	for _, code := range e.Facts.sensitive() {
		if !slices.Contains(c.Data.Sensitive, code) {
			c.Data.Sensitive = append(slices.Clone(c.Data.Sensitive), code)
		}
	}
}

// describe takes into a matter what its FIR says.
func (m *Matter) describe(e *Entry, b *contract.FIRRegister) {
	m.Data.FIRNo, m.Data.Sections, m.Data.IsZero, m.OwnerID = b.FIRNo, b.Sections, b.IsZero, b.IoBy
	m.Data.IsChild, m.Data.IsSexual, m.Data.IsGrave = e.Facts.isTrue("is_child"), e.Facts.isTrue("is_sexual"), e.Facts.isTrue("is_grave")
	m.Data.Guarded = m.Data.Guarded || e.Guarded
	if b.TransferredTo != nil {
		m.Data.To = *b.TransferredTo
	}
}

// tellIO tells the investigating officer that an FIR is hers.
func (s *State) tellIO(e *Entry, m *Matter) []push.Notice {
	if m.OwnerID == nil || *m.OwnerID == e.OfficerID {
		return nil
	}
	return []push.Notice{s.tellOfficer(e, m.MatterID, 0, *m.OwnerID)}
}

// totalFIR counts an FIR where it was registered, and one that came from another
// station as received: so the district counts each once.
func (s *State) totalFIR(m *Matter) {
	code := "firs"
	if m.Data.FromCentre != "" {
		code = "received"
	}
	s.fill(m.line(), func(l *Line) { s.total(l, map[string]int64{code: 1}) }, nil)
}

// amendFIR puts right what an FIR said, and with it what the law counts: a child
// that was not ticked is owed word to the CWC from the registration on.
func amendFIR(s *State, e *Entry, old *Line, b *contract.FIRRegister) []push.Notice {
	m := s.amendMatter(e, old, registerFIR)
	if m == nil {
		return nil
	}
	s.totalFIR(m)
	before := m.OwnerID
	m.describe(e, b)
	m.Data.EntryID = &e.OpID
	if _, moved := m.Data.Times[stepIO]; moved { // a later step gave it to another
		m.OwnerID = before
	}
	if m.State == matterOpen {
		s.countFIR(e, m, b)
	}
	s.keepFIR(e, m, nil)
	if m.ComplaintID != nil && s.complaints.get(*m.ComplaintID) != nil {
		c := s.complaintAt(*m.ComplaintID)
		c.reveal(e)
		s.keep(e, c)
	}
	if before != nil && is(m.OwnerID, *before) {
		return nil
	}
	return s.tellIO(e, m)
}

func needsFIRDecline(_ *draft, b *contract.FIRDecline, n *needs) { n.complaint(b.ComplaintID) }

// checkFIRDecline lets the head of the station decline in a non-cognizable
// matter alone: where a woman or child was sexually offended against the law
// leaves him no choice (BNSS 173, BNS 199).
func checkFIRDecline(s *State, d *draft, b *contract.FIRDecline) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if !c.firPending() {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	if c.Data.IsSexual || c.Data.IsChild {
		return refuse(contract.CodeForbidden, d.ptr("/complaint_id"))
	}
	return nil
}

func applyFIRDecline(s *State, e *Entry, b *contract.FIRDecline) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	at := e.At
	c.Data.FIRDeclined = &at
	s.stop(c.ComplaintID, at, limitFIRDecision)
	c.handled(e.OfficerID)
	if b.NCRNo != nil {
		s.start(c.about(), limitNCR, at)
	}
	s.bump(at, "fir.declined", 1)
	s.keep(e, c)
	return nil
}

func needsNCRSend(_ *draft, b *contract.NCRSend, n *needs) { n.complaint(b.ComplaintID) }

// checkNCRSend takes that a non-cognizable report went to the magistrate (BNSS
// 174: every fifteen days).
func checkNCRSend(s *State, d *draft, b *contract.NCRSend) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if b.SentAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/sent_at"))
	}
	if s.running(c.ComplaintID, limitNCR) == nil {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	return nil
}

func applyNCRSend(s *State, e *Entry, b *contract.NCRSend) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	at := earliest(b.SentAt.UTC(), e.At)
	c.Data.NCRAt = &at
	s.stop(c.ComplaintID, at, limitNCR)
	s.keep(e, c)
	return nil
}
