package chaostest

import (
	"context"
	"os"
	"syscall"
	"testing"
	"time"

	"kendra/migrations/localpg"
)

// database is a PostgreSQL of the test's own, as durable as a real one.
type database struct {
	t      *testing.T
	dir    string
	server *localpg.Server
}

func startDatabase(t *testing.T) *database {
	t.Helper()
	dir := must[string](t)(os.MkdirTemp("", "kendra-chaos-"))
	// Root's server runs as another user, who must be able to enter.
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	d := &database{t: t, dir: dir}
	d.server = must[*localpg.Server](t)(d.start(t.Context()))
	home := d.server.Home()
	t.Cleanup(func() {
		_ = d.server.Stop()
		_ = os.RemoveAll(home)
		_ = os.RemoveAll(dir)
	})
	return d
}

func (d *database) start(ctx context.Context) (*localpg.Server, error) {
	return localpg.Start(ctx, localpg.Options{Dir: d.dir, Settings: map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
		"shared_buffers": "32MB", "max_connections": "60",
	}})
}

// url names the database. It stays the same from life to life.
func (d *database) url() string { return d.server.URL("postgres") }

// kill ends the first process alone, or every one at once as a power cut does.
func (d *database) kill(everyone bool) {
	first := d.server.PID()
	if everyone {
		// What is stopped starts nobody and buries nobody: no number in the list
		// can come to mean another process.
		_ = syscall.Kill(first, syscall.SIGSTOP)
		for _, pid := range children(first) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	_ = syscall.Kill(first, syscall.SIGKILL)
	<-d.server.Done()
	_ = d.server.Stop() // lets go of the directory
}

// again opens the same data. Processes that outlive their first one hold it
// back for a moment.
func (d *database) again(ctx context.Context) error {
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		server, err := d.start(ctx)
		if err == nil {
			d.server = server
			return nil
		}
		if ctx.Err() != nil || time.Now().After(limit) {
			return err
		}
	}
}
