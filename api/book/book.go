package book

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/files"
	"kendra/api/seal"
	"kendra/push"
)

// Sessions tells the public key of a session, its officer and its device.
// Keys never change, so answers may come from a cache.
type Sessions func(ctx context.Context, district int32, session uuid.UUID) (
	key *ecdsa.PublicKey, officer, device uuid.UUID, err error)

// Options are what a Book is made of. Zero limits take the defaults.
type Options struct {
	Pool     *pgxpool.Pool
	Keys     *seal.Keyset
	Sessions Sessions
	Witness  *Witness
	Enqueue  *push.Enqueuer
	// Wake is called after a commit that put notices into the queue.
	Wake func()
	// Moved is called after a commit that made a book grow.
	Moved func(m Moved)
	// Blind makes the keyed hashes by which a number is found again.
	Blind *seal.Blinder
	// Files keeps the files of cases; nil makes one with the usual quota.
	Files *files.Store
	// SaltKey makes the salts of the server's own ops.
	SaltKey []byte
	// SlipKey makes the secrets of the slips that women are given.
	SlipKey []byte
	// MarkerKeys make and prove the codes of the sheets at places.
	MarkerKeys *MarkerKeys
	Now        func() time.Time
	Log        *slog.Logger
	// Writers is how many transactions of this process write at once. More than
	// the database has processors for only wait for each other; while a centre
	// waits for its turn, batches that arrive join its next transaction.
	Writers int
	// QueueOps is how many ops may wait for one centre before it answers
	// overloaded: about a second of work.
	QueueOps int
	// Patience is how long a batch may wait for its turn before it is turned
	// away as overloaded.
	Patience time.Duration
	// Deadline is how long one request's ops may take in all.
	Deadline time.Duration
	// ExportRows is how many lines one export may have.
	ExportRows int
}

// Book is the books of all centres, over one database.
type Book struct {
	Options
	rules  atomic.Pointer[rules]
	ground ground
	turns  chan struct{}
	reload sync.Mutex // held while the rules are read, or it is looked whether they have changed

	rehashed map[int32]uuid.UUID // by district: the last case whose numbers were hashed again

	walking sync.Mutex
	walks   map[int32]walk // by district: how far the clock has looked for what is due (retention_walk.go)

	mu      sync.Mutex
	writers map[bookKey]*writer
}

type bookKey struct {
	District int32
	Centre   string
}

// defaults: a second of work at the measured rate of one centre, less than a
// second until a phone is told to come later, and the three seconds of work
// that it is willing to wait for.
const (
	defaultQueueOps = 4000
	defaultPatience = 900 * time.Millisecond
	defaultDeadline = 3 * time.Second
)

// New returns a Book and reads the rules once.
func New(ctx context.Context, o Options) (*Book, error) {
	if o.QueueOps == 0 {
		o.QueueOps = defaultQueueOps
	}
	if o.Writers == 0 {
		o.Writers = 2 * runtime.NumCPU()
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	if o.Deadline == 0 {
		o.Deadline = defaultDeadline
	}
	if o.ExportRows == 0 {
		o.ExportRows = defaultExportRows
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Moved == nil {
		o.Moved = func(Moved) {}
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	if o.Pool == nil || o.Keys == nil || o.Sessions == nil || o.Witness == nil || o.Enqueue == nil || o.Now == nil || o.Blind == nil ||
		len(o.SaltKey) < 32 || len(o.SlipKey) < 32 || o.MarkerKeys == nil {
		return nil, errors.New("book: options are incomplete")
	}
	if o.Files == nil {
		o.Files = files.New(files.Options{Pool: o.Pool, Keys: o.Keys, Now: o.Now})
	}
	b := &Book{Options: o, writers: map[bookKey]*writer{}, rehashed: map[int32]uuid.UUID{}, walks: map[int32]walk{},
		turns: make(chan struct{}, o.Writers)}
	if err := b.LoadRules(ctx); err != nil {
		return nil, err
	}
	if left := unkept(keptBy, b.rules.Load().retention); len(left) > 0 {
		return nil, fmt.Errorf("no rule says how long is kept what is sealed: %s", strings.Join(left, ", "))
	}
	return b, nil
}

// within runs f in a transaction of a district: row-level security shows
// nothing of any other.
func within(ctx context.Context, pool *pgxpool.Pool, district int32, mode pgx.TxAccessMode, f func(tx pgx.Tx) error) error {
	// Both statements in one round trip.
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: "BEGIN " + string(mode) + "; " + setDistrict(district)})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// setDistrict is the statement that opens a district to the transaction. The
// value is a number of ours, never text from outside.
func setDistrict(district int32) string {
	return fmt.Sprintf("SET LOCAL app.district_id = '%d'", district)
}

// read runs a reader in a read-only transaction of the district.
func (b *Book) read(ctx context.Context, district int32, f func(tx pgx.Tx) error) error {
	return within(ctx, b.Pool, district, pgx.ReadOnly, f)
}

// trip runs queries in a read-only transaction of the district, all in one
// round trip: for reads that come often. Each result is taken in its order.
func (b *Book) trip(ctx context.Context, district int32, q *pgx.Batch, take func(r pgx.BatchResults) error) error {
	whole := &pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, q.Len()+3)}
	whole.Queue("BEGIN READ ONLY")
	whole.Queue(setDistrict(district))
	whole.QueuedQueries = append(whole.QueuedQueries, q.QueuedQueries...)
	whole.Queue("COMMIT")
	conn, err := b.Pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Release() // a connection left inside a transaction is closed
	r := conn.SendBatch(ctx, whole)
	defer func() { _ = r.Close() }()
	for range 2 {
		if _, err := r.Exec(); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
	}
	if err := take(r); err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// now is the server's time in whole milliseconds, as entries keep it.
func (b *Book) now() time.Time { return b.Now().UTC().Truncate(time.Millisecond) }
