package book

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// herCases tells of a case which of a woman's cases stands for her.
type herCases struct {
	same     map[uuid.UUID]uuid.UUID   // to one that stands nearer to the first
	named    map[uuid.UUID][]uuid.UUID // cases of complaints of which one names the other as its parent
	numbered map[uuid.UUID]bool        // in which a number of hers is known
}

// women finds out whose cases those that wait are. Two that have a number in common are one
// woman's, and so are two of which one was entered as a new incident of the other; and so is
// one that hangs so together with either, whether it still waits or not.
func (s *heatSweep) women(ctx context.Context, tx pgx.Tx, cases []uuid.UUID) (*herCases, error) {
	h := &herCases{map[uuid.UUID]uuid.UUID{}, map[uuid.UUID][]uuid.UUID{}, map[uuid.UUID]bool{}}
	if err := h.readParents(ctx, tx, s.district); err != nil {
		return nil, err
	}
	seen := map[uuid.UUID]bool{}
	var next []uuid.UUID
	reach := func(id uuid.UUID) {
		if !seen[id] {
			seen[id], next = true, append(next, id)
		}
	}
	for _, id := range cases {
		reach(id)
	}
	for look := next; len(look) > 0; look = next {
		next = nil
		for _, id := range look {
			for _, other := range h.named[id] {
				h.join(id, other)
				reach(other)
			}
		}
		rows, err := tx.Query(ctx, `SELECT c.id, o.case_id FROM unnest($2::uuid[]) AS c (id),
			LATERAL (SELECT keyed_hash FROM case_marks WHERE district_id = $1 AND case_id = c.id AND class = 'V' OFFSET 0) m,
			LATERAL (SELECT case_id FROM case_marks WHERE keyed_hash = m.keyed_hash AND district_id = $1 AND class = 'V' OFFSET 0) o`,
			s.district, look)
		if err != nil {
			return nil, fmt.Errorf("read whose cases they are: %w", err)
		}
		var one, other uuid.UUID
		_, err = pgx.ForEachRow(rows, []any{&one, &other}, func() error {
			h.numbered[one] = true
			h.join(one, other)
			reach(other)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read whose cases they are: %w", err)
		}
	}
	for id := range seen {
		if h.numbered[id] {
			h.numbered[h.first(id)] = true
		}
	}
	return h, nil
}

// readParents reads which cases hang together by complaints that name their parent. All of
// the district are read: two that wait may be children of two that do not.
func (h *herCases) readParents(ctx context.Context, tx pgx.Tx, district int32) error {
	rows, err := tx.Query(ctx, `SELECT c.case_id, p.case_id FROM complaints c, LATERAL (SELECT case_id FROM complaints
			WHERE district_id = $1 AND complaint_id = (c.data::json ->> 'parent_id')::uuid LIMIT 1) p
		WHERE c.district_id = $1 AND c.data LIKE '%"parent_id"%' AND p.case_id <> c.case_id`, district)
	if err != nil {
		return fmt.Errorf("read whose cases they are: %w", err)
	}
	var child, parent uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&child, &parent}, func() error {
		h.named[child], h.named[parent] = append(h.named[child], parent), append(h.named[parent], child)
		return nil
	})
	return wrap(err, "read whose cases they are")
}

func (h *herCases) join(a, b uuid.UUID) {
	if a, b = h.first(a), h.first(b); a != b {
		h.same[b] = a
	}
}

func (h *herCases) first(id uuid.UUID) uuid.UUID {
	for {
		up, ok := h.same[id]
		if !ok {
			return id
		}
		id = up
	}
}

// who is the case that stands for the woman of a case. Of whom no number is known, nobody
// can tell from another: they all are one, the nil id.
func (h *herCases) who(id uuid.UUID) uuid.UUID {
	if first := h.first(id); h.numbered[first] {
		return first
	}
	return uuid.Nil
}
