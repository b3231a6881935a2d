package book

import (
	"slices"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// matterCall is a feedback call; Done is its number, To the disposal that it
// asks about.
const matterCall = "feedback"

// What a call came to, and what she said, as far as rules turn on it.
const (
	reachedSpoke  = "spoke"
	reachedUnsafe = "unsafe"
	satisfiedNo   = "no"
	satisfiedPart = "partly"
	wantsAction   = "more_action"
	wantsFIR      = "fir"
)

// answered are the results of a call by which she was asked, or is not to be
// asked again.
var answered = []string{reachedSpoke, reachedUnsafe, "refused"}

func needsFeedbackCall(_ *draft, b *contract.FeedbackCall, n *needs) { n.complaint(b.ComplaintID) }

// checkFeedbackCall takes a call after the disposal, made by somebody who had no
// part in the matter.
func checkFeedbackCall(s *State, d *draft, b *contract.FeedbackCall) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if d.corrects == nil {
		err = c.callable(d, b)
	} else {
		err = s.staysWith(d, c)
	}
	if err != nil {
		return err
	}
	if b.CalledAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/called_at"))
	}
	if err := checkAnswers(d, b); err != nil {
		return err
	}
	if k := s.latest(c.ComplaintID, limitFeedback); d.corrects == nil && k != nil && k.StoppedAt == nil && b.CalledAt.After(k.DueAt) {
		d.flag(flag{Code: flagLateCall, Value: b.CalledAt.Sub(k.DueAt).Seconds()})
	}
	if c.Data.IsSexual && d.session != nil && !d.session.IsWoman {
		d.flag(flag{Code: flagWomanOfficer, Value: 1})
	}
	d.opens(registerFeedback)
	return d.extra(s.rules, registerFeedback, b.Extra)
}

// callable tells whether she may be called now, and by this officer. Where it is
// not safe for her nobody calls; that alone may be noted.
func (c *Complaint) callable(d *draft, b *contract.FeedbackCall) error {
	if err := c.wantState(d, stateDisposed, stateFeedback); err != nil {
		return err
	}
	if !c.Data.WomanSafe && b.Reached != reachedUnsafe {
		return refuse(contract.CodeOutcomeNotAllowed, d.ptr("/reached"))
	}
	if b.CalledAt.Add(spanSlack).Before(*c.DisposedAt) {
		return refuse(contract.CodeEndedBeforeStarted, d.ptr("/called_at"))
	}
	return nil
}

// checkAnswers wants her answer from a call in which she spoke, the reason when
// she is not satisfied, and no answers from any other call.
func checkAnswers(d *draft, b *contract.FeedbackCall) error {
	if b.Reached == reachedSpoke {
		switch {
		case b.Satisfied == nil:
			return refuse(contract.CodeMissingField, d.ptr("/satisfied"))
		case *b.Satisfied == satisfiedNo && b.Reason == nil:
			return refuse(contract.CodeReasonRequired, d.ptr("/reason"))
		}
		return nil
	}
	for _, a := range []struct {
		given bool
		field string
	}{
		{b.Satisfied != nil, "/satisfied"}, {b.Wants != nil, "/wants"}, {b.Polite != nil, "/polite"},
		{b.RegisteredAtOnce != nil, "/registered_at_once"}, {b.ToldAction != nil, "/told_action"},
	} {
		if a.given {
			return refuse(contract.CodeOutcomeNotAllowed, d.ptr("%s", a.field))
		}
	}
	return nil
}

func applyFeedbackCall(s *State, e *Entry, b *contract.FeedbackCall) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	m := s.newMatter(e, matterCall, registerFeedback)
	by := e.OfficerID
	m.ComplaintID, m.OwnerID, m.State = &c.ComplaintID, &by, matterOver
	m.Data.Done, m.Data.To = len(s.mattersOf(c.ComplaintID, matterCall))+1, wireAt(*c.DisposedAt)
	m.hear(b)
	cols := map[string]any{"called_by": by.String()}
	if k := s.latest(c.ComplaintID, limitFeedback); k != nil {
		cols["due_at"] = wireAt(k.DueAt)
	}
	s.keepMatter(e, m, cols)
	s.sumUp(e, c)
	out := s.heed(e, c, m, b)
	s.totalCall(m, b)
	s.keep(e, c)
	return out
}

// hear notes on the matter what a call came to.
func (m *Matter) hear(b *contract.FeedbackCall) {
	m.Data.Code, m.Data.Result = b.Reached, orEmpty(b.Satisfied)
	m.at("called", b.CalledAt.UTC())
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// unhappy tells whether what she said takes the complaint up again by rule.
func unhappy(b *contract.FeedbackCall) bool {
	return orEmpty(b.Satisfied) == satisfiedNo || orEmpty(b.Wants) == wantsAction
}

func (s *State) totalCall(m *Matter, b *contract.FeedbackCall) {
	numbers := map[string]int64{"calls": 1, "reached." + b.Reached: 1}
	if b.Satisfied != nil {
		numbers["satisfied."+*b.Satisfied] = 1
	}
	s.fill(m.line(), func(l *Line) {
		if l.Cols["is_reopened"] == true {
			numbers["reopened"] = 1
		}
		s.total(l, numbers)
	}, nil)
}

// sumUp counts the calls since the disposal anew: how often she was tried,
// whether she was reached, what she said last. Once she was asked, or cannot be,
// the clock of the feedback stops; if that turns out to be wrong it goes on.
func (s *State) sumUp(e *Entry, c *Complaint) {
	if c.DisposedAt == nil || c.State != stateDisposed && c.State != stateFeedback {
		return
	}
	c.Data.Calls, c.Data.Reached, c.Data.Satisfied = 0, "", ""
	for _, m := range s.mattersOf(c.ComplaintID, matterCall) {
		if m.State != matterOver || m.Data.To != wireAt(*c.DisposedAt) {
			continue
		}
		c.Data.Calls++
		if slices.Contains(answered, m.Data.Code) || !slices.Contains(answered, c.Data.Reached) {
			c.Data.Reached = m.Data.Code
		}
		if m.Data.Result != "" {
			c.Data.Satisfied = m.Data.Result
		}
	}
	switch {
	case slices.Contains(answered, c.Data.Reached) || c.Data.Calls >= feedbackTries:
		c.enterState(stateFeedback, e.At)
		s.stop(c.ComplaintID, e.At, limitFeedback)
	case c.State == stateFeedback:
		c.enterState(stateDisposed, e.At)
		s.start(c.about(), limitFeedback, *c.DisposedAt)
	}
}

// heed does what her answer asks for. Who is not satisfied, or wants more done,
// has her complaint taken up again in the same entry, in the hand of nobody but
// the post of the in-charge; a wish for an FIR starts that clock.
func (s *State) heed(e *Entry, c *Complaint, m *Matter, b *contract.FeedbackCall) []push.Notice {
	now := slices.Contains([]string{stateDisposed, stateFeedback, stateClosed}, c.State) && c.Data.CloseReason != "struck"
	if !now || c.DisposedAt == nil || m.Data.To != wireAt(*c.DisposedAt) {
		return nil // of an earlier disposal: the complaint has moved on since
	}
	var tell []string
	if orEmpty(b.Wants) == wantsFIR {
		s.wishesFIR(e, c)
		tell = append(tell, staff.SHO)
	}
	if orEmpty(b.Satisfied) == satisfiedPart || slices.Contains([]string{"protection", "counselling"}, orEmpty(b.Wants)) {
		tell = append(tell, staff.SHO)
	}
	if unhappy(b) {
		s.reopen(e, c, nil, nil, staff.CentreIncharge)
		s.fill(m.line(), func(*Line) {}, map[string]any{"is_reopened": true})
		tell = append(tell, staff.CentreIncharge, staff.SHO)
	}
	slices.Sort(tell)
	var out []push.Notice
	for i, role := range slices.Compact(tell) {
		out = append(out, s.tell(e, c.ComplaintID, i, role))
	}
	return out
}

// amendFeedbackCall puts right what a call came to. While the complaint waits
// for it, that counts as if it had been said so at once.
func amendFeedbackCall(s *State, e *Entry, old *Line, b *contract.FeedbackCall) []push.Notice {
	m := s.amendMatter(e, old, registerFeedback)
	if m == nil {
		return nil
	}
	m.hear(b)
	c := s.complaintAt(b.ComplaintID)
	s.sumUp(e, c)
	out := s.heed(e, c, m, b)
	s.totalCall(m, b)
	s.keep(e, c)
	return out
}
