package api_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func TestOpsOfAnOfficerWhoLoggedOutEnterByTheNextOnTheSameHandset(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	handset := w.Handset(apitest.Karwi)
	first, second := w.Hire(apitest.Karwi, "beat_officer"), w.Hire(apitest.Karwi, "beat_officer")
	a := handset.LogIn(first)
	handset.LogIn(second)
	left := []apitest.Item{a.Op("visit.record", w.Visit()), a.Op("visit.record", w.Visit())}
	w.Pass(time.Minute)
	a.Do(apitest.Request{Method: http.MethodDelete, Path: "/v1/sessions/current"}).Into(http.StatusNoContent, nil)
	a.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	w.Pass(time.Hour)
	b := handset.LogIn(second)
	late := a.Op("visit.record", w.Visit())
	got := b.Send(left[0], b.Op("visit.record", w.Visit()), late)
	if got[0].Outcome != contract.OutcomeEntered || *got[0].OfficerID != first.ID || *got[0].DeviceID != handset.ID {
		t.Errorf("left behind: %+v", got[0])
	}
	if got[1].Outcome != contract.OutcomeEntered || *got[1].OfficerID != second.ID {
		t.Errorf("his own: %+v", got[1])
	}
	refusedAs(t, "made after the log-out", got[2], contract.CodeSessionEnded, "/session_id")
	elsewhere := w.Enlist(apitest.Karwi, "beat_officer")
	refusedAs(t, "on another handset", elsewhere.Send(left[1])[0], contract.CodeDeviceMismatch, "/session_id")
	if again := b.Send(left[1])[0]; again.Outcome != contract.OutcomeEntered || *again.OfficerID != first.ID {
		t.Errorf("at home again: %+v", again)
	}
}

func TestASuspendedOfficersOpsFromBeforeEnterAndNoneAfter(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	handset := w.Handset(apitest.Karwi)
	bad, good := w.Hire(apitest.Karwi, "beat_officer"), w.Hire(apitest.Karwi, "beat_officer")
	a := handset.LogIn(bad)
	before := a.Op("visit.record", w.Visit())
	w.Pass(time.Minute)
	if err := w.Staff.SetOfficerState(context.Background(), apitest.District, bad.ID, staff.Suspended); err != nil {
		t.Fatal(err)
	}
	a.Do(apitest.Post("/v1/ops", w.Batch(before))).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	w.Do(handset.Vouch(w.Server, apitest.Post("/v1/sessions", handset.LogInBody(bad, apitest.GoodPIN, a.Key)))).Refused(http.StatusForbidden, contract.CodeForbidden, "")
	w.Pass(time.Hour)
	after := a.Op("visit.record", w.Visit())
	got := handset.LogIn(good).Send(before, after)
	if got[0].Outcome != contract.OutcomeEntered || *got[0].OfficerID != bad.ID {
		t.Errorf("before: %+v", got[0])
	}
	refusedAs(t, "after", got[1], contract.CodeSessionEnded, "/session_id")
}

func TestARevokedHandsetIsOutOnEveryServerWithinAMinute(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	second := w.Another()
	for _, s := range []*apitest.Server{w.Server, second} {
		x.At(s, apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	}
	if err := w.Staff.RevokeDevice(context.Background(), apitest.District, x.Handset.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	x.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeDeviceRevoked, "")
	w.Pass(59 * time.Second)
	for _, s := range []*apitest.Server{w.Server, second} {
		x.At(s, apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeDeviceRevoked, "")
		x.At(s, apitest.Post("/v1/ops", w.Batch(x.Op("visit.record", w.Visit())))).Refused(http.StatusUnauthorized, contract.CodeDeviceRevoked, "")
		s.Do(x.Handset.Vouch(s, apitest.Post("/v1/sessions", x.Handset.LogInBody(x.Officer, apitest.GoodPIN, x.Key)))).
			Refused(http.StatusUnauthorized, contract.CodeDeviceRevoked, "")
	}
}

func TestASessionIsRefreshedOverHTTPAndAnOldTokenEndsIt(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	refresh := func(token string) *apitest.Answer {
		nonce := w.Nonce()
		return w.Do(x.Handset.Vouch(w.Server, apitest.Post("/v1/sessions/refresh", contract.Refresh{
			RefreshToken: token, Nonce: nonce, Sig: w.Sign(x.Handset.Key, contract.RefreshMessage(token, nonce)),
		})))
	}
	var first, retried, second contract.Tokens
	old := x.Session.RefreshToken
	w.Pass(11 * time.Minute)
	x.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeTokenExpired, "")
	refresh(old).Into(http.StatusOK, &first)
	refresh(old).Into(http.StatusOK, &retried)
	if first.RefreshToken != retried.RefreshToken || first.RefreshToken == old {
		t.Error("a retry has another successor")
	}
	x.Session.AccessToken = first.AccessToken
	x.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	refresh(first.RefreshToken).Into(http.StatusOK, &second)
	w.Pass(time.Minute)
	refresh(old).Refused(http.StatusUnauthorized, contract.CodeRefreshInvalid, "")
	x.Session.AccessToken = second.AccessToken
	w.Pass(15 * time.Second)
	x.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
}

func TestAWrongPINAnUnknownOfficerAndAnOfficerWithoutPINAreToldAlike(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	handset := w.Handset(apitest.Karwi)
	known, none := w.Hire(apitest.Karwi, "beat_officer"), w.Hire(apitest.Karwi, "beat_officer")
	handset.Activate(known)
	unknown := &apitest.Officer{ID: uuid.New(), Number: "CTK9999"}
	bodies := map[string]bool{}
	for _, o := range []*apitest.Officer{known, none, unknown} {
		a := w.Do(handset.Vouch(w.Server, apitest.Post("/v1/sessions", handset.LogInBody(o, "918273", handset.Key))))
		a.Refused(http.StatusUnauthorized, contract.CodeWrongCredentials, "")
		p := a.Problem()
		p.RequestID = ""
		bodies[text(t, p)] = true
	}
	if len(bodies) != 1 {
		t.Errorf("answers differ: %v", bodies)
	}
	for range 5 {
		w.Do(handset.Vouch(w.Server, apitest.Post("/v1/sessions", handset.LogInBody(known, "918273", handset.Key))))
	}
	locked := w.Do(handset.Vouch(w.Server, apitest.Post("/v1/sessions", handset.LogInBody(known, apitest.GoodPIN, handset.Key))))
	locked.Refused(http.StatusTooManyRequests, contract.CodeTooManyTries, "")
	if locked.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
