package staff

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// consolesAtOnce is how many of the places among those that hash strangers at consoles may take: the others are the
// phones'.
const consolesAtOnce = hashesAtOnce / 2

// ConsoleLogInIn is an officer at a browser.
type ConsoleLogInIn struct {
	District   int32
	OfficerNo  string
	Passphrase Secret
	Factor     Factor
	Address    string // a prefix, where one has a whole network
	Browser    Secret // by which the browser is known, if it is
	Earlier    Secret // the session that it still had: it ends
}

// consoleAttempt is a log-in at a browser: what is known before anything is hashed.
type consoleAttempt struct {
	district int32
	number   string
	address  string
	browser  Secret
	earlier  Secret
	event    event

	account
	known    bool // the browser is one that he has logged in by
	subjects [2][]subject
}

// account is what a log-in at a console is judged by. Without a hash there is none.
type account struct {
	officer Officer
	device  uuid.UUID
	hash    string
	totp    []byte // sealed
	step    int64
	keys    []webauthn.Credential
}

// consoleTurn waits for a place among those that hash.
func (s *Service) consoleTurn(ctx context.Context) (done func(), err error) {
	timer := time.NewTimer(hashWait)
	defer timer.Stop()
	select {
	case s.strangers <- struct{}{}:
	case <-timer.C:
		return nil, refuse(contract.CodeOverloaded, contract.WithRetryAfter(hashWait))
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a turn: %w", ctx.Err())
	}
	end, err := s.turn(ctx)
	if err != nil {
		<-s.strangers
		return nil, err
	}
	return func() {
		end()
		<-s.strangers
	}, nil
}

// pepperedPhrase is what of a passphrase goes into the hash: useless without the pepper, and no byte of it cut.
func (s *Service) pepperedPhrase(p Secret) string {
	mac := hmac.New(sha256.New, s.keys.passphrase)
	mac.Write([]byte(composed(p)))
	return base64.RawStdEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Service) hashPhrase(p Secret) (string, error) {
	hash, err := argon2id.CreateHash(s.pepperedPhrase(p), &argon2id.Params{
		Memory: hashMemory, Iterations: hashTurns, Parallelism: hashLanes, SaltLength: hashSalt, KeyLength: hashBytes,
	})
	return hash, wrap(err, "hash passphrase")
}

// checkPhrase costs the same for an officer that does not exist, or has no console: then hash is empty.
func (s *Service) checkPhrase(p Secret, hash string) (bool, error) {
	if hash == "" {
		hash = s.nobody
	}
	right, err := argon2id.ComparePasswordAndHash(s.pepperedPhrase(p), hash)
	return right, wrap(err, "check passphrase")
}

// OpenConsole logs an officer in at a browser by his passphrase and a second factor. Whatever is wrong, the answer is
// the same, and so is the work.
func (s *Service) OpenConsole(ctx context.Context, in ConsoleLogInIn) (Console, error) {
	if s.rp == nil {
		return Console{}, refuse(contract.CodeNotFound)
	}
	done, err := s.consoleTurn(ctx)
	if err != nil {
		return Console{}, inside(err, "open console")
	}
	defer done()
	a := consoleAttempt{
		district: in.District, number: canonicalNumber(in.OfficerNo), address: in.Address, browser: in.Browser, earlier: in.Earlier,
		event: event{kind: eventConsole},
	}
	shown, err := s.beginConsole(ctx, &a, in.Factor)
	if err != nil {
		return Console{}, inside(err, "open console")
	}
	right, err := s.checkPhrase(in.Passphrase, a.hash)
	if err != nil {
		return Console{}, inside(err, "open console")
	}
	proof, err := s.checkFactor(&a.account, a.district, in.Factor, shown)
	if err != nil {
		return Console{}, inside(err, "open console")
	}
	var out Console
	err = s.write(ctx, a.district, func(tx pgx.Tx) error {
		err := refuseUnless(right && proof.right, contract.CodeWrongLogIn)
		switch {
		case err == nil:
			out, err = s.enterConsole(ctx, tx, &a, proof)
		case right && proof.copied:
			err = orRefuse(s.raise(ctx, tx, a.district, alarm{
				kind: alarmCopied, subject: a.officer.ID, device: a.device, about: a.officer.ID, wakes: true,
			}), err)
		}
		return s.settle(ctx, tx, a.district, &a.event, err)
	})
	if err != nil {
		return Console{}, inside(err, "open console")
	}
	id, known := s.knownBrowser(a.browser, a.district, a.officer.ID)
	if !known {
		id = contract.Encode(randomBytes(nonceRandom))
	}
	out.Browser = s.browserOf(a.district, a.officer.ID, id)
	return out, nil
}

// orRefuse is err, or else what is to be told.
func orRefuse(err, told error) error {
	if err != nil {
		return err
	}
	return told
}

// enterConsole opens the session when all was right.
func (s *Service) enterConsole(ctx context.Context, tx pgx.Tx, a *consoleAttempt, proof proof) (Console, error) {
	fresh, err := proof.use(ctx, tx, a.district, a.officer.ID)
	if err != nil {
		return Console{}, err
	}
	if !fresh { // another attempt has used it meanwhile
		return Console{}, refuse(contract.CodeWrongLogIn)
	}
	for _, subjects := range a.subjects {
		if len(subjects) == 0 {
			continue
		}
		if err := s.giveBack(ctx, tx, a.district, subjects); err != nil {
			return Console{}, err
		}
	}
	if a.officer.State != Active {
		return Console{}, refuse(contract.CodeForbidden)
	}
	c, err := s.openSession(ctx, tx, a, proof.factor)
	if err != nil || a.known {
		return c, err
	}
	return c, s.raise(ctx, tx, a.district, alarm{
		kind: alarmNewDevice, subject: a.device, device: a.device, officer: a.officer.ID, about: a.officer.ID, wakes: true,
	})
}

// beginConsole counts the attempt as failed, finds the account and spends a passkey's challenge. It is committed before
// anything is hashed. What is refused for having tried too often leaves no event: whoever can send a packet could fill
// the table.
func (s *Service) beginConsole(ctx context.Context, a *consoleAttempt, f Factor) (shown string, err error) {
	err = s.write(ctx, a.district, func(tx pgx.Tx) error {
		if ok, err := s.present(ctx, tx, a.district); err != nil || !ok {
			return orElse(err, contract.CodeWrongLogIn)
		}
		var err error
		if a.account, err = accountOf(ctx, tx, a.district, a.number); err != nil {
			return err
		}
		a.event.officer, a.event.device = a.officer.ID, a.device
		if err := s.takeConsole(ctx, tx, a); err != nil {
			return err
		}
		shown, err = s.spendChallenge(ctx, tx, a.district, f.Passkey)
		return err
	})
	return shown, err
}

// spendChallenge spends the challenge that a passkey has signed; one that is none or is spent is no challenge.
func (s *Service) spendChallenge(ctx context.Context, tx pgx.Tx, district int32, p *PasskeyShown) (string, error) {
	if p == nil {
		return "", nil
	}
	challenge, ends, ok := s.challengeOf(p.ClientData)
	if !ok {
		return "", nil
	}
	fresh, err := spend(ctx, tx, district, "nonce\n"+challenge, ends)
	if err != nil || !fresh {
		return "", wrap(err, "spend challenge")
	}
	return challenge, nil
}

// accountOf reads an officer's account by one set of questions, whoever asks for whom.
func accountOf(ctx context.Context, tx pgx.Tx, district int32, number string) (a account, err error) {
	var device *uuid.UUID
	err = tx.QueryRow(ctx, `SELECT `+officerColumns+`, d.device_id, coalesce(c.hash, ''), c.totp, coalesce(c.totp_step, 0)
		FROM officers o LEFT JOIN (consoles c JOIN devices d ON d.district_id = c.district_id AND d.device_id = c.device_id
			AND d.revoked_at IS NULL) ON c.district_id = o.district_id AND c.officer_id = o.officer_id
		WHERE o.district_id = $1 AND o.number = $2`, district, number).
		Scan(append(a.officer.fields(), &device, &a.hash, &a.totp, &a.step)...)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return account{}, fmt.Errorf("find account: %w", err)
	}
	if device != nil {
		a.device = *device
	}
	a.keys, err = passkeysOf(ctx, tx, district, a.officer.ID)
	return a, err
}

// proof is what a second factor has shown.
type proof struct {
	right, copied bool
	factor        string
	step          int64
	passkey       *webauthn.Credential
}

// checkFactor judges a second factor and changes nothing.
func (s *Service) checkFactor(a *account, district int32, f Factor, challenge string) (proof, error) {
	if f.Passkey != nil {
		p := proof{factor: FactorPasskey}
		if challenge == "" {
			return p, nil
		}
		p.passkey, p.copied = s.checkPasskey(holder{district, a.officer.ID, a.keys}, f.Passkey, challenge)
		p.right = p.passkey != nil && !p.copied
		return p, nil
	}
	p, secret := proof{factor: FactorTOTP}, make([]byte, totpSecret)
	if a.totp != nil {
		var err error
		if secret, err = s.unlock("totp", district, a.officer.ID, a.totp); err != nil {
			return p, err
		}
	}
	p.step, p.right = totpStepOf(secret, f.TOTP, s.now(), a.step)
	p.right = p.right && a.totp != nil
	return p, nil
}

// use marks what was shown as used, unless another attempt has been quicker.
func (p *proof) use(ctx context.Context, tx pgx.Tx, district int32, officer uuid.UUID) (bool, error) {
	if p.passkey != nil {
		return usePasskey(ctx, tx, district, p.passkey)
	}
	tag, err := tx.Exec(ctx, `UPDATE consoles SET totp_step = $3 WHERE district_id = $1 AND officer_id = $2 AND totp_step < $3`,
		district, officer, p.step)
	if err != nil {
		return false, fmt.Errorf("use code: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}
