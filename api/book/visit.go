package book

import (
	"fmt"
	"time"

	"kendra/geo"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Flags of the book beside those of geo: doubts and oddities that are recorded
// and shown to the in-charge, never a reason to refuse.
const (
	flagNoDuty       = "no_duty"
	flagDutyUnended  = "duty_unended"
	flagNotBriefed   = "not_briefed"
	flagAadhaarLike  = "aadhaar_like"
	flagTaskClosed   = "task_closed"
	flagSessionDoubt = "session_doubt"
	flagForced       = "entered_by_incharge"
)

// Flags lists the codes of all flags that an entry may carry.
func Flags() []string {
	return []string{
		geo.FlagMock, geo.FlagPoorFix, geo.FlagStaleFix, geo.FlagImpossibleSpeed, geo.FlagOutsideBeat, geo.FlagClockOff,
		geo.FlagSamePoint, flagNoDuty, flagDutyUnended, flagNotBriefed, flagAadhaarLike, flagTaskClosed, flagSessionDoubt,
		flagForced,
	}
}

// spanSlack is how far the phone's own times inside a body may run ahead of
// the time of the op, in case the clock was set meanwhile.
const spanSlack = 5 * time.Minute

func needsVisit(d *draft, b *contract.VisitRecord, n *needs) {
	n.duty(d.officer)
	n.beat(b.BeatID)
	for _, o := range b.OfficersBy {
		n.officer(o)
	}
}

// checkVisit checks a visit of the women beat: its span, its people, its beat.
func checkVisit(s *State, d *draft, b *contract.VisitRecord) error {
	if err := checkSpan(d, b.StartedAt.Time, b.EndedAt.Time); err != nil {
		return err
	}
	for i, o := range b.OfficersBy {
		if !s.officers[o] {
			return refuse(contract.CodeUnknownReference, d.ptr("/officers_by/%d", i))
		}
	}
	if err := s.refs(nil, "", b.BeatID, d.ptr("/beat_id")); err != nil {
		return err
	}
	if s.dutyAt(d.officer, d.at) == nil {
		d.flag(geo.Flag{Code: flagNoDuty, Value: 1})
	}
	d.beat = b.BeatID
	d.opens(registerWomenBeat)
	d.seenBy = append(d.seenBy, b.OfficersBy...)
	return nil
}

func applyVisit(s *State, e *Entry, b *contract.VisitRecord) []push.Notice {
	for _, l := range e.Lines {
		line := *s.lines.get(lineKey{l.Register, l.Year, l.Serial})
		line.BeatID = b.BeatID
		s.lines.put(lineKey{l.Register, l.Year, l.Serial}, &line)
	}
	return nil
}

// checkSpan checks the times of a body against each other and the op's own.
func checkSpan(d *draft, started, ended time.Time) error {
	if ended.Before(started) {
		return refuse(contract.CodeEndedBeforeStarted, d.ptr("/ended_at"))
	}
	if ended.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/ended_at"))
	}
	return nil
}

// ptr is a pointer into the body that is being checked: of the op itself, or
// of the replacement that a correction carries.
func (d *draft) ptr(format string, args ...any) string {
	return d.base + fmt.Sprintf(format, args...)
}
