package history

import (
	"context"
	"fmt"
	"time"

	contract "kendra/mobile-contract"
)

// Plan says how big a history is.
type Plan struct {
	Seed     int64
	Days     int // 60 by default
	Stations int // of the built-in twelve, all by default
	// Scale is how much happens: 1 is what a district of this size sees when all
	// of it is recorded, the default.
	Scale float64
	// WomenArrested are so many of a hundred who are arrested; 0 is 9.
	WomenArrested float64
	// Squads and Beats are how many a station has: two and four by default.
	Squads, Beats int
	// Start is the first day; by default one from which sixty days see a new
	// year begin, and the serials of the registers with it.
	Start time.Time
	// Progress is told how far things are, once a day.
	Progress func(Day)
	// Mark, if set, is given the body of each op before it is written and may put
	// marks into it, for which leaks are searched afterwards.
	Mark func(kind contract.Kind, body any) any
}

// Day is how far a history is after a day.
type Day struct {
	N                      int
	Date                   string
	Entered, Refused, Held int
	Complaints             int
}

// DefaultStart is the day on which a history begins unless its plan says
// otherwise: a Monday.
var DefaultStart = time.Date(2026, 11, 16, 0, 0, 0, 0, ist)

func (p Plan) withDefaults() Plan {
	if p.Days == 0 {
		p.Days = 60
	}
	if p.Stations == 0 {
		p.Stations = 12
	}
	if p.Scale == 0 {
		p.Scale = 1
	}
	if p.WomenArrested == 0 {
		p.WomenArrested = 9
	}
	if p.Squads == 0 {
		p.Squads = 2
	}
	if p.Beats == 0 {
		p.Beats = 4
	}
	if p.Start.IsZero() {
		p.Start = DefaultStart
	}
	p.Start = midnight(p.Start)
	if p.Progress == nil {
		p.Progress = func(Day) {}
	}
	if p.Mark == nil {
		p.Mark = func(_ contract.Kind, body any) any { return body }
	}
	return p
}

// sim is a history under way.
type sim struct {
	site     *Site
	plan     Plan
	stations []*station
	hq       *station
	circle   map[string]*officer // circle officers
	agenda   agenda
	at       time.Time // of the event, or of the answer
	failed   error     // an op that could not be written
	added    map[string]time.Time
	numbers  []string // of women who came
	lives    int
	living   []*life
	women    int             // arrested so far
	ctx      context.Context // of the run: events have no other way to it
	sum      *Summary
}

// quarter is how far the clock is moved at a time.
const quarter = 15 * time.Minute

// Run makes up a history. The district must be new: without books.
func Run(ctx context.Context, site *Site, plan Plan) (*Summary, error) {
	began := time.Now()
	s := &sim{
		site: site, plan: plan.withDefaults(), circle: map[string]*officer{}, added: map[string]time.Time{}, ctx: ctx,
		sum: &Summary{Refusals: map[string]int{}},
	}
	site.Clock.Set(s.plan.Start.Add(-6 * time.Hour))
	books, err := site.Book.Centres(ctx, site.District)
	if err != nil {
		return nil, err
	}
	if len(books) > 0 {
		return nil, fmt.Errorf("district %d has books already: a history begins with none", site.District)
	}
	if err := s.settle(ctx); err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	for n := range s.plan.Days {
		if err := s.day(ctx, n); err != nil {
			return nil, fmt.Errorf("day %d: %w", n+1, err)
		}
	}
	if err := s.sum.count(ctx, s.site); err != nil {
		return nil, err
	}
	s.sum.Seconds = time.Since(began).Seconds()
	return s.sum, nil
}

// day lets one day pass.
func (s *sim) day(ctx context.Context, n int) error {
	begin := s.plan.Start.AddDate(0, 0, n)
	for _, st := range append([]*station{s.hq}, s.stations...) {
		for _, o := range st.all {
			if begin.Sub(o.since) > sessionDays*24*time.Hour {
				if err := s.logIn(ctx, o); err != nil {
					return err
				}
			}
		}
	}
	s.at = begin
	s.planOffice(n, begin)
	for i, st := range s.stations {
		s.planDay(st, i, n, begin)
	}
	for at := begin; at.Before(begin.AddDate(0, 0, 1)); at = at.Add(quarter) {
		if err := s.pass(ctx, at.Add(quarter)); err != nil {
			return err
		}
	}
	if n == s.plan.Days-1 { // what is still on handsets is sent, and what books owe each other delivered
		if err := s.homecoming(ctx); err != nil {
			return err
		}
	}
	s.plan.Progress(Day{
		N: n + 1, Date: dayOf(begin), Entered: s.sum.Entered, Refused: s.sum.Refused, Held: s.sum.Held, Complaints: s.lives,
	})
	return nil
}

// pass lets a quarter of an hour pass.
func (s *sim) pass(ctx context.Context, end time.Time) error {
	for {
		e, ok := s.agenda.before(end)
		if !ok {
			break
		}
		s.at = e.at
		if err := e.do(); err != nil {
			return err
		}
	}
	if s.failed != nil {
		return s.failed
	}
	s.site.Clock.Set(end)
	s.at = end
	if err := s.flush(ctx); err != nil {
		return err
	}
	_, err := s.site.Book.Tick(ctx)
	return err
}

// homecoming empties all handsets.
func (s *sim) homecoming(ctx context.Context) error {
	for _, st := range s.stations {
		for _, h := range st.handsets {
			h.reach = true
		}
	}
	for range 2 { // answers may have led to more
		if err := s.flush(ctx); err != nil {
			return err
		}
	}
	for range 100 {
		done, err := s.site.Book.Tick(ctx)
		if err != nil || done == 0 {
			return err
		}
	}
	return nil
}

// later plans what happens some time from now.
func (s *sim) later(d time.Duration, do func() error) { s.agenda.add(s.at.Add(d), do) }

// inHours moves a time into those in which people work: nine to eight.
func inHours(d draw, at time.Time) time.Time {
	day := midnight(at)
	switch h := at.In(ist).Hour(); {
	case h < 9:
		return day.Add(9*time.Hour + d.between(5*time.Minute, 90*time.Minute))
	case h >= 20:
		return day.Add(33*time.Hour + d.between(5*time.Minute, 90*time.Minute))
	}
	return at
}

// working plans what happens some time from now, or when work begins again.
func (s *sim) working(d draw, after time.Duration, do func() error) {
	s.agenda.add(inHours(d, s.at.Add(after)), do)
}
