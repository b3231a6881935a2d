package main

import (
	"sync"
	"time"
)

// demoSpeed is how much faster than life a demo's shift passes; busySpeed how
// fast while this machine can't keep up. A proof of a call is good for a minute
// of the shift: where a call takes longer than a second of ours, phones at 60x
// would be turned away for a clock that isn't theirs.
const (
	demoSpeed = 60
	busySpeed = 6
	busyAfter = 250 * time.Millisecond
	busyLook  = 25 * time.Millisecond
)

// demoClock is the one clock of a demo's server and phones. It starts in the
// past and runs fast, so that a shift which fits into a minute ends before the
// present, and is set to the present when the shift is over: from then on the
// server takes people with clocks of their own. It never runs ahead of them
// and never goes back.
type demoClock struct {
	mu    sync.Mutex
	base  time.Time
	shows time.Time // at base
	speed float64   // since base
	set   bool
}

// newDemoClock starts at a start of demoStart.
func newDemoClock(speed float64, length time.Duration) *demoClock {
	now := time.Now()
	return &demoClock{base: now, shows: demoStart(now, length), speed: speed}
}

func (c *demoClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at(time.Now())
}

// at is what the clock shows at a moment of ours. The caller holds the lock.
func (c *demoClock) at(now time.Time) time.Time {
	shows := c.shows.Add(time.Duration(float64(now.Sub(c.base)) * c.speed))
	if c.set || shows.After(now) {
		return now
	}
	return shows
}

// run has the clock go on at another speed.
func (c *demoClock) run(speed float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.shows, c.base, c.speed = c.at(now), now, speed
}

// jump sets the clock on to a time, unless that is past or has not come.
func (c *demoClock) jump(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); !c.set && to.After(c.at(now)) && to.Before(now) {
		c.shows, c.base = to, now
	}
}

// catchUp sets the clock to the present.
func (c *demoClock) catchUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set = true
}

// demoOpens is when a demo's day begins: handsets are set up, and the shift
// begins about ten. So no shift runs over midnight, where the day of a briefing
// ends, whenever the demo is run.
const demoOpens = 9*time.Hour + 45*time.Minute

// demoEvening is when the demo looks at what was left undone: by 20:00 the day
// is to be signed.
const demoEvening = 20*time.Hour + 2*time.Minute

// demoSlack is time of the demo's day for setting up and for everything to
// arrive after the shift.
const demoSlack = 90 * time.Minute

// demoWait is longer than visits wait until they are assessed: their positions have six
// hours to arrive.
const demoWait = 6*time.Hour + 2*time.Minute

// demoStart is the latest morning from which a shift of that length is over
// before now.
func demoStart(now time.Time, length time.Duration) time.Time {
	local := now.In(istZone)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, istZone).Add(demoOpens)
	if ends := max(length+demoSlack+demoWait, demoEvening-demoOpens+time.Minute); day.Add(ends).After(now) {
		day = day.AddDate(0, 0, -1)
	}
	return day
}

// evening is that of the day on which a time falls, or when what was entered by then is
// assessed, if that is later.
func evening(t time.Time) time.Time {
	local := t.In(istZone)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, istZone)
	if at := day.Add(demoEvening); at.After(t.Add(demoWait)) {
		return at
	}
	return t.Add(demoWait)
}
