package seal

import (
	"context"
	"crypto/hmac"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Mark is what stands beside the book of a sealed number.
type Mark struct {
	CaseID uuid.UUID
	Field  string // pointer in the op
	Class  byte
	Mask   string
	Hash   []byte
	By     string // id of the key that made Hash
	Other  []byte // by the other key, while one follows another
}

// Is tells whether the mark is one of a value with these hashes.
func (m Mark) Is(hashes [][]byte) bool {
	for _, h := range hashes {
		if hmac.Equal(h, m.Hash) || len(m.Other) > 0 && hmac.Equal(h, m.Other) {
			return true
		}
	}
	return false
}

// QueueLoadKeys reads the keys of cases. A class that into already has of a
// case stays as it is.
func QueueLoadKeys(b *pgx.Batch, district int32, cases []uuid.UUID, into map[uuid.UUID][]Wrapped) {
	if len(cases) == 0 {
		return
	}
	// Each id is one look into the index: see queueKnown of package book.
	b.Queue(`SELECT k.* FROM unnest($2::uuid[]) AS u (id), LATERAL (SELECT case_id, class, wrapped, kek FROM case_keys
		WHERE district_id = $1 AND case_id = u.id OFFSET 0) k`,
		district, cases).Query(func(rows pgx.Rows) error {
		var w Wrapped
		var class string
		_, err := pgx.ForEachRow(rows, []any{&w.CaseID, &class, &w.Bytes, &w.KEK}, func() error {
			w.Class = class[0]
			for _, known := range into[w.CaseID] {
				if known.Class == w.Class {
					return nil
				}
			}
			into[w.CaseID] = append(into[w.CaseID], w)
			return nil
		})
		if err != nil {
			return fmt.Errorf("load case keys: %w", err)
		}
		return nil
	})
}

// QueueInsertKeys writes new keys. A key that is already there is an error: to
// keep either would lose what the other has sealed.
func QueueInsertKeys(b *pgx.Batch, district int32, ws []Wrapped, at time.Time) {
	if len(ws) == 0 {
		return
	}
	cases, classes := make([]uuid.UUID, len(ws)), make([]string, len(ws))
	wrapped, keks := make([][]byte, len(ws)), make([]string, len(ws))
	for i, w := range ws {
		cases[i], classes[i], wrapped[i], keks[i] = w.CaseID, string(w.Class), w.Bytes, w.KEK
	}
	b.Queue(`INSERT INTO case_keys (district_id, case_id, class, wrapped, kek, made_at)
		SELECT $1, unnest($2::uuid[]), unnest($3::text[]), unnest($4::bytea[]), unnest($5::text[]), $6`,
		district, cases, classes, wrapped, keks, at)
}

// QueueDeleteKeys shreds: what the keys of this class sealed in these cases is
// lost, and the marks of the class with it. What is left of a key says that there
// was one, so that none is made in its place; of a held op nothing is left.
func QueueDeleteKeys(b *pgx.Batch, district int32, cases []uuid.UUID, class byte, at time.Time) {
	if len(cases) == 0 {
		return
	}
	if class == HeldOp { // it has no marks yet
		b.Queue(`DELETE FROM case_keys WHERE district_id = $1 AND case_id = ANY($2) AND class = $3`,
			district, cases, string(class))
		return
	}
	b.Queue(`INSERT INTO case_keys (district_id, case_id, class, wrapped, kek, made_at)
		SELECT $1, c, $3, '', '', $4 FROM unnest($2::uuid[]) AS u (c)
		ON CONFLICT (district_id, case_id, class) DO UPDATE SET wrapped = '', kek = '', made_at = excluded.made_at`,
		district, cases, string(class), at)
	b.Queue(`DELETE FROM case_marks WHERE district_id = $1 AND case_id = ANY($2) AND class = $3`,
		district, cases, string(class))
}

// QueueInsertMarks writes marks. A field marked before, or twice, has the last;
// fresh are those of keys that are new themselves, so that none was before.
func QueueInsertMarks(b *pgx.Batch, district int32, ms []Mark, fresh bool) {
	type place struct {
		id    uuid.UUID
		field string
	}
	at := make(map[place]int, len(ms)) // a statement may not write a row twice
	var cases []uuid.UUID
	var fields, classes, masks, bys []string
	var hashes, others [][]byte
	for _, m := range ms {
		p := place{m.CaseID, m.Field}
		i, again := at[p]
		if !again {
			i = len(cases)
			at[p] = i
			cases, fields = append(cases, m.CaseID), append(fields, m.Field)
			classes, masks, hashes = append(classes, ""), append(masks, ""), append(hashes, nil)
			bys, others = append(bys, ""), append(others, nil)
		}
		classes[i], masks[i], hashes[i] = string(m.Class), m.Mask, m.Hash
		bys[i], others[i] = m.By, m.Other
	}
	if len(cases) == 0 {
		return
	}
	onConflict := ` ON CONFLICT (district_id, case_id, field) DO UPDATE
		SET class = excluded.class, mask = excluded.mask, keyed_hash = excluded.keyed_hash, hashed_by = excluded.hashed_by,
			other_hash = excluded.other_hash`
	if fresh {
		onConflict = ``
	}
	b.Queue(`INSERT INTO case_marks (district_id, case_id, field, class, mask, keyed_hash, hashed_by, other_hash)
		SELECT $1, unnest($2::uuid[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]), unnest($6::bytea[]),
			unnest($7::text[]), unnest($8::bytea[])`+onConflict,
		district, cases, fields, classes, masks, hashes, bys, others)
}

// QueueLoadMarks reads the marks of cases.
func QueueLoadMarks(b *pgx.Batch, district int32, cases []uuid.UUID, into map[uuid.UUID][]Mark) {
	if len(cases) == 0 {
		return
	}
	b.Queue(`SELECT case_id, field, class, mask, keyed_hash, hashed_by, other_hash FROM case_marks
		WHERE district_id = $1 AND case_id = ANY($2) ORDER BY case_id, field`,
		district, cases).Query(func(rows pgx.Rows) error {
		var m Mark
		var class string
		_, err := pgx.ForEachRow(rows, []any{&m.CaseID, &m.Field, &class, &m.Mask, &m.Hash, &m.By, &m.Other}, func() error {
			m.Class = class[0]
			into[m.CaseID] = append(into[m.CaseID], m)
			return nil
		})
		if err != nil {
			return fmt.Errorf("load marks: %w", err)
		}
		return nil
	})
}

// Rewrap wraps up to limit of a district's keys by the keyset's newest key, from
// a case on in the order of their ids, and says how many, 0 when none is left, and
// where to go on: all of them together are walked once. The caller's transaction
// is of the district.
func Rewrap(ctx context.Context, tx pgx.Tx, k *Keyset, district int32, from uuid.UUID, limit int) (n int, last uuid.UUID, err error) {
	rows, err := tx.Query(ctx, `SELECT case_id, class, wrapped, kek FROM case_keys
		WHERE district_id = $1 AND case_id >= $4 AND kek <> $2 AND kek <> '' ORDER BY case_id, class LIMIT $3 FOR UPDATE`,
		district, k.Primary(), limit, from)
	if err != nil {
		return 0, from, fmt.Errorf("find keys to wrap again: %w", err)
	}
	var cases []uuid.UUID
	var classes, keks []string
	var wrapped [][]byte
	var old Wrapped
	var class string
	if _, err := pgx.ForEachRow(rows, []any{&old.CaseID, &class, &old.Bytes, &old.KEK}, func() error {
		old.Class = class[0]
		w, err := k.Rewrap(district, old)
		if err != nil {
			return fmt.Errorf("case %s: %w", old.CaseID, err)
		}
		cases, classes = append(cases, w.CaseID), append(classes, class)
		wrapped, keks = append(wrapped, w.Bytes), append(keks, w.KEK)
		return nil
	}); err != nil {
		return 0, from, fmt.Errorf("wrap keys again: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE case_keys AS k SET wrapped = n.wrapped, kek = n.kek
		FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::text[]) AS n (case_id, class, wrapped, kek)
		WHERE k.district_id = $1 AND k.case_id = n.case_id AND k.class = n.class`,
		district, cases, classes, wrapped, keks)
	if err != nil {
		return 0, from, fmt.Errorf("write keys wrapped again: %w", err)
	}
	if len(cases) > 0 {
		from = cases[len(cases)-1]
	}
	return len(cases), from, nil
}
