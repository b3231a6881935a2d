package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"kendra/api/book"
	"kendra/api/staff"
)

// Of the storm: how many others work beside it, how often each sends and how
// many batches in a round, and what the storm asks a second of a device that
// is given ten.
const (
	stormOthers = 8
	stormPause  = 40 * time.Millisecond
	stormEach   = 60
	stormAsks   = 1000
	stormRates  = "device=10/600,officer=10/600,address=100000/1000000,centre=10000/100000"
)

// storm compares how long the others' batches take while one handset storms
// with how long they take without it.
func (b *bencher) storm(ctx context.Context, phones []*benchPhone) error {
	b.say("one handset storms")
	b.stopServer()
	b.rates = stormRates
	defer func() { b.rates = "off" }()
	if err := b.serve(ctx); err != nil {
		return err
	}
	if err := b.again(ctx, phones[:stormOthers+1]); err != nil {
		return err
	}
	s := &series{name: fmt.Sprintf("p99 of %d phones while one storms with %d requests/s", stormOthers, stormAsks), unit: "ms", against: "without it", bar: 1.2, most: true}
	refused := int64(0)
	for range b.rounds {
		calm, err := b.paced(phones[1 : stormOthers+1])
		if err != nil {
			return err
		}
		end := make(chan struct{})
		var n int64
		var wrong error
		var wg sync.WaitGroup
		wg.Go(func() { n, wrong = b.hammer(phones[0], end) })
		time.Sleep(time.Second) // until its bounds are used up
		stormy, err := b.paced(phones[1 : stormOthers+1])
		close(end)
		wg.Wait()
		if err := errors.Join(err, wrong); err != nil {
			return err
		}
		refused += n
		s.add(ms(stormy.quantile(0.99)), ms(calm.quantile(0.99)))
	}
	b.rows = append(b.rows, s.figure(), figure{Name: "of the storm, turned away with 429 and Retry-After", Value: float64(refused), Unit: "requests"})
	b.stopServer()
	b.rates = "off"
	return b.serve(ctx)
}

// paced sends batches of one op from each phone, at its own pace.
func (b *bencher) paced(phones []*benchPhone) (fired, error) {
	url := b.path("/v1/ops")
	loads, err := prepare(phones, stormEach, 1, url)
	if err != nil {
		return fired{}, err
	}
	for _, l := range loads {
		l.pause = stormPause
	}
	return fire(loads, url)
}

// hammer asks as one handset until the end, and counts how often it is turned
// away as it must be.
func (b *bencher) hammer(p *benchPhone, end <-chan struct{}) (refused int64, err error) {
	proof, err := p.proof(http.MethodGet, b.path("/v1/tasks"))
	if err != nil {
		return 0, err
	}
	client := &fasthttp.HostClient{Addr: b.addr, MaxConns: 16, ReadTimeout: 30 * time.Second}
	var away, bad atomic.Int64
	turn := make(chan struct{}, 16)
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / stormAsks)
	defer tick.Stop()
	for running := true; running; {
		select {
		case <-end:
			running = false
			continue
		case <-tick.C:
		}
		select {
		case turn <- struct{}{}:
		default:
			continue // all its lines are busy
		}
		wg.Go(func() {
			defer func() { <-turn }()
			req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(req)
			defer fasthttp.ReleaseResponse(resp)
			req.SetRequestURI(b.path("/v1/tasks?centre=" + p.centre))
			req.Header.Set("Authorization", "DPoP "+p.token)
			req.Header.Set("DPoP", proof)
			if client.Do(req, resp) != nil {
				bad.Add(1)
				return
			}
			wait, _ := strconv.Atoi(string(resp.Header.Peek("Retry-After")))
			switch {
			case resp.StatusCode() == http.StatusTooManyRequests && wait > 0:
				away.Add(1)
			case resp.StatusCode() != http.StatusOK:
				bad.Add(1)
			}
		})
	}
	wg.Wait()
	if bad.Load() > 0 {
		return away.Load(), fmt.Errorf("the storm got %d other answers", bad.Load())
	}
	return away.Load(), nil
}

func (b *bencher) stormAlone(ctx context.Context, _ int) error {
	seven, err := b.district(ctx, 7, stormOthers+1)
	if err != nil {
		return err
	}
	return b.storm(ctx, seven)
}

// incident measures the pack of a span that holds half of a filled book and a
// hundred thousand reads.
func (b *bencher) incident(ctx context.Context, district int32, centre string, size int) error {
	b.say("incident pack")
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, sql := range []string{
		`UPDATE entries SET received_at = $3::timestamptz + seq * interval '1 second' WHERE district_id = $1 AND centre = $2`,
		`INSERT INTO reads (district_id, centre, seq, op_id, kind, officer_id, post_id, role, case_id, subject_id, fields, reason, guarded, allowed, at)
			SELECT district_id, centre, seq, op_id, 'identity.read', officer_id, post_id, role, case_id, case_id, '["/body/mobile"]', 'call_her', false, false,
				$3::timestamptz + seq * interval '1 second' FROM entries WHERE district_id = $1 AND centre = $2 AND seq % 10 = 0`,
	} {
		if _, err := b.admin.Exec(ctx, sql, district, centre, from); err != nil {
			return fmt.Errorf("fill reads: %w", err)
		}
	}
	if _, err := b.admin.Exec(ctx, `ANALYZE`); err != nil {
		return fmt.Errorf("analyse: %w", err)
	}
	until := from.Add(time.Duration(size/2) * time.Second)
	begun := time.Now()
	trail, err := b.node.staff.Trail(ctx, staff.TrailQuery{District: district, From: from, Until: until})
	if err != nil {
		return err
	}
	found, err := b.node.book.Incident(ctx, book.IncidentQuery{District: district, From: from, Until: until})
	if err != nil {
		return err
	}
	p := &pack{District: district, From: from, Until: until, MadeAt: begun, Trail: trail, Incident: found}
	if err := p.write(b.dir + "/" + uuid.NewString()); err != nil {
		return err
	}
	b.rows = append(b.rows, bound(fmt.Sprintf("incident pack over %d entries with %d reads in the span", size, len(found.Reads)), time.Since(begun).Seconds(), "s", 60))
	return nil
}

func (b *bencher) incidentAlone(ctx context.Context, million int) error {
	seven, err := b.district(ctx, 7, len(twelve))
	if err != nil {
		return err
	}
	loads, err := prepare(ofCentre(seven, "KRW"), 4, 50, b.path("/v1/ops"))
	if err != nil {
		return err
	}
	if _, err := fire(loads, b.path("/v1/ops")); err != nil {
		return err
	}
	b.say("filling one book to %d entries", million)
	if err := b.fill(ctx, 7, "KRW", million); err != nil {
		return err
	}
	return b.incident(ctx, 7, "KRW", million)
}
