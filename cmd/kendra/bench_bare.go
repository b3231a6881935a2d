package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// bareRows are rows as they stand in entries, for the insert without a book.
type bareRows struct {
	seq                                            []int64
	opID, caseID, officer, post, device, session   []uuid.UUID
	kind, role, seenBy, cells, facts, flags, lines []string
	deviceSeq, rules                               []int64
	deviceAt, at, received                         []time.Time
	guarded                                        []bool
	opHash, sig, sealed, leaf, wire                [][]byte
}

// bareTable makes a table of the same columns as entries and nothing else: no
// key, no index, no policy.
func (b *bencher) bareTable(ctx context.Context) error {
	_, err := b.admin.Exec(ctx, `DROP TABLE IF EXISTS bare; CREATE TABLE bare AS SELECT * FROM entries WITH NO DATA`)
	if err != nil {
		return fmt.Errorf("make bare table: %w", err)
	}
	return nil
}

// sample reads n rows of the book, to insert copies of.
func (b *bencher) sample(ctx context.Context, n int) (*bareRows, error) {
	rows, err := b.admin.Query(ctx, `SELECT seq, op_id, case_id, officer_id, post_id, device_id, session_id, kind, role,
		seen_by::text, cells::text, facts, flags, lines, device_seq, rules_seq, device_at, at, received_at, guarded,
		op_hash, sig, sealed, leaf_hash, wire FROM entries WHERE kind = 'visit.record' ORDER BY centre, seq DESC LIMIT $1`, n)
	if err != nil {
		return nil, fmt.Errorf("read sample: %w", err)
	}
	defer rows.Close()
	s := &bareRows{}
	for rows.Next() {
		var seq, dseq, rules int64
		var op, cs, off, post, dev, ses uuid.UUID
		var kind, role, seen, cells, facts, flags, lines string
		var dat, at, rec time.Time
		var guarded bool
		var oh, sig, sealed, leaf, wire []byte
		err := rows.Scan(&seq, &op, &cs, &off, &post, &dev, &ses, &kind, &role, &seen, &cells, &facts, &flags, &lines, &dseq, &rules,
			&dat, &at, &rec, &guarded, &oh, &sig, &sealed, &leaf, &wire)
		if err != nil {
			return nil, fmt.Errorf("read sample: %w", err)
		}
		s.seq, s.opID, s.caseID, s.officer = append(s.seq, seq), append(s.opID, op), append(s.caseID, cs), append(s.officer, off)
		s.post, s.device, s.session = append(s.post, post), append(s.device, dev), append(s.session, ses)
		s.kind, s.role, s.seenBy, s.cells = append(s.kind, kind), append(s.role, role), append(s.seenBy, seen), append(s.cells, cells)
		s.facts, s.flags, s.lines = append(s.facts, facts), append(s.flags, flags), append(s.lines, lines)
		s.deviceSeq, s.rules, s.guarded = append(s.deviceSeq, dseq), append(s.rules, rules), append(s.guarded, guarded)
		s.deviceAt, s.at, s.received = append(s.deviceAt, dat), append(s.at, at), append(s.received, rec)
		s.opHash, s.sig = append(s.opHash, slices.Clone(oh)), append(s.sig, slices.Clone(sig))
		s.sealed, s.leaf = append(s.sealed, slices.Clone(sealed)), append(s.leaf, slices.Clone(leaf))
		s.wire = append(s.wire, slices.Clone(wire))
	}
	if len(s.seq) < n {
		return nil, errors.New("the book is too small for a sample")
	}
	return s, rows.Err()
}

// bare inserts batches of the sample over n connections, one transaction a
// batch, and returns rows a second.
func (b *bencher) bare(ctx context.Context, s *bareRows, conns, batches int) (float64, error) {
	errs := make([]error, conns)
	start := time.Now()
	var wg sync.WaitGroup
	for c := range conns {
		wg.Go(func() {
			conn, err := b.admin.Acquire(ctx)
			if err != nil {
				errs[c] = err
				return
			}
			defer conn.Release()
			for range batches {
				_, err := conn.Exec(ctx, `INSERT INTO bare (district_id, centre, seq, op_id, kind, case_id, officer_id, post_id, role,
					device_id, session_id, device_seq, device_at, at, received_at, rules_seq, seen_by, guarded, cells, facts, flags,
					lines, op_hash, sig, sealed, leaf_hash, wire)
					SELECT 7, 'KRW', a, b, c, d, e, f, g, h, i, j, k, l, m, n, o::uuid[], p, q::bigint[], r, s, t, u, v, w, x, y
					FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::uuid[],
						$9::uuid[], $10::bigint[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::bigint[],
						$15::text[], $16::bool[], $17::text[], $18::text[], $19::text[], $20::text[], $21::bytea[], $22::bytea[],
						$23::bytea[], $24::bytea[], $25::bytea[])
						AS z (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y)`,
					s.seq, s.opID, s.kind, s.caseID, s.officer, s.post, s.role, s.device, s.session, s.deviceSeq, s.deviceAt, s.at,
					s.received, s.rules, s.seenBy, s.guarded, s.cells, s.facts, s.flags, s.lines, s.opHash, s.sig, s.sealed, s.leaf, s.wire)
				if err != nil {
					errs[c] = fmt.Errorf("bare insert: %w", err)
					return
				}
			}
		})
	}
	wg.Wait()
	return float64(conns*batches*len(s.seq)) / time.Since(start).Seconds(), errors.Join(errs...)
}
