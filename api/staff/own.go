package staff

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// OwnDevice is a phone or a console that an officer has logged in at, with her open sessions there.
type OwnDevice struct {
	DeviceID   uuid.UUID
	Kind       string
	Label      string
	Centre     string
	EnrolledAt time.Time
	RevokedAt  *time.Time
	Current    bool // she asks from it
	Sessions   []OwnSession
}

// OwnSession is an open session of the officer who asks.
type OwnSession struct {
	SessionID uuid.UUID
	DeviceID  uuid.UUID
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // when it was last refreshed, at a console when it last called
}

// ownDevice picks the devices of an officer: where she has logged in, and her console.
const ownDevice = `d.district_id = $1 AND (EXISTS (SELECT FROM officer_devices o WHERE o.district_id = d.district_id
	AND o.officer_id = $2 AND o.device_id = d.device_id) OR EXISTS (SELECT FROM consoles c WHERE c.district_id = d.district_id
	AND c.officer_id = $2 AND c.device_id = d.device_id))`

// OwnDevices lists where the caller has logged in, the newest first. Who else is logged in on a phone is not told.
func (s *Service) OwnDevices(ctx context.Context, who Caller) ([]OwnDevice, error) {
	if who.IsZero() {
		return nil, refuse(contract.CodeUnauthorized)
	}
	var out []OwnDevice
	err := s.read(ctx, who.District, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT d.device_id, d.kind, d.label, d.centre, d.enrolled_at, d.revoked_at, d.device_id = $3
			FROM devices d WHERE `+ownDevice+` ORDER BY d.enrolled_at DESC, d.device_id LIMIT $4`,
			who.District, who.OfficerID, who.DeviceID, handsetsMost)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d OwnDevice, err error) {
			return d, row.Scan(&d.DeviceID, &d.Kind, &d.Label, &d.Centre, &d.EnrolledAt, &d.RevokedAt, &d.Current)
		})
		if err != nil {
			return err
		}
		rows, err = tx.Query(ctx, `SELECT s.session_id, s.device_id, s.created_at, s.expires_at, greatest(s.rotated_at, k.seen_at)
			FROM sessions s LEFT JOIN console_sessions k ON k.district_id = s.district_id AND k.session_id = s.session_id
			WHERE s.district_id = $1 AND s.officer_id = $2 AND s.ended_at IS NULL AND s.expires_at > $3
			AND (k.session_id IS NOT NULL OR s.idle_at > $3) ORDER BY s.created_at DESC, s.session_id`,
			who.District, who.OfficerID, s.instant())
		if err != nil {
			return err
		}
		sessions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OwnSession])
		for _, x := range sessions {
			i := slices.IndexFunc(out, func(d OwnDevice) bool { return d.DeviceID == x.DeviceID })
			if i < 0 {
				return fmt.Errorf("session %s is on no device of its officer", x.SessionID)
			}
			out[i].Sessions = append(out[i].Sessions, x)
		}
		return err
	})
	return out, wrap(err, "list own devices")
}

// EndOwnDevice ends the caller's sessions on a device of hers, the one she calls from too. Those of others on the same
// phone go on, and the phone itself stays enrolled: one that is lost is reported as lost.
func (s *Service) EndOwnDevice(ctx context.Context, who Caller, id uuid.UUID) error {
	if who.IsZero() {
		return refuse(contract.CodeUnauthorized)
	}
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		var hers bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM devices d WHERE `+ownDevice+` AND d.device_id = $3)`,
			who.District, who.OfficerID, id).Scan(&hers)
		if err != nil {
			return fmt.Errorf("look whose device it is: %w", err)
		}
		if !hers {
			return refuse(contract.CodeNotFound)
		}
		if _, err = s.end(ctx, tx, who.District, Scope{officer: who.OfficerID, device: id}, "ended_by_officer"); err != nil {
			return err
		}
		e := event{kind: eventEndOwn, officer: who.OfficerID, device: id, session: who.SessionID}
		return s.settle(ctx, tx, who.District, &e, nil)
	})
	s.forget()
	return inside(err, "end own device")
}
