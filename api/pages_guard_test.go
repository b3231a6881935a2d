package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// noteForm is a form of an op that everybody at a centre may make.
func noteForm(b *apitest.Browser) url.Values {
	form := b.Visit("/console/ops/complaint.open").Form("/console/ops/complaint.open")
	form.Set("f.age", "28")
	return form
}

// TestAFormIsTakenFromTheOwnPageOfTheOfficerOnly changes, one at a time, what
// shows that the console gave the form to her.
func TestAFormIsTakenFromTheOwnPageOfTheOfficerOnly(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	a, other := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer), w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	const path = "/console/ops/complaint.open"
	if got := a.Send(path, noteForm(a)); got.Status != http.StatusUnprocessableEntity {
		t.Fatalf("the form as it is, half empty: %d, want 422", got.Status)
	}
	for what, change := range map[string]func(f url.Values){
		"another id":       func(f url.Values) { f.Set("op_id", "01a227d5-1d7c-7a1a-a4a6-fb816e2c8f18") },
		"another centre":   func(f url.Values) { f.Set("centre", apitest.Rajapur) },
		"another way back": func(f url.Values) { f.Set("back", "/console/tasks") },
		"another salt":     func(f url.Values) { f.Set("salt", strings.Repeat("A", 22)) },
		"no stamp":         func(f url.Values) { f.Del("stamp") },
		"another's stamp":  func(f url.Values) { f.Set("stamp", noteForm(other).Get("stamp")) },
		"the form of a twin": func(f url.Values) {
			csrf := f.Get("csrf")
			g := noteForm(other)
			g.Set("csrf", csrf)
			clear(f)
			copyInto(f, g)
		},
	} {
		f := noteForm(a)
		change(f)
		want := http.StatusForbidden
		if what == "another centre" {
			want = http.StatusNotFound // she has nothing to do with it, and learns nothing of it
		}
		if got := a.Send(path, f); got.Status != want {
			t.Errorf("%s: %d, want %d", what, got.Status, want)
		}
	}
	f := noteForm(a)
	f.Set("csrf", "x")
	if got := a.Send(path, f); got.Status != http.StatusForbidden || !strings.Contains(got.HTML, `name="f.age" value="28"`) {
		t.Errorf("an older token: %d; the form goes on by hand\n%s", got.Status, got.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM complaints`); n != 0 {
		t.Errorf("%d complaints came of it", n)
	}
}

func copyInto(to, from url.Values) {
	for k, v := range from {
		to[k] = v
	}
}

// TestAPageIsOpenedFromAnywhereAndReadByNoScriptOfAnotherSite sends what a
// browser says of a link and of a script.
func TestAPageIsOpenedFromAnywhereAndReadByNoScriptOfAnotherSite(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	for _, c := range []struct {
		site, mode, dest string
		want             int
	}{
		{"none", "navigate", "document", http.StatusOK}, {"same-origin", "cors", "empty", http.StatusOK},
		{"cross-site", "navigate", "document", http.StatusOK}, {"cross-site", "no-cors", "image", http.StatusForbidden},
		{"cross-site", "cors", "empty", http.StatusForbidden}, {"cross-site", "navigate", "iframe", http.StatusForbidden},
		{"same-site", "cors", "empty", http.StatusForbidden},
	} {
		b.Head = map[string]string{"Sec-Fetch-Site": c.site, "Sec-Fetch-Mode": c.mode, "Sec-Fetch-Dest": c.dest}
		if got := b.Visit("/console/"); got.Status != c.want {
			t.Errorf("%s, %s, %s: %d, want %d", c.site, c.mode, c.dest, got.Status, c.want)
		}
	}
	b.Head = map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
	if got := b.Send("/console/log-out", url.Values{"csrf": {b.Session.Csrf}}); got.Status != http.StatusForbidden {
		t.Errorf("a form of another site: %d", got.Status)
	}
	if got := b.Send("/console/log-in", url.Values{}); got.Status != http.StatusForbidden {
		t.Errorf("a log-in from another site: %d", got.Status)
	}
}

// TestWhatAPageAsksByItselfIsNoSignOfLife lets a page renew itself for longer
// than an officer may be away.
func TestWhatAPageAsksByItselfIsNoSignOfLife(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	quiet := func() int {
		b.Head = map[string]string{"X-Kendra-Quiet": "1"}
		defer func() { b.Head = nil }()
		return b.Visit("/console/").Status
	}
	for range 5 {
		w.Pass(4 * time.Minute)
		if got := b.Visit("/console/").Status; got != http.StatusOK {
			t.Fatalf("with a hand on the page: %d", got)
		}
	}
	for range 3 {
		w.Pass(4 * time.Minute)
		if got := quiet(); got != http.StatusOK {
			t.Fatalf("within the quarter hour: %d", got)
		}
	}
	w.Pass(4 * time.Minute)
	if got := quiet(); got != http.StatusUnauthorized {
		t.Errorf("after 16 minutes without a hand: %d, want 401", got)
	}
}

// TestPagesWearWhatKeepsThemToThemselves looks at the heads of a page, of one
// that is refused, of a script and of what is not there.
func TestPagesWearWhatKeepsThemToThemselves(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	home := b.Visit("/console/")
	for what, page := range map[string]*apitest.Page{
		"a page": home, "what is not there": b.Visit("/console/nothing"), "a complaint of nobody": b.Visit("/console/complaints/01a227d5-1d7c-7a1a-a4a6-fb816e2c8f18"),
		"the log-in": b.Visit("/console/log-in"),
	} {
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Strict-Transport-Security": "max-age=31536000; includeSubDomains", "Cross-Origin-Opener-Policy": "same-origin",
			"Access-Control-Allow-Origin": "", "Content-Type": "text/html; charset=utf-8",
		} {
			if got := page.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", what, name, got, want)
			}
		}
		csp := page.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "style-src 'self'", "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: its policy lacks %s: %s", what, part, csp)
			}
		}
	}
	script, _, _ := strings.Cut(home.HTML[strings.Index(home.HTML, `src="`)+len(`src="`):], `"`)
	if got := b.Visit(script); got.Status != http.StatusOK || !strings.Contains(got.Header.Get("Cache-Control"), "immutable") ||
		got.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the script %s: %d %v", script, got.Status, got.Header)
	}
}

// TestNothingThatAnotherSiteSendsIsKeptForAfterTheLogIn sends a form from
// elsewhere, without a session, and the same from the own page.
func TestNothingThatAnotherSiteSendsIsKeptForAfterTheLogIn(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	form := noteForm(b)
	b.Cookie = ""
	own := b.Send("/console/ops/complaint.open", form)
	if own.Status != http.StatusUnauthorized || !strings.Contains(own.HTML, `name="f.age" value="28"`) {
		t.Errorf("her own form is lost: %d\n%s", own.Status, own.HTML)
	}
	b.Head = map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
	foreign := b.Send("/console/ops/complaint.open", form)
	if foreign.Status != http.StatusUnauthorized || strings.Contains(foreign.HTML, `name="f.age"`) {
		t.Errorf("what another site sent is kept: %d\n%s", foreign.Status, foreign.HTML)
	}
}
