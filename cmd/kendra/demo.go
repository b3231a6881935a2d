package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"kendra/cmd/phones/walk"
)

// demoArgs are the flags of the verb demo.
type demoArgs struct {
	once, json      bool
	gpx, boundary   string
	listen          string
	seed            int64
	phones, minutes int
}

// Bounds of a demo: a made-up station has nine handsets, and a duty is one.
const (
	mostDemoPhones  = 9 * demoStations
	mostDemoMinutes = 12 * 60
	demoStations    = 12
)

// errDemo is the end of a demo in which something disagreed.
var errDemo = errors.New("demo: the books, the phones and the push service do not agree")

// runDemo is the verb demo.
func runDemo(ctx context.Context, c config, args []string, out io.Writer) error {
	// Go's own HTTP client tells there, in the midst of the demo's words, that a
	// call which was cut half-way was answered all the same.
	log.SetOutput(io.Discard)
	return demoTo(ctx, c, args, out, os.Stderr, probe{})
}

func demoTo(ctx context.Context, c config, args []string, out, progress io.Writer, p probe) error {
	a, done, err := parseDemo(args, out)
	if done || err != nil {
		return err
	}
	track, err := openTrack(a.gpx, progress)
	if err != nil {
		return err
	}
	if err := mayRead(a.boundary); err != nil {
		return err
	}
	say := newTeller(progress)
	say.head("kendra demo: %d phones, %d minutes of duty at %dx, seed %d", a.phones, a.minutes, demoSpeed, a.seed)
	d, err := openDemo(ctx, c, a, say, p)
	if err != nil {
		return undisturbed(ctx, err)
	}
	defer d.close()
	sum, err := d.work(ctx, track)
	if err != nil {
		return undisturbed(ctx, err)
	}
	if p.worked != nil {
		p.worked(d)
	}
	if a.json {
		err = sum.writeJSON(out)
		sum.writeFindings(say)
	} else {
		sum.write(out)
	}
	if err == nil && !sum.agrees() {
		err = errDemo
	}
	if a.once || err != nil {
		return err
	}
	return d.stay(ctx, out)
}

// mayRead looks whether a file that is wanted later is there, before anything is
// started for it.
func mayRead(path string) error {
	if path == "" {
		return nil
	}
	if _, err := formatOf(path); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read outline: %w", err)
	}
	return f.Close()
}

// undisturbed tells that the demo was interrupted instead of what broke by it.
func undisturbed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("demo: interrupted")
	}
	return err
}

func parseDemo(args []string, out io.Writer) (a demoArgs, done bool, err error) {
	f := flags("demo", "a district, its phones and a push service on this machine; then stays up until Ctrl-C", out)
	f.BoolVar(&a.once, "once", false, "end after the summary; exit 1 if anything disagreed")
	f.BoolVar(&a.json, "json", false, "print the summary as one JSON object")
	f.StringVar(&a.gpx, "gpx", "", "`file` of a recorded walk, to be replayed as a beat walk")
	f.StringVar(&a.boundary, "boundary", "", "`file` with the outline of the district (GeoJSON, KML, KMZ or CSV); without one it is drawn from the stations")
	f.StringVar(&a.listen, "listen", "", "`address` to serve on (default "+demoListen+", or a free port when that is taken)")
	f.Int64Var(&a.seed, "seed", 1, "`number` that people, plan and troubles are drawn from")
	f.IntVar(&a.phones, "phones", 24, fmt.Sprintf("handsets, up to %d", mostDemoPhones))
	f.IntVar(&a.minutes, "minutes", 20, "length of the shift in its own minutes, 60 of which pass in one of yours")
	if done, err := parse(f, args); done {
		return a, true, err
	}
	if f.NArg() > 0 || a.phones < 1 || a.phones > mostDemoPhones || a.minutes < 1 || a.minutes > mostDemoMinutes {
		fmt.Fprintf(out, "kendra demo: 1 to %d phones and 1 to %d minutes, and no other words\n", mostDemoPhones, mostDemoMinutes)
		f.Usage()
		return a, true, errUsage
	}
	return a, false, nil
}

// work is the shift and all that is looked at after it.
func (d *demo) work(ctx context.Context, track walk.Track) (*summary, error) {
	sum := &summary{world: d.world, from: d.clock.now()}
	for _, step := range []func(context.Context, walk.Track, *summary) error{d.shift, d.evening, d.drain, d.inspect} {
		if err := step(ctx, track, sum); err != nil {
			return nil, err
		}
	}
	sum.up, sum.down = d.wire.bytes()
	sum.took = time.Since(d.began)
	return sum, nil
}
