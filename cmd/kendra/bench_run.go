package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// Sizes of one measured round: enough requests for a 99th percentile, few
// enough for four rounds of three states in some minutes.
const (
	benchConns    = 32
	benchBatches  = 12
	benchSingles  = 40
	benchBare     = 32
	benchBareOnes = 100
)

// series is what one figure was in each round, beside what it is held against.
type series struct {
	name, unit, against string
	bar                 float64
	most                bool // the bar is a bound from above
	values, others      []float64
}

func (s *series) add(value, other float64) {
	s.values, s.others = append(s.values, value), append(s.others, other)
}

// figure makes the row of the table: medians, and the ratio round by round.
func (s *series) figure() figure {
	ratios := make([]float64, len(s.values))
	for i := range s.values {
		ratios[i] = s.values[i] / s.others[i]
	}
	slices.Sort(ratios)
	f := figure{
		Name: s.name, Value: median(s.values), Unit: s.unit, Against: s.against,
		Ratio: median(ratios), Low: ratios[0], High: ratios[len(ratios)-1],
	}
	if s.bar > 0 {
		holds, sign := f.Ratio >= s.bar, "≥"
		if s.most {
			holds, sign = f.Ratio <= s.bar, "≤"
		}
		f.Bar, f.Holds = fmt.Sprintf("%s %g", sign, s.bar), &holds
	}
	return f
}

func median(list []float64) float64 {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	if n := len(sorted); n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[len(sorted)/2-1] + sorted[len(sorted)/2]) / 2
}

func runBench(ctx context.Context, c config, args []string, out io.Writer) error {
	f := flags("bench", "the measured table of README.md, one run", out)
	rounds := f.Int("rounds", 4, "interleaved rounds")
	million := f.Int("fill", 1_000_000, "size of the filled book")
	file := f.String("out", "bench.json", "where the rows go as JSON")
	only := f.String("only", "", "storm, intake, incident, import, console, near or round: that part alone")
	if done, err := parse(f, args); done {
		return err
	}
	b, err := openBench(ctx, c, out)
	if b != nil {
		defer b.close()
	}
	if err != nil {
		return err
	}
	b.rounds = *rounds
	fmt.Fprintf(out, "on %s; %d rounds\n", machine(ctx, b.admin), b.rounds)
	parts := map[string]func(context.Context, int) error{"": b.all, "storm": b.stormAlone, "intake": b.intakeAlone, "incident": b.incidentAlone, "import": b.importAlone, "console": b.consoleAlone, "near": b.nearAlone, "round": b.roundAlone}
	if parts[*only] == nil {
		return errUsage
	}
	broken := parts[*only](ctx, *million)
	b.table() // of what was measured, whatever broke after it
	if *file != "" {
		if err := b.write(*file); err != nil {
			return errors.Join(broken, err)
		}
	}
	if broken != nil {
		return broken
	}
	for _, row := range b.rows {
		if row.Holds != nil && !*row.Holds {
			return errors.New("a bar does not hold")
		}
	}
	return nil
}

// all takes every figure.
func (b *bencher) all(ctx context.Context, million int) error {
	if err := b.bareTable(ctx); err != nil {
		return err
	}
	seven, err := b.district(ctx, 7, benchConns)
	if err != nil {
		return err
	}
	if err := b.state(ctx, "fresh table", seven); err != nil {
		return err
	}
	b.say("filling one book to %d entries", million)
	if err := b.fill(ctx, 7, "KRW", million); err != nil {
		return err
	}
	if err := b.again(ctx, seven); err != nil {
		return err
	}
	eight, err := b.district(ctx, 8, benchConns)
	if err != nil {
		return err
	}
	if err := b.size(ctx, seven, eight); err != nil {
		return err
	}
	if err := b.state(ctx, "new district", eight); err != nil {
		return err
	}
	if err := b.state(ctx, "filled", seven); err != nil {
		return err
	}
	if err := b.feed(ctx, seven[0]); err != nil {
		return err
	}
	if err := b.registers(ctx, seven, eight, million); err != nil {
		return err
	}
	if err := b.matrix(ctx, seven); err != nil {
		return err
	}
	if err := b.pages(ctx, seven[0]); err != nil {
		return err
	}
	b.rows = append(b.rows, bound("peak resident memory of the server in all of this", b.peak(), "MB", 150))
	if err := b.start(ctx); err != nil {
		return err
	}
	if err := b.consoles(ctx, seven); err != nil {
		return err
	}
	if err := b.incident(ctx, 7, "KRW", million); err != nil {
		return err
	}
	if err := b.storm(ctx, seven); err != nil {
		return err
	}
	if err := b.pushes(ctx); err != nil {
		return err
	}
	for _, part := range []func(context.Context, int) error{b.nearAlone, b.roundAlone, b.importAlone} {
		if err := part(ctx, million); err != nil {
			return err
		}
	}
	return b.split(seven[0])
}

// bound is a row without something to compare with.
func bound(name string, value float64, unit string, most float64) figure {
	holds := value <= most
	return figure{Name: name, Value: value, Unit: unit, Bar: fmt.Sprintf("≤ %g %s", most, unit), Holds: &holds}
}

func (b *bencher) say(format string, args ...any) {
	fmt.Fprintf(b.out, "  "+format+"\n", args...)
}

// again logs the phones in anew: their access tokens live ten minutes.
func (b *bencher) again(ctx context.Context, phones []*benchPhone) error {
	for _, p := range phones {
		if err := p.logIn(ctx, b.node.staff); err != nil {
			return fmt.Errorf("log in again: %w", err)
		}
	}
	return nil
}

// state measures acknowledged ops from one starting state.
func (b *bencher) state(ctx context.Context, name string, phones []*benchPhone) error {
	b.say("%s", name)
	fifty := &series{name: "ops/s, batch 50, " + name, unit: "ops/s", against: "bare insert, batch 50", bar: 0.15}
	one := &series{name: "ops/s, batch 1, " + name, unit: "ops/s", against: "bare insert, batch 1", bar: 0.25}
	tail := &series{name: "p99 of batch 50, " + name, unit: "ms", against: "own p50", bar: 2.5, most: true}
	twice := &series{name: "a batch repeated, " + name, unit: "ops/s", against: "its first time", bar: 1.0}
	url := b.path("/v1/ops")
	for range b.rounds {
		if err := b.fifty(ctx, phones, url, fifty, tail, twice); err != nil {
			return err
		}
		loads, err := prepare(phones, benchSingles, 1, url)
		if err != nil {
			return err
		}
		f, err := b.stored(ctx, loads, url)
		if err != nil {
			return err
		}
		sample, err := b.sample(ctx, 1)
		if err != nil {
			return err
		}
		bare, err := b.bare(ctx, sample, benchConns, benchBareOnes)
		if err != nil {
			return err
		}
		one.add(f.perSecond(), bare)
	}
	b.rows = append(b.rows, fifty.figure(), one.figure(), tail.figure(), twice.figure())
	return nil
}

func (b *bencher) fifty(ctx context.Context, phones []*benchPhone, url string, fifty, tail, twice *series) error {
	loads, err := prepare(phones, benchBatches, 50, url)
	if err != nil {
		return err
	}
	first, err := b.stored(ctx, loads, url)
	if err != nil {
		return err
	}
	for _, l := range loads {
		if err := l.prove(url); err != nil {
			return err
		}
	}
	again, err := fire(loads, url)
	if err != nil {
		return err
	}
	if again.entered != first.entered {
		return fmt.Errorf("%d of %d repeats were known", again.entered, first.entered)
	}
	sample, err := b.sample(ctx, 50)
	if err != nil {
		return err
	}
	bare, err := b.bare(ctx, sample, benchConns, benchBare)
	if err != nil {
		return err
	}
	fifty.add(first.perSecond(), bare)
	tail.add(ms(first.quantile(0.99)), ms(first.quantile(0.5)))
	twice.add(again.perSecond(), first.perSecond())
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// phonesOps counts the ops that phones sent: theirs are UUIDs of version 7,
// the clock's are not.
const phonesOps = `SELECT count(*) FROM ops WHERE substr(op_id::text, 15, 1) = '7'`

// stored fires loads and checks that every op counted is in the database.
func (b *bencher) stored(ctx context.Context, loads []*load, url string) (fired, error) {
	before, err := b.one(ctx, phonesOps)
	if err != nil {
		return fired{}, err
	}
	f, err := fire(loads, url)
	if err != nil {
		return f, err
	}
	after, err := b.one(ctx, phonesOps)
	if err != nil {
		return f, err
	}
	want := 0
	for _, l := range loads {
		for _, body := range l.bodies {
			want += count(body, []byte(`{"op":`))
		}
	}
	if int(after-before) != want || f.entered != want {
		return f, fmt.Errorf("%d ops sent, %d acknowledged, %d stored", want, f.entered, after-before)
	}
	return f, nil
}

// table prints the rows as README shows them.
func (b *bencher) table() {
	fmt.Fprintln(b.out, "\n| figure | value | against | ratio (low-high) | bar | holds |\n|---|---|---|---|---|---|")
	for _, r := range b.rows {
		ratio, holds := "", ""
		if r.Ratio > 0 {
			ratio = fmt.Sprintf("%.2f (%.2f-%.2f)", r.Ratio, r.Low, r.High)
		}
		if r.Holds != nil {
			holds = map[bool]string{true: "yes", false: "NO"}[*r.Holds]
		}
		fmt.Fprintf(b.out, "| %s | %s %s | %s | %s | %s | %s |\n", r.Name, figureText(r.Value), r.Unit, r.Against, ratio, r.Bar, holds)
	}
}

func figureText(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}

func (b *bencher) write(file string) error {
	text, err := json.MarshalIndent(b.rows, "", "  ")
	if err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil { //nolint:gosec // figures, for all to read
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}
