package geo

import (
	"math"
	"testing"
)

// box is an area between parallels and meridians.
func box(t *testing.T, south, west, north, east float64) Area {
	t.Helper()
	return mustArea(t, []Point{{south, west}, {south, east}, {north, east}, {north, west}, {south, west}})
}

func TestGapsAndOverlapsAreThoseThatWereMade(t *testing.T) {
	t.Parallel()
	areas := map[string]Area{
		"a": box(t, 25.0, 81.00, 25.1, 81.10), "b": box(t, 25.0, 81.08, 25.1, 81.18), "c": box(t, 25.0, 81.22, 25.1, 81.30),
	}
	got, err := Lay(areas, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := func(name string, got, want float64, slack float64) {
		if math.Abs(got-want) > slack {
			t.Errorf("%s %.3f km2, want %.3f (+- %.3f)", name, got, want, slack)
		}
	}
	overlap, gap := box(t, 25.0, 81.08, 25.1, 81.10).AreaKm2(), box(t, 25.0, 81.18, 25.1, 81.22).AreaKm2()
	want("overlap", got.OverlapKm2, overlap, got.ErrorKm2)
	want("gap", got.GapKm2, gap, got.ErrorKm2)
	want("all", got.Km2, areas["a"].AreaKm2()+areas["b"].AreaKm2()+areas["c"].AreaKm2()-overlap, got.ErrorKm2)
	if got.ErrorKm2 > 0.05*got.Km2 {
		t.Errorf("the error is %.2f of %.2f km2", got.ErrorKm2, got.Km2)
	}
	if len(got.Pairs) != 1 || got.Pairs[0].A != "a" || got.Pairs[0].B != "b" || got.Pairs[0].Km2 != got.OverlapKm2 {
		t.Errorf("pairs %v", got.Pairs)
	}
	got, err = Lay(areas, func(p Point) bool { return p.Lon > 81.15 })
	if err != nil || got.GapKm2 != 0 || len(got.Gaps) != 0 {
		t.Errorf("what is another's is a gap of %.3f, %v", got.GapKm2, err)
	}
	if got, err := Lay(nil, nil); err != nil || got.Km2 != 0 {
		t.Errorf("of nothing: %v, %v", got, err)
	}
}
