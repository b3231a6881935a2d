package book

import (
	"fmt"
	"slices"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// The roles in groups, as the grid uses them. Rights follow the post.
var (
	everyPost = []string{
		staff.BeatOfficer, staff.SquadMember, staff.SquadLeader, staff.DeskOfficer, staff.Counsellor,
		staff.CentreIncharge, staff.SHO, staff.Dispatcher,
	}
	onRounds  = []string{staff.SquadMember, staff.SquadLeader, staff.CentreIncharge, staff.SHO}
	seniors   = []string{staff.SquadLeader, staff.CentreIncharge, staff.SHO}
	incharges = []string{staff.CentreIncharge, staff.SHO}
	senders   = []string{staff.Dispatcher, staff.CentreIncharge, staff.SHO}
	visitors  = []string{staff.BeatOfficer, staff.SquadMember, staff.SquadLeader, staff.DeskOfficer, staff.CentreIncharge, staff.SHO}
	appointed = []string{staff.CentreIncharge, staff.SHO, staff.AddlSP, staff.SP, staff.Sysadmin, roleRegistrar}
	clockOnly = []string{roleClock}

	monthClosers  = []string{staff.BeatOfficer, staff.CentreIncharge, staff.SHO}
	spotTellers   = []string{staff.SquadLeader, staff.SquadMember, staff.BeatOfficer, staff.DeskOfficer, staff.CentreIncharge, staff.SHO}
	spotReviewers = []string{staff.SquadLeader, staff.CentreIncharge}

	groundMakers = []string{staff.CentreIncharge, staff.SHO, roleRegistrar}

	inspectors = []string{staff.SHO, staff.CO, staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP}
	office     = []string{staff.AddlSP, staff.SP}
	desk       = []string{staff.DeskOfficer, staff.CentreIncharge, staff.SHO}
	intake     = []string{
		staff.BeatOfficer, staff.SquadMember, staff.SquadLeader, staff.DeskOfficer, staff.CentreIncharge, staff.SHO,
	}
	workers  = []string{staff.BeatOfficer, staff.SquadLeader, staff.DeskOfficer, staff.Counsellor, staff.CentreIncharge, staff.SHO}
	counsels = []string{staff.Counsellor, staff.CentreIncharge, staff.SHO}
	readers  = []string{
		staff.BeatOfficer, staff.SquadLeader, staff.DeskOfficer, staff.Counsellor, staff.CentreIncharge, staff.SHO, staff.CO,
	}
	holders    = []string{staff.SHO, staff.CO}
	overSquads = []string{staff.CentreIncharge, staff.SHO, staff.CO, staff.AddlSP, staff.SP}
	answerers  = []string{
		staff.CentreIncharge, staff.SHO, staff.CO, staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP,
	}
)

// Roles of the server itself: the clock, which does what is due, the registrar,
// in whose name the command line brings in the staff list, and the public, in
// whose name stands what a slip lets somebody say.
const (
	roleClock     = "clock"
	roleRegistrar = "registrar"
	rolePublic    = "public"
)

// kinds is the table of contents of the product: every op there is, who may
// make it, and where its rules stand.
//
//nolint:gochecknoglobals // a static table, never written after start
var kinds = table(
	// posts.go
	fresh(define("post.take", appointed, needsPostTake, checkPostTake, applyPostTake)),
	fresh(define("post.leave", append(slices.Clone(everyPost), staff.AddlSP, staff.SP, staff.CO, staff.Sysadmin, roleRegistrar),
		needsPostLeave, checkPostLeave, applyPostLeave)),

	// cover.go, handover.go
	define("post.cover", []string{staff.CentreIncharge, staff.SHO, staff.CO, staff.AddlSP, staff.SP}, needsPostCover, checkPostCover, applyPostCover),
	define("handover.open", append(slices.Clone(everyPost), staff.AddlSP, staff.SP, staff.CO), needsHandoverOpen, checkHandoverOpen, applyHandoverOpen),
	naming(define("handover.sign", append(slices.Clone(everyPost), staff.AddlSP, staff.SP, staff.CO), needsHandoverSign, checkHandoverSign, applyHandoverSign),
		signsHandover),

	// duty.go
	define("duty.start", everyPost, needsDutyStart, checkDutyStart, applyDutyStart),
	define(kindDutyEnd, append(slices.Clone(everyPost), roleClock), needsDutyEnd, checkDutyEnd, applyDutyEnd),

	// roster.go
	define("roster.set", incharges, needsRosterSet, checkRosterSet, applyRosterSet),

	// visit.go
	amending(define("visit.record", visitors, needsVisit, checkVisit, applyVisit), amendVisit),

	// proof.go
	define(kindAssess, clockOnly, needsVisitAssess, checkVisitAssess, applyVisitAssess),
	define("visit.accept", incharges, needsVisitAccept, checkVisitAccept, applyVisitAccept),

	// hotspot.go
	define("hotspot.propose", spotTellers, needsHotspotPropose, checkHotspotPropose, applyHotspotPropose),
	define("hotspots.set", incharges, needsHotspotsSet, checkHotspotsSet, applyHotspotsSet),
	define("hotspots.agree", []string{staff.CO}, needsHotspotsAgree, checkHotspotsAgree, applyHotspotsAgree),
	define("hotspots.review", spotReviewers, needsHotspotsReview, checkHotspotsReview, applyHotspotsReview),

	// ground.go
	define("beat.set", groundMakers, needsBeatSet, checkBeatSet, applyBeatSet),
	define("beat.end", groundMakers, needsBeatEnd, checkBeatEnd, applyBeatEnd),
	define("place.set", groundMakers, needsPlaceSet, checkPlaceSet, applyPlaceSet),
	define("place.end", groundMakers, needsPlaceEnd, checkPlaceEnd, applyPlaceEnd),

	// beat_month.go
	define(kindBeatMonth, monthClosers, needsBeatMonth, checkBeatMonth, applyBeatMonth),
	// marker.go
	define(kindMarker, incharges, needsPlaceMarker, checkPlaceMarker, applyPlaceMarker),

	// squad.go
	define("squad.brief", seniors, needsBrief, checkBrief, applyBrief),
	amending(define("squad.round", onRounds, needsRound, checkRound, applyRound), amendRound),
	amending(define("squad.person", []string{staff.SquadLeader}, needsPerson, checkPerson, applyPerson), amendPerson),

	// task.go
	define("task.send", senders, needsTaskSend, checkTaskSend, applyTaskSend),
	define("task.recall", senders, needsTask[contract.TaskRecall], checkTaskRecall, applyTaskRecall),
	define("task.receive", everyPost, needsTask[contract.TaskReceive], checkTaskMine[contract.TaskReceive], applyTaskMark[contract.TaskReceive](taskReceived)),
	define("task.see", everyPost, needsTask[contract.TaskSee], checkTaskMine[contract.TaskSee], applyTaskMark[contract.TaskSee](taskSeen)),
	define("task.accept", everyPost, needsTask[contract.TaskAccept], checkTaskAccept, applyTaskAccept),
	define("task.decline", everyPost, needsTask[contract.TaskDecline], checkTaskDecline, applyTaskDecline),
	define("task.depart", everyPost, needsTask[contract.TaskDepart], checkTaskHeld[contract.TaskDepart], applyTaskMark[contract.TaskDepart](taskDeparted)),
	define("task.arrive", everyPost, needsTask[contract.TaskArrive], checkTaskHeld[contract.TaskArrive], applyTaskMark[contract.TaskArrive](taskArrived)),
	define("task.done", everyPost, needsTaskDone, checkTaskDone, applyTaskMark[contract.TaskDone](taskDone)),
	define("task.remind", clockOnly, needsTask[contract.TaskRemind], checkTaskClock[contract.TaskRemind](actRemind), applyTaskRemind),
	define("task.pass", clockOnly, needsTask[contract.TaskPass], checkTaskClock[contract.TaskPass](actPass), applyTaskPass),
	define("task.expire", clockOnly, needsTask[contract.TaskExpire], checkTaskClock[contract.TaskExpire](actExpire), applyTaskExpire),

	// sos.go
	define("sos.raise", everyPost, needsSOSRaise, checkSOSRaise, applySOSRaise),
	naming(define("sos.answer", append(slices.Clone(everyPost), staff.CO), needsSOSAnswer, checkSOSAnswer, applySOSAnswer), woken),
	define("sos.end", everyPost, needsSOSEnd, checkSOSEnd, applySOSEnd),
	define("sos.call", clockOnly, needsSOSCall, checkSOSCall, applySOSCall),

	// held.go
	define("held.enter", incharges, needsHeldEnter, checkHeldEnter, nil),
	define("held.strike", incharges, needsHeldStrike, checkHeldStrike, nil),

	// correct.go, correct_copy.go
	define("note.add", everyPost, needsNote, checkNote, nil),
	owing(define("entry.correct", append(slices.Clone(everyPost), staff.CO, staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP),
		needsCorrect, checkCorrect, applyCorrect), owesCorrected),
	owing(define("line.corrected", clockOnly, needsLineCorrected, checkLineCorrected, applyLineCorrected), owesFurther),

	// complaint.go, complaint_end.go
	amending(define("complaint.open", intake, needsComplaintOpen, checkComplaintOpen, applyComplaintOpen), amendComplaint),
	define("complaint.receive", clockOnly, needsComplaintReceive, checkComplaintReceive, applyComplaintReceive),
	define("complaint.register", desk, needsComplaintRegister, checkComplaintRegister, applyComplaintRegister),
	define("complaint.assign", incharges, needsComplaintAssign, checkComplaintAssign, applyComplaintAssign),
	define("complaint.accept", workers, needsComplaintAccept, checkComplaintAccept, applyComplaintAccept),
	define("complaint.act", workers, needsComplaintAct, checkComplaintAct, applyComplaintAct),
	define("complaint.intervene", incharges, needsComplaintIntervene, checkComplaintIntervene, applyComplaintIntervene),
	define("complaint.extend", incharges, needsComplaintExtend, checkComplaintExtend, applyComplaintExtend),
	define("pause.ask", workers, needsPauseAsk, checkPauseAsk, applyPauseAsk),
	define("pause.allow", incharges, needsPauseAllow, checkPauseAllow, applyPauseAllow),
	define("complaint.resume", workers, needsComplaintResume, checkComplaintResume, applyComplaintResume),
	define("complaint.dispose", workers, needsComplaintDispose, checkComplaintDispose, applyComplaintDispose),
	define("complaint.reopen", incharges, needsComplaintReopen, checkComplaintReopen, applyComplaintReopen),
	owing(define("complaint.transfer", incharges, needsComplaintTransfer, checkComplaintTransfer, applyComplaintTransfer), owesTransfer),
	define("complaint.close", incharges, needsComplaintClose, checkComplaintClose, applyComplaintClose),

	// referral.go, counselling.go
	define("referral.send", workers, needsReferralSend, checkReferralSend, applyReferralSend),
	define("referral.answer", workers, needsReferralAnswer, checkReferralAnswer, applyReferralAnswer),
	define("counselling.plan", counsels, needsCounsellingPlan, checkCounsellingPlan, applyCounsellingPlan),
	amending(define("counselling.session", []string{staff.Counsellor, staff.CentreIncharge},
		needsCounsellingSession, checkCounsellingSession, applyCounsellingSession), amendCounsellingSession),

	// feedback.go, follow_up.go
	amending(define("feedback.call", []string{staff.BeatOfficer, staff.DeskOfficer, staff.Counsellor, staff.CentreIncharge},
		needsFeedbackCall, checkFeedbackCall, applyFeedbackCall), amendFeedbackCall),
	define("follow_up.plan", append(slices.Clone(counsels), staff.DeskOfficer), needsFollowUpPlan, checkFollowUpPlan, applyFollowUpPlan),
	amending(define("follow_up.done", workers, needsFollowUpDone, checkFollowUpDone, applyFollowUpDone), amendFollowUpDone),
	define("follow_up.close", incharges, needsFollowUpClose, checkFollowUpClose, applyFollowUpClose),

	// fir.go, fir_zero.go, fir_step.go
	define("fir.request", append(slices.Clone(intake), staff.Counsellor), needsFIRRequest, checkFIRRequest, applyFIRRequest),
	owing(amending(define("fir.register", incharges, needsFIRRegister, checkFIRRegister, applyFIRRegister), amendFIR), owesZeroFIR),
	define("fir.receive", clockOnly, needsFIRReceive, checkFIRReceive, applyFIRReceive),
	define("fir.struck", clockOnly, needsFIRStruck, checkFIRStruck, applyFIRStruck),
	define("fir.sign", incharges, needsFIRSign, checkFIRSign, applyFIRSign),
	naming(owing(define("fir.step", incharges, needsFIRStep, checkFIRStep, applyFIRStep), owesMovedFIR), investigates),
	define("fir.decline", []string{staff.SHO}, needsFIRDecline, checkFIRDecline, applyFIRDecline),
	define("ncr.send", incharges, needsNCRSend, checkNCRSend, applyNCRSend),

	// preventive.go
	amending(define("preventive.report", incharges, needsPreventiveReport, checkPreventiveReport, applyPreventiveReport), amendPreventive),
	define("preventive.step", incharges, needsPreventiveStep, checkPreventiveStep, applyPreventiveStep),

	// escalate.go
	define("escalation.raise", clockOnly, needsEscalationRaise, checkEscalationRaise, applyEscalationRaise),
	define("escalation.answer", answerers, needsEscalationAnswer, checkEscalationAnswer, applyEscalationAnswer),

	// unseal.go
	fresh(naming(define("identity.read", readers, needsIdentityRead, checkIdentityRead, applyIdentityRead), investigatesCase)),

	// attach.go
	define(kindAttach, workers, needsFileAttach, checkFileAttach, applyFileAttach),

	// reads.go
	fresh(define("read.allow", incharges, needsReadAllow, checkReadAllow, applyReadAllow)),
	define("read.raise", clockOnly, needsReadRaise, checkReadRaise, applyReadRaise),

	// search.go
	fresh(define(kindSearch, desk, needsPhoneSearch, checkPhoneSearch, applyPhoneSearch)),

	// interest.go
	define("interest.declare", append(slices.Clone(everyPost), staff.CO), needsInterestDeclare, checkInterestDeclare, applyInterestDeclare),

	// named.go, glass.go
	fresh(define("case.name", incharges, needsCaseName, checkCaseName, applyCaseName)),
	fresh(define("case.unname", incharges, needsCaseUnname, checkCaseUnname, applyCaseUnname)),
	define("glass.ask", glassAskers, needsGlassAsk, checkGlassAsk, applyGlassAsk),
	fresh(define("glass.allow", glassKeepers, needsGlassAllow, checkGlassAllow, applyGlassAllow)),
	define("glass.review", glassJudges, needsGlassReview, checkGlassReview, applyGlassReview),

	// inspection.go
	amending(define("inspection.record", inspectors, needsInspection, checkInspection, applyInspection), amendInspection),
	define("inspection.comply", incharges, needsInspectionComply, checkInspectionComply, applyInspectionComply),
	define("inspection.close", inspectors, needsInspectionClose, checkInspectionClose, applyInspectionClose),

	// review.go
	define("squad.review", incharges, needsSquadReview, checkSquadReview, applySquadReview),
	define("warning.object", append(slices.Clone(desk), rolePublic), needsWarningObject, checkWarningObject, applyWarningObject),
	define("warning.decide", []string{staff.CO}, needsWarningDecide, checkWarningDecide, applyWarningDecide),

	// conduct.go
	define("conduct.flag", clockOnly, needsConductFlag, checkConductFlag, applyConductFlag),
	define("conduct.answer", overSquads, needsConductAnswer, checkConductAnswer, applyConductAnswer),

	// day.go, return.go
	define("day.review", incharges, needsDayReview, checkDayReview, applyDayReview),
	define("day.sign", []string{staff.CentreIncharge}, needsDaySign, checkDaySign, applyDaySign),
	define("day.reopen", []string{staff.SHO, staff.CO}, needsDayReopen, checkDayReopen, applyDayReopen),
	define("return.sign", []string{staff.CentreIncharge}, needsReturnSign, checkReturnSign, applyReturnSign),

	// retention.go, hold.go, shred.go
	define("retention.ask", office, needsRetentionAsk, checkRetentionAsk, applyRetentionAsk),
	define(kindRetentionAllow, office, needsRetentionAllow, checkRetentionAllow, applyRetentionAllow),
	define("hold.set", holders, needsHoldSet, checkHoldSet, applyHoldSet),
	define("hold.lift", holders, needsHoldLift, checkHoldLift, applyHoldLift),
	define(kindShred, clockOnly, needsKeyShred, checkKeyShred, applyKeyShred),

	// witness.go
	define("witness.ask", append(slices.Clone(office), staff.Sysadmin), needsWitnessAsk, checkWitnessAsk, applyWitnessAsk),
	define("witness.allow", office, needsWitnessAllow, checkWitnessAllow, applyWitnessAllow),

	// exports.go
	define("export.ask", exporters, needsExportAsk, checkExportAsk, applyExportAsk),
	fresh(define("export.allow", exportKeepers, needsExportAllow, checkExportAllow, applyExportAllow)),
	fresh(define(kindExportRead, exporters, needsExportRead, checkExportRead, applyExportRead)),

	// rule_ops.go, columns.go, numbers.go: in HQ's book
	define("code.add", office, needsCodeAdd, checkRule(checkCodeAdd), applyRule[contract.CodeAdd]),
	define("code.rename", office, needsRule[contract.CodeRename], checkRule(checkCodeRename), applyRule[contract.CodeRename]),
	define("code.retire", office, needsRule[contract.CodeRetire], checkRule(checkCodeRetire), applyRule[contract.CodeRetire]),
	define("column.add", office, needsRule[contract.ColumnAdd], checkRule(checkColumnAdd), applyRule[contract.ColumnAdd]),
	define("column.rename", office, needsRule[contract.ColumnRename], checkRule(checkColumnRename), applyRule[contract.ColumnRename]),
	define("column.hide", office, needsRule[contract.ColumnHide], checkRule(checkColumnHide), applyRule[contract.ColumnHide]),
	define("column.order", office, needsRule[contract.ColumnOrder], checkRule(checkColumnOrder), applyRule[contract.ColumnOrder]),
	define("limit.set", office, needsRule[contract.LimitSet], checkRule(checkLimitSet), applyRule[contract.LimitSet]),
	define("ladder.set", office, needsRule[contract.LadderSet], checkRule(checkLadderSet), applyRule[contract.LadderSet]),
	define("offence.set", office, needsRule[contract.OffenceSet], checkRule(checkOffenceSet), applyRule[contract.OffenceSet]),
	define("conduct.set", office, needsRule[contract.ConductSet], checkRule(checkConductSet), applyRule[contract.ConductSet]),
	define(kindNumberSet, office, needsRule[contract.NumberSet], checkRule(checkNumberSet), applyRule[contract.NumberSet]),
)

// kindRow is one row of the table.
type kindRow struct {
	name  string
	roles []string
	parse func(raw []byte) (any, error)
	needs func(d *draft, n *needs)
	check func(s *State, d *draft) error
	apply func(s *State, e *Entry, b any) []push.Notice
	owes  func(s *State, e *Entry, b any) []owed                   // what other books must know of it; nil: nothing
	amend func(s *State, e *Entry, old *Line, b any) []push.Notice // of a correction that carries a body of this kind
	named func(s *State, d *draft) bool                            // who may make it in person, whatever his post; nil: nobody
	fresh bool                                                     // at a console only by who has just shown his second factor
}

// may tells whether a post of the role may make ops of the kind.
func (k *kindRow) may(role string) bool { return slices.Contains(k.roles, role) }

// define makes a row of typed functions. B is the contract's body of the kind;
// apply may be nil for kinds that only stand in the book.
func define[B any](
	name string, roles []string,
	need func(d *draft, b *B, n *needs),
	check func(s *State, d *draft, b *B) error,
	apply func(s *State, e *Entry, b *B) []push.Notice,
) *kindRow {
	k := &kindRow{
		name: name, roles: roles,
		parse: func(raw []byte) (any, error) {
			b, err := contract.DecodeBody[B](raw)
			return &b, err
		},
		needs: func(d *draft, n *needs) { need(d, d.body.(*B), n) },
		check: func(s *State, d *draft) error { return check(s, d, d.body.(*B)) },
		apply: func(*State, *Entry, any) []push.Notice { return nil },
	}
	if apply != nil {
		k.apply = func(s *State, e *Entry, b any) []push.Notice { return apply(s, e, b.(*B)) }
	}
	return k
}

// amending adds to a row what a correction of its line does.
func amending[B any](k *kindRow, amend func(s *State, e *Entry, old *Line, b *B) []push.Notice) *kindRow {
	k.amend = func(s *State, e *Entry, old *Line, b any) []push.Notice { return amend(s, e, old, b.(*B)) }
	return k
}

// owing adds to a row what the entry owes other books.
func owing[B any](k *kindRow, owes func(s *State, e *Entry, b *B) []owed) *kindRow {
	k.owes = func(s *State, e *Entry, b any) []owed { return owes(s, e, b.(*B)) }
	return k
}

// naming adds to a row whom the book names for it in person: such an officer
// makes it under any post, and of any centre.
func naming[B any](k *kindRow, named func(s *State, d *draft, b *B) bool) *kindRow {
	k.named = func(s *State, d *draft) bool { return named(s, d, d.body.(*B)) }
	return k
}

// fresh marks a row whose ops a console makes only by who has shown his second
// factor a moment ago: they read who somebody is, or give rights.
func fresh(k *kindRow) *kindRow {
	k.fresh = true
	return k
}

func table(list ...*kindRow) map[string]*kindRow {
	m := make(map[string]*kindRow, len(list))
	for _, k := range list {
		if m[k.name] != nil {
			panic(fmt.Sprintf("book: kind %s stands twice in the table", k.name))
		}
		m[k.name] = k
	}
	return m
}

// Kinds lists the names of all kinds, sorted.
func Kinds() []string {
	names := make([]string, 0, len(kinds))
	for n := range kinds {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// May tells whether a post of the role may make ops of the kind.
func May(role, kind string) bool {
	k := kinds[kind]
	return k != nil && k.may(role)
}

// Fresh tells whether an op of the kind is made at a console only by who has
// just shown his second factor.
func Fresh(kind string) bool {
	k := kinds[kind]
	return k != nil && k.fresh
}
