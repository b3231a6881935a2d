package api_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

func TestTheDistrictSeesWhoReadWhatAndNeverWhatStoodThere(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, incharge, sho := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "sho")
	c := came(w)
	c.Mobile, c.ComplainantName = new("9812345670"), "कलावती कैनरी"
	id := *desk.Enter("complaint.open", c).OpID
	c.Category, c.IsMinor, c.Age = "child_offence", true, new(12)
	child := *desk.Enter("complaint.open", c).OpID
	read := asksFor(id, "/body/mobile", "/body/complainant_name")
	read.Text = new("निस्तारण के उपरान्त कॉल")
	desk.Enter("identity.read", read)
	w.Pass(30 * time.Minute)
	desk.Refresh()
	desk.Enter("identity.read", asksFor(id, "/body/account"))
	w.Pass(45 * time.Minute)
	for _, x := range []*apitest.Shift{desk, incharge, sho} {
		x.Refresh()
	}
	desk.Enter("identity.read", asksFor(child, "/body/complainant_name"))
	desk.Enter("phone.search", contract.PhoneSearch{Phone: "9812345670", Reason: "inquiry"})
	const week = "/v1/reads?centre=KRW&from=2026-11-16&to=2026-11-22"
	for _, role := range []contract.Role{"sp", "addl_sp", "women_cell", "nodal"} {
		x := w.Enlist("HQ", role)
		a := x.Do(apitest.Get(week))
		var page contract.ReadPage
		a.Into(http.StatusOK, &page)
		if len(page.Reads) != 4 || page.More || page.Next != page.Reads[3].Seq {
			t.Fatalf("%s: %+v", role, page)
		}
		first, second, guarded, search := page.Reads[0], page.Reads[1], page.Reads[2], page.Reads[3]
		if first.OfficerID != desk.ID || first.Role != "desk_officer" || first.CaseNo == nil || *first.CaseNo != "KRW/HD/2026/00001" ||
			!slices.Equal(first.Fields, []string{"/body/mobile", "/body/complainant_name"}) || first.Reason == nil || *first.Reason != "call_her" ||
			first.UsedHour != 1 || first.UsedDay != 1 || first.Allowed || first.Kind != "identity.read" {
			t.Errorf("%s: the first is %+v", role, first)
		}
		if second.UsedHour != 2 || second.UsedDay != 2 || guarded.UsedHour != 2 || guarded.UsedDay != 3 {
			t.Errorf("%s: used %d of %d, then %d of %d", role, second.UsedHour, second.UsedDay, guarded.UsedHour, guarded.UsedDay)
		}
		if len(guarded.Fields) != 0 || guarded.FieldCount != 1 || guarded.Reason != nil || *guarded.CaseNo != "KRW/HD/2026/00002" {
			t.Errorf("%s: of a child's case %+v", role, guarded)
		}
		if search.Kind != "phone.search" || search.CaseNo != nil || search.FieldCount != 0 || search.UsedHour != 1 || *search.Reason != "inquiry" {
			t.Errorf("%s: the search is %+v", role, search)
		}
		for _, canary := range []string{"9812345670", "कैनरी", "निस्तारण"} {
			if contains(string(a.Body), canary) {
				t.Errorf("%s is told %q", role, canary)
			}
		}
		x.Do(apitest.Get("/v1/reads?centre=ZZZ&from=2026-11-16&to=2026-11-22")).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	}
	var page contract.ReadPage
	incharge.Read(week+"&limit=2", &page)
	if len(page.Reads) != 2 || !page.More {
		t.Fatalf("%+v", page)
	}
	incharge.Read(week+"&limit=2&after="+itoa(page.Next), &page)
	if len(page.Reads) != 2 || page.More || len(page.Reads[0].Fields) != 1 {
		t.Errorf("the in-charge's second page: %+v", page)
	}
	sho.Read("/v1/reads?centre=KRW&from=2026-11-19&to=2026-11-22", &page)
	if len(page.Reads) != 0 {
		t.Errorf("of other days: %+v", page)
	}
}

func TestWhoReadWhatIsForThoseAboveAlone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge := w.Enlist(apitest.Karwi, "centre_incharge")
	const week = "/v1/reads?centre=KRW&from=2026-11-16&to=2026-11-22"
	for _, role := range []contract.Role{"beat_officer", "squad_leader", "squad_member", "desk_officer", "counsellor", "dispatcher"} {
		w.Enlist(apitest.Karwi, role).Do(apitest.Get(week)).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
	}
	w.Enlist("HQ", "sysadmin").Do(apitest.Get(week)).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
	for _, role := range []contract.Role{"auditor", "analyst"} {
		w.Enlist("HQ", role).Do(apitest.Get(week)).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	}
	w.Enlist(apitest.Rajapur, "centre_incharge").Do(apitest.Get(week)).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	w.Enlist(apitest.Rajapur, "sho").Do(apitest.Get(week)).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	incharge.Do(apitest.Get("/v1/reads?centre=KRW&from=2026-10-01&to=2026-11-01")).Refused(http.StatusUnprocessableEntity, contract.CodeSpanTooLong, "to")
	incharge.Do(apitest.Get("/v1/reads?centre=KRW&from=2026-11-02&to=2026-11-01")).Refused(http.StatusUnprocessableEntity, contract.CodeEndedBeforeStarted, "to")

	desk := w.Enlist(apitest.Karwi, "desk_officer")
	c := came(w)
	c.AboutBy = append(c.AboutBy, incharge.ID)
	id := *desk.Enter("complaint.open", c).OpID
	desk.Enter("identity.read", asksFor(id, "/body/account"))
	var page contract.ReadPage
	incharge.Read(week, &page)
	if len(page.Reads) != 0 {
		t.Errorf("who is complained of sees who read it: %+v", page)
	}
	w.Enlist(apitest.Karwi, "sho").Read(week, &page)
	if len(page.Reads) != 1 {
		t.Errorf("the head of the station sees %d", len(page.Reads))
	}
}
