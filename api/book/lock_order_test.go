package book_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	"kendra/migrations"
	contract "kendra/mobile-contract"
)

// ended counts how statements ended that had to wait for one another.
type ended struct{ deadlocks, waits, all atomic.Int64 }

func (e *ended) note(err error) {
	e.all.Add(1)
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return
	}
	switch pg.Code {
	case "40P01":
		e.deadlocks.Add(1)
	case "55P03": // lock_timeout
		e.waits.Add(1)
	}
}

func (*ended) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (e *ended) TraceQueryEnd(_ context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) { e.note(d.Err) }

func (*ended) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (e *ended) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	e.note(d.Err)
}

func (*ended) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// side is a station of the two, and the other.
type side struct {
	centre, other string
	incharge, sho *booktest.Officer
}

// crossing are two ops that reach from a station's book into the other's: a
// complaint or an FIR that goes there, and a correction that follows it.
func (s side) crossing(w *booktest.World, n int) []contract.Item {
	said := complaintOf(w, registered)
	id := s.incharge.Enter("complaint.open", said).OpID
	said.Mobile = new(fmt.Sprintf("98%08d", n))
	if n%4 < 2 {
		return []contract.Item{
			s.incharge.Item("complaint.transfer", transferTo(s.other, id)),
			s.incharge.Item("entry.correct", again(id, said, func(*contract.ComplaintOpen) {})),
		}
	}
	fir := contract.FIRRegister{
		ComplaintID: &id, FIRNo: fmt.Sprintf("%d/2026", 300+n), RegisteredAt: contract.At(w.Now()), Sections: []string{"bns_64"},
		IoBy: &s.sho.ID, IsZero: true, TransferredTo: &s.other,
	}
	return []contract.Item{
		s.sho.Item("fir.register", fir),
		s.incharge.Item("entry.correct", again(id, said, func(*contract.ComplaintOpen) {})),
	}
}

func TestOpsThatReachIntoEachOthersBooksNeverWaitForOneAnotherInARing(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	seen := &ended{}
	processes := make([]*book.Book, 2)
	for i := range processes {
		config, err := migrations.AppConfig(w.DB.AppURL)
		if err != nil {
			t.Fatal(err)
		}
		config.ConnConfig.Tracer = seen
		config.ConnConfig.RuntimeParams["lock_timeout"] = "3000" // as a server has it
		config.MaxConns = 16
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		processes[i] = w.Process(func(o *book.Options) { o.Pool = pool })
	}
	sides := []side{
		{booktest.Centre, booktest.OtherCentre, w.Incharge, w.SHO},
		{booktest.OtherCentre, booktest.Centre, w.Other, w.Enlist(booktest.OtherCentre, staff.SHO)},
	}
	const workers, ticks = 64, 20
	ops := make([][]contract.Item, workers)
	for n := range ops {
		ops[n] = sides[n%2].crossing(w, n)
	}
	w.Pass(time.Minute)
	var acknowledged atomic.Int64
	var wg sync.WaitGroup
	for n, items := range ops {
		s := sides[n%2]
		senders := []*booktest.Officer{s.incharge, s.incharge}
		if n%4 >= 2 {
			senders[0] = s.sho
		}
		wg.Go(func() {
			for i, item := range items {
				r, err := senders[i].Via(processes[n/2%2]).TrySend(item)
				for again := 0; err != nil && again < 10; again++ { // as a phone does that was turned away
					r, err = senders[i].Via(processes[n/2%2]).TrySend(item)
				}
				if err != nil || r[0].Outcome != book.Entered {
					t.Errorf("%d of worker %d: %v, %+v", i, n, err, r)
					return
				}
				acknowledged.Add(1)
			}
		})
	}
	for i := range 4 {
		wg.Go(func() {
			for range ticks {
				if _, err := processes[i%2].Tick(t.Context()); err != nil {
					t.Errorf("tick: %v", err)
				}
			}
		})
	}
	wg.Wait()
	tick(t, w)
	if got := acknowledged.Load(); got != workers*2 {
		t.Errorf("%d of %d ops are acknowledged", got, workers*2)
	}
	if n := count(t, w, `SELECT count(*) FROM complaints WHERE state = 'transferred'`); n != workers/2 {
		t.Errorf("%d of %d complaints went over", n, workers/2)
	}
	if n := count(t, w, `SELECT count(*) FROM outbox`); n != 0 {
		t.Errorf("%d are still on their way", n)
	}
	t.Logf("%d statements, %d waited too long, %d stood in a ring", seen.all.Load(), seen.waits.Load(), seen.deadlocks.Load())
	if seen.deadlocks.Load() != 0 || seen.all.Load() < workers*2 {
		t.Error("they waited for one another")
	}
	if n := count(t, w, `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`); n != 0 {
		t.Errorf("PostgreSQL has counted %d deadlocks", n)
	}
}
