package heat

import (
	"cmp"
	"slices"

	"kendra/geo"
)

// Layer is of what kind a complaint is, as far as the map tells kinds apart.
type Layer uint8

// The layers. There is none of sexual offences, and no other can be asked for.
const (
	Other  Layer = iota // counted in all, and in no layer of its own
	Public              // in a public place
	Home                // at home
)

// Complaint is what is known here of one complaint that was not counted yet.
type Complaint struct {
	ID    [16]byte
	Who   [16]byte // the same for all complaints of one woman, and for nobody else's; nought of all who cannot be told apart
	Day   int      // the day she came, counted from any day
	Week  int      // the week in which the book learnt of it, counted from any week
	Cell  geo.Cell // of resolution 7; 0 if it may be counted in the district alone
	Layer Layer
}

// Group is complaints that were counted together, once and for ever.
type Group struct {
	Cell  geo.Cell `json:"cell,omitzero"` // of resolution 7, 6 or 5; 0 is the district
	Layer Layer    `json:"layer"`         // of which all are; Other says nothing of what they are
	N     int      `json:"n"`             // women, rounded to Step
}

const (
	// Women is from how many on a group is told.
	Women = 5
	// Days is on how many days they came at least.
	Days = 3
	// Step is to what figures are rounded.
	Step = 5
	// Finest is the resolution of the finest cells, the finest that is open of a place that
	// can point at a woman.
	Finest = 7
	// Window is of how many weeks a snapshot tells.
	Window = 13

	patience = 3 // weeks for which a complaint waits at each stage for others
)

// stages are how groups are tried, one after the other. A complaint comes to the next one
// when it has waited at the last for others in vain.
//
//nolint:gochecknoglobals // a static table
var stages = []struct {
	res   int // 0: the district
	apart bool
}{{Finest, true}, {Finest, false}, {6, false}, {5, false}, {0, false}}

// Publish closes the groups that are told at the end of a week, and gives back the
// complaints that go on waiting. See the package for why.
func Publish(waiting []Complaint, week int) (told []Group, rest []Complaint) {
	groups, left := guards{apart: true, rounded: true}.publish(waiting, week)
	for _, g := range groups {
		told = append(told, g.Group)
	}
	return told, left
}

// Row is a line of a snapshot: the figures of a cell, of women. A layer that is not told is 0.
type Row struct {
	Cell              geo.Cell // of resolution 7, 6 or 5, without what finer ones tell; 0 is the district without what cells tell
	All, Public, Home int
}

// Sum is what a snapshot tells: the groups of its weeks, by cell. The district is first.
func Sum(weeks ...[]Group) []Row {
	var out []Row
	for _, g := range slices.Concat(weeks...) {
		i, found := slices.BinarySearchFunc(out, g.Cell, func(r Row, c geo.Cell) int { return cmp.Compare(r.Cell, c) })
		if !found {
			out = slices.Insert(out, i, Row{Cell: g.Cell})
		}
		switch out[i].All += g.N; g.Layer {
		case Public:
			out[i].Public += g.N
		case Home:
			out[i].Home += g.N
		}
	}
	return out
}

// guards are on, but in the test that shows that they are needed.
type guards struct {
	apart   bool // no group holds what another one holds
	rounded bool
}

// group is a Group with those that are counted in it; they never leave this package.
type group struct {
	Group

	members []Complaint
}

// place is where complaints are put together.
type place struct {
	cell  geo.Cell
	layer Layer
}

func (g guards) publish(waiting []Complaint, week int) (told []group, rest []Complaint) {
	rest = slices.Clone(waiting)
	var taken []Complaint
	for stage := range stages {
		places := map[place][]Complaint{}
		for _, c := range rest {
			if at, ok := c.at(stage, week); ok {
				places[at] = append(places[at], c)
			}
		}
		closed := map[[16]byte]bool{}
		for at, members := range places {
			if !g.apart {
				members = append(members, inside(taken, at, stages[stage].res)...)
			}
			if !enough(members) {
				continue
			}
			told = append(told, group{Group{at.cell, at.layer, g.round(women(members))}, members})
			for _, c := range members {
				closed[c.ID] = true
			}
		}
		rest = slices.DeleteFunc(rest, func(c Complaint) bool {
			if closed[c.ID] {
				taken = append(taken, c)
			}
			return closed[c.ID]
		})
	}
	slices.SortFunc(told, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.Cell, b.Cell), cmp.Compare(a.Layer, b.Layer))
	})
	return told, rest
}

// at is where a complaint may be counted at a stage, once it has come so far.
func (c Complaint) at(stage, week int) (at place, ok bool) {
	s := stages[stage]
	switch {
	case s.res == 0:
		return at, c.Cell == 0 || week-c.Week >= patience*stage
	case c.Cell == 0 || week-c.Week < patience*stage || s.apart && c.Layer == Other:
		return at, false
	case s.apart:
		at.layer = c.Layer
	}
	at.cell = c.Cell.Parent(s.res)
	return at, true
}

// inside are the complaints that lie in a place though they are counted elsewhere.
func inside(taken []Complaint, at place, res int) (out []Complaint) {
	for _, c := range taken {
		if at.layer == Other && (at.cell == 0 || c.Cell != 0 && c.Cell.Parent(res) == at.cell) {
			out = append(out, c)
		}
	}
	return out
}

// enough tells whether complaints are of so many women, on so many days, that a figure of
// them points at none.
func enough(list []Complaint) bool {
	days := map[int]bool{}
	for _, c := range list {
		days[c.Day] = true
	}
	return len(days) >= Days && women(list) >= Women
}

func women(list []Complaint) int {
	who := map[[16]byte]bool{}
	for _, c := range list {
		who[c.Who] = true
	}
	return len(who)
}

func (g guards) round(n int) int {
	if !g.rounded {
		return n
	}
	return (n + Step/2) / Step * Step
}
