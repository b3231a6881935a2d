package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// handsetCalls makes a right body of each call without a token, over a nonce.
func handsetCalls(t *testing.T, w *apitest.World, x *apitest.Shift) map[string]func(nonce string) apitest.Request {
	t.Helper()
	h := x.Handset
	code, err := w.Staff.IssueEnrolCode(context.Background(), apitest.District, apitest.Karwi)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(nonce string) apitest.Request{
		"enrol": func(nonce string) apitest.Request {
			jwk := w.JWK(h.Key)
			return apitest.Post("/v1/devices", contract.Enrolment{
				Code: string(code.Text), PublicKey: jwk, Nonce: nonce,
				Sig: w.Sign(h.Key, contract.EnrolMessage(string(code.Text), nonce, jwk.Thumbprint())),
			})
		},
		"pin": func(nonce string) apitest.Request {
			old := apitest.GoodPIN
			return apitest.Request{Method: http.MethodPut, Path: "/v1/officers/self/pin", Body: contract.PinChange{
				District: apitest.District, DeviceID: h.ID, OfficerNo: x.Number, OldPin: &old, NewPin: old, Nonce: nonce,
				Sig: w.Sign(h.Key, contract.PinMessage(apitest.District, h.ID.String(), x.Number, old, old, nonce)),
			}}
		},
		"log in": func(nonce string) apitest.Request {
			jwk := w.JWK(x.Key)
			return apitest.Post("/v1/sessions", contract.LogIn{
				District: apitest.District, DeviceID: h.ID, OfficerNo: x.Number, Pin: apitest.GoodPIN, SessionKey: jwk, Nonce: nonce,
				Sig: w.Sign(h.Key, contract.SessionMessage(apitest.District, h.ID.String(), x.Number, apitest.GoodPIN, jwk.Thumbprint(), nonce)),
			})
		},
		"refresh": func(nonce string) apitest.Request {
			token := x.Session.RefreshToken
			return apitest.Post("/v1/sessions/refresh", contract.Refresh{
				RefreshToken: token, Nonce: nonce, Sig: w.Sign(h.Key, contract.RefreshMessage(token, nonce)),
			})
		},
	}
}

func TestACallWithoutATokenNeedsAProofOverANonceOfTheServer(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"enrol", "pin", "log in", "refresh"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := apitest.New(t)
			x := w.Enlist(apitest.Karwi, "beat_officer")
			build := handsetCalls(t, w, x)[name]
			old := w.Nonce()
			w.Pass(2*time.Minute + time.Second)
			nonce := w.Nonce()
			good := build(nonce)
			proof := func(change func(c *phone.Claims)) string {
				c := phone.Claims{Method: good.Method, URL: w.URL + good.Path, Nonce: nonce, ID: uuid.NewString(), At: w.Now()}
				change(&c)
				return x.Handset.Proof(c)
			}
			w.Do(good).Refused(http.StatusUnauthorized, contract.CodeDPoPInvalid, "")
			asked := ""
			for what, bad := range map[string]string{
				"without a nonce":           proof(func(c *phone.Claims) { c.Nonce = "" }),
				"with one of its own":       proof(func(c *phone.Claims) { c.Nonce = contract.Encode(make([]byte, 56)) }),
				"with one that is too old":  proof(func(c *phone.Claims) { c.Nonce = old }),
				"with one that is no nonce": proof(func(c *phone.Claims) { c.Nonce = "x" }),
			} {
				a := w.Do(good.With("DPoP", bad))
				a.Refused(http.StatusUnauthorized, contract.CodeUseDPoPNonce, "")
				if asked = a.Header.Get("DPoP-Nonce"); asked == "" {
					t.Errorf("%s: no nonce in the answer", what)
				}
			}
			w.Do(good.With("DPoP", proof(func(c *phone.Claims) { c.Nonce = w.Nonce() }))).
				Refused(http.StatusUnauthorized, contract.CodeBadNonce, "/nonce") // not the body's
			sessions, err := phone.Proof(x.Key, phone.Claims{Method: good.Method, URL: w.URL + good.Path, Nonce: nonce, ID: uuid.NewString(), At: w.Now()})
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range []string{
				proof(func(c *phone.Claims) { c.Method = http.MethodGet }),
				proof(func(c *phone.Claims) { c.URL = w.URL + "/v1/ops" }),
				proof(func(c *phone.Claims) { c.ID = "" }),
				proof(func(c *phone.Claims) { c.Token = x.Session.AccessToken }),
			} {
				w.Do(good.With("DPoP", bad)).Refused(http.StatusUnauthorized, contract.CodeDPoPInvalid, "")
			}
			w.Do(good.With("DPoP", sessions)).Refused(http.StatusUnauthorized, contract.CodeDPoPInvalid, "") // not the handset's key
			// What the server handed over serves, on a phone whose clock is a day wrong.
			last := build(asked)
			a := w.Do(last.With("DPoP", x.Handset.Proof(phone.Claims{
				Method: last.Method, URL: w.URL + last.Path, Nonce: asked, ID: uuid.NewString(), At: w.Now().Add(-24 * time.Hour),
			})))
			if a.Status >= http.StatusBadRequest {
				t.Errorf("with the nonce that was handed over: %d %s", a.Status, a.Body)
			}
		})
	}
}

func TestWhatOneProcessHasTakenIsRefusedByTheOther(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	second := w.Another()
	x.At(second, apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	same := func(r apitest.Request) apitest.Request { // both stand behind one name
		return r.With("Host", strings.TrimPrefix(w.URL, "http://"))
	}
	for _, name := range []string{"enrol", "refresh", "log in", "pin"} {
		nonce := w.Nonce()
		req := x.Handset.Vouch(w.Server, handsetCalls(t, w, x)[name](nonce))
		a := w.Do(req)
		if a.Status >= http.StatusBadRequest {
			t.Fatalf("%s: %d %s", name, a.Status, a.Body)
		}
		for _, s := range []*apitest.Server{second, w.Server} {
			s.Do(same(req)).Refused(http.StatusUnauthorized, contract.CodeDPoPReplayed, "")
		}
		if name == "log in" {
			a.Into(http.StatusCreated, &x.Session)
		}
	}
	x = x.Handset.LogIn(x.Officer)
	for _, r := range []apitest.Request{
		{Method: http.MethodPut, Path: "/v1/devices/self/push-token", Body: contract.PushToken{Token: "t"}},
		{Method: http.MethodDelete, Path: "/v1/devices/self/push-token"},
	} {
		req := x.Prove(w.Server, r)
		w.Do(req).Into(http.StatusNoContent, nil)
		second.Do(same(req)).Refused(http.StatusUnauthorized, contract.CodeDPoPReplayed, "")
	}
	// What is idempotent may be said again: the same proof, the same receipts, and nothing is kept of it.
	used := w.Count(`SELECT count(*) FROM used_once`)
	batch := x.Prove(w.Server, apitest.Post("/v1/ops", w.Batch(x.Op("visit.record", w.Visit()))))
	w.Do(batch).Into(http.StatusOK, nil)
	second.Do(same(batch)).Into(http.StatusOK, nil)
	if n := w.Count(`SELECT count(*) FROM used_once`); n != used {
		t.Errorf("a batch of ops has spent %d", n-used)
	}
	out := x.Prove(w.Server, apitest.Request{Method: http.MethodDelete, Path: "/v1/sessions/current"})
	w.Do(out).Into(http.StatusNoContent, nil)
	second.Do(same(out)).Refused(http.StatusUnauthorized, contract.CodeDPoPReplayed, "")
	// The rows go when what they name would be refused for its age.
	w.Pass(5 * time.Minute)
	if err := w.Staff.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := w.Count(`SELECT count(*) FROM used_once`); n != 0 {
		t.Errorf("%d rows are kept for ever", n)
	}
}
