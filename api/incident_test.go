package api_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// TestAnIncidentPackTellsWhoDidWhatAndWhichCasesAndNoIdentity reads a pack of a
// span in which identities were read on two handsets.
func TestAnIncidentPackTellsWhoDidWhatAndWhichCasesAndNoIdentity(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, incharge, sho := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "sho")
	cases := make([]uuid.UUID, 3)
	for i := range cases {
		c := came(w)
		c.ComplainantName, c.Mobile = "कमला गुप्तनाम", new("9812300077")
		cases[i] = *desk.Enter("complaint.open", c).OpID
	}
	read := func(x *apitest.Shift, id uuid.UUID) {
		t.Helper()
		x.Do(apitest.Post("/v1/unseal", single(x.Op("identity.read", asksFor(id, "/body/mobile", "/body/complainant_name"))))).Into(http.StatusOK, nil)
	}
	read(incharge, cases[0]) // before the span
	w.Pass(2 * time.Minute)
	from := w.Now()
	read(incharge, cases[0])
	read(incharge, cases[1])
	read(sho, cases[1])
	desk.Do(apitest.Request{Method: http.MethodPost, Path: "/v1/devices/" + sho.Handset.ID.String() + "/lost"}).Into(http.StatusNoContent, nil)
	w.Pass(time.Minute)
	until := w.Now()
	read(incharge, cases[2]) // after it

	pack := func(officer, device *uuid.UUID) (*staff.Trail, *book.Incident) {
		t.Helper()
		trail, err := w.Staff.Trail(t.Context(), staff.TrailQuery{District: apitest.District, From: from, Until: until, Officer: officer, Device: device})
		if err != nil {
			t.Fatal(err)
		}
		found, err := w.Book.Incident(t.Context(), book.IncidentQuery{District: apitest.District, From: from, Until: until, Officer: officer, Device: device})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal([]any{trail, found})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range append(secrets, "कमला", "Sita", "सीता") {
			if strings.Contains(string(text), s) {
				t.Errorf("%s stands in a pack", s)
			}
		}
		return trail, found
	}
	trail, all := pack(nil, nil)
	if len(all.Reads) != 3 || strings.Join(all.Cases, " ") != "KRW/HD/2026/00001 KRW/HD/2026/00002" {
		t.Errorf("%d reads, cases %v", len(all.Reads), all.Cases)
	}
	if len(all.Counts) != 1 || all.Counts[0].Kind != "identity.read" || all.Counts[0].Count != 3 {
		t.Errorf("entries %+v", all.Counts)
	}
	kinds := map[string]bool{}
	for _, a := range trail.Alarms {
		kinds[a.Kind] = true
	}
	if len(trail.Sessions) != 3 || len(trail.Devices) != 3 || !kinds["device_lost"] || len(trail.Events) == 0 {
		t.Errorf("%d sessions, %d handsets, alarms %v, %d events", len(trail.Sessions), len(trail.Devices), kinds, len(trail.Events))
	}
	_, his := pack(&sho.ID, nil)
	_, there := pack(nil, &incharge.Handset.ID)
	if len(his.Reads) != 1 || his.Reads[0].OfficerID != sho.ID || len(there.Reads) != 2 || there.Reads[0].DeviceID != incharge.Handset.ID {
		t.Errorf("of an officer %+v, of a handset %+v", his.Reads, there.Reads)
	}
	// Each pack left its trace, with whom it was about.
	if n := w.Count(`SELECT count(*) FROM auth_events WHERE district_id = 7 AND kind = 'incident_pack'`); n != 3 {
		t.Errorf("%d traces of 3 packs", n)
	}
	if n := w.Count(`SELECT count(*) FROM auth_events WHERE district_id = 7 AND kind = 'incident_pack' AND officer_id = $1`, sho.ID); n != 1 {
		t.Errorf("%d traces of the pack about the officer", n)
	}
}

func TestAnIncidentPackListsExportsWithTheSumOfTheirBytes(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge, sho, beat := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "sho"), w.Enlist(apitest.Karwi, "beat_officer")
	beat.Enter("visit.record", w.Visit())
	take := func() (id uuid.UUID, sum string) {
		id = *incharge.Enter("export.ask", wantsOut(w, "women_beat")).OpID
		sho.Enter("export.allow", contract.ExportAllow{AskID: id, Allowed: true})
		a := incharge.Do(takeOut(id, readsOut(incharge, id)))
		a.Into(http.StatusOK, nil)
		return id, fmt.Sprintf("%x", sha256.Sum256(a.Body))
	}
	take() // before the span
	w.Pass(time.Minute)
	from := w.Now()
	id, sum := take()
	w.Pass(time.Minute)
	pack := func(officer *uuid.UUID) []book.IncidentExport {
		t.Helper()
		found, err := w.Book.Incident(t.Context(), book.IncidentQuery{District: apitest.District, From: from, Until: w.Now(), Officer: officer})
		if err != nil {
			t.Fatal(err)
		}
		return found.Exports
	}
	list := pack(nil)
	if len(list) != 1 {
		t.Fatalf("%+v", list)
	}
	x := list[0]
	if x.OfficerID != incharge.ID || x.DeviceID != incharge.Handset.ID || x.SHA256 != sum || x.Rows != 1 || x.Register != "women_beat" ||
		x.From != "2026-11-18" || x.To != "2026-11-18" || x.Reason != "court" || x.AllowedBy != sho.ID || x.No == "" {
		t.Errorf("%+v", x)
	}
	if n := w.Count(`SELECT seq FROM matters WHERE matter_id = $1`, id); x.No != fmt.Sprintf("KRW/%d", n) {
		t.Errorf("it is number %s, its entry %d", x.No, n)
	}
	if list := pack(&sho.ID); len(list) != 0 {
		t.Errorf("of who only allowed it: %+v", list)
	}
}
