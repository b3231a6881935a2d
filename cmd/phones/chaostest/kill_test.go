package chaostest

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"kendra/cmd/phones/fleet"
	contract "kendra/mobile-contract"
)

func karwi() fleet.Centre   { return fleet.Centre{Code: "KRW", Lat: 25.218, Lon: 80.923} }
func rajapur() fleet.Centre { return fleet.Centre{Code: "RJP", Lat: 25.383, Lon: 81.150} }

const (
	serverKills   = 20 // while serving; as many as a quarter more at any moment
	databaseKills = 11
	// busy is a pace at which a shift of four hours takes a minute.
	busy = 240
)

func TestServersAndDatabasesThatAreKilledLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	db := startDatabase(t)
	p := newPlace(t, db.url(), karwi(), rajapur())
	s := p.serve()
	began := time.Now()
	r := p.work(fleet.Plan{
		Seed: 11, Phones: 16, Minutes: 240, Pace: busy, Settle: 2 * time.Minute, Transport: network(s.current),
	}, func(ctx context.Context) {
		var wg sync.WaitGroup
		wg.Go(func() { killServer(ctx, s) })
		wg.Go(func() { killDatabase(ctx, t, db) })
		wg.Wait()
		t.Logf("killing is over after %v", time.Since(began).Round(time.Second))
	})
	t.Logf("all has arrived after %v", time.Since(began).Round(time.Second))
	s.stop()
	killed, serving, quits := s.counts()
	found, tasks, notices := p.sound(r)
	t.Logf("%d server kills (%d while serving), %d database kills, %d ops acknowledged, %d repeats, %d tasks with %d notices: "+
		"%d lost, %d doubled, %d gaps, %d altered",
		killed, serving, databaseKills, len(r.Acked), r.Repeated, tasks, notices, found.Lost, found.Doubled, found.Gaps, found.Altered)
	t.Log(text(r))
	if serving < serverKills || tasks == 0 || r.TasksDone == 0 || r.Repeated == 0 || len(r.Acked) < 500 {
		t.Error("too little happened")
	}
	if n := r.Failures[string(contract.CodeInternal)]; n > 0 {
		t.Errorf("%d calls were answered with internal while the database was away", n)
	}
	for _, words := range quits {
		t.Errorf("a server gave up by itself:\n%s", words)
	}
}

// killServer kills at times drawn from a seed: a server that serves, and every
// fifth time whatever there is, which may be one that is just starting.
func killServer(ctx context.Context, s *server) {
	r := rand.New(rand.NewPCG(11, 1))
	for n := range serverKills * 5 / 4 {
		time.Sleep(800*time.Millisecond + time.Duration(r.Int64N(int64(1800*time.Millisecond))))
		for !s.kill(n%5 != 4) && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// killDatabase kills now the first process, now all.
func killDatabase(ctx context.Context, t *testing.T, db *database) {
	r := rand.New(rand.NewPCG(11, 2))
	for n := range databaseKills {
		time.Sleep(2*time.Second + time.Duration(r.Int64N(int64(3*time.Second))))
		if ctx.Err() != nil {
			return
		}
		db.kill(n%2 == 1)
		if err := db.again(ctx); err != nil {
			t.Errorf("the database does not come back: %v", err)
			return
		}
	}
}
