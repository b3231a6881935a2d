package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	openapi_types "github.com/oapi-codegen/runtime/types"

	contract "kendra/mobile-contract"
)

// How visits are looked at: not with each batch, which would be paid for by every
// phone, but some minutes later, so many entries at once and as many before them,
// which is more than a centre writes in a day.
const (
	watchEvery = 10 * time.Minute
	watchSize  = 5000
)

// watch is a book that has grown since its visits were looked at; one that never
// was has no time yet.
type watch struct {
	Centre    string
	Seq, Size int64
	DueAt     *time.Time
}

// sweepVisits looks for patterns in the visits that came in since it last looked.
func (b *Book) sweepVisits(ctx context.Context, district int32) (done int, err error) {
	var list []watch
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT h.centre, coalesce(w.seq, 0), h.size, w.due_at FROM heads h
			LEFT JOIN visit_watch w ON w.district_id = h.district_id AND w.centre = h.centre
			WHERE h.district_id = $1 AND h.size > coalesce(w.seq, 0) AND (w.due_at IS NULL OR w.due_at <= $2) ORDER BY h.centre`,
			district, b.now())
		if err != nil {
			return fmt.Errorf("find books that have grown: %w", err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[watch])
		return wrap(err, "find books that have grown")
	})
	if err != nil {
		return 0, err
	}
	return inTurn(list, func(w watch) (int, error) {
		n, err := b.lookAtVisits(ctx, district, w)
		return n, wrap(err, "visits of "+w.Centre)
	})
}

// lookAtVisits raises what is new in the visits of one book, and notes up to where
// it has looked. Two processes find the same, which is entered once.
func (b *Book) lookAtVisits(ctx context.Context, district int32, w watch) (done int, err error) {
	to, next := min(w.Size, w.Seq+watchSize), b.now().Add(watchEvery)
	if to < w.Size {
		next = b.now()
	}
	if w.DueAt == nil {
		to, next = w.Seq, b.now().Add(watchEvery)
	}
	if to > w.Seq {
		var ops []ServerOp
		err = b.read(ctx, district, func(tx pgx.Tx) error {
			list, err := readVisits(ctx, tx, district, w, to)
			if err != nil {
				return err
			}
			for _, day := range daysOf(list) {
				ops = append(ops, day.raise(b.rules.Load().of(district).conductRules(day.From))...)
			}
			ops, err = unraised(ctx, tx, district, ops)
			return err
		})
		if err != nil {
			return 0, err
		}
		if len(ops) > 0 {
			if done, err = b.enterServer(ctx, district, w.Centre, ops); err != nil {
				return done, err
			}
		}
	}
	return done, within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO visit_watch (district_id, centre, seq, due_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (district_id, centre) DO UPDATE SET seq = greatest(visit_watch.seq, $3), due_at = $4
			WHERE visit_watch.seq = $5`, district, w.Centre, to, next, w.Seq)
		return wrap(err, "note what was looked at")
	})
}

// filed is a visit as it was filed: by which phone and officer, when and where.
type filed struct {
	Device, Officer uuid.UUID
	At              time.Time
	Cell            int64
	New             bool
}

func readVisits(ctx context.Context, tx pgx.Tx, district int32, w watch, to int64) ([]filed, error) {
	rows, err := tx.Query(ctx, `SELECT device_id, officer_id, at, coalesce(cells[1], 0), seq > $3 FROM entries
		WHERE district_id = $1 AND centre = $2 AND seq > $3 - $5 AND seq <= $4 AND kind = 'visit.record' ORDER BY seq`,
		district, w.Centre, w.Seq, to, int64(watchSize))
	if err != nil {
		return nil, fmt.Errorf("read visits: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[filed])
	return list, wrap(err, "read visits")
}

// phoneDay is what one phone filed on one day (IST).
type phoneDay struct {
	span
	Device uuid.UUID
	Visits []filed
}

// daysOf puts visits together by phone and day, and leaves out the days to which
// nothing was added.
func daysOf(list []filed) []phoneDay {
	var out []phoneDay
	for _, v := range list {
		s := spanOf(spanDay, v.At)
		i := slices.IndexFunc(out, func(d phoneDay) bool { return d.Device == v.Device && d.From.Equal(s.From) })
		if i < 0 {
			i, out = len(out), append(out, phoneDay{span: s, Device: v.Device})
		}
		out[i].Visits = append(out[i].Visits, v)
	}
	return slices.DeleteFunc(out, func(d phoneDay) bool {
		return !slices.ContainsFunc(d.Visits, func(v filed) bool { return v.New })
	})
}

// raise is the ops by which the clock tells of the patterns of a day.
func (d phoneDay) raise(rules []ConductRule) (ops []ServerOp) {
	acts := make([]act, len(d.Visits))
	officers := make([]uuid.UUID, len(d.Visits))
	for i, v := range d.Visits {
		acts[i].At, acts[i].Cell, officers[i] = v.At, v.Cell, v.Officer
	}
	officers = compactIDs(officers)
	officers = officers[:min(len(officers), mostOfficers)]
	for _, r := range rules {
		n := 0
		switch r.Pattern {
		case "many_visits":
			n, _ = mostOnOneGround(acts, time.Duration(r.WithinS)*time.Second)
		case "one_spot":
			n = mostInOneCell(acts)
		}
		if n == 0 || n < r.N {
			continue
		}
		body := contract.ConductFlag{
			DeviceID: &d.Device, Pattern: r.Pattern, Span: spanDay, N: n, Total: len(acts), Threshold: r.N,
			From: openapi_types.Date{Time: d.From}, Officers: officers,
		}
		ops = append(ops, ServerOp{Kind: "conduct.flag", Subject: d.Device, Rule: r.Pattern + "/" + spanDay, At: d.To.UTC(), Body: body})
	}
	return ops
}
