package book

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
)

// rowsOf adds to lines what their entries say, the complaints that they belong
// to and the other lines of those.
func rowsOf(ctx context.Context, tx pgx.Tx, district int32, centre string, lines []*Line) ([]RegisterRow, error) {
	wires, ids, err := wiresOf(ctx, tx, district, centre, lines)
	if err != nil {
		return nil, err
	}
	complaints, err := complaintsOf(ctx, tx, district, lines)
	if err != nil {
		return nil, err
	}
	out := make([]RegisterRow, 0, len(lines))
	for _, l := range lines {
		row, err := registerRow(centre, *l, wires[l.Seq], ids)
		if err != nil {
			return nil, err
		}
		row.guarded = wires[l.Seq].guarded
		if l.ComplaintID != nil && complaints[*l.ComplaintID] != nil {
			row.of = complaints[*l.ComplaintID]
			// One that turned out to be guarded was so from its first line on.
			row.guarded = row.guarded || row.of.Data.Guarded
			row.Alias = Alias(l.Seq)
		}
		if row.OldLine, err = besides(wires, l, l.CorrectsSeq); err == nil {
			row.NewLine, err = besides(wires, l, l.CorrectedSeq)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, linkRows(ctx, tx, district, centre, out, complaints)
}

// Alias is what whoever an entry is about is called in lists.
func Alias(seq int64) string { return fmt.Sprintf("A-%d", seq) }

// complaintsOf reads the complaints that lines belong to.
func complaintsOf(ctx context.Context, tx pgx.Tx, district int32, lines []*Line) (map[uuid.UUID]*Complaint, error) {
	var ids []uuid.UUID
	for _, l := range lines {
		if l.ComplaintID != nil {
			ids = append(ids, *l.ComplaintID)
		}
	}
	out := make(map[uuid.UUID]*Complaint, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := tx.Query(ctx, `SELECT `+complaintColumns+` FROM complaints WHERE district_id = $1 AND complaint_id = ANY($2)`, district, ids)
	if err != nil {
		return nil, fmt.Errorf("read complaints of lines: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanComplaint)
	for _, c := range list {
		out[c.ComplaintID] = c
	}
	return out, wrap(err, "read complaints of lines")
}

// unmask gives in-charge and head of the station the last digits of the
// numbers in the lines of the help desk: who is on the telephone must know that
// it is she. A struck line has none; they are those of the line in its place. Nor
// has that of a guarded case for who is not named on it.
func unmask(ctx context.Context, tx pgx.Tx, who staff.Caller, v view, rows []*RegisterRow) error {
	if !v.all {
		return nil
	}
	var cases []uuid.UUID
	for _, r := range rows {
		if r.hers() && !r.of.hidesFrom(who.OfficerID) {
			cases = append(cases, r.of.CaseID)
		}
	}
	if len(cases) == 0 {
		return nil
	}
	masks, err := masksOf(ctx, tx, who.District, cases, true)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.hers() && !r.of.hidesFrom(who.OfficerID) {
			r.Masks = masks[r.of.CaseID]
		}
	}
	return nil
}

// hers tells whether the row is the line of a complaint as it now stands.
func (r *RegisterRow) hers() bool {
	return r.Register == registerHelpDesk && r.of != nil && r.StruckSeq == nil
}

// reduce leaves of a guarded row its number and its date. A UUIDv7 tells the
// time it was made, so each id gives way to one that does not.
func (r *RegisterRow) reduce() {
	r.OpID = reducedID(r.OpID)
	r.At = startOfDay(r.At)
	if r.DueAt != nil {
		due := dayAfter(*r.DueAt)
		r.DueAt = &due
	}
	r.Columns, r.Sealed, r.Alias, r.Flags, r.BeatID = json.RawMessage("{}"), nil, "", nil, nil
	r.Links, r.Masks, r.Category, r.State, r.Cols, r.Sums = nil, nil, "", "", nil, nil
	r.SubjectID, r.ComplaintID, r.of, r.OldLine, r.NewLine = nil, nil, nil, nil, nil
	for _, id := range []*uuid.UUID{r.Corrects, r.StruckBy, r.CorrectedBy} {
		if id != nil {
			*id = reducedID(*id)
		}
	}
}

// besides is the line of the same register that another entry, which put this one
// right or was put right by it, opened; nil when there is none.
func besides(wires map[int64]storedWire, l *Line, seq *int64) (*LineRef, error) {
	if seq == nil {
		return nil, nil //nolint:nilnil // most lines are never corrected
	}
	var wire struct {
		Lines []LineRef `json:"lines"`
	}
	if err := json.Unmarshal(wires[*seq].text, &wire); err != nil {
		return nil, fmt.Errorf("read correction: %w", err)
	}
	i := slices.IndexFunc(wire.Lines, func(x LineRef) bool { return x.Register == l.Register })
	if i < 0 {
		return nil, nil //nolint:nilnil // it was only struck
	}
	return &wire.Lines[i], nil
}

type storedWire struct {
	guarded bool
	text    []byte
}

// wiresOf reads the entries of lines, and the op_ids of entries they point to.
func wiresOf(ctx context.Context, tx pgx.Tx, district int32, centre string, lines []*Line) (map[int64]storedWire, map[int64]uuid.UUID, error) {
	var seqs []int64
	for _, l := range lines {
		seqs = append(seqs, l.Seq)
		for _, s := range []*int64{l.CorrectsSeq, l.StruckSeq, l.CorrectedSeq} {
			if s != nil {
				seqs = append(seqs, *s)
			}
		}
	}
	rows, err := tx.Query(ctx, `SELECT seq, op_id, guarded, wire FROM entries
		WHERE district_id = $1 AND centre = $2 AND seq = ANY($3)`, district, centre, seqs)
	if err != nil {
		return nil, nil, fmt.Errorf("read lines: %w", err)
	}
	wires, ids := map[int64]storedWire{}, map[int64]uuid.UUID{}
	var seq int64
	var id uuid.UUID
	var w storedWire
	_, err = pgx.ForEachRow(rows, []any{&seq, &id, &w.guarded, &w.text}, func() error {
		wires[seq], ids[seq] = storedWire{w.guarded, append([]byte(nil), w.text...)}, id
		return nil
	})
	return wires, ids, wrap(err, "read lines")
}

func registerRow(centre string, l Line, w storedWire, ids map[int64]uuid.UUID) (RegisterRow, error) {
	row := RegisterRow{
		Line: l, OpID: ids[l.Seq], No: lineRef(centre, l.Register, l.Year, l.Serial).No,
		Corrects: idOf(ids, l.CorrectsSeq), StruckBy: idOf(ids, l.StruckSeq), CorrectedBy: idOf(ids, l.CorrectedSeq),
	}
	var wire struct {
		Kind   string          `json:"kind"`
		Body   json.RawMessage `json:"body"`
		Sealed []string        `json:"sealed"`
		Alias  string          `json:"alias"`
		Lines  []LineRef       `json:"lines"`
		Flags  []flag          `json:"flags"`
	}
	err := json.Unmarshal(w.text, &wire)
	if err != nil {
		return row, fmt.Errorf("read line %s: %w", row.No, err)
	}
	row.Columns, row.Alias, row.Flags = wire.Body, wire.Alias, wire.Flags
	row.siblings = slices.DeleteFunc(wire.Lines, func(x LineRef) bool { return x.Register == l.Register })
	base := "/body"
	if wire.Kind == "entry.correct" {
		var parts map[string]json.RawMessage
		if err := json.Unmarshal(wire.Body, &parts); err != nil {
			return row, fmt.Errorf("read line %s: %w", row.No, err)
		}
		for name, part := range parts {
			if len(part) > 0 && part[0] == '{' { // the body that the correction carries
				row.Columns, base = part, "/body/"+name
			}
		}
	}
	if wire.Kind == "follow_up.done" && l.Register == registerHelpDesk { // the new incident that was told
		var body struct {
			Incident json.RawMessage `json:"incident"`
		}
		if err := json.Unmarshal(wire.Body, &body); err != nil {
			return row, fmt.Errorf("read line %s: %w", row.No, err)
		}
		row.Columns, base = body.Incident, "/body/incident"
		wire.Sealed = slices.DeleteFunc(wire.Sealed, func(p string) bool { return !strings.HasPrefix(p, base+"/") })
	}
	if len(l.Cols) > 0 {
		if row.Columns, err = merge(row.Columns, l.Cols); err != nil {
			return row, fmt.Errorf("read line %s: %w", row.No, err)
		}
	}
	for _, s := range wire.Sealed {
		row.Sealed = append(row.Sealed, strings.TrimPrefix(s, base))
	}
	return row, nil
}

// merge puts what later steps filled over the columns of the entry.
func merge(columns json.RawMessage, cols map[string]any) (json.RawMessage, error) {
	all := map[string]json.RawMessage{} // what was sent stays as it was sent
	if err := json.Unmarshal(columns, &all); err != nil {
		return nil, err
	}
	for name, value := range cols {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		all[name] = raw
	}
	return json.Marshal(all)
}

func idOf(ids map[int64]uuid.UUID, seq *int64) *uuid.UUID {
	if seq == nil {
		return nil
	}
	id := ids[*seq]
	return &id
}
