package book

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/geo"
	contract "kendra/mobile-contract"
)

// A call for help may be pressed several times. All presses are one call, and what
// the last of them says counts: where she is, whether her phone must not ring. They
// come in any order, and so do the words that others say between them.

// factBeforePress says of an answer or an end that it was made before she pressed for
// the last time: it knew nothing of that, and does not silence it.
const factBeforePress = "before_press"

// isPress tells whether she did the step herself, to call for help.
func (s *SOSStep) isPress() bool { return s.Step == "raised" || s.Step == "again" }

// presses are the steps by which she called, the newest first.
func (x *SOS) presses() []SOSStep {
	var out []SOSStep
	for i := range x.Steps {
		if x.Steps[i].isPress() {
			out = append(out, x.Steps[i])
		}
	}
	slices.SortStableFunc(out, func(a, b SOSStep) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Seq, a.Seq))
	})
	return out
}

// pressSeqs are the entries of the presses of a call, the newest press first.
func (x *SOS) pressSeqs() []int64 {
	var out []int64
	for _, s := range x.presses() {
		out = append(out, s.Seq)
	}
	return out
}

// beforePress tells whether what was done at a time, by one who named the call by a
// press of it, was done before the last press. Who names that one knows of it, whatever
// the clocks say.
func (s *State) beforePress(x *SOS, named uuid.UUID, at time.Time) bool {
	seq := x.Seq
	if ref := s.entries[named]; ref != nil && named != x.SOSID {
		seq = ref.Seq
	}
	last := x.presses()[0]
	return last.Seq != seq && at.Before(last.At)
}

// sos asks for a call by the id of any of its presses.
func (n *needs) sos(id uuid.UUID) {
	n.soses = append(n.soses, id)
	n.entry(id)
}

// sosAt is the call that an id names: its own, or that of a press that was found to
// belong to it. Her phone, without network, knows only the id of what it made itself.
func (s *State) sosAt(id uuid.UUID) *SOS {
	if ref := s.entries[id]; ref != nil && ref.Kind == string(contract.KindSosRaise) {
		id = ref.CaseID
	}
	return s.soses.get(id)
}

// loadPressed reads the calls that ops name by another press than the first.
func (s *State) loadPressed(ctx context.Context, tx pgx.Tx, n *needs) error {
	var ids []uuid.UUID
	for _, id := range n.soses {
		if ref := s.entries[id]; ref != nil && ref.Kind == string(contract.KindSosRaise) && s.soses.get(ref.CaseID) == nil {
			ids = append(ids, ref.CaseID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	p := &pgx.Batch{}
	s.queueSOS(p, ids, nil)
	return wrap(send(ctx, tx, p), "read calls for help")
}

// sos finds the call that an op is about; one that has not arrived is waited for.
func (s *State) sos(id uuid.UUID) (*SOS, error) {
	x := s.sosAt(id)
	if x == nil && !s.entered[id] {
		return nil, waitFor(keyOp(id))
	}
	if x == nil || x.Centre != s.Centre {
		return nil, refuse(contract.CodeUnknownReference, "/body/sos_id")
	}
	return x, nil
}

// placeOfPresses is the middle of the cell of the newest press whose phone knew where
// it was; nil if none did, or there is no call.
func (t *batch) placeOfPresses(ctx context.Context, x *SOS) (*geo.Point, error) {
	if x == nil {
		return nil, nil //nolint:nilnil // no place, and no error
	}
	rows, err := t.tx.Query(ctx, `SELECT e.cells[1] FROM unnest($3::bigint[]) WITH ORDINALITY AS p (seq, n)
		JOIN entries e ON e.district_id = $1 AND e.centre = $2 AND e.seq = p.seq
		WHERE cardinality(e.cells) > 0 ORDER BY p.n LIMIT 1`, t.district, t.centre, x.pressSeqs())
	if err != nil {
		return nil, fmt.Errorf("read place of a call: %w", err)
	}
	cells, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(cells) == 0 {
		return nil, wrap(err, "read place of a call") // without an error: her phone did not know
	}
	at, err := geo.Cell(cells[0]).Center()
	return &at, wrap(err, "read place of a call")
}
