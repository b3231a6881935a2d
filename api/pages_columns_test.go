package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// bodyAs reads the sealed body of the last entry of a kind as far as it is open.
func bodyAs(t *testing.T, w *apitest.World, kind string, v any) {
	t.Helper()
	var op struct{ Body json.RawMessage }
	raw := w.Text(`SELECT convert_from(sealed, 'UTF8') FROM entries WHERE kind = $1 ORDER BY received_at DESC, seq DESC LIMIT 1`, kind)
	if err := json.Unmarshal([]byte(raw), &op); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if err := json.Unmarshal(op.Body, v); err != nil {
		t.Fatalf("%v in %s", err, op.Body)
	}
}

// TestACorrectionKeepsTheColumnsThatTheDistrictAdded corrects a line by a form alone:
// what stood in columns that were added stays, also in one that was hidden since.
func TestACorrectionKeepsTheColumnsThatTheDistrictAdded(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	sp, beat := w.Enlist("HQ", contract.RoleSp), w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	add := func(name, of, class string, list *string) {
		sp.Enter("column.add", contract.ColumnAdd{Register: "women_beat", Column: name, Type: of, Class: class, List: list, Hi: "खाना " + name, En: "Column " + name})
	}
	add("lights", "number", "open", nil)
	add("weather", "code", "open", new("weather"))
	add("remark", "text", "open", nil)
	add("whom", "text", "V", nil)
	sp.Enter("code.add", contract.CodeAdd{List: "weather", Code: "rain", Hi: "वर्षा", En: "Rain"})
	sp.Enter("code.add", contract.CodeAdd{List: "weather", Code: "fog", Hi: "कोहरा", En: "Fog"})
	v := w.Visit()
	v.Extra = &contract.Extra{Open: []contract.ExtraValue{
		{Column: "weather", Code: new("rain")}, {Column: "lights", Number: new(int64(4))}, {Column: "remark", Text: new("बिजली के खम्भे")},
	}, V: &[]contract.ExtraValue{{Column: "whom", Text: new("अमृता")}}}
	beat.Enter("visit.record", v)
	sp.Enter("column.hide", contract.ColumnHide{Register: "women_beat", Column: "remark"})

	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	page := head.Visit("/console/registers/women_beat/2026/1/correct")
	if page.Status != http.StatusOK || strings.Contains(page.HTML, "अमृता") || !strings.Contains(page.HTML, "खाना lights") || !strings.Contains(page.HTML, "▣ खाना whom") {
		t.Fatalf("%d; what is sealed shown: %t\n%s", page.Status, strings.Contains(page.HTML, "अमृता"), page.HTML)
	}
	form := nthForm(t, page, "/console/ops/entry.correct", 0)
	for name, values := range shownInputs(page) {
		if strings.HasPrefix(name, "f.visit.") {
			form[name] = values
		}
	}
	if form.Get("f.visit.extra.open.lights.number") != "4" || form.Get("f.visit.extra.open.weather.code") != "rain" ||
		form.Get("f.visit.extra.open.remark.text") != "बिजली के खम्भे" || form.Get("f.visit.extra.v.whom.text") != "" {
		t.Fatalf("what stands in the added columns is not filled in: %v", form)
	}
	typed(form, "f.visit.women", "21", "f.visit.extra.open.weather.code", "fog", "f.visit.extra.v.whom.text", "सुषमा", "f.reason", "गिनती में भूल हुई थी")

	typed(form, "f.visit.extra.open.lights.number", "many") // comes back at its field
	refused := head.Send("/console/ops/entry.correct", form)
	if refused.Status != http.StatusUnprocessableEntity || !strings.Contains(refused.HTML, `id="f.visit.extra.open.lights.number.wrong"`) {
		t.Fatalf("not a number: %d\n%s", refused.Status, refused.HTML)
	}
	if back := refused.Form("/console/ops/entry.correct"); back.Get("f.visit.extra.open.remark.text") != "बिजली के खम्भे" {
		t.Errorf("what no field asks for is lost: %v", back)
	}
	typed(form, "f.visit.extra.open.lights.number", "5")
	if p := head.Send("/console/ops/entry.correct", form); p.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	var b struct {
		Visit struct {
			Women int
			Extra struct {
				Open []contract.ExtraValue
				V    json.RawMessage
			}
		}
	}
	bodyAs(t, w, "entry.correct", &b)
	got, _ := json.Marshal(b.Visit.Extra.Open)
	if want := `[{"column":"lights","number":5},{"column":"remark","text":"बिजली के खम्भे"},{"code":"fog","column":"weather"}]`; string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
	if b.Visit.Women != 21 || !strings.Contains(string(b.Visit.Extra.V), "kendra:seal:") {
		t.Errorf("%+v", b.Visit)
	}
	if p := head.Visit("/console/registers/women_beat"); !strings.Contains(p.HTML, "कोहरा") {
		t.Errorf("the register does not show the column\n%s", p.HTML)
	}
}

// TestANewEntryIsAskedForTheColumnsThatTheDistrictAdded takes one by the form of the
// desk.
func TestANewEntryIsAskedForTheColumnsThatTheDistrictAdded(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	sp := w.Enlist("HQ", contract.RoleSp)
	sp.Enter("column.add", contract.ColumnAdd{Register: "help_desk", Column: "scheme", Type: "yes_no", Class: "open", Hi: "योजना बतायी", En: "Told of the scheme"})
	desk := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	page := desk.Visit("/console/complaints/new")
	if !strings.Contains(page.HTML, "योजना बतायी") || !strings.Contains(page.HTML, `name="f.extra.open.scheme.yes_no"`) {
		t.Fatalf("%d\n%s", page.Status, page.HTML)
	}
	form := typed(page.Form("/console/ops/complaint.open"), "f.arrived_at", "2026-11-18T10:00", "f.channel", "walk_in", "f.complainant_name", "कमला",
		"f.is_minor", "false", "f.safe_to_call", "true", "f.category", "marital_dispute", "f.account", "पति से विवाद, आये दिन झगड़ा होता है", "f.risk_level", "low",
		"f.woman_recorded", "true", "f.extra.open.scheme.yes_no", "true", "now.registered_at", "1")
	if p := desk.Send("/console/ops/complaint.open", form); p.Status != http.StatusOK && p.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	var b struct {
		Extra struct{ Open []contract.ExtraValue }
	}
	bodyAs(t, w, "complaint.open", &b)
	if len(b.Extra.Open) != 1 || b.Extra.Open[0].YesNo == nil || !*b.Extra.Open[0].YesNo {
		t.Errorf("%+v", b.Extra)
	}
}
