package staff

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// phonesADay bounds the codes for new phones that a centre gives within a day: a station has some thirty.
const phonesADay = 40

// InviteDevice gives the in-charge or the head of a station a one-time code by which one new phone is enrolled for the
// centre within a day. A phone by itself opens nothing: an officer logs in on it by his own number and PIN. The code that
// the same officer was given before for the centre dies, if no phone has used it; so what was shown and lost opens
// nothing later. Both heads of the station read in their alarms who gave it, and the in-charge is woken.
func (s *Service) InviteDevice(ctx context.Context, who Caller, centre string) (Code, error) {
	if err := who.heads(centre); err != nil {
		return Code{}, err
	}
	var out Code
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		var err error
		out, err = s.inviteDevice(ctx, tx, who, centre)
		e := event{kind: eventNewPhone, officer: who.OfficerID, device: who.DeviceID, session: who.SessionID}
		return s.settle(ctx, tx, who.District, &e, err)
	})
	if err != nil {
		return Code{}, inside(err, "invite device")
	}
	return out, nil
}

func (s *Service) inviteDevice(ctx context.Context, tx pgx.Tx, who Caller, centre string) (Code, error) {
	now := s.instant()
	// Two who ask at once wait for each other: both counts and both codes would stand otherwise.
	if _, err := tx.Exec(ctx, `SELECT FROM centres WHERE district_id = $1 AND centre = $2 FOR NO KEY UPDATE`, who.District, centre); err != nil {
		return Code{}, fmt.Errorf("lock centre: %w", err)
	}
	var given int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM once_codes WHERE district_id = $1 AND centre = $2 AND purpose = 'enrol'
		AND issued_by IS NOT NULL AND issued_at > $3`, who.District, centre, now.Add(-24*time.Hour)).Scan(&given)
	if err != nil {
		return Code{}, fmt.Errorf("count codes: %w", err)
	}
	if given >= phonesADay {
		return Code{}, refuse(contract.CodeTooMany, contract.WithDetail(strconv.Itoa(phonesADay)))
	}
	c := Code{Text: Secret(newEnrolCode(who.District)), ExpiresAt: now.Add(codeLife)}
	hash := s.hashLongCode(string(c.Text))
	if err := s.storeCode(ctx, tx, who.District, purposeEnrol, centre, uuid.Nil, hash, c.ExpiresAt); err != nil {
		return Code{}, err
	}
	b := &pgx.Batch{}
	b.Queue(`UPDATE once_codes SET expires_at = $4 WHERE district_id = $1 AND centre = $2 AND issued_by = $3
		AND purpose = 'enrol' AND used_at IS NULL AND expires_at > $4`, who.District, centre, who.OfficerID, now)
	b.Queue(`UPDATE once_codes SET issued_by = $3 WHERE district_id = $1 AND code_hash = $2`, who.District, hash, who.OfficerID)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return Code{}, fmt.Errorf("end earlier code: %w", err)
	}
	a := alarm{kind: alarmNewPhone, centre: centre, subject: who.OfficerID, about: who.OfficerID, wakes: true}
	return c, s.raise(ctx, tx, who.District, a)
}
