package geo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// oracle is what other libraries say of areas: shapely of points, h3 of cells, pyproj of
// square kilometres on the ellipsoid. testdata/oracle.py writes it.
type oracle struct {
	Seed   uint64
	Points int
	Shapes map[string]struct {
		Geometry, File string
		Inside         int
		InsideSHA256   string `json:"inside_sha256"`
		Cells          int
		CellsSHA256    string `json:"cells_sha256"`
		Km2            float64
	}
}

// chances are numbers from 0 to 1, by splitmix64 as oracle.py has it.
type chances uint64

func (c *chances) next() float64 {
	*c += 0x9E3779B97F4A7C15
	z := uint64(*c)
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return float64(z^(z>>31)) / (1 << 64)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestAreasAgreeWithOtherLibraries(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/oracle.json")
	if err != nil {
		t.Fatal(err)
	}
	var o oracle
	if err := json.Unmarshal(text, &o); err != nil || len(o.Shapes) != 4 {
		t.Fatalf("%d shapes, %v", len(o.Shapes), err)
	}
	for name, want := range o.Shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := []byte(want.Geometry)
			if want.File != "" {
				var ok bool
				if data, ok = sharedData(t, want.File); !ok {
					return
				}
			}
			a, err := ParseGeoJSON(data)
			if err != nil {
				t.Fatal(err)
			}
			box := a.BBox()
			dy, dx := (box.North-box.South)*0.1, (box.East-box.West)*0.1
			box = Box{South: box.South - dy, West: box.West - dx, North: box.North + dy, East: box.East + dx}
			c := chances(o.Seed)
			inside := make([]byte, o.Points)
			n := 0
			for i := range inside {
				p := Point{Lat: box.South + c.next()*(box.North-box.South)}
				p.Lon = box.West + c.next()*(box.East-box.West)
				if inside[i] = '0'; a.Contains(p) {
					inside[i] = '1'
					n++
				}
			}
			if n != want.Inside || digest(string(inside)) != want.InsideSHA256 {
				t.Errorf("%d of %d points inside, want %d", n, o.Points, want.Inside)
			}
			cells, err := a.Overlapping(9)
			if err != nil {
				t.Fatal(err)
			}
			names := make([]string, len(cells))
			for i, c := range cells {
				names[i] = c.String()
			}
			if len(cells) != want.Cells || digest(strings.Join(names, "\n")) != want.CellsSHA256 {
				t.Errorf("%d cells, want %d", len(cells), want.Cells)
			}
			off := a.AreaKm2()/want.Km2 - 1
			if math.Abs(off) > 0.001 {
				t.Errorf("%.3f km2, want %.3f: %+.3f %%", a.AreaKm2(), want.Km2, 100*off)
			}
			t.Logf("%d points, %d inside; %d cells; %.3f km2, %+.4f %% off", o.Points, n, len(cells), a.AreaKm2(), 100*off)
		})
	}
}
