package staff

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// How long a session of a console lives, and how long a second factor counts as shown just now.
const (
	consoleIdle = 15 * time.Minute
	consoleLife = 12 * time.Hour
	factorFresh = 5 * time.Minute
	// seenEvery is how often a session's last sign of life is written: so much less than consoleIdle it may live.
	seenEvery = 30 * time.Second
)

// The second factors.
const (
	FactorTOTP    = "totp"
	FactorPasskey = "passkey"
)

// Factor is a second factor as it is shown: one of the two.
type Factor struct {
	TOTP    Secret
	Passkey *PasskeyShown
}

// Console is an open session of a browser.
type Console struct {
	SessionID uuid.UUID
	Officer   Officer
	Posts     []Post // those held now
	Token     Secret // the cookie's value; only when it is new
	Browser   Secret // by which this browser is known from now on; only at log-in
	CSRF      string
	Factor    string
	FactorAt  time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// FreshUntil is until when the second factor counts as shown just now.
func (c *Console) FreshUntil() time.Time { return c.FactorAt.Add(factorFresh) }

// IdleAt is when the session ends unless it is used before.
func (c *Console) IdleAt() time.Time { return c.SeenAt.Add(consoleIdle) }

// Fresh reports whether the caller has shown at a time that it is he. A phone's session key opens to his PIN or finger
// alone, and signs each op; a console shows its second factor again.
func (c Caller) Fresh(at time.Time) bool {
	return !c.Console || at.Before(c.FactorAt.Add(factorFresh))
}

const tokenBytes = 32

// newConsoleToken is the district, for that is where to look, and 256 random bits.
func newConsoleToken(district int32) Secret {
	return Secret(strconv.Itoa(int(district)) + "." + contract.Encode(randomBytes(tokenBytes)))
}

// districtOf reads the district at the head of a token.
func districtOf(token Secret) (int32, bool) {
	head, _, found := strings.Cut(string(token), ".")
	n, err := strconv.ParseInt(head, 10, 32)
	return int32(n), found && err == nil && n > 0 && strconv.FormatInt(n, 10) == head
}

func hashToken(token Secret) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// csrfOf is what a page says with each call that changes something: it follows from the cookie, which the page of
// another origin can send but not read.
func (s *Service) csrfOf(token Secret) string {
	mac := hmac.New(sha256.New, s.keys.csrf)
	mac.Write([]byte(token))
	return contract.Encode(mac.Sum(nil))
}

// RightCSRF tells whether a page's token goes with its cookie.
func (s *Service) RightCSRF(cookie Secret, shown string) bool {
	return equal([]byte(s.csrfOf(cookie)), []byte(shown))
}

// consoleMax bounds what is read of a cookie.
const consoleMax = 200

// EnterConsole makes a Caller of a console's cookie, with his session. Nothing of it is remembered: who is revoked is out
// with the next call, whichever process it comes to. What a page asks by itself is quiet: no sign of life of the officer
// before it.
func (s *Service) EnterConsole(ctx context.Context, cookie Secret, quiet bool) (Console, Caller, error) {
	c, who, err := s.console(ctx, cookie)
	if err != nil {
		return Console{}, Caller{}, inside(err, "authenticate console")
	}
	if quiet || s.now().Sub(c.SeenAt) < seenEvery {
		return c, who, nil
	}
	err = s.write(ctx, who.District, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE console_sessions SET seen_at = greatest(seen_at, $3) WHERE district_id = $1 AND session_id = $2`,
			who.District, who.SessionID, s.instant())
		return wrap(err, "note sign of life")
	})
	return c, who, inside(err, "authenticate console")
}

// ConsoleOf tells who is logged in.
func (s *Service) ConsoleOf(ctx context.Context, cookie Secret) (Console, error) {
	c, _, err := s.console(ctx, cookie)
	return c, inside(err, "read console")
}

// console reads a session and judges it as it stands.
func (s *Service) console(ctx context.Context, cookie Secret) (Console, Caller, error) {
	district, ok := districtOf(cookie)
	if s.rp == nil || !ok || len(cookie) > consoleMax {
		return Console{}, Caller{}, refuse(contract.CodeUnauthorized)
	}
	c, x := Console{CSRF: s.csrfOf(cookie)}, Session{}
	var created time.Time
	err := s.read(ctx, district, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT s.session_id, s.device_id, s.created_at, s.expires_at, s.ended_at, d.revoked_at,
			k.factor, k.factor_at, k.seen_at, `+officerColumns+` FROM console_sessions k
			JOIN sessions s ON s.district_id = k.district_id AND s.session_id = k.session_id
			JOIN devices d ON d.district_id = s.district_id AND d.device_id = s.device_id
			JOIN officers o ON o.district_id = s.district_id AND o.officer_id = s.officer_id
			WHERE k.district_id = $1 AND k.token_hash = $2`, district, hashToken(cookie)).
			Scan(append([]any{&c.SessionID, &x.DeviceID, &created, &c.ExpiresAt, &x.EndedAt, &x.DeviceRevokedAt,
				&c.Factor, &c.FactorAt, &c.SeenAt}, c.Officer.fields()...)...)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(contract.CodeUnauthorized)
		}
		if err != nil {
			return fmt.Errorf("find session: %w", err)
		}
		c.Posts, err = postsOf(ctx, tx, district, c.Officer.ID)
		return err
	})
	if err != nil {
		return Console{}, Caller{}, err
	}
	now := s.now()
	c.Posts = current(c.Posts, now)
	switch {
	case x.EndedAt != nil, x.DeviceRevokedAt != nil, c.Officer.State != Active, len(c.Posts) == 0,
		!now.Before(c.ExpiresAt), !now.Before(c.IdleAt()):
		return Console{}, Caller{}, refuse(contract.CodeSessionEnded)
	}
	return c, Caller{
		District: district, OfficerID: c.Officer.ID, DeviceID: x.DeviceID, SessionID: c.SessionID, Posts: c.Posts,
		AuthAt: created, Console: true, FactorAt: c.FactorAt,
	}, nil
}

// openSession makes the session of an officer whose passphrase and second factor were right. An earlier one of his at
// a console ends.
func (s *Service) openSession(ctx context.Context, tx pgx.Tx, a *consoleAttempt, factor string) (Console, error) {
	posts, err := postsOf(ctx, tx, a.district, a.officer.ID)
	if err != nil {
		return Console{}, err
	}
	now := s.instant()
	if posts = current(posts, now); len(posts) == 0 {
		return Console{}, refuse(contract.CodeNoPost)
	}
	if err := s.endEarlier(ctx, tx, a); err != nil {
		return Console{}, err
	}
	id, err := newID()
	if err != nil {
		return Console{}, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Console{}, fmt.Errorf("make session key: %w", err)
	}
	secret, err := key.Bytes()
	if err != nil {
		return Console{}, fmt.Errorf("make session key: %w", err)
	}
	sealed, err := s.lock("console session", a.district, id, secret)
	if err != nil {
		return Console{}, err
	}
	point, thumbprint, err := publicOf(key)
	if err != nil {
		return Console{}, err
	}
	c := Console{
		SessionID: id, Officer: a.officer, Posts: posts, Token: newConsoleToken(a.district), Factor: factor,
		FactorAt: now, SeenAt: now, ExpiresAt: now.Add(consoleLife),
	}
	c.CSRF = s.csrfOf(c.Token)
	a.event.session = id
	b := &pgx.Batch{}
	// It has no refresh token: no text has a hash of no bytes.
	b.Queue(`INSERT INTO sessions (district_id, session_id, officer_id, device_id, public_key, thumbprint,
		created_at, expires_at, idle_at, refresh_n, refresh_hash, rotated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, 0, '', $7)`,
		a.district, id, a.officer.ID, a.device, point, thumbprint, now, c.ExpiresAt)
	b.Queue(`INSERT INTO console_sessions (district_id, session_id, token_hash, key, factor, factor_at, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6)`, a.district, id, hashToken(c.Token), sealed, factor, now)
	return c, wrap(tx.SendBatch(ctx, b).Close(), "store session")
}

// endEarlier ends the officer's session until now, and whosever the browser still had.
func (s *Service) endEarlier(ctx context.Context, tx pgx.Tx, a *consoleAttempt) error {
	if _, err := s.end(ctx, tx, a.district, Scope{officer: a.officer.ID, device: a.device}, "replaced"); err != nil {
		return err
	}
	if d, ok := districtOf(a.earlier); !ok || d != a.district {
		return nil
	}
	var id uuid.UUID
	err := tx.QueryRow(ctx, `SELECT session_id FROM console_sessions WHERE district_id = $1 AND token_hash = $2`,
		a.district, hashToken(a.earlier)).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		_, err = s.end(ctx, tx, a.district, Scope{session: id}, "replaced")
	}
	return wrap(err, "end earlier session")
}

// publicOf is the public half of a key, as rows keep it.
func publicOf(key *ecdsa.PrivateKey) (point []byte, thumbprint string, err error) {
	jwk, err := contract.NewJWK(&key.PublicKey)
	if err != nil {
		return nil, "", fmt.Errorf("write key: %w", err)
	}
	if point, err = key.PublicKey.Bytes(); err != nil {
		return nil, "", fmt.Errorf("write key: %w", err)
	}
	return point, jwk.Thumbprint(), nil
}

// opSkew is by how much the time of a console's op may differ from the server's: both stand in one room with the op.
const opSkew = 2 * time.Minute

// SignOp signs the bytes of an op by the key of the console's session, which the server keeps: it shows that the server
// was asked for these bytes by who had the session, no more. Ops of other sessions and of other times are refused.
func (s *Service) SignOp(ctx context.Context, who Caller, op *contract.Op) (string, error) {
	sigs, err := s.SignOps(ctx, who, op)
	if err != nil {
		return "", err
	}
	return sigs[0], nil
}

// SignOps signs several, by one look at the key.
func (s *Service) SignOps(ctx context.Context, who Caller, ops ...*contract.Op) ([]string, error) {
	for _, op := range ops {
		switch {
		case who.IsZero() || !who.Console:
			return nil, refuse(contract.CodeUnauthorized)
		case op.SessionID != who.SessionID:
			return nil, refuse(contract.CodeUnknownSession, contract.WithPointer("/op/session_id"))
		case s.now().Sub(op.DeviceAt).Abs() > opSkew:
			return nil, refuse(contract.CodeOutOfRange, contract.WithPointer("/op/device_at"))
		}
	}
	var sealed []byte
	err := s.read(ctx, who.District, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT key FROM console_sessions WHERE district_id = $1 AND session_id = $2`,
			who.District, who.SessionID).Scan(&sealed)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(contract.CodeSessionEnded)
		}
		return wrap(err, "find session key")
	})
	if err != nil {
		return nil, inside(err, "sign op")
	}
	secret, err := s.unlock("console session", who.District, who.SessionID, sealed)
	if err != nil {
		return nil, fmt.Errorf("sign op: %w", err)
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret)
	if err != nil {
		return nil, fmt.Errorf("sign op: %w", err)
	}
	out := make([]string, len(ops))
	for i, op := range ops {
		sig, err := contract.SignES256(key, contract.OpMessage(contract.HashOp(op.Raw)))
		if err != nil {
			return nil, fmt.Errorf("sign op: %w", err)
		}
		out[i] = contract.Encode(sig)
	}
	return out, nil
}

// sweepConsoles ends sessions that nobody uses, and forgets tokens and keys of those that have ended.
func (s *Service) sweepConsoles(b *pgx.Batch, district int32, now time.Time) {
	b.Queue(`UPDATE sessions s SET ended_at = $2, end_reason = 'idle' FROM console_sessions k WHERE k.district_id = $1
		AND k.seen_at <= $3 AND s.district_id = k.district_id AND s.session_id = k.session_id AND s.ended_at IS NULL`,
		district, now, now.Add(-consoleIdle))
	b.Queue(`DELETE FROM console_sessions k USING sessions s WHERE k.district_id = $1 AND s.district_id = k.district_id
		AND s.session_id = k.session_id AND (s.ended_at IS NOT NULL OR s.expires_at <= $2)`, district, now)
}
