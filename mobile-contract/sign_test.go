package contract_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestASignatureServesOneOpAndOneKey(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	msg := contract.OpMessage(contract.HashOp([]byte(visit)))
	sig, err := contract.SignES256(key, msg)
	if err != nil || len(sig) != 64 || len(contract.Encode(sig)) != 86 {
		t.Fatal(sig, err)
	}
	if !contract.VerifyES256(&key.PublicKey, msg, sig) {
		t.Error("the signature does not verify")
	}
	changed := contract.OpMessage(contract.HashOp([]byte(strings.Replace(visit, "34", "35", 1))))
	flipped := append([]byte{}, sig...)
	flipped[7] ^= 1
	switch {
	case contract.VerifyES256(&other.PublicKey, msg, sig):
		t.Error("another key verifies it")
	case contract.VerifyES256(&key.PublicKey, changed, sig):
		t.Error("another op verifies")
	case contract.VerifyES256(&key.PublicKey, msg, flipped), contract.VerifyES256(&key.PublicKey, msg, sig[1:]),
		contract.VerifyES256(&key.PublicKey, msg, append(sig, 0)), contract.VerifyES256(&key.PublicKey, msg, make([]byte, 64)), contract.VerifyES256(&key.PublicKey, msg, nil):
		t.Error("a spoiled signature verifies")
	}
}

func TestAKeyOfTheWireIsAPointOnTheCurve(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := contract.NewJWK(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	back, err := contract.ParseJWK(jwk)
	if err != nil || !back.Equal(&key.PublicKey) {
		t.Errorf("came back as %v, %v", back, err)
	}
	for name, bad := range map[string]contract.JWK{
		"another curve":   {Kty: "EC", Crv: "P-384", X: jwk.X, Y: jwk.Y},
		"another type":    {Kty: "OKP", Crv: "P-256", X: jwk.X, Y: jwk.Y},
		"off the curve":   {Kty: "EC", Crv: "P-256", X: jwk.Y, Y: jwk.X},
		"zero":            {Kty: "EC", Crv: "P-256", X: strings.Repeat("A", 43), Y: strings.Repeat("A", 43)},
		"short":           {Kty: "EC", Crv: "P-256", X: "AAAA", Y: jwk.Y},
		"padded":          {Kty: "EC", Crv: "P-256", X: jwk.X + "=", Y: jwk.Y},
		"stray last bits": {Kty: "EC", Crv: "P-256", X: strings.Repeat("A", 42) + "B", Y: jwk.Y},
	} {
		if _, err := contract.ParseJWK(bad); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := contract.NewJWK(&p384.PublicKey); err == nil {
		t.Error("a P-384 key has a wire form")
	}
}

func TestTheThumbprintIsThatOfTheStandard(t *testing.T) {
	t.Parallel()
	// The members in order of their names and nothing else, hashed: computed here the long way round.
	jwk := contract.JWK{Kty: "EC", Crv: "P-256", X: strings.Repeat("x", 43), Y: strings.Repeat("y", 43)}
	text, err := json.Marshal(map[string]string{"kty": jwk.Kty, "crv": jwk.Crv, "x": jwk.X, "y": jwk.Y})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if got := jwk.Thumbprint(); got != contract.Encode(sum[:]) {
		t.Errorf("got %s", got)
	}
}

// leafVector is a row of testdata/leaf.json, which other implementations can test themselves by.
type leafVector struct {
	Name string   `json:"name"`
	Text []string `json:"text"` // without the line feeds
	Hash string   `json:"hash"` // SHA-256 of a zero byte and the text
}

func leaves() map[string]contract.Leaf {
	at := time.Date(2026, 10, 5, 6, 44, 40, 120e6, time.UTC)
	id := func(s string) uuid.UUID { return uuid.MustParse("0199f2a0-4c04-7a31-8b5e-005d1c01" + s) }
	phone := contract.Leaf{
		District: 7, Centre: "KRW", Seq: 17, OpID: id("0000"), Kind: "visit.record", CaseID: id("0000"), Role: "beat_officer",
		OfficerID: id("0001"), PostID: id("0002"),
		DeviceID: id("0003"), SessionID: id("0004"), DeviceSeq: 9, DeviceAt: at, At: at.Add(2 * time.Second), ReceivedAt: at.Add(time.Minute),
		RulesSeq: 3, Cells: []int64{0x8a60145a1a37fff}, Facts: []byte(`{"is_child":false}`), Flags: []byte(`[{"code":"poor_fix","value":140.5}]`),
		Lines:  []byte(`[{"no":"KRW/WB/2026/00017","register":"women_beat","serial":17,"year":2026}]`),
		OpHash: contract.HashOp([]byte("op")), SealedHash: contract.HashOp([]byte("sealed")), Sig: make([]byte, 64),
	}
	correction := phone
	correction.Seq, correction.OpID, correction.Kind, correction.CaseID = 18, id("0005"), "entry.correct", id("0000")
	correction.SeenBy, correction.Guarded = []uuid.UUID{id("0008"), id("0009")}, true
	correction.Cells = []int64{0x8a60145a1a37fff, 0x8a60145a1a27fff}
	ist := time.FixedZone("IST", 5*3600+1800)
	clock := contract.Leaf{
		District: 7, Centre: "KRW", Seq: 19, OpID: uuid.MustParse("0199f2a0-4c04-8a31-8b5e-005d1c010006"), Kind: "task.expire", Role: "clock",
		OfficerID: id("0007"), DeviceSeq: 1, DeviceAt: at.In(ist), At: at.In(ist), ReceivedAt: at.In(ist), RulesSeq: 3,
		OpHash: contract.HashOp([]byte("clock")), SealedHash: contract.HashOp([]byte("clock")),
	}
	return map[string]contract.Leaf{"a visit": phone, "a correction": correction, "the clock": clock}
}

func TestLeavesKeepTheirText(t *testing.T) {
	t.Parallel()
	var got []leafVector
	all := leaves()
	for _, name := range []string{"a visit", "a correction", "the clock"} {
		text := all[name].Text()
		sum := sha256.Sum256(append([]byte{0}, text...))
		got = append(got, leafVector{name, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), contract.Encode(sum[:])})
	}
	b, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/leaf.json", string(b)+"\n")
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed: run the test with -update and look at the difference", file)
	}
}

func TestTimesGoOutInUTCWithMilliseconds(t *testing.T) {
	t.Parallel()
	at := contract.At(time.Date(2026, 10, 5, 12, 0, 0, 999999, time.FixedZone("", 19800)))
	b, err := json.Marshal(struct {
		A contract.Time  `json:"a"`
		B *contract.Time `json:"b"`
		C *contract.Time `json:"c,omitempty"`
	}{A: at, B: contract.AtPtr(at.Time)})
	if want := `{"a":"2026-10-05T06:30:00.000Z","b":"2026-10-05T06:30:00.000Z"}`; err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
	var back struct{ A contract.Time }
	if err := json.Unmarshal([]byte(`{"A":"2026-10-05T12:00:00\u002b05:30"}`), &back); err != nil || !back.A.Equal(at.Time) {
		t.Errorf("%v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"A":"yesterday"}`), &back); err == nil {
		t.Error("yesterday is a time")
	}
	if err := json.Unmarshal([]byte(`{"A":7}`), &back); err == nil {
		t.Error("7 is a time")
	}
}
