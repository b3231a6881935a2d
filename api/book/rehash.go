package book

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	contract "kendra/mobile-contract"
)

// When the key of the keyed hashes is followed by a new one, each number is
// opened inside this process, hashed anew and forgotten. Meanwhile both keys are
// asked, so that nothing is missed whichever key a row is by.

// Rehashed tells how far that has come.
type Rehashed struct {
	Done     int // marks made anew
	Left     int // marks by an older key; while some were found, that there may be more
	Officers int // whose own number is by an older key; it is kept nowhere: import the list again
}

// Over tells whether nothing is by an older key any more.
func (r *Rehashed) Over() bool { return r.Left == 0 && r.Officers == 0 }

// Rehash makes the marks of up to limit cases of each district anew by the key
// that writes. One caller at a time.
func (b *Book) Rehash(ctx context.Context, limit int) (*Rehashed, error) {
	districts, err := b.Districts(ctx)
	if err != nil {
		return nil, err
	}
	out := &Rehashed{}
	for _, d := range districts {
		if err := b.rehashIn(ctx, d, limit, out); err != nil {
			return nil, fmt.Errorf("hash again in district %d: %w", d, err)
		}
	}
	return out, nil
}

func (b *Book) rehashIn(ctx context.Context, district int32, limit int, out *Rehashed) error {
	return within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		by := b.Blind.IDs()[0]
		// An empty id was made before keys had ids. It goes on after the last case, in the order of their ids: all of
		// them together are walked once. Who writes to a case at this moment keeps its marks, and is met next time.
		older := append([]string{""}, b.Blind.IDs()[1:]...)
		rows, err := tx.Query(ctx, `SELECT case_id FROM case_marks WHERE district_id = $1 AND case_id > $4 AND hashed_by = ANY($2)
			ORDER BY case_id LIMIT $3 FOR UPDATE SKIP LOCKED`, district, older, limit, b.rehashed[district])
		if err != nil {
			return fmt.Errorf("find marks: %w", err)
		}
		cases, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return fmt.Errorf("find marks: %w", err)
		}
		for _, id := range compactIDs(cases) {
			n, err := b.rehashCase(ctx, tx, district, id)
			if err != nil {
				return fmt.Errorf("case %s: %w", id, err)
			}
			out.Done += n
		}
		delete(b.rehashed, district)
		if len(cases) > 0 {
			b.rehashed[district] = cases[len(cases)-1]
			out.Left++ // how many are not counted while there are some
			return nil
		}
		var left, officers int
		err = tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM case_marks WHERE district_id = $1 AND hashed_by <> $2),
			(SELECT count(*) FROM officers WHERE district_id = $1 AND phone_hashes IS NOT NULL AND phone_hashed_by <> $2)`,
			district, by).Scan(&left, &officers)
		out.Left, out.Officers = out.Left+left, out.Officers+officers
		return wrap(err, "count marks")
	})
}

// rehashCase makes the marks of one case anew from what its entries say.
func (b *Book) rehashCase(ctx context.Context, tx pgx.Tx, district int32, id uuid.UUID) (int, error) {
	wrapped, stored := map[uuid.UUID][]seal.Wrapped{}, map[uuid.UUID][]seal.Mark{}
	p := &pgx.Batch{}
	seal.QueueLoadKeys(p, district, []uuid.UUID{id}, wrapped)
	seal.QueueLoadMarks(p, district, []uuid.UUID{id}, stored)
	if err := send(ctx, tx, p); err != nil {
		return 0, fmt.Errorf("read marks: %w", err)
	}
	t := &batch{book: b, district: district, keys: map[caseClass]seal.Key{}, wrapped: wrapped}
	said, err := t.said(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	var fresh []seal.Mark
	for _, old := range stored[id] {
		i := slices.IndexFunc(said, func(m seal.Mark) bool { return m.Field == old.Field && old.Is([][]byte{m.Hash, m.Other}) })
		if i < 0 {
			continue // it stays by its key, which then stays too
		}
		m := said[i]
		m.CaseID = id
		fresh = append(fresh, m)
	}
	p = &pgx.Batch{}
	seal.QueueInsertMarks(p, district, fresh, false)
	return len(fresh), wrap(send(ctx, tx, p), "write marks")
}

// said opens the entries of a case that have numbers in them, and hashes these.
func (t *batch) said(ctx context.Context, tx pgx.Tx, id uuid.UUID) ([]seal.Mark, error) {
	rows, err := tx.Query(ctx, `SELECT e.centre, e.op_id, e.kind, e.case_id, e.officer_id, e.guarded, e.sealed, NULL::uuid FROM (
			SELECT complaint_id AS id FROM complaints WHERE district_id = $1 AND complaint_id = $2
			UNION SELECT complaint_id FROM complaints WHERE district_id = $1 AND case_id = $2 AND case_id <> complaint_id
			UNION SELECT matter_id FROM matters WHERE district_id = $1 AND matter_id = $2) s
		JOIN centres c ON c.district_id = $1
		JOIN LATERAL (SELECT seq FROM steps WHERE district_id = $1 AND centre = c.centre AND subject_id = s.id
			UNION ALL SELECT seq FROM ops WHERE district_id = $1 AND op_id = s.id AND centre = c.centre AND seq > 0) x ON true
		JOIN entries e ON e.district_id = $1 AND e.centre = c.centre AND e.seq = x.seq
		WHERE e.kind IN ('complaint.open', 'squad.person', 'entry.correct') AND e.case_id = $2 ORDER BY e.received_at, e.seq`, t.district, id)
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[sealedEntry])
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	var out []seal.Mark
	for _, e := range list {
		marks, err := t.numbersOf(e)
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", e.OpID, err)
		}
		out = append(out, marks...)
	}
	return out, nil
}

// numbersOf are the marks of the numbers in an entry, opened for no longer than
// it takes.
func (t *batch) numbersOf(e *sealedEntry) ([]seal.Mark, error) {
	_, report, err := contract.DecodeSealedOp(e.Sealed)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	keys, gone, err := t.keysFor(e.CaseID, report.Sealed)
	if err != nil || gone {
		return nil, err
	}
	raw, err := seal.UnsealDoc(e.Sealed, report.Sealed, nil, keys, seal.Where{District: t.district, Centre: e.Centre, OpID: e.OpID})
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	defer clear(raw)
	op, _, err := contract.DecodeSealedOp(raw) // its salt is still sealed
	if err != nil {
		return nil, fmt.Errorf("read what was opened: %w", err)
	}
	body, err := kinds[string(op.Kind)].parse(op.Body)
	if err != nil {
		return nil, err
	}
	d := &draft{op: op}
	switch b := body.(type) {
	case *contract.ComplaintOpen:
		return t.marksOf(d, b), nil
	case *contract.SquadPerson:
		return t.marksOfPerson(d, b), nil
	case *contract.EntryCorrect:
		if b.Complaint != nil {
			return t.marksOf(d, b.Complaint), nil
		}
		if b.Person != nil {
			return t.marksOfPerson(d, b.Person), nil
		}
	}
	return nil, nil
}

// ForgetOther clears the hashes by the other key, when that has gone.
func (b *Book) ForgetOther(ctx context.Context) error {
	districts, err := b.Districts(ctx)
	if err != nil {
		return err
	}
	for _, d := range districts {
		err := within(ctx, b.Pool, d, pgx.ReadWrite, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE case_marks SET other_hash = NULL WHERE district_id = $1 AND other_hash IS NOT NULL`, d)
			return wrap(err, "forget hashes")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Rewrap wraps all keys of cases by the newest key of the keyset, a few at a
// time, and tells by which older keys some still are.
func (b *Book) Rewrap(ctx context.Context) (done int, older []string, err error) {
	districts, err := b.Districts(ctx)
	if err != nil {
		return 0, nil, err
	}
	for _, d := range districts {
		var from uuid.UUID
		for n := 1; n > 0; done += n {
			err := within(ctx, b.Pool, d, pgx.ReadWrite, func(tx pgx.Tx) (err error) {
				n, from, err = seal.Rewrap(ctx, tx, b.Keys, d, from, rewrapSize)
				return err
			})
			if err != nil {
				return done, nil, fmt.Errorf("wrap keys of district %d again: %w", d, err)
			}
		}
		err := b.read(ctx, d, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `SELECT DISTINCT kek FROM case_keys WHERE district_id = $1 AND kek <> $2 AND kek <> ''`, d, b.Keys.Primary())
			if err != nil {
				return fmt.Errorf("list wrapping keys: %w", err)
			}
			list, err := pgx.CollectRows(rows, pgx.RowTo[string])
			older = append(older, list...)
			return wrap(err, "list wrapping keys")
		})
		if err != nil {
			return done, nil, err
		}
	}
	return done, older, nil
}

// rewrapSize is how many keys are wrapped again in one transaction.
const rewrapSize = 200
