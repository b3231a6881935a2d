package book

import (
	"cmp"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// A zero FIR is registered by the station that she came to and investigated by
// the one of the area (BNSS 173(1)). The first book's line is over with its
// entry; the other book is owed a line of its own, whose limits count from the
// same registration. Each line names the other.

// kindFIR is the kind whose bodies put an FIR right.
const kindFIR = "fir.register"

// zeroOp is the op by which the other station's book receives a zero FIR. Its id
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

// goes ends a zero FIR here and returns the columns that say so.
func (m *Matter) goes(e *Entry, b *contract.FIRRegister) map[string]any {
	there := serverOpID(roleClock, zeroOp(e))
	m.State, m.Data.TwinID = matterTransferred, &there
	m.at(stepRegistered, b.RegisteredAt.UTC())
	m.at(stepMoved, e.At)
	return map[string]any{colToID: there.String()}
}

// Columns by which the two lines of a zero FIR name each other.
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
	m, op := s.matters.get(e.OpID), zeroOp(e)
	body := contract.FIRReceive{
		FromCentre: s.Centre, FromID: m.MatterID, FromLine: lineRef(s.Centre, m.Register, m.Year, m.Serial).No, CaseID: m.Data.CaseID,
		FIRNo: b.FIRNo, RegisteredAt: b.RegisteredAt, IsElectronic: b.IsElectronic, SignedAt: b.SignedAt, Sections: b.Sections,
		IsChild: m.Data.IsChild, IsSexual: m.Data.IsSexual, IsGrave: m.Data.IsGrave, Guarded: m.Data.Guarded, Enquiry: b.Enquiry, MedicalAt: b.MedicalAt,
	}
	if b.ComplaintID != nil && s.complaints.get(*b.ComplaintID) != nil {
		body.AboutBy = s.complaints.get(*b.ComplaintID).Data.About
	}
	op.Body = body
	return []owed{{Centre: m.Data.To, Op: op}}
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

// applyFIRReceive opens the line of a zero FIR in the book of the station of the
// area and wakes its head. What the law counts began with the first station's
// registration.
func applyFIRReceive(s *State, e *Entry, b *contract.FIRReceive) []push.Notice {
	m, from := s.newMatter(e, matterFIR, registerFIR), b.FromID
	m.Data.FromCentre, m.Data.TwinID, m.Data.Sections, m.Data.About = b.FromCentre, &from, b.Sections, b.AboutBy
	m.Data.IsChild, m.Data.IsSexual, m.Data.IsGrave = b.IsChild, b.IsSexual, b.IsGrave
	s.countFIR(e, m, &contract.FIRRegister{
		RegisteredAt: b.RegisteredAt, IsElectronic: b.IsElectronic, SignedAt: b.SignedAt, Enquiry: b.Enquiry, MedicalAt: b.MedicalAt,
	})
	s.keepFIR(e, m, map[string]any{"from_centre": b.FromCentre, colFromID: b.FromID.String(), "from_line": b.FromLine})
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
