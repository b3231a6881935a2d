package staff

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// pinDigits is the length of a PIN.
const pinDigits = 6

// SetPINIn sets a PIN: by an activation code, or by the PIN until now. Sig is by the handset, over contract.PinMessage.
type SetPINIn struct {
	District       int32
	DeviceID       uuid.UUID
	OfficerNo      string
	ActivationCode Secret // exactly one of this
	OldPIN         Secret // and this
	NewPIN         Secret
	Nonce          string
	Sig            string
	Address        string
	Proof          CallProof
}

func (in *SetPINIn) message() []byte {
	secret := in.ActivationCode
	if secret == "" {
		secret = in.OldPIN
	}
	return contract.PinMessage(in.District, in.DeviceID.String(), in.OfficerNo, string(secret), string(in.NewPIN), in.Nonce)
}

// PINTooSimple reports whether a PIN is among those that are tried first: few different digits, a run, a repetition, or
// digits of the officer's own number.
func PINTooSimple(pin, officerNo string) bool {
	different := map[rune]bool{}
	for _, c := range pin {
		different[c] = true
	}
	if len(different) <= 2 || pin[:pinDigits/2] == pin[pinDigits/2:] {
		return true
	}
	up, down := true, true
	for i := 1; i < len(pin); i++ {
		step := (int(pin[i]) - int(pin[i-1]) + 10) % 10
		up, down = up && step == 1, down && step == 9
	}
	number := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, officerNo)
	const telling = 4 // fewer digits are in a PIN by chance
	return up || down || strings.Contains(number, pin) || len(number) >= telling && strings.Contains(pin, number)
}

func isPIN(pin Secret) bool {
	return len(pin) == pinDigits && !slices.ContainsFunc([]byte(pin), func(c byte) bool { return c < '0' || c > '9' })
}

// SetPIN sets an officer's PIN. It ends his sessions: who had his PIN or his handset until now is out.
func (s *Service) SetPIN(ctx context.Context, in SetPINIn) error {
	shown, err := s.opens(in.Proof, in.Nonce)
	if err != nil {
		return err
	}
	if (in.ActivationCode == "") == (in.OldPIN == "") {
		return refuse(contract.CodeMissingField, contract.WithPointer("/activation_code"))
	}
	if !isPIN(in.NewPIN) {
		return refuse(contract.CodeBadFormat, contract.WithPointer("/new_pin"))
	}
	if PINTooSimple(string(in.NewPIN), in.OfficerNo) {
		return refuse(contract.CodePinTooSimple, contract.WithPointer("/new_pin"))
	}
	done, err := s.turn(ctx)
	if err != nil {
		return inside(err, "set pin")
	}
	defer done()
	a := attempt{
		district: in.District, device: in.DeviceID, number: canonicalNumber(in.OfficerNo), shown: shown,
		message: in.message(), sig: in.Sig, address: in.Address,
		event: event{kind: eventPIN}, byCode: in.ActivationCode != "",
	}
	if err := s.begin(ctx, &a); err != nil {
		return inside(err, "set pin")
	}
	if a.byCode {
		err = s.setByCode(ctx, &a, in)
	} else {
		err = s.setByPIN(ctx, &a, in)
	}
	if err != nil {
		return inside(err, "set pin")
	}
	s.drop(in.District, a.ended...)
	return nil
}

func (s *Service) setByPIN(ctx context.Context, a *attempt, in SetPINIn) error {
	right, err := s.checkPIN(in.OldPIN, a.hash)
	if err != nil {
		return err
	}
	hash, err := s.hashPIN(in.NewPIN)
	if err != nil {
		return err
	}
	return s.write(ctx, a.district, func(tx pgx.Tx) error {
		err := refuseUnless(right, contract.CodeWrongCredentials)
		if err == nil {
			err = s.changePIN(ctx, tx, a, hash)
		}
		return s.settle(ctx, tx, a.district, &a.event, err)
	})
}

func refuseUnless(ok bool, code contract.Code) error {
	if ok {
		return nil
	}
	return refuse(code)
}

// changePIN stores a PIN, ends the officer's sessions and gives his tries back.
func (s *Service) changePIN(ctx context.Context, tx pgx.Tx, a *attempt, hash string) error {
	_, err := tx.Exec(ctx, `INSERT INTO pins (district_id, officer_id, hash, set_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (district_id, officer_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at`,
		a.district, a.event.officer, hash, s.now())
	if err != nil {
		return fmt.Errorf("store pin: %w", err)
	}
	if a.ended, err = s.end(ctx, tx, a.district, OfOfficer(a.event.officer), "pin_changed"); err != nil {
		return err
	}
	return s.giveBack(ctx, tx, a.district, append(a.subjects, s.officerSubject(a.district, a.number)))
}

// setByCode tries the officer's activation code. A wrong one counts against each code of his that is alive; the fifth
// kills it, and an unknown officer has none.
func (s *Service) setByCode(ctx context.Context, a *attempt, in SetPINIn) error {
	given := s.hashShortCode(a.event.officer.String(), canonicalCode(string(in.ActivationCode)))
	hash, err := s.hashPIN(in.NewPIN)
	if err != nil {
		return err
	}
	var used bool // once already: the answer was lost, or somebody tries
	err = s.write(ctx, a.district, func(tx pgx.Tx) error {
		c, err := s.tryCode(ctx, tx, a, given)
		if err == nil {
			used = c.UsedAt != nil
			if used {
				return nil
			}
			at := s.instant()
			if err = useCode(ctx, tx, a.district, given, at); err == nil {
				err = s.changePIN(ctx, tx, a, hash)
			}
		}
		return s.settle(ctx, tx, a.district, &a.event, err)
	})
	if err != nil || !used {
		return err
	}
	same, err := s.checkPIN(in.NewPIN, a.hash)
	if err != nil {
		return err
	}
	return s.write(ctx, a.district, func(tx pgx.Tx) error {
		var err error
		if same {
			err = s.giveBack(ctx, tx, a.district, a.subjects)
		} else {
			err = s.wrongCode(ctx, tx, a)
		}
		return s.settle(ctx, tx, a.district, &a.event, err)
	})
}

// tryCode compares what was given with the officer's codes, under their locks.
func (s *Service) tryCode(ctx context.Context, tx pgx.Tx, a *attempt, given []byte) (onceCode, error) {
	rows, err := tx.Query(ctx, `SELECT `+codeColumns+` FROM once_codes WHERE district_id = $1 AND officer_id = $2
		AND purpose = 'activate' AND expires_at > $3 ORDER BY code_hash FOR UPDATE`, a.district, a.event.officer, s.now())
	if err != nil {
		return onceCode{}, fmt.Errorf("find codes: %w", err)
	}
	codes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[onceCode])
	if err != nil {
		return onceCode{}, fmt.Errorf("find codes: %w", err)
	}
	for _, c := range codes {
		if c.Failures < codeFailures && equal(c.Hash, given) {
			return c, nil
		}
	}
	return onceCode{}, s.wrongCode(ctx, tx, a)
}

func (s *Service) wrongCode(ctx context.Context, tx pgx.Tx, a *attempt) error {
	rows, err := tx.Query(ctx, `UPDATE once_codes SET failures = failures + 1 WHERE district_id = $1 AND officer_id = $2
		AND purpose = 'activate' AND expires_at > $3 RETURNING failures`, a.district, a.event.officer, s.now())
	if err != nil {
		return fmt.Errorf("count wrong code: %w", err)
	}
	failures, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return fmt.Errorf("count wrong code: %w", err)
	}
	if slices.Contains(failures, codeFailures) {
		if err := s.raise(ctx, tx, a.district, alarm{kind: alarmCode, subject: a.event.officer, device: a.device}); err != nil {
			return err
		}
	}
	return refuse(contract.CodeCodeInvalid, contract.WithPointer("/activation_code"))
}

// attempt is a way in by an officer's number on an enrolled handset: what is known before anything is hashed.
type attempt struct {
	district int32
	device   uuid.UUID
	number   string
	shown    opening
	message  []byte
	sig      string
	address  string
	byCode   bool // the code itself counts its failures; the officer's number does not
	event    event
	subjects []subject
	officer  Officer     // zero: nobody has this number
	hash     string      // of his PIN; empty: he has none
	ended    []uuid.UUID // his sessions that end by this
}

// begin spends the nonce, checks the handset, counts the attempt as failed and finds the officer. It is committed
// before anything is hashed.
func (s *Service) begin(ctx context.Context, a *attempt) error {
	return s.write(ctx, a.district, func(tx pgx.Tx) error {
		if ok, err := s.present(ctx, tx, a.district); err != nil || !ok {
			return orElse(err, contract.CodeUnknownDevice)
		}
		return s.refusal(ctx, tx, a.district, &a.event, s.admit(ctx, tx, a))
	})
}

func (s *Service) admit(ctx context.Context, tx pgx.Tx, a *attempt) error {
	if err := s.spendOpening(ctx, tx, a.district, a.shown); err != nil {
		return err
	}
	if err := s.signed(ctx, tx, a.district, a.device, a.message, a.sig, a.shown); err != nil {
		return err
	}
	a.event.device = a.device
	a.subjects = s.placeSubjects(a.district, a.device, a.address)
	counted := a.subjects
	if !a.byCode {
		counted = append(slices.Clone(counted), s.officerSubject(a.district, a.number))
	}
	var err error
	if a.officer, a.hash, err = officerWithPIN(ctx, tx, a.district, a.number); err != nil {
		return err
	}
	a.event.officer = a.officer.ID
	full, err := s.take(ctx, tx, a.district, counted)
	if full && err == nil {
		err = s.raise(ctx, tx, a.district, alarm{kind: alarmLockOut, subject: a.device, device: a.device})
	}
	return err
}
