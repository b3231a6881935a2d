package geo

import (
	"fmt"
	"math"
	"slices"

	"github.com/uber/h3-go/v4"
)

// Overlay is how areas lie beside each other, counted by cells: a cell belongs to an
// area when its middle does. So each figure may be wrong by half of the cells that lie
// on an edge, which is ErrorKm2.
type Overlay struct {
	Resolution int
	Km2        float64 // in at least one
	GapKm2     float64 // in none, though within the line that can be drawn around all
	OverlapKm2 float64 // in more than one
	ErrorKm2   float64
	Pairs      []OverlayPair
	Gaps       []Cell // at most maxGaps
}

// OverlayPair is two areas that overlap.
type OverlayPair struct {
	A, B string
	Km2  float64
}

const (
	overlayRes   = 10
	overlayCells = 600_000 // some 9,000 km²
	maxGaps      = 500
)

// Lay counts how areas lie beside each other. What a known says to belong to somebody
// else is no gap.
func Lay(areas map[string]Area, known func(p Point) bool) (Overlay, error) {
	out := Overlay{Resolution: overlayRes}
	names := make([]string, 0, len(areas))
	var corners []Point
	for name, a := range areas {
		names = append(names, name)
		for _, g := range a.polygons {
			corners = append(corners, g.rings[0]...)
		}
	}
	slices.Sort(names)
	around := hull(corners)
	if len(around) < 4 {
		return out, nil
	}
	whole, err := NewArea([][][]Point{{around}})
	if err != nil {
		return out, err
	}
	if whole.AreaKm2() > overlayCells*0.015 {
		return out, fmt.Errorf("beats of a station: %w", ErrTooLarge)
	}
	cells, err := h3.PolygonToCellsExperimental(whole.polygons[0].h3(), overlayRes, h3.ContainmentCenter)
	if err != nil {
		return out, fmt.Errorf("lay cells: %w", err)
	}
	slices.Sort(cells)
	owners := make(map[h3.Cell]uint64, len(cells))
	pairs := map[[2]string]float64{}
	for _, c := range cells {
		at, err := h3.CellToLatLng(c)
		if err != nil {
			return out, fmt.Errorf("middle of a cell: %w", err)
		}
		km2, err := h3.CellAreaKm2(c)
		if err != nil {
			return out, fmt.Errorf("area of a cell: %w", err)
		}
		p := Point{Lat: at.Lat, Lon: at.Lng}
		var in []string
		for i, name := range names {
			if areas[name].Contains(p) {
				in = append(in, name)
				owners[c] = owners[c]*31 + uint64(i) + 1
			}
		}
		switch {
		case len(in) == 0 && (known == nil || !known(p)):
			out.GapKm2 += km2
			owners[c] = math.MaxUint64
			if len(out.Gaps) < maxGaps {
				out.Gaps = append(out.Gaps, Cell(c))
			}
		case len(in) > 1:
			out.OverlapKm2 += km2
		}
		if len(in) > 0 {
			out.Km2 += km2
		}
		for i := range in {
			for j := i + 1; j < len(in); j++ {
				pairs[[2]string{in[i], in[j]}] += km2
			}
		}
	}
	if out.ErrorKm2, err = onEdges(cells, owners); err != nil {
		return out, err
	}
	for pair, km2 := range pairs {
		out.Pairs = append(out.Pairs, OverlayPair{pair[0], pair[1], km2})
	}
	slices.SortFunc(out.Pairs, func(a, b OverlayPair) int {
		if a.Km2 != b.Km2 {
			return int(math.Copysign(1, b.Km2-a.Km2))
		}
		return slices.Compare([]string{a.A, a.B}, []string{b.A, b.B})
	})
	return out, nil
}

// onEdges is half the area of the cells that have a neighbour of other owners.
func onEdges(cells []h3.Cell, owners map[h3.Cell]uint64) (float64, error) {
	sum := 0.0
	for _, c := range cells {
		near, err := h3.GridDisk(c, 1)
		if err != nil {
			return 0, fmt.Errorf("ring around a cell: %w", err)
		}
		if slices.ContainsFunc(near, func(n h3.Cell) bool { return owners[n] != owners[c] }) {
			km2, err := h3.CellAreaKm2(c)
			if err != nil {
				return 0, fmt.Errorf("area of a cell: %w", err)
			}
			sum += km2 / 2
		}
	}
	return sum, nil
}

// hull is the tightest line without dents around points, closed (Andrew's chain).
func hull(points []Point) []Point {
	points = slices.Clone(points)
	slices.SortFunc(points, func(a, b Point) int {
		switch {
		case a.Lon != b.Lon:
			return int(math.Copysign(1, a.Lon-b.Lon))
		case a.Lat != b.Lat:
			return int(math.Copysign(1, a.Lat-b.Lat))
		}
		return 0
	})
	points = slices.Compact(points)
	half := func(list []Point) (out []Point) {
		for _, p := range list {
			for n := len(out); n > 1 && (out[n-1].Lon-out[n-2].Lon)*(p.Lat-out[n-2].Lat)-(out[n-1].Lat-out[n-2].Lat)*(p.Lon-out[n-2].Lon) <= 0; n = len(out) {
				out = out[:n-1]
			}
			out = append(out, p)
		}
		return out
	}
	lower := half(points)
	slices.Reverse(points)
	upper := half(points)
	if len(lower) == 0 {
		return nil
	}
	return append(lower, upper[1:]...)
}
