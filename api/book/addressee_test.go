package book_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

func TestANoticeToARoleAboveTheCentreWakesWhoHasThatPostAtHeadquarters(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	circle := func(name string) func(*contract.PostTake) {
		return func(p *contract.PostTake) { p.Circle = &name }
	}
	city, rajapur := w.Enlist(book.HQ, staff.CO, circle("City")), w.Enlist(book.HQ, staff.CO, circle("Rajapur"))
	addl, nodal, cell := w.Enlist(book.HQ, staff.AddlSP), w.Enlist(book.HQ, staff.Nodal), w.Enlist(book.HQ, staff.WomenCell)
	gone := w.Enlist(book.HQ, staff.AddlSP)
	w.SP.Enter("post.leave", contract.PostLeave{PostID: gone.Posts[0].PostID, Reason: "transfer"}, booktest.With("centre", book.HQ))
	w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Incharge.Enter("duty.start", contract.DutyStart{})
	w.Pass(time.Second)
	id := uuid.Must(uuid.NewV7())
	for _, c := range []struct {
		why     string
		officer uuid.UUID
		role    string
		centre  string
		want    []*booktest.Officer
	}{
		{"the circle officer of the centre", uuid.Nil, staff.CO, "KRW", []*booktest.Officer{city}},
		{"the circle officer of the other centre", uuid.Nil, staff.CO, "RJP", []*booktest.Officer{rajapur}},
		{"no circle officer of a book that is in no circle", uuid.Nil, staff.CO, book.HQ, []*booktest.Officer{city, rajapur}},
		{"the one additional SP in office", uuid.Nil, staff.AddlSP, "KRW", []*booktest.Officer{addl}},
		{"the SP", uuid.Nil, staff.SP, "RJP", []*booktest.Officer{w.SP}},
		{"the nodal officer", uuid.Nil, staff.Nodal, "RJP", []*booktest.Officer{nodal}},
		{"the women cell", uuid.Nil, staff.WomenCell, "RJP", []*booktest.Officer{cell}},
		{"the in-charge on duty", uuid.Nil, staff.CentreIncharge, "KRW", []*booktest.Officer{w.Incharge}},
		{"not the in-charge of another centre, off duty", uuid.Nil, staff.CentreIncharge, "RJP", nil},
		{"not the SHO off duty", uuid.Nil, staff.SHO, "KRW", nil},
		{"an officer on duty", w.Beat.ID, "", "KRW", []*booktest.Officer{w.Beat}},
		{"not an officer off duty", w.Second.ID, "", "KRW", nil},
		{"an officer of the district office, who knows no duty", city.ID, "", "KRW", []*booktest.Officer{city}},
	} {
		var got [][]uuid.UUID
		err := asked(w, func(tx pgx.Tx) (err error) {
			got, err = w.Book.Addressees(context.Background(), tx, booktest.District, []push.Notice{
				{DistrictID: booktest.District, ID: id, Subject: id, Kind: push.KindCase, Officer: c.officer, Role: c.role, Centre: c.centre},
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var want []uuid.UUID
		for _, o := range c.want {
			want = append(want, o.ID)
		}
		byText := func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) }
		slices.SortFunc(want, byText)
		slices.SortFunc(got[0], byText)
		if !slices.Equal(got[0], want) {
			t.Errorf("%s: %v, want %v", c.why, got[0], want)
		}
	}
}
