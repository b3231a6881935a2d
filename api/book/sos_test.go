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

// placed puts an officer on duty and says where she is.
func placed(t *testing.T, w *booktest.World, o *booktest.Officer, lat, lon float64) {
	t.Helper()
	w.OnDuty(o)
	stoodAt(t, w, o, lat, lon)
}

func stoodAt(t *testing.T, w *booktest.World, o *booktest.Officer, lat, lon float64) {
	t.Helper()
	_, _, err := w.Book.Positions(context.Background(), o.Caller(), 0, []book.Fix{{At: w.Now(), Lat: lat, Lon: lon, AccuracyM: 10}})
	if err != nil {
		t.Fatal(err)
	}
}

func callOf(t *testing.T, w *booktest.World, id uuid.UUID) *book.SOSView {
	t.Helper()
	x, err := w.Book.SOSOf(context.Background(), w.Incharge.Caller(), id)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func sosSteps(x *book.SOSView) string {
	var names []string
	for _, s := range x.Steps {
		names = append(names, s.Step)
	}
	return strings.Join(names, " ")
}

// sosWorld is four officers on duty at growing distances from the one who calls.
func sosWorld(t *testing.T) (w *booktest.World, near []*booktest.Officer) {
	t.Helper()
	w = booktest.New(t)
	placed(t, w, w.Beat, 25.2000, 80.9000)
	for i := range 7 {
		o := w.Enlist(booktest.Centre, staff.BeatOfficer)
		placed(t, w, o, 25.2000+float64(i+1)*0.01, 80.9000)
		near = append(near, o)
	}
	return w, near
}

func ids(list []*booktest.Officer) []uuid.UUID {
	var out []uuid.UUID
	for _, o := range list {
		out = append(out, o.ID)
	}
	slices.SortFunc(out, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return out
}

func TestACallForHelpWakesTheThreeNearestWithInchargeAndHeadAtOnce(t *testing.T) {
	t.Parallel()
	w, near := sosWorld(t)
	before := jobs(t, w)
	e := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	x := callOf(t, w, e.OpID)
	if x.State != "open" || !x.OnDuty || x.Late || x.Place == nil || x.Place.Lat != 25.2 || !slices.Equal(x.Called, ids(near[:3])) {
		t.Errorf("%+v", x)
	}
	if n := jobs(t, w) - before; n != 5 {
		t.Errorf("%d notices, want those of three officers, in-charge and head", n)
	}
	if got := sosSteps(x); got != "raised called" {
		t.Error(got)
	}
	if !slices.Equal(x.Steps[1].To, []uuid.UUID{near[0].ID, near[1].ID, near[2].ID}) {
		t.Errorf("called in the order %v", x.Steps[1].To)
	}
	page, err := w.Book.Feed(context.Background(), near[0].Caller(), booktest.Centre, 0, 200, 0)
	if err != nil || !strings.Contains(string(page.Lines), e.OpID.String()) {
		t.Errorf("who is called does not see the call: %v", err)
	}
}

func TestACallWithoutAPlaceIsFoundByTheLastFixAndWithoutAnyWakesWhoIsOnDuty(t *testing.T) {
	t.Parallel()
	w, near := sosWorld(t)
	x := callOf(t, w, w.Beat.Enter("sos.raise", contract.SosRaise{}).OpID)
	if x.Place != nil || !slices.Equal(x.Called, ids(near[:3])) {
		t.Errorf("called %v", x.Called)
	}
	// The head has no duty and no fix: three of those on duty come.
	x = callOf(t, w, w.SHO.Enter("sos.raise", contract.SosRaise{}).OpID)
	if x.OnDuty || len(x.Called) != 3 || slices.Contains(x.Called, w.SHO.ID) {
		t.Errorf("%+v", x)
	}
}

func TestNobodyAnswersAndTheLadderGoesOnThroughARestartToTheNextNearestAndTheCircleOfficer(t *testing.T) {
	t.Parallel()
	w, near := sosWorld(t)
	e := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	if n := tick(t, w); n != 0 {
		t.Errorf("%d done at once", n)
	}
	w.Pass(30 * time.Second)
	tickAtOnce(t, w)
	if x := callOf(t, w, e.OpID); sosSteps(x) != "raised called called_again" || len(x.Called) != 3 {
		t.Errorf("%s, %d called", sosSteps(x), len(x.Called))
	}
	w.Pass(30 * time.Second)
	tickAtOnce(t, w) // a new process beside the old one
	x := callOf(t, w, e.OpID)
	last := x.Steps[len(x.Steps)-1]
	if last.Step != "called_next" || last.Role != staff.CO || last.By != nil || !slices.Equal(x.Called, ids(near[:6])) {
		t.Errorf("%+v, called %d", last, len(x.Called))
	}
	near[1].Enter("sos.answer", contract.SosAnswer{SosID: e.OpID})
	w.Pass(time.Hour)
	if n := tick(t, w); n != 0 {
		t.Errorf("%d done after somebody comes", n)
	}
	if x := callOf(t, w, e.OpID); x.State != "answered" || !strings.HasSuffix(sosSteps(x), "called_next answered") {
		t.Errorf("%s: %s", x.State, sosSteps(x))
	}
}

func TestRaisedAgainWhileItIsOpenItIsTheSameCallAndWakesAgain(t *testing.T) {
	t.Parallel()
	w, _ := sosWorld(t)
	item := w.Beat.Item("sos.raise", contract.SosRaise{})
	first := w.Beat.Send(item)[0]
	before := jobs(t, w)
	if r := w.Beat.Send(item)[0]; !r.Repeated || r.Entry.Seq != first.Entry.Seq || jobs(t, w) != before {
		t.Errorf("the same op again: %+v", r)
	}
	again := w.Beat.Enter("sos.raise", contract.SosRaise{})
	if again.CaseID != first.OpID || jobs(t, w) == before {
		t.Errorf("raised again: case %s, %d notices", again.CaseID, jobs(t, w)-before)
	}
	if n := count(t, w, `SELECT count(*) FROM sos`); n != 1 {
		t.Errorf("%d calls", n)
	}
	w.Beat.Enter("sos.end", contract.SosEnd{SosID: first.OpID, Reason: "false_alarm"})
	if next := w.Beat.Enter("sos.raise", contract.SosRaise{}); next.CaseID != next.OpID {
		t.Error("a call after the end is not one of its own")
	}
}

func TestPressedAgainAfterAnAnswerTheLadderBeginsAnew(t *testing.T) {
	t.Parallel()
	w, _ := sosWorld(t)
	r := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	w.Second.Enter("sos.answer", contract.SosAnswer{SosID: r.OpID})
	if x := callOf(t, w, r.OpID); x.State != "answered" || x.NextAt != nil {
		t.Fatalf("%+v", x)
	}
	w.Pass(10 * time.Minute)
	w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	if x := callOf(t, w, r.OpID); x.State != "open" || x.NextAt == nil || !x.NextAt.After(w.Now()) {
		t.Errorf("nobody has come, and nobody else is called: %+v", x)
	}
	w.Pass(time.Minute)
	if n := tick(t, w); n == 0 {
		t.Error("no rung")
	}
}

func TestOnlySheAndWhoAnswersForTheStationEndACall(t *testing.T) {
	t.Parallel()
	w, near := sosWorld(t)
	id := w.Beat.Enter("sos.raise", contract.SosRaise{}).OpID
	end := contract.SosEnd{SosID: id, Reason: "handed_over"}
	if r := near[0].Do("sos.end", end); !refusedWith(r, contract.CodeForbidden) {
		t.Errorf("a colleague ends it: %+v", r.Problem)
	}
	if r := w.Beat.Do("sos.answer", contract.SosAnswer{SosID: id}); !refusedWith(r, contract.CodeWrongState) {
		t.Errorf("she answers herself: %+v", r.Problem)
	}
	w.Incharge.Enter("sos.end", end)
	if r := w.Beat.Do("sos.end", end); !refusedWith(r, contract.CodeWrongState) {
		t.Errorf("ended twice: %+v", r.Problem)
	}
	if r := near[0].Do("sos.answer", contract.SosAnswer{SosID: id}); !refusedWith(r, contract.CodeWrongState) {
		t.Errorf("answered after the end: %+v", r.Problem)
	}
	x := callOf(t, w, id)
	if last := x.Steps[len(x.Steps)-1]; x.State != "ended" || last.Reason != "handed_over" || *last.By != w.Incharge.ID {
		t.Errorf("%+v", x)
	}
}

func refusedWith(r book.Receipt, code contract.Code) bool {
	return r.Outcome == book.Refused && r.Problem.Code == code
}

func TestACallThatComesHoursLateIsEnteredFlaggedShownAndWakesNobody(t *testing.T) {
	t.Parallel()
	w, _ := sosWorld(t)
	before := jobs(t, w)
	old := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.With("device_at", contract.At(w.Now().Add(-3*time.Hour))))
	if !hasFlag(old, "late_sos") || jobs(t, w) != before {
		t.Errorf("flags %v, %d notices", old.Flags, jobs(t, w)-before)
	}
	w.Pass(time.Hour)
	if n := tick(t, w); n != 0 {
		t.Errorf("%d done for it", n)
	}
	list, err := w.Book.SOSList(context.Background(), w.Incharge.Caller(), book.SOSQuery{Centre: booktest.Centre, Open: true})
	if err != nil || len(list) != 1 || !list[0].Late || sosSteps(&list[0]) != "raised" {
		t.Errorf("%+v, %v", list, err)
	}
	w.Beat.Enter("sos.raise", contract.SosRaise{}) // she presses once more, and now it is heard
	if x := callOf(t, w, old.OpID); x.Late || x.NextAt == nil || len(x.Called) == 0 || jobs(t, w) == before {
		t.Errorf("%+v", x)
	}
	w.Pass(time.Minute)
	if n := tick(t, w); n != 2 {
		t.Errorf("%d rungs", n)
	}
	// One of an hour ago is in time, and its ladder counts from when it was heard.
	x := callOf(t, w, w.Second.Enter("sos.raise", contract.SosRaise{}, booktest.With("device_at", contract.At(w.Now().Add(-time.Hour)))).OpID)
	if x.Late || !x.NextAt.After(w.Now()) {
		t.Errorf("%+v", x)
	}
}

func TestDangerKnowsNoDutyAndTheHeadIsWokenOffDuty(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	e := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	if x := callOf(t, w, e.OpID); x.OnDuty || len(x.Called) != 0 || x.Place == nil {
		t.Errorf("%+v", x)
	}
	meant := func(kind, role string) int {
		t.Helper()
		n := 0
		err := pgx.BeginFunc(context.Background(), w.Pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(context.Background(), "SET LOCAL app.district_id = '7'"); err != nil {
				return err
			}
			got, err := w.Book.Addressees(context.Background(), tx, 7, []push.Notice{{Kind: kind, Role: role, Centre: booktest.Centre}})
			n = len(got[0])
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if meant(push.KindSOS, staff.SHO) == 0 || meant(push.KindTask, staff.SHO) != 0 {
		t.Error("off duty the head is meant by a call for help, and by a task not")
	}
}

func TestWhoHasNothingToDoWithACallDoesNotLearnOfIt(t *testing.T) {
	t.Parallel()
	w, near := sosWorld(t)
	ctx := context.Background()
	id := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10)).OpID
	for _, o := range []*booktest.Officer{w.Beat, near[0], w.Incharge, w.SHO, w.Dispatcher, w.SP} {
		if _, err := w.Book.SOSOf(ctx, o.Caller(), id); err != nil {
			t.Errorf("%s: %v", o.Caller().Posts[0].Role, err)
		}
	}
	if _, err := w.Book.SOSOf(ctx, near[6].Caller(), id); !isCode(err, contract.CodeNotFound) {
		t.Errorf("who was not called: %v", err)
	}
	if list, err := w.Book.SOSList(ctx, near[6].Caller(), book.SOSQuery{Centre: booktest.Centre}); err != nil || len(list) != 0 {
		t.Errorf("%d calls, %v", len(list), err)
	}
	if r := near[6].Do("sos.answer", contract.SosAnswer{SosID: id}); r.Outcome != book.Entered { // told by a colleague, he comes
		t.Errorf("%+v", r.Problem)
	}
}

func TestAnAnswerThatComesBeforeItsCallWaitsForIt(t *testing.T) {
	t.Parallel()
	w, near := sosWorld(t)
	item := w.Beat.Item("sos.raise", contract.SosRaise{})
	op, ok := contract.ReadOpID(item.Raw)
	if !ok {
		t.Fatal("an op without op_id")
	}
	answer := near[0].Do("sos.answer", contract.SosAnswer{SosID: op})
	if answer.Outcome != book.Held {
		t.Fatalf("%+v", answer)
	}
	w.Beat.Send(item)
	if x := callOf(t, w, op); x.State != "answered" {
		t.Errorf("%s: %s", x.State, sosSteps(x))
	}
}

func TestTheNearestAreOfWhateverStationAndOneOfAnotherAnswers(t *testing.T) {
	t.Parallel()
	w, near := sosWorld(t)
	nearest, far := w.Enlist(booktest.OtherCentre, staff.BeatOfficer), w.Enlist(booktest.OtherCentre, staff.BeatOfficer)
	for o, lat := range map[*booktest.Officer]float64{nearest: 25.1995, far: 25.4} {
		o.Enter("duty.start", contract.DutyStart{})
		stoodAt(t, w, o, lat, 80.9)
	}
	e := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	x := callOf(t, w, e.OpID)
	if !slices.Equal(x.Called, ids([]*booktest.Officer{nearest, near[0], near[1]})) {
		t.Errorf("called %v", x.Called)
	}
	calls := func(o *booktest.Officer) []book.SOSView {
		t.Helper()
		list, err := w.Book.SOSList(context.Background(), o.Caller(), book.SOSQuery{Centre: booktest.OtherCentre})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := calls(nearest); len(list) != 1 || list[0].SOSID != e.OpID || list[0].Place == nil || list[0].Place.Lat != 25.2 {
		t.Errorf("who was woken reads %+v", list)
	}
	if got, err := w.Book.SOSOf(context.Background(), nearest.Caller(), e.OpID); err != nil || got.Place == nil {
		t.Errorf("%+v, %v", got, err)
	}
	here := booktest.With("centre", booktest.Centre)
	if _, err := w.Book.SOSOf(context.Background(), far.Caller(), e.OpID); err == nil || len(calls(far)) != 0 {
		t.Error("a call is told to one of another station who was not woken")
	}
	refusedOp(t, "by one who was not woken", far.Do("sos.answer", contract.SosAnswer{SosID: e.OpID}, here), contract.CodeNotYourPost, "/centre")
	refusedOp(t, "the end, by one of another station", nearest.Do("sos.end", contract.SosEnd{SosID: e.OpID, Reason: "safe"}, here),
		contract.CodeNotYourPost, "/centre")
	nearest.Enter("sos.answer", contract.SosAnswer{SosID: e.OpID}, here)
	x = callOf(t, w, e.OpID)
	if last := x.Steps[len(x.Steps)-1]; x.State != "answered" || last.By == nil || *last.By != nearest.ID {
		t.Errorf("%s, %+v", x.State, last)
	}
	w.Beat.Enter("sos.end", contract.SosEnd{SosID: e.OpID, Reason: "safe"})
	if list := calls(nearest); len(list) != 0 {
		t.Errorf("after its end it is still told at another station: %+v", list)
	}
}
