package phone

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	crand "crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"

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
	return salt, c.Seal(nil, nil, secret, nil), nil //nolint:gosec // the cipher draws its nonce itself
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
