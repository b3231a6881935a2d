package book_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// helpDesk reads the lines of the help desk of the officer's centre.
func helpDesk(t *testing.T, w *booktest.World, by *booktest.Officer, centre string) []book.RegisterRow {
	t.Helper()
	page, err := w.Book.Register(context.Background(), by.Caller(), book.RegisterQuery{
		Centre: centre, Register: "help_desk", Year: 2026, Limit: 50,
	})
	if err != nil {
		t.Fatal(err)
	}
	return page.Rows
}

func TestTheLineOfAComplaintThatWasReceivedIsPutRightThereAndTheFirstCentresStaysAsItIs(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	said := complaintOf(w, registered)
	id := w.Beat.Enter("complaint.open", said).OpID
	w.Pass(time.Hour)
	w.Incharge.Enter("complaint.transfer", transferTo("RJP", id))
	tick(t, w)
	there := lives(t, w, "centre = 'RJP'")[0]
	before := helpDesk(t, w, w.Incharge, "KRW")[0]
	said.Category, said.RiskLevel = "dowry", "high"
	fix := contract.EntryCorrect{CorrectsID: there.ID, Reason: "प्रकार गलत अंकित हुआ था", Complaint: &said}
	if r := w.Other.Do("entry.correct", contract.EntryCorrect{CorrectsID: there.ID, Reason: "भूल से अंकित", Visit: ptr(w.Visit())}); refusedBy(r) != contract.CodeWrongState {
		t.Errorf("by a line of another register: %+v", r)
	}
	e := w.Other.Enter("entry.correct", fix)
	if e.CaseID != id {
		t.Errorf("sealed under %s", e.CaseID)
	}
	now := lifeOf(t, w, there.ID)
	if now.Category != "dowry" || now.State != "registered" || now.Data.FromCentre != "KRW" || now.Correlation != id || !now.Arrived.Equal(there.Arrived) || now.Serial != 2 {
		t.Errorf("there: %+v", now)
	}
	rows := helpDesk(t, w, w.Other, "RJP")
	if len(rows) != 2 || rows[0].StruckBy == nil || *rows[0].StruckBy != e.OpID || rows[1].Corrects == nil || *rows[1].Corrects != there.ID {
		t.Fatalf("%+v", rows)
	}
	var cols map[string]any
	if err := json.Unmarshal(rows[1].Columns, &cols); err != nil || cols["from_centre"] != "KRW" || cols["category"] != "dowry" {
		t.Errorf("%s", rows[1].Columns)
	}
	after := helpDesk(t, w, w.Incharge, "KRW")
	if len(after) != 1 || after[0].StruckSeq != nil || after[0].State != "transferred" || after[0].Category != before.Category ||
		string(after[0].Columns) != string(before.Columns) || lifeOf(t, w, id).Category != "domestic_violence" {
		t.Errorf("the first centre's: %+v", after)
	}
	// And what was put right is put right once more, or struck.
	said.Category, fix.CorrectsID = "marital_dispute", e.OpID
	e = w.Other.Enter("entry.correct", fix)
	w.Other.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "दोबारा अंकित", Strike: ptr(true)})
	if now := lifeOf(t, w, there.ID); now.Category != "marital_dispute" || now.State != "closed" {
		t.Errorf("struck: %+v", now)
	}
}
