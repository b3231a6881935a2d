package fleet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// mostPatience is how often a handset waits for its turn to log in.
const mostPatience = 30

// clock is that of a handset: off, and running a little fast or slow.
type clock struct {
	offset time.Duration
	drift  float64
	begin  time.Time
	world  func() time.Time
}

func (c *clock) now() time.Time {
	t := c.world()
	return t.Add(c.offset + time.Duration(float64(t.Sub(c.begin))*c.drift))
}

// handset is one phone of the fleet and the people who carry it. Its agenda is
// worked by one goroutine.
type handset struct {
	f       *Fleet
	n       int
	crew    crew
	rng     *rand.Rand
	clock   clock
	line    *line
	agenda  agenda
	phone   *phone.Phone
	officer *phone.Officer // nil between two
	who     Officer
	wakes   chan struct{}
	cast    bool // of the story

	duty     *uuid.UUID
	briefed  *uuid.UUID
	lat, lon float64
	moved    time.Time // when it was last known to be there, by its clock; zero: not yet
	due      []spot    // of the places that are owed most, those not seen yet
	goal     *spot     // where she is going, or is
	mate     *handset  // of the same beat
	follows  bool      // her mate leads
	cheat    int       // which of its officers makes up where she is; 0: none
	fixes    []contract.Fix
	jobs     map[uuid.UUID]*job
	sent     []uuid.UUID // tasks sent from here

	briefedOn string // of a fleet that stays: the day of the last briefing
	taken     int    // of a fleet that stays: complaints at the desk

	newsMu sync.Mutex
	news   []contract.FeedLine
}

func (f *Fleet) newHandset(n int, c crew) *handset {
	h := &handset{
		f: f, n: n, crew: c, rng: seeded(f.plan.Seed, "handset", n), who: c.officers[0],
		wakes: make(chan struct{}, 1), jobs: map[uuid.UUID]*job{},
		line: &line{
			next: f.plan.Transport, now: f.plan.Now, rng: seeded(f.plan.Seed, "line", n), calm: true, did: map[string]int{},
		},
		clock: clock{world: f.plan.Now, begin: f.begin},
	}
	h.lat, h.lon = h.home()
	return h
}

func (h *handset) home() (lat, lon float64) {
	if h.who.Lat != 0 || h.who.Lon != 0 {
		return h.who.Lat, h.who.Lon
	}
	return h.crew.centre.Lat, h.crew.centre.Lon
}

// setUp enrols the handset, gives its people their PINs and lets the first in.
// Troubles come later: a one-time code serves once.
func (h *handset) setUp(ctx context.Context) error {
	var err error
	h.phone, err = phone.Open(phone.Options{
		Dir: filepath.Join(h.f.plan.Dir, fmt.Sprintf("phone-%03d", h.n)), Server: h.f.plan.Server,
		Client: &http.Client{Transport: h.line}, Now: h.clock.now, Sleep: h.f.sleep, Tries: h.f.plan.Tries,
		Jitter: seeded(h.f.plan.Seed, "jitter", h.n), OnLine: h.read, OnReceipt: h.answered,
	})
	if err != nil {
		return fmt.Errorf("handset %d: %w", h.n, err)
	}
	if !h.phone.Enrolled() {
		code, err := h.f.world.EnrolCode(ctx, h.crew.centre.Code)
		if err != nil {
			return fmt.Errorf("handset %d: %w", h.n, err)
		}
		if err := h.patiently(ctx, func() error { return h.phone.Enrol(ctx, code) }); err != nil {
			return fmt.Errorf("handset %d: %w", h.n, err)
		}
		for _, o := range h.crew.officers {
			if o.Activation == "" {
				continue
			}
			err := h.patiently(ctx, func() error { return h.phone.SetPIN(ctx, o.Number, o.Activation, o.pin()) })
			if err != nil {
				return fmt.Errorf("handset %d: officer %s: %w", h.n, o.Number, err)
			}
		}
	}
	return h.letIn(ctx, 0)
}

// patiently waits where the server says that there were too many tries: a whole
// fleet has one address.
func (h *handset) patiently(ctx context.Context, do func() error) error {
	for n := 1; ; n++ {
		err := do()
		var r *phone.Refusal
		if n == mostPatience || !phone.Refused(err, contract.CodeTooManyTries) || !errors.As(err, &r) {
			return err
		}
		if err := h.f.sleep(ctx, r.RetryAfter+between(h.rng, 0, 3*time.Second)); err != nil {
			return err
		}
	}
}

func (o Officer) pin() string {
	if o.PIN != "" {
		return o.PIN
	}
	return PINOf(o.Number)
}

func (h *handset) letIn(ctx context.Context, i int) error {
	o := h.crew.officers[i]
	var in *phone.Officer
	err := h.patiently(ctx, func() (err error) {
		in, err = h.phone.LogIn(ctx, o.Number, o.pin())
		return err
	})
	if err != nil {
		return fmt.Errorf("handset %d: officer %s: %w", h.n, o.Number, err)
	}
	h.officer, h.who = in, o
	h.learn(ctx)
	if err := in.PushToken(ctx, token(h.f.plan.Seed, h.n)); err != nil {
		return fmt.Errorf("handset %d: %w", h.n, err)
	}
	return nil
}

// handOver logs one officer out and the next in. Without a network the first
// goes home all the same, and the next has to wait for it.
func (h *handset) handOver(ctx context.Context, next int) error {
	if h.officer != nil {
		_ = h.officer.LogOut(ctx) // it counts on the handset, with or without the server
		h.officer, h.jobs = nil, map[uuid.UUID]*job{}
	}
	if next != h.position() {
		h.moved, h.goal, h.fixes = time.Time{}, nil, nil // another begins where her own beat is
	}
	if err := h.letIn(ctx, next); err != nil {
		if !mayPass(err) {
			return err
		}
		h.later(20*time.Second, func(ctx context.Context) error { return h.handOver(ctx, next) })
	}
	return nil
}

// mayPass tells whether a call failed for a reason that is the server's and may
// be over in a while.
func mayPass(err error) bool {
	var r *phone.Refusal
	if errors.As(err, &r) {
		return r.Status >= http.StatusInternalServerError || r.Code == string(contract.CodeTooManyTries)
	}
	return errors.Is(err, phone.ErrNoAnswer)
}

// since is how long the shift has lasted, by the plan.
func (h *handset) since() time.Duration {
	return time.Duration(float64(h.f.plan.Now().Sub(h.f.begin)) * h.f.plan.Pace)
}

func (h *handset) later(d time.Duration, do func(context.Context) error) {
	h.agenda.add(h.since()+d, do)
}

// work does what the agenda says until the shift is over.
func (h *handset) work(ctx context.Context, length time.Duration) error {
	for ctx.Err() == nil {
		d, ok := h.agenda.next()
		if !ok || d.at > length {
			return nil
		}
		if wait := d.at - h.since(); wait > 0 {
			if h.rest(ctx, wait) {
				if err := h.sync(ctx); err != nil {
					return err
				}
			}
			continue
		}
		h.agenda.pop()
		err := d.do(ctx)
		if phone.IsLoggedOut(err) {
			// The server ended the session meanwhile: she logs in again and does it then.
			h.later(10*time.Second, d.do)
			err = h.handOver(ctx, h.position())
		}
		if err != nil {
			return fmt.Errorf("handset %d: %w", h.n, err)
		}
	}
	return ctx.Err()
}

// rest waits, and tells whether the handset was woken.
func (h *handset) rest(ctx context.Context, wait time.Duration) bool {
	t := time.NewTimer(time.Duration(float64(wait) / h.f.plan.Speed / h.f.plan.Pace))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-h.wakes:
		return h.line.alive()
	}
	return false
}

// sync is what a handset does every few minutes. That the server can't be
// reached is no failure of the simulation.
func (h *handset) sync(ctx context.Context) error {
	if h.officer == nil || !h.line.alive() {
		return nil
	}
	err := h.phone.Sync(ctx)
	h.f.failed(h, err)
	if phone.IsLoggedOut(err) {
		return h.handOver(ctx, h.position())
	}
	h.sendFixes(ctx)
	return h.takeNews(ctx)
}

func (h *handset) position() int {
	for i, o := range h.crew.officers {
		if o.Number == h.who.Number {
			return i
		}
	}
	return 0
}

// settle brings everything home after the shift.
func (h *handset) settle(ctx context.Context) error {
	h.line.setCalm(true)
	var err error
	for ctx.Err() == nil {
		if h.officer == nil {
			err = h.letIn(ctx, len(h.crew.officers)-1)
		}
		if err == nil {
			h.phone.AskHeld()
			err = h.phone.Sync(ctx)
			h.sendFixes(ctx)
		}
		if err == nil && h.phone.Waiting() == 0 {
			return nil
		}
		if waited := h.f.sleep(ctx, time.Duration(10*float64(time.Second)/h.f.plan.Pace)); waited != nil {
			break
		}
		err = nil
	}
	return fmt.Errorf("handset %d: %d ops did not arrive: %w", h.n, h.phone.Waiting(), errors.Join(err, ctx.Err()))
}

// record saves an op. A refusal by the contract is a fault of the simulation.
func (h *handset) record(kind contract.Kind, body any) (uuid.UUID, error) {
	return h.f.record(h.officer, h.who.Centre, kind, body, h.place())
}

func (h *handset) place() *contract.Place {
	gps, at := contract.ProviderGps, contract.AtPtr(h.clock.now())
	return &contract.Place{
		Lat: round6(h.lat), Lon: round6(h.lon), AccuracyM: h.accuracy(), FixAt: at, Provider: &gps, Mock: h.mock(),
	}
}

// accuracy is better where somebody stands.
func (h *handset) accuracy() float64 {
	if h.goal != nil {
		return float64(4 + h.rng.IntN(9))
	}
	return float64(4 + h.rng.IntN(30))
}

// mock is what the phone's system says of a position that is made up.
func (h *handset) mock() *bool {
	if h.cheat > 0 && h.position() == h.cheat {
		return ptr(true)
	}
	return nil
}

func round6(x float64) float64 { return math.Round(x*1e6) / 1e6 }

// walk goes on to where she is going, or else to somewhere near where she works.
func (h *handset) walk(km float64) {
	lat, lon := h.home()
	if h.goal != nil {
		lat, lon = h.goal.lat, h.goal.lon
	} else {
		lat, lon = pointNear(h.rng, lat, lon, km)
	}
	h.advance(lat, lon)
}

func (h *handset) noteFix(context.Context) error {
	if h.duty == nil || len(h.fixes) > 2000 {
		return nil
	}
	if h.goal != nil {
		h.advance(h.goal.lat, h.goal.lon)
	} else {
		h.advance(pointNear(h.rng, h.lat, h.lon, 0.05))
	}
	h.fixes = append(h.fixes, contract.Fix{
		At: contract.At(h.clock.now()), Lat: round6(h.lat), Lon: round6(h.lon), AccuracyM: h.accuracy(), Mock: h.mock(),
	})
	return nil
}

func (h *handset) sendFixes(ctx context.Context) {
	if len(h.fixes) == 0 || h.officer == nil || !h.line.alive() {
		return
	}
	stored, dropped, err := h.officer.Positions(ctx, h.fixes)
	h.f.count(func(r *Report) { r.PositionsStored += stored; r.PositionsDropped += dropped })
	if err == nil || phone.Refused(err, contract.CodeOffDuty) {
		h.fixes = nil
		return
	}
	h.f.failed(h, err)
}
