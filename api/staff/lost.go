package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// Handset is a handset of a centre, with who is logged in on it.
type Handset struct {
	DeviceID   uuid.UUID
	Label      string
	EnrolledAt time.Time
	RevokedAt  *time.Time
	Officers   []uuid.UUID
}

// handsetsMost bounds a centre's list: a station has some thirty.
const handsetsMost = 500

// Handsets lists the handsets of a centre to those who have a post there, so that one that is lost can be named.
func (s *Service) Handsets(ctx context.Context, who Caller, centre string) ([]Handset, error) {
	if who.IsZero() {
		return nil, refuse(contract.CodeUnauthorized)
	}
	if !who.has(centre) {
		return nil, refuse(contract.CodeNotFound, contract.WithPointer("centre"))
	}
	var out []Handset
	err := s.read(ctx, who.District, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT d.device_id, d.label, d.enrolled_at, d.revoked_at,
			ARRAY(SELECT DISTINCT s.officer_id FROM sessions s WHERE s.district_id = d.district_id AND s.device_id = d.device_id
				AND s.ended_at IS NULL ORDER BY s.officer_id)
			FROM devices d WHERE d.district_id = $1 AND d.centre = $2 AND d.kind = 'phone'
			ORDER BY d.enrolled_at DESC, d.device_id LIMIT $3`, who.District, centre, handsetsMost)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Handset])
		return err
	})
	return out, wrap(err, "list handsets")
}

// ReportLost withdraws a handset of a centre where the caller has a post, whatever the post: minutes count. The
// in-charge is woken and sees who said so. Saying it twice changes nothing.
func (s *Service) ReportLost(ctx context.Context, who Caller, id uuid.UUID) error {
	if who.IsZero() {
		return refuse(contract.CodeUnauthorized)
	}
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		d, err := deviceOf(ctx, tx, who.District, id)
		switch {
		case err != nil:
			return err
		case !who.has(d.Centre):
			return refuse(contract.CodeNotFound)
		case d.RevokedAt != nil:
			return nil
		}
		if err := s.revoke(ctx, tx, who.District, id, "lost"); err != nil {
			return err
		}
		a := alarm{kind: alarmLost, subject: id, device: id, about: who.OfficerID, wakes: true}
		if err := s.raise(ctx, tx, who.District, a); err != nil {
			return err
		}
		e := event{kind: eventLost, officer: who.OfficerID, device: id, session: who.SessionID}
		return s.settle(ctx, tx, who.District, &e, nil)
	})
	s.forget()
	return inside(err, "report lost handset")
}

// deviceOf finds a handset and locks it; what is none is not found.
func deviceOf(ctx context.Context, tx pgx.Tx, district int32, id uuid.UUID) (device, error) {
	rows, err := tx.Query(ctx, `SELECT `+deviceColumns+` FROM devices WHERE district_id = $1 AND device_id = $2
		AND kind = 'phone' FOR UPDATE`, district, id)
	if err != nil {
		return device{}, fmt.Errorf("find device: %w", err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, scanDevice)
	if errors.Is(err, pgx.ErrNoRows) {
		return device{}, refuse(contract.CodeNotFound)
	}
	return d, wrap(err, "find device")
}
