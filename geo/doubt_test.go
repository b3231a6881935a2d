package geo

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func day() time.Time { return time.Date(2025, 3, 1, 6, 0, 0, 0, time.UTC) }

func rapidSeconds(t *rapid.T, name string) time.Duration {
	return time.Duration(rapid.IntRange(-400_000, 400_000).Draw(t, name)) * time.Second
}

// north is a place so many metres north of p.
func north(p Point, metres float64) Point {
	return Point{Lat: p.Lat + metres/earthRadiusM/radians, Lon: p.Lon}
}

func goodFix() Fix {
	return Fix{Point: karwi(), AccuracyM: 8, At: day(), FixAt: day().Add(-2 * time.Second), Provider: "gps"}
}

func TestEachDoubtIsRaisedJustBeyondItsLimitWithTheMeasuredValue(t *testing.T) {
	t.Parallel()
	beat := mustArea(t, square(karwi(), 0.01))
	rim := Point{Lat: karwi().Lat + 0.01, Lon: karwi().Lon}
	before := func(ago time.Duration, p Point, accuracy float64) *Trace {
		return &Trace{Point: p, At: goodFix().FixAt.Add(-ago), AccuracyM: accuracy, Repeats: 1, Since: day().Add(-ago)}
	}
	stood := func(times int, since time.Duration) *Trace {
		return &Trace{Point: Point{karwi().Lat + 0.000004, karwi().Lon}, At: day().Add(-time.Minute), Repeats: times, Since: day().Add(-since)}
	}
	cases := []struct {
		name   string
		change func(*Fix)
		prev   *Trace
		offset time.Duration
		want   []Flag
	}{
		{"a good fix", nil, before(time.Hour, north(karwi(), 5000), 10), time.Second, nil},
		{"the first fix of an officer", nil, nil, 0, nil},
		{"a made-up position", func(f *Fix) { f.Mock = true }, nil, 0, []Flag{{FlagMock, 1}}},
		{"accuracy at the limit", func(f *Fix) { f.AccuracyM = 100 }, nil, 0, nil},
		{"accuracy beyond it", func(f *Fix) { f.AccuracyM = 100.3 }, nil, 0, []Flag{{FlagPoorFix, 100.3}}},
		{"accuracy below zero", func(f *Fix) { f.AccuracyM = -5 }, nil, 0, nil},
		{"accuracy without end", func(f *Fix) { f.AccuracyM = math.Inf(1) }, nil, 0, []Flag{{FlagPoorFix, 20015114.4}}},
		{"a fix as old as allowed", func(f *Fix) { f.FixAt = day().Add(-120 * time.Second) }, nil, 0, nil},
		{"an older fix", func(f *Fix) { f.FixAt = day().Add(-121 * time.Second) }, nil, 0, []Flag{{FlagStaleFix, 121}}},
		{"a fix without a time", func(f *Fix) { f.FixAt = time.Time{} }, nil, 0, nil},
		{"a fix from the future", func(f *Fix) { f.FixAt = day().Add(time.Hour) }, nil, 0, nil},
		{"49 m/s", nil, before(100*time.Second, north(karwi(), 4918), 10), 0, nil},
		{"60 m/s after forgiving 18 m", nil, before(100*time.Second, north(karwi(), 6018), 10), 0, []Flag{{FlagImpossibleSpeed, 60}}},
		{"a jump within both accuracies", nil, before(0, north(karwi(), 17), 10), 0, nil},
		{"a jump in no time is reckoned over a second", nil, before(0, north(karwi(), 118), 10), 0, []Flag{{FlagImpossibleSpeed, 100}}},
		{"an act sent late is reckoned backwards", nil, before(-100*time.Second, north(karwi(), 6018), 10), 0, []Flag{{FlagImpossibleSpeed, 60}}},
		{"on the rim of the beat", func(f *Fix) { f.Point = rim }, nil, 0, nil},
		{"outside by less than the accuracy", func(f *Fix) { f.Point = north(rim, 7) }, nil, 0, nil},
		{"outside by more", func(f *Fix) { f.Point = north(rim, 250) }, nil, 0, []Flag{{FlagOutsideBeat, 250}}},
		{"a clock two minutes off", nil, nil, 120 * time.Second, nil},
		{"a clock further ahead", nil, nil, 121500 * time.Millisecond, []Flag{{FlagClockOff, 121.5}}},
		{"a clock a day behind", nil, nil, -24 * time.Hour, []Flag{{FlagClockOff, -86400}}},
		{"twice at one point", nil, stood(1, time.Hour), 0, nil},
		{"three times at one point, in nine minutes", nil, stood(2, 9*time.Minute), 0, nil},
		{"three times at one point, in ten minutes", nil, stood(2, 10*time.Minute), 0, []Flag{{FlagSamePoint, 3}}},
		{"a metre beside it", func(f *Fix) { f.Lon += 0.00001 }, stood(5, time.Hour), 0, nil},
		{"everything at once, in the fixed order", func(f *Fix) {
			*f = Fix{Point: north(rim, 4000), AccuracyM: 150, At: day(), FixAt: day().Add(-5 * time.Minute), Mock: true}
		}, &Trace{Point: karwi(), At: day().Add(-5 * time.Minute)}, time.Hour, []Flag{
			{FlagMock, 1}, {FlagPoorFix, 150}, {FlagStaleFix, 300}, {FlagImpossibleSpeed, 4962}, {FlagOutsideBeat, 4000}, {FlagClockOff, 3600},
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := goodFix()
			if c.change != nil {
				c.change(&f)
			}
			if got := Doubts(f, c.prev, &beat, c.offset); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestWithoutABeatNobodyIsOutsideOne(t *testing.T) {
	t.Parallel()
	for name, beat := range map[string]*Area{"no beat": nil, "an empty one": {}} {
		if got := Doubts(goodFix(), nil, beat, 0); got == nil || len(got) != 0 {
			t.Errorf("%s: %#v", name, got)
		}
	}
}

func TestFlagsAreCodeAndValueInJSON(t *testing.T) {
	t.Parallel()
	f := goodFix()
	f.AccuracyM = 412.34
	got, err := json.Marshal(Doubts(f, nil, nil, 0))
	if err != nil || string(got) != `[{"code":"poor_fix","value":412.3}]` {
		t.Errorf("%s, %v", got, err)
	}
	none, err := json.Marshal(Doubts(goodFix(), nil, nil, 0))
	if err != nil || string(none) != `[]` {
		t.Errorf("no doubt is %s, %v", none, err)
	}
}

func TestLimitsAreThoseGiven(t *testing.T) {
	t.Parallel()
	limits := DefaultLimits()
	limits.PoorFixM = 5
	if got := limits.Doubts(goodFix(), nil, nil, 0); !slices.Equal(got, []Flag{{FlagPoorFix, 8}}) {
		t.Errorf("%v", got)
	}
}

func TestATraceCountsStandingAndIsNotMovedByLateFixes(t *testing.T) {
	t.Parallel()
	var trace *Trace
	step := func(p Point, minutes int) {
		at := day().Add(time.Duration(minutes) * time.Minute)
		next := trace.Next(Fix{Point: p, AccuracyM: 5, At: at, FixAt: at})
		trace = &next
	}
	for i := range 3 {
		step(karwi(), 6*i)
	}
	if trace.Repeats != 3 || !trace.Since.Equal(day()) || !trace.At.Equal(day().Add(12*time.Minute)) {
		t.Errorf("after standing: %+v", *trace)
	}
	step(north(karwi(), 500), 3)
	if trace.Repeats != 3 || trace.Point != karwi() {
		t.Errorf("after a late fix: %+v", *trace)
	}
	step(north(karwi(), 500), 20)
	if trace.Repeats != 1 || trace.Point == karwi() || !trace.Since.Equal(day().Add(20*time.Minute)) {
		t.Errorf("after going on: %+v", *trace)
	}
	future := trace.Next(Fix{Point: karwi(), At: day().Add(21 * time.Minute), FixAt: day().AddDate(50, 0, 0)})
	if !future.At.Equal(day().Add(21 * time.Minute)) {
		t.Errorf("a fix from the future is remembered at %v", future.At)
	}
}
