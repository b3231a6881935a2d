package api_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// TestTheDayIsReviewedAndSignedByFormsAlone looks at each complaint one after the
// other, signs the day and its return.
func TestTheDayIsReviewedAndSignedByFormsAlone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	sho := w.Enlist(apitest.Karwi, contract.RoleSho)
	high := came(w)
	high.RiskLevel = "high"
	for _, c := range []contract.ComplaintOpen{high, came(w), came(w)} {
		sho.Enter("complaint.open", c)
	}
	head, desk := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	day := dated(w).Format(time.DateOnly)
	page := head.Visit("/console/")
	if !strings.Contains(page.HTML, "/console/day/review?centre=KRW&amp;date="+day) || !strings.Contains(page.HTML, `data-do="complaint.intervene"`) {
		t.Fatalf("no way to the review, or no step:\n%s", page.HTML)
	}
	sign := func() *apitest.Page {
		form := head.Visit("/console/ops/day.sign?centre=KRW&back=/console/&f.date=" + day).Form("/console/ops/day.sign")
		w.Pass(31 * time.Second) // a code serves once
		return head.Send("/console/ops/day.sign", typed(form, "code", head.Code()))
	}
	if early := sign(); early.Status != http.StatusUnprocessableEntity && early.Status != http.StatusConflict {
		t.Errorf("signed before it was reviewed: %d", early.Status)
	}

	before := head.Visit("/console/ops/day.sign?centre=KRW&back=/console/&f.date=" + day)
	if !strings.Contains(before.HTML, `हर लम्बित शिकायत देखें</a> <b>3</b>`) {
		t.Errorf("what is open is not said before the signature:\n%s", before.HTML)
	}
	page = head.Visit("/console/day/review?date=" + day)
	if !strings.Contains(page.HTML, "1 / 3") {
		t.Fatalf("%d\n%s", page.Status, page.HTML)
	}
	seen := head.Send("/console/ops/day.review", typed(page.Form("/console/ops/day.review"), "f.verdict", "seen", "f.direction", "महिला आरक्षी सम्पर्क रखे"))
	if seen.Status == http.StatusSeeOther || !strings.Contains(seen.HTML, "महिला आरक्षी सम्पर्क रखे") {
		t.Errorf("a sensitive one is passed by looking, or what was typed is lost: %d", seen.Status)
	}
	done := head.Send("/console/ops/day.review", typed(seen.Form("/console/ops/day.review"), "f.verdict", "directed", "f.direction", "महिला आरक्षी सम्पर्क रखे"))
	for _, left := range []string{"1 / 2", "1 / 1"} {
		next := done.Follow()
		if !strings.Contains(next.HTML, left) {
			t.Fatalf("want %s:\n%s", left, next.HTML)
		}
		done = head.Send("/console/ops/day.review", typed(next.Form("/console/ops/day.review"), "f.verdict", "seen"))
	}
	if last := done.Follow(); !strings.Contains(last.HTML, "/console/ops/day.sign") {
		t.Errorf("nothing is left and it does not lead to the signature:\n%s", last.HTML)
	}
	if p := sign(); p.Status != http.StatusSeeOther || !strings.Contains(p.Follow().HTML, "दिन पर हस्ताक्षर हो चुके हैं") {
		t.Errorf("signed: %d\n%s", p.Status, p.HTML)
	}

	returns := head.Visit("/console/returns?from=" + day + "&to=" + day)
	m := regexp.MustCompile(`href="(/console/ops/return\.sign[^"]*)"`).FindStringSubmatch(returns.HTML)
	if m == nil || !strings.Contains(returns.HTML, "<th scope=\"row\">प्राप्त शिकायतें</th><td>3</td>") {
		t.Fatalf("%d\n%s", returns.Status, returns.HTML)
	}
	form := head.Visit(html.UnescapeString(m[1])).Form("/console/ops/return.sign")
	if p := head.Send("/console/ops/return.sign", form); p.Status != http.StatusSeeOther {
		t.Errorf("the return: %d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM returns`) + w.Count(`SELECT count(*) FROM days WHERE state = 'signed'`); n != 2 {
		t.Errorf("%d signatures, want 2", n)
	}
	for _, path := range []string{"/console/day?date=" + day, "/console/day/review", "/console/conduct", "/console/returns"} {
		if p := desk.Visit(path); p.Status != http.StatusForbidden {
			t.Errorf("the desk at %s: %d", path, p.Status)
		}
	}
	if p := w.AtConsole(apitest.Rajapur, contract.RoleCentreIncharge).Visit("/console/day/review?centre=KRW"); p.Status != http.StatusNotFound {
		t.Errorf("of another centre: %d", p.Status)
	}
}

// TestWhatWaitsIsEnteredOrStruckByTheInCharge holds an entry of a phone that waits
// for its beginning.
func TestWhatWaitsIsEnteredOrStruckByTheInCharge(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	leader := w.Enlist(apitest.Karwi, contract.RoleSquadLeader)
	r := leader.Send(leader.Op("complaint.accept", contract.ComplaintAccept{ComplaintID: uuid.Must(uuid.NewV7())}))
	if len(r) != 1 || r[0].WaitsFor == nil {
		t.Fatalf("%+v", r)
	}
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	page := head.Visit("/console/held")
	m := regexp.MustCompile(`href="(/console/ops/held\.strike[^"]*)"`).FindStringSubmatch(page.HTML)
	if m == nil || !strings.Contains(page.HTML, "जिस प्रविष्टि का सन्दर्भ है") {
		t.Fatalf("%d\n%s", page.Status, page.HTML)
	}
	form := head.Visit(html.UnescapeString(m[1])).Form("/console/ops/held.strike")
	if p := head.Send("/console/ops/held.strike", typed(form, "f.reason", "दो बार भेजी गयी")); p.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	if again := head.Visit("/console/held"); strings.Contains(again.HTML, "held.strike") {
		t.Error("it still waits")
	}
}
