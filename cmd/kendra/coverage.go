package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"kendra/api/book"
)

// runCoverage is the verb coverage: what was owed to places and beats at a moment.
func runCoverage(ctx context.Context, c config, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "gaps" {
		return runGaps(ctx, c, args[1:], out)
	}
	f := flags("coverage", "what was owed to places and beats at a moment: the tree, and the most owed", out)
	district := f.Int("district", defaultDistrict, "district")
	centre := f.String("centre", "", "of this station alone")
	when := f.String("at", "", "a moment such as 2026-11-18T18:00:00+05:30, or a day: its end; without it, now")
	most := f.Int("most", 20, "how many of the most owed")
	if done, err := parse(f, args); done {
		return err
	}
	at, err := momentOf(*when, time.Now())
	if err != nil {
		return err
	}
	return withNode(ctx, c, func(n *node) error {
		got, err := n.book.CoverageAt(ctx, int32(*district), book.CoverageQuery{Centre: *centre, At: at})
		if err != nil {
			return err
		}
		return printCoverage(got, *most, out)
	})
}

// momentOf reads a moment, or a day, which is its last.
func momentOf(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return now.UTC().Truncate(time.Millisecond), nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, istZone); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Millisecond).UTC(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, errors.New("--at: a day such as 2026-11-18, or a moment such as 2026-11-18T18:00:00+05:30")
	}
	return at.UTC(), nil
}

// days writes thousandths of a day as days.
func days(debt int64) string { return fmt.Sprintf("%.1f", float64(debt)/1000) }

func printCoverage(c *book.Coverage, most int, out io.Writer) error {
	fmt.Fprintf(out, "owed at %s\n\n", c.At.In(istZone).Format("2006-01-02 15:04 IST"))
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tplaces\toverdue\tnever seen\tdebt (days × weight)\trounds owed\tchaupals owed")
	row := func(name string, s book.Sums, rounds, chaupals string) {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\t%s\t%s\n", name, s.Places, s.Overdue, s.Never, days(s.Debt), rounds, chaupals)
	}
	row("all", c.Sums, "", "")
	for i := range c.Circles {
		circle := &c.Circles[i]
		row("circle "+circle.Circle, circle.Sums, "", "")
		for j := range circle.Stations {
			s := &circle.Stations[j]
			row("  "+s.Centre, s.Sums, "", "")
			for k := range s.Beats {
				b := &s.Beats[k]
				name, rounds, chaupals := b.Code, "", ""
				if b.BeatID == nil {
					name = "(no beat)"
				}
				if b.PerWeek > 0 {
					rounds = fmt.Sprintf("%d of %d", b.Owed, b.PerWeek)
				}
				if b.BeatID != nil {
					chaupals = strconv.Itoa(b.ChaupalsOwed)
				}
				row("    "+name, b.Sums, rounds, chaupals)
			}
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nmost owed, %d of %d\n\n", min(most, len(c.Owed)), len(c.Owed))
	fmt.Fprintln(t, "station\tcode\tname\toverdue (days)\tweight\tdebt\tlast seen")
	for _, p := range c.Owed[:min(most, len(c.Owed))] {
		last := "never"
		if p.LastAt != nil {
			last = p.LastAt.In(istZone).Format("2006-01-02 15:04")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", p.Centre, p.Code, p.NameEn, days(p.Overdue), p.Weight, days(p.Debt), last)
	}
	return t.Flush()
}
