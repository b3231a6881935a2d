package geo

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestOddCoordinatesAreAPointOrAnErrorAndNeverACell(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	cases := []struct {
		name     string
		lat, lon float64
		want     error
	}{
		{"Karwi", 25.218, 80.923, nil},
		{"the corner of the map", 0, 0, nil},
		{"minus zero", math.Copysign(0, -1), math.Copysign(0, -1), nil},
		{"north pole", 90, 0, nil},
		{"south pole at the antimeridian", -90, -180, nil},
		{"antimeridian from the east", 12, 180, nil},
		{"antimeridian from the west", 12, -180, nil},
		{"the smallest number there is", math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat64, nil},
		{"a little beyond the pole", 90.0001, 80, ErrOutOfRange},
		{"the next number beyond the pole", math.Nextafter(90, 91), 0, ErrOutOfRange},
		{"a little beyond the antimeridian", 25, 180.0001, ErrOutOfRange},
		{"one and a half turns", 25, 540, ErrOutOfRange},
		{"swapped, and seen by the range", 100.5, 25.2, ErrOutOfRange},
		{"huge", 1e300, 1e300, ErrOutOfRange},
		{"the largest number there is", -math.MaxFloat64, 0, ErrOutOfRange},
		{"latitude no number", nan, 80, ErrNotFinite},
		{"longitude no number", 25, nan, ErrNotFinite},
		{"latitude endless", inf, 80, ErrNotFinite},
		{"longitude endless", 25, -inf, ErrNotFinite},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := NewPoint(c.lat, c.lon)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("NewPoint = %v, want %v", err, c.want)
			}
			if err != nil && p != (Point{}) {
				t.Errorf("a refused point is %v", p)
			}
			cell, err := CellAt(Point{Lat: c.lat, Lon: c.lon})
			if !errors.Is(err, c.want) || (err == nil) != cell.Valid() {
				t.Errorf("CellAt = %v, %v, want %v", cell, err, c.want)
			}
		})
	}
}

func TestASwappedPointIsToldAsSuch(t *testing.T) {
	t.Parallel()
	if _, err := NewPoint(100.5, 25.2); err == nil || !strings.Contains(err.Error(), "swapped") {
		t.Errorf("error %v does not speak of swapping", err)
	}
	if _, err := NewPoint(200, 25.2); err == nil || strings.Contains(err.Error(), "swapped") {
		t.Errorf("error %v speaks of swapping, but 200 is no longitude either", err)
	}
}

func TestDistancesAreThoseOfTheMap(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		a, b Point
		want float64
	}{
		{"nowhere", karwi(), karwi(), 0},
		{"a degree of a meridian", Point{25, 81}, Point{26, 81}, 111_195},
		{"a degree of the equator", Point{0, 10}, Point{0, 11}, 111_195},
		{"across the antimeridian", Point{0, 179.5}, Point{0, -179.5}, 111_195},
		{"over the pole", Point{89.5, 0}, Point{89.5, 180}, 111_195},
		{"to the other side of the earth", Point{25, 81}, Point{-25, -99}, 20_015_115},
		{"the same place by two longitudes", Point{10, 180}, Point{10, -180}, 0},
	}
	for _, c := range cases {
		if got := Distance(c.a, c.b); math.Abs(got-c.want) > 1 {
			t.Errorf("%s: %.1f m, want %.0f", c.name, got, c.want)
		}
	}
}

func TestSpeedIsTheWayOverTheTimeWhicheverWasFirst(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 3, 1, 6, 0, 0, 0, time.UTC)
	a, b := Point{25, 81}, Point{26, 81}
	if got := Speed(a, at, b, at.Add(time.Hour)); math.Abs(got-30.89) > 0.01 {
		t.Errorf("a degree an hour is %.3f m/s", got)
	}
	if there, back := Speed(a, at, b, at.Add(time.Hour)), Speed(b, at.Add(time.Hour), a, at); there != back {
		t.Errorf("there %v, back %v", there, back)
	}
	if got := Speed(a, at, a, at); got != 0 {
		t.Errorf("standing in no time is %v", got)
	}
	if got := Speed(a, at, b, at); !math.IsInf(got, 1) {
		t.Errorf("a way in no time is %v", got)
	}
}
