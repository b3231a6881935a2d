package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kendra/api/apitest"
	"kendra/geo"
	"kendra/geo/features"
	contract "kendra/mobile-contract"
)

const townSquare = `{"type":"Polygon","coordinates":[[[80.9,25.2],[80.95,25.2],[80.95,25.25],[80.9,25.25],[80.9,25.2]]]}`

// TestBeatsAndPlacesAreKeptByFormsAlone adds, changes and ends a beat and a place at
// the console, and reads them as a phone does.
func TestBeatsAndPlacesAreKeptByFormsAlone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head, beat := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleBeatOfficer)
	const list = "/console/ground?centre=KRW"
	fill := func(path, action string, values ...string) *apitest.Page {
		t.Helper()
		form := head.Visit(path).Form(action)
		if !strings.HasSuffix(action, ".end") {
			form.Set("f.from", w.Now().Format("2006-01-02"))
		}
		for i := 0; i < len(values); i += 2 {
			form.Set("f."+values[i], values[i+1])
		}
		return head.Send(action, form)
	}
	const setBeat, setPlace = "/console/ops/beat.set", "/console/ops/place.set"
	if empty := w.AtConsole("HQ", contract.RoleSp).Visit("/console/ground/data?centre=HQ"); strings.Count(empty.HTML, `"Feature"`) != 1 || !strings.Contains(empty.HTML, `"layer":"district","state":"drawn"`) {
		t.Errorf("a map of nothing: %d %s", empty.Status, empty.HTML)
	}
	done := fill("/console/ground/beats/new?centre=KRW", setBeat, "code", "krw.town", "name_hi", "बीट नगर", "name_en", "Town beat", "area", townSquare, "rounds.per_week", "3")
	if done.Status != http.StatusSeeOther {
		t.Fatalf("a new beat: %d\n%s", done.Status, done.HTML)
	}
	if bad := fill("/console/ground/beats/new?centre=KRW", setBeat, "code", "krw.bad", "name_hi", "बीट", "name_en", "Beat",
		"area", strings.Replace(townSquare, "[80.95,25.2],[80.95,25.25]", "[80.95,25.25],[80.95,25.2]", 1)); bad.Status != http.StatusUnprocessableEntity {
		t.Errorf("an outline that crosses itself: %d", bad.Status)
	}
	if done := fill("/console/ground/places/new?centre=KRW", setPlace, "code", "haat", "name_hi", "सब्ज़ी मण्डी", "name_en", "Vegetable market", "kind", "market",
		"lat", "25.2211", "lon", "80.9205", "every_days", "7", "hours_from", "07:00", "hours_to", "11:00"); done.Status != http.StatusSeeOther {
		t.Fatalf("a new place: %d\n%s", done.Status, done.HTML)
	}
	page := head.Visit(list + "&lay=1")
	for _, want := range []string{"बीट नगर", "krw.town", "सब्ज़ी मण्डी", "बाज़ार", "07:00–11:00", "27.9"} {
		if !strings.Contains(page.HTML, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if seen := beat.Visit(list); seen.Status != http.StatusOK || !strings.Contains(seen.HTML, "सब्ज़ी मण्डी") || strings.Contains(seen.HTML, "/console/ground/beats/") {
		t.Errorf("a beat officer sees %d, or forms that are not his", seen.Status)
	}
	if seen := beat.Visit("/console/ground/beats/new?centre=KRW"); seen.Status != http.StatusForbidden {
		t.Errorf("a beat officer's form: %d", seen.Status)
	}
	if seen := w.AtConsole(apitest.Rajapur, contract.RoleSho).Visit(list); seen.Status != http.StatusNotFound {
		t.Errorf("another centre: %d", seen.Status)
	}
	var drawn struct{ Features []json.RawMessage }
	if data := head.Visit("/console/ground/data?centre=KRW"); json.Unmarshal([]byte(data.HTML), &drawn) != nil || len(drawn.Features) != 4 {
		t.Errorf("%d things on the map", len(drawn.Features))
	}

	phone := w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	const ground = "/v1/ground?centre=KRW"
	var got contract.Ground
	phone.Read(ground, &got)
	if len(got.Beats) != 1 || len(got.Places) != 1 || got.Places[0].Code != "haat" || got.Beats[0].Rounds == nil || got.Beats[0].Rounds.PerWeek != 3 || got.More {
		t.Fatalf("%+v", got)
	}

	var bundle contract.Bundle
	phone.Read("/v1/bundle", &bundle)
	if i := slices.IndexFunc(bundle.Beats, func(b contract.Beat) bool { return b.ID == got.Beats[0].BeatID }); i < 0 || len(bundle.Beats[i].Cells9) == 0 || bundle.Beats[i].Polygon == nil {
		t.Errorf("the phone's bundle has %d beats, and not the new one with its cells", len(bundle.Beats))
	}

	form := head.Visit("/console/ground/places/" + got.Places[0].PlaceID.String() + "?centre=KRW")
	for _, want := range []string{`value="सब्ज़ी मण्डी"`, `value="25.2211"`, `<option value="market" selected`, `value="07:00"`} {
		if !strings.Contains(form.HTML, want) {
			t.Errorf("the form of a change does not have %s", want)
		}
	}
	change := form.Form(setPlace)
	for name, value := range map[string]string{
		"code": "haat", "name_hi": "सब्ज़ी मण्डी", "name_en": "Vegetable market", "kind": "market", "lat": "25.2211", "lon": "80.9205",
		"from": w.Now().Format("2006-01-02"), "every_days": "3",
	} {
		change.Set("f."+name, value)
	}
	for range 2 { // sent twice, changed once
		if done := head.Send(setPlace, change); done.Status != http.StatusSeeOther {
			t.Fatalf("a change: %d\n%s", done.Status, done.HTML)
		}
	}
	end := "/console/ops/beat.end?centre=KRW&back=/console/ground&f.beat_id=" + got.Beats[0].BeatID.String()
	if done := fill(end, "/console/ops/beat.end", "on", w.Now().Format("2006-01-02"), "reason", "दूसरी बीट में मिलायी गयी"); done.Status != http.StatusSeeOther {
		t.Fatalf("the end of a beat: %d\n%s", done.Status, done.HTML)
	}
	got = contract.Ground{}
	phone.Read(ground, &got)
	if len(got.Beats) != 0 || len(got.Places) != 1 || got.Places[0].EveryDays != 3 {
		t.Errorf("in the end: %+v", got)
	}
}

// TestADistrictWithoutAnOutlineIsDrawnFromItsStationsAndSaysSo: until it has one of its own.
func TestADistrictWithoutAnOutlineIsDrawnFromItsStationsAndSaysSo(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	sp := w.AtConsole("HQ", contract.RoleSp)
	pages := map[string]*apitest.Browser{"/console/ground": head, "/console/coverage": head, "/console/map": head, "/console/heat": sp}
	look := func(words bool, state string) {
		t.Helper()
		for path, who := range pages {
			page, data := who.Visit(path+"?centre=KRW"), who.Visit(path+"/data?centre=KRW")
			if page.Status != http.StatusOK || strings.Contains(page.HTML, "आधिकारिक सीमा नहीं") != words {
				t.Errorf("%s: %d, says that the line is drawn: %v", path, page.Status, !words)
			}
			if n := strings.Count(data.HTML, `"layer":"district"`+state); n != 1 {
				t.Errorf("%s: %d lines of the district with %s", path, n, state)
			}
		}
	}
	look(true, `,"state":"drawn"`)
	head.Lang = "en"
	if english := head.Visit("/console/ground?centre=KRW"); !strings.Contains(english.HTML, "from the stations, not the official boundary") {
		t.Error("in English it does not say so")
	}
	head.Lang = ""
	outline := features.Geometry{Rings: [][][]geo.Point{{{{Lat: 25, Lon: 80.7}, {Lat: 25, Lon: 81.5}, {Lat: 25.5, Lon: 81.5}, {Lat: 25, Lon: 80.7}}}}}
	if err := w.Book.SetBoundary(t.Context(), apitest.District, outline); err != nil {
		t.Fatal(err)
	}
	look(false, `,"name"`)
	if data := head.Visit("/console/map/data?centre=KRW&moved=1"); strings.Contains(data.HTML, `"district"`) {
		t.Error("what does not move is sent again")
	}
}

func TestAPlaceStandsUntilTheDayBeforeItIsOffTheList(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	phone := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	p := listed(t, w, phone, "haat", 25.2, 80.9, 7)
	phone.Enter("place.end", map[string]any{"place_id": p.PlaceID, "on": "2026-11-25", "reason": "बन्द"})
	if page := head.Visit("/console/ground"); !strings.Contains(page.HTML, "24 नवम्बर 2026 तक") {
		t.Errorf("%s", page.HTML)
	}
}
