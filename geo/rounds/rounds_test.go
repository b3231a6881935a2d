package rounds_test

import (
	"slices"
	"testing"
	"time"

	"kendra/geo"
	"kendra/geo/rounds"
)

func sums(list []rounds.Round) (metres float64, debt int64, n int) {
	for _, r := range list {
		metres, debt, n = metres+r.Metres, debt+r.Debt, n+len(r.Visits)
	}
	return metres, debt, n
}

func TestARoundIsShorterOrPaysMoreThanTheOrderOfTheRegister(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		places, officers int
	}{{"more than can be seen", 60, 3}, {"sixty places, six officers", 60, 6}, {"all can be seen", 24, 6}} {
		better, way, paid, same := 0, 0.0, 0.0, 0.0
		for seed := range uint64(100) {
			units, stops := rounds.Day(seed, c.places, c.officers)
			plan := rounds.Plan(units, stops)
			m, d, n := sums(plan)
			m0, d0, n0 := sums(rounds.InOrder(units, stops))
			if d < d0 {
				t.Errorf("%s, day %d: %d of debt paid by %d visits, by the register %d by %d", c.name, seed, d, n, d0, n0)
			}
			way, paid = way+m/m0, paid+float64(d)/float64(d0)
			same += m / byRegister(units, stops, plan)
			if m <= 0.7*m0 || float64(d) >= 1.3*float64(d0) {
				better++
			}
		}
		t.Logf("%s, 100 days (seeds 0 to 99): way %.0f %%, debt paid %.0f %% of a day in the register's order, %d days with 30 %% less or more; "+
			"each round against its own places in the register's order: way %.0f %%", c.name, way, paid, better, same)
		if way > 70 && paid < 130 || same > 70 || better < 95 {
			t.Errorf("%s: way %.0f %%, debt paid %.0f %%, same places %.0f %%, %d days", c.name, way, paid, same, better)
		}
	}
}

// byRegister is how long the ways are when each unit sees the places of its round in the
// order in which they stand in the register.
func byRegister(units []rounds.Unit, stops []rounds.Stop, plan []rounds.Round) (metres float64) {
	for u, r := range plan {
		slices.SortFunc(r.Visits, func(a, b rounds.Visit) int { return a.Stop - b.Stop })
		here := units[u].At
		for _, v := range r.Visits {
			metres += geo.Distance(here, stops[v.Stop].At) * rounds.WayFactor
			here = stops[v.Stop].At
		}
	}
	return metres
}

func TestARoundKeepsHoursAndIsTheSameAgain(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		units, stops := rounds.Day(seed, 60, 6)
		plan := rounds.Plan(units, stops)
		seen := map[int]bool{}
		for u, r := range plan {
			at := units[u].From
			for _, v := range r.Visits {
				s := &stops[v.Stop]
				switch {
				case seen[v.Stop]:
					t.Errorf("day %d: stop %d is seen twice", seed, v.Stop)
				case v.At.Before(at), !s.Closes.IsZero() && (v.At.Before(s.Opens) || v.At.After(s.Closes)):
					t.Errorf("day %d: stop %d at %v, open %v to %v, free from %v", seed, v.Stop, v.At, s.Opens, s.Closes, at)
				case v.At.Add(rounds.Stay).After(units[u].Until):
					t.Errorf("day %d: unit %d is out until after its day", seed, u)
				}
				seen[v.Stop], at = true, v.At.Add(rounds.Stay)
			}
		}
		for u, again := range rounds.Plan(units, stops) {
			if !slices.Equal(again.Visits, plan[u].Visits) {
				t.Errorf("day %d: the same question has another answer", seed)
			}
		}
	}
	if r := rounds.Plan(nil, nil); len(r) != 0 {
		t.Error(r)
	}
	units, _ := rounds.Day(1, 1, 2)
	if r := rounds.Plan(units, nil); len(r) != 2 || len(r[0].Visits) != 0 {
		t.Error(r)
	}
}

func BenchmarkSixtyPlacesSixOfficers(b *testing.B) {
	units, stops := rounds.Day(1, 60, 6)
	for b.Loop() {
		rounds.Plan(units, stops)
	}
}

func TestNobodyWaitsAtAGateWhoCouldSeeAnotherPlaceMeanwhile(t *testing.T) {
	t.Parallel()
	eight := time.Date(2026, 11, 18, 2, 30, 0, 0, time.UTC)
	gate := rounds.Stop{At: geo.Point{Lat: 25.21, Lon: 80.9}, Debt: 9, Opens: eight.Add(6 * time.Hour), Closes: eight.Add(8 * time.Hour)}
	beyond := rounds.Stop{At: geo.Point{Lat: 25.23, Lon: 80.9}, Debt: 1}
	unit := rounds.Unit{At: geo.Point{Lat: 25.2, Lon: 80.9}, KmH: 25, From: eight, Until: eight.Add(12 * time.Hour)}
	got := rounds.Plan([]rounds.Unit{unit}, []rounds.Stop{gate, beyond})[0]
	if len(got.Visits) != 2 || got.Visits[0].Stop != 1 || !got.Visits[1].At.Equal(gate.Opens) {
		t.Errorf("%+v", got.Visits)
	}
}
