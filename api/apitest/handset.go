package apitest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"sync/atomic"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// GoodPIN is the PIN of everybody here.
const GoodPIN = "739105"

// Officer is an officer with a post.
type Officer struct {
	ID     uuid.UUID
	Number string
	Centre string
	PostID uuid.UUID
	hasPIN bool
}

// Handset is an enrolled phone. It talks to On.
type Handset struct {
	ID  uuid.UUID
	Key *ecdsa.PrivateKey
	On  *Server
	w   *World
	seq atomic.Int64
}

// Shift is an officer logged in on a handset.
type Shift struct {
	*Officer
	Handset *Handset
	Session contract.Session
	Key     *ecdsa.PrivateKey
	w       *World
}

func (w *World) newKey() *ecdsa.PrivateKey {
	w.T.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	return key
}

// Sign signs as phones do.
func (w *World) Sign(key *ecdsa.PrivateKey, message []byte) string {
	w.T.Helper()
	sig, err := contract.SignES256(key, message)
	w.must(err)
	return contract.Encode(sig)
}

// JWK is the public half of a key.
func (w *World) JWK(key *ecdsa.PrivateKey) contract.JWK {
	w.T.Helper()
	jwk, err := contract.NewJWK(&key.PublicKey)
	w.must(err)
	return jwk
}

// Nonce asks the server for one.
func (s *Server) Nonce() string {
	s.w.T.Helper()
	var h contract.Hello
	s.Do(Get("/v1/hello")).Into(http.StatusOK, &h)
	return h.Nonce
}

// Handset enrols a new phone at a centre.
func (w *World) Handset(centre string) *Handset {
	w.T.Helper()
	code, err := w.Staff.IssueEnrolCode(context.Background(), District, centre)
	w.must(err)
	h := w.NewHandset()
	h.Enrol(string(code.Text)).Into(http.StatusCreated, nil)
	return h
}

// NewHandset is a phone with a key that no centre knows yet.
func (w *World) NewHandset() *Handset {
	w.T.Helper()
	return &Handset{w: w, On: w.Server, Key: w.newKey()}
}

// Enrol shows the code that a centre gave out for a new phone. Where that is
// taken, the phone is enrolled.
func (h *Handset) Enrol(code string) *Answer {
	h.w.T.Helper()
	a := h.On.Do(h.Vouch(h.On, Post("/v1/devices", h.w.Enrolment(h.Key, code))))
	if a.Status == http.StatusCreated {
		var out contract.EnrolledDevice
		a.Into(http.StatusCreated, &out)
		h.ID = out.DeviceID
	}
	return a
}

// Enrolment is the body that enrols a key.
func (w *World) Enrolment(key *ecdsa.PrivateKey, code string) contract.Enrolment {
	w.T.Helper()
	jwk, nonce := w.JWK(key), w.Nonce()
	return contract.Enrolment{
		Code: code, PublicKey: jwk, Nonce: nonce, Sig: w.Sign(key, contract.EnrolMessage(code, nonce, jwk.Thumbprint())),
	}
}

// Vouch adds the handset's proof to a call without a token, over the nonce of
// its body.
func (h *Handset) Vouch(s *Server, r Request) Request {
	h.w.T.Helper()
	nonce := ""
	switch b := r.Body.(type) {
	case contract.Enrolment:
		nonce = b.Nonce
	case contract.PinChange:
		nonce = b.Nonce
	case contract.LogIn:
		nonce = b.Nonce
	case contract.Refresh:
		nonce = b.Nonce
	default:
		h.w.T.Fatalf("%T has no nonce", r.Body)
	}
	return r.With("DPoP", h.Proof(phone.Claims{Method: r.Method, URL: s.URL + r.Path, Nonce: nonce, ID: uuid.NewString(), At: h.w.Now()}))
}

// Proof makes a proof by the handset's key.
func (h *Handset) Proof(c phone.Claims) string {
	h.w.T.Helper()
	proof, err := phone.Proof(h.Key, c)
	h.w.must(err)
	return proof
}

// Activate gives an officer the PIN of these tests, by an activation code.
func (h *Handset) Activate(o *Officer) {
	h.w.T.Helper()
	code, err := h.w.Staff.IssueActivationCode(context.Background(), District, o.Number)
	h.w.must(err)
	text, nonce := string(code.Text), h.On.Nonce()
	h.On.Do(h.Vouch(h.On, Request{Method: http.MethodPut, Path: "/v1/officers/self/pin", Body: contract.PinChange{
		District: District, DeviceID: h.ID, OfficerNo: o.Number, ActivationCode: &text, NewPin: GoodPIN, Nonce: nonce,
		Sig: h.w.Sign(h.Key, contract.PinMessage(District, h.ID.String(), o.Number, text, GoodPIN, nonce)),
	}})).Into(http.StatusNoContent, nil)
	o.hasPIN = true
}

// LogIn begins a shift; an officer without a PIN gets one.
func (h *Handset) LogIn(o *Officer) *Shift {
	h.w.T.Helper()
	if !o.hasPIN {
		h.Activate(o)
	}
	x := &Shift{Officer: o, Handset: h, w: h.w, Key: h.w.newKey()}
	h.On.Do(h.Vouch(h.On, Post("/v1/sessions", h.LogInBody(o, GoodPIN, x.Key)))).Into(http.StatusCreated, &x.Session)
	return x
}

// LogInBody is the body of a log-in.
func (h *Handset) LogInBody(o *Officer, pin string, key *ecdsa.PrivateKey) contract.LogIn {
	h.w.T.Helper()
	jwk, nonce := h.w.JWK(key), h.On.Nonce()
	return contract.LogIn{
		District: District, DeviceID: h.ID, OfficerNo: o.Number, Pin: pin, SessionKey: jwk, Nonce: nonce,
		Sig: h.w.Sign(h.Key, contract.SessionMessage(District, h.ID.String(), o.Number, pin, jwk.Thumbprint(), nonce)),
	}
}

// Refresh changes the tokens for the next pair.
func (x *Shift) Refresh() {
	x.w.T.Helper()
	token, nonce := x.Session.RefreshToken, x.Handset.On.Nonce()
	var out contract.Tokens
	x.Handset.On.Do(x.Handset.Vouch(x.Handset.On, Post("/v1/sessions/refresh", contract.Refresh{
		RefreshToken: token, Nonce: nonce, Sig: x.w.Sign(x.Handset.Key, contract.RefreshMessage(token, nonce)),
	}))).Into(http.StatusOK, &out)
	x.Session.AccessToken, x.Session.RefreshToken = out.AccessToken, out.RefreshToken
}

// Do makes a call as the officer, with token and proof.
func (x *Shift) Do(r Request) *Answer {
	x.w.T.Helper()
	return x.At(x.Handset.On, r)
}

// At is Do at another server than the handset's.
func (x *Shift) At(s *Server, r Request) *Answer {
	x.w.T.Helper()
	return s.Do(x.Prove(s, r))
}

// Prove adds token and proof to a request.
func (x *Shift) Prove(s *Server, r Request) Request {
	x.w.T.Helper()
	proof, err := phone.Proof(x.Key, phone.Claims{
		Method: r.Method, URL: s.URL + r.Path, Token: x.Session.AccessToken, ID: uuid.NewString(), At: x.w.Now(),
	})
	x.w.must(err)
	return r.With("Authorization", "DPoP "+x.Session.AccessToken).With("DPoP", proof)
}

// Read gets a path into v.
func (x *Shift) Read(path string, v any) {
	x.w.T.Helper()
	x.Do(Get(path)).Into(http.StatusOK, v)
}

// Item is a signed op, as it stands in a batch.
type Item struct {
	Op  json.RawMessage `json:"op"`
	Sig string          `json:"sig"`
	ID  uuid.UUID       `json:"-"`
}

// Option changes an op before it is signed.
type Option func(op map[string]any)

// With sets a member of an op.
func With(name string, value any) Option { return func(op map[string]any) { op[name] = value } }

// At places an op.
func At(lat, lon, accuracy float64) Option {
	return With("place", contract.Place{Lat: lat, Lon: lon, AccuracyM: accuracy})
}

// Op makes and signs an op, made now.
func (x *Shift) Op(kind contract.Kind, body any, opts ...Option) Item {
	x.w.T.Helper()
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	id := newID()
	op := map[string]any{
		"op_id": id, "kind": kind, "centre": x.Centre, "session_id": x.Session.SessionID, "device_seq": x.Handset.seq.Add(1),
		"device_at": contract.At(x.w.Now()), "salt": contract.Encode(salt), "body": body,
	}
	for _, f := range opts {
		f(op)
	}
	raw, err := json.Marshal(op)
	x.w.must(err)
	item := x.Seal(raw)
	item.ID = id
	return item
}

// Seal signs the bytes of an op.
func (x *Shift) Seal(raw []byte) Item {
	x.w.T.Helper()
	return Item{Op: raw, Sig: x.w.Sign(x.Key, contract.OpMessage(contract.HashOp(raw)))}
}

// Batch writes items into a batch, their bytes as they are: an op need not be
// good JSON.
func (w *World) Batch(items ...Item) []byte {
	b := []byte(`{"sent_at":"` + w.Now().Format("2006-01-02T15:04:05.000Z07:00") + `","items":[`)
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"op":`...), item.Op...), `,"sig":"`+item.Sig+`"}`...)
	}
	return append(b, `]}`...)
}

// Send sends a batch and returns its receipts.
func (x *Shift) Send(items ...Item) []contract.Receipt {
	x.w.T.Helper()
	return x.Sync(items...).Receipts
}

// Sync sends a batch.
func (x *Shift) Sync(items ...Item) contract.OpsAnswer {
	x.w.T.Helper()
	var out contract.OpsAnswer
	x.Do(Post("/v1/ops", x.w.Batch(items...))).Into(http.StatusOK, &out)
	if len(out.Receipts) != len(items) {
		x.w.T.Fatalf("%d receipts for %d ops", len(out.Receipts), len(items))
	}
	return out
}

// Try sends one op.
func (x *Shift) Try(kind contract.Kind, body any, opts ...Option) contract.Receipt {
	x.w.T.Helper()
	return x.Send(x.Op(kind, body, opts...))[0]
}

// Enter sends one op that must be entered.
func (x *Shift) Enter(kind contract.Kind, body any, opts ...Option) contract.Receipt {
	x.w.T.Helper()
	r := x.Try(kind, body, opts...)
	if r.Outcome != contract.OutcomeEntered {
		x.w.T.Fatalf("%s is %s: %+v, waits for %v", kind, r.Outcome, r.Problem, r.WaitsFor)
	}
	return r
}
