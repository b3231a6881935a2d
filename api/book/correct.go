package book

import (
	"slices"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/push"
)

func needsNote(_ *draft, b *contract.NoteAdd, n *needs) {
	n.entry(b.SubjectID)
	n.lines = append(n.lines, b.SubjectID)
}

// checkNote lets who may see an entry add words to it, sealed under its case.
func checkNote(s *State, d *draft, b *contract.NoteAdd) error {
	e := s.entries[b.SubjectID]
	if e == nil {
		return s.absent(d, b.SubjectID, "/subject_id")
	}
	if !s.shows(d, e) {
		return refuse(contract.CodeUnknownReference, "/body/subject_id")
	}
	if s.isInterested(d, e) {
		return refuse(contract.CodeConflictOfInterest, "/body/subject_id")
	}
	d.caseID, d.guarded = e.CaseID, e.Guarded
	d.seenBy = append(d.seenBy, e.OfficerID)
	return nil
}

// sees tells whether the officer of the draft may see an earlier entry.
func (d *draft) sees(e *entryRef) bool {
	return e.OfficerID == d.officer || slices.Contains(e.SeenBy, d.officer) || slices.Contains(incharges, d.post.Role)
}

// shows is sees for entries whose lines are read: an officer complained of does
// not learn that there is a complaint, whatever his post.
func (s *State) shows(d *draft, e *entryRef) bool {
	for _, l := range e.Lines {
		line := s.lines.get(lineKey{l.Register, l.Year, l.Serial})
		if line != nil && line.SubjectID != nil {
			if m := s.matters.get(*line.SubjectID); m != nil && slices.Contains(m.Data.About, d.officer) {
				return false
			}
		}
		if line == nil || line.ComplaintID == nil {
			continue
		}
		if c := s.complaints.get(*line.ComplaintID); c != nil && slices.Contains(c.Data.About, d.officer) {
			return false
		}
	}
	return d.sees(e)
}

// replacement is the line that a correction puts in place of the old one: the
// body of a kind, and the register it belongs to. All is nil when the old line
// is only struck.
type replacement struct {
	kind, register, base string
	body                 any
}

// replacements lists the bodies that a correction carries; exactly one thing
// must be asked for.
func replacements(b *contract.EntryCorrect) (r replacement, exactlyOne bool) {
	given := 0
	if b.Strike != nil && *b.Strike {
		given++
	}
	for _, x := range []struct {
		there bool
		r     replacement
	}{
		{b.Visit != nil, replacement{"visit.record", registerWomenBeat, "/body/visit", b.Visit}},
		{b.Round != nil, replacement{"squad.round", registerSquad, "/body/round", b.Round}},
		{b.Person != nil, replacement{"squad.person", registerSquad, "/body/person", b.Person}},
		{b.Complaint != nil, replacement{kindComplaint, registerHelpDesk, "/body/complaint", b.Complaint}},
		{b.Session != nil, replacement{"counselling.session", registerCounselling, "/body/session", b.Session}},
		{b.FIR != nil, replacement{"fir.register", registerFIR, "/body/fir", b.FIR}},
		{b.Preventive != nil, replacement{"preventive.report", registerPreventive, "/body/preventive", b.Preventive}},
		{b.Feedback != nil, replacement{"feedback.call", registerFeedback, "/body/feedback", b.Feedback}},
		{b.FollowUp != nil, replacement{"follow_up.done", registerFollowUp, "/body/follow_up", b.FollowUp}},
		{b.Inspection != nil, replacement{"inspection.record", registerInspection, "/body/inspection", b.Inspection}},
	} {
		if x.there {
			r = x.r
			given++
		}
	}
	return r, given == 1
}

// with does something with the draft as if its body were that of the
// replacement.
func (d *draft) with(r replacement, do func()) {
	body, base := d.body, d.base
	d.body, d.base = r.body, r.base
	do()
	d.body, d.base = body, base
}

func needsCorrect(d *draft, b *contract.EntryCorrect, n *needs) {
	n.entry(b.CorrectsID)
	n.lines = append(n.lines, b.CorrectsID)
	if r, _ := replacements(b); r.body != nil && n.kinds[r.kind] != nil {
		d.with(r, func() { n.kinds[r.kind].needs(d, n) })
	}
}

// factOf is the fact that says what kind of line a correction put in place.
const factOf = "of"

// checkCorrect lets the author or the in-charge strike a line and put another
// in its place. The old line stays readable; the new one names it.
func checkCorrect(s *State, d *draft, b *contract.EntryCorrect) error {
	old := s.entries[b.CorrectsID]
	if old == nil {
		return s.absent(d, b.CorrectsID, "/corrects_id")
	}
	if !s.shows(d, old) {
		return refuse(contract.CodeUnknownReference, "/body/corrects_id")
	}
	if s.isInterested(d, old) {
		return refuse(contract.CodeConflictOfInterest, "/body/corrects_id")
	}
	if old.OfficerID != d.officer && !slices.Contains(incharges, d.post.Role) {
		return refuse(contract.CodeForbidden, "/body/corrects_id")
	}
	if len(old.Lines) == 0 {
		return refuse(contract.CodeWrongState, "/body/corrects_id")
	}
	r, one := replacements(b)
	if !one {
		return refuse(contract.CodeMissingField, "/body")
	}
	for _, l := range r.lines(old) {
		line := s.lines.get(lineKey{l.Register, l.Year, l.Serial})
		if line == nil || line.StruckSeq != nil {
			return refuse(contract.CodeAlreadyCorrected, "/body/corrects_id")
		}
		if line.reviewed() && !slices.Contains(incharges, d.post.Role) {
			return refuse(contract.CodeReviewedAlready, "/body/corrects_id")
		}
	}
	if old.of() == "inspection.record" && old.OfficerID != d.officer {
		return refuse(contract.CodeInspectorOnly, "/body/corrects_id") // not by the inspected
	}
	if id := s.subjectOf(old.Lines); id != nil && r.body != nil {
		if m := s.matters.get(*id); m != nil && m.State == matterQuashed { // what was shredded is not written again
			return refuse(contract.CodeWrongState, "/body/corrects_id")
		}
	}
	d.caseID = old.CaseID
	d.seenBy = append(d.seenBy, old.OfficerID)
	return checkReplacement(s, d, r, old)
}

// lines are the lines of an entry that a replacement takes the place of: those
// of its own register, or all when they are only struck.
func (r replacement) lines(old *entryRef) []LineRef {
	if r.body == nil {
		return old.Lines
	}
	var out []LineRef
	for _, l := range old.Lines {
		if l.Register == r.register {
			out = append(out, l)
		}
	}
	return out
}

// checkReplacement checks the new line by the rules of its own kind.
func checkReplacement(s *State, d *draft, r replacement, old *entryRef) (err error) {
	if r.body == nil {
		d.facts[factOf] = old.of()
		d.guarded = old.Guarded
		return nil
	}
	if r.kind != old.of() && !old.opened(r) {
		return refuse(contract.CodeWrongState, r.base)
	}
	d.facts[factOf] = r.kind
	d.corrects = s.subjectOf(r.lines(old))
	base := d.base
	d.with(r, func() { err = s.kinds[r.kind].check(s, d) })
	if visit, ok := r.body.(*contract.VisitRecord); ok && err == nil {
		d.noteBeat(s, visit.BeatID, r.lines(old))
	}
	d.base = base
	d.caseID, d.guarded = old.CaseID, d.guarded || old.Guarded
	return err
}

// opened tells whether an entry opened, beside its own line, the one that a
// replacement is of: a follow-up at which she told of a new incident.
func (e *entryRef) opened(r replacement) bool {
	return e.Kind == "follow_up.done" && r.kind == kindComplaint && len(r.lines(e)) > 0
}

// subjectOf is the complaint or matter that lines belong to.
func (s *State) subjectOf(lines []LineRef) *uuid.UUID {
	for _, l := range lines {
		if line := s.lines.get(lineKey{l.Register, l.Year, l.Serial}); line != nil && line.SubjectID != nil {
			return line.SubjectID
		}
	}
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
	r, _ := replacements(b)
	var last *Line
	for _, l := range r.lines(old) {
		last = s.strike(e, lineKey{l.Register, l.Year, l.Serial}, len(e.Lines) > 0)
		if r.body == nil {
			s.endSubject(e, last)
		}
	}
	if r.body == nil {
		return nil
	}
	of := old.Seq
	for _, l := range e.Lines {
		s.fill(lineKey{l.Register, l.Year, l.Serial}, func(line *Line) {
			// What it counts, it counts on the day of the line that it puts right.
			line.CorrectsSeq, line.At = &of, last.At
			line.SubjectID, line.ComplaintID, line.State, line.Category = last.SubjectID, last.ComplaintID, last.State, last.Category
			line.DueAt, line.Cols = last.DueAt, last.Cols
		}, nil)
	}
	return s.kinds[r.kind].amend(s, e, last, r.body)
}

// strike marks a line as struck and takes its numbers out of the totals.
func (s *State) strike(e *Entry, k lineKey, corrected bool) *Line {
	line := *s.lines.get(k)
	seq := e.Seq
	line.StruckSeq, line.DueAt = &seq, nil
	if corrected {
		line.CorrectedSeq = &seq
	}
	s.add(&line, -1)
	s.lines.put(k, &line)
	s.unseen(e, k)
	s.reopenMonth(e, k)
	s.unspotted(e, k)
	before := line
	before.DueAt = nil
	return &before
}

// closedStruck is why a complaint is closed whose line was struck.
const closedStruck = "struck"

// endSubject ends a complaint or matter whose only line was struck.
func (s *State) endSubject(e *Entry, line *Line) {
	if line == nil || line.SubjectID == nil {
		return
	}
	if s.complaints.get(*line.SubjectID) != nil {
		c := s.complaintAt(*line.SubjectID)
		at := later(c.StateAt, e.At)
		c.ClosedAt, c.Data.CloseReason = &at, closedStruck
		c.enterState(stateClosed, at)
		s.stop(c.ComplaintID, at)
		s.hand(e, c, nil, nil, "")
		s.endPlans(e, c, matterOver, closedStruck)
		s.keep(e, c)
	} else if s.matters.get(*line.SubjectID) != nil {
		m := s.matterAt(*line.SubjectID)
		m.State, m.DueAt = "struck", nil
		s.stop(m.MatterID, e.At)
		for _, on := range m.Data.Arrests {
			s.bumpOn(on, tallyArrests, -1)
		}
		m.Data.Arrests = nil
		s.matters.put(m.MatterID, m)
		s.step(e, m.MatterID)
		s.takeBack(e, m)
	}
}

// takeBack takes what was struck from the complaint that it hung on: nothing
// rests on it any more, its line names what is left, and what it had ended goes
// on.
func (s *State) takeBack(e *Entry, m *Matter) {
	if m.ComplaintID == nil || s.complaints.get(*m.ComplaintID) == nil {
		return
	}
	c, cols := s.complaintAt(*m.ComplaintID), map[string]any{}
	for _, of := range []struct {
		list *[]uuid.UUID
		col  string
	}{
		{&c.Data.FIRs, "fir_id"}, {&c.Data.Counselling, "counselling_id"}, {&c.Data.Preventive, "preventive_id"}, {&c.Data.Referrals, ""},
	} {
		left := slices.DeleteFunc(slices.Clone(*of.list), func(id uuid.UUID) bool { return id == m.MatterID })
		*of.list = left
		if l := s.lines.get(c.line()); l == nil || l.Cols[of.col] != m.MatterID.String() {
			continue
		}
		if cols[of.col] = nil; len(left) > 0 {
			cols[of.col] = left[len(left)-1].String()
		}
	}
	switch m.Kind {
	case matterCall:
		s.sumUp(e, c)
	case matterVisit:
		s.unkeep(e, c, m)
	case matterFIR:
		s.withoutFIR(c)
	}
	s.keep(e, c)
	s.fill(c.line(), func(*Line) {}, cols)
}

// withoutFIR lets go on what an FIR had ended that was struck: the decision on
// what she asked for, or the report to the magistrate, each from its own
// beginning.
func (s *State) withoutFIR(c *Complaint) {
	if !c.open() || len(c.Data.FIRs) > 0 {
		return
	}
	if c.firPending() {
		s.start(c.about(), limitFIRDecision, *c.Data.FIRWantedAt)
	}
	if k := s.latest(c.ComplaintID, limitNCR); k != nil && (c.Data.NCRAt == nil || c.Data.NCRAt.Before(k.StartsAt)) {
		s.start(c.about(), limitNCR, k.StartsAt)
	}
}

// amendMatter moves a matter to the line that a correction put in place.
func (s *State) amendMatter(e *Entry, old *Line, register string) *Matter {
	if old.SubjectID == nil || s.matters.get(*old.SubjectID) == nil {
		return nil
	}
	m := s.matterAt(*old.SubjectID)
	m.Seq = e.Seq
	if k, ok := e.lineOf(register); ok {
		m.Year, m.Serial = k.Year, k.Serial
	}
	s.keepMatter(e, m, nil)
	return m
}

func amendVisit(s *State, e *Entry, old *Line, b *contract.VisitRecord) []push.Notice {
	s.visited(e, old, b)
	return nil
}

func amendRound(s *State, e *Entry, old *Line, b *contract.SquadRound) []push.Notice {
	if m := s.amendMatter(e, old, registerSquad); m != nil {
		m.OwnerID = &b.LeaderBy
		s.noteAct(m, actOfRound(e, b))
		s.matters.put(m.MatterID, m)
	}
	s.totalRound(e, old, b)
	return nil
}

func amendPerson(s *State, e *Entry, old *Line, b *contract.SquadPerson) []push.Notice {
	if m := s.amendMatter(e, old, registerSquad); m != nil {
		m.Data.Code, m.Data.Result, m.Data.IsChild = b.Ground, b.Outcome, e.Facts.isTrue("is_child")
		s.noteAct(m, actOfPerson(e, b))
		s.matters.put(m.MatterID, m)
	}
	s.totalPerson(e, b)
	return nil
}
