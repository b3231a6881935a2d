package staff

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Scope is whose sessions are meant.
type Scope struct {
	session, officer, device uuid.UUID
	centre                   string
	everybody                bool
}

// OfOfficer means the sessions of one officer, on whatever handset.
func OfOfficer(officer uuid.UUID) Scope { return Scope{officer: officer} }

// OfDevice means the sessions on one handset, of whomever.
func OfDevice(device uuid.UUID) Scope { return Scope{device: device} }

// OfCentre means the sessions of those who hold a post at the centre now.
func OfCentre(centre string) Scope { return Scope{centre: centre} }

// OfAll means all sessions of the district.
func OfAll() Scope { return Scope{everybody: true} }

// end ends open sessions and unbinds their push tokens. A scope that names nothing means nothing.
func (s *Service) end(ctx context.Context, tx pgx.Tx, district int32, of Scope, reason string) ([]uuid.UUID, error) {
	if of == (Scope{}) {
		return nil, nil
	}
	var centre *string
	if of.centre != "" {
		centre = &of.centre
	}
	rows, err := tx.Query(ctx, `UPDATE sessions s SET ended_at = $2, end_reason = $3
		WHERE s.district_id = $1 AND s.ended_at IS NULL
		AND ($4::uuid IS NULL OR s.session_id = $4) AND ($5::uuid IS NULL OR s.officer_id = $5)
		AND ($6::uuid IS NULL OR s.device_id = $6)
		AND ($7::text IS NULL OR EXISTS (SELECT FROM posts p WHERE p.district_id = s.district_id AND p.officer_id = s.officer_id
			AND p.centre = $7 AND p.from_at <= $2 AND (p.until_at IS NULL OR p.until_at > $2)))
		RETURNING s.session_id`, district, s.instant(), reason, orNull(of.session), orNull(of.officer), orNull(of.device), centre)
	if err != nil {
		return nil, fmt.Errorf("end sessions: %w", err)
	}
	ended, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("end sessions: %w", err)
	}
	b := &pgx.Batch{}
	b.Queue(`UPDATE devices SET `+unbound+` WHERE district_id = $1 AND push_session = ANY($2)`, district, ended)
	b.Queue(`DELETE FROM console_sessions WHERE district_id = $1 AND session_id = ANY($2)`, district, ended)
	return ended, wrap(tx.SendBatch(ctx, b).Close(), "unbind push and forget consoles of ended sessions")
}

// EndSessions ends sessions, with a reason in one word, and reports how many. Ops made before still enter the book.
func (s *Service) EndSessions(ctx context.Context, district int32, of Scope, reason string) (int, error) {
	var ended []uuid.UUID
	err := s.write(ctx, district, func(tx pgx.Tx) (err error) {
		ended, err = s.end(ctx, tx, district, of, reason)
		return s.settle(ctx, tx, district, &event{kind: eventEnd, officer: of.officer, device: of.device}, err)
	})
	s.forget()
	return len(ended), wrap(err, "end sessions")
}

// RevokeDevice withdraws a handset for good and ends the sessions on it. Its key can't be enrolled again.
func (s *Service) RevokeDevice(ctx context.Context, district int32, id uuid.UUID, reason string) error {
	err := s.write(ctx, district, func(tx pgx.Tx) error {
		err := s.revoke(ctx, tx, district, id, reason)
		return s.settle(ctx, tx, district, &event{kind: eventRevoke, device: id}, err)
	})
	s.forget()
	return wrap(err, "revoke device")
}

func (s *Service) revoke(ctx context.Context, tx pgx.Tx, district int32, id uuid.UUID, reason string) error {
	tag, err := tx.Exec(ctx, `UPDATE devices SET revoked_at = coalesce(revoked_at, $3), revoked_reason = coalesce(revoked_reason, $4),
		`+unbound+` WHERE district_id = $1 AND device_id = $2`, district, id, s.instant(), reason)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("device %s: %w", id, ErrNotKnown)
	}
	_, err = s.end(ctx, tx, district, OfDevice(id), "device_revoked")
	return err
}

// SetOfficerState suspends or retires an officer, which ends his sessions, or lets him work again.
func (s *Service) SetOfficerState(ctx context.Context, district int32, officer uuid.UUID, state string) error {
	if state != Active && state != Suspended && state != Retired {
		return fmt.Errorf("set state of officer: no such state")
	}
	err := s.write(ctx, district, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE officers SET state = $3, state_at = $4 WHERE district_id = $1 AND officer_id = $2`,
			district, officer, state, s.instant())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("officer %s: %w", officer, ErrNotKnown)
		}
		if state != Active {
			_, err = s.end(ctx, tx, district, OfOfficer(officer), "officer_"+state)
		}
		return s.settle(ctx, tx, district, &event{kind: eventState, officer: officer}, err)
	})
	s.forget()
	return wrap(err, "set state of officer")
}
