package book

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// ComplaintDetail is one complaint with what its line says, its steps and what
// hangs on it.
type ComplaintDetail struct {
	ComplaintView
	Columns    json.RawMessage
	Sealed     []string
	OpenedByOp *uuid.UUID // the entry that has her sealed fields; nil in a reduced one
	Steps      []json.RawMessage
	Links      []LineLink
	Masks      map[string]string // by column, for those who call her
	SlipNumber string
	Named      []uuid.UUID // on a guarded one: who may read its sealed fields
	// Declined tells that an FIR was declined: she is told where to turn then
	// (BNSS 173(4)).
	Declined bool
	// Hidden tells that the caller is not named on this guarded one: of its sealed
	// fields she may read those of her own entries, and in need the others.
	Hidden bool
	Glass  []GlassAsk // who asked to read it in need; her own, and all for who may allow it
}

// mostSteps is how many of a subject's steps are shown: the newest.
const mostSteps = 500

// Complaint returns one complaint that the caller may see.
func (b *Book) Complaint(ctx context.Context, who staff.Caller, id uuid.UUID) (*ComplaintDetail, error) {
	out := &ComplaintDetail{Columns: json.RawMessage("{}")}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		c, centre, v, err := b.findComplaint(ctx, tx, who, id)
		if err != nil {
			return err
		}
		part := v.all || c.part(who.OfficerID) || v.io
		subjects := []uuid.UUID{id}
		if part { // the limits of an FIR tell what it is about
			if subjects, err = subjectsOf(ctx, tx, who.District, id); err != nil {
				return err
			}
		}
		clocks, err := clocksOver(ctx, tx, who.District, subjects, true)
		if err != nil {
			return err
		}
		calls := !c.Data.Guarded && b.owesCall(who, centre, c, clocks[id])
		var all []*Clock
		for _, s := range subjects {
			all = append(all, clocks[s]...)
		}
		sortClocks(all)
		out.ComplaintView = viewComplaint(who, centre, c, all)
		switch {
		case part || v.rows && !c.Data.Guarded || calls:
			return out.fill(ctx, tx, who, v, part, calls)
		case v.rows:
			out.reduce(b.rules.Load().of(who.District))
			return nil
		}
		return refusal(contract.CodeNotFound, "complaint_id")
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// findComplaint finds a complaint and what the caller may see of its centre.
// One of another centre, one that is about him and one that is none are told
// apart by nothing. Who investigates an FIR of it may serve anywhere.
func (b *Book) findComplaint(ctx context.Context, tx pgx.Tx, who staff.Caller, id uuid.UUID) (c *Complaint, centre string, v view, err error) {
	none := refusal(contract.CodeNotFound, "complaint_id")
	err = tx.QueryRow(ctx, `SELECT centre FROM complaints WHERE district_id = $1 AND complaint_id = $2`, who.District, id).Scan(&centre)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", v, none
	}
	if err != nil {
		return nil, "", v, fmt.Errorf("read complaint: %w", err)
	}
	v, err = b.viewOf(ctx, tx, who, centre)
	if err != nil && isProblem(err) == nil {
		return nil, "", v, err
	}
	serves := err == nil
	if !v.all {
		if v.io, err = b.investigatesNow(ctx, tx, who, centre, id); err != nil {
			return nil, "", v, err
		}
	}
	if !serves && !v.io {
		return nil, "", v, none
	}
	rows, err := tx.Query(ctx, `SELECT `+complaintColumns+` FROM complaints WHERE district_id = $1 AND complaint_id = $2`, who.District, id)
	if err != nil {
		return nil, "", v, fmt.Errorf("read complaint: %w", err)
	}
	c, err = pgx.CollectExactlyOneRow(rows, scanComplaint)
	if err != nil {
		return nil, "", v, fmt.Errorf("read complaint: %w", err)
	}
	if v.io = v.io && !c.declared(who.OfficerID); c.accuses(who.OfficerID) || !serves && !v.io {
		return nil, "", v, none
	}
	return c, centre, v, nil
}

// investigatesNow tells whether an FIR of a complaint is the caller's, who has a
// post somewhere, and not over or gone elsewhere.
func (b *Book) investigatesNow(ctx context.Context, tx pgx.Tx, who staff.Caller, centre string, complaint uuid.UUID) (is bool, err error) {
	if len(b.postsOf(who)) == 0 {
		return false, nil
	}
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM matters WHERE district_id = $1 AND complaint_id = $2 AND centre = $3 AND kind = $4
		AND owner_id = $5 AND state <> ALL($6))`, who.District, complaint, centre, matterFIR, who.OfficerID, endedMatters).Scan(&is)
	return is, wrap(err, "read who investigates")
}

// subjectsOf lists a complaint and the matters that hang on it.
func subjectsOf(ctx context.Context, tx pgx.Tx, district int32, complaint uuid.UUID) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, `SELECT matter_id FROM matters WHERE district_id = $1 AND complaint_id = $2 ORDER BY seq`, district, complaint)
	if err != nil {
		return nil, fmt.Errorf("read matters: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("read matters: %w", err)
	}
	return append([]uuid.UUID{complaint}, ids...), nil
}

// fill adds what is for those who see the whole complaint.
func (d *ComplaintDetail) fill(ctx context.Context, tx pgx.Tx, who staff.Caller, v view, part, calls bool) error {
	lines, err := readLines(ctx, tx, ` WHERE l.district_id = $1 AND l.centre = $2 AND l.register = $3 AND l.year = $4 AND l.serial = $5`,
		who.District, d.Centre, registerHelpDesk, d.Year, d.Serial)
	if err != nil {
		return err
	}
	rows, err := rowsOf(ctx, tx, who.District, d.Centre, lines)
	if err != nil {
		return err
	}
	for _, r := range rows {
		d.Columns, d.Sealed, d.Links = r.Columns, r.Sealed, r.Links
		if len(r.Sealed) > 0 {
			d.OpenedByOp = &r.OpID
		}
	}
	if err := d.fromElsewhere(ctx, tx, who.District); err != nil {
		return err
	}
	if d.Steps, err = stepsOf(ctx, tx, who, d.Centre, d.ComplaintID, true, part); err != nil {
		return err
	}
	d.Declined = d.Data.FIRDeclined != nil && len(d.Data.FIRs) == 0
	if d.Data.Guarded {
		d.Named, d.Hidden = d.names(), d.hidesFrom(who.OfficerID) && !v.io
		if d.Glass, err = glassAsks(ctx, tx, who.District, ` AND m.complaint_id = $2`, d.ComplaintID); err != nil {
			return err
		}
		d.Glass = slices.DeleteFunc(d.Glass, func(g GlassAsk) bool { return !v.all && g.OfficerID != who.OfficerID })
	}
	if part && !v.io { // she comes with it to the station, not to who investigates
		err = tx.QueryRow(ctx, `SELECT number FROM slips WHERE district_id = $1 AND complaint_id = $2 ORDER BY made_at DESC LIMIT 1`,
			who.District, d.ComplaintID).Scan(&d.SlipNumber)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("read slip: %w", err)
		}
	}
	if !v.all && !d.Mine && !calls || d.hidesFrom(who.OfficerID) {
		return nil
	}
	marks, err := masksOf(ctx, tx, who.District, []uuid.UUID{d.CaseID}, v.all || d.Mine)
	d.Masks = marks[d.CaseID]
	return err
}

// fromElsewhere names the entry of another book that has what she said, and its
// sealed fields, where nobody wrote it down anew since it came from there.
func (d *ComplaintDetail) fromElsewhere(ctx context.Context, tx pgx.Tx, district int32) error {
	id := d.entry()
	if d.Data.FromID == nil || is(d.OpenedByOp, id) {
		return nil
	}
	var text []byte
	err := tx.QueryRow(ctx, `SELECT e.wire FROM ops o JOIN entries e ON e.district_id = o.district_id AND e.centre = o.centre AND e.seq = o.seq
		WHERE o.district_id = $1 AND o.op_id = $2`, district, id).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read first entry: %w", err)
	}
	row, err := registerRow(d.Centre, Line{Register: registerHelpDesk}, storedWire{text: text}, nil)
	d.OpenedByOp, d.Sealed = &id, row.Sealed
	return err
}

// masksOf reads the masked numbers of cases by their column: hers, and those of
// the other side for who works on the case.
func masksOf(ctx context.Context, tx pgx.Tx, district int32, cases []uuid.UUID, both bool) (map[uuid.UUID]map[string]string, error) {
	marks := map[uuid.UUID][]seal.Mark{}
	batch := &pgx.Batch{}
	seal.QueueLoadMarks(batch, district, cases, marks)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("read masks: %w", err)
	}
	out := make(map[uuid.UUID]map[string]string, len(marks))
	for id, list := range marks {
		out[id] = map[string]string{}
		for _, m := range list {
			if both || m.Class == seal.Victim {
				out[id][strings.TrimPrefix(m.Field, "/body/")] = m.Mask
			}
		}
	}
	return out, nil
}

// stepsOf reads the stored lines of the newest steps of a subject, oldest
// first; the entry that began a complaint or matter is one. Guarded ones are for
// those who have a part in it, as in the feed.
func stepsOf(
	ctx context.Context, tx pgx.Tx, who staff.Caller, centre string, subject uuid.UUID, began, part bool,
) ([]json.RawMessage, error) {
	rows, err := tx.Query(ctx, `SELECT seq FROM (SELECT seq FROM steps WHERE district_id = $1 AND centre = $2 AND subject_id = $3
			UNION ALL SELECT seq FROM ops WHERE district_id = $1 AND op_id = $3 AND centre = $2 AND seq > 0 AND $5) x
		ORDER BY seq DESC LIMIT $4`, who.District, centre, subject, mostSteps, began)
	if err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	seqs, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	if len(seqs) == 0 {
		return nil, nil
	}
	rows, err = tx.Query(ctx, `SELECT wire FROM entries WHERE district_id = $1 AND centre = $2 AND seq = ANY($3)
		AND ($4 OR NOT guarded OR officer_id = $5 OR $5 = ANY(seen_by)) ORDER BY seq`,
		who.District, centre, seqs, part, who.OfficerID)
	if err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (json.RawMessage, error) {
		var wire []byte
		err := row.Scan(&wire)
		return wire, err
	})
	return lines, wrap(err, "read steps")
}

// ComplaintNo finds a complaint that the caller may see by its number: year 0 is
// the newest of that serial. What is not for him is not found; one that is
// reduced for him has no id that leads to it.
func (b *Book) ComplaintNo(ctx context.Context, who staff.Caller, centre string, year int, serial int64) (*ComplaintView, error) {
	none := refusal(contract.CodeNotFound, "no")
	var id uuid.UUID
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		if _, err := b.viewOf(ctx, tx, who, centre); err != nil {
			return err
		}
		// A line that was struck and written anew has the same subject.
		err := tx.QueryRow(ctx, `SELECT subject_id FROM lines WHERE district_id = $1 AND centre = $2 AND register = $3
			AND ($4 = 0 OR year = $4) AND serial = $5 ORDER BY year DESC LIMIT 1`,
			who.District, centre, registerHelpDesk, year, serial).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return none
		}
		return wrap(err, "find complaint")
	})
	if err != nil {
		return nil, err
	}
	d, err := b.Complaint(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return &d.ComplaintView, nil
}
