package book_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// readers is the list of who read what in Karwi's book in these days, by officer.
func (c *care) readers(by *booktest.Officer, centre string) map[uuid.UUID]book.Reader {
	c.t.Helper()
	list, err := c.Book.Readers(c.t.Context(), by.Caller(), centre, c.Now().AddDate(0, 0, -3), c.Now().AddDate(0, 0, 3))
	if err != nil {
		c.t.Fatal(err)
	}
	out := map[uuid.UUID]book.Reader{}
	for _, r := range list {
		out[r.OfficerID] = r
	}
	return out
}

func TestEachReadThatIsRefusedLeavesARowAndThoseAboveSeeHowMany(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	mayNot(t, c.World, c.Second, contract.CodeCaseNotYours, "/body/subject_id", c.id, "/body/mobile")
	item := c.Second.Item("identity.read", wish(c.id, "/body/account"))
	for range 2 { // the same op again is one row that counts
		if u, err := unseal(c.Second, c.World, item); err != nil || u.Receipt.Outcome != book.Refused {
			t.Fatal(err, u)
		}
	}
	c.Second.Send(c.Second.Item("identity.read", wish(c.id, "/body/account"))) // in a batch, where nothing would be given
	forged := c.Second.Item("identity.read", wish(c.id, "/body/account"))
	forged.Sig = item.Sig
	if u, err := unseal(c.Second, c.World, forged); err != nil || u.Receipt.Problem.Code != contract.CodeBadSignature {
		t.Fatal(err, u)
	}
	refusedOp(t, "a search", c.Second.Do("phone.search", contract.PhoneSearch{Phone: "9812345670", Reason: "inquiry"}), contract.CodeForbidden, "/kind")
	reads(t, c.World, c.Beat, c.id, "/body/mobile")

	rows := `SELECT count(*) FROM read_denials WHERE officer_id = '` + c.Second.ID.String() + `' AND `
	for where, want := range map[string]int64{
		`true`: 5, `code = 'case_not_yours'`: 3, `tries = 2`: 1, `code = 'bad_signature'`: 1, `kind = 'phone.search' AND subject_id IS NULL`: 1,
		`subject_id = '` + c.id.String() + `' AND at IS NOT NULL AND centre = 'KRW'`: 4,
	} {
		if n := count(t, c.World, rows+where); n != want {
			t.Errorf("%d rows where %s, want %d", n, where, want)
		}
	}
	if n := count(t, c.World, `SELECT count(*) FROM read_denials WHERE officer_id <> '`+c.Second.ID.String()+`'`); n != 0 {
		t.Errorf("%d rows of who was not refused", n)
	}
	got := c.readers(c.Incharge, booktest.Centre)
	if r := got[c.Second.ID]; r.Denied != 6 || r.Reads != 0 || len(r.Cases) != 0 {
		t.Errorf("the in-charge sees %+v", r)
	}
	if r := got[c.Beat.ID]; r.Denied != 0 || r.Reads != 1 || len(r.Cases) != 1 || r.Cases[0] != "KRW/HD/2026/00001" {
		t.Errorf("of who reads she sees %+v", r)
	}
}

func TestTheWeeksListTellsWhoReadWhatByOfficer(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	child := c.intake()
	guardedOne(&child)
	guarded := c.desk.Enter("complaint.open", child).OpID
	for range 2 {
		reads(t, c.World, c.desk, c.id, "/body/mobile")
	}
	reads(t, c.World, c.desk, guarded, "/body/complainant_name")
	c.desk.Enter("phone.search", contract.PhoneSearch{Phone: "9812345670", Reason: "inquiry"})
	for _, centre := range []string{"", booktest.Centre} {
		r := c.readers(c.SP, centre)[c.desk.ID]
		if r.Reads != 3 || r.Searches != 1 || r.Guarded != 1 || r.Denied != 0 || r.CaseCount != 2 || len(r.Cases) != 2 || r.Centre != "KRW" {
			t.Errorf("of %q: %+v", centre, r)
		}
	}
	from, to := c.Now().AddDate(0, 0, -3), c.Now()
	for name, ask := range map[string]func() error{
		"by a beat officer": func() error {
			_, err := c.Book.Readers(t.Context(), c.Beat.Caller(), booktest.Centre, from, to)
			return err
		},
		"of all books by the in-charge": func() error {
			_, err := c.Book.Readers(t.Context(), c.Incharge.Caller(), "", from, to)
			return err
		},
	} {
		if err := ask(); !isCode(err, contract.CodeForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Book.Readers(t.Context(), c.Other.Caller(), booktest.Centre, from, to); !isCode(err, contract.CodeNotFound) {
		t.Errorf("by another centre: %v", err)
	}
	if _, err := c.Book.Readers(t.Context(), c.SP.Caller(), "", from.AddDate(0, 0, -60), to); !isCode(err, contract.CodeSpanTooLong) {
		t.Errorf("of two months: %v", err)
	}
}

func TestReadsAboveTheBudgetAndABrokenGlassRaiseAnAlarmOnce(t *testing.T) {
	t.Parallel()
	c := careOf(t, guardedOne)
	alarm := func(kind string, about uuid.UUID) int64 {
		return count(t, c.World, `SELECT count(*) FROM alarms WHERE kind = '`+kind+`' AND centre = 'KRW' AND about_id = '`+about.String()+`'`)
	}
	for range hourly {
		reads(t, c.World, c.Beat, c.id, "/body/complainant_name")
	}
	if n := alarm("read_budget", c.Beat.ID); n != 0 {
		t.Errorf("%d alarms within the budget", n)
	}
	for range 3 {
		mayNot(t, c.World, c.Beat, contract.CodeReadBudget, "/kind", c.id, "/body/complainant_name")
	}
	if n := alarm("read_budget", c.Beat.ID); n != 1 {
		t.Errorf("%d alarms of one hour", n)
	}
	c.Pass(50 * time.Minute) // of the next hour of the clock
	mayNot(t, c.World, c.Beat, contract.CodeReadBudget, "/kind", c.id, "/body/complainant_name")
	if n := alarm("read_budget", c.Beat.ID); n != 2 {
		t.Errorf("%d alarms of two hours", n)
	}
	ask := c.Second.Enter("glass.ask", contract.GlassAsk{ComplaintID: c.id, Reason: "medical", Text: "तत्काल चिकित्सा आवश्यक"}).OpID
	if n := alarm("glass_broken", c.Second.ID); n != 0 {
		t.Error("an alarm before anything is opened")
	}
	item := c.SHO.Item("glass.allow", contract.GlassAllow{AskID: ask})
	c.SHO.Send(item)
	c.SHO.Send(item)
	if n := alarm("glass_broken", c.Second.ID); n != 1 {
		t.Errorf("%d alarms of one glass", n)
	}
}
