package api_test

import (
	"encoding/json"
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

// onRound is a beat officer on duty whose phone says where he is.
func onRound(t *testing.T, w *apitest.World, centre string, lat, lon float64) *apitest.Shift {
	t.Helper()
	x := w.Enlist(centre, contract.RoleBeatOfficer)
	x.Enter("duty.start", contract.DutyStart{})
	x.Do(apitest.Post("/v1/positions", contract.Positions{Fixes: []contract.Fix{
		{At: contract.At(w.Now()), Lat: lat, Lon: lon, AccuracyM: 10},
	}})).Into(http.StatusOK, nil)
	return x
}

// aTask fills in the form of a task.
func aTask(p *apitest.Page, pairs ...string) url.Values {
	form := p.Form("/console/ops/task.send")
	form.Set("f.task_kind", "visit")
	form.Set("f.urgency", "soon")
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

var radioOfOfficer = regexp.MustCompile(`name="f\.to\.officer_id" value="([0-9a-f-]{36})"`)

func TestATaskGoesToTheNearestOnDutyByAFormAlone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	far, near := onRound(t, w, apitest.Karwi, 25.30, 80.92), onRound(t, w, apitest.Karwi, 25.22, 80.92)
	other := onRound(t, w, apitest.Rajapur, 25.22, 80.92)
	w.Pass(10 * time.Minute)
	b := w.AtConsole(apitest.Karwi, contract.RoleDispatcher)
	page := b.Visit("/console/tasks/new")

	if i, j := strings.Index(page.HTML, near.ID.String()), strings.Index(page.HTML, far.ID.String()); i < 0 || j < i {
		t.Errorf("the nearest is not first: %d, %d in %d\n%s", i, j, page.Status, page.HTML)
	}
	if strings.Contains(page.HTML, other.ID.String()) {
		t.Error("an officer of another centre is in the list")
	}
	if !strings.Contains(page.HTML, "10 मि") {
		t.Errorf("the age of the fix is not told\n%s", page.HTML)
	}
	// from Bharatkoop the order is the other way about only if the place counts
	if moved := b.Visit("/console/tasks/new?near=25.31,80.92"); strings.Index(moved.HTML, far.ID.String()) > strings.Index(moved.HTML, near.ID.String()) {
		t.Error("distances do not count from the place that is asked about")
	}
	at := b.Visit("/console/tasks/new?station=BRK&village=V12")
	form := aTask(at, "f.to.officer_id", near.ID.String(), "f.text", "बस अड्डे पर भीड़ है")
	if form.Get("f.place.lat") != "25.217" || !strings.Contains(at.HTML, `value="V12"`) {
		t.Errorf("the station is not the place of the task: %v", form)
	}
	b.Send("/console/ops/task.send", form).Follow()
	list := b.Visit("/console/tasks")
	if !strings.Contains(list.HTML, "बस अड्डे पर भीड़ है") || !strings.Contains(list.HTML, "state") {
		t.Errorf("the task is not in the list of the open ones\n%s", list.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM tasks WHERE to_officer = $1`, near.ID); n != 1 {
		t.Errorf("%d tasks", n)
	}
}

func TestARefusedTaskComesBackWithAllThatWasTyped(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	near := onRound(t, w, apitest.Karwi, 25.22, 80.92)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	page := b.Visit("/console/tasks/new?station=BRK")
	for _, number := range []string{"9876543210", "98765 43210", "९८७६५ ४३२१०", "+91 98765-43210"} {
		form := aTask(page, "f.to.officer_id", near.ID.String(), "f.text", "फोन "+number+" पर करें", "f.village_code", "V9", "f.task_kind", "escort", "f.urgency", "urgent")
		again := b.Send("/console/ops/task.send", form)
		if again.Status != http.StatusUnprocessableEntity || !strings.Contains(again.HTML, `id="f.text.wrong"`) {
			t.Fatalf("%s: %d\n%s", number, again.Status, again.HTML)
		}
		back := again.Form("/console/ops/task.send")
		if back.Get("op_id") != form.Get("op_id") || back.Get("f.place.lat") != "25.217" || back.Get("f.place.accuracy_m") != "100" {
			t.Errorf("%s: the form is another: %v", number, back)
		}
		for _, kept := range []string{
			number, `value="V9"`, `value="escort" checked`, `value="urgent" checked`, `value="` + near.ID.String() + `" checked`,
		} {
			if !strings.Contains(html.UnescapeString(again.HTML), kept) {
				t.Errorf("%s: %q is lost", number, kept)
			}
		}
	}
	nobody := b.Send("/console/ops/task.send", aTask(page, "f.text", "किसे भेजें"))
	if nobody.Status != http.StatusUnprocessableEntity || !strings.Contains(nobody.HTML, `id="to-wrong"`) || !strings.Contains(nobody.HTML, "किसे भेजें") {
		t.Errorf("to nobody: %d\n%s", nobody.Status, nobody.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM tasks`); n != 0 {
		t.Errorf("%d tasks were sent", n)
	}
}

func TestOnlyWhoMaySendTasksOpensTheFormAndTheMap(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	out := onRound(t, w, apitest.Karwi, 25.22, 80.92)
	paths := []string{"/console/tasks/new", "/console/map", "/console/map/data"}
	for _, who := range []struct {
		centre string
		role   contract.Role
		may    bool
	}{
		{apitest.Karwi, contract.RoleDispatcher, true}, {apitest.Karwi, contract.RoleCentreIncharge, true}, {apitest.Karwi, contract.RoleSho, true},
		{apitest.Karwi, contract.RoleBeatOfficer, false}, {apitest.Karwi, contract.RoleDeskOfficer, false}, {apitest.Karwi, contract.RoleCounsellor, false},
		{apitest.Karwi, contract.RoleSquadLeader, false}, {"HQ", contract.RoleCo, false}, {"HQ", contract.RoleSp, false}, {"HQ", contract.RoleNodal, false},
	} {
		b := w.AtConsole(who.centre, who.role)
		for _, path := range paths {
			p := b.Visit(path + "?centre=" + apitest.Karwi)
			if ok := p.Status == http.StatusOK; ok != who.may {
				t.Errorf("%s, %s: status %d", who.role, path, p.Status)
			}
			if seen := strings.Contains(p.HTML, out.ID.String()); seen && !who.may {
				t.Errorf("%s, %s: sees where the officer is", who.role, path)
			}
		}
		if menu := b.Visit("/console/style"); strings.Contains(menu.HTML, `href="/console/map`) != who.may {
			t.Errorf("%s: the map in the menu", who.role)
		}
	}
	b := w.AtConsole(apitest.Rajapur, contract.RoleCentreIncharge)
	for _, path := range paths {
		if p := b.Visit(path + "?centre=" + apitest.Karwi); p.Status == http.StatusOK || strings.Contains(p.HTML, out.ID.String()) {
			t.Errorf("in-charge of another centre, %s: status %d", path, p.Status)
		}
	}
}

func TestATaskIsSentAgainAndToTheNext(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	first, second := onRound(t, w, apitest.Karwi, 25.22, 80.92), onRound(t, w, apitest.Karwi, 25.25, 80.92)
	b := w.AtConsole(apitest.Karwi, contract.RoleDispatcher)
	form := aTask(b.Visit("/console/tasks/new"), "f.to.officer_id", first.ID.String(), "f.text", "छात्राओं को घर तक छोड़ें", "f.task_kind", "escort", "f.urgency", "urgent")
	b.Send("/console/ops/task.send", form).Follow()
	id := form.Get("op_id")
	page := b.Visit("/console/tasks/" + id)
	if strings.Contains(page.HTML, "data-loud") {
		t.Error("a task that was sent this moment is loud")
	}
	w.Pass(8 * time.Minute)
	if page = b.Visit("/console/tasks/" + id); !strings.Contains(page.HTML, "data-loud") {
		t.Errorf("nobody received it, and it is not loud\n%s", page.HTML)
	}
	again := b.Visit("/console/tasks/new?centre=KRW&from=" + id)
	next := b.Visit("/console/tasks/new?centre=KRW&from=" + id + "&next=1")
	for name, p := range map[string]*apitest.Page{first.ID.String(): again, second.ID.String(): next} {
		for _, kept := range []string{"छात्राओं को घर तक छोड़ें", `value="escort" checked`, `value="urgent" checked`, `value="` + name + `" checked`} {
			if !strings.Contains(p.HTML, kept) {
				t.Errorf("%d: %q is not in it\n%s", p.Status, kept, p.HTML)
			}
		}
		if strings.Count(p.HTML, `value="`+first.ID.String()+`" checked`)+strings.Count(p.HTML, `value="`+second.ID.String()+`" checked`) != 1 {
			t.Error("more than one is chosen")
		}
	}
	if p := w.AtConsole(apitest.Rajapur, contract.RoleDispatcher).Visit("/console/tasks/new?from=" + id); p.Status != http.StatusNotFound {
		t.Errorf("a task of another centre as the pattern: %d", p.Status)
	}
	recall := page.Form("/console/ops/task.recall")
	recall.Set("f.reason", "done_otherwise")
	if over := b.Send("/console/ops/task.recall", recall).Follow(); strings.Contains(over.HTML, `action="/console/ops/task.recall"`) || strings.Contains(over.HTML, "data-loud") {
		t.Errorf("recalled: %d\n%s", over.Status, over.HTML)
	}
}

func TestWhoIsOffDutyIsInNoListOfTheNearest(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	start := x.Enter("duty.start", contract.DutyStart{})
	x.Do(apitest.Post("/v1/positions", contract.Positions{Fixes: []contract.Fix{{At: contract.At(w.Now()), Lat: 25.22, Lon: 80.92, AccuracyM: 10}}})).Into(http.StatusOK, nil)
	b := w.AtConsole(apitest.Karwi, contract.RoleDispatcher)
	near := func() bool {
		_, list, _ := strings.Cut(b.Visit("/console/tasks/new").HTML, `id="near"`)
		list, _, _ = strings.Cut(list, "<details")
		data := b.Visit("/console/map/data").HTML
		seen := strings.Contains(data, x.ID.String())
		if seen != (len(radioOfOfficer.FindAllString(list, -1)) > 0) {
			t.Errorf("list and map differ: %s\n%s", list, data)
		}
		return seen
	}
	if !near() {
		t.Error("on duty he is not shown")
	}
	x.Enter("duty.end", contract.DutyEnd{StartID: *start.OpID})
	if near() {
		t.Error("off duty he is shown")
	}
}

func TestATaskOfAComplaintDoesNotTellHerNameToWhomItGoes(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	near := onRound(t, w, apitest.Karwi, 25.22, 80.92)
	c := came(w)
	c.ComplainantName, c.GuardianName = "श्रीमती सुनीता देवी", new("रामपाल")
	id := *w.Enlist(apitest.Karwi, contract.RoleDeskOfficer).Enter("complaint.open", c).OpID
	b := w.AtConsole(apitest.Karwi, contract.RoleDispatcher)
	page := b.Visit("/console/tasks/new?case=" + id.String())
	for _, text := range []string{"सुनिता जी को अस्पताल ले जायें", "Take Suneeta to the hospital", "Rampal ke ghar par"} {
		again := b.Send("/console/ops/task.send", aTask(page, "f.to.officer_id", near.ID.String(), "f.text", text))
		if again.Status != http.StatusUnprocessableEntity || !strings.Contains(again.HTML, `id="f.text.wrong"`) ||
			!strings.Contains(again.HTML, "प्रकरण से जुड़ा कोई नाम नहीं") {
			t.Fatalf("%s: %d\n%s", text, again.Status, again.HTML)
		}
		if back := again.Form("/console/ops/task.send"); back.Get("f.case_id") != id.String() || strings.Count(html.UnescapeString(again.HTML), text) != 1 {
			t.Errorf("%s: the case or the text is lost, or said elsewhere: %v", text, back)
		}
	}
	if p := b.Send("/console/ops/task.send", aTask(page, "f.to.officer_id", near.ID.String(), "f.text", "देवी मन्दिर के पास महिला को अस्पताल ले जायें")); p.Status != http.StatusSeeOther {
		t.Errorf("without a name: %d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM reads`); n != 0 {
		t.Errorf("%d reads are noted", n)
	}
	for _, name := range []string{"सुनीता", "सुनिता", "Suneeta", "Rampal", "रामपाल"} {
		if strings.Contains(w.Log.String(), name) {
			t.Errorf("the log tells %s", name)
		}
	}
}

// TestATaskSaysItsVillageByName adds villages by the form of the district office, chooses
// one for a task, without any point, and finds its name wherever the task is shown.
func TestATaskSaysItsVillageByName(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	near := onRound(t, w, apitest.Karwi, 25.22, 80.92)
	sp, b := w.AtConsole("HQ", contract.RoleSp), w.AtConsole(apitest.Karwi, contract.RoleDispatcher)
	if p := b.Visit("/console/tasks/new"); !strings.Contains(p.HTML, `<input type="text" id="f.village_code"`) {
		t.Errorf("without a list a code cannot be typed\n%s", p.HTML)
	}
	for _, v := range [][3]string{{"village_krw", "155281", "भरथौल"}, {"village_krw", "155282", "अमानपुर"}, {"village_rjp", "155901", "देवारी"}} {
		page := sp.Visit("/console/ops/code.add?centre=HQ&back=/console/rules")
		if !strings.Contains(page.HTML, `<option value="`+v[0]+`"`) {
			t.Fatalf("no list of villages to choose\n%s", page.HTML)
		}
		form := typed(page.Form("/console/ops/code.add"), "f.list", v[0], "f.code", v[1], "f.hi", v[2], "f.en", v[2])
		if p := sp.Send("/console/ops/code.add", form); p.Status != http.StatusSeeOther {
			t.Fatalf("%d\n%s", p.Status, p.HTML)
		}
	}
	for field, v := range map[string][2]string{"f.list": {"village_xyz", "155281"}, "f.code": {"village_krw", "no_such"}} {
		form := typed(sp.Visit("/console/ops/code.add?centre=HQ").Form("/console/ops/code.add"), "f.list", v[0], "f.code", v[1], "f.hi", "क", "f.en", "x")
		if p := sp.Send("/console/ops/code.add", form); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.HTML, `id="`+field+`.wrong"`) {
			t.Errorf("%v: %d", v, p.Status)
		}
	}
	page := b.Visit("/console/tasks/new")
	list := between(page.HTML, `<select id="f.village_code"`, "</select>")
	if i, j := strings.Index(list, "अमानपुर"), strings.Index(list, "भरथौल"); i < 0 || j < i || strings.Contains(list, "देवारी") {
		t.Fatalf("the villages of the station by name: %s", list)
	}
	form := aTask(page, "f.to.officer_id", near.ID.String(), "f.text", "पंचायत भवन पर मिलें", "f.village_code", "155281", "f.place_type", "village")
	sent := b.Send("/console/ops/task.send", form)
	if sent.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", sent.Status, sent.HTML)
	}
	var body contract.TaskSend
	bodyAs(t, w, "task.send", &body)
	if body.VillageCode == nil || *body.VillageCode != "155281" || body.Place != nil {
		t.Errorf("%+v", body)
	}
	id := w.Text(`SELECT task_id::text FROM tasks`)
	for _, path := range []string{"/console/tasks", "/console/tasks/" + id} {
		if p := b.Visit(path); !strings.Contains(p.HTML, "ग्राम भरथौल") || strings.Contains(p.HTML, "155281") {
			t.Errorf("%s does not say the village\n%s", path, p.HTML)
		}
	}
	again := b.Visit("/console/tasks/new?from=" + id)
	if !strings.Contains(again.HTML, `<option value="155281" selected>भरथौल`) {
		t.Errorf("sent again it has another village\n%s", again.HTML)
	}
	if old := b.Visit("/console/tasks/new?village=V9"); !strings.Contains(old.HTML, `<option value="V9" selected>V9`) {
		t.Errorf("a code that no list has is lost\n%s", old.HTML)
	}
	var ref contract.Reference
	near.Read("/v1/reference", &ref)
	names, err := json.Marshal(ref)
	if err != nil || !strings.Contains(string(names), "village_krw") || !strings.Contains(string(names), "भरथौल") {
		t.Errorf("the phone is not told the name: %v", err)
	}
	if p := sp.Visit("/console/rules"); !strings.Contains(p.HTML, "ग्राम: ") || !strings.Contains(p.HTML, "देवारी") {
		t.Errorf("the rules do not show the villages\n%s", p.HTML)
	}
}
