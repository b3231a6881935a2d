package geo

import (
	"fmt"
	"math"

	"github.com/uber/h3-go/v4"
)

// Ring is the cells around a point out to one step at a resolution: where to look
// for what is near, before looking further.
type Ring struct {
	// Spans are the first and the last of the cells at Resolution that belong to
	// each cell of the ring. Their numbers follow one another, so that an index
	// on the finest cell serves all resolutions.
	Spans []Span
	// Reach is in metres: all that is nearer lies within the spans.
	Reach float64
}

// Span is cells at Resolution, by their numbers, both ends included.
type Span struct{ First, Last Cell }

// RingSteps are the resolutions of the rings in which something near is looked
// for, the smallest first: from half a kilometre to half a district.
func RingSteps() []int { return []int{9, 8, 7, 6, 5} }

// overhang is by how much of its own radius a cell's descendants may stick out
// of it, with the distortion of the map: a cell is not the sum of its children.
const overhang = 1.2

// RingAt gives the ring around a point at a resolution.
func RingAt(p Point, res int) (Ring, error) {
	fine, err := CellAt(p)
	if err != nil {
		return Ring{}, err
	}
	own := fine.Parent(res)
	inner, err := h3.GridDisk(h3.Cell(own), 1)
	if err != nil {
		return Ring{}, fmt.Errorf("ring: %w", err)
	}
	outer, err := h3.GridDisk(h3.Cell(own), 2)
	if err != nil {
		return Ring{}, fmt.Errorf("ring: %w", err)
	}
	r := Ring{Reach: math.Inf(1)}
	in := make(map[h3.Cell]bool, len(inner))
	for _, c := range inner {
		in[c] = true
		r.Spans = append(r.Spans, Cell(c).span())
	}
	for _, c := range outer {
		if in[c] {
			continue
		}
		away, err := Cell(c).away(p)
		if err != nil {
			return Ring{}, err
		}
		r.Reach = min(r.Reach, away)
	}
	return r, nil
}

// span is the cells at Resolution that belong to c.
func (c Cell) span() Span {
	first := c&^(15<<52) | Resolution<<52
	var six Cell
	for level := c.Res() + 1; level <= Resolution; level++ {
		shift := 3 * (15 - level)
		first &^= 7 << shift
		six |= 6 << shift
	}
	return Span{First: first, Last: first | six}
}

// away is the least distance in metres of p from any place that belongs to c.
func (c Cell) away(p Point) (float64, error) {
	middle, err := c.Center()
	if err != nil {
		return 0, err
	}
	corners, err := c.Boundary()
	if err != nil {
		return 0, err
	}
	radius := 0.0
	for _, at := range corners {
		radius = max(radius, Distance(middle, at))
	}
	return Distance(p, middle) - overhang*radius, nil
}
