package staff

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	contract "kendra/mobile-contract"
)

// Options are the service's clock and secrets. The keys live in files beside the database, never in it.
type Options struct {
	Now      func() time.Time
	Pepper   []byte // of PINs and of what tries are counted by
	CodeKey  []byte // of codes and refresh tokens
	NonceKey []byte
	Signing  *SigningKeys
	Issuer   string // of access tokens, compared exactly
	Audience string
	// Numbers makes the keyed hashes by which an officer's own number is found in a case; without it none is imported.
	Numbers func(district int32, number string) [][]byte
	// NumbersBy is the id of the key that makes the first of them.
	NumbersBy func() string
	// Tell asks, in the transaction of an alarm, that those are woken whom it is for; without it they read it when they
	// look.
	Tell func(ctx context.Context, tx pgx.Tx, n Notice) error
	// Console is the origin of the console's pages, such as https://kendra.example; without it there is no console.
	Console string
}

// Service knows who speaks. It is safe for use by many at once.
type Service struct {
	pool *pgxpool.Pool
	now  func() time.Time
	tell func(ctx context.Context, tx pgx.Tx, n Notice) error
	keys keys

	signing          *SigningKeys
	issuer, audience string
	numbers          func(district int32, number string) [][]byte
	numbersBy        func() string

	rp        *webauthn.WebAuthn // nil: there is no console
	hashing   chan struct{}      // one place for each PIN, passphrase or code being hashed
	strangers chan struct{}      // those of them that consoles may take
	nobody    string             // hash that no PIN has, for officers that do not exist
	known     *cache[string, accessClaims]
	states    *cache[sessionRef, sessionState]
	public    *cache[sessionRef, sessionKey]
	centres   *cache[int32, centresAt]
}

// keys are derived from the options', one for each use.
type keys struct {
	pin, tries, enrol, activate, refresh, nonce []byte
	passphrase, vault, csrf, browser            []byte // of consoles
}

// minKey is the least a key may have: 256 bits.
const minKey = 32

// How many sessions and tokens a process remembers. A district has 350 users, the state 45,000.
const remembered = 50_000

// districts is of how many districts a process remembers the centres: as many as the state has.
const districts = 75

// New makes the service. It fails when a key is missing or too short.
func New(pool *pgxpool.Pool, o Options) (*Service, error) {
	if o.Now == nil || o.Signing == nil || o.Issuer == "" || o.Audience == "" {
		return nil, errors.New("staff: a clock, signing keys, issuer and audience are needed")
	}
	s := &Service{
		pool: pool, now: o.Now, tell: o.Tell, signing: o.Signing, issuer: o.Issuer, audience: o.Audience, numbers: o.Numbers, numbersBy: o.NumbersBy,
		hashing: make(chan struct{}, hashesAtOnce), strangers: make(chan struct{}, consolesAtOnce),
		known:   newCache[string, accessClaims](remembered),
		states:  newCache[sessionRef, sessionState](remembered),
		public:  newCache[sessionRef, sessionKey](remembered),
		centres: newCache[int32, centresAt](districts),
	}
	for _, k := range []struct {
		of   []byte
		use  string
		into *[]byte
	}{
		{o.Pepper, "pin", &s.keys.pin},
		{o.Pepper, "tries", &s.keys.tries},
		{o.CodeKey, "enrol", &s.keys.enrol},
		{o.CodeKey, "activate", &s.keys.activate},
		{o.CodeKey, "refresh", &s.keys.refresh},
		{o.NonceKey, "nonce", &s.keys.nonce},
		{o.Pepper, "passphrase", &s.keys.passphrase},
		{o.Pepper, "vault", &s.keys.vault},
		{o.CodeKey, "csrf", &s.keys.csrf},
		{o.CodeKey, "browser", &s.keys.browser},
	} {
		if len(k.of) < minKey {
			return nil, fmt.Errorf("staff: key for %s is shorter than %d bytes", k.use, minKey)
		}
		var err error
		if *k.into, err = hkdf.Key(sha256.New, k.of, nil, "kendra staff "+k.use+" v1", minKey); err != nil {
			return nil, fmt.Errorf("staff: derive key: %w", err)
		}
	}
	s.nobody = impossibleHash()
	if o.Console == "" {
		return s, nil
	}
	var err error
	if s.rp, err = newRelyingParty(o.Console); err != nil {
		return nil, fmt.Errorf("staff: %w", err)
	}
	return s, nil
}

// within runs do in a transaction of one district. A refusal is committed like a success: the tries, events and alarms
// it has left are the point of it. Whatever else fails leaves nothing.
func (s *Service) within(ctx context.Context, district int32, access pgx.TxAccessMode, do func(tx pgx.Tx) error) error {
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{AccessMode: access})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // after a commit it does nothing
	if _, err := tx.Exec(ctx, `SET LOCAL app.district_id = '`+strconv.Itoa(int(district))+`'`); err != nil {
		return fmt.Errorf("choose district: %w", err)
	}
	told := do(tx)
	if told != nil && !isRefusal(told) {
		return told
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return told
}

func (s *Service) write(ctx context.Context, district int32, do func(tx pgx.Tx) error) error {
	return s.within(ctx, district, pgx.ReadWrite, do)
}

func (s *Service) read(ctx context.Context, district int32, do func(tx pgx.Tx) error) error {
	return s.within(ctx, district, pgx.ReadOnly, do)
}

func isRefusal(err error) bool {
	var p *contract.Problem
	return errors.As(err, &p)
}

func refuse(code contract.Code, opts ...contract.Option) error {
	return contract.NewProblem(code, opts...)
}

// wrap says what was attempted, if it failed.
func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// randomBytes never fails: since Go 1.24 a broken source ends the process.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	return id, wrap(err, "make id")
}

// present tells whether the district is served here, so that nobody fills tables under districts that do not exist.
func (s *Service) present(ctx context.Context, tx pgx.Tx, district int32) (bool, error) {
	var ok bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM districts WHERE district_id = $1)`, district).Scan(&ok)
	return ok, wrap(err, "look for district")
}
