package book_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// naming is the body of case.name.
func naming(subject, officer uuid.UUID) contract.CaseName {
	return contract.CaseName{SubjectID: subject, OfficerID: officer, Reason: "inquiry"}
}

// detailOf reads a complaint.
func detailOf(t *testing.T, w *booktest.World, o *booktest.Officer, id uuid.UUID) *book.ComplaintDetail {
	t.Helper()
	d, err := w.Book.Complaint(context.Background(), o.Caller(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAGuardedCaseIsReadByWhoIsNamedOnItAndNobodyElse(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { withNumbers(b); guardedOne(b) })
	const field = "/body/complainant_name"
	for name, o := range map[string]*booktest.Officer{
		"in-charge": c.Incharge, "head of the station": c.SHO, "another beat": c.Second, "a counsellor": c.counsellor, "the circle": circleOfficer(t, c.World),
	} {
		t.Run(name, func(t *testing.T) { mayNot(t, c.World, o, contract.CodeNotNamed, "/body/subject_id", c.id, field) })
	}
	reads(t, c.World, c.Beat, c.id, field)           // by her assignment
	reads(t, c.World, c.desk, c.id, "/body/account") // her own entry

	e := c.Incharge.Enter("case.name", naming(c.id, c.Incharge.ID))
	if !e.Guarded || !slices.Contains(e.SeenBy, c.Beat.ID) {
		t.Errorf("those named do not see it: %+v", e)
	}
	if u := reads(t, c.World, c.Incharge, c.id, field); !u.Receipt.Entry.Guarded || !slices.Contains(u.Receipt.Entry.SeenBy, c.Beat.ID) {
		t.Errorf("the read is open to all, or those named do not see it: %+v", u.Receipt.Entry)
	}
	c.SHO.Enter("case.name", naming(c.id, c.Second.ID))
	reads(t, c.World, c.Second, c.id, field, "/body/mobile")
	d := detailOf(t, c.World, c.Second, c.id)
	if !slices.Contains(d.Named, c.Second.ID) || !slices.Contains(d.Named, c.Beat.ID) || len(d.Named) != 3 {
		t.Errorf("who is named: %v", d.Named)
	}
	c.SHO.Enter("case.unname", contract.CaseUnname{SubjectID: c.id, OfficerID: c.Second.ID, Reason: "work_over"})
	mayNot(t, c.World, c.Second, contract.CodeNotNamed, "/body/subject_id", c.id, field)
}

func TestAnAssignmentNamesUntilAnotherHasIt(t *testing.T) {
	t.Parallel()
	c := careOf(t, guardedOne)
	const field = "/body/complainant_name"
	c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: c.id, OfficerID: c.Second.ID})
	reads(t, c.World, c.Second, c.id, field)
	mayNot(t, c.World, c.Beat, contract.CodeNotNamed, "/body/subject_id", c.id, field)
	c.Incharge.Enter("complaint.intervene", contract.ComplaintIntervene{ComplaintID: c.id, Note: "स्वयं जाँच करूँगी"})
	reads(t, c.World, c.Incharge, c.id, field)
	mayNot(t, c.World, c.Second, contract.CodeNotNamed, "/body/subject_id", c.id, field)
	c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: c.id, OfficerID: c.Beat.ID})
	c.Incharge.Enter("post.leave", contract.PostLeave{PostID: c.Beat.Posts[0].PostID, Reason: "transfer"})
	if d := detailOf(t, c.World, c.Incharge, c.id); len(d.Named) != 0 {
		t.Errorf("who left her post is named: %v", d.Named)
	}
}

func TestTheDigitsOfAGuardedCaseAreForWhoIsNamed(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { withNumbers(b); guardedOne(b) })
	masks := func(o *booktest.Officer) int {
		p, err := c.Book.Register(context.Background(), o.Caller(), book.RegisterQuery{Centre: booktest.Centre, Register: "help_desk", Year: c.Now().Year(), Limit: 10})
		if err != nil || len(p.Rows) != 1 {
			t.Fatalf("%v, %d rows", err, len(p.Rows))
		}
		return len(p.Rows[0].Masks) + len(detailOf(t, c.World, o, c.id).Masks)
	}
	if n := masks(c.Incharge); n != 0 {
		t.Errorf("who is not named is shown the digits of %d numbers", n)
	}
	c.Incharge.Enter("case.name", naming(c.id, c.Incharge.ID))
	if n := masks(c.Incharge); n != 4 {
		t.Errorf("who is named is shown the digits of %d numbers", n)
	}
}

func TestNamesAreForGuardedCasesThatAreHereAndForWhoServesHere(t *testing.T) {
	t.Parallel()
	c := careOf(t, guardedOne)
	open := c.intake()
	plain := c.desk.Enter("complaint.open", open).OpID
	open.Category, open.AboutBy = "sexual_assault", []uuid.UUID{c.Leader.ID}
	about := c.desk.Enter("complaint.open", open).OpID
	for name, f := range map[string]struct {
		by      *booktest.Officer
		body    contract.CaseName
		code    contract.Code
		pointer string
	}{
		"a case that needs no names": {c.Incharge, naming(plain, c.Second.ID), contract.CodeWrongState, "/body/subject_id"},
		"who is named already":       {c.Incharge, naming(c.id, c.Beat.ID), contract.CodeWrongState, "/body/officer_id"},
		"who serves elsewhere":       {c.Incharge, naming(c.id, c.Other.ID), contract.CodeUnknownReference, "/body/officer_id"},
		"who is complained of":       {c.Incharge, naming(about, c.Leader.ID), contract.CodeUnknownReference, "/body/officer_id"},
		"by a beat officer":          {c.Beat, naming(c.id, c.Second.ID), contract.CodeForbidden, "/kind"},
		"on an entry that is none":   {c.Incharge, naming(c.Beat.Enter("visit.record", c.Visit()).OpID, c.Second.ID), contract.CodeUnknownReference, "/body/subject_id"},
		"for a reason nobody has":    {c.Incharge, contract.CaseName{SubjectID: c.id, OfficerID: c.Second.ID, Reason: "curious"}, contract.CodeUnknownCode, "/body/reason"},
	} {
		t.Run(name, func(t *testing.T) { refusedOp(t, name, f.by.Do("case.name", f.body), f.code, f.pointer) })
	}
	refusedOp(t, "a name that is not there", c.Incharge.Do("case.unname", contract.CaseUnname{SubjectID: c.id, OfficerID: c.Beat.ID, Reason: "work_over"}),
		contract.CodeWrongState, "/body/officer_id")
	c.Incharge.Enter("complaint.transfer", transferTo(booktest.OtherCentre, c.id))
	refusedOp(t, "one that went elsewhere", c.Incharge.Do("case.name", naming(c.id, c.Second.ID)), contract.CodeWrongState, "/body/subject_id")
}

func TestTheGlassIsBrokenByTwoForOneCaseAndAnHourAndIsReviewed(t *testing.T) {
	t.Parallel()
	c := careOf(t, guardedOne)
	const field = "/body/complainant_name"
	cell := c.Enlist(book.HQ, staff.WomenCell)
	at := booktest.With("centre", booktest.Centre)
	ask := func(o *booktest.Officer) uuid.UUID {
		return o.Enter("glass.ask", contract.GlassAsk{ComplaintID: c.id, Reason: "danger_to_her", Text: "नामित अधिकारी उपलब्ध नहीं हैं"}).OpID
	}
	id := ask(c.Second)
	allow := contract.GlassAllow{AskID: id}
	mayNot(t, c.World, c.Second, contract.CodeNotNamed, "/body/subject_id", c.id, field)
	refusedOp(t, "by a post that is not above", c.Leader.Do("glass.allow", allow), contract.CodeForbidden, "/kind")
	refusedOp(t, "a review before anybody allowed it", cell.Do("glass.review", contract.GlassReview{AskID: id, Verdict: "justified", Text: "अभिलेख देखा"}, at),
		contract.CodeWrongState, "/body/ask_id")
	c.Incharge.Enter("glass.allow", allow)
	refusedOp(t, "twice", c.SHO.Do("glass.allow", allow), contract.CodeWrongState, "/body/ask_id")
	if u := reads(t, c.World, c.Second, c.id, field); !slices.Contains(u.Receipt.Entry.SeenBy, c.Beat.ID) {
		t.Error("who is named does not see the read")
	}
	mayNot(t, c.World, c.SHO, contract.CodeNotNamed, "/body/subject_id", c.id, field) // it is open to who asked
	open := c.intake()
	open.Category = "sexual_assault"
	mayNot(t, c.World, c.Second, contract.CodeNotNamed, "/body/subject_id", c.desk.Enter("complaint.open", open).OpID, field)
	c.Pass(time.Hour)
	mayNot(t, c.World, c.Second, contract.CodeNotNamed, "/body/subject_id", c.id, field)

	c.Pass(23 * time.Hour)
	tick(t, c.World)
	if n := count(t, c.World, `SELECT count(*) FROM clocks WHERE code = 'glass_review' AND rung > 0 AND stopped_at IS NULL`); n != 1 {
		t.Errorf("%d limits of a review are told", n)
	}
	refusedOp(t, "a review by a post of the station", c.SHO.Do("glass.review", contract.GlassReview{AskID: id, Verdict: "justified", Text: "अभिलेख देखा"}),
		contract.CodeForbidden, "/kind")
	cell.Enter("glass.review", contract.GlassReview{AskID: id, Verdict: "not_justified", Text: "नामित अधिकारी उपलब्ध थीं"}, at)
	if n := count(t, c.World, `SELECT count(*) FROM clocks WHERE code = 'glass_review' AND stopped_at IS NULL`); n != 0 {
		t.Error("the limit runs on after the review")
	}
}

func TestWhoAsksToBreakTheGlassNeitherAllowsNorJudgesItAndNobodyBelowDoes(t *testing.T) {
	t.Parallel()
	c := careOf(t, guardedOne)
	ask := contract.GlassAsk{ComplaintID: c.id, Reason: "named_absent", Text: "नामित अधिकारी उपलब्ध नहीं हैं"}
	id := c.SHO.Enter("glass.ask", ask).OpID
	refusedOp(t, "himself", c.SHO.Do("glass.allow", contract.GlassAllow{AskID: id}), contract.CodeForbidden, "/body/ask_id")
	refusedOp(t, "his in-charge", c.Incharge.Do("glass.allow", contract.GlassAllow{AskID: id}), contract.CodeForbidden, "/body/ask_id")
	refusedOp(t, "who is named", c.Beat.Do("glass.ask", ask), contract.CodeWrongState, "/body/complaint_id")
	refusedOp(t, "a counsellor", c.counsellor.Do("glass.ask", ask), contract.CodeForbidden, "/kind")
	c.Pass(time.Hour + time.Minute)
	sp := booktest.With("centre", booktest.Centre)
	refusedOp(t, "after an hour", c.SP.Do("glass.allow", contract.GlassAllow{AskID: id}, sp), contract.CodeTooOld, "/body/ask_id")
	id = c.SHO.Enter("glass.ask", ask).OpID
	c.SP.Enter("glass.allow", contract.GlassAllow{AskID: id}, sp)
	refusedOp(t, "a review by who allowed it", c.SP.Do("glass.review", contract.GlassReview{AskID: id, Verdict: "justified", Text: "अभिलेख देखा"}, sp),
		contract.CodeOwnAct, "/body/ask_id")
	reads(t, c.World, c.SHO, c.id, "/body/complainant_name")
}
