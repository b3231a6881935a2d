package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// nine are the registers in the order of the paper.
//
//nolint:gochecknoglobals // a constant
var nine = []string{"help_desk", "counselling", "squad", "women_beat", "inspection", "fir", "preventive", "feedback", "follow_up"}

// registersBody is how the nine stand in a year, as the meeting asks for it.
type registersBody struct {
	Year  int
	Nine  []registerStand
	Whole bool // the caller reads the figures
	Draw  bool // he inspects
}

// registerStand is one of them.
type registerStand struct {
	book.RegisterYear

	Print string
}

// registers lists the nine.
func (p *Pages) registers(x *exchange) error {
	year, err := yearOf(x)
	if err != nil {
		return err
	}
	b := registersBody{Year: year, Draw: mayMake(x.who, contract.KindInspectionRecord)}
	stands, err := p.Book.RegisterYears(x.ctx, x.who, x.centre, year)
	var problem *contract.Problem
	if b.Whole = err == nil; err != nil && (!errors.As(err, &problem) || problem.Code != contract.CodeForbidden) {
		return err
	}
	for _, name := range nine {
		one := registerStand{RegisterYear: book.RegisterYear{Register: name, Counted: true}, Print: printPath(x, name, year, int(x.now.In(ist).Month()))}
		if i := slices.IndexFunc(stands, func(s book.RegisterYear) bool { return s.Register == name }); i >= 0 {
			one.RegisterYear = stands[i]
		}
		b.Nine = append(b.Nine, one)
	}
	return p.send(x, http.StatusOK, "registers", "page.registers", b)
}

// registerBody is a page of a register.
type registerBody struct {
	Register string
	Filter   registerFilter
	Columns  []book.Column
	Rows     []registerRow
	Total    book.Totals
	YearTot  *book.Totals
	Sums     []sum
	Next     string
	Print    string
	Export   string
}

// sum is a column that is totalled: on the page, and in the year.
type sum struct {
	Label      string
	Page, Year int64
	Whole      bool
}

type registerRow struct {
	Register, No, Path string
	At                 time.Time
	By                 string
	Cells              []string
	Sealed             []bool // by column: there is something, and it is sealed
	Struck, Correction bool
	State              string
	Overdue            bool
	Links              []book.LineLink
	Old, New           *book.LineRef // the line before a correction, and after
	Alias              string        // what she is called in lists
	OpID               uuid.UUID
	Subject            *uuid.UUID
}

// register shows lines of one of the nine as the paper has them.
func (p *Pages) register(x *exchange) error {
	name := x.c.Params("register")
	if !slices.Contains(nine, name) {
		return contract.NewProblem(contract.CodeNotFound)
	}
	q, filter, err := p.registerQuery(x, name)
	if err != nil {
		return err
	}
	page, err := p.Book.Register(x.ctx, x.who, q)
	if err != nil {
		return err
	}
	b := registerBody{Register: name, Filter: filter, Total: page.Page, Columns: p.columnsOf(x, name)}
	if page.Whole {
		b.YearTot = &page.Year
		b.Print = printPath(x, name, q.Year, monthOr(filter.Month, x.now))
		if mayMake(x.who, contract.KindExportAsk) {
			b.Export = Root + "/exports?centre=" + url.QueryEscape(x.centre)
		}
	}
	b.Sums = p.sums(x, page)
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

// framing are the columns that each register has and that a table shows once for
// all: as the head of the line, its time, its officer, its page, its correction.
//
//nolint:gochecknoglobals // a constant
var framing = []string{"serial_no", "entered_at", "entered_by", "station_code", "corrects_id"}

// columnsOf are those of a register in the order of the paper, without what is
// hidden, and what frames them.
func (p *Pages) columnsOf(x *exchange, register string) []book.Column {
	var out []book.Column
	for _, c := range p.Book.Columns(x.who.District) {
		if c.Register == register && !c.Hidden && !slices.Contains(framing, c.Name) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, c book.Column) int { return a.Pos - c.Pos })
	return out
}

// sums are the columns that the book totals, in their order.
func (p *Pages) sums(x *exchange, page *book.RegisterPage) []sum {
	names := make([]string, 0, len(page.Page.Sums))
	for name := range page.Page.Sums {
		names = append(names, name)
	}
	slices.Sort(names)
	out := make([]sum, len(names))
	for i, name := range names {
		out[i] = sum{p.word(x.lang, "field", name), page.Page.Sums[name], page.Year.Sums[name], page.Whole}
	}
	return out
}

func (p *Pages) registerRow(x *exchange, columns []book.Column, r *book.RegisterRow) registerRow {
	var values map[string]any
	_ = json.Unmarshal(r.Columns, &values)
	added := addedValues(values)
	if to, ok := values["assigned_to"].(string); ok { // the post that the paper's column names
		values["assigned_by"] = p.word(x.lang, "enum.assigned_to", to)
	}
	out := registerRow{
		Register: r.Register, No: r.No, Path: linePath(r.Register, r.Year, r.Serial, x.asked), At: r.At, By: (&view{p: p, x: x}).By(r.OfficerID),
		Struck: r.StruckBy != nil, Correction: r.Corrects != nil, Overdue: r.Overdue, Links: r.Links, Old: r.OldLine, New: r.NewLine,
		Alias: r.Alias, OpID: r.OpID, Subject: r.SubjectID,
	}
	if slices.Contains(lineStates[r.Register], r.State) {
		out.State = p.lineState(x, r.Register, r.State)
	}
	for _, c := range columns {
		pointer, from := "/"+c.Name, values
		if c.Added {
			pointer, from = "/extra/"+strings.ToLower(c.Class), added
		}
		sealed := slices.Contains(r.Sealed, pointer) // they are named by pointers
		text := ""
		if v, ok := from[c.Name]; ok && !sealed {
			text = p.cell(x, &c, v)
		}
		if m := r.Masks[c.Name]; m != "" {
			text = m
		}
		out.Cells, out.Sealed = append(out.Cells, text), append(out.Sealed, sealed && text == "")
	}
	return out
}

// addedValues are the open values of a line in the columns that the district office
// added, by column.
func addedValues(values map[string]any) map[string]any {
	out := map[string]any{}
	extra, _ := values["extra"].(map[string]any)
	list, _ := extra["open"].([]any)
	for _, one := range list {
		row, _ := one.(map[string]any)
		name, _ := row[columnMember].(string)
		for member, v := range row {
			if member != columnMember {
				out[name] = v
			}
		}
	}
	return out
}

// cell is a value of a column in words. What a line is linked to stands in its last
// column; here it is that there is such a thing.
func (p *Pages) cell(x *exchange, c *book.Column, value any) string {
	if code, ok := value.(string); ok && c.Name == villageField {
		return p.villageName(x, x.centre, code)
	}
	if c.Type != "link" && !strings.HasSuffix(c.Name, "_ids") {
		return p.say(x, c.List, value)
	}
	s, _ := value.(string)
	list, _ := value.([]any)
	id, err := uuid.Parse(s)
	switch {
	case s == "" && len(list) == 0:
		return ""
	case err == nil && (c.Name == "squad_id" || c.Name == "beat_id"):
		return p.unitName(x, c.Name, id)
	}
	return "✓ " + p.look.texts["registers.linked"].in(x.lang)
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
	Register  string
	Row       registerRow
	Columns   []book.Column
	Story     []event
	Complaint *uuid.UUID
	Steps     []step
	Proof     *proofBody
	Correct   string // where it is put right; empty: not by this officer
}

// line shows one line of a register.
func (p *Pages) line(x *exchange) error {
	l, err := p.lineNamed(x)
	if err != nil {
		return err
	}
	r := &l.Row
	b := lineBody{Register: r.Register, Columns: p.columnsOf(x, r.Register), Complaint: r.ComplaintID}
	b.Row = p.registerRow(x, b.Columns, r)
	for _, raw := range l.Steps {
		b.Story = append(b.Story, p.event(x, raw))
	}
	if mayCorrect(x, r) {
		b.Correct = Root + "/registers/" + r.Register + "/" + strconv.Itoa(r.Year) + "/" + strconv.FormatInt(r.Serial, 10) + "/correct?centre=" +
			url.QueryEscape(x.centre)
	}
	b.Steps, b.Proof = p.lineSteps(x, r), p.proof(x, r)
	return p.send(x, http.StatusOK, "line", "page.line", b)
}

// lineNamed reads the line that a path names.
func (p *Pages) lineNamed(x *exchange) (*book.RegisterLine, error) {
	name := x.c.Params("register")
	year, err1 := strconv.Atoi(x.c.Params("year"))
	serial, err2 := strconv.ParseInt(x.c.Params("serial"), 10, 64)
	if !slices.Contains(nine, name) || err1 != nil || err2 != nil {
		return nil, contract.NewProblem(contract.CodeNotFound)
	}
	return p.Book.RegisterLine(x.ctx, x.who, x.centre, name, year, serial)
}

// stepsOfLine is what a page offers at a line of a register, and the field by
// which the op names what the line is of. What may be done the book judges.
//
//nolint:gochecknoglobals // a static table
var stepsOfLine = map[string]struct {
	field string
	kinds []contract.Kind
}{
	"squad":      {"line_id", []contract.Kind{contract.KindSquadReview}},
	"inspection": {"inspection_id", []contract.Kind{contract.KindInspectionComply, contract.KindInspectionClose}},
	"preventive": {"preventive_id", []contract.Kind{contract.KindPreventiveStep}},
	"fir":        {"fir_id", []contract.Kind{contract.KindFIRSign, contract.KindFIRStep}},
}

// lineSteps are the buttons of a line: what comes next in its matter, and words
// that are added to it.
func (p *Pages) lineSteps(x *exchange, r *book.RegisterRow) []step {
	here := linePath(r.Register, r.Year, r.Serial, x.centre)
	out := p.visitSteps(x, r, here)
	if next := stepsOfLine[r.Register]; r.SubjectID != nil && r.StruckBy == nil && r.State != "over" {
		out = p.steps(x, here, map[string]string{next.field: r.SubjectID.String()}, next.kinds...)
		if r.Register == "inspection" { // what was directed is complied with, and then judged
			keep := contract.KindInspectionComply
			if r.State == "complied" {
				keep = contract.KindInspectionClose
			}
			out = slices.DeleteFunc(out, func(s step) bool { return s.Kind != string(keep) })
		}
	}
	if r.Columns != nil && string(r.Columns) != "{}" {
		note := p.steps(x, here, map[string]string{"subject_id": r.OpID.String()}, contract.KindNoteAdd)
		for i := range note {
			note[i].Main = false
		}
		out = append(out, note...)
	}
	return out
}
