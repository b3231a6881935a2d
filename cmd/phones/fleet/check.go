package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	contract "kendra/mobile-contract"
)

// Found is what the checker found. Only all zeros are right.
type Found struct {
	Lost    int // acknowledged, and not where the receipt says
	Doubled int // standing twice
	Gaps    int // numbers of a book or a register that nobody has
	Altered int // standing, but not as acknowledged
	Details []string
}

// OK tells whether everything stands as it was acknowledged.
func (f Found) OK() bool { return f.Lost+f.Doubled+f.Gaps+f.Altered == 0 }

// mostDetails is how many findings are told one by one.
const mostDetails = 50

func (f *Found) note(count *int, format string, args ...any) {
	*count++
	if len(f.Details) < mostDetails {
		f.Details = append(f.Details, fmt.Sprintf(format, args...))
	}
}

// Check compares the receipts that phones hold with the books of a district:
// each entered op stands once, at its number, with its hash; each held one
// waits or was decided; the numbers of books and registers have no gaps; and
// the leaves lead to the root in the head. It reads in tx alone, which must
// see one state of the database (repeatable read).
func Check(ctx context.Context, tx pgx.Tx, district int32, acked []Acked) (Found, error) {
	c := &checker{district: district, entries: map[uuid.UUID][]row{}, known: map[uuid.UUID]known{}}
	if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL app.district_id = '%d'", district)); err != nil {
		return c.found, fmt.Errorf("check books: %w", err)
	}
	for _, step := range []func(context.Context, pgx.Tx) error{c.readEntries, c.readHeads, c.readOps, c.readHeld, c.readSerials} {
		if err := step(ctx, tx); err != nil {
			return c.found, fmt.Errorf("check books: %w", err)
		}
	}
	c.numbers()
	c.tree()
	c.registers()
	for _, a := range acked {
		c.receipt(a)
	}
	return c.found, nil
}

// row is what the checker needs of an entry.
type row struct {
	centre       string
	seq          int64
	id           uuid.UUID
	hash, leaf   []byte
	lines        []contract.LineRef
	linesInvalid bool
}

type known struct {
	centre string
	seq    int64
	hash   []byte
}

type head struct {
	size int64
	root []byte
}

type register struct {
	centre, name string
	year         int
}

type checker struct {
	district int32
	found    Found
	books    map[string][]row // by centre, in the order of seq
	entries  map[uuid.UUID][]row
	heads    map[string]head
	known    map[uuid.UUID]known
	held     map[uuid.UUID]bool
	last     map[register]int64
}

func (c *checker) readEntries(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT centre, seq, op_id, op_hash, leaf_hash, lines FROM entries
		WHERE district_id = $1 ORDER BY centre, seq`, c.district)
	if err != nil {
		return err
	}
	c.books = map[string][]row{}
	var r row
	var lines string
	_, err = pgx.ForEachRow(rows, []any{&r.centre, &r.seq, &r.id, &r.hash, &r.leaf, &lines}, func() error {
		e := r
		e.hash, e.leaf, e.lines = slices.Clone(r.hash), slices.Clone(r.leaf), nil
		e.linesInvalid = json.Unmarshal([]byte(lines), &e.lines) != nil
		c.books[e.centre] = append(c.books[e.centre], e)
		c.entries[e.id] = append(c.entries[e.id], e)
		return nil
	})
	return err
}

func (c *checker) readHeads(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT centre, size, root FROM heads WHERE district_id = $1`, c.district)
	if err != nil {
		return err
	}
	c.heads = map[string]head{}
	var centre string
	var h head
	_, err = pgx.ForEachRow(rows, []any{&centre, &h.size, &h.root}, func() error {
		c.heads[centre] = head{h.size, slices.Clone(h.root)}
		return nil
	})
	return err
}

func (c *checker) readOps(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT op_id, centre, seq, op_hash FROM ops WHERE district_id = $1`, c.district)
	if err != nil {
		return err
	}
	var id uuid.UUID
	var k known
	_, err = pgx.ForEachRow(rows, []any{&id, &k.centre, &k.seq, &k.hash}, func() error {
		c.known[id] = known{k.centre, k.seq, slices.Clone(k.hash)}
		return nil
	})
	return err
}

func (c *checker) readHeld(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT op_id FROM held WHERE district_id = $1`, c.district)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	c.held = map[uuid.UUID]bool{}
	for _, id := range ids {
		c.held[id] = true
	}
	return err
}

func (c *checker) readSerials(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT centre, register, year, last FROM serials WHERE district_id = $1`, c.district)
	if err != nil {
		return err
	}
	c.last = map[register]int64{}
	var r register
	var last int64
	_, err = pgx.ForEachRow(rows, []any{&r.centre, &r.name, &r.year, &last}, func() error {
		c.last[r] = last
		return nil
	})
	return err
}

// numbers checks that the entries of each book are 1, 2, 3 ... up to the size
// in its head, and that no op stands in two places.
func (c *checker) numbers() {
	f := &c.found
	for _, centre := range slices.Sorted(maps.Keys(c.books)) {
		want := int64(1)
		for _, e := range c.books[centre] {
			for ; want < e.seq; want++ {
				f.note(&f.Gaps, "%s %d: no entry has this number", centre, want)
			}
			want = e.seq + 1
			k, ok := c.known[e.id]
			switch {
			case !ok:
				f.note(&f.Altered, "%s %d: op %s is not among the known ops", centre, e.seq, e.id)
			case k.centre != centre || k.seq != e.seq && len(c.entries[e.id]) == 1:
				f.note(&f.Altered, "%s %d: op %s is known at %s %d", centre, e.seq, e.id, k.centre, k.seq)
			case !bytes.Equal(k.hash, e.hash):
				f.note(&f.Altered, "%s %d: the entry's op_hash is not that of the known op", centre, e.seq)
			}
		}
		if size := c.heads[centre].size; size != want-1 {
			f.note(&f.Gaps, "%s %d: the head says %d entries, the last has number %d", centre, min(size, want-1)+1, size, want-1)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(c.entries), compareID) {
		if rows := c.entries[id]; len(rows) > 1 {
			f.note(&f.Doubled, "%s %d: op %s stands here and at %s %d", rows[1].centre, rows[1].seq, id, rows[0].centre, rows[0].seq)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(c.known), compareID) {
		if k := c.known[id]; k.seq > 0 && len(c.entries[id]) == 0 {
			f.note(&f.Lost, "%s %d: op %s is known here and has no entry", k.centre, k.seq, id)
		}
	}
}

func compareID(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

// tree checks that the leaves lead to the root.
func (c *checker) tree() {
	f := &c.found
	factory := &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	for _, centre := range slices.Sorted(maps.Keys(c.books)) {
		r := factory.NewEmptyRange(0)
		for _, e := range c.books[centre] {
			if err := r.Append(e.leaf, nil); err != nil {
				f.note(&f.Altered, "%s %d: %v", centre, e.seq, err)
				break
			}
		}
		root, err := r.GetRootHash(nil)
		if err != nil || !bytes.Equal(root, c.heads[centre].root) {
			f.note(&f.Altered, "%s: the leaves do not lead to the root in the head", centre)
		}
	}
}

// registers checks the serials of every register and year.
func (c *checker) registers() {
	f := &c.found
	at := map[register]map[int64]int64{} // serial to seq
	for _, centre := range slices.Sorted(maps.Keys(c.books)) {
		for _, e := range c.books[centre] {
			if e.linesInvalid {
				f.note(&f.Altered, "%s %d: its lines can't be read", centre, e.seq)
			}
			for _, l := range e.lines {
				r := register{centre, string(l.Register), l.Year}
				if at[r] == nil {
					at[r] = map[int64]int64{}
				}
				if first, ok := at[r][l.Serial]; ok {
					f.note(&f.Doubled, "%s %d: its serial %s was given at %d already", centre, e.seq, l.No, first)
				}
				at[r][l.Serial] = e.seq
			}
		}
	}
	for r := range c.last {
		if at[r] == nil {
			at[r] = map[int64]int64{}
		}
	}
	for _, r := range slices.SortedFunc(maps.Keys(at), compareRegister) {
		last := c.last[r]
		for s := range at[r] {
			last = max(last, s)
		}
		for s := int64(1); s <= last; s++ {
			if _, ok := at[r][s]; !ok {
				f.note(&f.Gaps, "%s: serial %d of %s %d is on no entry", r.centre, s, r.name, r.year)
			}
		}
		if c.last[r] != last {
			f.note(&f.Gaps, "%s: the last serial of %s %d is %d, the register says %d", r.centre, r.name, r.year, last, c.last[r])
		}
	}
}

func compareRegister(a, b register) int {
	return bytes.Compare(fmt.Appendf(nil, "%s/%s/%d", a.centre, a.name, a.year), fmt.Appendf(nil, "%s/%s/%d", b.centre, b.name, b.year))
}

// receipt looks for what a phone was promised.
func (c *checker) receipt(a Acked) {
	f := &c.found
	rows := c.entries[a.OpID]
	if a.Held {
		if k, ok := c.known[a.OpID]; !ok || k.seq == 0 && !c.held[a.OpID] {
			f.note(&f.Lost, "%s: held op %s waits nowhere", a.Centre, a.OpID)
		}
		return
	}
	i := slices.IndexFunc(rows, func(r row) bool { return r.centre == a.Centre && r.seq == a.Seq })
	switch {
	case len(rows) == 0:
		f.note(&f.Lost, "%s %d: op %s was acknowledged here and has no entry", a.Centre, a.Seq, a.OpID)
		return
	case i < 0:
		f.note(&f.Lost, "%s %d: op %s was acknowledged here and stands at %s %d", a.Centre, a.Seq, a.OpID, rows[0].centre, rows[0].seq)
		return
	}
	e := rows[i]
	if contract.Encode(e.hash) != a.OpHash {
		f.note(&f.Altered, "%s %d: another op_hash than was acknowledged", a.Centre, a.Seq)
	}
	if a.LeafHash != "" && contract.Encode(e.leaf) != a.LeafHash {
		f.note(&f.Altered, "%s %d: another leaf than was acknowledged", a.Centre, a.Seq)
	}
	if !slices.Equal(e.lines, a.Lines) && len(e.lines)+len(a.Lines) > 0 {
		f.note(&f.Altered, "%s %d: other lines than were acknowledged", a.Centre, a.Seq)
	}
}
