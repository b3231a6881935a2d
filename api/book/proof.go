package book

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"kendra/geo/evidence"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// What speaks for and against a visit is judged by the clock, once the positions
// had their time to arrive (proof_sweep.go), and stands in the book as an entry
// with its reasons: the positions are gone after days, and a rebuild gives the same.
// It is said of the visit and of nobody: no count of it is kept by officer, and weak
// does nothing but be shown. The officer may add a note to her line, and the
// in-charge may accept the visit; the state stays as it was found.

const kindAssess = "visit.assess"

// The columns of a visit's line that an assessment fills.
const (
	colProofState    = "proof_state"
	colProof         = "proof"
	colProofAccepted = "proof_accepted_by"
)

// numberWeak counts weak visits among the numbers of the register; with a reason
// behind it, how often that one was given.
const numberWeak = "proof_weak"

func needsVisitAssess(_ *draft, b *contract.VisitAssess, n *needs) {
	n.entry(b.VisitID)
	n.lines = append(n.lines, b.VisitID)
}

// checkVisitAssess takes the assessment of a visit that stands, once.
func checkVisitAssess(s *State, d *draft, b *contract.VisitAssess) error {
	e, line, err := s.visitNamed(d, b.VisitID)
	if err != nil {
		return err
	}
	if line.Cols[colProof] != nil {
		return refuse(contract.CodeWrongState, "/body/visit_id")
	}
	d.caseID, d.guarded = e.CaseID, e.Guarded
	d.seenBy = append(append(d.seenBy, e.OfficerID), e.SeenBy...)
	return nil
}

// visitNamed is the entry of a visit and its line, which must not be struck.
func (s *State) visitNamed(d *draft, id uuid.UUID) (*entryRef, *Line, error) {
	e := s.entries[id]
	if e == nil {
		return nil, nil, s.absent(d, id, "/visit_id")
	}
	line := s.visitLine(e.Lines)
	switch {
	case line == nil:
		return nil, nil, refuse(contract.CodeUnknownReference, "/body/visit_id")
	case line.StruckSeq != nil:
		return nil, nil, refuse(contract.CodeAlreadyCorrected, "/body/visit_id")
	}
	return e, line, nil
}

func (s *State) visitLine(lines []LineRef) *Line {
	for _, l := range lines {
		if l.Register == registerWomenBeat {
			return s.lines.get(lineKey{l.Register, l.Year, l.Serial})
		}
	}
	return nil
}

func applyVisitAssess(s *State, _ *Entry, b *contract.VisitAssess) []push.Notice {
	line := s.visitLine(s.entries[b.VisitID].Lines)
	items := make([]any, len(b.Items))
	for i, x := range b.Items {
		items[i] = map[string]any{"code": x.Code, "sign": x.Sign, "value": x.Value}
	}
	s.fill(lineKey{line.Register, line.Year, line.Serial}, func(l *Line) {
		if b.State != string(evidence.Weak) {
			return
		}
		s.addNumber(l, numberWeak)
		for _, x := range b.Items {
			if x.Sign == string(evidence.Against) {
				s.addNumber(l, numberWeak+"."+x.Code)
			}
		}
	}, map[string]any{colProofState: b.State, colProof: items})
	return nil
}

// unproved is what a line says without its assessment.
func unproved(cols map[string]any) map[string]any {
	out := maps.Clone(cols)
	delete(out, colProof)
	delete(out, colProofAccepted)
	return out
}

func needsVisitAccept(_ *draft, b *contract.VisitAccept, n *needs) {
	n.entry(b.VisitID)
	n.lines = append(n.lines, b.VisitID)
}

// checkVisitAccept lets an in-charge take a visit as made that was assessed; not
// one of her own (alone.go).
func checkVisitAccept(s *State, d *draft, b *contract.VisitAccept) error {
	e, line, err := s.visitNamed(d, b.VisitID)
	if err != nil {
		return err
	}
	if line.Cols[colProof] == nil || line.Cols[colProofAccepted] != nil {
		return refuse(contract.CodeWrongState, "/body/visit_id")
	}
	d.caseID, d.guarded = e.CaseID, e.Guarded
	d.seenBy = append(append(d.seenBy, e.OfficerID), e.SeenBy...)
	return nil
}

func applyVisitAccept(s *State, e *Entry, b *contract.VisitAccept) []push.Notice {
	line := s.visitLine(s.entries[b.VisitID].Lines)
	s.fill(lineKey{line.Register, line.Year, line.Serial}, func(*Line) {}, map[string]any{colProofAccepted: e.OfficerID.String()})
	return nil
}

// ownVisit tells whether a visit is the officer's own: made, or made together.
func ownVisit(s *State, d *draft, b *contract.VisitAccept) bool {
	e := s.entries[b.VisitID]
	return e != nil && (e.OfficerID == d.officer || slices.Contains(e.SeenBy, d.officer))
}

// weakOf is how many visits of a day are weak, and for which reasons.
func weakOf(counts map[string]int64) (n int64, why map[string]int64) {
	const code = registerWomenBeat + "." + numberWeak
	why = map[string]int64{}
	for k, v := range counts {
		if reason, ok := strings.CutPrefix(k, code+"."); ok {
			why[reason] = v
		}
	}
	return counts[code], why
}
