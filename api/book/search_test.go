package book_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// asks searches by a number and wants it to be entered.
func asks(t *testing.T, w *booktest.World, o *booktest.Officer, phone string) *book.Found {
	t.Helper()
	f := tries(t, w, o, phone)
	if f.Receipt.Outcome != book.Entered {
		t.Fatalf("search: %s (%v)", f.Receipt.Outcome, f.Receipt.Problem)
	}
	return f
}

func tries(t *testing.T, w *booktest.World, o *booktest.Officer, phone string) *book.Found {
	t.Helper()
	return searches(t, w, o, o.Item("phone.search", contract.PhoneSearch{Phone: phone, Reason: "inquiry"}))
}

func searches(t *testing.T, w *booktest.World, o *booktest.Officer, item contract.Item) *book.Found {
	t.Helper()
	f, err := w.Book.SearchPhone(context.Background(), o.Caller(), book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{item}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// numbersOf are the case numbers that a search found.
func numbersOf(f *book.Found) []string {
	var out []string
	for _, c := range f.Cases {
		out = append(out, c.No)
	}
	return out
}

func TestASearchByANumberTellsTheCasesThatTheOfficerMaySeeAndCountsTheOthers(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	c.Pass(time.Minute)
	opposite := func(b *contract.ComplaintOpen) { b.OppositeMobile = new("+919812345670") }
	careOfWorld(c, opposite)
	there := c.intake()
	withNumbers(&there)
	c.Other.Enter("complaint.open", there)
	careOfWorld(c, nil)
	desk := c.Enlist(booktest.Centre, staff.DeskOfficer) // has no part in any
	for name, x := range map[string]struct {
		who    *booktest.Officer
		want   []string
		others int
	}{
		"in-charge": {c.Incharge, []string{"KRW/HD/2026/00002", "KRW/HD/2026/00001"}, 1}, "head of the station": {c.SHO, []string{"KRW/HD/2026/00002", "KRW/HD/2026/00001"}, 1},
		"who took them down": {c.desk, []string{"KRW/HD/2026/00002", "KRW/HD/2026/00001"}, 1}, "another desk": {desk, nil, 3}, "the other centre": {c.Other, []string{"RJP/HD/2026/00001"}, 2},
	} {
		f := asks(t, c.World, x.who, "9812345670")
		if got := numbersOf(f); !slices.Equal(got, x.want) || f.Others != x.others {
			t.Errorf("%s: %v and %d others, want %v and %d", name, got, f.Others, x.want, x.others)
		}
	}
	if f := asks(t, c.World, c.Incharge, "9812345671"); len(f.Cases)+f.Others != 0 {
		t.Errorf("a number that stands nowhere: %+v", f)
	}
}

func TestThatANumberStandsInAGuardedCaseIsForWhoIsNamedOnIt(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { guardedOne(b); withNumbers(b) })
	for name, o := range map[string]*booktest.Officer{"in-charge": c.Incharge, "head of the station": c.SHO} {
		if f := asks(t, c.World, o, "9812345670"); len(f.Cases) != 0 || f.Others != 1 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := asks(t, c.World, c.desk, "9812345670"); len(f.Cases) != 1 {
		t.Errorf("who took it down: %+v", f)
	}
	c.SHO.Enter("case.name", naming(c.id, c.SHO.ID))
	if f := asks(t, c.World, c.SHO, "9812345670"); len(f.Cases) != 1 || f.Others != 0 {
		t.Errorf("who is named: %+v", f)
	}
}

func TestOnlyTheDeskAndWhoHeadsItSearch(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	co := circleOfficer(t, c.World)
	for name, o := range map[string]*booktest.Officer{
		"leader": c.Leader, "squad member": c.Member, "beat": c.Beat, "counsellor": c.counsellor, "dispatcher": c.Dispatcher, "circle": co, "SP": c.SP,
	} {
		f := tries(t, c.World, o, "9812345670")
		if f.Receipt.Outcome != book.Refused || f.Receipt.Problem.Code != contract.CodeForbidden || len(f.Cases)+f.Others != 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := searches(t, c.World, c.Incharge, c.Incharge.Item("visit.record", c.Visit())); f.Receipt.Problem == nil || f.Receipt.Problem.Code != contract.CodeBadKind {
		t.Errorf("another kind: %+v", f.Receipt)
	}
	if n := count(t, c.World, `SELECT count(*) FROM reads`); n != 0 {
		t.Errorf("%d are counted", n)
	}
}

func TestNothingOfTheNumberStandsInTheEntryOrBesideIt(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	f := asks(t, c.World, c.Incharge, "9988776655")
	e := f.Receipt.Entry
	lines, _ := follow(t, c.Book, c.Incharge, booktest.Centre, e.Seq-1, 10)
	if len(lines) != 1 || lines[0].Kind != "phone.search" {
		t.Fatalf("%+v", lines)
	}
	all := careText(t, c.World, `SELECT convert_from(wire, 'UTF8') || convert_from(sealed, 'UTF8') || facts || flags FROM entries WHERE op_id = '`+e.OpID.String()+`'`) +
		careText(t, c.World, `SELECT string_agg(r::text, ' ') FROM reads r`) + careText(t, c.World, `SELECT coalesce(string_agg(m::text, ' '), '') FROM case_marks m`)
	for _, part := range []string{"9988776655", "6655", "998877"} {
		if strings.Contains(all, part) {
			t.Errorf("%s stands in %s", part, all)
		}
	}
	if !strings.Contains(all, `"inquiry"`) {
		t.Errorf("the entry does not say why: %s", all)
	}
}

func TestTwentySearchesAnHourAreTheMostAndMoreAreTold(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	item := c.desk.Item("phone.search", contract.PhoneSearch{Phone: "9812345670", Reason: "inquiry"})
	for range 25 { // one and the same
		if f := searches(t, c.World, c.desk, item); len(f.Cases) != 1 {
			t.Fatalf("%+v", f)
		}
	}
	c.Pass(10 * time.Minute)
	for range 19 {
		asks(t, c.World, c.desk, "9812345670")
	}
	f := tries(t, c.World, c.desk, "9812345670")
	p := f.Receipt.Problem
	if f.Receipt.Outcome != book.Refused || p.Code != contract.CodeSearchBudget || p.RetryAfter != 50*time.Minute || len(f.Cases)+f.Others != 0 {
		t.Fatalf("the twenty-first: %+v", f)
	}
	if got := c.raised(); !slices.Equal(got, []string{"budget_search centre_incharge f"}) {
		t.Errorf("told: %q", got)
	}
	c.spends(c.desk, hourly) // reads have a budget of their own
	c.Pass(50 * time.Minute)
	asks(t, c.World, c.desk, "9812345670")
	if f := searches(t, c.World, c.desk, item); f.Receipt.Outcome != book.Entered || len(f.Cases)+f.Others != 0 {
		t.Errorf("the first, sent again an hour later: %+v", f)
	}
}

func TestNobodySearchesByHisOwnNumberOrFindsWhatIsAboutHimself(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	about := c.intake()
	withNumbers(&about)
	about.AboutBy = []uuid.UUID{c.Incharge.ID}
	c.desk.Enter("complaint.open", about)
	f := asks(t, c.World, c.Incharge, "9812345670")
	if got := numbersOf(f); !slices.Equal(got, []string{"KRW/HD/2026/00001"}) || f.Others != 0 {
		t.Errorf("%v and %d others", got, f.Others)
	}
	c.hasNumber(c.Incharge, "9812345670")
	f = tries(t, c.World, c.Incharge, "+919812345670")
	if f.Receipt.Outcome != book.Refused || f.Receipt.Problem.Code != contract.CodeConflictOfInterest || f.Receipt.Problem.Pointer != "/body/phone" {
		t.Errorf("%+v", f.Receipt)
	}
	if got := c.raised(); !slices.Equal(got, []string{"own_number sho f"}) {
		t.Errorf("told: %q", got)
	}
}
