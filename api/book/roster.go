package book

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/push"
)

// The roster of a week: who is on which duty, in which shift, on which day. It says
// what is planned; who went on duty is said by himself (duty.go). A later roster of
// a week takes the place of the earlier one, which stays in the book.

// Roster is a week as it was last set.
type Roster struct {
	Week     string // its Monday
	RosterID uuid.UUID
	Seq      int64
	SetBy    uuid.UUID
	SetAt    time.Time
	Rows     []RosterRow
}

// RosterRow is a duty of an officer on a day; of rest and leave without times.
type RosterRow struct {
	OfficerID uuid.UUID  `json:"officer_id"`
	Day       string     `json:"day"`
	Duty      string     `json:"duty"`
	From      string     `json:"from,omitempty"`
	To        string     `json:"to,omitempty"`
	BeatID    *uuid.UUID `json:"beat_id,omitempty"`
}

// Codes of a roster that rules turn on: no duty is done then.
const (
	dutyRest  = "rest"
	dutyLeave = "leave"
)

// Bounds of a roster.
const (
	dutyMost     = 14 * time.Hour // of one duty
	weeksAhead   = 8              // from the week in which it is set
	clockMinutes = "15:04"
)

// Off tells whether the row is of a day on which the officer does no duty.
func (r *RosterRow) Off() bool { return r.Duty == dutyRest || r.Duty == dutyLeave }

// Span is when the duty begins and ends; of a day off the day itself.
func (r *RosterRow) Span() (from, to time.Time) {
	from, _ = time.ParseInLocation(time.DateOnly, r.Day, ist)
	if r.Off() {
		return from, from.AddDate(0, 0, 1)
	}
	day := from
	from, to = day.Add(sinceMidnight(r.From)), day.Add(sinceMidnight(r.To))
	if !to.After(from) {
		to = to.AddDate(0, 0, 1)
	}
	return from, to
}

func sinceMidnight(clock string) time.Duration {
	t, _ := time.Parse(clockMinutes, clock)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// meets tells whether two duties of an officer cannot both be done. A day off goes
// with the night that began the day before: it is of the duties that begin on it.
func (r *RosterRow) meets(o *RosterRow) bool {
	if r.OfficerID != o.OfficerID {
		return false
	}
	if r.Off() || o.Off() {
		return r.Day == o.Day
	}
	from, to := r.Span()
	begin, end := o.Span()
	return from.Before(end) && begin.Before(to)
}

// mondayOf is the Monday of the week of a time, as the roster names it.
func mondayOf(t time.Time) string {
	t = t.In(ist)
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7).Format(time.DateOnly)
}

// otherWeek is the Monday some weeks later.
func otherWeek(week string, by int) string {
	t, _ := time.Parse(time.DateOnly, week)
	return t.AddDate(0, 0, 7*by).Format(time.DateOnly)
}

func needsRosterSet(_ *draft, b *contract.RosterSet, n *needs) {
	week := b.Week.String()
	n.weeks = append(n.weeks, otherWeek(week, -1), week, otherWeek(week, 1))
	n.centrePosts = true
	for i := range b.Rows {
		n.beat(b.Rows[i].BeatID)
	}
}

// checkRosterSet takes a week that is not over and not far ahead, in place of the
// one that its officer has seen, and in it what can be done.
func checkRosterSet(s *State, d *draft, b *contract.RosterSet) error {
	week := b.Week.String()
	was := s.rosters.get(week)
	switch {
	case b.Week.Weekday() != time.Monday:
		return refuse(contract.CodeWeekFromMonday, d.ptr("/week"))
	case week < mondayOf(d.at):
		return refuse(contract.CodeTooOld, d.ptr("/week"))
	case week > otherWeek(mondayOf(d.at), weeksAhead):
		return refuse(contract.CodeInFuture, d.ptr("/week"))
	case was == nil && b.Replaces != nil, was != nil && !is(b.Replaces, was.RosterID):
		return refuse(contract.CodeRosterChanged, d.ptr("/replaces"))
	}
	list := rosterRows(b)
	for i := range list {
		if err := s.checkRosterRow(d, week, &list[i], i); err != nil {
			return err
		}
	}
	if at := s.overlap(week, list); at >= 0 {
		return refuse(contract.CodeDutiesOverlap, d.ptr("/rows/%d/from", at))
	}
	for i := range list {
		d.seenBy = append(d.seenBy, list[i].OfficerID)
	}
	return nil
}

func (s *State) checkRosterRow(d *draft, week string, r *RosterRow, i int) error {
	if r.Day < week || r.Day >= otherWeek(week, 1) {
		return refuse(contract.CodeDayOutsideWeek, d.ptr("/rows/%d/day", i))
	}
	for _, clock := range []struct{ name, at string }{{"from", r.From}, {"to", r.To}} {
		pointer := d.ptr("/rows/%d/"+clock.name, i)
		switch _, err := time.Parse(clockMinutes, clock.at); {
		case r.Off() && clock.at != "":
			return refuse(contract.CodeBadFormat, pointer)
		case r.Off():
		case clock.at == "":
			return refuse(contract.CodeMissingField, pointer)
		case err != nil:
			return refuse(contract.CodeBadFormat, pointer)
		}
	}
	if from, to := r.Span(); !r.Off() && to.Sub(from) > dutyMost {
		return contract.NewProblem(contract.CodeDutyTooLong, contract.WithPointer(d.ptr("/rows/%d/to", i)),
			contract.WithDetail(strconv.Itoa(int(dutyMost.Hours()))))
	}
	if !s.postedOn(r.OfficerID, r.Day) {
		return refuse(contract.CodeNotPosted, d.ptr("/rows/%d/officer_id", i))
	}
	return s.refs(nil, "", r.BeatID, d.ptr("/rows/%d/beat_id", i))
}

// postedOn tells whether an officer has a post of the centre at any moment of a day.
func (s *State) postedOn(officer uuid.UUID, day string) bool {
	from, _ := time.ParseInLocation(time.DateOnly, day, ist)
	to := from.AddDate(0, 0, 1)
	for _, p := range s.posts.m {
		if p.Centre == s.Centre && p.OfficerID == officer && p.From.Before(to) && (p.Until == nil || p.Until.After(from)) {
			return true
		}
	}
	return false
}

// overlap finds the first row that cannot be done beside an earlier one of the
// list, or one of the weeks before and after; -1 when there is none.
func (s *State) overlap(week string, list []RosterRow) int {
	beside := map[uuid.UUID][]RosterRow{}
	for _, other := range []string{otherWeek(week, -1), otherWeek(week, 1)} {
		if r := s.rosters.get(other); r != nil {
			for _, row := range r.Rows {
				beside[row.OfficerID] = append(beside[row.OfficerID], row)
			}
		}
	}
	for i := range list {
		r := &list[i]
		if slices.ContainsFunc(beside[r.OfficerID], func(o RosterRow) bool { return r.meets(&o) }) {
			return i
		}
		beside[r.OfficerID] = append(beside[r.OfficerID], *r)
	}
	return -1
}

// applyRosterSet keeps the week and tells those whose duty of today or later is
// another than it was.
func applyRosterSet(s *State, e *Entry, b *contract.RosterSet) []push.Notice {
	week, today := b.Week.String(), day(e.At)
	now := &Roster{Week: week, RosterID: e.OpID, Seq: e.Seq, SetBy: e.OfficerID, SetAt: e.At, Rows: rosterRows(b)}
	was := s.rosters.get(week)
	s.rosters.put(week, now)
	var notices []push.Notice
	for _, officer := range changedDuties(was, now, today) {
		if officer != e.OfficerID {
			notices = append(notices, s.tellOfficer(e, e.OpID, len(notices), officer))
		}
	}
	return notices
}

// rosterRows are the rows of a body in the order of the body.
func rosterRows(b *contract.RosterSet) []RosterRow {
	out := make([]RosterRow, len(b.Rows))
	for i := range b.Rows {
		r := &b.Rows[i]
		out[i] = RosterRow{OfficerID: r.OfficerID, Day: r.Day.String(), Duty: r.Duty, BeatID: r.BeatID}
		if r.From != nil {
			out[i].From = *r.From
		}
		if r.To != nil {
			out[i].To = *r.To
		}
	}
	return out
}

// changedDuties are the officers whose duties from a day on differ between two
// rosters of a week, in the order of their ids.
func changedDuties(was, now *Roster, today string) []uuid.UUID {
	said := func(r *Roster) map[uuid.UUID]string {
		out := map[uuid.UUID]string{}
		if r == nil {
			return out
		}
		rows := slices.Clone(r.Rows)
		slices.SortStableFunc(rows, func(a, b RosterRow) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.From, b.From)) })
		for _, row := range rows {
			if row.Day >= today {
				out[row.OfficerID] += jsonText(row) + "\n"
			}
		}
		return out
	}
	old, fresh := said(was), said(now)
	var out []uuid.UUID
	for id, text := range fresh {
		if old[id] != text {
			out = append(out, id)
		}
	}
	for id := range old {
		if fresh[id] == "" {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, compareIDs)
	return out
}
