package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/geo/features"
	"kendra/migrations/dbtest"
)

// groundNode is a tool with the stations of Chitrakoot.
func groundNode(t *testing.T) *node {
	t.Helper()
	c := configOf(t, "KENDRA_DATA", t.TempDir(), "KENDRA_POOL", "4")
	n, err := openTool(t.Context(), c, dbtest.New(t).AppURL, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.close)
	files, err := readImports(nil, true, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.load(t.Context(), defaultDistrict, files, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatIsImportedIsExportedInEachFormatAndImportedTheSame(t *testing.T) {
	t.Parallel()
	n, dir := groundNode(t), t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var out strings.Builder
	run := func(a groundArgs) (string, error) {
		out.Reset()
		a.district = defaultDistrict
		err := n.importGround(t.Context(), a, &out)
		return out.String(), err
	}
	beats := write("beats.csv", "code,hi,en,station,wkt,per_week,hours\n"+
		"krw-1,बीट १,Beat 1,KRW,\"POLYGON ((80.90 25.20, 80.95 25.20, 80.95 25.25, 80.90 25.25))\",3,11:00-15:00\n"+
		"krw-2,बीट २,Beat 2,KRW,\"MULTIPOLYGON (((80.94 25.20, 81.00 25.20, 81.00 25.25, 80.94 25.25, 80.94 25.20), (80.96 25.21, 80.97 25.21, 80.97 25.22, 80.96 25.21)), ((81.1 25.3, 81.11 25.3, 81.11 25.31, 81.1 25.3)))\",,\n")
	places := write("places.csv", "code,hi,en,kind,lat,lon,beat,hours,weight,tags\n"+
		"a,ग्राम अ,Village A,village,25.221,80.921,,,,\nb,विद्यालय,=School,school,25.222,80.96,krw-2,09:00-15:30,3,girls;closing\n")
	chart := filepath.Join(dir, "map.geojson")
	if said, err := run(groundArgs{what: "beats", path: beats, dry: true, chart: chart}); err != nil || !strings.Contains(said, "line 2, krw_1: repaired: polygon 1, ring 1: closed") ||
		!strings.Contains(said, "2 new, 0 changed") || !strings.Contains(said, "nothing was kept") {
		t.Fatalf("%v\n%s", err, said)
	}
	if text, err := os.ReadFile(chart); err != nil || strings.Count(string(text), `"change":"new"`) != 2 {
		t.Errorf("the map: %v\n%s", err, text)
	}
	for _, a := range []groundArgs{{what: "beats", path: beats}, {what: "places", path: places}} {
		if said, err := run(a); err != nil || !strings.Contains(said, "2 entries in ") {
			t.Fatalf("%s: %v\n%s", a.what, err, said)
		}
	}
	if err := n.book.LoadRules(t.Context()); err != nil {
		t.Fatal(err)
	}
	day := n.now().In(istZone).Format(time.DateOnly)
	for _, what := range []string{book.GroundBeats, book.GroundPlaces} {
		for _, format := range features.Formats {
			path := filepath.Join(dir, what+"-out."+format)
			err := writeFeatures(path, format, func(w *features.Writer) error {
				return n.exportGround(t.Context(), defaultDistrict, what, "", day, w.Write)
			})
			if err != nil {
				t.Fatalf("%s as %s: %v", what, format, err)
			}
			if said, err := run(groundArgs{what: what, path: path, complete: true}); err != nil || !strings.Contains(said, "0 new, 0 changed, 2 the same, 0 ended") {
				t.Errorf("%s as %s: %v\n%s", what, format, err, said)
			}
		}
	}
	got, err := n.book.Overlay(t.Context(), defaultDistrict, "KRW", day)
	if err != nil || len(got.Pairs) != 1 || got.OverlapKm2 < 4 || got.OverlapKm2 > 7 {
		t.Errorf("%+v, %v", got.Pairs, err)
	}
}

func TestAnOutlineOfTheDistrictIsTakenOrRefusedWhole(t *testing.T) {
	t.Parallel()
	n, dir := groundNode(t), t.TempDir()
	try := func(text string) (string, error) {
		t.Helper()
		path := filepath.Join(dir, "outline.geojson")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		err := n.importBoundary(t.Context(), groundArgs{what: "boundary", path: path, district: defaultDistrict}, &out)
		return out.String(), err
	}
	for want, text := range map[string]string{
		"exchanged":      `{"type":"Polygon","coordinates":[[[25,80.7],[25.5,80.7],[25.5,81.5],[25,80.7]]]}`,
		"no outline":     `{"type":"Point","coordinates":[80.9,25.2]}`,
		"crosses itself": `{"type":"Polygon","coordinates":[[[80,25],[81,26],[81,25],[80,26],[80,25]]]}`,
	} {
		if said, err := try(text); err == nil || !strings.Contains(said, want) {
			t.Errorf("%s: %v, %q", want, err, said)
		}
	}
	if text, drawn := n.book.Outline(defaultDistrict); !drawn {
		t.Errorf("a refused outline was kept: %s", text)
	}
	if said, err := try(`{"type":"Polygon","coordinates":[[[80.7,25],[81.5,25],[81.5,25.5],[80.7,25.5],[80.7,25]]]}`); err != nil || !strings.Contains(said, "km²") {
		t.Errorf("%v, %q", err, said)
	}
	if text, drawn := n.book.Outline(defaultDistrict); drawn || !strings.Contains(text, "80.7") {
		t.Errorf("an outline that was taken: drawn %v, %s", drawn, text)
	}
}
