package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// TestSheetsAreMadeAndPrintedAndTheirCodesStandNowhereElse makes sheets at the console,
// prints them, has a phone read one at a visit, and looks for the codes in all that is
// answered and logged.
func TestSheetsAreMadeAndPrintedAndTheirCodesStandNowhereElse(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	phone, beat := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge), w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	school, market := listed(t, w, phone, "school", 25.2000, 80.9000, 7), listed(t, w, phone, "market", 25.2200, 80.9200, 7)
	const list = "/console/ground/markers?centre=KRW"
	const action = "/console/ops/place.marker"
	if page := head.Visit("/console/ground?centre=KRW"); !strings.Contains(page.HTML, "/console/ground/markers?centre=KRW") {
		t.Error("the page of places does not lead to the sheets")
	}
	made := func(place uuid.UUID, reason string) {
		t.Helper()
		form := head.Visit(action + "?centre=KRW&back=" + url.QueryEscape(list) + "&f.place_id=" + place.String()).Form(action)
		form.Set("f.reason", reason)
		if done := head.Send(action, form); done.Status != http.StatusSeeOther {
			t.Fatalf("made: %d\n%s", done.Status, done.HTML)
		}
	}
	made(school.PlaceID, "first")
	page := head.Visit(list)
	if at, other := strings.Index(page.HTML, ">market<"), strings.Index(page.HTML, ">school<"); at < 0 || other < 0 || at > other {
		t.Errorf("the place without a sheet does not come first\n%s", page.HTML)
	}
	made(market.PlaceID, "first")
	made(market.PlaceID, "copied")
	print := func(places ...uuid.UUID) string {
		q := url.Values{"centre": {"KRW"}}
		for _, p := range places {
			q.Add("place", p.String())
		}
		return "/console/ground/markers/print?" + q.Encode()
	}
	who := staff.Caller{District: apitest.District, OfficerID: phone.ID, Posts: []staff.Post{{Centre: apitest.Karwi, Role: staff.CentreIncharge}}}
	sheets, err := w.Book.MarkerSheets(t.Context(), who, apitest.Karwi, []uuid.UUID{school.PlaceID})
	if err != nil || len(sheets) != 1 {
		t.Fatal(err)
	}
	code := sheets[0].Code.Reveal()
	one := head.Visit(print(school.PlaceID))
	if one.Status != http.StatusOK || !readsAs(t, one.HTML, code) || one.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("printed: %d, %q", one.Status, one.Header.Get("Cache-Control"))
	}
	for _, want := range []string{school.NameHi, school.NameEn, "112", "1090", "181", "1098", "पुलिस कर्मी: भ्रमण पर यहाँ स्कैन करें", "पत्रक सं. 1"} {
		if !strings.Contains(one.HTML, want) {
			t.Errorf("the sheet does not say %q", want)
		}
	}
	both := head.Visit(print(school.PlaceID, market.PlaceID))
	if n := strings.Count(both.HTML, `<article class="marker"`); n != 2 {
		t.Errorf("%d sheets for two places", n)
	}
	many := make([]uuid.UUID, book.SheetsMost+1)
	for i := range many {
		many[i] = uuid.Must(uuid.NewV7())
	}
	pages := []*apitest.Page{
		page, head.Visit(list), head.Visit(print(many...)), head.Visit(print(uuid.Must(uuid.NewV7()))), head.Visit(print()),
		w.AtConsole(apitest.Karwi, contract.RoleBeatOfficer).Visit(print(school.PlaceID)),
		w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer).Visit(list),
		w.AtConsole(apitest.Rajapur, contract.RoleSho).Visit(print(school.PlaceID)),
		w.AtConsole("HQ", contract.RoleSp).Visit(list),
	}
	for i, want := range []int{200, 200, 422, 404, 303, 403, 403, 404, 403} {
		if got := pages[i].Status; got != want {
			t.Errorf("page %d is answered %d, want %d", i, got, want)
		}
	}

	v := w.Visit()
	v.Marker = &code
	beat.Enter("visit.record", v, apitest.With("place", contract.Place{Lat: 25.2, Lon: 80.9, AccuracyM: 9}))
	w.Pass(7 * time.Hour)
	if _, err := w.Book.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	head = w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge) // the session of the morning is over
	year := w.Now().Format("2006")
	line := head.Visit("/console/registers/women_beat/" + year + "/1?centre=KRW")
	for _, want := range []string{"इसी स्थान का, चालू", "स्थान पर लगे पत्रक का कोड स्कैन हुआ"} {
		if !strings.Contains(line.HTML, want) {
			t.Errorf("the line does not say %q\n%s", want, line.HTML)
		}
	}
	for _, path := range []string{
		"/console/registers/women_beat?centre=KRW", "/console/registers/women_beat/print?centre=KRW", "/console/ground?centre=KRW", "/console/coverage?centre=KRW",
		"/console/registers/women_beat/" + year + "/1/correct?centre=KRW",
		"/console/day?centre=KRW&date=" + w.Now().In(time.FixedZone("IST", 19800)).Format(time.DateOnly), "/console/?centre=KRW",
	} {
		pages = append(pages, head.Visit(path))
	}
	said := []string{line.HTML, one.HTML, both.HTML, w.Log.String()}
	for _, p := range pages {
		said = append(said, p.HTML, fmt.Sprint(p.Header))
	}
	reader := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	for _, path := range []string{"/v1/feed?centre=KRW&after=0", "/v1/registers/women_beat?centre=KRW&year=" + year, "/v1/ground?centre=KRW", "/v1/bundle", "/v1/reference"} {
		a := reader.Do(apitest.Get(path))
		if a.Status != http.StatusOK {
			t.Errorf("%s is answered %d", path, a.Status)
		}
		said = append(said, string(a.Body))
	}
	mac := code[strings.LastIndex(code, ".")+1:]
	for i, text := range said {
		if strings.Contains(text, code) || strings.Contains(text, mac) {
			t.Errorf("answer %d holds the code", i)
		}
	}
}

func TestOnePressMakesTheFirstSheetsOfAllPlacesThatHaveNone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	phone := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	head, dispatcher := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleDispatcher)
	for _, code := range []string{"school", "market", "bank"} {
		listed(t, w, phone, code, 25.2, 80.9, 7)
	}
	const path, of = "/console/ground/markers", `SELECT count(*) FROM place_markers WHERE version = 1 AND reason = 'first'`
	form := head.Visit(path).Form(path)
	page := head.Send(path, form).Follow()
	if n := w.Count(of); n != 3 || strings.Contains(page.HTML, "पत्रक नहीं") || strings.Contains(page.HTML, `method="post" action="`+path) {
		t.Errorf("%d sheets\n%s", n, page.HTML)
	}
	if again := head.Send(path, form); again.Status != http.StatusSeeOther || w.Count(`SELECT count(*) FROM place_markers`) != 3 {
		t.Errorf("pressed twice: %d, %d sheets", again.Status, w.Count(`SELECT count(*) FROM place_markers`))
	}
	if no := dispatcher.Send(path, form); no.Status == http.StatusSeeOther {
		t.Errorf("a dispatcher: %d", no.Status)
	}
}

func TestFirstSheetsAreOfThePageThatIsLookedAt(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	phone := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	for i := range 63 {
		listed(t, w, phone, fmt.Sprintf("p%03d", i), 25.2, 80.9, 7)
	}
	const path = "/console/ground/markers"
	_, next, _ := strings.Cut(head.Visit(path).HTML, `"`+path+"?centre=KRW&amp;after=")
	next, _, _ = strings.Cut(next, `"`)
	second := head.Visit(path + "?centre=KRW&after=" + next)
	if !strings.Contains(second.HTML, "इन सबके पहले पत्रक बनायें (3)") {
		t.Fatalf("second page\n%s", second.HTML)
	}
	head.Send(path, second.Form(path))
	if n := w.Count(`SELECT count(*) FROM place_markers m JOIN place_versions v ON v.place_id = m.place_id AND v.district_id = m.district_id WHERE v.code >= 'p060'`); n != 3 {
		t.Errorf("of its three places %d got a sheet", n)
	}
}
