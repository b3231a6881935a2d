package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/valyala/fasthttp"
)

// fill grows a book by copies of its own rows, with numbers and op_ids of
// their own, and puts the tree right: a book of this size by the front door
// would take the better part of the run.
func (b *bencher) fill(ctx context.Context, district int, centre string, upto int) error {
	const copied = `case_id, officer_id, post_id, role, device_id, session_id, device_seq, device_at, at, received_at, rules_seq,
		seen_by, guarded, cells, facts, flags, lines, op_hash, sig, sealed, wire`
	steps := []string{
		`INSERT INTO entries (district_id, centre, seq, op_id, kind, leaf_hash, ` + copied + `)
			SELECT e.district_id, e.centre, n, gen_random_uuid(), e.kind, sha256(convert_to(n::text, 'UTF8')), ` +
			`e.` + strings.ReplaceAll(strings.Join(strings.Fields(copied), " "), ", ", ", e.") + `
			FROM generate_series((SELECT size + 1 FROM heads WHERE district_id = $1 AND centre = $2), $3::bigint) n
			JOIN LATERAL (SELECT * FROM entries WHERE district_id = $1 AND centre = $2 AND seq = 2 + n % 100) e ON true`,
		`INSERT INTO ops (district_id, op_id, centre, seq, op_hash) SELECT district_id, op_id, centre, seq, op_hash FROM entries
			WHERE district_id = $1 AND centre = $2 AND seq > (SELECT size FROM heads WHERE district_id = $1 AND centre = $2) AND seq <= $3`,
	}
	for _, sql := range steps {
		if _, err := b.admin.Exec(ctx, sql, district, centre, upto); err != nil {
			return fmt.Errorf("fill book: %w", err)
		}
	}
	if err := b.replant(ctx, district, centre); err != nil {
		return err
	}
	if _, err := b.admin.Exec(ctx, `ANALYZE`); err != nil {
		return fmt.Errorf("analyse: %w", err)
	}
	_, err := b.admin.Exec(ctx, `CHECKPOINT`)
	return err
}

// replant builds the tree of a filled book anew from its leaves.
func (b *bencher) replant(ctx context.Context, district int, centre string) error {
	rows, err := b.admin.Query(ctx, `SELECT leaf_hash FROM entries WHERE district_id = $1 AND centre = $2 ORDER BY seq`, district, centre)
	if err != nil {
		return fmt.Errorf("read leaves: %w", err)
	}
	r := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	var leaf []byte
	_, err = pgx.ForEachRow(rows, []any{&leaf}, func() error { return r.Append(slices.Clone(leaf), nil) })
	if err != nil {
		return fmt.Errorf("build tree: %w", err)
	}
	root, err := r.GetRootHash(nil)
	if err != nil {
		return fmt.Errorf("build tree: %w", err)
	}
	_, err = b.admin.Exec(ctx, `UPDATE heads SET size = $3, root = $4, frontier = $5 WHERE district_id = $1 AND centre = $2`,
		district, centre, int64(r.End()), root, slices.Concat(r.Hashes()...))
	return err
}

// size compares appending to the filled book with appending to a small one, on
// the same three connections' worth of phones.
func (b *bencher) size(ctx context.Context, large, small []*benchPhone) error {
	b.say("a large book beside a small one")
	s := &series{name: "append to a book of 10^6", unit: "ops/s", against: "to one of 10^3", bar: 0.8}
	url := b.path("/v1/ops")
	run := func(phones []*benchPhone) (float64, error) {
		loads, err := prepare(ofCentre(phones, "KRW"), benchBatches, 50, url)
		if err != nil {
			return 0, err
		}
		f, err := b.stored(ctx, loads, url)
		return f.perSecond(), err
	}
	for range b.rounds {
		at, err := run(large)
		if err != nil {
			return err
		}
		with, err := run(small)
		if err != nil {
			return err
		}
		s.add(at, with)
	}
	b.rows = append(b.rows, s.figure())
	return nil
}

func ofCentre(phones []*benchPhone, centre string) []*benchPhone {
	var out []*benchPhone
	for _, p := range phones {
		if p.centre == centre {
			out = append(out, p)
		}
	}
	return out
}

const (
	feedConns = 8
	feedPages = 100
	feedRows  = 100
)

// feed compares pages of the feed with a bare SELECT of as many rows.
func (b *bencher) feed(ctx context.Context, p *benchPhone) error {
	b.say("feed")
	if err := p.logIn(ctx, b.node.staff); err != nil {
		return err
	}
	plain := &series{name: "feed, pages of 100", unit: "rows/s", against: "bare SELECT", bar: 0.45}
	zipped := &series{name: "feed, pages of 100, gzip", unit: "rows/s", against: "bare SELECT", bar: 0.35}
	for range b.rounds {
		bare, err := b.bareRead(ctx, p)
		if err != nil {
			return err
		}
		for s, zip := range map[*series]bool{plain: false, zipped: true} {
			got, err := b.readFeed(p, zip)
			if err != nil {
				return err
			}
			s.add(got, bare)
		}
	}
	b.rows = append(b.rows, plain.figure(), zipped.figure())
	return nil
}

// parallel runs n workers and returns rows a second.
func parallel(n, rows int, work func(worker int) error) (float64, error) {
	errs := make([]error, n)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = work(i) })
	}
	wg.Wait()
	return float64(rows) / time.Since(start).Seconds(), errors.Join(errs...)
}

// bareRead reads wire lines by their number and nothing else.
func (b *bencher) bareRead(ctx context.Context, p *benchPhone) (float64, error) {
	return parallel(feedConns, feedConns*feedPages*feedRows, func(w int) error {
		conn, err := b.admin.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		for i := range feedPages {
			after := (w*feedPages + i) * feedRows
			rows, err := conn.Query(ctx, `SELECT wire FROM entries WHERE district_id = $1 AND centre = $2 AND seq > $3 ORDER BY seq LIMIT $4`,
				p.district, p.centre, after, feedRows)
			if err != nil {
				return err
			}
			n := 0
			var line []byte
			if _, err := pgx.ForEachRow(rows, []any{&line}, func() error { n++; return nil }); err != nil || n != feedRows {
				return fmt.Errorf("bare read of %d rows: %w", n, err)
			}
		}
		return nil
	})
}

func (b *bencher) readFeed(p *benchPhone, zip bool) (float64, error) {
	proof, err := p.proof(http.MethodGet, b.path("/v1/feed"))
	if err != nil {
		return 0, err
	}
	client := &fasthttp.HostClient{Addr: b.addr, MaxConns: feedConns, ReadTimeout: 30 * time.Second}
	return parallel(feedConns, feedConns*feedPages*feedRows, func(w int) error {
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(resp)
		for i := range feedPages {
			req.SetRequestURI(b.path("/v1/feed?centre=" + p.centre + "&limit=" + strconv.Itoa(feedRows) + "&after=" +
				strconv.Itoa((w*feedPages+i)*feedRows)))
			req.Header.Set("Authorization", "DPoP "+p.token)
			req.Header.Set("DPoP", proof)
			if zip {
				req.Header.Set("Accept-Encoding", "gzip")
			}
			if err := client.Do(req, resp); err != nil {
				return fmt.Errorf("read feed: %w", err)
			}
			if resp.StatusCode() != http.StatusOK || zip != (string(resp.Header.ContentEncoding()) == "gzip") {
				return fmt.Errorf("read feed: %d %.200s", resp.StatusCode(), resp.Body())
			}
			if !zip && count(resp.Body(), []byte(`"op_id":`)) != feedRows {
				return fmt.Errorf("read feed: %d rows", count(resp.Body(), []byte(`"op_id":`)))
			}
		}
		return nil
	})
}

// matrix is ops a second by connections and batch, without a bar.
func (b *bencher) matrix(ctx context.Context, phones []*benchPhone) error {
	b.say("connections and batches")
	if err := b.again(ctx, phones); err != nil {
		return err
	}
	url := b.path("/v1/ops")
	for _, conns := range []int{1, 8, 32} {
		for _, size := range []int{1, 10, 50, 200} {
			loads, err := prepare(phones[:conns], max(2, 1600/conns/size), size, url)
			if err != nil {
				return err
			}
			before := b.cpu()
			f, err := b.stored(ctx, loads, url)
			if err != nil {
				return err
			}
			spent := b.cpu().since(before)
			b.rows = append(b.rows, figure{
				Name: fmt.Sprintf("%d connections, batch %d (%s)", conns, size, spent.per(f.entered)), Value: f.perSecond(), Unit: "ops/s",
			})
		}
	}
	return nil
}

// start measures from starting the server on the existing data to its first
// answer.
func (b *bencher) start(ctx context.Context) error {
	b.stopServer()
	begun := time.Now()
	if err := b.serve(ctx); err != nil {
		return err
	}
	status, _, err := fasthttp.Get(nil, b.path("/v1/hello"))
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("first answer: %d %w", status, err)
	}
	b.rows = append(b.rows, bound("start on existing data to the first 200", time.Since(begun).Seconds(), "s", 1))
	return nil
}
