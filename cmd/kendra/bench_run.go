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
	for r := range 4 {
		loads, err := prepare(phones, 16, 50, url)
		if err != nil {
			return err
		}
		f, err := fire(loads, url)
		if err != nil {
			return err
		}
		s, err := b.sample(ctx, 50)
		if err != nil {
			return err
		}
		bare, err := b.bare(ctx, s, 32, 32)
		if err != nil {
			return err
		}
		loads1, err := prepare(phones, 60, 1, url)
		if err != nil {
			return err
		}
		f1, err := fire(loads1, url)
		if err != nil {
			return err
		}
		one, err := b.sample(ctx, 1)
		if err != nil {
			return err
		}
		bare1, err := b.bare(ctx, one, 32, 200)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "round %d: b50 %.0f ops/s (p50 %v p99 %v) bare %.0f ratio %.3f | b1 %.0f (p50 %v p99 %v) bare %.0f ratio %.3f | peak %.0f MB\n", r, f.perSecond(), f.quantile(.5), f.quantile(.99), bare, f.perSecond()/bare,
			f1.perSecond(), f1.quantile(.5), f1.quantile(.99), bare1, f1.perSecond()/bare1, b.peak())
	}
	return nil
}
