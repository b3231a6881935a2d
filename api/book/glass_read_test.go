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

func TestAnAskIsListedForWhoMayAllowOrReviewItAndForNobodyElse(t *testing.T) {
	t.Parallel()
	c := careOf(t, guardedOne)
	cell, sp := c.Enlist(book.HQ, staff.WomenCell), c.Enlist(book.HQ, staff.SP)
	id := c.Second.Enter("glass.ask", contract.GlassAsk{ComplaintID: c.id, Reason: "danger_to_her", Text: "नामित अधिकारी उपलब्ध नहीं हैं"}).OpID
	lists := func(o *booktest.Officer) bool {
		t.Helper()
		list, err := c.Book.GlassAsks(context.Background(), o.Caller())
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(list, func(g book.GlassAsk) bool { return g.AskID == id })
	}
	check := func(when string, want bool, people map[string]*booktest.Officer) {
		t.Helper()
		for name, o := range people {
			if lists(o) != want {
				t.Errorf("%s: %s is told of it: %t", when, name, !want)
			}
		}
	}
	keepers := map[string]*booktest.Officer{"in-charge": c.Incharge, "head of the station": c.SHO, "circle": circleOfficer(t, c.World), "SP": sp, "women cell": cell}
	check("asked", true, keepers)
	check("asked", false, map[string]*booktest.Officer{
		"who asked": c.Second, "the desk": c.desk, "another centre": c.Other, "in-charge elsewhere": c.Enlist(booktest.OtherCentre, staff.CentreIncharge),
	})
	if d := detailOf(t, c.World, c.Incharge, c.id); len(d.Glass) != 1 || !d.Hidden || d.Glass[0].Text == "" || d.Glass[0].OfficerID != c.Second.ID {
		t.Errorf("on the complaint: %+v", d.Glass)
	}
	if d := detailOf(t, c.World, c.Beat, c.id); len(d.Glass) != 0 || d.Hidden {
		t.Errorf("who is named sees asks of others, or is not named: %+v", d.Glass)
	}
	c.Pass(61 * time.Minute)
	check("after the hour", false, keepers)
}

func TestAComplaintIsFoundByItsNumberByWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	c := careOf(t, guardedOne)
	d := detailOf(t, c.World, c.Incharge, c.id)
	find := func(o *booktest.Officer, year int) (*book.ComplaintView, error) {
		return c.Book.ComplaintNo(context.Background(), o.Caller(), booktest.Centre, year, d.Serial)
	}
	for _, year := range []int{0, d.Year} {
		if got, err := find(c.Incharge, year); err != nil || got.ComplaintID != c.id {
			t.Errorf("year %d: %v", year, err)
		}
	}
	if _, err := find(c.Incharge, d.Year-1); err == nil {
		t.Error("another year's")
	}
	if _, err := find(c.Other, 0); err == nil {
		t.Error("from another centre")
	}
	if got, err := find(c.Enlist(book.HQ, staff.SP), 0); err != nil || !got.Reduced || got.ComplaintID == c.id {
		t.Errorf("the SP learns the id of a guarded one: %v", err)
	}
}

func TestTheNewestComplaintsComeFirstPageByPage(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	want := []uuid.UUID{c.id}
	for range 4 {
		want = append(want, c.desk.Enter("complaint.open", c.intake()).OpID)
	}
	slices.Reverse(want)
	var got []uuid.UUID
	q := book.ComplaintQuery{Centre: booktest.Centre, Newest: true, Limit: 2}
	for {
		page, err := c.Book.Complaints(context.Background(), c.Incharge.Caller(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Views {
			got = append(got, v.ComplaintID)
		}
		if !page.More {
			break
		}
		q.After = page.Next
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
