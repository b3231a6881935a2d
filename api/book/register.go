package book

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// sums are the number columns of each register that pages and years total.
var sums = map[string][]string{
	registerWomenBeat: {"women", "girls", "materials", "schemes_helped", "settled"},
	registerSquad:     {"persons_observed", "persons_spoken", "women_spoken", "advised"},
}

// RegisterQuery says which lines of a register are asked for.
type RegisterQuery struct {
	Centre   string
	Register string
	Year     int
	After    int64
	Limit    int
	From, To *time.Time // days (IST), both included
	Officer  *uuid.UUID
	Beat     *uuid.UUID
}

// RegisterRow is one line: Columns are the open fields of its entry.
type RegisterRow struct {
	Line
	OpID        uuid.UUID
	No          string
	Columns     json.RawMessage
	Sealed      []string
	Alias       string
	Flags       []flag
	Corrects    *uuid.UUID
	StruckBy    *uuid.UUID
	CorrectedBy *uuid.UUID
}

// RegisterPage is a page of a register with the totals of all lines asked for;
// struck lines are counted and not summed.
type RegisterPage struct {
	Rows   []RegisterRow
	Next   int64
	More   bool
	Total  int64
	Struck int64
	Sums   map[string]int64
}

const registerWhere = ` FROM lines l WHERE l.district_id = $1 AND l.centre = $2 AND l.register = $3 AND l.year = $4
	AND ($5::timestamptz IS NULL OR l.at >= $5) AND ($6::timestamptz IS NULL OR l.at < $6)
	AND ($7::uuid IS NULL OR l.officer_id = $7) AND ($8::uuid IS NULL OR l.beat_id = $8)`

// Register returns lines of a register by their number. Who does not see the
// whole book sees his own lines.
func (b *Book) Register(ctx context.Context, who staff.Caller, q RegisterQuery) (*RegisterPage, error) {
	if registerMarks[q.Register] == "" {
		return nil, refusal(contract.CodeNotFound, "register")
	}
	page := &RegisterPage{Sums: map[string]int64{}}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, q.Centre)
		if err != nil {
			return err
		}
		if !v.rows {
			if q.Officer != nil && *q.Officer != who.OfficerID {
				return refusal(contract.CodeForbidden, "officer")
			}
			q.Officer = &who.OfficerID
		}
		args := []any{who.District, q.Centre, q.Register, q.Year, startOf(q.From, 0), startOf(q.To, 1), q.Officer, q.Beat}
		if err := page.total(ctx, tx, q.Register, args); err != nil {
			return err
		}
		return page.fill(ctx, tx, who, q, v, args)
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// startOf is the first moment (IST) of a day, or of the day that many later.
func startOf(day *time.Time, later int) *time.Time {
	if day == nil {
		return nil
	}
	t := time.Date(day.Year(), day.Month(), day.Day()+later, 0, 0, 0, 0, ist)
	return &t
}

func (p *RegisterPage) total(ctx context.Context, tx pgx.Tx, register string, args []any) error {
	err := tx.QueryRow(ctx, `SELECT count(*), count(l.struck_seq)`+registerWhere, args...).Scan(&p.Total, &p.Struck)
	if err != nil {
		return fmt.Errorf("total register: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT c.name, coalesce(sum((x.body ->> c.name)::bigint), 0) FROM (
		SELECT coalesce(j -> 'visit', j -> 'round', j -> 'person', j) AS body FROM (
			SELECT convert_from(e.wire, 'UTF8')::jsonb -> 'body' AS j`+strings.Replace(registerWhere, "FROM lines l",
		`FROM lines l JOIN entries e ON e.district_id = l.district_id AND e.centre = l.centre AND e.seq = l.seq`, 1)+`
			AND l.struck_seq IS NULL) w) x, unnest($9::text[]) AS c (name) GROUP BY c.name`, append(args, sums[register])...)
	if err != nil {
		return fmt.Errorf("sum register: %w", err)
	}
	for _, name := range sums[register] {
		p.Sums[name] = 0
	}
	var name string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error {
		p.Sums[name] = n
		return nil
	})
	return wrap(err, "sum register")
}

func (p *RegisterPage) fill(
	ctx context.Context, tx pgx.Tx, who staff.Caller, q RegisterQuery, v view, args []any,
) error {
	rows, err := tx.Query(ctx, `SELECT l.register, l.year, l.serial, l.seq, l.at, l.officer_id, l.beat_id, l.corrects_seq,
		l.struck_seq, l.corrected_seq`+registerWhere+` AND l.serial > $9 ORDER BY l.serial LIMIT $10`,
		append(args, q.After, q.Limit+1)...)
	if err != nil {
		return fmt.Errorf("read register: %w", err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Line])
	if err != nil {
		return fmt.Errorf("read register: %w", err)
	}
	if len(lines) > q.Limit {
		p.More, lines = true, lines[:q.Limit]
	}
	p.Next = q.After
	wires, ids, err := wiresOf(ctx, tx, args[0].(int32), q.Centre, lines)
	if err != nil {
		return err
	}
	for _, l := range lines {
		row, err := registerRow(q.Centre, l, wires[l.Seq], ids)
		if err != nil {
			return err
		}
		if wires[l.Seq].guarded && !v.all && l.OfficerID != who.OfficerID {
			row.reduce()
		}
		p.Rows, p.Next = append(p.Rows, row), l.Serial
	}
	return nil
}

func orNil(id *uuid.UUID) *uuid.UUID {
	if id == nil {
		return &uuid.Nil
	}
	return id
}

// reduce leaves of a guarded row its number and its date. A UUIDv7 tells the
// time it was made, so the op_id gives way to one that does not.
func (r *RegisterRow) reduce() {
	r.OpID = derivedID(r.OpID, "reduced", 0)
	y, m, d := r.At.In(ist).Date()
	r.At = time.Date(y, m, d, 0, 0, 0, 0, ist)
	r.Columns, r.Sealed, r.Alias, r.Flags, r.BeatID = json.RawMessage("{}"), nil, "", nil, nil
}

type storedWire struct {
	guarded bool
	text    []byte
}

// wiresOf reads the entries of lines, and the op_ids of entries they point to.
func wiresOf(ctx context.Context, tx pgx.Tx, district int32, centre string, lines []Line) (map[int64]storedWire, map[int64]uuid.UUID, error) {
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
		Flags  []flag          `json:"flags"`
	}
	if err := json.Unmarshal(w.text, &wire); err != nil {
		return row, fmt.Errorf("read line %s: %w", row.No, err)
	}
	row.Columns, row.Alias, row.Flags = wire.Body, wire.Alias, wire.Flags
	base := "/body"
	if wire.Kind == "entry.correct" {
		var body struct{ Visit, Round, Person json.RawMessage }
		if err := json.Unmarshal(wire.Body, &body); err != nil {
			return row, fmt.Errorf("read line %s: %w", row.No, err)
		}
		for name, part := range map[string]json.RawMessage{"visit": body.Visit, "round": body.Round, "person": body.Person} {
			if part != nil {
				row.Columns, base = part, "/body/"+name
			}
		}
	}
	for _, s := range wire.Sealed {
		row.Sealed = append(row.Sealed, strings.TrimPrefix(s, base))
	}
	return row, nil
}

func idOf(ids map[int64]uuid.UUID, seq *int64) *uuid.UUID {
	if seq == nil {
		return nil
	}
	id := ids[*seq]
	return &id
}
