package book_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// aComplaint is a complaint of a woman who came just now, of no special care.
func aComplaint(w *booktest.World) contract.ComplaintOpen {
	return contract.ComplaintOpen{
		ArrivedAt: contract.At(w.Now().Add(-10 * time.Minute)), Channel: "walk_in", ComplainantName: "कमला देवी", SafeToCall: true,
		Category: "marital_dispute", Account: "पति से विवाद, आये दिन झगड़ा होता है", RiskLevel: "low", WomanRecorded: true,
	}
}

// circleOfficer is the circle officer of Karwi.
func circleOfficer(t *testing.T, w *booktest.World) *booktest.Officer {
	t.Helper()
	o := w.Recruit()
	circle := "City"
	post := staff.Post{
		PostID: uuid.Must(uuid.NewV7()), OfficerID: o.ID, Centre: book.HQ, Role: staff.CO, Circle: circle,
		From: booktest.Start.Add(-24 * time.Hour),
	}
	receipts, err := w.Book.AppendServer(context.Background(), booktest.District, book.HQ, book.RoleRegistrar, []book.ServerOp{
		{Kind: "post.take", Subject: post.PostID, Rule: "import", At: post.From, Body: contract.PostTake{
			PostID: post.PostID, OfficerID: o.ID, Role: contract.Role(staff.CO), Circle: &circle,
		}},
	})
	if err != nil || receipts[0].Outcome != book.Entered {
		t.Fatal(err, receipts)
	}
	o.Posts = append(o.Posts, post)
	return o
}

// dateOf is the day (IST) of a time, that many days later.
func dateOf(at time.Time, later int) openapi_types.Date {
	y, m, d := at.In(time.FixedZone("IST", 19800)).Date()
	return openapi_types.Date{Time: time.Date(y, m, d+later, 0, 0, 0, 0, time.UTC)}
}

func today(w *booktest.World) openapi_types.Date { return dateOf(w.Now(), 0) }

// until lets time pass until an hour (IST) of the day, or of a later one.
func until(w *booktest.World, later, hour int) {
	d := dateOf(w.Now(), later)
	at := time.Date(d.Year(), d.Month(), d.Day(), hour, 0, 0, 0, time.FixedZone("IST", 19800))
	w.Pass(at.Sub(w.Now()))
}

// refusedOp checks code and pointer of a refusal.
func refusedOp(t *testing.T, name string, r book.Receipt, code contract.Code, ptr string) {
	t.Helper()
	if r.Outcome != book.Refused || r.Problem.Code != code || r.Problem.Pointer != ptr {
		t.Errorf("%s: %s %v (waits for %q), want %s at %s", name, r.Outcome, r.Problem, r.WaitsFor, code, ptr)
	}
}

func sheet(t *testing.T, w *booktest.World, by *booktest.Officer, date openapi_types.Date) *book.DaySheet {
	t.Helper()
	d, err := w.Book.DaySheet(context.Background(), by.Caller(), booktest.Centre, date.Time)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestADayIsSignedWhenEachPendingComplaintWasLookedAt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	first := w.Beat.Enter("complaint.open", aComplaint(w))
	second := w.Beat.Enter("complaint.open", aComplaint(w))
	sign := contract.DaySign{Date: today(w)}
	r := w.Incharge.Do("day.sign", sign)
	refusedOp(t, "nothing looked at", r, contract.CodeReviewsMissing, "/body/date")
	if r.Problem.Arg != "KRW/HD/2026/00001, KRW/HD/2026/00002" {
		t.Errorf("missing: %q", r.Problem.Arg)
	}
	w.Incharge.Enter("day.review", contract.DayReview{ComplaintID: first.OpID, Verdict: "seen"})
	r = w.Incharge.Do("day.sign", sign)
	refusedOp(t, "one looked at", r, contract.CodeReviewsMissing, "/body/date")
	if got := sheet(t, w, w.Incharge, today(w)).Missing; r.Problem.Arg != "KRW/HD/2026/00002" || strings.Join(got, ",") != "KRW/HD/2026/00002" {
		t.Errorf("missing: %q, on the sheet %v", r.Problem.Arg, got)
	}
	w.SHO.Enter("day.review", contract.DayReview{ComplaintID: second.OpID, Verdict: "stepped_in"}) // his look counts, too
	w.Incharge.Enter("day.sign", sign)
	refusedOp(t, "signed twice", w.Incharge.Do("day.sign", sign), contract.CodeDaySigned, "/body/date")
	if d := sheet(t, w, w.SHO, today(w)); d.State != "signed" || d.SignedBy == nil || *d.SignedBy != w.Incharge.ID || !d.SignedAt.Equal(w.Now()) {
		t.Errorf("the sheet: %+v", d.Day)
	}

	until(w, 1, 10) // yesterday's looks do not serve today
	refusedOp(t, "the next day", w.Incharge.Do("day.sign", contract.DaySign{Date: today(w)}), contract.CodeReviewsMissing, "/body/date")
	refusedOp(t, "tomorrow", w.Incharge.Do("day.sign", contract.DaySign{Date: dateOf(w.Now(), 1)}), contract.CodeInFuture, "/body/date")
	refusedOp(t, "a day long ago", w.Incharge.Do("day.sign", contract.DaySign{Date: dateOf(w.Now(), -8)}), contract.CodeTooOld, "/body/date")
	w.Incharge.Enter("day.sign", contract.DaySign{Date: dateOf(w.Now(), -7)}) // none had come by then
	refusedOp(t, "by the head of the station", w.SHO.Do("day.sign", contract.DaySign{Date: today(w)}), contract.CodeForbidden, "/kind")
}

func TestNoMoreThanTwentyNumbersAreNamedInARefusal(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	for range 23 {
		w.Beat.Enter("complaint.open", aComplaint(w))
	}
	r := w.Incharge.Do("day.sign", contract.DaySign{Date: today(w)})
	if n := strings.Count(r.Problem.Arg, "KRW/HD/"); n != 20 || !strings.HasPrefix(r.Problem.Arg, "KRW/HD/2026/00001, ") {
		t.Errorf("%d named: %q", n, r.Problem.Arg)
	}
	if got := sheet(t, w, w.Incharge, today(w)); len(got.Missing) != 23 {
		t.Errorf("%d on the sheet", len(got.Missing))
	}
}

func TestWhatIsDisposedOrCameLaterNeedsNoLook(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	done := w.SHO.Enter("complaint.open", with(aComplaint(w), "registered_at", contract.At(w.Now())))
	w.Pass(time.Hour)
	w.SHO.Enter("complaint.dispose", contract.ComplaintDispose{ComplaintID: done.OpID, Disposal: "not_substantiated", DisposalNote: "जाँच में पुष्टि नहीं हुई", ToldHer: true})
	until(w, 1, 9)
	w.Beat.Enter("complaint.open", aComplaint(w)) // came this morning
	w.Incharge.Enter("day.sign", contract.DaySign{Date: dateOf(w.Now(), -1)})
	refusedOp(t, "this day", w.Incharge.Do("day.sign", contract.DaySign{Date: today(w)}), contract.CodeReviewsMissing, "/body/date")
}

func TestASensitiveComplaintIsNotPassedByLookingAtIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	plain := w.Beat.Enter("complaint.open", aComplaint(w))
	care := w.Beat.Enter("complaint.open", with(aComplaint(w), "risk_level", "high"))
	review := func(id uuid.UUID, verdict string, direction *string) book.Receipt {
		return w.Incharge.Do("day.review", contract.DayReview{ComplaintID: id, Verdict: verdict, Direction: direction})
	}
	text := "कल प्रातः आवेदिका से मिलकर सुरक्षा योजना बनायें"
	refusedOp(t, "seen", review(care.OpID, "seen", nil), contract.CodeNeedsOwnHand, "/body/verdict")
	refusedOp(t, "directed without a direction", review(care.OpID, "directed", nil), contract.CodeMissingField, "/body/direction")
	refusedOp(t, "a verdict nobody knows", review(plain.OpID, "ignored", nil), contract.CodeUnknownCode, "/body/verdict")
	refusedOp(t, "something else", review(w.Beat.Enter("visit.record", w.Visit()).OpID, "seen", nil), contract.CodeUnknownReference, "/body/complaint_id")
	if r := review(uuid.Must(uuid.NewV7()), "seen", nil); r.Outcome != book.Held {
		t.Errorf("one that has not come: %+v", r)
	}
	for _, r := range []book.Receipt{review(plain.OpID, "seen", nil), review(care.OpID, "directed", &text), review(care.OpID, "stepped_in", nil)} {
		if r.Outcome != book.Entered {
			t.Errorf("%+v", r.Problem)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM reviews WHERE verdict = 'stepped_in'`); n != 1 {
		t.Errorf("the last look of the day does not stand: %d", n)
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE wire LIKE '%सुरक्षा योजना%' OR sealed LIKE '%सुरक्षा योजना%'`); n != 0 {
		t.Errorf("the direction stands open %d times", n)
	}
	if n := count(t, w, `SELECT count(*) FROM entries e JOIN complaints c USING (case_id) WHERE e.kind = 'day.review'`); n != 3 {
		t.Errorf("%d reviews under the keys of their cases", n)
	}
}

func TestADaySignedIsOpenedAgainByASeniorForAReason(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	co := circleOfficer(t, w)
	day := today(w)
	reopen := contract.DayReopen{Date: day, Reason: "रात्रि की एक शिकायत छूट गयी थी"}
	refusedOp(t, "not signed yet", w.SHO.Do("day.reopen", reopen), contract.CodeWrongState, "/body/date")
	c := w.Beat.Enter("complaint.open", aComplaint(w))
	w.Incharge.Enter("day.review", contract.DayReview{ComplaintID: c.OpID, Verdict: "seen"})
	w.Incharge.Enter("day.sign", contract.DaySign{Date: day})
	late := w.Beat.Enter("complaint.open", aComplaint(w)) // after she signed
	refusedOp(t, "by herself", w.Incharge.Do("day.reopen", reopen), contract.CodeForbidden, "/kind")
	w.SHO.Enter("day.reopen", reopen)
	refusedOp(t, "opened twice", w.SHO.Do("day.reopen", reopen), contract.CodeWrongState, "/body/date")
	refusedOp(t, "signed as it is", w.Incharge.Do("day.sign", contract.DaySign{Date: day}), contract.CodeReviewsMissing, "/body/date")
	until(w, 1, 10) // she looks at it late, and signs
	w.Incharge.Enter("day.review", contract.DayReview{ComplaintID: late.OpID, Verdict: "seen"})
	w.Incharge.Enter("day.sign", contract.DaySign{Date: day})
	co.Enter("day.reopen", reopen)
	until(w, 12, 10) // a day that was opened again is signed however old
	w.Incharge.Enter("day.sign", contract.DaySign{Date: day})
	if n := count(t, w, `SELECT count(*) FROM clocks WHERE code = 'day_sign' AND starts_at = '2026-11-18T00:00+05:30'`); n != 1 {
		t.Errorf("%d clocks of the day", n)
	}
}

func TestAnOfficerComplainedOfIsNotKeptFromSigning(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	c := w.Beat.Enter("complaint.open", with(aComplaint(w), "about_by", []uuid.UUID{w.Incharge.ID}))
	refusedOp(t, "her own case", w.Incharge.Do("day.review", contract.DayReview{ComplaintID: c.OpID, Verdict: "stepped_in"}),
		contract.CodeUnknownReference, "/body/complaint_id")
	d := sheet(t, w, w.Incharge, today(w))
	if len(d.Missing)+len(d.Sensitive)+len(d.Unregistered)+len(d.OpenByState) != 0 {
		t.Errorf("she is shown it: %+v", d)
	}
	if d := sheet(t, w, w.SHO, today(w)); len(d.Missing) != 1 || len(d.Sensitive) != 1 || d.Unregistered[0].ComplaintID != c.OpID {
		t.Errorf("the head of the station is not: %+v", d)
	}
	w.Incharge.Enter("day.sign", contract.DaySign{Date: today(w)})
}

// told lists what the clock has told of unsigned days: day and post.
func told(t *testing.T, w *booktest.World) string {
	t.Helper()
	var out []string
	for _, role := range []string{"sho", "co"} {
		for i := -1; i < 10; i++ {
			d := dateOf(booktest.Start, i).Format(time.DateOnly)
			n := count(t, w, fmt.Sprintf(`SELECT count(*) FROM entries e JOIN clocks c ON c.subject_id::text = convert_from(e.wire, 'UTF8')::json->'body'->>'subject_id'
				WHERE e.kind = 'escalation.raise' AND c.code = 'day_sign' AND convert_from(e.wire, 'UTF8')::json->'body'->>'to_role' = '%s'
				AND (c.starts_at AT TIME ZONE 'Asia/Kolkata')::date = '%s'`, role, d))
			if n > 0 {
				out = append(out, fmt.Sprintf("%s %s %d", role, d[8:], n))
			}
		}
	}
	return strings.Join(out, ", ")
}

func TestAnUnsignedDayIsToldAtEightAndAgainInTheMorningOnceEach(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	other := w.Process(nil)
	tick := func() {
		t.Helper()
		for range 3 {
			for _, b := range []*book.Book{w.Book, other} {
				if _, err := b.Tick(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	until(w, 0, 18)
	c := w.Beat.Enter("complaint.open", aComplaint(w))
	for _, step := range []struct {
		later, hour int
		told        string
	}{
		{0, 19, ""},
		{0, 20, "sho 18 1"},
		{0, 23, "sho 18 1"},
		{1, 7, "sho 18 1"},
		{0, 8, "sho 18 1, co 18 1"},
		{0, 19, "sho 18 1, co 18 1"},
		{0, 20, "sho 18 1, sho 19 1, co 18 1"},
	} {
		until(w, step.later, step.hour)
		tick()
		if got := told(t, w); got != step.told {
			t.Errorf("%s: %q, want %q", w.Now(), got, step.told)
		}
	}
	// She signs the 19th late in the evening: the circle officer hears nothing of it.
	w.Incharge.Enter("day.review", contract.DayReview{ComplaintID: c.OpID, Verdict: "seen"})
	w.Incharge.Enter("day.sign", contract.DaySign{Date: today(w)})
	until(w, 1, 8)
	tick()
	if got := told(t, w); got != "sho 18 1, sho 19 1, co 18 1" {
		t.Errorf("after the signature: %q", got)
	}
	// The 20th is signed in time, the 21st is not; the server was away for two days.
	w.Incharge.Enter("day.review", contract.DayReview{ComplaintID: c.OpID, Verdict: "seen"})
	w.Incharge.Enter("day.sign", contract.DaySign{Date: today(w)})
	until(w, 2, 9)
	tick()
	if got := told(t, w); got != "sho 18 1, sho 19 1, sho 21 1, co 18 1, co 21 1" {
		t.Errorf("after two days away: %q", got)
	}
	w.Incharge.Enter("day.sign", contract.DaySign{Date: dateOf(w.Now(), -4)}) // late, and all the same not told again
	if n := count(t, w, `SELECT count(*) FROM clocks WHERE code = 'day_sign'`); n != 5 {
		t.Errorf("%d clocks for five days", n)
	}
	if n := count(t, w, `SELECT count(*) FROM clocks WHERE code = 'day_sign' AND (n > 1 OR due_at <> starts_at + interval '20 hours')`); n != 0 {
		t.Errorf("%d clocks that are not a day's one", n)
	}
	if got := sheet(t, w, w.SHO, today(w)).Unsigned; strings.Join(got, ",") != "2026-11-21" {
		t.Errorf("unsigned: %v", got)
	}
}

func TestEachDayHasOneClockWhateverTheOrderOfSignatures(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	c := w.Beat.Enter("complaint.open", aComplaint(w)).OpID
	review := func() {
		w.Incharge.Enter("day.review", contract.DayReview{ComplaintID: c, Verdict: "seen"})
	}
	// Two days pass without a tick; then all of them are signed, newest first.
	review()
	until(w, 2, 10)
	review()
	for _, later := range []int{0, -2, -1} {
		w.Incharge.Enter("day.sign", contract.DaySign{Date: dateOf(w.Now(), later)})
	}
	if _, err := w.Book.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	until(w, 0, 21)
	if _, err := w.Book.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := told(t, w); got != "" {
		t.Errorf("told of signed days: %s", got)
	}
	if n := count(t, w, `SELECT count(*) FROM clocks WHERE code = 'day_sign'`); n != 4 {
		t.Errorf("%d clocks for three days and the next", n)
	}
	if n := count(t, w, `SELECT count(*) FROM clocks WHERE code = 'day_sign' AND stopped_at IS NULL`); n != 1 {
		t.Errorf("%d run", n)
	}
}

func TestADaySignedBeforeTheFirstComplaintCameIsNotToldOf(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Incharge.Enter("day.sign", contract.DaySign{Date: today(w)})
	w.Beat.Enter("complaint.open", aComplaint(w))
	until(w, 0, 21)
	tick(t, w)
	if got := told(t, w); got != "" {
		t.Errorf("told %q", got)
	}
	until(w, 1, 21)
	tick(t, w)
	if got := told(t, w); got != "sho 19 1" {
		t.Errorf("the next day: told %q", got)
	}
}

func TestAComplaintFromAnotherCentreCountsFromTheDayItCame(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.Other.Enter("complaint.open", aComplaint(w)).OpID
	until(w, 1, 11)
	w.Other.Enter("complaint.transfer", contract.ComplaintTransfer{ComplaintID: id, ToCentre: booktest.Centre, Reason: "घटनास्थल थाना कर्वी का है"})
	tick(t, w)
	w.Incharge.Enter("day.sign", contract.DaySign{Date: dateOf(w.Now(), -1)}) // she was at the other centre then
	r := w.Incharge.Do("day.sign", contract.DaySign{Date: today(w)})
	refusedOp(t, "the day it came", r, contract.CodeReviewsMissing, "/body/date")
	w.Incharge.Enter("return.sign", contract.ReturnSign{Date: dateOf(w.Now(), -1)})
	w.Incharge.Enter("return.sign", contract.ReturnSign{Date: today(w)})
	signed := returns(t, w, w.SHO, booktest.Centre, booktest.Start, w.Now()).Centres[0].Signed
	if len(signed) != 2 || signed[0].Figures["pending_under_1d"] != 0 || signed[1].Figures["pending_1_3d"] != 1 {
		t.Errorf("pending: %+v", signed)
	}
	w.Other.Enter("day.sign", contract.DaySign{Date: today(w)}) // and is no longer theirs
}
