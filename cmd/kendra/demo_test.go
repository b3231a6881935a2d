package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// demoKeys are what programs may count on in the summary.
var demoKeys = []string{
	"beats", "cells", "checkpoints_verified", "complaints", "days_signed", "debt_after", "debt_before", "disposed", "doubled", "entered",
	"escalations", "held", "lost", "ops_sent", "phones", "places", "proofs_failed", "pushes_delivered", "pushes_sent", "rebuild_equal",
	"refused", "registers", "repeated", "tasks_done", "tasks_received", "tasks_sent", "visits_strong", "visits_unknown", "visits_weak",
}

// aTrack is a walk through fields far away, with one stop.
const aTrack = `<?xml version="1.0"?><gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="45.7700" lon="14.3500"><time>2010-08-05T08:00:00Z</time></trkpt>
<trkpt lat="45.7710" lon="14.3510"><time>2010-08-05T08:02:00Z</time></trkpt>
<trkpt lat="45.7710" lon="14.3511"><time>2010-08-05T08:04:00Z</time></trkpt>
<trkpt lat="45.7711" lon="14.3510"><time>2010-08-05T08:06:00Z</time></trkpt>
<trkpt lat="45.7730" lon="14.3540"><time>2010-08-05T08:09:00Z</time></trkpt>
</trkseg></trk></gpx>`

// anOutline is a file of the district's outline: the real one where it is at hand.
func anOutline(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("KENDRA_SHARED_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if path := filepath.Join(dir, "chitrakoot.geojson"); mayRead(path) == nil {
		return path
	}
	t.Log("left out, no shared data chitrakoot.geojson")
	path := filepath.Join(t.TempDir(), "outline.geojson")
	const box = `{"type":"Polygon","coordinates":[[[80.6,24.8],[81.7,24.8],[81.7,25.6],[80.6,25.6],[80.6,24.8]]]}`
	if err := os.WriteFile(path, []byte(box), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAShortDemoEndsWithEverythingInAgreement(t *testing.T) {
	t.Parallel()
	c, err := readConfig(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	gpx := filepath.Join(t.TempDir(), "walk.gpx")
	if err := os.WriteFile(gpx, []byte(aTrack), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	args := []string{"--once", "--json", "--phones", "5", "--minutes", "14", "--seed", "3", "--gpx", gpx, "--boundary", anOutline(t)}
	var honest int
	p := probe{worked: func(d *demo) {
		if err := d.count(t.Context(), `SELECT count(*) FROM lines WHERE district_id = $1 AND register = 'women_beat'
			AND cols::jsonb ->> 'proof_state' = 'weak' AND NOT cols::jsonb -> 'proof' @> '[{"code": "mock"}]'`, &honest); err != nil {
			t.Error(err)
		}
		if outline, drawn := d.node.book.Outline(defaultDistrict); drawn || outline == "" {
			t.Error("the outline of the file is not the district's")
		}
	}}
	if err := demoTo(t.Context(), c, args, &out, &progress, p); err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	t.Logf("%s%s", progress.String(), out.String())
	var sum map[string]any
	if err := json.Unmarshal(out.Bytes(), &sum); err != nil {
		t.Fatalf("stdout is not one JSON object: %v\n%s", err, out.String())
	}
	var keys []string
	for k := range sum {
		keys = append(keys, k)
	}
	if slices.Sort(keys); !slices.Equal(keys, demoKeys) {
		t.Errorf("keys %v", keys)
	}
	for key, want := range map[string]any{"lost": 0.0, "doubled": 0.0, "proofs_failed": 0.0, "rebuild_equal": true, "phones": 12.0, "days_signed": 1.0} {
		if sum[key] != want {
			t.Errorf("%s is %v, want %v", key, sum[key], want)
		}
	}
	for _, key := range []string{"ops_sent", "entered", "tasks_sent", "tasks_received", "tasks_done", "pushes_sent", "checkpoints_verified",
		"complaints", "disposed", "places", "beats", "cells", "debt_before", "visits_strong", "visits_weak", "visits_unknown"} {
		if n, _ := sum[key].(float64); n == 0 {
			t.Errorf("%s is 0", key)
		}
	}
	number := func(key string) float64 { n, _ := sum[key].(float64); return n }
	if number("debt_after") >= number("debt_before") {
		t.Errorf("the visits paid nothing: %v owed before, %v after", sum["debt_before"], sum["debt_after"])
	}
	if honest > 0 {
		t.Errorf("%d visits are weak though no phone made anything up", honest)
	}
	registers, _ := sum["registers"].(map[string]any)
	if seen := number("visits_strong") + number("visits_weak") + number("visits_unknown"); seen != registers["women_beat"] {
		t.Errorf("%v visits are judged, of %v", seen, registers["women_beat"])
	}
	if len(registers) != 9 {
		t.Errorf("registers %v", registers)
	}
	for name, n := range registers {
		if n == 0.0 {
			t.Errorf("the register %s is empty", name)
		}
	}
}

// lockedText is a text that one writes while another reads it.
type lockedText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedText) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// What a stranger is told to type next is typed here as it is printed.
func TestWhatADemoSaysToTypeNextEnrolsAHandset(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "phones")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "kendra/cmd/phones").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c, err := readConfig(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	c.Listen = "127.0.0.1:0"
	ctx, stop := context.WithCancel(t.Context())
	var out, progress lockedText
	ended := make(chan error, 1)
	go func() {
		ended <- demoTo(ctx, c, []string{"--phones", "5", "--minutes", "14", "--seed", "3"}, &out, &progress, probe{})
	}()
	for !strings.Contains(out.String(), "And the books") {
		select {
		case err := <-ended:
			stop()
			t.Fatalf("ended: %v\n%s%s", err, progress.String(), out.String())
		case <-time.After(100 * time.Millisecond):
		}
	}
	_, rest, _ := strings.Cut(out.String(), "Next, enrol a handset of yours:\n")
	typed, _, _ := strings.Cut(rest, "\nPIN, log-in")
	shell := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", strings.ReplaceAll(typed, "go run ./cmd/phones", program))
	shell.Dir = dir
	answer, err := shell.CombinedOutput()
	var enrolled struct {
		DeviceID string `json:"device_id"`
	}
	if err != nil || json.Unmarshal(answer, &enrolled) != nil || enrolled.DeviceID == "" {
		t.Errorf("%v\n%s\n%s", err, typed, answer)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the demo ended with %v", err)
	}
}

func TestAnInterruptedDemoLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir() // of this test's own, to see what is left in it
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	c, err := readConfig(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	var out, progress bytes.Buffer
	if err := demoTo(ctx, c, []string{"--once", "--phones", "4"}, &out, &progress, probe{}); err == nil || out.Len() > 0 {
		t.Errorf("error %v, output %q", err, out.String())
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		if strings.HasPrefix(e.Name(), "kendra-") {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

func TestADemoRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--phones", "0"}, {"--phones", "109"}, {"--minutes", "0"}, {"--minutes", "10000"}, {"--seed", "x"}, {"--fast"}, {"more"},
	} {
		var out bytes.Buffer
		if err := demoTo(t.Context(), config{}, args, &out, &out, probe{}); err == nil || !strings.Contains(out.String(), "-phones") {
			t.Errorf("%v: error %v\n%s", args, err, out.String())
		}
	}
	var out bytes.Buffer
	err := demoTo(t.Context(), config{}, []string{"--once", "--gpx", filepath.Join(t.TempDir(), "none.gpx")}, &out, &out, probe{})
	if err == nil || !strings.Contains(err.Error(), "none.gpx") {
		t.Errorf("a walk that is not there: %v", err)
	}
	for _, name := range []string{"none.geojson", "outline.txt"} {
		if err := demoTo(t.Context(), config{}, []string{"--once", "--boundary", filepath.Join(t.TempDir(), name)}, &out, &out, probe{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("an outline that is not there: %v", err)
		}
	}
}

func TestADemosShiftIsInTheMorningAndOverByNow(t *testing.T) {
	t.Parallel()
	for _, now := range []string{"2026-07-01T00:05:00+05:30", "2026-07-01T09:44:00+05:30", "2026-07-01T12:00:00+05:30", "2026-07-01T23:55:00+05:30"} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, minutes := range []int{1, 20, mostDemoMinutes} {
			length := time.Duration(minutes) * time.Minute
			start := demoStart(at, length)
			if start.In(istZone).Format("15:04") != "09:45" || start.Add(length+demoSlack).After(at) || at.Sub(start) > 48*time.Hour {
				t.Errorf("at %s, for %d minutes: starts at %v", now, minutes, start)
			}
		}
	}
}

func TestADemosClockNeverGoesBackNorAhead(t *testing.T) {
	t.Parallel()
	c := newDemoClock(1e9, time.Minute) // catches up within a moment
	last := c.now()
	for range 1000 {
		now := c.now()
		if now.Before(last) || now.After(time.Now()) {
			t.Fatalf("%v after %v", now, last)
		}
		last = now
	}
	c = newDemoClock(60, time.Minute)
	if behind := time.Since(c.now()); behind < time.Hour {
		t.Errorf("only %v behind", behind)
	}
	c.catchUp()
	if behind := time.Since(c.now()); behind > time.Second {
		t.Errorf("%v behind the present it was set to", behind)
	}
}
