package history

import (
	"sync/atomic"
	"time"
)

// Clock is the time of the world that is made up: it stands until the history
// moves it. Book and staff must be made with its Now.
type Clock struct{ ms atomic.Int64 }

// NewClock makes a clock that stands at a time.
func NewClock(at time.Time) *Clock {
	c := &Clock{}
	c.ms.Store(at.UnixMilli())
	return c
}

// Now is the time at which the clock stands.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.ms.Load()).UTC() }

// Set moves the clock.
func (c *Clock) Set(at time.Time) { c.ms.Store(at.UnixMilli()) }

// ist is India's time; without daylight saving an offset is exact.
var ist = time.FixedZone("IST", 5*3600+1800)

// midnight is the first moment of the day (IST) of a time.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(ist).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, ist)
}

// dayOf is the day (IST) of a time.
func dayOf(t time.Time) string { return t.In(ist).Format(time.DateOnly) }
