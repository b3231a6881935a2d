package geo

import (
	"math"
	"slices"
	"testing"

	"github.com/uber/h3-go/v4"
	"pgregory.net/rapid"

	"kendra/mobile-contract/fuzztest"
)

// cell10Reach is further than any point of a cell 10 is from its middle.
const cell10Reach = 100.0

func anyPoint() *rapid.Generator[Point] {
	return rapid.Custom(func(t *rapid.T) Point {
		return Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
	})
}

func pointIn(b Box) *rapid.Generator[Point] {
	return rapid.Custom(func(t *rapid.T) Point {
		return Point{
			Lat: rapid.Float64Range(b.South, b.North).Draw(t, "lat"),
			Lon: rapid.Float64Range(b.West, b.East).Draw(t, "lon"),
		}
	})
}

func TestEveryPointLiesInItsCell(t *testing.T) {
	t.Parallel()
	fuzztest.Check(t, func(t *rapid.T) {
		p := anyPoint().Draw(t, "p")
		c, err := CellAt(p)
		if err != nil {
			t.Fatal(err)
		}
		middle, err := c.Center()
		if err != nil || !c.Valid() || c.Res() != Resolution {
			t.Fatalf("cell %v at %d: %v", c, c.Res(), err)
		}
		if d := Distance(p, middle); d > cell10Reach {
			t.Fatalf("%v is %.1f m from the middle of its cell", p, d)
		}
	})
}

func TestParentsAreThoseOfH3AndAChain(t *testing.T) {
	t.Parallel()
	fuzztest.Check(t, func(t *rapid.T) {
		p := anyPoint().Draw(t, "p")
		fine := rapid.IntRange(0, 15).Draw(t, "resolution of the cell")
		cell, err := h3.LatLngToCell(h3.LatLng{Lat: p.Lat, Lng: p.Lon}, fine)
		if err != nil {
			t.Fatal(err)
		}
		for res := range fine + 1 {
			want, err := cell.Parent(res)
			if err != nil {
				t.Fatal(err)
			}
			got := Cell(cell).Parent(res)
			if got != Cell(want) || got.Res() != res || !got.Valid() {
				t.Fatalf("parent of %v at %d is %v, H3 says %v", cell, res, got, want)
			}
			if by := Cell(cell).Parent((res + fine) / 2).Parent(res); by != got {
				t.Fatalf("parent by a parent is %v, want %v", by, got)
			}
		}
	})
}

func TestDistanceIsSymmetricAndNoDetourIsShorter(t *testing.T) {
	t.Parallel()
	fuzztest.Check(t, func(t *rapid.T) {
		a, b, c := anyPoint().Draw(t, "a"), anyPoint().Draw(t, "b"), anyPoint().Draw(t, "c")
		if there, back := Distance(a, b), Distance(b, a); math.Abs(there-back) > 1e-3 {
			t.Fatalf("there %v, back %v", there, back)
		}
		if direct, detour := Distance(a, c), Distance(a, b)+Distance(b, c); direct > detour+0.5 {
			t.Fatalf("direct %v, by way of b %v", direct, detour)
		}
		if Distance(a, a) != 0 || Distance(a, b) > farthestM+1e-6 {
			t.Fatalf("no way is %v, the way %v", Distance(a, a), Distance(a, b))
		}
	})
}

// anyArea is one or two stars around points of the district, some with a hole,
// from the size of a room to that of a few stations.
func anyArea() *rapid.Generator[Area] {
	return rapid.Custom(func(t *rapid.T) Area {
		var polygons [][][]Point
		for range rapid.IntRange(1, 2).Draw(t, "polygons") {
			at := pointIn(workingBox).Draw(t, "around")
			size := math.Pow(10, rapid.Float64Range(-4, -1).Draw(t, "log of the size"))
			rings := [][]Point{star(t, at, size/2, size)}
			if rapid.Bool().Draw(t, "hole") {
				rings = append(rings, star(t, at, size/10, size/5))
			}
			polygons = append(polygons, rings)
		}
		a, err := NewArea(polygons)
		if err != nil {
			t.Fatal(err)
		}
		return a
	})
}

func star(t *rapid.T, at Point, least, most float64) []Point {
	n := rapid.IntRange(3, 12).Draw(t, "corners")
	points := make([]Point, 0, n+1)
	for i := range n {
		r := rapid.Float64Range(least, most).Draw(t, "radius")
		angle := 2 * math.Pi * float64(i) / float64(n)
		points = append(points, Point{Lat: at.Lat + r*math.Sin(angle), Lon: at.Lon + r*math.Cos(angle)})
	}
	return append(points, points[0])
}

func TestEveryPointOfAnAreaHasACellOfItsPrefilter(t *testing.T) {
	t.Parallel()
	fuzztest.Check(t, func(t *rapid.T) {
		a := anyArea().Draw(t, "area")
		cells, err := a.Cells9()
		if err != nil {
			t.Fatal(err)
		}
		index, err := NewIndex(map[string]Area{"it": a})
		if err != nil {
			t.Fatal(err)
		}
		try := func(p Point) {
			c, err := CellAt(p)
			if err != nil {
				t.Fatal(err)
			}
			_, near := slices.BinarySearch(cells, c.Parent(9))
			if inside := a.Contains(p); inside && !near {
				t.Fatalf("%v is inside, its cell %v is not of the %d", p, c.Parent(9), len(cells))
			} else if inside != (len(index.Find(p)) == 1) {
				t.Fatalf("%v inside %v, the index says %v", p, inside, index.Find(p))
			}
		}
		for _, g := range a.polygons {
			for i, r := range g.rings {
				for j := 1; j < len(r); j++ {
					middle := Point{Lat: (r[j].Lat + r[j-1].Lat) / 2, Lon: (r[j].Lon + r[j-1].Lon) / 2}
					if !a.Contains(r[j]) || !a.Contains(middle) {
						t.Fatalf("ring %d: corner or middle of edge %d is outside", i, j)
					}
					try(r[j])
					try(middle)
				}
			}
			for range 20 {
				try(pointIn(g.box).Draw(t, "p"))
			}
		}
	})
}

func TestEveryValueOfAFlagIsFiniteWhateverThePhoneSends(t *testing.T) {
	t.Parallel()
	odd := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, 1e300}))
	fuzztest.Check(t, func(t *rapid.T) {
		beat := anyArea().Draw(t, "beat")
		var prev *Trace
		for i := range rapid.IntRange(1, 8).Draw(t, "acts") {
			at := day().Add(rapidSeconds(t, "at"))
			f := Fix{
				Point: Point{Lat: odd.Draw(t, "lat"), Lon: odd.Draw(t, "lon")}, AccuracyM: odd.Draw(t, "accuracy"),
				At: at, FixAt: at.Add(rapidSeconds(t, "fix")), Mock: rapid.Bool().Draw(t, "mock"),
			}
			for _, flag := range Doubts(f, prev, &beat, rapidSeconds(t, "offset")) {
				if !finite(flag.Value) {
					t.Fatalf("act %d: %s is %v", i, flag.Code, flag.Value)
				}
			}
			next := prev.Next(f)
			prev = &next
		}
	})
}
