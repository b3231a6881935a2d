package chaostest

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/cmd/phones/fleet"
	"kendra/migrations/dbtest"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
	"kendra/push/fcmtest"
)

func TestABadNetworkBeforeTheServerLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	p := newPlace(t, dbtest.New(t).URL, karwi(), rajapur())
	s := p.serve()
	l := newLink(t, s.current())
	r := p.work(fleet.Plan{
		Seed: 13, Phones: 12, Minutes: 100, Pace: busy, Settle: time.Minute, Calm: true, Transport: network(l.address),
	}, func(ctx context.Context) {
		l.endure(ctx, 2200*time.Millisecond, []trouble{
			{"slow", "latency", both(), map[string]any{"latency": 250, "jitter": 200}},
			{"questions vanish", "timeout", []string{asking}, map[string]any{"timeout": 0}},
			{"answers vanish", "timeout", []string{answering}, map[string]any{"timeout": 0}},
			{"questions are cut", "reset_peer", []string{asking}, map[string]any{"timeout": 0}},
			{"answers are cut", "reset_peer", []string{answering}, map[string]any{"timeout": 20}},
			{"answers break off", "limit_data", []string{answering}, map[string]any{"bytes": 700}},
			{"questions break off", "limit_data", []string{asking}, map[string]any{"bytes": 900}},
			{"in small pieces", "slicer", both(), map[string]any{"average_size": 60, "size_variation": 40, "delay": 500}},
			{"slow to close", "slow_close", both(), map[string]any{"delay": 800}},
		})
	})
	s.stop()
	found, tasks, _ := p.sound(r)
	t.Logf("%d ops acknowledged, %d repeats, %d tasks, failures %v: "+
		"%d lost, %d doubled, %d gaps, %d altered",
		len(r.Acked), r.Repeated, tasks, r.Failures, found.Lost, found.Doubled, found.Gaps, found.Altered)
	if r.Failures["no answer"] == 0 || r.Repeated == 0 || tasks == 0 {
		t.Error("too little happened")
	}
}

func TestADatabaseThatIsAwayMeansAnUnknownOutcomeAndOneEntryLater(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		away  trouble
		fresh bool // the server knows nobody yet
	}{
		{away: trouble{"silent", "timeout", both(), map[string]any{"timeout": 0}}},
		{away: trouble{"its answers vanish", "timeout", []string{answering}, map[string]any{"timeout": 0}}},
		{away: trouble{"cut", "reset_peer", both(), map[string]any{"timeout": 0}}},
		{away: trouble{"silent to a fresh server", "timeout", both(), map[string]any{"timeout": 0}}, fresh: true},
		{away: trouble{"cut from a fresh server", "reset_peer", both(), map[string]any{"timeout": 0}}, fresh: true},
	} {
		t.Run(c.away.name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.New(t)
			p := newPlace(t, db.URL, karwi())
			l, url := databaseLink(t, db.URL)
			s := p.serve("DATABASE_URL=" + url)
			h := p.handset(p.those(contract.RoleBeatOfficer, "KRW")[0], network(s.current))
			if c.fresh {
				s.again()
			}
			cure := l.suffer(c.away)
			ids := []uuid.UUID{must[uuid.UUID](t)(h.visit()), must[uuid.UUID](t)(h.visit())}
			for range 2 {
				began := time.Now()
				err := h.Sync(t.Context())
				took := time.Since(began)
				t.Logf("%v after %v", err, took.Round(time.Millisecond))
				if !phone.Refused(err, contract.CodeUnknownOutcome) {
					t.Errorf("answer %v, want unknown_outcome", err)
				}
				if took > 5*time.Second {
					t.Errorf("answered after %v", took)
				}
			}
			cure()
			if err := h.insist(t.Context(), 20*time.Second); err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				if r := h.outcome(id); r.Outcome != contract.OutcomeEntered {
					t.Errorf("%+v", r)
				}
			}
			s.stop()
			conn := p.connect()
			if n := p.count(conn, `SELECT count(*) FROM entries WHERE op_id = ANY($1)`, ids); n != len(ids) {
				t.Errorf("%d entries for %d visits", n, len(ids))
			}
			p.sound(fleet.Report{Acked: acked(h), OpsSent: 3, Entered: 3})
			if _, _, quits := s.counts(); len(quits) > 0 {
				t.Errorf("the server gave up by itself:\n%s", quits[0])
			}
		})
	}
}

func TestAPushServiceThatIsAwayDelaysNoOpAndLosesNoPush(t *testing.T) {
	t.Parallel()
	p := newPlace(t, dbtest.New(t).URL, karwi())
	endpoint := must[*url.URL](t)(url.Parse(p.push.URL()))
	l := newLink(t, endpoint.Host)
	s := p.serve("KENDRA_FCM_ENDPOINT=http://" + l.address() + endpoint.Path)
	sender := p.handset(p.those(contract.RoleDispatcher, "KRW")[0], network(s.current))
	p.handset(p.those(contract.RoleBeatOfficer, "KRW")[0], network(s.current))
	for _, away := range []trouble{
		{"cut", "reset_peer", both(), map[string]any{"timeout": 0}},
		{"silent", "timeout", both(), map[string]any{"timeout": 0}},
	} {
		before := p.push.Count(fcmtest.Accept)
		cure := l.suffer(away)
		began := time.Now()
		tasks := sendTasks(t, sender, 10)
		took := time.Since(began)
		time.Sleep(1500 * time.Millisecond) // the worker tries, in vain
		if n := p.push.Count(fcmtest.Accept); n != before {
			t.Errorf("%s: %d pushes went over a dead link", away.name, n-before)
		}
		cure()
		p.pushed()
		t.Logf("%s: %d tasks accepted in %v, %d pushes after it", away.name, len(tasks), took.Round(time.Millisecond), p.push.Count(fcmtest.Accept)-before)
		if took > 3*time.Second {
			t.Errorf("%s: the tasks took %v", away.name, took)
		}
		if n := p.push.Count(fcmtest.Accept) - before; n != len(tasks) {
			t.Errorf("%s: %d pushes for %d tasks", away.name, n, len(tasks))
		}
	}
}
