package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// How the clock of this machine is looked at: limits and tokens go by it, and an
// entry says when it came.
const (
	offsetMost  = 500 * time.Millisecond // from here on it is an alarm
	offsetEvery = 5 * time.Minute
	offsetTries = 3 // of which the one with the shortest way counts
)

// kernelClock is what the kernel says of its clock; not Known where it is not
// asked.
type kernelClock struct {
	Known, Synchronised bool
	Offset, MayErr      time.Duration
}

// offsets compares the clock of this process with that of the database, and asks
// the kernel whether anybody disciplines it.
type offsets struct {
	now      func() time.Time
	database func(ctx context.Context) (time.Time, error)
	kernel   func() (kernelClock, error)
	log      *slog.Logger

	mu     sync.Mutex
	seen   bool
	offset time.Duration // to be added to our clock to get the database's
	within time.Duration // half the way there and back: so much of it may be the way
	held   kernelClock

	ofDatabase, ofKernel, synchronised prometheus.Gauge
}

func newOffsets(pool *pgxpool.Pool, figures prometheus.Registerer, log *slog.Logger) *offsets {
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
		figures.MustRegister(g)
		return g
	}
	return &offsets{
		now: time.Now, kernel: kernelTime, log: log,
		database: func(ctx context.Context) (at time.Time, err error) {
			err = pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&at)
			return at, err
		},
		ofDatabase:   gauge("kendra_clock_database_offset_seconds", "By how much the database's clock is ahead of this process's."),
		ofKernel:     gauge("kendra_clock_kernel_offset_seconds", "What the kernel has still to correct of its clock."),
		synchronised: gauge("kendra_clock_synchronised", "Whether the kernel's clock is disciplined by a source of time."),
	}
}

// look measures, and says aloud what is off by half a second.
func (o *offsets) look(ctx context.Context) error {
	offset, within, err := o.measure(ctx)
	if err != nil {
		return err
	}
	held, err := o.kernel()
	if err != nil {
		return err
	}
	o.mu.Lock()
	o.seen, o.offset, o.within, o.held = true, offset, within, held
	o.mu.Unlock()
	o.ofDatabase.Set(offset.Seconds())
	o.ofKernel.Set(held.Offset.Seconds())
	o.synchronised.Set(0)
	if held.Synchronised {
		o.synchronised.Set(1)
	}
	switch {
	case offset.Abs()-within >= offsetMost:
		o.log.Error("clock is off", "against", "database", "offset_ms", offset.Milliseconds())
	case held.Known && held.Offset.Abs() >= offsetMost:
		o.log.Error("clock is off", "against", "source of time", "offset_ms", held.Offset.Milliseconds())
	case held.Known && !held.Synchronised:
		o.log.Warn("clock is not synchronised: let chrony or ntpd follow a source of NIC or NPL")
	}
	return nil
}

// measure asks the database for its time; of some answers that which took the
// least time says most.
func (o *offsets) measure(ctx context.Context) (offset, within time.Duration, err error) {
	for n := range offsetTries {
		asked := o.now()
		at, err := o.database(ctx)
		if err != nil {
			return 0, 0, fmt.Errorf("ask the database for its clock: %w", err)
		}
		half := o.now().Sub(asked) / 2
		if n == 0 || half < within {
			offset, within = at.Sub(asked.Add(half)), half
		}
	}
	return offset, within, nil
}

// String is the line of /readyz.
func (o *offsets) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.seen {
		return "clock: not looked at yet"
	}
	text := fmt.Sprintf("clock: database %+d ms (within %d ms)", o.offset.Milliseconds(), o.within.Milliseconds())
	switch {
	case !o.held.Known:
		return text + ", kernel not asked"
	case !o.held.Synchronised:
		return text + ", kernel not synchronised"
	}
	return text + fmt.Sprintf(", kernel synchronised %+d ms (may err by %d ms)", o.held.Offset.Milliseconds(), o.held.MayErr.Milliseconds())
}
