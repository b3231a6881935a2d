package api_test

import (
	"bytes"
	"encoding/csv"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// typed fills in a form what an officer types.
func typed(form url.Values, pairs ...string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// nthForm is the form of a page that has several for one address, by its place.
func nthForm(t *testing.T, p *apitest.Page, action string, n int) url.Values {
	t.Helper()
	parts := strings.Split(p.HTML, `<form `)
	seen := 0
	for _, part := range parts[1:] {
		if !strings.Contains(strings.SplitN(part, ">", 2)[0], `action="`+action+`"`) {
			continue
		}
		if seen == n {
			one := *p
			one.HTML = `<form ` + part
			return one.Form(action)
		}
		seen++
	}
	t.Fatalf("no form %d for %s in a page of status %d:\n%s", n, action, p.Status, p.HTML)
	return nil
}

// shownInputs reads what stands in the fields of a page by itself.
func shownInputs(p *apitest.Page) url.Values {
	out := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="(?:text|number|date|datetime-local)" (?:id="[^"]*" )?name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(p.HTML, -1) {
		if m[2] != "" {
			out.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<select id="([^"]*)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(p.HTML, -1) {
		if v := regexp.MustCompile(`<option value="([^"]*)" selected`).FindStringSubmatch(m[2]); v != nil {
			out.Add(m[1], v[1])
		}
	}
	for _, m := range regexp.MustCompile(`<input type="(?:radio|checkbox)" (?:id="[^"]*" )?name="([^"]*)" value="([^"]*)" checked`).FindAllStringSubmatch(p.HTML, -1) {
		out.Add(m[1], m[2])
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea id="([^"]*)"[^>]*>(.*?)</textarea>`).FindAllStringSubmatch(p.HTML, -1) {
		if m[2] != "" {
			out.Add(m[1], html.UnescapeString(m[2]))
		}
	}
	return out
}

// TestACorrectionIsANewLineAndTheOldOneStaysStruck puts the count of a visit right
// by a form alone, strikes another line, and is refused where it may not.
func TestACorrectionIsANewLineAndTheOldOneStaysStruck(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat := w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	v := w.Visit()
	note := "अमृता के घर के पास भीड़ रहती है"
	v.Observation = &note
	beat.Enter("visit.record", v)
	beat.Enter("visit.record", w.Visit())
	head, other, desk := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Rajapur, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)

	const line = "/console/registers/women_beat/2026/1"
	page := head.Visit(line + "/correct")
	if page.Status != http.StatusOK || strings.Contains(page.HTML, "अमृता") {
		t.Fatalf("status %d; what is sealed shown: %t\n%s", page.Status, strings.Contains(page.HTML, "अमृता"), page.HTML)
	}
	if !strings.Contains(page.HTML, "<span class=\"tag sealed\">▣ टिप्पणी</span>") {
		t.Errorf("it does not say what has to be written again:\n%s", page.HTML)
	}
	form := nthForm(t, page, "/console/ops/entry.correct", 0)
	for name, values := range shownInputs(page) {
		if strings.HasPrefix(name, "f.visit.") {
			form[name] = values
		}
	}
	if form.Get("f.visit.women") != "12" || form.Get("f.visit.beat_id") != w.BeatID.String() {
		t.Fatalf("what stands in the line is not filled in: %v", form)
	}
	form.Set("f.visit.women", "21")
	refused := head.Send("/console/ops/entry.correct", form)
	if refused.Status != http.StatusUnprocessableEntity || !strings.Contains(refused.HTML, `name="f.visit.women" value="21"`) {
		t.Errorf("without a reason: %d, typed kept: %t", refused.Status, strings.Contains(refused.HTML, `value="21"`))
	}
	again := refused.Form("/console/ops/entry.correct")
	for name, values := range shownInputs(refused) {
		again[name] = values
	}
	done := head.Send("/console/ops/entry.correct", typed(again, "f.reason", "गिनती में भूल हुई थी"))
	if done.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", done.Status, done.HTML)
	}
	old := done.Follow()
	if !strings.Contains(old.HTML, "KRW/WB/2026/00003") || !strings.Contains(old.HTML, "कटी हुई") {
		t.Errorf("the old line does not lead to the new one:\n%s", old.HTML)
	}
	register := head.Visit("/console/registers/women_beat").HTML
	if n := strings.Count(register, `<tr class="struck">`); n != 1 || !strings.Contains(register, "<td>21</td>") || !strings.Contains(register, "KRW/WB/2026/00001") {
		t.Errorf("%d struck lines in\n%s", n, register)
	}
	if again := head.Visit(line + "/correct"); again.Status != http.StatusForbidden {
		t.Errorf("a struck line is corrected again: %d", again.Status)
	}

	second := head.Visit("/console/registers/women_beat/2026/2/correct")
	strike := nthForm(t, second, "/console/ops/entry.correct", 1)
	if p := head.Send("/console/ops/entry.correct", typed(strike, "f.reason", "दो बार दर्ज हुई")); p.Status != http.StatusSeeOther {
		t.Errorf("struck: %d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM lines WHERE register = 'women_beat' AND struck_seq IS NOT NULL`); n != 2 {
		t.Errorf("%d lines struck, want 2", n)
	}
	if p := other.Visit(line + "/correct?centre=KRW"); p.Status != http.StatusNotFound {
		t.Errorf("of another centre: %d", p.Status)
	}
	if p := desk.Visit("/console/registers/women_beat/2026/3/correct"); p.Status == http.StatusOK {
		t.Errorf("by who may not: %d", p.Status)
	}
}

// TestTheMonthPrintsAllLinesAndNoSealedValue has more lines than a page of the
// register, one of them struck, one of a woman with name and number.
func TestTheMonthPrintsAllLinesAndNoSealedValue(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	sho := w.Enlist(apitest.Karwi, contract.RoleSho)
	c := came(w)
	c.ComplainantName, c.Mobile = "कमला गुप्तनाम", new("9812300077")
	sho.Enter("complaint.open", c)
	for range 54 {
		sho.Enter("complaint.open", came(w))
	}
	head, chief := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole("HQ", contract.RoleSp)
	page := head.Visit("/console/registers/help_desk/print?year=2026&month=11")
	if n := strings.Count(page.HTML, `<th scope="row">`); page.Status != http.StatusOK || n != 55 {
		t.Errorf("status %d, %d lines, want 55", page.Status, n)
	}
	if strings.Count(page.HTML, "sealed-cell") < 2*55 { // name and account of each
		t.Errorf("%d cells say that they are sealed", strings.Count(page.HTML, "sealed-cell"))
	}
	for _, secret := range append(secrets, "गुप्तनाम", "9812300077", "0077") {
		if strings.Contains(page.HTML, secret) {
			t.Errorf("the print tells %s", secret)
		}
	}
	if p := head.Visit("/console/registers/help_desk/print?year=2026&month=10"); strings.Contains(p.HTML, `<th scope="row">`) {
		t.Error("lines of November in October")
	}
	if p := chief.Visit("/console/registers/help_desk/print?year=2026&month=11&centre=KRW"); strings.Count(p.HTML, `<th scope="row">`) != 55 {
		t.Errorf("the SP prints %d", p.Status)
	}
	nine := head.Visit("/console/registers").HTML
	if !strings.Contains(nine, "<b>55</b>") || strings.Count(nine, "✓ कोई नहीं") != 9 {
		t.Errorf("the nine: %s", nine)
	}
	if p := head.Visit("/console/registers/help_desk?state=received&month=11&overdue=1"); p.Status != http.StatusOK || strings.Contains(p.HTML, "KRW/HD/2026/00055</a>") {
		t.Errorf("filtered: %d", p.Status)
	}
	if p := head.Visit("/console/registers/help_desk?state=nonsense"); p.Status != http.StatusBadRequest && p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a state that is none: %d", p.Status)
	}
}

// TestTheFileOfARegisterNeedsTwoPersons asks, is not given it, has it allowed by
// the second officer and takes it.
func TestTheFileOfARegisterNeedsTwoPersons(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	w.Enlist(apitest.Karwi, contract.RoleDeskOfficer).Enter("complaint.open", came(w))
	head, sho, desk := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleSho), w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	if p := desk.Visit("/console/exports"); p.Status != http.StatusForbidden {
		t.Errorf("the desk: %d", p.Status)
	}
	ask := head.Visit("/console/ops/export.ask?back=/console/exports").Form("/console/ops/export.ask")
	today := w.Now().Format(time.DateOnly)
	if p := head.Send("/console/ops/export.ask", typed(ask, "f.register", "help_desk", "f.from", today, "f.to", today, "f.reason", "court",
		"f.text", "माननीय न्यायालय के आदेश पर", "code", head.Code())); p.Status != http.StatusSeeOther {
		t.Fatalf("asked: %d\n%s", p.Status, p.HTML)
	}
	own := head.Visit("/console/exports")
	if strings.Contains(own.HTML, "/take") || strings.Contains(own.HTML, "export.allow") {
		t.Errorf("who asked may take or allow it himself:\n%s", own.HTML)
	}
	second := sho.Visit("/console/exports")
	m := regexp.MustCompile(`href="(/console/ops/export\.allow[^"]*)"`).FindStringSubmatch(second.HTML)
	if m == nil {
		t.Fatalf("nothing to allow:\n%s", second.HTML)
	}
	allow := sho.Visit(html.UnescapeString(m[1])).Form("/console/ops/export.allow")
	if p := sho.Send("/console/ops/export.allow", typed(allow, "f.allowed", "true", "code", sho.Code())); p.Status != http.StatusSeeOther {
		t.Fatalf("allowed: %d\n%s", p.Status, p.HTML)
	}
	own = head.Visit("/console/exports")
	action := regexp.MustCompile(`action="(/console/exports/[^"]*/take)"`).FindStringSubmatch(own.HTML)
	if action == nil {
		t.Fatalf("nothing to take:\n%s", own.HTML)
	}
	form := own.Form(action[1])
	file := head.Send(action[1], form)
	text, marked := bytes.CutPrefix([]byte(file.HTML), []byte("\ufeff"))
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if file.Status != http.StatusOK || err != nil || !marked || len(rows) != 3 || rows[2][1] != "KRW/HD/2026/00001" ||
		!strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") || file.Header.Get("X-Content-Type-Options") != "nosniff" ||
		file.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %v\n%s", file.Status, err, file.Header, file.HTML)
	}
	if again := head.Send(action[1], form); again.HTML != file.HTML {
		t.Errorf("the same form again: %d", again.Status)
	}
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind = 'export.read'`); n != 1 {
		t.Errorf("%d readings entered, want 1", n)
	}
	if p := sho.Send(action[1], form); p.Status == http.StatusOK {
		t.Error("the second officer takes it with the form of the first")
	}
}
