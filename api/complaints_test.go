package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// fieldsOf lists the members of a JSON object.
func fieldsOf(t *testing.T, v any) string {
	t.Helper()
	return strings.Join(slices.Sorted(maps.Keys(asMap(t, v))), " ")
}

// secretOne is a complaint of a sexual offence with what must not be told.
func secretOne(w *apitest.World) contract.ComplaintOpen {
	c := came(w)
	c.Category, c.RiskLevel, c.Channel = "sexual_assault", "high", "181"
	c.VillageCode, c.Alerts, c.Mobile = new("155281"), []string{"media"}, new("9812345670")
	return c
}

// The fields of a complaint by who reads it. A field that is added here is
// shown to them.
const (
	fieldsWhole   = "alias arrived_at category centre channel clocks fir_wanted guarded id mine no owner_id owner_role registered_at risk_level seq state"
	fieldsReduced = "arrived_at centre clocks guarded id no state"
	fieldsRow     = "alias at category columns due_at flags no officer_id op_id overdue sealed seq serial state subject_id"
	fieldsRowLess = "at columns due_at flags no officer_id op_id overdue sealed seq serial"
)

func TestWhoReadsAComplaintGetsTheFieldsOfTheirDuty(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, beat := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "beat_officer")
	incharge, sp := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist("HQ", "sp")
	plain := came(w)
	plain.Mobile = new("9876501234")
	open, guarded := *desk.Enter("complaint.open", plain).OpID, *desk.Enter("complaint.open", secretOne(w)).OpID
	sho := w.Enlist(apitest.Karwi, "sho")
	sho.Enter("case.name", contract.CaseName{SubjectID: guarded, OfficerID: sho.ID, Reason: "inquiry"})
	for _, row := range []struct {
		name                     string
		by                       *apitest.Shift
		open, guarded            string // fields of the brief
		rowOpen, rowGuarded      string
		detailOpen, detailSecret string
	}{
		{"the in-charge", incharge, fieldsWhole, fieldsWhole + " sensitive", fieldsRow + " masks", fieldsRow,
			"masks opened_by_op slip_number", "named opened_by_op slip_number"},
		{"the SHO, who is named", sho, fieldsWhole, fieldsWhole + " sensitive", fieldsRow + " masks", fieldsRow + " masks",
			"masks opened_by_op slip_number", "masks named opened_by_op slip_number"},
		{"the desk", desk, fieldsWhole, fieldsWhole + " sensitive", fieldsRow, fieldsRow, "masks opened_by_op slip_number", "named opened_by_op slip_number"},
		{"the SP", sp, fieldsWhole, fieldsReduced, fieldsRow, fieldsRowLess, "opened_by_op", ""},
		{"a beat officer", beat, "", "", "", "", "", ""},
	} {
		var page contract.ComplaintPage
		row.by.Read("/v1/complaints?centre=KRW", &page)
		if row.open == "" {
			if len(page.Complaints) != 0 {
				t.Errorf("%s: %+v", row.name, page)
			}
			row.by.Do(apitest.Get("/v1/complaints/"+open.String())).Refused(http.StatusNotFound, contract.CodeNotFound, "complaint_id")
			row.by.Do(apitest.Get("/v1/registers/help_desk/1?centre=KRW&year=2026")).Refused(http.StatusNotFound, contract.CodeNotFound, "serial")
			continue
		}
		if len(page.Complaints) != 2 {
			t.Fatalf("%s: %+v", row.name, page)
		}
		for i, want := range []string{row.open, row.guarded} {
			if got := fieldsOf(t, page.Complaints[i]); got != sortedWords(want) {
				t.Errorf("%s, complaint %d:\n%s, want\n%s", row.name, i+1, got, sortedWords(want))
			}
		}
		for i, want := range []string{row.rowOpen, row.rowGuarded} {
			var l contract.RegisterLine
			row.by.Read("/v1/registers/help_desk/"+itoa(int64(i+1))+"?centre=KRW&year=2026", &l)
			if got := fieldsOf(t, l.Row); got != sortedWords(want) {
				t.Errorf("%s, line %d:\n%s, want\n%s", row.name, i+1, got, sortedWords(want))
			}
		}
		for id, want := range map[uuid.UUID]string{open: row.detailOpen, guarded: row.detailSecret} {
			var c contract.Complaint
			row.by.Read("/v1/complaints/"+id.String(), &c)
			if got, want := fieldsOf(t, c), sortedWords("brief columns correlation_id links sealed steps "+want); got != want {
				t.Errorf("%s, one:\n%s, want\n%s", row.name, got, want)
			}
		}
	}
}

func sortedWords(s string) string {
	words := strings.Fields(s)
	slices.Sort(words)
	return strings.Join(words, " ")
}

func TestAReducedComplaintTellsNothingOverTheWire(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, sp := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist("HQ", "sp")
	w.Pass(83 * time.Second)
	id := *desk.Enter("complaint.open", secretOne(w)).OpID
	w.Pass(4 * time.Minute)
	secret := []string{
		"sexual_assault", `"high"`, `"181"`, "155281", "media", "5670", "कमला", id.String(), desk.ID.String(), "T04:31:23", "T04:21:23",
		"first_action", "assign", "A-",
	}
	for _, path := range []string{
		"/v1/complaints?centre=KRW", "/v1/complaints?centre=KRW&open=true", "/v1/complaints/" + id.String(),
		"/v1/registers/help_desk?centre=KRW&year=2026", "/v1/registers/help_desk/1?centre=KRW&year=2026",
		"/v1/bundle",
	} {
		a := sp.Do(apitest.Get(path))
		if a.Status != http.StatusOK {
			t.Errorf("%s: %d", path, a.Status)
		}
		for _, s := range secret {
			if s == desk.ID.String() && strings.HasPrefix(path, "/v1/registers") {
				continue // a row says who wrote it
			}
			if strings.Contains(string(a.Body), s) {
				t.Errorf("%s tells %q: %s", path, s, a.Body)
			}
		}
	}
	var d contract.DaySheet
	sp.Read("/v1/days/2026-11-18?centre=KRW", &d)
	if len(d.Sensitive) != 1 || fieldsOf(t, d.Sensitive[0]) != fieldsReduced {
		t.Errorf("the day sheet: %+v", d.Sensitive)
	}
	for _, path := range []string{
		"/v1/complaints?centre=KRW&state=received", "/v1/registers/help_desk?centre=KRW&year=2026&category=sexual_assault&limit=1",
	} {
		if a := sp.Do(apitest.Get(path)); strings.Contains(string(a.Body), "KRW/HD") {
			t.Errorf("%s finds it: %s", path, a.Body)
		}
	}
}

func TestABundleHoldsWhatIsInHandAndWhomToCall(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, second := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "desk_officer")
	beat, incharge := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "centre_incharge")
	id := *desk.Enter("complaint.open", came(w)).OpID
	incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: id, OfficerID: beat.ID})
	plan := contract.FollowUpPlan{ComplaintID: id}
	plan.DueOn = append(plan.DueOn, dated(w))
	incharge.Enter("follow_up.plan", plan)
	var b contract.Bundle
	beat.Read("/v1/bundle", &b)
	if len(b.Complaints) != 1 || b.Complaints[0].ID != id || !*b.Complaints[0].Mine || len(b.Complaints[0].Clocks) == 0 || len(b.CallsDue) != 0 ||
		len(b.FollowUpsDue) != 1 || b.FollowUpsDue[0].DueOn.String() != "2026-11-18" || b.FollowUpsDue[0].StepNo != 1 {
		t.Errorf("in hand: %+v %+v %+v", b.Complaints, b.CallsDue, b.FollowUpsDue)
	}
	beat.Enter("complaint.dispose", contract.ComplaintDispose{
		ComplaintID: id, Disposal: "not_substantiated", DisposalNote: "जाँच में पुष्टि नहीं हुई", ToldHer: true,
	})
	for name, row := range map[string]struct {
		by    *apitest.Shift
		calls int
	}{"who disposed of it": {beat, 0}, "the desk": {desk, 1}, "another desk officer": {second, 1}} {
		b = contract.Bundle{}
		row.by.Read("/v1/bundle", &b)
		if len(b.CallsDue) != row.calls {
			t.Errorf("%s: %+v", name, b.CallsDue)
		}
	}
	var c contract.Custody
	incharge.Read("/v1/complaints/"+id.String()+"/custody", &c)
	if len(c.Spans) != 2 || c.Spans[0].Seconds != 600 || c.Spans[1].Until != nil || c.Spans[1].Role != "beat_officer" {
		t.Errorf("custody: %+v", c)
	}
}

func TestTheReferenceHasLimitsColumnsAndSectionsWithTheirWords(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x, sp := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist("HQ", "sp")
	var ref contract.Reference
	first := x.Do(apitest.Get("/v1/reference"))
	first.Into(http.StatusOK, &ref)
	registers := map[contract.Register]int{}
	last := ""
	for _, c := range ref.Columns {
		if c.Hi == "" || c.En == "" || c.Hi == c.En {
			t.Errorf("column %s of %s is called %q, %q", c.Column, c.Register, c.Hi, c.En)
		}
		if c.List != nil && *c.List != "offence" && len(ref.Lists[*c.List]) == 0 {
			t.Errorf("column %s of %s has the list %q, which is empty", c.Column, c.Register, *c.List)
		}
		if registers[c.Register]++; string(c.Register) != last && registers[c.Register] > 1 {
			t.Errorf("columns of %s do not stand together", c.Register)
		}
		last = string(c.Register)
	}
	if len(registers) != 9 || len(ref.Limits) < 22 || len(ref.Offences) < 40 {
		t.Errorf("%d registers, %d limits, %d sections", len(registers), len(ref.Limits), len(ref.Offences))
	}
	for name, l := range ref.Labels {
		if l.Hi == "" || l.En == "" {
			t.Errorf("label %s: %+v", name, l)
		}
	}
	for list, codes := range ref.Lists {
		for _, c := range codes {
			if c.Hi == "" || c.En == "" {
				t.Errorf("code %s of %s: %+v", c.Code, list, c)
			}
		}
	}
	tag := first.Header.Get("ETag")
	if a := x.Do(apitest.Get("/v1/reference").With("If-None-Match", tag)); a.Status != http.StatusNotModified {
		t.Errorf("the same reference: %d", a.Status)
	}
	for name, change := range map[string]struct {
		kind contract.Kind
		body any
	}{
		"a limit":   {"limit.set", contract.LimitSet{Limit: "disposal", Seconds: 172800, Basis: "जनपद का आदेश"}},
		"a column":  {"column.hide", contract.ColumnHide{Register: "help_desk", Column: "token_no"}},
		"a section": {"offence.set", contract.OffenceSet{Code: "bns_999", Act: "BNS", Section: "999", Hi: "परीक्षण", En: "Trial"}},
	} {
		sp.Enter(change.kind, change.body, apitest.With("centre", "HQ"))
		if err := w.Book.LoadRules(t.Context()); err != nil {
			t.Fatal(err)
		}
		a := x.Do(apitest.Get("/v1/reference").With("If-None-Match", tag))
		a.Into(http.StatusOK, &ref)
		if a.Header.Get("ETag") == tag {
			t.Errorf("%s does not change the tag", name)
		}
		tag = a.Header.Get("ETag")
	}
	text, err := json.Marshal(ref)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), `"token_no","`) || !strings.Contains(string(text), "bns_999") || !strings.Contains(string(text), "172800") {
		t.Error("the reference does not follow the changes")
	}
	t.Logf("%d bytes, %d columns", len(text), len(ref.Columns))
}
