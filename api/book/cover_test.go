package book_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func TestWhoCoversAPostHasItsRightsForTheTimeAndTheEntrySaysActing(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.Second.Enter("complaint.open", complaintOf(w, registered)).OpID
	assign := func() book.Receipt {
		return w.Beat.Do("complaint.assign", contract.ComplaintAssign{ComplaintID: id, OfficerID: w.Second.ID})
	}
	refusedOp(t, "before", assign(), contract.CodeForbidden, "/kind")
	cover := coverOf(w, w.Incharge, w.Beat, 8*time.Hour)
	cover.From = contract.At(w.Now().Add(time.Hour))
	w.Incharge.Enter("post.cover", cover)
	refusedOp(t, "named, and not begun", assign(), contract.CodeForbidden, "/kind")
	w.Pass(2 * time.Hour)
	e := assign()
	if e.Outcome != book.Entered || e.Entry.Role != staff.CentreIncharge || e.Entry.PostID != cover.CoverID || e.Entry.Facts["acting"] != true {
		t.Fatalf("acting: %+v %v", e.Entry, e.Problem)
	}
	if own := w.Beat.Enter("visit.record", w.Visit()); own.Role != staff.BeatOfficer || own.Facts["acting"] != nil {
		t.Errorf("under her own post: %s %v", own.Role, own.Facts)
	}
	if her := w.Incharge.Enter("day.review", contract.DayReview{ComplaintID: id, Verdict: "seen"}); her.Facts["acting"] != nil {
		t.Error("the holder of the post is acting")
	}
	w.Pass(7 * time.Hour)
	refusedOp(t, "when it has ended by itself", assign(), contract.CodeForbidden, "/kind")
}

func TestACoverIsForATimeAheadAndIsNotPassedOn(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	with := func(change func(b *contract.PostCover)) contract.PostCover {
		b := coverOf(w, w.Incharge, w.Second, time.Hour)
		change(&b)
		return b
	}
	for name, c := range map[string]struct {
		body contract.PostCover
		code contract.Code
		ptr  string
	}{
		"backwards":                {with(func(b *contract.PostCover) { b.To = b.From }), contract.CodeEndedBeforeStarted, "/body/to"},
		"for a quarter of a year":  {with(func(b *contract.PostCover) { b.To = contract.At(b.From.Add(90 * 24 * time.Hour)) }), contract.CodeOutOfRange, "/body/to"},
		"for what was done":        {with(func(b *contract.PostCover) { b.From = contract.At(w.Now().Add(-time.Hour)) }), contract.CodeTooOld, "/body/from"},
		"of nobody's post":         {with(func(b *contract.PostCover) { b.PostID = uuid.Must(uuid.NewV7()) }), contract.CodeUnknownReference, "/body/post_id"},
		"of another centre's post": {with(func(b *contract.PostCover) { b.PostID = w.Other.Posts[0].PostID }), contract.CodeUnknownReference, "/body/post_id"},
		"by nobody":                {with(func(b *contract.PostCover) { b.OfficerID = uuid.Must(uuid.NewV7()) }), contract.CodeUnknownReference, "/body/officer_id"},
		"under an id that is used": {with(func(b *contract.PostCover) { b.CoverID = w.Beat.Posts[0].PostID }), contract.CodeWrongState, "/body/cover_id"},
	} {
		refusedOp(t, name, w.SHO.Do("post.cover", c.body), c.code, c.ptr)
	}
	refusedOp(t, "of a post above by the in-charge", w.Incharge.Do("post.cover", coverOf(w, w.SHO, w.Second, time.Hour)), contract.CodeForbidden, "/body/post_id")
	refusedOp(t, "by a beat officer", w.Beat.Do("post.cover", coverOf(w, w.Beat, w.Second, time.Hour)), contract.CodeForbidden, "/kind")

	acting := coverOf(w, w.Incharge, w.Beat, time.Hour)
	w.SHO.Enter("post.cover", acting)
	refusedOp(t, "passed on", w.Beat.Do("post.cover", coverOf(w, w.Second, w.Member, time.Hour)), contract.CodeActingOnly, "/kind")
	refusedOp(t, "a post given by who is acting", w.Beat.Do("post.take", contract.PostTake{PostID: uuid.Must(uuid.NewV7()), OfficerID: w.Member.ID, Role: "beat_officer"}),
		contract.CodeActingOnly, "/kind")
	again := coverOf(w, w.Incharge, w.Second, time.Hour)
	again.PostID = acting.CoverID
	refusedOp(t, "of a cover", w.SHO.Do("post.cover", again), contract.CodeWrongReference, "/body/post_id")
	circleOfficer(t, w).Enter("post.cover", coverOf(w, w.SHO, w.Incharge, time.Hour), atKarwi)
}
