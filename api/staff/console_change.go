package staff

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// What an officer changes of her own at a console. That she has just shown her second factor the door sees to; each
// change ends her other sessions at consoles and is told her on her phones: who has taken a console over does not stay
// alone with it.

// ChangePassphrase puts another passphrase in the place of the one that the officer has, which she says once more.
func (s *Service) ChangePassphrase(ctx context.Context, who Caller, old, chosen Secret) error {
	if !who.Console || !who.Fresh(s.now()) {
		return refuse(contract.CodeStepUp)
	}
	done, err := s.turn(ctx)
	if err != nil {
		return inside(err, "change passphrase")
	}
	defer done()
	mine, full := s.stepUpTries(who), false
	var a account
	var own []string
	err = s.write(ctx, who.District, func(tx pgx.Tx) (err error) { // it counts as wrong before it is judged
		if full, err = s.take(ctx, tx, who.District, mine); err != nil {
			return err
		}
		if a, err = s.accountBy(ctx, tx, who); err != nil {
			return err
		}
		own, err = ownWords(ctx, tx, who.District, a.officer)
		return err
	})
	if err != nil {
		return inside(err, "change passphrase")
	}
	right, err := s.checkPhrase(old, a.hash)
	if err != nil {
		return inside(err, "change passphrase")
	}
	var told error
	var hash string
	switch fault := passphraseFault(chosen, own); {
	case !right:
	case equal([]byte(composed(chosen)), []byte(composed(old))):
		told = refuse(contract.CodePassphraseSame, contract.WithPointer("/new_passphrase"))
	case fault != "":
		told = refuse(fault, contract.WithPointer("/new_passphrase"), contract.WithDetail(strconv.Itoa(passphraseLeast)))
	default:
		if hash, err = s.hashPhrase(chosen); err != nil {
			return inside(err, "change passphrase")
		}
	}
	return s.change(ctx, who, eventPhrase, func(tx pgx.Tx) error {
		if !right {
			return s.wrongStepUp(ctx, tx, who, full)
		}
		if err := s.giveBack(ctx, tx, who.District, mine); err != nil || told != nil {
			return orRefuse(err, told)
		}
		tag, err := tx.Exec(ctx, `UPDATE consoles SET hash = $4 WHERE district_id = $1 AND officer_id = $2 AND hash = $3`,
			who.District, who.OfficerID, a.hash, hash)
		if err != nil {
			return fmt.Errorf("store passphrase: %w", err)
		}
		return refuseUnless(tag.RowsAffected() == 1, contract.CodeWrongLogIn) // it was changed meanwhile
	})
}

// change makes a change in one transaction with what follows of it.
func (s *Service) change(ctx context.Context, who Caller, kind string, do func(tx pgx.Tx) error) error {
	e := event{kind: kind, officer: who.OfficerID, device: who.DeviceID, session: who.SessionID}
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		err := do(tx)
		if err == nil {
			err = s.endOthers(ctx, tx, who)
		}
		if err == nil {
			err = s.raise(ctx, tx, who.District, alarm{
				kind: alarmChanged, subject: who.DeviceID, device: who.DeviceID, officer: who.OfficerID, about: who.OfficerID, wakes: true,
			})
		}
		return s.settle(ctx, tx, who.District, &e, err)
	})
	s.forget()
	return inside(err, "change console")
}

// endOthers ends the officer's sessions at consoles but the one that speaks.
func (s *Service) endOthers(ctx context.Context, tx pgx.Tx, who Caller) error {
	rows, err := tx.Query(ctx, `SELECT s.session_id FROM sessions s JOIN console_sessions k ON k.district_id = s.district_id
		AND k.session_id = s.session_id WHERE s.district_id = $1 AND s.officer_id = $2 AND s.session_id <> $3 AND s.ended_at IS NULL`,
		who.District, who.OfficerID, who.SessionID)
	if err != nil {
		return fmt.Errorf("find other consoles: %w", err)
	}
	others, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("find other consoles: %w", err)
	}
	for _, id := range others {
		if _, err := s.end(ctx, tx, who.District, Scope{session: id}, "changed"); err != nil {
			return err
		}
	}
	return nil
}

// accountBy reads the account of who is logged in.
func (s *Service) accountBy(ctx context.Context, tx pgx.Tx, who Caller) (account, error) {
	var number string
	err := tx.QueryRow(ctx, `SELECT number FROM officers WHERE district_id = $1 AND officer_id = $2`, who.District, who.OfficerID).Scan(&number)
	if err != nil {
		return account{}, fmt.Errorf("find officer: %w", err)
	}
	return accountOf(ctx, tx, who.District, number)
}

// Held is a passkey that an officer has.
type Held struct {
	ID      []byte
	AddedAt time.Time
}

// Factors are an officer's second factors, and what another is made of.
type Factors struct {
	TOTP     bool
	Passkeys []Held
	Another  Activation
}

// Factors tells which second factors the caller has. Nothing is changed by it.
func (s *Service) Factors(ctx context.Context, who Caller) (Factors, error) {
	if !who.Console || !who.Fresh(s.now()) {
		return Factors{}, refuse(contract.CodeStepUp)
	}
	var out Factors
	var a account
	err := s.read(ctx, who.District, func(tx pgx.Tx) (err error) {
		if a, err = s.accountBy(ctx, tx, who); err != nil {
			return err
		}
		out.TOTP = a.totp != nil
		out.Passkeys, err = rowsOf[Held](ctx, tx, `SELECT credential_id, added_at FROM passkeys WHERE district_id = $1 AND officer_id = $2
			ORDER BY added_at, credential_id LIMIT 100`, who.District, who.OfficerID)
		return err
	})
	if err != nil {
		return Factors{}, inside(err, "read factors")
	}
	p := setup{Officer: who.OfficerID, Number: a.officer.Number, TOTP: randomBytes(totpSecret), Ends: s.now().Add(setupLife).Unix()}
	plain, err := json.Marshal(p)
	if err != nil {
		return Factors{}, fmt.Errorf("write setup: %w", err)
	}
	// Sealed for this session: an activation takes it for nothing, nor does another session.
	sealed, err := s.lock(factorSetup, who.District, who.SessionID, plain)
	out.Another = Activation{
		Setup:      Secret(strconv.Itoa(int(who.District)) + "." + contract.Encode(sealed)),
		TOTPSecret: Secret(totpBase32.EncodeToString(p.TOTP)), TOTPURI: Secret(totpURI(p.TOTP, p.Number)),
		UserHandle: userHandle(who.District, who.OfficerID), RPID: s.RPID(), Challenge: s.Nonce(),
	}
	return out, wrap(err, "read factors")
}

// factorSetup is what a setup of another factor is sealed as.
const factorSetup = "console factor"

// passkeysMost bounds how many an officer has.
const passkeysMost = 10

// AddFactor adds a second factor that the caller shows to work. A new secret of one-time codes takes the place of the old.
func (s *Service) AddFactor(ctx context.Context, who Caller, in ConfirmIn) error {
	if !who.Console || !who.Fresh(s.now()) {
		return refuse(contract.CodeStepUp)
	}
	p, district, ok := s.readSetup(in.Setup, factorSetup, who.SessionID)
	if !ok || district != who.District || p.Officer != who.OfficerID {
		return refuse(contract.CodeCodeInvalid, contract.WithPointer("/setup"))
	}
	return s.change(ctx, who, eventFactor, func(tx pgx.Tx) error {
		if err := s.lockConsole(ctx, tx, who); err != nil {
			return err
		}
		// A refusal is committed with its event: all is judged before anything is stored.
		var sealed []byte
		var step int64
		if in.TOTP != "" {
			var right bool
			if step, right = totpStepOf(p.TOTP, in.TOTP, s.now(), 0); !right {
				return refuse(contract.CodeWrongLogIn, contract.WithPointer("/totp"))
			}
			var err error
			if sealed, err = s.lock("totp", who.District, who.OfficerID, p.TOTP); err != nil {
				return err
			}
		}
		made, err := s.newPasskey(ctx, tx, who.District, who.OfficerID, in.Passkey)
		if err != nil {
			return err
		}
		if made != nil {
			if err := s.addPasskey(ctx, tx, who, made); err != nil {
				return err
			}
		}
		if sealed == nil {
			return nil
		}
		_, err = tx.Exec(ctx, `UPDATE consoles SET totp = $3, totp_step = $4 WHERE district_id = $1 AND officer_id = $2`,
			who.District, who.OfficerID, sealed, step)
		return wrap(err, "store secret of codes")
	})
}

// addPasskey stores one more passkey, if it is new and there are not too many.
func (s *Service) addPasskey(ctx context.Context, tx pgx.Tx, who Caller, made *webauthn.Credential) error {
	list, err := passkeysOf(ctx, tx, who.District, who.OfficerID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(k webauthn.Credential) bool { return hmac.Equal(k.ID, made.ID) }) {
		return refuse(contract.CodeAlreadyThere, contract.WithPointer("/passkey/id"))
	}
	if len(list) >= passkeysMost {
		return refuse(contract.CodeTooMany, contract.WithPointer("/passkey"))
	}
	return storePasskey(ctx, tx, who.District, who.OfficerID, made, s.instant())
}

// RemoveFactor takes a second factor away: the passkey of the id or, without one, the one-time codes. The last stays.
func (s *Service) RemoveFactor(ctx context.Context, who Caller, passkey []byte) error {
	if !who.Console || !who.Fresh(s.now()) {
		return refuse(contract.CodeStepUp)
	}
	return s.change(ctx, who, eventFactor, func(tx pgx.Tx) error {
		if err := s.lockConsole(ctx, tx, who); err != nil {
			return err
		}
		list, err := passkeysOf(ctx, tx, who.District, who.OfficerID)
		if err != nil {
			return err
		}
		var codes bool
		err = tx.QueryRow(ctx, `SELECT totp IS NOT NULL FROM consoles WHERE district_id = $1 AND officer_id = $2`, who.District, who.OfficerID).Scan(&codes)
		if err != nil {
			return fmt.Errorf("look for codes: %w", err)
		}
		has, all := codes, len(list)
		if passkey != nil {
			has = slices.ContainsFunc(list, func(k webauthn.Credential) bool { return hmac.Equal(k.ID, passkey) })
		}
		if codes {
			all++
		}
		switch {
		case !has:
			return refuse(contract.CodeNotFound)
		case all < 2:
			return refuse(contract.CodeLastFactor)
		case passkey != nil:
			_, err = tx.Exec(ctx, `DELETE FROM passkeys WHERE district_id = $1 AND officer_id = $2 AND credential_id = $3`,
				who.District, who.OfficerID, passkey)
		default:
			_, err = tx.Exec(ctx, `UPDATE consoles SET totp = NULL WHERE district_id = $1 AND officer_id = $2`, who.District, who.OfficerID)
		}
		return wrap(err, "take factor away")
	})
}

// lockConsole has two who change one account wait for each other.
func (s *Service) lockConsole(ctx context.Context, tx pgx.Tx, who Caller) error {
	tag, err := tx.Exec(ctx, `SELECT FROM consoles WHERE district_id = $1 AND officer_id = $2 FOR UPDATE`, who.District, who.OfficerID)
	if err != nil {
		return fmt.Errorf("lock console: %w", err)
	}
	return refuseUnless(tag.RowsAffected() == 1, contract.CodeSessionEnded)
}
