package api_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

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

// TestALadderIsSetByItsRows takes a rung away, leaves a row empty, is shown the wrong
// rung at its own field, and sees what was set, from when and by whom.
func TestALadderIsSetByItsRows(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	sp, desk := w.AtConsole("HQ", contract.RoleSp), w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	rules := sp.Visit("/console/rules")
	if !strings.Contains(rules.HTML, "वैधानिक समय-सीमा बीतना") {
		t.Fatalf("the ladders of limits are not shown\n%s", rules.HTML)
	}
	m := regexp.MustCompile(`href="(/console/ops/ladder\.set[^"]*f\.ladder=overdue[^"]*)"`).FindStringSubmatch(rules.HTML)
	if m == nil {
		t.Fatal("no way to change a ladder")
	}
	page := sp.Visit(html.UnescapeString(m[1]))
	form := page.Form("/console/ops/ladder.set")
	for name, values := range shownInputs(page) {
		if strings.HasPrefix(name, "f.") {
			form[name] = values
		}
	}
	if form.Get("f.ladder") != "overdue" || form.Get("f.rungs.0.after_s") != "7200" || form.Get("f.rungs.4.to_role") != "sp" {
		t.Fatalf("what holds now is not filled in: %v", form)
	}
	if !strings.Contains(page.HTML, `name="f.rungs.7.after_s"`) || strings.Contains(page.HTML, `name="f.rungs.8.after_s"`) {
		t.Error("there are not three empty rows")
	}
	typed(form, "f.valid_from", "2026-12-01T00:00",
		"f.rungs.0.after_s", "", "f.rungs.0.action", "", "f.rungs.0.to_role", "", // the first rung goes
		"f.rungs.3.after_s", "60") // earlier than the one before it
	refused := sp.Send("/console/ops/ladder.set", form)
	if refused.Status != http.StatusUnprocessableEntity || !strings.Contains(refused.HTML, `id="f.rungs.3.after_s.wrong"`) ||
		strings.Count(refused.HTML, `class="why"`) != 1 {
		t.Fatalf("a rung out of order: %d\n%s", refused.Status, refused.HTML)
	}
	typed(form, "f.rungs.3.after_s", "200000", "f.rungs.4.to_role", "")
	if p := sp.Send("/console/ops/ladder.set", form); !strings.Contains(p.HTML, `id="f.rungs.4.to_role.wrong"`) {
		t.Errorf("whom the last rung tells is not asked for: %d\n%s", p.Status, p.HTML)
	}
	typed(form, "f.rungs.4.to_role", "sp")
	if p := sp.Send("/console/ops/ladder.set", form); p.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	var b contract.LadderSet
	bodyAs(t, w, "ladder.set", &b)
	if len(b.Rungs) != 4 || b.Rungs[0].AfterS != 86400 || b.Rungs[2].AfterS != 200000 || b.Rungs[0].Action != "raise" || string(*b.Rungs[3].ToRole) != "sp" {
		t.Errorf("%+v", b)
	}
	for who, p := range map[string]*apitest.Page{"SP": sp.Visit("/console/rules"), "desk": desk.Visit("/console/rules")} {
		ahead := between(p.HTML, `<section class="ahead">`, `</section>`)
		for _, want := range []string{"अग्रसारण क्रम बदला गया", "1 दिसम्बर 2026", "पुलिस अधीक्षक", "समय-सीमा बीतना", "2 दिन 7 घं"} {
			if !strings.Contains(ahead, want) {
				t.Errorf("%s: %q is not told of what is to come\n%s", who, want, ahead)
			}
		}
		if history := between(p.HTML, `id="history"`, `</details>`); !strings.Contains(history, "1 दिसम्बर 2026") || !strings.Contains(history, "अभी लागू नहीं") {
			t.Errorf("%s: the history\n%s", who, history)
		}
		if strings.Contains(p.HTML, "raise") || strings.Contains(p.HTML, "addl_sp") {
			t.Errorf("%s: a code is shown as it is", who)
		}
	}
	w.Pass(15 * 24 * time.Hour)
	sp.LogIn()
	if p := sp.Visit("/console/rules"); strings.Contains(p.HTML, `<section class="ahead">`) || !strings.Contains(between(p.HTML, `id="history"`, `</details>`), "1 दिसम्बर 2026") {
		t.Error("what holds now is still ahead, or forgotten")
	}
}

// between is the part of a page from one mark to the next other.
func between(page, from, to string) string {
	_, rest, _ := strings.Cut(page, from)
	out, _, _ := strings.Cut(rest, to)
	return out
}

// TestThePreviewOfALimitCountsEveryOpenComplaintThatItWouldBeFor compares with a count
// by hand: of one centre, of all, under a condition, and without what another row is for.
func TestThePreviewOfALimitCountsEveryOpenComplaintThatItWouldBeFor(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	karwi, rajapur := w.Enlist(apitest.Karwi, contract.RoleSho), w.Enlist(apitest.Rajapur, contract.RoleSho)
	byHand := map[string]int64{}
	for i, risk := range []string{"low", "high", "medium", "high", "low"} {
		for centre, sho := range map[string]*apitest.Shift{apitest.Karwi: karwi, apitest.Rajapur: rajapur} {
			if centre == apitest.Rajapur && i > 2 {
				continue
			}
			c := came(w)
			c.RiskLevel = risk
			sho.Enter("complaint.open", c)
			byHand[centre+" "+risk]++
		}
	}
	struck := *karwi.Enter("complaint.open", came(w)).OpID
	karwi.Enter("entry.correct", contract.EntryCorrect{CorrectsID: struck, Strike: new(true), Reason: "दो बार दर्ज हुई"})
	sp := w.AtConsole("HQ", contract.RoleSp)
	shown := regexp.MustCompile(`यह सीमा चल रही है: <b>(\d+)</b>`)
	for _, x := range []struct {
		query string
		want  int64
	}{
		{"centre=KRW&limit=assign", byHand["KRW low"] + byHand["KRW medium"]}, // of high risk is a row of its own
		{"centre=KRW&limit=assign::high", byHand["KRW high"]},
		{"centre=KRW&limit=overall", byHand["KRW low"] + byHand["KRW medium"] + byHand["KRW high"]},
		{"limit=assign", byHand["KRW low"] + byHand["KRW medium"] + byHand["RJP low"] + byHand["RJP medium"]},
		{"limit=assign::high", byHand["KRW high"] + byHand["RJP high"]},
	} {
		p := sp.Visit("/console/rules?" + x.query + "&hours=24&from=2026-12-01")
		if m := shown.FindStringSubmatch(p.HTML); m == nil || m[1] != itoa(x.want) {
			t.Errorf("%s: %v, by hand %d", x.query, m, x.want)
		}
	}
	if p := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer).Visit("/console/rules?centre=KRW&limit=assign&hours=24"); shown.MatchString(p.HTML) {
		t.Error("the desk is told figures of the centre")
	}
	if p := w.AtConsole(apitest.Karwi, contract.RoleSho).Visit("/console/rules?limit=assign::high&hours=24"); !strings.Contains(p.HTML, "<b>"+itoa(byHand["KRW high"])+"</b>") {
		t.Errorf("the head of the station\n%s", p.HTML)
	}
}

// TestEveryKindOfChangeIsToldInWords makes one change of each kind and reads the page in
// both languages; a word that is missing is an error in the log, which fails the test.
func TestEveryKindOfChangeIsToldInWords(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	sp := w.Enlist("HQ", contract.RoleSp)
	role := contract.RoleSho
	for _, c := range []struct {
		kind string
		body any
	}{
		{"column.add", contract.ColumnAdd{Register: "women_beat", Column: "weather", Type: "code", List: new("weather"), Class: "open", Hi: "मौसम", En: "Weather"}},
		{"code.add", contract.CodeAdd{List: "weather", Code: "fog", Hi: "कोहरा", En: "Fog"}},
		{"code.rename", contract.CodeRename{List: "weather", Code: "fog", Hi: "घना कोहरा", En: "Thick fog"}},
		{"column.rename", contract.ColumnRename{Register: "women_beat", Column: "weather", Hi: "मौसम का हाल", En: "The weather"}},
		{"column.order", contract.ColumnOrder{Register: "women_beat", Columns: []string{"weather", "women"}}},
		{"column.hide", contract.ColumnHide{Register: "women_beat", Column: "girls"}},
		{"code.retire", contract.CodeRetire{List: "weather", Code: "fog", ValidTo: new(contract.At(w.Now().Add(time.Hour)))}},
		{"limit.set", contract.LimitSet{Limit: "assign", Seconds: 5400, Category: new("dowry"), RiskLevel: new("high"), Basis: "आदेश १२"}},
		{"ladder.set", contract.LadderSet{Ladder: "statutory", Rungs: []contract.LadderRung{{AfterS: 60, Action: "raise", ToRole: &role}}}},
		{"offence.set", contract.OffenceSet{Code: "bns_352", Act: "BNS", Section: "352", Hi: "साशय अपमान", En: "Intentional insult"}},
		{"conduct.set", contract.ConductSet{Pattern: "children", N: 4, Basis: "आदेश १३"}},
		{"number.set", contract.NumberSet{Number: "unit.heard_s", Value: 3600, Basis: "आदेश १५"}},
	} {
		sp.Enter(contract.Kind(c.kind), c.body)
	}
	ask := sp.Enter("retention.ask", contract.RetentionAsk{Rule: "tasks", Months: 24, Basis: "आदेश १४"})
	w.Enlist("HQ", contract.RoleAddlSp).Enter("retention.allow", contract.RetentionAllow{AskID: *ask.OpID, Allowed: true})
	office, desk := w.AtConsole("HQ", contract.RoleSp), w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	for _, lang := range []string{"hi", "en"} {
		for _, b := range []*apitest.Browser{office, desk} {
			b.Head = map[string]string{"Cookie": "__Host-kendra=" + b.Cookie + "; __Host-kendra-lang=" + lang}
		}
		page := office.Visit("/console/rules")
		if !strings.Contains(page.HTML, `<html lang="`+lang+`"`) {
			t.Fatalf("not in %s", lang)
		}
		history := between(page.HTML, `id="history"`, "</details>")
		if n := strings.Count(history, "<li>"); n != 13 || !strings.Contains(history, "आदेश १४") {
			t.Fatalf("%s: %d changes\n%s", lang, n, history)
		}
		told := between(desk.Visit("/console/rules").HTML, `id="history"`, "</main>")
		if n := strings.Count(told, "<li>"); n != 12 || strings.Contains(desk.Visit("/console/rules").HTML, "आदेश १३") {
			t.Errorf("%s: the desk is told %d changes, and may not be told those of conduct", lang, n)
		}
		for _, raw := range []string{"raise", "women_beat", "statutory", "conduct_pattern", ">dowry", "addl_sp", ">girls", ">weather,", "unit.heard_s"} {
			if strings.Contains(history, raw) {
				t.Errorf("%s: %s is shown as it is\n%s", lang, raw, history)
			}
		}
	}
	if strings.Contains(desk.Visit("/console/rules").HTML, "/console/ops/") || !strings.Contains(office.Visit("/console/rules").HTML, "f.pattern=children") ||
		!strings.Contains(between(office.Visit("/console/rules").HTML, "Nearest units", "</tr>"), "<b>3</b>") {
		t.Error("who may change what")
	}
	form := office.Visit("/console/ops/number.set?centre=HQ&f.number=unit.heard_s").HTML
	if !strings.Contains(form, `value="unit.heard_s" selected`) || !strings.Contains(form, `value="3600"`) {
		t.Errorf("the form of a number does not begin with how it stands:\n%s", form)
	}
}
