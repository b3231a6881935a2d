package api_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"kendra/api/apitest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// another is a passphrase that nothing is wrong with.
const another = "पुराने कुएँ पर नौ लालटेन टँगी"

// beside makes a second session of the officer's at a console, which no log-in would leave her.
func beside(w *apitest.World, b *apitest.Browser) {
	w.SQL(`INSERT INTO sessions (district_id, session_id, officer_id, device_id, public_key, thumbprint, created_at, expires_at, idle_at,
			refresh_n, refresh_hash, rotated_at)
		SELECT district_id, gen_random_uuid(), officer_id, device_id, public_key, 'beside', created_at, expires_at, idle_at, 0, '', rotated_at
		FROM sessions WHERE session_id = $1`, b.Session.SessionID)
	w.SQL(`INSERT INTO console_sessions (district_id, session_id, token_hash, key, factor, factor_at, seen_at)
		SELECT k.district_id, s.session_id, s.session_id::text::bytea, k.key, k.factor, k.factor_at, k.seen_at
		FROM console_sessions k, sessions s WHERE k.session_id = $1 AND s.thumbprint = 'beside' AND s.ended_at IS NULL`, b.Session.SessionID)
}

// changed wants a change to have been told and to have ended the session beside.
func changed(t *testing.T, w *apitest.World, b *apitest.Browser, what, kind string, alarms int64) {
	t.Helper()
	if n := w.Count(`SELECT count(*) FROM sessions WHERE thumbprint = 'beside' AND ended_at IS NULL`); n != 0 {
		t.Errorf("%s: %d other consoles go on", what, n)
	}
	b.Do(apitest.Get("/v1/console/sessions/current")).Into(http.StatusOK, nil)
	if n := w.Count(`SELECT count(*) FROM alarms WHERE kind = 'console_changed' AND officer_id = $1`, b.ID); n != alarms {
		t.Errorf("%s: she is told %d times, want %d", what, n, alarms)
	}
	if n := w.Count(`SELECT count(*) FROM auth_events WHERE kind = $1 AND ok AND officer_id = $2`, kind, b.ID); n == 0 {
		t.Errorf("%s: no event", what)
	}
	if !slices.ContainsFunc(w.Told(), func(n staff.Notice) bool { return n.Officer == b.ID }) {
		t.Errorf("%s: her phones are not woken", what)
	}
}

func TestAnOfficerChangesHerPassphraseByTheOneUntilNowAndAFreshFactor(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, "centre_incharge")
	to := func(old, chosen string) *apitest.Answer {
		return b.Do(apitest.Post("/v1/console/passphrase", contract.PassphraseChange{Passphrase: old, NewPassphrase: chosen}))
	}
	w.Pass(5 * time.Minute)
	to(apitest.GoodPassphrase, another).Refused(http.StatusForbidden, contract.CodeStepUp, "")
	b.StepUp()
	to("कोई दूसरा लम्बा वाक्य जो नहीं है", another).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
	to(apitest.GoodPassphrase, apitest.GoodPassphrase).Refused(http.StatusUnprocessableEntity, contract.CodePassphraseSame, "/new_passphrase")
	to(apitest.GoodPassphrase, "छोटा वाक्य").Refused(http.StatusUnprocessableEntity, contract.CodePassphraseShort, "/new_passphrase")
	to(apitest.GoodPassphrase, "passwordpassword1234").Refused(http.StatusUnprocessableEntity, contract.CodePassphraseSimple, "/new_passphrase")
	to(apitest.GoodPassphrase, "नदी किनारे "+b.Number+" बगुले शाम").Refused(http.StatusUnprocessableEntity, contract.CodePassphraseSimple, "/new_passphrase")
	if n := w.Count(`SELECT count(*) FROM alarms WHERE kind = 'console_changed'`); n != 0 {
		t.Errorf("told of %d changes that were refused", n)
	}
	beside(w, b)
	to(apitest.GoodPassphrase, another).Into(http.StatusNoContent, nil)
	changed(t, w, b, "passphrase", "console_passphrase", 1)
	in := b.LogInBody()
	b.Page(apitest.Post(consoleLogIn, in)).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
	in = b.LogInBody()
	in.Passphrase = another
	b.Take(b.Page(apitest.Post(consoleLogIn, in)), http.StatusCreated)
	// Who sits at her console and guesses is out with the fifth.
	for n := range 5 {
		if a := to("कोई दूसरा लम्बा वाक्य जो नहीं है", apitest.GoodPassphrase); a.Status != http.StatusUnauthorized {
			t.Fatalf("guess %d: %d", n, a.Status)
		}
	}
	b.Do(apitest.Get("/v1/console/sessions/current")).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
}

func TestAnOfficerAddsAndTakesAwaySecondFactorsButNeverTheLast(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b, other := w.AtConsole(apitest.Karwi, "centre_incharge"), w.AtConsole(apitest.Karwi, "sho")
	factors := func(b *apitest.Browser) (out contract.ConsoleFactors) {
		b.Do(apitest.Get("/v1/console/factors")).Into(http.StatusOK, &out)
		return out
	}
	add := func(in contract.ActivationConfirm) *apitest.Answer {
		return b.Do(apitest.Post("/v1/console/factors", in))
	}
	remove := func(in contract.FactorRemoval) *apitest.Answer {
		return b.Do(apitest.Post("/v1/console/factors/removal", in))
	}
	yes := contract.FactorRemovalTotp(true)
	w.Pass(5 * time.Minute)
	b.Do(apitest.Get("/v1/console/factors")).Refused(http.StatusForbidden, contract.CodeStepUp, "")
	add(contract.ActivationConfirm{Setup: b.Session.Csrf, Totp: new("000000")}).Refused(http.StatusForbidden, contract.CodeStepUp, "")
	remove(contract.FactorRemoval{Totp: &yes}).Refused(http.StatusForbidden, contract.CodeStepUp, "")
	b.StepUp()
	other.StepUp()
	had := factors(b)
	if !had.Totp || len(had.Passkeys) != 1 {
		t.Fatalf("%+v", had)
	}
	// Made for another session, wrong, or an activation's.
	second := w.Authenticator(b.Passkey.Handle)
	add(contract.ActivationConfirm{Setup: factors(other).Another.Setup, Passkey: second.Make(b.Challenge())}).
		Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/setup")
	begun := b.Begin(consoleCodeOf(t, w, b.Officer), apitest.GoodPassphrase)
	add(contract.ActivationConfirm{Setup: begun.Setup, Passkey: second.Make(begun.Challenge)}).Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/setup")
	b.Page(apitest.Post(consoleConfirm, contract.ActivationConfirm{Setup: had.Another.Setup, Totp: new("000000")})).
		Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/setup")
	add(contract.ActivationConfirm{Setup: had.Another.Setup, Totp: new("000000"), Passkey: second.Make(had.Another.Challenge)}).
		Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "/totp")
	foreign := w.Authenticator(other.Passkey.Handle)
	foreign.RP = "evil.invalid"
	add(contract.ActivationConfirm{Setup: had.Another.Setup, Passkey: foreign.Make(b.Challenge())}).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "/passkey")
	if got := factors(b); !got.Totp || len(got.Passkeys) != 1 {
		t.Fatalf("what was refused is stored: %+v", got)
	}
	beside(w, b)
	challenge := b.Challenge()
	add(contract.ActivationConfirm{Setup: had.Another.Setup, Passkey: second.Make(challenge)}).Into(http.StatusNoContent, nil)
	changed(t, w, b, "added", "console_factor", 1)
	add(contract.ActivationConfirm{Setup: had.Another.Setup, Passkey: second.Make(challenge)}).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "/passkey")
	add(contract.ActivationConfirm{Setup: had.Another.Setup, Passkey: second.Make(b.Challenge())}).Refused(http.StatusConflict, contract.CodeAlreadyThere, "/passkey/id")
	if got := factors(b); len(got.Passkeys) != 2 {
		t.Errorf("%+v", got)
	}
	first, next := contract.Encode(b.Passkey.ID), contract.Encode(second.ID)
	remove(contract.FactorRemoval{Passkey: new(contract.Encode(other.Passkey.ID))}).Refused(http.StatusNotFound, contract.CodeNotFound, "")
	beside(w, b)
	remove(contract.FactorRemoval{Passkey: &first}).Into(http.StatusNoContent, nil)
	changed(t, w, b, "taken away", "console_factor", 2)
	remove(contract.FactorRemoval{Totp: &yes}).Into(http.StatusNoContent, nil)
	remove(contract.FactorRemoval{Totp: &yes}).Refused(http.StatusNotFound, contract.CodeNotFound, "")
	remove(contract.FactorRemoval{Passkey: &next}).Refused(http.StatusConflict, contract.CodeLastFactor, "")
	if got := factors(b); got.Totp || len(got.Passkeys) != 1 || got.Passkeys[0].ID != next {
		t.Errorf("the last is gone: %+v", got)
	}
	// What is left lets her in, what went does not.
	in := b.LogInBody()
	b.Page(apitest.Post(consoleLogIn, in)).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
	in.Totp, in.Passkey = nil, b.Passkey.Show(b.Challenge())
	b.Page(apitest.Post(consoleLogIn, in)).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
	in.Passkey = second.Show(b.Challenge())
	b.Take(b.Page(apitest.Post(consoleLogIn, in)), http.StatusCreated)
}
