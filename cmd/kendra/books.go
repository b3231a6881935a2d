package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/book"
	"kendra/migrations"
)

// flags makes the flag set of a verb.
func flags(verb, says string, out io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("kendra "+verb, flag.ContinueOnError)
	f.SetOutput(out)
	f.Usage = func() {
		fmt.Fprintf(out, "kendra %s: %s\n", verb, says)
		f.PrintDefaults()
	}
	return f
}

// parse reads flags; asking for help is no error.
func parse(f *flag.FlagSet, args []string) (done bool, err error) {
	err = f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return true, nil
	}
	if err != nil {
		return true, errUsage
	}
	return false, nil
}

// withNode runs a tool on a wired node, without serving.
func withNode(ctx context.Context, c config, do func(n *node) error) error {
	log := quiet()
	stop, err := database(ctx, &c, log)
	if err != nil {
		return err
	}
	defer stop()
	if err := migrations.Up(ctx, c.OwnerURL); err != nil {
		return err
	}
	c.Credentials, c.FCMEndpoint = "", "" // a tool wakes nobody
	n, err := openTool(ctx, c, migrations.AppURL(c.DatabaseURL), log, time.Now)
	if err != nil {
		return err
	}
	defer n.close()
	return do(n)
}

// errNotWhole is the end of a verify or rebuild that found something.
var errNotWhole = errors.New("not as it should be")

// books lists the books a tool is asked for.
func books(ctx context.Context, n *node, district int32, centre string) ([]string, error) {
	all, err := n.book.Centres(ctx, district)
	if err != nil || centre == "" {
		return all, err
	}
	if !slices.Contains(all, centre) {
		return nil, fmt.Errorf("no book of centre %s in district %d", centre, district)
	}
	return []string{centre}, nil
}

func runVerify(ctx context.Context, c config, args []string, out io.Writer) error {
	f := flags("verify", "recompute the books: numbers, hashes, signatures, tree", out)
	district := f.Int("district", defaultDistrict, "district")
	centre := f.String("centre", "", "one centre (default: all)")
	if done, err := parse(f, args); done {
		return err
	}
	return withPool(ctx, c, func(pool *pgxpool.Pool) error {
		checked, err := book.VerifyAll(ctx, pool, int32(*district), *centre)
		if err != nil {
			return err
		}
		var bad error
		for _, v := range checked {
			if !v.OK() {
				fmt.Fprintf(out, "%-6s BAD at %d: %s\n", v.Centre, v.FirstBad, v.Why)
				bad = errNotWhole
				continue
			}
			fmt.Fprintf(out, "%-6s %8d entries, %8d signatures, root %s\n", v.Centre, v.Size, v.Signatures, hex.EncodeToString(v.Root))
		}
		return bad
	})
}

// withPool runs a tool that needs the database and no key.
func withPool(ctx context.Context, c config, do func(pool *pgxpool.Pool) error) error {
	stop, err := database(ctx, &c, quiet())
	if err != nil {
		return err
	}
	defer stop()
	pool, err := openPool(ctx, migrations.AppURL(c.DatabaseURL), 4)
	if err != nil {
		return err
	}
	defer pool.Close()
	return do(pool)
}

func runRebuild(ctx context.Context, c config, args []string, out io.Writer) error {
	f := flags("rebuild", "fold the projections again from the books and compare", out)
	district := f.Int("district", defaultDistrict, "district")
	centre := f.String("centre", "", "one centre (default: all)")
	replace := f.Bool("replace", false, "put the new rows in place of the old")
	if done, err := parse(f, args); done {
		return err
	}
	return withNode(ctx, c, func(n *node) error {
		list, err := books(ctx, n, int32(*district), *centre)
		if err != nil {
			return err
		}
		var bad error
		for _, name := range list {
			r, err := n.book.Rebuild(ctx, int32(*district), name, *replace)
			if err != nil {
				return err
			}
			if r.Equal() {
				fmt.Fprintf(out, "%-6s %8d entries, projections equal\n", name, r.Entries)
				continue
			}
			fmt.Fprintf(out, "%-6s %8d entries, rows that differ: %v\n", name, r.Entries, r.Differs)
			if !*replace {
				bad = errNotWhole
			}
		}
		return bad
	})
}
