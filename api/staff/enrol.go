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

// EnrolIn is a handset with its code. Sig is by the key itself, over contract.EnrolMessage.
type EnrolIn struct {
	Code      Secret
	PublicKey contract.JWK
	Nonce     string
	Label     string
	Sig       string
	Address   string // where the request comes from, for counting tries
	Proof     CallProof
}

// EnrolOut is what the handset is from now on.
type EnrolOut struct {
	DeviceID uuid.UUID
	District int32
	Centre   string
}

// Enrol takes a handset in by a one-time code. The same key with the same code gets the same answer again as long as
// the code would have lived, for an answer may be lost on the way.
func (s *Service) Enrol(ctx context.Context, in EnrolIn) (EnrolOut, error) {
	shown, err := s.opens(in.Proof, in.Nonce)
	if err != nil {
		return EnrolOut{}, err
	}
	pub, err := contract.ParseJWK(in.PublicKey)
	if err != nil {
		return EnrolOut{}, refuse(contract.CodeBadFormat, contract.WithPointer("/public_key"), contract.WithCause(err))
	}
	point, err := pub.Bytes()
	if err != nil {
		return EnrolOut{}, fmt.Errorf("enrol: %w", err)
	}
	sig, err := contract.Decode(in.Sig)
	if err != nil || !contract.VerifyES256(pub, contract.EnrolMessage(string(in.Code), in.Nonce, in.PublicKey.Thumbprint()), sig) {
		return EnrolOut{}, refuse(contract.CodeBadSignature, contract.WithPointer("/sig"))
	}
	if shown.thumbprint != in.PublicKey.Thumbprint() {
		return EnrolOut{}, refuse(contract.CodeDPoPInvalid)
	}
	district, code, ok := splitEnrolCode(string(in.Code))
	if !ok {
		return EnrolOut{}, refuse(contract.CodeCodeInvalid, contract.WithPointer("/code"))
	}
	out, e := EnrolOut{District: district}, &event{kind: eventEnrol}
	err = s.write(ctx, district, func(tx pgx.Tx) error {
		if ok, err := s.present(ctx, tx, district); err != nil || !ok {
			return orElse(err, contract.CodeCodeInvalid)
		}
		if err := s.spendOpening(ctx, tx, district, shown); err != nil {
			return s.settle(ctx, tx, district, e, err)
		}
		err := s.enrol(ctx, tx, in, code, point, &out)
		e.device = out.DeviceID
		return s.settle(ctx, tx, district, e, err)
	})
	if err != nil {
		return EnrolOut{}, inside(err, "enrol")
	}
	return out, nil
}

func (s *Service) enrol(ctx context.Context, tx pgx.Tx, in EnrolIn, code string, point []byte, out *EnrolOut) error {
	subjects := s.placeSubjects(out.District, uuid.Nil, in.Address)
	if _, err := s.take(ctx, tx, out.District, subjects); err != nil {
		return err
	}
	hash := s.hashLongCode(code)
	rows, err := tx.Query(ctx, `SELECT `+codeColumns+` FROM once_codes WHERE district_id = $1 AND code_hash = $2
		AND purpose = 'enrol' FOR UPDATE`, out.District, hash)
	if err != nil {
		return fmt.Errorf("find code: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[onceCode])
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("find code: %w", err)
	}
	if err != nil || !s.now().Before(c.ExpiresAt) {
		return refuse(contract.CodeCodeInvalid, contract.WithPointer("/code"))
	}
	known, isKnown, err := deviceByKey(ctx, tx, out.District, in.PublicKey.Thumbprint())
	if err != nil {
		return err
	}
	if isKnown {
		out.DeviceID = known.ID
	}
	switch {
	case known.RevokedAt != nil:
		return refuse(contract.CodeDeviceRevoked)
	case c.UsedAt != nil && (!isKnown || !known.EnrolledAt.Equal(*c.UsedAt)):
		return refuse(contract.CodeCodeInvalid, contract.WithPointer("/code"))
	}
	out.Centre = c.Centre
	if c.UsedAt == nil {
		at := s.instant()
		if err := takeIn(ctx, tx, in, point, out, at); err != nil {
			return err
		}
		if err := useCode(ctx, tx, out.District, hash, at); err != nil {
			return err
		}
	}
	return s.giveBack(ctx, tx, out.District, subjects)
}

// takeIn makes the handset's row, or moves one that is known by its key to the code's centre. Its time of enrolment is
// the code's time of use: by that a repetition is known.
func takeIn(ctx context.Context, tx pgx.Tx, in EnrolIn, point []byte, out *EnrolOut, at time.Time) error {
	if out.DeviceID != uuid.Nil {
		_, err := tx.Exec(ctx, `UPDATE devices SET centre = $3, label = $4, enrolled_at = $5 WHERE district_id = $1 AND device_id = $2`,
			out.District, out.DeviceID, out.Centre, in.Label, at)
		return wrap(err, "move device")
	}
	id, err := newID()
	if err != nil {
		return err
	}
	out.DeviceID = id
	_, err = tx.Exec(ctx, `INSERT INTO devices (district_id, device_id, centre, public_key, thumbprint, label, enrolled_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, out.District, id, out.Centre, point, in.PublicKey.Thumbprint(), in.Label, at)
	return wrap(err, "store device")
}

func deviceByKey(ctx context.Context, tx pgx.Tx, district int32, thumbprint string) (d device, found bool, err error) {
	rows, err := tx.Query(ctx, `SELECT `+deviceColumns+` FROM devices WHERE district_id = $1 AND thumbprint = $2`, district, thumbprint)
	if err != nil {
		return device{}, false, fmt.Errorf("find device by key: %w", err)
	}
	d, err = pgx.CollectExactlyOneRow(rows, scanDevice)
	if errors.Is(err, pgx.ErrNoRows) {
		return device{}, false, nil
	}
	return d, err == nil, wrap(err, "find device by key")
}

// orElse is err, or the refusal if there is none.
func orElse(err error, code contract.Code) error {
	if err != nil {
		return err
	}
	return refuse(code)
}

// inside says what was attempted when an error is not for the phone.
func inside(err error, doing string) error {
	if err == nil || isRefusal(err) {
		return err
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// instant is now, cut to what the database keeps, so that what is compared later is equal.
func (s *Service) instant() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
