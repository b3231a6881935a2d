package evidence_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kendra/geo"
	"kendra/geo/evidence"
)

// How the days are made up. None of it looks at the numbers of evidence.Rules: a
// person is at true points over time (a base, a way of 15 to 40 km/h, a stay of 10
// to 60 minutes in which she walks about), and a phone sees them with an error of
// its own: a random walk back to zero (errors of GPS last minutes) whose size is
// drawn for each phone from a log-normal around 6 m outdoors and 90 m indoors, with
// one sample in fifty thrown off by three times that. The accuracy that it reports
// is drawn beside the error, log-normal around its size, so that phones boast and
// are modest as real ones do. Intervals between positions, gaps and battery are
// drawn too. A cheat is the same phone, where its owner really is, with the one
// thing done that the name says.

const (
	metre = 1 / 111_195.0
	runs  = 10_000
)

type gen struct {
	*rand.Rand

	place *geo.Point // where the day is said to be, if somebody wants to know
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func (g gen) between(a, b float64) float64 { return a + (b-a)*g.Float64() }

func (g gen) lognormal(mid, spread float64) float64 { return mid * math.Exp(spread*g.NormFloat64()) }

func (g gen) minutes(a, b float64) time.Duration {
	return time.Duration(g.between(a, b) * float64(time.Minute))
}

func move(p geo.Point, east, north float64) geo.Point {
	return geo.Point{Lat: p.Lat + north*metre, Lon: p.Lon + east*metre/math.Cos(p.Lat*math.Pi/180)}
}

// phone sees true points with errors of its own.
type phone struct {
	g        gen
	size     float64
	ex, ny   float64
	interval time.Duration
}

func (g gen) phone(size float64) *phone {
	return &phone{g: g, size: g.lognormal(size, 0.4), interval: g.minutes(0.5, 2)}
}

func (p *phone) sees(at geo.Point, when time.Time) evidence.Pos {
	p.ex = 0.8*p.ex + 0.6*p.size*p.g.NormFloat64()
	p.ny = 0.8*p.ny + 0.6*p.size*p.g.NormFloat64()
	k := 1.0
	if p.g.Float64() < 0.02 {
		k = 3
	}
	return evidence.Pos{Point: move(at, k*p.ex, k*p.ny), At: when, AccuracyM: math.Max(3, p.g.lognormal(1.4*p.size, 0.3))}
}

// person is where somebody truly is: at the base, on the way, there, and back.
type person struct {
	base, place   geo.Point
	arrive, leave time.Time
	way           time.Duration
	walk          []geo.Point // where she stands, a point for five minutes
}

func (g gen) person(base, place geo.Point, arrive, leave time.Time) person {
	p := person{base: base, place: place, arrive: arrive, leave: leave}
	p.way = time.Duration(geo.Distance(base, place) / g.between(4, 11) * float64(time.Second))
	at := move(place, g.between(-60, 60), g.between(-60, 60))
	for range int(leave.Sub(arrive)/(5*time.Minute)) + 2 {
		p.walk = append(p.walk, at)
		if g.Float64() < 0.4 { // goes to the next house
			at = move(place, g.between(-120, 120), g.between(-120, 120))
		}
	}
	return p
}

func (p person) at(t time.Time) geo.Point {
	part := func(f float64) geo.Point {
		return geo.Point{Lat: p.base.Lat + f*(p.place.Lat-p.base.Lat), Lon: p.base.Lon + f*(p.place.Lon-p.base.Lon)}
	}
	switch {
	case t.Before(p.arrive.Add(-p.way)) || t.After(p.leave.Add(p.way)):
		return p.base
	case t.Before(p.arrive):
		return part(1 - float64(p.arrive.Sub(t))/float64(p.way))
	case t.After(p.leave):
		return part(1 - float64(t.Sub(p.leave))/float64(p.way))
	}
	return p.walk[int(t.Sub(p.arrive)/(5*time.Minute))]
}

func (g gen) track(p person, ph *phone, from, to time.Time) []evidence.Pos {
	var out []evidence.Pos
	for t := from; t.Before(to); t = t.Add(time.Duration(float64(ph.interval) * g.between(0.8, 1.3))) {
		out = append(out, ph.sees(p.at(t), t))
	}
	return out
}

// day is one visit as it was, before anything goes wrong.
type day struct {
	g             gen
	me            person
	phone         *phone
	start, end    time.Time
	from, to      time.Time
	before        geo.Trace
	track, second []evidence.Pos
	earlier       []evidence.Pos
	offset        time.Duration
}

func (g gen) day(size float64) *day {
	d := &day{g: g, start: time.Date(2026, 11, 3, 4, 0, 0, 0, time.UTC).Add(g.minutes(0, 480))}
	d.end = d.start.Add(g.minutes(10, 60))
	base := move(geo.Point{Lat: 25.2, Lon: 80.9}, g.between(-9e3, 9e3), g.between(-9e3, 9e3))
	far, turn := g.between(2500, 15_000), g.between(0, 2*math.Pi)
	place := move(base, far*math.Sin(turn), far*math.Cos(turn))
	if g.place != nil {
		*g.place = place
	}
	d.me, d.phone = g.person(base, place, d.start, d.end), g.phone(size)
	d.from, d.to = d.start.Add(-90*time.Minute), d.end.Add(90*time.Minute)
	d.track = g.track(d.me, d.phone, d.from, d.to)
	if g.Float64() < 0.5 { // she was here last week, too
		then := g.person(base, place, d.start, d.end)
		d.earlier = shift(g.track(then, g.phone(size), d.from, d.to), -5*24*time.Hour)
	}
	d.before = geo.Trace{Point: d.track[0].Point, At: d.track[0].At, AccuracyM: d.track[0].AccuracyM, Repeats: 1, Since: d.track[0].At}
	d.offset = time.Duration(g.NormFloat64() * float64(5*time.Second))
	return d
}

// two has a second officer come with her: she stays in the place, and walks about.
func (d *day) two() {
	other := d.g.person(d.me.base, d.me.place, d.me.arrive, d.me.leave)
	other.way = d.me.way
	d.second = d.g.track(other, d.g.phone(6), d.from, d.to)
}

func shift(list []evidence.Pos, by time.Duration) []evidence.Pos {
	out := make([]evidence.Pos, len(list))
	for i, p := range list {
		p.At = p.At.Add(by)
		out[i] = p
	}
	return out
}

func (d *day) fixOf(p evidence.Pos) *geo.Fix {
	return &geo.Fix{Point: p.Point, AccuracyM: p.AccuracyM, At: d.end, FixAt: d.end.Add(-time.Duration(d.g.between(0, 30)) * time.Second), Mock: p.Mock}
}

// visit is what the server has of the day.
func (d *day) visit(f *geo.Fix) evidence.Visit {
	v := evidence.Visit{
		Fix: f, Started: d.start, Ended: d.end, ClockOffset: d.offset, Track: d.track, Earlier: d.earlier, Second: d.second,
	}
	if f == nil {
		return v
	}
	v.Flags = geo.Doubts(*f, &d.before, nil, d.offset)
	m := geo.Distance(d.me.place, f.Point)
	if v.PlaceM = &m; m > 1500 { // no place of the list is near
		v.PlaceM = nil
	}
	return v
}

func (d *day) good() evidence.Visit { return d.visit(d.fixOf(d.phone.sees(d.me.at(d.end), d.end))) }

type scene struct {
	name  string
	cheat bool
	make  func(g gen) evidence.Visit
	// outside is why the scene is printed and bound to nothing: no server can tell it.
	outside string
}

func scenes() []scene {
	withTwo := func(size float64, second float64, g gen) *day {
		d := g.day(size)
		if g.Float64() < second {
			d.two()
		}
		return d
	}
	return []scene{
		{name: "nothing unusual, alone", cheat: false, make: func(g gen) evidence.Visit { return withTwo(6, 0, g).good() }},
		{name: "nothing unusual, two officers", cheat: false, make: func(g gen) evidence.Visit { return withTwo(6, 1, g).good() }},
		{name: "indoors, fixes of 300 m", cheat: false, make: func(g gen) evidence.Visit {
			d := withTwo(6, 0.5, g)
			d.phone = g.phone(90)
			for i, p := range d.track {
				if p.At.After(d.start) && p.At.Before(d.end) {
					d.track[i] = d.phone.sees(d.me.at(p.At), p.At)
				}
			}
			f := d.phone.sees(d.me.at(d.end), d.end)
			f.AccuracyM = g.between(200, 400)
			return d.visit(d.fixOf(f))
		}},
		{name: "no fix for a day", cheat: false, make: func(g gen) evidence.Visit {
			d := withTwo(6, 0.5, g)
			old := d.fixOf(d.track[0])
			old.FixAt = d.end.Add(-g.minutes(60, 1440))
			old.Point = d.me.base
			d.track = nil
			if g.Float64() < 0.5 {
				return d.visit(nil)
			}
			return d.visit(old)
		}},
		{name: "a wrong clock", cheat: false, make: func(g gen) evidence.Visit {
			d := withTwo(6, 0.5, g)
			d.offset = g.minutes(-600, 600)
			if g.Float64() < 0.3 { // it was put right meanwhile: the positions before that are shifted
				d.track = shift(d.track, d.offset)
			}
			return d.good()
		}},
		{name: "a dead battery", cheat: false, make: func(g gen) evidence.Visit {
			d := withTwo(6, 0.5, g)
			died := d.from.Add(time.Duration(g.Float64() * float64(d.to.Sub(d.from))))
			for i, p := range d.track {
				if p.At.After(died) {
					d.track = d.track[:i]
					break
				}
			}
			if g.Float64() < 0.5 { // written down at the base, in the evening
				d.end = d.start.Add(g.minutes(10, 60))
				f := d.fixOf(d.phone.sees(d.me.base, d.end))
				f.At = d.end.Add(g.minutes(60, 300))
				f.FixAt = f.At
				return d.visit(f)
			}
			return d.visit(nil)
		}},
		{name: "mock provider", cheat: true, make: func(g gen) evidence.Visit {
			d := withTwo(6, 0.3, g)
			d.second = nil // the other one is not there
			hidden := g.Float64() < 0.2
			for i := range d.track {
				d.track[i].Mock = !hidden
			}
			f := d.fixOf(evidence.Pos{Point: move(d.me.place, g.between(-20, 20), g.between(-20, 20)), AccuracyM: g.between(3, 20), Mock: !hidden})
			return d.visit(f)
		}},
		{name: "replayed track", cheat: true, make: func(g gen) evidence.Visit {
			d := withTwo(6, 0, g)
			d.earlier = shift(d.track, -time.Duration(1+g.IntN(6))*24*time.Hour)
			if g.Float64() < 0.3 { // with an error drawn over it: nobody can tell
				for i, p := range d.track {
					d.track[i].Point = move(p.Point, 5*g.NormFloat64(), 5*g.NormFloat64())
				}
			}
			if g.Float64() < 0.5 { // the second officer's, too
				d.two()
				d.second = shift(d.second, time.Duration(g.IntN(10))*time.Second)
				for i := range d.second {
					d.second[i].Point = d.track[min(i, len(d.track)-1)].Point
				}
			}
			return d.good()
		}},
		{name: "same point for hours", cheat: true, make: func(g gen) evidence.Visit {
			d := withTwo(6, 0, g)
			at := move(d.me.base, g.between(-500, 500), g.between(-500, 500))
			for i := range d.track {
				d.track[i].Point = at
			}
			d.before = geo.Trace{Point: at, At: d.from, AccuracyM: 8, Repeats: 2 + g.IntN(8), Since: d.from}
			return d.visit(d.fixOf(evidence.Pos{Point: at, AccuracyM: g.between(4, 30)}))
		}},
		{name: "teleport", cheat: true, make: func(g gen) evidence.Visit {
			d := withTwo(6, 0, g)
			home := d.me
			home.place = home.base
			for i := range home.walk {
				home.walk[i] = home.base
			}
			d.track = g.track(home, d.phone, d.from, d.to) // the positions know where he is
			last := d.phone.sees(d.me.base, d.end)
			d.before = geo.Trace{Point: last.Point, At: d.end.Add(-g.minutes(0.5, 10)), AccuracyM: last.AccuracyM, Repeats: 1, Since: d.from}
			return d.visit(d.fixOf(evidence.Pos{Point: move(d.me.place, g.between(-50, 50), g.between(-50, 50)), AccuracyM: g.between(3, 30)}))
		}},
		{name: "clock set back", cheat: true, make: func(g gen) evidence.Visit {
			d := withTwo(6, 0, g)
			by := g.minutes(60, 600) // he is there much later than he says
			d.me.arrive, d.me.leave = d.me.arrive.Add(by), d.me.leave.Add(by)
			d.track = g.track(d.me, d.phone, d.from, d.to)
			if g.Float64() < 0.5 { // and has not put it right before he sent it
				d.offset = by
			}
			return d.visit(d.fixOf(d.phone.sees(d.me.place, d.end)))
		}},
		{name: "two phones in one bag", cheat: true, make: func(g gen) evidence.Visit {
			d := withTwo(6, 0, g)
			size := 6.0
			if g.Float64() < 0.3 { // in a house
				size = 40
				d.phone = g.phone(size)
				d.track = g.track(d.me, d.phone, d.from, d.to)
			}
			d.second = g.track(d.me, g.phone(size), d.from, d.to) // in the same bag, with errors of its own
			return d.good()
		}},
	}
}

// TestCheatsAreNotStrongAndBadLuckIsNotWeak prints what of each was found.
func TestCheatsAreNotStrongAndBadLuckIsNotWeak(t *testing.T) {
	t.Parallel()
	rules := evidence.Default()
	t.Logf("%-44s %6s %9s %9s %9s", "of "+fmt.Sprint(runs)+" each", "seed", "strong", "weak", "unknown")
	for n, s := range slices.Concat(scenes(), codeScenes(), mastScenes()) {
		seed := uint64(20271203 + n)
		g := gen{Rand: newRand(seed)}
		count := map[evidence.State]int{}
		for range runs {
			state, items := rules.Assess(s.make(g))
			if len(items) == 0 {
				t.Fatalf("%s: a state without a reason", s.name)
			}
			count[state]++
		}
		share := func(st evidence.State) float64 { return 100 * float64(count[st]) / runs }
		t.Logf("%-44s %d %8.2f%% %8.2f%% %8.2f%%", s.name, seed, share(evidence.Strong), share(evidence.Weak), share(evidence.Unknown))
		if s.outside != "" {
			t.Logf("%-44s not bound: %s", "", s.outside)
			continue
		}
		if s.cheat && share(evidence.Strong) > 2 {
			t.Errorf("%s: %.2f %% of these cheats are strong", s.name, share(evidence.Strong))
		}
		if !s.cheat && share(evidence.Weak) > 2 {
			t.Errorf("%s: %.2f %% of these honest visits are weak", s.name, share(evidence.Weak))
		}
	}
}
