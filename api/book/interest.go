package book

import (
	"slices"

	"github.com/google/uuid"

	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Why an officer has nothing to do with a case.
const (
	whyOwnNumber    = "own_number"
	whyInterest     = "interest"
	whyComplainedOf = "complained_of"
)

// numberFields are the fields whose numbers are found by their keyed hash.
var numberFields = []string{"mobile", "opposite_mobile"}

// NumberHashes are the keyed hashes that a number has in each field of a case:
// by them an officer's own number is found there. Those by the
// key that writes come first.
func NumberHashes(b *seal.Blinder, district int32, number string) [][]byte {
	var out [][]byte
	for n := range b.IDs() {
		for _, field := range numberFields {
			if by := b.Hashes(district, field, number); n < len(by) {
				out = append(out, by[n])
			}
		}
	}
	return out
}

// declared tells whether an officer said that he has an interest in a complaint.
func (c *Complaint) declared(officer uuid.UUID) bool {
	return slices.Contains(c.Data.Interests, officer)
}

// declaredOf tells whether he did in the complaint that a matter hangs on.
func (s *State) declaredOf(m *Matter, officer uuid.UUID) bool {
	if m.ComplaintID == nil {
		return false
	}
	c := s.complaints.get(*m.ComplaintID)
	return c != nil && c.declared(officer)
}

// declared tells whether he did in one of the case.
func (f *file) declared(officer uuid.UUID) bool {
	return slices.ContainsFunc(f.complaints, func(c *Complaint) bool { return c.declared(officer) })
}

// complaint is the complaint of the case in this book, if there is one.
func (f *file) complaint() *Complaint {
	var out *Complaint
	for _, c := range f.complaints {
		if out == nil || c.Seq > out.Seq {
			out = c
		}
	}
	return out
}

// hasNumberOf tells whether an officer's own number stands in a case, hers or
// the other side's.
func (t *batch) hasNumberOf(officer, caseID uuid.UUID) bool {
	r := t.readers[officer]
	if r == nil {
		return false
	}
	mine := func(m seal.Mark) bool { return m.Is(r.numbers) }
	return slices.ContainsFunc(t.marksIn[caseID], mine) ||
		slices.ContainsFunc(t.newMarks, func(m seal.Mark) bool { return m.CaseID == caseID && mine(m) })
}

// partial refuses an officer the identities of a case that is his own or a
// relative's, and has whoever is above him told.
func (t *batch) partial(d *draft, why string, f *file) error {
	t.raise(d, why, f.complaint())
	return refuse(contract.CodeConflictOfInterest, "/body/subject_id")
}

// isInterested tells whether an entry opened a line of a complaint in which the
// officer of the draft declared an interest.
func (s *State) isInterested(d *draft, e *entryRef) bool {
	return slices.ContainsFunc(e.Lines, func(l LineRef) bool {
		line := s.lines.get(lineKey{l.Register, l.Year, l.Serial})
		if line == nil || line.ComplaintID == nil {
			return false
		}
		c := s.complaints.get(*line.ComplaintID)
		return c != nil && c.declared(d.officer)
	})
}

func needsInterestDeclare(_ *draft, b *contract.InterestDeclare, n *needs) {
	n.complaint(b.ComplaintID)
}

// checkInterestDeclare takes an officer's word that a complaint is about himself
// or somebody close. Nobody can take it back: who is wrong tells the in-charge.
func checkInterestDeclare(s *State, d *draft, b *contract.InterestDeclare) error {
	c := s.complaints.get(b.ComplaintID)
	if c != nil && c.declared(d.officer) {
		return refuse(contract.CodeAlreadyThere, "/body/complaint_id")
	}
	if _, err := s.complaint(d, b.ComplaintID); err != nil {
		return err
	}
	d.seenBy = nil // whose relative she is is for those above
	return nil
}

// applyInterestDeclare takes the complaint out of his hand: it stays with the
// post, and whoever is above gives it to another.
func applyInterestDeclare(s *State, e *Entry, b *contract.InterestDeclare) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	c.Data.Interests = append(slices.Clone(c.Data.Interests), e.OfficerID)
	c.Data.Named = slices.DeleteFunc(slices.Clone(c.Data.Named), func(o uuid.UUID) bool { return o == e.OfficerID })
	if is(c.OwnerID, e.OfficerID) {
		s.hand(e, c, nil, c.OwnerPost, c.OwnerRole)
	}
	s.keep(e, c)
	out := []push.Notice{s.tell(e, c.ComplaintID, 0, overseer(e.Role))}
	if e.Role != staff.SHO && e.Role != staff.CentreIncharge {
		out = append(out, s.tell(e, c.ComplaintID, 1, staff.SHO))
	}
	return out
}
