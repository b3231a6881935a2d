package book

import (
	"context"
	"encoding/json"
	"errors"
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
	After    int64 // serial to go on from
	Limit    int
	Newest   bool       // from the last serial down
	From, To *time.Time // days (IST), both included
	Officer  *uuid.UUID
	Beat     *uuid.UUID
	State    *string
	Category *string
	Overdue  bool
}

// RegisterRow is one line: Columns are the open fields of its entry, with what
// later steps filled.
type RegisterRow struct {
	Line
	OpID        uuid.UUID
	No          string
	Columns     json.RawMessage
	Sealed      []string
	Alias       string
	Masks       map[string]string // by column, for those whose duty needs them
	Flags       []flag
	Corrects    *uuid.UUID
	StruckBy    *uuid.UUID
	CorrectedBy *uuid.UUID
	OldLine     *LineRef // that this one was put in the place of
	NewLine     *LineRef // that was put in the place of this one
	Links       []LineLink
	Overdue     bool

	guarded  bool
	of       *Complaint // that the line belongs to
	siblings []LineRef  // that its entry opened in other registers
}

// LineLink names a line of another register that belongs to the same complaint,
// or of another station that is of the same FIR. Struck is told of such alone.
type LineLink struct {
	LineRef
	Subject uuid.UUID
	Struck  bool
}

// Totals count lines and sum their number columns; struck lines are counted and
// not summed.
type Totals struct {
	Rows   int64
	Struck int64
	Sums   map[string]int64
}

// RegisterPage is a page of a register with its totals and those of the year.
type RegisterPage struct {
	Rows []RegisterRow
	Next int64
	More bool
	Page Totals
	Year Totals
	// Whole tells whether the caller sees the whole register, and so its year.
	Whole bool
}

// Register returns lines of a register by their number. Who does not see the
// whole book sees his own lines, and no totals but the page's.
func (b *Book) Register(ctx context.Context, who staff.Caller, q RegisterQuery) (*RegisterPage, error) {
	if registerMarks[q.Register] == "" {
		return nil, refusal(contract.CodeNotFound, "register")
	}
	page := &RegisterPage{Page: Totals{Sums: map[string]int64{}}, Year: Totals{Sums: map[string]int64{}}}
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
		} else if err := page.year(ctx, tx, who.District, q); err != nil {
			return err
		}
		page.Whole = v.rows
		return page.fill(ctx, tx, who, q, v, b.now())
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

// year reads the totals that the book keeps of a register and year.
func (p *RegisterPage) year(ctx context.Context, tx pgx.Tx, district int32, q RegisterQuery) error {
	var text string
	err := tx.QueryRow(ctx, `SELECT last, struck, sums FROM serials WHERE district_id = $1 AND centre = $2 AND register = $3 AND year = $4`,
		district, q.Centre, q.Register, q.Year).Scan(&p.Year.Rows, &p.Year.Struck, &text)
	if errors.Is(err, pgx.ErrNoRows) {
		text = "{}"
	} else if err != nil {
		return fmt.Errorf("total register: %w", err)
	}
	all := map[string]int64{}
	if err := unjson(text, &all); err != nil {
		return err
	}
	for _, name := range sums[q.Register] {
		p.Year.Sums[name] = all[name]
	}
	return nil
}

// lineColumnsOf is lineColumns of a table alias.
func lineColumnsOf(alias string) string {
	return alias + "." + strings.Join(strings.Fields(strings.ReplaceAll(lineColumns, ",", " ")), ", "+alias+".")
}

// where builds the condition of the filters that are asked for.
func (q RegisterQuery) where(who staff.Caller, v view, now time.Time) (string, []any) {
	// Subqueries, not joins: each is one look into a primary key.
	sql, args := ` WHERE l.district_id = $1 AND l.centre = $2 AND l.register = $3 AND l.year = $4
		AND NOT coalesce((SELECT `+accused("c.data", 5)+` FROM complaints c
			WHERE c.district_id = l.district_id AND c.complaint_id = l.complaint_id), false)`,
		[]any{who.District, q.Centre, q.Register, q.Year, who.OfficerID.String()}
	if q.Register == registerFIR { // a zero FIR brings along who is complained of in the first book
		sql += ` AND NOT coalesce((SELECT ` + accused("m.data", 5) + ` FROM matters m
			WHERE m.district_id = l.district_id AND m.matter_id = l.subject_id), false)`
	}
	add := func(condition string, value any) {
		args = append(args, value)
		sql += fmt.Sprintf(" AND "+condition, len(args))
	}
	if q.From != nil {
		add("l.at >= $%d", *startOf(q.From, 0))
	}
	if q.To != nil {
		add("l.at < $%d", *startOf(q.To, 1))
	}
	if q.Officer != nil {
		add("l.officer_id = $%d", *q.Officer)
	}
	if q.Beat != nil {
		add("l.beat_id = $%d", *q.Beat)
	}
	if q.State != nil {
		add("l.state = $%d", *q.State)
	}
	if q.Category != nil {
		add("l.category = $%d", *q.Category)
	}
	if q.Overdue {
		add("l.due_at < $%d", now)
	}
	if !v.all && (q.Beat != nil || q.State != nil || q.Category != nil) { // by what a reduced line does not tell it can't be found
		add(`(l.officer_id = $%d OR NOT (SELECT e.guarded FROM entries e WHERE e.district_id = l.district_id AND e.centre = l.centre
				AND e.seq = l.seq) AND NOT coalesce((SELECT strpos(c.data, '"guarded":true') > 0 FROM complaints c
				WHERE c.district_id = l.district_id AND c.complaint_id = l.complaint_id), false))`, who.OfficerID)
	}
	switch {
	case !q.Newest:
		add("l.serial > $%d", q.After)
		sql += " ORDER BY l.serial"
	case q.After > 0:
		add("l.serial < $%d", q.After)
		sql += " ORDER BY l.serial DESC"
	default:
		sql += " ORDER BY l.serial DESC"
	}
	args = append(args, q.Limit+1)
	return sql + fmt.Sprintf(" LIMIT $%d", len(args)), args
}

func (p *RegisterPage) fill(
	ctx context.Context, tx pgx.Tx, who staff.Caller, q RegisterQuery, v view, now time.Time,
) error {
	shown, err := p.rows(ctx, tx, who, q, v, now)
	if err != nil {
		return err
	}
	return unmask(ctx, tx, who, v, shown)
}

// rows reads the page without a digit of any number, and tells which rows are shown
// in full.
func (p *RegisterPage) rows(
	ctx context.Context, tx pgx.Tx, who staff.Caller, q RegisterQuery, v view, now time.Time,
) (shown []*RegisterRow, err error) {
	where, args := q.where(who, v, now)
	lines, err := readLines(ctx, tx, where, args...)
	if err != nil {
		return nil, err
	}
	if len(lines) > q.Limit {
		p.More, lines = true, lines[:q.Limit]
	}
	p.Next = q.After
	if p.Rows, err = rowsOf(ctx, tx, who.District, q.Centre, lines); err != nil {
		return nil, err
	}
	for _, name := range sums[q.Register] {
		p.Page.Sums[name] = 0
	}
	for i := range p.Rows {
		row := &p.Rows[i]
		row.Overdue = row.DueAt != nil && row.DueAt.Before(now)
		p.Page.add(&row.Line, q.Register)
		p.Next = row.Serial
		if row.guarded && !v.all && row.OfficerID != who.OfficerID {
			row.reduce()
			continue
		}
		shown = append(shown, row)
	}
	return shown, nil
}

// readLines reads lines of registers.
func readLines(ctx context.Context, tx pgx.Tx, where string, args ...any) ([]*Line, error) {
	rows, err := tx.Query(ctx, `SELECT `+lineColumnsOf("l")+` FROM lines l`+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read register: %w", err)
	}
	lines, err := pgx.CollectRows(rows, scanLine)
	return lines, wrap(err, "read register")
}

// add counts a line of the page.
func (t *Totals) add(l *Line, register string) {
	t.Rows++
	if l.StruckSeq != nil {
		t.Struck++
		return
	}
	for _, name := range sums[register] {
		t.Sums[name] += l.Sums[name]
	}
}

func orNil(id *uuid.UUID) *uuid.UUID {
	if id == nil {
		return &uuid.Nil
	}
	return id
}
