package geo

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func TestBadRingsAreToldApart(t *testing.T) {
	t.Parallel()
	good := square(karwi(), 0.01)
	cases := []struct {
		name  string
		rings [][][]Point
		want  error
	}{
		{"nothing", nil, ErrEmptyArea},
		{"a polygon without rings", [][][]Point{{}}, ErrEmptyArea},
		{"three points", [][][]Point{{good[:3]}}, ErrShortRing},
		{"open", [][][]Point{{good[:4]}}, ErrOpenRing},
		{"one point four times", [][][]Point{{{karwi(), karwi(), karwi(), karwi()}}}, ErrFlatRing},
		{"there and back", [][][]Point{{{{25, 81}, {25.1, 81.1}, {25, 81}, {25, 81}}}}, ErrFlatRing},
		{"no number", [][][]Point{{{{25, 81}, {math.NaN(), 81}, {26, 82}, {25, 81}}}}, ErrNotFinite},
		{"latitude 95", [][][]Point{{{{25, 81}, {95, 81}, {26, 82}, {25, 81}}}}, ErrOutOfRange},
		{"across the antimeridian", [][][]Point{{{{10, 179}, {10, -179}, {11, -179}, {11, 179}, {10, 179}}}}, ErrAntimeridian},
		{"a bad hole", [][][]Point{{good, good[:3]}}, ErrShortRing},
		{"a bad second polygon", [][][]Point{{good}, {good[:4]}}, ErrOpenRing},
		{"too many points", [][][]Point{{append(make([]Point, MaxPoints-1), good...)[MaxPoints-1:]}, {manyPoints()}}, ErrTooLarge},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := NewArea(c.rings); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// manyPoints is a ring of as many points as an area may have.
func manyPoints() []Point {
	ring := make([]Point, 0, MaxPoints)
	for i := range MaxPoints - 1 {
		angle := 2 * math.Pi * float64(i) / (MaxPoints - 1)
		ring = append(ring, Point{25 + 0.1*math.Sin(angle), 81 + 0.1*math.Cos(angle)})
	}
	return append(ring, ring[0])
}

func TestEdgesAndCornersAreInsideAndHolesAreNot(t *testing.T) {
	t.Parallel()
	outer := []Point{{25, 81}, {25, 81.2}, {25.2, 81.2}, {25.2, 81}, {25, 81}}
	hole := []Point{{25.05, 81.05}, {25.15, 81.05}, {25.15, 81.15}, {25.05, 81.15}, {25.05, 81.05}}
	island := []Point{{26, 82}, {26.1, 82.05}, {26, 82.1}, {26, 82}}
	a, err := NewArea([][][]Point{{outer, hole}, {island}})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		p    Point
		want bool
	}{
		{"between rim and hole", Point{25.02, 81.02}, true},
		{"in the hole", Point{25.1, 81.1}, false},
		{"on the rim of the hole", Point{25.05, 81.1}, true},
		{"on a corner of the hole", Point{25.15, 81.15}, true},
		{"on the outer rim", Point{25, 81.1}, true},
		{"on the northern rim", Point{25.2, 81.1}, true},
		{"on an outer corner", Point{25.2, 81.2}, true},
		{"level with a corner, outside", Point{25.2, 81.3}, false},
		{"level with the hole's corner, inside", Point{25.05, 81.02}, true},
		{"a hundred metres out", Point{24.999, 81.1}, false},
		{"on the island", Point{26.02, 82.05}, true},
		{"on the island's slanted side", Point{26.05, 82.025}, true},
		{"beside the island, in its frame", Point{26.09, 82.01}, false},
		{"far away", Point{-25, -81}, false},
		{"no number", Point{math.NaN(), 81}, false},
	}
	for _, c := range cases {
		if got := a.Contains(c.p); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if got, want := a.BBox(), (Box{25, 81, 26.1, 82.1}); got != want {
		t.Errorf("frame %v, want %v", got, want)
	}
	if (Area{}).Contains(karwi()) {
		t.Error("the zero area contains a point")
	}
}

func TestAHoleLiesWithinItsRim(t *testing.T) {
	t.Parallel()
	rim := []Point{{25, 80}, {25, 81}, {25.2, 80.5}, {25.5, 80.5}, {26, 81}, {26, 80}, {25, 80}} // with a bay in the east
	whole := square(Point{25.5, 80.2}, 0.1)
	cases := []struct {
		name  string
		rings [][]Point
		good  bool
	}{
		{"no hole", [][]Point{rim}, true},
		{"within it", [][]Point{rim, whole}, true},
		{"on its line", [][]Point{rim, {{25, 80}, {25, 80.5}, {25.5, 80.2}, {25, 80}}}, true},
		{"outside", [][]Point{rim, square(Point{25.5, 82}, 0.1)}, false},
		{"the second of two", [][]Point{rim, whole, square(Point{25.35, 80.9}, 0.05)}, false},
		{"the rim second", [][]Point{whole, rim}, false},
		{"with a corner outside", [][]Point{rim, {{25.3, 80.4}, {25.4, 80.4}, {25.35, 80.6}, {25.3, 80.4}}}, false},
		{"in the bay, and each corner is one of the rim", [][]Point{rim, {{25, 81}, {25.5, 80.5}, {26, 81}, {25, 81}}}, false},
	}
	for _, c := range cases {
		a, err := NewArea([][][]Point{{square(karwi(), 0.01)}, c.rings})
		if err != nil {
			t.Fatal(c.name, err)
		}
		if err := a.CheckHoles(); (err == nil) != c.good || err != nil && !errors.Is(err, ErrHole) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestTheWayARingTurnsDoesNotMatter(t *testing.T) {
	t.Parallel()
	there := square(karwi(), 0.01)
	back := slices.Clone(there)
	slices.Reverse(back)
	a, b := mustArea(t, there), mustArea(t, back)
	if math.Abs(a.AreaKm2()-b.AreaKm2()) > 1e-9 || !b.Contains(karwi()) {
		t.Errorf("areas %v and %v", a.AreaKm2(), b.AreaKm2())
	}
}

func TestAreaAndEdgeDistanceAreThoseOfTheMap(t *testing.T) {
	t.Parallel()
	a := mustArea(t, square(Point{25, 81}, 0.05), square(Point{25, 81}, 0.01))
	want := 107.352 // by pyproj, on the ellipsoid
	if got := a.AreaKm2(); math.Abs(got-want) > 0.01 {
		t.Errorf("%.3f km2, want %.3f", got, want)
	}
	for _, c := range []struct {
		name string
		p    Point
		want float64
	}{
		{"north of it", Point{25.06, 81}, 1111.95},
		{"on its rim", Point{25.05, 81}, 0},
		{"in the middle of the hole, nearest east or west", Point{25, 81}, 1111.95 * math.Cos(25.01*radians)},
	} {
		if got := a.EdgeDistance(c.p); math.Abs(got-c.want) > 1 {
			t.Errorf("%s: %.1f m, want %.1f", c.name, got, c.want)
		}
	}
	if got := a.EdgeDistance(Point{-25, -99}); !finite(got) || got < 1e7 {
		t.Errorf("from the other side of the earth: %v", got)
	}
}

func TestAnAreaThatMissesTheBoxIsToldWhetherItsAxesAreSwapped(t *testing.T) {
	t.Parallel()
	swapped := make([]Point, 0, 5)
	for _, p := range square(karwi(), 0.01) {
		swapped = append(swapped, Point{Lat: p.Lon, Lon: p.Lat})
	}
	for _, c := range []struct {
		name string
		area Area
		want error
	}{
		{"around Karwi", mustArea(t, square(karwi(), 0.01)), nil},
		{"swapped", mustArea(t, swapped), ErrSwapped},
		{"around Lucknow", mustArea(t, square(Point{26.85, 80.95}, 0.01)), ErrOutside},
	} {
		if err := c.area.CheckWithin(workingBox); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}
