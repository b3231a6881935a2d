package phone

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/argon2"

	contract "kendra/mobile-contract"
)

// How the session's key is sealed under the PIN: enough to slow a search, little
// enough for a phone of 2 GB.
const (
	sealTime    = 1
	sealMemory  = 8 << 10 // KiB
	sealThreads = 1
	sealKey     = 32
	sealSalt    = 16
)

// early is how long before its end an access token is changed for a new one.
const early = 30 * time.Second

var (
	// ErrWrongPIN says that the session's key does not open.
	ErrWrongPIN = errors.New("wrong pin")
	// ErrLoggedOut says that the officer has no session on the handset.
	ErrLoggedOut = errors.New("not logged in")
)

// Officer is somebody logged in on the handset. All of it is safe for use by
// several goroutines.
type Officer struct {
	p      *Phone
	number string
	key    *ecdsa.PrivateKey
}

// LogIn opens a session for an officer. It needs the server; later the officer
// is let in by Unlock.
func (p *Phone) LogIn(ctx context.Context, number, pin string) (*Officer, error) {
	key, der, err := newPrivateKey()
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	jwk, err := contract.NewJWK(&key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	device, district := p.place()
	var a contract.Session
	err = p.withNonce(ctx, func(nonce string) (request, error) {
		msg := contract.SessionMessage(district, device.String(), number, pin, jwk.Thumbprint(), nonce)
		sig, err := contract.SignES256(p.key, msg)
		return request{method: http.MethodPost, path: "/v1/sessions", body: contract.LogIn{
			District: district, DeviceID: device, OfficerNo: number, Pin: pin,
			SessionKey: jwk, Nonce: nonce, Sig: contract.Encode(sig),
		}}, err
	}, &a)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	s := &session{
		Officer: a.Officer, Posts: a.Posts, ID: a.SessionID,
		Access: a.AccessToken, AccessEnds: a.ExpiresAt, Refresh: a.RefreshToken, RefreshEnds: a.RefreshExpiresAt,
		Cursors: map[string]int64{},
	}
	if s.Salt, s.SealedKey, err = sealUnder(pin, der); err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	o := &Officer{p: p, number: number, key: key}
	p.mu.Lock()
	defer p.mu.Unlock()
	if old, ok := p.state.Sessions[number]; ok {
		s.Cursors = old.Cursors
	}
	p.state.Sessions[number], p.state.Current, p.officers[number] = s, number, o
	return o, p.state.write(p.o.Dir)
}

// Unlock lets an officer with a session on this handset in, without the server.
func (p *Phone) Unlock(number, pin string) (*Officer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.state.Sessions[number]
	if !ok || s.SealedKey == nil {
		return nil, fmt.Errorf("unlock: %w", ErrLoggedOut)
	}
	der, err := openUnder(pin, s.Salt, s.SealedKey)
	if err != nil {
		return nil, fmt.Errorf("unlock: %w", err)
	}
	key, err := parsePrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("unlock: %w", err)
	}
	o := &Officer{p: p, number: number, key: key}
	p.officers[number], p.state.Current = o, number
	return o, nil
}

func pinCipher(pin string, salt []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(argon2.IDKey([]byte(pin), salt, sealTime, sealMemory, sealThreads, sealKey))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func sealUnder(pin string, secret []byte) (salt, sealed []byte, err error) {
	salt = make([]byte, sealSalt)
	if _, err := crand.Read(salt); err != nil {
		return nil, nil, err
	}
	c, err := pinCipher(pin, salt)
	if err != nil {
		return nil, nil, err
	}
	return salt, c.Seal(nil, nil, secret, nil), nil
}

func openUnder(pin string, salt, sealed []byte) ([]byte, error) {
	c, err := pinCipher(pin, salt)
	if err != nil {
		return nil, err
	}
	secret, err := c.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, ErrWrongPIN
	}
	return secret, nil
}

// session gives a copy of the officer's session.
func (o *Officer) session() (session, error) {
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	s, ok := o.p.state.Sessions[o.number]
	if !ok || s.Refresh == "" {
		return session{}, ErrLoggedOut
	}
	return *s, nil
}

// Number is the officer's number.
func (o *Officer) Number() string { return o.number }

// ID is the officer's id, the zero UUID after log-out.
func (o *Officer) ID() uuid.UUID {
	s, err := o.session()
	if err != nil {
		return uuid.Nil
	}
	return s.Officer.ID
}

// Posts are those the officer held at log-in.
func (o *Officer) Posts() []contract.Post {
	s, err := o.session()
	if err != nil {
		return nil
	}
	return slices.Clone(s.Posts)
}

// centres lists where the officer has posts, each once.
func (s session) centres() []string {
	var out []string
	for _, p := range s.Posts {
		if !slices.Contains(out, p.Centre) {
			out = append(out, p.Centre)
		}
	}
	return out
}

// Refresh changes the tokens for new ones.
func (o *Officer) Refresh(ctx context.Context) error {
	if err := o.p.retry(ctx, func() error { return o.refresh(ctx) }); err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	return nil
}

// refresh is one try. After a lost answer the same token is sent again, which
// the server forgives for 30 seconds.
func (o *Officer) refresh(ctx context.Context) error {
	s, err := o.session()
	if err != nil {
		return err
	}
	nonce, err := o.p.hello(ctx)
	if err != nil {
		return err
	}
	sig, err := contract.SignES256(o.p.key, contract.RefreshMessage(s.Refresh, nonce))
	if err != nil {
		return err
	}
	var t contract.Tokens
	a, err := o.p.once(ctx, request{method: http.MethodPost, path: "/v1/sessions/refresh", body: contract.Refresh{
		RefreshToken: s.Refresh, Nonce: nonce, Sig: contract.Encode(sig),
	}})
	if err == nil {
		err = a.into(&t)
	}
	if err != nil {
		return o.endIfOver(err)
	}
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	now, ok := o.p.state.Sessions[o.number]
	if !ok || now.ID != s.ID {
		return ErrLoggedOut
	}
	now.Access, now.AccessEnds, now.Refresh, now.RefreshEnds = t.AccessToken, t.ExpiresAt, t.RefreshToken, t.RefreshExpiresAt
	return o.p.state.write(o.p.o.Dir)
}

// endIfOver forgets a session that the server says is over.
func (o *Officer) endIfOver(err error) error {
	if !Refused(err, contract.CodeSessionEnded, contract.CodeRefreshInvalid, contract.CodeDeviceRevoked) {
		return err
	}
	return errors.Join(err, ErrLoggedOut, o.forget())
}

// forget wipes tokens and key; cursors stay for the next log-in.
func (o *Officer) forget() error {
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	if s, ok := o.p.state.Sessions[o.number]; ok {
		s.Access, s.Refresh, s.SealedKey, s.Salt = "", "", nil, nil
	}
	delete(o.p.officers, o.number)
	if o.p.state.Current == o.number {
		o.p.state.Current = ""
	}
	return o.p.state.write(o.p.o.Dir)
}

// LogOut ends the session. Without the server the handset forgets it all the
// same; what she recorded still goes out with the next officer's tokens.
func (o *Officer) LogOut(ctx context.Context) error {
	err := o.call(ctx, request{method: http.MethodDelete, path: "/v1/sessions/current"}, nil)
	if forgotten := o.forget(); forgotten != nil {
		return fmt.Errorf("log out: %w", forgotten)
	}
	if err != nil && !errors.Is(err, ErrLoggedOut) {
		return fmt.Errorf("log out: %w", err)
	}
	return nil
}

// call makes an authorised call, with retries.
func (o *Officer) call(ctx context.Context, r request, out any) error {
	return o.p.retry(ctx, func() error {
		a, err := o.authorised(ctx, r)
		if err != nil {
			return err
		}
		return a.into(out)
	})
}

// authorised makes one try, with a new token, time or nonce where the server
// says that only those were wrong.
func (o *Officer) authorised(ctx context.Context, r request) (*answer, error) {
	if err := o.freshen(ctx); err != nil {
		return nil, err
	}
	for mended := map[contract.Code]bool{}; ; {
		a, err := o.proven(ctx, r)
		if err == nil {
			return a, nil
		}
		code := codeOf(err)
		if mended[code] {
			return nil, o.endIfOver(err)
		}
		mended[code] = true
		var asked *nonceAsked
		switch {
		case code == contract.CodeTokenExpired:
			err = o.refresh(ctx)
		case code == contract.CodeUseDPoPNonce && errors.As(err, &asked):
			o.p.mu.Lock()
			o.p.nonce, err = asked.nonce, nil
			o.p.mu.Unlock()
		case code == contract.CodeDPoPInvalid:
			_, err = o.p.hello(ctx)
		case code == contract.CodeDPoPReplayed:
			err = nil // the next proof has a new jti
		case code == contract.CodeBadEncoding || code == contract.CodeBadContentType:
			o.p.mu.Lock()
			o.p.plain, err = true, nil
			o.p.mu.Unlock()
		}
		if err != nil {
			return nil, o.endIfOver(err)
		}
	}
}

func codeOf(err error) contract.Code {
	var r *Refusal
	if errors.As(err, &r) {
		return contract.Code(r.Code)
	}
	return ""
}

// freshen measures the clock if nobody has yet, and refreshes a token that is
// about to end.
func (o *Officer) freshen(ctx context.Context) error {
	o.p.mu.Lock()
	measured := o.p.measured
	o.p.mu.Unlock()
	if !measured {
		if _, err := o.p.hello(ctx); err != nil {
			return err
		}
	}
	s, err := o.session()
	if err != nil {
		return err
	}
	if o.p.serverNow().Add(early).After(s.AccessEnds.Time) {
		return o.refresh(ctx)
	}
	return nil
}

// proven sends a request with its token and proof.
func (o *Officer) proven(ctx context.Context, r request) (*answer, error) {
	s, err := o.session()
	if err != nil {
		return nil, err
	}
	now := o.p.serverNow()
	jti, err := NewID(now, o.p.o.Random)
	if err != nil {
		return nil, err
	}
	o.p.mu.Lock()
	nonce := o.p.nonce
	o.p.mu.Unlock()
	proof, err := Proof(o.key, Claims{
		Method: r.method, URL: o.p.o.Server + r.path, Token: s.Access, Nonce: nonce, ID: jti.String(), At: now,
	})
	if err != nil {
		return nil, err
	}
	header := map[string]string{"Authorization": "DPoP " + s.Access, "DPoP": proof}
	for k, v := range r.header {
		header[k] = v
	}
	r.header = header
	return o.p.once(ctx, r)
}

// opText is an op as it is written, kind near the front.
type opText struct {
	OpID      uuid.UUID       `json:"op_id"`
	Kind      contract.Kind   `json:"kind"`
	Centre    string          `json:"centre"`
	SessionID uuid.UUID       `json:"session_id"`
	DeviceSeq int64           `json:"device_seq"`
	DeviceAt  contract.Time   `json:"device_at"`
	Place     *contract.Place `json:"place,omitempty"`
	Salt      string          `json:"salt"`
	Body      any             `json:"body"`
}

// Record saves an op for the book of the officer's own centre. When it returns
// the op is on disk and will reach the book.
func (o *Officer) Record(kind contract.Kind, body any, place *contract.Place) (uuid.UUID, error) {
	s, err := o.session()
	if err != nil {
		return uuid.Nil, fmt.Errorf("record %s: %w", kind, err)
	}
	if len(s.Posts) == 0 {
		return uuid.Nil, fmt.Errorf("record %s: the officer has no post", kind)
	}
	return o.RecordAt(s.Posts[0].Centre, kind, body, place)
}

// RecordAt saves an op for a centre's book. One that the contract does not
// allow is a *contract.Violation and is not saved.
func (o *Officer) RecordAt(centre string, kind contract.Kind, body any, place *contract.Place) (uuid.UUID, error) {
	s, err := o.session()
	if err != nil {
		return uuid.Nil, fmt.Errorf("record %s: %w", kind, err)
	}
	op := opText{Kind: kind, Centre: centre, SessionID: s.ID, Place: place, Body: body}
	now := o.p.o.Now()
	op.DeviceAt = contract.At(now)
	if op.OpID, err = NewID(now, o.p.o.Random); err != nil {
		return uuid.Nil, fmt.Errorf("record %s: %w", kind, err)
	}
	if op.Salt, err = NewSalt(o.p.o.Random); err != nil {
		return uuid.Nil, fmt.Errorf("record %s: %w", kind, err)
	}
	if err := o.save(op); err != nil {
		return uuid.Nil, fmt.Errorf("record %s: %w", kind, err)
	}
	return op.OpID, nil
}

// save numbers, checks, signs and keeps an op, one at a time.
func (o *Officer) save(op opText) error {
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	op.DeviceSeq = o.p.journal.next
	raw, err := json.Marshal(op)
	if err != nil {
		return err
	}
	if _, _, err := contract.DecodeOp(raw); err != nil {
		return err
	}
	sig, err := contract.SignES256(o.key, contract.OpMessage(contract.HashOp(raw)))
	if err != nil {
		return err
	}
	it := &item{id: op.OpID, seq: op.DeviceSeq, kind: op.Kind, raw: raw, sig: contract.Encode(sig)}
	if err := o.p.journal.save(it); err != nil {
		return err
	}
	o.p.stats.Recorded++
	return nil
}
