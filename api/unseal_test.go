package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// asksFor is a read of fields of an entry.
func asksFor(subject uuid.UUID, fields ...string) contract.IdentityRead {
	return contract.IdentityRead{SubjectID: subject, Fields: append([]string{}, fields...), Reason: "call_her"}
}

// single is one op as the body of unseal.
func single(item apitest.Item) []byte {
	return []byte(`{"op":` + string(item.Op) + `,"sig":"` + item.Sig + `"}`)
}

func TestSealedFieldsAreReadWithAnEntry(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, incharge := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "centre_incharge")
	c := came(w)
	c.Mobile, c.Account = new("9812345670"), "पति <b> & सास ने मारपीट की"
	id := *desk.Enter("complaint.open", c).OpID
	item := incharge.Op("identity.read", asksFor(id, "/body/mobile", "/body/account"))
	a := incharge.Do(apitest.Post("/v1/unseal", single(item)))
	var out contract.Unsealed
	a.Into(http.StatusOK, &out)
	if out.Receipt.Outcome != contract.OutcomeEntered || out.Receipt.Repeated || out.Receipt.CaseID == nil || *out.Receipt.CaseID != id {
		t.Errorf("%+v", out.Receipt)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(out.Fields, &fields); err != nil {
		t.Fatal(err)
	}
	if string(fields["/body/mobile"]) != `"9812345670"` || len(fields) != 2 {
		t.Errorf("%s", out.Fields)
	}
	raw, err := json.Marshal(c.Account) // as the handset wrote it
	if err != nil || !contains(string(a.Body), string(raw)) {
		t.Errorf("%s is not given as it was signed: %s", raw, a.Body)
	}
	var feed contract.FeedPage
	incharge.Read("/v1/feed?centre=KRW&after="+itoa(*out.Receipt.Seq-1), &feed)
	if len(feed.Entries) != 1 || contains(string(feed.Entries[0].Body), "9812345670") {
		t.Errorf("the in-charge sees of it: %+v", feed.Entries)
	}
	again := incharge.Do(apitest.Post("/v1/unseal", single(item)))
	again.Into(http.StatusOK, &out)
	if !out.Receipt.Repeated || !contains(string(again.Body), "9812345670") {
		t.Errorf("sent again: %s", again.Body)
	}
	w.Pass(11 * time.Minute)
	incharge.Refresh()
	late := incharge.Do(apitest.Post("/v1/unseal", single(item)))
	late.Into(http.StatusOK, &out)
	if !out.Receipt.Repeated || string(out.Fields) != "{}" {
		t.Errorf("sent again later: %s", late.Body)
	}
}

func TestARefusedReadIsAProblemThatPointsIntoTheRequest(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, incharge := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "centre_incharge")
	beat := w.Enlist(apitest.Karwi, "beat_officer")
	c := came(w)
	c.Mobile = new("9812345670")
	id := *desk.Enter("complaint.open", c).OpID
	send := func(x *apitest.Shift, kind contract.Kind, body any) *apitest.Answer {
		t.Helper()
		return x.Do(apitest.Post("/v1/unseal", single(x.Op(kind, body))))
	}
	send(beat, "identity.read", asksFor(id, "/body/mobile")).
		Refused(http.StatusForbidden, contract.CodeCaseNotYours, "/op/body/subject_id")
	send(incharge, "identity.read", asksFor(id, "/body/mobile", "/body/address")).
		Refused(http.StatusUnprocessableEntity, contract.CodeUnknownReference, "/op/body/fields/1")
	send(incharge, "identity.read", asksFor(id)).Refused(http.StatusUnprocessableEntity, contract.CodeTooFew, "/op/body/fields")
	send(incharge, "complaint.read", asksFor(id, "/body/mobile")).Refused(http.StatusUnprocessableEntity, contract.CodeBadEnum, "/op/kind")
	why := asksFor(id, "/body/mobile")
	why.Reason = "curiosity"
	send(incharge, "identity.read", why).Refused(http.StatusUnprocessableEntity, contract.CodeUnknownCode, "/op/body/reason")
	why = asksFor(id, "/body/mobile")
	why.Text = new("उसका नम्बर 98123 45670 है")
	send(incharge, "identity.read", why).Refused(http.StatusUnprocessableEntity, contract.CodeIdentityInText, "/op/body/text")

	item := incharge.Op("identity.read", asksFor(id, "/body/mobile"))
	forged := item
	forged.Sig = beat.Op("identity.read", asksFor(id, "/body/mobile")).Sig
	incharge.Do(apitest.Post("/v1/unseal", single(forged))).Refused(http.StatusUnauthorized, contract.CodeBadSignature, "/sig")
	other := w.Enlist(apitest.Karwi, "sho")
	other.Do(apitest.Post("/v1/unseal", single(item))).Refused(http.StatusForbidden, contract.CodeDeviceMismatch, "/op/session_id")
	w.SQL(`DELETE FROM case_keys WHERE district_id = $1`, apitest.District)
	send(incharge, "identity.read", asksFor(id, "/body/mobile")).Refused(http.StatusGone, contract.CodeKeyGone, "/op/body/subject_id")
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind = 'identity.read'`); n != 0 {
		t.Errorf("%d refused reads are entered", n)
	}
}

func TestAnOverheardReadIsNotAnsweredAgain(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk := w.Enlist(apitest.Karwi, "desk_officer")
	id := *desk.Enter("complaint.open", came(w)).OpID
	call := desk.Prove(w.Server, apitest.Post("/v1/unseal", single(desk.Op("identity.read", asksFor(id, "/body/account")))))
	w.Do(call).Into(http.StatusOK, nil)
	w.Do(call).Refused(http.StatusUnauthorized, contract.CodeDPoPReplayed, "")
}

func TestWhatWasUnsealedStandsInNoOtherAnswerAndNoLogLine(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, incharge := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "centre_incharge")
	c := came(w)
	c.Mobile, c.ComplainantName, c.Account = new("9812345670"), "कलावती कैनरी", "वर्णन कैनरी: घर से निकाला गया"
	canaries := []string{*c.Mobile, c.ComplainantName, c.Account}
	id := *desk.Enter("complaint.open", c).OpID
	read := asksFor(id, "/body/mobile", "/body/complainant_name", "/body/account")
	incharge.Enter("identity.read", read) // in a batch
	incharge.Do(apitest.Post("/v1/unseal", single(incharge.Op("identity.read", read)))).Into(http.StatusOK, nil)
	w.Enlist(apitest.Karwi, "beat_officer").Do(apitest.Post("/v1/unseal", single(incharge.Op("identity.read", read))))
	for _, x := range []*apitest.Shift{desk, incharge} {
		for _, path := range []string{
			"/v1/feed?centre=KRW", "/v1/bundle", "/v1/registers/help_desk?centre=KRW&year=2026", "/v1/complaints/" + id.String(),
			"/v1/complaints?centre=KRW", "/v1/held?centre=KRW",
		} {
			x.Do(apitest.Get(path))
		}
	}
	for _, canary := range canaries {
		if n := strings.Count(w.Seen.String(), canary); n != 1 {
			t.Errorf("%q stands in %d answers", canary, n)
		}
		for _, form := range []string{canary, url.QueryEscape(canary), escaped(canary)} {
			if contains(w.Log.String(), form) {
				t.Errorf("the log holds %q", form)
			}
		}
	}
	if !contains(w.Log.String(), "/v1/unseal") {
		t.Error("the log does not tell of the call")
	}
}
