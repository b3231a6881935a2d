package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

const gapsUsage = `how the beats of each station lie beside each other

  In km²: what is in the beats, what is in none of them though within the line
  around them all (and in no beat of another station, and within the district),
  and what is in more than one. Counted by cells of 130 m; the error is half of
  those that lie on an edge.
`

// runGaps is the verb coverage gaps.
func runGaps(ctx context.Context, c config, args []string, out io.Writer) error {
	f := flags("coverage gaps", gapsUsage, out)
	district := f.Int("district", defaultDistrict, "district")
	centre := f.String("centre", "", "one station; all if it is left out")
	on := f.String("on", "", "day, YYYY-MM-DD (today)")
	if done, err := parse(f, args); done {
		return err
	}
	return withNode(ctx, c, func(n *node) error {
		day := *on
		if day == "" {
			day = n.now().In(istZone).Format(time.DateOnly)
		}
		list, err := books(ctx, n, int32(*district), *centre)
		if err != nil {
			return err
		}
		for _, centre := range list {
			beats, err := n.book.BeatsOn(ctx, int32(*district), centre, day)
			if err != nil {
				return err
			}
			if len(beats) == 0 {
				continue
			}
			got, err := n.book.Overlay(ctx, int32(*district), centre, day)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%-4s %3d beats %9.2f km², gaps %8.2f, overlaps %8.2f, each ± %.2f\n", centre, len(beats), got.Km2, got.GapKm2, got.OverlapKm2, got.ErrorKm2)
			for _, p := range got.Pairs {
				fmt.Fprintf(out, "       %s and %s: %.2f km²\n", p.A, p.B, p.Km2)
			}
		}
		return nil
	})
}
