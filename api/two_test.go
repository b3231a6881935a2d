package api_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

func TestTwoServersOnOneDatabaseGiveTheSameAnswers(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	servers := []*apitest.Server{w.Server, w.Another()}
	x, incharge := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "centre_incharge")
	var items []apitest.Item
	for i := range 20 {
		item := x.Op("visit.record", w.Visit())
		items = append(items, item)
		var out contract.OpsAnswer
		x.At(servers[i%2], apitest.Post("/v1/ops", w.Batch(item))).Into(200, &out)
		if r := out.Receipts[0]; r.Outcome != contract.OutcomeEntered || r.Lines[0].Serial != int64(i+1) {
			t.Fatalf("%d: %+v", i, r)
		}
	}
	var first, second contract.OpsAnswer
	x.At(servers[0], apitest.Post("/v1/ops", w.Batch(items...))).Into(200, &first)
	x.At(servers[1], apitest.Post("/v1/ops", w.Batch(items...))).Into(200, &second)
	if text(t, first.Receipts) != text(t, second.Receipts) || first.Checkpoints[0] != second.Checkpoints[0] {
		t.Error("receipts of repeats differ")
	}
	for _, path := range []string{
		"/v1/feed?centre=KRW&from_size=3", "/v1/proofs?centre=KRW&seq=4&size=20", "/v1/bundle", "/v1/tasks?centre=KRW", "/v1/reference",
		"/v1/registers/women_beat?centre=KRW&year=2026", "/v1/held?centre=KRW",
	} {
		a, b := incharge.At(servers[0], apitest.Get(path)), incharge.At(servers[1], apitest.Get(path))
		if a.Status != 200 || string(a.Body) != string(b.Body) {
			t.Errorf("%s: %d, %d; same: %t", path, a.Status, b.Status, string(a.Body) == string(b.Body))
		}
	}
}

func TestOneOfFiftyWhoAcceptATaskOverTwoServersHasIt(t *testing.T) {
	t.Parallel()
	w := apitest.NewWith(t, apitest.Limits{Deadline: 30 * time.Second})
	servers := []*apitest.Server{w.Server, w.Another()}
	sender := w.Enlist(apitest.Karwi, "dispatcher")
	officers := make([]*apitest.Shift, 10)
	for i := range officers {
		officers[i] = w.Enlist(apitest.Karwi, "beat_officer")
	}
	role := contract.Role("beat_officer")
	task := sender.Enter("task.send", contract.TaskSend{To: contract.TaskTarget{Role: &role}, TaskKind: "visit", Urgency: "urgent"})
	var won, taken atomic.Int64
	var holder atomic.Value
	var all sync.WaitGroup
	for i := range 50 {
		o := officers[i%len(officers)]
		req := o.Prove(servers[i%2], apitest.Post("/v1/ops", w.Batch(o.Op("task.accept", contract.TaskAccept{TaskID: *task.OpID}))))
		all.Go(func() {
			a, err := servers[i%2].Try(req)
			if err != nil {
				t.Error(err)
				return
			}
			var out contract.OpsAnswer
			a.Into(200, &out)
			switch r := out.Receipts[0]; {
			case r.Outcome == contract.OutcomeEntered:
				won.Add(1)
				holder.Store(o.ID)
			case r.Problem != nil && (r.Problem.Code == string(contract.CodeTaskTaken) || r.Problem.Code == string(contract.CodeWrongState)):
				taken.Add(1)
			default:
				t.Errorf("%+v", r)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || taken.Load() != 49 {
		t.Errorf("%d won, %d were told that it is taken", won.Load(), taken.Load())
	}
	var v contract.Task
	sender.Read("/v1/tasks/"+task.OpID.String(), &v)
	if v.Holder == nil || *v.Holder != holder.Load() {
		t.Errorf("holder %v", v.Holder)
	}
}
