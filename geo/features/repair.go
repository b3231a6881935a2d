package features

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"kendra/geo"
)

// repair puts right what needs no guess and refuses the rest.
func (f *Feature) repair() error {
	if f.Point != nil {
		if len(f.Rings) > 0 {
			return fmt.Errorf("a point beside something else: %w", ErrGeometry)
		}
		p, err := geo.NewPoint(f.Point.Lat, f.Point.Lon)
		f.Point = &p
		return err
	}
	n := 0
	for _, rings := range f.Rings {
		for _, ring := range rings {
			n += len(ring)
		}
	}
	if n > geo.MaxPoints {
		return fmt.Errorf("more than %d points: %w", geo.MaxPoints, ErrTooLong)
	}
	for i, rings := range f.Rings {
		for j, ring := range rings {
			mended, told := mend(ring)
			rings[j] = mended
			for _, t := range told {
				f.Told = append(f.Told, fmt.Sprintf("polygon %d, ring %d: %s", i+1, j+1, t))
			}
		}
	}
	_, flat := geo.NewArea(f.Rings) // ranges, the antimeridian
	if flat != nil && !errors.Is(flat, geo.ErrFlatRing) {
		return flat
	}
	for i, rings := range f.Rings {
		if err := simple(rings); err != nil {
			return fmt.Errorf("polygon %d: %w", i+1, err)
		}
	}
	return flat // a line that crosses itself may enclose nothing, and is better told where
}

// mend closes a ring and leaves out repeated points and spikes.
func mend(ring []geo.Point) (out []geo.Point, told []string) {
	repeated, spikes := 0, 0
	out = make([]geo.Point, 0, len(ring)+1)
	for _, p := range ring {
		if n := len(out); n > 0 && out[n-1] == p {
			repeated++
			continue
		}
		if n := len(out); n > 2 && out[n-2] == p { // there and straight back
			out = out[:n-1]
			spikes++
			continue
		}
		out = append(out, p)
	}
	if repeated > 0 {
		told = append(told, fmt.Sprintf("%d repeated points left out", repeated))
	}
	if spikes > 0 {
		told = append(told, fmt.Sprintf("%d spikes left out", spikes))
	}
	if len(out) > 2 && out[0] != out[len(out)-1] {
		out = append(out, out[0])
		told = append(told, "closed")
	}
	return out, told
}

// edge is a piece of a ring.
type edge struct {
	a, b       geo.Point
	ring, n    int
	west, east float64
}

// maxPairs bounds how many pairs of edges are looked at: rings of real places
// need some dozens an edge.
const maxPairs = 50_000_000

// simple refuses rings that cross themselves or each other. That they touch in a
// point is no harm: inside and outside are told by the same rule.
func simple(rings [][]geo.Point) error {
	var edges []edge
	for r, ring := range rings {
		for i := 1; i < len(ring); i++ {
			a, b := ring[i-1], ring[i]
			edges = append(edges, edge{a: a, b: b, ring: r, n: i, west: min(a.Lon, b.Lon), east: max(a.Lon, b.Lon)})
		}
	}
	slices.SortFunc(edges, func(x, y edge) int { return cmp.Compare(x.west, y.west) })
	pairs := 0
	var active []edge
	for _, e := range edges {
		kept := active[:0]
		for _, o := range active {
			if o.east < e.west {
				continue
			}
			kept = append(kept, o)
			if pairs++; pairs > maxPairs {
				return ErrTangled
			}
			if at, ok := crossing(e, o); ok {
				return fmt.Errorf("%w at latitude %s, longitude %s (point %d of ring %d and point %d of ring %d)", ErrCrosses,
					degrees(round6(at.Lat)), degrees(round6(at.Lon)), o.n, o.ring+1, e.n, e.ring+1)
			}
		}
		active = append(kept, e)
	}
	return nil
}

// crossing tells where two edges cross or run along each other; ends that touch do not count.
func crossing(e, o edge) (geo.Point, bool) {
	if max(e.a.Lat, e.b.Lat) < min(o.a.Lat, o.b.Lat) || max(o.a.Lat, o.b.Lat) < min(e.a.Lat, e.b.Lat) {
		return geo.Point{}, false
	}
	d1, d2 := side(o.a, o.b, e.a), side(o.a, o.b, e.b)
	d3, d4 := side(e.a, e.b, o.a), side(e.a, e.b, o.b)
	if d1 == 0 && d2 == 0 { // on one line: do they share more than a point?
		if from, to, ok := shared(e, o); ok && from != to {
			return from, true
		}
		return geo.Point{}, false
	}
	if d1*d2 < 0 && d3*d4 < 0 {
		t := d1 / (d1 - d2)
		return geo.Point{Lat: e.a.Lat + t*(e.b.Lat-e.a.Lat), Lon: e.a.Lon + t*(e.b.Lon-e.a.Lon)}, true
	}
	return geo.Point{}, false
}

// side is above zero when p lies left of the line from a to b. Each sign is taken by
// itself: the product of two small numbers could vanish.
func side(a, b, p geo.Point) float64 {
	d := (b.Lon-a.Lon)*(p.Lat-a.Lat) - (b.Lat-a.Lat)*(p.Lon-a.Lon)
	switch {
	case d > 1e-18:
		return max(d, 1e-15)
	case d < -1e-18:
		return min(d, -1e-15)
	}
	return 0
}

// shared is what two edges of one line have in common.
func shared(e, o edge) (from, to geo.Point, ok bool) {
	less := func(p, q geo.Point) int {
		return cmp.Or(cmp.Compare(p.Lon, q.Lon), cmp.Compare(p.Lat, q.Lat))
	}
	order := func(x edge) (geo.Point, geo.Point) {
		if less(x.a, x.b) > 0 {
			return x.b, x.a
		}
		return x.a, x.b
	}
	a1, a2 := order(e)
	b1, b2 := order(o)
	if from = a1; less(b1, a1) > 0 {
		from = b1
	}
	if to = a2; less(b2, a2) < 0 {
		to = b2
	}
	return from, to, less(from, to) <= 0
}
