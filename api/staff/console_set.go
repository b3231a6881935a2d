package staff

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// setupLife is how long one may take to set up the second factor.
const setupLife = 10 * time.Minute

// Activation is what a second factor is made of.
type Activation struct {
	Setup      Secret // to be shown again
	TOTPSecret Secret
	TOTPURI    Secret
	UserHandle []byte
	RPID       string
	Challenge  string
}

// setup is an activation under way. It goes to the browser and back, sealed, so that nothing is stored of who does not
// come back; the code is spent at the end.
type setup struct {
	Officer uuid.UUID `json:"o"`
	Number  string    `json:"n"`
	Hash    string    `json:"h"`
	TOTP    []byte    `json:"t"`
	Code    []byte    `json:"c"`
	Ends    int64     `json:"e"`
}

// RPID is the domain that passkeys are of; empty where there is no console.
func (s *Service) RPID() string {
	if s.rp == nil {
		return ""
	}
	return s.rp.Config.RPID
}

// BeginActivation takes a one-time code and the passphrase that its officer chooses, and makes what the second factor
// is set up from. Nothing is changed by it.
func (s *Service) BeginActivation(ctx context.Context, code, passphrase Secret, address string) (Activation, error) {
	if s.rp == nil {
		return Activation{}, refuse(contract.CodeNotFound)
	}
	district, canonical, ok := splitEnrolCode(string(code))
	if !ok {
		return Activation{}, refuse(contract.CodeCodeInvalid, contract.WithPointer("/code"))
	}
	done, err := s.consoleTurn(ctx)
	if err != nil {
		return Activation{}, inside(err, "begin activation")
	}
	defer done()
	p := setup{Code: s.hashLongCode(canonical), TOTP: randomBytes(totpSecret), Ends: s.now().Add(setupLife).Unix()}
	e, own := event{kind: eventActivate}, []string(nil)
	err = s.write(ctx, district, func(tx pgx.Tx) error {
		if ok, err := s.present(ctx, tx, district); err != nil || !ok {
			return orRefuse(err, refuse(contract.CodeCodeInvalid, contract.WithPointer("/code")))
		}
		at := []subject{s.consoleAddress(district, address)}
		if _, err := s.take(ctx, tx, district, at); err != nil {
			return err
		}
		o, err := consoleCode(ctx, tx, district, p.Code, s.now())
		if err != nil {
			return s.settle(ctx, tx, district, &e, err)
		}
		p.Officer, p.Number = o.ID, o.Number
		if own, err = ownWords(ctx, tx, district, o); err != nil {
			return err
		}
		return s.giveBack(ctx, tx, district, at)
	})
	if err != nil {
		return Activation{}, inside(err, "begin activation")
	}
	if fault := passphraseFault(passphrase, own); fault != "" {
		return Activation{}, refuse(fault, contract.WithPointer("/passphrase"), contract.WithDetail(strconv.Itoa(passphraseLeast)))
	}
	if p.Hash, err = s.hashPhrase(passphrase); err != nil {
		return Activation{}, err
	}
	out, err := s.activationOf(district, p)
	return out, wrap(err, "begin activation")
}

func (s *Service) activationOf(district int32, p setup) (Activation, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return Activation{}, fmt.Errorf("write setup: %w", err)
	}
	sealed, err := s.lock("console setup", district, uuid.Nil, plain)
	return Activation{
		Setup:      Secret(strconv.Itoa(int(district)) + "." + contract.Encode(sealed)),
		TOTPSecret: Secret(totpBase32.EncodeToString(p.TOTP)), TOTPURI: Secret(totpURI(p.TOTP, p.Number)),
		UserHandle: userHandle(district, p.Officer), RPID: s.RPID(), Challenge: s.Nonce(),
	}, err
}

// readSetup opens what the browser has brought back.
func (s *Service) readSetup(text Secret, what string, of uuid.UUID) (p setup, district int32, ok bool) {
	_, tail, _ := strings.Cut(string(text), ".")
	district, ok = districtOf(text)
	sealed, err := contract.Decode(tail)
	if !ok || err != nil {
		return setup{}, 0, false
	}
	plain, err := s.unlock(what, district, of, sealed)
	if err != nil || json.Unmarshal(plain, &p) != nil || s.now().Unix() >= p.Ends {
		return setup{}, 0, false
	}
	return p, district, true
}

// ConfirmIn shows that the second factor works: a code, a new passkey, or both.
type ConfirmIn struct {
	Setup   Secret
	TOTP    Secret
	Passkey *NewPasskey
}

// ConfirmActivation spends the code and puts passphrase and second factor in the place of what the officer had. His
// sessions at consoles end, and he is told on his phones.
func (s *Service) ConfirmActivation(ctx context.Context, in ConfirmIn) error {
	if s.rp == nil {
		return refuse(contract.CodeNotFound)
	}
	p, district, ok := s.readSetup(in.Setup, "console setup", uuid.Nil)
	if !ok {
		return refuse(contract.CodeCodeInvalid, contract.WithPointer("/setup"))
	}
	e := event{kind: eventActivate, officer: p.Officer}
	err := s.write(ctx, district, func(tx pgx.Tx) error {
		return s.settle(ctx, tx, district, &e, s.confirm(ctx, tx, district, p, in, &e))
	})
	s.forget()
	return inside(err, "confirm activation")
}

func (s *Service) confirm(ctx context.Context, tx pgx.Tx, district int32, p setup, in ConfirmIn, e *event) error {
	if _, err := consoleCode(ctx, tx, district, p.Code, s.now()); err != nil {
		return err
	}
	var sealed []byte
	var step int64
	if in.TOTP != "" {
		var ok bool
		if step, ok = totpStepOf(p.TOTP, in.TOTP, s.now(), 0); !ok {
			return refuse(contract.CodeWrongLogIn, contract.WithPointer("/totp"))
		}
		var err error
		if sealed, err = s.lock("totp", district, p.Officer, p.TOTP); err != nil {
			return err
		}
	}
	made, err := s.newPasskey(ctx, tx, district, p.Officer, in.Passkey)
	if err != nil {
		return err
	}
	at := s.instant()
	device, err := s.newConsole(ctx, tx, district, p.Officer, at)
	if err != nil {
		return err
	}
	e.device = device
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM passkeys WHERE district_id = $1 AND officer_id = $2`, district, p.Officer)
	b.Queue(`INSERT INTO consoles (district_id, officer_id, device_id, hash, totp, totp_step, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (district_id, officer_id) DO UPDATE SET device_id = excluded.device_id, hash = excluded.hash,
			totp = excluded.totp, totp_step = excluded.totp_step, set_at = excluded.set_at`,
		district, p.Officer, device, p.Hash, sealed, step, at)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("store account: %w", err)
	}
	if made != nil {
		if err := storePasskey(ctx, tx, district, p.Officer, made, at); err != nil {
			return err
		}
	}
	if err := useCode(ctx, tx, district, p.Code, at); err != nil {
		return err
	}
	return s.raise(ctx, tx, district, alarm{
		kind: alarmConsole, subject: device, device: device, officer: p.Officer, about: p.Officer, wakes: true,
	})
}

func (s *Service) newPasskey(ctx context.Context, tx pgx.Tx, district int32, officer uuid.UUID, p *NewPasskey) (*webauthn.Credential, error) {
	if p == nil {
		return nil, nil // none was made, and none is stored
	}
	wrong := refuse(contract.CodeWrongLogIn, contract.WithPointer("/passkey"))
	challenge, ends, ok := s.challengeOf(p.ClientData)
	if !ok {
		return nil, wrong
	}
	if fresh, err := spend(ctx, tx, district, "nonce\n"+challenge, ends); err != nil || !fresh {
		return nil, orRefuse(err, wrong)
	}
	made, err := s.makePasskey(district, officer, p, challenge)
	if err != nil {
		return nil, refuse(contract.CodeWrongLogIn, contract.WithPointer("/passkey"), contract.WithCause(err))
	}
	var taken bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM passkeys WHERE district_id = $1 AND credential_id = $2 AND officer_id <> $3)`,
		district, made.ID, officer).Scan(&taken)
	if err != nil || taken {
		return nil, orRefuse(wrap(err, "look for passkey"), wrong)
	}
	return made, nil
}

// newConsole puts a console in the place of the officer's until now. It is a handset whose key nobody has: none of the
// ways in of phones leads to it.
func (s *Service) newConsole(ctx context.Context, tx pgx.Tx, district int32, officer uuid.UUID, at time.Time) (uuid.UUID, error) {
	var old []uuid.UUID
	rows, err := tx.Query(ctx, `SELECT device_id FROM consoles WHERE district_id = $1 AND officer_id = $2 FOR UPDATE`, district, officer)
	if err == nil {
		old, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("find console: %w", err)
	}
	posts, err := postsOf(ctx, tx, district, officer)
	if err != nil {
		return uuid.Nil, err
	}
	posts = current(posts, at)
	if len(posts) == 0 {
		return uuid.Nil, refuse(contract.CodeNoPost)
	}
	for _, id := range old {
		if err := s.revoke(ctx, tx, district, id, "replaced"); err != nil {
			return uuid.Nil, err
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return uuid.Nil, fmt.Errorf("make key: %w", err)
	}
	point, thumbprint, err := publicOf(key)
	if err != nil {
		return uuid.Nil, err
	}
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO devices (district_id, device_id, centre, kind, public_key, thumbprint, label, enrolled_at)
		VALUES ($1, $2, $3, 'console', $4, $5, '', $6)`, district, id, posts[0].Centre, point, thumbprint, at)
	return id, wrap(err, "store console")
}

// consoleCode finds whom an activation code is for, under its lock.
func consoleCode(ctx context.Context, tx pgx.Tx, district int32, hash []byte, now time.Time) (Officer, error) {
	row := tx.QueryRow(ctx, `SELECT `+officerColumns+` FROM once_codes k
		JOIN officers o ON o.district_id = k.district_id AND o.officer_id = k.officer_id
		WHERE k.district_id = $1 AND k.code_hash = $2 AND k.purpose = 'console' AND k.used_at IS NULL AND k.expires_at > $3
		AND o.state = 'active' FOR UPDATE OF k`, district, hash, now)
	var o Officer
	err := row.Scan(o.fields()...)
	if errors.Is(err, pgx.ErrNoRows) {
		return Officer{}, refuse(contract.CodeCodeInvalid, contract.WithPointer("/code"))
	}
	return o, wrap(err, "find code")
}

// ownWords are those that others would try for the officer: his names, his number, where he serves.
func ownWords(ctx context.Context, tx pgx.Tx, district int32, o Officer) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT unnest(ARRAY[c.centre, c.hi, c.en, coalesce(c.circle, '')]) FROM posts p
		JOIN centres c ON c.district_id = p.district_id AND c.centre = p.centre
		WHERE p.district_id = $1 AND p.officer_id = $2`, district, o.ID)
	if err != nil {
		return nil, fmt.Errorf("read stations: %w", err)
	}
	own, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read stations: %w", err)
	}
	own = append(own, o.Number, onlyDigits(o.Number))
	for _, text := range append(slices.Clone(own), o.NameHi, o.NameEn) {
		own = append(own, strings.Fields(text)...)
	}
	return own, nil
}

func onlyDigits(text string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, text)
}

// IssueConsoleCode makes a code with which the officer sets up a console within a day: for the first of a district, by
// the operator. The heads of the district are told, for it takes one person alone.
func (s *Service) IssueConsoleCode(ctx context.Context, district int32, officerNumber string) (Code, error) {
	var c Code
	err := s.write(ctx, district, func(tx pgx.Tx) error {
		o, err := findOfficer(ctx, tx, district, officerNumber)
		if err != nil {
			return err
		}
		if c, _, err = s.newConsoleCode(ctx, tx, district, o.ID, s.now().Add(codeLife)); err != nil {
			return err
		}
		a := alarm{kind: alarmConsoleCode, centre: HQ, subject: o.ID, about: o.ID, wakes: true}
		if err := s.raise(ctx, tx, district, a); err != nil {
			return err
		}
		return s.settle(ctx, tx, district, &event{kind: eventCode, officer: o.ID}, nil)
	})
	return c, wrap(err, "issue console code")
}

// newConsoleCode makes a code for a console of the officer; earlier ones die.
func (s *Service) newConsoleCode(ctx context.Context, tx pgx.Tx, district int32, officer uuid.UUID, ends time.Time) (Code, []byte, error) {
	_, err := tx.Exec(ctx, `UPDATE once_codes SET expires_at = $3 WHERE district_id = $1 AND officer_id = $2
		AND purpose = 'console' AND expires_at > $3`, district, officer, s.now())
	if err != nil {
		return Code{}, nil, fmt.Errorf("end earlier codes: %w", err)
	}
	c := Code{Text: Secret(newEnrolCode(district)), ExpiresAt: ends}
	hash := s.hashLongCode(string(c.Text))
	return c, hash, s.storeCode(ctx, tx, district, purposeConsole, HQ, officer, hash, c.ExpiresAt)
}
