package geo

import (
	"math"
	"testing"
)

// circle is an area of n corners around Karwi, about 22 km across.
func circle(b *testing.B, n int) Area {
	b.Helper()
	points := make([]Point, 0, n+1)
	for i := range n {
		angle := 2 * math.Pi * float64(i) / float64(n)
		points = append(points, Point{Lat: karwi().Lat + 0.1*math.Sin(angle), Lon: karwi().Lon + 0.1*math.Cos(angle)})
	}
	return mustArea(b, append(points, points[0]))
}

func BenchmarkCellAt(b *testing.B) {
	p := karwi()
	for b.Loop() {
		if _, err := CellAt(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkContainsOfTwoHundredCorners(b *testing.B) {
	a := circle(b, 200)
	p := karwi()
	for b.Loop() {
		if !a.Contains(p) {
			b.Fatal("outside")
		}
	}
}

func BenchmarkFindAmongTwelve(b *testing.B) {
	areas := make(map[string]Area)
	for _, s := range stations() {
		areas[s.code] = mustArea(b, square(s.at, 0.03))
	}
	index, err := NewIndex(areas)
	if err != nil {
		b.Fatal(err)
	}
	p := karwi()
	for b.Loop() {
		if len(index.Find(p)) == 0 {
			b.Fatal("not found")
		}
	}
}

func BenchmarkDoubts(b *testing.B) {
	a := circle(b, 200)
	f := goodFix()
	f.Point = north(f.Point, 12_000)
	prev := (*Trace)(nil).Next(goodFix())
	for b.Loop() {
		Doubts(f, &prev, &a, 0)
	}
}

func BenchmarkCells9OfTwoHundredCorners(b *testing.B) {
	a := circle(b, 200)
	for b.Loop() {
		if _, err := a.Cells9(); err != nil {
			b.Fatal(err)
		}
	}
}
