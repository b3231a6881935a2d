package features

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kendra/geo"
	"kendra/mobile-contract/fuzztest"
)

// frame is the working frame of Chitrakoot.
var frame = geo.Box{South: 24.75, West: 80.60, North: 25.65, East: 81.70}

// all reads a text to its end: what could be read, and what is wrong.
func all(text, format string, o Options) (good []Feature, wrong []string) {
	for f, err := range Read(strings.NewReader(text), format, o) {
		if err != nil {
			wrong = append(wrong, err.Error())
		} else {
			good = append(good, f)
		}
	}
	return good, wrong
}

func collection(features ...string) string {
	return "{\"type\":\"FeatureCollection\",\n\"features\":[\n" + strings.Join(features, ",\n") + "\n]}"
}

func feature(geometry string) string {
	return `{"type":"Feature","properties":{"code":"x"},"geometry":` + geometry + `}`
}

func TestEachFormatIsReadWithItsHolesAndPartsAndData(t *testing.T) {
	t.Parallel()
	const kml = `<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>
<Placemark><name>कर्वी</name><ExtendedData><Data name="Code"><value>B1</value></Data>
<SchemaData><SimpleData name="kind">village</SimpleData></SchemaData></ExtendedData>
<MultiGeometry>
<Polygon><outerBoundaryIs><LinearRing><coordinates>80,25,100 81,25,100 81,26,90 80,26,90 80,25,100</coordinates></LinearRing></outerBoundaryIs>
<innerBoundaryIs><LinearRing><coordinates> 80.2,25.2 80.4,25.2 80.4,25.4 80.2,25.2 </coordinates></LinearRing></innerBoundaryIs></Polygon>
<Polygon><outerBoundaryIs><LinearRing><coordinates>82,25 83,25 83,26 82,25</coordinates></LinearRing></outerBoundaryIs></Polygon>
</MultiGeometry></Placemark>
<Placemark><name>कुआँ</name><Point><coordinates>80.9,25.2,0</coordinates></Point></Placemark>
</Folder></Document></kml>`
	const rings = `[[[[80,25],[81,25],[81,26],[80,26],[80,25]],[[80.2,25.2],[80.4,25.2],[80.4,25.4],[80.2,25.2]]],[[[82,25],[83,25],[83,26],[82,25]]]]`
	geojson := collection(`{"type":"Feature","properties":{"code":"B1","kind":"village","name":"कर्वी","n":3,"tags":["a","b"],"deep":{"x":1},"none":null},"geometry":{"type":"MultiPolygon","coordinates":`+rings+`}}`,
		`{"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[80.9,25.2,12]}}`)
	const csv = "\ufeffcode,kind,lat,lon,wkt\r\n" +
		"B1,village,,,\"MULTIPOLYGON (((80 25, 81 25, 81 26, 80 26, 80 25), (80.2 25.2, 80.4 25.2, 80.4 25.4, 80.2 25.2)), ((82 25, 83 25, 83 26, 82 25)))\"\r\n" +
		"P1,school,25.2,80.9,\r\n"
	for format, text := range map[string]string{KML: kml, GeoJSON: geojson, CSV: csv} {
		got, wrong := all(text, format, Options{})
		if len(wrong) > 0 || len(got) != 2 {
			t.Errorf("%s: %d features, %v", format, len(got), wrong)
			continue
		}
		want, err := readGeometry([]byte(`{"type":"MultiPolygon","coordinates":`+rings+`}`), 0)
		if err != nil || !reflect.DeepEqual(got[0].Rings, want.Rings) {
			t.Errorf("%s: %v", format, got[0].Rings)
		}
		if p := got[0].Props; strings.ToLower(p["code"]) != "b1" || p["kind"] != "village" {
			t.Errorf("%s: %v", format, p)
		}
		if *got[1].Point != (geo.Point{Lat: 25.2, Lon: 80.9}) {
			t.Errorf("%s: %v", format, got[1].Point)
		}
	}
	got, _ := all(geojson, GeoJSON, Options{})
	if p := got[0].Props; p["n"] != "3" || p["tags"] != "a;b" || p["deep"] != "" || p["none"] != "" || got[1].Line != 4 {
		t.Errorf("%v, line %d", p, got[1].Line)
	}
}

func TestRingsAreMendedOrRefusedWithThePoint(t *testing.T) {
	t.Parallel()
	polygon := func(rings string) string { return `{"type":"Polygon","coordinates":[` + rings + `]}` }
	cases := []struct {
		name, geometry, told string
		wrong                error
		words                string
	}{
		{"open", polygon("[[80,25],[81,25],[81,26],[80,26]]"), "closed", nil, ""},
		{"a point twice", polygon("[[80,25],[81,25],[81,25],[81,26],[80,25]]"), "1 repeated", nil, ""},
		{"a spike", polygon("[[80,25],[81,25],[81,26],[85,27],[81,26],[80,26],[80,25]]"), "1 spikes", nil, ""},
		{"turning the other way", polygon("[[80,25],[80,26],[81,26],[81,25],[80,25]]"), "", nil, ""},
		{"touching itself in a point", polygon("[[80,25],[81,25.5],[82,25],[82,26],[81,25.5],[80,26],[80,25]]"), "", nil, ""},
		{"a bow tie", polygon("[[80,25],[81,26],[81,25],[80,26],[80,25]]"), "", ErrCrosses, "latitude 25.5, longitude 80.5"},
		{"a line along itself", polygon("[[80,25],[82,25],[82,26],[81,25],[80.5,25],[80,26],[80,25]]"), "", ErrCrosses, "latitude 25"},
		{"a hole across the rim", polygon("[[80,25],[81,25],[81,26],[80,26],[80,25]],[[80.5,25.5],[82,25.5],[82,25.6],[80.5,25.5]]"), "", ErrCrosses, "longitude 81"},
		{"a hole outside of the rim", polygon("[[80,25],[81,25],[81,26],[80,26],[80,25]],[[81.5,25.2],[81.8,25.2],[81.8,25.6],[81.5,25.2]]"), "", geo.ErrHole, "ring 2"},
		{"the rim as the second ring", polygon("[[80.4,25.4],[80.5,25.4],[80.5,25.5],[80.4,25.4]],[[80,25],[81,25],[81,26],[80,26],[80,25]]"), "", geo.ErrHole, "wrong order"},
		{"a hole that touches the rim", polygon("[[80,25],[81,25],[81,26],[80,26],[80,25]],[[80,25],[80.5,25.2],[80.2,25.5],[80,25]]"), "", nil, ""},
		{"across the antimeridian", polygon("[[179,10],[-179,10],[-179,11],[179,11],[179,10]]"), "", geo.ErrAntimeridian, ""},
		{"latitude 95", polygon("[[80,95],[81,25],[81,26],[80,95]]"), "", geo.ErrOutOfRange, "latitude"},
		{"a point of longitude 181", `{"type":"Point","coordinates":[181,25]}`, "", geo.ErrOutOfRange, "longitude"},
		{"two points", polygon("[[80,25],[81,25]]"), "", geo.ErrShortRing, ""},
		{"there and back", polygon("[[80,25],[81,25],[80,25]]"), "", geo.ErrShortRing, ""},
		{"a line", `{"type":"LineString","coordinates":[[80,25],[81,25]]}`, "", ErrGeometry, "LineString"},
		{"nothing", `null`, "", ErrGeometry, ""},
		{"null for a number", `{"type":"Point","coordinates":[null,25]}`, "", ErrGeometry, ""},
		{"no coordinates", `{"type":"Point"}`, "", ErrGeometry, ""},
		{"collections without end", strings.Repeat(`{"type":"GeometryCollection","geometries":[`, 9) + strings.Repeat("]}", 9), "", ErrGeometry, "deep"},
		{"a point and an area", `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[80,25]},` + polygon("[[80,25],[81,25],[81,26],[80,25]]") + `]}`, "", ErrGeometry, "beside"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			for f, err := range Read(strings.NewReader(collection(feature(c.geometry))), GeoJSON, Options{}) {
				n++
				if !errors.Is(err, c.wrong) || err == nil && !strings.Contains(strings.Join(f.Told, " "), c.told) || len(f.Told) > 0 && c.told == "" {
					t.Fatalf("%v, told %v", err, f.Told)
				}
				if err != nil && (!strings.Contains(err.Error(), c.words) || !strings.HasPrefix(err.Error(), "line 3, feature 1: ")) {
					t.Error(err)
				}
			}
			if n != 1 {
				t.Errorf("%d features", n)
			}
		})
	}
}

func TestSwappedAxesAreToldAndNotTurned(t *testing.T) {
	t.Parallel()
	swapped := collection(feature(`{"type":"Point","coordinates":[25.2,80.9]}`), feature(`{"type":"Polygon","coordinates":[[[25,81],[25.1,81],[25.1,81.1],[25,81]]]}`),
		feature(`{"type":"Point","coordinates":[80.9,25.2]}`), feature(`{"type":"Point","coordinates":[77.2,28.6]}`))
	got, _ := all(swapped, GeoJSON, Options{Box: &frame})
	for i, want := range []bool{true, true, false, false} {
		if got[i].Swapped != want {
			t.Errorf("feature %d: %v", i+1, got[i].Swapped)
		}
	}
	if got[0].Point.Lat != 80.9 {
		t.Error("turned without being asked")
	}
	if got, _ := all(swapped, GeoJSON, Options{Box: &frame, Swap: true}); got[0].Point.Lat != 25.2 || got[0].Swapped || !got[2].Swapped {
		t.Errorf("turned: %v", got[0].Point)
	}
}

func TestABrokenFileEndsWithItsLineAndAWrongFeatureDoesNotEndIt(t *testing.T) {
	t.Parallel()
	good := feature(`{"type":"Point","coordinates":[80.9,25.2]}`)
	cases := []struct {
		name, format, text string
		good               int
		wrong              []string
	}{
		{"a wrong one between", GeoJSON, collection(good, feature("7"), good), 2, []string{"line 4, feature 2: "}},
		{"cut", GeoJSON, collection(good)[:80], 0, []string{"line 3: the file is broken: it ends"}},
		{"a comma too many", GeoJSON, collection(good, ""), 1, []string{"line 3: the file is broken"}},
		{"something behind", GeoJSON, collection(good) + "\n{}", 1, []string{"the file is broken"}},
		{"no JSON", GeoJSON, "code,lat", 0, []string{"line 1: "}},
		{"metres", GeoJSON, `{"crs":{"properties":{"name":"EPSG:32644"}},` + collection(good)[1:], 0, []string{"line 1: the file is broken: coordinates are not WGS 84"}},
		{"one feature alone", GeoJSON, good, 1, nil},
		{"one geometry alone", GeoJSON, `{"type":"Point","coordinates":[80.9,25.2]}`, 1, nil},
		{"XML that is not closed", KML, "<kml>\n<Placemark>\n", 0, []string{"line 3: the file is broken"}},
		{"XML of something else", KML, "<html>\n</html>", 0, []string{"line 1: its first element"}},
		{"an entity that grows", KML, "<!DOCTYPE k [<!ENTITY a \"&b;&b;\">]>\n<kml>&a;</kml>", 0, []string{"line 2: the file is broken"}},
		{"a placemark of nothing", KML, "<kml>\n\n<Placemark><name>x</name></Placemark></kml>", 0, []string{"line 3, feature 1: "}},
		{"elements without end", KML, "<kml>" + strings.Repeat("<a>", 50), 0, []string{"nested too deep"}},
		{"an unknown column", CSV, "code,latitude\n", 0, []string{`line 1: column "latitude" is not known`}},
		{"a column twice", CSV, "code,code\n", 0, []string{"line 1: column code stands twice"}},
		{"an empty file", CSV, "", 0, []string{"line 1: "}},
		{"a line too short", CSV, "code,lat,lon\na,25.2,80.9\nb,25.2\nc,25.2,80.9\n", 2, []string{"line 3, feature 2: 2 values"}},
		{"a quote that is not closed", CSV, "code,lat,lon\na,25.2,80.9\n\"b,25.2,80.9\n", 1, []string{"line "}},
		{"no number", CSV, "code,lat,lon\n\na,२५,80.9\n", 0, []string{"line 3, feature 1: lat: "}},
		{"wkt of a line", CSV, "code,wkt\na,\"LINESTRING (80 25, 81 25)\"\n", 0, []string{"line 2, feature 1: wkt"}},
		{"wkt of another system", CSV, "code,wkt\na,SRID=32644;POINT (80 25)\n", 0, []string{"line 2, feature 1: coordinates are not"}},
		{"an archive that is none", KMZ, "PK", 0, []string{"line 1: the file is broken"}},
		{"no such format", "shp", "x", 0, []string{"line 1: not a format"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, wrong := all(c.text, c.format, Options{})
			if len(got) != c.good || len(wrong) != len(c.wrong) {
				t.Fatalf("%d good, %q", len(got), wrong)
			}
			for i := range wrong {
				if !strings.Contains(wrong[i], c.wrong[i]) {
					t.Errorf("%q, want %q", wrong[i], c.wrong[i])
				}
			}
		})
	}
}

// zeros never ends.
type zeros struct{ c byte }

func (z zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = z.c
	}
	return len(p), nil
}

func TestWhatNeverEndsIsEnded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ format, head string }{
		{GeoJSON, `{"type":"FeatureCollection","features":[{"type":"`}, {GeoJSON, `{"x":"`}, {GeoJSON, ""},
		{KML, "<kml><Placemark><name>"}, {KML, "<kml>"}, {CSV, "code,lat,lon\na,25,80\n\""}, {CSV, ""},
	} {
		var last error
		for _, err := range Read(io.MultiReader(strings.NewReader(c.head), zeros{' '}), c.format, Options{}) {
			last = err
		}
		if !errors.Is(last, ErrTooLong) {
			t.Errorf("%s %q: %v", c.format, c.head, last)
		}
	}
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("doc.kml")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, "<kml><Placemark><name>")
	_, _ = io.CopyN(w, zeros{'a'}, 100<<20)
	_ = z.Close()
	if packed.Len() > 1<<20 {
		t.Fatalf("the bomb has %d bytes", packed.Len())
	}
	if _, wrong := all(packed.String(), KMZ, Options{}); len(wrong) != 1 || !strings.Contains(wrong[0], "too long") {
		t.Errorf("%q", wrong)
	}
}

// drawn is a feature that any format can hold.
func drawn(t *rapid.T) Feature {
	name := rapid.StringMatching(`[=@+'-]?[a-zA-Z0-9अ-ह<>&",; ]{0,10}[a-z]`)
	f := Feature{Props: map[string]string{}}
	for _, key := range []string{"code", "hi", "en", "kind", "tags", "hours"} {
		if v := strings.TrimSpace(name.Draw(t, key)); v != "" {
			f.Props[key] = v
		}
	}
	lat, lon := rapid.Float64Range(-80, 80), rapid.Float64Range(-170, 170)
	if rapid.Bool().Draw(t, "point") {
		f.Point = &geo.Point{Lat: lat.Draw(t, "lat"), Lon: lon.Draw(t, "lon")}
		return f
	}
	for range rapid.IntRange(1, 3).Draw(t, "polygons") {
		at := geo.Point{Lat: lat.Draw(t, "lat"), Lon: lon.Draw(t, "lon")}
		poly := [][]geo.Point{star(t, at, 1)}
		if rapid.Bool().Draw(t, "hole") {
			poly = append(poly, star(t, at, 0.3))
		}
		f.Rings = append(f.Rings, poly)
	}
	return f
}

// star is a ring around a point that does not cross itself.
func star(t *rapid.T, at geo.Point, size float64) []geo.Point {
	n := rapid.IntRange(4, 12).Draw(t, "corners")
	var out []geo.Point
	for i := range n {
		r := size * rapid.Float64Range(0.5, 1).Draw(t, "r")
		a := 2 * math.Pi * float64(i) / float64(n)
		out = append(out, geo.Point{Lat: at.Lat + r*math.Sin(a), Lon: at.Lon + r*math.Cos(a)})
	}
	return append(out, out[0])
}

func TestWhatIsWrittenIsReadTheSame(t *testing.T) {
	t.Parallel()
	for _, format := range Formats {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			fuzztest.Check(t, func(t *rapid.T) {
				var out bytes.Buffer
				w, err := NewWriter(&out, format)
				if err != nil {
					t.Fatal(err)
				}
				want := rapid.SliceOfN(rapid.Custom(drawn), 0, 4).Draw(t, "features")
				for _, f := range want {
					if err := w.Write(f); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				got, wrong := all(out.String(), format, Options{})
				if len(wrong) > 0 || len(got) != len(want) {
					t.Fatalf("%d of %d, %q\n%s", len(got), len(want), wrong, out.String())
				}
				for i := range want {
					if !maps.Equal(got[i].Props, want[i].Props) || !reflect.DeepEqual(got[i].Geometry, want[i].Geometry) || len(got[i].Told) > 0 {
						t.Fatalf("feature %d: %v, want %v (%v)", i+1, got[i], want[i], got[i].Told)
					}
				}
			})
		})
	}
}

func fuzzed(f *testing.F, format string, seeds ...string) {
	f.Helper()
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	for _, s := range fuzztest.Inputs(fuzztest.Short, seeds...) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for got, err := range Read(bytes.NewReader(data), format, Options{Box: &frame}) {
			if err != nil {
				var told *Error
				if !errors.As(err, &told) || told.Line < 1 {
					t.Fatalf("%v has no line", err)
				}
				continue
			}
			if got.Line < 1 || got.Point == nil && len(got.Rings) == 0 {
				t.Fatalf("%+v", got)
			}
			if again, err := ParseGeometry(got.Text()); err != nil || !reflect.DeepEqual(again, got.Geometry) {
				t.Fatalf("%s reads as %v, %v", got.Text(), again, err)
			}
		}
	})
}

func FuzzReadGeoJSON(f *testing.F) {
	fuzzed(f, GeoJSON, collection(feature(`{"type":"Polygon","coordinates":[[[80,25],[81,25],[81,26],[80,26]]]}`)), `{"type":"Point","coordinates":[80,25]}`)
}

func FuzzReadKML(f *testing.F) {
	fuzzed(f, KML, `<kml><Placemark><name>x</name><Polygon><outerBoundaryIs><LinearRing><coordinates>80,25 81,25 81,26</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>`)
}

func FuzzReadKMZ(f *testing.F) {
	var out bytes.Buffer
	w, err := NewWriter(&out, KMZ)
	if err != nil {
		f.Fatal(err)
	}
	_ = w.Write(Feature{Geometry: Geometry{Point: &geo.Point{Lat: 25, Lon: 80}}})
	_ = w.Close()
	fuzzed(f, KMZ, out.String())
}

func FuzzReadCSV(f *testing.F) {
	fuzzed(f, CSV, "code,lat,lon,wkt\na,25,80,\nb,,,\"POLYGON ((80 25, 81 25, 81 26))\"\n")
}

func BenchmarkReadGeoJSON(b *testing.B) {
	var text strings.Builder
	w, _ := NewWriter(&text, GeoJSON)
	for i := range 10_000 {
		p := geo.Point{Lat: 25 + float64(i%100)/1000, Lon: 81 + float64(i/100)/1000}
		_ = w.Write(Feature{Props: map[string]string{"code": fmt.Sprint(i), "kind": "village"}, Geometry: Geometry{Point: &p}})
	}
	_ = w.Close()
	for b.Loop() {
		for _, err := range Read(strings.NewReader(text.String()), GeoJSON, Options{Box: &frame}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func TestAFileMayBeBoundMoreTightly(t *testing.T) {
	t.Parallel()
	text := "code,lat,lon\n" + strings.Repeat("x,25.2,80.9\n", 1000)
	var last error
	n := 0
	for _, err := range Read(strings.NewReader(text), CSV, Options{Most: 6000}) {
		if last = err; err == nil {
			n++
		}
	}
	told := &Error{}
	if !errors.As(last, &told) || told.N != 0 || !errors.Is(last, ErrTooLong) || n >= 1000 {
		t.Errorf("%d features, then %v", n, last)
	}
}
