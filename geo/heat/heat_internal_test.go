package heat

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"kendra/geo"
)

const year = 52

// generated is a year of complaints of a district: two towns where many come, villages
// where hardly anybody does, some women who come often, some cases without a cell.
func generated(t *testing.T, seed uint64) []Complaint {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	var town, rural []geo.Cell
	for _, at := range []geo.Point{{Lat: 25.2, Lon: 80.9}, {Lat: 25.38, Lon: 81.15}} {
		c, err := geo.CellAt(at)
		if err != nil {
			t.Fatal(err)
		}
		near, err := geo.GridDisk(c.Parent(Finest), 1)
		if err != nil {
			t.Fatal(err)
		}
		far, err := geo.GridDisk(c.Parent(Finest), 12)
		if err != nil {
			t.Fatal(err)
		}
		town, rural = append(town, near...), append(rural, far...)
	}
	var out []Complaint
	for week := range year {
		for range 25 + r.IntN(30) {
			c := Complaint{Day: week*7 + r.IntN(7), Week: week, Layer: Layer(r.IntN(3))}
			binary.BigEndian.PutUint64(c.ID[:], uint64(len(out)))
			c.Who = c.ID
			switch n := r.IntN(10); {
			case n == 0: // guarded
				c.Layer = Other
			case n < 6:
				c.Cell = town[r.IntN(len(town))]
			default:
				c.Cell = rural[r.IntN(len(rural))]
			}
			if len(out) > 50 && r.IntN(8) == 0 { // one who came before
				c.Who = out[r.IntN(len(out))].Who
			}
			if r.IntN(6) == 0 { // of whom no number is known
				c.Who = [16]byte{}
			}
			if r.IntN(20) == 0 { // told late
				c.Day -= 7 * r.IntN(6)
			}
			out = append(out, c)
		}
	}
	return out
}

// snapshot is what is published at the end of a week, and, for the judge of the attack
// alone, of whom each figure is.
type snapshot struct {
	rows  []Row
	truth map[figure][]Complaint
}

type figure struct {
	cell  geo.Cell
	layer string
}

// published is all snapshots of a year.
func (g guards) published(all []Complaint) []snapshot {
	var waiting []Complaint
	var closed [][]group
	var out []snapshot
	for week := range year {
		for _, c := range all {
			if c.Week == week {
				waiting = append(waiting, c)
			}
		}
		var told []group
		told, waiting = g.publish(waiting, week)
		closed = append(closed, told)
		s := snapshot{truth: map[figure][]Complaint{}}
		var groups [][]Group
		for _, w := range closed[max(0, len(closed)-Window):] {
			var list []Group
			for _, one := range w {
				list = append(list, one.Group)
				s.add(one)
			}
			groups = append(groups, list)
		}
		s.rows = Sum(groups...)
		out = append(out, s)
	}
	return out
}

func (s *snapshot) add(g group) {
	for _, layer := range []string{"all", [...]string{"", "public", "home"}[g.Layer]} {
		if layer != "" {
			f := figure{g.Cell, layer}
			s.truth[f] = append(s.truth[f], g.members...)
		}
	}
}

// minus takes complaints away, each as often as it is there.
func minus(a []Complaint, less ...[]Complaint) (out []Complaint) {
	n := map[[16]byte]int{}
	for _, c := range slices.Concat(less...) {
		n[c.ID]++
	}
	for _, c := range a {
		if n[c.ID]--; n[c.ID] < 0 {
			out = append(out, c)
		}
	}
	return out
}

// attack takes all snapshots and lists the differences that are of somebody, but of fewer
// than five women or three days.
func attack(snaps []snapshot) (singled []string) {
	hit := func(what string, week int, set []Complaint) {
		if len(set) > 0 && !enough(set) {
			singled = append(singled, fmt.Sprintf("week %d, %s: %d women", week, what, women(set)))
		}
	}
	// What came in each week follows from the figures of all weeks before it.
	var came []map[figure][]Complaint
	for week, s := range snaps {
		in := map[figure][]Complaint{}
		for f, set := range s.truth {
			for _, earlier := range came[max(0, week-Window+1):] {
				set = minus(set, earlier[f])
			}
			in[f] = set
			hit(fmt.Sprint("came ", f), week, set)
		}
		came = append(came, in)
		for _, figures := range []map[figure][]Complaint{s.truth, in} {
			subtract(figures, week, hit)
		}
	}
	return singled
}

// subtract tries all that one set of figures gives: layers from all, children from parents.
func subtract(figures map[figure][]Complaint, week int, hit func(string, int, []Complaint)) {
	for f, set := range figures {
		public, home := figures[figure{f.cell, "public"}], figures[figure{f.cell, "home"}]
		if f.layer == "all" {
			hit(fmt.Sprint("not public ", f), week, minus(set, public))
			hit(fmt.Sprint("not home ", f), week, minus(set, home))
			hit(fmt.Sprint("neither ", f), week, minus(set, public, home))
		}
		var below [][]Complaint
		for child, less := range figures {
			inside := child.cell != 0 && (f.cell == 0 || child.cell.Res() > f.cell.Res() && child.cell.Parent(f.cell.Res()) == f.cell)
			if child.layer == f.layer && inside {
				below = append(below, less)
				hit(fmt.Sprint(f, " less ", child), week, minus(set, less))
			}
		}
		hit(fmt.Sprint(f, " less all below"), week, minus(set, below...))
	}
}

// nearest is by how little the figures of two years differ where they do, 0 if nowhere.
func nearest(a, b []snapshot) (least int) {
	for week := range a {
		now := map[geo.Cell]Row{}
		for _, row := range a[week].rows {
			now[row.Cell] = row
		}
		for _, row := range b[week].rows {
			was := now[row.Cell]
			delete(now, row.Cell)
			least = closer(least, row.All-was.All, row.Public-was.Public, row.Home-was.Home)
		}
		for row := range maps.Values(now) {
			least = closer(least, row.All, row.Public, row.Home)
		}
	}
	return least
}

func closer(least int, by ...int) int {
	for _, d := range by {
		if d = max(d, -d); d > 0 && (least == 0 || d < least) {
			least = d
		}
	}
	return least
}

// found says how many of so many targets an attacker finds when he compares the year with
// one in which she did not come, or came from elsewhere: some figure tells of fewer than five.
func (g guards) found(t *testing.T, seed uint64, targets int) (found, same int) {
	t.Helper()
	all := generated(t, seed)
	with := g.published(all)
	r := rand.New(rand.NewPCG(seed, 2))
	for _, i := range r.Perm(len(all))[:targets] {
		without := slices.Delete(slices.Clone(all), i, i+1)
		moved := slices.Clone(all)
		moved[i].Cell = all[r.IntN(len(all))].Cell
		gone, elsewhere := nearest(with, g.published(without)), nearest(with, g.published(moved))
		if gone == 0 && elsewhere == 0 {
			same++
		}
		if gone > 0 && gone < Step || elsewhere > 0 && elsewhere < Step {
			found++
		}
	}
	return found, same
}

func TestWhoKeepsAYearOfSnapshotsSinglesOutNobody(t *testing.T) {
	t.Parallel()
	const targets = 250
	for _, seed := range []uint64{20261} {
		on := guards{apart: true, rounded: true}
		all := generated(t, seed)
		snaps := on.published(all)
		singled := attack(snaps)
		found, same := on.found(t, seed, targets)
		t.Logf("heat: seed %d: %d complaints, %d weeks, %d rows in the last; differences that single out: %d; of %d targets found: %d, nothing at all differs: %d",
			seed, len(all), len(snaps), len(snaps[year-1].rows), len(singled), targets, found, same)
		if len(singled) > 0 || found > 0 {
			t.Errorf("singled out: %d, %v", found, singled[:min(5, len(singled))])
		}
		var fine, coarse, layers int
		for _, s := range snaps {
			for _, row := range s.rows {
				if row.Cell != 0 && row.Cell.Res() == Finest {
					fine++
				} else {
					coarse++
				}
				if row.Public+row.Home > 0 {
					layers++
				}
				if row.All < Women || row.All%Step != 0 || row.Public%Step != 0 || row.Home%Step != 0 {
					t.Fatalf("%+v", row)
				}
			}
		}
		if fine == 0 || coarse == 0 || layers == 0 {
			t.Errorf("the year is too poor to try anything: %d, %d, %d", fine, coarse, layers)
		}
	}
}

// The attack is worth something: with a guard off it finds somebody.
func TestTheAttackFindsWhomEachGuardKeeps(t *testing.T) {
	t.Parallel()
	if singled := attack(guards{rounded: true}.published(generated(t, 20261))); len(singled) == 0 {
		t.Error("without complementary suppression nobody is singled out")
	} else {
		t.Logf("without complementary suppression: %d, such as %s", len(singled), singled[0])
	}
	if found, _ := (guards{apart: true}).found(t, 20261, 40); found == 0 {
		t.Error("without rounding nobody is found")
	} else {
		t.Logf("without rounding: %d of 40 found", found)
	}
}

func TestAGroupWantsFiveWomenOnThreeDays(t *testing.T) {
	t.Parallel()
	at, err := geo.CellAt(geo.Point{Lat: 25.2, Lon: 80.9})
	if err != nil {
		t.Fatal(err)
	}
	some := func(n, women, days int) (out []Complaint) {
		for i := range n {
			out = append(out, Complaint{ID: [16]byte{byte(i + 1)}, Who: [16]byte{byte(i%women + 1)}, Day: i % days, Layer: Public, Cell: at.Parent(Finest)})
		}
		return out
	}
	for _, c := range []struct{ n, women, days, want int }{{5, 5, 3, 5}, {9, 4, 3, 0}, {9, 9, 2, 0}, {4, 4, 4, 0}, {8, 8, 3, 10}, {20, 7, 7, 5}} {
		told, rest := Publish(some(c.n, c.women, c.days), 0)
		got := 0
		for _, g := range told {
			got += g.N
		}
		if got != c.want || (c.want == 0) != (len(rest) == c.n) {
			t.Errorf("%+v: %v, %d wait", c, told, len(rest))
		}
	}
	unknown := some(9, 9, 3)
	for i := range unknown[3:] { // three are known, of the others nobody can say whether they are one
		unknown[3+i].Who = [16]byte{}
	}
	if told, rest := Publish(unknown, 0); len(told) != 0 || len(rest) != 9 {
		t.Errorf("three women and some who may be one are told as %v", told)
	}
	few := some(3, 3, 3)
	few = append(few, Complaint{ID: [16]byte{91}, Who: [16]byte{91}}, Complaint{ID: [16]byte{92}, Who: [16]byte{92}})
	for week, want := range []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1} { // they wait until the district alone may tell
		if told, _ := Publish(few, week); len(told) != want || want == 1 && (told[0].Cell != 0 || told[0].N != 5) {
			t.Errorf("week %d: %v", week, told)
		}
	}
}
