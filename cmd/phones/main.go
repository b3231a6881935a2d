package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes.
const (
	exitOK       = 0
	exitFailed   = 1
	exitUsage    = 2
	exitDisagree = 3 // the server and the phones do not agree, or a book does not hold
)

const usage = `usage: phones <verb> [flags]

  key      make a P-256 private key (JWK on stdout); --public and --thumbprint
           turn one on stdin into its public key or its RFC 7638 thumbprint
  id       print a UUIDv7 for op_id
  salt     print 128 random bits for salt
  sign     sign stdin: any bytes, an op (--op), or make a DPoP proof (--dpop)
  replay   replay a recorded GPX track as a beat walk on a server
  run      run a fleet of simulated handsets against a server
  history  make up two months of a district in a database, and check its books

phones <verb> -h shows the flags. Exit codes: 0 good, 1 failed, 2 wrong usage,
3 the server and the phones do not agree, or a book does not hold.
`

// errUsage stands for a mistake in the command line that was told already.
var errUsage = errors.New("usage")

// errDisagree says that a run ended with something lost, doubled or unproven.
var errDisagree = errors.New("the server and the phones do not agree")

// errBooks says that an invariant of a book does not hold.
var errBooks = errors.New("the books do not hold")

// streams are what a verb reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 {
		fmt.Fprint(s.err, usage)
		return exitUsage
	}
	verbs := map[string]func(context.Context, []string, streams) error{
		"key": runKey, "id": runID, "salt": runSalt, "sign": runSign, "replay": runReplay, "run": runFleet,
		"history": runHistory,
	}
	verb, ok := verbs[args[0]]
	if !ok {
		if args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
			fmt.Fprint(s.out, usage)
			return exitOK
		}
		fmt.Fprintf(s.err, "phones: there is no verb %q\n\n%s", args[0], usage)
		return exitUsage
	}
	switch err := verb(ctx, args[1:], s); {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, errDisagree), errors.Is(err, errBooks):
		fmt.Fprintf(s.err, "phones %s: %v\n", args[0], err)
		return exitDisagree
	default:
		fmt.Fprintf(s.err, "phones %s: %v\n", args[0], err)
		return exitFailed
	}
}

// flags makes the flags of a verb.
func flags(s streams, verb, about string) *flag.FlagSet {
	f := flag.NewFlagSet(verb, flag.ContinueOnError)
	f.SetOutput(s.err)
	f.Usage = func() {
		fmt.Fprintf(s.err, "usage: phones %s [flags]\n\n%s\n\n", verb, about)
		f.PrintDefaults()
	}
	return f
}

// parse reads the flags; nothing may follow them.
func parse(f *flag.FlagSet, args []string) error {
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return errUsage
	}
	if f.NArg() > 0 {
		return wrong(f, "what is %q?", f.Arg(0))
	}
	return nil
}

// wrong tells a mistake in the command line.
func wrong(f *flag.FlagSet, format string, args ...any) error {
	fmt.Fprintf(f.Output(), "phones %s: %s\n\n", f.Name(), fmt.Sprintf(format, args...))
	f.Usage()
	return errUsage
}
