package walk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// What a stop is: longer than StopAfter within StopRadius metres.
const (
	StopAfter  = 3 * time.Minute
	StopRadius = 60.0
)

// margin keeps the ends of the duty outside the walk.
const margin = time.Second

// Clock is a handset's clock that can be held at a moment of the walk.
type Clock struct {
	real func() time.Time
	mu   sync.Mutex
	held time.Time
}

// NewClock runs with real until it is held.
func NewClock(real func() time.Time) *Clock { return &Clock{real: real} }

// Now is what the handset shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held.IsZero() {
		return c.real()
	}
	return c.held
}

func (c *Clock) hold(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = at
}

// Shift says who walks, on which handset.
type Shift struct {
	Phone   *phone.Phone // opened with the clock's Now
	Officer *phone.Officer
	Clock   *Clock
	Centre  string
	BeatID  *uuid.UUID
	// PlaceType of every visit; a track doesn't tell. "village" by default.
	PlaceType string
}

// Visit is a stop and what became of it.
type Visit struct {
	Stop    Stop
	Receipt contract.Receipt
}

// Result is what came of a replay.
type Result struct {
	Fixes           int
	Visits          []Visit // one a stop
	Stored, Dropped int     // positions
}

// Entered is how many visits are in the book.
func (r Result) Entered() int {
	n := 0
	for _, v := range r.Visits {
		if v.Receipt.Outcome == contract.OutcomeEntered {
			n++
		}
	}
	return n
}

// Flags counts the doubts about the visits.
func (r Result) Flags() map[string]int {
	out := map[string]int{}
	for _, v := range r.Visits {
		for _, f := range v.Receipt.Flags {
			out[f.Code]++
		}
	}
	return out
}

// Replay walks a track: duty, a visit for each stop, duty's end, then the sync
// and the positions.
func (s Shift) Replay(ctx context.Context, t Track) (Result, error) {
	fixes := slices.Concat(t.Segments...)
	if len(fixes) == 0 {
		return Result{}, ErrNoFixes
	}
	later := s.Clock.Now().Add(-2 * margin).Sub(fixes[len(fixes)-1].At)
	stops := t.Stops(StopAfter, StopRadius)
	ids, err := s.record(fixes, stops, later)
	s.Clock.hold(time.Time{})
	if err != nil {
		return Result{}, fmt.Errorf("replay walk: %w", err)
	}
	if err := s.Phone.Sync(ctx); err != nil {
		return Result{}, fmt.Errorf("replay walk: %w", err)
	}
	r := Result{Fixes: len(fixes)}
	if r.Stored, r.Dropped, err = s.Officer.Positions(ctx, positions(fixes, later)); err != nil {
		if !phone.Refused(err, contract.CodeOffDuty) {
			return r, fmt.Errorf("replay walk: %w", err)
		}
		r.Dropped = len(fixes)
	}
	receipts, err := s.receipts()
	if err != nil {
		return r, fmt.Errorf("replay walk: %w", err)
	}
	for i, id := range ids {
		rec, ok := receipts[id]
		if !ok {
			return r, errors.New("replay walk: a visit has no receipt")
		}
		stops[i].From, stops[i].To = stops[i].From.Add(later), stops[i].To.Add(later)
		r.Visits = append(r.Visits, Visit{stops[i], rec})
	}
	return r, nil
}

// record saves the ops of the walk, each at its time, and gives the visits'.
func (s Shift) record(fixes []TrackFix, stops []Stop, later time.Duration) ([]uuid.UUID, error) {
	s.Clock.hold(fixes[0].At.Add(later - margin))
	foot := contract.VehicleFoot
	duty, err := s.Officer.RecordAt(s.Centre, contract.KindDutyStart, contract.DutyStart{Vehicle: &foot}, placeOf(fixes[0], later))
	if err != nil {
		return nil, err
	}
	kind := s.PlaceType
	if kind == "" {
		kind = "village"
	}
	var ids []uuid.UUID
	for _, stop := range stops {
		s.Clock.hold(stop.To.Add(later))
		at := TrackFix{Point: stop.Point, At: stop.To, AccuracyM: assumedAccuracyM}
		id, err := s.Officer.RecordAt(s.Centre, contract.KindVisitRecord, contract.VisitRecord{
			BeatID: s.BeatID, StartedAt: contract.At(stop.From.Add(later)), EndedAt: contract.At(stop.To.Add(later)), PlaceType: kind,
		}, placeOf(at, later))
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	last := fixes[len(fixes)-1]
	s.Clock.hold(last.At.Add(later + margin))
	_, err = s.Officer.RecordAt(s.Centre, contract.KindDutyEnd, contract.DutyEnd{StartID: duty}, placeOf(last, later))
	return ids, err
}

func placeOf(f TrackFix, later time.Duration) *contract.Place {
	gps := contract.ProviderGps
	return &contract.Place{
		Lat: f.Lat, Lon: f.Lon, AccuracyM: f.AccuracyM, FixAt: contract.AtPtr(f.At.Add(later)), Provider: &gps,
	}
}

func positions(fixes []TrackFix, later time.Duration) []contract.Fix {
	gps := contract.ProviderGps
	out := make([]contract.Fix, len(fixes))
	for i, f := range fixes {
		out[i] = contract.Fix{
			At: contract.At(f.At.Add(later)), Lat: f.Lat, Lon: f.Lon, AccuracyM: f.AccuracyM, Provider: &gps,
		}
	}
	return out
}

func (s Shift) receipts() (map[uuid.UUID]contract.Receipt, error) {
	all, err := s.Phone.Receipts()
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]contract.Receipt, len(all))
	for _, r := range all {
		if r.OpID != nil {
			out[*r.OpID] = r
		}
	}
	return out, nil
}
