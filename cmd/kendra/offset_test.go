package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// clocks are a process's and a database's, with a way between them.
type clocks struct {
	at    time.Time
	ahead time.Duration   // the database
	ways  []time.Duration // there and back, call by call
}

func (c *clocks) now() time.Time { return c.at }

func (c *clocks) database(context.Context) (time.Time, error) {
	way := c.ways[0]
	c.ways = append(c.ways[1:], way)
	c.at = c.at.Add(way / 2)
	seen := c.at.Add(c.ahead)
	c.at = c.at.Add(way / 2)
	return seen, nil
}

func TestAClockThatIsOffByHalfASecondIsSaidAloud(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	good := kernelClock{Known: true, Synchronised: true, Offset: ms, MayErr: 4 * ms}
	for name, c := range map[string]struct {
		ahead  time.Duration
		ways   []time.Duration
		kernel kernelClock
		level  string // of what is logged
		line   string
	}{
		"in time":                   {3 * ms, []time.Duration{2 * ms}, good, "", "database +3 ms (within 1 ms), kernel synchronised +1 ms (may err by 4 ms)"},
		"nearly half a second":      {499 * ms, []time.Duration{0}, good, "", "database +499 ms"},
		"half a second ahead":       {500 * ms, []time.Duration{0}, good, "ERROR", "database +500 ms"},
		"half a second behind":      {-500 * ms, []time.Duration{0}, good, "ERROR", "database -500 ms"},
		"a long way is no offset":   {0, []time.Duration{4000 * ms}, good, "", "database +0 ms (within 2000 ms)"},
		"the shortest way counts":   {700 * ms, []time.Duration{900 * ms, 20 * ms, 3000 * ms}, good, "ERROR", "database +700 ms (within 10 ms)"},
		"the kernel is off":         {0, []time.Duration{0}, kernelClock{true, true, -600 * ms, 0}, "ERROR", "kernel synchronised -600 ms"},
		"nobody disciplines it":     {0, []time.Duration{0}, kernelClock{Known: true}, "WARN", "kernel not synchronised"},
		"off, and not synchronised": {time.Hour, []time.Duration{0}, kernelClock{Known: true}, "ERROR", "database +3600000 ms"},
		"the kernel is not asked":   {0, []time.Duration{0}, kernelClock{}, "", "kernel not asked"},
	} {
		var log bytes.Buffer
		sim := &clocks{time.Date(2026, 11, 18, 4, 30, 0, 0, time.UTC), c.ahead, c.ways}
		figures := prometheus.NewRegistry()
		o := newOffsets(nil, figures, slog.New(slog.NewJSONHandler(&log, nil)))
		o.now, o.database, o.kernel = sim.now, sim.database, func() (kernelClock, error) { return c.kernel, nil }
		if got := o.String(); got != "clock: not looked at yet" {
			t.Errorf("%s: %s", name, got)
		}
		if err := o.look(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := o.String(); !strings.Contains(got, c.line) {
			t.Errorf("%s: %s, want %s", name, got, c.line)
		}
		if said := log.String(); c.level == "" && said != "" || !strings.Contains(said, c.level) {
			t.Errorf("%s: logged %q, want %s", name, said, c.level)
		}
		all, err := figures.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			if v := f.GetMetric()[0].GetGauge().GetValue(); f.GetName() == "kendra_clock_database_offset_seconds" && v != c.ahead.Seconds() {
				t.Errorf("%s: the figure is %v", name, v)
			}
		}
		if len(all) != 3 {
			t.Errorf("%s: %d figures", name, len(all))
		}
	}
	o := newOffsets(nil, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	o.database = func(context.Context) (time.Time, error) { return time.Time{}, errors.New("away") }
	if err := o.look(t.Context()); err == nil || !strings.Contains(err.Error(), "away") {
		t.Errorf("a database that is away: %v", err)
	}
}

func TestAServingProcessTellsOperatorsOfItsClock(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "off") // or the verb would bound the tests beside this one
	s := serving(t)
	ready := string(get(t, s.private+"/readyz"))
	if !strings.HasPrefix(ready, "ok\nclock: database ") || strings.Contains(ready, "not asked") == (runtime.GOOS == "linux") {
		t.Errorf("readyz: %q", ready)
	}
	for _, name := range []string{"kendra_clock_database_offset_seconds", "kendra_clock_kernel_offset_seconds", "kendra_clock_synchronised"} {
		if !bytes.Contains(get(t, s.private+"/metrics"), []byte("\n"+name+" ")) {
			t.Errorf("%s is no figure", name)
		}
	}
}
