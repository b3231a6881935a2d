package console

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// registerFilter is what a page of a register was asked for, and what may be
// asked for.
type registerFilter struct {
	Year, Month      int
	From, To         string
	Overdue, Open    bool // Open: something beside the year is asked for
	Officers, Beats  []option
	States, Category []option
}

// lineStates are the states that lines of a register go through; a register
// whose lines are done when they are written has none.
//
//nolint:gochecknoglobals // a static table
var lineStates = map[string][]string{
	"help_desk":  complaintStates(),
	"squad":      {"open", "reviewed", "objected", "stands", "quashed"},
	"inspection": {"open", "complied", "over"},
	"fir":        {"open", "over", "transferred"},
	"preventive": {"open", "over"},
}

func (p *Pages) lineState(x *exchange, register, state string) string {
	if register == "help_desk" {
		return p.word(x.lang, "state", state)
	}
	return p.word(x.lang, "line_state", state)
}

// yearOf reads the year that is asked for; this one when none is.
func yearOf(x *exchange) (int, error) {
	return numberOf(x, "year", x.now.In(ist).Year(), 2000, 2200)
}

func numberOf(x *exchange, name string, otherwise, least, most int) (int, error) {
	s := x.c.Query(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, contract.NewProblem(contract.CodeBadFormat, contract.WithPointer(name))
	}
	return n, nil
}

// registerQuery reads the filters of a page of a register.
func (p *Pages) registerQuery(x *exchange, name string) (book.RegisterQuery, registerFilter, error) {
	q := book.RegisterQuery{Centre: x.centre, Register: name, Limit: pageOf, Newest: true, Overdue: x.c.Query("overdue") != ""}
	f := registerFilter{From: x.c.Query("from"), To: x.c.Query("to"), Overdue: q.Overdue}
	var err error
	if q.Year, err = yearOf(x); err != nil {
		return q, f, err
	}
	if f.Month, err = numberOf(x, "month", 0, 1, 12); err != nil {
		return q, f, err
	}
	f.Year = q.Year
	if s := x.c.Query("after"); s != "" {
		if q.After, err = strconv.ParseInt(s, 10, 64); err != nil || q.After < 0 {
			return q, f, contract.NewProblem(contract.CodeBadFormat, contract.WithPointer("after"))
		}
	}
	if f.Month > 0 {
		q.From, q.To = monthSpan(f.Year, f.Month)
	}
	for _, d := range []struct {
		name string
		to   **time.Time
	}{{"from", &q.From}, {"to", &q.To}} {
		if s := x.c.Query(d.name); s != "" {
			t, err := time.Parse(time.DateOnly, s)
			if err != nil {
				return q, f, contract.NewProblem(contract.CodeBadFormat, contract.WithPointer(d.name))
			}
			*d.to = &t
		}
	}
	return q, f, p.registerChoices(x, name, &q, &f)
}

// registerChoices reads the filters that are chosen from lists.
func (p *Pages) registerChoices(x *exchange, name string, q *book.RegisterQuery, f *registerFilter) error {
	var err error
	if f.Officers, err = p.persons(x, "officer_id"); err != nil {
		return err
	}
	if f.Beats, err = p.persons(x, "beat_id"); err != nil {
		return err
	}
	for _, s := range lineStates[name] {
		f.States = append(f.States, option{Value: s, Label: p.lineState(x, name, s)})
	}
	if name == "help_desk" || name == "feedback" || name == "follow_up" || name == "counselling" {
		f.Category = p.options(x, contract.Field{List: "category"})
	}
	for _, id := range []struct {
		name string
		to   **uuid.UUID
		list []option
	}{{"officer", &q.Officer, f.Officers}, {"beat", &q.Beat, f.Beats}} {
		if s := chosen(x, id.name, id.list); s != "" {
			one, err := uuid.Parse(s)
			if err != nil {
				return contract.NewProblem(contract.CodeBadFormat, contract.WithPointer(id.name))
			}
			*id.to = &one
		}
	}
	for _, code := range []struct {
		name string
		to   **string
		list []option
	}{{"state", &q.State, f.States}, {"category", &q.Category, f.Category}} {
		s := chosen(x, code.name, code.list)
		if s == "" {
			continue
		}
		if !slices.ContainsFunc(code.list, func(o option) bool { return o.Value == s }) {
			return contract.NewProblem(contract.CodeBadFormat, contract.WithPointer(code.name))
		}
		*code.to = &s
	}
	f.Open = q.Overdue || q.Officer != nil || q.Beat != nil || q.State != nil || q.Category != nil || f.From != "" || f.To != ""
	return nil
}

// chosen is the value of a filter; it is marked in its list.
func chosen(x *exchange, name string, list []option) string {
	s := x.c.Query(name)
	for i := range list {
		list[i].Chosen = list[i].Value == s
	}
	return s
}

// monthSpan is the first and the last day of a month.
func monthSpan(year, month int) (from, to *time.Time) {
	a := time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC)
	b := a.AddDate(0, 1, -1)
	return &a, &b
}

func monthOr(month int, now time.Time) int {
	if month == 0 {
		return int(now.In(ist).Month())
	}
	return month
}

// printPath is where a month of a register is printed.
func printPath(x *exchange, register string, year, month int) string {
	return Root + "/registers/" + register + "/print?" + url.Values{
		"year": {strconv.Itoa(year)}, "month": {strconv.Itoa(month)}, "centre": {x.centre},
	}.Encode()
}

// Months are the twelve in the page's language.
func (v *view) Months() []string {
	names := months[0]
	if !v.Hindi() {
		names = months[1]
	}
	return names[:]
}

// Month is the name of one of them, counted from 1.
func (v *view) Month(n int) string { return v.Months()[n-1] }

// Add is a sum: templates count from nought.
func (v *view) Add(a, b int) int { return a + b }

// Day is a day that is written as in the contract, as officers write it.
func (v *view) Day(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return ""
	}
	return dateText(t, v.x.lang)
}

// Less is the number before.
func (v *view) Less(n int) int { return n - 1 }
