package staff

import (
	"context"
	"crypto/hmac"
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

// forgiveness is how long a spent refresh token still brings the answer that may have been lost.
const forgiveness = 30 * time.Second

const refreshMax = 512

// RefreshIn is a refresh token. Sig is by the handset, over contract.RefreshMessage.
type RefreshIn struct {
	Token Secret
	Nonce string
	Sig   string
	Proof CallProof
}

// refreshToken is rt.<district>.<session>.<n>.<secret>; the session is the family.
type refreshToken struct {
	district int32
	session  uuid.UUID
	n        int
	text     string
}

// refreshText is the family's n-th token. It follows from the key alone, so that a retry gets the same one.
func (s *Service) refreshText(district int32, session uuid.UUID, n int) string {
	head := "rt." + strconv.Itoa(int(district)) + "." + session.String() + "." + strconv.Itoa(n)
	mac := hmac.New(sha256.New, s.keys.refresh)
	mac.Write([]byte(head))
	return head + "." + contract.Encode(mac.Sum(nil))
}

// parseRefresh reads a token and whether it is one of ours at all.
func (s *Service) parseRefresh(text string) (t refreshToken, ok bool) {
	parts := strings.Split(text, ".")
	const words = 5
	if len(text) > refreshMax || len(parts) != words || parts[0] != "rt" {
		return refreshToken{}, false
	}
	district, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil || district < 1 {
		return refreshToken{}, false
	}
	session, err := uuid.Parse(parts[2])
	if err != nil {
		return refreshToken{}, false
	}
	n, err := strconv.Atoi(parts[3])
	if err != nil || n < 1 {
		return refreshToken{}, false
	}
	t = refreshToken{district: int32(district), session: session, n: n, text: text}
	return t, hmac.Equal([]byte(text), []byte(s.refreshText(t.district, t.session, t.n)))
}

// hashRefresh is what is kept of a refresh token: it is random enough for a plain hash.
func hashRefresh(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// grant makes both tokens of a session as of a time; the refresh token is the n-th. For the same time and number they
// are the same.
func (s *Service) grant(district int32, x *Session, n int, at, idle time.Time) (Tokens, error) {
	access, ends, err := s.grantAccess(district, x, at)
	if err != nil {
		return Tokens{}, err
	}
	if idle.After(x.ExpiresAt) {
		idle = x.ExpiresAt
	}
	return Tokens{
		Access: access, ExpiresAt: ends,
		Refresh: Secret(s.refreshText(district, x.SessionID, n)), RefreshExpiresAt: idle,
	}, nil
}

// refreshState is what a refresh is judged by.
type refreshState struct {
	n         int
	hash      []byte
	idleAt    time.Time
	rotatedAt time.Time
}

// Refresh brings new tokens for a refresh token, which is spent by it. A spent one brings the same successor for half a
// minute to the same handset; at any other time or from any other hand it ends the session, for somebody has a copy.
func (s *Service) Refresh(ctx context.Context, in RefreshIn) (Tokens, error) {
	shown, err := s.opens(in.Proof, in.Nonce)
	if err != nil {
		return Tokens{}, err
	}
	t, ok := s.parseRefresh(string(in.Token))
	if !ok {
		return Tokens{}, refuse(contract.CodeRefreshInvalid)
	}
	var out Tokens
	err = s.write(ctx, t.district, func(tx pgx.Tx) error {
		e := event{kind: eventRefresh, session: t.session}
		err := s.spendOpening(ctx, tx, t.district, shown)
		if err == nil {
			out, err = s.rotate(ctx, tx, t, in, shown, &e)
		}
		return s.settle(ctx, tx, t.district, &e, err)
	})
	if err != nil {
		s.drop(t.district, t.session)
		return Tokens{}, inside(err, "refresh")
	}
	return out, nil
}

func (s *Service) rotate(ctx context.Context, tx pgx.Tx, t refreshToken, in RefreshIn, shown opening, e *event) (Tokens, error) {
	x, st, err := lockFamily(ctx, tx, t)
	if err != nil {
		return Tokens{}, err
	}
	e.officer, e.device = x.OfficerID, x.DeviceID
	switch {
	case x.DeviceRevokedAt != nil:
		return Tokens{}, refuse(contract.CodeDeviceRevoked)
	case x.EndedAt != nil:
		return Tokens{}, refuse(contract.CodeSessionEnded)
	}
	told := s.signed(ctx, tx, t.district, x.DeviceID, contract.RefreshMessage(string(in.Token), in.Nonce), in.Sig, shown)
	if told != nil && !isRefusal(told) {
		return Tokens{}, told
	}
	now := s.instant()
	fresh := t.n == st.n && equal(st.hash, hashRefresh(t.text))
	forgiven := t.n == st.n-1 && now.Sub(st.rotatedAt) <= forgiveness && told == nil
	if !fresh && !forgiven {
		return Tokens{}, s.reused(ctx, tx, t, x)
	}
	if told != nil {
		return Tokens{}, told
	}
	if err := s.mayGoOn(ctx, tx, t, x, st, now); err != nil {
		return Tokens{}, err
	}
	if forgiven {
		return s.grant(t.district, x, st.n, st.rotatedAt, st.idleAt)
	}
	next := st.n + 1
	out, err := s.grant(t.district, x, next, now, now.Add(sessionIdle))
	if err != nil {
		return Tokens{}, err
	}
	_, err = tx.Exec(ctx, `UPDATE sessions SET refresh_n = $3, refresh_hash = $4, rotated_at = $5, idle_at = $6
		WHERE district_id = $1 AND session_id = $2`,
		t.district, t.session, next, hashRefresh(string(out.Refresh)), now, out.RefreshExpiresAt)
	return out, wrap(err, "rotate refresh token")
}

// lockFamily locks the session that a token is of.
func lockFamily(ctx context.Context, tx pgx.Tx, t refreshToken) (*Session, refreshState, error) {
	var st refreshState
	err := tx.QueryRow(ctx, `SELECT refresh_n, refresh_hash, idle_at, rotated_at FROM sessions
		WHERE district_id = $1 AND session_id = $2 FOR UPDATE`, t.district, t.session).
		Scan(&st.n, &st.hash, &st.idleAt, &st.rotatedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, st, refuse(contract.CodeRefreshInvalid)
	}
	if err != nil {
		return nil, st, fmt.Errorf("lock session: %w", err)
	}
	b, found := &pgx.Batch{}, map[uuid.UUID]*Session{}
	QueueSessions(b, t.district, []uuid.UUID{t.session}, found)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, st, err
	}
	return found[t.session], st, nil
}

// reused ends the family, and wakes the in-charge.
func (s *Service) reused(ctx context.Context, tx pgx.Tx, t refreshToken, x *Session) error {
	if _, err := s.end(ctx, tx, t.district, Scope{session: t.session}, "refresh_reuse"); err != nil {
		return err
	}
	a := alarm{kind: alarmRefreshReuse, subject: t.session, device: x.DeviceID, about: x.OfficerID, wakes: true}
	if err := s.raise(ctx, tx, t.district, a); err != nil {
		return err
	}
	return refuse(contract.CodeRefreshInvalid)
}

// mayGoOn ends a session that has run out, or whose officer has no post or is not active any more.
func (s *Service) mayGoOn(ctx context.Context, tx pgx.Tx, t refreshToken, x *Session, st refreshState, now time.Time) error {
	reason := ""
	switch {
	case !now.Before(x.ExpiresAt):
		reason = "too_old"
	case !now.Before(st.idleAt):
		reason = "idle"
	case x.OfficerState != Active:
		reason = "officer_" + x.OfficerState
	}
	if reason == "" {
		posts, err := postsOf(ctx, tx, t.district, x.OfficerID)
		if err != nil {
			return err
		}
		if len(current(posts, now)) > 0 {
			return nil
		}
		reason = "no_post"
	}
	if _, err := s.end(ctx, tx, t.district, Scope{session: t.session}, reason); err != nil {
		return err
	}
	return refuse(contract.CodeSessionEnded)
}
