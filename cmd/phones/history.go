package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"kendra/cmd/phones/history"
	"kendra/migrations"
	"kendra/migrations/localpg"
)

const aboutHistory = `Makes up the history of a district in a database: two months of visits, rounds
and complaints with all that follows from them, by the real books and a clock of
its own, then checks every invariant of the books. The database is DATABASE_URL's
or a private PostgreSQL in KENDRA_DATA, as with kendra serve, which can go on
with it; it must not hold any book of the district yet.`

// recording is what the flags of history say.
type recording struct {
	plan     history.Plan
	district int
	start    string
	check    bool
	asJSON   bool

	database, data string // empty: as the environment says
}

func runHistory(ctx context.Context, args []string, s streams) error {
	f := flags(s, "history", aboutHistory)
	var g recording
	f.IntVar(&g.plan.Days, "days", 60, "days")
	f.Int64Var(&g.plan.Seed, "seed", 1, "seed of all that happens")
	f.IntVar(&g.plan.Stations, "stations", 12, "stations, of the built-in twelve")
	f.Float64Var(&g.plan.Scale, "scale", 1, "how much happens; 1 is about 5,000 complaints in 60 days")
	f.IntVar(&g.plan.Squads, "squads", 2, "squads of a station")
	f.IntVar(&g.plan.Beats, "beats", 4, "beats of a station")
	f.StringVar(&g.start, "start", history.DefaultStart.Format(time.DateOnly), "first day")
	f.IntVar(&g.district, "district", 7, "district")
	f.StringVar(&g.database, "database", "", "PostgreSQL URL, if not DATABASE_URL")
	f.StringVar(&g.data, "data", "", "directory of keys and of the private PostgreSQL, if not KENDRA_DATA or .kendra")
	f.BoolVar(&g.check, "check", true, "check the books at the end")
	f.BoolVar(&g.asJSON, "json", false, "print the summary as JSON")
	if err := parse(f, args); err != nil {
		return err
	}
	start, err := time.ParseInLocation(time.DateOnly, g.start, history.DefaultStart.Location())
	if err != nil {
		return wrong(f, "--start: want a day such as 2026-11-16")
	}
	g.plan.Start = start
	if g.plan.Days < 1 || g.plan.Stations < 1 || g.plan.Scale <= 0 || g.plan.Squads < 1 || g.plan.Beats < 2 {
		return wrong(f, "numbers above zero are needed, and two beats")
	}
	return g.record(ctx, s)
}

// record makes the history up and checks it.
func (g recording) record(ctx context.Context, s streams) error {
	data := or(g.data, or(os.Getenv("KENDRA_DATA"), ".kendra"))
	url, owner, stop, err := g.open(ctx, data)
	if err != nil {
		return err
	}
	defer stop()
	if err := migrations.Up(ctx, owner); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	site, err := history.Open(ctx, int32(g.district), migrations.AppURL(url), g.keys(data),
		history.NewClock(g.plan.Start), log)
	if err != nil {
		return err
	}
	defer site.Close()
	g.plan.Progress = func(d history.Day) {
		fmt.Fprintf(s.err, "day %d, %s: %d complaints, %d ops entered, %d refused\n", d.N, d.Date, d.Complaints, d.Entered, d.Refused)
	}
	sum, err := history.Run(ctx, site, g.plan)
	if err != nil {
		return err
	}
	if g.asJSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		err = e.Encode(sum)
	} else {
		sum.Tell(s.out)
	}
	if err != nil || !g.check {
		return err
	}
	return checkHistory(ctx, site, s)
}

// mostViolations is how many are told one by one.
const mostViolations = 50

func checkHistory(ctx context.Context, site *history.Site, s streams) error {
	found, err := history.Check(ctx, site.Pool, site.Book)
	if err != nil {
		return err
	}
	for _, v := range found[:min(len(found), mostViolations)] {
		fmt.Fprintln(s.err, v)
	}
	if len(found) > 0 {
		return fmt.Errorf("%w: %d violations", errBooks, len(found))
	}
	return nil
}

// keys is where the server's keys are.
func (g recording) keys(data string) string {
	if dir := os.Getenv("KENDRA_KEYS"); dir != "" && g.data == "" {
		return dir
	}
	return filepath.Join(data, "keys")
}

// open finds the database: the one that was named, or a private one under data.
func (g recording) open(ctx context.Context, data string) (url, owner string, stop func(), err error) {
	if g.database != "" {
		return g.database, g.database, func() {}, nil
	}
	if url = os.Getenv("DATABASE_URL"); url != "" && g.data == "" {
		return url, or(os.Getenv("KENDRA_OWNER_DATABASE_URL"), url), func() {}, nil
	}
	dir, err := filepath.Abs(filepath.Join(data, "postgres"))
	if err != nil {
		return "", "", nil, fmt.Errorf("find data directory: %w", err)
	}
	if url, ok := localpg.Running(dir, "postgres"); ok {
		return url, url, func() {}, nil
	}
	if err := os.MkdirAll(data, 0o755); err != nil {
		return "", "", nil, fmt.Errorf("make data directory: %w", err)
	}
	pg, err := localpg.Start(ctx, localpg.Options{
		Dir:      dir,
		Settings: map[string]string{"max_connections": "100", "shared_buffers": "128MB", "synchronous_commit": "off"},
		Logf:     func(string, ...any) {},
	})
	if err != nil {
		return "", "", nil, err
	}
	url = pg.URL("postgres")
	return url, url, func() { _ = pg.Stop() }, nil
}

func or(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
