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

// TestAPatternIsAnsweredAtItsPageByASeniorWithNoPartInIt raises one in the work of a
// squad: who entered some of it is not shown it and cannot answer, the head of the
// station does, and the district counts it as answered.
func TestAPatternIsAnsweredAtItsPageByASeniorWithNoPartInIt(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	leader, member, incharge := w.Enlist(apitest.Karwi, contract.RoleSquadLeader), w.Enlist(apitest.Karwi, contract.RoleSquadMember), w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	leader.Enter("duty.start", contract.DutyStart{SquadID: &w.SquadID})
	leader.Enter("squad.brief", w.Brief(leader, member))
	round := w.Round(leader, member)
	round.PersonsSpoken, round.WomenSpoken = 30, 26
	leader.Enter("squad.round", round)
	incharge.Enter("squad.round", round)
	w.Pass(5 * 24 * time.Hour)
	if _, err := w.Book.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	const open = `SELECT count(*) FROM matters WHERE kind = 'conduct_flag' AND state = 'open'`
	if n := w.Count(open); n != 1 {
		t.Fatalf("%d patterns wait", n)
	}
	sp := w.AtConsole("HQ", contract.RoleSp)
	figure := func() string {
		return between(sp.Visit("/console/district").HTML, `href="/console/conduct?centre=KRW">`, `</a>`)
	}
	if got := figure(); got != `0<span class="of"> / 1</span>` {
		t.Errorf("the district counts %q", got)
	}

	part, head := w.Browser(incharge.Officer), w.AtConsole(apitest.Karwi, contract.RoleSho)
	part.LogIn()
	if p := part.Visit("/console/conduct"); p.Status != http.StatusOK || strings.Contains(p.HTML, "/console/ops/conduct.answer") {
		t.Errorf("who has a part in it is shown it: %d\n%s", p.Status, p.HTML)
	}
	page := head.Visit("/console/conduct")
	m := regexp.MustCompile(`href="(/console/ops/conduct\.answer[^"]*)"`).FindStringSubmatch(page.HTML)
	if m == nil {
		t.Fatalf("no way to answer: %d\n%s", page.Status, page.HTML)
	}
	path := html.UnescapeString(m[1])
	form := typed(part.Visit(path).Form("/console/ops/conduct.answer"), "f.answer", "in_order")
	if p := part.Send("/console/ops/conduct.answer", form); p.Status != http.StatusUnprocessableEntity || w.Count(open) != 1 {
		t.Errorf("who has a part in it answers: %d", p.Status)
	}
	asked := head.Visit(path)
	if p := head.Send("/console/ops/conduct.answer", asked.Form("/console/ops/conduct.answer")); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.HTML, `id="f.answer.wrong"`) {
		t.Errorf("without an answer: %d\n%s", p.Status, p.HTML)
	}
	form = typed(asked.Form("/console/ops/conduct.answer"), "f.answer", "instructed", "f.note", "स्क्वाड को समझाया गया")
	done := head.Send("/console/ops/conduct.answer", form)
	if done.Status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", done.Status, done.HTML)
	}
	if back := done.Follow(); strings.Contains(back.HTML, "/console/ops/conduct.answer") || !strings.HasPrefix(done.Header.Get("Location"), "/console/conduct") {
		t.Errorf("it still waits at %s\n%s", done.Header.Get("Location"), back.HTML)
	}
	if p := head.Send("/console/ops/conduct.answer", form); p.Status != http.StatusSeeOther || w.Count(`SELECT count(*) FROM entries WHERE kind = 'conduct.answer'`) != 1 {
		t.Errorf("a second click: %d", p.Status)
	}
	if n := w.Count(`SELECT count(*) FROM matters WHERE kind = 'conduct_flag' AND state = 'over' AND data::json ->> 'result' = 'instructed'`); n != 1 {
		t.Errorf("%d are answered", n)
	}
	if n := w.Count(`SELECT count(*) FROM entries WHERE position('समझाया'::bytea IN sealed) > 0`); n != 0 {
		t.Error("the note stands open")
	}
	if got := figure(); got != `1<span class="of"> / 1</span>` {
		t.Errorf("the district counts %q", got)
	}
}
