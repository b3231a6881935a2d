package staff

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// unbound is the assignment that takes a push token away.
const unbound = `push_token = NULL, push_officer = NULL, push_session = NULL, push_at = NULL`

// BindPush binds a push token to the caller's handset, officer and session. The same token on another handset moves: it
// names an installation of the app, and that is here now.
func (s *Service) BindPush(ctx context.Context, who Caller, token Secret) error {
	if who.IsZero() {
		return refuse(contract.CodeUnauthorized)
	}
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE devices SET `+unbound+`
			WHERE district_id = $1 AND push_token = $2 AND push_officer IS NOT NULL AND device_id <> $3`,
			who.District, string(token), who.DeviceID)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE devices SET push_token = $3, push_officer = $4, push_session = $5, push_at = $6
			WHERE district_id = $1 AND device_id = $2 AND revoked_at IS NULL`,
			who.District, who.DeviceID, string(token), who.OfficerID, who.SessionID, s.now())
		return err
	})
	return wrap(err, "bind push token")
}

// UnbindPush takes the token of the caller's handset away.
func (s *Service) UnbindPush(ctx context.Context, who Caller) error {
	if who.IsZero() {
		return refuse(contract.CodeUnauthorized)
	}
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE devices SET `+unbound+` WHERE district_id = $1 AND device_id = $2`, who.District, who.DeviceID)
		return err
	})
	return wrap(err, "unbind push token")
}

// PushTarget is a handset that can be woken for an officer.
type PushTarget struct {
	OfficerID uuid.UUID
	DeviceID  uuid.UUID
	Token     Secret
}

// PushTargets finds the handsets on which the officers are logged in now and want to be woken. It runs in a transaction
// of the district.
func (s *Service) PushTargets(ctx context.Context, tx pgx.Tx, district int32, officers []uuid.UUID) (map[uuid.UUID][]PushTarget, error) {
	rows, err := tx.Query(ctx, `SELECT d.push_officer, d.device_id, d.push_token FROM devices d
		JOIN sessions s ON s.district_id = d.district_id AND s.session_id = d.push_session
		JOIN officers o ON o.district_id = d.district_id AND o.officer_id = d.push_officer
		WHERE d.district_id = $1 AND d.push_officer = ANY($2) AND d.push_token IS NOT NULL AND d.revoked_at IS NULL
		AND s.ended_at IS NULL AND s.idle_at > $3 AND o.state = 'active'
		ORDER BY d.push_officer, d.device_id`, district, officers, s.now())
	if err != nil {
		return nil, fmt.Errorf("find push targets: %w", err)
	}
	found := map[uuid.UUID][]PushTarget{}
	var t PushTarget
	_, err = pgx.ForEachRow(rows, []any{&t.OfficerID, &t.DeviceID, (*string)(&t.Token)}, func() error {
		found[t.OfficerID] = append(found[t.OfficerID], t)
		return nil
	})
	return found, wrap(err, "find push targets")
}

// ForgetPush drops a token that the push service does not know any more, unless another has come in its place.
func (s *Service) ForgetPush(ctx context.Context, district int32, device uuid.UUID, token string) error {
	err := s.write(ctx, district, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE devices SET `+unbound+` WHERE district_id = $1 AND device_id = $2 AND push_token = $3`,
			district, device, token)
		return err
	})
	return wrap(err, "forget push token")
}
