package history

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/book"
)

// Violation is something that does not hold in a book. Seq names the entry that
// shows it, or 0.
type Violation struct {
	District int32
	Centre   string
	Seq      int64
	What     string
}

// String is how it is told.
func (v Violation) String() string {
	if v.Seq == 0 {
		return fmt.Sprintf("%s: %s", v.Centre, v.What)
	}
	return fmt.Sprintf("%s %d: %s", v.Centre, v.Seq, v.What)
}

// Check says what does not hold in the books of a database:
//
//   - each book verifies, and folded again it comes to the same rows;
//   - serials have no gaps, and each line stands in its entry;
//   - the spans of a complaint's custody follow each other from its arrival and
//     sum to its life;
//   - each rung of a limit was told once and at its time, and none is owed;
//   - nothing runs over a complaint that is closed;
//   - what registers and days sum up is what their lines say, counted again;
//   - the figures of FIRs, arrests and registrations are those of the entries;
//   - what books owe each other was delivered;
//   - a woman was arrested at night with leave alone;
//   - when a day was signed each pending complaint had been looked at.
//
// It reads the entries themselves wherever it can, and goes by the book's clock
// for what is owed now.
func Check(ctx context.Context, pool *pgxpool.Pool, b *book.Book) ([]Violation, error) {
	var out []Violation
	districts, err := b.Districts(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range districts {
		centres, err := b.Centres(ctx, d)
		if err != nil {
			return nil, err
		}
		for _, centre := range centres {
			c := &checker{district: d, centre: centre, now: b.Now()}
			if err := c.book(ctx, b); err != nil {
				return out, err
			}
			err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
				if err := setDistrict(ctx, tx, d); err != nil {
					return err
				}
				if err := c.read(ctx, tx); err != nil {
					return err
				}
				return c.nightArrests(ctx, tx, b.Keys)
			})
			if err != nil {
				return out, fmt.Errorf("check %s: %w", centre, err)
			}
			for _, look := range []func(){
				c.serials, c.sums, c.tallies, c.figures, c.custodies, c.closed, c.rungs, c.owed, c.outbox, c.signedDays, c.returns,
			} {
				look()
			}
			out = append(out, c.found...)
		}
	}
	return out, nil
}

// checker looks at one book.
type checker struct {
	district int32
	centre   string
	now      time.Time
	found    []Violation

	entries    []*entry
	byOp       map[uuid.UUID]*entry
	bySeq      map[int64]*entry
	lines      []*line
	totals     map[registerYear]*total
	complaints map[uuid.UUID]*complaint
	custody    map[uuid.UUID][]span
	clocks     map[subjectLimit][]*limitClock
	days       []signedDay
	reviewed   map[uuid.UUID][]string      // days on which a complaint was looked at
	tally      map[string]map[string]int64 // by day and code
	again      map[string]map[string]int64 // the same, counted again
	returned   map[string][]int
	ladders    ladders
	undone     []string // what other books are owed
}

func (c *checker) note(seq int64, format string, args ...any) {
	c.found = append(c.found, Violation{District: c.district, Centre: c.centre, Seq: seq, What: fmt.Sprintf(format, args...)})
}

// book verifies the book and folds it again.
func (c *checker) book(ctx context.Context, b *book.Book) error {
	v, err := b.VerifyBook(ctx, c.district, c.centre)
	if err != nil {
		return err
	}
	if !v.OK() {
		c.note(v.FirstBad, "the book does not verify: %s", v.Why)
	}
	r, err := b.Rebuild(ctx, c.district, c.centre, false)
	if err != nil {
		return err
	}
	for _, table := range slices.Sorted(maps.Keys(r.Differs)) {
		c.note(0, "folded again, %s differ in %d rows", table, r.Differs[table])
	}
	return nil
}

// outbox looks for what other books are still owed.
func (c *checker) outbox() {
	for _, what := range c.undone {
		c.note(0, "the outbox still holds %s", what)
	}
}

// returns looks whether the returns of a day are numbered from one.
func (c *checker) returns() {
	for _, day := range slices.Sorted(maps.Keys(c.returned)) {
		for i, n := range c.returned[day] {
			if n != i+1 {
				c.note(0, "return %d of %s is missing", i+1, day)
				break
			}
		}
	}
}
