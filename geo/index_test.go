package geo

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func TestAnIndexFindsEveryAreaThatContainsThePoint(t *testing.T) {
	t.Parallel()
	areas := map[string]Area{"hole": mustArea(t, square(karwi(), 0.05), square(karwi(), 0.01))}
	for _, s := range stations() {
		areas[s.code] = mustArea(t, square(s.at, 0.03))
	}
	index, err := NewIndex(areas)
	if err != nil {
		t.Fatal(err)
	}
	// Karwi's square and that of the women's station overlap.
	if got, want := index.Find(karwi()), []string{"KRW", "MHL"}; !slices.Equal(got, want) {
		t.Errorf("at Karwi %v, want %v", got, want)
	}
	if got, want := index.Find(Point{25.262, 80.96}), []string{"PHR", "hole"}; !slices.Equal(got, want) {
		t.Errorf("on the way to Pahari %v, want %v", got, want)
	}
	if got := index.Find(Point{26.85, 80.95}); got != nil {
		t.Errorf("at Lucknow %v", got)
	}
	if got := index.Find(Point{math.NaN(), 80}); got != nil {
		t.Errorf("nowhere %v", got)
	}
}

func TestAnAreaSmallerThanACellHasCells(t *testing.T) {
	t.Parallel()
	for _, s := range stations() {
		a := mustArea(t, square(s.at, 0.00001))
		c, err := CellAt(s.at)
		if err != nil {
			t.Fatal(err)
		}
		cells, err := a.Cells9()
		if err != nil || !slices.Contains(cells, c.Parent(9)) {
			t.Errorf("%s: %v, %v", s.code, cells, err)
		}
	}
}

func TestAnAreaTooLargeForCellsIsRefusedByName(t *testing.T) {
	t.Parallel()
	world := mustArea(t, []Point{{-60, -170}, {-60, 0}, {-60, 170}, {60, 170}, {60, 0}, {60, -170}, {-60, -170}})
	if !world.Contains(karwi()) {
		t.Error("the world is an area like others but for its cells")
	}
	_, err := NewIndex(map[string]Area{"world": world, "karwi": mustArea(t, square(karwi(), 0.01))})
	if !errors.Is(err, ErrTooLarge) {
		t.Fatalf("%v", err)
	}
	finer := mustArea(t, manyPoints())
	if _, err := finer.Cells9(); err != nil {
		t.Errorf("a town with as many points as allowed: %v", err)
	}
}
