package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/staff"
	"kendra/migrations"
	"kendra/migrations/localpg"
)

func count(b, sep []byte) int { return bytes.Count(b, sep) }

// bencher holds what all figures are taken on: a private, durable PostgreSQL
// and one server process of this binary.
type bencher struct {
	out    io.Writer
	dir    string
	pg     *localpg.Server
	url    string // superuser
	config config
	node   *node // a tool's wiring in this process, for log-ins
	admin  *pgxpool.Pool
	server *exec.Cmd
	addr   string // of the server, and of its operators' page
	aside  string
	rounds int
	rates  string // of the server; off but for the storm
	rows   []figure
}

// figure is one row of the table.
type figure struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Against string  `json:"against,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"`
	Low     float64 `json:"low,omitempty"`
	High    float64 `json:"high,omitempty"`
	Bar     string  `json:"bar,omitempty"`
	Holds   *bool   `json:"holds,omitempty"`
}

// openBench starts the database and the server.
func openBench(ctx context.Context, c config, out io.Writer) (*bencher, error) {
	b := &bencher{out: out, config: c, addr: "127.0.0.1:18099", aside: "127.0.0.1:18098", rates: "off"}
	var err error
	if b.dir, err = os.MkdirTemp("", "kendra-bench-"); err != nil {
		return nil, fmt.Errorf("make bench directory: %w", err)
	}
	if err := os.Chmod(b.dir, 0o755); err != nil {
		return nil, fmt.Errorf("open bench directory: %w", err)
	}
	b.pg, err = localpg.Start(ctx, localpg.Options{
		Dir:      filepath.Join(b.dir, "postgres"),
		Settings: map[string]string{"max_connections": "200", "shared_buffers": "256MB", "max_wal_size": "4GB"},
		Logf:     func(string, ...any) {},
	})
	if err != nil {
		return nil, err
	}
	return b, b.open(ctx, "postgres")
}

// beside opens another database on the same PostgreSQL, with a server of its own.
func (b *bencher) beside(ctx context.Context, name string) (*bencher, error) {
	if _, err := b.admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, fmt.Errorf("make database: %w", err)
	}
	other := &bencher{
		out: b.out, dir: filepath.Join(b.dir, name), pg: b.pg, config: b.config, addr: "127.0.0.1:18097", aside: "127.0.0.1:18096", rounds: b.rounds, rates: "off",
	}
	return other, other.open(ctx, name)
}

// open makes the schema of a database, and starts what works on it.
func (b *bencher) open(ctx context.Context, name string) (err error) {
	b.url = b.pg.URL(name)
	b.config.DatabaseURL, b.config.OwnerURL, b.config.Keys = b.url, b.url, filepath.Join(b.dir, "keys")
	b.config.Console = benchOrigin
	if err := migrations.Up(ctx, b.url); err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	if b.node, err = openTool(ctx, b.config, migrations.AppURL(b.url), log, time.Now); err != nil {
		return err
	}
	if b.admin, err = openPool(ctx, b.url, 64); err != nil {
		return err
	}
	return b.serve(ctx)
}

// serve starts a server process and returns when it answers.
func (b *bencher) serve(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this binary: %w", err)
	}
	b.server = exec.Command(self, "serve")
	b.server.Env = append(os.Environ(), "DATABASE_URL="+b.url, "KENDRA_OWNER_DATABASE_URL="+b.url, "KENDRA_KEYS="+b.config.Keys,
		"KENDRA_LISTEN="+b.addr, "KENDRA_PRIVATE_LISTEN="+b.aside, "KENDRA_BASE_URL=", "KENDRA_FCM_ENDPOINT=", "KENDRA_RATES="+b.rates, "KENDRA_CONSOLE_ORIGIN="+benchOrigin,
		"GOOGLE_APPLICATION_CREDENTIALS=")
	if err := b.server.Start(); err != nil {
		return fmt.Errorf("start server: %w", err)
	}
	for range 1000 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		conn, err := net.DialTimeout("tcp", b.addr, 100*time.Millisecond)
		if err == nil {
			return conn.Close()
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("server does not answer on %s", b.addr)
}

func (b *bencher) stopServer() {
	if b.server != nil && b.server.Process != nil {
		_ = b.server.Process.Signal(os.Interrupt)
		_ = b.server.Wait()
		b.server = nil
	}
}

// part closes what works on the database.
func (b *bencher) part() {
	b.stopServer()
	if b.node != nil {
		b.node.close()
	}
	if b.admin != nil {
		b.admin.Close()
	}
}

func (b *bencher) close() {
	b.part()
	if b.pg != nil {
		_ = b.pg.Stop()
	}
	_ = os.RemoveAll(b.dir)
}

// url of a path on the server.
func (b *bencher) path(p string) string { return "http://" + b.addr + p }

// twelve are the centres that the load is spread over.
var twelve = []string{"KRW", "BRK", "BHP", "MHL", "PHR", "RJP", "SRD", "RPR", "MAU", "BRG", "MNK", "MRK"}

// district fills a district with twelve centres and phones on n connections.
func (b *bencher) district(ctx context.Context, id int32, n int) ([]*benchPhone, error) {
	_, err := b.admin.Exec(ctx, `INSERT INTO districts (district_id, code, hi, en) VALUES ($1, $2, 'ज', 'D') ON CONFLICT DO NOTHING`, id, "D"+strconv.Itoa(int(id)))
	if err != nil {
		return nil, fmt.Errorf("make district: %w", err)
	}
	files, err := readImports(nil, true, io.Discard)
	if err != nil {
		return nil, err
	}
	var people strings.Builder
	people.WriteString("number,name_hi,name_en,rank,is_woman\n")
	for i := range n {
		fmt.Fprintf(&people, "B%d%03d,अधिकारी,Officer,constable,yes\n", id, i)
	}
	officers, wrong := staff.ParseImport(staff.KindOfficers, strings.NewReader(people.String()))
	if len(wrong) > 0 {
		return nil, tell(wrong, b.out)
	}
	if err := b.node.load(ctx, id, append(files, officers), false, io.Discard); err != nil {
		return nil, err
	}
	var posts []staff.PostRow
	var phones []*benchPhone
	for i := range n {
		number, centre := fmt.Sprintf("B%d%03d", id, i), twelve[i%len(twelve)]
		o, err := b.node.staff.FindOfficer(ctx, id, number)
		if err != nil {
			return nil, err
		}
		role := staff.BeatOfficer
		if i < len(twelve) {
			role = staff.CentreIncharge
		}
		posts = append(posts, staff.PostRow{PostID: uuid.New(), OfficerID: o.ID, Role: role, Centre: centre, From: time.Now().Add(-time.Hour)})
	}
	if err := b.node.takePosts(ctx, id, posts); err != nil {
		return nil, err
	}
	for i := range n {
		p, err := newBenchPhone(ctx, b.node.staff, b.addr, id, twelve[i%len(twelve)], fmt.Sprintf("B%d%03d", id, i))
		if err != nil {
			return nil, fmt.Errorf("phone %d: %w", i, err)
		}
		phones = append(phones, p)
	}
	return phones, nil
}

// one asks the database one number.
func (b *bencher) one(ctx context.Context, sql string, args ...any) (int64, error) {
	var n int64
	err := b.admin.QueryRow(ctx, sql, args...).Scan(&n)
	return n, err
}

// peak is the server's highest resident memory so far, in MB.
func (b *bencher) peak() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.server.Process.Pid))
	if err != nil {
		return 0
	}
	return kilobytes(string(text), "VmHWM:")
}

// kilobytes reads one line of a process's status, in MB.
func kilobytes(status, name string) float64 {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kb / 1024
		}
	}
	return 0
}

// machine says in words what the figures were taken on.
func machine(ctx context.Context, pool *pgxpool.Pool) string {
	var version string
	_ = pool.QueryRow(ctx, `SHOW server_version`).Scan(&version)
	return fmt.Sprintf("%d cores, %s/%s, %s, PostgreSQL %s, fsync on, client, server and database on the one machine",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), version)
}
