package book

import (
	"fmt"
	"time"

	"kendra/geo"
	"kendra/geo/evidence"
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
	flagRetiredCode  = "retired_code"
	flagOldColumns   = "old_columns"
	flagWomanOfficer = "woman_officer"
	flagNotTold      = "not_told"

	flagSectionOutOfForce = "section_out_of_force"
	flagLateCall          = "late_call"
	flagSamePerson        = "same_person"
	flagNoCard            = "no_previous_card"
	flagNoHandover        = "no_handover"
	flagOwnUnreviewed     = "own_not_reviewed"
	flagOutsideDistrict   = "outside_district"
	flagLateSOS           = "late_sos"
	flagRelievedOffDuty   = "relieved_off_duty"
)

// Flags lists the codes of all flags that an entry may carry.
func Flags() []string {
	return []string{
		geo.FlagMock, geo.FlagPoorFix, geo.FlagStaleFix, geo.FlagImpossibleSpeed, geo.FlagOutsideBeat, geo.FlagClockOff,
		geo.FlagSamePoint, flagNoDuty, flagDutyUnended, flagNotBriefed, flagAadhaarLike, flagTaskClosed, flagSessionDoubt,
		flagForced, flagRetiredCode, flagOldColumns, flagWomanOfficer, flagNotTold, flagSectionOutOfForce, flagLateCall, flagSamePerson,
		flagNoCard, flagNoHandover, flagOwnUnreviewed, flagOutsideDistrict, flagLateSOS, flagRelievedOffDuty,
	}
}

// spanSlack is how far the phone's own times inside a body may run ahead of
// the time of the op, in case the clock was set meanwhile.
const spanSlack = 5 * time.Minute

func needsVisit(d *draft, b *contract.VisitRecord, n *needs) {
	n.duty(d.officer)
	n.beat(b.BeatID)
	n.entryIf(b.PlanID)
	n.marker(b.Marker)
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
	if b.PlanID != nil && s.entered[*b.PlanID] { // plans of the beat are made elsewhere: no op is one
		return refuse(contract.CodeUnknownReference, d.ptr("/plan_id"))
	}
	if s.dutyAt(d.officer, d.at) == nil {
		d.flag(geo.Flag{Code: flagNoDuty, Value: 1})
	}
	if err := d.extra(s.rules, registerWomenBeat, b.Extra); err != nil {
		return err
	}
	d.beat = b.BeatID
	d.findGround(s, b)
	d.opens(registerWomenBeat)
	d.seenBy = append(d.seenBy, b.OfficersBy...)
	return nil
}

func applyVisit(s *State, e *Entry, b *contract.VisitRecord) []push.Notice {
	s.visited(e, nil, b)
	return nil
}

// visited fills the line of a visit, or the one that is put in place of another.
func (s *State) visited(e *Entry, old *Line, b *contract.VisitRecord) {
	k, ok := e.lineOf(registerWomenBeat)
	if !ok {
		return
	}
	numbers := map[string]int64{
		"women": int64(b.Women), "girls": int64(b.Girls), "materials": numberOf(b.Materials),
		"schemes_helped": numberOf(b.SchemesHelped), "settled": numberOf(b.Settled), "place." + b.PlaceType: 1,
	}
	if b.IsChaupal {
		numbers["chaupal"] = 1
	}
	cols := map[string]any{}
	cols[colProofState] = string(evidence.Unknown)
	if proof, ok := e.Facts[colProofState].(string); ok { // of the time before visits were assessed
		cols[colProofState] = proof
	}
	beat := foundGround(e, b.BeatID, cols)
	s.fill(k, func(l *Line) {
		if beat != nil {
			l.BeatID = beat
		}
		l.Cols = unproved(l.Cols) // a new line is assessed anew
		s.total(l, numbers)
		s.seenAt(e, l, old)
		s.spotted(e, l, old, b.StartedAt.Time, b.EndedAt.Time)
	}, cols)
}

// numberOf is an optional number of the contract.
func numberOf(n *int) int64 {
	if n == nil {
		return 0
	}
	return int64(*n)
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
