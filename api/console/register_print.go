package console

import (
	"net/http"
	"slices"
	"strconv"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// printMost is how many lines are printed at once: some sixty sheets. printPage is
// how many are read at a time.
const (
	printMost = 1000
	printPage = 250
)

// printBody is a month of a register as it goes into the file: all its lines, the
// struck ones too, and the totals.
type printBody struct {
	Register    string
	Year, Month int
	Columns     []book.Column
	Rows        []registerRow
	Total       book.Totals
	Sums        []sum
	TooMany     bool
	Empty       []string // columns in which no line has anything: they take no room
	Back        string
}

// printMonth shows it. What is sealed stays sealed on paper; of numbers no digit
// is printed.
func (p *Pages) printMonth(x *exchange) error {
	name := x.c.Params("register")
	if !slices.Contains(nine, name) {
		return contract.NewProblem(contract.CodeNotFound)
	}
	year, err := yearOf(x)
	if err != nil {
		return err
	}
	month, err := numberOf(x, "month", int(x.now.In(ist).Month()), 1, 12)
	if err != nil {
		return err
	}
	b := printBody{
		Register: name, Year: year, Month: month, Columns: p.columnsOf(x, name), Total: book.Totals{Sums: map[string]int64{}},
		Back: Root + "/registers/" + name + "?year=" + strconv.Itoa(year) + "&month=" + strconv.Itoa(month) + "&centre=" + x.centre,
	}
	// A correction is numbered in the year in which it was made and stands on the
	// day of its old line, so the next year may have lines of this month.
	for of := year; of <= min(year+1, x.now.In(ist).Year()) && !b.TooMany; of++ {
		if err := p.printYear(x, &b, of); err != nil {
			return err
		}
	}
	if b.TooMany {
		b.Rows = nil
	}
	p.leaveOut(x, &b)
	b.Sums = p.sums(x, &book.RegisterPage{Page: b.Total})
	return p.send(x, http.StatusOK, "register_print", "enum.register."+name, b)
}

// printYear adds the lines of the month that are numbered in a year.
func (p *Pages) printYear(x *exchange, b *printBody, year int) error {
	q := book.RegisterQuery{Centre: x.centre, Register: b.Register, Year: year, Limit: printPage}
	q.From, q.To = monthSpan(b.Year, b.Month)
	for {
		page, err := p.Book.Register(x.ctx, x.who, q)
		if err != nil {
			return err
		}
		b.Total.Rows, b.Total.Struck = b.Total.Rows+page.Page.Rows, b.Total.Struck+page.Page.Struck
		for name, n := range page.Page.Sums {
			b.Total.Sums[name] += n
		}
		for i := range page.Rows {
			page.Rows[i].Masks = nil
			b.Rows = append(b.Rows, p.registerRow(x, b.Columns, &page.Rows[i]))
		}
		if b.TooMany = len(b.Rows) > printMost; b.TooMany || !page.More {
			return nil
		}
		q.After = page.Next
	}
}

// leaveOut takes the columns out in which no line of the month has anything, and
// keeps their names.
func (p *Pages) leaveOut(x *exchange, b *printBody) {
	if len(b.Rows) == 0 {
		return
	}
	for i := len(b.Columns) - 1; i >= 0; i-- {
		if slices.ContainsFunc(b.Rows, func(r registerRow) bool { return r.Cells[i] != "" || r.Sealed[i] }) {
			continue
		}
		b.Empty = append(b.Empty, p.columnLabel(x, &b.Columns[i]))
		b.Columns = slices.Delete(b.Columns, i, i+1)
		for n := range b.Rows {
			b.Rows[n].Cells, b.Rows[n].Sealed = slices.Delete(b.Rows[n].Cells, i, i+1), slices.Delete(b.Rows[n].Sealed, i, i+1)
		}
	}
	slices.Reverse(b.Empty)
}
