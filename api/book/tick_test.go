package book_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
)

func TestABookThatCannotBeWrittenKeepsNoOtherFromItsLimits(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("complaint.open", complaintOf(w, registered))
	w.Other.Enter("complaint.open", complaintOf(w, registered))
	w.Pass(4 * time.Hour)
	ctx, told := context.Background(), `SELECT count(*) FROM entries WHERE kind = 'escalation.raise' AND centre = '`
	hold, err := w.Superuser().Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hold.Exec(ctx, `SELECT 1 FROM heads WHERE centre = $1 FOR UPDATE`, booktest.Centre); err != nil {
		t.Fatal(err)
	}
	hurried := w.Process(func(o *book.Options) { o.Deadline, o.Patience = 2*time.Second, 2*time.Second })
	_, err = hurried.Tick(ctx)
	if err == nil || !strings.Contains(err.Error(), "centre "+booktest.Centre) {
		t.Errorf("the book that is locked is not named: %v", err)
	}
	if n := count(t, w, told+booktest.OtherCentre+`'`); n != 1 {
		t.Errorf("the other book has %d entries of its limit", n)
	}
	if err := hold.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	tick(t, w)
	if n := count(t, w, told+booktest.Centre+`'`); n != 1 {
		t.Errorf("once it is free the book has %d entries of its limit", n)
	}
}
