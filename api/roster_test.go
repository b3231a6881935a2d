package api_test

import (
	"net/http"
	"testing"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// rosterDay is a day as a body has it.
func rosterDay(t *testing.T, day string) openapi_types.Date {
	t.Helper()
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return openapi_types.Date{Time: d}
}

func TestAWeekIsReadAtItsStationAndAboveAndOnesOwnDaysInTheBundle(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge, beat, sp := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist("HQ", "sp")
	stranger, analyst := w.Enlist(apitest.Rajapur, "sho"), w.Enlist("HQ", "analyst")
	from, to := "20:00", "08:00"
	set := incharge.Enter("roster.set", contract.RosterSet{Week: rosterDay(t, "2026-11-16"), Rows: []contract.RosterRow{
		{OfficerID: beat.ID, Day: rosterDay(t, "2026-11-19"), Duty: "desk", From: &from, To: &to},
		{OfficerID: incharge.ID, Day: rosterDay(t, "2026-11-19"), Duty: "rest"},
	}})
	const path = "/v1/roster?centre=KRW&week="
	for _, x := range []*apitest.Shift{beat, sp} {
		var r contract.Roster
		x.Read(path+"2026-11-16", &r)
		if r.RosterID == nil || *r.RosterID != *set.OpID || *r.SetBy != incharge.ID || len(r.Rows) != 2 || *r.Rows[0].To != to || r.Rows[1].From != nil {
			t.Errorf("%+v", r)
		}
		var none contract.Roster
		x.Read(path+"2026-11-23", &none)
		if none.RosterID != nil || none.SetAt != nil || len(none.Rows) != 0 {
			t.Errorf("a week that nobody has set: %+v", none)
		}
	}
	beat.Do(apitest.Get(path+"2026-11-17")).Refused(http.StatusUnprocessableEntity, contract.CodeWeekFromMonday, "week")
	stranger.Do(apitest.Get(path+"2026-11-16")).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	if a := analyst.Do(apitest.Get(path + "2026-11-16")); a.Status != http.StatusNotFound && a.Status != http.StatusForbidden {
		t.Errorf("the analyst reads it: %d", a.Status)
	}
	var bundle contract.Bundle
	beat.Read("/v1/bundle", &bundle)
	if len(bundle.Roster) != 1 || bundle.Roster[0].Centre != apitest.Karwi || bundle.Roster[0].Duty != "desk" || *bundle.Roster[0].From != from {
		t.Errorf("%+v", bundle.Roster)
	}
}
