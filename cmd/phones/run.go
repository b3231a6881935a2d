package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/cmd/phones/fleet"
)

const aboutRun = `Runs a fleet of simulated handsets. The world is a JSON file:
  {"district": 7,
   "centres":  [{"code": "KRW", "lat": 25.218, "lon": 80.923}],
   "officers": [{"id": "...", "number": "...", "activation": "...", "role": "beat_officer",
                 "centre": "KRW", "squad_id": null, "beat_id": null}],
   "codes":    {"KRW": ["enrolment code", "..."]}}`

// worldFile is a world as it stands in a file.
type worldFile struct {
	fleet.World
	Codes map[string][]string `json:"codes"`
}

func runFleet(ctx context.Context, args []string, s streams) error {
	f := flags(s, "run", aboutRun)
	var p fleet.Plan
	world := f.String("world", "", "file of the world")
	database := f.String("check", "", "PostgreSQL URL: compare the receipts with the books at the end")
	asJSON := f.Bool("json", false, "print the report as JSON")
	f.StringVar(&p.Server, "server", "http://127.0.0.1:8080", "base URL of the server")
	f.StringVar(&p.Dir, "dir", "", "directory for the handsets")
	f.Int64Var(&p.Seed, "seed", 1, "seed of the plan")
	f.IntVar(&p.Phones, "phones", 24, "handsets")
	f.IntVar(&p.Minutes, "minutes", 30, "length of the shift")
	f.Float64Var(&p.Speed, "speed", 1, "how many times faster than life; the server must run as fast")
	f.Float64Var(&p.Pace, "pace", 1, "how many times busier than life the officers are, at the server's own speed")
	f.BoolVar(&p.Calm, "calm", false, "no troubles")
	if err := parse(f, args); err != nil {
		return err
	}
	if *world == "" || p.Dir == "" || p.Phones < 1 || p.Minutes < 1 || p.Speed <= 0 || p.Pace <= 0 {
		return wrong(f, "--world and --dir are needed, and numbers above zero")
	}
	w, err := readWorld(*world)
	if err != nil {
		return err
	}
	p.Progress = func(r fleet.Report) {
		fmt.Fprintf(s.err, "\r%d sent, %d entered, %d repeated, %d refused, tasks %d/%d/%d ",
			r.OpsSent, r.Entered, r.Repeated, r.Refused, r.TasksSent, r.TasksReceived, r.TasksDone)
	}
	r, err := fleet.Run(ctx, w, p)
	fmt.Fprintln(s.err)
	if err != nil {
		return err
	}
	if err := tellReport(s.out, r, *asJSON); err != nil {
		return err
	}
	if *database != "" {
		return checkBooks(ctx, *database, w.District, r, s.out)
	}
	if r.ProofsFailed > 0 {
		return fmt.Errorf("%w: %d proofs failed", errDisagree, r.ProofsFailed)
	}
	return nil
}

func readWorld(path string) (fleet.World, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return fleet.World{}, fmt.Errorf("read world: %w", err)
	}
	var w worldFile
	if err := json.Unmarshal(text, &w); err != nil {
		return fleet.World{}, fmt.Errorf("read world: %w", err)
	}
	var mu sync.Mutex
	w.EnrolCode = func(_ context.Context, centre string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		codes := w.Codes[centre]
		if len(codes) == 0 {
			return "", fmt.Errorf("no enrolment code is left for %s", centre)
		}
		w.Codes[centre] = codes[1:]
		return codes[0], nil
	}
	return w.World, nil
}

func tellReport(out io.Writer, r fleet.Report, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	fmt.Fprintf(out, "phones       %d\n", r.Phones)
	fmt.Fprintf(out, "ops          %d sent, %d entered, %d held (%d once), %d refused%s\n",
		r.OpsSent, r.Entered, r.Held, r.HeldOnce, r.Refused, counts(r.Refusals))
	fmt.Fprintf(out, "repeats      %d absorbed\n", r.Repeated)
	fmt.Fprintf(out, "tasks        %d sent, %d received (median %v), %d done (median %v)\n",
		r.TasksSent, r.TasksReceived, r.ToReceived.Round(time.Second), r.TasksDone, r.ToDone.Round(time.Second))
	fmt.Fprintf(out, "positions    %d stored, %d dropped\n", r.PositionsStored, r.PositionsDropped)
	fmt.Fprintf(out, "checkpoints  %d verified; %d ops proven, %d proofs failed\n",
		r.CheckpointsVerified, r.ProofsVerified, r.ProofsFailed)
	fmt.Fprintf(out, "troubles    %s\n", counts(r.Troubles))
	fmt.Fprintf(out, "failures    %s\n", counts(r.Failures))
	for _, a := range r.Alarms {
		fmt.Fprintf(out, "alarm        %s\n", a)
	}
	return nil
}

func counts(m map[string]int) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, " %s %d", k, m[k])
	}
	return b.String()
}

// checkBooks compares what phones hold with what the database has.
func checkBooks(ctx context.Context, url string, district int32, r fleet.Report, out io.Writer) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return errors.New("check: the database can't be reached") // its own text may hold the password
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	found, err := fleet.Check(ctx, tx, district, r.Acked)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "books        %d lost, %d doubled, %d gaps, %d altered\n", found.Lost, found.Doubled, found.Gaps, found.Altered)
	for _, d := range found.Details {
		fmt.Fprintf(out, "             %s\n", d)
	}
	if !found.OK() || r.ProofsFailed > 0 {
		return errDisagree
	}
	return nil
}
