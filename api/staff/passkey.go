package staff

import (
	"context"
	"crypto/hmac"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// passkeyAlgorithms are the keys that are taken: what phones, security keys and Windows make.
func passkeyAlgorithms() []protocol.CredentialParameter {
	return []protocol.CredentialParameter{
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
	}
}

// ErrConsoleOrigin is an origin that no console can have.
var ErrConsoleOrigin = errors.New("origin of the console: https://NAME, or http://localhost:PORT for a trial, without a path")

// ConsoleRP is the domain that passkeys of a console of the origin belong to.
func ConsoleRP(origin string) (string, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme+"://"+u.Host != origin {
		return "", ErrConsoleOrigin
	}
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost") {
		return "", ErrConsoleOrigin
	}
	return u.Hostname(), nil
}

func newRelyingParty(origin string) (*webauthn.WebAuthn, error) {
	id, err := ConsoleRP(origin)
	if err != nil {
		return nil, err
	}
	rp, err := webauthn.New(&webauthn.Config{RPID: id, RPDisplayName: "Kendra", RPOrigins: []string{origin}})
	return rp, wrap(err, "set up passkeys")
}

// NewPasskey is what a browser made.
type NewPasskey struct {
	ID, ClientData, AttestationObject []byte
}

// PasskeyShown is what a browser signed with a passkey.
type PasskeyShown struct {
	ID, ClientData, AuthenticatorData, Signature, UserHandle []byte
}

// holder is an officer as passkeys know him: by a handle that says nothing of him.
type holder struct {
	district int32
	officer  uuid.UUID
	keys     []webauthn.Credential
}

// userHandle is the district and the officer's id.
func userHandle(district int32, officer uuid.UUID) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(district)), officer[:]...)
}

// WebAuthnID is the handle.
func (h holder) WebAuthnID() []byte { return userHandle(h.district, h.officer) }

// WebAuthnName is for the library, which shows it to nobody here.
func (h holder) WebAuthnName() string { return h.officer.String() }

// WebAuthnDisplayName is as WebAuthnName.
func (h holder) WebAuthnDisplayName() string { return h.officer.String() }

// WebAuthnCredentials are his passkeys.
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

// challengeOf reads which challenge was signed, and until when it serves. It is a nonce as phones use it: whoever has
// spent it is the only one who does.
func (s *Service) challengeOf(clientData []byte) (challenge string, ends time.Time, ok bool) {
	var c struct {
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(clientData, &c); err != nil {
		return "", time.Time{}, false
	}
	ends, ok = s.nonceEnds(c.Challenge)
	return c.Challenge, ends, ok
}

// makePasskey checks what a browser made for the officer. The challenge must be spent by the caller.
func (s *Service) makePasskey(district int32, officer uuid.UUID, p *NewPasskey, challenge string) (*webauthn.Credential, error) {
	var r protocol.CredentialCreationResponse
	r.ID, r.Type, r.RawID = contract.Encode(p.ID), string(protocol.PublicKeyCredentialType), p.ID
	r.AttestationResponse.ClientDataJSON = p.ClientData
	r.AttestationResponse.AttestationObject = p.AttestationObject
	parsed, err := r.Parse()
	if err != nil {
		return nil, fmt.Errorf("read passkey: %w", err)
	}
	user := holder{district: district, officer: officer}
	made, err := s.rp.CreateCredential(user, webauthn.SessionData{
		Challenge: challenge, UserID: user.WebAuthnID(), UserVerification: protocol.VerificationRequired, CredParams: passkeyAlgorithms(),
	}, parsed)
	return made, wrap(err, "check passkey")
}

// checkPasskey tells which of the officer's passkeys has signed the challenge, with its owner verified. One whose
// counter goes back has a copy somewhere.
func (s *Service) checkPasskey(user holder, p *PasskeyShown, challenge string) (used *webauthn.Credential, copied bool) {
	var r protocol.CredentialAssertionResponse
	r.ID, r.Type, r.RawID = contract.Encode(p.ID), string(protocol.PublicKeyCredentialType), p.ID
	r.AssertionResponse.ClientDataJSON = p.ClientData
	r.AssertionResponse.AuthenticatorData = p.AuthenticatorData
	r.AssertionResponse.Signature = p.Signature
	r.AssertionResponse.UserHandle = p.UserHandle
	parsed, err := r.Parse()
	if err != nil {
		return nil, false
	}
	find := func(_, handle []byte) (webauthn.User, error) {
		if !hmac.Equal(handle, user.WebAuthnID()) {
			return nil, errors.New("another officer's")
		}
		return user, nil
	}
	used, err = s.rp.ValidateDiscoverableLogin(find, webauthn.SessionData{
		Challenge: challenge, UserVerification: protocol.VerificationRequired,
	}, parsed)
	if err != nil {
		return nil, false
	}
	return used, used.Authenticator.CloneWarning
}

// passkeysOf reads an officer's passkeys.
func passkeysOf(ctx context.Context, tx pgx.Tx, district int32, officer uuid.UUID) ([]webauthn.Credential, error) {
	rows, err := tx.Query(ctx, `SELECT credential_id, public_key, sign_count, flags FROM passkeys
		WHERE district_id = $1 AND officer_id = $2 ORDER BY credential_id`, district, officer)
	if err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (webauthn.Credential, error) {
		var c webauthn.Credential
		var count int64
		var flags int32
		err := row.Scan(&c.ID, &c.PublicKey, &count, &flags)
		c.Authenticator.SignCount = uint32(count)
		c.Flags = webauthn.CredentialFlagsFromMsgpByte(byte(flags))
		return c, err
	})
	return list, wrap(err, "read passkeys")
}

func storePasskey(ctx context.Context, tx pgx.Tx, district int32, officer uuid.UUID, c *webauthn.Credential, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO passkeys (district_id, credential_id, officer_id, public_key, sign_count, flags, added_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, district, c.ID, officer, c.PublicKey, int64(c.Authenticator.SignCount),
		int32(c.Flags.MsgpByte()), at)
	return wrap(err, "store passkey")
}

// usePasskey stores a passkey's counter, unless another attempt has stored a later one meanwhile.
func usePasskey(ctx context.Context, tx pgx.Tx, district int32, c *webauthn.Credential) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE passkeys SET sign_count = $3, flags = $4 WHERE district_id = $1 AND credential_id = $2
		AND (sign_count < $3 OR sign_count = 0 AND $3 = 0)`, district, c.ID, int64(c.Authenticator.SignCount), int32(c.Flags.MsgpByte()))
	if err != nil {
		return false, fmt.Errorf("use passkey: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}
