package history

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/book"
	"kendra/api/staff"
	"kendra/migrations"
	"kendra/push"
)

// Site is where a history is written: a district of a database, with the book
// and the staff service over it. Both must go by the Clock.
type Site struct {
	District int32
	Pool     *pgxpool.Pool // the app's role
	Book     *book.Book
	Staff    *staff.Service
	Clock    *Clock
}

// patience is how long an append may take: nobody stands at a counter here, and
// the machine may have other work.
const patience = 2 * time.Minute

// Open wires a site over a database. Keys is the directory of the server's keys;
// those that are missing are made, so that a server that is given the same
// directory later can go on with the books.
func Open(ctx context.Context, district int32, appURL, keys string, clock *Clock, log *slog.Logger) (_ *Site, err error) {
	s := &Site{District: district, Clock: clock}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	k, err := openKeys(keys)
	if err != nil {
		return nil, err
	}
	if s.Pool, err = openPool(ctx, appURL); err != nil {
		return nil, err
	}
	s.Staff, err = staff.New(s.Pool, staff.Options{
		Now: clock.Now, Pepper: k.pepper, CodeKey: k.code, NonceKey: k.nonce, Signing: k.signing, Issuer: "kendra", Audience: "kendra-phone",
	})
	if err != nil {
		return nil, err
	}
	enqueue, err := push.New()
	if err != nil {
		return nil, err
	}
	s.Book, err = book.New(ctx, book.Options{
		Pool: s.Pool, Keys: k.keyset, Witness: k.witness, Enqueue: enqueue, Blind: k.blind, SlipKey: k.slip, MarkerKeys: k.markers, SaltKey: k.salt,
		Sessions: func(ctx context.Context, district int32, id uuid.UUID) (*ecdsa.PublicKey, uuid.UUID, uuid.UUID, error) {
			return s.Staff.SessionKey(ctx, district, id)
		},
		Now: clock.Now, Log: log, Patience: patience, Deadline: patience,
	})
	return s, err
}

// Close gives the connections back.
func (s *Site) Close() {
	if s.Pool != nil {
		s.Pool.Close()
	}
}

// openPool connects as a server does.
func openPool(ctx context.Context, url string) (*pgxpool.Pool, error) {
	c, err := migrations.AppConfig(url)
	if err != nil {
		return nil, errors.New("not a connection string") // its own text may hold the password
	}
	c.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	return pool, nil
}

// read runs a reader in a read-only transaction of the district.
func (s *Site) read(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, s.Pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := setDistrict(ctx, tx, s.District); err != nil {
			return err
		}
		return f(tx)
	})
}

func setDistrict(ctx context.Context, tx pgx.Tx, district int32) error {
	_, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL app.district_id = '%d'", district))
	return err
}

// ids asks for ids of the district.
func (s *Site) ids(ctx context.Context, sql string, args ...any) ([]uuid.UUID, error) {
	var out []uuid.UUID
	err := s.read(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return err
	})
	return out, err
}
