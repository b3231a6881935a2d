package api_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// came is a complaint of a woman who came ten minutes ago and is registered now.
func came(w *apitest.World) contract.ComplaintOpen {
	at := contract.At(w.Now())
	return contract.ComplaintOpen{
		ArrivedAt: contract.At(w.Now().Add(-10 * time.Minute)), RegisteredAt: &at, Channel: "walk_in", ComplainantName: "कमला देवी",
		SafeToCall: true, Category: "marital_dispute", Account: "पति से विवाद, आये दिन झगड़ा होता है", RiskLevel: "low", WomanRecorded: true,
	}
}

// dated is the day (IST) of now.
func dated(w *apitest.World) openapi_types.Date {
	y, m, d := w.Now().In(time.FixedZone("IST", 19800)).Date()
	return openapi_types.Date{Time: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

func TestTheDaySheetOverHTTP(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge, sho, beat := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "sho"), w.Enlist(apitest.Karwi, "beat_officer")
	c := came(w)
	c.RiskLevel, c.RegisteredAt = "high", nil
	first := sho.Enter("complaint.open", c)
	sho.Enter("complaint.open", came(w))
	beat.Enter("visit.record", w.Visit())
	w.Pass(3 * time.Hour)
	incharge.Refresh()
	sho.Refresh()
	beat.Refresh()
	path := "/v1/days/" + dated(w).String()
	var d contract.DaySheet
	incharge.Read(path+"?centre=KRW", &d)
	if d.Centre != "KRW" || d.Date.String() != "2026-11-18" || d.State != "open" || d.Arrived != 2 || d.Registered.Count != 1 ||
		*d.Registered.MedianMinutes != 10 || *d.Registered.WorstMinutes != 10 || d.Visits != 1 || d.Flagged != 1 {
		t.Errorf("%+v", d)
	}
	if len(d.Overdue) != 2 || len(d.Sensitive) != 1 || len(d.Unregistered) != 1 || d.Sensitive[0].ID != *first.OpID ||
		d.Sensitive[0].No != "KRW/HD/2026/00001" || !slices.Equal(d.Sensitive[0].Sensitive, []string{"high_risk"}) {
		t.Errorf("overdue %+v, sensitive %+v", d.Overdue, d.Sensitive)
	}
	if k := d.Unregistered[0].Clocks; len(k) != 2 || !slices.ContainsFunc(k, func(x contract.ClockView) bool { return x.Limit == "register" && x.Overdue }) {
		t.Errorf("clocks %+v", k)
	}
	if len(d.MissingReviews) != 2 || d.OpenByState["received"] != 1 || d.Counts["women_beat.women"] != 12 || len(d.Squads) != 1 {
		t.Errorf("%+v", d)
	}

	r := incharge.Try("day.sign", contract.DaySign{Date: dated(w)})
	refusedAs(t, "not looked at", r, contract.CodeReviewsMissing, "/body/date")
	if r.Problem.Detail != "समीक्षा शेष: KRW/HD/2026/00001, KRW/HD/2026/00002" {
		t.Errorf("detail %v", r.Problem.Detail)
	}
	for _, b := range d.Overdue {
		incharge.Enter("day.review", contract.DayReview{ComplaintID: b.ID, Verdict: "stepped_in"})
	}
	incharge.Enter("day.sign", contract.DaySign{Date: dated(w)})
	var signed contract.DaySheet
	sho.Read(path+"?centre=KRW", &signed)
	if signed.State != "signed" || signed.SignedBy == nil || *signed.SignedBy != incharge.ID || signed.SignedAt == nil || len(signed.MissingReviews) != 0 {
		t.Errorf("signed: %+v", signed)
	}

	beat.Do(apitest.Get(path+"?centre=KRW")).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
	incharge.Do(apitest.Get(path+"?centre=RJP")).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	incharge.Do(apitest.Get("/v1/days/2026-02-30?centre=KRW")).Refused(http.StatusNotFound, contract.CodeNotFound, "")
	incharge.Do(apitest.Get(path)).Refused(http.StatusBadRequest, contract.CodeMissingParameter, "centre")
}

func TestTheReturnsOverHTTP(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge, other, sho := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Rajapur, "centre_incharge"), w.Enlist(apitest.Karwi, "sho")
	chief := w.Enlist("HQ", "sp")
	sho.Enter("complaint.open", came(w))
	v := w.Visit()
	v.BeatID = nil
	other.Enter("visit.record", v)
	incharge.Enter("return.sign", contract.ReturnSign{Date: dated(w)})
	path := "/v1/returns?from=2026-11-18&to=2026-11-18"
	var r contract.Returns
	chief.Read(path, &r)
	i := slices.IndexFunc(r.Centres, func(c contract.CentreReturn) bool { return c.Centre == "KRW" })
	if len(r.Centres) != 12 || i < 0 || r.Total["complaints_received"] != 1 || r.Total["women"] != 12 || r.Total["pending_under_1d"] != 1 ||
		r.Centres[i].Figures["women"] != 0 {
		t.Fatalf("the district: %+v", r)
	}
	if s := r.Centres[i].Signed; len(s) != 1 || s[0].N != 1 || s[0].Date.String() != "2026-11-18" || s[0].SignedBy != incharge.ID || s[0].Figures["complaints_registered"] != 1 {
		t.Errorf("signed: %+v", s)
	}
	var own contract.Returns
	other.Read(path, &own)
	if len(own.Centres) != 1 || own.Total["visits"] != 1 || own.Total["complaints_received"] != 0 {
		t.Errorf("an in-charge: %+v", own)
	}
	other.Do(apitest.Get(path+"&centre=KRW")).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	chief.Do(apitest.Get("/v1/returns?from=2026-08-01&to=2026-11-18")).Refused(http.StatusUnprocessableEntity, contract.CodeSpanTooLong, "to")
	chief.Do(apitest.Get("/v1/returns?from=2026-11-18&to=2026-11-17")).Refused(http.StatusUnprocessableEntity, contract.CodeEndedBeforeStarted, "to")
	w.Enlist(apitest.Karwi, "beat_officer").Do(apitest.Get(path)).Refused(http.StatusForbidden, contract.CodeForbidden, "")
}
