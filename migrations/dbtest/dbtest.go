package dbtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/migrations"
)

// DB is one test's database, by who acts in it.
type DB struct {
	URL       string // the superuser
	AppURL    string // kendra_app: what the server is
	OwnerURL  string // kendra_owner: what migrations are
	ReportURL string // kendra_report
}

// host is the server that this test binary's databases live in.
type host struct {
	admin    string   // URL of a database to give orders from
	template string   // name of the migrated database
	cleaner  *os.File // kept from the collector: its closing sets off the cleaner
	err      error
}

// theHost is started by the first test that needs it. A test binary is the one
// place for a value that outlives its users: every test would wait for a server
// of its own otherwise.
var theHost = sync.OnceValue(func() host {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	h, err := open(ctx, os.Getenv("TEST_DATABASE_URL"))
	if err != nil {
		h.err = fmt.Errorf("a database for tests: %w", err)
	}
	return h
})

// serial numbers the databases of this process.
var serial atomic.Int64

// New clones a database with the newest schema and drops it when t ends.
func New(t testing.TB) *DB {
	t.Helper()
	h := theHost()
	if h.err != nil {
		t.Fatal(h.err)
	}
	// Copying files is cheaper than logging pages where nothing is synced.
	return h.create(t, " TEMPLATE "+h.template+" STRATEGY = FILE_COPY")
}

// NewEmpty makes a database without any schema and drops it when t ends.
func NewEmpty(t testing.TB) *DB {
	t.Helper()
	h := theHost()
	if h.err != nil {
		t.Fatal(h.err)
	}
	return h.create(t, " TEMPLATE template0")
}

func (h host) create(t testing.TB, from string) *DB {
	t.Helper()
	name := "test_" + strconv.Itoa(os.Getpid()) + "_" + strconv.FormatInt(serial.Add(1), 10)
	if err := h.order(t.Context(), "CREATE DATABASE "+name+from); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := h.order(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	target, err := onDatabase(h.admin, name)
	if err != nil {
		t.Fatal(err)
	}
	return &DB{
		URL:       target,
		AppURL:    migrations.AppURL(target),
		OwnerURL:  migrations.OwnerURL(target),
		ReportURL: migrations.ReportURL(target),
	}
}

// order runs one statement on a connection of its own.
func (h host) order(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, h.admin)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, statement)
	return err
}

// Pool connects as kendra_app, as the app does, and closes when t ends.
func (db *DB) Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	c, err := migrations.AppConfig(db.AppURL)
	if err != nil {
		t.Fatalf("read connection string: %v", err)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Pool connects to a database URL, such as DB.OwnerURL, and closes when t ends.
func Pool(t testing.TB, databaseURL string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), databaseURL)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// onDatabase is the same URL for another database.
func onDatabase(databaseURL, name string) (string, error) {
	if !strings.Contains(databaseURL, "://") {
		return databaseURL + " dbname=" + name, nil // the last word of a kind counts
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", fmt.Errorf("TEST_DATABASE_URL is not a URL") // its text holds a password
	}
	u.Path = "/" + name
	return u.String(), nil
}
