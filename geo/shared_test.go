package geo

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedData gives a file of real data that is not part of the project: from
// the folder named by KENDRA_SHARED_DATA, else from ../shared/data beside it.
// Where it is absent the caller leaves its case out, which is logged by name.
func sharedData(t testing.TB, name string) ([]byte, bool) {
	t.Helper()
	dir := os.Getenv("KENDRA_SHARED_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Logf("%s: left out, no shared data %s", t.Name(), name)
		return nil, false
	}
	return data, true
}

// workingBox is the frame of Chitrakoot and the border with its neighbour.
var workingBox = Box{South: 24.75, West: 80.60, North: 25.65, East: 81.70}

type station struct {
	code string
	at   Point
}

// stations are the twelve of the district, good to a few kilometres.
func stations() []station {
	return []station{
		{"KRW", Point{25.218, 80.923}}, {"BRK", Point{25.217, 80.768}}, {"BHP", Point{25.137, 80.999}},
		{"MHL", Point{25.21, 80.91}}, {"PHR", Point{25.29, 80.98}}, {"RJP", Point{25.383, 81.150}},
		{"SRD", Point{25.38, 81.03}}, {"RPR", Point{25.23, 81.10}}, {"MAU", Point{25.27, 81.37}},
		{"BRG", Point{25.164, 81.450}}, {"MNK", Point{25.064, 81.094}}, {"MRK", Point{25.017, 80.947}},
	}
}

func karwi() Point { return Point{Lat: 25.218, Lon: 80.923} }

// square is a closed ring around a point, its sides 2 x half degrees long.
func square(at Point, half float64) []Point {
	return []Point{
		{at.Lat - half, at.Lon - half}, {at.Lat - half, at.Lon + half},
		{at.Lat + half, at.Lon + half}, {at.Lat + half, at.Lon - half}, {at.Lat - half, at.Lon - half},
	}
}

func mustArea(t testing.TB, rings ...[]Point) Area {
	t.Helper()
	a, err := NewArea([][][]Point{rings})
	if err != nil {
		t.Fatalf("area: %v", err)
	}
	return a
}
