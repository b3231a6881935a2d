package book_test

import (
	"testing"
	"time"

	"github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// qualityOf reads how the centre worked in the days before today and in today.
func qualityOf(t *testing.T, w *booktest.World, days int) *book.Quality {
	t.Helper()
	y, m, d := w.Now().In(careIST).Date()
	to := time.Date(y, m, d, 0, 0, 0, 0, careIST)
	list, err := w.Book.Qualities(t.Context(), w.SHO.Caller(), booktest.Centre, to.AddDate(0, 0, 1-days), to)
	if err != nil || len(list) != 1 {
		t.Fatal(err, list)
	}
	return &list[0]
}

// parts sums what stands in the parts of a trend.
func parts(t book.Trend) (s book.Share) {
	for _, p := range t.Parts {
		s.N, s.Of = s.N+p.N, s.Of+p.Of
	}
	return s
}

func TestQualityIsWhatAHandWouldCount(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil) // 1: comes, is settled, is satisfied
	c.dispose()
	c.Pass(time.Hour)
	c.desk.Enter("feedback.call", c.spoke())
	c.Incharge.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id, DueOn: []types.Date{c.on(1), c.on(4), c.on(8)}})
	c.Pass(24 * time.Hour)
	c.Second.SignIn()
	c.Second.Enter("follow_up.done", c.seen()) // on its day
	c.Pass(5 * 24 * time.Hour)
	c.Second.SignIn()
	c.Second.Enter("follow_up.done", c.seen()) // two days late

	for _, o := range []*booktest.Officer{c.SHO, c.desk, c.Second, c.Beat, c.counsellor, c.Incharge} {
		o.SignIn()
	}
	first := c.id // 2: is not satisfied, and taken up again
	c.id = careOfWorld(c, nil)
	c.SHO.Enter("complaint.dispose", contract.ComplaintDispose{ComplaintID: c.id, Disposal: "not_substantiated", DisposalNote: "जाँच में पुष्टि नहीं हुई", ToldHer: true})
	no := c.spoke()
	no.Satisfied, no.Wants, no.Reason = new("no"), new("more_action"), new("no_action")
	c.Second.Enter("feedback.call", no)
	careOfWorld(c, func(b *contract.ComplaintOpen) { b.RegisteredAt = nil }) // 3: came and waits
	c.id = first
	c.Pass(4 * 24 * time.Hour) // the third day of the plan goes by
	c.SHO.SignIn()

	q := qualityOf(t, c.World, 20)
	for name, x := range map[string]struct {
		trend book.Trend
		want  book.Share
	}{
		"registered":     {q.Registered, book.Share{N: 2, Of: 3}},
		"spoken to":      {q.Feedback, book.Share{N: 1, Of: 1}}, // the other is open again
		"satisfied":      {q.Satisfied, book.Share{N: 1, Of: 2}},
		"taken up again": {q.Reopened, book.Share{N: 1, Of: 2}},
		"in time":        {q.FollowUps, book.Share{N: 1, Of: 3}},
		"overdue":        {q.Overdue, book.Share{N: 2, Of: 3}},
		"signed":         {q.Signed, book.Share{N: 0, Of: 19}},
	} {
		if x.trend.Share != x.want {
			t.Errorf("%s: %v, by hand %v", name, x.trend.Share, x.want)
		}
		if got := parts(x.trend); got != x.want {
			t.Errorf("%s: in its parts %v, by hand %v", name, got, x.want)
		}
	}
	if q.Arrived != 3 || q.Median == nil || *q.Median != 0 {
		t.Errorf("%d came, median %v", q.Arrived, q.Median)
	}
	for i, want := range []int64{0, 0, 0, 0, 1, 0, 0, 2, 0, 0} { // parts of two days: ten days ago, four days ago
		if got := q.Registered.Parts[i].Of; got != want {
			t.Errorf("part %d: %d came, by hand %d", i, got, want)
		}
	}
	// What came before the span is counted as open, and is in no part of it.
	if q := qualityOf(t, c.World, 3); q.Overdue.Of != 3 || parts(q.Overdue).Of != 0 || q.Arrived != 0 {
		t.Errorf("%+v", q.Overdue)
	}
}

// TestQualityAsksTheSameQuestionsOfOneCentreAndOfAll counts what goes to the database.
func TestQualityAsksTheSameQuestionsOfOneCentreAndOfAll(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	sp := w.Enlist(book.HQ, staff.SP)
	asked := func(centre string) int {
		l := &listener{said: map[string][]any{}}
		b := w.Process(nil)
		b.Pool = w.TracedPool(l)
		if _, err := b.Qualities(t.Context(), sp.Caller(), centre, w.Now().AddDate(0, 0, -29), w.Now()); err != nil {
			t.Fatal(err)
		}
		return len(l.said)
	}
	one, all := asked(booktest.Centre), asked("")
	if one == 0 || all > one {
		t.Errorf("of one centre %d questions, of all %d", one, all)
	}
}
