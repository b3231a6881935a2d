package staff

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// How long a session lives.
const (
	sessionLife = 30 * 24 * time.Hour
	sessionIdle = 7 * 24 * time.Hour
)

// LogInIn is an officer at an enrolled handset with a new session key. Sig is by the handset, over
// contract.SessionMessage.
type LogInIn struct {
	District   int32
	DeviceID   uuid.UUID
	OfficerNo  string
	PIN        Secret
	SessionKey contract.JWK
	Nonce      string
	Sig        string
	Address    string
	Proof      CallProof
}

// Tokens are an access token and the refresh token for the next.
type Tokens struct {
	Access           Secret
	ExpiresAt        time.Time
	Refresh          Secret
	RefreshExpiresAt time.Time
}

// LoggedIn is what a log-in brings.
type LoggedIn struct {
	SessionID uuid.UUID
	Officer   Officer
	Posts     []Post // those held now
	Tokens
}

// LogIn opens a session. An earlier one of the officer on the same handset ends; others stay, and so do those of other
// officers on this handset.
func (s *Service) LogIn(ctx context.Context, in LogInIn) (LoggedIn, error) {
	shown, err := s.opens(in.Proof, in.Nonce)
	if err != nil {
		return LoggedIn{}, err
	}
	pub, err := contract.ParseJWK(in.SessionKey)
	if err != nil {
		return LoggedIn{}, refuse(contract.CodeBadFormat, contract.WithPointer("/session_key"), contract.WithCause(err))
	}
	point, err := pub.Bytes()
	if err != nil {
		return LoggedIn{}, fmt.Errorf("log in: %w", err)
	}
	if !isPIN(in.PIN) {
		return LoggedIn{}, refuse(contract.CodeBadFormat, contract.WithPointer("/pin"))
	}
	done, err := s.turn(ctx)
	if err != nil {
		return LoggedIn{}, inside(err, "log in")
	}
	defer done()
	thumbprint := in.SessionKey.Thumbprint()
	a := attempt{
		district: in.District, device: in.DeviceID, number: canonicalNumber(in.OfficerNo), shown: shown,
		message: contract.SessionMessage(in.District, in.DeviceID.String(), in.OfficerNo, string(in.PIN), thumbprint, in.Nonce),
		sig:     in.Sig, address: in.Address, event: event{kind: eventLogIn},
	}
	if err := s.begin(ctx, &a); err != nil {
		return LoggedIn{}, inside(err, "log in")
	}
	right, err := s.checkPIN(in.PIN, a.hash)
	if err != nil {
		return LoggedIn{}, inside(err, "log in")
	}
	out := LoggedIn{Officer: a.officer}
	err = s.write(ctx, in.District, func(tx pgx.Tx) error {
		err := refuseUnless(right, contract.CodeWrongCredentials)
		if err == nil {
			err = s.open(ctx, tx, &a, point, thumbprint, &out)
		}
		return s.settle(ctx, tx, in.District, &a.event, err)
	})
	if err != nil {
		return LoggedIn{}, inside(err, "log in")
	}
	s.drop(in.District, a.ended...)
	return out, nil
}

// open makes the session of an officer whose PIN was right.
func (s *Service) open(ctx context.Context, tx pgx.Tx, a *attempt, point []byte, thumbprint string, out *LoggedIn) error {
	if err := s.giveBack(ctx, tx, a.district, append(a.subjects, s.officerSubject(a.district, a.number))); err != nil {
		return err
	}
	if a.officer.State != Active {
		return refuse(contract.CodeForbidden)
	}
	posts, err := postsOf(ctx, tx, a.district, a.officer.ID)
	if err != nil {
		return err
	}
	now := s.instant()
	if out.Posts = current(posts, now); len(out.Posts) == 0 {
		return refuse(contract.CodeNoPost)
	}
	if a.ended, err = s.end(ctx, tx, a.district, Scope{officer: a.officer.ID, device: a.device}, "replaced"); err != nil {
		return err
	}
	if out.SessionID, err = newID(); err != nil {
		return err
	}
	a.event.session = out.SessionID
	x := &Session{
		SessionID: out.SessionID, OfficerID: a.officer.ID, DeviceID: a.device,
		CreatedAt: now, ExpiresAt: now.Add(sessionLife), thumbprint: thumbprint,
	}
	const first = 1
	if out.Tokens, err = s.grant(a.district, x, first, now, now.Add(sessionIdle)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO sessions (district_id, session_id, officer_id, device_id, public_key, thumbprint,
		created_at, expires_at, idle_at, refresh_n, refresh_hash, rotated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $7)`,
		a.district, x.SessionID, x.OfficerID, x.DeviceID, point, thumbprint, x.CreatedAt, x.ExpiresAt,
		out.RefreshExpiresAt, first, hashRefresh(string(out.Refresh)))
	if err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	return s.noteDevice(ctx, tx, a.district, a.officer.ID, a.device, now)
}

func postsOf(ctx context.Context, tx pgx.Tx, district int32, officer uuid.UUID) ([]Post, error) {
	b, posts := &pgx.Batch{}, map[uuid.UUID][]Post{}
	QueuePosts(b, district, []uuid.UUID{officer}, posts)
	err := tx.SendBatch(ctx, b).Close() // fills the map
	return posts[officer], wrap(err, "read posts")
}

// LogOut ends the caller's session and unbinds its push token.
func (s *Service) LogOut(ctx context.Context, who Caller) error {
	if who.IsZero() {
		return refuse(contract.CodeUnauthorized)
	}
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		_, err := s.end(ctx, tx, who.District, Scope{session: who.SessionID}, "log_out")
		e := event{kind: eventLogOut, officer: who.OfficerID, device: who.DeviceID, session: who.SessionID}
		return s.settle(ctx, tx, who.District, &e, err)
	})
	s.drop(who.District, who.SessionID)
	return wrap(err, "log out")
}
