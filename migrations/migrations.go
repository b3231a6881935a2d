package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed *.sql
var files embed.FS

// Schema is where the job queue's tables live.
const Schema = "river"

// lockID is the advisory lock under which one process at a time migrates.
const lockID = 0x6b656e647261 // "kendra"

// OwnerURL is the database URL acting as the role that owns every object.
func OwnerURL(databaseURL string) string { return withRole(databaseURL, "kendra_owner") }

// AppURL is the database URL acting as the server's role.
func AppURL(databaseURL string) string { return withRole(databaseURL, "kendra_app") }

// ReportURL is the database URL acting as the role that reads views.
func ReportURL(databaseURL string) string { return withRole(databaseURL, "kendra_report") }

// withRole sets the runtime parameter "role", in a URL or in a list of
// key=value words. Text that is neither is left for pgx to refuse.
func withRole(databaseURL, role string) string {
	if !strings.Contains(databaseURL, "://") {
		return strings.TrimSpace(databaseURL + " role=" + role)
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		return databaseURL
	}
	query := u.Query()
	query.Set("role", role)
	u.RawQuery = query.Encode()
	return u.String()
}

// Up brings the database to the newest schema. It may be called again, and by
// several processes at once.
func Up(ctx context.Context, databaseURL string) error { return up(ctx, databaseURL, files) }

func up(ctx context.Context, databaseURL string, files fs.FS) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("migrate: connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// The lock ends with the connection.
	if err := takeLock(ctx, conn); err != nil {
		return fmt.Errorf("migrate: wait for another migration: %w", err)
	}
	if err := prepare(ctx, conn); err != nil {
		return fmt.Errorf("migrate: prepare roles: %w", err)
	}
	pool, err := ownerPool(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("migrate: connect as owner: %w", err)
	}
	defer pool.Close()
	if err := upFiles(ctx, pool, files); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := upQueue(ctx, pool); err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	return nil
}

// takeLock asks again and again: a statement that waited in the server would
// hold a snapshot, for which a CREATE INDEX CONCURRENTLY of the other waits.
func takeLock(ctx context.Context, conn *pgx.Conn) error {
	for {
		var mine bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(lockID)).Scan(&mine); err != nil {
			return err
		}
		if mine {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func ownerPool(ctx context.Context, databaseURL string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(OwnerURL(databaseURL))
	if err != nil {
		return nil, err
	}
	config.MaxConns = 3 // goose's lock, goose's work, one to spare
	return pgxpool.NewWithConfig(ctx, config)
}

// upFiles applies the numbered files that this database has not seen.
func upFiles(ctx context.Context, pool *pgxpool.Pool, files fs.FS) error {
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	provider, err := newProvider(db, files)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return err
	}
	// The server asks for the version to know whether it may serve.
	if _, err := db.ExecContext(ctx, `GRANT SELECT ON goose_db_version TO kendra_app`); err != nil {
		return fmt.Errorf("let the server read the version: %w", err)
	}
	return nil
}

func newProvider(db *sql.DB, files fs.FS) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
}

// upQueue applies River's migrations and gives the server its rows.
func upQueue(ctx context.Context, pool *pgxpool.Pool) error {
	if _, err := pool.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS `+Schema); err != nil {
		return fmt.Errorf("make its schema: %w", err)
	}
	migrator, err := queueMigrator(pool)
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	if _, err := pool.Exec(ctx, queueGrants); err != nil {
		return fmt.Errorf("grant it to the server: %w", err)
	}
	return nil
}

func queueMigrator(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	return rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{
		Schema: Schema,
		Logger: slog.New(slog.DiscardHandler), // inner code returns, it does not log
	})
}

// Version is the number of the last file applied to the database, 0 for none.
func Version(ctx context.Context, databaseURL string) (int64, error) {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return 0, fmt.Errorf("read schema version: connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var version int64
	err = conn.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM public.goose_db_version WHERE is_applied`).Scan(&version)
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "42P01" { // no such table: never migrated
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	return version, nil
}

// Latest is the number of the newest file in this program.
func Latest() int64 {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		panic("migrations: bad pattern: " + err.Error()) // constant, so never
	}
	var latest int64
	for _, name := range names {
		number, err := goose.NumericComponent(name)
		if err != nil {
			panic("migrations: bad file name: " + err.Error()) // embedded, so a test sees it first
		}
		latest = max(latest, number)
	}
	return latest
}

// Fingerprint is a hash of everything Up does, so that a prepared database can
// be kept as long as it is the same.
func Fingerprint() (string, error) {
	h := sha256.New()
	write := func(parts ...string) {
		for _, part := range parts {
			fmt.Fprintf(h, "%d:%s\n", len(part), part)
		}
	}
	write(roleStatements...)
	write(schemaGrants, queueGrants)
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", fmt.Errorf("list migrations: %w", err)
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("read migration: %w", err)
		}
		write(name, string(text))
	}
	migrator, err := queueMigrator(nil)
	if err != nil {
		return "", fmt.Errorf("list job queue migrations: %w", err)
	}
	for _, m := range migrator.AllVersions() {
		_, _ = io.WriteString(h, m.SQLUp) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}
