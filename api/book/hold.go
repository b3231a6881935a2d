package book

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/seal"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Hold says who had something kept beyond its time, since when and why.
type Hold struct {
	By     uuid.UUID `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// keptOutcomes are those of a person entry that leads to a court.
var keptOutcomes = []string{"fir", "arrested"}

// keepFrom is from when on the time of the identities in a complaint counts; nil:
// it does not, for it is open, went on elsewhere, led to an FIR, is held by an
// order, or is shredded.
func (c *Complaint) keepFrom() *time.Time {
	if c.ClosedAt == nil || c.State == stateTransferred || len(c.Data.FIRs) > 0 || c.Data.Hold != nil || c.shredded(seal.Victim) {
		return nil
	}
	return c.ClosedAt
}

// toldFrom is the same for what was told in counselling.
func (c *Complaint) toldFrom() *time.Time {
	if len(c.Data.Counselling) == 0 || c.shredded(seal.Told) {
		return nil
	}
	return c.keepFrom()
}

// keepFrom is the same for an entry about a person. One who objects is heard first.
func (m *Matter) keepFrom() *time.Time {
	if m.Kind != matterPerson || m.Data.Act == nil || m.State == matterObjected || m.State == matterQuashed || m.Data.Hold != nil ||
		m.shredded(seal.Suspect) || slices.Contains(keptOutcomes, m.Data.Result) {
		return nil
	}
	at := m.Data.Act.At.Truncate(time.Millisecond)
	return &at
}

// shredded tells whether the key of a class is gone.
func (c *Complaint) shredded(class byte) bool { return strings.IndexByte(c.Data.Shredded, class) >= 0 }

func (m *Matter) shredded(class byte) bool { return strings.IndexByte(m.Data.Shredded, class) >= 0 }

// keptHere finds what can be held or shredded: a complaint of this book that did
// not go on elsewhere, an entry about a person, or the entry by which any other case
// is known, which need not have a matter.
func (s *State) keptHere(d *draft, id uuid.UUID) (*Complaint, *Matter, error) {
	c, m := s.complaints.get(id), s.matters.get(id)
	switch {
	case c != nil && c.accuses(d.officer), m != nil && slices.Contains(m.Data.About, d.officer):
		return nil, nil, refuse(contract.CodeUnknownReference, d.ptr("/subject_id"))
	case c != nil:
		if _, err := s.complaint(d, id); err != nil {
			return nil, nil, err
		}
		if c.State == stateTransferred {
			return nil, nil, refuse(contract.CodeWrongState, d.ptr("/subject_id"))
		}
		return c, nil, nil
	case m != nil && m.Kind == matterPerson:
		d.caseID, d.guarded = m.Data.CaseID, d.guarded || m.Data.Guarded
		return nil, m, nil
	}
	e := s.entries[id]
	switch {
	case e == nil:
		return nil, nil, s.absent(d, id, "/subject_id")
	case !e.beginsOwn(), m != nil && m.ComplaintID != nil:
		return nil, nil, refuse(contract.CodeWrongReference, d.ptr("/subject_id"))
	}
	d.caseID, d.guarded = e.CaseID, d.guarded || e.Guarded
	return nil, m, nil
}

// holdOf is the hold of what keptHere found.
func holdOf(c *Complaint, m *Matter) *Hold {
	switch {
	case c != nil:
		return c.Data.Hold
	case m != nil:
		return m.Data.Hold
	}
	return nil
}

func needsHoldSet(_ *draft, b *contract.HoldSet, n *needs) {
	n.complaint(b.SubjectID)
	n.matter(b.SubjectID)
	n.entry(b.SubjectID)
}

// checkHoldSet has something kept beyond its time, as long as it is there.
func checkHoldSet(s *State, d *draft, b *contract.HoldSet) error {
	c, m, err := s.keptHere(d, b.SubjectID)
	switch {
	case err != nil:
		return err
	case c != nil && c.shredded(seal.Victim), m != nil && (m.shredded(seal.Suspect) || m.State == matterQuashed),
		c == nil && d.batch.isGone(caseClass{d.caseID, seal.Victim}):
		return refuse(contract.CodeKeyGone, d.ptr("/subject_id"))
	case holdOf(c, m) != nil:
		return refuse(contract.CodeWrongState, d.ptr("/subject_id"))
	}
	return nil
}

func applyHoldSet(s *State, e *Entry, b *contract.HoldSet) []push.Notice {
	s.setHold(e, b.SubjectID, &Hold{By: e.OfficerID, At: e.At, Reason: b.Reason})
	return nil
}

// setHold sets or lifts a hold.
func (s *State) setHold(e *Entry, id uuid.UUID, h *Hold) {
	if s.complaints.get(id) != nil {
		c := s.complaintAt(id)
		c.Data.Hold = h
		s.keep(e, c)
		return
	}
	m := &Matter{
		MatterID: id, Kind: matterKept, Seq: e.Seq, State: matterOver,
		Data: MatterData{OpenedBy: e.OfficerID, CaseID: e.CaseID, Guarded: e.Guarded},
	}
	if s.matters.get(id) != nil {
		m = s.matterAt(id)
	}
	m.Data.Hold = h
	s.keepMatter(e, m, nil)
}

func needsHoldLift(_ *draft, b *contract.HoldLift, n *needs) {
	n.complaint(b.SubjectID)
	n.matter(b.SubjectID)
	n.entry(b.SubjectID)
}

// checkHoldLift wants another officer than the one who set it.
func checkHoldLift(s *State, d *draft, b *contract.HoldLift) error {
	c, m, err := s.keptHere(d, b.SubjectID)
	if err != nil {
		return err
	}
	switch h := holdOf(c, m); {
	case h == nil:
		return refuse(contract.CodeWrongState, d.ptr("/subject_id"))
	case h.By == d.officer:
		return refuse(contract.CodeOwnAct, d.ptr("/subject_id"))
	}
	return nil
}

func applyHoldLift(s *State, e *Entry, b *contract.HoldLift) []push.Notice {
	s.setHold(e, b.SubjectID, nil)
	return nil
}
