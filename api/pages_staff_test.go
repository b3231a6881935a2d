package api_test

import (
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// TestALostPhoneIsStoppedAndReplacedByTwoOfficersAtTheirPages shows the code of the
// new phone once, to who asked, after another agreed and after the second factor.
func TestALostPhoneIsStoppedAndReplacedByTwoOfficersAtTheirPages(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat := w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	head, sho, desk := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleSho), w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	at := "/console/staff/phones/" + beat.Handset.ID.String()
	if p := desk.Visit("/console/staff"); p.Status != http.StatusOK || !strings.Contains(p.HTML, at+"/lost") || strings.Contains(p.HTML, "/replace") {
		t.Fatalf("the desk sees no phone to stop, or may replace: %d\n%s", p.Status, p.HTML)
	}
	w.Pass(6 * time.Minute)
	form := desk.Visit(at + "/lost").Form(at + "/lost")
	if p := desk.Send(at+"/lost", form); p.Status != http.StatusForbidden || !strings.Contains(p.HTML, `name="code"`) {
		t.Fatalf("without the second factor: %d\n%s", p.Status, p.HTML)
	}
	if p := desk.Send(at+"/lost", typed(form, "code", desk.Code())); p.Status != http.StatusOK {
		t.Fatalf("lost: %d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM devices WHERE device_id = $1 AND revoked_at IS NOT NULL`, beat.Handset.ID); n != 1 {
		t.Error("it is not withdrawn")
	}
	if p := desk.Visit(at + "/replace"); p.Status != http.StatusForbidden {
		t.Errorf("the desk replaces: %d", p.Status)
	}
	do := func(b *apitest.Browser, what string) *apitest.Page {
		w.Pass(31 * time.Second)
		page := b.Visit(at + "/" + what)
		form := page.Form(at + "/" + what)
		if strings.Contains(page.HTML, `name="code"`) {
			form = typed(form, "code", b.Code())
		}
		return b.Send(at+"/"+what, form)
	}
	if p := do(head, "replace"); p.Status != http.StatusOK || strings.Contains(p.HTML, "qr-code") {
		t.Fatalf("asked: %d\n%s", p.Status, p.HTML)
	}
	if p := do(head, "approve"); p.Status == http.StatusOK {
		t.Error("who asked agrees himself")
	}
	if p := sho.Visit("/console/alarms"); !strings.Contains(p.HTML, at+"/approve") {
		t.Errorf("the head of the station is not led there:\n%s", p.HTML)
	}
	if p := do(sho, "approve"); p.Status != http.StatusOK || strings.Contains(p.HTML, "qr-code") {
		t.Fatalf("agreed: %d\n%s", p.Status, p.HTML)
	}
	if p := do(head, "replace"); p.Status != http.StatusOK || !strings.Contains(p.HTML, "qr-code") || !strings.Contains(p.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("no code: %d\n%s", p.Status, p.HTML)
	}
	other := w.AtConsole(apitest.Rajapur, contract.RoleCentreIncharge)
	for _, path := range []string{"/console/staff?centre=KRW", "/console/reads?centre=KRW"} {
		if p := other.Visit(path); p.Status != http.StatusNotFound {
			t.Errorf("of another centre, %s: %d", path, p.Status)
		}
	}
	w.Pass(31 * time.Second)
	if p := other.Send(at+"/lost", typed(other.Visit(at+"/lost").Form(at+"/lost"), "code", other.Code())); p.Status != http.StatusNotFound {
		t.Errorf("a phone of another centre: %d", p.Status)
	}
}

// TestAnOfficerGetsAConsoleByTwoOthersAndEndsHisOwnSessions invites by number, and
// changes nothing without the passphrase until now.
func TestAnOfficerGetsAConsoleByTwoOthersAndEndsHisOwnSessions(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk := w.Enlist(apitest.Karwi, contract.RoleDeskOfficer)
	head, sho := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleSho)
	do := func(b *apitest.Browser, path string, said ...string) *apitest.Page {
		w.Pass(31 * time.Second)
		page := b.Visit(path)
		form := typed(page.Form(path), said...)
		if strings.Contains(page.HTML, `name="code"`) {
			form.Set("code", b.Code())
		}
		return b.Send(path, form)
	}
	do(head, "/console/staff/invite", "officer_no", desk.Number)
	do(sho, "/console/staff/invite/approve", "officer_no", desk.Number)
	p := do(head, "/console/staff/invite", "officer_no", desk.Number)
	if p.Status != http.StatusOK || !strings.Contains(p.HTML, "qr-code") {
		t.Fatalf("no code: %d\n%s", p.Status, p.HTML)
	}
	if p := do(head, "/console/me/passphrase", "old", "कोई दूसरा लम्बा वाक्य जो नहीं है", "chosen", another); p.Status == http.StatusOK || strings.Contains(p.HTML, "लम्बा वाक्य") {
		t.Errorf("changed by a wrong one, or it is shown: %d", p.Status)
	}
	if p := do(head, "/console/me/passphrase", "old", apitest.GoodPassphrase, "chosen", another); p.Status != http.StatusOK {
		t.Errorf("not changed: %d\n%s", p.Status, p.HTML)
	}
	me := sho.Visit("/console/me")
	m := regexp.MustCompile(`href="(/console/me/devices/[^"]*/end)"`).FindStringSubmatch(me.HTML)
	if m == nil {
		t.Fatalf("%d\n%s", me.Status, me.HTML)
	}
	do(sho, html.UnescapeString(m[1]))
	if p := sho.Visit("/console/me"); p.Status != http.StatusUnauthorized {
		t.Errorf("the session goes on: %d", p.Status)
	}
}

// TestAPostGoesOverByASheetThatIsSignedAtItsPage draws one up by the forms of the
// page and signs it as the one who leaves.
func TestAPostGoesOverByASheetThatIsSignedAtItsPage(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	next := w.Enlist(apitest.Karwi, contract.RoleDeskOfficer)
	head, sho := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.Hire(apitest.Karwi, contract.RoleSho)
	page := head.Visit("/console/staff")
	if strings.Contains(page.HTML, "f.post_id="+sho.PostID.String()) || !strings.Contains(page.HTML, "f.post_id="+next.PostID.String()) {
		t.Errorf("the in-charge is led to the post of the head of the station, or not to that of the desk:\n%s", page.HTML)
	}
	post := w.Text(`SELECT post_id::text FROM posts WHERE officer_id = $1`, head.ID)
	var open string
	for _, m := range regexp.MustCompile(`href="(/console/ops/handover\.open[^"]*)"`).FindAllStringSubmatch(page.HTML, -1) {
		if strings.Contains(m[1], post) {
			open = html.UnescapeString(m[1])
		}
	}
	if open == "" {
		t.Fatalf("no way to a sheet:\n%s", page.HTML)
	}
	form := head.Visit(open).Form("/console/ops/handover.open")
	if p := head.Send("/console/ops/handover.open", typed(form, "f.taker_by", next.ID.String())); p.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	m := regexp.MustCompile(`href="(/console/staff/handovers/[^"]*)"`).FindStringSubmatch(head.Visit("/console/staff").HTML)
	if m == nil {
		t.Fatal("no sheet in the list")
	}
	sheet := head.Visit(html.UnescapeString(m[1]))
	if p := head.Send("/console/ops/handover.sign", sheet.Form("/console/ops/handover.sign")); p.Status != http.StatusSeeOther {
		t.Fatalf("signed: %d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM handovers WHERE leaver_signed_at IS NOT NULL`); n != 1 {
		t.Errorf("%d signed", n)
	}
	if p := w.AtConsole(apitest.Rajapur, contract.RoleCentreIncharge).Visit(html.UnescapeString(m[1])); p.Status != http.StatusNotFound {
		t.Errorf("of another centre: %d", p.Status)
	}
}

// TestAnOfficerOfAnotherStationIsPostedByNumber names her by number, once wrong.
func TestAnOfficerOfAnotherStationIsPostedByNumber(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	sp := w.AtConsole("HQ", contract.RoleSp)
	her := w.Hire("RJP", contract.RoleBeatOfficer)
	const path = "/console/ops/post.take"
	m := regexp.MustCompile(`href="(/console/ops/post\.take[^"]*)"`).FindStringSubmatch(sp.Visit("/console/staff?centre=" + apitest.Karwi).HTML)
	if m == nil {
		t.Fatal("no way to a posting")
	}
	form := typed(sp.Visit(html.UnescapeString(m[1])).Form(path), "f.role", "beat_officer", "f.officer_id", "", "f.officer_id.number", "000000000")
	w.Pass(31 * time.Second)
	wrong := sp.Send(path, typed(form, "code", sp.Code()))
	if wrong.Status != http.StatusUnprocessableEntity || !strings.Contains(wrong.HTML, `value="000000000"`) {
		t.Fatalf("a number of nobody: %d\n%s", wrong.Status, wrong.HTML)
	}
	done := sp.Send(path, typed(wrong.Form(path), "f.role", "beat_officer", "f.officer_id.number", her.Number))
	if done.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", done.Status, done.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM posts WHERE officer_id = $1 AND centre = $2`, her.ID, apitest.Karwi); n != 1 {
		t.Errorf("%d posts at the new station", n)
	}
}

var (
	qrPattern   = regexp.MustCompile(`<svg[^>]*class="[^"]*qr-code[^"]*"[^>]*>.*?</svg>`)
	dotPattern  = regexp.MustCompile(`M(\d+) (\d+)h1v1h-1z`)
	codePattern = regexp.MustCompile(`<p class="no"><code>([^<]*)</code></p>`)
)

// readsAs tells whether the QR code of a page is that of a text.
func readsAs(t *testing.T, page, text string) bool {
	t.Helper()
	want, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	dots := dotPattern.FindAllStringSubmatch(qrPattern.FindString(page), -1)
	black := 0
	for y := range want.Size {
		for x := range want.Size {
			if want.Black(x, y) {
				black++
			}
		}
	}
	for _, d := range dots {
		x, _ := strconv.Atoi(d[1])
		y, _ := strconv.Atoi(d[2])
		if !want.Black(x-4, y-4) {
			return false
		}
	}
	return len(dots) == black
}

// TestANewPhoneIsTakenInByTheCodeOfThePage asks for the second factor again, shows
// the code once, and enrols a phone by it.
func TestANewPhoneIsTakenInByTheCodeOfThePage(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head, beat := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleBeatOfficer)
	const at = "/console/staff/enrol"
	if p := beat.Visit("/console/staff"); strings.Contains(p.HTML, at) {
		t.Error("the beat is led there")
	}
	if p := beat.Visit(at); p.Status != http.StatusForbidden {
		t.Errorf("the beat opens the page: %d", p.Status)
	}
	if p := beat.Send(at, typed(beat.Visit("/console/find").Form("/console/find"), "centre", apitest.Karwi)); p.Status != http.StatusForbidden {
		t.Errorf("the beat gets a code: %d\n%s", p.Status, p.HTML)
	}
	if p := head.Visit("/console/staff"); !strings.Contains(p.HTML, at) {
		t.Errorf("no way there:\n%s", p.HTML)
	}
	w.Pass(6 * time.Minute)
	form := head.Visit(at).Form(at)
	if p := head.Send(at, form); p.Status != http.StatusForbidden || !strings.Contains(p.HTML, `name="code"`) || codePattern.MatchString(p.HTML) {
		t.Fatalf("without the second factor: %d\n%s", p.Status, p.HTML)
	}
	p := head.Send(at, typed(form, "code", head.Code()))
	m := codePattern.FindStringSubmatch(p.HTML)
	if p.Status != http.StatusOK || m == nil || !strings.Contains(p.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("no code: %d\n%s", p.Status, p.HTML)
	}
	if !readsAs(t, p.HTML, m[1]) || readsAs(t, p.HTML, m[1]+"0") {
		t.Error("the picture is not that of the code")
	}
	if q := head.Visit(at); strings.Contains(q.HTML, m[1]) {
		t.Error("it is shown again")
	}
	_, first := takeIn(w, m[1])
	first.Into(http.StatusCreated, nil)
	_, second := takeIn(w, m[1])
	second.Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/code")
	if strings.Contains(w.Log.String(), m[1]) {
		t.Error("the code stands in the log")
	}
	if p := head.Visit("/console/alarms"); !strings.Contains(p.HTML, "नये फोन का कोड दिया गया") {
		t.Errorf("no alarm:\n%s", p.HTML)
	}
	if p := head.Visit(at + "?centre=RJP"); p.Status != http.StatusNotFound {
		t.Errorf("of another centre: %d", p.Status)
	}
}

// TestASessionOfAnOfficerIsEndedAtThePageOfTheInCharge wants the second factor
// again, and leads nobody else there.
func TestASessionOfAnOfficerIsEndedAtThePageOfTheInCharge(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head, desk := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	beat := w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	const list = "/console/staff/sessions"
	at := list + "/" + beat.Session.SessionID.String() + "/end"
	if p := desk.Visit("/console/staff"); strings.Contains(p.HTML, list) {
		t.Error("the desk is led there")
	}
	for _, path := range []string{list, at} {
		if p := desk.Visit(path); p.Status != http.StatusForbidden {
			t.Errorf("the desk opens %s: %d", path, p.Status)
		}
	}
	page := head.Visit(list)
	if page.Status != http.StatusOK || !strings.Contains(page.HTML, at) || strings.Contains(page.HTML, head.Session.SessionID.String()) ||
		strings.Contains(page.HTML, "127.0.0.1") {
		t.Fatalf("%d\n%s", page.Status, page.HTML)
	}
	w.Pass(6 * time.Minute)
	form := head.Visit(at).Form(at)
	if p := head.Send(at, form); p.Status != http.StatusForbidden || !strings.Contains(p.HTML, `name="code"`) {
		t.Fatalf("without the second factor: %d\n%s", p.Status, p.HTML)
	}
	if p := head.Send(at, typed(form, "code", head.Code())); p.Status != http.StatusOK {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	beat.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	if p := head.Visit(list); strings.Contains(p.HTML, at) {
		t.Error("it is still in the list")
	}
	if p := w.AtConsole(apitest.Rajapur, contract.RoleCentreIncharge).Visit(list + "?centre=KRW"); p.Status != http.StatusNotFound {
		t.Errorf("of another centre: %d", p.Status)
	}
}
