package book_test

import (
	"context"
	"strings"
	"sync"
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

// steps tells what happened to a task, in one line.
func steps(t *testing.T, w *booktest.World, id uuid.UUID) string {
	t.Helper()
	var names []string
	for _, s := range task(t, w, id).Steps {
		names = append(names, s.Step)
	}
	return strings.Join(names, " ")
}

func task(t *testing.T, w *booktest.World, id uuid.UUID) *book.TaskView {
	t.Helper()
	v, err := w.Book.Task(context.Background(), w.Incharge.Caller(), id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// tickAtOnce lets two processes do what is due at the same time.
func tickAtOnce(t *testing.T, w *booktest.World) {
	t.Helper()
	done := make(chan error, 2)
	for _, b := range []*book.Book{w.Book, w.Process(nil)} {
		go func() {
			_, err := b.Tick(t.Context())
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// tick lets the clock do what is due until nothing is, and returns how much.
func tick(t *testing.T, w *booktest.World) int {
	t.Helper()
	total := 0
	for {
		n, err := w.Book.Tick(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return total
		}
		total += n
	}
}

// jobs counts the jobs that wait to wake somebody for a task.
func jobs(t *testing.T, w *booktest.World) int64 {
	t.Helper()
	return count(t, w, `SELECT count(*) FROM river.river_job`)
}

func send(w *booktest.World, to *booktest.Officer, urgency string) *book.Entry {
	task := w.Task(to)
	task.Urgency = contract.Urgency(urgency)
	return w.Dispatcher.Enter("task.send", task)
}

func TestATaskNobodyTakesUpClimbsItsLadderEachRungOnceAtItsTime(t *testing.T) {
	t.Parallel()
	ladders := map[string][]struct {
		after time.Duration
		step  string
	}{
		push.Urgent:  {{time.Minute, "reminded"}, {2 * time.Minute, "reminded"}, {4 * time.Minute, "passed"}, {2 * time.Hour, "expired"}},
		push.Soon:    {{10 * time.Minute, "reminded"}, {20 * time.Minute, "reminded"}, {40 * time.Minute, "passed"}, {12 * time.Hour, "expired"}},
		push.Routine: {{4 * time.Hour, "reminded"}, {24 * time.Hour, "passed"}, {72 * time.Hour, "expired"}},
	}
	for urgency, rungs := range ladders {
		t.Run(urgency, func(t *testing.T) {
			t.Parallel()
			w := booktest.New(t)
			id := send(w, w.Beat, urgency).OpID
			want := "queued"
			for _, r := range rungs {
				due := booktest.Start.Add(r.after)
				w.Pass(due.Add(-time.Millisecond).Sub(w.Now()))
				if n := tick(t, w); n != 0 {
					t.Errorf("%d done before %s", n, r.after)
				}
				w.Pass(time.Millisecond)
				if n := tick(t, w); n != 1 {
					t.Errorf("%d done at %s", n, r.after)
				}
				want += " " + r.step
				if got := steps(t, w, id); got != want {
					t.Fatalf("after %s: %s, want %s", r.after, got, want)
				}
				if s := task(t, w, id).Steps; !s[len(s)-1].At.Equal(due) || s[len(s)-1].By != nil {
					t.Errorf("step %+v is not the clock's at %s", s[len(s)-1], due)
				}
			}
			w.Pass(1000 * time.Hour)
			if n := tick(t, w); n != 0 {
				t.Errorf("%d done after the end", n)
			}
		})
	}
}

func TestAClockThatStoodStillDoesAllThatIsDueInOrder(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := send(w, w.Beat, push.Urgent).OpID
	w.Pass(time.Hour)
	if n := tick(t, w); n != 3 {
		t.Errorf("%d rungs done", n)
	}
	if got := steps(t, w, id); got != "queued reminded reminded passed" {
		t.Error(got)
	}
}

func TestAReceivedTaskIsNotRemindedAgainAndAnAcceptedOneLeftToItsHolder(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	received, accepted := send(w, w.Beat, push.Urgent).OpID, send(w, w.Beat, push.Urgent).OpID
	w.Pass(30 * time.Second)
	w.Beat.Enter("task.receive", contract.TaskReceive{TaskID: received})
	w.Beat.Enter("task.accept", contract.TaskAccept{TaskID: accepted})
	w.Pass(3 * time.Minute)
	if n := tick(t, w); n != 0 {
		t.Errorf("%d done within four minutes", n)
	}
	w.Pass(time.Minute)
	tick(t, w)
	w.Pass(3 * time.Hour)
	tick(t, w)
	if got := steps(t, w, received); got != "queued received passed expired" {
		t.Error(got)
	}
	if got := steps(t, w, accepted); got != "queued accepted" {
		t.Error(got)
	}
}

func TestATaskGoesThroughAllItsStepsToDone(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := send(w, w.Beat, push.Soon).OpID
	note := "महिला से भेंट हुई"
	for kind, body := range orderedSteps(id, &note) {
		w.Pass(time.Minute)
		w.Beat.Enter(kind, body)
	}
	if got := steps(t, w, id); got != "queued received seen accepted departed arrived done" {
		t.Error(got)
	}
	v := task(t, w, id)
	if v.State != "done" || v.Holder == nil || *v.Holder != w.Beat.ID || v.NextAt != nil {
		t.Errorf("%+v", v.Task)
	}
	for _, again := range []string{"task.accept", "task.done"} {
		var body any = contract.TaskAccept{TaskID: id}
		if again == "task.done" {
			body = contract.TaskDone{TaskID: id, Result: "done"}
		}
		if r := w.Beat.Do(again, body); r.Problem == nil || r.Problem.Code != contract.CodeWrongState {
			t.Errorf("%s again: %+v", again, r)
		}
	}
	if n := jobs(t, w); n != 1 {
		t.Errorf("%d jobs", n)
	}
}

// orderedSteps yields the steps of an officer in their order.
func orderedSteps(id uuid.UUID, note *string) func(yield func(string, any) bool) {
	return func(yield func(string, any) bool) {
		_ = yield("task.receive", contract.TaskReceive{TaskID: id}) &&
			yield("task.see", contract.TaskSee{TaskID: id}) &&
			yield("task.accept", contract.TaskAccept{TaskID: id}) &&
			yield("task.depart", contract.TaskDepart{TaskID: id}) &&
			yield("task.arrive", contract.TaskArrive{TaskID: id}) &&
			yield("task.done", contract.TaskDone{TaskID: id, Result: "done", Note: note})
	}
}

func TestADeclinedTaskIsTheInchargesAtOnce(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := send(w, w.Beat, push.Urgent).OpID
	before := jobs(t, w)
	w.Beat.Enter("task.decline", contract.TaskDecline{TaskID: id, Reason: "too_far"})
	if got := task(t, w, id); got.ToRole == nil || *got.ToRole != staff.CentreIncharge || got.State != "sent" {
		t.Errorf("%+v", got.Task)
	}
	if n := jobs(t, w) - before; n != 1 {
		t.Errorf("%d wake-ups: the in-charge's is needed, of him who declined none", n)
	}
	if n := count(t, w, `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%centre_incharge%'`); n != 1 {
		t.Errorf("%d jobs for the in-charge", n)
	}
	w.Incharge.Enter("task.accept", contract.TaskAccept{TaskID: id})
}

func TestATaskGivenBackLateIsNotExpiredByTheTimeItWasHeld(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := send(w, w.Beat, push.Urgent).OpID
	w.Beat.Enter("task.accept", contract.TaskAccept{TaskID: id})
	w.Pass(3 * time.Hour)
	w.Beat.Enter("task.decline", contract.TaskDecline{TaskID: id, Reason: "unsafe"})
	tick(t, w)
	if got := steps(t, w, id); got != "queued accepted declined" {
		t.Error(got)
	}
	w.Incharge.Enter("task.accept", contract.TaskAccept{TaskID: id})
}

func TestOneOfASquadWhoDeclinesLeavesTheTaskToTheOthers(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.Dispatcher.Enter("task.send", contract.TaskSend{
		To: contract.TaskTarget{SquadID: &w.SquadID}, TaskKind: "hotspot_round", Urgency: "soon",
	}).OpID
	w.Member.Enter("task.decline", contract.TaskDecline{TaskID: id, Reason: "unwell"})
	if v := task(t, w, id); v.ToRole != nil || v.State != "sent" {
		t.Errorf("%+v", v.Task)
	}
	w.Leader.Enter("task.accept", contract.TaskAccept{TaskID: id})
	if r := w.Member.Do("task.accept", contract.TaskAccept{TaskID: id}); r.Problem == nil || r.Problem.Code != contract.CodeTaskTaken {
		t.Errorf("%+v", r)
	}
	if r := w.Beat.Do("task.see", contract.TaskSee{TaskID: id}); r.Problem == nil || r.Problem.Code != contract.CodeNotAssigned {
		t.Errorf("somebody else's: %+v", r)
	}
}

func TestWhoTookATaskOfHisPostBeforeItWasPassedStillHasIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	role := contract.Role(staff.BeatOfficer)
	id := w.Dispatcher.Enter("task.send", contract.TaskSend{To: contract.TaskTarget{Role: &role}, TaskKind: "visit", Urgency: "urgent"}).OpID
	w.Pass(2 * time.Minute)
	offline := w.Beat.Item("task.accept", contract.TaskAccept{TaskID: id})
	w.Pass(5 * time.Minute)
	tick(t, w)
	if got := steps(t, w, id); got != "queued reminded reminded passed" {
		t.Fatal(got)
	}
	mine, _, err := w.Book.Tasks(context.Background(), w.Second.Caller(), book.TaskQuery{Centre: booktest.Centre, Limit: 10, Open: true, Mine: true})
	if err != nil || len(mine) != 1 {
		t.Errorf("%v, %d tasks are on the list of those it was first given to", err, len(mine))
	}
	if r := w.Beat.Send(offline)[0]; r.Outcome != book.Entered {
		t.Errorf("accepted before it was passed, arrived after: %+v", r.Problem)
	}
}

func TestStepsAfterARecallAreKeptAndFlagged(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := send(w, w.Beat, push.Urgent).OpID
	w.Beat.Enter("task.accept", contract.TaskAccept{TaskID: id})
	w.Dispatcher.Enter("task.recall", contract.TaskRecall{TaskID: id, Reason: "done_otherwise"})
	if r := w.Incharge.Do("task.recall", contract.TaskRecall{TaskID: id, Reason: "mistake"}); r.Problem == nil || r.Problem.Code != contract.CodeTaskClosed {
		t.Errorf("recalled twice: %+v", r)
	}
	for _, e := range []*book.Entry{
		w.Beat.Enter("task.arrive", contract.TaskArrive{TaskID: id}),
		w.Beat.Enter("task.done", contract.TaskDone{TaskID: id, Result: "done"}),
	} {
		if !hasFlag(e, "task_closed") {
			t.Errorf("%s has flags %v", e.Kind, e.Flags)
		}
	}
	if v := task(t, w, id); v.State != "recalled" || steps(t, w, id) != "queued accepted recalled arrived done" {
		t.Errorf("%s: %s", v.State, steps(t, w, id))
	}
	w.Pass(10 * time.Hour)
	if n := tick(t, w); n != 0 {
		t.Errorf("the clock did %d things about a recalled task", n)
	}
}

func TestAStepWhoseAcceptingHasNotArrivedWaitsForIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := send(w, w.Beat, push.Soon).OpID
	accept := w.Beat.Item("task.accept", contract.TaskAccept{TaskID: id})
	depart := w.Beat.Item("task.depart", contract.TaskDepart{TaskID: id})
	done := w.Beat.Item("task.done", contract.TaskDone{TaskID: id, Result: "partly"})
	for _, r := range w.Beat.Send(done, depart) {
		if r.Outcome != book.Held || !strings.HasPrefix(r.WaitsFor, "accept:") {
			t.Fatalf("%+v", r)
		}
	}
	if r := w.Beat.Send(accept)[0]; r.Outcome != book.Entered {
		t.Fatalf("%+v", r)
	}
	for _, r := range w.Beat.Send(done, depart) {
		if r.Outcome != book.Entered || !r.Repeated {
			t.Errorf("%+v", r)
		}
	}
	if v := task(t, w, id); v.State != "done" {
		t.Error(v.State)
	}
}

func TestAStepOfATaskThatHasNotArrivedWaitsForItsSending(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	sending := w.Dispatcher.Item("task.send", w.Task(w.Beat))
	id, _ := contract.ReadOpID(sending.Raw)
	see := w.Beat.Item("task.see", contract.TaskSee{TaskID: id})
	if r := w.Beat.Send(see)[0]; r.Outcome != book.Held || r.WaitsFor != "op:"+id.String() {
		t.Fatalf("%+v", r)
	}
	w.Dispatcher.Send(sending)
	if got := steps(t, w, id); got != "queued seen" {
		t.Error(got)
	}
}

func TestTwoProcessesThatTickAtOnceDoEachThingOnce(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	const tasks = 30
	for range tasks {
		send(w, w.Beat, push.Urgent)
	}
	processes := []*book.Book{w.Book, w.Process(nil), w.Process(nil)}
	w.Pass(5 * time.Minute)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for _, b := range processes {
		for range 4 {
			wg.Go(func() {
				n, err := b.Tick(context.Background())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				done += n
				mu.Unlock()
			})
		}
	}
	wg.Wait()
	done += tick(t, w)
	entries := count(t, w, `SELECT count(*) FROM entries WHERE role = 'clock'`)
	if done != 3*tasks || entries != 3*tasks {
		t.Errorf("%d said to be done, %d entered, %d rungs were due", done, entries, 3*tasks)
	}
	// sent, reminded, reminded: one wake-up each; passed: the officer's and the in-charge's
	if n := jobs(t, w); n != 5*tasks {
		t.Errorf("%d jobs for %d tasks", n, tasks)
	}
}

func TestJobsExistForWhatWasEnteredAndForNothingElse(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	item := w.Dispatcher.Item("task.send", w.Task(w.Beat))
	wrong := w.Task(w.Beat)
	wrong.TaskKind = "gossip"
	w.Dispatcher.Send(item, item, w.Dispatcher.Item("task.send", wrong))
	w.Dispatcher.Send(item)
	if n := jobs(t, w); n != 1 {
		t.Errorf("%d jobs for one task", n)
	}
	id, _ := contract.ReadOpID(item.Raw)
	seqs := count(t, w, `SELECT count(*) FROM river.river_job j, entries e WHERE j.args::text LIKE '%' || e.op_id || '%' AND e.kind = 'task.send'`)
	if seqs != 1 {
		t.Errorf("%d jobs name task %s", seqs, id)
	}
	// A transaction that fails leaves neither entry nor job.
	w.Order(`ALTER TABLE tasks ADD CONSTRAINT fault CHECK (task_kind <> 'escort')`)
	broken := w.Task(w.Beat)
	broken.TaskKind = "escort"
	if r := w.Dispatcher.Do("task.send", broken); r.Outcome != book.Held {
		t.Errorf("%+v", r)
	}
	if n := jobs(t, w); n != 1 {
		t.Errorf("%d jobs after a failed transaction", n)
	}
}

func TestNobodyIsWokenOffDuty(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	whom := func() string {
		var out []string
		err := pgx.BeginFunc(context.Background(), w.Pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(context.Background(), "SET LOCAL app.district_id = '7'"); err != nil {
				return err
			}
			ids, err := w.Book.Addressees(context.Background(), tx, booktest.District, []push.Notice{
				{Officer: w.Beat.ID, Centre: booktest.Centre}, {Squad: w.SquadID, Centre: booktest.Centre},
				{Role: staff.CentreIncharge, Centre: booktest.Centre}, {Role: staff.CentreIncharge, Centre: booktest.OtherCentre},
			})
			names := map[uuid.UUID]string{w.Beat.ID: "beat", w.Leader.ID: "leader", w.Incharge.ID: "incharge", w.Other.ID: "other"}
			for _, list := range ids {
				s := ""
				for _, id := range list {
					s += names[id]
				}
				out = append(out, s)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(out, ",")
	}
	send(w, w.Beat, push.Urgent) // a task for one off duty is sent all the same
	if got := whom(); got != ",,," {
		t.Errorf("off duty: %q", got)
	}
	start := w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Leader.Enter("duty.start", contract.DutyStart{})
	w.Incharge.Enter("duty.start", contract.DutyStart{})
	if got := whom(); got != "beat,leader,incharge," {
		t.Errorf("on duty: %q", got)
	}
	w.Pass(time.Hour)
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: start.OpID})
	if got := whom(); got != ",leader,incharge," {
		t.Errorf("after one went home: %q", got)
	}
}
