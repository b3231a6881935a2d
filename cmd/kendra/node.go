package main

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"kendra/api"
	"kendra/api/book"
	"kendra/api/console"
	"kendra/api/staff"
	"kendra/migrations"
	"kendra/push"
	"kendra/push/fcm"
)

// node is one server process, wired.
type node struct {
	pool    *pgxpool.Pool
	secrets *secrets
	book    *book.Book
	staff   *staff.Service
	signing *staff.SigningKeys
	app     *fiber.App
	push    *push.Client
	sender  *fcm.Sender
	figures *prometheus.Registry // of the private listener
	offsets *offsets
	news    *book.News
	live    *console.Hub
	log     *slog.Logger
	now     func() time.Time
	tick    time.Duration
}

// openNode connects to the database with the app's role and wires a server.
func openNode(ctx context.Context, c config, appURL string, log *slog.Logger, now func() time.Time) (*node, error) {
	n, err := openTool(ctx, c, appURL, log, now)
	if err != nil {
		return nil, err
	}
	if err := n.openPush(ctx, c); err != nil {
		n.close()
		return nil, err
	}
	n.offsets = newOffsets(n.pool, n.figures, log)
	n.live = console.NewHub()
	n.app = api.New(api.Options{
		Book: n.book, Staff: n.staff, Now: now, Log: log, BaseURL: c.BaseURL, Console: c.Console, Live: n.live, Proxies: c.Proxies, Rates: c.Rates,
	})
	return n, nil
}

// openTool is openNode without what serves and sends.
func openTool(ctx context.Context, c config, appURL string, log *slog.Logger, now func() time.Time) (_ *node, err error) {
	n := &node{log: log, now: now, tick: c.Tick, figures: prometheus.NewRegistry()}
	n.figures.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	defer func() {
		if err != nil {
			n.close()
		}
	}()
	if n.secrets, err = openSecrets(c.Keys, log); err != nil {
		return nil, err
	}
	if n.pool, err = openPool(ctx, appURL, c.PoolSize); err != nil {
		return nil, err
	}
	enqueue, err := push.New()
	if err != nil {
		return nil, err
	}
	if n.staff, n.signing, err = openStaff(n.pool, n.secrets, enqueue, c.Console, now); err != nil {
		return nil, err
	}
	n.news = book.NewNews(n.pool)
	n.book, err = book.New(ctx, book.Options{
		Pool: n.pool, Keys: n.secrets.keyset, Sessions: n.sessionKey, Witness: n.secrets.witness, Enqueue: enqueue,
		Wake: func() {
			if n.push != nil {
				n.push.Wake()
			}
		},
		Moved: n.news.Say,
		Blind: n.secrets.blind, SlipKey: n.secrets.slip, MarkerKeys: n.secrets.markers, SaltKey: n.secrets.salt, Now: now, Log: log,
	})
	if err != nil {
		return nil, err
	}
	return n, n.loadWitness(ctx)
}

// openPool makes the pool of the app's connections.
func openPool(ctx context.Context, url string, size int32) (*pgxpool.Pool, error) {
	pc, err := migrations.AppConfig(url)
	if err != nil {
		return nil, errors.New("DATABASE_URL: not a connection string") // its own text may hold the password
	}
	pc.MaxConns = size
	// A server that is shutting down or a dead network must not hold a request.
	pc.ConnConfig.ConnectTimeout = 3 * time.Second
	pc.ConnConfig.RuntimeParams["lock_timeout"] = "3000"
	pc.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "10000"
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	return pool, nil
}

func (n *node) sessionKey(ctx context.Context, district int32, session uuid.UUID) (*ecdsa.PublicKey, uuid.UUID, uuid.UUID, error) {
	return n.staff.SessionKey(ctx, district, session)
}

// openPush starts the worker when there is somewhere to send to. Without FCM
// everything else works: a task is in the next sync too.
func (n *node) openPush(ctx context.Context, c config) error {
	if c.Credentials == "" && c.FCMEndpoint == "" {
		n.log.Warn("no FCM credentials: phones are not woken, they sync by themselves")
		return nil
	}
	var err error
	n.sender, err = fcm.New(ctx, fcm.Options{CredentialsFile: c.Credentials, ProjectID: c.FCMProject, Endpoint: c.FCMEndpoint})
	if err != nil {
		return err
	}
	n.push, err = push.NewClient(n.pool, n.sender, n.devices, n.staff.ForgetPush, push.Options{Logger: n.log, Now: n.now})
	if err != nil {
		return err
	}
	return n.push.Start(context.WithoutCancel(ctx))
}

// devices tells the push worker which handsets a notice means now.
func (n *node) devices(ctx context.Context, district int32, notices []push.Notice) ([][]push.Device, error) {
	out := make([][]push.Device, len(notices))
	err := pgx.BeginTxFunc(ctx, n.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL app.district_id = '%d'", district)); err != nil {
			return err
		}
		officers, err := n.book.Addressees(ctx, tx, district, notices)
		if err != nil {
			return err
		}
		var all []uuid.UUID
		for _, ids := range officers {
			all = append(all, ids...)
		}
		targets, err := n.staff.PushTargets(ctx, tx, district, all)
		if err != nil {
			return err
		}
		for i, ids := range officers {
			for _, id := range ids {
				for _, t := range targets[id] {
					out[i] = append(out[i], push.Device{DeviceID: t.DeviceID, Token: string(t.Token)})
				}
			}
		}
		return nil
	})
	return out, err
}

// serve answers on the public address until the context ends, then finishes
// what is under way.
func (n *node) serve(ctx context.Context, ln net.Listener) error {
	go n.clock(ctx)
	go n.urgent(ctx)
	go n.keepKeys(ctx)
	go n.news.Send(ctx)
	go n.news.Hear(ctx, n.live.Moved, n.live.Gap)
	done := make(chan error, 1)
	go func() { done <- n.app.Listener(ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	n.live.Close() // its pages ask another process
	// Phones keep their lines open; those that say nothing more are cut.
	if err := n.app.ShutdownWithTimeout(stopWithin); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// stopWithin is how long requests under way may take when the server ends: a
// little more than the deadline of a batch.
const stopWithin = 5 * time.Second

// Times between what the clock does besides the tick.
const (
	rulesEvery = 30 * time.Second
	dropEvery  = time.Hour
	sweepEvery = time.Minute
)

// clock does the server's own duties. Every process runs it: what two find due
// is entered once.
func (n *node) clock(ctx context.Context) {
	tick := time.NewTicker(n.tick)
	defer tick.Stop()
	var rules, drop, sweep, offset time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		if _, err := n.book.Tick(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("tick", "err", err)
		}
		n.every(ctx, now, &rules, rulesEvery, "rules", func() error { return n.book.LoadRules(ctx) })
		n.every(ctx, now, &offset, offsetEvery, "clock", func() error { return n.offsets.look(ctx) })
		n.every(ctx, now, &sweep, sweepEvery, "sweep", func() error { return n.staff.Sweep(ctx) })
		n.every(ctx, now, &drop, dropEvery, "forget", func() error { return n.book.Forget(ctx) })
	}
}

// urgent does what cannot wait for the clock's long rounds: who calls for help is
// not kept from the next officer by a retention sweep.
func (n *node) urgent(ctx context.Context) {
	tick := time.NewTicker(n.tick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n.try(ctx, "urgent tick", func() error {
			_, err := n.book.TickUrgent(ctx)
			return err
		})
	}
}

func (n *node) every(ctx context.Context, now time.Time, last *time.Time, span time.Duration, what string, do func() error) {
	if now.Sub(*last) < span {
		return
	}
	*last = now
	n.try(ctx, what, do)
}

func (n *node) try(ctx context.Context, what string, do func() error) {
	if err := do(); err != nil && ctx.Err() == nil {
		n.log.Error(what, "err", err)
	}
}

func (n *node) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if n.push != nil {
		_ = n.push.Stop(ctx)
	}
	if n.sender != nil {
		n.sender.Close()
	}
	if n.pool != nil {
		n.pool.Close()
	}
}
