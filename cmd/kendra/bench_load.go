package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// benchPhone is an officer on a handset with a connection of his own.
type benchPhone struct {
	district int32
	centre   string
	device   *ecdsa.PrivateKey
	deviceID uuid.UUID
	key      *ecdsa.PrivateKey
	jwk      contract.JWK
	session  uuid.UUID
	number   string
	token    string
	http     *fasthttp.HostClient
	seq      int64
}

const benchPIN = "739146"

// newBenchPhone enrols a handset, activates an officer and logs him in.
func newBenchPhone(ctx context.Context, s *staff.Service, addr string, district int32, centre, number string) (*benchPhone, error) {
	p := &benchPhone{
		district: district, centre: centre, number: number,
		http: &fasthttp.HostClient{Addr: addr, MaxConns: 1, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second},
	}
	var err error
	if p.device, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, fmt.Errorf("make device key: %w", err)
	}
	jwk, err := contract.NewJWK(&p.device.PublicKey)
	if err != nil {
		return nil, err
	}
	code, err := s.IssueEnrolCode(ctx, district, centre)
	if err != nil {
		return nil, err
	}
	nonce := s.Nonce()
	out, err := s.Enrol(ctx, staff.EnrolIn{
		Code: code.Text, PublicKey: jwk, Nonce: nonce, Sig: p.sign(contract.EnrolMessage(string(code.Text), nonce, jwk.Thumbprint())),
		Proof: vouch(p.device, nonce),
	})
	if err != nil {
		return nil, err
	}
	p.deviceID = out.DeviceID
	act, err := s.IssueActivationCode(ctx, district, number)
	if err != nil {
		return nil, err
	}
	nonce = s.Nonce()
	err = s.SetPIN(ctx, staff.SetPINIn{
		District: district, DeviceID: p.deviceID, OfficerNo: number, ActivationCode: act.Text, NewPIN: benchPIN, Nonce: nonce,
		Sig:   p.sign(contract.PinMessage(district, p.deviceID.String(), number, string(act.Text), benchPIN, nonce)),
		Proof: vouch(p.device, nonce),
	})
	if err != nil {
		return nil, err
	}
	return p, p.logIn(ctx, s)
}

// vouch is the handset's proof of a call that is not made over the network.
func vouch(key *ecdsa.PrivateKey, nonce string) staff.CallProof {
	const place = "https://kendra.example/v1/sessions"
	text, err := phone.Proof(key, phone.Claims{Method: http.MethodPost, URL: place, Nonce: nonce, ID: uuid.NewString(), At: time.Now()})
	if err != nil {
		return staff.CallProof{} // is refused
	}
	return staff.CallProof{Text: text, Method: http.MethodPost, URL: place}
}

func (p *benchPhone) sign(msg []byte) string {
	sig, err := contract.SignES256(p.device, msg)
	if err != nil {
		return ""
	}
	return contract.Encode(sig)
}

// logIn begins a session; access tokens live ten minutes, so each state of the
// bench begins with one.
func (p *benchPhone) logIn(ctx context.Context, s *staff.Service) error {
	var err error
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return fmt.Errorf("make session key: %w", err)
	}
	if p.jwk, err = contract.NewJWK(&p.key.PublicKey); err != nil {
		return err
	}
	nonce := s.Nonce()
	in, err := s.LogIn(ctx, staff.LogInIn{
		District: p.district, DeviceID: p.deviceID, OfficerNo: p.number, PIN: benchPIN, SessionKey: p.jwk, Nonce: nonce,
		Sig:   p.sign(contract.SessionMessage(p.district, p.deviceID.String(), p.number, benchPIN, p.jwk.Thumbprint(), nonce)),
		Proof: vouch(p.device, nonce),
	})
	if err != nil {
		return err
	}
	p.session, p.token = in.SessionID, string(in.Access)
	return nil
}

// proof makes a DPoP proof of one call.
func (p *benchPhone) proof(method, url string) (string, error) {
	sum := contract.HashOp([]byte(p.token))
	t := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"htm": method, "htu": url, "iat": time.Now().Unix(), "jti": uuid.NewString(), "ath": contract.Encode(sum[:]),
	})
	t.Header["typ"], t.Header["jwk"] = "dpop+jwt", p.jwk
	return t.SignedString(p.key)
}

// op makes and signs one op: three visits in four have a place, one in four an
// observation to be sealed; every fourth op is a chaupal.
func (p *benchPhone) op(i int) (string, error) {
	now := time.Now()
	visit := contract.VisitRecord{
		StartedAt: contract.At(now.Add(-20 * time.Minute)), EndedAt: contract.At(now), PlaceType: "village", Women: 12, Girls: 5,
		IsChaupal: i%4 == 3, Topics: []string{"helplines", "cyber_safety"},
	}
	if i%4 == 1 {
		text := "गाँव में नशे की शिकायत मिली, प्रधान से बात की गयी"
		visit.Observation = &text
	}
	var place *contract.Place
	if i%4 != 0 {
		place = &contract.Place{Lat: 25.2 + float64(i%100)/1000, Lon: 80.9 + float64(i%77)/1000, AccuracyM: 12}
	}
	return p.signed(contract.KindVisitRecord, visit, place)
}

// randomInto fills a salt.
func randomInto(b []byte) { _, _ = rand.Read(b) } // never fails

// load is what one connection sends: bodies signed beforehand, each with its
// proof.
type load struct {
	phone  *benchPhone
	bodies [][]byte
	proofs []string
	pause  time.Duration // after each answer
	every  time.Duration // from the sending of one to that of the next, if they are paced
}

// prepare signs batches of visits for all phones, in parallel.
func prepare(phones []*benchPhone, batches, size int, url string) ([]*load, error) {
	return prepareOf(phones, batches, size, url, (*benchPhone).op)
}

// prepareOf is prepare of ops of another kind.
func prepareOf(
	phones []*benchPhone, batches, size int, url string, op func(*benchPhone, int) (string, error),
) ([]*load, error) {
	loads := make([]*load, len(phones))
	errs := make([]error, len(phones))
	var wg sync.WaitGroup
	for i, p := range phones {
		wg.Go(func() {
			loads[i] = &load{phone: p}
			errs[i] = loads[i].fill(batches, size, url, op)
		})
	}
	wg.Wait()
	return loads, errors.Join(errs...)
}

// sentAtHead begins a batch; the time after it is set when it is sent.
const sentAtHead = `{"sent_at":"`

func (l *load) fill(batches, size int, url string, op func(*benchPhone, int) (string, error)) error {
	for range batches {
		b := []byte(sentAtHead + contract.At(time.Now()).String() + `","items":[`)
		for i := range size {
			item, err := op(l.phone, i)
			if err != nil {
				return err
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, item...)
		}
		l.bodies = append(l.bodies, append(b, `]}`...))
	}
	return l.prove(url)
}

// prove makes new proofs for the same bodies.
func (l *load) prove(url string) error {
	l.proofs = l.proofs[:0]
	for range l.bodies {
		proof, err := l.phone.proof("POST", url)
		if err != nil {
			return err
		}
		l.proofs = append(l.proofs, proof)
	}
	return nil
}

// fired is what one run of loads came to.
type fired struct {
	took    time.Duration
	each    []time.Duration // by request, sorted
	entered int
}

func (f fired) perSecond() float64 { return float64(f.entered) / f.took.Seconds() }

func (f fired) quantile(q float64) time.Duration {
	if len(f.each) == 0 {
		return 0
	}
	return f.each[min(len(f.each)-1, int(q*float64(len(f.each))))]
}

// fire sends all loads at once and waits for every answer.
func fire(loads []*load, url string) (fired, error) {
	var mu sync.Mutex
	var out fired
	errs := make([]error, len(loads))
	start := time.Now()
	var wg sync.WaitGroup
	for i, l := range loads {
		wg.Go(func() {
			each, n, err := l.send(url)
			mu.Lock()
			defer mu.Unlock()
			out.each, out.entered, errs[i] = append(out.each, each...), out.entered+n, err
		})
	}
	wg.Wait()
	out.took = time.Since(start)
	slices.Sort(out.each)
	return out, errors.Join(errs...)
}

var enteredMark = []byte(`"outcome":"entered"`)

func (l *load) send(url string) ([]time.Duration, int, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	each, entered := make([]time.Duration, 0, len(l.bodies)), 0
	for i, body := range l.bodies {
		req.SetRequestURI(url)
		req.Header.SetMethod("POST")
		req.Header.SetContentType("application/json")
		req.Header.Set("Authorization", "DPoP "+l.phone.token)
		req.Header.Set("DPoP", l.proofs[i])
		if bytes.HasPrefix(body, []byte(sentAtHead)) {
			copy(body[len(sentAtHead):], contract.At(time.Now()).String())
		}
		req.SetBodyRaw(body)
		start := time.Now()
		for tries := 0; ; tries++ {
			if err := l.phone.http.Do(req, resp); err != nil {
				return each, entered, fmt.Errorf("post: %w", err)
			}
			if resp.StatusCode() != fasthttp.StatusServiceUnavailable || tries == 20 {
				break
			}
			time.Sleep(200 * time.Millisecond) // turned away: the same batch again, as a phone would
		}
		each = append(each, time.Since(start))
		if resp.StatusCode() != fasthttp.StatusOK {
			return each, entered, fmt.Errorf("post: %d %s", resp.StatusCode(), resp.Body())
		}
		entered += count(resp.Body(), enteredMark)
		time.Sleep(max(l.pause, time.Until(start.Add(l.every))))
	}
	return each, entered, nil
}
