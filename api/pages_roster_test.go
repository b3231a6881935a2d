package api_test

import (
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

const (
	rosterAt  = "/console/staff/roster"
	setRoster = "/console/ops/roster.set"
)

// chosen reads the cells of a week as a browser would send them.
func chosen(p *apitest.Page) url.Values {
	form := p.Form(setRoster)
	for _, m := range regexp.MustCompile(`(?s)<select[^>]* name="([^"]*)".*?</select>`).FindAllStringSubmatch(p.HTML, -1) {
		value := ""
		if o := regexp.MustCompile(`<option value="([^"]*)" selected>`).FindStringSubmatch(m[0]); o != nil {
			value = html.UnescapeString(o[1])
		}
		form.Set(m[1], value)
	}
	return form
}

// TestTheRosterOfAWeekIsSetAtItsPage fills in the form, sends it twice, copies the
// week to the next, and changes it.
func TestTheRosterOfAWeekIsSetAtItsPage(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head, beat := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleBeatOfficer)
	page := head.Visit(rosterAt)
	if page.Status != http.StatusOK || !strings.Contains(page.HTML, "f.d."+beat.ID.String()+".2026-11-18.0") || !strings.Contains(page.HTML, ", बुध 18 नवम्बर 2026: ड्यूटी") {
		t.Fatalf("%d\n%s", page.Status, page.HTML)
	}
	cell := func(day string) string { return beat.ID.String() + "." + day + ".0" }
	form := typed(chosen(page), "f.d."+cell("2026-11-18"), "desk", "f.s."+cell("2026-11-18"), "20:00-08:00",
		"f.d."+cell("2026-11-19"), "rest", "f.s."+cell("2026-11-19"), "06:00-14:00", "f.d."+cell("2026-11-20"), "centre")
	p := head.Send(setRoster, form)
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.HTML, `<td class="wrong">`) || !strings.Contains(p.HTML, `href="#f.d.`+cell("2026-11-20")) {
		t.Fatalf("a duty without a shift: %d\n%s", p.Status, p.HTML)
	}
	again := chosen(p)
	if again.Get("f.s."+cell("2026-11-18")) != "20:00-08:00" || again.Get("f.d."+cell("2026-11-19")) != "rest" || again.Get("op_id") != form.Get("op_id") {
		t.Errorf("what was typed is lost: %v", again)
	}
	again.Set("f.s."+cell("2026-11-20"), "10:00-18:00")
	if p := head.Send(setRoster, again); p.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	w.Pass(3 * time.Second)
	if p := head.Send(setRoster, again); p.Status != http.StatusSeeOther {
		t.Fatalf("sent twice: %d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind = 'roster.set'`); n != 1 {
		t.Errorf("%d entries", n)
	}

	set := head.Visit(rosterAt)
	kept := chosen(set)
	if kept.Get("f.d."+cell("2026-11-18")) != "desk" || kept.Get("f.s."+cell("2026-11-20")) != "10:00-18:00" || kept.Get("f.s."+cell("2026-11-19")) != "" ||
		kept.Get("f.replaces") != form.Get("op_id") || !strings.Contains(set.HTML, "महिला · रात्रि") {
		t.Errorf("%v\n%s", kept, set.HTML)
	}
	late := typed(chosen(head.Visit(rosterAt)), "f.d."+cell("2026-11-21"), "leave")
	if p := head.Send(setRoster, typed(kept, "f.d."+cell("2026-11-19"), "leave")); p.Status != http.StatusSeeOther {
		t.Fatalf("changed: %d\n%s", p.Status, p.HTML)
	}
	p = head.Send(setRoster, late)
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.HTML, "इस बीच बदल दी गयी") {
		t.Fatalf("over another's: %d\n%s", p.Status, p.HTML)
	}
	if p := head.Send(setRoster, chosen(p)); p.Status != http.StatusSeeOther {
		t.Errorf("once more, knowing of it: %d\n%s", p.Status, p.HTML)
	}

	next := head.Visit(rosterAt + "?centre=KRW&week=2026-11-23&copy=1")
	copied := chosen(next)
	if copied.Get("f.d."+cell("2026-11-25")) != "desk" || copied.Get("f.week") != "2026-11-23" || copied.Get("f.replaces") != "" {
		t.Errorf("%v", copied)
	}
	if n := w.Count(`SELECT count(*) FROM rosters`); n != 1 {
		t.Errorf("to look at a copy enters it: %d", n)
	}
	if p := head.Send(setRoster, copied); p.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.Status, p.HTML)
	}
	if n := w.Count(`SELECT count(*) FROM rosters`); n != 2 {
		t.Errorf("%d weeks", n)
	}

	look := beat.Visit(rosterAt)
	if look.Status != http.StatusOK || strings.Contains(look.HTML, "<select") || !strings.Contains(look.HTML, "20:00–08:00") {
		t.Errorf("the beat sees %d\n%s", look.Status, look.HTML)
	}
	if p := beat.Send(setRoster, typed(late, "csrf", head.Visit(rosterAt).Form(setRoster).Get("csrf"))); p.Status != http.StatusForbidden {
		t.Errorf("the beat sets it: %d", p.Status)
	}
	over := head.Visit(rosterAt + "?week=2026-11-09")
	if over.Status != http.StatusOK || strings.Contains(over.HTML, "<select") {
		t.Errorf("a week that is over: %d\n%s", over.Status, over.HTML)
	}
	if p := w.AtConsole(apitest.Rajapur, contract.RoleCentreIncharge).Visit(rosterAt + "?centre=KRW"); p.Status != http.StatusNotFound {
		t.Errorf("of another centre: %d", p.Status)
	}
}

// TestTheStaffPageSaysWhoIsPlannedAndWhoWentOnDuty shows it to who looks after the
// station, and only the plan to others.
func TestTheStaffPageSaysWhoIsPlannedAndWhoWentOnDuty(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head, desk := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	came, late, later, resting, more := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "beat_officer"),
		w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "squad_member")
	today := rosterDay(t, "2026-11-18")
	row := func(x *apitest.Shift, duty string, times ...string) contract.RosterRow {
		r := contract.RosterRow{OfficerID: x.ID, Day: today, Duty: duty}
		if len(times) == 2 {
			r.From, r.To = &times[0], &times[1]
		}
		return r
	}
	w.Enlist(apitest.Karwi, "sho").Enter("roster.set", contract.RosterSet{Week: rosterDay(t, "2026-11-16"), Rows: []contract.RosterRow{
		row(came, "beat", "08:00", "20:00"), row(late, "desk", "06:00", "14:00"), row(later, "beat", "14:00", "22:00"), row(resting, "rest"),
	}})
	start := came.Enter("duty.start", contract.DutyStart{})
	more.Enter("duty.start", contract.DutyStart{})
	states := func(b *apitest.Browser) (out []string) {
		page := b.Visit("/console/staff")
		for _, m := range regexp.MustCompile(`<li class="planned-(\w+)">`).FindAllStringSubmatch(page.HTML, -1) {
			out = append(out, m[1])
		}
		return out
	}
	if got := strings.Join(states(head), " "); got != "not_seen on planned off on" {
		t.Errorf("the in-charge sees %s", got)
	}
	if got := strings.Join(states(desk), " "); got != "planned planned planned off" {
		t.Errorf("the desk sees %s", got)
	}
	w.Pass(time.Minute)
	came.Enter("duty.end", contract.DutyEnd{StartID: *start.OpID})
	if got := strings.Join(states(head), " "); got != "not_seen ended planned off on" {
		t.Errorf("after the end: %s", got)
	}
}
