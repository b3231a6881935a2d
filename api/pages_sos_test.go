package api_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

func TestACallForHelpIsLoudOnTodayTasksAndMapUntilSomebodyComes(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	near := onRound(t, w, apitest.Karwi, 25.201, 80.901)
	she := onRound(t, w, apitest.Karwi, 25.2, 80.9)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	if page := b.Visit("/console/sos"); page.Status != http.StatusOK || strings.Contains(page.HTML, "data-loud") {
		t.Errorf("before any call: %d\n%s", page.Status, page.HTML)
	}
	call := she.Op("sos.raise", contract.SosRaise{}, apitest.With("place", contract.Place{Lat: 25.2, Lon: 80.9, AccuracyM: 9}))
	id := *she.Send(call)[0].OpID
	for _, path := range []string{"/console/", "/console/tasks", "/console/map", "/console/sos", "/console/sos/" + id.String()} {
		page := b.Visit(path)
		if page.Status != http.StatusOK || !strings.Contains(page.HTML, "data-loud") || !strings.Contains(page.HTML, "/console/sos/"+id.String()) && !strings.Contains(path, id.String()) {
			t.Errorf("%s: %d\n%s", path, page.Status, page.HTML)
		}
	}
	one := b.Visit("/console/sos/" + id.String())
	if !strings.Contains(one.HTML, "25.20000, 80.90000") || !strings.Contains(one.HTML, "/console/ops/sos.end") {
		t.Errorf("the page of the call\n%s", one.HTML)
	}
	var drawn struct {
		Features []struct {
			Properties struct{ Layer, State, Link string }
		}
	}
	shows := func() (n int) {
		t.Helper()
		drawn.Features = nil
		if err := json.Unmarshal([]byte(b.Visit("/console/map/data").HTML), &drawn); err != nil {
			t.Fatal(err)
		}
		for _, f := range drawn.Features {
			if f.Properties.Layer == "sos" {
				n++
			}
		}
		return n
	}
	if shows() != 1 {
		t.Errorf("the map draws %+v", drawn)
	}
	near.Enter("sos.answer", contract.SosAnswer{SosID: id})
	w.Pass(time.Minute)
	if page := b.Visit("/console/sos/" + id.String()); strings.Contains(page.HTML, "data-loud") || !strings.Contains(page.HTML, "सहायता आ रही है") {
		t.Errorf("somebody comes\n%s", page.HTML)
	}
	form := b.Visit("/console/ops/sos.end?centre=" + apitest.Karwi + "&f.sos_id=" + id.String()).Form("/console/ops/sos.end")
	form.Set("f.reason", "safe")
	b.Send("/console/ops/sos.end", form).Follow()
	if page := b.Visit("/console/sos/" + id.String()); !strings.Contains(page.HTML, "सुरक्षित") || strings.Contains(page.HTML, "ops/sos.end") {
		t.Errorf("after the end\n%s", page.HTML)
	}
	if shows() != 0 || strings.Contains(b.Visit("/console/").HTML, id.String()) {
		t.Error("a call that has ended is still on the map or on today's sheet")
	}
}

func TestWhereAnOfficerOffDutyCalledFromIsOnNoMap(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	she := w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	call := she.Op("sos.raise", contract.SosRaise{}, apitest.With("place", contract.Place{Lat: 25.12345, Lon: 80.9, AccuracyM: 9}))
	if r := she.Send(call)[0]; r.Outcome != contract.OutcomeEntered {
		t.Fatalf("%+v", r.Problem)
	}
	b := w.AtConsole(apitest.Karwi, contract.RoleDispatcher)
	if page := b.Visit("/console/map/data"); strings.Contains(page.HTML, "25.1234") || strings.Contains(page.HTML, `"sos"`) {
		t.Error("the map draws it")
	}
	if n := w.Count(`SELECT count(*) FROM sos WHERE steps LIKE '%25.1%'`) + w.Count(`SELECT count(*) FROM last_fixes`); n != 0 {
		t.Error("the place stands outside the entry")
	}
}

func TestTheNearestUnitsAreToldToWhoMaySendTasks(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	far, near := onRound(t, w, apitest.Karwi, 25.30, 80.92), onRound(t, w, apitest.Karwi, 25.22, 80.92)
	onRound(t, w, apitest.Rajapur, 25.22, 80.92)
	w.Pass(10 * time.Minute)
	q := "/v1/units/nearest?" + url.Values{"centre": {apitest.Karwi}, "lat": {"25.2"}, "lon": {"80.92"}}.Encode()
	d := w.Enlist(apitest.Karwi, contract.RoleDispatcher)
	var got contract.NearestUnits
	d.Do(apitest.Get(q)).Into(http.StatusOK, &got)
	if len(got.Units) != 2 || got.Units[0].OfficerID != near.ID || got.Units[1].OfficerID != far.ID {
		t.Fatalf("%+v", got)
	}
	// 0.02 degrees of latitude are 2.22 km, and a way is two fifths longer.
	if u := got.Units[0]; u.AgeS != 600 || u.WayKm < 3.1 || u.WayKm > 3.13 {
		t.Errorf("%+v", u)
	}
	near.Do(apitest.Get(q)).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
	w.Pass(21 * time.Minute)
	d.Refresh()
	d.Do(apitest.Get(q)).Into(http.StatusOK, &got)
	if len(got.Units) != 0 {
		t.Errorf("fixes of half an hour ago count: %+v", got)
	}
}

func TestTodayShowsLongDutiesAndAWomansDutyInTheNightAndRefusesNeither(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	night, long, plain := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "squad_member")
	today, from, to, day, evening := rosterDay(t, "2026-11-18"), "20:00", "08:00", "08:00", "16:00"
	w.Enlist(apitest.Karwi, "sho").Enter("roster.set", contract.RosterSet{Week: rosterDay(t, "2026-11-16"), Rows: []contract.RosterRow{
		{OfficerID: night.ID, Day: today, Duty: "beat", From: &from, To: &to}, {OfficerID: plain.ID, Day: today, Duty: "desk", From: &day, To: &evening},
	}})
	long.Enter("duty.start", contract.DutyStart{})
	shown := func() string {
		t.Helper()
		page := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge).Visit("/console/")
		_, hours, _ := strings.Cut(page.HTML, "ड्यूटी के घंटे")
		hours, _, _ = strings.Cut(hours, "</section>")
		return hours
	}
	if got := shown(); strings.Count(got, "<li>") != 1 || !strings.Contains(got, "महिला · रात्रि") || !strings.Contains(got, "20:00–08:00") {
		t.Errorf("in the morning: %s", got)
	}
	w.Pass(12 * time.Hour)
	if got := shown(); strings.Count(got, "<li>") != 2 || !strings.Contains(got, "लम्बी ड्यूटी") {
		t.Errorf("after twelve hours: %s", got)
	}
}

func TestAnOfficerOfAnotherStationWhoWasWokenAnswersAtTheConsole(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	near, far := onRound(t, w, apitest.Rajapur, 25.201, 80.901), w.Enlist(apitest.Rajapur, contract.RoleBeatOfficer)
	she := onRound(t, w, apitest.Karwi, 25.2, 80.9)
	b, other := w.Browser(near.Officer), w.Browser(far.Officer)
	b.LogIn()
	other.LogIn()
	call := she.Op("sos.raise", contract.SosRaise{}, apitest.With("place", contract.Place{Lat: 25.2, Lon: 80.9, AccuracyM: 9}))
	id := *she.Send(call)[0].OpID
	here := "/console/sos/" + id.String()
	const answer, end = "/console/ops/sos.answer", "/console/ops/sos.end"
	one := b.Visit(here)
	if one.Status != http.StatusOK || strings.Contains(one.HTML, end) {
		t.Fatalf("%d\n%s", one.Status, one.HTML)
	}
	_, href, found := strings.Cut(one.HTML, `href="`+answer)
	href, _, _ = strings.Cut(href, `"`)
	if !found || !strings.Contains(href, "centre="+apitest.Karwi) {
		t.Fatalf("it offers %q", href)
	}
	form := b.Visit(answer + html.UnescapeString(href))
	if form.Status != http.StatusOK {
		t.Fatalf("what it offers leads to %d\n%s", form.Status, form.HTML)
	}
	if p := b.Send(answer, form.Form(answer)); p.Status != http.StatusSeeOther {
		t.Fatalf("sent: %d\n%s", p.Status, p.HTML)
	}
	if page := b.Visit(here); !strings.Contains(page.HTML, "सहायता आ रही है") {
		t.Errorf("after it\n%s", page.HTML)
	}
	// Nothing else of that station opens by it, and the book refuses who was not woken.
	if p := b.Visit(end + html.UnescapeString(href)); p.Status != http.StatusNotFound {
		t.Errorf("the end of the call: %d", p.Status)
	}
	if p := other.Visit(here); p.Status != http.StatusNotFound {
		t.Errorf("the page for who was not woken: %d", p.Status)
	}
	not := other.Visit(answer + html.UnescapeString(href))
	if p := other.Send(answer, not.Form(answer)); p.Status != http.StatusUnprocessableEntity && p.Status != http.StatusForbidden {
		t.Errorf("who was not woken answers: %d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind = 'sos.answer'`); n != 1 {
		t.Errorf("%d answers", n)
	}
}

func TestThePageOfACallSaysThatSheCalledAgainAfterAnEndAndForgetsWhereSheWas(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	she := onRound(t, w, apitest.Karwi, 25.2, 80.9)
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	at := func(lat float64) apitest.Option {
		return apitest.With("place", contract.Place{Lat: lat, Lon: 80.9, AccuracyM: 9})
	}
	id := *she.Send(she.Op("sos.raise", contract.SosRaise{}, at(25.2)))[0].OpID
	end := she.Op("sos.end", contract.SosEnd{SosID: id, Reason: "safe"})
	w.Pass(time.Minute)
	she.Send(she.Op("sos.raise", contract.SosRaise{}, at(25.3)))
	she.Send(end)
	here := "/console/sos/" + id.String()
	page := head.Visit(here)
	if !strings.Contains(page.HTML, "इसके बाद फिर सहायता माँगी: पुकार चालू है") || !strings.Contains(page.HTML, "25.30000, 80.90000") ||
		strings.Contains(page.HTML, "25.20000") || !strings.Contains(page.HTML, "data-loud") {
		t.Errorf("%s", page.HTML)
	}
	she.Send(she.Op("sos.end", contract.SosEnd{SosID: id, Reason: "safe"}))
	w.Pass(8 * 24 * time.Hour)
	head.LogIn()
	page = head.Visit(here)
	if !strings.Contains(page.HTML, "इसलिए स्थान अब नहीं दिखाया जाता") || strings.Contains(page.HTML, "25.30000") {
		t.Errorf("eight days after its end\n%s", page.HTML)
	}
}
