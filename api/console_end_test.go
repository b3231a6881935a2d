package api_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"kendra/api/apitest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func TestASessionOfAConsoleEndsWhenIdleAndAfterAShift(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, "centre_incharge")
	b.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	w.Pass(15*time.Minute - time.Second)
	b.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	w.Pass(15 * time.Minute)
	b.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	began := w.Now()
	b.LogIn()
	for w.Now().Sub(began) < 12*time.Hour-10*time.Minute {
		w.Pass(10 * time.Minute)
		b.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	}
	b.StepUp() // does not make it longer
	w.Pass(11 * time.Minute)
	b.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	b.LogIn()
	w.Pass(16 * time.Minute)
	if err := w.Staff.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := w.Count(`SELECT count(*) FROM console_sessions`); n != 0 {
		t.Errorf("%d tokens and keys of ended sessions are kept", n)
	}
	if n := w.Count(`SELECT count(*) FROM sessions s JOIN devices d ON d.device_id = s.device_id WHERE d.kind = 'console' AND s.ended_at IS NULL`); n != 0 {
		t.Errorf("%d sessions of consoles are open", n)
	}
}

func TestAnOldCookieOfAConsoleIsDeadAfterStepUpLogInAndLogOut(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, "centre_incharge")
	replay := func(old apitest.Browser) {
		t.Helper()
		old.Do(apitest.Get(consoleSession)).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
		code := b.CodeAt(b.Step() + 1)
		old.Do(apitest.Post(consoleStepUp, contract.ConsoleFactor{Totp: &code})).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
	}
	first := *b
	b.StepUp()
	replay(first)
	if first.Session.SessionID != b.Session.SessionID || first.Session.Csrf == b.Session.Csrf {
		t.Error("a step-up keeps the session and changes its tokens")
	}
	second := *b
	b.LogIn()
	replay(second)
	// Another officer logs in at the same browser: the session that it had is over.
	third, other := *b, w.Browser(w.Hire(apitest.Karwi, "sho"))
	other.Cookie = b.Cookie
	other.LogIn()
	replay(third)
	b.LogIn()
	b.Do(apitest.Request{Method: http.MethodDelete, Path: consoleSession}).Into(http.StatusNoContent, nil)
	replay(*b)
	for _, cookie := range []string{"", "7", "7.", "7.AAAA", "8." + b.Cookie[2:], "07" + b.Cookie[1:], b.Cookie + "A", "-" + b.Cookie} {
		odd := *b
		odd.Cookie = cookie
		odd.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
	}
}

func TestWhoIsRevokedIsOutAtTheConsolesOfEveryServer(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	second := w.Another()
	ctx := context.Background()
	device := func(b *apitest.Browser) {
		w.SQL(`UPDATE devices d SET revoked_at = $2, revoked_reason = 'lost' FROM consoles c WHERE c.district_id = d.district_id
			AND c.device_id = d.device_id AND c.officer_id = $1`, b.ID, w.Now())
	}
	for name, revoke := range map[string]func(b *apitest.Browser){
		"suspended": func(b *apitest.Browser) {
			if err := w.Staff.SetOfficerState(ctx, apitest.District, b.ID, staff.Suspended); err != nil {
				t.Error(err)
			}
		},
		"ended": func(b *apitest.Browser) {
			if _, err := w.Staff.EndSessions(ctx, apitest.District, staff.OfOfficer(b.ID), "ended"); err != nil {
				t.Error(err)
			}
		},
		"console revoked": device,
		"no post": func(b *apitest.Browser) {
			w.SQL(`UPDATE posts SET until_at = $2 WHERE officer_id = $1`, b.ID, w.Now())
		},
	} {
		b := w.AtConsole(apitest.Karwi, "desk_officer")
		b.At(second, apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
		began := time.Now()
		revoke(b)
		for _, s := range []*apitest.Server{second, w.Server} {
			if a := b.At(s, apitest.Get("/v1/bundle")); a.Status != http.StatusUnauthorized {
				t.Errorf("%s: %d", name, a.Status)
			}
		}
		t.Logf("%s: out on both servers %s after", name, time.Since(began).Round(time.Millisecond))
		if name == "no post" {
			w.SQL(`UPDATE posts SET until_at = NULL WHERE officer_id = $1`, b.ID) // as the book has it
			continue
		}
		if name != "ended" { // and does not come in again
			a := b.Page(apitest.Post(consoleLogIn, b.LogInBody()))
			if a.Status != http.StatusUnauthorized && a.Status != http.StatusForbidden {
				t.Errorf("%s: logs in again: %d", name, a.Status)
			}
		}
	}
}

func TestWithoutAnOriginThereIsNoConsole(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{
		"https://kendra.example": "kendra.example", "https://kendra.example:8443": "kendra.example", "http://localhost:8080": "localhost",
		"http://kendra.example": "", "https://kendra.example/": "", "https://kendra.example/console": "", "https://": "", "kendra.example": "",
		"https://a@kendra.example": "", "HTTPS://kendra.example": "", "http://localhost.evil.invalid": "",
	} {
		if id, err := staff.ConsoleRP(origin); id != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", origin, id, err)
		}
	}
	w := apitest.NewWith(t, apitest.Limits{NoConsole: true})
	b := &apitest.Browser{Officer: w.Hire(apitest.Karwi, "sho"), On: w.Server, Cookie: "7.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
	x := w.Enlist(apitest.Karwi, "sho")
	for _, r := range contract.Routes() {
		switch req := sample(t, r); {
		case r.Page || r.OperationID == "getConsoleChallenge":
			b.Do(req).Refused(http.StatusNotFound, contract.CodeNotFound, "")
		case r.OperationID == "inviteToConsole" || r.OperationID == "approveInvitation":
			x.Do(req).Refused(http.StatusNotFound, contract.CodeNotFound, "")
		case r.Console && r.Method == http.MethodGet:
			b.Do(req).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
		case r.Console:
			b.Do(req).Refused(http.StatusNotFound, contract.CodeNotFound, "")
		}
	}
}
