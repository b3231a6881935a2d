package book_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// atKarwi makes an op of the district office one of Karwi's book.
var atKarwi = booktest.With("centre", booktest.Centre)

// anInspection is one with a direction to the in-charge, due in two days.
func anInspection(w *booktest.World) contract.InspectionRecord {
	direction, to, due := "प्रथम कार्यवाही उसी समय अंकित की जाय", staff.CentreIncharge, contract.At(w.Now().Add(48*time.Hour))
	return contract.InspectionRecord{
		Kind: "monthly", InspectedAt: contract.At(w.Now().Add(-time.Hour)), RegistersSeen: []contract.Register{"help_desk", "squad"},
		Findings: "दो प्रविष्टियों में प्रथम कार्यवाही समय से अंकित नहीं है", Direction: &direction, AssignedTo: &to, DueAt: &due,
	}
}

// lineOf is a line of a register, with what later steps filled.
func lineOf(t *testing.T, w *booktest.World, name string, serial int64) (book.RegisterRow, map[string]any) {
	t.Helper()
	p := register(t, w, w.Incharge, book.RegisterQuery{Register: name, After: serial - 1}, 1)
	if len(p.Rows) == 0 || p.Rows[0].Serial != serial {
		t.Fatalf("no line %d of %s", serial, name)
	}
	cols := map[string]any{}
	if err := json.Unmarshal(p.Rows[0].Columns, &cols); err != nil {
		t.Fatal(err)
	}
	return p.Rows[0], cols
}

// raised lists to whom the clock has told of a limit, rung by rung.
func raised(t *testing.T, w *booktest.World, limit string) (out []string) {
	t.Helper()
	rows, err := w.Superuser().Query(context.Background(), `SELECT convert_from(wire, 'UTF8')::json->'body'->>'to_role' FROM entries
		WHERE kind = 'escalation.raise' AND convert_from(wire, 'UTF8')::json->'body'->>'limit' = $1 ORDER BY seq`, limit)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var role string
		if err := rows.Scan(&role); err != nil {
			t.Fatal(err)
		}
		out = append(out, role)
	}
	return out
}

func TestADirectionIsCompliedWithAndTheInspectorClosesIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	co := circleOfficer(t, w)
	body := anInspection(w)
	in := co.Enter("inspection.record", body, atKarwi)
	if row, cols := lineOf(t, w, "inspection", 1); row.State != "open" || row.DueAt == nil || !row.DueAt.Equal(body.DueAt.Time) ||
		row.No != "KRW/IN/2026/00001" || cols["inspector_by"] != co.ID.String() || cols["findings"] != body.Findings {
		t.Errorf("as recorded: %+v %v", row, cols)
	}
	w.Pass(30 * time.Hour)
	comply := contract.InspectionComply{InspectionID: in.OpID, Compliance: "कर्मियों को निर्देशित किया गया, प्रविष्टि पूर्ण की गयी"}
	closing := contract.InspectionClose{InspectionID: in.OpID, Accepted: true}
	refusedOp(t, "closed before it is complied with", co.Do("inspection.close", closing, atKarwi), contract.CodeWrongState, "/body/inspection_id")
	w.Incharge.Enter("inspection.comply", comply)
	refusedOp(t, "complied with twice", w.SHO.Do("inspection.comply", comply), contract.CodeWrongState, "/body/inspection_id")
	if row, cols := lineOf(t, w, "inspection", 1); row.State != "complied" || row.DueAt != nil || cols["compliance"] != comply.Compliance ||
		cols["complied_at"] != "2026-11-19T10:30:00.000Z" {
		t.Errorf("complied with: %+v %v", row, cols)
	}
	// Not good enough: the direction stands again, with its time anew.
	closing.Accepted = false
	co.Enter("inspection.close", closing, atKarwi)
	if row, _ := lineOf(t, w, "inspection", 1); row.State != "open" || row.DueAt == nil || !row.DueAt.Equal(w.Now().Add(7*24*time.Hour)) {
		t.Errorf("given again: %+v", row)
	}
	w.Incharge.Enter("inspection.comply", comply)
	closing.Accepted = true
	co.Enter("inspection.close", closing, atKarwi)
	if row, cols := lineOf(t, w, "inspection", 1); row.State != "over" || cols["closed_by"] != co.ID.String() {
		t.Errorf("closed: %+v %v", row, cols)
	}
	refusedOp(t, "closed twice", co.Do("inspection.close", closing, atKarwi), contract.CodeWrongState, "/body/inspection_id")
	w.Pass(60 * 24 * time.Hour)
	tick(t, w)
	if got := raised(t, w, "compliance"); len(got) != 0 {
		t.Errorf("told of what was met: %v", got)
	}
}

func TestOnlyTheInspectorOrAPostAboveHimCloses(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	co, cell, addl := circleOfficer(t, w), w.Enlist(book.HQ, staff.WomenCell), w.Enlist(book.HQ, staff.AddlSP)
	for _, x := range []struct {
		name       string
		by, closes *booktest.Officer
		may        bool
	}{
		{"the women cell for the circle officer", co, cell, true},
		{"the circle officer for the women cell", cell, co, false},
		{"the head of the station for the circle officer", co, w.SHO, false},
		{"the additional for the women cell", cell, addl, true},
		{"the chief for the additional", addl, w.SP, true},
		{"the additional for the chief", w.SP, addl, false},
		{"the circle officer for the head of the station", w.SHO, co, true},
	} {
		in := x.by.Enter("inspection.record", anInspection(w), atKarwi)
		w.Incharge.Enter("inspection.comply", contract.InspectionComply{InspectionID: in.OpID, Compliance: "अनुपालन किया गया"})
		r := x.closes.Do("inspection.close", contract.InspectionClose{InspectionID: in.OpID, Accepted: true}, atKarwi)
		if x.may != (r.Outcome == book.Entered) {
			t.Errorf("%s: %s %v", x.name, r.Outcome, r.Problem)
		}
		if !x.may {
			refusedOp(t, x.name, r, contract.CodeInspectorOnly, "/body/inspection_id")
		}
	}
	if p := contract.NewProblem(contract.CodeInspectorOnly); p.Status != 403 {
		t.Errorf("status %d", p.Status)
	}
}

func TestAnInspectionThatDoesNotHoldTogetherIsRefused(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	co := circleOfficer(t, w)
	record := func(change func(b *contract.InspectionRecord)) contract.InspectionRecord {
		b := anInspection(w)
		change(&b)
		return b
	}
	sho := staff.SHO
	for name, x := range map[string]struct {
		r    book.Receipt
		code contract.Code
		ptr  string
	}{
		"a direction to nobody":            {co.Do("inspection.record", record(func(b *contract.InspectionRecord) { b.AssignedTo = nil }), atKarwi), contract.CodeMissingField, "/body/assigned_to"},
		"a post and no direction":          {co.Do("inspection.record", record(func(b *contract.InspectionRecord) { b.Direction, b.DueAt = nil, nil }), atKarwi), contract.CodeMissingField, "/body/direction"},
		"a day and no direction":           {co.Do("inspection.record", record(func(b *contract.InspectionRecord) { b.Direction, b.AssignedTo = nil, nil }), atKarwi), contract.CodeMissingField, "/body/direction"},
		"due before it was seen":           {co.Do("inspection.record", record(func(b *contract.InspectionRecord) { *b.DueAt = contract.At(w.Now().Add(-2 * time.Hour)) }), atKarwi), contract.CodeEndedBeforeStarted, "/body/due_at"},
		"tomorrow's":                       {co.Do("inspection.record", record(func(b *contract.InspectionRecord) { b.InspectedAt = contract.At(w.Now().Add(24 * time.Hour)) }), atKarwi), contract.CodeInFuture, "/body/inspected_at"},
		"a kind nobody knows":              {co.Do("inspection.record", record(func(b *contract.InspectionRecord) { b.Kind = "secret" }), atKarwi), contract.CodeUnknownCode, "/body/kind"},
		"a direction to himself":           {w.SHO.Do("inspection.record", record(func(b *contract.InspectionRecord) { b.AssignedTo = &sho })), contract.CodeOwnAct, "/body/assigned_to"},
		"of the district office":           {w.SP.Do("inspection.record", anInspection(w), booktest.With("centre", book.HQ)), contract.CodeWrongCentre, "/centre"},
		"by the in-charge":                 {w.Incharge.Do("inspection.record", anInspection(w)), contract.CodeForbidden, "/kind"},
		"by a circle officer of elsewhere": {w.Enlist(book.HQ, staff.CO).Do("inspection.record", anInspection(w), atKarwi), contract.CodeNotYourPost, "/centre"},
		"compliance with a visit":          {w.Incharge.Do("inspection.comply", contract.InspectionComply{InspectionID: w.Beat.Enter("visit.record", w.Visit()).OpID, Compliance: "अनुपालन"}), contract.CodeUnknownReference, "/body/inspection_id"},
	} {
		refusedOp(t, name, x.r, x.code, x.ptr)
	}
	toSHO := co.Enter("inspection.record", record(func(b *contract.InspectionRecord) { b.AssignedTo = &sho }), atKarwi)
	comply := contract.InspectionComply{InspectionID: toSHO.OpID, Compliance: "अनुपालन किया गया"}
	refusedOp(t, "the in-charge for the head of the station", w.Incharge.Do("inspection.comply", comply), contract.CodeNotAssigned, "/body/inspection_id")
	later := comply
	at := contract.At(w.Now().Add(time.Hour))
	later.CompliedAt = &at
	refusedOp(t, "complied with tomorrow", w.SHO.Do("inspection.comply", later), contract.CodeInFuture, "/body/complied_at")
	w.SHO.Enter("inspection.comply", comply)
	own := w.SHO.Enter("inspection.record", anInspection(w))
	refusedOp(t, "his own direction", w.SHO.Do("inspection.comply", contract.InspectionComply{InspectionID: own.OpID, Compliance: "अनुपालन"}), contract.CodeOwnAct, "/body/inspection_id")
	plain := co.Enter("inspection.record", record(func(b *contract.InspectionRecord) { b.Direction, b.AssignedTo, b.DueAt = nil, nil, nil }), atKarwi)
	refusedOp(t, "nothing to comply with", w.Incharge.Do("inspection.comply", contract.InspectionComply{InspectionID: plain.OpID, Compliance: "अनुपालन"}), contract.CodeWrongState, "/body/inspection_id")
	if r := w.Incharge.Do("inspection.comply", contract.InspectionComply{InspectionID: uuid.Must(uuid.NewV7()), Compliance: "अनुपालन"}); r.Outcome != book.Held {
		t.Errorf("one that has not come: %+v", r)
	}
}

func TestADirectionThatIsNotMetIsToldUpwards(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	body := anInspection(w)
	in := circleOfficer(t, w).Enter("inspection.record", body, atKarwi)
	w.Pass(47 * time.Hour)
	tick(t, w)
	if got := raised(t, w, "compliance"); len(got) != 0 {
		t.Errorf("told before it is due: %v", got)
	}
	w.Pass(30 * time.Hour)
	for range 4 {
		tick(t, w)
	}
	got := raised(t, w, "compliance")
	if len(got) != 2 || got[0] != staff.SHO || got[1] != staff.CO {
		t.Errorf("a day late: told %v", got)
	}
	if row, _ := lineOf(t, w, "inspection", 1); !row.Overdue {
		t.Errorf("not overdue: %+v", row)
	}
	w.SHO.Enter("escalation.answer", contract.EscalationAnswer{SubjectID: in.OpID, Limit: "compliance", Answer: "आज सायं तक पूर्ण करा लिया जायेगा"})
	w.Incharge.Enter("inspection.comply", contract.InspectionComply{InspectionID: in.OpID, Compliance: "विलम्ब से अनुपालन किया गया"})
	w.Pass(30 * 24 * time.Hour)
	tick(t, w)
	if after := raised(t, w, "compliance"); len(after) != len(got) {
		t.Errorf("told after it was met: %v", after)
	}
}

func TestAnInspectionIsPutRightByTheInspectorAlone(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	co := circleOfficer(t, w)
	in := co.Enter("inspection.record", anInspection(w), atKarwi)
	w.Pass(time.Hour)
	right := anInspection(w)
	right.Findings = "तीन प्रविष्टियों में प्रथम कार्यवाही समय से अंकित नहीं है"
	fix := contract.EntryCorrect{CorrectsID: in.OpID, Reason: "संख्या गलत अंकित", Inspection: &right}
	strike := true
	refusedOp(t, "by the in-charge", w.Incharge.Do("entry.correct", fix), contract.CodeInspectorOnly, "/body/corrects_id")
	refusedOp(t, "struck by the head of the station", w.SHO.Do("entry.correct", contract.EntryCorrect{CorrectsID: in.OpID, Reason: "गलत प्रविष्टि", Strike: &strike}),
		contract.CodeInspectorOnly, "/body/corrects_id")
	co.Enter("entry.correct", fix, atKarwi)
	if row, cols := lineOf(t, w, "inspection", 2); row.State != "open" || !row.DueAt.Equal(right.DueAt.Time) || cols["findings"] != right.Findings ||
		row.SubjectID == nil || *row.SubjectID != in.OpID {
		t.Errorf("put right: %+v %v", row, cols)
	}
	if n := count(t, w, `SELECT count(*) FROM clocks WHERE code = 'compliance' AND stopped_at IS NULL`); n != 1 {
		t.Errorf("%d clocks run", n)
	}
	w.Incharge.Enter("inspection.comply", contract.InspectionComply{InspectionID: in.OpID, Compliance: "अनुपालन किया गया"})
	if row, _ := lineOf(t, w, "inspection", 2); row.State != "complied" {
		t.Errorf("the new line does not follow: %+v", row)
	}
	withdrawn := co.Enter("inspection.record", anInspection(w), atKarwi)
	none := anInspection(w)
	none.Direction, none.AssignedTo, none.DueAt = nil, nil, nil
	co.Enter("entry.correct", contract.EntryCorrect{CorrectsID: withdrawn.OpID, Reason: "निर्देश वापस", Inspection: &none}, atKarwi)
	if n := count(t, w, `SELECT count(*) FROM clocks WHERE code = 'compliance' AND stopped_at IS NULL`); n != 0 {
		t.Errorf("%d clocks run over what was withdrawn", n)
	}
	if row, _ := lineOf(t, w, "inspection", 4); row.State != "over" || row.DueAt != nil {
		t.Errorf("withdrawn: %+v", row)
	}
}
