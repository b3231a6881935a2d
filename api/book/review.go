package book

import (
	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// colReviewedBy is the column of a squad's line that its review fills.
const colReviewedBy = "reviewed_by"

// Codes of verdicts and decisions that rules turn on.
const (
	verdictMisconduct = "misconduct_suspected"
	decisionUpheld    = "upheld"
)

func needsSquadReview(_ *draft, b *contract.SquadReview, n *needs) { n.matter(b.LineID) }

// checkSquadReview lets the in-charge look at a line of the squad register,
// once, and not at one that is her own. The leader does not see that misconduct
// is suspected.
func checkSquadReview(s *State, d *draft, b *contract.SquadReview) error {
	m, err := s.matterNamed(d, b.LineID, "/line_id", matterRound, matterPerson)
	if err != nil {
		return err
	}
	line := s.lines.get(m.line())
	switch {
	case m.Data.ReviewedBy != nil, m.State == matterQuashed:
		return refuse(contract.CodeReviewedAlready, d.ptr("/line_id"))
	case line == nil || line.StruckSeq != nil:
		return refuse(contract.CodeWrongState, d.ptr("/line_id"))
	}
	if b.Verdict != verdictMisconduct {
		d.seenBy = append(d.seenBy, m.Data.OpenedBy)
	}
	return nil
}

func applySquadReview(s *State, e *Entry, b *contract.SquadReview) []push.Notice {
	m := s.matterAt(b.LineID)
	by := e.OfficerID
	m.Data.ReviewedBy = &by
	m.at(matterReviewed, e.At)
	if m.State == matterOpen {
		m.State = matterReviewed
	}
	s.stop(m.MatterID, e.At, limitSquadReview)
	s.bump(e.At, "squad_review."+b.Verdict, 1)
	s.keepMatter(e, m, map[string]any{colReviewedBy: by.String()})
	if b.Verdict == verdictMisconduct {
		return []push.Notice{s.tell(e, m.MatterID, 0, staff.CO)}
	}
	return nil
}

func needsWarningObject(_ *draft, b *contract.WarningObject, n *needs) { n.matter(b.PersonID) }

// checkWarningObject takes the objection of a person who was warned, as long as
// the entry about him is kept: twelve months.
func checkWarningObject(s *State, d *draft, b *contract.WarningObject) error {
	m, err := s.matterNamed(d, b.PersonID, "/person_id", matterPerson)
	if err != nil {
		return err
	}
	line := s.lines.get(m.line())
	switch {
	case line == nil || line.StruckSeq != nil:
		return refuse(contract.CodeWrongState, d.ptr("/person_id"))
	case m.State != matterOpen && m.State != matterReviewed: // he objects once
		return refuse(contract.CodeObjectionClosed, d.ptr("/person_id"))
	case m.shredded(seal.Suspect), d.at.After(s.rules.keptUntil(ruleWarned, line.At, d.at)):
		return refuse(contract.CodeObjectionClosed, d.ptr("/person_id"))
	}
	return nil
}

func applyWarningObject(s *State, e *Entry, b *contract.WarningObject) []push.Notice {
	m := s.matterAt(b.PersonID)
	m.State = matterObjected
	m.at(matterObjected, e.At)
	s.keepMatter(e, m, map[string]any{"objected_at": wireAt(e.At)})
	return []push.Notice{s.tell(e, m.MatterID, 0, staff.CO)}
}

func needsWarningDecide(_ *draft, b *contract.WarningDecide, n *needs) { n.matter(b.PersonID) }

// checkWarningDecide lets the circle officer decide on an objection, once.
func checkWarningDecide(s *State, d *draft, b *contract.WarningDecide) error {
	m, err := s.matterNamed(d, b.PersonID, "/person_id", matterPerson)
	if err != nil {
		return err
	}
	if m.State != matterObjected {
		return refuse(contract.CodeWrongState, d.ptr("/person_id"))
	}
	if b.Decision == decisionUpheld { // why it was set aside outlives what is shredded
		d.caseID = d.op.ID
		d.facts[factShredded] = true
	}
	return nil
}

// factShredded is the fact that an entry ended the keys of whom it is about.
const factShredded = "shredded"

// applyWarningDecide sets the warning aside, and what was written of the person
// with it; or lets it stand.
func applyWarningDecide(s *State, e *Entry, b *contract.WarningDecide) []push.Notice {
	m := s.matterAt(b.PersonID)
	m.State = matterStands
	if b.Decision == decisionUpheld {
		m.State = matterQuashed
		s.stop(m.MatterID, e.At, limitSquadReview)
		s.shredDue = append(s.shredDue, caseClass{m.Data.CaseID, seal.Suspect})
	}
	m.at("decided", e.At)
	s.keepMatter(e, m, map[string]any{"objection_decision": b.Decision, "decided_at": wireAt(e.At)})
	return []push.Notice{s.tell(e, m.MatterID, 0, staff.CentreIncharge)}
}
