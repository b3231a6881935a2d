package api_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// day is an officer with the reference client, and all that went over the wire.
type day struct {
	t      *testing.T
	w      *apitest.World
	phone  *phone.Phone
	by     *phone.Officer
	sender *apitest.Shift
	self   uuid.UUID
	ops    int
}

// newDay enrols and logs in; a morning's bundle is read before the count begins.
func newDay(t *testing.T) *day {
	t.Helper()
	w := apitest.New(t)
	d := &day{t: t, w: w, sender: w.Enlist(apitest.Karwi, "dispatcher")}
	d.sender.Handset.On = w.Another() // whose bytes are not counted here
	o := w.Hire(apitest.Karwi, "beat_officer")
	d.self = o.ID
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	var err error
	d.phone, err = phone.Open(phone.Options{
		Dir: t.TempDir(), Server: w.URL, Now: w.Now, Tries: 1, Client: &http.Client{Transport: transport, Timeout: 20 * time.Second},
	})
	d.must(err)
	t.Cleanup(func() { _ = d.phone.Close() })
	enrol, err := w.Staff.IssueEnrolCode(t.Context(), apitest.District, apitest.Karwi)
	d.must(err)
	activate, err := w.Staff.IssueActivationCode(t.Context(), apitest.District, o.Number)
	d.must(err)
	ctx := t.Context()
	d.must(d.phone.Enrol(ctx, string(enrol.Text)))
	d.must(d.phone.SetPIN(ctx, o.Number, string(activate.Text), apitest.GoodPIN))
	d.by, err = d.phone.LogIn(ctx, o.Number, apitest.GoodPIN)
	d.must(err)
	d.must(d.phone.Sync(ctx))
	_, err = d.by.Bundle(ctx)
	d.must(err)
	_ = d.bytes()
	return d
}

// bytes tells what went up and down since it was asked last.
func (d *day) bytes() (wire struct{ up, down int64 }) {
	time.Sleep(50 * time.Millisecond) // a byte may be read before its writer has counted it
	wire.up, wire.down = d.w.Up.Swap(0), d.w.Down.Swap(0)
	return wire
}

func (d *day) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *day) record(kind contract.Kind, body any) uuid.UUID {
	d.t.Helper()
	d.w.Pass(2 * time.Minute)
	n := float64(d.ops)
	fix := contract.At(d.w.Now())
	id, err := d.by.Record(kind, body, &contract.Place{Lat: 25.2112345 + n/3000, Lon: 80.9254321 + n/4000, AccuracyM: 9.5, FixAt: &fix})
	d.must(err)
	d.ops++
	return id
}

// visit has texts as officers write them.
func (d *day) visit() {
	d.t.Helper()
	v := d.w.Visit()
	care := "एक वृद्ध महिला अकेली रहती हैं, साप्ताहिक कुशल-क्षेम"
	seen := "चौपाल में दो महिलाओं ने शराब के कारण झगड़े की बात बतायी; दोनों को 181 और 112 बताया गया।"
	village := "155281"
	v.CareList, v.Observation, v.VillageCode, v.Topics, v.IsChaupal = &care, &seen, &village, []string{"cyber_safety", "helplines"}, true
	d.record("visit.record", v)
}

// task is sent by the dispatcher, outside of what is counted here.
func (d *day) task() uuid.UUID {
	d.t.Helper()
	text := "बस अड्डे पर गश्त करें; महिला यात्री सहायता चाहती हैं।"
	d.sender.Refresh()
	r := d.sender.Enter("task.send", contract.TaskSend{
		To: contract.TaskTarget{OfficerID: &d.self}, TaskKind: "visit", Urgency: "soon", Text: &text,
	})
	return *r.OpID
}

// work is a day: 10 visits, 20 tasks of which 5 are worked through, duty; with
// a sync after every so many ops.
func (d *day) work(syncEvery int) {
	d.t.Helper()
	start := d.record("duty.start", contract.DutyStart{})
	for i := range 10 {
		d.visit()
		first, _ := d.task(), d.task()
		d.syncAfter(syncEvery)
		if i >= 5 {
			continue
		}
		d.record("task.receive", contract.TaskReceive{TaskID: first})
		d.record("task.see", contract.TaskSee{TaskID: first})
		d.record("task.accept", contract.TaskAccept{TaskID: first})
		d.record("task.depart", contract.TaskDepart{TaskID: first})
		d.record("task.arrive", contract.TaskArrive{TaskID: first})
		if i < 3 {
			d.record("task.done", contract.TaskDone{TaskID: first, Result: "done"})
		}
		d.syncAfter(syncEvery)
	}
	d.record("duty.end", contract.DutyEnd{StartID: start})
	d.must(d.phone.Sync(context.Background()))
}

func (d *day) syncAfter(n int) {
	d.t.Helper()
	if d.phone.Waiting() >= n {
		d.must(d.phone.Sync(context.Background()))
	}
}

// TestADaysSyncOfAnOfficerIsSmallOnTheWire counts requests, answers, heads,
// proofs and refreshed tokens. What an officer brings home from a day without
// a net must fit; how much oftener syncing costs is told, since most of it is
// heads and proofs of possession, about 2 kB a call.
func TestADaysSyncOfAnOfficerIsSmallOnTheWire(t *testing.T) {
	t.Parallel()
	const allowed = 40_000
	for _, every := range []int{40, 10, 5} {
		d := newDay(t)
		d.work(every)
		s := d.phone.Stats()
		syncs := s.Syncs - 1 // the first was the morning's
		wire := d.bytes()
		all := wire.up + wire.down
		if d.ops != 40 || s.Entered != 40 || s.Lines < 60 || s.ProofsFailed != 0 || s.ProofsVerified != 40 {
			t.Errorf("%d ops, stats %+v", d.ops, s)
		}
		t.Logf("a day of 40 ops up and %d entries down in %d syncs: %d bytes up, %d down, %d in all", s.Lines, syncs, wire.up, wire.down, all)
		if syncs == 1 && all >= allowed {
			t.Errorf("%d bytes are more than %d", all, allowed)
		}
		d.must(d.phone.Sync(t.Context()))
		nothing := d.bytes()
		idle := nothing.up + nothing.down
		t.Logf("a sync with nothing to say: %d bytes", idle)
		if idle > 2500 {
			t.Errorf("%d bytes for nothing", idle)
		}
	}
}
