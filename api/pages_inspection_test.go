package api_test

import (
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

var drawnLine = regexp.MustCompile(`name="f\.line_nos" value="([^"]+)"`)

// drawnOf are the lines that a page of a draw has in its form.
func drawnOf(p *apitest.Page) (nos []string) {
	for _, m := range drawnLine.FindAllStringSubmatch(p.HTML, -1) {
		nos = append(nos, m[1])
	}
	return nos
}

// TestNobodyChoosesWhichLinesAreInspected draws twice by one seal, then by
// another, and again by the first.
func TestNobodyChoosesWhichLinesAreInspected(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat := w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	for range 60 {
		beat.Enter("visit.record", w.Visit())
	}
	chief, nodal, officer := w.AtConsole("HQ", contract.RoleSp), w.AtConsole("HQ", contract.RoleNodal), w.AtConsole(apitest.Karwi, contract.RoleBeatOfficer)
	const draw = "/console/inspection/draw?centre=KRW&register=women_beat&year=2026&n=5"
	to := chief.Visit(draw)
	first := to.Follow()
	nos := drawnOf(first)
	if first.Status != http.StatusOK || len(nos) != 5 || len(slices.Compact(slices.Clone(nos))) != 5 {
		t.Fatalf("status %d, drawn %v\n%s", first.Status, nos, first.HTML)
	}
	if twice := drawnOf(chief.Visit(draw).Follow()); !slices.Equal(nos, twice) {
		t.Errorf("by one seal %v and %v", nos, twice)
	}
	if other := drawnOf(nodal.Visit(draw).Follow()); !slices.Equal(nos, other) {
		t.Errorf("by one seal another officer draws %v, not %v", other, nos)
	}
	w.Enlist(apitest.Karwi, contract.RoleDeskOfficer).Enter("complaint.open", came(w)) // the register is as it was, the book is not
	if later := drawnOf(chief.Visit(draw).Follow()); slices.Equal(nos, later) {
		t.Errorf("by another seal the same %v", later)
	}
	if old := drawnOf(chief.Visit(to.Header.Get("Location"))); !slices.Equal(nos, old) {
		t.Errorf("by the first seal again %v, not %v", old, nos)
	}
	if p := chief.Visit(draw + "&size=9999"); p.Status == http.StatusOK {
		t.Error("a seal that there is not")
	}
	if p := officer.Visit(draw); p.Status != http.StatusForbidden {
		t.Errorf("who reads no figures: %d", p.Status)
	}
	if p := w.AtConsole(apitest.Rajapur, contract.RoleSho).Visit(draw); p.Status != http.StatusNotFound {
		t.Errorf("of another centre: %d", p.Status)
	}
}

// TestAnInspectionGoesFromFindingToCloseByFormsAlone records findings with a
// direction, has it complied with by the in-charge and closed by the inspector.
func TestAnInspectionGoesFromFindingToCloseByFormsAlone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat := w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	for range 3 {
		beat.Enter("visit.record", w.Visit())
	}
	chief, head := w.AtConsole("HQ", contract.RoleSp), w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	page := chief.Visit("/console/inspection/draw?centre=KRW&register=women_beat&n=2").Follow()
	form := page.Form("/console/ops/inspection.record")
	for name, values := range shownInputs(page) {
		form[name] = values
	}
	form["f.line_nos"] = append(form["f.line_nos"], "") // what is left empty is not said
	typed(form, "f.kind", "monthly", "f.findings", "KRW/WB/2026/00001: समय अंकित नहीं", "f.direction", "समय अंकित किया जाय", "f.assigned_to", "centre_incharge",
		"f.due_at", "2026-11-25T18:00")
	done := chief.Send("/console/ops/inspection.record", form)
	if done.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", done.Status, done.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind = 'inspection.record' AND convert_from(wire, 'UTF8') LIKE '%KRW/WB/2026/%'`); n != 1 {
		t.Errorf("%d inspections with lines", n)
	}
	steps := func(b *apitest.Browser, kind string) string {
		t.Helper()
		p := b.Visit("/console/inspection?centre=KRW")
		m := regexp.MustCompile(`href="(/console/ops/` + regexp.QuoteMeta(kind) + `[^"]*)"`).FindStringSubmatch(p.HTML)
		if p.Status != http.StatusOK || !strings.Contains(p.HTML, "समय अंकित किया जाय") || m == nil {
			t.Fatalf("%d, no %s:\n%s", p.Status, kind, p.HTML)
		}
		return html.UnescapeString(m[1])
	}
	comply := head.Visit(steps(head, "inspection.comply")).Form("/console/ops/inspection.comply")
	if p := head.Send("/console/ops/inspection.comply", typed(comply, "f.compliance", "समय अंकित करा दिया गया है")); p.Status != http.StatusSeeOther {
		t.Fatalf("complied: %d\n%s", p.Status, p.HTML)
	}
	if p := head.Visit("/console/inspection"); strings.Contains(p.HTML, "/console/ops/inspection.close") {
		t.Error("the in-charge may close it")
	}
	last := chief.Visit(steps(chief, "inspection.close")).Form("/console/ops/inspection.close")
	if p := chief.Send("/console/ops/inspection.close", typed(last, "f.accepted", "true")); p.Status != http.StatusSeeOther {
		t.Fatalf("closed: %d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM matters WHERE kind = 'inspection' AND state = 'over'`); n != 1 {
		t.Errorf("%d inspections over, want 1", n)
	}
}
