package book

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kendra/api/seal"
)

// A poison op is one that breaks the code or the database rather than being
// refused. It must neither be lost nor hold up others: it is held, an
// operator's alarm is raised, and it is tried again after the next release.

// poison is what such an op waits for.
const poison = "poison"

// fault is an error of the code: a panic, or a held op that can't be read.
type fault struct{ err error }

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// breaks tells an error that the ops or the code deserve from one of a
// connection or a deadline, after which nothing is known.
func breaks(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	code := pgCode(err)
	return code != "" && !transient(code) || errors.As(err, new(*fault))
}

// release says which held ops a transaction may try, and is told what it
// provided to others.
type release struct {
	keys     []string
	forced   []uuid.UUID
	only     map[uuid.UUID]bool
	provided []string
	whole    bool // the drafts are entered all, or none is
}

// attempt appends drafts together, or singly where that breaks; those that close a month
// after the others. Nothing that
// happens to them may end the process.
func (w *writer) attempt(ctx context.Context, drafts []*draft) (err error) {
	defer func() {
		if what := recover(); what != nil {
			err = &fault{fmt.Errorf("panic: %T", what)}
		}
	}()
	for _, part := range apart(drafts) {
		if err = w.book.transact(ctx, w.district, w.centre, part); breaks(ctx, err) {
			err = w.singly(ctx, part)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// singly appends each op in a transaction of its own after one failed, so that
// a poison op cannot hold up the rest.
func (w *writer) singly(ctx context.Context, drafts []*draft) error {
	for _, d := range drafts {
		err := w.book.transact(ctx, w.district, w.centre, []*draft{d})
		if breaks(ctx, err) {
			err = w.alone(ctx, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// alone appends an op without those that wait for it, since it may be one of
// them that breaks. If it breaks alone, too, it is the poison.
func (w *writer) alone(ctx context.Context, d *draft) error {
	nobody := &release{only: map[uuid.UUID]bool{}}
	err := w.book.transactWith(ctx, w.district, w.centre, []*draft{d}, nobody)
	if breaks(ctx, err) {
		w.book.Log.Error("poison op held", "district", w.district, "centre", w.centre, "op_id", d.op.ID,
			"kind", d.op.Kind, "err", err)
		return w.book.quarantine(ctx, w.district, w.centre, d)
	}
	if err != nil || d.receipt.Outcome != Entered || d.receipt.Repeated {
		return err
	}
	if d.enters != uuid.Nil {
		err = w.book.releaseOne(ctx, w.district, w.centre, d.enters, &release{forced: []uuid.UUID{d.enters}})
	}
	if err != nil {
		return err
	}
	return w.book.releaseSingly(ctx, w.district, w.centre, nobody.provided)
}

// releaseSingly tries the held ops that wait for keys, each in a transaction of
// its own, and what those provide in turn.
func (b *Book) releaseSingly(ctx context.Context, district int32, centre string, keys []string) error {
	waiting, err := b.waiting(ctx, district, centre, keys)
	if err != nil {
		return err
	}
	for _, id := range waiting {
		if err := b.releaseOne(ctx, district, centre, id, &release{keys: keys}); err != nil {
			return err
		}
	}
	return nil
}

// releaseOne tries one held op and then those that wait for it. One that
// breaks becomes poison.
func (b *Book) releaseOne(ctx context.Context, district int32, centre string, id uuid.UUID, r *release) error {
	r.only = map[uuid.UUID]bool{id: true}
	before := slices.Clone(r.keys)
	err := b.transactWith(ctx, district, centre, nil, r)
	if breaks(ctx, err) {
		b.Log.Error("poison op held", "district", district, "centre", centre, "op_id", id, "err", err)
		return b.poisonHeld(ctx, district, centre, id)
	}
	if err != nil {
		return err
	}
	more := slices.DeleteFunc(r.provided, func(k string) bool { return slices.Contains(before, k) })
	if len(more) == 0 {
		return nil
	}
	return b.releaseSingly(ctx, district, centre, more)
}

// waiting lists the held ops of a centre that wait for keys, oldest first.
func (b *Book) waiting(ctx context.Context, district int32, centre string, keys []string) (ids []uuid.UUID, err error) {
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT op_id FROM held WHERE district_id = $1 AND centre = $2 AND waits_for = ANY($3)
			ORDER BY received_at, op_id`, district, centre, keys)
		if err != nil {
			return fmt.Errorf("find held ops: %w", err)
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return wrap(err, "find held ops")
	})
	return ids, err
}

// quarantine holds an op that broke the code, for the next release.
func (b *Book) quarantine(ctx context.Context, district int32, centre string, d *draft) error {
	d.reset()
	return within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		t := &batch{
			book: b, tx: tx, district: district, centre: centre, now: b.now(), known: map[uuid.UUID]*known{},
			held: map[uuid.UUID]*heldRow{}, wrapped: map[uuid.UUID][]seal.Wrapped{}, tried: map[uuid.UUID]bool{},
		}
		if err := t.loadHeld(ctx, []uuid.UUID{d.op.ID}, nil); err != nil {
			return err
		}
		if h := t.held[d.op.ID]; h != nil { // it waited already, and broke the code when tried again
			h.WaitsFor = poison
			t.newHeld = append(t.newHeld, h)
			d.receipt.Outcome, d.receipt.WaitsFor = Held, poison
		} else if err := t.hold(d, poison); err != nil {
			return err
		}
		p := &pgx.Batch{}
		seal.QueueInsertKeys(p, district, t.newKeys, t.now)
		t.flushHeld(p)
		b.queueAlarm(p, district, centre, d.op.ID)
		return wrap(send(ctx, tx, p), "hold poison op")
	})
}

// poisonHeld makes an op that is held already wait for the next release.
func (b *Book) poisonHeld(ctx context.Context, district int32, centre string, id uuid.UUID) error {
	return within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		p := &pgx.Batch{}
		p.Queue(`UPDATE held SET waits_for = $3 WHERE district_id = $1 AND op_id = $2`, district, id, poison)
		b.queueAlarm(p, district, centre, id)
		return wrap(send(ctx, tx, p), "hold poison op")
	})
}

// queueAlarm raises the operator's alarm about a poison op, once.
func (b *Book) queueAlarm(p *pgx.Batch, district int32, centre string, id uuid.UUID) {
	p.Queue(`INSERT INTO alarms (district_id, alarm_id, at, kind, centre, subject_id) VALUES ($1, $2, $3, 'poison_op', $4, $5)
		ON CONFLICT DO NOTHING`, district, derivedID(id, "alarm", 0), b.now(), centre, id)
}

// RetryPoison tries again, once each, the ops that an earlier release broke on.
// A server calls it when it starts.
func (b *Book) RetryPoison(ctx context.Context) error {
	districts, err := b.Districts(ctx)
	if err != nil {
		return err
	}
	for _, d := range districts {
		centres, err := b.Centres(ctx, d)
		if err != nil {
			return err
		}
		for _, c := range centres {
			if err := b.releaseSingly(ctx, d, c, []string{poison}); err != nil {
				return fmt.Errorf("retry poison ops of %s: %w", c, err)
			}
		}
	}
	return nil
}

// pgCode is the SQLSTATE of a database error, or empty.
func pgCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// transient tells the errors of a database that is busy or going down from
// those that a statement itself deserves.
func transient(code string) bool {
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "57") ||
		strings.HasPrefix(code, "40") || code == "55P03" || code == "25006"
}
