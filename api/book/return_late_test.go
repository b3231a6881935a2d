package book_test

import (
	"testing"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestWhatTheClockTellsAfterTheReturnOfADayIsNewOnThatDayAndDemandsNothing(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	until(w, 0, 18)
	id := w.Beat.Enter("complaint.open", aComplaint(w)).OpID // to be registered in half an hour
	date, reason := today(w), "सायं के पश्चात समय-सीमा की सूचना दी गयी"
	w.Incharge.Enter("return.sign", contract.ReturnSign{Date: date})
	again := contract.ReturnSign{Date: date, Reason: &reason}
	refusedOp(t, "nothing came", w.Incharge.Do("return.sign", again), contract.CodeNothingNew, "/body/date")
	until(w, 0, 23)
	tick(t, w)
	told := count(t, w, `SELECT count(*) FROM entries WHERE centre = 'KRW' AND kind = 'escalation.raise'`)
	read := func() book.CentreReturn {
		return returns(t, w, w.SHO, booktest.Centre, date.Time, date.Time).Centres[0]
	}
	r := read()
	if told == 0 || r.Figures["escalations"] != told || len(r.Signed) != 1 || r.Signed[0].Figures["escalations"] != 0 {
		t.Fatalf("%d were told: %+v", told, r)
	}
	// The day is signed and the next one's return too: nobody owes a supplement.
	w.Incharge.Enter("day.review", contract.DayReview{ComplaintID: id, Verdict: "seen"})
	w.Incharge.Enter("day.sign", contract.DaySign{Date: date})
	until(w, 1, 21)
	w.Incharge.Enter("return.sign", contract.ReturnSign{Date: today(w)})
	tick(t, w) // what is told tomorrow is a figure of tomorrow
	refusedOp(t, "without a reason", w.Incharge.Do("return.sign", contract.ReturnSign{Date: date}), contract.CodeSupplementReason, "/body/reason")
	w.Incharge.Enter("return.sign", again) // but she may say what has changed
	if r = read(); len(r.Signed) != 2 || r.Signed[1].Figures["escalations"] != told || r.Signed[0].Figures["escalations"] != 0 {
		t.Errorf("%+v", r.Signed)
	}
	refusedOp(t, "twice", w.Incharge.Do("return.sign", again), contract.CodeNothingNew, "/body/date")
	until(w, 2, 23)
	tick(t, w)
	refusedOp(t, "by what was told on other days", w.Incharge.Do("return.sign", again), contract.CodeNothingNew, "/body/date")
}
