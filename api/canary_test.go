package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kendra/api/apitest"
	"kendra/api/book"
	contract "kendra/mobile-contract"
)

func contains(all, part string) bool { return strings.Contains(all, part) }

func TestNamesAndNumbersStandInNoAnswerAndNoLogLine(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	leader, member := w.Enlist(apitest.Karwi, "squad_leader"), w.Enlist(apitest.Karwi, "squad_member")
	beat, incharge := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "centre_incharge")
	sp := w.Enlist("HQ", "sp")
	var canaries []string
	canary := func(text string) *string {
		canaries = append(canaries, text)
		return &text
	}
	held := w.Person()
	held.Name = canary("कलावती कैनरी")
	leader.Try("squad.person", held) // before the briefing: it waits
	leader.Enter("duty.start", contract.DutyStart{})
	brief := leader.Enter("squad.brief", w.Brief(leader, member))
	p := w.Person()
	p.Facts = *canary("तथ्य कैनरी: विद्यालय से चौराहे तक पीछा किया गया")
	p.Name, p.ParentName, p.Address = canary("रमेश कैनरी"), canary("पिता कैनरी"), canary("मकान ४७ कैनरी गली")
	p.Mobile, p.ComplainantID, p.BriefID = canary("9123456780"), canary("शिकायतकर्ता कैनरी"), brief.OpID
	leader.Enter("squad.person", p)
	v := w.Visit()
	v.KeyContacts, v.CareList, v.Observation = canary("आशा कैनरी 9000000001"), canary("वृद्धा कैनरी"), canary("देखा कैनरी")
	visit := beat.Enter("visit.record", v, apitest.At(25.2112345, 80.9254321, 8))
	v.Observation = canary("सुधारा कैनरी")
	beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: *visit.OpID, Reason: "संख्या गलत", Visit: &v})
	beat.Enter("note.add", contract.NoteAdd{SubjectID: *visit.OpID, Text: *canary("टिप्पणी कैनरी")})
	c := came(w)
	c.ComplainantName, c.GuardianName, c.Mobile, c.OppositeMobile = *canary("सुनीता कैनरी"), canary("रामपाल कैनरी"), canary("9123450001"), canary("9123450002")
	c.Account, c.OppositeParty, c.Address = *canary("विवरण कैनरी: मारपीट की गयी"), canary("देवर कैनरी"), canary("ग्राम कैनरी मकान ३")
	c.IncidentPlace = &contract.PlaceV{Lat: 25.2654321, Lon: 80.8912345}
	complaint := beat.Enter("complaint.open", c)
	incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: *complaint.OpID, OfficerID: beat.ID, Direction: canary("निर्देश कैनरी")})
	beat.Enter("complaint.act", contract.ComplaintAct{ComplaintID: *complaint.OpID, Action: "called", Note: canary("आख्या कैनरी")})
	leader.Try("squad.person", with(t, p, *canary("religion_kanari"), "x"))
	leader.Try("squad.person", with(t, p, "outcome", *canary("outcome_kanari")))
	leader.Try("squad.person", with(t, p, "mobile", *canary("12345kanari")))
	beat.Try("visit.record", with(t, w.Visit(), "sensitive_places", []string{*canary("कैनरी 9876501234")}))
	leader.Try("squad.person", p, apitest.With("centre", *canary("kanari")))
	leader.Do(apitest.Get("/v1/feed?centre=" + *canary("kanariQ")))
	leader.Do(apitest.Get("/v1/feed?centre=KRW&" + *canary("kanariP") + "=1"))
	leader.Do(apitest.Get("/v1/" + *canary("kanariPath")))
	leader.Do(apitest.Get("/v1/tasks/" + *canary("kanariTask")))
	leader.Do(apitest.Get("/v1/hello").With("User-Agent", *canary("kanariAgent\tx")).With("X-Request-Id", *canary("kanariId")))
	for _, x := range []*apitest.Shift{leader, member, beat, incharge, sp} {
		for _, path := range []string{
			"/v1/feed?centre=KRW", "/v1/bundle", "/v1/registers/squad?centre=KRW&year=2026", "/v1/registers/women_beat?centre=KRW&year=2026",
			"/v1/held?centre=KRW", "/v1/tasks?centre=KRW", "/v1/complaints?centre=KRW", "/v1/complaints/" + complaint.OpID.String(),
			"/v1/complaints/" + complaint.OpID.String() + "/custody", "/v1/registers/help_desk?centre=KRW&year=2026",
			"/v1/registers/help_desk/1?centre=KRW&year=2026", "/v1/registers/squad/1?centre=KRW&year=2026", "/v1/days/2026-11-18?centre=KRW",
		} {
			x.Do(apitest.Get(path))
		}
	}
	exported := exportsOf(t, w, incharge, sp)
	seen, log := w.Seen.String(), w.Log.String()
	if !contains(seen, "seen_following") || !contains(seen, "KRW/SQ/2026/00001") || !contains(seen, "KRW/HD/2026/00001") || !contains(seen, "•0001") || !contains(log, `"msg":"request"`) {
		t.Fatal("answers or log do not show what is open")
	}
	secret := []string{apitest.GoodPIN, leader.Session.AccessToken, leader.Session.RefreshToken, "25.2112345", "80.9254321", "25.2654321", "80.8912345", "सीता"}
	for _, c := range append(secret, canaries...) {
		for _, form := range []string{c, url.QueryEscape(c), escaped(c)} {
			if contains(log, form) {
				t.Errorf("the log holds %q", form)
			}
		}
	}
	for _, want := range []string{"KRW/HD/2026/00001", "KRW/SQ/2026/00001", "KRW/WB/2026/00001", "[seen_following]"} {
		if !contains(exported, want) {
			t.Errorf("the exports do not show %s", want)
		}
	}
	for _, c := range append(secret, append(canaries, "•", "25.2", "80.9")...) { // not even the digits that the register shows
		if contains(exported, c) {
			t.Errorf("an export holds %q", c)
		}
	}
	// An address that was asked for stands in the test's own record of it.
	answers := seen
	for _, path := range []string{"kanariPath", "kanariTask"} {
		answers = strings.ReplaceAll(answers, "GET /v1/"+path+" ", "")
		answers = strings.ReplaceAll(answers, "GET /v1/tasks/"+path+" ", "")
	}
	for _, c := range append(canaries, "25.2654321", "80.8912345") {
		for _, form := range []string{c, escaped(c)} {
			if contains(answers, form) {
				t.Errorf("an answer holds %q", form)
			}
		}
	}
}

// exportsOf are all registers of Karwi as files, taken by both who may ask of them.
func exportsOf(t *testing.T, w *apitest.World, incharge, sp *apitest.Shift) string {
	t.Helper()
	here := apitest.With("centre", apitest.Karwi)
	addl := w.Enlist("HQ", "addl_sp")
	var all strings.Builder
	for _, pair := range [][2]*apitest.Shift{{incharge, sp}, {sp, addl}} {
		for _, register := range book.Registers {
			id := *pair[0].Enter("export.ask", wantsOut(w, contract.Register(register)), here).OpID
			pair[1].Enter("export.allow", contract.ExportAllow{AskID: id, Allowed: true}, here)
			a := pair[0].Do(takeOut(id, readsOut(pair[0], id)))
			a.Into(http.StatusOK, nil)
			all.Write(a.Body)
		}
	}
	return all.String()
}

// escaped is a text as JSON may write it in ASCII.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		b.WriteString(`\u0`)
		b.WriteString(strings.ToLower(itoa16(int64(r))))
	}
	return b.String()
}
