package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

var sendRound = regexp.MustCompile(`class="button" href="(/console/tasks/new\?[^"]*)"`)

func TestWhatIsOwedLeadsToATaskThatAPersonSends(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	near, far := listed(t, w, head, "near", 25.222, 80.921, 9), listed(t, w, head, "far", 25.24, 80.94, 40)
	out := onRound(t, w, apitest.Karwi, 25.2215, 80.9205)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	page := b.Visit("/console/coverage")
	for _, want := range []string{
		`2<span class="of"> / 2</span>`, "ग्राम near", "ग्राम far", "◕", "place=" + far.PlaceID.String(), "यह केवल सुझाव है", "/console/coverage/data?centre=KRW",
	} {
		if page.Status != http.StatusOK || !strings.Contains(page.HTML, want) {
			t.Errorf("%d, no %s in\n%s", page.Status, want, page.HTML)
		}
	}
	if strings.Contains(page.HTML, "25.222") {
		t.Error("the list tells coordinates")
	}
	m := sendRound.FindStringSubmatch(page.HTML)
	if m == nil {
		t.Fatalf("no round to send:\n%s", page.HTML)
	}
	filled := b.Visit(strings.ReplaceAll(m[1], "&amp;", "&"))
	for _, want := range []string{
		`value="` + out.ID.String() + `" checked`, `value="visit" checked`, `value="routine" checked`, `value="village" selected`,
		`>इस क्रम में जायें: ग्राम near, ग्राम far</textarea>`,
	} {
		if !strings.Contains(filled.HTML, want) {
			t.Errorf("no %s in\n%s", want, filled.HTML)
		}
	}
	form := aTask(filled, "f.to.officer_id", out.ID.String())
	if form.Get("f.place.lat") != "25.222" {
		t.Errorf("it leads to %s", form.Get("f.place.lat"))
	}
	if n := w.Count(`SELECT count(*) FROM tasks`); n != 0 {
		t.Errorf("%d tasks before a person sent one", n)
	}
	b.Send("/console/ops/task.send", form).Follow()
	if n := w.Count(`SELECT count(*) FROM tasks WHERE task_kind = 'visit'`); n != 1 {
		t.Errorf("%d tasks", n)
	}
	out.Enter("visit.record", w.Visit(), apitest.At(near.Lat, near.Lon, 10))
	if page = b.Visit("/console/coverage"); !strings.Contains(page.HTML, `1<span class="of"> / 2</span>`) || strings.Contains(page.HTML, "ग्राम near") {
		t.Errorf("after a visit\n%s", page.HTML)
	}
	if page = b.Visit("/console/coverage?at=" + w.Now().Add(-30*time.Hour).Format(time.DateOnly)); !strings.Contains(page.HTML, "ग्राम near") || strings.Contains(page.HTML, `id="rounds"`) {
		t.Errorf("of the day before\n%s", page.HTML)
	}
	data := b.Visit("/console/coverage/data?centre=KRW")
	if data.Status != http.StatusOK || !strings.Contains(data.HTML, `"layer":"debt","state":"d4"`) && !strings.Contains(data.HTML, `"layer":"debt","state":"d3"`) {
		t.Errorf("drawing: %d %s", data.Status, data.HTML)
	}
	if d := drawn(t, b); len(d.layer("debt")) != 1 {
		t.Errorf("on the map: %v", d.layer("debt"))
	}
}

func TestWhoMaySendNothingSeesWhatIsOwedAndTheDistrictSeesAll(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	for i, code := range []string{"a", "b", "c"} {
		listed(t, w, head, code, 25.22+float64(i)/100, 80.92, 30)
	}
	page := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer).Visit("/console/coverage")
	if page.Status != http.StatusOK || !strings.Contains(page.HTML, "ग्राम a") || strings.Contains(page.HTML, "/console/tasks/new") {
		t.Errorf("at the desk: %d\n%s", page.Status, page.HTML)
	}
	sp := w.AtConsole("HQ", contract.RoleSp)
	for _, lang := range []string{"hi", "en"} {
		sp.Lang = lang
		page = sp.Visit("/console/coverage")
		var small bytes.Buffer
		z := gzip.NewWriter(&small)
		_, _ = z.Write([]byte(page.HTML))
		_ = z.Close()
		if page.Status != http.StatusOK || !strings.Contains(page.HTML, `/console/coverage?centre=KRW`) || strings.Contains(page.HTML, "/console/tasks/new") || small.Len() > 25_000 {
			t.Errorf("%d, %d bytes packed\n%s", page.Status, small.Len(), page.HTML)
		}
	}
	if page = sp.Visit("/console/coverage?centre=KRW"); page.Status != http.StatusOK || !strings.Contains(page.HTML, "Village a") {
		t.Errorf("a station: %d\n%s", page.Status, page.HTML)
	}
	if page = sp.Visit("/console/district"); !strings.Contains(page.HTML, `href="/console/coverage?centre=KRW">3<span class="of"> / 3</span>`) {
		t.Errorf("the district\n%s", page.HTML)
	}
}

func TestTodayIsNowOnThePageOfWhatIsOwed(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	listed(t, w, w.Enlist(apitest.Karwi, contract.RoleCentreIncharge), "near", 25.222, 80.921, 9)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	today := w.Now().In(time.FixedZone("IST", 19800)).Format(time.DateOnly)
	for _, path := range []string{"/console/coverage?at=" + today, "/console/coverage/data?at=" + today} {
		if p := b.Visit(path); p.Status != http.StatusOK {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
	sp := w.AtConsole("HQ", contract.RoleSp)
	if p := sp.Visit("/console/coverage?centre=HQ"); p.Status != http.StatusOK || !strings.Contains(p.HTML, "centre=KRW") {
		t.Errorf("of the head office, which has no places: %d", p.Status)
	}
	co := w.Browser(circleHead(w))
	co.LogIn()
	if p := co.Visit("/console/coverage"); !strings.Contains(p.HTML, "मेरे अधीन सभी थाने") || strings.Contains(p.HTML, "centre=RJP") {
		t.Errorf("a circle is not what is called so\n%s", p.HTML)
	}
}

func TestARoundOfManyPlacesIsSentAsSeveralTasks(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	for i := range 20 {
		listed(t, w, head, fmt.Sprintf("v%02d", i), 25.222+float64(i)/2000, 80.921, 20)
	}
	onRound(t, w, apitest.Karwi, 25.2215, 80.9205)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	page := b.Visit("/console/coverage")
	told := map[string]bool{}
	for _, m := range sendRound.FindAllStringSubmatch(page.HTML, -1) {
		form := b.Visit(strings.ReplaceAll(m[1], "&amp;", "&")).HTML
		_, text, _ := strings.Cut(form, "<textarea")
		text, _, _ = strings.Cut(text, "</textarea>")
		for i := range 20 {
			if name := fmt.Sprintf("v%02d", i); strings.Contains(text, name) {
				told[name] = true
			}
		}
	}
	_, card, _ := strings.Cut(page.HTML, `id="rounds"`)
	card, _, _ = strings.Cut(card, `<ul class="steps">`)
	if stops := strings.Count(card, "<li>"); stops <= 8 || len(told) != stops || !strings.Contains(page.HTML, "(1–8)") {
		t.Errorf("a round of %d stops is sent as tasks of %d places", stops, len(told))
	}
}
