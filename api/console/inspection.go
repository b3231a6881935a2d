package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// inspectionBody is the board of directions, and where lines are drawn.
type inspectionBody struct {
	Inspects  bool
	Registers []string
	Year      int
	Open      []direction // to be complied with
	Complied  []direction // to be judged
	Record    string
}

// direction is a direction of an inspection as it stands.
type direction struct {
	registerRow

	Text, To, By, Compliance string
	DueAt                    string
	Steps                    []step
}

// inspection shows what was directed and is not over, what is due first on top.
func (p *Pages) inspection(x *exchange) error {
	year := x.now.In(ist).Year()
	b := inspectionBody{Inspects: mayMake(x.who, contract.KindInspectionRecord), Registers: nine, Year: year}
	if steps := p.steps(x, here(x), nil, contract.KindInspectionRecord); len(steps) > 0 {
		b.Record = steps[0].Path
	}
	columns := p.columnsOf(x, "inspection")
	for _, s := range []struct {
		state string
		into  *[]direction
	}{{"open", &b.Open}, {"complied", &b.Complied}} {
		for of := year; of >= year-1; of-- {
			q := book.RegisterQuery{Centre: x.centre, Register: "inspection", Year: of, Limit: 200, State: &s.state}
			page, err := p.Book.Register(x.ctx, x.who, q)
			if err != nil {
				return err
			}
			for i := range page.Rows {
				if r := &page.Rows[i]; r.StruckBy == nil {
					*s.into = append(*s.into, p.direction(x, columns, r))
				}
			}
		}
	}
	slices.SortStableFunc(b.Open, func(a, c direction) int { return boolInt(c.Overdue) - boolInt(a.Overdue) })
	return p.send(x, http.StatusOK, "inspection", "page.inspection", b)
}

func here(x *exchange) string { return Root + "/inspection?centre=" + url.QueryEscape(x.centre) }

func (p *Pages) direction(x *exchange, columns []book.Column, r *book.RegisterRow) direction {
	d := direction{registerRow: p.registerRow(x, columns, r)}
	for i, c := range columns {
		switch c.Name {
		case "direction":
			d.Text = d.Cells[i]
		case "due_at":
			d.DueAt = d.Cells[i]
		case "assigned_to", "assigned_by":
			d.To = d.Cells[i]
		case "compliance":
			d.Compliance = d.Cells[i]
		}
	}
	if r.DueAt != nil {
		d.DueAt = timeText(*r.DueAt, x.lang)
	}
	d.Steps = slices.DeleteFunc(p.lineSteps(x, r), func(s step) bool { return s.Kind == string(contract.KindNoteAdd) })
	for i := range d.Steps {
		d.Steps[i].Path = strings.Replace(d.Steps[i].Path, url.QueryEscape(linePath(r.Register, r.Year, r.Serial, x.centre)), url.QueryEscape(here(x)), 1)
	}
	return d
}

// drawBody is the lines that were drawn, by what, and the form of what was found
// in them.
type drawBody struct {
	*book.Draw

	Register string
	Year     int
	N        int
	Columns  []book.Column
	Rows     []registerRow // those that the inspector sees
	Hidden   []book.LineRef
	Form     *form
	Again    string // the newest draw
}

// drawDefault is how many lines are drawn.
const drawDefault = 5

// draw picks lines of a register that nobody chose, and asks what was found.
func (p *Pages) draw(x *exchange) error {
	b := drawBody{Register: x.c.Query("register")}
	if !slices.Contains(nine, b.Register) {
		return contract.NewProblem(contract.CodeNotFound)
	}
	var err error
	if b.Year, err = yearOf(x); err != nil {
		return err
	}
	if b.N, err = numberOf(x, "n", drawDefault, 1, 30); err != nil {
		return err
	}
	size, err := strconv.ParseInt(x.c.Query("size", "0"), 10, 64)
	if err != nil {
		return contract.NewProblem(contract.CodeBadFormat, contract.WithPointer("size"))
	}
	if b.Draw, err = p.Book.Draw(x.ctx, x.who, x.centre, b.Register, b.Year, size, b.N); err != nil {
		return err
	}
	q := url.Values{"centre": {x.centre}, "register": {b.Register}, "year": {strconv.Itoa(b.Year)}, "n": {strconv.Itoa(b.N)}}
	b.Again = Root + "/inspection/draw?" + q.Encode()
	if size == 0 { // the page keeps to what it shows, however the book grows
		q.Set("size", strconv.FormatInt(b.Size, 10))
		return seeOther(x.c, Root+"/inspection/draw?"+q.Encode())
	}
	b.Columns = p.columnsOf(x, b.Register)
	for _, ref := range b.Nos {
		l, err := p.Book.RegisterLine(x.ctx, x.who, x.centre, b.Register, ref.Year, ref.Serial)
		var problem *contract.Problem
		switch {
		case errors.As(err, &problem): // the number alone: the bound book has the rest
			b.Hidden = append(b.Hidden, ref)
			continue
		case err != nil:
			return err
		}
		b.Rows = append(b.Rows, p.registerRow(x, b.Columns, &l.Row))
	}
	if b.Form, err = p.findings(x, &b); err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "draw", "page.draw", b)
}

// findings is the form of an inspection, with the drawn lines in it: each is a
// line of the findings.
func (p *Pages) findings(x *exchange, b *drawBody) (*form, error) {
	if !mayMake(x.who, contract.KindInspectionRecord) {
		return nil, nil //nolint:nilnil // who does not inspect has no form
	}
	values := map[string][]string{
		"inspected_at": {x.now.In(ist).Format("2006-01-02T15:04")}, "registers_seen": {b.Register},
	}
	var text strings.Builder
	for _, ref := range b.Nos {
		values["line_nos"] = append(values["line_nos"], ref.No)
		text.WriteString(ref.No + ": \n")
	}
	values["findings"] = []string{text.String()}
	return p.formOf(x, ask{kind: contract.KindInspectionRecord, centre: x.centre, back: here(x), values: values})
}
