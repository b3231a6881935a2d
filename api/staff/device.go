package staff

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// device is a row of devices, as far as ways in need it.
type device struct {
	ID         uuid.UUID
	Centre     string
	Key        *ecdsa.PublicKey
	Thumbprint string
	EnrolledAt time.Time
	RevokedAt  *time.Time
}

const deviceColumns = `device_id, centre, public_key, thumbprint, enrolled_at, revoked_at`

func scanDevice(row pgx.CollectableRow) (device, error) {
	var d device
	var key []byte
	if err := row.Scan(&d.ID, &d.Centre, &key, &d.Thumbprint, &d.EnrolledAt, &d.RevokedAt); err != nil {
		return device{}, err
	}
	var err error
	if d.Key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key); err != nil {
		return device{}, fmt.Errorf("key of device %s: %w", d.ID, err)
	}
	return d, nil
}

// signed finds the handset and checks that the message is signed by it, and the call proven by it.
func (s *Service) signed(ctx context.Context, tx pgx.Tx, district int32, id uuid.UUID, message []byte, sig string, shown opening) error {
	rows, err := tx.Query(ctx, `SELECT `+deviceColumns+` FROM devices WHERE district_id = $1 AND device_id = $2`, district, id)
	if err != nil {
		return fmt.Errorf("find device: %w", err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, scanDevice)
	if errors.Is(err, pgx.ErrNoRows) {
		return refuse(contract.CodeUnknownDevice)
	}
	if err != nil {
		return fmt.Errorf("find device: %w", err)
	}
	raw, err := contract.Decode(sig)
	if err != nil || !contract.VerifyES256(d.Key, message, raw) {
		if err := s.raise(ctx, tx, district, alarm{kind: alarmSignature, subject: id, device: id}); err != nil {
			return err
		}
		return refuse(contract.CodeBadSignature, contract.WithPointer("/sig"))
	}
	if d.Thumbprint != shown.thumbprint {
		return refuse(contract.CodeDPoPInvalid)
	}
	if d.RevokedAt != nil {
		return refuse(contract.CodeDeviceRevoked)
	}
	return nil
}

// offsetNoise is by how much the measured offset of a clock may differ from the stored one before it is stored again:
// the way of a request through a bad network takes that long.
const offsetNoise = 2 * time.Second

// NoteClock keeps what is to be added to the time of the caller's handset, when it has changed.
func (s *Service) NoteClock(ctx context.Context, who Caller, offset time.Duration, at time.Time) error {
	if who.IsZero() {
		return refuse(contract.CodeUnauthorized)
	}
	ref := sessionRef{who.District, who.SessionID}
	if st, ok := s.states.find(ref); ok && (offset-st.session.ClockOffset).Abs() <= offsetNoise {
		return nil
	}
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE devices SET clock_offset_ms = $3, clock_at = $4 WHERE district_id = $1 AND device_id = $2`,
			who.District, who.DeviceID, offset.Milliseconds(), at)
		return err
	})
	if err != nil {
		return fmt.Errorf("note clock: %w", err)
	}
	if st, ok := s.states.find(ref); ok {
		changed := *st.session
		changed.ClockOffset = offset.Truncate(time.Millisecond)
		st.session = &changed
		s.states.keep(ref, st)
	}
	return nil
}

// ClockOffset is what is to be added to the time of the caller's handset, as last noted.
func (s *Service) ClockOffset(ctx context.Context, who Caller) (time.Duration, error) {
	if who.IsZero() {
		return 0, refuse(contract.CodeUnauthorized)
	}
	st, err := s.state(ctx, sessionRef{who.District, who.SessionID})
	if err != nil {
		return 0, err
	}
	return st.session.ClockOffset, nil
}
