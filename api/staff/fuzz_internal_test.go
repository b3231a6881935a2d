package staff

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/fuzztest"
)

var fuzzTime = time.Date(2026, 11, 18, 4, 30, 0, 0, time.UTC)

// offline is a service without a database, with the same keys each time.
func offline(f testing.TB) (*Service, ed25519.PrivateKey) {
	f.Helper()
	signer := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	secret := []byte(strings.Repeat("s", minKey))
	s, err := New(nil, Options{
		Now: func() time.Time { return fuzzTime }, Pepper: secret, CodeKey: secret, NonceKey: secret,
		Signing: NewSigningKeys(signer), Issuer: "kendra", Audience: "kendra-phone",
	})
	if err != nil {
		f.Fatal(err)
	}
	return s, signer
}

// aToken is a good access token, in its three parts.
func aToken(f testing.TB, s *Service) (text string, parts []string) {
	f.Helper()
	// The fuzzer works in processes of its own: all must make the same one.
	x := &Session{SessionID: uuid.UUID{1}, DeviceID: uuid.UUID{2}, OfficerID: uuid.UUID{3}, CreatedAt: fuzzTime, thumbprint: "jkt"}
	secret, _, err := s.grantAccess(7, x, fuzzTime)
	if err != nil {
		f.Fatal(err)
	}
	return string(secret), strings.Split(string(secret), ".")
}

// plain are the bytes of a part.
func plain(f testing.TB, part string) string {
	f.Helper()
	b, err := contract.Decode(part)
	if err != nil {
		f.Fatal(err)
	}
	return string(b)
}

func FuzzAccessToken(f *testing.F) {
	s, _ := offline(f)
	good, parts := aToken(f, s)
	fuzztest.Texts(f, good, parts[0]+".."+parts[2], strings.Repeat(".", 100), good+"\n", "eyJhbGciOiJub25lIn0."+parts[1]+".")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := s.readAccess(text); (err == nil) != (text == good) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// FuzzSignedToken signs whatever head and claims there are with our own key: what the signature does not stop.
func FuzzSignedToken(f *testing.F) {
	s, signer := offline(f)
	_, parts := aToken(f, s)
	head, claims := plain(f, parts[0]), plain(f, parts[1])
	f.Add(head, claims)
	for i, h := range fuzztest.Inputs(fuzztest.Short/2, head, `{"alg":"EdDSA"}`, `{"typ":"at+jwt","alg":"none"}`) {
		f.Add(h, claims)
		f.Add(head, fuzztest.Inputs(1, claims, strings.Repeat(" ", i%8)+claims, `{"exp":1e300}`)[0])
	}
	for _, c := range fuzztest.Inputs(fuzztest.Short/2, claims, `{"exp":1e300}`, `{"aud":["kendra-phone"]}`) {
		f.Add(head, c)
	}
	f.Fuzz(func(t *testing.T, head, claims string) {
		text := contract.Encode([]byte(head)) + "." + contract.Encode([]byte(claims))
		got, err := s.readAccess(text + "." + contract.Encode(ed25519.Sign(signer, []byte(text))))
		if err != nil {
			return
		}
		var h struct{ Typ, Alg, Kid string }
		if json.Unmarshal([]byte(head), &h) != nil || h.Typ != accessType || h.Alg != "EdDSA" || h.Kid == "" {
			t.Errorf("taken with the head %q", head)
		}
		if got.ExpiresAt == nil || !fuzzTime.Before(got.ExpiresAt.Add(accessLeeway)) || got.Issuer != "kendra" || len(got.Audience) != 1 ||
			got.Audience[0] != "kendra-phone" || got.District < 1 || got.Session == uuid.Nil || got.Device == uuid.Nil {
			t.Errorf("taken with the claims %q", claims)
		}
	})
}

const fuzzTarget = "https://kendra.example/v1/feed"

// FuzzProof signs whatever head and claims there are with the key that the session is bound to.
func FuzzProof(f *testing.F) {
	s, _ := offline(f)
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		f.Fatal(err)
	}
	jwk, err := contract.NewJWK(&key.PublicKey)
	if err != nil {
		f.Fatal(err)
	}
	text, err := json.Marshal(jwk)
	if err != nil {
		f.Fatal(err)
	}
	head := `{"typ":"dpop+jwt","alg":"ES256","jwk":` + string(text) + `}`
	claims := `{"jti":"1","htm":"GET","htu":"` + fuzzTarget + `","iat":1794976200}`
	f.Add(head, claims)
	for _, h := range fuzztest.Inputs(fuzztest.Short/2, head, `{"typ":"dpop+jwt"}`) {
		f.Add(h, claims)
	}
	for _, c := range fuzztest.Inputs(fuzztest.Short/2, claims, `{"iat":1e300}`, `{"jti":null}`) {
		f.Add(head, c)
	}
	f.Fuzz(func(t *testing.T, head, claims string) {
		signed := contract.Encode([]byte(head)) + "." + contract.Encode([]byte(claims))
		sig, err := contract.SignES256(key, []byte(signed))
		if err != nil {
			t.Fatal(err)
		}
		id, at, err := s.checkProof(signed+"."+contract.Encode(sig), "GET", fuzzTarget, "", jwk.Thumbprint())
		if err == nil && (id == "" || len(id) > jtiMax || fuzzTime.Sub(at).Abs() > proofAge) {
			t.Errorf("taken with %q of %v: %q", id, at, claims)
		}
	})
}

func FuzzProofText(f *testing.F) {
	fuzztest.Texts(f, "a.b.c", "eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.AAAA", strings.Repeat("A", 5000)+".b.c", "..")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := readProof(text, "GET", fuzzTarget, "", ""); err == nil {
			t.Errorf("%q is taken", text)
		}
	})
}

func FuzzNonce(f *testing.F) {
	s, _ := offline(f)
	b := append(binary.BigEndian.AppendUint64(nil, uint64(fuzzTime.Add(nonceLife).UnixMilli())), make([]byte, nonceRandom)...)
	good := contract.Encode(append(b, s.nonceMAC(b)...))
	fuzztest.Texts(f, good, good+"\n", good[1:], "")
	f.Fuzz(func(t *testing.T, text string) {
		if _, ok := s.nonceEnds(text); ok != (text == good) {
			t.Errorf("%q is %t", text, ok)
		}
	})
}
