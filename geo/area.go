package geo

import (
	"errors"
	"fmt"
	"math"
)

// What is wrong with an area.
var (
	ErrEmptyArea    = errors.New("area has no polygon")
	ErrShortRing    = errors.New("ring has fewer than 4 points")
	ErrOpenRing     = errors.New("ring is not closed: its last point must be its first")
	ErrFlatRing     = errors.New("ring encloses nothing")
	ErrAntimeridian = errors.New("edge spans more than 180 degrees of longitude: an area may not cross the antimeridian")
	ErrTooLarge     = errors.New("area is too large")
	ErrSwapped      = errors.New("area has latitude and longitude swapped")
	ErrOutside      = errors.New("area is outside the box")
	ErrHole         = errors.New("a hole lies outside of its rim, or the rings are in the wrong order")
)

const (
	// MaxPoints is how many points an Area may have in all its rings.
	MaxPoints = 50_000

	// onEdge is how near to an edge, in degrees, counts as on it: a tenth of a
	// millimetre, which is what rounding leaves of a point on a slanted edge.
	onEdge = 1e-9
	// flatM2 is the least area of an outer ring.
	flatM2 = 1.0
	// maxHolePairs bounds how often CheckHoles holds a point of a hole against an edge of the rim.
	maxHolePairs = 50_000_000
)

// Box is the smallest frame of parallels and meridians around something.
type Box struct{ South, West, North, East float64 }

// Contains says whether p is in the box, its frame included.
func (b Box) Contains(p Point) bool {
	return p.Lat >= b.South && p.Lat <= b.North && p.Lon >= b.West && p.Lon <= b.East
}

func (b Box) overlaps(o Box) bool {
	return b.South <= o.North && o.South <= b.North && b.West <= o.East && o.West <= b.East
}

func (b Box) with(p Point) Box {
	return Box{
		South: math.Min(b.South, p.Lat), West: math.Min(b.West, p.Lon),
		North: math.Max(b.North, p.Lat), East: math.Max(b.East, p.Lon),
	}
}

func (b Box) grown(degrees float64) Box {
	return Box{South: b.South - degrees, West: b.West - degrees, North: b.North + degrees, East: b.East + degrees}
}

// noBox holds nothing; with makes it the box of one point.
func noBox() Box {
	return Box{South: math.Inf(1), West: math.Inf(1), North: math.Inf(-1), East: math.Inf(-1)}
}

// ring is a closed line; its last point is its first.
type ring []Point

// polygon is an outer ring and the holes in it.
type polygon struct {
	rings []ring
	box   Box
}

// Area is one or more polygons with holes. The zero Area contains nothing.
type Area struct {
	polygons []polygon
	box      Box
	points   int
}

// NewArea makes an area of polygons, each an outer ring followed by its holes,
// each ring closed. The rings may turn either way; overlapping polygons are
// their union.
func NewArea(rings [][][]Point) (Area, error) {
	a := Area{box: noBox()}
	for i, poly := range rings {
		made, err := newPolygon(poly)
		if err != nil {
			return Area{}, fmt.Errorf("polygon %d: %w", i+1, err)
		}
		a.polygons = append(a.polygons, made)
		for _, r := range made.rings {
			a.points += len(r)
		}
		if a.points > MaxPoints {
			return Area{}, fmt.Errorf("more than %d points: %w", MaxPoints, ErrTooLarge)
		}
		a.box = a.box.with(Point{Lat: made.box.South, Lon: made.box.West})
		a.box = a.box.with(Point{Lat: made.box.North, Lon: made.box.East})
	}
	if len(a.polygons) == 0 {
		return Area{}, ErrEmptyArea
	}
	return a, nil
}

func newPolygon(rings [][]Point) (polygon, error) {
	if len(rings) == 0 {
		return polygon{}, ErrEmptyArea
	}
	made := polygon{box: noBox()}
	for i, points := range rings {
		if err := checkRing(points); err != nil {
			return polygon{}, fmt.Errorf("ring %d: %w", i+1, err)
		}
		made.rings = append(made.rings, append(ring(nil), points...))
	}
	for _, p := range made.rings[0] {
		made.box = made.box.with(p)
	}
	if made.rings[0].areaM2() < flatM2 {
		return polygon{}, fmt.Errorf("ring 1: %w", ErrFlatRing)
	}
	return made, nil
}

func checkRing(points []Point) error {
	if len(points) < 4 {
		return ErrShortRing
	}
	for i, p := range points {
		if err := p.check(); err != nil {
			return fmt.Errorf("point %d: %w", i+1, err)
		}
		if i > 0 && math.Abs(p.Lon-points[i-1].Lon) > 180 {
			return fmt.Errorf("point %d: %w", i+1, ErrAntimeridian)
		}
	}
	if points[0] != points[len(points)-1] {
		return ErrOpenRing
	}
	return nil
}

// BBox is the frame around the whole area.
func (a Area) BBox() Box { return a.box }

// CheckWithin tells an area that does not even touch the box: ErrSwapped when
// it would with its axes exchanged (both are legal coordinates in India, so
// the ranges alone do not tell), else ErrOutside.
func (a Area) CheckWithin(box Box) error {
	switch {
	case a.box.overlaps(box):
		return nil
	case Box{South: a.box.West, West: a.box.South, North: a.box.East, East: a.box.North}.overlaps(box):
		return ErrSwapped
	default:
		return ErrOutside
	}
}

// CheckHoles tells a hole that has a point outside of its rim: such rings are in the wrong
// order, or not of one polygon, and whoever drew them means another area than these
// would give. It is no part of NewArea, for areas that were taken once are read again.
func (a Area) CheckHoles() error {
	for i, g := range a.polygons {
		rim := polygon{rings: g.rings[:1], box: g.box}
		for j, hole := range g.rings[1:] {
			step := 1 + 2*len(hole)*len(g.rings[0])/maxHolePairs // of very long ones some points are looked at
			for n := 1; n < len(hole); n += step {
				from, to := hole[n-1], hole[n]
				// The middle, too: a hole may lie in a bay of the rim and touch it with every corner.
				middle := Point{Lat: (from.Lat + to.Lat) / 2, Lon: (from.Lon + to.Lon) / 2}
				if !rim.contains(from) || !rim.contains(middle) {
					return fmt.Errorf("polygon %d, ring %d: %w", i+1, j+2, ErrHole)
				}
			}
		}
	}
	return nil
}

// Contains says whether p is in the area. Edges and corners, also those of a
// hole, count as inside.
func (a Area) Contains(p Point) bool {
	for i := range a.polygons {
		if a.polygons[i].contains(p) {
			return true
		}
	}
	return false
}

func (g *polygon) contains(p Point) bool {
	if !g.box.grown(onEdge).Contains(p) {
		return false
	}
	for i, r := range g.rings {
		inside, edge := r.locate(p)
		if edge {
			return true
		}
		if inside == (i > 0) {
			return false
		}
	}
	return true
}

// locate counts how many edges a ray from p to the east crosses, in degrees.
// An edge counts for its lower end and not for its upper, so that a ray
// through a corner is counted once.
func (r ring) locate(p Point) (inside, edge bool) {
	for i := 1; i < len(r); i++ {
		a, b := r[i-1], r[i]
		if nearSegment(p, a, b) {
			return true, true
		}
		if (a.Lat > p.Lat) != (b.Lat > p.Lat) &&
			p.Lon < a.Lon+(b.Lon-a.Lon)*(p.Lat-a.Lat)/(b.Lat-a.Lat) {
			inside = !inside
		}
	}
	return inside, false
}

func nearSegment(p, a, b Point) bool {
	if p.Lat < math.Min(a.Lat, b.Lat)-onEdge || p.Lat > math.Max(a.Lat, b.Lat)+onEdge ||
		p.Lon < math.Min(a.Lon, b.Lon)-onEdge || p.Lon > math.Max(a.Lon, b.Lon)+onEdge {
		return false
	}
	dLat, dLon := b.Lat-a.Lat, b.Lon-a.Lon
	t := along(p.Lat-a.Lat, p.Lon-a.Lon, dLat, dLon)
	return math.Abs(a.Lat+t*dLat-p.Lat) <= onEdge && math.Abs(a.Lon+t*dLon-p.Lon) <= onEdge
}

// along gives the place on a segment (0 its start, 1 its end) nearest to a
// point; both are vectors from the segment's start.
func along(px, py, dx, dy float64) float64 {
	length2 := dx*dx + dy*dy
	if length2 == 0 {
		return 0
	}
	return math.Max(0, math.Min(1, (px*dx+py*dy)/length2))
}

// EdgeDistance is how far p is from the nearest edge of the area, in metres,
// whether inside or outside. The nearest place of each edge is looked for on a
// flat map around p: exact enough from the next village, rough from the next
// state, where the figure says "far" either way.
func (a Area) EdgeDistance(p Point) float64 {
	best := math.Inf(1)
	shrink := math.Cos(p.Lat * radians)
	for _, g := range a.polygons {
		for _, r := range g.rings {
			for i := 1; i < len(r); i++ {
				from, to := r[i-1], r[i]
				dLat, dLon := to.Lat-from.Lat, to.Lon-from.Lon
				t := along(p.Lat-from.Lat, turn(p.Lon-from.Lon)*shrink, dLat, dLon*shrink)
				best = math.Min(best, Distance(p, Point{Lat: from.Lat + t*dLat, Lon: from.Lon + t*dLon}))
			}
		}
	}
	return best
}

// AreaKm2 is the area on the ellipsoid of WGS 84, holes taken off. Where polygons
// overlap, the overlap counts twice.
func (a Area) AreaKm2() float64 {
	sum := 0.0
	for _, g := range a.polygons {
		for i, r := range g.rings {
			if i == 0 {
				sum += r.areaM2()
			} else {
				sum -= r.areaM2()
			}
		}
	}
	return sum / 1e6
}

// areaM2 adds up the strips between each edge and the equator.
func (r ring) areaM2() float64 {
	sum := 0.0
	for i := 1; i < len(r); i++ {
		a, b := r[i-1], r[i]
		sum += (b.Lon - a.Lon) * radians * (strip(a.Lat) + strip(b.Lat))
	}
	return math.Abs(sum) / 2
}

// The ellipsoid of WGS 84: its half axis in metres and the square of its eccentricity.
const (
	halfAxisM     = 6_378_137.0
	eccentricity2 = 0.00669437999014
)

// strip is how many square metres lie between the equator and a parallel, for a
// radian of longitude. On a sphere it would be the sine times the square of the
// radius, which is a fifth of a percent too much at 25 degrees.
func strip(lat float64) float64 {
	e, sin := math.Sqrt(eccentricity2), math.Sin(lat*radians)
	return halfAxisM * halfAxisM * (1 - eccentricity2) / 2 * (sin/(1-eccentricity2*sin*sin) + math.Atanh(e*sin)/e)
}
