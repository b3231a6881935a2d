package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/cmd/phones/walk"
	"kendra/geo"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

const aboutReplay = `Replays a recorded GPX track as a beat walk that ended just now: its fixes
become positions, its stops of over 3 minutes within 60 m become visits.
The first time a handset is enrolled (--enrol, --activation); later --dir has it.`

// replaying is what the flags of replay say.
type replaying struct {
	gpx, at, server, dir, code, officer, activation, pin, centre, beat, place string
	outline                                                                   string
	every                                                                     time.Duration
	dry                                                                       bool
}

func runReplay(ctx context.Context, args []string, s streams) error {
	f := flags(s, "replay", aboutReplay)
	var g replaying
	f.StringVar(&g.gpx, "gpx", "", "the track, GPX 1.0 or 1.1")
	f.StringVar(&g.at, "at", "", "LAT,LON: move the track so that it starts there")
	f.DurationVar(&g.every, "every", 0, "time between fixes, for a track without any times")
	f.BoolVar(&g.dry, "dry-run", false, "read the track and say what it holds; no server")
	f.StringVar(&g.server, "server", "http://127.0.0.1:8080", "base URL of the server")
	f.StringVar(&g.dir, "dir", "", "directory of the handset")
	f.StringVar(&g.code, "enrol", "", "enrolment code, if the handset is new")
	f.StringVar(&g.officer, "officer", "", "number of the officer")
	f.StringVar(&g.activation, "activation", "", "activation code, if she has no PIN yet")
	f.StringVar(&g.pin, "pin", "", "her PIN, or the one to set with --activation")
	f.StringVar(&g.centre, "centre", "", "centre, if not that of her first post")
	f.StringVar(&g.beat, "beat", "", "id of the beat, if not that of her post")
	f.StringVar(&g.outline, "outline", "", "file of the beat's outline (GeoJSON, KML, CSV), to hold the track against")
	f.StringVar(&g.place, "place-type", "village", "place_type of the visits")
	if err := parse(f, args); err != nil {
		return err
	}
	if g.gpx == "" {
		return wrong(f, "--gpx is needed")
	}
	if !g.dry && (g.dir == "" || g.officer == "" || g.pin == "") {
		return wrong(f, "--dir, --officer and --pin are needed (or --dry-run)")
	}
	track, err := g.track(f, s.out)
	if err != nil {
		return err
	}
	if g.outline != "" {
		area, err := outlineOf(g.outline)
		if err != nil {
			return err
		}
		tellGround(s.out, track, area)
	}
	if g.dry {
		return nil
	}
	return g.replay(ctx, track, s.out)
}

// track reads and moves the walk, and tells what it holds.
func (g replaying) track(f *flag.FlagSet, out io.Writer) (walk.Track, error) {
	file, err := os.Open(g.gpx)
	if err != nil {
		return walk.Track{}, fmt.Errorf("open track: %w", err)
	}
	defer file.Close()
	var options []walk.GPXOption
	if g.every > 0 {
		options = append(options, walk.AssumeInterval(time.Now(), g.every))
	}
	t, err := walk.ParseGPX(file, options...)
	tellTrack(out, g, t, err)
	if errors.Is(err, walk.ErrNoTimes) {
		return t, fmt.Errorf("%w (--every 5s)", err)
	}
	if err != nil {
		return t, err
	}
	if g.at == "" {
		return t, nil
	}
	p, err := pointOf(g.at)
	if err != nil {
		return t, wrong(f, "--at: %v", err)
	}
	return t.MoveTo(p)
}

func pointOf(text string) (geo.Point, error) {
	lat, lon, ok := strings.Cut(text, ",")
	a, err := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	b, err2 := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	if !ok || err != nil || err2 != nil {
		return geo.Point{}, errors.New("want LAT,LON in degrees, such as 25.218,80.923")
	}
	return geo.NewPoint(a, b)
}

func tellTrack(out io.Writer, g replaying, t walk.Track, err error) {
	if t.Version == "" {
		return
	}
	fmt.Fprintf(out, "track      GPX %s, %d segments, %d waypoints and %d routes not used\n",
		t.Version, len(t.Segments), t.Waypoints, t.Routes)
	fmt.Fprintf(out, "fixes      %d used\n", t.Fixes)
	switch {
	case t.NoTime > 0 && (g.every > 0 && t.NoTime == t.Fixes+t.Dropped):
		fmt.Fprintf(out, "times      none of the %d fixes has one; assumed one every %v\n", t.NoTime, g.every)
	case t.NoTime > 0 && err == nil:
		fmt.Fprintf(out, "times      %d fixes have none and are left out\n", t.NoTime)
	case t.NoTime > 0:
		fmt.Fprintf(out, "times      none of the %d fixes has one\n", t.NoTime)
	}
	if t.Dropped > 0 {
		fmt.Fprintf(out, "order      %d fixes are not later than the one before and are left out\n", t.Dropped)
	}
	if t.Misplaced > 0 {
		fmt.Fprintf(out, "places     %d fixes are nowhere on earth, or in no segment, and are left out\n", t.Misplaced)
	}
	if t.Fixes > 0 {
		fmt.Fprintf(out, "stops      %d of over 3 minutes within 60 m\n", len(t.Stops(walk.StopAfter, walk.StopRadius)))
	}
}

// replay carries the walk to the server.
func (g replaying) replay(ctx context.Context, t walk.Track, out io.Writer) error {
	clock := walk.NewClock(time.Now)
	p, err := phone.Open(phone.Options{Dir: g.dir, Server: g.server, Now: clock.Now, Label: "replay"})
	if err != nil {
		return err
	}
	defer func() { _ = p.Close() }()
	o, err := g.logIn(ctx, p)
	if err != nil {
		return explained(err)
	}
	shift := walk.Shift{Phone: p, Officer: o, Clock: clock, PlaceType: g.place, Centre: g.centre}
	for _, post := range o.Posts() {
		if shift.Centre == "" {
			shift.Centre = post.Centre
		}
		if post.Centre == shift.Centre && shift.BeatID == nil {
			shift.BeatID = post.BeatID
		}
	}
	if g.beat != "" {
		id, err := uuid.Parse(g.beat)
		if err != nil {
			return errors.New("--beat is not an id")
		}
		shift.BeatID = &id
	}
	if g.outline == "" && shift.BeatID != nil {
		area, err := beatOf(ctx, o, *shift.BeatID)
		if err != nil {
			return explained(err)
		}
		if area != nil {
			tellGround(out, t, *area)
		}
	}
	r, err := shift.Replay(ctx, t)
	if err != nil {
		return explained(err)
	}
	tellResult(out, r)
	if s := p.Stats(); s.ProofsFailed > 0 {
		return fmt.Errorf("%w: %d proofs failed", errDisagree, s.ProofsFailed)
	}
	return nil
}

func (g replaying) logIn(ctx context.Context, p *phone.Phone) (*phone.Officer, error) {
	if !p.Enrolled() {
		if g.code == "" {
			return nil, errors.New("the handset is new: --enrol CODE is needed")
		}
		if err := p.Enrol(ctx, g.code); err != nil {
			return nil, err
		}
	}
	if g.activation != "" {
		if err := p.SetPIN(ctx, g.officer, g.activation, g.pin); err != nil {
			return nil, err
		}
	}
	return p.LogIn(ctx, g.officer, g.pin)
}

// explained adds what the server says to an officer.
func explained(err error) error {
	var r *phone.Refusal
	if errors.As(err, &r) && r.Title != "" {
		return fmt.Errorf("%w: %s. %s", err, r.Title, r.Advice)
	}
	return err
}

func tellResult(out io.Writer, r walk.Result) {
	fmt.Fprintf(out, "positions  %d stored, %d not\n", r.Stored, r.Dropped)
	fmt.Fprintf(out, "visits     %d entered of %d\n", r.Entered(), len(r.Visits))
	for _, v := range r.Visits {
		what := string(v.Receipt.Outcome)
		if len(v.Receipt.Lines) > 0 {
			what = v.Receipt.Lines[0].No
		}
		if v.Receipt.Problem != nil {
			what += " " + v.Receipt.Problem.Code
		}
		fmt.Fprintf(out, "           %s to %s  %.5f, %.5f  %s%s\n",
			v.Stop.From.Local().Format("15:04"), v.Stop.To.Local().Format("15:04"), v.Stop.Point.Lat, v.Stop.Point.Lon,
			what, flagText(v.Receipt.Flags))
	}
	flags := r.Flags()
	if len(flags) == 0 {
		fmt.Fprintln(out, "flags      none")
		return
	}
	var list []string
	for _, code := range slices.Sorted(maps.Keys(flags)) {
		list = append(list, fmt.Sprintf("%s %d", code, flags[code]))
	}
	fmt.Fprintf(out, "flags      %s\n", strings.Join(list, ", "))
}

func flagText(flags []contract.Flag) string {
	var b strings.Builder
	for _, f := range flags {
		fmt.Fprintf(&b, "  %s %.4g", f.Code, f.Value)
	}
	return b.String()
}
