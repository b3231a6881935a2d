package book_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// came enters a complaint of a woman to whom something happened at a place.
func came(w *booktest.World, category string, n int, place *contract.PlaceV) *book.Entry {
	c := aComplaint(w)
	c.Category, c.IncidentPlace = category, place
	c.Mobile = new(fmt.Sprintf("98%08d", n))
	return w.Incharge.Enter("complaint.open", c)
}

func heatOf(t *testing.T, w *booktest.World, week string) *book.HeatWeek {
	t.Helper()
	if _, err := w.Book.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	h, err := w.Book.Heat(context.Background(), w.SP.Caller(), week)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHeatIsPublishedOnceAWeekAndStays(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	const day = 24 * time.Hour
	if h := heatOf(t, w, ""); h.Week != "2026-11-09" || h.MadeAt == nil || len(h.Rows) != 0 || len(h.Weeks) != 1 {
		t.Errorf("before anything: %+v", h)
	}
	place := &contract.PlaceV{Lat: 25.21, Lon: 80.91}
	for i := range 6 { // Wednesday to Friday, six women; one of them comes twice; three guarded
		came(w, "street_harassment", i, place)
		if i%2 == 0 {
			came(w, "sexual_assault", 50+i, place)
			w.Pass(day)
		}
	}
	came(w, "street_harassment", 0, place)
	came(w, "marital_dispute", 77, place)
	if h := heatOf(t, w, ""); h.Week != "2026-11-09" {
		t.Errorf("in the middle of the week: %+v", h)
	}
	w.Pass(2*day - 10*time.Hour - 1*time.Minute) // Monday is near
	if h := heatOf(t, w, ""); h.Week != "2026-11-09" {
		t.Errorf("a minute before Monday: %+v", h)
	}
	w.Pass(time.Minute)
	first := heatOf(t, w, "")
	if n := count(t, w, `SELECT count(*) FROM heat_waiting WHERE cell = 0 AND layer = 0`); n != 3 {
		t.Errorf("%d guarded cases wait without a place", n)
	}
	if len(first.Rows) != 1 || first.Week != "2026-11-16" || first.Rows[0].Cell.Res() != 7 || first.Rows[0].All != 5 || first.Rows[0].Public != 5 || first.Rows[0].Home != 0 {
		t.Errorf("%+v", first)
	}
	// What comes in late belongs to the week in which it came, and the guarded wait for the district.
	for i := range 6 {
		late := aComplaint(w)
		late.Category, late.IncidentPlace, late.ArrivedAt = "dowry", place, contract.At(w.Now().Add(-time.Duration(3+i)*day))
		late.Mobile = new(fmt.Sprintf("97%08d", i))
		w.Incharge.Enter("complaint.open", late)
	}
	came(w, "sexual_assault", 91, place)
	came(w, "sexual_assault", 92, place)
	w.Pass(7 * day)
	second := heatOf(t, w, "")
	if len(second.Rows) != 2 || second.Rows[0].Cell != 0 || second.Rows[0].All != 5 || second.Rows[1].All != 10 || second.Rows[1].Public != 5 || second.Rows[1].Home != 5 {
		t.Errorf("%+v", second)
	}
	if again := heatOf(t, w, "2026-11-16"); fmt.Sprint(again.Rows) != fmt.Sprint(first.Rows) || !again.MadeAt.Equal(*first.MadeAt) {
		t.Errorf("the week before is %+v, it was %+v", again, first)
	}
	// Thirteen weeks later the first is over. The server slept meanwhile.
	w.Pass(12 * 7 * day)
	if h := heatOf(t, w, ""); len(h.Weeks) != 15 || len(h.Rows) != 2 || h.Rows[1].Public != 0 || h.Rows[1].Home != 5 {
		t.Errorf("%+v", h)
	}
	if n := count(t, w, `SELECT count(*) FROM heat_waiting`); n != 0 { // who was counted waits no more
		t.Errorf("%d wait", n)
	}
	if _, err := w.Book.Heat(context.Background(), w.Incharge.Caller(), ""); !isCode(err, contract.CodeForbidden) {
		t.Errorf("the in-charge: %v", err)
	}
	if _, err := w.Book.Heat(context.Background(), w.SP.Caller(), "2026-11-17"); !isCode(err, contract.CodeBadFormat) {
		t.Errorf("a Tuesday: %v", err)
	}
}

// TestCasesThatHangTogetherByNumbersAreOneWoman has six complaints of four women: the
// first and the third have no number in common, and each has one with the second.
func TestCasesThatHangTogetherByNumbersAreOneWoman(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	place := &contract.PlaceV{Lat: 25.21, Lon: 80.91}
	var chain []*book.Entry
	for i := range 6 {
		chain = append(chain, came(w, "street_harassment", i, place))
		if i < 2 {
			w.Pass(24 * time.Hour)
		}
	}
	first, second, third := chain[0].CaseID, chain[1].CaseID, chain[2].CaseID
	for n, id := range []uuid.UUID{first, third} {
		w.SQL(`INSERT INTO case_marks (district_id, case_id, field, class, mask, keyed_hash)
			SELECT district_id, $2, 'also_' || $3::int, class, mask, keyed_hash FROM case_marks WHERE district_id = 7 AND case_id = $1 AND class = 'V'`,
			[]any{id, second, n})
	}
	w.Pass(5 * 24 * time.Hour)
	if h := heatOf(t, w, ""); h.Week != "2026-11-16" || len(h.Rows) != 0 {
		t.Errorf("four women were told as more: %+v", h)
	}
}

// TestAWomanWhoseComplaintsNameTheFirstIsOne has two who come again with other numbers: one
// names her first complaint each time, the other the one before.
func TestAWomanWhoseComplaintsNameTheFirstIsOne(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	place := &contract.PlaceV{Lat: 25.21, Lon: 80.91}
	var first, last *uuid.UUID
	for i := range 8 {
		c := aComplaint(w)
		c.Category, c.IncidentPlace, c.Mobile = "domestic_violence", place, new(fmt.Sprintf("98%08d", i))
		if c.ParentID = first; i%2 == 0 {
			c.ParentID = last
		}
		e := w.Incharge.Enter("complaint.open", c)
		if i == 1 {
			first = &e.OpID
		}
		if i%2 == 0 {
			last = &e.OpID
			w.Pass(12 * time.Hour)
			w.Incharge.SignIn()
		}
	}
	w.Pass(3 * 24 * time.Hour)
	if h := heatOf(t, w, ""); h.Week != "2026-11-16" || len(h.Rows) != 0 {
		t.Errorf("two women are told as %+v", h.Rows)
	}
	// Two who wait are one, too, if they only hang together by what was counted long ago.
	w.SQL(`DELETE FROM heat_waiting WHERE district_id = $1`, []any{booktest.District})
	for i := range 4 {
		came(w, "domestic_violence", 2*i, place)
		w.Pass(24 * time.Hour)
		w.Incharge.SignIn()
	}
	came(w, "domestic_violence", 90, place)
	w.Pass(7 * 24 * time.Hour)
	if h := heatOf(t, w, ""); len(h.Rows) != 0 {
		t.Errorf("two women are told as %+v", h.Rows)
	}
}

func TestWomenWithoutANumberCountAsOne(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	place := &contract.PlaceV{Lat: 25.21, Lon: 80.91}
	for i := range 9 {
		if i < 3 {
			came(w, "domestic_violence", i, place)
			w.Pass(24 * time.Hour)
			continue
		}
		c := aComplaint(w)
		c.Category, c.IncidentPlace, c.Mobile = "domestic_violence", place, nil
		w.Incharge.Enter("complaint.open", c)
	}
	w.Pass(3 * 24 * time.Hour)
	if h := heatOf(t, w, ""); h.Week != "2026-11-16" || len(h.Rows) != 0 {
		t.Errorf("three women, and some who may be one, are told as %+v", h.Rows)
	}
	came(w, "domestic_violence", 4, place)
	w.Pass(7 * 24 * time.Hour)
	if h := heatOf(t, w, ""); len(h.Rows) != 1 || h.Rows[0].Home != 5 {
		t.Errorf("four women and one or more are told as %+v", h.Rows)
	}
}

func TestACorrectedComplaintIsCountedOnce(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	const day = 24 * time.Hour
	heatOf(t, w, "")
	place := &contract.PlaceV{Lat: 25.21, Lon: 80.91}
	var list []*book.Entry
	for i := range 6 {
		list = append(list, came(w, "street_harassment", i, place))
		if i%2 == 0 {
			w.Pass(day)
		}
	}
	correct := func(i int, place *contract.PlaceV) {
		c := aComplaint(w)
		c.Category, c.IncidentPlace, c.ArrivedAt = "street_harassment", place, contract.At(list[i].At.Add(-10*time.Minute))
		c.Mobile = new(fmt.Sprintf("98%08d", i))
		w.Incharge.Enter("entry.correct", contract.EntryCorrect{CorrectsID: list[i].OpID, Reason: "नाम में मात्रा की भूल", Complaint: &c})
	}
	w.Incharge.SignIn()
	correct(5, place) // before the week is over
	w.Pass(2*day - 10*time.Hour)
	first := heatOf(t, w, "")
	if len(first.Rows) != 1 || first.Rows[0].All != 5 {
		t.Fatalf("%+v", first)
	}
	w.Incharge.SignIn()
	for i := range 5 {
		correct(i, &contract.PlaceV{Lat: 25.41, Lon: 80.71})
	}
	w.Pass(7 * day)
	if second := heatOf(t, w, ""); second.Week == first.Week || fmt.Sprint(second.Rows) != fmt.Sprint(first.Rows) {
		t.Errorf("six women are told as %+v", second.Rows)
	}
	if n := count(t, w, `SELECT count(*) FROM heat_waiting`); n != 0 {
		t.Errorf("%d wait", n)
	}
}

// TestNoComplaintIsLostBesideOnesThatWaited has answers to a call for help entered on Monday
// that were received on Sunday, amid the complaints of Monday.
func TestNoComplaintIsLostBesideOnesThatWaited(t *testing.T) {
	t.Parallel()
	w, near := sosWorld(t)
	const day = 24 * time.Hour
	w.Pass(4 * day) // Sunday, ten
	for _, o := range append(near, w.Beat) {
		o.SignIn()
	}
	raise := w.Beat.Item("sos.raise", contract.SosRaise{})
	op, ok := contract.ReadOpID(raise.Raw)
	if !ok {
		t.Fatal("no op_id")
	}
	sunday := w.Now()
	for _, o := range near { // their answers come before the call, and wait
		o.Do("sos.answer", contract.SosAnswer{SosID: op})
	}
	w.Pass(day) // Monday
	w.Incharge.SignIn()
	heatOf(t, w, "")
	place := &contract.PlaceV{Lat: 25.21, Lon: 80.91}
	for i := range 17 {
		if came(w, "street_harassment", i, place); i == 2 {
			w.Beat.Send(raise)
		}
	}
	w.Pass(7 * day)
	heatOf(t, w, "")
	if n := count(t, w, `SELECT count(*) FROM heat_waiting`); n != 17 {
		t.Errorf("%d of 17 complaints of the week wait", n)
	}
	found, err := w.Book.Incident(t.Context(), book.IncidentQuery{District: booktest.District, From: sunday, Until: sunday.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, c := range found.Counts {
		got[c.Kind] = c.Count
	}
	if got["sos.answer"] != 7 || got["complaint.open"] != 0 {
		t.Errorf("the pack of Sunday: %v", got)
	}
}

func TestTheListsOfTheMapAreThoseOfTheDistrict(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	hq := booktest.With("centre", "HQ")
	w.SP.Enter("code.retire", contract.CodeRetire{List: "heat_public", Code: "street_harassment"}, hq)
	w.SP.Enter("code.add", contract.CodeAdd{List: "heat_public", Code: "workplace", Hi: "कार्यस्थल पर उत्पीड़न", En: "Workplace harassment"}, hq)
	place := &contract.PlaceV{Lat: 25.21, Lon: 80.91}
	for i := range 6 {
		came(w, "street_harassment", i, place)
		came(w, "workplace", 20+i, &contract.PlaceV{Lat: 25.41, Lon: 80.71})
		if i%2 == 0 {
			w.Pass(24 * time.Hour)
		}
	}
	w.Pass(3 * 24 * time.Hour)
	if h := heatOf(t, w, ""); len(h.Rows) != 1 || h.Rows[0].Public != 5 {
		t.Errorf("%+v", h.Rows)
	}
}
