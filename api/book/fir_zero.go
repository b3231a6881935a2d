package book

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// A zero FIR is registered by the station that she came to and investigated by
// the one of the area (BNSS 173(1)). The first book's line is over with its
// entry; the other book is owed a line of its own, whose limits count from the
// same registration. Each line names the other. An FIR of this station that a
// step transfers goes the same way, with what was done here.

// kindFIR is the kind whose bodies put an FIR right.
const kindFIR = "fir.register"

// zeroOp is the op by which the other station's book receives an FIR. Its id
// follows from the entry, so that the first book knows the other's line.
func zeroOp(e *Entry) ServerOp {
	return ServerOp{Kind: "fir.receive", Subject: e.OpID, Rule: "zero", At: e.At}
}

// goesWhereItWent lets no correction change whether an FIR is a zero one or
// where it went: the other book has it. Such a line is struck and entered anew.
func (s *State) goesWhereItWent(d *draft, b *contract.FIRRegister) error {
	if d.corrects == nil || s.matters.get(*d.corrects) == nil {
		return nil
	}
	switch m := s.matters.get(*d.corrects); {
	case m.Data.IsZero != b.IsZero:
		return refuse(contract.CodeWrongCorrection, d.ptr("/is_zero"))
	case b.IsZero && *b.TransferredTo != m.Data.To:
		return refuse(contract.CodeWrongCorrection, d.ptr("/transferred_to"))
	}
	return nil
}

// goes ends an FIR here and names its line there.
func (m *Matter) goes(e *Entry, cols map[string]any) {
	there := serverOpID(roleClock, zeroOp(e))
	m.State, m.Data.TwinID, cols[colToID] = matterTransferred, &there, there.String()
}

// Columns by which the two lines of an FIR name each other.
const (
	colFromID = "from_id"
	colToID   = "to_id"
)

// owesZeroFIR is the op that the book of the station of the area is owed: what
// is open, and where the rest stands sealed.
func owesZeroFIR(s *State, e *Entry, b *contract.FIRRegister) []owed {
	if !b.IsZero {
		return nil
	}
	body := s.sends(s.matters.get(e.OpID))
	body.IsElectronic, body.SignedAt, body.Enquiry, body.MedicalAt = b.IsElectronic, b.SignedAt, b.Enquiry, b.MedicalAt
	return s.owesFIR(e, body)
}

// carried are the steps that another station is told of: what was done is done.
var carried = []string{"statement", stepMedical, stepDeclined, stepReport, stepCWC, stepArrest, stepProgress}

// owesMovedFIR is the same of an FIR that a step transfers: what the law still
// counts of it here, it goes on to count there.
func owesMovedFIR(s *State, e *Entry, b *contract.FIRStep) []owed {
	if b.Step != stepMoved {
		return nil
	}
	m := s.matters.get(b.FIRID)
	body := s.sends(m)
	body.IsElectronic, body.Enquiry = s.unmet(m, limitEFIRSign), s.unmet(m, limitFIREnquiry)
	if k := s.latest(m.MatterID, limitMedicalReport); k != nil {
		body.MedicalAt = contract.AtPtr(k.StartsAt)
	}
	if due, named := m.Data.Times[stepSheetDue]; named {
		body.ChargesheetDueAt = contract.AtPtr(due)
	}
	for _, step := range carried {
		if at, done := m.Data.Times[step]; done {
			body.Done = append(body.Done, contract.FIRDone{Step: step, DoneAt: contract.At(at)})
		}
	}
	return s.owesFIR(e, body)
}

// unmet tells of a limit that an FIR had whether it was left unmet.
func (s *State) unmet(m *Matter, limit string) *bool {
	i := slices.IndexFunc(firLimits, func(l struct{ code, met string }) bool { return l.code == limit })
	_, met := m.Data.Times[firLimits[i].met]
	is := s.latest(m.MatterID, limit) != nil && !met
	return &is
}

// sends is what another station learns of any FIR that goes there.
func (s *State) sends(m *Matter) *contract.FIRReceive {
	entry := m.entry()
	body := &contract.FIRReceive{
		FromCentre: s.Centre, EntryID: &entry, FromID: m.MatterID, FromLine: lineRef(s.Centre, m.Register, m.Year, m.Serial).No, CaseID: m.Data.CaseID,
		FIRNo: m.Data.FIRNo, RegisteredAt: contract.At(m.Data.Times[stepRegistered]), Sections: m.Data.Sections,
		IsChild: m.Data.IsChild, IsSexual: m.Data.IsSexual, IsGrave: m.Data.IsGrave, Guarded: m.Data.Guarded,
	}
	if m.ComplaintID != nil && s.complaints.get(*m.ComplaintID) != nil {
		body.AboutBy = s.complaints.get(*m.ComplaintID).Data.About
	}
	return body
}

func (s *State) owesFIR(e *Entry, body *contract.FIRReceive) []owed {
	op := zeroOp(e)
	op.Body = body
	return []owed{{Centre: s.matters.get(body.FromID).Data.To, Op: op}}
}

func needsFIRReceive(_ *draft, _ *contract.FIRReceive, _ *needs) {}

// checkFIRReceive makes the entry one of the case of the first. The line is put
// right like any other of an FIR: so it gets the number of this station.
func checkFIRReceive(_ *State, d *draft, b *contract.FIRReceive) error {
	d.caseID, d.guarded = b.CaseID, b.Guarded
	d.facts["is_child"], d.facts["is_sexual"], d.facts["is_grave"] = b.IsChild, b.IsSexual, b.IsGrave
	d.facts[factOf] = kindFIR
	d.opens(registerFIR)
	return nil
}

// applyFIRReceive opens the line of an FIR in the book of the station that it
// goes to and wakes its head. What the law counts began with the first station's
// registration.
func applyFIRReceive(s *State, e *Entry, b *contract.FIRReceive) []push.Notice {
	m, from := s.newMatter(e, matterFIR, registerFIR), b.FromID
	m.Data.FromCentre, m.Data.TwinID, m.Data.FIRNo, m.Data.Sections, m.Data.About = b.FromCentre, &from, b.FIRNo, b.Sections, b.AboutBy
	m.Data.IsChild, m.Data.IsSexual, m.Data.IsGrave, m.Data.EntryID = b.IsChild, b.IsSexual, b.IsGrave, b.EntryID
	cols := map[string]any{"from_centre": b.FromCentre, colFromID: b.FromID.String(), "from_line": b.FromLine}
	for _, x := range b.Done {
		m.did(x.Step, x.DoneAt.UTC(), cols)
	}
	m.sheetDue(b.ChargesheetDueAt, cols)
	s.countFIR(e, m, &contract.FIRRegister{
		RegisteredAt: b.RegisteredAt, IsElectronic: b.IsElectronic, SignedAt: b.SignedAt, Enquiry: b.Enquiry, MedicalAt: b.MedicalAt,
	})
	if at, told := m.Data.Times[stepProgress]; told { // from then on the next is due
		s.start(m.about(staff.SHO), limitProgress, at)
	}
	s.keepFIR(e, m, cols)
	s.totalFIR(m)
	return []push.Notice{s.tell(e, m.MatterID, 0, staff.SHO)}
}

// stepOtherStruck is when the line of the same FIR at the other station was
// struck.
const stepOtherStruck = "other_struck"

// owesStruckFIR is the op that the other station's book is owed when a line of an
// FIR is struck that has one there. Each register is its station's own: the other
// line stays until that station strikes it, too, but nobody waits there for what
// does not come. Who was told so before tells nothing back.
func owesStruckFIR(s *State, e *Entry, b *contract.EntryCorrect) []owed {
	if r, _ := replacements(b); r.body != nil {
		return nil
	}
	subject := s.subjectOf(s.entries[b.CorrectsID].Lines)
	if subject == nil || s.matters.get(*subject) == nil {
		return nil
	}
	m := s.matters.get(*subject)
	if _, told := m.Data.Times[stepOtherStruck]; told || m.Data.TwinID == nil {
		return nil
	}
	return []owed{{Centre: cmp.Or(m.Data.FromCentre, m.Data.To), Op: ServerOp{
		Kind: "fir.struck", Subject: e.OpID, Rule: "struck", At: e.At, Body: contract.FIRStruck{
			FIRID: *m.Data.TwinID, FromCentre: s.Centre, FromID: m.MatterID,
			FromLine: lineRef(s.Centre, m.Register, m.Year, m.Serial).No,
		},
	}}}
}

func needsFIRStruck(_ *draft, b *contract.FIRStruck, n *needs) { n.matter(b.FIRID) }

// checkFIRStruck does not wait for the line: the outbox keeps what it is not
// there for, and tries again.
func checkFIRStruck(s *State, d *draft, b *contract.FIRStruck) error {
	if s.matters.get(b.FIRID) == nil {
		return refuse(contract.CodeUnknownReference, d.ptr("/fir_id"))
	}
	_, err := s.standing(d, b.FIRID, matterFIR, "/fir_id")
	return err
}

// applyFIRStruck changes nothing of the line here; who answers for it is told.
func applyFIRStruck(s *State, e *Entry, b *contract.FIRStruck) []push.Notice {
	m := s.matterAt(b.FIRID)
	m.at(stepOtherStruck, e.At)
	s.matters.put(m.MatterID, m)
	s.step(e, m.MatterID)
	s.onComplaint(e, m)
	if m.State == struck {
		return nil
	}
	out := []push.Notice{s.tell(e, m.MatterID, 0, staff.SHO), s.tell(e, m.MatterID, 1, staff.CentreIncharge)}
	if m.OwnerID != nil {
		out = append(out, s.tellOfficer(e, m.MatterID, 2, *m.OwnerID))
	}
	return out
}

// twinOf is the same FIR in another station's book, if the line is of one that
// went there or came from there.
func (l *Line) twinOf() (id uuid.UUID, ok bool) {
	for _, col := range []string{colToID, colFromID} {
		if text, is := l.Cols[col].(string); is && l.Register == registerFIR {
			id, err := uuid.Parse(text)
			return id, err == nil
		}
	}
	return id, false
}
