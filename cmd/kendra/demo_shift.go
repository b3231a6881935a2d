package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/cmd/phones/fleet"
	"kendra/cmd/phones/walk"
	"kendra/migrations"
)

// patience bounds the waits after the shift, in our time.
const patience = 60 * time.Second

// shift carries out the plan, and the recorded walk beside it.
func (d *demo) shift(ctx context.Context, track walk.Track, sum *summary) error {
	began := time.Now()
	ready := sync.OnceFunc(func() {
		d.say.step(many(d.args.phones, "handset")+" enrolled, their officers let in", time.Since(began))
		began, sum.from = time.Now(), d.clock.now()
		d.slowed.Store(0)
	})
	before, err := d.owed(ctx, d.clock.now())
	if err != nil {
		return err
	}
	sum.ground.debtBefore = before.Debt
	f, err := fleet.New(d.world.World, fleet.Plan{
		Cheat: true, Seed: d.args.seed, Phones: d.args.phones, Minutes: d.args.minutes, Speed: demoSpeed, Dir: filepath.Join(d.dir, "phones"),
		Server: d.url, Now: d.clock.now, Transport: d.transport(), Settle: patience, Mark: d.probe.mark,
		Progress: func(r fleet.Report) { ready(); d.progress(r) },
	})
	if err != nil {
		return err
	}
	d.fleet.Store(f)
	stop := d.govern(ctx)
	var walked *walked
	var stumbled error
	var wg sync.WaitGroup
	if track.Fixes > 0 {
		wg.Go(func() { walked, stumbled = d.replay(ctx, track) })
	}
	d.say.progress("enrolling %s", many(d.args.phones, "handset"))
	sum.report, err = f.Run(ctx)
	wg.Wait()
	stop()
	sum.slowed = time.Duration(d.slowed.Load())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	sum.to = d.clock.now()
	after, lost := d.owed(ctx, sum.to)
	if lost != nil {
		return lost
	}
	sum.ground.debtAfter = after.Debt
	sum.fault = errors.Join(err, stumbled)
	if walked != nil {
		sum.add(walked)
	}
	d.say.step("shift", time.Since(began))
	return nil
}

// transport carries the phones' calls.
func (d *demo) transport() http.RoundTripper {
	if d.probe.wire != nil {
		return d.probe.wire(d.wire)
	}
	return d.wire
}

// govern slows the clock down while this machine can't keep up, until it is
// stopped.
func (d *demo) govern(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(busyLook)
		defer tick.Stop()
		for slow := false; ; {
			select {
			case <-ctx.Done():
				d.clock.run(demoSpeed)
				return
			case <-tick.C:
			}
			if slow {
				d.slowed.Add(int64(busyLook))
			}
			if busy := d.wire.longest() > busyAfter; busy != slow {
				slow = busy
				d.clock.run(map[bool]float64{false: demoSpeed, true: busySpeed}[slow])
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func (d *demo) progress(r fleet.Report) {
	d.say.progress("%s IST  %d ops, %d entered, %d repeated · tasks %d sent, %d received, %d done · %d pushes",
		d.clock.now().In(istZone).Format("15:04"), r.OpsSent, r.Entered, r.Repeated, r.TasksSent, r.TasksReceived, r.TasksDone,
		r.PushesDelivered)
}

// evening lets the clock of the demo come to the evening, when the server tells
// the posts above of what was left undone, and has said what speaks for the visits.
func (d *demo) evening(ctx context.Context, _ walk.Track, sum *summary) error {
	began := time.Now()
	d.clock.jump(evening(d.clock.now()))
	for {
		var due int
		err := d.count(ctx, `SELECT count(*) FROM clocks WHERE district_id = $1 AND next_at <= $2`, &due, d.clock.now())
		if err != nil {
			return err
		}
		if due == 0 || time.Since(began) > patience {
			break
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	if err := d.assessed(ctx, sum); err != nil {
		return err
	}
	d.say.step("evening: visits assessed, limits that passed told", time.Since(began))
	return nil
}

// count asks the database one number of the district.
func (d *demo) count(ctx context.Context, sql string, into any, args ...any) error {
	conn, err := pgx.Connect(ctx, migrations.AppURL(d.config.DatabaseURL))
	if err != nil {
		return errors.New("count: the database can't be reached")
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL app.district_id = '%d'", defaultDistrict)); err != nil {
			return fmt.Errorf("count: %w", err)
		}
		if err := tx.QueryRow(ctx, sql, append([]any{int32(defaultDistrict)}, args...)...).Scan(into); err != nil {
			return fmt.Errorf("count: %w", err)
		}
		return nil
	})
}

// drain waits until the push queue is empty.
func (d *demo) drain(ctx context.Context, _ walk.Track, sum *summary) error {
	began := time.Now()
	for {
		var waiting int
		err := d.node.pool.QueryRow(ctx, `SELECT count(*) FROM river.river_job
			WHERE state NOT IN ('completed', 'cancelled', 'discarded')`).Scan(&waiting)
		if err != nil {
			return fmt.Errorf("look into the push queue: %w", err)
		}
		if waiting == 0 {
			break
		}
		if time.Since(began) > patience {
			sum.fault = errors.Join(sum.fault, fmt.Errorf("%d pushes are still in the queue", waiting))
			break
		}
		d.say.progress("%d pushes to hand over", waiting)
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	d.say.step("push queue empty", time.Since(began))
	return nil
}

// inspect looks at what is left of the shift in the database.
func (d *demo) inspect(ctx context.Context, _ walk.Track, sum *summary) error {
	began := time.Now()
	sum.violations = d.fcm.Violations()
	sum.pushes = d.fcm.Count("") // accepted
	books, err := d.node.book.Centres(ctx, defaultDistrict)
	if err != nil {
		return err
	}
	for _, centre := range books {
		d.say.progress("verifying and folding again the book of %s", centre)
		v, err := d.node.book.VerifyBook(ctx, defaultDistrict, centre)
		if err != nil {
			return err
		}
		r, err := d.node.book.Rebuild(ctx, defaultDistrict, centre, false)
		if err != nil {
			return err
		}
		sum.judge(v, r)
	}
	d.say.step("books verified and folded again", time.Since(began))
	began = time.Now()
	if err := d.compare(ctx, sum); err != nil {
		return err
	}
	d.say.step("receipts compared with the books", time.Since(began))
	return nil
}

// compare looks for every receipt in the books.
func (d *demo) compare(ctx context.Context, sum *summary) error {
	conn, err := pgx.Connect(ctx, migrations.AppURL(d.config.DatabaseURL))
	if err != nil {
		return errors.New("compare: the database can't be reached")
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if sum.found, err = fleet.Check(ctx, tx, defaultDistrict, sum.report.Acked); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT state, count(*) FROM tasks WHERE district_id = $1 GROUP BY 1`, int32(defaultDistrict))
	if err != nil {
		return fmt.Errorf("count tasks: %w", err)
	}
	sum.taskStates = map[string]int{}
	var state string
	var n int
	if _, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error { sum.taskStates[state] = n; return nil }); err != nil {
		return fmt.Errorf("count tasks: %w", err)
	}
	if _, sum.ground.drawn = d.node.book.Outline(defaultDistrict); sum.ground.drawn {
		d.say.progress("the outline of the district is drawn from its stations")
	}
	if err := sum.ground.count(ctx, tx, sum.to.In(istZone).Format(time.DateOnly)); err != nil {
		return err
	}
	return sum.countBooks(ctx, tx)
}

// judge adds what one book came to.
func (s *summary) judge(v *book.Verified, r *book.Rebuilt) {
	s.books++
	s.entries += v.Size
	s.signatures += v.Signatures
	if !v.OK() {
		s.wrong = append(s.wrong, fmt.Sprintf("book of %s, entry %d: %s", v.Centre, v.FirstBad, v.Why))
	}
	if !r.Equal() {
		s.unequal++
		s.wrong = append(s.wrong, fmt.Sprintf("projections of %s folded again, rows that differ: %v", r.Centre, r.Differs))
	}
}
