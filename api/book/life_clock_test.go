package book_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// raisedRung is one rung that the clock told, as it stands in the book.
type raisedRung struct {
	At      time.Time
	Subject uuid.UUID
	Limit   string
	Rung    int
	ToRole  string
}

// raises lists what was raisedRung over complaints, in the order of time.
func raises(t testing.TB, w *booktest.World) []raisedRung {
	t.Helper()
	var out []raisedRung
	err := asked(w, func(tx pgx.Tx) error {
		rows, err := tx.Query(context.Background(), `SELECT at, (b->>'subject_id')::uuid, b->>'limit', (b->>'rung')::int, b->>'to_role'
			FROM entries, LATERAL (SELECT convert_from(sealed, 'UTF8')::json->'body' AS b OFFSET 0) x
			WHERE kind = 'escalation.raise' AND b->>'limit' <> 'day_sign'`)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[raisedRung])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return inOrder(out)
}

func inOrder(list []raisedRung) []raisedRung {
	for i := range list {
		list[i].At = list[i].At.UTC()
	}
	slices.SortFunc(list, func(a, b raisedRung) int {
		return cmp.Or(a.At.Compare(b.At), slices.Compare(a.Subject[:], b.Subject[:]), cmp.Compare(a.Limit, b.Limit), cmp.Compare(a.Rung, b.Rung))
	})
	return list
}

// rungs of the ladder of limits: how long after the limit who is told.
var rungAfter = []time.Duration{2 * time.Hour, 24 * time.Hour, 48 * time.Hour, 72 * time.Hour, 7 * 24 * time.Hour}

var (
	ladderOfAll      = []string{staff.CentreIncharge, staff.SHO, staff.CO, staff.AddlSP, staff.SP}
	ladderAboveHers  = []string{staff.SHO, staff.CO, staff.AddlSP, staff.SP, staff.SP}
	ladderAboveTheir = []string{staff.CO, staff.AddlSP, staff.SP, staff.SP, staff.SP}
)

// climb is what the clock must raise over a limit that began at a time.
func climb(subject uuid.UUID, limit string, due time.Time, roles []string) []raisedRung {
	var out []raisedRung
	for i, after := range rungAfter {
		out = append(out, raisedRung{due.Add(after), subject, limit, i + 1, roles[i]})
	}
	return out
}

const day = 24 * time.Hour

func TestEveryLimitOfAComplaintIsRaisedRungAfterRungOnceAtItsTime(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	from := w.Now()
	var want []raisedRung
	expect := func(id uuid.UUID, roles []string, limits map[string]time.Duration) {
		for limit, length := range limits {
			want = append(want, climb(id, limit, from.Add(length), roles)...)
		}
	}
	usual := map[string]time.Duration{"assign": 2 * time.Hour, "first_action": day, "disposal": 3 * day, "overall": 7 * day}

	expect(w.Beat.Enter("complaint.open", complaintOf(w)).OpID, ladderOfAll,
		map[string]time.Duration{"register": 30 * time.Minute, "overall": 7 * day})
	expect(w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID, ladderOfAll, usual)
	expect(w.Incharge.Enter("complaint.open", complaintOf(w, registered, highRisk)).OpID, ladderAboveHers,
		map[string]time.Duration{"assign": 30 * time.Minute, "first_action": time.Hour, "disposal": 3 * day, "overall": 7 * day})
	expect(w.SHO.Enter("complaint.open", complaintOf(w, registered)).OpID, ladderAboveTheir, usual)

	acted := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	w.Beat.Enter("complaint.act", contract.ComplaintAct{ComplaintID: acted, Action: "visited"})
	expect(acted, ladderOfAll, map[string]time.Duration{"assign": 2 * time.Hour, "disposal": 3 * day, "overall": 7 * day})

	disposed := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	w.Incharge.Enter("complaint.dispose", dispose(disposed))
	expect(disposed, ladderOfAll, map[string]time.Duration{"feedback": 3 * day})

	// Nobody's: a vacant post, and the in-charge's post of another centre.
	left := w.Second.Enter("complaint.open", complaintOf(w, registered)).OpID
	w.Second.Enter("post.leave", contract.PostLeave{PostID: w.Second.Posts[0].PostID, Reason: "transfer"})
	expect(left, ladderOfAll, usual)
	away := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	w.Incharge.Enter("complaint.transfer", contract.ComplaintTransfer{ComplaintID: away, ToCentre: "RJP", Reason: "घटना राजापुर की है"})
	tick(t, w)
	there := lives(t, w, "centre = 'RJP'")[0]
	if there.Owner != nil || there.Role != staff.CentreIncharge {
		t.Errorf("it arrived in the hand of %v, %s", there.Owner, there.Role)
	}
	expect(there.ID, ladderAboveHers, usual)

	inOrder(want)
	for i, r := range want {
		if i > 0 && r.At.Equal(want[i-1].At) {
			continue
		}
		for _, before := range []time.Duration{time.Millisecond, 0} {
			w.Pass(r.At.Add(-before).Sub(w.Now()))
			tick(t, w)
			due := slices.IndexFunc(want, func(x raisedRung) bool { return x.At.After(w.Now()) })
			if due < 0 {
				due = len(want)
			}
			if got := raises(t, w); !slices.Equal(got, want[:due]) {
				t.Fatalf("%s before %s\nraised %v\nwant   %v", before, r.At, tail(got), tail(want[:due]))
			}
		}
	}
	w.Pass(1000 * time.Hour)
	tick(t, w)
	if got := raises(t, w); len(got) != len(want) {
		t.Errorf("%d raisedRung after the end of all ladders, %d before", len(got), len(want))
	}
}

func tail(list []raisedRung) string { return fmt.Sprint(list[max(0, len(list)-6):]) }

func dispose(id uuid.UUID) contract.ComplaintDispose {
	return contract.ComplaintDispose{ComplaintID: id, Disposal: "not_substantiated", DisposalNote: "जाँच में पुष्टि नहीं हुई", ToldHer: true}
}

func TestAPauseIsTakenOutOfTheClocksOfTheStateAndOfNoOther(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	from := w.Now()
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	w.Pass(10 * time.Minute)
	w.Beat.Enter("pause.ask", contract.PauseAsk{ComplaintID: id, Reason: "out_of_station"})
	w.Pass(20 * time.Minute)
	w.Incharge.Enter("pause.allow", contract.PauseAllow{ComplaintID: id, Allowed: true})
	w.Pass(8 * day) // longer than all limits but the last rungs of the overall one
	tick(t, w)
	for _, r := range raises(t, w) {
		if r.Limit != "overall" {
			t.Errorf("while it is paused: %+v", r)
		}
	}
	for _, code := range []string{"assign", "first_action", "disposal"} {
		if k := clockOf(t, w, id, code); k.Next != nil || k.Paused == nil || !k.Paused.Equal(from.Add(30*time.Minute)) {
			t.Errorf("%+v", k)
		}
	}
	if r := w.Incharge.Do("complaint.dispose", dispose(id)); refusedBy(r) != contract.CodeWrongState {
		t.Errorf("disposed of while it is paused: %+v", r)
	}
	if r := w.Incharge.Do("complaint.extend", contract.ComplaintExtend{ComplaintID: id, UntilAt: contract.At(w.Now().Add(3 * day)), Reason: "साक्ष्य शेष"}); refusedBy(r) != contract.CodeWrongState {
		t.Errorf("extended while it is paused: %+v", r)
	}
	w.Beat.Enter("complaint.resume", contract.ComplaintResume{ComplaintID: id})
	for code, length := range map[string]time.Duration{"assign": 2 * time.Hour, "first_action": day, "disposal": 3 * day} {
		if k := clockOf(t, w, id, code); !k.Due.Equal(from.Add(length+8*day)) || k.PausedS != int64(8*day/time.Second) || k.Paused != nil ||
			k.Next == nil || !k.Next.Equal(k.Due.Add(2*time.Hour)) {
			t.Errorf("%s after the pause: %+v", code, k)
		}
	}
	if k := clockOf(t, w, id, "overall"); !k.Due.Equal(from.Add(7*day)) || k.PausedS != 0 {
		t.Errorf("the overall clock: %+v", k)
	}
}

func TestAPauseThatIsNotAllowedStopsNothing(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	w.Incharge.Enter("pause.ask", contract.PauseAsk{ComplaintID: id, Reason: "medical"})
	if r := w.Incharge.Do("pause.allow", contract.PauseAllow{ComplaintID: id, Allowed: true}); refusedBy(r) != contract.CodeOwnAct {
		t.Errorf("by who asked: %+v", r)
	}
	w.SHO.Enter("pause.allow", contract.PauseAllow{ComplaintID: id})
	if k := clockOf(t, w, id, "assign"); k.Paused != nil || k.Next == nil {
		t.Errorf("%+v", k)
	}
	if r := w.Beat.Do("complaint.resume", contract.ComplaintResume{ComplaintID: id}); refusedBy(r) != contract.CodeWrongState {
		t.Errorf("resumed: %+v", r)
	}
	w.Beat.Enter("pause.ask", contract.PauseAsk{ComplaintID: id, Reason: "medical"}) // it may be asked again
}

func TestAnExtensionMovesTheDisposalOnceAndItsLadderBeginsAnew(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	from := w.Now()
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	until := from.Add(5 * day)
	ask := func(at time.Time) contract.ComplaintExtend {
		return contract.ComplaintExtend{ComplaintID: id, UntilAt: contract.At(at), Reason: "साक्ष्य शेष है"}
	}
	for at, code := range map[time.Time]contract.Code{
		from.Add(3 * day): contract.CodeEndedBeforeStarted, from.Add(-day): contract.CodeEndedBeforeStarted,
		from.Add(3*day + 15*day + time.Millisecond): contract.CodeOutOfRange,
	} {
		if r := w.Incharge.Do("complaint.extend", ask(at)); refusedBy(r) != code {
			t.Errorf("until %s: %+v, want %s", at, r, code)
		}
	}
	w.Pass(3*day + 2*time.Hour)
	tick(t, w)
	if k := clockOf(t, w, id, "disposal"); k.Rung != 1 {
		t.Fatalf("%+v", k)
	}
	w.Incharge.Enter("complaint.extend", ask(until))
	k := clockOf(t, w, id, "disposal")
	if !k.Due.Equal(until) || k.Rung != 0 || k.Next == nil || !k.Next.Equal(until.Add(2*time.Hour)) {
		t.Errorf("%+v", k)
	}
	if k := clockOf(t, w, id, "overall"); !k.Due.Equal(from.Add(7 * day)) {
		t.Errorf("the overall clock: %+v", k)
	}
	if r := w.SHO.Do("complaint.extend", ask(until.Add(day))); refusedBy(r) != contract.CodeExtendedAlready {
		t.Errorf("twice: %+v", r)
	}
	w.Pass(until.Add(2 * time.Hour).Sub(w.Now()))
	tick(t, w)
	if k := clockOf(t, w, id, "disposal"); k.Rung != 1 {
		t.Errorf("%+v", k)
	}
}

func TestAnActThatArrivesLateStopsItsClockAtItsOwnTime(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	from := w.Now()
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	w.Pass(20 * time.Hour)
	offline := w.Beat.Item("complaint.act", contract.ComplaintAct{ComplaintID: id, Action: "visited"})
	w.Pass(7 * time.Hour)
	tick(t, w)
	if k := clockOf(t, w, id, "first_action"); k.Rung != 1 || k.Stop != nil {
		t.Fatalf("%+v", k)
	}
	if r := w.Beat.Send(offline)[0]; r.Outcome != book.Entered {
		t.Fatalf("%+v", r)
	}
	if k := clockOf(t, w, id, "first_action"); k.Stop == nil || !k.Stop.Equal(from.Add(20*time.Hour)) || k.Next != nil || k.Rung != 1 {
		t.Errorf("%+v", k)
	}
	w.Pass(30 * day)
	tick(t, w)
	n := 0
	for _, r := range raises(t, w) {
		if r.Limit == "first_action" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d raisedRung", n)
	}
}

func TestARegistrationFromAPhoneWithAFastClockStartsNoClockInTheFuture(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Offset = -3 * time.Hour
	said := complaintOf(w, registered)
	said.ArrivedAt = contract.At(w.Now().Add(3 * time.Hour))
	registered(&said)
	id := w.Beat.Enter("complaint.open", said).OpID
	if c := lifeOf(t, w, id); c.Arrived.After(w.Now()) || c.RegisteredAt.After(w.Now()) {
		t.Errorf("%+v", c)
	}
	for _, k := range runs(t, w, id) {
		if k.Starts.After(w.Now()) {
			t.Errorf("%+v", k)
		}
	}
}

// TestProcessesThatTickAtOnceAndAreStoppedAnywhereRaiseNothingTwice lets three
// processes tick in many goroutines, each stopped after a random moment: between
// reading what is due and appending it, too.
func TestProcessesThatTickAtOnceAndAreStoppedAnywhereRaiseNothingTwice(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	const complaints = 40
	var want []raisedRung
	for range complaints {
		id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
		want = append(want, climb(id, "assign", w.Now().Add(2*time.Hour), ladderOfAll)[:3]...)
		want = append(want, climb(id, "first_action", w.Now().Add(day), ladderOfAll)[:2]...)
	}
	processes := []*book.Book{w.Book, w.Process(nil), w.Process(nil)}
	w.Pass(2*time.Hour + 48*time.Hour)
	var wg sync.WaitGroup
	var mu sync.Mutex
	stopped := 0
	for i := range 24 {
		wg.Go(func() {
			chaos := rand.New(rand.NewPCG(uint64(i), 7))
			for range 6 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(chaos.IntN(500))*time.Millisecond)
				if _, err := processes[i%3].Tick(ctx); err != nil {
					mu.Lock()
					stopped++
					mu.Unlock()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for range 20 { // what a stopped request began is still being written
		if tick(t, w); len(raises(t, w)) == len(want) {
			break
		}
	}
	if got := raises(t, w); !slices.Equal(got, inOrder(want)) {
		missing := slices.DeleteFunc(want, func(r raisedRung) bool { return slices.Contains(got, r) })
		t.Errorf("%d raisedRung, missing %v", len(got), tail(missing))
	}
	t.Logf("%d of 144 ticks were stopped before their end", stopped)
}

// TestATickThatIsStoppedBeforeItAppendsLeavesTheWorkToTheNext holds the book's
// lock while a process waits for it, and stops that process there.
func TestATickThatIsStoppedBeforeItAppendsLeavesTheWorkToTheNext(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("complaint.open", complaintOf(w))
	dying := w.Process(func(o *book.Options) { o.Deadline, o.Patience = 300*time.Millisecond, 300*time.Millisecond })
	w.Pass(3 * time.Hour)
	release := w.Lock(booktest.Centre)
	if n, err := dying.Tick(context.Background()); err == nil {
		t.Errorf("%d done while the book was locked", n)
	}
	release()
	tick(t, w)
	if got := raises(t, w); len(got) != 1 || got[0].Limit != "register" {
		t.Errorf("%v", got)
	}
	if n, err := dying.Tick(context.Background()); err != nil || n != 0 {
		t.Errorf("%d done again, %v", n, err)
	}
}
