package book

import (
	"time"

	contract "kendra/mobile-contract"
)

// groundRepeat is the ground of who was given a card before.
const groundRepeat = "repeat_after_card"

// PreviousCard says whether a person was given a warning card before, and on
// which day (IST). Neither where nor why, nor which entry it was.
type PreviousCard struct {
	Found bool
	On    string
}

// isSought tells whether a person entry says enough to find an earlier one: a
// number, or name, parent and address together; of a child nothing is looked for.
func isSought(b *contract.SquadPerson) bool {
	return !b.IsChild && (b.Mobile != nil || b.Name != nil && b.ParentName != nil && b.Address != nil)
}

// lastCard is when the person of a draft was last given a card, as long as such
// entries are kept; zero: he was not. Of a warning that was set aside the marks are
// gone.
func (s *State) lastCard(d *draft) (last time.Time) {
	for _, m := range d.marks {
		for _, a := range s.alike[string(m.Hash)] {
			switch {
			case m.Field == markFacts, a.PersonID == d.subject(), a.Outcome != outcomeCard, a.State == struck:
			case a.At.After(d.at), d.at.After(s.rules.keptUntil(ruleWarned, a.At, d.at)):
			default:
				last = later(last, a.At)
			}
		}
	}
	return last
}

// previousCard is what the leader is told of earlier cards: in the receipt of an
// entry that stands, and nowhere else. To ask is to enter a person with a ground.
func (t *batch) previousCard(d *draft) *PreviousCard {
	b, ok := d.body.(*contract.SquadPerson)
	if !ok || !isSought(b) {
		return nil
	}
	last := t.state.lastCard(d)
	if last.IsZero() {
		return &PreviousCard{}
	}
	return &PreviousCard{Found: true, On: day(last)}
}
