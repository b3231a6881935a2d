package book

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/files"
	"kendra/api/seal"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// kindShred is the kind of op by which the clock shreds what is due.
const kindShred = "key.shred"

// shredClasses are the classes of which each rule ends the keys.
var shredClasses = map[string]string{
	ruleIdentity: "VXN", ruleCounselling: "N", ruleWarned: "VX",
	ruleVisits: "VX", ruleTasks: "VX", ruleFIRs: "VX", ruleInspections: "VX", ruleOther: "VX",
}

// shred ends the keys that the op at hand ends: nothing that they sealed can be
// read again, in this transaction neither.
func (t *batch) shred() {
	due := t.state.shredDue
	t.state.shredDue = nil
	for _, k := range due {
		delete(t.keys, k)
		t.wrapped[k.Case] = append(
			slices.DeleteFunc(t.wrapped[k.Case], func(w seal.Wrapped) bool { return w.Class == k.Class }),
			seal.Wrapped{CaseID: k.Case, Class: k.Class})
		t.newKeys = slices.DeleteFunc(t.newKeys, func(w seal.Wrapped) bool { return w.CaseID == k.Case && w.Class == k.Class })
		t.newMarks = slices.DeleteFunc(t.newMarks, func(m seal.Mark) bool { return m.CaseID == k.Case && m.Class == k.Class })
	}
	t.shreds = append(t.shreds, due...)
}

// flushShreds destroys the keys of what was shredded, and all that was derived of
// what they sealed, or sealed with them: the marks, the pieces of files.
func (t *batch) flushShreds(p *pgx.Batch) {
	for _, k := range t.shreds {
		seal.QueueDeleteKeys(p, t.district, []uuid.UUID{k.Case}, k.Class, t.now)
		files.QueueShred(p, t.district, k.Case, k.Class)
	}
}

// isGone tells whether the key of a case and class was destroyed.
func (t *batch) isGone(at caseClass) bool {
	return slices.ContainsFunc(t.wrapped[at.Case], func(w seal.Wrapped) bool { return w.Class == at.Class && w.IsGone() })
}

// sealable refuses what would be sealed under a key that was destroyed: no other
// takes its place.
func (t *batch) sealable(d *draft) error {
	for _, s := range d.report.Sealed {
		if t.isGone(caseClass{d.caseID, s.Class}) {
			return refuse(contract.CodeKeyGone, s.Pointer)
		}
	}
	return nil
}

func needsKeyShred(_ *draft, b *contract.KeyShred, n *needs) {
	n.complaint(b.SubjectID)
	n.matter(b.SubjectID)
	n.entry(b.SubjectID)
}

// checkKeyShred looks again, under the lock of the book, whether the time of what
// the clock found is over: an order to keep it may have come since.
func checkKeyShred(s *State, d *draft, b *contract.KeyShred) error {
	c, m, err := s.keptHere(d, b.SubjectID)
	if err != nil {
		return err
	}
	var from *time.Time
	switch e := s.entries[b.SubjectID]; {
	case c == nil && (m == nil || m.Kind != matterPerson) && b.Rule == ruleOf(e.Kind) && (m == nil || !m.waits()):
		from = &e.At
	case c != nil && b.Rule == ruleIdentity:
		from = c.keepFrom()
	case c != nil && b.Rule == ruleCounselling:
		from = c.toldFrom()
	case m != nil && b.Rule == ruleWarned:
		from = m.keepFrom()
	}
	classes := shredClasses[b.Rule]
	switch {
	case from == nil, strings.Join(b.Classes, "") != classes:
		return refuse(contract.CodeWrongState, d.ptr("/subject_id"))
	case d.receivedAt.Before(s.rules.keptUntil(b.Rule, *from, d.receivedAt)):
		return refuse(contract.CodeWrongState, d.ptr("/subject_id"))
	}
	d.facts[factShredded] = true
	return nil
}

// applyKeyShred notes that the keys are gone; the lines and the numbers stay.
func applyKeyShred(s *State, e *Entry, b *contract.KeyShred) []push.Notice {
	classes := strings.Join(b.Classes, "")
	if s.complaints.get(b.SubjectID) != nil {
		c := s.complaintAt(b.SubjectID)
		c.Data.Shredded = joinClasses(c.Data.Shredded, classes)
		s.keep(e, c)
		s.endKeys(c.CaseID, classes)
		return nil
	}
	if s.matters.get(b.SubjectID) != nil {
		m := s.matterAt(b.SubjectID)
		m.Data.Shredded = joinClasses(m.Data.Shredded, classes)
		s.keepMatter(e, m, nil)
	}
	s.endKeys(e.CaseID, classes)
	return nil
}

// endKeys has the keys of a case destroyed with the op at hand.
func (s *State) endKeys(caseID uuid.UUID, classes string) {
	for i := range len(classes) {
		s.shredDue = append(s.shredDue, caseClass{caseID, classes[i]})
	}
}

// joinClasses adds classes to a list of them, each once.
func joinClasses(had, more string) string {
	for i := range len(more) {
		if strings.IndexByte(had, more[i]) < 0 {
			had += more[i : i+1]
		}
	}
	return had
}
