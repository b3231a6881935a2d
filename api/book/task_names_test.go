package book_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// about sends a task of a case with a text, each by another dispatcher: of one a few
// are refused and no more.
func about(w *booktest.World, id uuid.UUID, text string) book.Receipt {
	return aboutBy(w.Enlist(booktest.Centre, staff.Dispatcher), w, id, &text)
}

func aboutBy(o *booktest.Officer, w *booktest.World, id uuid.UUID, text *string) book.Receipt {
	b := w.Task(w.Second)
	b.CaseID, b.Text = &id, text
	return o.Do("task.send", b)
}

// refusesName checks that a text is refused for a name, and that the answer says no more
// than in which field.
func refusesName(t *testing.T, w *booktest.World, id uuid.UUID, text string) {
	t.Helper()
	r := about(w, id, text)
	if r.Outcome != book.Refused || r.Problem.Code != contract.CodeNameInText || r.Problem.Pointer != "/body/text" {
		t.Errorf("%q: %s %v", text, r.Outcome, r.Problem)
		return
	}
	answer, err := json.Marshal(r.Problem)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(text) {
		if len([]rune(word)) > 4 && strings.Contains(string(answer), word) {
			t.Errorf("%q: the answer tells %q: %s", text, word, answer)
		}
	}
}

// allows checks that a text goes.
func allows(t *testing.T, w *booktest.World, id uuid.UUID, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if r := about(w, id, text); r.Outcome != book.Entered {
			t.Errorf("%q: %s %v", text, r.Outcome, r.Problem)
		}
	}
}

func TestTheTextOfATaskDoesNotTellWhoItsCaseIsAbout(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) {
		b.ComplainantName, b.GuardianName = "श्रीमती सुनीता देवी", ptr("रामलाल यादव")
	})
	const sent = `SELECT count(*) FROM tasks`
	for _, text := range []string{
		"सुनीता के घर जायें", "सुनिता जी से मिलें", "SUNITA ke ghar jayen", "Go to Suneeta's house", "मिलें: सुनी\u200dता", "घर रामलाल का",
		"Ramlal ke ghar", "yadav basti",
	} {
		refusesName(t, c.World, c.id, text)
	}
	if n := count(t, c.World, sent); n != 0 {
		t.Errorf("%d tasks were sent", n)
	}
	if n := count(t, c.World, `SELECT count(*) FROM reads`); n != 0 {
		t.Errorf("%d reads are noted, though nobody read", n)
	}
	allows(t, c.World, c.id, "देवी मन्दिर के पास, गाँव की मुखिया से मिलें", "ग्राम देवी", "Devi Mandir", "सुनीतापुर के चौराहे पर", "महिला के घर जायें", "Go to the house, she is alone")
	// Without a case there is nothing to compare with.
	b := c.Task(c.Second)
	b.Text = ptr("सुनीता के घर जायें")
	c.Dispatcher.Enter("task.send", b)
}

func TestNamesOfAGuardedCaseAndOfItsCorrectionsAreFound(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { guardedOne(b); b.ComplainantName = "Farzana Begum" })
	refusesName(t, c.World, c.id, "फ़रज़ाना से मिलें")
	allows(t, c.World, c.id, "बेगम बाज़ार में")
	c.desk.Enter("entry.correct", contract.EntryCorrect{CorrectsID: c.id, Reason: "नाम गलत लिखा गया था", Complaint: func() *contract.ComplaintOpen {
		b := c.intake()
		guardedOne(&b)
		b.ComplainantName = "रुख़साना"
		return &b
	}()})
	refusesName(t, c.World, c.id, "Rukhsana ke ghar")
	refusesName(t, c.World, c.id, "Farzana ke ghar") // it was once written so
	// An entry of the case stands for the case.
	act := c.Beat.Enter("complaint.accept", contract.ComplaintAccept{ComplaintID: c.id})
	refusesName(t, c.World, act.OpID, "रुखसाना से मिलें")
	// The person a squad spoke to has a name, too.
	c.GoOut()
	person := c.Leader.Enter("squad.person", c.Person())
	refusesName(t, c.World, person.OpID, "Ramesh ko dekhen")
}

func TestANameComesInTheSameTransactionAsItsTask(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	b := c.intake()
	b.ComplainantName = "शकुन्तला"
	opening := c.SHO.Item("complaint.open", b)
	op, _, err := contract.DecodeOp(opening.Raw)
	if err != nil {
		t.Fatal(err)
	}
	task := c.Task(c.Second)
	task.CaseID, task.Text = &op.ID, ptr("शकुंतला के घर")
	list := c.SHO.Send(opening, c.SHO.Item("task.send", task))
	if list[0].Outcome != book.Entered || list[1].Problem == nil || list[1].Problem.Code != contract.CodeNameInText {
		t.Errorf("%+v %+v", list[0], list[1])
	}
}

func TestANameWhoseKeyIsGoneIsPassedOver(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.ComplainantName = "सुनीता" })
	refusesName(t, c.World, c.id, "सुनीता के घर जायें")
	c.SQL(`DELETE FROM case_keys WHERE district_id = $1 AND case_id = $2`, []any{booktest.District, c.id})
	allows(t, c.World, c.id, "सुनीता के घर जायें")
}

// TestNamesAreNotGuessedByTheTextsOfTasks lets a dispatcher try names until he is told
// nothing more.
func TestNamesAreNotGuessedByTheTextsOfTasks(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { guardedOne(b); b.ComplainantName = "सुनीता" })
	for range 5 {
		if r := aboutBy(c.Dispatcher, c.World, c.id, ptr("सुनीता")); r.Outcome != book.Refused {
			t.Fatalf("%+v", r)
		}
	}
	other := c.desk.Enter("complaint.open", c.intake()).OpID
	for _, id := range []uuid.UUID{c.id, other} {
		if r := aboutBy(c.Dispatcher, c.World, id, ptr("थाने पर मिलें")); r.Outcome != book.Refused || r.Problem.Code != contract.CodeNameInText {
			t.Errorf("he is told more: %s %v", r.Outcome, r.Problem)
		}
	}
	if r := aboutBy(c.Dispatcher, c.World, c.id, nil); r.Outcome != book.Entered {
		t.Errorf("a task without a text does not go: %v", r.Problem)
	}
	allows(t, c.World, c.id, "थाने पर मिलें") // by another
	if r := c.readers(c.SHO, booktest.Centre)[c.Dispatcher.ID]; r.Denied != 7 {
		t.Errorf("the head of the station sees %d refusals", r.Denied)
	}
	c.Pass(25 * time.Hour)
	c.Dispatcher.SignIn()
	if r := aboutBy(c.Dispatcher, c.World, c.id, ptr("थाने पर मिलें")); r.Outcome != book.Entered {
		t.Errorf("a day later: %v", r.Problem)
	}
}

// TestANameIsFoundWhereverTheCaseBegan sends tasks of a complaint that came from another
// station, whose opening and its correction stand in that one's book.
func TestANameIsFoundWhereverTheCaseBegan(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.ComplainantName = "सुनीता" })
	fix := func(o *booktest.Officer, of uuid.UUID, name string) {
		b := c.intake()
		b.ComplainantName = name
		o.Enter("entry.correct", contract.EntryCorrect{CorrectsID: of, Reason: "नाम गलत लिखा गया था", Complaint: &b})
	}
	fix(c.desk, c.id, "शकुन्तला")
	c.Incharge.Enter("complaint.transfer", transferTo("RJP", c.id))
	c.Pass(time.Minute)
	tick(t, c.World)
	there := lives(t, c.World, "centre = 'RJP'")[0].ID
	sends := func(text string) book.Receipt {
		o := c.Enlist(booktest.OtherCentre, staff.Dispatcher)
		role := contract.Role(staff.CentreIncharge)
		return o.Do("task.send", contract.TaskSend{To: contract.TaskTarget{Role: &role}, TaskKind: "visit", Urgency: "soon", CaseID: &there, Text: &text})
	}
	for _, name := range []string{"Sunita", "शकुंतला"} {
		if r := sends(name + " ke ghar jayen"); r.Outcome != book.Refused || r.Problem.Code != contract.CodeNameInText {
			t.Errorf("%s: %s %v", name, r.Outcome, r.Problem)
		}
	}
	if r := sends("थाने पर मिलें"); r.Outcome != book.Entered {
		t.Errorf("%v", r.Problem)
	}
}
