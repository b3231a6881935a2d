package geo

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/uber/h3-go/v4"
)

const (
	// maxCells is how many cells 9 an area may need by its frame: room
	// for a dozen districts of the size of Chitrakoot.
	maxCells = 400_000
	// maxCellWork bounds cells x points, which is what laying cells over an
	// area costs.
	maxCellWork = 400_000_000

	cell9Km2 = 0.105
)

// Cells9 gives the cells at resolution 9 that any point of the area can have
// (as "the cell at 9" is meant here), in ascending order: all that overlap it,
// and one ring more. They are a prefilter: points outside have such cells too.
// ErrTooLarge when there would be too many.
func (a Area) Cells9() ([]Cell, error) {
	if err := a.checkSize(); err != nil {
		return nil, err
	}
	seen := make(map[h3.Cell]struct{})
	err := a.overlapping(prefilterRes, func(c h3.Cell) error {
		disk, err := h3.GridDisk(c, 1)
		if err != nil {
			return fmt.Errorf("ring around an area: %w", err)
		}
		for _, d := range disk {
			seen[d] = struct{}{}
		}
		return nil
	})
	return sorted(seen), err
}

// Overlapping gives the cells at a resolution, 9 or coarser, that overlap the area, in
// ascending order. ErrTooLarge when there would be too many.
func (a Area) Overlapping(res int) ([]Cell, error) {
	if res > prefilterRes || res < 0 {
		return nil, ErrBadCell
	}
	if err := a.checkSize(); err != nil {
		return nil, err
	}
	seen := make(map[h3.Cell]struct{})
	err := a.overlapping(res, func(c h3.Cell) error {
		seen[c] = struct{}{}
		return nil
	})
	return sorted(seen), err
}

func (a Area) overlapping(res int, each func(c h3.Cell) error) error {
	for _, g := range a.polygons {
		over, err := h3.PolygonToCellsExperimental(g.h3(), res, h3.ContainmentOverlapping)
		if err != nil {
			return fmt.Errorf("lay cells over an area: %w", err)
		}
		for _, c := range over {
			if err := each(c); err != nil {
				return err
			}
		}
	}
	return nil
}

func sorted(seen map[h3.Cell]struct{}) []Cell {
	cells := make([]Cell, 0, len(seen))
	for c := range seen {
		cells = append(cells, Cell(c))
	}
	slices.Sort(cells)
	return cells
}

func (a Area) checkSize() error {
	for _, g := range a.polygons {
		wide := (g.box.East - g.box.West) * radians
		high := math.Sin(g.box.North*radians) - math.Sin(g.box.South*radians)
		cells := wide * high * earthRadiusM * earthRadiusM / 1e6 / cell9Km2
		if cells > maxCells || cells*float64(a.points) > maxCellWork {
			return fmt.Errorf("no cells for it: %w", ErrTooLarge)
		}
	}
	return nil
}

// h3 gives the polygon as H3 wants it: rings without the closing point and
// without a point twice in a row.
func (g *polygon) h3() h3.GeoPolygon {
	loops := make([]h3.GeoLoop, len(g.rings))
	for i, r := range g.rings {
		for j, p := range r[:len(r)-1] {
			if j == 0 || p != r[j-1] {
				loops[i] = append(loops[i], h3.LatLng{Lat: p.Lat, Lng: p.Lon})
			}
		}
	}
	return h3.GeoPolygon{GeoLoop: loops[0], Holes: loops[1:]}
}

// Index finds the areas that contain a point, among many. It is not changed
// after NewIndex, so any number of goroutines may use it.
type Index struct {
	areas map[string]Area
	names map[Cell][]string
}

// NewIndex makes an index of areas by their names.
func NewIndex(areas map[string]Area) (*Index, error) {
	x := &Index{areas: make(map[string]Area, len(areas)), names: make(map[Cell][]string)}
	var errs []error
	for name, a := range areas {
		cells, err := a.Cells9()
		if err != nil {
			errs = append(errs, fmt.Errorf("area %s: %w", name, err))
			continue
		}
		x.areas[name] = a
		for _, c := range cells {
			x.names[c] = append(x.names[c], name)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, names := range x.names {
		slices.Sort(names)
	}
	return x, nil
}

// Find gives the names of the areas that contain p, in ascending order; none
// for a bad point.
func (x *Index) Find(p Point) []string {
	c, err := CellAt(p)
	if err != nil {
		return nil
	}
	var found []string
	for _, name := range x.names[c.Parent(prefilterRes)] {
		if x.areas[name].Contains(p) {
			found = append(found, name)
		}
	}
	return found
}
