package api_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

var closeMonth = regexp.MustCompile(`href="(/console/ops/beat\.month\?[^"]*)"`)

func TestTheMonthOfABeatIsClosedByOneTap(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head, officer := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge), w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	beat := uuid.Must(uuid.NewV7())
	head.Enter("beat.set", contract.BeatSet{
		BeatID: beat, Code: "b2", NameHi: "बीट दो", NameEn: "Beat two", From: openapi_types.Date{Time: w.Now().AddDate(0, 0, -10)},
		Area:   `{"type":"Polygon","coordinates":[[[80.90,25.20],[80.95,25.20],[80.95,25.25],[80.90,25.25],[80.90,25.20]]]}`,
		Rounds: &contract.BeatRounds{PerWeek: 3},
	})
	college := contract.PlaceSet{
		PlaceID: uuid.Must(uuid.NewV7()), Code: "gic", NameHi: "बालिका इण्टर कॉलेज", NameEn: "Girls' college", Kind: "college", Lat: 25.222, Lon: 80.921,
		EveryDays: 7, From: openapi_types.Date{Time: w.Now().AddDate(0, 0, -10)}, BeatID: &beat,
	}
	head.Enter("place.set", college)
	agreedSpots(w, head, contract.HotspotSet{PlaceID: college.PlaceID, EveryDays: 2, Weight: 3, Sources: []string{"school"}})
	visit := w.Visit()
	visit.BeatID, visit.IsChaupal = &beat, true
	officer.Enter("visit.record", visit, apitest.At(25.222, 80.921, 10))
	w.Pass(20 * 24 * time.Hour)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	page := b.Visit("/console/coverage/months")
	for _, want := range []string{"बीट दो", `<b>1</b> <span class="fine">(सप्ताह में तय: 3)</span>`, "<dt>महिलायें</dt><dd>12</dd>", "सूची के संवेदनशील स्थान: बालिका इण्टर कॉलेज"} {
		if page.Status != http.StatusOK || !strings.Contains(page.HTML, want) {
			t.Errorf("%d, no %s in\n%s", page.Status, want, page.HTML)
		}
	}
	m := closeMonth.FindStringSubmatch(page.HTML)
	if m == nil {
		t.Fatalf("nothing to enter:\n%s", page.HTML)
	}
	empty := b.Visit(strings.ReplaceAll(m[1], "&amp;", "&"))
	if !strings.Contains(empty.HTML, `name="f.sensitive_places" value="बालिका इण्टर कॉलेज"`) {
		t.Errorf("the form does not begin with the hot-spot of the beat:\n%s", empty.HTML)
	}
	form := empty.Form("/console/ops/beat.month")
	page = b.Send("/console/ops/beat.month", typed(form, "f.observation", "मार्ग पर प्रकाश नहीं है")).Follow()
	if page.Status != http.StatusOK || closeMonth.MatchString(page.HTML) || !strings.Contains(page.HTML, "KRW/WB/2026/00002") {
		t.Errorf("%d\n%s", page.Status, page.HTML)
	}
	line := b.Visit("/console/registers/women_beat/2026/2")
	if line.Status != http.StatusOK || !strings.Contains(line.HTML, "माह: भ्रमण") || strings.Contains(line.HTML, "प्रकाश") {
		t.Errorf("%d\n%s", line.Status, line.HTML)
	}
	if next := b.Visit("/console/coverage/months?month=" + w.Now().Format("2006-01")); closeMonth.MatchString(next.HTML) || !strings.Contains(next.HTML, "पूरा नहीं हुआ") {
		t.Errorf("a month that is not over:\n%s", next.HTML)
	}
	dispatcher := w.AtConsole(apitest.Karwi, contract.RoleDispatcher)
	if seen := dispatcher.Visit("/console/coverage/months"); seen.Status != http.StatusOK || closeMonth.MatchString(seen.HTML) {
		t.Errorf("a dispatcher: %d", seen.Status)
	}
	fix := b.Visit("/console/registers/women_beat/2026/2/correct")
	if fix.Status != http.StatusOK || strings.Contains(fix.HTML, "f.visit.") {
		t.Errorf("a month is put right as a visit: %d\n%s", fix.Status, fix.HTML)
	}
}
