package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// disposedOf is a complaint that was taken, acted on and disposed of by the head
// of the station.
func disposedOf(w *apitest.World) uuid.UUID {
	w.T.Helper()
	sho := w.Enlist(apitest.Karwi, contract.RoleSho)
	c := came(w)
	c.ComplainantName, c.Mobile = "कमला गुप्तनाम", new("9812300077")
	id := *sho.Enter("complaint.open", c).OpID
	sho.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: id, OfficerID: sho.ID})
	sho.Enter("complaint.accept", contract.ComplaintAccept{ComplaintID: id})
	sho.Enter("complaint.act", contract.ComplaintAct{ComplaintID: id, Action: "statement"})
	sho.Enter("complaint.dispose", contract.ComplaintDispose{ComplaintID: id, Disposal: "advised", DisposalNote: "दोनों पक्षों को समझाया गया", ToldHer: true})
	return id
}

// TestFeedbackIsOneForm calls her: from the list to the result in one form, with
// what to say beside it and no whole number.
func TestFeedbackIsOneForm(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	id := disposedOf(w)
	desk, beat := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer), w.AtConsole(apitest.Rajapur, contract.RoleDeskOfficer)
	list := desk.Visit("/console/calls")
	path := "/console/calls/" + id.String() + "?centre=KRW"
	if list.Status != http.StatusOK || !strings.Contains(list.HTML, path) {
		t.Fatalf("%d\n%s", list.Status, list.HTML)
	}
	page := desk.Visit(path)
	for _, secret := range []string{"गुप्तनाम", "9812300077"} {
		if strings.Contains(page.HTML+list.HTML, secret) {
			t.Errorf("the page tells %s", secret)
		}
	}
	if !strings.Contains(page.HTML, "77</b>") || !strings.Contains(page.HTML, "मिशन शक्ति केन्द्र से बोल रही हूँ") || !strings.Contains(page.HTML, `type="radio" name="f.reached" value="spoke"`) {
		t.Errorf("no mask, script or choice:\n%s", page.HTML)
	}
	form := page.Form("/console/ops/feedback.call")
	for name, values := range shownInputs(page) {
		form[name] = values
	}
	done := desk.Send("/console/ops/feedback.call", typed(form, "f.reached", "spoke", "f.satisfied", "yes", "f.polite", "true", "f.wants", "nothing"))
	if done.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", done.Status, done.HTML)
	}
	if next := done.Follow(); next.Status != http.StatusOK || strings.Contains(next.HTML, path) {
		t.Errorf("she is called again: %d", next.Status)
	}
	if n := w.Count(`SELECT count(*) FROM lines WHERE register = 'feedback'`); n != 1 {
		t.Errorf("%d lines of feedback, want 1", n)
	}
	if p := beat.Visit(path); p.Status != http.StatusNotFound {
		t.Errorf("of another centre: %d", p.Status)
	}
}

// TestAFollowUpWithAndWithoutANewIncident does one, and is asked for the incident
// only where she tells of one.
func TestAFollowUpWithAndWithoutANewIncident(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	id := disposedOf(w)
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	plan := head.Visit("/console/ops/follow_up.plan?centre=KRW&f.complaint_id=" + id.String()).Form("/console/ops/follow_up.plan")
	tomorrow := w.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	if p := head.Send("/console/ops/follow_up.plan", typed(plan, "f.due_on", tomorrow)); p.Status != http.StatusSeeOther {
		t.Fatalf("planned: %d\n%s", p.Status, p.HTML)
	}
	path := "/console/calls/" + id.String() + "?centre=KRW&do="
	if p := head.Visit("/console/calls"); !strings.Contains(p.HTML, "do=follow_up") {
		t.Errorf("not in the list:\n%s", p.HTML)
	}
	with, without := head.Visit(path+"incident"), head.Visit(path+"follow_up")
	if !strings.Contains(with.HTML, `name="f.incident.account"`) || strings.Contains(without.HTML, `f.incident.`) {
		t.Error("the incident is asked for where there is none, or not where there is one")
	}
	form := without.Form("/console/ops/follow_up.done")
	for name, values := range shownInputs(without) {
		form[name] = values
	}
	if p := head.Send("/console/ops/follow_up.done", typed(form, "f.safe_now", "safe", "f.mode", "call")); p.Status != http.StatusSeeOther {
		t.Fatalf("done: %d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM lines WHERE register = 'follow_up'`); n != 1 {
		t.Errorf("%d lines of follow-up, want 1", n)
	}
}
