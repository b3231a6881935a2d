package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// asks is a question of a woman who holds a slip.
func asks(w *apitest.World, number, secret string) *apitest.Answer {
	w.T.Helper()
	return w.Do(apitest.Post("/public/status", contract.SlipQuestion{Number: number, Secret: secret}))
}

func TestAWomanLearnsByHerSlipWhatBecameOfHerComplaint(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, beat := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "beat_officer")
	incharge := w.Enlist(apitest.Karwi, "centre_incharge")
	w.SQL(`UPDATE centres SET phone = '05198-235555' WHERE centre = 'KRW'`)
	item := desk.Op("complaint.open", came(w))
	r := desk.Send(item)[0]
	if r.Slip == nil || len(r.Slip.Secret) != 8 {
		t.Fatalf("%+v", r.Slip)
	}
	if again := desk.Send(item)[0]; again.Slip == nil || *again.Slip != *r.Slip {
		t.Errorf("sent again: %+v", again.Slip)
	}
	if other := beat.Try("complaint.open", came(w), apitest.With("op_id", item.ID)); other.Slip != nil {
		t.Error("another handset is shown the slip")
	}
	incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: *r.OpID, OfficerID: beat.ID})
	a := w.Do(apitest.Post("/public/status", map[string]any{"number": r.Slip.Number, "secret": r.Slip.Secret, "lang": "en"}).
		With("Origin", "https://example.org"))
	var out contract.SlipAnswer
	a.Into(http.StatusOK, &out)
	if out.Step != "assigned" || out.StepText != "Assigned" || !out.StepAt.Equal(w.Now()) || out.Post != "Women beat officer, Karwi" ||
		out.Telephone == nil || *out.Telephone != "05198-235555" || out.NextOn == nil || out.NextOn.Format(time.DateOnly) != "2026-11-19" {
		t.Errorf("%s", a.Body)
	}
	if out.Remedy != nil || len(out.Helplines) != 5 || out.Helplines[0].Number != "112" {
		t.Errorf("%s", a.Body)
	}
	for name := range a.Header {
		if strings.HasPrefix(name, "Access-Control") {
			t.Errorf("header %s", name)
		}
	}
	all := map[string]any{}
	if err := json.Unmarshal(a.Body, &all); err != nil {
		t.Fatal(err)
	}
	want := []string{"helplines", "next_on", "post", "step", "step_at", "step_text", "telephone"}
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, want) {
		t.Errorf("told: %v", got)
	}
	asks(w, strings.ToLower(r.Slip.Number), strings.ToLower(r.Slip.Secret)).Into(http.StatusOK, &out)
	if out.Post != "महिला बीट अधिकारी, कर्वी" || out.StepText == "Assigned" {
		t.Errorf("in Hindi: %+v", out)
	}
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind NOT IN ('post.take', 'complaint.open', 'complaint.assign')`); n != 0 {
		t.Errorf("asking made %d entries", n)
	}
	for _, hidden := range []string{r.Slip.Secret, strings.ToLower(r.Slip.Secret)} {
		if contains(w.Log.String(), hidden) {
			t.Error("the log holds the secret")
		}
	}
}

func TestARemedyIsToldWhereAnFIRWasDeclined(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, sho := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "sho")
	r := desk.Enter("complaint.open", came(w))
	desk.Enter("fir.request", contract.FIRRequest{ComplaintID: *r.OpID})
	sho.Enter("fir.decline", contract.FIRDecline{
		ComplaintID: *r.OpID, Reason: "असंज्ञेय प्रकरण, मारपीट का कोई तथ्य नहीं", NCRNo: new("12/2026"), ToldWayToSp: true,
	})
	var out contract.SlipAnswer
	asks(w, r.Slip.Number, r.Slip.Secret).Into(http.StatusOK, &out)
	if out.Remedy == nil || !contains(*out.Remedy, "173(4)") {
		t.Errorf("%+v", out.Remedy)
	}
}

func TestASlipThatIsNotRightIsAnsweredAlikeWhateverIsWrong(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk := w.Enlist(apitest.Karwi, "desk_officer")
	right := desk.Enter("complaint.open", came(w)).Slip
	hidden, no := came(w), false
	hidden.StatusSafe = &no
	if r := desk.Enter("complaint.open", hidden); r.Slip != nil {
		t.Error("a slip where it is not safe for her")
	}
	var bodies []string
	for _, number := range []string{right.Number, "7-KRW-26-2", "7-KRW-26-99-9", "8-XYZ-26-1-1", "----", "99999999999999999999"} {
		a := asks(w, number, "00000000")
		a.Refused(http.StatusNotFound, contract.CodeSlipUnknown, "")
		p := a.Problem()
		p.RequestID = ""
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(text))
	}
	if len(slices.Compact(bodies)) != 1 {
		t.Errorf("answers differ: %v", bodies)
	}
	for range 4 {
		asks(w, right.Number, "00000000")
	}
	a := asks(w, right.Number, right.Secret)
	a.Refused(http.StatusTooManyRequests, contract.CodeSlipTries, "")
	if a.Header.Get("Retry-After") != "1800" { // it is half past
		t.Errorf("Retry-After %s", a.Header.Get("Retry-After"))
	}
	w.Pass(30 * time.Minute)
	asks(w, right.Number, right.Secret).Into(http.StatusOK, nil)
}

func TestAQuestionThatIsNoneIsRefusedBeforeItCounts(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	for body, want := range map[string]struct {
		code    contract.Code
		pointer string
	}{
		`{"number":"7-KRW-26-1-1"}`:                                           {contract.CodeMissingField, "/secret"},
		`{"number":"7-KRW-26-1-1","secret":"0000000"}`:                        {contract.CodeTooShort, "/secret"},
		`{"number":"7-KRW-26-1-1","secret":"00000000","name":"x"}`:            {contract.CodeUnknownField, ""},
		`{"number":"7-KRW-26-1-1","number":"7-KRW-26-1","secret":"00000000"}`: {contract.CodeDuplicateKey, "/number"},
		`{"number":"7;DROP TABLE slips","secret":"00000000"}`:                 {contract.CodeBadFormat, "/number"},
		`{"number":"7-KRW-26-1-1","secret":"00000000","lang":"fr"}`:           {contract.CodeBadEnum, "/lang"},
		`{"number":"` + strings.Repeat("1", 41) + `","secret":"00000000"}`:    {contract.CodeTooLong, "/number"},
		`{"number":7,"secret":"00000000"}`:                                    {contract.CodeWrongType, "/number"},
		`{"number":"7-KRW-26-1-1","secret":"00000000"`:                        {contract.CodeBadJSON, ""},
	} {
		a := w.Do(apitest.Post("/public/status", body))
		if p := a.Problem(); p.Code != string(want.code) || p.Pointer != want.pointer {
			t.Errorf("%s: %s at %q", body, p.Code, p.Pointer)
		}
	}
	if n := w.Count(`SELECT count(*) FROM slip_tries`); n != 0 {
		t.Errorf("%d tries", n)
	}
	if a := w.Do(apitest.Request{Method: http.MethodOptions, Path: "/public/status"}); a.Status != http.StatusMethodNotAllowed ||
		a.Header.Get("Allow") != "POST" || a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("OPTIONS: %d %v", a.Status, a.Header)
	}
}
