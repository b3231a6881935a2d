package api_test

import (
	"encoding/base32"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

const factorsAt = "/console/me/factors"

// opened shows the second factor at the page of second factors, and returns it.
func opened(t *testing.T, w *apitest.World, b *apitest.Browser) *apitest.Page {
	t.Helper()
	w.Pass(6 * time.Minute)
	page := b.Visit(factorsAt)
	if page.Status != http.StatusOK || strings.Contains(page.HTML, "<svg") || strings.Contains(page.HTML, `name="setup"`) {
		t.Fatalf("something is shown before the second factor: %d\n%s", page.Status, page.HTML)
	}
	return b.Send(factorsAt, typed(page.Form(factorsAt), "code", b.Code())).Follow()
}

// TestAnOfficerAddsAnAuthenticatorAppAtHerPage reads the new secret from the page
// and logs in by it; the old one no longer serves.
func TestAnOfficerAddsAnAuthenticatorAppAtHerPage(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	if p := b.Visit("/console/me"); !strings.Contains(p.HTML, factorsAt) {
		t.Errorf("no way there:\n%s", p.HTML)
	}
	w.Pass(6 * time.Minute)
	if p := b.Send(factorsAt, typed(b.Visit(factorsAt).Form(factorsAt), "code", "000000")); p.Status != http.StatusUnauthorized || strings.Contains(p.HTML, "<svg") {
		t.Fatalf("by a wrong code: %d\n%s", p.Status, p.HTML)
	}
	page := opened(t, w, b)
	const add = factorsAt + "/add"
	form := page.Form(add)
	if page.Status != http.StatusOK || !readsAs(t, page.HTML, form.Get("uri")) || !strings.Contains(page.HTML, "<code>"+form.Get("secret")+"</code>") ||
		!strings.Contains(page.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("%d\n%s", page.Status, page.HTML)
	}
	if p := b.Send(add, typed(form, "totp", "000000")); p.Status != http.StatusUnauthorized || p.Form(add).Get("setup") != form.Get("setup") {
		t.Errorf("a wrong code of the new app: %d\n%s", p.Status, p.HTML)
	}
	old := *b
	secret, err := base32.StdEncoding.DecodeString(form.Get("secret"))
	if err != nil {
		t.Fatal(err)
	}
	w.Pass(31 * time.Second)
	b.Secret = secret
	p := b.Send(add, typed(form, "totp", b.CodeAt(b.Step())))
	if p.Status != http.StatusSeeOther || !strings.Contains(p.Follow().HTML, "नयी पहचान जुड़ गयी") {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM alarms WHERE kind = 'console_changed' AND officer_id = $1`, b.ID); n != 1 {
		t.Errorf("told %d times", n)
	}
	w.Pass(31 * time.Second)
	b.Page(apitest.Post("/v1/console/sessions", old.LogInBody())).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
	b.LogIn()
	if strings.Contains(w.Log.String(), form.Get("secret")) || strings.Contains(w.Log.String(), form.Get("setup")) {
		t.Error("the secret stands in the log")
	}
	// What was shown is thrown away when she was gone for too long.
	w.Pass(6 * time.Minute)
	if p := b.Send(add, typed(b.Visit(factorsAt).Form(factorsAt), "setup", form.Get("setup"), "totp", "123456")); p.Status != http.StatusSeeOther || p.Header.Get("Location") != factorsAt {
		t.Errorf("after five minutes: %d\n%s", p.Status, p.HTML)
	}
}

// TestAnOfficerTakesASecondFactorAwayAtHerPageButNeverTheLast has codes and a
// passkey to begin with.
func TestAnOfficerTakesASecondFactorAwayAtHerPageButNeverTheLast(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b, other := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer), w.AtConsole(apitest.Karwi, contract.RoleSho)
	ways := func(p *apitest.Page) (out []string) {
		for _, m := range regexp.MustCompile(`href="(/console/me/factors/[^"]*/remove)"`).FindAllStringSubmatch(p.HTML, -1) {
			out = append(out, html.UnescapeString(m[1]))
		}
		return out
	}
	list := ways(opened(t, w, b))
	if len(list) != 2 || !strings.HasSuffix(list[0], "/totp/remove") {
		t.Fatalf("%v", list)
	}
	passkey := list[1]
	if p := other.Send(passkey, typed(other.Visit(passkey).Form(passkey), "code", other.Code())); p.Status != http.StatusNotFound {
		t.Errorf("another takes it away: %d", p.Status)
	}
	w.Pass(6 * time.Minute)
	form := b.Visit(passkey).Form(passkey)
	if p := b.Send(passkey, form); p.Status != http.StatusForbidden || !strings.Contains(p.HTML, `name="code"`) {
		t.Errorf("without the second factor: %d\n%s", p.Status, p.HTML)
	}
	if p := b.Send(passkey, typed(form, "code", b.Code())); p.Status != http.StatusOK {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM passkeys WHERE officer_id = $1`, b.ID); n != 0 {
		t.Errorf("%d passkeys are left", n)
	}
	if n := w.Count(`SELECT count(*) FROM passkeys WHERE officer_id = $1`, other.ID); n != 1 {
		t.Errorf("another's are gone: %d", n)
	}
	if left := ways(b.Visit(factorsAt)); len(left) != 0 {
		t.Errorf("the last may be taken away: %v", left)
	}
	last := factorsAt + "/totp/remove"
	if p := b.Send(last, b.Visit(last).Form(last)); p.Status != http.StatusConflict || !strings.Contains(p.HTML, "यही एक दूसरा चरण") {
		t.Errorf("the last: %d\n%s", p.Status, p.HTML)
	}
	w.Pass(31 * time.Second)
	b.LogIn()
}
