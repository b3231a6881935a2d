package book_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

const (
	hourly = 10 // reads that an officer has in an hour, and in a day
	daily  = 40
)

// spends reads one field so many times.
func (c *care) spends(o *booktest.Officer, times int) {
	c.t.Helper()
	for range times {
		reads(c.t, c.World, o, c.id, "/body/mobile")
	}
}

// spendsTheDay reads as often as a day allows, and an hour later is at now.
func (c *care) spendsTheDay(o *booktest.Officer) {
	c.t.Helper()
	for range daily / hourly {
		c.spends(o, hourly)
		c.Pass(time.Hour)
	}
}

// overBudget wants a read to be refused until so much time has passed.
func (c *care) overBudget(o *booktest.Officer, wait time.Duration) {
	c.t.Helper()
	u, err := unseal(o, c.World, o.Item("identity.read", wish(c.id, "/body/mobile"), booktest.With("centre", booktest.Centre)))
	if err != nil {
		c.t.Fatal(err)
	}
	p := u.Receipt.Problem
	if u.Receipt.Outcome != book.Refused || p.Code != contract.CodeReadBudget || p.Pointer != "/kind" || p.RetryAfter != wait || u.Fields != nil {
		c.t.Errorf("%s (%v), want a refusal for %s", u.Receipt.Outcome, p, wait)
	}
	for _, lang := range []contract.Lang{contract.Hindi, contract.English} {
		if r := p.Render(lang); r.Title == "" || r.Advice == "" || r.Detail == "" || r.Status != 429 {
			c.t.Errorf("%s: %+v", lang, r)
		}
	}
}

// raised lists what was told of refused reads.
func (c *care) raised() []string {
	c.t.Helper()
	if _, err := c.Book.Tick(context.Background()); err != nil {
		c.t.Fatal(err)
	}
	text := careText(c.t, c.World, `SELECT coalesce(string_agg(concat_ws(' ', b ->> 'why', b ->> 'to_role', b ->> 'complaint_id', e.guarded),
		E'\n' ORDER BY e.seq), '') FROM entries e, LATERAL (SELECT convert_from(e.sealed, 'UTF8')::json -> 'body' AS b) x WHERE e.kind = 'read.raise'`)
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func TestAnOfficerHasTenReadsInAnyHourAndFortyInAnyDay(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	c.spends(c.Beat, 4)
	c.Pass(20 * time.Minute)
	c.spends(c.Beat, 6)
	c.Pass(30 * time.Minute)
	c.overBudget(c.Beat, 10*time.Minute)
	c.spends(c.SHO, 1) // another has his own
	c.Pass(10 * time.Minute)
	c.spends(c.Beat, 4)
	c.overBudget(c.Beat, 20*time.Minute)
	c.spendsTheDay(c.Incharge)
	c.overBudget(c.Incharge, 20*time.Hour)
	c.Pass(20*time.Hour - time.Millisecond)
	c.overBudget(c.Incharge, time.Millisecond)
	c.Pass(time.Millisecond)
	c.spends(c.Incharge, hourly)
	c.overBudget(c.Incharge, time.Hour)
}

func TestTheSameReadSentAgainIsCountedOnce(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	item := c.Beat.Item("identity.read", wish(c.id, "/body/mobile"))
	for range 2 * hourly {
		if u, err := unseal(c.Beat, c.World, item); err != nil || len(u.Fields) != 1 {
			t.Fatal(err, u)
		}
	}
	c.spends(c.Beat, hourly-1)
	c.overBudget(c.Beat, time.Hour)
	if u, err := unseal(c.Beat, c.World, item); err != nil || len(u.Fields) != 1 {
		t.Errorf("a lost answer is not given again above the budget: %v, %+v", err, u)
	}
}

func TestReadsThatAreRefusedForAnotherReasonAreNotCounted(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	for range 2 * hourly {
		mayNot(t, c.World, c.Beat, contract.CodeUnknownReference, "/body/fields/0", c.id, "/body/address")
	}
	c.spends(c.Beat, hourly)
}

func TestInOneBatchNoMoreIsReadThanTheBudget(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	var items []contract.Item
	for range hourly + 3 {
		items = append(items, c.Beat.Item("identity.read", wish(c.id, "/body/mobile")))
	}
	entered := 0
	for i, r := range c.Beat.Send(items...) {
		if r.Outcome == book.Entered {
			entered++
		} else if i < hourly || r.Problem.Code != contract.CodeReadBudget {
			t.Errorf("op %d: %s (%v)", i, r.Outcome, r.Problem)
		}
	}
	if entered != hourly {
		t.Errorf("%d are entered", entered)
	}
	if got := c.raised(); len(got) != 1 {
		t.Errorf("told: %q", got)
	}
}

func TestWhoIsAboveIsToldOnceAnHourThatAReadWasRefused(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	c.spends(c.Beat, hourly)
	if got := c.raised(); got != nil {
		t.Fatalf("told before anything was refused: %q", got)
	}
	for range 3 {
		c.overBudget(c.Beat, time.Hour)
	}
	if got := c.raised(); !slices.Equal(got, []string{"budget_hour centre_incharge f"}) {
		t.Errorf("told: %q", got)
	}
	c.overBudget(c.Beat, time.Hour)
	if got := c.raised(); len(got) != 1 {
		t.Errorf("told again: %q", got)
	}
	jobs := count(t, c.World, `SELECT count(*) FROM river.river_job`)
	c.spends(c.Incharge, hourly)
	c.overBudget(c.Incharge, time.Hour)
	c.spendsTheDay(c.SHO)
	c.overBudget(c.SHO, 20*time.Hour)
	if got := c.raised(); !slices.Equal(got, []string{
		"budget_hour centre_incharge f", "budget_hour sho f", "budget_day co f",
	}) {
		t.Errorf("told: %q", got)
	}
	if n := count(t, c.World, `SELECT count(*) FROM river.river_job`); n == jobs {
		t.Error("nobody's phone is woken")
	}
	if n := count(t, c.World, `SELECT count(*) FROM outbox`); n != 0 {
		t.Errorf("%d still wait to be told", n)
	}
}

func TestASecondPersonAllowsMoreForAnHourAndNobodyHimself(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	more := func(o *booktest.Officer, n int) contract.ReadAllow {
		return contract.ReadAllow{OfficerID: o.ID, Count: n, Reason: "न्यायालय हेतु आख्या"}
	}
	c.spendsTheDay(c.Incharge)
	c.refused(c.Incharge, "read.allow", more(c.Incharge, 5), contract.CodeOwnAct, "/body/officer_id")
	c.refused(c.Beat, "read.allow", more(c.Incharge, 5), contract.CodeForbidden, "/kind")
	c.refused(c.SHO, "read.allow", more(c.Incharge, 11), contract.CodeOutOfRange, "/body/count")
	nobody := more(c.Incharge, 1)
	nobody.OfficerID = uuid.Must(uuid.NewV7())
	c.refused(c.SHO, "read.allow", nobody, contract.CodeUnknownReference, "/body/officer_id")
	c.overBudget(c.Incharge, 20*time.Hour)
	c.SHO.Enter("read.allow", more(c.Incharge, 2))
	c.spends(c.Incharge, 2)
	c.overBudget(c.Incharge, 20*time.Hour)
	if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'identity.read' AND facts::json ->> 'allowed' = 'true'`); n != 2 {
		t.Errorf("%d reads say that they were allowed", n)
	}
	c.SHO.Enter("read.allow", more(c.Incharge, 2))
	c.SHO.Enter("read.allow", more(c.Incharge, 1)) // in its place, not on top
	c.spends(c.Incharge, 1)
	c.overBudget(c.Incharge, 20*time.Hour)
	c.SHO.Enter("read.allow", more(c.Incharge, 3))
	c.Pass(time.Hour - time.Millisecond)
	c.spends(c.Incharge, 1)
	c.Pass(time.Millisecond)
	c.overBudget(c.Incharge, 19*time.Hour)
	c.Incharge.Enter("read.allow", more(c.Beat, 1)) // kept until it is needed
	c.spends(c.Beat, hourly+1)
	c.overBudget(c.Beat, time.Hour)
}

func TestWhatASecondPersonAllowsIsCountedByItselfAndNotInTheBudget(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	c.spends(c.Incharge, hourly)
	c.SHO.Enter("read.allow", contract.ReadAllow{OfficerID: c.Incharge.ID, Count: 3, Reason: "न्यायालय हेतु आख्या"})
	c.Pass(30 * time.Minute)
	c.spends(c.Incharge, 3)
	c.overBudget(c.Incharge, 30*time.Minute)
	c.Pass(30 * time.Minute)
	c.spends(c.Incharge, hourly) // the three take none of the next hour's
	c.overBudget(c.Incharge, time.Hour)
}

// bothSides is an in-charge of two stations, and a complaint of the other one.
func (c *care) bothSides() (*booktest.Officer, uuid.UUID) {
	c.t.Helper()
	o := c.Enlist(booktest.Centre, staff.CentreIncharge)
	second := staff.Post{PostID: uuid.Must(uuid.NewV7()), OfficerID: o.ID, Centre: booktest.OtherCentre, Role: staff.CentreIncharge, From: booktest.Start.Add(-24 * time.Hour)}
	receipts, err := c.Book.AppendServer(context.Background(), booktest.District, booktest.OtherCentre, book.RoleRegistrar, []book.ServerOp{{
		Kind: "post.take", Subject: second.PostID, Rule: "import", At: second.From,
		Body: contract.PostTake{PostID: second.PostID, OfficerID: o.ID, Role: contract.Role(second.Role)},
	}})
	if err != nil || receipts[0].Outcome != book.Entered {
		c.t.Fatal(err, receipts)
	}
	return o, c.Other.Enter("complaint.open", c.intake()).OpID
}

func TestWhatIsAllowedAtOneStationIsNotSpentAtAnother(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	o, theirs := c.bothSides()
	there := c.Enlist(booktest.OtherCentre, staff.SHO)
	c.spends(o, hourly)
	there.Enter("read.allow", contract.ReadAllow{OfficerID: o.ID, Count: 1, Reason: "न्यायालय हेतु आख्या"})
	c.SHO.Enter("read.allow", contract.ReadAllow{OfficerID: o.ID, Count: 2, Reason: "न्यायालय हेतु आख्या"})
	c.spends(o, 2)
	c.overBudget(o, time.Hour)
	read := func() string {
		u, err := unseal(o, c.World, o.Item("identity.read", wish(theirs, "/body/account"), booktest.With("centre", booktest.OtherCentre)))
		if err != nil {
			t.Fatal(err)
		}
		return u.Receipt.Outcome
	}
	if got := read(); got != book.Entered {
		t.Errorf("the one that is allowed there is %s", got)
	}
	if got := read(); got != book.Refused {
		t.Errorf("another is %s", got)
	}
}

// TestTwoProcessesTogetherGiveNoMoreThanTheBudget lets an officer who serves at
// two centres read in both books at once, through two processes: no head lock
// is common to them. Neither can finish before both have come as far as they
// get: nothing can be written to the table of reads meanwhile.
func TestTwoProcessesTogetherGiveNoMoreThanTheBudget(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	ctx := context.Background()
	o, theirs := c.bothSides()
	c.spends(o, hourly-1)
	conn := c.Superuser()
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `LOCK TABLE reads IN SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	outcomes := make([]string, 2)
	var wait sync.WaitGroup
	for i, at := range []struct {
		book *book.Book
		item contract.Item
	}{
		{c.Book, o.Item("identity.read", wish(c.id, "/body/account"))},
		{c.Process(nil), o.Item("identity.read", wish(theirs, "/body/account"), booktest.With("centre", booktest.OtherCentre))},
	} {
		wait.Go(func() {
			u, err := at.book.Unseal(ctx, o.Caller(), book.Incoming{ReceivedAt: c.Now(), Items: []contract.Item{at.item}})
			if err != nil {
				t.Error(err)
				return
			}
			outcomes[i] = u.Receipt.Outcome
			if p := u.Receipt.Problem; p != nil && p.Code != contract.CodeReadBudget {
				t.Errorf("%v", p)
			}
		})
	}
	const waiting = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
	for until := time.Now().Add(15 * time.Second); count(t, c.World, waiting) < 2 && time.Now().Before(until); {
		time.Sleep(20 * time.Millisecond)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	slices.Sort(outcomes)
	if !slices.Equal(outcomes, []string{book.Entered, book.Refused}) {
		t.Errorf("of two reads at once with one left: %v", outcomes)
	}
}
