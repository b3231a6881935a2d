package api_test

import (
	"net/http"
	"net/url"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

func TestASearchByANumberOverHTTPLeavesNothingOfItInAnswersLogsAndURLs(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, leader := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "squad_leader")
	c := came(w)
	c.Mobile, c.ComplainantName = new("9812345670"), "कलावती कैनरी"
	id := *desk.Enter("complaint.open", c).OpID
	ask := func(x *apitest.Shift, phone string) apitest.Request {
		return apitest.Post("/v1/search/phone", single(x.Op("phone.search", contract.PhoneSearch{Phone: phone, Reason: "call_back"})))
	}
	call := desk.Prove(w.Server, ask(desk, "9812345670"))
	a := w.Do(call)
	var out contract.PhoneAnswer
	a.Into(http.StatusOK, &out)
	if len(out.Cases) != 1 || out.Cases[0].ComplaintID != id || out.Cases[0].No != "KRW/HD/2026/00001" || out.Others != 0 || out.Receipt.Outcome != contract.OutcomeEntered {
		t.Errorf("%+v", out)
	}
	if a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("may be kept: %v", a.Header)
	}
	w.Do(call).Refused(http.StatusUnauthorized, contract.CodeDPoPReplayed, "")
	leader.Do(ask(leader, "9812345670")).Refused(http.StatusForbidden, contract.CodeForbidden, "/op/kind")
	desk.Do(ask(desk, "12345")).Refused(http.StatusUnprocessableEntity, contract.CodeTooShort, "/op/body/phone")
	for range 19 {
		desk.Do(ask(desk, "9812345670")).Into(http.StatusOK, &out)
	}
	over := desk.Do(ask(desk, "9812345670"))
	over.Refused(http.StatusTooManyRequests, contract.CodeSearchBudget, "/op/kind")
	if over.Header.Get("Retry-After") != "3600" {
		t.Errorf("Retry-After is %q", over.Header.Get("Retry-After"))
	}
	desk.Do(apitest.Get("/v1/feed?centre=KRW"))
	for _, canary := range []string{"9812345670", "345670", "कलावती कैनरी", url.QueryEscape("कलावती कैनरी")} {
		if contains(w.Seen.String(), canary) {
			t.Errorf("%q stands in an answer", canary)
		}
		if contains(w.Log.String(), canary) {
			t.Errorf("%q stands in the log", canary)
		}
	}
	if !contains(w.Log.String(), "POST /v1/search/phone") {
		t.Error("the log does not tell of the call")
	}
}
