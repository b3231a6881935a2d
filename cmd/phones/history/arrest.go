package history

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// A woman is arrested at night with a magistrate's leave alone (BNSS 43(5)). Of
// three who are arrested in an investigation one is by day and one at night with
// leave; of the third her officer first enters no leave, is refused, and enters
// it with the number that he had.

// leaveNo is the number of a magistrate's leave.
const leaveNo = "CJM/148/2026"

// Night is well inside what the book takes for it, since handsets go wrong by
// minutes.
const nightBegins, nightEnds = 19 * time.Hour, 5 * time.Hour

// isNight tells whether a time may be night by any handset.
func isNight(at time.Time) bool {
	since := at.Sub(midnight(at))
	return since >= nightBegins-2*time.Hour || since < nightEnds+2*time.Hour
}

// byDay is a time not after the given one at which no leave is wanted.
func byDay(at time.Time) time.Time {
	if day := midnight(at); at.Sub(day) >= nightBegins-2*time.Hour {
		return day.Add(16 * time.Hour)
	}
	return at
}

// byNight is a time not after the given one at which leave is wanted.
func byNight(at time.Time) time.Time {
	if day := midnight(at); at.Sub(day) > nightEnds && at.Sub(day) < nightBegins {
		return day.Add(nightEnds)
	}
	return at
}

// arrest is that of an accused, a day or more after the FIR.
func (l *life) arrest(at *station, fir uuid.UUID, woman bool) {
	sho := at.the(staff.SHO)
	enter := func(x contract.FIRStep, no func(contract.Code) error) {
		l.s.do(act{by: sho, at: at.code, kind: contract.KindFIRStep, body: x, no: no})
	}
	l.s.working(l.d, l.d.between(20*time.Hour, 8*24*time.Hour), func() error {
		when := l.s.at.Add(-5 * time.Minute)
		x := contract.FIRStep{FIRID: fir, Step: "arrest", OfWoman: &woman, DoneAt: sho.says(when)}
		if !woman {
			enter(x, nil)
			return nil
		}
		l.s.women++
		switch l.s.women % 3 {
		case 0:
			x.DoneAt = sho.says(byDay(when))
			enter(x, nil)
		case 1:
			x.DoneAt = sho.says(byNight(when))
			enter(x, func(code contract.Code) error {
				if code == contract.CodeNightLeave {
					x.LeaveNo = ptr(leaveNo)
					enter(x, nil)
				}
				return nil
			})
		default:
			x.DoneAt, x.LeaveNo = sho.says(byNight(when)), ptr(leaveNo)
			enter(x, nil)
		}
		return nil
	})
}

// arrested is an entry that tells of an arrest, as its officer wrote it: whether
// it was of a woman is sealed, so the checker opens it.
type arrested struct {
	seq    int64
	id     uuid.UUID
	caseID uuid.UUID
	sealed []byte
}

// womanFields are the sealed fields that say that a woman was arrested.
var womanFields = []string{"/body/of_woman", "/body/woman_arrested"}

// nightArrests looks whether every arrest of a woman at night names the leave
// that it had.
func (c *checker) nightArrests(ctx context.Context, tx pgx.Tx, keys *seal.Keyset) error {
	rows, err := tx.Query(ctx, `SELECT seq, op_id, case_id, sealed FROM entries WHERE district_id = $1 AND centre = $2
		AND kind IN ('fir.step', 'preventive.report', 'preventive.step') ORDER BY seq`, c.district, c.centre)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a arrested, err error) {
		err = row.Scan(&a.seq, &a.id, &a.caseID, &a.sealed)
		return a, err
	})
	if err != nil || len(list) == 0 {
		return err
	}
	cases := make([]uuid.UUID, len(list))
	for i, a := range list {
		cases[i] = a.caseID
	}
	wrapped := map[uuid.UUID][]seal.Wrapped{}
	b := &pgx.Batch{}
	seal.QueueLoadKeys(b, c.district, cases, wrapped)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	for _, a := range list {
		switch without, err := c.withoutLeave(a, keys, wrapped[a.caseID]); {
		case err != nil:
			c.note(a.seq, "it cannot be opened: %v", err)
		case without:
			c.note(a.seq, "a woman was arrested at night without leave")
		}
	}
	return nil
}

// withoutLeave opens an entry and judges it. One whose key was shredded tells
// nothing any more.
func (c *checker) withoutLeave(a arrested, keys *seal.Keyset, wrapped []seal.Wrapped) (bool, error) {
	_, report, err := contract.DecodeSealedOp(a.sealed)
	if err != nil {
		return false, err
	}
	spans := slices.DeleteFunc(report.Sealed, func(s contract.Span) bool { return !slices.Contains(womanFields, s.Pointer) })
	open := seal.Keys{}
	for _, w := range wrapped {
		if open[w.Class], err = keys.Unwrap(c.district, w); err != nil {
			return false, err
		}
	}
	for _, s := range spans {
		if _, there := open[s.Class]; !there {
			return false, nil
		}
	}
	raw, err := seal.UnsealDoc(a.sealed, spans, nil, open, seal.Where{District: c.district, Centre: c.centre, OpID: a.id})
	if err != nil {
		return false, err
	}
	var op struct {
		Body struct {
			Step          string         `json:"step"`
			OfWoman       any            `json:"of_woman"`
			WomanArrested any            `json:"woman_arrested"`
			DoneAt        *contract.Time `json:"done_at"`
			ArrestedAt    *contract.Time `json:"arrested_at"`
			LeaveNo       string         `json:"leave_no"`
		} `json:"body"`
	}
	if err := json.Unmarshal(raw, &op); err != nil {
		return false, err
	}
	at := op.Body.ArrestedAt
	if op.Body.Step == "arrest" || op.Body.Step == "arrested" {
		at = op.Body.DoneAt
	}
	if at == nil || op.Body.LeaveNo != "" || op.Body.OfWoman != true && op.Body.WomanArrested != true {
		return false, nil
	}
	h := at.In(ist).Hour()
	return h >= 18 || h < 6, nil
}
