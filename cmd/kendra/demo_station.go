package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/cmd/phones/fleet"
	"kendra/migrations"
	"kendra/migrations/localpg"
	contract "kendra/mobile-contract"
	"kendra/push/fcmtest"
)

// demoListen is where a demo serves unless that is taken.
const demoListen = "127.0.0.1:8080"

// demo is a district on this machine: database, server, push service, clock.
type demo struct {
	args    demoArgs
	config  config
	say     *teller
	began   time.Time
	dir     string
	clock   *demoClock
	fcm     *fcmtest.Server
	node    *node
	url     string
	console string // origin of the pages
	listen  net.Listener
	wire    *wire
	world   *demoWorld
	fleet   atomic.Pointer[fleet.Fleet]
	slowed  atomic.Int64 // how long the clock was slow, a time.Duration
	closes  []func()     // in the order of opening
	probe   probe
}

// probe is how a test sees into a demo; its zero value sees nothing.
type probe struct {
	log    *slog.Logger                              // of the server, in place of its errors
	wire   func(http.RoundTripper) http.RoundTripper // around the phones' calls
	mark   func(kind contract.Kind, body any) any    // of each op, before it is written
	onWake func(body []byte)                         // what the push service was sent
	worked func(*demo)                               // when all was looked at
}

// openDemo starts everything but the phones. What was started is stopped again
// when it fails half-way.
func openDemo(ctx context.Context, c config, a demoArgs, say *teller, p probe) (_ *demo, err error) {
	d := &demo{
		args: a, config: c, say: say, began: time.Now(), wire: newWire(a.phones), probe: p,
		clock: newDemoClock(demoSpeed, time.Duration(a.minutes)*time.Minute),
	}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	for _, step := range []func(context.Context) error{d.openDir, d.openDatabase, d.openServer, d.openWorld} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *demo) close() {
	d.say.clear()
	for i := len(d.closes) - 1; i >= 0; i-- {
		d.closes[i]()
	}
	d.closes = nil
}

func (d *demo) later(stop func()) { d.closes = append(d.closes, stop) }

// openDir makes the directory that all of the demo lives in.
func (d *demo) openDir(context.Context) error {
	var err error
	if d.dir, err = os.MkdirTemp("", "kendra-demo-"); err != nil {
		return fmt.Errorf("make demo directory: %w", err)
	}
	d.later(func() { _ = os.RemoveAll(d.dir) })
	if err := os.Chmod(d.dir, 0o755); err != nil { // the database's own user must pass through
		return fmt.Errorf("open demo directory: %w", err)
	}
	d.config.Data, d.config.Keys = d.dir, filepath.Join(d.dir, "keys")
	d.config.Listen, d.config.BaseURL = demoListen, "" // whatever the environment says of a server in service
	return nil
}

// openDatabase starts a private PostgreSQL, or makes a database of the demo's
// own on the server that DATABASE_URL names: books can't be cleaned up, so the
// demo never writes into somebody's.
func (d *demo) openDatabase(ctx context.Context) error {
	began := time.Now()
	what := "PostgreSQL"
	if d.config.DatabaseURL == "" {
		// Where the database's own user can't reach our directory, data go elsewhere.
		if home, err := localpg.Home(filepath.Join(d.dir, "postgres")); err == nil {
			d.later(func() { _ = os.RemoveAll(home) })
		}
		stop, err := database(ctx, &d.config, d.errors())
		if err != nil {
			return err
		}
		d.later(stop)
	} else if err := d.ownDatabase(ctx); err != nil {
		return err
	} else {
		what = "database"
	}
	d.say.step(what, time.Since(began))
	began = time.Now()
	if err := migrations.Up(ctx, d.config.OwnerURL); err != nil {
		return err
	}
	d.say.step("schema", time.Since(began))
	return guard(ctx, d.config, slog.New(slog.NewTextHandler(d.say, &slog.HandlerOptions{Level: slog.LevelWarn})))
}

func (d *demo) ownDatabase(ctx context.Context) error {
	name := "kendra_demo_" + fmt.Sprintf("%x", random4())
	admin := d.config.OwnerURL
	if err := execOn(ctx, admin, "CREATE DATABASE "+name); err != nil {
		return fmt.Errorf("make a database for the demo beside DATABASE_URL's: %w", err)
	}
	d.later(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := execOn(ctx, admin, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			d.say.head("database %s is left over: %v", name, err)
		}
	})
	for _, s := range []*string{&d.config.DatabaseURL, &d.config.OwnerURL} {
		u, err := url.Parse(*s)
		if err != nil {
			return errors.New("DATABASE_URL: not a URL")
		}
		u.Path = "/" + name
		*s = u.String()
	}
	return nil
}

func random4() []byte {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails
	return b
}

func execOn(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return errors.New("the database can't be reached") // its own text may hold the password
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

// errors is the server's log in a demo: the simulated troubles make many
// warnings, an error is never one of them.
func (d *demo) errors() *slog.Logger {
	if d.probe.log != nil {
		return d.probe.log
	}
	return slog.New(slog.NewTextHandler(d.say, &slog.HandlerOptions{Level: slog.LevelError}))
}

// openServer starts the push service and the server, on the demo's clock.
func (d *demo) openServer(ctx context.Context) error {
	began := time.Now()
	var err error
	d.fcm, err = fcmtest.Start(fcmtest.Options{OnBody: d.probe.onWake, OnMessage: func(m fcmtest.Message) {
		if f := d.fleet.Load(); f != nil {
			f.OnWake(m.Token, m.Data["id"])
		}
	}})
	if err != nil {
		return err
	}
	d.later(d.fcm.Close)
	if d.listen, err = d.address(); err != nil {
		return err
	}
	d.url = "http://" + d.listen.Addr().String()
	if _, port, err := net.SplitHostPort(d.listen.Addr().String()); err == nil {
		d.console = "http://localhost:" + port // passkeys and cookies want a name
	}
	c := d.config
	c.Console = d.console
	c.FCMEndpoint, c.FCMProject, c.Credentials, c.BaseURL = d.fcm.URL(), d.fcm.Project(), "", d.url
	c.Tick = time.Second / 4 // a quarter of a minute of the shift
	if d.node, err = openNode(ctx, c, migrations.AppURL(c.DatabaseURL), d.errors(), d.clock.now); err != nil {
		_ = d.listen.Close()
		return err
	}
	d.later(d.node.close)
	d.serve()
	d.say.step("server and push service", time.Since(began))
	return nil
}

// serve answers until the demo is closed.
func (d *demo) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.node.serve(ctx, d.listen) }()
	d.later(func() {
		d.wire.CloseIdleConnections() // else the server waits for them
		cancel()
		if err := <-done; err != nil {
			d.say.head("server: %v", err)
		}
	})
}

// address is where to listen: what was asked for, else the usual port, else any.
func (d *demo) address() (net.Listener, error) {
	if d.args.listen != "" {
		ln, err := net.Listen("tcp", d.args.listen)
		if err != nil {
			return nil, fmt.Errorf("listen: %w", err)
		}
		return ln, nil
	}
	if !d.args.once {
		if ln, err := net.Listen("tcp", demoListen); err == nil {
			return ln, nil
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return ln, nil
}
