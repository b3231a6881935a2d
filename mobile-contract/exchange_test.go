package contract_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	contract "kendra/mobile-contract"
)

const (
	exchangeBegin = "<!-- exchange: written by a test, go test ./mobile-contract -run Exchange -update -->\n"
	exchangeEnd   = "<!-- exchange ends -->\n"
)

// exchange writes the worked exchange of README.md with keys that never change, so that every hash and signature in it
// is true and a phone's author can follow it byte by byte.
type exchange struct {
	t    *testing.T
	text strings.Builder
}

// key makes the P-256 key whose secret is one byte repeated. It protects nothing.
func (x *exchange) key(b byte) *ecdsa.PrivateKey {
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{b}, 32))
	if err != nil {
		x.t.Fatal(err)
	}
	return k
}

// sign is ES256 without randomness (RFC 6979), so that the text stays the same.
func (x *exchange) sign(k *ecdsa.PrivateKey, msg []byte) string {
	digest := sha256.Sum256(msg)
	der, err := k.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		x.t.Fatal(err)
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		x.t.Fatal(err)
	}
	sig := make([]byte, 64)
	rs.R.FillBytes(sig[:32])
	rs.S.FillBytes(sig[32:])
	if !contract.VerifyES256(&k.PublicKey, msg, sig) {
		x.t.Fatal("the signature does not verify")
	}
	return contract.Encode(sig)
}

func (x *exchange) jwk(k *ecdsa.PrivateKey) contract.JWK {
	j, err := contract.NewJWK(&k.PublicKey)
	if err != nil {
		x.t.Fatal(err)
	}
	return j
}

func (x *exchange) say(format string, args ...any) { fmt.Fprintf(&x.text, format+"\n", args...) }

func (x *exchange) block(kind, text string) {
	x.say("```%s\n%s\n```\n", kind, strings.TrimSuffix(text, "\n"))
}

func (x *exchange) json(v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		x.t.Fatal(err)
	}
	x.block("json", b.String())
}

// request writes a body and checks it as the server would.
func (x *exchange) request(operation string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		x.t.Fatal(err)
	}
	if _, err := contract.RouteOf(operation).Body.Check(b); err != nil {
		x.t.Fatal(err)
	}
	x.json(v)
}

func TestTheWorkedExchangeOfTheReadmeIsTrue(t *testing.T) {
	t.Parallel()
	x := &exchange{t: t}
	device, session := x.key(1), x.key(2)
	x.enrol(device)
	x.logIn(device, session)
	raw, sig := x.op(session)
	x.proof(session)
	x.answer(raw, sig)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(readme), exchangeBegin)
	_, tail, ok2 := strings.Cut(rest, exchangeEnd)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the exchange")
	}
	golden(t, "README.md", head+exchangeBegin+"\n"+x.text.String()+exchangeEnd+tail)
}

const (
	exchangeDevice  = "0199f1d0-0a00-7b10-8c20-1d2e3f405162"
	exchangeSession = "0199f29f-1000-7b40-9d40-3c3d3e3f4001"
	exchangeNonce   = "7.m2Yt0cXk9QpL4vBz"
)

func (x *exchange) enrol(device *ecdsa.PrivateKey) {
	jwk := x.jwk(device)
	const code = "7.Jm3vY8qW1rT6uZ0bN5cKxQ"
	x.say("The keys are those whose secret is 32 times the byte `01` (device) and `02` (session). Signatures are made as RFC 6979\nsays, so yours come out the same if your library does that too; any valid signature serves.\n")
	x.say("**1. Enrol.** The thumbprint of the device's key is `%s`; the text signed, with line feeds as `\\n`:\n", jwk.Thumbprint())
	msg := contract.EnrolMessage(code, exchangeNonce, jwk.Thumbprint())
	x.block("text", strings.ReplaceAll(string(msg), "\n", `\n`))
	x.say("`POST /v1/devices`\n")
	x.request("enrolDevice", contract.Enrolment{Code: code, PublicKey: jwk, Nonce: exchangeNonce, Sig: x.sign(device, msg)})
	x.say("The header `DPoP` of this call is a proof by the device's key with these header and payload; those of the next have their own `htu`:\n")
	payload := `{"htm":"POST","htu":"https://kendra.example/v1/devices","iat":1791182700,"jti":"e2Yj9P6tWv4mA0rS","nonce":"` + exchangeNonce + `"}`
	header, signed := x.signed(device, payload)
	x.block("json", header+"\n"+payload)
	x.block("text", signed)
}

func (x *exchange) logIn(device, session *ecdsa.PrivateKey) {
	jwk := x.jwk(session)
	msg := contract.SessionMessage(7, exchangeDevice, "152340871", "582931", jwk.Thumbprint(), exchangeNonce)
	x.say("**2. Log in.** The device's key signs, and vouches so for the new session key:\n")
	x.block("text", strings.ReplaceAll(string(msg), "\n", `\n`))
	x.say("`POST /v1/sessions`\n")
	x.request("logIn", contract.LogIn{
		District: 7, DeviceID: uuid.MustParse(exchangeDevice), OfficerNo: "152340871", Pin: "582931", SessionKey: jwk,
		Nonce: exchangeNonce, Sig: x.sign(device, msg),
	})
}

func (x *exchange) op(session *ecdsa.PrivateKey) (raw []byte, sig string) {
	const op = `{"op_id":"0199f2a0-4c04-7a31-8b5e-005d1c010000","kind":"visit.record","centre":"KRW",` +
		`"session_id":"` + exchangeSession + `","device_seq":1,"device_at":"2026-10-05T12:14:40.120+05:30",` +
		`"place":{"lat":25.2043,"lon":80.9517,"accuracy_m":14},"salt":"q83vASNFZ4mrze8BI0VniQ",` +
		`"body":{"started_at":"2026-10-05T11:20:00.000+05:30","ended_at":"2026-10-05T12:10:00.000+05:30","place_type":"village",` +
		`"is_chaupal":true,"women":34,"girls":12,"observation":"दो महिलाओं को 181 बताया गया।"}}`
	raw = []byte(op)
	if _, _, err := contract.DecodeOp(raw); err != nil {
		x.t.Fatal(err)
	}
	hash := contract.HashOp(raw)
	sig = x.sign(session, contract.OpMessage(hash))
	x.say("**3. Make an op.** This text is written once, stored, and sent as it is (%d bytes of UTF-8):\n", len(raw))
	x.block("json", op)
	x.say("`op_hash` is its SHA-256: `%s` (hex `%x`). The session's key signs the %d bytes of\n`kendra op v1\\n` and the 32 bytes of the hash: `%s`.\n",
		contract.Encode(hash[:]), hash, len(contract.OpMessage(hash)), sig)
	return raw, sig
}

// signed makes a proof of a payload.
func (x *exchange) signed(key *ecdsa.PrivateKey, payload string) (header, proof string) {
	raw, err := json.Marshal(map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": x.jwk(key)})
	if err != nil {
		x.t.Fatal(err)
	}
	text := contract.Encode(raw) + "." + contract.Encode([]byte(payload))
	return string(raw), text + "." + x.sign(key, []byte(text))
}

func (x *exchange) proof(session *ecdsa.PrivateKey) {
	const token = "eyJhbGciOiJFZERTQSJ9.opaque-to.the-phone"
	ath := sha256.Sum256([]byte(token))
	payload := fmt.Sprintf(`{"htm":"POST","htu":"https://kendra.example/v1/ops","iat":1791182700,"jti":"f3Zk0Q7uXw5nB1sT","ath":"%s"}`, contract.Encode(ath[:]))
	header, signed := x.signed(session, payload)
	x.say("**4. Prove the session.** With the access token `%s` the header and payload of the DPoP proof are\n", token)
	x.block("json", header+"\n"+payload)
	x.say("and the request has these headers:\n")
	x.block("text", "Authorization: DPoP "+token+"\nDPoP: "+signed+"\nContent-Type: application/json\nAccept-Language: hi")
}

func (x *exchange) answer(raw []byte, sig string) {
	batch := `{"sent_at":"2026-10-05T12:15:00.000+05:30","items":[{"op":` + string(raw) + `,"sig":"` + sig + `"}]}`
	b, err := contract.SplitBatch([]byte(batch))
	if err != nil || !bytes.Equal(b.Items[0].Raw, raw) {
		x.t.Fatal("the batch does not hold the op", err)
	}
	x.say("**5. Send it.** `POST /v1/ops` with `{\"sent_at\":\"2026-10-05T12:15:00.000+05:30\",\"items\":[{\"op\":` the text above\n`,\"sig\":\"` the signature `\"}]}`. The answer, with one receipt for one item:\n")
	leaf := x.leaf(raw, sig)
	text := leaf.Text()
	root := sha256.Sum256(append([]byte{0}, text...))
	checkpoint, vkey := x.checkpoint(root)
	x.json(x.opsAnswer(leaf, root, checkpoint))
	x.say("**6. Check it.** From the op, the signature and the receipt the phone writes the leaf:\n")
	x.block("text", string(text))
	x.say("SHA-256 of a zero byte and this text is `leaf_hash`. The book has one entry, so the root is the same hash, and the proof\nof inclusion is empty. The note verifies with the key `%s`. Had the op been refused, the receipt would be\n", vkey)
	id := leaf.OpID
	refusal := contract.NewProblem(contract.CodeOutOfRange, contract.WithPointer("/body/women"), contract.WithDetail("0 - 5000")).Render(contract.Hindi)
	x.json(contract.Receipt{OpID: &id, Outcome: contract.OutcomeRefused, Problem: &refusal})
}

func (x *exchange) leaf(raw []byte, sig string) contract.Leaf {
	op, _, err := contract.DecodeOp(raw)
	if err != nil {
		x.t.Fatal(err)
	}
	sigBytes, err := contract.Decode(sig)
	if err != nil {
		x.t.Fatal(err)
	}
	return contract.Leaf{
		District: 7, Centre: op.Centre, Seq: 1, OpID: op.ID, Kind: string(op.Kind), Role: "beat_officer", CaseID: op.ID,
		OfficerID: uuid.MustParse("0199d0c4-11aa-7f00-9c21-3f5b8e6a0011"), PostID: uuid.MustParse("0199d0c5-2bb0-7e10-8a10-0c0d0e0f1001"),
		DeviceID: uuid.MustParse(exchangeDevice), SessionID: op.SessionID, DeviceSeq: op.DeviceSeq, DeviceAt: op.DeviceAt,
		At: op.DeviceAt.Add(2 * time.Second), ReceivedAt: op.DeviceAt.Add(22 * time.Second), RulesSeq: 1,
		Cells: []int64{0x8a60145a1a37fff}, Facts: []byte(`{}`), Flags: []byte(`[]`),
		Lines:  []byte(`[{"no":"KRW/WB/2026/00001","register":"women_beat","serial":1,"year":2026}]`),
		OpHash: contract.HashOp(raw), SealedHash: sha256.Sum256([]byte("the sealed text, which only the server has")), Sig: sigBytes,
	}
}

func (x *exchange) checkpoint(root [32]byte) (signed, vkey string) {
	skey, vkey, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{3}, ed25519.SeedSize)), "kendra")
	if err != nil {
		x.t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		x.t.Fatal(err)
	}
	out, err := note.Sign(&note.Note{Text: "kendra/7/KRW\n1\n" + base64.StdEncoding.EncodeToString(root[:]) + "\n"}, signer)
	if err != nil {
		x.t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		x.t.Fatal(err)
	}
	if _, err := note.Open(out, note.VerifierList(verifier)); err != nil {
		x.t.Fatal(err)
	}
	return string(out), vkey
}

func (x *exchange) opsAnswer(l contract.Leaf, root [32]byte, checkpoint string) contract.OpsAnswer {
	opHash, sealedHash, leafHash := contract.Encode(l.OpHash[:]), contract.Encode(l.SealedHash[:]), contract.Encode(root[:])
	facts, guarded := contract.Facts(l.Facts), l.Guarded
	r := contract.Receipt{
		OpID: &l.OpID, Outcome: contract.OutcomeEntered, Centre: &l.Centre, Seq: &l.Seq, Flags: []contract.Flag{},
		At: contract.AtPtr(l.At), ReceivedAt: contract.AtPtr(l.ReceivedAt), OfficerID: &l.OfficerID, PostID: &l.PostID, DeviceID: &l.DeviceID,
		CaseID: &l.CaseID, Role: &l.Role, Guarded: &guarded, RulesSeq: &l.RulesSeq, Cells: []contract.Cell{"8a60145a1a37fff"}, Facts: &facts,
		OpHash: &opHash, SealedHash: &sealedHash, LeafHash: &leafHash,
	}
	if err := json.Unmarshal(l.Lines, &r.Lines); err != nil {
		x.t.Fatal(err)
	}
	return contract.OpsAnswer{
		Receipts: []contract.Receipt{r}, Checkpoints: []contract.CentreCheckpoint{{Centre: l.Centre, Note: checkpoint}},
		ServerTime: contract.At(l.ReceivedAt), ClockOffsetMs: 2000, NextSyncAfterS: 117,
	}
}
