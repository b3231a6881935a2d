package api_test

import (
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kendra/api/apitest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

const (
	consoleBegin   = "/v1/console/activations"
	consoleConfirm = "/v1/console/activations/confirmation"
)

func consoleCodeOf(t *testing.T, w *apitest.World, o *apitest.Officer) string {
	t.Helper()
	code, err := w.Staff.IssueConsoleCode(context.Background(), apitest.District, o.Number)
	if err != nil {
		t.Fatal(err)
	}
	return string(code.Text)
}

func TestAConsoleIsSetUpByACodeThatServesOnceForADay(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	o := w.Hire(apitest.Karwi, "centre_incharge")
	b := &apitest.Browser{Officer: o, On: w.Server}
	begin := func(code string) *apitest.Answer {
		return b.Page(apitest.Post(consoleBegin, contract.ActivationBegin{Code: code, Passphrase: apitest.GoodPassphrase}))
	}
	invalid := func(a *apitest.Answer) {
		t.Helper()
		a.Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/code")
	}
	old := consoleCodeOf(t, w, o)
	w.Pass(24 * time.Hour)
	invalid(begin(old))
	dead := consoleCodeOf(t, w, o)
	code := consoleCodeOf(t, w, o)
	invalid(begin(dead)) // a later one is there
	enrol, err := w.Staff.IssueEnrolCode(context.Background(), apitest.District, apitest.Karwi)
	if err != nil {
		t.Fatal(err)
	}
	invalid(begin(string(enrol.Text))) // for a phone
	invalid(begin("8" + code[1:]))
	invalid(begin("nothing-of-the-sort"))

	begun := w.Browser(w.Hire(apitest.Karwi, "sho")).Begin(consoleCodeOf(t, w, w.Hire(apitest.Karwi, "desk_officer")), apitest.GoodPassphrase) // another's
	mine := b.Begin(code, apitest.GoodPassphrase)
	confirm := func(setup, totp string) *apitest.Answer {
		return b.Page(apitest.Post(consoleConfirm, contract.ActivationConfirm{Setup: setup, Totp: &totp}))
	}
	confirm(begun.Setup, b.Code()).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "/totp")
	confirm(mine.Setup, "000000").Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "/totp")
	confirm(mine.Setup[:len(mine.Setup)-2]+"AA", b.Code()).Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/setup")
	confirm("8"+mine.Setup[1:], b.Code()).Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/setup")
	b.Page(apitest.Post(consoleLogIn, b.LogInBody())).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "") // not yet
	w.Pass(10 * time.Minute)
	confirm(mine.Setup, b.Code()).Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/setup")
	b.Begin(code, apitest.GoodPassphrase) // the code is not spent by what was not finished
	second := b.Begin(code, apitest.GoodPassphrase)
	mine = b.Begin(code, apitest.GoodPassphrase)
	last := b.Code()
	confirm(mine.Setup, last).Into(http.StatusNoContent, nil)
	confirm(mine.Setup, b.Code()).Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/code")
	confirm(second.Setup, b.Code()).Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/code")
	invalid(begin(code))
	// The code that set it up is used.
	b.Page(apitest.Post(consoleLogIn, contract.ConsoleLogIn{District: apitest.District, OfficerNo: o.Number, Passphrase: apitest.GoodPassphrase, Totp: &last})).
		Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
	b.LogIn()
	if told := w.Told(); !slices.ContainsFunc(told, func(n staff.Notice) bool { return n.Officer == o.ID }) {
		t.Errorf("the officer is not told of the console: %+v", told)
	}
	if !slices.ContainsFunc(w.Told(), func(n staff.Notice) bool { return n.Centre == staff.HQ && n.Role == staff.SP }) {
		t.Error("the SP is not told of a code by the operator")
	}
}

func TestANewConsoleTakesThePlaceOfTheOldOneWithAllThatWasOfIt(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, "centre_incharge")
	old := *b
	again := w.Browser(b.Officer)
	old.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
	wrong := func(in contract.ConsoleLogIn) {
		t.Helper()
		old.Page(apitest.Post(consoleLogIn, in)).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
	}
	wrong(old.LogInBody())
	in := old.LogInBody()
	in.Totp, in.Passkey = nil, old.Passkey.Show(old.Challenge())
	wrong(in)
	again.LogIn()
	if n := w.Count(`SELECT count(*) FROM devices WHERE kind = 'console' AND revoked_at IS NULL`); n != 1 {
		t.Errorf("%d consoles stand", n)
	}
	var list contract.DeviceList
	again.Do(apitest.Get("/v1/devices?centre=KRW")).Into(http.StatusOK, &list)
	if len(list.Devices) != 0 {
		t.Errorf("consoles stand in the list of phones: %+v", list.Devices)
	}
	id := w.Text(`SELECT device_id::text FROM devices WHERE kind = 'console' AND revoked_at IS NULL`)
	again.Do(apitest.Post("/v1/devices/"+id+"/lost", nil)).Refused(http.StatusNotFound, contract.CodeNotFound, "")
}

func TestAPasskeyIsTakenOnlyAsItsOwnerShowsItToThisConsoleOnce(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.Browser(w.Hire(apitest.Karwi, "centre_incharge"))
	show := func(p *contract.Passkey) *apitest.Answer {
		return b.Page(apitest.Post(consoleLogIn, contract.ConsoleLogIn{
			District: apitest.District, OfficerNo: b.Number, Passphrase: apitest.GoodPassphrase, Passkey: p,
		}))
	}
	for name, change := range map[string]func(a *apitest.Authenticator){
		"for another origin":      func(a *apitest.Authenticator) { a.Origin = "https://evil.invalid" },
		"for a port of ours":      func(a *apitest.Authenticator) { a.Origin = apitest.Console + ":8443" },
		"for another domain":      func(a *apitest.Authenticator) { a.RP = "evil.invalid" },
		"nobody verified":         func(a *apitest.Authenticator) { a.Flags &^= apitest.UserVerified },
		"nobody present":          func(a *apitest.Authenticator) { a.Flags &^= apitest.UserPresent },
		"no longer to be copied":  func(a *apitest.Authenticator) { a.Flags &^= 0x08 },
		"made, not shown":         func(a *apitest.Authenticator) { a.Type = "webauthn.create" },
		"another key":             func(a *apitest.Authenticator) { *a = *a.Another() },
		"an id that is not known": func(a *apitest.Authenticator) { a.ID = append([]byte{1}, a.ID...) },
		"another handle":          func(a *apitest.Authenticator) { a.Handle = append([]byte{1}, a.Handle...) },
	} {
		a := *b.Passkey
		change(&a)
		if got := show(a.Show(b.Challenge())); got.Status != http.StatusUnauthorized || got.Problem().Code != string(contract.CodeWrongLogIn) {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
		w.Pass(30 * time.Minute)
	}
	wrong := func(name, challenge string) {
		t.Helper()
		if got := show(b.Passkey.Show(challenge)); got.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, got.Status)
		}
		w.Pass(30 * time.Minute)
	}
	wrong("a challenge of nobody's", strings.Repeat("A", 75))
	late := b.Challenge()
	w.Pass(2 * time.Minute)
	wrong("a challenge of two minutes ago", late)
	once := b.Passkey.Show(b.Challenge())
	b.Take(show(once), http.StatusCreated)
	if b.Session.Factor != "passkey" {
		t.Errorf("factor %s", b.Session.Factor)
	}
	show(once).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
	w.Pass(5 * time.Minute)
	b.Take(b.Do(apitest.Post(consoleStepUp, contract.ConsoleFactor{Passkey: b.Passkey.Show(b.Challenge())})), http.StatusOK)
	// A counter that goes back: somebody has a copy.
	b.Passkey.Count = 5
	b.Take(show(b.Passkey.Show(b.Challenge())), http.StatusCreated)
	b.Passkey.Count = 5
	show(b.Passkey.Show(b.Challenge())).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
	if n := w.Count(`SELECT count(*) FROM alarms WHERE kind = 'passkey_copied' AND about_id = $1`, b.ID); n != 1 {
		t.Errorf("%d alarms of a copied passkey", n)
	}
}

func TestAPasskeyIsMadeForTheOfficerAndThisConsoleWithItsOwnerVerified(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	o := w.Hire(apitest.Karwi, "centre_incharge")
	b := &apitest.Browser{Officer: o, On: w.Server}
	code := consoleCodeOf(t, w, o)
	begun := b.Begin(code, apitest.GoodPassphrase)
	handle, err := contract.Decode(begun.UserHandle)
	if err != nil {
		t.Fatal(err)
	}
	good := w.Authenticator(handle)
	give := func(p *contract.NewPasskey) *apitest.Answer {
		return b.Page(apitest.Post(consoleConfirm, contract.ActivationConfirm{Setup: begun.Setup, Passkey: p}))
	}
	for name, change := range map[string]func(a *apitest.Authenticator){
		"for another origin": func(a *apitest.Authenticator) { a.Origin = "https://evil.invalid" },
		"for another domain": func(a *apitest.Authenticator) { a.RP = "evil.invalid" },
		"nobody verified":    func(a *apitest.Authenticator) { a.Flags &^= apitest.UserVerified },
		"shown, not made":    func(a *apitest.Authenticator) { a.Type = "webauthn.get" },
	} {
		a := *good
		change(&a)
		if got := give(a.Make(b.Challenge())); got.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
	}
	give(good.Make(strings.Repeat("A", 75))).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "/passkey")
	taken := *w.Browser(w.Hire(apitest.Karwi, "sho")).Passkey
	give(taken.Make(b.Challenge())).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "/passkey")
	give(good.Make(begun.Challenge)).Into(http.StatusNoContent, nil)
	b.Take(b.Page(apitest.Post(consoleLogIn, contract.ConsoleLogIn{
		District: apitest.District, OfficerNo: o.Number, Passphrase: apitest.GoodPassphrase, Passkey: good.Show(b.Challenge()),
	})), http.StatusCreated)
}

func TestAConsoleIsGivenByTwoOfficersAndByNoneAlone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge, sho := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "sho")
	beat, elsewhere := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Rajapur, "sho")
	sp, second := w.Enlist("HQ", "sp"), w.Enlist("HQ", "addl_sp")
	desk := w.Hire(apitest.Karwi, "desk_officer")
	const ask, agree = "/v1/console/invitations", "/v1/console/invitations/approval"
	bid := func(x *apitest.Shift, path string, o *apitest.Officer) *apitest.Answer {
		return x.Do(apitest.Post(path, contract.ConsoleInvitation{OfficerNo: o.Number}))
	}
	bid(beat, ask, desk).Refused(http.StatusForbidden, contract.CodeForbidden, "")
	bid(elsewhere, ask, desk).Refused(http.StatusNotFound, contract.CodeNotFound, "")
	bid(incharge, ask, incharge.Officer).Refused(http.StatusForbidden, contract.CodeOwnAct, "")
	bid(incharge, ask, sho.Officer).Refused(http.StatusForbidden, contract.CodeForbidden, "")
	bid(incharge, ask, sp.Officer).Refused(http.StatusNotFound, contract.CodeNotFound, "")
	bid(sho, agree, desk).Refused(http.StatusConflict, contract.CodeWrongState, "")
	var v contract.Invitation
	bid(incharge, ask, desk).Into(http.StatusOK, &v)
	for range 2 {
		bid(incharge, agree, desk).Refused(http.StatusForbidden, contract.CodeOwnAct, "")
		if bid(incharge, ask, desk).Into(http.StatusOK, &v); v.Code != nil || v.ApprovedBy != nil {
			t.Fatalf("one alone: %+v", v)
		}
	}
	bid(beat, agree, desk).Refused(http.StatusForbidden, contract.CodeForbidden, "")
	bid(elsewhere, agree, desk).Refused(http.StatusNotFound, contract.CodeNotFound, "")
	if bid(sho, agree, desk).Into(http.StatusOK, &v); v.Code != nil {
		t.Error("who agrees gets the code")
	}
	bid(sho, ask, desk).Refused(http.StatusForbidden, contract.CodeForbidden, "")
	bid(incharge, ask, desk).Into(http.StatusOK, &v)
	dead := *v.Code
	bid(incharge, ask, desk).Into(http.StatusOK, &v)
	b := &apitest.Browser{Officer: desk, On: w.Server}
	b.Page(apitest.Post(consoleBegin, contract.ActivationBegin{Code: dead, Passphrase: apitest.GoodPassphrase})).
		Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/code")
	begun, totp := b.Begin(*v.Code, apitest.GoodPassphrase), b.Code()
	b.Page(apitest.Post(consoleConfirm, contract.ActivationConfirm{Setup: begun.Setup, Totp: &totp})).Into(http.StatusNoContent, nil)
	b.LogIn()
	// The head of the station is given one from above; and what is over begins anew, with two.
	bid(sp, ask, sho.Officer).Into(http.StatusOK, nil)
	bid(second, agree, sho.Officer).Into(http.StatusOK, nil)
	if bid(sp, ask, sho.Officer).Into(http.StatusOK, &v); v.Code == nil {
		t.Error("no code for the head of the station")
	}
	v = contract.Invitation{}
	if bid(incharge, ask, desk).Into(http.StatusOK, &v); v.Code != nil || v.ApprovedBy != nil {
		t.Errorf("a second console by the leave for the first: %+v", v)
	}
}

func TestNoTableHoldsAPassphraseASecretOfCodesOrTheTokenOfAConsole(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, "centre_incharge")
	b.StepUp()
	key := w.Text(`SELECT encode(key, 'hex') FROM console_sessions`)
	if len(key) < 2*(32+12+16) {
		t.Errorf("a session's key of %d hex digits is not sealed", len(key))
	}
	for what, text := range map[string]string{
		"passphrase": apitest.GoodPassphrase, "token": b.Cookie, "token's random part": b.Cookie[2:], "csrf": b.Session.Csrf,
		"browser": b.Known, "secret of codes": hex.EncodeToString(b.Secret), "token in hex": hex.EncodeToString([]byte(b.Cookie)),
	} {
		if where := w.Holding(text); len(where) > 0 {
			t.Errorf("%s stands in %v", what, where)
		}
		if strings.Contains(w.Log.String(), text) {
			t.Errorf("%s stands in the log", what)
		}
	}
	if len(w.Holding(b.Number)) == 0 {
		t.Error("the search sees nothing")
	}
	if hash := w.Text(`SELECT hash FROM consoles`); !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %.30s", hash)
	}
}
