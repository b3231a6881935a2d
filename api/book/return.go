package book

import (
	"maps"
	"strings"
	"time"

	contract "kendra/mobile-contract"
	"kendra/push"
)

// figureOf says which counts of the day make which figure of the return; what stands behind a
// minus is taken off.
var figureOf = map[string][]string{
	"persons_counted":       {"squad.persons_observed"},
	"persons_spoken":        {"squad.persons_spoken"},
	"persons_warned":        {"squad.outcome.warned", "squad.outcome.warning_card"},
	"firs":                  {"fir.firs"},
	"firs_received":         {"fir.received"},
	"arrests":               {"arrests", "preventive.arrests"},
	"preventive":            {"preventive.lines"},
	"programmes":            {"women_beat.chaupal"},
	"visits":                {"women_beat.lines", "-women_beat." + numberMonths},
	"women":                 {"women_beat.women"},
	"girls":                 {"women_beat.girls"},
	"leaflets":              {"women_beat.materials"},
	"settled_on_spot":       {"women_beat.settled"},
	"complaints_received":   {"help_desk.received"},
	"complaints_registered": {"complaint.registered"},
	"complaints_disposed":   {"complaint.disposed"},
	"counselling_sessions":  {"counselling.lines"},
	"feedback_reached":      {"feedback.reached.spoke"},
	"feedback_satisfied":    {"feedback.satisfied.yes"},
	"follow_ups":            {"follow_up.lines"},
	"escalations":           {"escalations"},
}

// Places that squads looked at are counted by their type.
const (
	tallyPlace   = "squad.place."
	figurePlaces = "places_checked."
)

// The ages by which what is pending is told.
var ages = []struct {
	code  string
	below time.Duration
}{{"under_1d", 24 * time.Hour}, {"1_3d", 3 * 24 * time.Hour}, {"3_7d", 7 * 24 * time.Hour}, {"over_7d", 1 << 62}}

const figurePending = "pending_"

// ageOf is the code of an age.
func ageOf(age time.Duration) string {
	for _, a := range ages {
		if age < a.below {
			return a.code
		}
	}
	return ages[len(ages)-1].code
}

// figuresOf makes the figures of the return of the counts of a day, or of many.
func figuresOf(counts map[string]int64) map[string]int64 {
	out := map[string]int64{}
	for figure, codes := range figureOf {
		out[figure] = 0
		for _, code := range codes {
			if less, ok := strings.CutPrefix(code, "-"); ok {
				out[figure] -= counts[less]
				continue
			}
			out[figure] += counts[code]
		}
	}
	for code, n := range counts {
		if place, ok := strings.CutPrefix(code, tallyPlace); ok && n != 0 {
			out[figurePlaces+place] = n
		}
	}
	return out
}

// figures are those of a day as the book has them. What was pending that
// evening can be counted from what is open only until the day is over: a later
// supplement carries it on as it was signed.
func (s *State) figures(date, at time.Time) map[string]int64 {
	out := figuresOf(s.tallyOf(date.Format(time.DateOnly)))
	end := endOfDay(date)
	if last := s.lastReturn(date); last != nil && !at.Before(end) {
		for _, a := range ages {
			out[figurePending+a.code] = last.Figures[figurePending+a.code]
		}
		return out
	}
	for _, a := range ages {
		out[figurePending+a.code] = 0
	}
	for _, c := range s.complaints.m {
		late := c.DisposedAt != nil && !c.DisposedAt.Before(end)
		if came := c.cameHere(); came.Before(end) && (c.pending() || c.open() && late) {
			out[figurePending+ageOf(end.Sub(c.ArrivedAt))]++
		}
	}
	return out
}

// lastReturn is the newest return that was signed of a day, or nil.
func (s *State) lastReturn(date time.Time) *Return {
	var last *Return
	for n := 1; ; n++ {
		r := s.returns.get(returnKey{date.Format(time.DateOnly), n})
		if r == nil {
			return last
		}
		last = r
	}
}

func needsReturnSign(_ *draft, b *contract.ReturnSign, n *needs) {
	date := b.Date.Format(time.DateOnly)
	n.allOpen = true
	n.days, n.tallyDays = append(n.days, date), append(n.tallyDays, date)
}

// checkReturnSign lets the in-charge sign the figures of a day. What she signed
// before stays; a supplement says why, and has something new to say. What the
// clock told on that day after she signed is new like any line that came late;
// nobody owes a supplement for it.
func checkReturnSign(s *State, d *draft, b *contract.ReturnSign) error {
	if b.Date.Format(time.DateOnly) > day(d.at) {
		return refuse(contract.CodeInFuture, d.ptr("/date"))
	}
	last := s.lastReturn(b.Date.Time)
	switch {
	case last == nil:
		return nil
	case b.Reason == nil:
		return refuse(contract.CodeSupplementReason, d.ptr("/reason"))
	case maps.Equal(last.Figures, s.figures(b.Date.Time, d.at)):
		return refuse(contract.CodeNothingNew, d.ptr("/date"))
	}
	return nil
}

func applyReturnSign(s *State, e *Entry, b *contract.ReturnSign) []push.Notice {
	date, n := b.Date.Format(time.DateOnly), 1
	if last := s.lastReturn(b.Date.Time); last != nil {
		n = last.N + 1
	}
	s.returns.put(returnKey{date, n}, &Return{
		Day: date, N: n, SignedBy: e.OfficerID, SignedAt: e.At, Seq: e.Seq, Figures: s.figures(b.Date.Time, e.At),
	})
	s.step(e, s.daySubject(date))
	return nil
}
