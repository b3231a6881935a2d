package api_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// slipOf reads number and secret of the slip that a page shows.
func slipOf(p *apitest.Page) string {
	return strings.Join(regexp.MustCompile(`<dd>[^<]*</dd>`).FindAllString(p.HTML, 2), "")
}

// TestAFormIsOneEntryHoweverOftenItIsSent opens a complaint at a page, sends the
// form again, and once more with another text.
func TestAFormIsOneEntryHoweverOftenItIsSent(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	page := b.Visit("/console/complaints/new")
	form := page.Form("/console/ops/complaint.open")
	for name, value := range map[string]string{
		"f.arrived_at": "2026-11-18T09:40", "f.heard_at": "2026-11-18T09:45", "f.registered_at": "2026-11-18T09:55", "f.channel": "walk_in",
		"f.complainant_name": "कमला देवी", "f.age": "28", "f.is_minor": "false", "f.safe_to_call": "true", "f.status_safe": "true", "f.mobile": "9450012345",
		"f.category": "domestic_violence", "f.account": "आवेदिका ने बताया कि पति मारपीट करता है।", "f.risk_level": "high",
		"f.woman_recorded": "true", "f.disability": "none", "f.address": "ग्राम तरौंहा",
	} {
		form.Set(name, value)
	}
	first := b.Send("/console/ops/complaint.open", form)
	if first.Status != http.StatusOK || !strings.Contains(first.HTML, "slip") {
		t.Fatalf("no slip: %d\n%s", first.Status, first.HTML)
	}
	again := b.Send("/console/ops/complaint.open", form)
	if slipOf(first) == "" || slipOf(again) != slipOf(first) {
		t.Errorf("a browser shows the answer to the second click, and her slip is not in it: %q, first %q", slipOf(again), slipOf(first))
	}
	changed := url.Values{}
	for k, v := range form {
		changed[k] = v
	}
	changed.Set("f.age", "29")
	if other := b.Send("/console/ops/complaint.open", changed); other.Status != http.StatusUnprocessableEntity {
		t.Errorf("with another age: %d", other.Status)
	}
	if n := w.Count(`SELECT count(*) FROM complaints`); n != 1 {
		t.Errorf("%d complaints, want 1", n)
	}
	if list := b.Visit("/console/complaints"); list.Status != http.StatusOK || !strings.Contains(list.HTML, "/console/complaints/0") {
		t.Errorf("the list: %d\n%s", list.Status, list.HTML)
	}
}
