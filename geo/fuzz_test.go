package geo

import (
	"math"
	"testing"

	"kendra/mobile-contract/fuzztest"
)

func FuzzPoint(f *testing.F) {
	f.Add(25.218, 80.923)
	f.Add(90.0, -180.0)
	f.Add(math.NaN(), math.Inf(1))
	for i := range fuzztest.Inputs(fuzztest.Short, "") { // all over the earth and beyond its edges, evenly
		f.Add(float64(i*7919%200)-100+float64(i)/1e4, float64(i*104729%400)-200+float64(i)/1e4)
	}
	f.Fuzz(func(t *testing.T, lat, lon float64) {
		p, err := NewPoint(lat, lon)
		c, cellErr := CellAt(Point{Lat: lat, Lon: lon})
		if (err == nil) != (cellErr == nil) {
			t.Fatalf("point %v, cell %v", err, cellErr)
		}
		if err != nil {
			return
		}
		middle, err := c.Center()
		if err != nil || !c.Valid() || Distance(p, middle) > cell10Reach {
			t.Fatalf("cell %v of %v: %v", c, p, err)
		}
		for res := range Resolution {
			if up := c.Parent(res); !up.Valid() || up.Res() != res {
				t.Fatalf("parent %v at %d of %v", up, res, c)
			}
		}
		if back, err := ParseCell(c.String()); err != nil || back != c {
			t.Fatalf("%v reads as %v, %v", c, back, err)
		}
	})
}

func FuzzGeoJSON(f *testing.F) {
	fuzztest.Bytes(f, `{"type":"Polygon","coordinates":[`+squareJSON+`]}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[`+squareJSON+`]]}}]}`)
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := ParseGeoJSON(data)
		if err != nil {
			return
		}
		if km2 := a.AreaKm2(); !finite(km2) || !finite(a.EdgeDistance(karwi())) {
			t.Fatalf("%v km2, %v m", km2, a.EdgeDistance(karwi()))
		}
		for _, g := range a.polygons {
			for _, corner := range g.rings[0] {
				if !a.Contains(corner) || !a.BBox().Contains(corner) {
					t.Fatalf("corner %v is outside", corner)
				}
			}
		}
		if a.AreaKm2() > 2_000 { // a district's worth; more only takes long
			return
		}
		cells, err := a.Cells9()
		if err == nil && len(cells) == 0 {
			t.Fatal("an area without a cell")
		}
	})
}

func FuzzCell(f *testing.F) {
	fuzztest.Texts(f, "8a3ca6b5a2f7fff", "8a3ca6b5a2f7FFF", "0", "ffffffffffffffff", "")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCell(text)
		if err == nil && (!c.Valid() || c.String() != text) {
			t.Errorf("%q is read as %v", text, c)
		}
	})
}
