package book

import (
	"slices"

	contract "kendra/mobile-contract"
	"kendra/push"
)

func needsNote(_ *draft, b *contract.NoteAdd, n *needs) { n.entry(b.SubjectID) }

// checkNote lets who may see an entry add words to it, sealed under its case.
func checkNote(s *State, d *draft, b *contract.NoteAdd) error {
	e := s.entries[b.SubjectID]
	if e == nil {
		return waitFor(keyOp(b.SubjectID))
	}
	if !d.sees(e) {
		return refuse(contract.CodeUnknownReference, "/body/subject_id")
	}
	d.caseID, d.guarded = e.CaseID, e.Guarded
	d.seenBy = append(d.seenBy, e.OfficerID)
	return nil
}

// sees tells whether the officer of the draft may see an earlier entry.
func (d *draft) sees(e *entryRef) bool {
	return e.OfficerID == d.officer || slices.Contains(e.SeenBy, d.officer) || slices.Contains(incharges, d.post.Role)
}

func needsCorrect(d *draft, b *contract.EntryCorrect, n *needs) {
	n.entry(b.CorrectsID)
	n.lines = append(n.lines, b.CorrectsID)
	switch {
	case b.Visit != nil:
		needsVisit(d, b.Visit, n)
	case b.Round != nil:
		needsRound(d, b.Round, n)
	case b.Person != nil:
		needsPerson(d, b.Person, n)
	}
}

// factOf is the fact that says what kind of line a correction put in place.
const factOf = "of"

// checkCorrect lets the author or the in-charge strike a line and put another
// in its place. The old line stays readable; the new one names it.
func checkCorrect(s *State, d *draft, b *contract.EntryCorrect) error {
	old := s.entries[b.CorrectsID]
	if old == nil {
		return waitFor(keyOp(b.CorrectsID))
	}
	if !d.sees(old) {
		return refuse(contract.CodeUnknownReference, "/body/corrects_id")
	}
	if old.OfficerID != d.officer && !slices.Contains(incharges, d.post.Role) {
		return refuse(contract.CodeForbidden, "/body/corrects_id")
	}
	if len(old.Lines) == 0 {
		return refuse(contract.CodeWrongState, "/body/corrects_id")
	}
	for _, l := range old.Lines {
		if line := s.lines.get(lineKey{l.Register, l.Year, l.Serial}); line == nil || line.StruckSeq != nil {
			return refuse(contract.CodeAlreadyCorrected, "/body/corrects_id")
		}
	}
	d.caseID = old.CaseID
	d.seenBy = append(d.seenBy, old.OfficerID)
	return checkReplacement(s, d, b, old)
}

// checkReplacement checks the new line by the rules of its own kind.
func checkReplacement(s *State, d *draft, b *contract.EntryCorrect, old *entryRef) error {
	given, strike := 0, b.Strike != nil && *b.Strike
	for _, there := range []bool{strike, b.Visit != nil, b.Round != nil, b.Person != nil} {
		if there {
			given++
		}
	}
	if given != 1 {
		return refuse(contract.CodeMissingField, "/body")
	}
	var kind, base string
	var check func() error
	switch {
	case b.Visit != nil:
		kind, base, check = "visit.record", "/body/visit", func() error { return checkVisit(s, d, b.Visit) }
	case b.Round != nil:
		kind, base, check = "squad.round", "/body/round", func() error { return checkRound(s, d, b.Round) }
	case b.Person != nil:
		kind, base, check = "squad.person", "/body/person", func() error { return checkPerson(s, d, b.Person) }
	default:
		d.facts[factOf] = old.of()
		d.guarded = old.Guarded
		return nil
	}
	if kind != old.of() {
		return refuse(contract.CodeWrongState, base)
	}
	d.base = base
	d.facts[factOf] = kind
	if err := check(); err != nil {
		return err
	}
	d.guarded = d.guarded || old.Guarded
	return nil
}

// of is the kind of line an entry put into its register.
func (e *entryRef) of() string {
	if e.Of != "" {
		return e.Of
	}
	return e.Kind
}

func applyCorrect(s *State, e *Entry, b *contract.EntryCorrect) []push.Notice {
	old := s.entries[b.CorrectsID]
	seq := e.Seq
	for _, l := range old.Lines {
		k := lineKey{l.Register, l.Year, l.Serial}
		line := *s.lines.get(k)
		line.StruckSeq = &seq
		if len(e.Lines) > 0 {
			line.CorrectedSeq = &seq
		}
		s.lines.put(k, &line)
	}
	for _, l := range e.Lines {
		k := lineKey{l.Register, l.Year, l.Serial}
		line := *s.lines.get(k)
		of := old.Seq
		line.CorrectsSeq = &of
		s.lines.put(k, &line)
	}
	if b.Visit != nil {
		return applyVisit(s, e, b.Visit)
	}
	return nil
}
