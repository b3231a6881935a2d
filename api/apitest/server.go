package apitest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api"
	"kendra/api/book"
	"kendra/api/console"
	"kendra/api/staff"
	"kendra/migrations"
	"kendra/push"
)

// Server is one process of the district, as far as a test can tell: its own
// connections, caches and writers, the district's keys.
type Server struct {
	URL   string
	App   *fiber.App
	Pool  *pgxpool.Pool
	Staff *staff.Service
	Book  *book.Book
	Live  *console.Hub // of a world for real browsers
	// Up and Down count the bytes on its wire, headers and all.
	Up, Down atomic.Int64

	w      *World
	client *http.Client
	stop   func() // ends it; once
}

// Buffer is text that many write to.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String is all that was written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func (w *World) staffOptions() staff.Options {
	return staff.Options{
		Tell: w.tell,
		Now:  w.Now, Pepper: w.secrets.one, CodeKey: w.secrets.one, NonceKey: w.secrets.one,
		Signing: w.secrets.signing, Issuer: "kendra", Audience: "kendra-phone", Console: w.console(),
	}
}

func (w *World) console() string {
	switch {
	case w.limits.NoConsole:
		return ""
	case w.origin != "":
		return w.origin
	}
	return Console
}

// Another starts one more server on the district's database.
func (w *World) Another() *Server {
	w.T.Helper()
	return w.start("127.0.0.1:0")
}

// Stop ends the world's first server as a new release does: open pages are told
// that the line is over, requests that run are answered, nobody is heard after.
func (w *World) Stop() { w.stop() }

// Again starts a server in the place of the one that was stopped, at the same
// address and on the same database. It knows nothing but what is stored; phones
// and browsers that talked to the first one find it where they looked for it.
func (w *World) Again() {
	w.T.Helper()
	w.Server = w.start(strings.TrimPrefix(w.URL, "http://"))
	w.T.Cleanup(w.prove) // before the connections of this one end
}

// start serves at an address of this machine until the test ends.
func (w *World) start(address string) *Server {
	w.T.Helper()
	s := &Server{w: w, Pool: w.pool()}
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	w.must(err)
	if w.limits.RealBrowser {
		_, port, err := net.SplitHostPort(ln.Addr().String())
		w.must(err)
		w.origin = "http://localhost:" + port
	}
	news := book.NewNews(s.Pool)
	s.Staff, err = staff.New(s.Pool, w.staffOptions())
	w.must(err)
	witness, err := book.NewWitness(w.secrets.skey, w.secrets.vkey)
	w.must(err)
	enqueue, err := push.New()
	w.must(err)
	markers, err := book.NewMarkerKeys(w.secrets.second)
	w.must(err)
	log := slog.New(slog.NewJSONHandler(w.Log, nil))
	s.Book, err = book.New(context.Background(), book.Options{
		Pool: s.Pool, Keys: w.secrets.keyset, Sessions: s.session, Witness: witness, Enqueue: enqueue, Blind: w.secrets.blind, SaltKey: w.secrets.second,
		SlipKey: w.secrets.second, MarkerKeys: markers, Moved: news.Say,
		Now: w.Now, Log: log, QueueOps: w.limits.QueueOps, Deadline: w.limits.Deadline,
		Patience: w.limits.Patience,
	})
	w.must(err)
	if w.limits.RealBrowser {
		s.Live = console.NewHub()
		s.tell(news)
	}
	s.listen(ln, log)
	return s
}

// tell has the server's open pages hear what moves, until the test ends.
func (s *Server) tell(news *book.News) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { news.Send(ctx) })
	all.Go(func() { news.Hear(ctx, s.Live.Moved, s.Live.Gap) })
	s.w.T.Cleanup(func() {
		cancel()
		all.Wait()
	})
}

// Origin is that of the console's pages.
func (w *World) Origin() string { return w.console() }

func (s *Server) session(ctx context.Context, district int32, id uuid.UUID) (*ecdsa.PublicKey, uuid.UUID, uuid.UUID, error) {
	return s.Staff.SessionKey(ctx, district, id)
}

func (w *World) pool() *pgxpool.Pool {
	w.T.Helper()
	c, err := migrations.AppConfig(w.DB.AppURL)
	w.must(err)
	c.MaxConns = 8
	if w.limits.MaxConns > 0 {
		c.MaxConns = w.limits.MaxConns
	}
	c.ConnConfig.RuntimeParams["lock_timeout"] = "3000"
	pool, err := pgxpool.NewWithConfig(context.Background(), c)
	w.must(err)
	w.T.Cleanup(pool.Close)
	return pool
}

// listen serves on a port of loopback until the test ends.
func (s *Server) listen(ln net.Listener, log *slog.Logger) {
	t := s.w.T
	t.Helper()
	s.App = api.New(api.Options{
		Book: s.Book, Staff: s.Staff, Now: s.w.Now, Log: log, Rates: s.w.limits.Rates, Proxies: s.w.limits.Proxies, Console: s.w.console(), Live: s.Live, FileWithin: s.w.limits.FileWithin,
	})
	s.URL = "http://" + ln.Addr().String()
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}
	s.client = &http.Client{Transport: transport, Timeout: 30 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.App.Listener(&counting{ln, s})
	}()
	s.stop = sync.OnceFunc(func() {
		transport.CloseIdleConnections()
		if s.Live != nil {
			s.Live.Close()
		}
		if err := s.App.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Errorf("shut down: %v", err)
		}
		_ = ln.Close() // a server that was told to stop before it began would begin
		<-done
	})
	t.Cleanup(s.stop)
}

// counting counts what passes over the connections it accepts.
type counting struct {
	net.Listener
	s *Server
}

// Accept accepts a connection that counts.
func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &counted{conn, c.s}, nil
}

type counted struct {
	net.Conn
	s *Server
}

// Read counts what comes up.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.s.Up.Add(int64(n))
	return n, err
}

// Write counts what goes down.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.s.Down.Add(int64(n))
	return n, err
}
