package book

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/geo/evidence"
	contract "kendra/mobile-contract"
)

// proofsAtOnce is how many entries of one book a sweep goes through for visits.
const proofsAtOnce = 500

// assessAtOnce is how many visits one transaction looks at: each is several reads, and
// what is found is appended as one batch.
const assessAtOnce = 50

// sweepProofs has visits assessed whose positions had their time to arrive.
func (b *Book) sweepProofs(ctx context.Context, district int32) (done int, err error) {
	var list []watch
	now := b.now()
	rules := b.rules.Load().of(district).evidenceAt(now)
	ripe := now.Add(-time.Duration(rules["wait_s"]) * time.Second)
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT h.centre, coalesce(w.seq, 0), h.size, NULL::timestamptz FROM heads h
			LEFT JOIN proof_watch w ON w.district_id = h.district_id AND w.centre = h.centre
			JOIN entries e ON e.district_id = h.district_id AND e.centre = h.centre AND e.seq = coalesce(w.seq, 0) + 1
			WHERE h.district_id = $1 AND e.received_at <= $2 ORDER BY h.centre`, district, ripe)
		if err != nil {
			return fmt.Errorf("find visits to assess: %w", err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[watch])
		return wrap(err, "find visits to assess")
	})
	if err != nil {
		return 0, err
	}
	return inTurn(list, func(w watch) (int, error) {
		n, err := b.assess(ctx, district, w, ripe, rules)
		return n, wrap(err, "assess visits of "+w.Centre)
	})
}

// assess enters what speaks for and against the visits of one book, and notes up
// to where it went. Two processes find the same visits, and each is entered once.
func (b *Book) assess(ctx context.Context, district int32, w watch, ripe time.Time, rules evidence.Rules) (done int, err error) {
	var ops []ServerOp
	to := w.Seq
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		entries, err := readSealed(ctx, tx, district, w.Centre, w.Seq, proofsAtOnce)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.ReceivedAt.After(ripe) {
				break
			}
			to = e.Seq
			if e.damage != nil { // verify tells it; it keeps no visit after it from being looked at
				b.Log.Error("visit not assessed", "centre", w.Centre, "seq", e.Seq, "err", e.damage)
				continue
			}
			op, err := b.assessment(ctx, tx, e, rules)
			if err != nil {
				return fmt.Errorf("entry %d: %w", e.Seq, err)
			}
			if op == nil {
				continue
			}
			if ops = append(ops, *op); len(ops) == assessAtOnce {
				break
			}
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
	return done, within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO proof_watch (district_id, centre, seq) VALUES ($1, $2, $3)
			ON CONFLICT (district_id, centre) DO UPDATE SET seq = greatest(proof_watch.seq, $3)`, district, w.Centre, to)
		return wrap(err, "note what was assessed")
	})
}

// assessment is the op that an entry calls for: nil for what is no visit, for one
// whose line no longer stands, and for those of the time before visits were assessed.
func (b *Book) assessment(ctx context.Context, tx pgx.Tx, e *Entry, rules evidence.Rules) (*ServerOp, error) {
	if _, old := e.Facts[colProofState]; old {
		return nil, nil //nolint:nilnil // nothing to say of it
	}
	if of, _ := e.Facts[factOf].(string); e.Kind != "visit.record" && of != "visit.record" {
		return nil, nil //nolint:nilnil // no visit
	}
	s := newState(e.District, e.Centre, nil)
	if err := s.loadEntries(ctx, tx, &needs{entries: []uuid.UUID{e.OpID}, lines: []uuid.UUID{e.OpID}}); err != nil {
		return nil, err
	}
	line := s.visitLine(e.Lines)
	if line == nil || line.StruckSeq != nil || line.Cols[colProof] != nil {
		return nil, nil //nolint:nilnil // struck, or assessed
	}
	v, err := b.visitOf(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	state, items := rules.Assess(*v)
	body := contract.VisitAssess{VisitID: e.OpID, State: string(state), Items: make([]contract.VisitEvidence, len(items))}
	for i, x := range items {
		body.Items[i] = contract.VisitEvidence{Code: x.Code, Sign: string(x.Sign), Value: int(x.Value)}
	}
	at := e.ReceivedAt.Add(time.Duration(rules["wait_s"]) * time.Second)
	return &ServerOp{Kind: kindAssess, Subject: e.OpID, At: at, Body: body}, nil
}

// visitOf is what is known of a visit. A correction has the fix of the line that it
// puts right: of the first entry, made at the place.
func (b *Book) visitOf(ctx context.Context, tx pgx.Tx, e *Entry) (*evidence.Visit, error) {
	d, err := redraft(e)
	if err != nil {
		return nil, err
	}
	first, body := e, (*contract.VisitRecord)(nil)
	switch x := d.body.(type) {
	case *contract.VisitRecord:
		body = x
	case *contract.EntryCorrect:
		body = x.Visit
		for first.Kind == "entry.correct" {
			if first, d, err = correctedBy(ctx, tx, first, d); err != nil {
				return nil, err
			}
		}
	}
	shift := e.At.Sub(e.DeviceAt)
	v := &evidence.Visit{
		Started: body.StartedAt.Add(shift), Ended: body.EndedAt.Add(shift), ClockOffset: first.At.Sub(first.DeviceAt), Flags: first.Flags,
	}
	if d.op.Place != nil {
		if fix, err := fixOf(d.op.Place, first.At); err == nil {
			fix = corrected(fix, v.ClockOffset)
			v.Fix = &fix
		}
	}
	if text, ok := first.Facts[factFoundM].(string); ok {
		if metres, err := strconv.ParseFloat(text, 64); err == nil {
			v.PlaceM = &metres
		}
	}
	v.Marker = markerOf(first.Facts)
	return v, b.positionsOf(ctx, tx, first, body, v)
}

// correctedBy is the entry that a correction puts right.
func correctedBy(ctx context.Context, tx pgx.Tx, e *Entry, d *draft) (*Entry, *draft, error) {
	var seq int64
	err := tx.QueryRow(ctx, `SELECT seq FROM ops WHERE district_id = $1 AND op_id = $2 AND centre = $3`,
		e.District, d.body.(*contract.EntryCorrect).CorrectsID, e.Centre).Scan(&seq)
	if err != nil {
		return nil, nil, fmt.Errorf("find what was corrected: %w", err)
	}
	list, err := readSealed(ctx, tx, e.District, e.Centre, seq-1, 1)
	if err != nil {
		return nil, nil, err
	}
	if len(list) == 0 || list[0].Seq != seq {
		return nil, nil, fmt.Errorf("entry %d is not there", seq)
	}
	d, err = redraft(list[0])
	return list[0], d, err
}

// The spans of positions that are looked at: around the visit, and before it for
// a way that was gone already.
const (
	proofAround = 90 * time.Minute
	proofBefore = 7 * 24 * time.Hour
)

func (b *Book) positionsOf(ctx context.Context, tx pgx.Tx, e *Entry, body *contract.VisitRecord, v *evidence.Visit) (err error) {
	from, to := v.Started.Add(-proofAround), v.Ended.Add(proofAround)
	if v.Track, err = positionsBetween(ctx, tx, e, e.OfficerID, from, to); err != nil {
		return err
	}
	if v.Earlier, err = positionsBetween(ctx, tx, e, e.OfficerID, from.Add(-proofBefore), from); err != nil {
		return err
	}
	for _, o := range body.OfficersBy {
		if o == e.OfficerID {
			continue
		}
		list, err := positionsBetween(ctx, tx, e, o, from, to)
		if err != nil {
			return err
		}
		v.Second = append(v.Second, list...)
	}
	return nil
}

// positionsBetween reads positions of an officer; of another than who made the
// visit those of another phone.
func positionsBetween(ctx context.Context, tx pgx.Tx, e *Entry, officer uuid.UUID, from, to time.Time) ([]evidence.Pos, error) {
	rows, err := tx.Query(ctx, `SELECT lat, lon, at, accuracy_m, mock FROM positions WHERE district_id = $1 AND officer_id = $2
		AND at >= $3 AND at < $4 AND ($2 = $5 OR device_id <> $6) ORDER BY at`,
		e.District, officer, from, to, e.OfficerID, e.DeviceID)
	if err != nil {
		return nil, fmt.Errorf("read positions of a visit: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (evidence.Pos, error) {
		var p evidence.Pos
		err := row.Scan(&p.Lat, &p.Lon, &p.At, &p.AccuracyM, &p.Mock)
		return p, err
	})
	return list, wrap(err, "read positions of a visit")
}
