package book

import (
	"slices"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// A complaint or an FIR that another station has now is read there as its first
// station wrote it down. What that had put right before it passed the thing on
// goes with it: the other book is told which entry now has what she said. What it
// puts right later it owes the other book (line.corrected), which passes it on in
// turn. The line there stays its station's own, put right by nobody else; but what
// protects her holds there at once and is never taken back: that it is guarded,
// who is complained of, that it is not safe to call her or to give her a slip.

// entry is the entry that has what she said, as it was last put right.
func (c *Complaint) entry() uuid.UUID {
	switch {
	case c.Data.EntryID != nil:
		return *c.Data.EntryID
	case c.Data.FromID != nil:
		return c.CaseID
	}
	return c.ComplaintID
}

// entry is the entry that has what an FIR says, as it was last put right.
func (m *Matter) entry() uuid.UUID {
	switch {
	case m.Data.EntryID != nil:
		return *m.Data.EntryID
	case m.Data.FromCentre != "" && m.Data.TwinID != nil:
		return *m.Data.TwinID
	}
	return m.MatterID
}

// transferOp is the op by which the other centre's book receives a complaint. Its
// id follows from the entry, so that the first book knows the other's line.
func transferOp(e *Entry) ServerOp {
	return ServerOp{Kind: "complaint.receive", Subject: e.OpID, Rule: "transfer", At: e.At}
}

// owesCorrected is what other books are owed of a correction: that a line of an
// FIR was struck, or that what went there was put right.
func owesCorrected(s *State, e *Entry, b *contract.EntryCorrect) []owed {
	r, _ := replacements(b)
	if r.body == nil {
		return owesStruckFIR(s, e, b)
	}
	subject := s.subjectOf(r.lines(s.entries[b.CorrectsID]))
	if subject == nil {
		return nil
	}
	return s.owesCopy(e, *subject)
}

// owesFurther passes on what the first station put right of what went on from
// here.
func owesFurther(s *State, e *Entry, b *contract.LineCorrected) []owed {
	return s.owesCopy(e, b.SubjectID)
}

// owesCopy is what the station is owed to which a complaint or an FIR went.
func (s *State) owesCopy(e *Entry, subject uuid.UUID) []owed {
	if c := s.complaints.get(subject); c != nil && c.State == stateTransferred && c.Data.ToID != nil {
		return s.owesLine(e, c.Data.ToCentre, &contract.LineCorrected{
			SubjectID: *c.Data.ToID, FromCentre: s.Centre, FromID: c.ComplaintID, EntryID: c.entry(), Category: &c.Category,
			RiskLevel: &c.RiskLevel, Guarded: c.Data.Guarded, IsChild: c.Data.IsChild, IsSexual: c.Data.IsSexual, AboutBy: c.Data.About,
			SafeToCall: &c.Data.WomanSafe, StatusSafe: &c.Data.StatusSafe,
		})
	}
	if m := s.matters.get(subject); m != nil && m.Kind == matterFIR && m.State == matterTransferred && m.Data.TwinID != nil {
		return s.owesLine(e, m.Data.To, &contract.LineCorrected{
			SubjectID: *m.Data.TwinID, FromCentre: s.Centre, FromID: m.MatterID, EntryID: m.entry(), Sections: m.Data.Sections,
			Guarded: m.Data.Guarded, IsChild: m.Data.IsChild, IsSexual: m.Data.IsSexual,
		})
	}
	return nil
}

func (s *State) owesLine(e *Entry, to string, body *contract.LineCorrected) []owed {
	return []owed{{Centre: to, Op: ServerOp{Kind: "line.corrected", Subject: e.OpID, Rule: "corrected", At: e.At, Body: body}}}
}

func needsLineCorrected(_ *draft, b *contract.LineCorrected, n *needs) {
	n.complaint(b.SubjectID)
	n.matter(b.SubjectID)
}

// checkLineCorrected does not wait for the line: the outbox keeps what it is not
// there for, and tries again.
func checkLineCorrected(s *State, d *draft, b *contract.LineCorrected) error {
	if c := s.complaints.get(b.SubjectID); c != nil {
		if _, err := s.complaint(d, b.SubjectID); err != nil {
			return err
		}
	} else if m := s.matters.get(b.SubjectID); m == nil {
		return refuse(contract.CodeUnknownReference, d.ptr("/subject_id"))
	} else if _, err := s.standing(d, b.SubjectID, matterFIR, "/subject_id"); err != nil {
		return err
	}
	d.guarded = d.guarded || b.Guarded
	d.facts["is_child"], d.facts["is_sexual"] = b.IsChild, b.IsSexual
	s.sensitiveIf(d, "child", b.IsChild)
	s.sensitiveIf(d, "sexual_offence", b.IsSexual)
	s.sensitiveIf(d, "police", len(b.AboutBy) > 0)
	return nil
}

// applyLineCorrected notes where to read on and what protects her, and tells who
// has it in hand.
func applyLineCorrected(s *State, e *Entry, b *contract.LineCorrected) []push.Notice {
	from := b.EntryID
	if s.complaints.get(b.SubjectID) == nil {
		m := s.matterAt(b.SubjectID)
		m.Data.EntryID, m.Data.Guarded = &from, m.Data.Guarded || b.Guarded
		m.Data.IsChild, m.Data.IsSexual = m.Data.IsChild || b.IsChild, m.Data.IsSexual || b.IsSexual
		m.Data.About = joined(m.Data.About, b.AboutBy)
		s.keepMatter(e, m, nil)
		s.onComplaint(e, m)
		return s.tellCopied(e, m.MatterID, staff.SHO, m.OwnerID, m.State == matterOpen)
	}
	c := s.complaintAt(b.SubjectID)
	c.Data.EntryID, c.Data.About = &from, joined(c.Data.About, b.AboutBy)
	c.Data.WomanSafe = c.Data.WomanSafe && (b.SafeToCall == nil || *b.SafeToCall)
	c.Data.StatusSafe = c.Data.StatusSafe && (b.StatusSafe == nil || *b.StatusSafe)
	c.reveal(e)
	s.keep(e, c)
	return s.tellCopied(e, c.ComplaintID, staff.CentreIncharge, c.OwnerID, c.open())
}

func (s *State) tellCopied(e *Entry, subject uuid.UUID, role string, owner *uuid.UUID, here bool) []push.Notice {
	if !here {
		return nil
	}
	out := []push.Notice{s.tell(e, subject, 0, role)}
	if owner != nil {
		out = append(out, s.tellOfficer(e, subject, 1, *owner))
	}
	return out
}

// joined is a list with those of another that are not in it.
func joined(list, more []uuid.UUID) []uuid.UUID {
	out := slices.Clone(list)
	for _, id := range more {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
