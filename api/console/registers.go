package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// nine are the registers in the order of the paper.
//
//nolint:gochecknoglobals // a constant
var nine = []string{"help_desk", "counselling", "squad", "women_beat", "inspection", "fir", "preventive", "feedback", "follow_up"}

// registers lists the nine.
func (p *Pages) registers(x *exchange) error {
	return p.send(x, http.StatusOK, "registers", "page.registers", nine)
}

// registerBody is a page of a register.
type registerBody struct {
	Register string
	Year     int
	From, To string
	Columns  []book.Column
	Rows     []registerRow
	Total    book.Totals
	YearTot  *book.Totals
	Next     string
	Steps    []step
}

type registerRow struct {
	No, Path           string
	At                 time.Time
	By                 string
	Cells              []string
	Sealed             []bool // by column: there is something, and it is sealed
	Struck, Correction bool
	State              string
	Overdue            bool
	Links              []book.LineLink
}

// register shows lines of one of the nine as the paper has them.
func (p *Pages) register(x *exchange) error {
	name := x.c.Params("register")
	if !slices.Contains(nine, name) {
		return contract.NewProblem(contract.CodeNotFound)
	}
	q, err := p.registerQuery(x, name)
	if err != nil {
		return err
	}
	page, err := p.Book.Register(x.ctx, x.who, q)
	if err != nil {
		return err
	}
	b := registerBody{Register: name, Year: q.Year, From: x.c.Query("from"), To: x.c.Query("to"), Total: page.Page}
	if page.Whole {
		b.YearTot = &page.Year
	}
	for _, c := range p.Book.Columns(x.who.District) {
		if c.Register == name && !c.Hidden {
			b.Columns = append(b.Columns, c)
		}
	}
	slices.SortStableFunc(b.Columns, func(a, c book.Column) int { return a.Pos - c.Pos })
	for i := range page.Rows {
		b.Rows = append(b.Rows, p.registerRow(x, b.Columns, &page.Rows[i]))
	}
	if page.More {
		v := url.Values{}
		for k, s := range x.c.Queries() {
			v.Set(k, s)
		}
		v.Set("after", strconv.FormatInt(page.Next, 10))
		b.Next = Root + "/registers/" + name + "?" + v.Encode()
	}
	return p.send(x, http.StatusOK, "register", "enum.register."+name, b)
}

func (p *Pages) registerQuery(x *exchange, name string) (book.RegisterQuery, error) {
	q := book.RegisterQuery{Centre: x.centre, Register: name, Year: x.now.In(ist).Year(), Limit: pageOf, Newest: true}
	bad := func(field string) (book.RegisterQuery, error) {
		return q, contract.NewProblem(contract.CodeBadFormat, contract.WithPointer(field))
	}
	if s := x.c.Query("year"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 2000 || n > 2200 {
			return bad("year")
		}
		q.Year = n
	}
	if s := x.c.Query("after"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return bad("after")
		}
		q.After = n
	}
	for _, d := range []struct {
		name string
		to   **time.Time
	}{{"from", &q.From}, {"to", &q.To}} {
		if s := x.c.Query(d.name); s != "" {
			t, err := time.Parse(time.DateOnly, s)
			if err != nil {
				return bad(d.name)
			}
			*d.to = &t
		}
	}
	return q, nil
}

func (p *Pages) registerRow(x *exchange, columns []book.Column, r *book.RegisterRow) registerRow {
	var values map[string]any
	_ = json.Unmarshal(r.Columns, &values)
	out := registerRow{
		No: r.No, Path: linePath(r.Register, r.Year, r.Serial, x.asked), At: r.At, By: (&view{p: p, x: x}).By(r.OfficerID),
		Struck: r.StruckBy != nil, Correction: r.Corrects != nil, State: r.State, Overdue: r.Overdue, Links: r.Links,
	}
	for _, c := range columns {
		sealed := slices.Contains(r.Sealed, c.Name)
		text := ""
		if v, ok := values[c.Name]; ok && !sealed {
			text = p.say(x, c.List, v)
		}
		if m := r.Masks[c.Name]; m != "" {
			text = m
		}
		out.Cells, out.Sealed = append(out.Cells, text), append(out.Sealed, sealed && text == "")
	}
	return out
}

func linePath(register string, year int, serial int64, centre string) string {
	path := Root + "/registers/" + register + "/" + strconv.Itoa(year) + "/" + strconv.FormatInt(serial, 10)
	if centre != "" {
		path += "?centre=" + url.QueryEscape(centre)
	}
	return path
}

// lineBody is one line with its steps.
type lineBody struct {
	Register string
	Row      registerRow
	Columns  []book.Column
	Story    []event
	Subject  *uuid.UUID
	Steps    []step
}

// line shows one line of a register.
func (p *Pages) line(x *exchange) error {
	name := x.c.Params("register")
	year, err1 := strconv.Atoi(x.c.Params("year"))
	serial, err2 := strconv.ParseInt(x.c.Params("serial"), 10, 64)
	if !slices.Contains(nine, name) || err1 != nil || err2 != nil {
		return contract.NewProblem(contract.CodeNotFound)
	}
	l, err := p.Book.RegisterLine(x.ctx, x.who, x.centre, name, year, serial)
	if err != nil {
		return err
	}
	b := lineBody{Register: name}
	for _, c := range p.Book.Columns(x.who.District) {
		if c.Register == name && !c.Hidden {
			b.Columns = append(b.Columns, c)
		}
	}
	slices.SortStableFunc(b.Columns, func(a, c book.Column) int { return a.Pos - c.Pos })
	b.Row = p.registerRow(x, b.Columns, &l.Row)
	for _, raw := range l.Steps {
		b.Story = append(b.Story, p.event(x, raw))
	}
	return p.send(x, http.StatusOK, "line", "page.line", b)
}
