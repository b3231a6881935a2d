// Package rounds proposes in which order officers see the places that are owed a visit:
// stops with a debt and hours, units with a place, a speed and an end of their day.
//
// It inserts the stop that pays most debt for each minute that it costs, where it costs
// least, as long as one fits; then it shortens the ways (2-opt, Or-opt, and stops that
// change from one round to another) and tries again what did not fit. Last, nobody waits at a
// gate for its hour who could see another place meanwhile. No library: solvers
// of this problem are heavy (cgo, or hundreds of files), and sixty stops for six officers
// are small; the whole plan takes some milliseconds.
//
// The same question has the same answer: no chance, no clock, ties by the order of the
// stops. A round begins where the unit is and ends at its last stop.
package rounds

import (
	"math"
	"slices"
	"time"

	"kendra/geo"
)

// Stop is a place to be seen. Opens and Closes bound when a visit begins there; zero
// times bound nothing.
type Stop struct {
	At            geo.Point
	Debt          int64
	Opens, Closes time.Time
}

// Unit is an officer or a squad that goes from where it is, between two times.
type Unit struct {
	At          geo.Point
	KmH         float64
	From, Until time.Time
}

// Visit is a stop in its place of a round.
type Visit struct {
	Stop   int
	At     time.Time // it begins
	Metres float64   // of the way from the stop before, or from where the unit was
}

// Round is the proposal for one unit.
type Round struct {
	Visits []Visit
	Metres float64
	Debt   int64
}

const (
	// WayFactor is how much longer a road is than the straight line, about: of villages
	// in the plains and hills of the district.
	WayFactor = 1.3
	// Stay is how long a visit lasts, about.
	Stay = 20 * time.Minute
	// sweeps bounds how often ways are shortened again; three are rarely needed.
	sweeps = 20
)

// Plan proposes a round for each unit. Stops that fit into none are in none.
func Plan(units []Unit, stops []Stop) []Round {
	p := newPlan(units, stops)
	p.insert()
	for range sweeps {
		if !p.shorten() {
			break
		}
		p.insert()
	}
	for u := range p.units {
		for p.hurry(u) {
		}
	}
	p.insert()
	return p.rounds()
}

// InOrder is what is walked when the stops are taken as they stand in a list, shared out
// one stretch of the list for each unit: what Plan is measured against.
func InOrder(units []Unit, stops []Stop) []Round {
	p := newPlan(units, stops)
	for i := range stops {
		u := i * len(units) / len(stops)
		if route := append(slices.Clone(p.routes[u]), i); p.fits(u, route) {
			p.routes[u] = route
		}
	}
	return p.rounds()
}

// plan is the work on a proposal. Node 0..n-1 are stops, n+u is where unit u is. Times
// are seconds from zero.
type plan struct {
	units  []Unit
	stops  []Stop
	zero   time.Time
	opens  []float64
	closes []float64
	metres [][]float64
	routes [][]int
	placed []bool
	try    []int // a route that is looked at
}

func newPlan(units []Unit, stops []Stop) *plan {
	n := len(stops)
	p := &plan{
		units: units, stops: stops, routes: make([][]int, len(units)), placed: make([]bool, n),
		metres: make([][]float64, n+len(units)), opens: make([]float64, n), closes: make([]float64, n),
	}
	if len(units) > 0 {
		p.zero = units[0].From
	}
	for i := range stops {
		p.opens[i], p.closes[i] = math.Inf(-1), math.Inf(1)
		if s := &stops[i]; !s.Closes.IsZero() {
			p.opens[i], p.closes[i] = p.seconds(s.Opens), p.seconds(s.Closes)
		}
	}
	at := func(i int) geo.Point {
		if i < n {
			return stops[i].At
		}
		return units[i-n].At
	}
	for i := range p.metres {
		p.metres[i] = make([]float64, n)
		for j := range n {
			p.metres[i][j] = math.Round(geo.Distance(at(i), at(j)) * WayFactor)
		}
	}
	return p
}

func (p *plan) seconds(t time.Time) float64 { return t.Sub(p.zero).Seconds() }

func (p *plan) start(u int) int { return len(p.stops) + u }

// took is how long a way takes, in seconds.
func (u *Unit) took(metres float64) float64 { return math.Ceil(metres * 3.6 / u.KmH) }

// walk goes a route and calls back at each stop; it ends when one can't be kept.
func (p *plan) walk(u int, route []int, each func(stop int, at, metres float64)) bool {
	unit, here := &p.units[u], p.start(u)
	t, until := p.seconds(unit.From), p.seconds(unit.Until)
	for _, i := range route {
		m := p.metres[here][i]
		t = max(t+unit.took(m), p.opens[i])
		if t > p.closes[i] {
			return false
		}
		if each != nil {
			each(i, t, m)
		}
		if t += Stay.Seconds(); t > until {
			return false
		}
		here = i
	}
	return true
}

func (p *plan) fits(u int, route []int) bool { return p.walk(u, route, nil) }

// with is a route with stops put in at a place: good until the next call.
func (p *plan) with(route []int, at int, stops ...int) []int {
	p.try = append(append(append(p.try[:0], route[:at]...), stops...), route[at:]...)
	return p.try
}

func (p *plan) length(u int, route []int) float64 {
	sum, here := 0.0, p.start(u)
	for _, i := range route {
		sum += p.metres[here][i]
		here = i
	}
	return sum
}

// added is how much longer a route is with a stretch at a place in it, the stretch itself
// included.
func (p *plan) added(u int, route []int, at int, part ...int) float64 {
	here := p.start(u)
	if at > 0 {
		here = route[at-1]
	}
	before, more := here, 0.0
	for _, i := range part {
		more += p.metres[here][i]
		here = i
	}
	if at < len(route) {
		more += p.metres[here][route[at]] - p.metres[before][route[at]]
	}
	return more
}

// offer is the best place for a stop in the round of a unit, with what it pays for each
// second; 0 if there is none.
type offer struct {
	worth float64
	at    int
}

func (p *plan) offer(stop, u int) offer {
	var best offer
	for at := 0; at <= len(p.routes[u]); at++ {
		worth := float64(p.stops[stop].Debt+1) / (Stay.Seconds() + p.units[u].took(p.added(u, p.routes[u], at, stop)))
		if worth > best.worth && p.fits(u, p.with(p.routes[u], at, stop)) {
			best = offer{worth, at}
		}
	}
	return best
}

// insert puts stops in as long as one fits: the one next that pays most for its time. A
// round that did not change offers what it did.
func (p *plan) insert() {
	offers := make([][]offer, len(p.units))
	for changed := -1; ; {
		best, bu, bstop := offer{}, -1, 0
		for u := range p.units {
			if offers[u] == nil {
				offers[u] = make([]offer, len(p.stops))
			}
			for stop := range p.stops {
				if p.placed[stop] {
					continue
				}
				if changed < 0 || changed == u {
					offers[u][stop] = p.offer(stop, u)
				}
				if o := offers[u][stop]; o.worth > best.worth {
					best, bu, bstop = o, u, stop
				}
			}
		}
		if bu < 0 {
			return
		}
		p.routes[bu], p.placed[bstop], changed = slices.Insert(p.routes[bu], best.at, bstop), true, bu
	}
}

// shorten makes ways shorter as long as that is possible, and tells whether it was.
func (p *plan) shorten() bool {
	any := false
	for range sweeps {
		done := p.relocate()
		for u := range p.units {
			done = p.twoOpt(u) || done
		}
		if !done {
			break
		}
		any = true
	}
	return any
}

const gain = 1 // metres: less is no reason to change a plan

// twoOpt turns a stretch of a round about.
func (p *plan) twoOpt(u int) bool {
	done := false
	for i := 0; i < len(p.routes[u]); i++ {
		for j := i + 1; j < len(p.routes[u]); j++ {
			route := p.routes[u]
			turned := p.with(route, 0)
			slices.Reverse(turned[i : j+1])
			if p.length(u, turned)+gain < p.length(u, route) && p.fits(u, turned) {
				copy(route, turned)
				done = true
			}
		}
	}
	return done
}

// relocate moves stretches of one to three stops to where they cost less, within a round
// (Or-opt) or to another.
func (p *plan) relocate() bool {
	done := false
	for from := range p.units {
		for size := 1; size <= 3; size++ {
			for i := 0; i+size <= len(p.routes[from]); i++ {
				done = p.move(from, i, size) || done
			}
		}
	}
	return done
}

func (p *plan) move(from, i, size int) bool {
	part := slices.Clone(p.routes[from][i : i+size])
	rest := slices.Delete(slices.Clone(p.routes[from]), i, i+size)
	saved := p.length(from, p.routes[from]) - p.length(from, rest)
	best, bu, bat := float64(gain), -1, 0
	for u := range p.units {
		route := p.routes[u]
		if u == from {
			route = rest
		}
		for at := 0; at <= len(route); at++ {
			if less := saved - p.added(u, route, at, part...); less > best && p.fits(u, p.with(route, at, part...)) {
				best, bu, bat = less, u, at
			}
		}
	}
	if bu < 0 {
		return false
	}
	p.routes[from] = rest
	p.routes[bu] = slices.Insert(slices.Clone(p.routes[bu]), bat, part...)
	return true
}

// worthwhile is by how many seconds a round must be over earlier to go a longer way for it.
const worthwhile = 300

// hurry moves the stop of a round by which it is over the earliest, if that is worthwhile: the
// way may be longer then, and less is waited.
func (p *plan) hurry(u int) bool {
	route := p.routes[u]
	best, over := []int(nil), p.over(u, route)-worthwhile
	for i := range route {
		rest := slices.Delete(slices.Clone(route), i, i+1)
		for at := range len(route) {
			if tried := p.with(rest, at, route[i]); p.over(u, tried) < over {
				best, over = slices.Clone(tried), p.over(u, tried)
			}
		}
	}
	if best == nil {
		return false
	}
	p.routes[u] = best
	return true
}

// over is when a round ends, in seconds; never, if it can't be kept.
func (p *plan) over(u int, route []int) float64 {
	end := 0.0
	if !p.walk(u, route, func(_ int, at, _ float64) { end = at + Stay.Seconds() }) {
		return math.Inf(1)
	}
	return end
}

func (p *plan) rounds() []Round {
	out := make([]Round, len(p.units))
	for u, route := range p.routes {
		r := &out[u]
		p.walk(u, route, func(stop int, at, metres float64) {
			r.Visits = append(r.Visits, Visit{stop, p.zero.Add(time.Duration(at) * time.Second), metres})
			r.Metres += metres
			r.Debt += p.stops[stop].Debt
		})
	}
	return out
}
