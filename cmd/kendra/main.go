package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"kendra/migrations"
)

const usage = `kendra: the Mission Shakti Kendra's server

  kendra serve                    serve the phone API
  kendra demo [flags]             a whole shift on this machine
  kendra migrate                  bring the database up to this release
  kendra verify [--centre KRW]    check the books
  kendra rebuild [--replace]      fold the projections again and compare
  kendra officer VERB             people, phones and codes
  kendra keys rotate KEY          a new key while the servers run
  kendra import FILE.csv ...      staff lists
  kendra import beats|places|boundary FILE
                                  what lies on the ground, from GeoJSON, KML or CSV
  kendra export beats|places FILE the same, out again
  kendra coverage [--at DATE]     what was owed to places and beats at a moment
  kendra coverage gaps            how the beats of a station lie beside each other
  kendra incident --from --to     sessions, reads and affected cases of a span
  kendra bench                    the measured table

kendra VERB --help says more. The environment configures it: see README.md.
`

// errUsage is a wrong command line: exit 2, after its own words.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "kendra:", err)
		os.Exit(1)
	}
}

// run does one verb.
func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		_, _ = io.WriteString(out, usage)
		return nil
	}
	c, err := configFromEnv()
	if err != nil {
		return err
	}
	rest := args[1:]
	switch args[0] {
	case "serve":
		return runService(ctx, c)
	case "demo":
		return runDemo(ctx, c, rest, out)
	case "migrate":
		return runMigrate(ctx, c, out)
	case "verify":
		return runVerify(ctx, c, rest, out)
	case "rebuild":
		return runRebuild(ctx, c, rest, out)
	case "officer":
		return runOfficer(ctx, c, rest, out)
	case "keys":
		return runKeys(ctx, c, rest, out)
	case "import":
		return runImport(ctx, c, rest, out)
	case "coverage":
		return runCoverage(ctx, c, rest, out)
	case "export":
		return runExport(ctx, c, rest, out)
	case "incident":
		return runIncident(ctx, c, rest, out)
	case "bench":
		return runBench(ctx, c, rest, out)
	}
	fmt.Fprintf(os.Stderr, "kendra: no verb %q\n\n%s", args[0], usage)
	return errUsage
}

func runMigrate(ctx context.Context, c config, out io.Writer) error {
	stop, err := database(ctx, &c, quiet())
	if err != nil {
		return err
	}
	defer stop()
	if err := migrations.Up(ctx, c.OwnerURL); err != nil {
		return err
	}
	v, err := migrations.Version(ctx, c.OwnerURL)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "schema at version %d\n", v)
	return nil
}

// serviceLog is the log of the server: a JSON object a line, its time in UTC to
// the millisecond, whatever the machine's zone.
func serviceLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			a.Value = slog.StringValue(a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z07:00"))
		}
		return a
	}}))
}

// quiet is the log of the tools: warnings and errors only, in words.
func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
