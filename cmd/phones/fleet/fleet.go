package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// atOnce is how many handsets enrol or settle at a time: a server that hashes
// PINs does not get quicker by being asked more.
const atOnce = 8

// Fleet is a plan being carried out.
type Fleet struct {
	world    World
	plan     Plan
	begin    time.Time
	handsets []*handset
	byToken  map[string]*handset

	mu      sync.Mutex
	report  Report
	acked   map[uuid.UUID]*Acked
	about   map[uuid.UUID]uuid.UUID // op to its task
	tasks   map[uuid.UUID]*taskTimes
	refused map[uuid.UUID]string
	told    *Told
	running bool

	meetings map[uuid.UUID]spot // by beat, where its two go
}

// New draws a fleet from the world and the plan.
func New(w World, p Plan) (*Fleet, error) {
	p = p.withDefaults()
	list, err := crews(w, p.Phones)
	if err != nil {
		return nil, err
	}
	f := &Fleet{
		world: w, plan: p, begin: p.Now(), byToken: map[string]*handset{}, acked: map[uuid.UUID]*Acked{},
		about: map[uuid.UUID]uuid.UUID{}, tasks: map[uuid.UUID]*taskTimes{}, refused: map[uuid.UUID]string{}, meetings: map[uuid.UUID]spot{},
		report: Report{Refusals: map[string]int{}, Troubles: map[string]int{}, Failures: map[string]int{}},
	}
	shift := len(list)
	for _, o := range w.Cast {
		list = append(list, crew{centre: centreOf(w, o.Centre), officers: []Officer{o}})
	}
	for n, c := range list {
		h := f.newHandset(n, c)
		h.cast = n >= shift
		f.handsets = append(f.handsets, h)
		f.byToken[token(p.Seed, n)] = h
	}
	f.pair()
	if p.Cheat {
		f.cheat()
	}
	f.report.Phones = len(f.handsets)
	return f, nil
}

// Run carries out a plan from enrolment to the last receipt.
func Run(ctx context.Context, w World, p Plan) (Report, error) {
	f, err := New(w, p)
	if err != nil {
		return Report{}, err
	}
	return f.Run(ctx)
}

// OnWake is what a push does: the handset with that token syncs as soon as it
// has a network. A push for a token of nobody is ignored, and told.
func (f *Fleet) OnWake(token, _ string) bool {
	f.mu.Lock()
	h, ok := f.byToken[token]
	ok = ok && f.running
	if ok {
		f.report.PushesDelivered++
	}
	f.mu.Unlock()
	if !ok {
		return false
	}
	select {
	case h.wakes <- struct{}{}:
	default: // it is awake already
	}
	return true
}

// Run sets the handsets up, lets them work, and waits until all of it has
// arrived. The report holds what is known even when there is an error.
func (f *Fleet) Run(ctx context.Context) (Report, error) {
	if err := f.each(ctx, atOnce, (*handset).setUp); err != nil {
		return f.Report(), fmt.Errorf("set up fleet: %w", err)
	}
	defer f.close()
	length := time.Duration(f.plan.Minutes) * time.Minute
	f.begin = f.plan.Now()
	for _, h := range f.handsets {
		h.clock.begin = f.begin
		if h.cast {
			continue
		}
		if !f.plan.Calm {
			h.planTroubles(f.begin, length)
			h.line.setCalm(false)
		}
		h.planShift(length)
	}
	f.setRunning(true)
	stop := f.tell(ctx)
	err := f.each(ctx, len(f.handsets)+1, func(h *handset, ctx context.Context) error {
		if !h.cast {
			return h.work(ctx, length)
		}
		if h.who.Role != castRoles[0] {
			return nil
		}
		return f.tellStory(ctx) // one of the cast leads
	})
	f.setRunning(false)
	if err == nil {
		err = f.settle(ctx)
	}
	stop()
	if err != nil {
		return f.Report(), fmt.Errorf("run fleet: %w", err)
	}
	return f.Report(), nil
}

// tellStory carries the story out and keeps what it came to.
func (f *Fleet) tellStory(ctx context.Context) error {
	s, err := f.newStory()
	if err != nil {
		return err
	}
	err = s.tell(ctx)
	f.mu.Lock()
	f.told = s.result
	f.mu.Unlock()
	return err
}

func centreOf(w World, code string) Centre {
	for _, c := range w.Centres {
		if c.Code == code {
			return c
		}
	}
	return Centre{Code: code}
}

func (f *Fleet) setRunning(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = on
}

// settle goes round twice: the second time every handset sees what the others
// brought in the first.
func (f *Fleet) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, f.plan.Settle)
	defer cancel()
	for range 2 {
		if err := f.each(ctx, atOnce, (*handset).settle); err != nil {
			return err
		}
	}
	return nil
}

// each does something with every handset, a few at a time.
func (f *Fleet) each(ctx context.Context, atOnce int, do func(*handset, context.Context) error) error {
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	errs := make([]error, len(f.handsets))
	for i, h := range f.handsets {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = do(h, ctx)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (f *Fleet) close() {
	for _, h := range f.handsets {
		_ = h.phone.Close()
	}
}

// tell reports progress until it is stopped.
func (f *Fleet) tell(ctx context.Context) (stop func()) {
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
				f.plan.Progress(f.Report())
			}
		}
	}()
	return sync.OnceFunc(func() { close(done); <-over })
}

// sleep waits as long as d is in the world, but never so short that a handset
// spins.
func (f *Fleet) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(max(time.Duration(float64(d)/f.plan.Speed), 10*time.Millisecond))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (f *Fleet) count(do func(*Report)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do(&f.report)
}

// failed counts a sync that did not go through.
func (f *Fleet) failed(_ *handset, err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	what := "no answer"
	var r *phone.Refusal
	switch {
	case errors.As(err, &r):
		what = r.Code
	case errors.Is(err, phone.ErrNotTheSameBook):
		what = "proof"
	case !errors.Is(err, phone.ErrNoAnswer):
		what = err.Error()
	}
	f.count(func(rep *Report) { rep.Failures[what]++ })
}

func (f *Fleet) record(
	o *phone.Officer, centre string, kind contract.Kind, body any, at *contract.Place,
) (uuid.UUID, error) {
	id, err := o.RecordAt(centre, kind, f.plan.Mark(kind, body), at)
	if err != nil {
		return id, fmt.Errorf("record: %w", err)
	}
	return id, nil
}

// recordTask records an op and remembers which task it is of.
func (f *Fleet) recordTask(h *handset, kind contract.Kind, task uuid.UUID, body any) (uuid.UUID, error) {
	id, err := h.record(kind, body)
	if err != nil {
		return id, err
	}
	if task == uuid.Nil {
		task = id
	}
	f.mu.Lock()
	f.about[id] = task
	f.mu.Unlock()
	return id, nil
}

// Report gives the counts as they stand.
func (f *Fleet) Report() Report {
	var s phone.Stats
	alarms := []string(nil)
	troubles := map[string]int{}
	for _, h := range f.handsets {
		if h.phone == nil {
			continue
		}
		add(&s, h.phone.Stats())
		for _, a := range h.phone.Alarms() {
			alarms = append(alarms, fmt.Sprintf("handset %d, %s %d: %s", h.n, a.Centre, a.Seq, a.What))
		}
		h.line.mu.Lock()
		for k, n := range h.line.did {
			troubles[k] += n
		}
		h.line.mu.Unlock()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.report
	r.Refusals, r.Failures, r.Troubles = maps.Clone(r.Refusals), maps.Clone(r.Failures), troubles
	r.fill(s, alarms)
	r.Told = f.told
	r.fillTasks(slices.Collect(maps.Values(f.tasks)))
	for _, a := range f.acked {
		r.Acked = append(r.Acked, *a)
		if a.Held {
			r.Held++
		}
	}
	slices.SortFunc(r.Acked, compareAcked)
	return r
}
