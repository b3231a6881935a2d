package book_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

var atHer = []string{"/body/complainant_name", "/body/mobile", "/body/address"}

// sends a task of the complaint to an officer.
func (c *care) sends(to *booktest.Officer, kind string) uuid.UUID {
	c.t.Helper()
	b := c.Task(to)
	b.TaskKind, b.CaseID = kind, &c.id
	return c.Dispatcher.Enter("task.send", b).OpID
}

// accepts a task with the read of its visit, in one.
func (c *care) accepts(o *booktest.Officer, task uuid.UUID, fields ...string) *book.TaskAccepted {
	c.t.Helper()
	read := wish(c.id, fields...)
	read.Reason, read.TaskID = "visit", &task
	out, err := c.Book.AcceptTask(c.t.Context(), o.Caller(), book.Incoming{ReceivedAt: c.Now(), Items: []contract.Item{
		o.Item("task.accept", contract.TaskAccept{TaskID: task}), o.Item("identity.read", read),
	}})
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// forVisit is a read for a task by itself.
func (c *care) forVisit(o *booktest.Officer, task uuid.UUID, fields ...string) *book.Unsealed {
	c.t.Helper()
	read := wish(c.id, fields...)
	read.TaskID = &task
	u, err := unseal(o, c.World, o.Item("identity.read", read))
	if err != nil {
		c.t.Fatal(err)
	}
	return u
}

// herAddress gives her a number and an address.
func herAddress(b *contract.ComplaintOpen) {
	b.Mobile, b.Address = ptr("9812345670"), ptr("ग्राम भरथौल, कर्वी")
}

func TestAcceptingATaskOfACaseOpensWhatItsVisitNeedsAndNothingElse(t *testing.T) {
	t.Parallel()
	c := careOf(t, herAddress)
	task := c.sends(c.Second, "visit")
	if u := c.forVisit(c.Second, task, atHer...); u.Receipt.Outcome != book.Refused || u.Receipt.Problem.Code != contract.CodeNotAssigned {
		t.Errorf("before it is accepted: %+v", u.Receipt)
	}
	before := count(t, c.World, `SELECT size FROM heads WHERE centre = 'KRW'`)
	out := c.accepts(c.Second, task, atHer...)
	if out.Accept.Outcome != book.Entered || out.Read.Outcome != book.Entered || len(out.Fields) != 3 || out.Read.Entry.Seq != out.Accept.Entry.Seq+1 {
		t.Fatalf("%+v, %+v", out.Accept, out.Read)
	}
	if n := count(t, c.World, `SELECT count(DISTINCT xmin::text) FROM entries WHERE centre = 'KRW' AND seq > `+itoa(before)); n != 1 {
		t.Errorf("the two stand in %d transactions", n)
	}
	if n := count(t, c.World, `SELECT count(*) FROM reads WHERE officer_id = '`+c.Second.ID.String()+`'`); n != 1 {
		t.Errorf("%d reads are counted", n)
	}
	for _, field := range []string{"/body/account", "/body/opposite_party"} {
		if u := c.forVisit(c.Second, task, field); u.Receipt.Outcome != book.Refused {
			t.Errorf("%s is given", field)
		}
	}
	if u := c.forVisit(c.Beat, task, atHer...); u.Receipt.Problem == nil || u.Receipt.Problem.Code != contract.CodeNotAssigned {
		t.Errorf("by another officer: %+v", u.Receipt)
	}
	mayNot(t, c.World, c.Second, contract.CodeCaseNotYours, "/body/subject_id", c.id, "/body/mobile") // no right beside the task
	call := c.sends(c.Second, "call")
	if out := c.accepts(c.Second, call, "/body/address"); out.Accept.Outcome != book.Entered || out.Read.Outcome != book.Refused || out.Fields != nil {
		t.Errorf("a call needs no address: %+v", out.Read)
	}
	c.Dispatcher.Enter("task.recall", contract.TaskRecall{TaskID: call, Reason: "mistake"})
	if n := count(t, c.World, `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%forget%' AND args::text LIKE '%`+call.String()+`%'`); n != 1 {
		t.Errorf("%d pushes say that the phone forgets", n)
	}
	c.Second.Enter("task.done", contract.TaskDone{TaskID: task, Result: "done"})
	if u := c.forVisit(c.Second, task, atHer...); u.Receipt.Problem == nil || u.Receipt.Problem.Code != contract.CodeTaskClosed {
		t.Errorf("when it is done: %+v", u.Receipt)
	}
}

func TestATaskOpensAGuardedCaseToTheNamedAloneAndSpendsTheBudget(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { herAddress(b); guardedOne(b); b.Mobile = ptr("9812345670") })
	task := c.sends(c.Second, "visit")
	if out := c.accepts(c.Second, task, atHer[:2]...); out.Accept.Outcome != book.Entered || out.Read.Problem == nil || out.Read.Problem.Code != contract.CodeNotNamed {
		t.Errorf("not named: %+v", out.Read)
	}
	c.Incharge.Enter("case.name", naming(c.id, c.Second.ID))
	if u := c.forVisit(c.Second, task, atHer[:2]...); u.Receipt.Outcome != book.Entered || len(u.Fields) != 2 {
		t.Errorf("named: %+v", u.Receipt)
	}
	if u := c.forVisit(c.Second, task, "/body/account"); u.Receipt.Outcome != book.Refused {
		t.Error("the account is given for a visit")
	}
	for range hourly - 1 {
		c.forVisit(c.Second, task, "/body/mobile")
	}
	if u := c.forVisit(c.Second, task, "/body/mobile"); u.Receipt.Problem == nil || u.Receipt.Problem.Code != contract.CodeReadBudget {
		t.Errorf("above the budget: %+v", u.Receipt)
	}
}

func TestATaskOpensNoOtherCaseThanItsOwn(t *testing.T) {
	t.Parallel()
	c := careOf(t, herAddress)
	other := c.desk.Enter("complaint.open", c.intake()).OpID
	task := c.sends(c.Second, "visit")
	c.Second.Enter("task.accept", contract.TaskAccept{TaskID: task})
	read := wish(other, "/body/complainant_name")
	read.TaskID = &task
	u, err := unseal(c.Second, c.World, c.Second.Item("identity.read", read))
	if err != nil || u.Receipt.Problem == nil || u.Receipt.Problem.Code != contract.CodeWrongReference {
		t.Errorf("%v %+v", err, u.Receipt)
	}
	about := c.desk.Enter("complaint.open", func() contract.ComplaintOpen {
		b := c.intake()
		b.AboutBy = []contract.UUID{c.Second.ID}
		return b
	}()).OpID
	b := c.Task(c.Second)
	b.CaseID = &about
	sent := c.Dispatcher.Enter("task.send", b).OpID
	c.Second.Enter("task.accept", contract.TaskAccept{TaskID: sent})
	read.SubjectID, read.TaskID = about, &sent
	u, err = unseal(c.Second, c.World, c.Second.Item("identity.read", read))
	if err != nil || u.Receipt.Problem == nil || u.Receipt.Problem.Code != contract.CodeUnknownReference {
		t.Errorf("who is complained of: %v %+v", err, u.Receipt)
	}
	c.Pass(time.Minute)
}
