package evidence_test

import (
	"math"
	"testing"
	"time"

	"kendra/geo"
	"kendra/geo/evidence"
)

// mastScenes are those of phones that know no satellites: of old ones, and indoors.
func mastScenes() []scene {
	return []scene{
		{name: "positions of masts alone", cheat: false, make: func(g gen) evidence.Visit {
			d := g.day(6)
			if g.Float64() < 0.5 {
				d.two()
			}
			p := d.me
			if g.Float64() < 0.3 { // the phone knew satellites for a part of the day
				d.track = append(d.track[:len(d.track)/2], g.byMasts(p, d.track[len(d.track)/2:])...)
			} else {
				d.track = g.byMasts(p, d.track)
			}
			d.earlier = nil
			for n := range 1 + g.IntN(5) { // the same way, and so the same masts, day after day
				d.earlier = append(shift(g.byMasts(p, g.track(p, d.phone, d.from, d.to)), -time.Duration(n+1)*24*time.Hour), d.earlier...)
			}
			f := g.byMasts(p, []evidence.Pos{{At: d.end}})[0]
			return d.visit(d.fixOf(f))
		}},
	}
}

// byMasts is what a phone without satellites says: the point of the mast that serves it, the
// very same each time, and with it how far the mast reaches.
func (g gen) byMasts(p person, list []evidence.Pos) []evidence.Pos {
	const apart = 1500 // a mast stands in each square of so many metres
	out := make([]evidence.Pos, len(list))
	for i, x := range list {
		at := p.at(x.At)
		north, east := math.Floor(at.Lat/(apart*metre)), math.Floor(at.Lon/(apart*metre))
		own := gen{Rand: newRand(uint64(int64(north)*1_000_003 + int64(east)))}
		mast := geo.Point{Lat: (north + own.Float64()) * apart * metre, Lon: (east + own.Float64()) * apart * metre}
		out[i] = evidence.Pos{Point: mast, At: x.At, AccuracyM: 400 + 1200*own.Float64()}
	}
	return out
}

func TestAPhoneThatKnowsItsMastsAloneReplaysNothing(t *testing.T) {
	t.Parallel()
	masts := []geo.Point{{Lat: 25.20, Lon: 80.90}, {Lat: 25.215, Lon: 80.91}, {Lat: 25.23, Lon: 80.92}}
	day := func(start time.Time, accuracy float64) (out []evidence.Pos) {
		for i := range 70 { // every three minutes; from mast to mast and back
			k := []int{0, 1, 2, 1}[i/4%4]
			out = append(out, evidence.Pos{Point: masts[k], At: start.Add(time.Duration(i) * 3 * time.Minute), AccuracyM: accuracy})
		}
		return out
	}
	start := time.Date(2026, 11, 3, 6, 0, 0, 0, time.UTC)
	visit := func(accuracy float64) evidence.Visit {
		v := evidence.Visit{
			Started: start.Add(90 * time.Minute), Ended: start.Add(110 * time.Minute),
			Track: day(start, accuracy), Earlier: day(start.Add(-24*time.Hour), accuracy),
		}
		v.Fix = &geo.Fix{Point: masts[1], AccuracyM: accuracy, At: v.Ended, FixAt: v.Ended}
		return v
	}
	if state, items := evidence.Default().Assess(visit(1300)); state == evidence.Weak {
		t.Errorf("by its masts: %s, by %v", state, items)
	}
	if state, items := evidence.Default().Assess(visit(8)); state != evidence.Weak {
		t.Errorf("the same way, as if by satellites: %s, by %v", state, items)
	}
}
