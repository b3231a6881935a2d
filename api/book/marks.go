package book

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	"kendra/geo"
	contract "kendra/mobile-contract"
)

// seenNumber is in which cases a number stood before, told by its keyed hash,
// and when she came with each.
type seenNumber map[uuid.UUID]time.Time

// besides counts the cases but one, and tells when she came with the last.
func (n seenNumber) besides(id uuid.UUID) (cases int, last time.Time) {
	for c, at := range n {
		if c != id {
			cases, last = cases+1, later(last, at)
		}
	}
	return cases, last
}

// marksOf makes the keyed hashes and masks of the numbers in a complaint. They
// stand beside the book and die with the key of the case.
func (t *batch) marksOf(d *draft, b *contract.ComplaintOpen) []seal.Mark {
	d.marks = nil
	for _, m := range []struct {
		field string
		class byte
		value *string
	}{{"mobile", seal.Victim, b.Mobile}, {"opposite_mobile", seal.Suspect, b.OppositeMobile}} {
		if m.value == nil {
			continue
		}
		mark := t.book.Blind.Mark(t.district, m.field, *m.value)
		mark.Field, mark.Class, mark.Mask = "/body/"+m.field, m.class, seal.MaskPhone(*m.value)
		d.marks = append(d.marks, mark)
	}
	return d.marks
}

// mark notes the numbers of an entry, for this batch and for later.
func (t *batch) mark(d *draft, e *Entry) {
	for _, m := range d.marks {
		m.CaseID = e.CaseID
		t.newMarks = append(t.newMarks, m)
		if p := t.state.matters.get(e.CaseID); p != nil && p.Kind == matterPerson {
			t.state.sawAlike(m.Hash, p)
		} else {
			t.state.sawNumber(m.Hash, e.CaseID, e.At)
		}
	}
}

func (s *State) sawNumber(hash []byte, id uuid.UUID, at time.Time) {
	n := s.seen[string(hash)]
	if n == nil {
		n = seenNumber{}
		s.seen[string(hash)] = n
	}
	n[id] = later(n[id], at)
}

// seenCases bounds how many cases of a number are looked at, the newest first:
// some numbers are written for every woman who has none of her own.
const seenCases = 200

// queueSeen finds in which cases of the district the numbers stood before. The
// two bounds say "equal": for "=" and an order by case the planner takes the
// primary key backwards, hoping to meet the number soon, and reads the district.
func (s *State) queueSeen(b *pgx.Batch, marks []seal.Mark) {
	hashes, names := asked(marks)
	b.Queue(`SELECT m.keyed_hash, m.case_id, c.arrived_at FROM unnest($2::bytea[]) AS u (hash),
		LATERAL (SELECT keyed_hash, case_id FROM case_marks WHERE district_id = $1 AND keyed_hash >= u.hash AND keyed_hash <= u.hash
			ORDER BY keyed_hash DESC, case_id DESC LIMIT $3) m,
		LATERAL (SELECT arrived_at FROM complaints WHERE district_id = $1 AND complaint_id = m.case_id LIMIT 1) c`,
		s.District, hashes, seenCases).Query(func(rows pgx.Rows) error {
		var hash []byte
		var id uuid.UUID
		var at time.Time
		_, err := pgx.ForEachRow(rows, []any{&hash, &id, &at}, func() error {
			s.sawNumber(names[string(hash)], id, at)
			return nil
		})
		return wrap(err, "find numbers")
	})
}

// asked are all hashes of marks, and of each the one by which it is noted: that
// by the key that writes.
func asked(marks []seal.Mark) (hashes [][]byte, names map[string][]byte) {
	names = map[string][]byte{}
	for _, m := range marks {
		for _, h := range [][]byte{m.Hash, m.Other} {
			if len(h) > 0 && names[string(h)] == nil {
				hashes, names[string(h)] = append(hashes, h), m.Hash
			}
		}
	}
	return hashes, names
}

// queueCentres finds which of the centres exist.
func (s *State) queueCentres(b *pgx.Batch, centres []string) {
	b.Queue(`SELECT centre FROM centres WHERE district_id = $1 AND centre = ANY($2)`, s.District, centres).
		Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, pgx.RowTo[string])
			for _, c := range list {
				s.centres[c] = true
			}
			return wrap(err, "find centres")
		})
}

// sealedPlace leaves of a place that can point at a woman its cell of about
// five square kilometres (resolution 7).
func (d *draft) sealedPlace(p geo.Point) {
	if fine, err := geo.CellAt(p); err == nil {
		d.cells = append(d.cells, int64(fine.Parent(7)))
	}
}

// queueEntered finds which ids were taken in the district, whatever they are:
// what stands in a book, or waits or was struck in another, and is no complaint
// of this one, will never be one.
func (s *State) queueEntered(b *pgx.Batch, ids []uuid.UUID) {
	b.Queue(`SELECT u.id FROM unnest($2::uuid[]) AS u (id),
		LATERAL (SELECT seq, centre FROM ops WHERE district_id = $1 AND op_id = u.id LIMIT 1) o WHERE o.seq <> 0 OR o.centre <> $3`,
		s.District, ids, s.Centre).
		Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			for _, id := range list {
				s.entered[id] = true
			}
			return wrap(err, "find ids")
		})
}

// absent is the answer to an op that names what this book does not have: it
// waits for what has not come, and is refused for what is something else or
// stands in another book.
func (s *State) absent(d *draft, id uuid.UUID, field string) error {
	if s.entered[id] || s.entries[id] != nil {
		return refuse(contract.CodeUnknownReference, d.ptr("%s", field))
	}
	return waitFor(keyOp(id))
}
