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

// TestTheReasonsOfAVisitAreReadAtItsLineAndItIsAccepted has a visit with a made-up
// position assessed: the line and the day sheet say why, and the in-charge accepts it.
func TestTheReasonsOfAVisitAreReadAtItsLineAndItIsAccepted(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat := w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	mock := true
	beat.Enter("visit.record", w.Visit(), apitest.With("place", contract.Place{Lat: 25.2, Lon: 80.9, AccuracyM: 9, Mock: &mock}))
	day := w.Now().In(time.FixedZone("IST", 19800)).Format(time.DateOnly)
	year := w.Now().Format("2006")
	w.Pass(7 * time.Hour)
	if _, err := w.Book.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	line := "/console/registers/women_beat/" + year + "/1?centre=KRW"
	page := head.Visit(line)
	for _, want := range []string{"सत्यापन के कारण", "फ़ोन ने बताया कि स्थिति बनावटी है", "विपक्ष में"} {
		if !strings.Contains(page.HTML, want) {
			t.Errorf("the line does not say %q", want)
		}
	}
	if sheet := head.Visit("/console/day?date=" + day + "&centre=KRW"); !strings.Contains(sheet.HTML, "दुर्बल सत्यापन के भ्रमण: 1") {
		t.Errorf("the day sheet does not count it: %d", sheet.Status)
	}
	m := regexp.MustCompile(`href="(/console/ops/visit\.accept[^"]*)"`).FindStringSubmatch(page.HTML)
	if m == nil {
		t.Fatalf("no way to accept: %d\n%s", page.Status, page.HTML)
	}
	form := head.Visit(html.UnescapeString(m[1])).Form("/console/ops/visit.accept")
	if p := head.Send("/console/ops/visit.accept", form); p.Status != http.StatusSeeOther {
		t.Fatalf("not accepted: %d\n%s", p.Status, p.HTML)
	}
	if after := head.Visit(line); !strings.Contains(after.HTML, "स्वीकार किया:") || strings.Contains(after.HTML, "/console/ops/visit.accept") {
		t.Errorf("the line does not say by whom it was accepted\n%s", after.HTML)
	}
}
