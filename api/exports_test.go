package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// wantsOut asks for the lines of a register of today.
func wantsOut(w *apitest.World, register contract.Register) contract.ExportAsk {
	day := openapi_types.Date{Time: w.Now()}
	return contract.ExportAsk{Register: register, From: day, To: day, Reason: "court", Text: "माननीय न्यायालय के आदेश पर"}
}

// takeOut is the call that takes an export.
func takeOut(id uuid.UUID, item apitest.Item) apitest.Request {
	return apitest.Post("/v1/exports/"+id.String(), single(item))
}

func readsOut(x *apitest.Shift, id uuid.UUID) apitest.Item {
	return x.Op("export.read", contract.ExportRead{AskID: id}, apitest.With("centre", apitest.Karwi))
}

// TestAnExportIsTakenByTwoPersonsOverHTTP follows one from the asking to the file
// in the hand, to the list and to the feed.
func TestAnExportIsTakenByTwoPersonsOverHTTP(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge, sho, desk := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "sho"), w.Enlist(apitest.Karwi, "desk_officer")
	other := w.Enlist(apitest.Rajapur, "centre_incharge")
	c := came(w)
	c.ComplainantName, c.Mobile = "कमला गुप्तनाम", new("9812300077")
	desk.Enter("complaint.open", c)
	id := *incharge.Enter("export.ask", wantsOut(w, "help_desk")).OpID
	incharge.Do(takeOut(id, readsOut(incharge, id))).Refused(http.StatusConflict, contract.CodeWrongState, "/op/body/ask_id")
	if r := incharge.Try("export.allow", contract.ExportAllow{AskID: id, Allowed: true}); r.Problem == nil || r.Problem.Code != string(contract.CodeForbidden) {
		t.Errorf("allowed alone: %+v", r)
	}
	var list contract.ExportList
	sho.Read("/v1/exports?centre=KRW", &list)
	if len(list.Exports) != 1 || list.Exports[0].ExportID != id || list.Exports[0].State != "open" || list.Exports[0].Text != "माननीय न्यायालय के आदेश पर" {
		t.Fatalf("%+v", list)
	}
	sho.Enter("export.allow", contract.ExportAllow{AskID: id, Allowed: true})

	sho.Do(takeOut(id, readsOut(sho, id))).Refused(http.StatusForbidden, contract.CodeForbidden, "/op/body/ask_id")
	desk.Do(takeOut(id, readsOut(desk, id))).Refused(http.StatusForbidden, contract.CodeForbidden, "")
	other.Do(takeOut(id, readsOut(other, id))).Refused(http.StatusNotFound, contract.CodeNotFound, "export_id")
	elsewhere := other.Op("export.read", contract.ExportRead{AskID: id}) // in his own book, where it is not
	other.Do(takeOut(id, elsewhere)).Refused(http.StatusNotFound, contract.CodeNotFound, "export_id")
	incharge.Do(takeOut(uuid.New(), readsOut(incharge, id))).Refused(http.StatusUnprocessableEntity, contract.CodeUnknownReference, "/op/body/ask_id")
	incharge.Do(takeOut(id, incharge.Op("glass.allow", contract.GlassAllow{AskID: id}))).Refused(http.StatusUnprocessableEntity, contract.CodeBadEnum, "/op/kind")

	item := readsOut(incharge, id)
	a := incharge.Do(takeOut(id, item))
	if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "text/csv; charset=utf-8" ||
		a.Header.Get("Content-Disposition") != `attachment; filename="`+id.String()+`.csv"` ||
		a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%d, %v, %s", a.Status, a.Header, a.Body)
	}
	text, marked := bytes.CutPrefix(a.Body, []byte("\ufeff"))
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || !marked || len(rows) != 3 || rows[0][1] != rows[2][0] || rows[0][3] != incharge.ID.String() || rows[2][1] != "KRW/HD/2026/00001" {
		t.Fatalf("%v, %q", err, rows)
	}
	for _, secret := range append(secrets, "0077", "सीता", incharge.Number) {
		if bytes.Contains(a.Body, []byte(secret)) {
			t.Errorf("the file tells %s", secret)
		}
	}
	seq := number(t, a.Header.Get("Entry-Seq"))
	var feed contract.FeedPage
	sho.Read("/v1/feed?centre=KRW&after="+itoa(seq-1), &feed)
	var facts map[string]string
	if len(feed.Entries) != 1 || json.Unmarshal(feed.Entries[0].Facts, &facts) != nil ||
		facts["sha256"] != fmt.Sprintf("%x", sha256.Sum256(a.Body)) || facts["rows"] != "1" || feed.Entries[0].OfficerID != incharge.ID {
		t.Errorf("the second officer reads %+v", feed.Entries)
	}
	second := w.Another()
	again := incharge.At(second, takeOut(id, item))
	if again.Status != http.StatusOK || !bytes.Equal(again.Body, a.Body) || again.Header.Get("Entry-Seq") != a.Header.Get("Entry-Seq") {
		t.Errorf("sent again: %d, %d bytes", again.Status, len(again.Body))
	}
	call := incharge.Prove(w.Server, takeOut(id, item)) // who overhears it gets nothing
	w.Do(call).Into(http.StatusOK, nil)
	w.Do(call).Refused(http.StatusUnauthorized, contract.CodeDPoPReplayed, "")
	w.Pass(time.Hour)
	incharge.Refresh()
	incharge.Do(takeOut(id, readsOut(incharge, id))).Refused(http.StatusConflict, contract.CodeExportOver, "/op/body/ask_id")
	incharge.Do(takeOut(id, item)).Refused(http.StatusConflict, contract.CodeExportOver, "")
	incharge.Read("/v1/exports?centre=KRW", &list)
	if list.Exports[0].Taken != 1 || list.Exports[0].DecidedBy == nil || *list.Exports[0].DecidedBy != sho.ID {
		t.Errorf("%+v", list.Exports[0])
	}
	for _, sink := range []string{id.String() + "?", "मासिक", "न्यायालय"} {
		if contains(w.Log.String(), sink) {
			t.Errorf("the log holds %q", sink)
		}
	}
}
