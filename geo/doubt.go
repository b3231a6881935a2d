package geo

import (
	"math"
	"time"
)

// The codes of the flags, in the order in which Doubts gives them.
const (
	FlagMock            = "mock"
	FlagPoorFix         = "poor_fix"
	FlagStaleFix        = "stale_fix"
	FlagImpossibleSpeed = "impossible_speed"
	FlagOutsideBeat     = "outside_beat"
	FlagClockOff        = "clock_off"
	FlagSamePoint       = "same_point"
)

// Flag is one doubt and what was measured, rounded to a tenth, always finite.
type Flag struct {
	Code  string  `json:"code"`
	Value float64 `json:"value"`
}

// Fix is where and when something was done, as the phone told it.
type Fix struct {
	Point
	// AccuracyM is the radius in metres that the phone believes in.
	AccuracyM float64
	// At is when the act was done, by the corrected clock.
	At time.Time
	// FixAt is when the position was measured; zero when the phone did not say.
	FixAt time.Time
	// Mock is set when the phone knows that the position was made up.
	Mock bool
	// Speed in m/s and Provider are what the phone said of the fix. They are
	// kept for the reader and not judged.
	Speed    *float64
	Provider string
}

// moment is when the officer was at the point: the time of the fix, but for a
// fix from the future, which would otherwise outlast all later ones in a Trace.
func (f Fix) moment() time.Time {
	if f.FixAt.IsZero() || f.FixAt.After(f.At) {
		return f.At
	}
	return f.FixAt
}

func (f Fix) accuracy() float64 { return sane(f.AccuracyM) }

// sane makes a radius that can be reckoned with: what is no number or below
// zero says nothing for or against the fix, and none is larger than the earth.
func sane(accuracyM float64) float64 {
	if math.IsNaN(accuracyM) || accuracyM < 0 {
		return 0
	}
	return math.Min(accuracyM, farthestM)
}

// Trace is what is remembered of an officer's latest fix.
type Trace struct {
	Point
	// At is when the officer was at the point.
	At time.Time
	// AccuracyM is the accuracy of that fix.
	AccuracyM float64
	// Repeats is how many acts in a row, this one included, were at the very
	// same point, and Since when the first of them was done.
	Repeats int
	Since   time.Time
}

// Next gives the trace after f; t is nil before the first. A fix that arrives
// late, measured before the one remembered, changes nothing.
func (t *Trace) Next(f Fix) Trace {
	if t != nil && f.moment().Before(t.At) {
		return *t
	}
	next := Trace{Point: f.Point, At: f.moment(), AccuracyM: f.accuracy(), Repeats: 1, Since: f.At}
	if t != nil && samePoint(t.Point, f.Point) {
		next.Repeats, next.Since = t.Repeats+1, t.Since
	}
	return next
}

// samePoint compares five decimals, about a metre.
func samePoint(a, b Point) bool {
	return fifth(a.Lat) == fifth(b.Lat) && fifth(a.Lon) == fifth(b.Lon)
}

func fifth(degrees float64) float64 { return math.Round(degrees * 1e5) }

// Limits are the thresholds of Doubts. A value at the limit raises nothing.
type Limits struct {
	// PoorFixM is the accuracy in metres beyond which a fix is poor.
	PoorFixM float64
	// StaleFix is the age beyond which a fix is stale.
	StaleFix time.Duration
	// SpeedMS is the speed in m/s that nobody on a beat exceeds.
	SpeedMS float64
	// ClockOff is the offset of a phone's clock beyond which it is off.
	ClockOff time.Duration
	// SameCount and SameFor: that many acts in a row at the very same point,
	// the present one included, over at least that time.
	SameCount int
	SameFor   time.Duration
}

// DefaultLimits are the thresholds until a district has rows of its own.
func DefaultLimits() Limits {
	return Limits{
		PoorFixM:  100,
		StaleFix:  120 * time.Second,
		SpeedMS:   50, // 180 km/h
		ClockOff:  120 * time.Second,
		SameCount: 3,
		SameFor:   10 * time.Minute,
	}
}

// shortest is the least time between two fixes that a speed is reckoned over:
// phones give whole seconds.
const shortest = time.Second

// Doubts judges by DefaultLimits.
func Doubts(f Fix, prev *Trace, beat *Area, clockOffset time.Duration) []Flag {
	return DefaultLimits().Doubts(f, prev, beat, clockOffset)
}

// Doubts gives the flags that f raises, in the order of the codes, never nil.
// prev is what is remembered of the officer (nil: nothing yet), beat the
// polygon he is meant to be in (nil: none), clockOffset that of the phone, and
// the sign of clock_off's value is its sign.
func (l Limits) Doubts(f Fix, prev *Trace, beat *Area, clockOffset time.Duration) []Flag {
	flags := []Flag{}
	raise := func(code string, value float64) {
		flags = append(flags, Flag{Code: code, Value: math.Round(value*10) / 10})
	}
	if f.Mock {
		raise(FlagMock, 1)
	}
	if acc := f.accuracy(); acc > l.PoorFixM {
		raise(FlagPoorFix, acc)
	}
	if age := f.At.Sub(f.FixAt); !f.FixAt.IsZero() && age > l.StaleFix {
		raise(FlagStaleFix, age.Seconds())
	}
	if speed := neededSpeed(f, prev); speed > l.SpeedMS {
		raise(FlagImpossibleSpeed, speed)
	}
	if out := metresOutside(f, beat); out > f.accuracy() {
		raise(FlagOutsideBeat, out)
	}
	if clockOffset.Abs() > l.ClockOff {
		raise(FlagClockOff, clockOffset.Seconds())
	}
	if n := l.sameCount(f, prev); n > 0 {
		raise(FlagSamePoint, float64(n))
	}
	return flags
}

// neededSpeed is the least speed from the last fix to this one: as if both had
// been off towards each other by all of their accuracy.
func neededSpeed(f Fix, prev *Trace) float64 {
	if prev == nil {
		return 0
	}
	way := Distance(prev.Point, f.Point) - f.accuracy() - sane(prev.AccuracyM)
	if !(way > 0) {
		return 0
	}
	took := max(f.moment().Sub(prev.At).Abs(), shortest)
	return way / took.Seconds()
}

// metresOutside is 0 inside and where there is no beat.
func metresOutside(f Fix, beat *Area) float64 {
	if beat == nil || len(beat.polygons) == 0 || f.check() != nil || beat.Contains(f.Point) {
		return 0
	}
	return beat.EdgeDistance(f.Point)
}

// sameCount is how many acts in a row were at this very point, or 0 when that
// is nothing to remark on.
func (l Limits) sameCount(f Fix, prev *Trace) int {
	if prev == nil || !samePoint(prev.Point, f.Point) {
		return 0
	}
	n := prev.Repeats + 1
	if n < l.SameCount || f.At.Sub(prev.Since) < l.SameFor {
		return 0
	}
	return n
}
