package geo

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// What is wrong with a pair of coordinates.
var (
	ErrNotFinite  = errors.New("coordinate is not a finite number")
	ErrOutOfRange = errors.New("coordinate is out of range")
)

// earthRadiusM is the mean radius of the IUGG. Over the ways of a beat the
// difference from the ellipsoid is finer than any fix.
const earthRadiusM = 6_371_008.8

// farthestM is half the way round the earth: no two points are further apart.
const farthestM = math.Pi * earthRadiusM

const radians = math.Pi / 180

// Point is a place on WGS 84, in degrees.
type Point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// NewPoint gives the point, or ErrNotFinite or ErrOutOfRange.
func NewPoint(lat, lon float64) (Point, error) {
	p := Point{Lat: lat, Lon: lon}
	if err := p.check(); err != nil {
		return Point{}, err
	}
	return p, nil
}

func (p Point) check() error {
	if !finite(p.Lat) || !finite(p.Lon) {
		return ErrNotFinite
	}
	if math.Abs(p.Lat) > 90 {
		if math.Abs(p.Lat) <= 180 && math.Abs(p.Lon) <= 90 {
			return fmt.Errorf("latitude must be from -90 to 90 (are latitude and longitude swapped?): %w", ErrOutOfRange)
		}
		return fmt.Errorf("latitude must be from -90 to 90: %w", ErrOutOfRange)
	}
	if math.Abs(p.Lon) > 180 {
		return fmt.Errorf("longitude must be from -180 to 180: %w", ErrOutOfRange)
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// turn brings a difference of longitudes to -180..180, the short way round.
func turn(degrees float64) float64 { return math.Remainder(degrees, 360) }

// Distance is the length in metres of the shortest way over the ground from a
// to b, on a sphere.
func Distance(a, b Point) float64 {
	dLat := (b.Lat - a.Lat) * radians
	dLon := turn(b.Lon-a.Lon) * radians
	sinLat, sinLon := math.Sin(dLat/2), math.Sin(dLon/2)
	h := sinLat*sinLat + math.Cos(a.Lat*radians)*math.Cos(b.Lat*radians)*sinLon*sinLon
	return 2 * earthRadiusM * math.Asin(math.Sqrt(math.Min(h, 1)))
}

// Speed is how fast one must go, in m/s, to be at a at ta and at b at tb,
// whichever was first. Without any way it is 0; a way in no time is +Inf.
func Speed(a Point, ta time.Time, b Point, tb time.Time) float64 {
	way := Distance(a, b)
	if way == 0 {
		return 0
	}
	took := tb.Sub(ta).Abs().Seconds()
	if took == 0 {
		return math.Inf(1)
	}
	return way / took
}
