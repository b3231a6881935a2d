package api_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

const (
	herNumber  = "9812345670"
	herName    = "कमला देवी"
	herAccount = "पति एवं सास ने मारपीट की, घर से निकाला"
)

// told opens a complaint at the desk and gives its page.
func told(w *apitest.World, change func(c *contract.ComplaintOpen)) (uuid.UUID, string) {
	c := came(w)
	c.Mobile, c.Account = new(herNumber), herAccount
	if change != nil {
		change(&c)
	}
	id := *w.Enlist(apitest.Karwi, contract.RoleDeskOfficer).Enter("complaint.open", c).OpID
	return id, "/console/complaints/" + id.String()
}

func sexual(c *contract.ComplaintOpen) { c.Category = "sexual_assault" }

// asking fills in the form of a page that reads sealed fields.
func asking(p *apitest.Page, path string, fields ...string) url.Values {
	form := p.Form(path + "/read")
	for _, f := range fields {
		form.Add("f.fields", f)
	}
	form.Set("f.reason", "call_her")
	form.Set("f.text", "फीडबैक कॉल हेतु")
	return form
}

func reads(w *apitest.World) int64 {
	return w.Count(`SELECT count(*) FROM entries WHERE kind = 'identity.read'`)
}

func TestSealedFieldsAreReadBesideTheirNamesInOneAnswerAlone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	_, path := told(w, nil)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	page := b.Visit(path)
	if contains(page.HTML, herNumber) || contains(page.HTML, herAccount) || contains(page.HTML, herName) {
		t.Fatal("the page shows what is sealed")
	}
	form := asking(page, path, "/body/mobile", "/body/account", "/body/safe_to_call")
	got := b.Send(path+"/read", form)
	if got.Status != http.StatusOK || !contains(got.HTML, herNumber) || !contains(got.HTML, herAccount) || contains(got.HTML, herName) {
		t.Fatalf("read: %d\n%s", got.Status, got.HTML)
	}
	if got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Location") != "" || contains(got.HTML, "data-renew") || contains(got.HTML, "data-live") && contains(got.HTML, `id="one"`) {
		t.Error("the answer may be kept, or renews itself")
	}
	if n := reads(w); n != 1 {
		t.Errorf("%d entries say so", n)
	}
	if again := b.Send(path+"/read", form); !contains(again.HTML, herNumber) || reads(w) != 1 {
		t.Errorf("sent again: %d, %d entries", again.Status, reads(w))
	}
	for _, later := range []string{path, path + "/read", "/console/complaints", "/console/"} {
		p := b.Visit(later)
		if p.Status == http.StatusSeeOther {
			p = p.Follow()
		}
		if contains(p.HTML, herNumber) || contains(p.HTML, herAccount) {
			t.Errorf("%s shows it", later)
		}
	}
	if contains(w.Log.String(), herNumber) || contains(w.Log.String(), herAccount) {
		t.Error("it is in the log")
	}
	w.Pass(11 * time.Minute)
	if late := b.Send(path+"/read", form); contains(late.HTML, herNumber) {
		t.Errorf("after ten minutes: %d", late.Status)
	}
}

func TestAReadingThatIsRefusedKeepsWhatWasTickedAndTyped(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	_, path := told(w, nil)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	for name, change := range map[string]func(url.Values){
		"without a reason": func(f url.Values) { f.Del("f.reason") },
		"a field that is none": func(f url.Values) {
			f.Add("f.fields", "/body/nothing")
		},
	} {
		form := asking(b.Visit(path), path, "/body/mobile")
		change(form)
		got := b.Send(path+"/read", form)
		if got.Status != http.StatusUnprocessableEntity || !contains(got.HTML, `value="/body/mobile" checked`) || !contains(got.HTML, "फीडबैक कॉल हेतु") || contains(got.HTML, herNumber) {
			t.Errorf("%s: %d\n%s", name, got.Status, got.HTML)
		}
	}
	none := asking(b.Visit(path), path)
	if got := b.Send(path+"/read", none); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("without a field: %d", got.Status)
	}
	forged := asking(b.Visit(path), path, "/body/mobile")
	forged.Set("op_id", uuid.Must(uuid.NewV7()).String())
	if got := b.Send(path+"/read", forged); got.Status == http.StatusOK || contains(got.HTML, herNumber) {
		t.Errorf("a form that no page gave: %d", got.Status)
	}
	other := w.AtConsole(apitest.Rajapur, contract.RoleCentreIncharge)
	if got := other.Visit(path); got.Status != http.StatusNotFound {
		t.Errorf("another centre's in-charge: %d", got.Status)
	}
	dispatcher := w.AtConsole(apitest.Karwi, contract.RoleDispatcher)
	if got := dispatcher.Visit(path); got.Status == http.StatusOK {
		t.Errorf("the dispatcher: %d", got.Status)
	}
	if n := reads(w); n != 0 {
		t.Errorf("%d entries", n)
	}
	w.Pass(10 * time.Minute) // the factor is not fresh any more
	page := b.Visit(path)
	form := asking(page, path, "/body/mobile")
	if !contains(page.HTML, `name="code"`) {
		t.Error("no code is asked for")
	}
	if got := b.Send(path+"/read", form); got.Status != http.StatusUnprocessableEntity || contains(got.HTML, herNumber) {
		t.Errorf("without the code: %d", got.Status)
	}
	form.Set("code", b.Code())
	if got := b.Send(path+"/read", form); got.Status != http.StatusOK || !contains(got.HTML, herNumber) {
		t.Errorf("with the code: %d\n%s", got.Status, got.HTML)
	}
}

var stepTo = regexp.MustCompile(`href="(/console/ops/[^"]*)"`)

// stepOf is the path of a form that a page offers; empty: none.
func stepOf(p *apitest.Page, kind string) string {
	for _, m := range stepTo.FindAllStringSubmatch(p.HTML, -1) {
		if strings.HasPrefix(m[1], "/console/ops/"+kind+"?") {
			return strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	return ""
}

// make fills in the form of a kind that a page leads to.
func makeAt(t *testing.T, b *apitest.Browser, p *apitest.Page, kind string, values map[string]string) *apitest.Page {
	t.Helper()
	step := stepOf(p, kind)
	if step == "" {
		t.Fatalf("no %s in the page:\n%s", kind, p.HTML)
	}
	form := b.Visit(step).Form("/console/ops/" + kind)
	for name, v := range values {
		form.Set("f."+name, v)
	}
	out := b.Send("/console/ops/"+kind, form)
	if out.Status != http.StatusSeeOther {
		t.Fatalf("%s: %d\n%s", kind, out.Status, out.HTML)
	}
	return out.Follow()
}

func TestAGuardedCaseIsReadInNeedByTwoAtTheirConsoles(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	_, path := told(w, sexual)
	incharge, sho := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleSho)
	cell := w.AtConsole("HQ", contract.RoleWomenCell)
	form := regexp.MustCompile(`action="` + path + `/read"`)
	page := incharge.Visit(path)
	if form.MatchString(page.HTML) || contains(page.HTML, herNumber[6:]) {
		t.Fatalf("who is not named is offered to read it:\n%s", page.HTML)
	}
	if stepOf(page, "glass.allow") != "" {
		t.Error("there is nothing to allow")
	}
	page = makeAt(t, incharge, page, "glass.ask", map[string]string{"reason": "danger_to_her", "text": "नामित अधिकारी अनुपलब्ध"})
	if form.MatchString(page.HTML) || stepOf(page, "glass.allow") != "" {
		t.Fatal("the ask alone opens it, or she allows it herself")
	}
	if list := incharge.Visit("/console/glass"); stepOf(list, "glass.allow") != "" {
		t.Error("she allows her own")
	}
	list := sho.Visit("/console/glass")
	if stepOf(sho.Visit(path), "glass.allow") == "" || form.MatchString(sho.Visit(path).HTML) {
		t.Error("the page of the case does not show the ask to who may allow it")
	}
	makeAt(t, sho, list, "glass.allow", nil)
	page = incharge.Visit(path)
	if got := incharge.Send(path+"/read", asking(page, path, "/body/mobile")); got.Status != http.StatusOK || !contains(got.HTML, herNumber) {
		t.Fatalf("allowed: %d\n%s", got.Status, got.HTML)
	}
	if form.MatchString(sho.Visit(path).HTML) {
		t.Error("it is open to who allowed it")
	}
	review := cell.Visit("/console/glass")
	if contains(review.HTML, path) {
		t.Error("the review leads to a case that is not hers to see")
	}
	makeAt(t, cell, review, "glass.review", map[string]string{"verdict": "justified", "text": "अभिलेख देखा गया"})
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind = 'glass.review'`); n != 1 {
		t.Errorf("%d reviews", n)
	}
	for i := range 7 { // she goes on working
		_ = i
		w.Pass(10 * time.Minute)
		page = incharge.Visit(path)
	}
	if form.MatchString(page.HTML) {
		t.Error("it is open after the hour")
	}
}

func TestAnOfficerIsNamedAndUnnamedOnThePageOfTheCase(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	_, path := told(w, sexual)
	incharge := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	page := makeAt(t, incharge, incharge.Visit(path), "case.name", map[string]string{"officer_id": incharge.ID.String(), "reason": "inquiry"})
	got := incharge.Send(path+"/read", asking(page, path, "/body/complainant_name"))
	if got.Status != http.StatusOK || !contains(got.HTML, herName) {
		t.Fatalf("named: %d\n%s", got.Status, got.HTML)
	}
	page = makeAt(t, incharge, incharge.Visit(path), "case.unname", map[string]string{"reason": "work_over"})
	if contains(page.HTML, path+"/read") {
		t.Error("her name is gone and she may read")
	}
}

func TestAPhoneNumberIsSearchedForAndNobodyIsNamed(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	_, path := told(w, nil)
	told(w, sexual)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	form := b.Visit("/console/search").Form("/console/search")
	form.Set("f.phone", "12345")
	form.Set("f.reason", "inquiry")
	if bad := b.Send("/console/search", form); bad.Status != http.StatusUnprocessableEntity || !contains(bad.HTML, `value="12345"`) {
		t.Errorf("no number: %d\n%s", bad.Status, bad.HTML)
	}
	form.Set("f.phone", herNumber)
	got := b.Send("/console/search", form)
	if got.Status != http.StatusOK || !contains(got.HTML, path) || contains(got.HTML, herName) || contains(got.HTML, herNumber) || got.Header.Get("Location") != "" {
		t.Fatalf("%d\n%s", got.Status, got.HTML)
	}
	if n := strings.Count(got.HTML, `"/console/complaints/0`); n != 1 || !contains(got.HTML, ": 1</p>") {
		t.Errorf("%d cases; the guarded one is counted and not told:\n%s", n, got.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind = 'phone.search'`); n != 1 {
		t.Errorf("%d entries", n)
	}
	if no := w.AtConsole(apitest.Karwi, contract.RoleBeatOfficer).Visit("/console/search"); no.Status != http.StatusForbidden {
		t.Errorf("a beat officer: %d", no.Status)
	}
	if op := b.Visit("/console/ops/phone.search"); op.Status != http.StatusNotFound {
		t.Errorf("as any other form: %d", op.Status)
	}
}

// typed fills in the form of a new complaint.
func typedIn(p *apitest.Page) url.Values {
	form := p.Form("/console/ops/complaint.open")
	for name, value := range map[string]string{
		"f.arrived_at": "2026-11-18T09:40", "f.heard_at": "2026-11-18T09:45", "f.channel": "walk_in", "f.complainant_name": herName, "f.age": "28",
		"f.is_minor": "false", "f.safe_to_call": "true", "f.status_safe": "true", "f.mobile": herNumber, "f.category": "domestic_violence",
		"f.account": herAccount, "f.risk_level": "high", "f.woman_recorded": "true", "now.registered_at": "1",
	} {
		form.Set(name, value)
	}
	return form
}

func TestADraftOutlivesItsSessionAndIsGoneWhenItIsEntered(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b, other := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer), w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	form := typedIn(b.Visit("/console/complaints/new"))
	if kept := b.Send("/console/drafts/complaint.open", form); kept.Status != http.StatusNoContent {
		t.Fatalf("%d\n%s", kept.Status, kept.HTML)
	}
	if tables := w.Holding(herNumber); len(tables) > 0 || len(w.Holding(herName)) > 0 {
		t.Errorf("what was typed stands in %v", tables)
	}
	path := "/console/complaints/new?draft=" + form.Get("op_id")
	if got := other.Visit(path); got.Status != http.StatusNotFound || contains(got.HTML, herName) {
		t.Errorf("another officer: %d", got.Status)
	}
	theirs := other.Visit("/console/complaints")
	if contains(theirs.HTML, form.Get("op_id")) {
		t.Error("another officer's list has it")
	}
	w.Pass(20 * time.Minute)
	if got := b.Visit(path); got.Status != http.StatusUnauthorized || contains(got.HTML, herName) {
		t.Fatalf("the session has ended: %d", got.Status)
	}
	b.LogIn()
	if list := b.Visit("/console/complaints"); !contains(list.HTML, "draft="+form.Get("op_id")) || contains(list.HTML, herName) {
		t.Errorf("the list of unfinished forms:\n%s", list.HTML)
	}
	back := b.Visit(path)
	again := back.Form("/console/ops/complaint.open")
	if again.Get("op_id") != form.Get("op_id") || !contains(back.HTML, herName) || !contains(back.HTML, herAccount) || !contains(back.HTML, herNumber) {
		t.Fatalf("what was typed is lost:\n%s", back.HTML)
	}
	form.Set("csrf", again.Get("csrf"))
	done := b.Send("/console/ops/complaint.open", form)
	if done.Status != http.StatusOK || !contains(done.HTML, "slip") || contains(done.HTML, herName) || contains(done.HTML, herNumber) {
		t.Fatalf("%d\n%s", done.Status, done.HTML)
	}
	for _, line := range []string{"112", "1090", "181"} {
		if !contains(done.HTML, "<b>"+line+"</b>") {
			t.Errorf("the slip lacks %s", line)
		}
	}
	if n := w.Count(`SELECT count(*) FROM complaints WHERE registered_at IS NOT NULL`); n != 1 {
		t.Errorf("%d are registered", n)
	}
	if n := w.Count(`SELECT count(*) FROM drafts`); n != 0 {
		t.Errorf("%d drafts are left when it is entered", n)
	}
	if late := b.Send("/console/drafts/complaint.open", form); late.Status == http.StatusNoContent {
		t.Error("a late draft is kept")
	}
	if n := w.Count(`SELECT count(*) FROM drafts`); n != 0 {
		t.Errorf("%d drafts are left", n)
	}
}

func TestADraftIsItsOfficersAndOfAFormThatAPageGave(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b, other := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer), w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	form := typedIn(b.Visit("/console/complaints/new"))
	b.Send("/console/drafts/complaint.open", form)
	stolen := url.Values{}
	for k, v := range form {
		stolen[k] = slices.Clone(v)
	}
	stolen.Set("csrf", other.Session.Csrf)
	if got := other.Send("/console/drafts/complaint.open", stolen); got.Status == http.StatusNoContent {
		t.Error("another officer saves over it")
	}
	stolen.Set("drop", "1")
	other.Send("/console/drafts/complaint.open", stolen)
	if n := w.Count(`SELECT count(*) FROM drafts`); n != 1 {
		t.Fatalf("another officer drops it: %d", n)
	}
	// Row-level security is not what keeps it from a colleague: the seal is for its officer.
	w.SQL(`UPDATE drafts SET officer_id = $1`, other.ID)
	if got := other.Visit("/console/complaints/new?draft=" + form.Get("op_id")); contains(got.HTML, herName) {
		t.Error("moved to another officer, it opens")
	}
	w.Broken = true // what does not open is an error in the log
	w.SQL(`UPDATE drafts SET officer_id = $1`, b.ID)
	w.Pass(8 * 24 * time.Hour)
	if err := w.Staff.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.Count(`SELECT count(*) FROM drafts`); n != 0 {
		t.Errorf("after a week: %d", n)
	}
}

func TestTheBoxInTheHeadFindsNumbersOfficersAndPagesAndNeverAWoman(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	_, path := told(w, nil)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	find := func(b *apitest.Browser, q string) *apitest.Page {
		form := b.Visit("/console/complaints").Form("/console/find")
		form.Set("q", q)
		return b.Send("/console/find", form)
	}
	if got := find(b, "KRW/HD/2026/00001"); got.Status != http.StatusSeeOther || got.Header.Get("Location") != path {
		t.Errorf("by its number: %d %s", got.Status, got.Header.Get("Location"))
	}
	if got := find(b, "1"); !contains(got.HTML, path) {
		t.Errorf("by its serial:\n%s", got.HTML)
	}
	if got := find(b, b.Number); !contains(got.HTML, "<span class=\"fine\">"+b.Number) {
		t.Errorf("an officer:\n%s", got.HTML)
	}
	if got := find(b, "शिकाय"); !contains(got.HTML, `found"><li>`) {
		t.Errorf("a page:\n%s", got.HTML)
	}
	for _, q := range []string{herName, "कमला", herNumber, "मारपीट"} {
		if got := find(b, q); got.Status != http.StatusOK || contains(got.HTML, path) || contains(got.HTML, q) {
			t.Errorf("%s: %d\n%s", q, got.Status, got.HTML)
		}
	}
	other := w.AtConsole(apitest.Rajapur, contract.RoleCentreIncharge)
	if got := find(other, "KRW/HD/2026/00001"); got.Status != http.StatusOK || contains(got.HTML, path) {
		t.Errorf("from another centre: %d", got.Status)
	}
}

func TestComplaintsAreListedNewestFirstAndFiltered(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	_, first := told(w, nil)
	_, second := told(w, func(c *contract.ComplaintOpen) { c.RiskLevel = "high" })
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	page := b.Visit("/console/complaints")
	if i, j := strings.Index(page.HTML, second), strings.Index(page.HTML, first); i < 0 || j < i {
		t.Errorf("the order: %d, %d", i, j)
	}
	if page = b.Visit("/console/complaints?sensitive=1"); contains(page.HTML, first) || !contains(page.HTML, second) {
		t.Errorf("sensitive ones:\n%s", page.HTML)
	}
	if page = b.Visit("/console/complaints?mine=1"); contains(page.HTML, first) || contains(page.HTML, second) {
		t.Error("nothing is hers")
	}
}
