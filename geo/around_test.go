package geo

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kendra/mobile-contract/fuzztest"
)

func around(t interface {
	Helper()
	Fatalf(string, ...any)
}, points []Point, km float64,
) ([]Point, Area) {
	t.Helper()
	line, err := Around(points, km)
	if err != nil {
		t.Fatalf("%d points, %v km: %v", len(points), km, err)
	}
	area, err := NewArea([][][]Point{{line}})
	if err != nil {
		t.Fatalf("%d points, %v km: %v", len(points), km, err)
	}
	return line, area
}

func TestALineAroundPointsHoldsAllThatIsNearThem(t *testing.T) {
	t.Parallel()
	frame := Box{South: -60, West: -170, North: 60, East: 170}
	fuzztest.Check(t, func(t *rapid.T) {
		middle := pointIn(frame).Draw(t, "middle")
		near := pointIn(Box{South: middle.Lat - 1, West: middle.Lon - 1, North: middle.Lat + 1, East: middle.Lon + 1})
		points := rapid.SliceOfN(near, 1, 15).Draw(t, "points")
		km := rapid.Float64Range(0.1, 60).Draw(t, "km")
		line, area := around(t, points, km)
		for i := 2; i < len(line); i++ {
			if a, b, c := line[i-2], line[i-1], line[i]; (b.Lon-a.Lon)*(c.Lat-a.Lat)-(b.Lat-a.Lat)*(c.Lon-a.Lon) <= 0 {
				t.Fatalf("corner %d turns in", i)
			}
		}
		for _, p := range points {
			at := rapid.Float64Range(0, 2*math.Pi).Draw(t, "direction")
			r := km / 111.2
			q := Point{Lat: p.Lat + r*math.Sin(at), Lon: p.Lon + r*math.Cos(at)/math.Cos(p.Lat*radians)}
			if !area.Contains(p) || Distance(p, q) <= km*1000 && !area.Contains(q) {
				t.Fatalf("%v, %.3f km from %v, is outside", q, Distance(p, q)/1000, p)
			}
		}
		other := slices.Clone(points)
		slices.Reverse(other)
		again, _ := around(t, append(other, points[0]), km)
		if !slices.Equal(again, line) {
			t.Fatal("another line in another order")
		}
	})
}

func TestALineAroundPointsStaysNearThem(t *testing.T) {
	t.Parallel()
	line, area := around(t, []Point{karwi()}, 10)
	for _, p := range line {
		if d := Distance(karwi(), p) / 1000; d < 9.99 || d > 10.2 {
			t.Errorf("a corner is %.2f km away", d)
		}
	}
	if km2 := area.AreaKm2(); km2 < 314 || km2 > 324 {
		t.Errorf("a circle of 10 km has %.1f km²", km2)
	}
}

func TestALineIsDrawnAroundSomething(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		points []Point
		km     float64
		want   error
	}{
		"nothing":                 {nil, 10, ErrNoPoints},
		"no distance":             {[]Point{karwi()}, 0, ErrTooLarge},
		"not a number":            {[]Point{karwi()}, math.NaN(), ErrTooLarge},
		"half the earth":          {[]Point{karwi()}, 10_000, ErrTooLarge},
		"no latitude":             {[]Point{karwi(), {Lat: math.NaN(), Lon: 80}}, 10, ErrNotFinite},
		"beyond the pole":         {[]Point{{Lat: 89.99, Lon: 80}}, 10, ErrOutOfRange},
		"across the antimeridian": {[]Point{{Lat: 10, Lon: 179.99}}, 10, ErrOutOfRange},
	} {
		if line, err := Around(c.points, c.km); !errors.Is(err, c.want) {
			t.Errorf("%s: %d corners, %v", name, len(line), err)
		}
	}
}

// How far the sketch of the real district is from the real one.
func TestTheLineAroundTheStationsIsNearTheRealOutline(t *testing.T) {
	t.Parallel()
	var at []Point
	for _, s := range stations() {
		at = append(at, s.at)
	}
	_, drawn := around(t, at, 12)
	for _, p := range at {
		if !drawn.Contains(p) || drawn.EdgeDistance(p) < 11_999 {
			t.Errorf("the line is %.0f m from a station", drawn.EdgeDistance(p))
		}
	}
	data, ok := sharedData(t, "chitrakoot.geojson")
	if !ok {
		return
	}
	official, err := ParseGeoJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	var both, only, missed int
	for lat := workingBox.South; lat < workingBox.North; lat += 0.01 {
		for lon := workingBox.West; lon < workingBox.East; lon += 0.01 {
			p := Point{Lat: lat, Lon: lon}
			switch in, of := drawn.Contains(p), official.Contains(p); {
			case in && of:
				both++
			case in:
				only++
			case of:
				missed++
			}
		}
	}
	t.Logf("official %.0f km², drawn %.0f km²: of the official %.1f %% is within, of the drawn %.1f %% is outside",
		official.AreaKm2(), drawn.AreaKm2(), 100*float64(both)/float64(both+missed), 100*float64(only)/float64(both+only))
	if share := float64(both) / float64(both+missed); share < 0.85 {
		t.Errorf("only %.2f of the district is within", share)
	}
}
