package api_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// TestRulesAreReadByAllAndChangedByTheDistrictOffice counts what another limit
// would touch, and adds a code by its form.
func TestRulesAreReadByAllAndChangedByTheDistrictOffice(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	sho := w.Enlist(apitest.Karwi, contract.RoleSho)
	for range 2 {
		sho.Enter("complaint.open", came(w))
	}
	desk, sp := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer), w.AtConsole("HQ", contract.RoleSp)
	page := desk.Visit("/console/rules")
	if page.Status != http.StatusOK || strings.Contains(page.HTML, "/console/ops/") || !strings.Contains(page.HTML, "समय सीमाएँ") {
		t.Fatalf("the desk: %d\n%s", page.Status, page.HTML)
	}
	if p := sp.Visit("/console/rules?centre=KRW&limit=overall&hours=12&from=2026-12-01"); !strings.Contains(p.HTML, "<b>2</b>") || !strings.Contains(p.HTML, "1 दिसम्बर 2026") {
		t.Errorf("the preview: %d\n%s", p.Status, p.HTML)
	}
	if p := w.AtConsole(apitest.Rajapur, contract.RoleSho).Visit("/console/rules?centre=KRW&limit=overall&hours=12"); p.Status != http.StatusNotFound {
		t.Errorf("of another centre: %d", p.Status)
	}
	m := regexp.MustCompile(`href="(/console/ops/code\.add[^"]*)"`).FindStringSubmatch(sp.Visit("/console/rules").HTML)
	if m == nil {
		t.Fatal("no way to a new code")
	}
	form := typed(sp.Visit(html.UnescapeString(m[1])).Form("/console/ops/code.add"),
		"f.list", "hazard", "f.code", "dark_lane", "f.hi", "अँधेरी गली", "f.en", "Dark lane")
	if p := sp.Send("/console/ops/code.add", form); p.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	if p := desk.Visit("/console/help"); p.Status != http.StatusOK || strings.Count(p.HTML, `class="picture"`) != 10 {
		t.Errorf("the ten steps: %d\n%s", p.Status, p.HTML)
	}
}
