package book

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/geo"
	contract "kendra/mobile-contract"
)

// Act is what the search for patterns needs of a line of a squad: codes, times,
// a cell, and what was noted when it was entered. It names nobody who was spoken
// to.
type Act struct {
	SquadID    uuid.UUID  `json:"squad_id"`
	At         time.Time  `json:"at"`   // when it was seen, or began
	Made       time.Time  `json:"made"` // when it was entered on the phone
	RoundID    *uuid.UUID `json:"round_id,omitempty"`
	Cell       int64      `json:"cell,omitempty"`
	Word       bool       `json:"word,omitempty"`
	SameFacts  bool       `json:"same_facts,omitempty"`
	SamePerson bool       `json:"same_person,omitempty"`
	Women      int        `json:"women,omitempty"`
	Spoken     int        `json:"spoken,omitempty"`
}

// Facts of a person entry: a woman's word stands behind it; the same facts were
// written before; the same officer has stopped the same person before.
const (
	factWord       = "word"
	factSameFacts  = "same_facts"
	factSamePerson = "same_person"
)

// wordGrounds are the grounds behind which a woman's word stands.
var wordGrounds = []string{"pointed_out_by_woman", "named_in_complaint"}

// warnings are the outcomes by which a person is warned.
var warnings = []string{"warned", outcomeCard, "undertaking"}

// outcomeCard is the outcome of a warning card.
const outcomeCard = "warning_card"

// cellOf is the cell of the place that an op was made at.
func (e *Entry) cellOf() int64 {
	if e.Place == nil || len(e.Cells) == 0 {
		return 0
	}
	return e.Cells[0]
}

func actOfPerson(e *Entry, b *contract.SquadPerson) *Act {
	return &Act{
		SquadID: b.SquadID, At: b.SeenAt.UTC(), Made: e.At, RoundID: b.RoundID, Cell: e.cellOf(), Word: e.Facts.isTrue(factWord),
		SameFacts: e.Facts.isTrue(factSameFacts), SamePerson: e.Facts.isTrue(factSamePerson),
	}
}

func actOfRound(e *Entry, b *contract.SquadRound) *Act {
	return &Act{
		SquadID: b.SquadID, At: b.StartedAt.UTC(), Made: e.At, Cell: e.cellOf(), Women: b.WomenSpoken, Spoken: b.PersonsSpoken,
	}
}

// noteAct keeps of a line what patterns are found by. A line that is put right was
// made when and where the first was.
func (s *State) noteAct(m *Matter, a *Act) {
	if old := m.Data.Act; old != nil {
		a.Made, a.Cell = old.Made, old.Cell
	}
	m.Data.Act = a
	s.lookAt = append(s.lookAt, lookAt{a.SquadID, a.At})
}

// act is a line of a squad as the search sees it.
type act struct {
	ID, Officer uuid.UUID
	Kind        string
	Leader      *uuid.UUID
	Ground      string
	Outcome     string
	Child       bool
	OnDuty      bool
	Act
}

// finding is a pattern that was found.
type finding struct {
	Rule     ConductRule
	N, Total int
	Ground   string
}

// span is the days of a window: from its first moment to that after it.
type span struct{ From, To time.Time }

// spanOf is the day, or the week from Monday to Sunday, of a time (IST).
func spanOf(name string, at time.Time) span {
	t := at.In(ist)
	from := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, ist)
	if name == spanDay {
		return span{from, from.AddDate(0, 0, 1)}
	}
	from = from.AddDate(0, 0, -(int(from.Weekday())+6)%7)
	return span{from, from.AddDate(0, 0, 7)}
}

// Spans over which patterns are looked for.
const (
	spanDay  = "day"
	spanWeek = "week"
)

func (w span) holds(at time.Time) bool { return !at.Before(w.From) && at.Before(w.To) }

// findPatterns judges the acts of one squad within a span by the rules. Acts of
// the days before may be among them: a person is far from a round that began
// earlier.
func findPatterns(acts []act, rules []ConductRule, name string, w span) []finding {
	var persons, rounds []act
	places := map[uuid.UUID]int64{}
	for _, a := range acts {
		if a.Kind == matterRound {
			places[a.ID] = a.Cell
		}
		switch {
		case !w.holds(a.At):
		case a.Kind == matterRound:
			rounds = append(rounds, a)
		case a.Kind == matterPerson:
			persons = append(persons, a)
		}
	}
	var out []finding
	for _, r := range rules {
		if r.Span != name {
			continue
		}
		f := finding{Rule: r, Total: len(persons)}
		switch r.Pattern {
		case "one_ground":
			f.N, f.Ground = mostOnOneGround(persons, time.Duration(r.WithinS)*time.Second)
		case "women":
			f.N, f.Total = women(rounds, r.Percent)
		case "one_place":
			f.N = mostInOneCell(persons)
		case "no_word":
			f.N = warnedWithoutAWord(persons)
		case "far_from_place":
			f.N = tally(persons, func(a act) bool { return a.farFrom(places, float64(r.Metres)) })
		case factSameFacts:
			f.N = tally(persons, func(a act) bool { return a.SameFacts })
		case factSamePerson:
			f.N = tally(persons, func(a act) bool { return a.SamePerson })
		case "after_shift":
			f.N = tally(persons, func(a act) bool { return !a.OnDuty })
		case "children":
			f.N = tally(persons, func(a act) bool { return a.Child })
		}
		if f.N >= r.N {
			out = append(out, f)
		}
	}
	return out
}

func tally(list []act, has func(act) bool) (n int) {
	for _, a := range list {
		if has(a) {
			n++
		}
	}
	return n
}

// mostOnOneGround is the most persons that were stopped on one ground within a
// time, and the ground.
func mostOnOneGround(persons []act, within time.Duration) (most int, ground string) {
	byGround := map[string][]time.Time{}
	for _, a := range persons {
		byGround[a.Ground] = append(byGround[a.Ground], a.At)
	}
	for g, times := range byGround {
		slices.SortFunc(times, time.Time.Compare)
		first := 0
		for last, at := range times {
			for at.Sub(times[first]) > within {
				first++
			}
			if n := last - first + 1; cmp.Or(n-most, compareText(ground, g)) > 0 {
				most, ground = n, g
			}
		}
	}
	return most, ground
}

// women counts the women spoken to on rounds if they are a share of all.
func women(rounds []act, percent int) (n, spoken int) {
	for _, a := range rounds {
		n, spoken = n+a.Women, spoken+a.Spoken
	}
	if n*100 < spoken*percent {
		return 0, spoken
	}
	return n, spoken
}

// placeRes is the resolution of the cells that count as one place: some 460 m
// across.
const placeRes = 9

func mostInOneCell(persons []act) (most int) {
	cells := map[geo.Cell]int{}
	for _, a := range persons {
		if a.Cell != 0 {
			c := geo.Cell(a.Cell).Parent(placeRes)
			cells[c]++
			most = max(most, cells[c])
		}
	}
	return most
}

// warnedWithoutAWord counts the warnings of a span in which no woman has said a
// word about anybody.
func warnedWithoutAWord(persons []act) int {
	if slices.ContainsFunc(persons, func(a act) bool { return a.Word }) {
		return 0
	}
	return tally(persons, func(a act) bool { return slices.Contains(warnings, a.Outcome) })
}

// farFrom tells whether an entry was made further from the place of its round
// than so many metres; of one without round or place it is not known.
func (a act) farFrom(places map[uuid.UUID]int64, metres float64) bool {
	if a.RoundID == nil || a.Cell == 0 || places[*a.RoundID] == 0 {
		return false
	}
	here, err := geo.Cell(a.Cell).Center()
	if err != nil {
		return false
	}
	there, err := geo.Cell(places[*a.RoundID]).Center()
	return err == nil && geo.Distance(here, there) > metres
}
