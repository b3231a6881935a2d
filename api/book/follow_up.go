package book

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// matterVisit is a follow-up that was done; Done is its step, Days the planned
// day that it kept, To the plan, if there was one.
const matterVisit = "follow_up"

// limitFollowUp is how long after its planned day a follow-up is done at the
// latest.
const limitFollowUp = "follow_up"

// listSettlement are the categories in which a settlement is looked after
// monthly.
const listSettlement = "settlement_category"

// Follow-up by rule: days after the disposal, or months after a settlement; and
// how many days a plan may come to hold.
const (
	settlementMonths = 6
	longestPlan      = 60
)

// planDone is why a plan is over of which every day was kept.
const planDone = "plan_done"

var followUpDays = []int{7, 15, 30}

func needsFollowUpPlan(_ *draft, b *contract.FollowUpPlan, n *needs) { n.complaint(b.ComplaintID) }

func checkFollowUpPlan(s *State, d *draft, b *contract.FollowUpPlan) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if err := c.wantState(d, append([]string{stateReceived}, careStates...)...); err != nil {
		return err
	}
	if p := s.followPlan(c); p != nil && p.State == matterOpen {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	last := ""
	for i, on := range b.DueOn {
		switch due := on.Format(time.DateOnly); {
		case due < day(d.at):
			return refuse(contract.CodeTooOld, d.ptr("/due_on/%d", i))
		case due == last:
			return refuse(contract.CodeAlreadyThere, d.ptr("/due_on/%d", i))
		case due < last:
			return refuse(contract.CodeEndedBeforeStarted, d.ptr("/due_on/%d", i))
		default:
			last = due
		}
	}
	return nil
}

func applyFollowUpPlan(s *State, e *Entry, b *contract.FollowUpPlan) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	m := s.newMatter(e, matterFollowPlan, "")
	by := e.OfficerID
	m.ComplaintID, m.OwnerID, m.Data.To = &c.ComplaintID, &by, e.Role
	for _, on := range b.DueOn {
		m.Data.Days = append(m.Data.Days, on.Format(time.DateOnly))
	}
	if len(m.Data.Days) == 0 {
		m.Data.Days = s.daysByRule(c, e.At)
	}
	s.await(e, c, m)
	s.keepMatter(e, m, nil)
	c.Data.FollowPlan = &m.MatterID
	s.keep(e, c)
	return nil
}

// daysByRule are the days of a plan that names none: after a settlement within
// the family monthly, six times; else the seventh, fifteenth and thirtieth day.
// They count from the disposal; one that has passed already is due today.
func (s *State) daysByRule(c *Complaint, at time.Time) []string {
	from := at
	if c.DisposedAt != nil {
		from = *c.DisposedAt
	}
	var days []string
	if c.Data.Disposal == disposalSettled && s.listed(listSettlement, c.Category, at) {
		for i := 1; i <= settlementMonths; i++ {
			days = append(days, monthsLater(from, i))
		}
	} else {
		for _, n := range followUpDays {
			days = append(days, day(from.In(ist).AddDate(0, 0, n)))
		}
	}
	for i := range days {
		days[i] = max(days[i], day(at))
	}
	return slices.Compact(days)
}

// monthsLater is the same day (IST) some months later, or the last of a month
// that is shorter.
func monthsLater(from time.Time, months int) string {
	y, m, d := from.In(ist).Date()
	last := time.Date(y, m+time.Month(months)+1, 0, 0, 0, 0, 0, ist)
	return last.AddDate(0, 0, min(d, last.Day())-last.Day()).Format(time.DateOnly)
}

// afterDay is midnight after a day (IST).
func afterDay(on string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, on, ist)
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, 1).UTC()
}

// await starts the clock of a plan's next day: its end and the grace of the
// limit. With no day left the plan is over.
func (s *State) await(e *Entry, c *Complaint, m *Matter) {
	s.stop(m.MatterID, e.At, limitFollowUp)
	if m.Data.Done >= len(m.Data.Days) {
		m.State, m.DueAt, m.Data.Result = matterOver, nil, planDone
		return
	}
	due := afterDay(m.Data.Days[m.Data.Done])
	m.State, m.DueAt, m.Data.Result = matterOpen, &due, ""
	if l := s.rules.limit(limitFollowUp, c.Category, c.RiskLevel, e.At); l != nil {
		s.startAt(m.about(m.Data.To), limitFollowUp, e.At, l.due(due))
	}
}

// adds puts a day among those of a plan that are still to come, unless it is
// one of them.
func (m *Matter) adds(on string) {
	kept, left := m.Data.Days[:m.Data.Done], slices.Clone(m.Data.Days[m.Data.Done:])
	if i, there := slices.BinarySearch(left, on); !there {
		left = slices.Insert(left, i, on)
	}
	m.Data.Days = slices.Concat(kept, left)
}

func needsFollowUpDone(_ *draft, b *contract.FollowUpDone, n *needs) {
	n.complaint(b.ComplaintID)
	if b.Incident != nil {
		n.dayClocks = true
	}
}

// checkFollowUpDone takes that somebody looked in on her, by the plan or
// without one; and what happened to her since, which is a complaint of its own.
func checkFollowUpDone(s *State, d *draft, b *contract.FollowUpDone) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if d.corrects == nil {
		err = c.wantState(d, careStates...)
	} else {
		err = s.staysWith(d, c)
	}
	if err != nil {
		return err
	}
	if b.DoneAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/done_at"))
	}
	if err := s.nextDue(d, c, b); err != nil {
		return err
	}
	if p := s.followPlan(c); d.corrects == nil && p != nil && p.State == matterOpen && is(p.OwnerID, d.officer) {
		d.flag(flag{Code: flagSamePerson, Value: 1})
	}
	d.facts["unsafe"] = b.SafeNow == "unsafe"
	d.opens(registerFollowUp)
	if err := d.extra(s.rules, registerFollowUp, b.Extra); err != nil {
		return err
	}
	return s.incident(d, c, b)
}

// nextDue checks the day that a follow-up adds to the plan.
func (s *State) nextDue(d *draft, c *Complaint, b *contract.FollowUpDone) error {
	if b.NextDueOn == nil || d.corrects != nil {
		return nil
	}
	p := s.followPlan(c)
	switch {
	case p == nil || p.State != matterOpen:
		return refuse(contract.CodeWrongState, d.ptr("/next_due_on"))
	case b.NextDueOn.Format(time.DateOnly) < day(b.DoneAt.Time):
		return refuse(contract.CodeTooOld, d.ptr("/next_due_on"))
	case len(p.Data.Days) >= longestPlan:
		return refuse(contract.CodeTooMany, d.ptr("/next_due_on"))
	}
	return nil
}

// incident checks a new incident. It is guarded and sensitive by what it is
// itself, by who she is, and as the case that it belongs to; a second complaint
// within the span of a repeat is one.
func (s *State) incident(d *draft, c *Complaint, b *contract.FollowUpDone) error {
	in := b.Incident
	switch {
	case in != nil && d.corrects != nil:
		return refuse(contract.CodeWrongCorrection, d.ptr("/incident"))
	case in != nil && !b.NewIncident:
		return refuse(contract.CodeWrongReference, d.ptr("/incident"))
	case in == nil && b.NewIncident && d.corrects == nil:
		return refuse(contract.CodeReferenceRequired, d.ptr("/incident"))
	case in == nil:
		return nil
	}
	guarded := d.guarded
	s.complaintFacts(d, in.Category, in.RiskLevel, c.Data.IsChild, nil, len(c.Data.About) > 0)
	d.guarded = d.guarded || guarded
	if d.at.Sub(c.ArrivedAt) <= repeatSpan && s.listed(listSensitive, "repeat", d.at) {
		d.facts["sensitive_repeat"] = true
	}
	d.facts["safe_to_call"], d.facts["status_safe"] = c.Data.WomanSafe, c.Data.StatusSafe
	s.womanRecords(d, in.Category, in.WomanRecorded)
	d.opens(registerHelpDesk)
	return nil
}

func applyFollowUpDone(s *State, e *Entry, b *contract.FollowUpDone) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	m := s.newMatter(e, matterVisit, registerFollowUp)
	by := e.OfficerID
	m.ComplaintID, m.OwnerID, m.State = &c.ComplaintID, &by, matterOver
	m.Data.Done = len(s.mattersOf(c.ComplaintID, matterVisit)) + 1
	m.Data.Code = b.Mode
	cols := map[string]any{"done_by": by.String(), "case_id": c.ComplaintID.String()}
	s.keepsDay(e, c, m, b, cols)
	cols["step_no"] = m.Data.Done
	s.keepMatter(e, m, cols)
	s.totalVisit(e, b)
	s.keep(e, c)
	var out []push.Notice
	if b.Incident != nil {
		out = s.openIncident(e, c, b)
	}
	return append(out, s.danger(e, c)...)
}

// keepsDay moves the plan on by the day that was kept, if there is a plan.
func (s *State) keepsDay(e *Entry, c *Complaint, m *Matter, b *contract.FollowUpDone, cols map[string]any) {
	if open := s.followPlan(c); open == nil || open.State != matterOpen {
		return
	}
	p := s.matterAt(*c.Data.FollowPlan)
	on := p.Data.Days[p.Data.Done]
	p.Data.Done++
	m.Data.Done, m.Data.Days, m.Data.To = p.Data.Done, []string{on}, p.MatterID.String()
	cols["due_at"] = wireAt(afterDay(on))
	if b.NextDueOn != nil {
		p.adds(b.NextDueOn.Format(time.DateOnly))
	}
	s.await(e, c, p)
	if p.DueAt != nil {
		cols["next_due_at"] = wireAt(*p.DueAt)
	}
	s.keepMatter(e, p, nil)
}

// unkeep makes the day due again that a follow-up kept whose line was struck,
// unless the plan was ended by hand since.
func (s *State) unkeep(e *Entry, c *Complaint, m *Matter) {
	old := s.followPlan(c)
	if old == nil || m.Data.To != old.MatterID.String() || !c.open() || old.State != matterOpen && old.Data.Done < len(old.Data.Days) {
		return
	}
	i := slices.Index(old.Data.Days[:old.Data.Done], m.Data.Days[0])
	if i < 0 {
		return
	}
	p := s.matterAt(old.MatterID)
	p.Data.Days = slices.Delete(slices.Clone(p.Data.Days), i, i+1)
	p.Data.Done--
	p.adds(m.Data.Days[0])
	s.await(e, c, p)
	s.keepMatter(e, p, nil)
}

func (s *State) totalVisit(e *Entry, b *contract.FollowUpDone) {
	numbers := map[string]int64{"done": 1, "mode." + b.Mode: 1}
	if e.Facts.isTrue("unsafe") {
		numbers["unsafe"] = 1
	}
	if b.NewIncident {
		numbers["incidents"] = 1
	}
	k, _ := e.lineOf(registerFollowUp)
	s.fill(k, func(l *Line) { s.total(l, numbers) }, nil)
}

// danger tells the in-charge at once of a woman who is not safe.
func (s *State) danger(e *Entry, c *Complaint) []push.Notice {
	if !e.Facts.isTrue("unsafe") {
		return nil
	}
	t := s.tell(e, c.ComplaintID, 1, staff.CentreIncharge)
	t.Urgency = push.Urgent
	return []push.Notice{t}
}

// incidentID is the id of the complaint that a follow-up opened.
func incidentID(op uuid.UUID) uuid.UUID { return derivedID(op, "incident", 0) }

// openIncident opens the complaint of a new incident: under the key of the same
// case, registered at once, in the hand of who heard of it.
func (s *State) openIncident(e *Entry, old *Complaint, b *contract.FollowUpDone) []push.Notice {
	c := s.newComplaint(e, b.DoneAt.UTC(), b.Incident.Category, b.Incident.RiskLevel, heardBy(e.Role, old.Channel))
	c.ComplaintID = incidentID(e.OpID)
	c.CorrelationID, c.Data.EntryID = c.ComplaintID, &e.OpID
	c.Data.ParentID, c.Data.Earlier, c.Data.About = &old.ComplaintID, old.Data.Earlier+1, old.Data.About
	c.Data.Interests = old.Data.Interests
	c.Data.BeatID, c.Data.VillageCode = old.Data.BeatID, old.Data.VillageCode
	s.hand(e, c, &e.OfficerID, &e.PostID, e.Role)
	s.begin(e, c, &c.ArrivedAt)
	cols := map[string]any{
		"arrived_at": wireAt(c.ArrivedAt), "registered_at": wireAt(c.ArrivedAt), "channel": c.Channel,
		"parent_id": old.ComplaintID.String(), "earlier": c.Data.Earlier,
	}
	if c.Data.VillageCode != "" {
		cols["village_code"] = c.Data.VillageCode
	}
	if c.Data.BeatID != nil {
		cols["beat_id"] = c.Data.BeatID.String()
	}
	s.openLine(e, c, cols)
	return s.alarm(e, c)
}

// heardBy is the channel by which a new incident became known.
func heardBy(role, before string) string {
	switch role {
	case staff.BeatOfficer:
		return "beat"
	case staff.SquadLeader:
		return "squad"
	}
	return before
}

func needsFollowUpClose(_ *draft, b *contract.FollowUpClose, n *needs) { n.complaint(b.ComplaintID) }

func checkFollowUpClose(s *State, d *draft, b *contract.FollowUpClose) error {
	c, err := s.complaint(d, b.ComplaintID)
	if err != nil {
		return err
	}
	if p := s.followPlan(c); p == nil || p.State != matterOpen {
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	}
	return nil
}

// applyFollowUpClose ends the plan before its last day; the last line says why.
func applyFollowUpClose(s *State, e *Entry, b *contract.FollowUpClose) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	p := s.matterAt(*c.Data.FollowPlan)
	s.endMatter(e, p, matterOver, b.CloseReason)
	var last *Matter
	for _, m := range s.mattersOf(c.ComplaintID, matterVisit) {
		if m.State == matterOver && m.Data.To == p.MatterID.String() {
			last = m
		}
	}
	if last != nil {
		s.fill(last.line(), func(*Line) {}, map[string]any{"close_reason": b.CloseReason})
	}
	s.keep(e, c)
	return nil
}

// endMatter ends a matter with its clocks.
func (s *State) endMatter(e *Entry, m *Matter, state, result string) {
	m.State, m.DueAt, m.Data.Result = state, nil, result
	s.stop(m.MatterID, e.At)
	s.keepMatter(e, m, nil)
}

// endPlans ends what was planned for her, and what institutions were asked, when
// the complaint leaves the book: nobody here is reminded of it any more. An FIR
// or preventive action stays, whatever becomes of the complaint.
func (s *State) endPlans(e *Entry, c *Complaint, state, result string) {
	for _, m := range s.mattersOf(c.ComplaintID, matterReferral, matterPlan, matterFollowPlan) {
		if m.State == matterOpen {
			s.endMatter(e, s.matterAt(m.MatterID), state, result)
		}
	}
}

// amendFollowUpDone puts right what was found. The day that was kept stays kept;
// one that the right line adds is added to a plan that goes on.
func amendFollowUpDone(s *State, e *Entry, old *Line, b *contract.FollowUpDone) []push.Notice {
	m := s.amendMatter(e, old, registerFollowUp)
	if m == nil {
		return nil
	}
	m.Data.Code = b.Mode
	s.totalVisit(e, b)
	c := s.complaintAt(b.ComplaintID)
	if p := s.followPlan(c); b.NextDueOn != nil && p != nil && p.State == matterOpen && m.Data.To == p.MatterID.String() {
		if on := b.NextDueOn.Format(time.DateOnly); !slices.Contains(p.Data.Days, on) {
			p = s.matterAt(p.MatterID)
			p.adds(on)
			s.await(e, c, p)
			s.keepMatter(e, p, nil)
		}
	}
	s.keep(e, c)
	return s.danger(e, c)
}
