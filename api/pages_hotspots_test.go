package api_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

const (
	spotsAt   = "/console/hotspots"
	setSpots  = "/console/ops/hotspots.set"
	agreeTo   = "/console/ops/hotspots.agree"
	lookAt    = "/console/ops/hotspots.review"
	waitsForA = "क्षेत्राधिकारी की सहमति शेष"
)

// publicPlace puts a market on the list of places.
func publicPlace(w *apitest.World, head *apitest.Shift, code string, lat, lon float64, kind string) contract.PlaceSet {
	p := contract.PlaceSet{
		PlaceID: uuid.Must(uuid.NewV7()), Code: code, NameHi: "स्थान " + code, NameEn: "Place " + code, Kind: kind, Lat: lat, Lon: lon,
		EveryDays: 7, From: openapi_types.Date{Time: w.Now().AddDate(0, 0, -30)},
	}
	head.Enter("place.set", p)
	return p
}

// circleHead is the circle officer of Karwi.
func circleHead(w *apitest.World) *apitest.Officer {
	o := w.Recruit()
	w.AppointTo(o, "HQ", contract.PostTake{PostID: uuid.Must(uuid.NewV7()), OfficerID: o.ID, Role: contract.RoleCo, Circle: new("City")})
	return o
}

var timeInput = regexp.MustCompile(`<input type="time" id="[^"]*" name="([^"]*)" value="([^"]*)"`)

// filledIn is a form of the page with all that stands in its fields.
func filledIn(p *apitest.Page, action string) url.Values {
	form := p.Form(action)
	at := strings.Index(p.HTML, `action="`+action+`"`)
	one := *p
	one.HTML = p.HTML[at:]
	one.HTML = one.HTML[:strings.Index(one.HTML, "</form>")]
	for name, values := range shownInputs(&one) {
		form[name] = values
	}
	for _, m := range timeInput.FindAllStringSubmatch(one.HTML, -1) {
		form.Set(m[1], m[2])
	}
	return form
}

func TestAListOfHotSpotsIsPutTogetherAgreedAndLookedAt(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	hand, leader := w.Enlist(apitest.Karwi, contract.RoleSho), w.Enlist(apitest.Karwi, contract.RoleSquadLeader)
	gate, market := publicPlace(w, hand, "gate", 25.22, 80.92, "school"), publicPlace(w, hand, "market", 25.24, 80.94, "market")
	ward := publicPlace(w, hand, "ward", 25.25, 80.95, "ward")
	head, co, squad := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.Browser(circleHead(w)), w.AtConsole(apitest.Karwi, contract.RoleSquadLeader)
	co.LogIn()
	page := head.Visit(spotsAt)
	for _, want := range []string{"अभी कोई सूची लागू नहीं है", "न कोई पुरानी सूची है", "स्थान gate", "यह किसी के बारे में पूर्वानुमान नहीं है"} {
		if page.Status != http.StatusOK || !strings.Contains(page.HTML, want) {
			t.Fatalf("%d, no %s in\n%s", page.Status, want, page.HTML)
		}
	}
	if strings.Contains(page.HTML, ward.PlaceID.String()) || strings.Contains(page.HTML, agreeTo) {
		t.Error("a ward can be chosen, or she agrees to her own list")
	}
	leader.Enter("hotspot.propose", contract.HotspotPropose{
		PlaceID: gate.PlaceID, Source: "girls_feedback", Signs: []string{"following"}, Mentions: 4, HoursFrom: new("14:00"), HoursTo: new("16:00"),
	})
	page = head.Visit(spotsAt + "?add=" + market.PlaceID.String())
	form := filledIn(page, setSpots)
	g, m := gate.PlaceID.String(), market.PlaceID.String()
	if form.Get("f.t."+g) != "" || form.Get("f.hf."+g) != "14:00" || form.Get("f.s."+g) != "girls_feedback" || form.Get("f.t."+m) != "1" || len(form["f.d."+m]) != 7 {
		t.Fatalf("the form begins with %v\n%s", form, page.HTML)
	}
	if !strings.Contains(page.HTML, "बालिकाओं से बातचीत: 4 · पीछा किया जाना") {
		t.Errorf("what was told is not\n%s", page.HTML)
	}
	// Without a source the place is pointed at, and what was typed stays.
	form.Set("f.t."+g, "1")
	form.Set("f.w."+g, "9")
	form["f.d."+g] = []string{"mon", "wed"}
	p := head.Send(setSpots, form)
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.HTML, `href="#f.t.`+m) || !strings.Contains(p.HTML, `class="row spot wrong"`) {
		t.Fatalf("no source: %d\n%s", p.Status, p.HTML)
	}
	again := filledIn(p, setSpots)
	if again.Get("f.w."+g) != "9" || again.Get("f.t."+g) != "1" || len(again["f.d."+g]) != 2 || again.Get("op_id") != form.Get("op_id") {
		t.Errorf("what was typed is lost: %v", again)
	}
	again.Set("f.s."+m, "beat")
	page = head.Send(setSpots, again).Follow()
	if !strings.Contains(page.HTML, waitsForA) || !strings.Contains(page.HTML, "14:00–16:00") || !strings.Contains(page.HTML, "सोम, बुध") {
		t.Errorf("set:\n%s", page.HTML)
	}
	if today := head.Visit("/console/"); !strings.Contains(today.HTML, "सूची सहमति की प्रतीक्षा में: नवम्बर 2026") {
		t.Errorf("the day does not say that it waits\n%s", today.HTML)
	}
	if leader := squad.Visit(spotsAt); leader.Status != http.StatusOK || strings.Contains(leader.HTML, agreeTo) || strings.Contains(leader.HTML, setSpots) || strings.Contains(leader.HTML, lookAt) {
		t.Errorf("the leader sees %d\n%s", leader.Status, leader.HTML)
	}

	page = co.Visit(spotsAt + "?centre=KRW")
	back := nthForm(t, page, agreeTo, 1)
	if p := co.Send(agreeTo, back); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.HTML, "f.reason") {
		t.Fatalf("sent back without a reason: %d\n%s", p.Status, p.HTML)
	}
	page = co.Send(agreeTo, nthForm(t, page, agreeTo, 0)).Follow()
	if page.Status != http.StatusOK || strings.Contains(page.HTML, waitsForA) || strings.Contains(page.HTML, agreeTo) {
		t.Errorf("agreed:\n%s", page.HTML)
	}
	w.Pass(49 * time.Hour)
	squad.LogIn()
	page = squad.Visit(spotsAt)
	for _, want := range []string{`id="plan"`, "स्थान market", "समय से ऊपर", `id="review"`} {
		if !strings.Contains(page.HTML, want) {
			t.Errorf("the leader's page has no %s\n%s", want, page.HTML)
		}
	}
	look := filledIn(page, lookAt)
	look.Set("f.r."+m, "worse")
	look.Del("f.present_by")
	if p := squad.Send(lookAt, look); p.Status != http.StatusUnprocessableEntity || filledIn(p, lookAt).Get("f.r."+m) != "worse" {
		t.Fatalf("nobody was there: %d\n%s", p.Status, p.HTML)
	}
	look.Set("f.present_by", squad.ID.String())
	page = squad.Send(lookAt, look).Follow()
	if !strings.Contains(page.HTML, "<b>पहले से ख़राब</b>") || !strings.Contains(page.HTML, "समीक्षा में ख़राब पाया") {
		t.Errorf("looked at:\n%s", page.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind LIKE 'hotspot%'`); n != 4 {
		t.Errorf("%d entries", n)
	}
}

// waiting is a station's list with one place that waits for the circle officer, of the month
// if one is named.
func waiting(t *testing.T, w *apitest.World, month string) (place string, head, co *apitest.Browser) {
	t.Helper()
	hand := w.Enlist(apitest.Karwi, contract.RoleSho)
	place = publicPlace(w, hand, "market", 25.24, 80.94, "market").PlaceID.String()
	head, co = w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.Browser(circleHead(w))
	co.LogIn()
	form := filledIn(head.Visit(spotsAt+"?month="+month+"&add="+place), setSpots)
	form.Set("f.s."+place, "beat")
	form.Set("f.e."+place, "1")
	if p := head.Send(setSpots, form); p.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	return place, head, co
}

func TestWhoIsAboveTheStationsSeesWhichListWaitsAndARefusalKeepsItsMonth(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	_, _, co := waiting(t, w, "2026-12")
	page := co.Visit(spotsAt)
	for _, want := range []string{`<a href="/console/hotspots?centre=KRW&amp;month=2026-12">दिसम्बर 2026</a>`, `href="/console/hotspots?centre=BHP"`} {
		if !strings.Contains(page.HTML, want) {
			t.Errorf("no %s in\n%s", want, page.HTML)
		}
	}
	page = co.Visit(spotsAt + "?centre=KRW&month=2026-12")
	if !strings.Contains(page.HTML, `id="f.reason" name="f.reason" required`) {
		t.Errorf("whoever sends it back is not asked why\n%s", page.HTML)
	}
	sent := nthForm(t, page, agreeTo, 1)
	p := co.Send(agreeTo, sent)
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.HTML, "<b>दिसम्बर 2026</b>") || !strings.Contains(p.HTML, waitsForA) {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	if again := nthForm(t, p, agreeTo, 1); again.Get("op_id") != sent.Get("op_id") {
		t.Error("the form that comes back is another one, and might go in twice")
	}
}

func TestAFormThatIsATableIsNotAskedForFieldByField(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	for kind, to := range map[string]string{"hotspots.set": spotsAt, "hotspots.review": spotsAt, "roster.set": rosterAt} {
		if p := head.Visit("/console/ops/" + kind); p.Status != http.StatusSeeOther || p.Header.Get("Location") != to+"?centre=KRW" {
			t.Errorf("%s: %d to %q", kind, p.Status, p.Header.Get("Location"))
		}
	}
	bad := typed(chosen(head.Visit(rosterAt+"?week=2026-11-30")), "f.d."+head.ID.String()+".2026-12-01.0", "desk")
	r := head.Send(setRoster, bad)
	if back := r.Form("/console/language").Get("back"); r.Status != http.StatusUnprocessableEntity || back != rosterAt+"?centre=KRW&week=2026-11-30" {
		t.Errorf("%d, the switch of language leads from a refused week to %q", r.Status, back)
	}
}

func TestAPageOfHotSpotsSaysNothingThatAnotherLineOfItDenies(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	_, head, co := waiting(t, w, "")
	co.Send(agreeTo, nthForm(t, co.Visit(spotsAt+"?centre=KRW"), agreeTo, 0))
	w.Pass(2*24*time.Hour + 11*time.Hour) // 21:00
	head.LogIn()
	page := head.Visit(spotsAt)
	if !strings.Contains(page.HTML, "योजना में नहीं आये स्थान: 1") || !strings.Contains(page.HTML, "योजना का समय 08:00 से 20:00 तक है") ||
		strings.Contains(page.HTML, "इस दिन कोई हॉट-स्पॉट शेष नहीं है") {
		t.Errorf("in the evening\n%s", page.HTML)
	}
	w.Pass(5 * 24 * time.Hour)
	head.LogIn()
	page = head.Visit("/console/")
	if !strings.Contains(page.HTML, "अगले माह की सूची तय नहीं हुई") || strings.Contains(page.HTML, "इस समय कुछ शेष नहीं है") {
		t.Errorf("on the 25th\n%s", page.HTML)
	}
}
