package staff_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/staff"
	"kendra/migrations/dbtest"
	contract "kendra/mobile-contract"
)

const (
	district = 7
	server   = "https://kendra.example"
	goodPIN  = "739105"
)

// clock stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// house is a district with its stations, a clock and a service.
type house struct {
	*staff.Service
	t       testing.TB
	db      *dbtest.DB
	pool    *pgxpool.Pool
	clock   *clock
	signer  ed25519.PrivateKey
	options staff.Options
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, db: dbtest.New(t), clock: &clock{at: time.Date(2026, 10, 5, 11, 20, 0, 0, time.UTC)}}
	h.pool = h.db.Pool(t)
	_, signer, err := ed25519.GenerateKey(rand.Reader)
	h.must(err)
	h.signer = signer
	h.options = staff.Options{
		Now: h.clock.now, Pepper: key(1), CodeKey: key(2), NonceKey: key(3),
		Signing: staff.NewSigningKeys(signer), Issuer: server, Audience: "kendra-phone",
	}
	h.Service = h.another()
	var files []staff.Import
	for _, kind := range []string{staff.KindStations, staff.KindCircles} {
		text, err := staff.Chitrakoot.ReadFile("chitrakoot/" + kind + ".csv")
		h.must(err)
		f, wrong := staff.ParseImport(kind, bytes.NewReader(text))
		if len(wrong) > 0 {
			t.Fatal(wrong)
		}
		files = append(files, f)
	}
	if _, wrong, err := h.Load(t.Context(), district, files, false); err != nil || len(wrong) > 0 {
		t.Fatal(err, wrong)
	}
	return h
}

func key(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }

// another is one more process on the same database.
func (h *house) another() *staff.Service {
	h.t.Helper()
	s, err := staff.New(h.pool, h.options)
	h.must(err)
	return s
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// in runs do in a transaction of the district, as the book does.
func (h *house) in(do func(tx pgx.Tx) error) {
	h.t.Helper()
	h.must(pgx.BeginFunc(h.t.Context(), h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(h.t.Context(), `SET LOCAL app.district_id = '7'`); err != nil {
			return err
		}
		return do(tx)
	}))
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	h.in(func(tx pgx.Tx) error {
		_, err := tx.Exec(h.t.Context(), sql, args...)
		return err
	})
}

// one reads a single value.
func one[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	var v T
	h.in(func(tx pgx.Tx) error { return tx.QueryRow(h.t.Context(), sql, args...).Scan(&v) })
	return v
}

// officer enters an active beat officer of Karwi. His post is what the book would have written.
func (h *house) officer(number string) uuid.UUID {
	h.t.Helper()
	var id uuid.UUID
	h.in(func(tx pgx.Tx) (err error) {
		id, err = h.AddOfficer(h.t.Context(), tx, district, staff.Officer{
			Number: number, NameHi: "सीता देवी", NameEn: "Sita Devi", Rank: "constable", IsWoman: true,
		})
		return err
	})
	h.post(id, staff.BeatOfficer, "KRW")
	return id
}

func (h *house) post(officer uuid.UUID, role, centre string) uuid.UUID {
	h.t.Helper()
	id := uuid.New()
	h.exec(`INSERT INTO posts (district_id, post_id, centre, officer_id, role, from_at, seq) VALUES (7, $1, $2, $3, $4, $5, 1)`,
		id, centre, officer, role, h.clock.now().Add(-time.Hour))
	return id
}

// phone is a handset.
type phone struct {
	h   *house
	key *ecdsa.PrivateKey
	id  uuid.UUID
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func jwk(t testing.TB, k *ecdsa.PrivateKey) contract.JWK {
	t.Helper()
	j, err := contract.NewJWK(&k.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func sign(t testing.TB, k *ecdsa.PrivateKey, msg []byte) string {
	t.Helper()
	sig, err := contract.SignES256(k, msg)
	if err != nil {
		t.Fatal(err)
	}
	return contract.Encode(sig)
}

// newPhone is enrolled at Karwi.
func (h *house) newPhone() *phone {
	h.t.Helper()
	p := &phone{h: h, key: newKey(h.t)}
	code, err := h.IssueEnrolCode(h.t.Context(), district, "KRW")
	h.must(err)
	out, err := h.Enrol(h.t.Context(), p.enrolment(string(code.Text)))
	h.must(err)
	p.id = out.DeviceID
	return p
}

// vouching is the proof of a call without a token, to be spoiled.
func (p *phone) vouching(method, path, nonce string) proof {
	return proof{
		header: map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk(p.h.t, p.key)},
		claims: map[string]any{
			"jti": uuid.NewString(), "htm": method, "htu": server + path, "iat": p.h.clock.now().Unix(), "nonce": nonce,
		},
		key: p.key,
	}
}

func (p *phone) vouch(method, path, nonce string) staff.CallProof {
	return staff.CallProof{Text: p.vouching(method, path, nonce).text(p.h.t), Method: method, URL: server + path}
}

func (p *phone) enrolment(code string) staff.EnrolIn {
	in := staff.EnrolIn{Code: staff.Secret(code), PublicKey: jwk(p.h.t, p.key), Nonce: p.h.Nonce(), Label: "Karwi 1"}
	in.Sig = sign(p.h.t, p.key, contract.EnrolMessage(code, in.Nonce, in.PublicKey.Thumbprint()))
	in.Proof = p.vouch("POST", "/v1/devices", in.Nonce)
	return in
}

func (p *phone) pinChange(number, activation, old, pin string) staff.SetPINIn {
	in := staff.SetPINIn{
		District: district, DeviceID: p.id, OfficerNo: number, ActivationCode: staff.Secret(activation),
		OldPIN: staff.Secret(old), NewPIN: staff.Secret(pin), Nonce: p.h.Nonce(),
	}
	in.Proof = p.vouch("PUT", "/v1/officers/self/pin", in.Nonce)
	in.Sig = sign(p.h.t, p.key, contract.PinMessage(district, p.id.String(), number, activation+old, pin, in.Nonce))
	return in
}

// activate sets the officer's PIN by a new code.
func (p *phone) activate(number string) {
	p.h.t.Helper()
	code, err := p.h.IssueActivationCode(p.h.t.Context(), district, number)
	p.h.must(err)
	p.h.must(p.h.SetPIN(p.h.t.Context(), p.pinChange(number, string(code.Text), "", goodPIN)))
}

func (p *phone) logIn(number, pin string, session *ecdsa.PrivateKey) staff.LogInIn {
	in := staff.LogInIn{
		District: district, DeviceID: p.id, OfficerNo: number, PIN: staff.Secret(pin), SessionKey: jwk(p.h.t, session), Nonce: p.h.Nonce(),
	}
	in.Proof = p.vouch("POST", "/v1/sessions", in.Nonce)
	in.Sig = sign(p.h.t, p.key, contract.SessionMessage(district, p.id.String(), number, pin, in.SessionKey.Thumbprint(), in.Nonce))
	return in
}

// shift is an officer logged in on a handset.
type shift struct {
	staff.LoggedIn
	phone *phone
	key   *ecdsa.PrivateKey
}

func (p *phone) begin(number string) *shift {
	p.h.t.Helper()
	x := &shift{phone: p, key: newKey(p.h.t)}
	var err error
	x.LoggedIn, err = p.h.LogIn(p.h.t.Context(), p.logIn(number, goodPIN, x.key))
	p.h.must(err)
	return x
}

// newShift is an officer with a handset of his own.
func (h *house) newShift(number string) *shift {
	h.t.Helper()
	h.officer(number)
	p := h.newPhone()
	p.activate(number)
	return p.begin(number)
}

func (x *shift) refresh(token staff.Secret) staff.RefreshIn {
	in := staff.RefreshIn{Token: token, Nonce: x.phone.h.Nonce()}
	in.Proof = x.phone.vouch("POST", "/v1/sessions/refresh", in.Nonce)
	in.Sig = sign(x.phone.h.t, x.phone.key, contract.RefreshMessage(string(token), in.Nonce))
	return in
}

// proof is a DPoP proof that can be spoiled.
type proof struct {
	header, claims map[string]any
	key            *ecdsa.PrivateKey
}

func (x *shift) proof(method, target string) proof {
	t := x.phone.h.t
	sum := sha256.Sum256([]byte(x.Access))
	return proof{
		header: map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk(t, x.key)},
		claims: map[string]any{
			"jti": uuid.NewString(), "htm": method, "htu": target, "iat": x.phone.h.clock.now().Unix(), "ath": contract.Encode(sum[:]),
		},
		key: x.key,
	}
}

func part(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return contract.Encode(b)
}

func (p proof) text(t testing.TB) string {
	t.Helper()
	head := part(t, p.header) + "." + part(t, p.claims)
	return head + "." + sign(t, p.key, []byte(head))
}

// call is a right call to the feed.
func (x *shift) call() staff.AuthIn {
	const path = "/v1/feed"
	return staff.AuthIn{
		Authorization: "DPoP " + string(x.Access), Proof: x.proof("GET", server+path).text(x.phone.h.t),
		Method: "GET", URL: server + path,
	}
}

// works asks a process whether the session is good.
func (x *shift) works(s *staff.Service) error {
	_, err := s.Authenticate(x.phone.h.t.Context(), x.call())
	return err
}

func wants(t testing.TB, err error, code contract.Code) {
	t.Helper()
	var p *contract.Problem
	if !errors.As(err, &p) || p.Code != code {
		t.Helper()
		t.Fatalf("got %v, want %s", err, code)
	}
}

func codeOf(err error) contract.Code {
	var p *contract.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func number(n int) string { return "PNO" + strconv.Itoa(1000+n) }
