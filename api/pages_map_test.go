package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// drawing is GeoJSON as a map reads it.
type drawing struct {
	Type     string
	Features []struct {
		Type     string
		Geometry struct {
			Type        string
			Coordinates json.RawMessage
		}
		Properties struct{ Layer, State, Name, Note, Link string }
	}
}

func (d *drawing) layer(name string) (out []string) {
	for _, f := range d.Features {
		if f.Properties.Layer == name {
			out = append(out, string(f.Geometry.Coordinates))
		}
	}
	return out
}

func drawn(t *testing.T, b *apitest.Browser) *drawing {
	t.Helper()
	p := b.Visit("/console/map/data?centre=" + apitest.Karwi)
	var d drawing
	if err := json.Unmarshal([]byte(p.HTML), &d); p.Status != http.StatusOK || err != nil || d.Type != "FeatureCollection" {
		t.Fatalf("%d, %v\n%s", p.Status, err, p.HTML)
	}
	if kind, kept := p.Header.Get("Content-Type"), p.Header.Get("Cache-Control"); kind != "application/geo+json" || kept != "no-store" {
		t.Errorf("%s, %s", kind, kept)
	}
	return &d
}

func TestTheMapAndTheListBesideItShowTheSame(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	w.SQL(`UPDATE beats SET area = $1 WHERE beat_id = $2`, `{"type":"Feature","geometry":{"type":"Polygon",
		"coordinates":[[[80.9,25.2],[80.95,25.2],[80.95,25.25],[80.9,25.2]]]},"properties":{}}`, w.BeatID)
	out := onRound(t, w, apitest.Karwi, 25.221, 80.921)
	onRound(t, w, apitest.Rajapur, 25.399, 81.155)
	b := w.AtConsole(apitest.Karwi, contract.RoleDispatcher)
	send := func(pairs ...string) string {
		form := aTask(b.Visit("/console/tasks/new"), append(pairs, "f.to.officer_id", out.ID.String())...)
		b.Send("/console/ops/task.send", form).Follow()
		return form.Get("op_id")
	}
	placed := send("f.place.lat", "25.23456", "f.place.lon", "80.93456", "f.place.accuracy_m", "100")
	bare := send("f.task_kind", "call")
	d := drawn(t, b)
	if u := d.layer("unit"); len(u) != 1 || u[0] != "[80.921,25.221]" {
		t.Errorf("units: %v", u)
	}
	if beats := d.layer("beat"); len(beats) != 1 || !strings.HasPrefix(beats[0], "[[[80.9,25.2]") {
		t.Errorf("beats: %v", beats)
	}
	if tasks, cells := d.layer("task"), d.layer("cell"); len(tasks) != 1 || len(cells) != 1 || strings.Contains(tasks[0], "25.23456") {
		t.Errorf("tasks: %v, cells: %v", tasks, cells)
	}
	if len(d.layer("station")) < 2 {
		t.Errorf("stations: %v", d.layer("station"))
	}
	page := b.Visit("/console/map")
	for _, want := range []string{out.ID.String(), "/console/tasks/" + placed, "/console/tasks/" + bare, "कर्वी", "/console/map/data?centre=KRW"} {
		if !strings.Contains(page.HTML, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	for _, hidden := range []string{"25.23456", "25.221", "25.399"} {
		if strings.Contains(page.HTML, hidden) {
			t.Errorf("the list tells %s", hidden)
		}
	}
}

// TestATaskAboutACaseIsNowhereOnTheMap gives one a place: it may be where she
// lives.
func TestATaskAboutACaseIsNowhereOnTheMap(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	out := onRound(t, w, apitest.Karwi, 25.22, 80.92)
	task := w.Task(out)
	task.Place = &contract.Place{Lat: 25.24, Lon: 80.94, AccuracyM: 20}
	task.CaseID = head.Enter("complaint.open", came(w)).OpID
	id := *head.Enter("task.send", task).OpID
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	d := drawn(t, b)
	if n := len(slices.Concat(d.layer("task"), d.layer("cell"))); n != 0 {
		t.Errorf("%d marks of a task about a case", n)
	}
	page := b.Visit("/console/map")
	if !strings.Contains(page.HTML, "/console/tasks/"+id.String()) || strings.Contains(page.HTML, "25.24") || strings.Contains(page.HTML, "कमला") {
		t.Errorf("the list\n%s", page.HTML)
	}
}
