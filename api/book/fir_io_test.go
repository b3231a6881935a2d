package book_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func TestTheInvestigatingOfficerEntersStepsWhateverHerPostAndCentre(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	here, away := c.Enlist(booktest.Centre, staff.DeskOfficer), c.Enlist(booktest.OtherCentre, staff.BeatOfficer)
	head := c.Enlist(booktest.OtherCentre, staff.SHO)
	at := booktest.With("centre", booktest.Centre)
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.IoBy = &here.ID }))
	if !slices.Contains(e.SeenBy, here.ID) {
		t.Errorf("she does not see the FIR that is hers: %v", e.SeenBy)
	}
	if got := here.Enter("fir.step", c.step(e, "statement", nil)); got.Role != staff.DeskOfficer || got.PostID != here.Posts[0].PostID {
		t.Errorf("entered as %s", got.Role)
	}
	c.refused(c.desk, "fir.step", c.step(e, "statement", nil), contract.CodeForbidden, "/kind")
	if r := away.Do("fir.step", c.step(e, "statement", nil), at); refusedBy(r) != contract.CodeNotYourPost {
		t.Errorf("of an FIR that is not hers: %v", r.Problem)
	}

	c.Pass(time.Hour)
	for _, next := range []*booktest.Officer{away, head} {
		if given := c.SHO.Enter("fir.step", c.step(e, "other", func(b *contract.FIRStep) { b.IoBy = &next.ID })); !slices.Contains(given.SeenBy, next.ID) {
			t.Errorf("nor that it became hers: %v", given.SeenBy)
		}
		got := next.Enter("fir.step", c.step(e, "progress_told", nil), at)
		if got.Centre != booktest.Centre || got.PostID != next.Posts[0].PostID {
			t.Errorf("entered at %s under %s", got.Centre, got.PostID)
		}
		for name, x := range map[string]struct {
			body    contract.FIRStep
			pointer string
		}{
			"gives it away":  {c.step(e, "other", func(b *contract.FIRStep) { b.IoBy = &here.ID }), "/body/io_by"},
			"sends it on":    {c.step(e, "transferred", func(b *contract.FIRStep) { b.ToCentre = new(booktest.OtherCentre) }), "/body/step"},
			"an FIR unknown": {contract.FIRStep{FIRID: uuid.Must(uuid.NewV7()), Step: "statement", DoneAt: contract.At(c.Now())}, "/centre"},
		} {
			r := next.Do("fir.step", x.body, at)
			if r.Outcome != book.Refused || r.Problem.Pointer != x.pointer {
				t.Errorf("%s: %s, %v", name, r.Outcome, r.Problem)
			}
		}
	}
	c.refused(here, "fir.step", c.step(e, "statement", nil), contract.CodeForbidden, "/kind") // hers no more
}

func TestTheInvestigatingOfficerOfAnotherCentreReadsTheCaseThatIsHersAndNothingElse(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	away, idle := c.Enlist(booktest.OtherCentre, staff.BeatOfficer), c.Enlist(booktest.OtherCentre, staff.Dispatcher)
	other := c.id
	c.id = careOfWorld(c, guardedOne)
	at := booktest.With("centre", booktest.Centre)
	read := func(o *booktest.Officer, of uuid.UUID) contract.Code {
		t.Helper()
		u, err := c.Book.Unseal(t.Context(), o.Caller(), book.Incoming{ReceivedAt: c.Now(), Items: []contract.Item{
			o.Item("identity.read", contract.IdentityRead{SubjectID: of, Fields: []string{"/body/complainant_name"}, Reason: "inquiry"}, at),
		}})
		if err != nil {
			t.Fatal(err)
		}
		if (refusedBy(u.Receipt) == contract.Code(book.Entered)) != (len(u.Fields) == 1) {
			t.Errorf("%d fields, %+v", len(u.Fields), u.Receipt)
		}
		return refusedBy(u.Receipt)
	}
	page := func(o *booktest.Officer, id uuid.UUID) *book.ComplaintDetail {
		t.Helper()
		d, err := c.Book.Complaint(t.Context(), o.Caller(), id)
		if err != nil && !isCode(err, contract.CodeNotFound) {
			t.Fatal(err)
		}
		return d
	}
	nothing := func(when string, o *booktest.Officer, id uuid.UUID) {
		t.Helper()
		if page(o, id) != nil {
			t.Errorf("%s: the page is there", when)
		}
		if got := read(o, id); got != contract.CodeNotYourPost {
			t.Errorf("%s: %s", when, got)
		}
	}
	nothing("before it is hers", away, c.id)
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.Sections, b.IoBy = []string{"bns_75"}, &away.ID }))
	if d := page(away, c.id); d == nil || d.Reduced || len(d.Steps) < 2 || d.OpenedByOp == nil || d.SlipNumber != "" {
		t.Errorf("hers: %+v", d)
	}
	if got := read(away, c.id); got != contract.Code(book.Entered) {
		t.Errorf("hers: %s", got)
	}
	nothing("another case of that centre", away, other)
	nothing("another officer of hers", idle, c.id)
	if _, err := c.Book.Feed(t.Context(), away.Caller(), booktest.Centre, 0, 50, 0); !isCode(err, contract.CodeNotFound) {
		t.Errorf("the feed: %v", err)
	}
	if _, err := c.Book.Custody(t.Context(), away.Caller(), c.id); !isCode(err, contract.CodeNotFound) {
		t.Errorf("custody: %v", err)
	}
	if _, err := c.Book.Register(t.Context(), away.Caller(), book.RegisterQuery{Centre: booktest.Centre, Register: "fir", Year: 2026, Limit: 5}); !isCode(err, contract.CodeNotFound) {
		t.Errorf("the register: %v", err)
	}
	// Given to the other, who may make no read by her own post: hers no more, and his.
	c.SHO.Enter("fir.step", c.step(e, "other", func(b *contract.FIRStep) { b.IoBy = &idle.ID }))
	nothing("given away", away, c.id)
	if page(idle, c.id) == nil || read(idle, c.id) != contract.Code(book.Entered) {
		t.Error("to whom it was given does not read it")
	}
	c.SHO.Enter("fir.step", c.step(e, "chargesheet", nil))
	nothing("over", idle, c.id)
}
