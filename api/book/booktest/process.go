package booktest

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/book"
	"kendra/migrations"
)

// Process opens the books once more, as another server process on the same
// database would: with connections of its own. Change may alter its options.
func (w *World) Process(change func(o *book.Options)) *book.Book {
	w.T.Helper()
	o := w.Book.Options
	o.Pool = w.DB.Pool(w.T)
	if change != nil {
		change(&o)
	}
	b, err := book.New(context.Background(), o)
	w.must(err)
	return b
}

// TracedPool connects as the app with a tracer that sees every statement.
func (w *World) TracedPool(tracer pgx.QueryTracer) *pgxpool.Pool {
	w.T.Helper()
	config, err := migrations.AppConfig(w.DB.AppURL)
	w.must(err)
	config.ConnConfig.Tracer = tracer
	pool, err := pgxpool.NewWithConfig(w.T.Context(), config)
	w.must(err)
	w.T.Cleanup(pool.Close)
	return pool
}

// Superuser connects as the owner of everything: who could change a book
// behind the server's back, or hold its lock.
func (w *World) Superuser() *pgx.Conn {
	w.T.Helper()
	conn, err := pgx.Connect(context.Background(), w.DB.URL)
	w.must(err)
	w.T.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Order runs one statement as the superuser.
func (w *World) Order(statement string, args ...any) {
	w.T.Helper()
	conn, err := pgx.Connect(context.Background(), w.DB.URL)
	w.must(err)
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(context.Background(), statement, args...); err != nil {
		w.T.Fatalf("%s: %v", statement, err)
	}
}

// Lock holds the head of a centre's book until the returned function is
// called: appends wait meanwhile.
func (w *World) Lock(centre string) (release func()) {
	w.T.Helper()
	ctx := context.Background()
	conn := w.Superuser()
	tx, err := conn.Begin(ctx)
	w.must(err)
	_, err = tx.Exec(ctx, `SELECT size FROM heads WHERE district_id = $1 AND centre = $2 FOR UPDATE`, District, centre)
	w.must(err)
	return func() { _ = tx.Rollback(ctx) }
}

// Via returns the officer as one whose phone speaks to another process.
func (o *Officer) Via(b *book.Book) *Officer {
	other := *o
	other.book = b
	return &other
}
