package staff

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// stateLife is how long a process remembers how a session stands, and so the most that a revocation takes to reach it.
const stateLife = 10 * time.Second

// AuthIn is what a call says of who makes it.
type AuthIn struct {
	Authorization string // header
	Proof         string // header DPoP; the caller refuses a second one
	Method        string
	URL           string // scheme, host and path as the client sees them
	Once          bool   // the call is not idempotent: its proof serves once
}

// sessionRef names a session in the memory of a process.
type sessionRef struct {
	district int32
	session  uuid.UUID
}

// sessionState is how a session stood when it was read.
type sessionState struct {
	session *Session
	posts   []Post
	at      time.Time
}

type sessionKey struct {
	key             *ecdsa.PublicKey
	officer, device uuid.UUID
}

const scheme = "DPoP "

// Authenticate makes a Caller of a token and a proof. What the token says is only where to look: the session, the
// handset, the officer and his posts are read from their rows.
func (s *Service) Authenticate(ctx context.Context, in AuthIn) (Caller, error) {
	if len(in.Authorization) < len(scheme) || len(in.Authorization) > authorizationMax || !strings.EqualFold(in.Authorization[:len(scheme)], scheme) {
		return Caller{}, refuse(contract.CodeUnauthorized)
	}
	token := in.Authorization[len(scheme):]
	claims, err := s.readAccess(token)
	if err != nil {
		return Caller{}, err
	}
	jti, at, err := s.checkProof(in.Proof, in.Method, in.URL, token, claims.Confirm.Thumbprint)
	if err != nil {
		return Caller{}, err
	}
	st, err := s.state(ctx, sessionRef{claims.District, claims.Session})
	if err != nil {
		return Caller{}, inside(err, "authenticate")
	}
	who, err := s.caller(claims, st)
	if err != nil {
		return Caller{}, err
	}
	if in.Once {
		if err := s.once(ctx, who, jti, at); err != nil {
			return Caller{}, inside(err, "authenticate")
		}
	}
	return who, nil
}

// Claimed tells the handset and the officer of a good token, before any proof that they are the ones who speak. It serves
// to turn away early who is over his bounds; nothing is counted or allowed by it.
func (s *Service) Claimed(authorization string) (device, officer uuid.UUID, ok bool) {
	if len(authorization) < len(scheme) || len(authorization) > authorizationMax || !strings.EqualFold(authorization[:len(scheme)], scheme) {
		return uuid.Nil, uuid.Nil, false
	}
	claims, err := s.readAccess(authorization[len(scheme):])
	if err != nil {
		return uuid.Nil, uuid.Nil, false
	}
	officer, err = uuid.Parse(claims.Subject)
	return claims.Device, officer, err == nil
}

// caller judges a session as it stands.
func (s *Service) caller(claims accessClaims, st sessionState) (Caller, error) {
	x, now := st.session, s.now()
	if x.thumbprint != claims.Confirm.Thumbprint || x.DeviceID != claims.Device || x.OfficerID.String() != claims.Subject {
		return Caller{}, refuse(contract.CodeUnauthorized)
	}
	posts := current(st.posts, now)
	switch {
	case x.DeviceRevokedAt != nil:
		return Caller{}, refuse(contract.CodeDeviceRevoked)
	case x.EndedAt != nil, !now.Before(x.ExpiresAt), x.OfficerState != Active, len(posts) == 0:
		return Caller{}, refuse(contract.CodeSessionEnded)
	}
	return Caller{
		District: claims.District, OfficerID: x.OfficerID, DeviceID: x.DeviceID, SessionID: x.SessionID,
		Posts: posts, AuthAt: x.CreatedAt,
	}, nil
}

// once spends the proof's id, whichever process it came to.
func (s *Service) once(ctx context.Context, who Caller, jti string, at time.Time) error {
	return s.write(ctx, who.District, func(tx pgx.Tx) error {
		fresh, err := spend(ctx, tx, who.District, "jti\n"+who.SessionID.String()+"\n"+jti, at.Add(2*proofAge))
		if err != nil {
			return fmt.Errorf("spend proof: %w", err)
		}
		if fresh {
			return nil
		}
		e := event{kind: eventReplay, officer: who.OfficerID, device: who.DeviceID, session: who.SessionID}
		return s.settle(ctx, tx, who.District, &e, refuse(contract.CodeDPoPReplayed))
	})
}

// state is how a session stands, as of at most stateLife ago.
func (s *Service) state(ctx context.Context, ref sessionRef) (sessionState, error) {
	now := s.now()
	if st, ok := s.states.find(ref); ok && now.Sub(st.at).Abs() < stateLife && len(current(st.posts, now)) > 0 {
		return st, nil
	}
	found, posts := map[uuid.UUID]*Session{}, map[uuid.UUID][]Post{}
	err := s.read(ctx, ref.district, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		QueueSessions(b, ref.district, []uuid.UUID{ref.session}, found)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		x := found[ref.session]
		if x == nil {
			return refuse(contract.CodeSessionEnded)
		}
		b = &pgx.Batch{}
		QueuePosts(b, ref.district, []uuid.UUID{x.OfficerID}, posts)
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return sessionState{}, err
	}
	x := found[ref.session]
	st := sessionState{session: x, posts: posts[x.OfficerID], at: now}
	s.states.keep(ref, st)
	return st, nil
}

// drop makes this process read these sessions anew.
func (s *Service) drop(district int32, sessions ...uuid.UUID) {
	for _, id := range sessions {
		s.states.drop(sessionRef{district, id})
	}
}

// forget makes this process read all sessions anew; others do within stateLife.
func (s *Service) forget() { s.states.clear() }

// SessionKey gives the key of a session, its officer and its handset, of ended sessions too. They never change, so
// they are remembered.
func (s *Service) SessionKey(ctx context.Context, district int32, session uuid.UUID) (key *ecdsa.PublicKey, officer, device uuid.UUID, err error) {
	ref := sessionRef{district, session}
	if k, ok := s.public.find(ref); ok {
		return k.key, k.officer, k.device, nil
	}
	found := map[uuid.UUID]*Session{}
	err = s.read(ctx, district, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		QueueSessions(b, district, []uuid.UUID{session}, found)
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return nil, uuid.Nil, uuid.Nil, fmt.Errorf("read session key: %w", err)
	}
	x := found[session]
	if x == nil {
		return nil, uuid.Nil, uuid.Nil, refuse(contract.CodeUnknownSession, contract.WithPointer("/session_id"))
	}
	s.public.keep(ref, sessionKey{key: x.Key, officer: x.OfficerID, device: x.DeviceID})
	return x.Key, x.OfficerID, x.DeviceID, nil
}
