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
