package main

import (
	"context"
	"fmt"
	"io"
)

func runBench(ctx context.Context, c config, args []string, out io.Writer) error {
	b, err := openBench(ctx, c, out)
	if b != nil {
		defer b.close()
	}
	if err != nil {
		return err
	}
	phones, err := b.district(ctx, 7, 32)
	if err != nil {
		return err
	}
	if err := b.bareTable(ctx); err != nil {
		return err
	}
	url := b.path("/v1/ops")
	if len(args) > 0 && args[0] == "b1" {
		for range 6 {
			l, err := prepare(phones, 100, 1, url)
			if err != nil {
				return err
			}
			a := b.cpu()
			f, err := fire(l, url)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "b1 %.0f ops/s %s\n", f.perSecond(), b.cpu().since(a).per(f.entered))
		}
		return nil
	}
	for r := range 4 {
		loads, err := prepare(phones, 16, 50, url)
		if err != nil {
			return err
		}
		c0 := b.cpu()
		f, err := fire(loads, url)
		c1 := b.cpu()
		if err != nil {
			return err
		}
		s, err := b.sample(ctx, 50)
		if err != nil {
			return err
		}
		c2 := b.cpu()
		bare, err := b.bare(ctx, s, 32, 32)
		c3 := b.cpu()
		if err != nil {
			return err
		}
		loads1, err := prepare(phones, 60, 1, url)
		if err != nil {
			return err
		}
		c4 := b.cpu()
		f1, err := fire(loads1, url)
		c5 := b.cpu()
		if err != nil {
			return err
		}
		one, err := b.sample(ctx, 1)
		if err != nil {
			return err
		}
		c6 := b.cpu()
		bare1, err := b.bare(ctx, one, 32, 200)
		c7 := b.cpu()
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  b50 %s | bare %s\n  b1 %s | bare %s\n", c1.since(c0).per(f.entered), c3.since(c2).per(32*32*50), c5.since(c4).per(f1.entered), c7.since(c6).per(32*200))
		fmt.Fprintf(out, "round %d: b50 %.0f ops/s (p50 %v p99 %v) bare %.0f ratio %.3f | b1 %.0f (p50 %v p99 %v) bare %.0f ratio %.3f | peak %.0f MB\n", r, f.perSecond(), f.quantile(.5), f.quantile(.99), bare, f.perSecond()/bare,
			f1.perSecond(), f1.quantile(.5), f1.quantile(.99), bare1, f1.perSecond()/bare1, b.peak())
	}
	return nil
}
