package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/cmd/phones/fleet"
	"kendra/cmd/phones/walk"
	"kendra/geo"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

const (
	// assumedEvery is between the fixes of a track that tells no times.
	assumedEvery = 5 * time.Second
	// farKM is how far from the walker's station a track may begin and still
	// be of this district.
	farKM = 60
)

// openTrack reads the recorded walk before anything is started for it. Without
// a path it is empty.
func openTrack(path string, say io.Writer) (walk.Track, error) {
	if path == "" {
		return walk.Track{}, nil
	}
	t, err := readTrack(path)
	if errors.Is(err, walk.ErrNoTimes) {
		fmt.Fprintf(say, "%s tells no times: one fix every %v is assumed\n", filepath.Base(path), assumedEvery)
		t, err = readTrack(path, walk.AssumeInterval(time.Now(), assumedEvery))
	}
	if err != nil {
		return t, fmt.Errorf("read walk %s: %w", path, err)
	}
	return t, nil
}

func readTrack(path string, options ...walk.GPXOption) (walk.Track, error) {
	file, err := os.Open(path)
	if err != nil {
		return walk.Track{}, err
	}
	defer func() { _ = file.Close() }()
	return walk.ParseGPX(file, options...)
}

// walked is what came of the recorded walk.
type walked struct {
	walk.Result
	moved  bool
	stats  phone.Stats
	alarms []phone.Alarm
	acked  []fleet.Acked
}

// replay has the walker walk the track on a handset of her own.
func (d *demo) replay(ctx context.Context, t walk.Track) (*walked, error) {
	w := &walked{}
	home := d.world.Centres[0] // the first station, where the guests have their posts
	start, err := geo.NewPoint(home.Lat, home.Lon)
	if err != nil {
		return nil, err
	}
	if geo.Distance(start, t.Segments[0][0].Point) > farKM*1000 {
		w.moved = true
		if t, err = t.MoveTo(start); err != nil {
			return nil, fmt.Errorf("move walk: %w", err)
		}
	}
	clock := walk.NewClock(d.clock.now)
	p, err := phone.Open(phone.Options{
		Dir: filepath.Join(d.dir, "walker"), Server: d.url, Client: &http.Client{Transport: d.wire}, Now: clock.Now, Label: "walker",
		Sleep: func(ctx context.Context, span time.Duration) error { return pause(ctx, span/demoSpeed) },
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = p.Close() }()
	o, err := d.letIn(ctx, p, d.world.walker)
	if err != nil {
		return nil, fmt.Errorf("let the walker in: %w", err)
	}
	shift := walk.Shift{Phone: p, Officer: o, Clock: clock, Centre: d.world.walker.Centre, BeatID: d.world.walker.BeatID}
	if w.Result, err = shift.Replay(ctx, t); err != nil {
		return nil, err
	}
	if err := p.Sync(ctx); err != nil { // reads the feed up to the walk's own lines
		return nil, err
	}
	w.stats, w.alarms = p.Stats(), p.Alarms()
	w.acked, err = acked(p)
	return w, err
}

func (d *demo) letIn(ctx context.Context, p *phone.Phone, o fleet.Officer) (*phone.Officer, error) {
	code, err := d.world.EnrolCode(ctx, o.Centre)
	if err != nil {
		return nil, err
	}
	if err := p.Enrol(ctx, code); err != nil {
		return nil, err
	}
	if err := p.SetPIN(ctx, o.Number, o.Activation, fleet.PINOf(o.Number)); err != nil {
		return nil, err
	}
	return p.LogIn(ctx, o.Number, fleet.PINOf(o.Number))
}

// acked are the receipts of a handset as the checker wants them.
func acked(p *phone.Phone) ([]fleet.Acked, error) {
	receipts, err := p.Receipts()
	if err != nil {
		return nil, err
	}
	last := map[uuid.UUID]fleet.Acked{} // a held op has a second receipt
	for _, r := range receipts {
		if r.OpID == nil || r.Outcome == contract.OutcomeRefused {
			continue
		}
		last[*r.OpID] = fleet.Acked{
			OpID: *r.OpID, Centre: orZero(r.Centre), Held: r.Outcome == contract.OutcomeHeld, Seq: orZero(r.Seq),
			OpHash: orZero(r.OpHash), LeafHash: orZero(r.LeafHash), Lines: r.Lines,
		}
	}
	var out []fleet.Acked
	for _, a := range last {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b fleet.Acked) int { return int(a.Seq - b.Seq) })
	return out, nil
}

func orZero[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

// pause waits, unless the context ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(max(d, 10*time.Millisecond))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
