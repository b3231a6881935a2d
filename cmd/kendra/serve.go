package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kendra/api"
	"kendra/migrations"
	"kendra/migrations/localpg"
)

// database finds the database: DATABASE_URL always wins, else a private
// PostgreSQL is started under Data. stop ends what was started.
func database(ctx context.Context, c *config, log *slog.Logger) (stop func(), err error) {
	if c.DatabaseURL != "" {
		return func() {}, nil
	}
	c.ownDatabase = true
	dir, err := filepath.Abs(filepath.Join(c.Data, "postgres"))
	if err != nil {
		return nil, fmt.Errorf("find data directory: %w", err)
	}
	// A tool beside a running server uses the server's database.
	if url, ok := localpg.Running(dir, "postgres"); ok {
		c.DatabaseURL, c.OwnerURL = url, url
		return func() {}, nil
	}
	if err := os.MkdirAll(c.Data, 0o755); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	pg, err := localpg.Start(ctx, localpg.Options{
		Dir:      dir,
		Settings: map[string]string{"max_connections": "100", "shared_buffers": "128MB"},
		Logf:     func(f string, a ...any) { log.Info(fmt.Sprintf(f, a...)) },
	})
	if err != nil {
		return nil, err
	}
	c.DatabaseURL = pg.URL("postgres")
	c.OwnerURL = c.DatabaseURL
	return func() { _ = pg.Stop() }, nil
}

// A server is to stay under 150 MB resident. What lives in its heap is small and
// most of what it makes dies with the request, so the collector runs seldom, and
// harder when the heap comes near softMemory; program text, stacks and buffers
// outside the heap take the rest.
const (
	softMemory    = 64 << 20
	seldomCollect = 400 // per cent the heap may grow by
)

// fit is what must hold before anything is opened: ready tells whether every
// call says who may make it.
func fit(c config, ready func() error) error {
	return errors.Join(noDumps(), onlyOwners(c.SecretFiles), ready())
}

// runServe is the verb serve.
func runServe(ctx context.Context, c config, log *slog.Logger) error {
	if err := fit(c, api.Ready); err != nil {
		return err
	}
	if os.Getenv("GOMEMLIMIT") == "" && os.Getenv("GOGC") == "" {
		debug.SetMemoryLimit(softMemory)
		debug.SetGCPercent(seldomCollect)
	}
	stop, err := database(ctx, &c, log)
	if err != nil {
		return err
	}
	defer stop()
	if err := migrations.Up(ctx, c.OwnerURL); err != nil {
		return err
	}
	if err := guard(ctx, c, log); err != nil {
		return err
	}
	n, err := openNode(ctx, c, migrations.AppURL(c.DatabaseURL), log, time.Now)
	if err != nil {
		return err
	}
	defer n.close()
	if err := n.book.RetryPoison(ctx); err != nil {
		return err
	}
	if err := n.offsets.look(ctx); err != nil {
		return err
	}
	ln, err := c.listen(log)
	if err != nil {
		return err
	}
	private, err := n.private(c.PrivateListen)
	if err != nil {
		return err
	}
	defer func() { _ = private.Close() }()
	log.Info("serving", "listen", ln.Addr().String(), "private", private.Addr)
	return n.serve(ctx, ln)
}

// private serves what operators need on an address of its own.
func (n *node) private(addr string) (*http.Server, error) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.figures, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := n.pool.Ping(ctx); err != nil {
			http.Error(w, "database", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "ok\n"+n.offsets.String()+"\n") //nolint:gosec // plain text, of our own figures
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen (private): %w", err)
	}
	srv := &http.Server{Addr: ln.Addr().String(), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := srv.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("private listener", "err", err)
		}
	}()
	return srv, nil
}
