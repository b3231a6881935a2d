package book_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestAWomanWhoComesAgainIsKnownByHerNumberInTheWholeDistrict(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	bring := func(o *booktest.Officer, mobile, opposite string) *book.Entry {
		return o.Enter("complaint.open", complaintOf(w, registered, func(c *contract.ComplaintOpen) {
			c.Mobile, c.OppositeMobile = nil, nil
			if mobile != "" {
				c.Mobile = &mobile
			}
			if opposite != "" {
				c.OppositeMobile = &opposite
			}
		}))
	}
	facts := func(e *book.Entry, earlier, opposite any, repeat any) {
		t.Helper()
		if e.Facts["earlier"] != earlier || e.Facts["earlier_opposite"] != opposite || e.Facts["sensitive_repeat"] != repeat {
			t.Errorf("facts %v, want earlier %v, earlier_opposite %v, sensitive_repeat %v", e.Facts, earlier, opposite, repeat)
		}
	}
	facts(bring(w.Beat, "", ""), nil, nil, nil)
	first := bring(w.Beat, "9450012345", "9450054321")
	facts(first, nil, nil, nil)
	w.Pass(10 * day)
	facts(bring(w.Other, "+919450012345", ""), "1", nil, true)      // another centre, written otherwise
	facts(bring(w.Beat, "9450054321", "9450012345"), nil, nil, nil) // his number is not hers
	facts(bring(w.Beat, "9450077777", "9450054321"), nil, "1", nil)
	last := w.Now()
	both := w.Beat.Send( // and two that share a transaction
		w.Beat.Item("complaint.open", complaintOf(w, func(c *contract.ComplaintOpen) { c.Mobile = ptr("9450088888") })),
		w.Beat.Item("complaint.open", complaintOf(w, func(c *contract.ComplaintOpen) { c.Mobile = ptr("9450088888") })))
	facts(both[0].Entry, nil, nil, nil)
	facts(both[1].Entry, "1", nil, true)
	w.Pass(90*day - w.Now().Sub(last))
	w.Beat.SignIn()
	w.Other.SignIn()
	facts(bring(w.Beat, "9450012345", ""), "2", nil, true) // ninety days after the second
	w.Pass(90*day + time.Millisecond)
	w.Beat.SignIn()
	again := bring(w.Beat, "9450012345", "")
	facts(again, "3", nil, nil)
	if c := lifeOf(t, w, again.OpID); c.Data.Earlier != 3 || len(c.Data.Sensitive) != 0 {
		t.Errorf("%+v", c.Data)
	}
	for _, number := range []string{"9450012345", "9450054321", "9450077777", "9450088888", "450012345"} {
		if found := everywhere(t, w, number); len(found) > 0 {
			t.Errorf("%s stands in %v", number, found)
		}
	}
	if found := everywhere(t, w, "domestic_violence"); len(found) == 0 {
		t.Error("the search finds not even what is open")
	}
	if n := count(t, w, `SELECT count(*) FROM case_marks WHERE length(keyed_hash) = 32`); n == 0 {
		t.Error("there are no marks")
	}
}

func TestACorrectionDoesNotForgetThatSheCameBefore(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("complaint.open", complaintOf(w, registered))
	w.Pass(day)
	said := complaintOf(w, registered)
	e := w.Beat.Enter("complaint.open", said)
	said.VillageCode, said.Category = ptr("155281"), "dowry"
	corrected := w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "ग्राम छूट गया", Complaint: &said})
	if corrected.Facts["earlier"] != "1" || corrected.Facts["sensitive_repeat"] != true {
		t.Errorf("%v", corrected.Facts)
	}
	c := lifeOf(t, w, e.OpID)
	if c.Category != "dowry" || c.Data.VillageCode != "155281" || len(c.Data.Sensitive) != 1 || c.Data.Earlier != 1 || c.Serial != 3 {
		t.Errorf("%+v", c)
	}
	// Another number puts right which cases are hers.
	said.Mobile = ptr("9450099999")
	again := w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: corrected.OpID, Reason: "मोबाइल गलत", Complaint: &said})
	if again.Facts["earlier"] != nil {
		t.Errorf("%v", again.Facts)
	}
	if third := w.Beat.Enter("complaint.open", complaintOf(w)); third.Facts["earlier"] != "1" {
		t.Errorf("the number that was wrong still counts: %v", third.Facts)
	}
}

func TestAComplaintWhoseLineWasStruckIsNotReopened(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	e := w.Beat.Enter("complaint.open", complaintOf(w, registered))
	w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "दो बार लिखी गयी", Strike: ptr(true)})
	if c := lifeOf(t, w, e.OpID); c.State != "closed" || c.Owner != nil {
		t.Errorf("%+v", c)
	}
	for _, k := range runs(t, w, e.OpID) {
		if k.Stop == nil || k.Next != nil {
			t.Errorf("%+v", k)
		}
	}
	if r := w.Incharge.Do("complaint.reopen", contract.ComplaintReopen{ComplaintID: e.OpID, Reason: "new_facts"}); refusedBy(r) != contract.CodeWrongState {
		t.Errorf("%+v", r)
	}
}

func TestAnInchargeComplainedOfNeitherCorrectsTheComplaintNorWritesToIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	e := w.Beat.Enter("complaint.open", complaintOf(w, registered, func(c *contract.ComplaintOpen) { c.AboutBy = []uuid.UUID{w.Incharge.ID} }))
	for kind, body := range map[string]any{
		"entry.correct":   contract.EntryCorrect{CorrectsID: e.OpID, Reason: "दो बार लिखी गयी", Strike: ptr(true)},
		"note.add":        contract.NoteAdd{SubjectID: e.OpID, Text: "असत्य शिकायत"},
		"complaint.close": contract.ComplaintClose{ComplaintID: e.OpID, CloseReason: "other"},
	} {
		if r := w.Incharge.Do(kind, body); refusedBy(r) != contract.CodeUnknownReference {
			t.Errorf("%s: %+v", kind, r)
		}
	}
	w.SHO.Enter("note.add", contract.NoteAdd{SubjectID: e.OpID, Text: "शिकायत देखी गयी"})
	w.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "दो बार लिखी गयी", Strike: ptr(true)})
}
