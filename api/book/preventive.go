package book

import (
	"maps"
	"slices"
	"time"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Limits of an arrest to prevent an offence: out or before the magistrate within
// 24 hours, and an alarm before (BNSS 170(2), 172).
const (
	limitDetentionAlarm = "detention_alarm"
	limitDetention      = "detention"
)

// Steps of preventive action that rules turn on.
const (
	preventiveArrested = "arrested"
	preventiveReleased = "released"
	preventiveProduced = "produced"
	preventiveBond     = "bond"
	preventiveClosed   = "closed"
)

// sectionDesign is the arrest to prevent a cognizable offence: only on a design
// to commit it, which is to be recorded (BNSS 170(1)).
const sectionDesign = "bnss_170"

func needsPreventiveReport(_ *draft, b *contract.PreventiveReport, n *needs) {
	if b.ComplaintID != nil {
		n.complaint(*b.ComplaintID)
	}
	if b.SourceID != nil {
		n.entry(*b.SourceID)
	}
}

func checkPreventiveReport(s *State, d *draft, b *contract.PreventiveReport) error {
	if err := s.hangsOn(d, b.ComplaintID); err != nil {
		return err
	}
	if b.SourceID != nil {
		from := s.entries[*b.SourceID]
		if from == nil && !d.forced {
			return s.absent(d, *b.SourceID, "/source_id")
		}
		d.guarded = d.guarded || from != nil && from.Guarded
	}
	if b.ReportedAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/reported_at"))
	}
	if b.ArrestedAt != nil {
		if err := checkPreventiveArrest(d, b.Section, b.ArrestedAt.Time, "/arrested_at", b.Design, b.WomanArrested, b.LeaveNo); err != nil {
			return err
		}
	}
	if err := d.extra(s.rules, registerPreventive, b.Extra); err != nil {
		return err
	}
	d.opens(registerPreventive)
	return nil
}

// checkPreventiveArrest wants the recorded design, and leave for the arrest of a
// woman at night.
func checkPreventiveArrest(d *draft, section string, at time.Time, field string, design *string, woman *bool, leave *string) error {
	if at.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("%s", field))
	}
	if section == sectionDesign && design == nil {
		return refuse(contract.CodeDesignRequired, d.ptr("/design"))
	}
	return arrestAtNight(d, at, woman, leave)
}

func applyPreventiveReport(s *State, e *Entry, b *contract.PreventiveReport) []push.Notice {
	m := s.newMatter(e, matterPreventive, registerPreventive)
	m.ComplaintID, m.Data.Code = b.ComplaintID, b.Section
	s.arrestedAs(e, m, timeOf(b.ArrestedAt))
	s.keepPreventive(e, m, nil)
	s.totalPreventive(e, b)
	if b.ComplaintID == nil || s.complaints.get(*b.ComplaintID) == nil {
		return nil
	}
	c := s.complaintAt(*b.ComplaintID)
	c.Data.Preventive = append(slices.Clone(c.Data.Preventive), m.MatterID)
	s.engaged(e, c)
	s.keep(e, c)
	s.fill(c.line(), func(*Line) {}, map[string]any{"preventive_id": m.MatterID.String()})
	return nil
}

// stepReported is the arrest that the report itself tells of.
const stepReported = "arrest_reported"

// arrestedAs starts the clocks of the arrest that a report tells of, or puts
// them right: counted from the arrest, whenever word of it came.
func (s *State) arrestedAs(e *Entry, m *Matter, at *time.Time) {
	was, told := m.Data.Times[stepReported]
	switch {
	case at == nil && told: // there was none
		m.Data.Times = maps.Clone(m.Data.Times)
		delete(m.Data.Times, stepReported)
		s.stop(m.MatterID, e.At, limitDetentionAlarm, limitDetention)
	case at != nil && told && at.Equal(was), at == nil:
	case told && s.running(m.MatterID, limitDetention) == nil: // he is out or produced
		m.at(stepReported, at.UTC())
	default:
		if told {
			s.stop(m.MatterID, e.At, limitDetentionAlarm, limitDetention)
		}
		m.at(stepReported, at.UTC())
		s.detain(m, earliest(at.UTC(), e.At))
	}
}

// detain starts the clocks of an arrest.
func (s *State) detain(m *Matter, at time.Time) {
	s.start(m.about(staff.SHO), limitDetentionAlarm, at)
	s.start(m.about(staff.SHO), limitDetention, at)
}

// keepPreventive keeps preventive action with the end of the detention.
func (s *State) keepPreventive(e *Entry, m *Matter, cols map[string]any) {
	m.DueAt = s.dueOf(m.MatterID)
	s.keepMatter(e, m, cols)
	s.onComplaint(e, m)
}

// totalPreventive counts a report, and the arrest that it tells of with it: one
// that is put right or struck is counted no more.
func (s *State) totalPreventive(e *Entry, b *contract.PreventiveReport) {
	numbers := map[string]int64{"reports": 1}
	if b.ArrestedAt != nil {
		numbers["arrests"] = 1
	}
	if k, ok := e.lineOf(registerPreventive); ok {
		s.fill(k, func(l *Line) { s.total(l, numbers) }, nil)
	}
}

func amendPreventive(s *State, e *Entry, old *Line, b *contract.PreventiveReport) []push.Notice {
	if m := s.amendMatter(e, old, registerPreventive); m != nil {
		m.Data.Code = b.Section
		m.Data.Guarded = m.Data.Guarded || e.Guarded
		if m.State == matterOpen {
			s.arrestedAs(e, m, timeOf(b.ArrestedAt))
		}
		s.keepPreventive(e, m, nil)
	}
	s.totalPreventive(e, b)
	return nil
}

func needsPreventiveStep(_ *draft, b *contract.PreventiveStep, n *needs) { n.matter(b.PreventiveID) }

func checkPreventiveStep(s *State, d *draft, b *contract.PreventiveStep) error {
	m, err := s.standing(d, b.PreventiveID, matterPreventive, "/preventive_id")
	if err != nil {
		return err
	}
	if m.State != matterOpen {
		return refuse(contract.CodeWrongState, d.ptr("/preventive_id"))
	}
	if b.DoneAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/done_at"))
	}
	held := s.running(m.MatterID, limitDetention)
	switch b.Step {
	case preventiveArrested:
		if held != nil {
			return refuse(contract.CodeWrongState, d.ptr("/step"))
		}
		return checkPreventiveArrest(d, m.Data.Code, b.DoneAt.Time, "/done_at", b.Design, b.WomanArrested, b.LeaveNo)
	case preventiveReleased, preventiveProduced:
		return outOfCustody(d, held, b.DoneAt.Time)
	case preventiveClosed:
		if held != nil { // nobody is left in custody behind a closed line
			return refuse(contract.CodeWrongState, d.ptr("/step"))
		}
		if b.Result == nil {
			return refuse(contract.CodeMissingField, d.ptr("/result"))
		}
	case preventiveBond:
		if b.BondAmount == nil {
			return refuse(contract.CodeMissingField, d.ptr("/bond_amount"))
		}
		if b.BondUntilAt != nil && !b.BondUntilAt.After(b.DoneAt.Time) {
			return refuse(contract.CodeEndedBeforeStarted, d.ptr("/bond_until_at"))
		}
	}
	return nil
}

// outOfCustody wants somebody who is released or produced to be in custody, and
// to have been arrested before.
func outOfCustody(d *draft, held *Clock, at time.Time) error {
	switch {
	case held == nil:
		return refuse(contract.CodeWrongState, d.ptr("/step"))
	case at.Before(held.StartsAt):
		return refuse(contract.CodeEndedBeforeStarted, d.ptr("/done_at"))
	}
	return nil
}

// preventiveColumns are the columns of the register that steps fill.
var preventiveColumns = map[string]string{
	preventiveArrested: "arrested_at", preventiveReleased: "released_at", preventiveProduced: "produced_at",
}

func applyPreventiveStep(s *State, e *Entry, b *contract.PreventiveStep) []push.Notice {
	m := s.matterAt(b.PreventiveID)
	at := earliest(b.DoneAt.UTC(), e.At)
	m.at(b.Step, at)
	cols := map[string]any{}
	if name := preventiveColumns[b.Step]; name != "" {
		cols[name] = wireAt(at)
	}
	if b.Magistrate != nil {
		cols["magistrate"] = *b.Magistrate
	}
	if b.BondAmount != nil {
		cols["bond_amount"] = *b.BondAmount
	}
	if b.BondUntilAt != nil {
		cols["bond_until_at"] = wireAt(b.BondUntilAt.Time)
	}
	if b.Result != nil {
		cols["result"], m.Data.Result = *b.Result, *b.Result
	}
	switch b.Step {
	case preventiveArrested:
		s.detain(m, at)
		s.arrested(e, m)
	case preventiveReleased, preventiveProduced:
		s.stop(m.MatterID, at, limitDetentionAlarm, limitDetention)
	case preventiveClosed:
		s.stop(m.MatterID, at)
		m.State = matterOver
	}
	s.keepPreventive(e, m, cols)
	return nil
}
