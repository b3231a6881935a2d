package phone_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
	"golang.org/x/mod/sumdb/note"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// fake answers as the contract says, from memory, for one centre. Its switches
// break things.
type fake struct {
	t      *testing.T
	url    string
	signer note.Signer
	vkey   string

	mu       sync.Mutex
	tree     *testonly.Tree
	lines    []contract.FeedLine
	receipts map[uuid.UUID]json.RawMessage
	device   uuid.UUID
	session  uuid.UUID
	officer  uuid.UUID
	keys     map[uuid.UUID]*ecdsa.PublicKey // by session
	access   string
	refresh  int
	batches  [][]string // op_ids as they came
	clock    func() time.Time

	most     int            // ops taken at once, 0 for any
	poison   contract.Kind  // a batch with it is a 400
	hold     contract.Kind  // is held
	expire   bool           // the next token is too old
	wants    string         // the nonce that proofs of calls without a token must carry, if set
	revoked  bool           // the handset
	tooEarly time.Duration  // proofs older or newer than that are refused, if set
	answers  []func() error // consumed by the calls of /v1/ops: before anything is done
	after    []func() error // the same, after it is done
	lie      func(*contract.Receipt)
	fork     bool
}

func newFake(t *testing.T) *fake {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "kendra")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{
		t: t, signer: signer, vkey: vkey, tree: testonly.New(rfc6962.DefaultHasher),
		receipts: map[uuid.UUID]json.RawMessage{}, keys: map[uuid.UUID]*ecdsa.PublicKey{},
		officer: uuid.New(), access: "first", clock: time.Now,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/hello", f.hello)
	mux.HandleFunc("POST /v1/devices", f.vouched(f.enrol))
	mux.HandleFunc("POST /v1/sessions", f.vouched(f.logIn))
	mux.HandleFunc("POST /v1/sessions/refresh", f.vouched(f.refreshed))
	mux.HandleFunc("DELETE /v1/sessions/current", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	mux.HandleFunc("POST /v1/ops", f.authorised(f.ops))
	mux.HandleFunc("POST /v1/unseal", f.authorised(f.unseal))
	mux.HandleFunc("GET /v1/feed", f.authorised(f.feed))
	mux.HandleFunc("GET /v1/proofs", f.authorised(f.proofs))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	f.url = s.URL
	return f
}

func (f *fake) say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (f *fake) refuse(w http.ResponseWriter, code contract.Code, opts ...contract.Option) {
	p := contract.NewProblem(code, opts...)
	w.Header().Set("Content-Type", "application/problem+json")
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(p.RetryAfter.Seconds())))
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p.Render(contract.Hindi))
}

func (f *fake) hello(w http.ResponseWriter, _ *http.Request) {
	f.say(w, contract.Hello{
		ServerTime: contract.At(f.clock()), Nonce: "nonce-nonce-nonce", ContractVersion: "1.0.0", OldestApp: "1.0.0",
		CheckpointKeys: []contract.CheckpointKey{{Name: "kendra", KeyID: "00000000", Vkey: f.vkey}},
	})
}

func (f *fake) enrol(w http.ResponseWriter, r *http.Request) {
	var b contract.Enrolment
	_ = json.NewDecoder(r.Body).Decode(&b)
	pub, err := contract.ParseJWK(b.PublicKey)
	sig, _ := contract.Decode(b.Sig)
	if err != nil || !contract.VerifyES256(pub, contract.EnrolMessage(b.Code, b.Nonce, b.PublicKey.Thumbprint()), sig) {
		f.refuse(w, contract.CodeBadSignature)
		return
	}
	f.device = uuid.New()
	w.WriteHeader(http.StatusCreated)
	f.say(w, contract.EnrolledDevice{Centre: "KRW", DeviceID: f.device, District: 7, ServerTime: contract.At(f.clock())})
}

func (f *fake) logIn(w http.ResponseWriter, r *http.Request) {
	var b contract.LogIn
	_ = json.NewDecoder(r.Body).Decode(&b)
	pub, err := contract.ParseJWK(b.SessionKey)
	if err != nil || b.Pin != "271828" {
		f.refuse(w, contract.CodeWrongCredentials)
		return
	}
	f.mu.Lock()
	f.session = uuid.New()
	f.keys[f.session] = pub
	f.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
	f.say(w, contract.Session{
		AccessToken: f.access, ExpiresAt: contract.At(f.clock().Add(10 * time.Minute)),
		RefreshToken: "r0", RefreshExpiresAt: contract.At(f.clock().Add(time.Hour)), SessionID: f.session,
		Officer: contract.Officer{ID: f.officer, Number: b.OfficerNo},
		Posts:   []contract.Post{{PostID: uuid.New(), Centre: "KRW", Role: contract.RoleBeatOfficer}},
	})
}

func (f *fake) refreshed(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	f.refresh++
	f.access = "refreshed-" + strconv.Itoa(f.refresh)
	f.mu.Unlock()
	f.say(w, contract.Tokens{
		AccessToken: f.access, ExpiresAt: contract.At(f.clock().Add(10 * time.Minute)),
		RefreshToken: "r1", RefreshExpiresAt: contract.At(f.clock().Add(time.Hour)),
	})
}

// vouched wants a proof over the nonce of the body, and over the one that it
// asks for.
func (f *fake) vouched(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(text))
		if r.Header.Get("Content-Encoding") == "gzip" {
			zr, _ := gzip.NewReader(bytes.NewReader(text))
			text, _ = io.ReadAll(zr)
			r.Body = io.NopCloser(bytes.NewReader(text))
		}
		var body struct{ Nonce string }
		_ = json.Unmarshal(text, &body)
		var claims struct{ Nonce, HTM, HTU, ATH string }
		if parts := strings.Split(r.Header.Get("DPoP"), "."); len(parts) == 3 {
			raw, _ := contract.Decode(parts[1])
			_ = json.Unmarshal(raw, &claims)
		}
		f.mu.Lock()
		wants := f.wants
		f.mu.Unlock()
		switch {
		case claims.HTM != r.Method || claims.HTU != f.url+r.URL.Path || claims.ATH != "" || claims.Nonce == "" || claims.Nonce != body.Nonce:
			f.refuse(w, contract.CodeDPoPInvalid)
		case wants != "" && claims.Nonce != wants:
			w.Header().Set("DPoP-Nonce", wants)
			f.refuse(w, contract.CodeUseDPoPNonce)
		default:
			h(w, r)
		}
	}
}

func (f *fake) authorised(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		expire, limit, revoked := f.expire, f.tooEarly, f.revoked
		f.expire = false
		good := r.Header.Get("Authorization") == "DPoP "+f.access
		f.mu.Unlock()
		if revoked {
			f.refuse(w, contract.CodeDeviceRevoked)
			return
		}
		if expire || !good {
			f.refuse(w, contract.CodeTokenExpired)
			return
		}
		parts := strings.Split(r.Header.Get("DPoP"), ".")
		var claims struct{ IAT int64 }
		text, _ := contract.Decode(parts[1])
		_ = json.Unmarshal(text, &claims)
		if limit > 0 && f.clock().Sub(time.Unix(claims.IAT, 0)).Abs() > limit {
			f.refuse(w, contract.CodeDPoPInvalid)
			return
		}
		h(w, r)
	}
}

// sent is the body of a request, unpacked.
func sent(r *http.Request) []byte {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(r.Body)
	}
	text, _ := io.ReadAll(body)
	return text
}

func (f *fake) ops(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.fate(w, &f.answers) {
		return
	}
	b, err := contract.SplitBatch(sent(r))
	if err != nil {
		f.refuse(w, contract.CodeBadJSON)
		return
	}
	if f.most > 0 && len(b.Items) > f.most {
		f.refuse(w, contract.CodeBodyTooLarge)
		return
	}
	a := struct {
		Receipts       []json.RawMessage           `json:"receipts"`
		Checkpoints    []contract.CentreCheckpoint `json:"checkpoints"`
		ServerTime     contract.Time               `json:"server_time"`
		NextSyncAfterS int                         `json:"next_sync_after_s"`
	}{ServerTime: contract.At(f.clock()), NextSyncAfterS: 30}
	var ids []string
	for _, item := range b.Items {
		op, _, err := contract.DecodeOp(item.Raw)
		if err != nil || op.Kind == f.poison {
			f.refuse(w, contract.CodeBadJSON)
			return
		}
		ids = append(ids, op.ID.String())
		a.Receipts = append(a.Receipts, f.enter(op, item.Sig))
	}
	f.batches = append(f.batches, ids)
	a.Checkpoints = []contract.CentreCheckpoint{{Centre: "KRW", Note: f.checkpoint()}}
	if f.fate(w, &f.after) {
		f.say(w, a)
	}
}

// fate lets the next planned fault of a list happen.
func (f *fake) fate(w http.ResponseWriter, list *[]func() error) bool {
	if len(*list) == 0 {
		return true
	}
	err := (*list)[0]()
	*list = (*list)[1:]
	var p *contract.Problem
	switch {
	case err == nil:
		return true
	case errors.As(err, &p):
		f.refuse(w, p.Code, contract.WithRetryAfter(p.RetryAfter), contract.WithPointer(p.Pointer))
	default:
		panic(http.ErrAbortHandler) // the line is cut
	}
	return false
}

var errCut = errors.New("cut")

func cut() error { return errCut }

func (f *fake) enter(op *contract.Op, sig string) json.RawMessage {
	if raw, ok := f.receipts[op.ID]; ok {
		var r contract.Receipt
		_ = json.Unmarshal(raw, &r)
		if r.Outcome == contract.OutcomeEntered || op.Kind == f.hold {
			r.Repeated = true
			return mustJSON(r)
		}
	}
	if op.Kind == f.hold {
		wait := "brief"
		f.receipts[op.ID] = mustJSON(contract.Receipt{OpID: &op.ID, Outcome: contract.OutcomeHeld, WaitsFor: &wait})
		return f.receipts[op.ID]
	}
	sigBytes, _ := contract.Decode(sig)
	hash := contract.HashOp(op.Raw)
	if !contract.VerifyES256(f.keys[op.SessionID], contract.OpMessage(hash), sigBytes) {
		problem := contract.NewProblem(contract.CodeBadSignature).Render(contract.Hindi)
		return mustJSON(contract.Receipt{OpID: &op.ID, Outcome: contract.OutcomeRefused, Problem: &problem})
	}
	seq, rules, now := int64(f.tree.Size())+1, int64(0), contract.At(f.clock())
	post, guarded, role, facts := uuid.New(), false, "beat_officer", contract.Facts(`{"named":true}`)
	sealed := sha256.Sum256([]byte(op.ID.String()))
	l := contract.Leaf{
		District: 7, Centre: op.Centre, Seq: seq, OpID: op.ID, Kind: string(op.Kind), Role: role, CaseID: op.ID,
		OfficerID: f.officer, PostID: post, DeviceID: f.device, SessionID: op.SessionID, DeviceSeq: op.DeviceSeq,
		DeviceAt: op.DeviceAt, At: now.Time, ReceivedAt: now.Time, Cells: []int64{0x8a3d, 0x893d},
		SeenBy: []uuid.UUID{f.officer}, Facts: facts, Flags: []byte(`[{"code":"mock","value":1}]`),
		OpHash: hash, SealedHash: sealed, Sig: sigBytes,
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(l.Text())
	opHash, sealedHash, leafHash := contract.Encode(hash[:]), contract.Encode(sealed[:]), contract.Encode(leaf)
	r := contract.Receipt{
		OpID: &op.ID, Outcome: contract.OutcomeEntered, Centre: &op.Centre, Seq: &seq, At: &now, ReceivedAt: &now,
		OfficerID: &f.officer, PostID: &post, DeviceID: &f.device, CaseID: &op.ID, Role: &role, Guarded: &guarded,
		SeenBy: l.SeenBy, RulesSeq: &rules, Cells: []string{"8a3d", "893d"}, Facts: &facts,
		Flags: []contract.Flag{{Code: "mock", Value: 1}}, OpHash: &opHash, SealedHash: &sealedHash, LeafHash: &leafHash,
	}
	if f.lie != nil {
		f.lie(&r)
	}
	f.tree.Append(leaf)
	f.lines = append(f.lines, contract.FeedLine{
		Seq: seq, OpID: op.ID, Kind: string(op.Kind), At: now, ReceivedAt: now, OfficerID: f.officer, Body: []byte(`{}`),
	})
	f.receipts[op.ID] = mustJSON(r)
	return f.receipts[op.ID]
}

// others lets somebody else enter n ops.
func (f *fake) others(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		f.tree.Append(rfc6962.DefaultHasher.HashLeaf([]byte(uuid.NewString())))
	}
}

func (f *fake) checkpoint() string {
	root := f.tree.Hash()
	if f.fork {
		root = rfc6962.DefaultHasher.HashLeaf([]byte("another book"))
	}
	text := fmt.Sprintf("kendra/7/KRW\n%d\n%s\n", f.tree.Size(), base64.StdEncoding.EncodeToString(root))
	out, err := note.Sign(&note.Note{Text: text}, f.signer)
	if err != nil {
		f.t.Error(err)
	}
	return string(out)
}

func number(r *http.Request, name string) int64 {
	n, _ := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	return n
}

func (f *fake) feed(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	after, limit, from := number(r, "after"), number(r, "limit"), number(r, "from_size")
	size := int64(f.tree.Size())
	page := contract.FeedPage{Centre: "KRW", Size: size, Next: size, Checkpoint: f.checkpoint()}
	for _, l := range f.lines {
		if l.Seq > after {
			page.Entries = append(page.Entries, l)
		}
	}
	if int64(len(page.Entries)) > limit {
		page.Entries, page.More = page.Entries[:limit], true
		page.Next = page.Entries[limit-1].Seq
	}
	if from > 0 && from < size {
		page.Consistency = hashes(f.tree.ConsistencyProof(uint64(from), uint64(size)))
	}
	f.say(w, page)
}

func (f *fake) proofs(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	seq, size := number(r, "seq"), number(r, "size")
	f.say(w, contract.Proof{
		Centre: "KRW", Seq: seq, Size: size, Path: hashes(f.tree.InclusionProof(uint64(seq-1), uint64(size))),
	})
}

func hashes(path [][]byte, err error) []string {
	if err != nil {
		return nil
	}
	var out []string
	for _, h := range path {
		out = append(out, contract.Encode(h))
	}
	return out
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// handset opens a phone of the fake, enrolled.
func (f *fake) handset(dir string, change ...func(*phone.Options)) *phone.Phone {
	f.t.Helper()
	o := phone.Options{
		Dir: dir, Server: f.url,
		Sleep: func(context.Context, time.Duration) error { return nil },
	}
	for _, c := range change {
		c(&o)
	}
	p, err := phone.Open(o)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = p.Close() })
	if !p.Enrolled() {
		if err := p.Enrol(f.t.Context(), "code-code-code-code"); err != nil {
			f.t.Fatal(err)
		}
	}
	return p
}

func (f *fake) logInOn(p *phone.Phone) *phone.Officer {
	f.t.Helper()
	o, err := p.LogIn(f.t.Context(), "101", "271828")
	if err != nil {
		f.t.Fatal(err)
	}
	return o
}

func record(t *testing.T, o *phone.Officer, n int) []uuid.UUID {
	t.Helper()
	var ids []uuid.UUID
	for i := range n {
		now := time.Now()
		id, err := o.Record(contract.KindVisitRecord, contract.VisitRecord{
			StartedAt: contract.At(now.Add(-time.Minute)), EndedAt: contract.At(now), PlaceType: "village", Women: i,
		}, &contract.Place{Lat: 25.218, Lon: 80.923, AccuracyM: 8})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func (f *fake) order() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Concat(f.batches...)
}

func contains(text []byte, s string) bool { return bytes.Contains(text, []byte(s)) }
