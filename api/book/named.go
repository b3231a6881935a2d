package book

import (
	"slices"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// The identity in a sexual offence's or a child's case is for the officers named
// on it and nobody else, in-charge and head of the station not excepted (BNS 72,
// JJ Act 74, POCSO 33(7)). Named are who was named by case.name, who has it by an
// assignment or because she stepped in, and the investigating officer of its FIR:
// each by an entry that all of them see.

// named tells whether an officer is named on a complaint.
func (c *Complaint) named(officer uuid.UUID) bool {
	return slices.Contains(c.Data.Named, officer) || is(c.Data.Assigned, officer)
}

// hidesFrom tells whether even the digits of the numbers in a complaint are kept
// from an officer: he is not named on a guarded one, or declared an interest.
func (c *Complaint) hidesFrom(officer uuid.UUID) bool {
	return c.declared(officer) || c.Data.Guarded && !c.named(officer)
}

// names lists who is named on a complaint.
func (c *Complaint) names() []uuid.UUID {
	if c.Data.Assigned == nil {
		return slices.Clone(c.Data.Named)
	}
	return append(slices.Clone(c.Data.Named), *c.Data.Assigned)
}

// guarded tells whether the case is a sexual offence's or a child's. Once it was,
// it stays so.
func (f *file) guarded() bool {
	return slices.ContainsFunc(f.complaints, func(c *Complaint) bool { return c.Data.Guarded || c.Data.IsSexual || c.Data.IsChild }) ||
		slices.ContainsFunc(f.matters, func(m *Matter) bool { return m.Data.Guarded || m.Data.IsSexual || m.Data.IsChild })
}

// names tells whether an officer is named on the case.
func (f *file) names(officer uuid.UUID) bool {
	return slices.ContainsFunc(f.complaints, func(c *Complaint) bool { return c.named(officer) }) ||
		slices.ContainsFunc(f.matters, func(m *Matter) bool {
			return slices.Contains(m.Data.Named, officer)
		}) || f.investigates(officer)
}

// subject finds what officers are named on: a complaint, or a matter that stands
// by itself. Only a guarded case that is here needs names.
func (s *State) subject(d *draft, id uuid.UUID) (*Complaint, *Matter, error) {
	var guarded bool
	c, m := s.complaints.get(id), s.matters.get(id)
	switch {
	case c != nil && c.accuses(d.officer), m != nil && slices.Contains(m.Data.About, d.officer):
		return nil, nil, refuse(contract.CodeUnknownReference, d.ptr("/subject_id"))
	case c != nil:
		if _, err := s.complaint(d, id); err != nil {
			return nil, nil, err
		}
		guarded = c.Data.Guarded && c.State != stateTransferred
	case m == nil:
		return nil, nil, s.absent(d, id, "/subject_id")
	case m.ComplaintID != nil:
		return nil, nil, refuse(contract.CodeWrongReference, d.ptr("/subject_id"))
	default:
		d.caseID, d.guarded = m.Data.CaseID, d.guarded || m.Data.Guarded
		d.seenBy = append(append(d.seenBy, m.Data.OpenedBy), m.Data.Named...)
		guarded = m.Data.Guarded && m.State != matterTransferred
	}
	if !guarded {
		return nil, nil, refuse(contract.CodeWrongState, d.ptr("/subject_id"))
	}
	return c, m, nil
}

func needsCaseName(_ *draft, b *contract.CaseName, n *needs) {
	n.complaint(b.SubjectID)
	n.matter(b.SubjectID)
	n.officer(b.OfficerID)
	n.centrePosts = true
}

// checkCaseName lets in-charge and head of the station name an officer who serves
// here, is not complained of and declared no interest, themselves included.
func checkCaseName(s *State, d *draft, b *contract.CaseName) error {
	c, m, err := s.subject(d, b.SubjectID)
	if err != nil {
		return err
	}
	var already, about bool
	if c != nil {
		already, about = c.named(b.OfficerID), c.accuses(b.OfficerID) || c.declared(b.OfficerID)
	} else {
		already, about = slices.Contains(m.Data.Named, b.OfficerID), slices.Contains(m.Data.About, b.OfficerID)
	}
	switch {
	case !s.officers[b.OfficerID], !s.serves(b.OfficerID, d.at), about:
		return refuse(contract.CodeUnknownReference, d.ptr("/officer_id"))
	case already:
		return refuse(contract.CodeWrongState, d.ptr("/officer_id"))
	}
	d.seenBy = append(d.seenBy, b.OfficerID)
	return nil
}

// applyCaseName tells who was named; of who named herself the post above is told.
func applyCaseName(s *State, e *Entry, b *contract.CaseName) []push.Notice {
	s.rename(e, b.SubjectID, func(named []uuid.UUID) []uuid.UUID { return append(slices.Clone(named), b.OfficerID) })
	switch {
	case b.OfficerID != e.OfficerID:
		return []push.Notice{s.tellOfficer(e, b.SubjectID, 0, b.OfficerID)}
	case e.Role == staff.CentreIncharge:
		return []push.Notice{s.tell(e, b.SubjectID, 0, staff.SHO)}
	}
	return []push.Notice{s.tell(e, b.SubjectID, 0, staff.CO)}
}

func needsCaseUnname(_ *draft, b *contract.CaseUnname, n *needs) {
	n.complaint(b.SubjectID)
	n.matter(b.SubjectID)
	n.officer(b.OfficerID)
}

// checkCaseUnname takes a name from the list. Who is named by an assignment or an
// FIR is replaced there.
func checkCaseUnname(s *State, d *draft, b *contract.CaseUnname) error {
	c, m, err := s.subject(d, b.SubjectID)
	if err != nil {
		return err
	}
	var list []uuid.UUID
	if c != nil {
		list = c.Data.Named
	} else {
		list = m.Data.Named
	}
	if !slices.Contains(list, b.OfficerID) {
		return refuse(contract.CodeWrongState, d.ptr("/officer_id"))
	}
	return nil
}

func applyCaseUnname(s *State, e *Entry, b *contract.CaseUnname) []push.Notice {
	s.rename(e, b.SubjectID, func(named []uuid.UUID) []uuid.UUID {
		return slices.DeleteFunc(slices.Clone(named), func(o uuid.UUID) bool { return o == b.OfficerID })
	})
	return []push.Notice{s.forget(e, b.SubjectID, b.OfficerID)}
}

// rename changes the list of names of a complaint or matter.
func (s *State) rename(e *Entry, subject uuid.UUID, change func([]uuid.UUID) []uuid.UUID) {
	if s.complaints.get(subject) != nil {
		c := s.complaintAt(subject)
		c.Data.Named = change(c.Data.Named)
		s.keep(e, c)
		return
	}
	m := s.matterAt(subject)
	m.Data.Named = change(m.Data.Named)
	s.keepMatter(e, m, nil)
}
