package phone

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	contract "kendra/mobile-contract"
)

const (
	// maxAnswer is more than any answer of the contract.
	maxAnswer = 32 << 20
	// gzipFrom is where packing begins to pay for its header.
	gzipFrom = 600
	// Waits grow from firstWait by doubling to longestWait; a wait is a random
	// part of that, so that phones which lost the server together do not come
	// back together.
	firstWait   = 500 * time.Millisecond
	longestWait = time.Minute
)

// Refusal is a problem that the server answered with.
type Refusal struct {
	contract.ProblemJSON
	RetryAfter time.Duration
}

// Error names the code; the texts for the officer are in the problem.
func (r *Refusal) Error() string { return "refused: " + r.Code + " (" + strconv.Itoa(r.Status) + ")" }

// Refused tells whether err is a refusal with one of these codes.
func Refused(err error, codes ...contract.Code) bool {
	var r *Refusal
	if !errors.As(err, &r) {
		return false
	}
	for _, c := range codes {
		if r.Code == string(c) {
			return true
		}
	}
	return false
}

// ErrNoAnswer says that the server did not answer: what was sent may or may not
// have been done.
var ErrNoAnswer = errors.New("no answer")

type request struct {
	method, path string
	query        url.Values
	body         any
	header       map[string]string
	raw          bool // the body is no JSON and is not packed
}

// answer is what came back and was no refusal.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// once makes one try of a request. Proofs and tokens are in its headers.
func (p *Phone) once(ctx context.Context, r request) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, p.o.Timeout)
	defer cancel()
	hr, err := p.build(ctx, r)
	if err != nil {
		return nil, err
	}
	res, err := p.o.Client.Do(hr)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil || len(body) > maxAnswer {
		return nil, fmt.Errorf("%w: read answer: %w", ErrNoAnswer, errors.Join(err))
	}
	if res.StatusCode >= http.StatusBadRequest {
		return nil, refusalOf(res, body)
	}
	return &answer{status: res.StatusCode, header: res.Header, body: body}, nil
}

func (p *Phone) build(ctx context.Context, r request) (*http.Request, error) {
	target := p.o.Server + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var body []byte
	if r.body != nil {
		var err error
		if body, err = bodyOf(r.body); err != nil {
			return nil, err
		}
	}
	packed := false
	if len(body) >= gzipFrom && !r.raw && !p.isPlain() {
		body, packed = pack(body), true
	}
	hr, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("build request: %w", err)
	}
	if r.body != nil {
		hr.Header.Set("Content-Type", "application/json")
	}
	if packed {
		hr.Header.Set("Content-Encoding", "gzip")
	}
	hr.Header.Set("Accept-Language", string(p.o.Language))
	for k, v := range r.header {
		hr.Header.Set(k, v)
	}
	return hr, nil
}

// bodyOf leaves bytes that are JSON already as they are.
func bodyOf(v any) ([]byte, error) {
	if raw, ok := v.([]byte); ok {
		return raw, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("build request: %w", err)
	}
	return b, nil
}

func pack(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b) // into memory
	_ = w.Close()
	return out.Bytes()
}

func (p *Phone) isPlain() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plain
}

// refusalOf reads a problem; a proxy's page becomes one with the code internal.
func refusalOf(res *http.Response, body []byte) error {
	r := &Refusal{RetryAfter: retryAfter(res.Header.Get("Retry-After"))}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if kind != "application/problem+json" || json.Unmarshal(body, &r.ProblemJSON) != nil {
		r.ProblemJSON = contract.ProblemJSON{Code: string(contract.CodeInternal)}
	}
	r.Status = res.StatusCode
	if nonce := res.Header.Get("DPoP-Nonce"); nonce != "" {
		return &nonceAsked{Refusal: r, nonce: nonce}
	}
	return r
}

// nonceAsked is a refusal that hands over a nonce for the next proof.
type nonceAsked struct {
	*Refusal
	nonce string
}

func (n *nonceAsked) Unwrap() error { return n.Refusal }

func retryAfter(text string) time.Duration {
	if s, err := strconv.Atoi(text); err == nil && s >= 0 {
		return time.Duration(s) * time.Second
	}
	return 0
}

// again tells whether a failure may be over in a while.
func again(err error) bool {
	var r *Refusal
	if errors.As(err, &r) {
		switch r.Status {
		case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return r.Code != string(contract.CodeTooManyTries)
		}
		return false
	}
	return errors.Is(err, ErrNoAnswer)
}

// retry makes tries until one succeeds, fails for good, or there were enough.
func (p *Phone) retry(ctx context.Context, try func() error) error {
	for n := 0; ; n++ {
		err := try()
		if err == nil || !again(err) || ctx.Err() != nil || n+1 >= p.o.Tries {
			return err
		}
		p.count(func(s *Stats) { s.Tries++ })
		if waited := p.o.Sleep(ctx, p.wait(n, err)); waited != nil {
			return errors.Join(err, waited)
		}
	}
}

// wait is how long to wait after the try n failed: a random part of a bound
// that doubles, but never less than the server asked for.
func (p *Phone) wait(n int, err error) time.Duration {
	bound := longestWait
	if n < 7 {
		bound = min(firstWait<<n, longestWait)
	}
	p.mu.Lock()
	d := time.Duration(p.o.Jitter.Int64N(int64(bound)))
	p.mu.Unlock()
	var r *Refusal
	if errors.As(err, &r) {
		d += r.RetryAfter
	}
	return d
}

func (p *Phone) count(f func(*Stats)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.stats)
}

// hello measures the clock and learns the checkpoint keys, once and for all.
func (p *Phone) hello(ctx context.Context) (string, error) {
	sent := p.o.Now()
	a, err := p.once(ctx, request{method: http.MethodGet, path: "/v1/hello"})
	if err != nil {
		return "", err
	}
	var h contract.Hello
	if err := json.Unmarshal(a.body, &h); err != nil {
		return "", fmt.Errorf("%w: read hello: %w", ErrNoAnswer, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.measure(h.ServerTime.Time, sent)
	if len(p.state.Verifiers) == 0 {
		for _, k := range h.CheckpointKeys {
			p.state.Verifiers = append(p.state.Verifiers, k.Vkey)
		}
		return h.Nonce, p.state.write(p.o.Dir)
	}
	return h.Nonce, nil
}

// measure takes the server's time for that of the middle of the exchange. The
// caller holds the lock.
func (p *Phone) measure(server, sent time.Time) {
	middle := sent.Add(p.o.Now().Sub(sent) / 2)
	p.offset, p.measured = server.Sub(middle), true
}

// serverNow is the server's time as well as the handset knows it.
func (p *Phone) serverNow() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.o.Now().Add(p.offset)
}

// withNonce makes a call that is signed over a nonce and proven by the device
// key, with retries.
func (p *Phone) withNonce(ctx context.Context, build func(nonce string) (request, error), out any) error {
	return p.retry(ctx, func() error { return p.tryNonce(ctx, build, out) })
}

// tryNonce is one try, with a nonce from hello, which serves once. Where the
// server wants another one it hands it over, and that one is signed.
func (p *Phone) tryNonce(ctx context.Context, build func(nonce string) (request, error), out any) error {
	nonce, err := p.hello(ctx)
	if err != nil {
		return err
	}
	a, err := p.vouched(ctx, nonce, build)
	var asked *nonceAsked
	if errors.As(err, &asked) && asked.Code == string(contract.CodeUseDPoPNonce) {
		a, err = p.vouched(ctx, asked.nonce, build)
	}
	if err != nil {
		return err
	}
	return a.into(out)
}

// vouched sends a request whose body and proof are made over one nonce.
func (p *Phone) vouched(ctx context.Context, nonce string, build func(nonce string) (request, error)) (*answer, error) {
	r, err := build(nonce)
	if err != nil {
		return nil, err
	}
	now := p.serverNow()
	jti, err := NewID(now, p.o.Random)
	if err != nil {
		return nil, err
	}
	proof, err := Proof(p.key, Claims{Method: r.method, URL: p.o.Server + r.path, Nonce: nonce, ID: jti.String(), At: now})
	if err != nil {
		return nil, err
	}
	r.header = map[string]string{"DPoP": proof}
	return p.once(ctx, r)
}

func (a *answer) into(out any) error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return fmt.Errorf("%w: read answer: %w", ErrNoAnswer, err)
	}
	return nil
}
