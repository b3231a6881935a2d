package geo

import (
	"errors"
	"math"
	"strings"
	"testing"
)

const squareJSON = `[[80.9,25.2],[80.95,25.2],[80.95,25.25],[80.9,25.25],[80.9,25.2]]`

func TestPolygonsAreReadFromEveryObjectThatMayHoldThem(t *testing.T) {
	t.Parallel()
	polygon := `{"type":"Polygon","coordinates":[` + squareJSON + `]}`
	feature := `{"type":"Feature","properties":{"name":"बीट 1"},"geometry":` + polygon + `}`
	for name, text := range map[string]string{
		"polygon":             polygon,
		"multipolygon":        `{"type":"MultiPolygon","coordinates":[[` + squareJSON + `]]}`,
		"feature":             feature,
		"feature collection":  `{"type":"FeatureCollection","features":[` + feature + `]}`,
		"geometry collection": `{"type":"GeometryCollection","geometries":[` + polygon + `]}`,
		"two features":        `{"type":"FeatureCollection","features":[` + feature + `,` + strings.ReplaceAll(feature, "25.2", "26.2") + `]}`,
		"heights":             strings.ReplaceAll(polygon, "25.2]", "25.2,140.5]"),
		"spaces and a crs":    "\n\t" + strings.Replace(polygon, "{", `{"crs":null, "bbox":[1,2,3,4], `, 1) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := ParseGeoJSON([]byte(text))
			if err != nil || !a.Contains(karwi()) {
				t.Errorf("%v, contains %v", err, a.Contains(karwi()))
			}
		})
	}
}

func TestGeoJSONThatIsNotAnAreaIsRefused(t *testing.T) {
	t.Parallel()
	polygon := `{"type":"Polygon","coordinates":[` + squareJSON + `]}`
	nested := func(inner string) string { return `{"type":"GeometryCollection","geometries":[` + inner + `]}` }
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"nothing", ``, ErrGeoJSON},
		{"null", `null`, ErrGeoJSON},
		{"half a text", polygon[:40], ErrGeoJSON},
		{"two texts", polygon + polygon, ErrGeoJSON},
		{"a point", `{"type":"Point","coordinates":[80.9,25.2]}`, ErrGeoJSON},
		{"a line among polygons", nested(polygon + `,{"type":"LineString","coordinates":` + squareJSON + `}`), ErrGeoJSON},
		{"no type", `{"coordinates":[` + squareJSON + `]}`, ErrGeoJSON},
		{"no coordinates", `{"type":"Polygon"}`, ErrGeoJSON},
		{"a feature without geometry", `{"type":"Feature","geometry":null}`, ErrGeoJSON},
		{"a null for a number", strings.Replace(polygon, "25.25", "null", 1), ErrGeoJSON},
		{"a text for a number", strings.Replace(polygon, "25.25", `"25.25"`, 1), ErrGeoJSON},
		{"a number beyond all", strings.Replace(polygon, "25.25", "1e999", 1), ErrGeoJSON},
		{"one number for a point", strings.Replace(polygon, "80.95,25.25", "80.95", 1), ErrGeoJSON},
		{"a ring too few", `{"type":"Polygon","coordinates":` + squareJSON + `}`, ErrGeoJSON},
		{"nested five deep", nested(nested(nested(nested(nested(polygon))))), ErrGeoJSON},
		{"an empty collection", nested(``), ErrEmptyArea},
		{"an empty polygon", `{"type":"Polygon","coordinates":[]}`, ErrEmptyArea},
		{"latitude 95", strings.ReplaceAll(polygon, "25.25", "95"), ErrOutOfRange},
		{"not closed", strings.Replace(polygon, ",[80.9,25.2]]", "]", 1), ErrOpenRing},
		{"three points", `{"type":"Polygon","coordinates":[[[80.9,25.2],[80.95,25.2],[80.9,25.2]]]}`, ErrShortRing},
		{"too long", strings.Repeat(" ", MaxGeoJSON) + polygon, ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := ParseGeoJSON([]byte(c.text)); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestTheOutlineOfTheDistrict(t *testing.T) {
	t.Parallel()
	data, ok := sharedData(t, "chitrakoot.geojson")
	if !ok {
		return
	}
	district, err := ParseGeoJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := district.CheckWithin(workingBox); err != nil {
		t.Error(err)
	}
	for _, s := range stations() {
		if !district.Contains(s.at) && district.EdgeDistance(s.at) > 3000 {
			t.Errorf("%s is %.0f m outside", s.code, district.EdgeDistance(s.at))
		}
	}
	for name, p := range map[string]Point{"Prayagraj": {25.45, 81.85}, "Banda": {25.48, 80.34}, "Satna": {24.58, 80.83}} {
		if district.Contains(p) {
			t.Errorf("%s is inside", name)
		}
	}
	if km2 := district.AreaKm2(); math.Abs(km2-3216) > 0.05*3216 {
		t.Errorf("%.0f km2, the census says 3,216", km2)
	}
	cells, err := district.Cells9()
	if err != nil || len(cells) < 30_000 || len(cells) > 34_000 {
		t.Errorf("%d cells, %v", len(cells), err)
	}
	t.Logf("%.0f km2, %d cells 9 with one ring more", district.AreaKm2(), len(cells))
}
