package phone

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

const defaultTimeout = 20 * time.Second

// Options say where a handset lives and what it stands on. Dir and Server are
// needed; the rest has sensible zero values.
type Options struct {
	Dir    string // where the handset keeps its files
	Server string // base URL
	Label  string // name of the handset
	// Client makes the calls; give it a transport of your own to cut, delay or
	// count.
	Client *http.Client
	// Now is the handset's clock, right or wrong.
	Now func() time.Time
	// Sleep waits between tries.
	Sleep func(context.Context, time.Duration) error
	// Jitter spreads the waits; a seed makes them repeatable.
	Jitter *rand.Rand
	// Tries is how often a call is made before it is given up, 5 by default.
	Tries int
	// Timeout is how long one try may take.
	Timeout  time.Duration
	Language contract.Lang
	// Random gives ids and salts.
	Random io.Reader
	// OnLine is told each line of the feed that an officer sees for the first
	// time; OnReceipt each final or held receipt. Neither may call the phone.
	OnLine    func(officer uuid.UUID, line contract.FeedLine)
	OnReceipt func(kind contract.Kind, r contract.Receipt)
}

// Phone is a handset.
type Phone struct {
	o   Options
	key *ecdsa.PrivateKey

	sending sync.Mutex // one sync at a time

	mu       sync.Mutex // all below
	state    *state
	journal  *journal
	officers map[string]*Officer
	offset   time.Duration // server's time minus the handset's
	measured bool
	nonce    string // asked for in proofs, if any
	plain    bool   // the server does not take gzip
	next     time.Duration
	stats    Stats
}

// Open switches a handset on; a new one gets its key.
func Open(o Options) (*Phone, error) {
	if o.Dir == "" || o.Server == "" {
		return nil, errors.New("open phone: no directory or no server")
	}
	o = o.withDefaults()
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open phone: %w", err)
	}
	p := &Phone{o: o, officers: map[string]*Officer{}}
	var err error
	if p.state, err = readState(o.Dir); err != nil {
		return nil, fmt.Errorf("open phone: %w", err)
	}
	if p.state == nil {
		if err := p.firstStart(); err != nil {
			return nil, fmt.Errorf("open phone: %w", err)
		}
	}
	if p.key, err = parsePrivateKey(p.state.Key); err != nil {
		return nil, fmt.Errorf("open phone: %w", err)
	}
	if p.journal, err = openJournal(o.Dir); err != nil {
		return nil, fmt.Errorf("open phone: %w", err)
	}
	return p, nil
}

func (o Options) withDefaults() Options {
	o.Server = strings.TrimSuffix(o.Server, "/")
	if o.Client == nil {
		o.Client = &http.Client{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Jitter == nil {
		o.Jitter = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if o.Tries == 0 {
		o.Tries = 5
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Language == "" {
		o.Language = contract.Hindi
	}
	if o.Random == nil {
		o.Random = crand.Reader
	}
	if o.OnLine == nil {
		o.OnLine = func(uuid.UUID, contract.FeedLine) {}
	}
	if o.OnReceipt == nil {
		o.OnReceipt = func(contract.Kind, contract.Receipt) {}
	}
	return o
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (p *Phone) firstStart() error {
	_, der, err := newPrivateKey()
	if err != nil {
		return err
	}
	p.state = &state{Key: der, Sessions: map[string]*session{}, Witness: map[string]*witnessed{}}
	return p.state.write(p.o.Dir)
}

func newPrivateKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("make key: %w", err)
	}
	return key, der, nil
}

func parsePrivateKey(der []byte) (*ecdsa.PrivateKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok || ec.Curve != elliptic.P256() {
		return nil, errors.New("read key: not a P-256 key")
	}
	return ec, nil
}

// Close switches the handset off.
func (p *Phone) Close() error {
	p.sending.Lock()
	defer p.sending.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.journal.file.Close()
}

// Enrolled says whether the handset belongs to a district.
func (p *Phone) Enrolled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.DeviceID != uuid.Nil
}

// DeviceID is the zero UUID until the handset is enrolled.
func (p *Phone) DeviceID() uuid.UUID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.DeviceID
}

// Enrol makes the handset one of the district's, by the code shown at the
// centre.
func (p *Phone) Enrol(ctx context.Context, code string) error {
	jwk, err := contract.NewJWK(&p.key.PublicKey)
	if err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	var answer contract.EnrolledDevice
	err = p.withNonce(ctx, func(nonce string) (request, error) {
		sig, err := contract.SignES256(p.key, contract.EnrolMessage(code, nonce, jwk.Thumbprint()))
		body := contract.Enrolment{Code: code, PublicKey: jwk, Nonce: nonce, Sig: contract.Encode(sig)}
		if p.o.Label != "" {
			body.Label = &p.o.Label
		}
		return request{method: http.MethodPost, path: "/v1/devices", body: body}, err
	}, &answer)
	if err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.DeviceID, p.state.District, p.state.Centre = answer.DeviceID, answer.District, answer.Centre
	return p.state.write(p.o.Dir)
}

// SetPIN gives an officer her first PIN, by the activation code.
func (p *Phone) SetPIN(ctx context.Context, number, activation, pin string) error {
	return p.setPIN(ctx, number, activation, pin, func(b *contract.PinChange) { b.ActivationCode = &activation })
}

// ChangePIN changes a PIN that is known.
func (p *Phone) ChangePIN(ctx context.Context, number, old, pin string) error {
	return p.setPIN(ctx, number, old, pin, func(b *contract.PinChange) { b.OldPin = &old })
}

func (p *Phone) setPIN(ctx context.Context, number, secret, pin string, which func(*contract.PinChange)) error {
	device, district := p.place()
	err := p.withNonce(ctx, func(nonce string) (request, error) {
		msg := contract.PinMessage(district, device.String(), number, secret, pin, nonce)
		sig, err := contract.SignES256(p.key, msg)
		body := contract.PinChange{
			District: district, DeviceID: device, OfficerNo: number,
			NewPin: pin, Nonce: nonce, Sig: contract.Encode(sig),
		}
		which(&body)
		return request{method: http.MethodPut, path: "/v1/officers/self/pin", body: body}, err
	}, nil)
	if err != nil {
		return fmt.Errorf("set pin: %w", err)
	}
	return nil
}

func (p *Phone) place() (device uuid.UUID, district int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.DeviceID, p.state.District
}

// Officers gives those who are logged in on the handset and whose keys are
// unlocked, the last one first.
func (p *Phone) Officers() []*Officer {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*Officer
	for _, number := range slices.Sorted(maps.Keys(p.officers)) {
		if number == p.state.Current {
			out = slices.Insert(out, 0, p.officers[number])
			continue
		}
		out = append(out, p.officers[number])
	}
	return out
}

// NextSync is how long the server asks to wait before the next sync.
func (p *Phone) NextSync() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next
}

// ClockOffset is the server's time minus the handset's, as last measured.
func (p *Phone) ClockOffset() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.offset
}
