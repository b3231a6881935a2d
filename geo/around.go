package geo

import (
	"errors"
	"fmt"
	"math"
)

// ErrNoPoints is an outline around nothing.
var ErrNoPoints = errors.New("no points to draw a line around")

// aroundSides is how many corners stand for the circle around one point.
const aroundSides = 24

// Around draws a line around points, so many kilometres away from the outermost: the
// convex hull of a circle around each. It is closed. It is a sketch of where something
// may reach that has no outline of its own, and says nothing of where it ends.
func Around(points []Point, km float64) ([]Point, error) {
	if len(points) == 0 {
		return nil, ErrNoPoints
	}
	if !(km > 0 && km <= 1000) {
		return nil, fmt.Errorf("%v km around points: %w", km, ErrTooLarge)
	}
	var all []Point
	for i, p := range points {
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("point %d: %w", i+1, err)
		}
		all = append(all, circleOf(p, km)...)
	}
	for i, p := range all {
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("around point %d: %w", i/aroundSides+1, err)
		}
	}
	line := hull(all)
	return line, checkRing(line)
}

// circleOf is the corners of a figure that has the circle within: its sides, not its
// corners, touch it.
func circleOf(p Point, km float64) []Point {
	r := km * 1000 / earthRadiusM / radians / math.Cos(math.Pi/aroundSides)
	// Away from the equator meridians draw together: the outer edge of the circle decides.
	wide := math.Cos(math.Min(math.Abs(p.Lat)+r, 89) * radians)
	out := make([]Point, aroundSides)
	for i := range out {
		at := 2 * math.Pi * float64(i) / aroundSides
		out[i] = Point{Lat: round7(p.Lat + r*math.Sin(at)), Lon: round7(p.Lon + r/wide*math.Cos(at))}
	}
	return out
}

// round7 keeps a centimetre.
func round7(x float64) float64 { return math.Round(x*1e7) / 1e7 }
