package api_test

import (
	"net/http"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

func TestTheDistrictOfficeSeesWhatAChangeOfRetentionWouldDestroy(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	sp, second := w.Enlist("HQ", "sp"), w.Enlist("HQ", "addl_sp")
	sho, member := w.Enlist(apitest.Karwi, "sho"), w.Enlist(apitest.Karwi, "beat_officer")
	var out contract.Retention
	sp.Read("/v1/retention", &out)
	if len(out.Rules) != 11 || len(out.Asks) != 0 || out.WouldGo != nil {
		t.Errorf("%+v", out)
	}
	ask := sp.Enter("retention.ask", contract.RetentionAsk{Rule: "tracks", Days: 30, Basis: "आदेश 7/2026"})
	second.Read("/v1/retention?rule=tracks&months=0&days=10", &out)
	if len(out.Asks) != 1 || out.Asks[0].AskID != *ask.OpID || out.Asks[0].Days != 30 || out.WouldGo == nil || *out.WouldGo != 0 {
		t.Errorf("%+v", out)
	}
	for _, x := range []*apitest.Shift{sho, member} {
		x.Do(apitest.Get("/v1/retention")).Refused(http.StatusForbidden, contract.CodeForbidden, "")
	}
	sp.Do(apitest.Get("/v1/retention?rule=caste")).Refused(http.StatusUnprocessableEntity, contract.CodeUnknownReference, "rule")
	for _, x := range []struct {
		ask  contract.RetentionAsk
		code contract.Code
	}{
		{contract.RetentionAsk{Rule: "audit", Days: 179, Basis: "आदेश"}, contract.CodeOutOfRange},
		{contract.RetentionAsk{Rule: "identity", Basis: "आदेश"}, contract.CodeOutOfRange},
		{contract.RetentionAsk{Rule: "positions", Days: 32, Basis: "आदेश"}, contract.CodeOutOfRange},
	} {
		if r := sp.Try("retention.ask", x.ask); r.Problem == nil || r.Problem.Code != string(x.code) {
			t.Errorf("%+v: %+v", x.ask, r.Problem)
		}
	}
}
