package main

import (
	"sync"
	"time"
)

// demoSpeed is how much faster than life a demo's shift passes.
const demoSpeed = 60

// demoClock is the one clock of a demo's server and phones. It starts in the
// past and runs fast, so that a shift which fits into a minute ends before the
// present, and is set to the present when the shift is over: from then on the
// server takes people with clocks of their own. It never runs ahead of them
// and never goes back.
type demoClock struct {
	speed float64
	start time.Time // what it showed at base
	base  time.Time

	mu  sync.Mutex
	set bool
}

// newDemoClock starts at a start of demoStart.
func newDemoClock(speed float64, length time.Duration) *demoClock {
	now := time.Now()
	return &demoClock{speed: speed, start: demoStart(now, length), base: now}
}

// demoOpens is when a demo's day begins: handsets are set up, and the shift
// begins about ten. So no shift runs over midnight, where the day of a briefing
// ends, whenever the demo is run.
const demoOpens = 9*time.Hour + 45*time.Minute

// demoSlack is time of the demo's day for setting up and for everything to
// arrive after the shift.
const demoSlack = 90 * time.Minute

// demoStart is the latest morning from which a shift of that length is over
// before now.
func demoStart(now time.Time, length time.Duration) time.Time {
	local := now.In(istZone)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, istZone).Add(demoOpens)
	if day.Add(length + demoSlack).After(now) {
		day = day.AddDate(0, 0, -1)
	}
	return day
}

func (c *demoClock) now() time.Time {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	shows := c.start.Add(time.Duration(float64(now.Sub(c.base)) * c.speed))
	if c.set || shows.After(now) {
		return now
	}
	return shows
}

// catchUp sets the clock to the present.
func (c *demoClock) catchUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set = true
}
