package staff

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The states of an officer.
const (
	Active    = "active"
	Suspended = "suspended"
	Retired   = "retired"
)

// Session is a log-in with all that decides whether what is signed by its key counts.
type Session struct {
	SessionID       uuid.UUID
	OfficerID       uuid.UUID
	DeviceID        uuid.UUID
	Key             *ecdsa.PublicKey
	CreatedAt       time.Time
	ExpiresAt       time.Time
	EndedAt         *time.Time
	EndReason       string
	DeviceRevokedAt *time.Time
	OfficerState    string
	OfficerStateAt  time.Time
	IsWoman         bool
	ClockOffset     time.Duration // to be added to the time of the handset

	thumbprint string
}

const sessionColumns = `s.session_id, s.officer_id, s.device_id, s.public_key, s.thumbprint, s.created_at, s.expires_at,
	s.ended_at, coalesce(s.end_reason, ''), d.revoked_at, o.state, o.state_at, o.is_woman, d.clock_offset_ms`

func scanSession(row pgx.CollectableRow) (*Session, error) {
	var s Session
	var key []byte
	var offset int64
	err := row.Scan(&s.SessionID, &s.OfficerID, &s.DeviceID, &key, &s.thumbprint, &s.CreatedAt, &s.ExpiresAt,
		&s.EndedAt, &s.EndReason, &s.DeviceRevokedAt, &s.OfficerState, &s.OfficerStateAt, &s.IsWoman, &offset)
	if err != nil {
		return nil, err
	}
	if s.Key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key); err != nil {
		return nil, fmt.Errorf("key of session %s: %w", s.SessionID, err)
	}
	s.ClockOffset = time.Duration(offset) * time.Millisecond
	return &s, nil
}

// QueueSessions reads sessions, ended ones too, into a map; one that does not exist is not in the map.
func QueueSessions(b *pgx.Batch, district int32, ids []uuid.UUID, into map[uuid.UUID]*Session) {
	b.Queue(`SELECT `+sessionColumns+` FROM sessions s
		JOIN devices d ON d.district_id = s.district_id AND d.device_id = s.device_id
		JOIN officers o ON o.district_id = s.district_id AND o.officer_id = s.officer_id
		WHERE s.district_id = $1 AND s.session_id = ANY($2)`, district, ids).Query(func(rows pgx.Rows) error {
		sessions, err := pgx.CollectRows(rows, scanSession)
		if err != nil {
			return fmt.Errorf("read sessions: %w", err)
		}
		for _, s := range sessions {
			into[s.SessionID] = s
		}
		return nil
	})
}
