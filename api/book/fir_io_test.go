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
