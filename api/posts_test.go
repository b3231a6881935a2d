package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func TestAPostIsHandedOverByASheetThatBothSign(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	leaver, taker := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "beat_officer")
	incharge, stranger := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Rajapur, "centre_incharge")
	c := came(w)
	c.ComplainantName = "कलावती कैनरी"
	id := *leaver.Enter("complaint.open", c).OpID
	open := leaver.Enter("handover.open", contract.HandoverOpen{PostID: leaver.PostID, TakerBy: taker.ID})
	path := "/v1/handovers/" + open.OpID.String()
	var h contract.Handover
	a := taker.Do(apitest.Get(path))
	a.Into(http.StatusOK, &h)
	sum := sha256.Sum256(h.Sheet)
	if h.SheetHash != contract.Encode(sum[:]) || contains(string(a.Body), "कैनरी") {
		t.Errorf("the sheet: %s", a.Body)
	}
	var sheet contract.HandoverSheet
	if sheet = h.Sheet; !contains(string(sheet), id.String()) || !contains(string(sheet), "KRW/HD/2026/00001") {
		t.Errorf("the sheet does not name the complaint: %s", sheet)
	}
	for _, x := range []*apitest.Shift{leaver, taker} {
		x.Enter("handover.sign", contract.HandoverSign{HandoverID: *open.OpID, SheetHash: h.SheetHash})
	}
	var list contract.HandoverList
	incharge.Read("/v1/handovers?centre=KRW", &list)
	if len(list.Handovers) != 1 || list.Handovers[0].LeaverSignedAt == nil || list.Handovers[0].TakerSignedAt == nil || list.Handovers[0].TakerID != taker.ID {
		t.Errorf("%+v", list)
	}
	stranger.Do(apitest.Get(path)).Refused(http.StatusNotFound, contract.CodeNotFound, "handover_id")
	stranger.Do(apitest.Get("/v1/handovers/"+uuid.NewString())).Refused(http.StatusNotFound, contract.CodeNotFound, "handover_id")
}

func TestWhoCoversAPostIsShownItAsActing(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge, deputy := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "desk_officer")
	deputy.Do(apitest.Get("/v1/reads?centre=KRW&from=2026-11-16&to=2026-11-22")).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
	incharge.Enter("post.cover", contract.PostCover{
		CoverID: uuid.Must(uuid.NewV7()), PostID: incharge.PostID, OfficerID: deputy.ID, From: contract.At(w.Now()), To: contract.At(w.Now().Add(8 * time.Hour)),
		Reason: "night",
	})
	w.Pass(time.Minute)
	var bundle contract.Bundle
	deputy.Read("/v1/bundle", &bundle)
	acting := 0
	for _, p := range bundle.Posts {
		if p.CoversID != nil && *p.CoversID == incharge.PostID && p.Role == "centre_incharge" && p.Until != nil {
			acting++
		}
	}
	if acting != 1 {
		t.Errorf("posts: %+v", bundle.Posts)
	}
	deputy.Do(apitest.Get("/v1/reads?centre=KRW&from=2026-11-16&to=2026-11-22")).Into(http.StatusOK, nil)
	w.Pass(8 * time.Hour)
	deputy.Refresh()
	deputy.Do(apitest.Get("/v1/reads?centre=KRW&from=2026-11-16&to=2026-11-22")).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
}

func TestASuspendedOfficerIsOutOfTwoServersWithinAMinute(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	second := w.Another()
	x := w.Enlist(apitest.Karwi, "centre_incharge")
	servers := []*apitest.Server{w.Server, second}
	for _, s := range servers {
		x.At(s, apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	}
	if err := w.Staff.SetOfficerState(context.Background(), apitest.District, x.ID, staff.Suspended); err != nil {
		t.Fatal(err)
	}
	at := w.Now()
	out := map[*apitest.Server]time.Duration{}
	for len(out) < 2 && w.Now().Sub(at) <= time.Minute {
		for _, s := range servers {
			if _, ok := out[s]; !ok && x.At(s, apitest.Get("/v1/bundle")).Status == http.StatusUnauthorized {
				out[s] = w.Now().Sub(at)
			}
		}
		w.Pass(time.Second)
	}
	if len(out) < 2 {
		t.Fatalf("still in after a minute: %v", out)
	}
	t.Logf("a suspended officer is out after %v on the server that was told, after %v on the other", out[w.Server], out[second])
	for _, s := range servers {
		x.At(s, apitest.Post("/v1/ops", w.Batch(x.Op("visit.record", w.Visit())))).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
		x.At(s, apitest.Get("/v1/alarms")).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
		s.Do(x.Handset.Vouch(s, apitest.Post("/v1/sessions", x.Handset.LogInBody(x.Officer, apitest.GoodPIN, x.Key))))
		refresh(w, s, x, x.Session.RefreshToken).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	}
	if n := w.Count(`SELECT count(*) FROM sessions WHERE officer_id = $1 AND ended_at IS NULL`, x.ID); n != 0 {
		t.Errorf("%d sessions are open", n)
	}
	if n := w.Count(`SELECT count(*) FROM devices WHERE push_officer = $1`, x.ID); n != 0 {
		t.Errorf("%d phones are woken for him", n)
	}
}

func TestTheInchargesPhoneIsReplacedWithTheAgreementOfAPostAboveHers(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge, sho := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "sho")
	other, sp := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist("HQ", "sp")
	do := func(who *apitest.Shift, of *apitest.Shift, tail string) *apitest.Answer {
		return who.Do(apitest.Request{Method: http.MethodPost, Path: "/v1/devices/" + of.Handset.ID.String() + tail})
	}
	const ask, approve = "/replacement", "/replacement/approval"
	do(sho, incharge, "/lost").Into(http.StatusNoContent, nil)
	do(sho, incharge, ask).Into(http.StatusOK, nil)
	do(other, incharge, approve).Refused(http.StatusForbidden, contract.CodeNeedsAbove, "") // of the same post
	do(sp, incharge, approve).Into(http.StatusOK, nil)

	second := w.Handset(apitest.Karwi).LogIn(incharge.Officer)
	do(other, second, "/lost").Into(http.StatusNoContent, nil)
	do(other, second, ask).Into(http.StatusOK, nil)
	do(sho, second, approve).Into(http.StatusOK, nil) // the head of the station is above her

	do(other, sho, "/lost").Into(http.StatusNoContent, nil)
	do(other, sho, ask).Into(http.StatusOK, nil)
	third := w.Enlist(apitest.Karwi, "sho")
	do(third, sho, approve).Refused(http.StatusForbidden, contract.CodeNeedsAbove, "")
	do(sp, sho, approve).Into(http.StatusOK, nil)
}

func TestAcceptingATaskGivesThePhoneWhatItsVisitNeeds(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, sender, beat := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "dispatcher"), w.Enlist(apitest.Karwi, "beat_officer")
	c := came(w)
	c.Mobile, c.Address, c.ComplainantName = new("9812345670"), new("ग्राम भरथौल"), "कलावती"
	id := *desk.Enter("complaint.open", c).OpID
	b := w.Task(beat)
	b.CaseID = &id
	task := *sender.Enter("task.send", b).OpID
	var ref contract.Reference
	beat.Read("/v1/reference", &ref)
	var fields []string
	for _, f := range ref.TaskFields {
		if f.TaskKind == b.TaskKind {
			fields = append(fields, f.Fields...)
		}
	}
	if len(fields) != 4 {
		t.Fatalf("the reference gives %v", ref.TaskFields)
	}
	pair := func(fields ...string) []byte {
		accept := beat.Op("task.accept", contract.TaskAccept{TaskID: task})
		read := beat.Op("identity.read", contract.IdentityRead{SubjectID: id, Fields: fields, Reason: "visit", TaskID: &task})
		return []byte(`{"read":` + string(single(read)) + `,"accept":` + string(single(accept)) + `}`)
	}
	body := pair("/body/complainant_name", "/body/mobile", "/body/address")
	for _, bad := range []string{`{}`, `[]`, `{"accept":1,"read":2}`, string(body) + `{}`} {
		if a := beat.Do(apitest.Post("/v1/tasks/accept", []byte(bad))); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s: %d", bad, a.Status)
		}
	}
	a := beat.Do(apitest.Post("/v1/tasks/accept", body))
	var out contract.TaskAccepted
	a.Into(http.StatusOK, &out)
	var plain map[string]string
	if err := json.Unmarshal(out.Fields, &plain); err != nil {
		t.Fatal(err)
	}
	if out.Accept.Outcome != contract.OutcomeEntered || out.Read.Outcome != contract.OutcomeEntered || len(plain) != 3 || plain["/body/address"] != "ग्राम भरथौल" {
		t.Errorf("%s", a.Body)
	}
	if a.Header.Get("Cache-Control") != "no-store" {
		t.Error("the answer may be kept")
	}
	again := beat.Do(apitest.Post("/v1/tasks/accept", body)) // the answer was lost
	again.Into(http.StatusOK, &out)
	if !out.Accept.Repeated || !out.Read.Repeated || !contains(string(again.Body), "9812345670") {
		t.Errorf("sent again: %s", again.Body)
	}
	if contains(w.Log.String(), "9812345670") || contains(w.Log.String(), "भरथौल") {
		t.Error("what was read stands in the log")
	}
	beat.Enter("task.done", contract.TaskDone{TaskID: task, Result: "done"})
	beat.Do(apitest.Post("/v1/tasks/accept", body)).Into(http.StatusOK, &out)
}

func TestAlarmsOfReadsReachTheInchargeAndThePostsAbove(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, incharge := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "centre_incharge")
	sp, elsewhere, colleague := w.Enlist("HQ", "sp"), w.Enlist(apitest.Rajapur, "sho"), w.Enlist(apitest.Karwi, "beat_officer")
	id := *desk.Enter("complaint.open", came(w)).OpID
	for range 10 {
		desk.Enter("identity.read", asksFor(id, "/body/account"))
	}
	for range 2 {
		desk.Do(apitest.Post("/v1/unseal", single(desk.Op("identity.read", asksFor(id, "/body/account"))))).
			Refused(http.StatusTooManyRequests, contract.CodeReadBudget, "/op/kind")
	}
	for name, x := range map[string]*apitest.Shift{"in-charge": incharge, "SP": sp} {
		if kinds, _ := alarms(t, x); kinds["read_budget"] != 1 {
			t.Errorf("the %s sees %v", name, kinds)
		}
	}
	for name, x := range map[string]*apitest.Shift{"another centre": elsewhere, "a colleague": colleague} {
		if kinds, _ := alarms(t, x); kinds["read_budget"] != 0 {
			t.Errorf("%s sees %v", name, kinds)
		}
	}
	const week = "from=2026-11-16&to=2026-11-22"
	var list contract.ReaderList
	sp.Read("/v1/reads/officers?"+week, &list)
	if len(list.Readers) != 1 || list.Readers[0].OfficerID != desk.ID || list.Readers[0].Reads != 10 || list.Readers[0].Denied != 2 || list.Readers[0].CaseCount != 1 {
		t.Errorf("the week's list: %+v", list.Readers)
	}
	colleague.Do(apitest.Get("/v1/reads/officers?centre=KRW&"+week)).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
	elsewhere.Do(apitest.Get("/v1/reads/officers?centre=KRW&"+week)).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
}
