package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// agreedSpots has a list of hot-spots agreed to for the present month.
func agreedSpots(w *apitest.World, head *apitest.Shift, spots ...contract.HotspotSet) contract.UUID {
	list := *head.Enter("hotspots.set", contract.HotspotsSet{Month: w.Now().Format("2006-01"), Spots: spots}).OpID
	co := w.Handset("HQ").LogIn(circleHead(w))
	co.Enter("hotspots.agree", contract.HotspotsAgree{ListID: list, Agreed: true}, apitest.With("centre", apitest.Karwi))
	return list
}

func TestHotSpotsAreReadByWhoWorksThereAndPlannedForTheSquad(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head, leader, beat := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge), w.Enlist(apitest.Karwi, contract.RoleSquadLeader), w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	counsellor := w.Enlist(apitest.Karwi, contract.RoleCounsellor)
	market := publicPlace(w, head, "market", 25.24, 80.94, "market")
	list := agreedSpots(w, head, contract.HotspotSet{PlaceID: market.PlaceID, EveryDays: 1, Weight: 10, Sources: []string{"beat"}})
	beat.Enter("hotspot.propose", contract.HotspotPropose{PlaceID: market.PlaceID, Source: "school", Signs: []string{"dark"}, Mentions: 2})
	w.Pass(26 * time.Hour)
	for _, x := range []*apitest.Shift{head, leader, beat, counsellor} {
		x.Refresh()
		var h contract.Hotspots
		x.Read("/v1/hotspots?centre="+apitest.Karwi, &h)
		if h.InForce == nil || h.InForce.ListID != list || len(h.InForce.Spots) != 1 || *h.InForce.Spots[0].Debt == 0 || h.CarriedOver || h.Month != "2026-11" {
			t.Errorf("%+v", h)
		}
		if tells := x != counsellor; (len(h.Proposals) == 1) != tells || tells && h.Proposals[0].Told[0].Mentions != 2 {
			t.Errorf("proposals %+v", h.Proposals)
		}
	}
	var next contract.Hotspots
	head.Read("/v1/hotspots?centre="+apitest.Karwi+"&month=2026-12", &next)
	if next.InForce == nil || !next.CarriedOver {
		t.Errorf("December: %+v", next)
	}
	head.Do(apitest.Get("/v1/hotspots?centre="+apitest.Karwi+"&month=2027-02")).Refused(http.StatusUnprocessableEntity, contract.CodeInFuture, "month")
	var plan contract.HotspotPlan
	leader.Read("/v1/hotspots/plan?centre="+apitest.Karwi+"&squad_id="+w.SquadID.String(), &plan)
	if len(plan.Stops) != 1 || plan.Stops[0].Spot.PlaceID != market.PlaceID || plan.Stops[0].Why[0] != "due" || *plan.ListID != list || plan.Left != 0 {
		t.Errorf("%+v", plan)
	}
	var bundle contract.Bundle
	leader.Read("/v1/bundle", &bundle)
	if bundle.HotspotPlan == nil || len(bundle.HotspotPlan.Stops) != 1 {
		t.Errorf("the leader's bundle has %+v", bundle.HotspotPlan)
	}
	bundle = contract.Bundle{}
	beat.Read("/v1/bundle", &bundle)
	if bundle.HotspotPlan != nil {
		t.Error("the beat's bundle has a squad's plan")
	}
	var c contract.Coverage
	head.Read("/v1/coverage?centre="+apitest.Karwi, &c)
	if s := c.Circles[0].Stations[0].Spots; s == nil || s.Places != 1 || s.Overdue != 1 || s.Debt == 0 || c.Circles[0].Stations[0].Sums.Places != 1 {
		t.Errorf("coverage: %+v", c.Circles)
	}
	w.Enlist(apitest.Rajapur, contract.RoleSho).Do(apitest.Get("/v1/hotspots?centre="+apitest.Karwi)).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	if d := drawn(t, b); len(d.layer("spot")) != 1 {
		t.Errorf("on the map: %v", d.layer("spot"))
	}
	page := b.Visit("/console/hotspots")
	send := sendRound.FindStringSubmatch(page.HTML)
	if send == nil {
		t.Fatalf("no plan to send:\n%s", page.HTML)
	}
	filled := b.Visit(strings.ReplaceAll(send[1], "&amp;", "&"))
	for _, want := range []string{`value="hotspot_round" checked`, `<option value="` + w.SquadID.String() + `" selected>`, ">स्थान market</textarea>"} {
		if !strings.Contains(filled.HTML, want) {
			t.Errorf("no %s in\n%s", want, filled.HTML)
		}
	}
	if page := b.Visit("/console/coverage"); !strings.Contains(page.HTML, "हॉट-स्पॉट: समय से ऊपर / स्थान") {
		t.Errorf("coverage does not tell of them\n%s", page.HTML)
	}
}
