package book_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// stand stores one fix of an officer, so old.
func stand(t *testing.T, w *booktest.World, o *booktest.Officer, lat float64, old time.Duration) {
	t.Helper()
	fix := book.Fix{At: w.Now().Add(-old), Lat: lat, Lon: 80.9, AccuracyM: 10}
	if n, _, err := w.Book.Positions(context.Background(), o.Caller(), 0, []book.Fix{fix}); err != nil || n != 1 {
		t.Fatalf("%d stored, %v", n, err)
	}
}

func units(t *testing.T, w *booktest.World, by *booktest.Officer, lat, lon float64) []book.Unit {
	t.Helper()
	list, err := w.Book.Units(context.Background(), by.Caller(), book.UnitQuery{Centre: booktest.Centre, Lat: &lat, Lon: &lon})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestWhoIsOffDutyIsNeverAmongTheUnits(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	if n := len(units(t, w, w.Dispatcher, 25.2, 80.9)); n != 0 {
		t.Errorf("%d units before anybody began", n)
	}
	start := w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Second.Enter("duty.start", contract.DutyStart{})
	w.Pass(5 * time.Minute)
	stand(t, w, w.Beat, 25.21, time.Minute)
	if list := units(t, w, w.Dispatcher, 25.2, 80.9); len(list) != 2 || list[0].OfficerID != w.Beat.ID || list[1].Fix != nil {
		t.Errorf("on duty: %+v", list)
	}
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: start.OpID})
	for _, after := range []time.Duration{0, time.Minute, time.Hour} {
		w.Pass(after)
		for _, u := range units(t, w, w.Dispatcher, 25.2, 80.9) {
			if u.OfficerID == w.Beat.ID {
				t.Errorf("%s after his duty he is shown: %+v", after, u)
			}
		}
	}
	w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Pass(time.Minute)
	for _, u := range units(t, w, w.Dispatcher, 25.2, 80.9) {
		if u.OfficerID == w.Beat.ID && u.Fix != nil {
			t.Errorf("in a new duty the place of the last one is shown: %+v", u.Fix)
		}
	}
	w.Pass(24 * time.Hour) // nobody ended either of them
	if list := units(t, w, w.Dispatcher, 25.2, 80.9); len(list) != 0 {
		t.Errorf("a day later they are shown still: %+v", list)
	}
}

func TestUnitsStandByDistanceAndTheAgeOfTheirFix(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	third := w.Enlist(booktest.Centre, staff.BeatOfficer)
	for _, o := range []*booktest.Officer{w.Beat, w.Second, third, w.Leader} {
		w.OnDuty(o)
	}
	w.Pass(time.Hour)
	stand(t, w, w.Second, 25.25, 30*time.Minute) // 5.6 km away, and fresh to the minute
	stand(t, w, w.Beat, 25.21, 31*time.Minute)   // nearest, and not fresh any more
	stand(t, w, third, 25.23, 20*time.Minute)
	stand(t, w, third, 25.22, 2*time.Minute) // the later one counts
	list := units(t, w, w.SHO, 25.2, 80.9)
	var order []uuid.UUID
	for _, u := range list {
		order = append(order, u.OfficerID)
	}
	want := []uuid.UUID{third.ID, w.Second.ID, w.Beat.ID, w.Leader.ID}
	if len(order) != len(want) {
		t.Fatalf("%d units, want %d", len(order), len(want))
	}
	for i := range want {
		if order[i] != want[i] {
			t.Errorf("place %d is another's: %+v", i, list[i])
		}
	}
	if !list[0].Fresh || !list[1].Fresh || list[2].Fresh || list[3].Fix != nil {
		t.Errorf("fresh: %+v", list)
	}
	if math.Abs(list[0].Km-2.22*1.4) > 0.05 || !list[0].Fix.At.Equal(w.Now().Add(-2*time.Minute)) {
		t.Errorf("the nearest is %.2f km away, as of %s", list[0].Km, list[0].Fix.At)
	}
	made := book.Fix{At: w.Now().Add(-time.Minute), Lat: 25.2, Lon: 80.9, AccuracyM: 10, Mock: true}
	if _, _, err := w.Book.Positions(t.Context(), w.Leader.Caller(), 0, []book.Fix{made}); err != nil {
		t.Fatal(err)
	}
	if list := units(t, w, w.SHO, 25.2, 80.9); list[0].OfficerID != third.ID || list[2].OfficerID != w.Leader.ID {
		t.Errorf("a place that is made up counts as the nearest: %+v", list)
	}
	if nowhere, err := w.Book.Units(t.Context(), w.SHO.Caller(), book.UnitQuery{Centre: booktest.Centre}); err != nil || len(nowhere) != 4 || nowhere[0].Km != 0 {
		t.Errorf("from nowhere: %v, %+v", err, nowhere)
	}
	lat, lon := 95.0, 80.9
	if _, err := w.Book.Units(t.Context(), w.SHO.Caller(), book.UnitQuery{Centre: booktest.Centre, Lat: &lat, Lon: &lon}); !isCode(err, contract.CodeBadFormat) {
		t.Errorf("from beyond the pole: %v", err)
	}
}

func TestOnlyWhoMaySendTasksSeesWhereTheUnitsOfHisCentreAre(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.OnDuty(w.Beat)
	w.Pass(time.Minute)
	stand(t, w, w.Beat, 25.21, 0)
	see := func(o *booktest.Officer, centre string) error {
		list, err := w.Book.Units(t.Context(), o.Caller(), book.UnitQuery{Centre: centre})
		if err != nil && len(list) > 0 {
			t.Errorf("refused, and told %d", len(list))
		}
		return err
	}
	for name, o := range map[string]*booktest.Officer{"dispatcher": w.Dispatcher, "in-charge": w.Incharge, "SHO": w.SHO} {
		if err := see(o, booktest.Centre); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := see(o, booktest.OtherCentre); !isCode(err, contract.CodeNotFound) {
			t.Errorf("%s, at another centre: %v", name, err)
		}
	}
	for name, o := range map[string]*booktest.Officer{
		"he himself": w.Beat, "his colleague": w.Second, "squad leader": w.Leader, "SP": w.SP,
		"desk": w.Enlist(booktest.Centre, staff.DeskOfficer), "counsellor": w.Enlist(booktest.Centre, staff.Counsellor),
	} {
		if err := see(o, booktest.Centre); !isCode(err, contract.CodeForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := see(w.Other, booktest.Centre); !isCode(err, contract.CodeNotFound) {
		t.Errorf("in-charge of another centre: %v", err)
	}
	if list, err := w.Book.Units(t.Context(), w.Other.Caller(), book.UnitQuery{Centre: booktest.OtherCentre}); err != nil || len(list) != 0 {
		t.Errorf("at the other centre: %v, %+v", err, list)
	}
}

func TestTheSpotOfATaskIsItsCellAndOfOneAboutACaseNone(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	task := w.Task(w.Beat)
	task.Place = &contract.Place{Lat: 25.21234, Lon: 80.91234, AccuracyM: 50}
	id := w.Dispatcher.Enter("task.send", task).OpID
	v, err := w.Book.Task(t.Context(), w.Dispatcher.Caller(), id)
	if err != nil {
		t.Fatal(err)
	}
	middle, corners, ok := v.Spot()
	if !ok || len(corners) < 5 || middle.Lat == 25.21234 || math.Abs(middle.Lat-25.21234) > 0.004 || math.Abs(middle.Lon-80.91234) > 0.004 {
		t.Errorf("%+v %d %v", middle, len(corners), ok)
	}
	case1 := w.Beat.ID
	v.CaseID = &case1
	if _, _, ok := v.Spot(); ok {
		t.Error("a task about a case has a spot")
	}
	v.CaseID, v.Said.Place = nil, nil
	if _, _, ok := v.Spot(); ok {
		t.Error("a task without a place has one")
	}
}

func TestTheOpenTasksOfACentreAreAllOfThemForWhoSendsAndHisOwnForOthers(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	first := w.Dispatcher.Enter("task.send", w.Task(w.Beat)).OpID
	second := w.Dispatcher.Enter("task.send", w.Task(w.Second)).OpID
	over := w.Dispatcher.Enter("task.send", w.Task(w.Second)).OpID
	w.Dispatcher.Enter("task.recall", contract.TaskRecall{TaskID: over, Reason: "mistake"})
	ids := func(o *booktest.Officer, q book.TaskQuery) (out []uuid.UUID) {
		t.Helper()
		q.Centre, q.Limit, q.Open = booktest.Centre, 10, true
		list, _, err := w.Book.Tasks(t.Context(), o.Caller(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			out = append(out, v.TaskID)
		}
		return out
	}
	if got := ids(w.Dispatcher, book.TaskQuery{Newest: true}); len(got) != 2 || got[0] != second || got[1] != first {
		t.Errorf("the dispatcher's, newest first: %v", got)
	}
	if got := ids(w.Dispatcher, book.TaskQuery{Mine: true}); len(got) != 0 {
		t.Errorf("given to the dispatcher: %v", got)
	}
	if got := ids(w.Beat, book.TaskQuery{}); len(got) != 1 || got[0] != first {
		t.Errorf("the beat officer's: %v", got)
	}
	page, more, err := w.Book.Tasks(t.Context(), w.Dispatcher.Caller(), book.TaskQuery{Centre: booktest.Centre, Limit: 1, Newest: true})
	if err != nil || !more || page[0].TaskID != over {
		t.Fatalf("%v %v %+v", err, more, page)
	}
	rest, more, err := w.Book.Tasks(t.Context(), w.Dispatcher.Caller(), book.TaskQuery{Centre: booktest.Centre, Limit: 5, Newest: true, Before: page[0].Seq})
	if err != nil || more || len(rest) != 2 {
		t.Errorf("those before it: %v %v %d", err, more, len(rest))
	}
}

func TestADutyThatIsGoingOnIsJudgedByTheRuleOfItsStartWhereverUnitsAreLookedFor(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	ctx := context.Background()
	lat, lon := 25.2, 80.9
	lasts := func(hours int) {
		t.Helper()
		w.SP.Enter("number.set", contract.NumberSet{Number: "unit.duty_s", Value: hours * 3600, Basis: "आदेश"}, booktest.With("centre", "HQ"))
		w.Pass(time.Minute)
	}
	found := func(want int) {
		t.Helper()
		units, err := w.Book.Units(ctx, w.Dispatcher.Caller(), book.UnitQuery{Centre: booktest.Centre})
		if err != nil || len(units) != want {
			t.Errorf("%d units, want %d: %v", len(units), want, err)
		}
		near, err := w.Book.Nearest(ctx, w.Dispatcher.Caller(), book.UnitQuery{Centre: booktest.Centre, Lat: &lat, Lon: &lon}, 3)
		if err != nil || len(near) != want {
			t.Errorf("%d are near, want %d: %v", len(near), want, err)
		}
		turns, err := w.Book.Turns(ctx, w.Dispatcher.Caller(), booktest.Centre, w.Now(), w.Now().Add(time.Hour))
		if err != nil || len(turns) != want {
			t.Errorf("%d turns, want %d: %v", len(turns), want, err)
		}
		for _, place := range [][]booktest.Option{{booktest.At(lat, lon, 10)}, nil} {
			w.Second.SignIn()
			e := w.Second.Enter("sos.raise", contract.SosRaise{}, place...)
			if x := callOf(t, w, e.OpID); len(x.Called) != want {
				t.Errorf("%d are woken, want %d", len(x.Called), want)
			}
			w.Second.Enter("sos.end", contract.SosEnd{SosID: e.OpID, Reason: "safe"})
		}
	}
	w.OnDuty(w.Beat)
	w.Pass(9 * time.Hour)
	lasts(8) // those who are out by the longer rule go on
	stoodAt(t, w, w.Beat, lat, lon)
	if err := w.Book.Forget(ctx); err != nil {
		t.Fatal(err)
	}
	found(1)
	w.Pass(6 * time.Hour)
	w.Beat.SignIn()
	w.OnDuty(w.Beat)
	w.Pass(7*time.Hour + 50*time.Minute)
	stoodAt(t, w, w.Beat, lat, lon)
	w.SP.SignIn()
	lasts(14) // and those who are out by the shorter do not
	found(1)
	w.Pass(10 * time.Minute)
	found(0)
}
