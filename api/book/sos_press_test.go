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

func openCalls(t *testing.T, w *booktest.World) []book.SOSView {
	t.Helper()
	list, err := w.Book.SOSList(context.Background(), w.Incharge.Caller(), book.SOSQuery{Centre: booktest.Centre, Open: true})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAnEndThatWasMadeBeforeSheCalledAgainDoesNotSilenceHer(t *testing.T) {
	t.Parallel()
	w, _ := sosWorld(t)
	first := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	w.Pass(5 * time.Minute)
	body := contract.SosEnd{SosID: first.OpID, Reason: "safe"}
	hers, incharges := w.Beat.Item("sos.end", body), w.Incharge.Item("sos.end", body) // neither phone has network
	w.Pass(25 * time.Minute)
	again := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10)) // phones send a call before all that waits
	before := jobs(t, w)
	for by, end := range map[*booktest.Officer]contract.Item{w.Beat: hers, w.Incharge: incharges} {
		if r := by.Send(end)[0]; r.Outcome != book.Entered || r.Entry.Facts["before_press"] != true {
			t.Errorf("%s: %+v", r.Outcome, r.Problem)
		}
	}
	if n := jobs(t, w) - before; n != 0 {
		t.Errorf("%d are told that they need not come", n)
	}
	list := openCalls(t, w)
	if len(list) != 1 || list[0].NextAt == nil || sosSteps(&list[0]) != "raised called again ended_before ended_before" {
		t.Fatalf("%+v", list)
	}
	w.Pass(time.Minute)
	if n := tick(t, w); n == 0 {
		t.Error("no rung")
	}
	if x := callOf(t, w, again.OpID); x.SOSID != first.OpID {
		t.Errorf("by the id of the last press it is %v", x.SOSID)
	}
	// Who names the last press knows of it, though his clock is slow.
	slow := booktest.With("device_at", contract.At(w.Now().Add(-20*time.Minute)))
	w.Beat.Enter("sos.end", contract.SosEnd{SosID: again.OpID, Reason: "safe"}, slow)
	if list := openCalls(t, w); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestAnAnswerThatWasMadeBeforeSheCalledAgainDoesNotStopTheLadder(t *testing.T) {
	t.Parallel()
	w, _ := sosWorld(t)
	first := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	w.Pass(10 * time.Second)
	come := w.Second.Item("sos.answer", contract.SosAnswer{SosID: first.OpID})
	w.Pass(10 * time.Minute)
	w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	before := jobs(t, w)
	w.Second.Send(come)
	x := callOf(t, w, first.OpID)
	if x.State != "open" || x.NextAt == nil || !slices.Contains(x.Called, w.Second.ID) || sosSteps(x) != "raised called again answered" {
		t.Errorf("%s, next %v: %s", x.State, x.NextAt, sosSteps(x))
	}
	if n := jobs(t, w) - before; n != 2 {
		t.Errorf("%d notices, want hers and that of him who said that he comes", n)
	}
	w.Second.Enter("sos.answer", contract.SosAnswer{SosID: first.OpID})
	if x := callOf(t, w, first.OpID); x.State != "answered" {
		t.Error(x.State)
	}
}

func TestACallIsAnsweredAndEndedByTheIdOfAnyPressOfIt(t *testing.T) {
	t.Parallel()
	w, near := sosWorld(t)
	other := w.Enlist(booktest.OtherCentre, staff.BeatOfficer)
	other.Enter("duty.start", contract.DutyStart{})
	stoodAt(t, w, other, 25.1995, 80.9)
	first := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	again := w.Beat.Item("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	op, _ := contract.ReadOpID(again.Raw)
	if r := near[0].Do("sos.answer", contract.SosAnswer{SosID: op}); r.Outcome != book.Held { // he sees it before the server does
		t.Fatalf("%+v", r)
	}
	w.Beat.Send(again)
	if x := callOf(t, w, first.OpID); x.State != "answered" || sosSteps(x) != "raised called again answered" {
		t.Errorf("%s: %s", x.State, sosSteps(x))
	}
	other.Enter("sos.answer", contract.SosAnswer{SosID: op}, booktest.With("centre", booktest.Centre))
	if r := w.Beat.Do("sos.answer", contract.SosAnswer{SosID: op}); !refusedWith(r, contract.CodeWrongState) {
		t.Errorf("she answers herself: %+v", r.Problem)
	}
	end := contract.SosEnd{SosID: op, Reason: "safe"}
	if r := near[0].Do("sos.end", end); !refusedWith(r, contract.CodeForbidden) {
		t.Errorf("a colleague ends it: %+v", r.Problem)
	}
	if e := w.Beat.Enter("sos.end", end); e.CaseID != first.OpID {
		t.Error("the end is not of the call")
	}
	if x := callOf(t, w, first.OpID); x.State != "ended" {
		t.Error(x.State)
	}
	visit := w.Second.Enter("visit.record", w.Visit())
	refusedOp(t, "an entry that is no call", near[0].Do("sos.answer", contract.SosAnswer{SosID: visit.OpID}), contract.CodeUnknownReference, "/body/sos_id")
}

func TestPressedAgainElsewhereTheNewPlaceCountsAndWhoIsNearItIsWokenThere(t *testing.T) {
	t.Parallel()
	w, near := sosWorld(t)
	first := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	w.Pass(20 * time.Minute) // she was taken along for seven kilometres
	again := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.27, 80.9, 10))
	x := callOf(t, w, first.OpID)
	if x.Place == nil || x.Place.Lat != 25.27 {
		t.Errorf("rescuers are sent to %+v", x.Place)
	}
	if !slices.Equal(x.Called, ids(append(slices.Clone(near[:3]), near[4:]...))) || sosSteps(x) != "raised called again called_next" {
		t.Errorf("%d called: %s", len(x.Called), sosSteps(x))
	}
	if !slices.Contains(again.SeenBy, near[6].ID) {
		t.Error("who stands beside her now does not see it")
	}
	if _, err := w.Book.SOSOf(context.Background(), near[6].Caller(), first.OpID); err != nil {
		t.Errorf("nor read the call: %v", err)
	}
	list := openCalls(t, w)
	if len(list) != 1 || list[0].Place == nil || list[0].Place.Lat != 25.27 {
		t.Errorf("%+v", list)
	}
}

func TestTheLadderLooksAroundTheLastPlaceThatSheTold(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	there := make([]*booktest.Officer, 7)
	for i := range there {
		there[i] = w.Enlist(booktest.Centre, staff.BeatOfficer)
		placed(t, w, there[i], 25.3+float64(i)*0.001, 80.9)
	}
	here := make([]*booktest.Officer, 4)
	for i := range here {
		here[i] = w.Enlist(booktest.Centre, staff.BeatOfficer)
		placed(t, w, here[i], 25.2+float64(i)*0.001, 80.9)
	}
	first := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	w.Pass(10 * time.Second)
	w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.3, 80.9, 10))
	w.Pass(time.Second)
	w.Beat.Enter("sos.raise", contract.SosRaise{}) // her phone does not know it any more
	if x := callOf(t, w, first.OpID); x.Place == nil || x.Place.Lat != 25.3 || !slices.Equal(x.Called, ids(append(slices.Clone(here[:3]), there[:3]...))) {
		t.Errorf("%+v, %d called", x.Place, len(x.Called))
	}
	w.Pass(50 * time.Second)
	for tick(t, w) > 0 {
	}
	if x := callOf(t, w, first.OpID); !slices.Equal(x.Called, ids(append(slices.Clone(here[:3]), there[:6]...))) {
		t.Errorf("%d called: %s", len(x.Called), sosSteps(x))
	}
}

func TestTheFirstPlaceThatHerPhoneKnowsIsTold(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	first := w.Beat.Enter("sos.raise", contract.SosRaise{})
	w.Pass(20 * time.Second)
	w.Beat.Enter("sos.raise", contract.SosRaise{Silent: new(true)}, booktest.At(25.27, 80.9, 10))
	x := callOf(t, w, first.OpID)
	if x.Place == nil || !x.Silent {
		t.Errorf("place %v, silent %t", x.Place, x.Silent)
	}
	w.Pass(20 * time.Second)
	w.Beat.Enter("sos.raise", contract.SosRaise{})
	if x := callOf(t, w, first.OpID); x.Place == nil || x.Silent {
		t.Errorf("place %v, silent %t", x.Place, x.Silent)
	}
}

func TestACallThatOvertakesTheStartOfItsDutyIsOneOnDuty(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	start := w.Beat.Item("duty.start", contract.DutyStart{})
	w.Pass(30 * time.Minute)
	e := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	if callOf(t, w, e.OpID).OnDuty {
		t.Error("on duty before the book knows of any")
	}
	r := w.Beat.Send(start)[0]
	if r.Outcome != book.Entered {
		t.Fatalf("%+v", r)
	}
	if !callOf(t, w, e.OpID).OnDuty {
		t.Error("her duty had begun when she called, and the call is told as one of off duty")
	}
	w.Pass(time.Hour)
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: r.Entry.OpID})
	w.Beat.Enter("sos.end", contract.SosEnd{SosID: e.OpID, Reason: "safe"})
	w.Pass(time.Minute)
	if again := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10)); callOf(t, w, again.OpID).OnDuty {
		t.Error("on duty after its end")
	}
}

func TestACallOnDutyThatJoinsALateOneOfOffDutyIsOneOnDuty(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	late := booktest.With("device_at", contract.At(w.Now().Add(-3*time.Hour)))
	first := w.Beat.Enter("sos.raise", contract.SosRaise{}, late, booktest.At(25.4, 80.9, 10))
	w.OnDuty(w.Beat)
	w.Pass(time.Hour)
	w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	x := callOf(t, w, first.OpID)
	if !x.OnDuty || x.Late || x.Place == nil || x.Place.Lat != 25.2 {
		t.Errorf("on duty %t, late %t, place %v", x.OnDuty, x.Late, x.Place)
	}
	// One that was pressed before and comes after says nothing new.
	w.Beat.Enter("sos.raise", contract.SosRaise{Silent: new(true)}, late, booktest.At(25.5, 80.9, 10))
	if x := callOf(t, w, first.OpID); !x.OnDuty || x.Silent || x.Place.Lat != 25.2 {
		t.Errorf("on duty %t, silent %t, place %v", x.OnDuty, x.Silent, x.Place)
	}
}

func TestWhereACallWasThatEndedLongAgoIsToldToNobodyButHer(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10)).OpID
	lasting := w.Second.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10)).OpID
	w.Beat.Enter("sos.end", contract.SosEnd{SosID: id, Reason: "safe"})
	told := func(by *booktest.Officer, id uuid.UUID) bool {
		t.Helper()
		x, err := w.Book.SOSOf(context.Background(), by.Caller(), id)
		if err != nil {
			t.Fatal(err)
		}
		list, err := w.Book.SOSList(context.Background(), by.Caller(), book.SOSQuery{Centre: booktest.Centre})
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			if list[i].SOSID == id && (list[i].Place != nil) != (x.Place != nil) {
				t.Error("the list tells what the page does not")
			}
		}
		if x.Gone == (x.Place != nil) {
			t.Errorf("place %v, gone %t", x.Place, x.Gone)
		}
		return x.Place != nil
	}
	w.Pass(7 * 24 * time.Hour)
	if !told(w.Incharge, id) {
		t.Error("it is forgotten within seven days")
	}
	w.Pass(time.Second)
	if told(w.Incharge, id) || told(w.Dispatcher, id) || told(w.SP, id) || !told(w.Beat, id) {
		t.Error("after seven days it is told to others, or not to her")
	}
	if !told(w.Incharge, lasting) {
		t.Error("of one that goes on it is not told")
	}
}

func TestEntriesOfBeforeTheLastPressCountedFoldAsTheyDid(t *testing.T) {
	t.Parallel()
	w, near := sosWorld(t)
	first := w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.2, 80.9, 10))
	end := w.Beat.Item("sos.end", contract.SosEnd{SosID: first.OpID, Reason: "safe"})
	early := w.Second.Item("duty.start", contract.DutyStart{})
	w.Pass(time.Minute)
	w.OnDuty(w.Second)
	w.Beat.Enter("sos.raise", contract.SosRaise{}, booktest.At(25.27, 80.9, 10))
	w.Beat.Send(end)
	w.Second.Send(early)
	// As the entries stood when nobody noted such things.
	w.Order(`CREATE TABLE noted AS SELECT op_id AS of, facts AS as_noted FROM entries`)
	w.Order(`UPDATE entries SET facts = '{}' WHERE kind IN ('sos.end', 'duty.start')`)
	w.Order(`UPDATE entries SET facts = '{"on_duty":true}' WHERE kind = 'sos.raise' AND op_id <> $1`, first.OpID)
	if r, err := w.Book.Rebuild(context.Background(), booktest.District, booktest.Centre, true); err != nil || r.Differs["sos"] == 0 || r.Differs["duties"] == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if x := callOf(t, w, first.OpID); x.State != "ended" || sosSteps(x) != "raised called again ended" || !slices.Equal(x.Called, ids(near[:3])) {
		t.Errorf("%s: %s, %d called", x.State, sosSteps(x), len(x.Called))
	}
	if n := count(t, w, `SELECT count(*) FROM duties WHERE officer_id = $1 AND ended_at IS NULL`, w.Second.ID); n != 2 {
		t.Errorf("%d duties stand open", n)
	}
	w.Order(`UPDATE entries SET facts = as_noted FROM noted WHERE op_id = of`)
	w.Order(`DROP TABLE noted`)
	if r, err := w.Book.Rebuild(context.Background(), booktest.District, booktest.Centre, true); err != nil {
		t.Errorf("%+v, %v", r, err)
	}
}
