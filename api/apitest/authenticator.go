package apitest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"net/url"

	contract "kendra/mobile-contract"
)

// Flags of an authenticator (WebAuthn, 6.1).
const (
	UserPresent    byte = 0x01
	UserVerified   byte = 0x04
	backupEligible byte = 0x08
	attested       byte = 0x40
)

// Authenticator is a passkey in software: ES256, no attestation. Tests change
// what it says before it signs.
type Authenticator struct {
	Key    *ecdsa.PrivateKey
	ID     []byte
	Handle []byte
	RP     string
	Origin string
	Flags  byte
	Count  uint32
	// Type is what it signs for, when not what it is asked for.
	Type string
	w    *World
}

// Authenticator makes one for an officer's handle.
func (w *World) Authenticator(handle []byte) *Authenticator {
	w.T.Helper()
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	rp, err := url.Parse(w.console())
	w.must(err)
	return &Authenticator{
		Key: w.newKey(), ID: id, Handle: handle, RP: rp.Hostname(), Origin: w.console(), Flags: UserPresent | UserVerified | backupEligible, w: w,
	}
}

func (a *Authenticator) clientData(kind, challenge string) []byte {
	if a.Type != "" {
		kind = a.Type
	}
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false})
	a.w.must(err)
	return text
}

// data is what an authenticator says of itself.
func (a *Authenticator) data(flags byte) []byte {
	rp := sha256.Sum256([]byte(a.RP))
	return binary.BigEndian.AppendUint32(append(rp[:], flags), a.Count)
}

// Make is what navigator.credentials.create gives.
func (a *Authenticator) Make(challenge string) *contract.NewPasskey {
	a.w.T.Helper()
	point, err := a.Key.PublicKey.Bytes()
	a.w.must(err)
	const half = 32
	x, y := point[1:1+half], point[1+half:]
	data := append(a.data(a.Flags|attested), make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.ID)))
	data = append(data, a.ID...)
	// COSE: kty EC2, alg ES256, crv P-256, x, y.
	data = append(data, 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21)
	data = append(append(data, cborBytes(x)...), 0x22)
	data = append(data, cborBytes(y)...)
	object := append([]byte{0xa3}, cborText("fmt")...)
	object = append(append(object, cborText("none")...), cborText("attStmt")...)
	object = append(append(object, 0xa0), cborText("authData")...)
	object = append(object, cborBytes(data)...)
	return &contract.NewPasskey{
		ID: contract.Encode(a.ID), ClientData: contract.Encode(a.clientData("webauthn.create", challenge)),
		AttestationObject: contract.Encode(object),
	}
}

// Show is what navigator.credentials.get gives.
func (a *Authenticator) Show(challenge string) *contract.Passkey {
	a.w.T.Helper()
	client, data := a.clientData("webauthn.get", challenge), a.data(a.Flags)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.Key, digest[:])
	a.w.must(err)
	return &contract.Passkey{
		ID: contract.Encode(a.ID), ClientData: contract.Encode(client), AuthenticatorData: contract.Encode(data),
		Signature: contract.Encode(sig), UserHandle: contract.Encode(a.Handle),
	}
}

// Another is a copy with another key.
func (a *Authenticator) Another() *Authenticator {
	a.w.T.Helper()
	b := *a
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.w.must(err)
	b.Key = key
	return &b
}

func cborBytes(b []byte) []byte {
	return append([]byte{0x59, byte(len(b) >> 8), byte(len(b))}, b...)
}

func cborText(s string) []byte { return append([]byte{0x60 | byte(len(s))}, s...) }
