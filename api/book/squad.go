package book

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	"kendra/geo"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// adultAge is the age below which a person is a child (JJ Act 2015 s.2(12),
// POCSO s.2(1)(d)), in years.
const adultAge = 18

// childOutcomes are what a squad may do about a child: no card, no undertaking,
// no arrest; the guardian is told, or the child welfare police officer takes over.
var childOutcomes = []string{
	"no_action", "advised", "counselled", "guardian_told", "child_to_cwpo", "complainant_declined",
}

func needsBrief(d *draft, b *contract.SquadBrief, n *needs) {
	n.squad(&b.SquadID)
	n.brief(b.SquadID, day(d.at))
	n.officer(b.LeaderBy)
	for _, m := range b.MembersBy {
		n.officer(m)
	}
}

func checkBrief(s *State, d *draft, b *contract.SquadBrief) error {
	if err := s.refs(&b.SquadID, "/body/squad_id", nil, ""); err != nil {
		return err
	}
	if !s.officers[b.LeaderBy] {
		return refuse(contract.CodeUnknownReference, "/body/leader_by")
	}
	for i, m := range b.MembersBy {
		if !s.officers[m] {
			return refuse(contract.CodeUnknownReference, d.ptr("/members_by/%d", i))
		}
	}
	if b.To.Before(b.From.Time) {
		return refuse(contract.CodeEndedBeforeStarted, "/body/to")
	}
	d.seenBy = append(append(d.seenBy, b.LeaderBy), b.MembersBy...)
	return nil
}

func applyBrief(s *State, e *Entry, b *contract.SquadBrief) []push.Notice {
	d := day(e.At)
	s.briefs.put(briefKey{b.SquadID, d}, &Briefing{
		SquadID: b.SquadID, Day: d, BriefID: e.OpID, LeaderID: b.LeaderBy, Members: b.MembersBy,
		BriefedBy: e.OfficerID, BriefedAt: e.At,
	})
	return nil
}

func needsRound(d *draft, b *contract.SquadRound, n *needs) {
	n.duty(d.officer)
	n.squad(&b.SquadID)
	n.brief(b.SquadID, day(b.StartedAt.Time))
	n.officer(b.LeaderBy)
	for _, m := range b.MembersBy {
		n.officer(m)
	}
	if b.TaskID != nil {
		n.task(*b.TaskID)
	}
	n.entryIf(b.BriefID)
}

// checkRound checks a round: counts only, nobody's name.
func checkRound(s *State, d *draft, b *contract.SquadRound) error {
	if err := checkSpan(d, b.StartedAt.Time, b.EndedAt.Time); err != nil {
		return err
	}
	if err := s.refs(&b.SquadID, d.ptr("/squad_id"), nil, ""); err != nil {
		return err
	}
	if !s.officers[b.LeaderBy] {
		return refuse(contract.CodeUnknownReference, d.ptr("/leader_by"))
	}
	for i, m := range b.MembersBy {
		if !s.officers[m] {
			return refuse(contract.CodeUnknownReference, d.ptr("/members_by/%d", i))
		}
	}
	if b.PersonsSpoken > b.PersonsObserved {
		return refuse(contract.CodeCountsDisagree, d.ptr("/persons_spoken"))
	}
	if b.TaskID != nil {
		if t := s.tasks.get(*b.TaskID); t == nil || t.Centre != s.Centre {
			return refuse(contract.CodeUnknownReference, d.ptr("/task_id"))
		}
	}
	if err := s.names(d, b.BriefID, "/brief_id", "squad.brief"); err != nil {
		return err
	}
	if err := d.extra(s.rules, registerSquad, b.Extra); err != nil {
		return err
	}
	if s.dutyAt(d.officer, d.at) == nil {
		d.flag(geo.Flag{Code: flagNoDuty, Value: 1})
	}
	if s.briefs.get(briefKey{b.SquadID, day(b.StartedAt.Time)}) == nil {
		d.flag(geo.Flag{Code: flagNotBriefed, Value: 1})
	}
	d.findPlace(s, b)
	d.opens(registerSquad)
	d.seenBy = append(append(d.seenBy, b.LeaderBy), b.MembersBy...)
	return nil
}

func applyRound(s *State, e *Entry, b *contract.SquadRound) []push.Notice {
	m := s.newMatter(e, matterRound, registerSquad)
	m.OwnerID = &b.LeaderBy
	s.noteAct(m, actOfRound(e, b))
	s.start(m.about(staff.CentreIncharge), limitSquadReview, e.At)
	s.keepMatter(e, m, s.briefedBy(b.SquadID, b.StartedAt.Time))
	s.totalRound(e, nil, b)
	return nil
}

func (s *State) totalRound(e *Entry, old *Line, b *contract.SquadRound) {
	k, _ := e.lineOf(registerSquad)
	s.fill(k, func(l *Line) {
		s.total(l, map[string]int64{
			"rounds": 1, "persons_observed": int64(b.PersonsObserved), "persons_spoken": int64(b.PersonsSpoken),
			"women_spoken": int64(b.WomenSpoken), "advised": numberOf(b.Advised), "place." + b.PlaceType: 1,
		})
		s.spotted(e, l, old, b.StartedAt.Time, b.EndedAt.Time)
	}, nil)
}

// limitSquadReview is how soon the in-charge looks at a line of the squad.
const limitSquadReview = "squad_review"

// briefedBy are the columns of the squad's briefing of a day.
func (s *State) briefedBy(squad uuid.UUID, at time.Time) map[string]any {
	b := s.briefs.get(briefKey{squad, day(at)})
	if b == nil {
		return nil
	}
	return map[string]any{"briefed_by": b.BriefedBy.String(), "briefed_at": wireAt(b.BriefedAt)}
}

func needsPerson(d *draft, b *contract.SquadPerson, n *needs) {
	if d.batch != nil {
		n.alike = append(n.alike, d.batch.marksOfPerson(d, b)...)
	}
	n.duty(d.officer)
	n.squad(&b.SquadID)
	n.brief(b.SquadID, day(b.SeenAt.Time))
	for _, id := range []*uuid.UUID{b.RoundID, b.BriefID, b.PreviousCardID} {
		n.entryIf(id)
	}
}

// checkPerson checks an entry about a person, the squad's sharpest power: a
// briefing of that day, a squad on duty, a ground from the closed list (the contract demands
// one), an outcome that the law leaves open.
func checkPerson(s *State, d *draft, b *contract.SquadPerson) error {
	if err := s.refs(&b.SquadID, d.ptr("/squad_id"), nil, ""); err != nil {
		return err
	}
	if d.post.SquadID != nil && *d.post.SquadID != b.SquadID {
		return refuse(contract.CodeNotYourPost, d.ptr("/squad_id"))
	}
	if b.SeenAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/seen_at"))
	}
	if err := checkAge(d, b); err != nil {
		return err
	}
	if b.Ground == groundRepeat && b.PreviousCardID == nil {
		if !isSought(b) {
			return refuse(contract.CodePreviousCardRequired, d.ptr("/previous_card_id"))
		}
		if s.lastCard(d).IsZero() { // no refusal: that would tell without an entry
			d.flag(geo.Flag{Code: flagNoCard, Value: 1})
		}
	}
	if b.Outcome == "warning_card" && b.CardNo == nil {
		return refuse(contract.CodeCardNoRequired, d.ptr("/card_no"))
	}
	if err := briefed(s, d, b.SquadID, b.SeenAt.Time); err != nil {
		return err
	}
	if err := onSquadDuty(s, d, b); err != nil {
		return err
	}
	for _, named := range []struct {
		id          *uuid.UUID
		field, kind string
	}{{b.RoundID, "/round_id", "squad.round"}, {b.BriefID, "/brief_id", "squad.brief"}, {b.PreviousCardID, "/previous_card_id", "squad.person"}} {
		if err := s.names(d, named.id, named.field, named.kind); err != nil {
			return err
		}
	}
	if b.Photo != nil && (b.PhotoGround == nil || b.IsChild) {
		return refuse(contract.CodePhotoGroundRequired, d.ptr("/photo"))
	}
	if err := d.extra(s.rules, registerSquad, b.Extra); err != nil {
		return err
	}
	s.compare(d, b)
	d.facts["is_child"] = b.IsChild
	d.facts["named"] = b.Name != nil
	d.guarded = b.IsChild
	d.opens(registerSquad)
	return nil
}

// checkAge keeps a child out of cards, photos and dossiers (JJ Act 2015 s.74,
// JJ Model Rules r.8): to the child welfare police officer, guardian told.
func checkAge(d *draft, b *contract.SquadPerson) error {
	if b.Age != nil && (*b.Age < adultAge) != b.IsChild {
		return refuse(contract.CodeChildAgeMismatch, d.ptr("/is_child"))
	}
	outcome := b.Outcome
	if !b.IsChild {
		if outcome == "child_to_cwpo" {
			return refuse(contract.CodeChildAgeMismatch, d.ptr("/outcome"))
		}
		return nil
	}
	switch {
	case b.CardNo != nil:
		return refuse(contract.CodeChildNoCard, d.ptr("/card_no"))
	case b.PreviousCardID != nil:
		return refuse(contract.CodeChildNoCard, d.ptr("/previous_card_id"))
	case !slices.Contains(childOutcomes, outcome):
		return refuse(contract.CodeChildNoCard, d.ptr("/outcome"))
	case b.GuardianToldAt == nil && outcome != "child_to_cwpo":
		return refuse(contract.CodeChildGuardian, d.ptr("/guardian_told_at"))
	}
	return nil
}

// briefed demands the squad's briefing of the day: not yet arrived means held.
func briefed(s *State, d *draft, squad uuid.UUID, at time.Time) error {
	if b := s.briefs.get(briefKey{squad, day(at)}); b != nil {
		d.seenBy = append(d.seenBy, b.LeaderID)
		return nil
	}
	if d.forced {
		d.flag(geo.Flag{Code: flagNotBriefed, Value: 1})
		return nil
	}
	return waitFor(keyBrief(squad, day(at)))
}

// onSquadDuty demands that who speaks to a person is on duty with the squad then, by
// the phone's own times: what happened on duty without a network comes hours later.
// Nobody knows of an entry from outside any duty whether the start of it is still on
// its way, or whether there was none. It is kept, and not in the book: the start lets
// it go on, or the in-charge enters it, flagged, or strikes it. One about a person who
// was met on duty, but made when that was over, is entered and flagged; the pattern of
// entries after the shift counts it. A correction is made at the desk.
func onSquadDuty(s *State, d *draft, b *contract.SquadPerson) error {
	if d.corrects != nil || d.kind.name == "entry.correct" {
		return nil
	}
	met := s.dutyOn(d.officer, b.SeenAt.Add(d.offset))
	switch {
	case met == nil && !d.forced:
		return waitFor(keyDuty(d.officer))
	case met != nil && met.SquadID != nil && *met.SquadID != b.SquadID:
		return refuse(contract.CodeSquadOffDuty, d.ptr("/squad_id"))
	case met == nil, s.dutyOn(d.officer, d.at) == nil:
		d.flag(geo.Flag{Code: flagNoDuty, Value: 1})
	}
	return nil
}

// dutyOn is dutyAt, but for one that nobody ended: that is over when it has lasted
// as long as a duty may.
func (s *State) dutyOn(officer uuid.UUID, at time.Time) *Duty {
	if on := s.dutyAt(officer, at); on != nil && !at.After(s.rules.dutyOver(on.StartedAt)) {
		return on
	}
	return nil
}

func applyPerson(s *State, e *Entry, b *contract.SquadPerson) []push.Notice {
	m := s.newMatter(e, matterPerson, registerSquad)
	m.Data.Code, m.Data.Result, m.Data.IsChild = b.Ground, b.Outcome, e.Facts.isTrue("is_child")
	s.noteAct(m, actOfPerson(e, b))
	s.start(m.about(staff.CentreIncharge), limitSquadReview, e.At)
	s.keepMatter(e, m, s.briefedBy(b.SquadID, b.SeenAt.Time))
	s.warnedDue(m)
	s.totalPerson(e, b)
	return nil
}

func (s *State) totalPerson(e *Entry, b *contract.SquadPerson) {
	k, _ := e.lineOf(registerSquad)
	s.fill(k, func(l *Line) {
		s.total(l, map[string]int64{"persons": 1, "outcome." + b.Outcome: 1, "ground." + b.Ground: 1})
	}, nil)
}
