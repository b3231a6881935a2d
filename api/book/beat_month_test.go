package book_test

import (
	"context"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func draftOf(t *testing.T, w *booktest.World, month string) book.BeatMonth {
	t.Helper()
	m, err := w.Book.BeatMonths(context.Background(), w.Incharge.Caller(), booktest.Centre, month)
	if err != nil || len(m.Beats) != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	return m.Beats[0]
}

// TestTheMonthOfABeatIsCountedByTheBookAndClosedOnce makes visits in two months and closes
// the first.
func TestTheMonthOfABeatIsCountedByTheBookAndClosedOnce(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	set, near, far := w.Ground("b2"), w.GroundPlace("bharatpur", 25.301, 80.801), w.GroundPlace("rampur", 25.35, 80.85)
	beat := set.BeatID
	near.BeatID, far.BeatID = &beat, &beat
	w.Incharge.Enter("beat.set", set)
	w.Incharge.Enter("place.set", near)
	w.Incharge.Enter("place.set", far)
	const month = "2026-11"
	visit := func(chaupal bool) *book.Entry {
		t.Helper()
		v := w.Visit()
		v.BeatID, v.IsChaupal, v.Women, v.Girls = &beat, chaupal, 10, 3
		return w.Beat.Enter("visit.record", v, booktest.At(25.301, 80.801, 10))
	}
	visit(true)
	second := visit(false)
	w.Pass(24 * time.Hour)
	w.Beat.SignIn()
	visit(false)
	w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: second.OpID, Reason: "दो बार दर्ज", Strike: new(true)})
	whole := contract.BeatMonth{BeatID: beat, Month: month, SensitivePlaces: []string{"तिराहा"}}
	refusedOp(t, "before the month is over", w.Incharge.Do("beat.month", whole), contract.CodeInFuture, "/body/month")
	w.Pass(13 * 24 * time.Hour)
	for _, o := range []*booktest.Officer{w.Beat, w.Incharge, w.Leader} {
		o.SignIn()
	}
	visit(false) // of the month after
	got := draftOf(t, w, "")
	if got.Places != 2 || got.Seen != 1 || got.Visits != 2 || got.Days != 2 || got.Chaupals != 1 || got.Women != 20 || got.Girls != 6 ||
		len(got.UnseenHi) != 1 || got.ClosedSerial != 0 {
		t.Errorf("%+v", got)
	}
	refusedOp(t, "by a squad's leader", w.Leader.Do("beat.month", whole), contract.CodeForbidden, "/kind")
	e := w.Beat.Enter("beat.month", whole)
	if e.Facts["month_seen"] != "1" || e.Facts["month_visits"] != "2" {
		t.Errorf("%v", e.Facts)
	}
	got = draftOf(t, w, month)
	_, cols := lineOf(t, w, "women_beat", got.ClosedSerial)
	if got.ClosedNo == "" || cols["month"] != month || cols["month_seen"] != 1.0 || cols["month_places"] != 2.0 || cols["month_women"] != 20.0 {
		t.Errorf("%s: %v", got.ClosedNo, cols)
	}
	refusedOp(t, "twice", w.Incharge.Do("beat.month", whole), contract.CodeAlreadyThere, "/body/month")
	late := w.Visit() // of the month, and comes when it is closed
	late.BeatID = &beat
	late.StartedAt, late.EndedAt = contract.At(w.Now().Add(-6*24*time.Hour)), contract.At(w.Now().Add(-6*24*time.Hour))
	late.StartedAt.Time = late.StartedAt.Add(-time.Hour)
	w.Beat.Enter("visit.record", late, booktest.At(25.35, 80.85, 10), booktest.With("device_at", late.EndedAt))
	if got := draftOf(t, w, month); got.Visits != 2 || got.Seen != 1 || len(got.UnseenHi) != 0 {
		t.Errorf("closed, and shown otherwise than its line: %+v", got)
	}
	old := whole
	old.Month = "2024-01"
	refusedOp(t, "of years ago", w.Incharge.Do("beat.month", old), contract.CodeTooOld, "/body/month")
	if n := returns(t, w, w.SHO, booktest.Centre, today(w).Time, today(w).Time).Centres[0].Figures["visits"]; n != 1 {
		t.Errorf("the return of the day counts %d visits; the line of the month is none", n)
	}
	if d := draftOf(t, w, ""); d.Visits != 2 {
		t.Errorf("the closing line counts as a visit: %+v", d)
	}
	w.Incharge.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "टिप्पणी छूट गयी", Strike: new(true)})
	if got := draftOf(t, w, month); got.ClosedSerial != 0 {
		t.Errorf("closed by a line that was struck: %+v", got)
	}
	w.Incharge.Enter("beat.month", whole)
	other := w.Enlist(booktest.Centre, staff.BeatOfficer, func(b *contract.PostTake) { b.BeatID = &w.BeatID })
	refusedOp(t, "of another's beat", other.Do("beat.month", contract.BeatMonth{BeatID: beat, Month: "2026-09"}), contract.CodeNotYourPost, "/body/beat_id")
	if r, err := w.Book.Rebuild(context.Background(), booktest.District, booktest.Centre, false); err != nil || !r.Equal() {
		t.Errorf("rebuild: %v, %v", err, r)
	}
}

// TestAMonthCountsTheVisitsThatComeWithItsClose has a phone without a network send a visit of
// the last evening and the close of the month together.
func TestAMonthCountsTheVisitsThatComeWithItsClose(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	set, place := w.Ground("b2"), w.GroundPlace("rampur", 25.22, 80.92)
	place.BeatID = &set.BeatID
	w.Incharge.Enter("beat.set", set)
	w.Incharge.Enter("place.set", place)
	w.Pass(time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC).Sub(w.Now()))
	w.Beat.SignIn()
	v := w.Visit()
	v.BeatID = &set.BeatID
	visit := func() contract.Item {
		return w.Beat.Item("visit.record", v, booktest.At(25.22, 80.92, 10), booktest.With("device_at", contract.At(time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC))))
	}
	first, second := visit(), visit()
	w.Pass(2 * time.Hour)
	whole := contract.BeatMonth{BeatID: set.BeatID, Month: "2026-11", SensitivePlaces: []string{}}
	r := w.Beat.Send(first, second, w.Beat.Item("beat.month", whole), w.Beat.Item("beat.month", whole))
	for i, x := range r[:3] {
		if x.Outcome != book.Entered || x.Entry.Seq != r[0].Entry.Seq+int64(i) {
			t.Fatalf("%d: %v %v", i, x.Outcome, x.Problem)
		}
	}
	if f := r[2].Entry.Facts; f["month_visits"] != "2" || f["month_days"] != "1" || f["month_seen"] != "1" || f["month_places"] != "1" {
		t.Errorf("closed with %v", f)
	}
	refusedOp(t, "twice in one batch", r[3], contract.CodeAlreadyThere, "/body/month")
}

// TestTheMonthOfABeatThatIsNotOnTheListAtItsEndIsCounted closes the month of a beat that ended
// in it, and of one of the staff list that never had an area.
func TestTheMonthOfABeatThatIsNotOnTheListAtItsEndIsCounted(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	set, place := w.Ground("b2"), w.GroundPlace("rampur", 25.22, 80.92)
	place.BeatID = &set.BeatID
	w.Incharge.Enter("beat.set", set)
	w.Incharge.Enter("place.set", place)
	v := w.Visit()
	v.BeatID = &set.BeatID
	w.Beat.Enter("visit.record", v, booktest.At(25.22, 80.92, 10))
	w.Incharge.Enter("place.end", contract.PlaceEnd{PlaceID: place.PlaceID, On: w.Date(3), Reason: "मिलाया"})
	w.Incharge.Enter("beat.end", contract.BeatEnd{BeatID: set.BeatID, On: w.Date(3), Reason: "मिलाया"})
	v.BeatID = &w.BeatID
	w.Beat.Enter("visit.record", v, booktest.At(25.35, 80.92, 10))
	w.Pass(14 * 24 * time.Hour)
	w.Incharge.SignIn()
	if m := draftOf(t, w, "2026-11"); m.BeatID != set.BeatID || m.Visits != 1 || m.Places != 1 || m.Seen != 1 {
		t.Errorf("the page says %+v", m)
	}
	e := w.Incharge.Enter("beat.month", contract.BeatMonth{BeatID: set.BeatID, Month: "2026-11", SensitivePlaces: []string{}})
	if f := e.Facts; f["month_visits"] != "1" || f["month_places"] != "1" || f["month_seen"] != "1" {
		t.Errorf("the beat that ended: %v", f)
	}
	e = w.Incharge.Enter("beat.month", contract.BeatMonth{BeatID: w.BeatID, Month: "2026-11", SensitivePlaces: []string{}})
	if f := e.Facts; f["month_visits"] != "1" || f["month_days"] != "1" {
		t.Errorf("the beat of the staff list: %v", f)
	}
	w.Pass(31 * 24 * time.Hour)
	if m, err := w.Book.BeatMonths(t.Context(), w.Incharge.Caller(), booktest.Centre, "2026-12"); err != nil || len(m.Beats) != 0 {
		t.Errorf("the month after: %+v, %v", m, err)
	}
}
