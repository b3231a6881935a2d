package chaostest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/cmd/phones/fleet"
	"kendra/migrations/dbtest"
	contract "kendra/mobile-contract"
	"kendra/push/fcmtest"
)

func TestTwoServersOnOneDatabaseAreOne(t *testing.T) {
	t.Parallel()
	p := newPlace(t, dbtest.New(t).URL, karwi(), rajapur())
	one, two := p.serve(), p.serve()
	r := p.work(fleet.Plan{
		Seed: 12, Phones: 14, Minutes: 80, Pace: busy, Settle: time.Minute, Transport: network(one.current, two.current),
	}, func(context.Context) {})
	p.pushed()
	one.stop()
	two.stop()
	found, tasks, notices := p.sound(r)
	t.Logf("%d ops acknowledged by two servers, %d repeats, %d tasks with %d notices: "+
		"%d lost, %d doubled, %d gaps, %d altered",
		len(r.Acked), r.Repeated, tasks, notices, found.Lost, found.Doubled, found.Gaps, found.Altered)
	t.Log(text(r))
	if tasks == 0 || r.TasksDone == 0 || r.Repeated == 0 {
		t.Error("too little happened")
	}
}

// pushed waits until no job is left to do, and checks that each push that the
// ledger calls handed over was handed over once: two servers never work one job.
func (p *place) pushed() {
	p.t.Helper()
	conn := p.connect()
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		left := p.count(conn, `SELECT count(*) FROM river.river_job WHERE state NOT IN ('completed', 'discarded', 'cancelled')`)
		if left == 0 {
			break
		}
		if time.Now().After(limit) {
			p.t.Fatalf("%d jobs are not done", left)
		}
	}
	handed := p.count(conn, `SELECT count(*) FROM push_sends WHERE state = 'handed'`)
	if got := p.push.Count(fcmtest.Accept); got != handed || handed == 0 {
		p.t.Errorf("%d pushes were handed over, the ledger says %d", got, handed)
	}
}

func TestATaskForManyIsClaimedByOneWhicheverServerTheyAsk(t *testing.T) {
	t.Parallel()
	p := newPlace(t, dbtest.New(t).URL, karwi())
	one, two := p.serve(), p.serve()
	sender := p.handset(p.those(contract.RoleDispatcher, "KRW")[0], network(one.current))
	var takers []*handset
	for i, who := range p.those(contract.RoleBeatOfficer, "KRW") {
		at := one.current
		if i%2 == 1 {
			at = two.current
		}
		takers = append(takers, p.handset(who, network(at)))
	}
	tasks := sendTasks(t, sender, 25)
	var wg sync.WaitGroup
	for n, h := range takers {
		wg.Go(func() {
			own := slices.Clone(tasks)
			if n%2 == 1 {
				slices.Reverse(own) // so that not one of them is always first
			}
			for i := 0; i < len(own); i += 5 {
				for _, task := range own[i : i+5] {
					if _, err := h.record(contract.KindTaskAccept, contract.TaskAccept{TaskID: task}); err != nil {
						t.Error(err)
					}
				}
				if err := h.insist(t.Context(), 20*time.Second); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	winners := map[string]int{}
	refused := 0
	for _, h := range takers {
		h.mu.Lock()
		for _, r := range h.receipts {
			switch {
			case r.Outcome == contract.OutcomeEntered:
				winners[h.who.Number]++
			case r.Problem != nil && r.Problem.Code == string(contract.CodeTaskTaken):
				refused++
			default:
				t.Errorf("%+v", r)
			}
		}
		winners[h.who.Number]-- // the duty's start
		h.mu.Unlock()
	}
	t.Logf("%d tasks: %v, %d refused", len(tasks), winners, refused)
	if refused != len(tasks)*(len(takers)-1) {
		t.Errorf("%d refused, want %d", refused, len(tasks)*(len(takers)-1))
	}
	conn := p.connect()
	if n := p.count(conn, `SELECT count(*) FROM entries WHERE kind = 'task.accept'`); n != len(tasks) {
		t.Errorf("%d entries say that a task was accepted, want %d", n, len(tasks))
	}
	if n := p.count(conn, `SELECT count(DISTINCT task_id) FROM tasks WHERE holder_id IS NOT NULL`); n != len(tasks) {
		t.Errorf("%d tasks have somebody, want %d", n, len(tasks))
	}
	one.stop()
	two.stop()
	p.run("verify")
	p.run("rebuild")
}

// sendTasks gives tasks to whoever is on the beat.
func sendTasks(t *testing.T, h *handset, n int) []uuid.UUID {
	t.Helper()
	role := contract.RoleBeatOfficer
	var out []uuid.UUID
	for range n {
		out = append(out, must[uuid.UUID](t)(h.record(contract.KindTaskSend, contract.TaskSend{
			To: contract.TaskTarget{Role: &role}, TaskKind: "visit", Urgency: contract.UrgencySoon,
		})))
	}
	if err := h.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range out {
		if r := h.outcome(id); r.Outcome != contract.OutcomeEntered {
			t.Fatalf("%+v", r)
		}
	}
	return out
}
