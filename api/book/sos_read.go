package book

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// SOSView is a call for help with what stands in the entries of its presses: where she
// was when her phone last knew, and, of the last press, whether she was on duty and her
// phone must not ring.
type SOSView struct {
	SOS

	Place  *contract.Place
	Gone   bool // the place is not shown any more
	Silent bool
}

// forget takes the place from a call that ended as long ago as positions are kept, but
// for herself: those who came had to know it, and it may be where she lives.
func (v *SOSView) forget(who staff.Caller, kept time.Time) {
	if v.Place == nil || !v.over() || v.OfficerID == who.OfficerID {
		return
	}
	for i := range v.Steps {
		if s := &v.Steps[i]; s.Step == "ended" && s.At.Before(kept) {
			v.Place, v.Gone = nil, true
			return
		}
	}
}

// sosMost bounds a list of calls for help.
const sosMost = 100

// SOSQuery says which calls for help are asked for.
type SOSQuery struct {
	Centre string
	Open   bool // only those that have not ended
}

// SOSList lists calls for help at a centre, those that are open first and then the
// newest: all for who looks after the centre, sends its tasks or stands above it;
// for others their own and those with which they have to do. To these come the calls at
// other centres for which the caller was woken and which have not ended.
func (b *Book) SOSList(ctx context.Context, who staff.Caller, q SOSQuery) (out []SOSView, err error) {
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, q.Centre)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+sosColumns+` FROM sos WHERE district_id = $1 AND (NOT $3 OR state <> 'ended')
			AND (centre = $2 AND ($4 OR officer_id = $5 OR $5 = ANY(called)) OR state <> 'ended' AND $5 = ANY(called))
			ORDER BY state = 'ended', seq DESC LIMIT $6`, who.District, q.Centre, q.Open, v.tasks || v.rows, who.OfficerID, sosMost)
		if err != nil {
			return fmt.Errorf("read calls for help: %w", err)
		}
		list, err := pgx.CollectRows(rows, scanSOS)
		if err != nil {
			return fmt.Errorf("read calls for help: %w", err)
		}
		out, err = b.sosViews(ctx, tx, who, list)
		return err
	})
	return out, err
}

// SOSOf returns one call for help that the caller may see; any other is told as
// what does not exist.
func (b *Book) SOSOf(ctx context.Context, who staff.Caller, id uuid.UUID) (out *SOSView, err error) {
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+sosColumns+` FROM sos WHERE district_id = $1 AND sos_id = coalesce((SELECT e.case_id FROM ops o
			JOIN entries e ON e.district_id = o.district_id AND e.centre = o.centre AND e.seq = o.seq
			WHERE o.district_id = $1 AND o.op_id = $2 AND e.kind = 'sos.raise'), $2)`, who.District, id) // by the id of any of its presses
		if err != nil {
			return fmt.Errorf("read call for help: %w", err)
		}
		x, err := pgx.CollectExactlyOneRow(rows, scanSOS)
		if errors.Is(err, pgx.ErrNoRows) {
			return refusal(contract.CodeNotFound, "sos_id")
		}
		if err != nil {
			return fmt.Errorf("read call for help: %w", err)
		}
		v, err := b.viewOf(ctx, tx, who, x.Centre)
		if err != nil && isProblem(err) == nil {
			return err
		}
		over := err == nil && (v.tasks || v.rows)
		if !over && x.OfficerID != who.OfficerID && !slices.Contains(x.Called, who.OfficerID) {
			return refusal(contract.CodeNotFound, "sos_id")
		}
		views, err := b.sosViews(ctx, tx, who, []*SOS{x})
		if err != nil {
			return err
		}
		out = &views[0]
		return nil
	})
	return out, err
}

// sosViews adds to calls what their entries say.
func (b *Book) sosViews(ctx context.Context, tx pgx.Tx, who staff.Caller, list []*SOS) ([]SOSView, error) {
	type entry struct {
		centre string
		seq    int64
	}
	type press struct {
		place          *contract.Place
		silent, onDuty bool
	}
	var centres []string
	var seqs []int64
	for _, x := range list {
		of := x.pressSeqs()
		centres, seqs = append(centres, slices.Repeat([]string{x.Centre}, len(of))...), append(seqs, of...)
	}
	// A call goes before all that the same phone has waiting: the start of her duty may have come after it.
	rows, err := tx.Query(ctx, `SELECT e.centre, e.seq, e.wire, e.facts, EXISTS (SELECT FROM duties d WHERE d.district_id = $1
			AND d.officer_id = e.officer_id AND d.started_at <= e.at AND d.started_at > e.at - interval '1 day' AND (d.ended_at IS NULL OR d.ended_at > e.at))
		FROM unnest($2::text[], $3::bigint[]) AS x (centre, seq)
		JOIN entries e ON e.district_id = $1 AND e.centre = x.centre AND e.seq = x.seq`, who.District, centres, seqs)
	if err != nil {
		return nil, fmt.Errorf("read calls for help: %w", err)
	}
	said := map[entry]press{}
	var of entry
	var wire []byte
	var noted string
	var within bool
	_, err = pgx.ForEachRow(rows, []any{&of.centre, &of.seq, &wire, &noted, &within}, func() error {
		var line struct {
			Place *contract.Place
			Body  contract.SosRaise
		}
		var facts Facts
		if err := json.Unmarshal(wire, &line); err != nil {
			return err
		}
		err := unjson(noted, &facts)
		said[of] = press{line.Place, line.Body.Silent != nil && *line.Body.Silent, facts.isTrue("on_duty") || within}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read calls for help: %w", err)
	}
	now := b.now()
	kept := now.Add(-b.positionsFor(who.District, now))
	out := make([]SOSView, len(list))
	for i, x := range list {
		v := &out[i]
		v.SOS = *x
		for n, seq := range x.pressSeqs() {
			p := said[entry{x.Centre, seq}]
			if n == 0 {
				v.Silent, v.OnDuty = p.silent, p.onDuty
			}
			if v.Place == nil {
				v.Place = p.place
			}
		}
		v.forget(who, kept)
	}
	return out, nil
}
