package api_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

var (
	inPeople  = regexp.MustCompile(`href="(/console/(?:staff|me)/[^"]*)"`)
	inMenu    = regexp.MustCompile(`<li><a href="(/console/[^"]*)"`)
	policy    = regexp.MustCompile(`script-src 'nonce-([A-Za-z0-9_-]{22})'`)
	unwelcome = regexp.MustCompile(`(?i)\son[a-z]+=|\sstyle=|<script>|<style|javascript:|https?://`)
)

// TestEveryPageOfTheMenuOpensForWhoSeesItInBothLanguages walks as each role; a
// word that is missing, in whichever language, is an error in the log, which
// fails the test by itself.
func TestEveryPageOfTheMenuOpensForWhoSeesItInBothLanguages(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	nonces := map[string]bool{}
	for _, who := range []struct {
		centre string
		role   contract.Role
	}{
		{apitest.Karwi, contract.RoleCentreIncharge}, {apitest.Karwi, contract.RoleSho}, {apitest.Karwi, contract.RoleDeskOfficer},
		{apitest.Karwi, contract.RoleDispatcher}, {apitest.Karwi, contract.RoleCounsellor}, {apitest.Karwi, contract.RoleSquadLeader},
		{apitest.Karwi, contract.RoleBeatOfficer}, {"HQ", contract.RoleCo}, {"HQ", contract.RoleSp}, {"HQ", contract.RoleNodal},
	} {
		b := w.AtConsole(who.centre, who.role)
		first := b.Visit("/console/")
		if first.Status == http.StatusSeeOther { // who has no sheet of a station's day begins where his post works
			first = first.Follow()
		}
		if first.Status != http.StatusOK {
			t.Errorf("%s begins with %d", who.role, first.Status)
		}
		paths := []string{"/console/style", "/console/ops/note.add"}
		for _, m := range inMenu.FindAllStringSubmatch(first.HTML, -1) {
			paths = append(paths, strings.ReplaceAll(m[1], "&amp;", "&"))
		}
		if len(paths) < 3 {
			t.Errorf("%s has no menu: %d\n%s", who.role, first.Status, first.HTML)
		}
		for _, from := range []string{"/console/staff", "/console/me"} { // what they lead to, too
			for _, m := range inPeople.FindAllStringSubmatch(b.Visit(from).HTML, -1) {
				paths = append(paths, strings.ReplaceAll(m[1], "&amp;", "&"))
			}
		}
		for _, lang := range []string{"hi", "en"} {
			b.Lang = lang
			for _, path := range paths {
				p := b.Visit(path)
				if p.Status != http.StatusOK && !strings.HasPrefix(path, "/console/ops/") {
					t.Errorf("%s, %s in %s: status %d", who.role, path, lang, p.Status)
				}
				if found := unwelcome.FindString(p.HTML); found != "" {
					t.Errorf("%s, %s: %q in the page", who.role, path, found)
				}
				m := policy.FindStringSubmatch(p.Header.Get("Content-Security-Policy"))
				if m == nil || nonces[m[1]] || strings.Contains(p.Header.Get("Content-Security-Policy"), "unsafe") {
					t.Errorf("%s, %s: policy %q", who.role, path, p.Header.Get("Content-Security-Policy"))
					continue
				}
				nonces[m[1]] = true
			}
		}
	}
	t.Logf("%d pages opened", len(nonces))
}

func TestAnAddressWithAnOddDayOrByteIsRefused(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	phone := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	for _, d := range []string{"0000-01-03", "0001-01-01", "1999-12-31"} {
		m := d[:7]
		for _, path := range []string{"/v1/coverage?centre=KRW&at=" + d + "T00:00:00Z", "/v1/days/" + d + "?centre=KRW"} {
			if a := phone.Do(apitest.Get(path)); a.Status < 400 || a.Status >= 500 {
				t.Errorf("%s: %d %s", path, a.Status, a.Body)
			}
		}
		for _, path := range []string{"staff/roster?week=" + d, "hotspots?month=" + m, "coverage/months?month=" + m, "coverage?at=" + d, "day?date=" + d} {
			if p := b.Visit("/console/" + path); p.Status < 400 || p.Status >= 500 {
				t.Errorf("%s: %d", path, p.Status)
			}
		}
	}
	for _, path := range []string{"ground?after=%00", "ground/markers?after=%FF", "hotspots?add=%FF", "complaints?after=%0A"} {
		if p := b.Visit("/console/" + path); p.Status < 400 || p.Status >= 500 {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
}
