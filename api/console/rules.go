package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// rulesBody is the rules in force, for everybody to read; SP and Addl SP change
// them by ops in the book of the district office.
type rulesBody struct {
	Limits   []limitRow
	Ladder   []rungRow
	Lists    []listRow
	Columns  []columnsRow
	Offences []book.Offence
	Change   map[string][]step // by part of the page
	Ask      previewAsk
	Preview  *preview
}

// limitRow is a limit in force, what stood before it, and what is set already for
// a day to come. One of which only that is set stands as it will be.
type limitRow struct {
	book.Limit

	Time, Change    string
	Earlier, Coming []limitRow
}

type rungRow struct {
	book.Rung

	After, To string
}

type listRow struct {
	Name  string
	Codes []book.Code
}

type columnsRow struct {
	Register string
	Columns  []book.Column
}

// previewAsk is what somebody thinks of changing, preview what that would touch.
type previewAsk struct {
	Limit   string
	Hours   int
	From    time.Time
	Centre  string
	Codes   []string
	Centres []string
}

type preview struct {
	N        int
	Old, New string
}

// rules shows them.
func (p *Pages) rules(x *exchange) error {
	d := x.who.District
	b := rulesBody{Offences: p.Book.Offences(d), Change: p.ruleSteps(x)}
	b.Limits = p.limitRows(x)
	for i := range b.Limits {
		if l := &b.Limits[i]; !slices.Contains(b.Ask.Codes, l.Code) {
			b.Ask.Codes = append(b.Ask.Codes, l.Code)
		}
	}
	for _, r := range p.Book.Ladder(d) {
		row := rungRow{Rung: r, After: spanText(time.Duration(r.AfterS)*time.Second, x.lang)}
		if r.ToRole != nil {
			row.To = p.word(x.lang, "enum.role", *r.ToRole)
		}
		b.Ladder = append(b.Ladder, row)
	}
	lists := p.Book.Lists(d)
	for _, name := range sortedKeys(lists) {
		if _, ok := p.look.texts["fieldlist."+name]; ok {
			b.Lists = append(b.Lists, listRow{name, lists[name]})
		}
	}
	columns := p.Book.Columns(d)
	for _, register := range book.Registers {
		row := columnsRow{Register: register}
		for _, c := range columns {
			if c.Register == register {
				row.Columns = append(row.Columns, c)
			}
		}
		b.Columns = append(b.Columns, row)
	}
	if err := p.preview(x, &b); err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "rules", "page.rules", b)
}

// limitRows are the limits with their history, in the order of the rules.
func (p *Pages) limitRows(x *exchange) []limitRow {
	var out []limitRow
	for _, l := range p.Book.LimitsEver(x.who.District) {
		row := limitRow{Limit: l, Time: p.limitTime(x, &l)}
		at := slices.IndexFunc(out, func(o limitRow) bool {
			return o.Code == l.Code && o.Category == l.Category && o.RiskLevel == l.RiskLevel
		})
		switch {
		case at < 0:
			if mayMake(x.who, contract.KindLimitSet) {
				q := url.Values{"centre": {staff.HQ}, "back": {Root + "/rules"}, "f.limit": {l.Code}, "f.category": {l.Category}, "f.risk_level": {l.RiskLevel}}
				row.Change = Root + "/ops/" + string(contract.KindLimitSet) + "?" + q.Encode()
			}
			out = append(out, row)
		case l.From.After(x.now):
			out[at].Coming = append(out[at].Coming, row)
		default:
			old := out[at]
			old.Earlier, row.Earlier, row.Change = nil, append([]limitRow{old}, old.Earlier...), old.Change
			out[at] = row
		}
	}
	return out
}

func (p *Pages) ruleSteps(x *exchange) map[string][]step {
	out := map[string][]step{}
	for part, kinds := range map[string][]contract.Kind{
		"lists":    {contract.KindCodeAdd, contract.KindCodeRename, contract.KindCodeRetire},
		"columns":  {contract.KindColumnAdd, contract.KindColumnRename, contract.KindColumnHide, contract.KindColumnOrder},
		"offences": {contract.KindOffenceSet},
	} {
		for _, k := range kinds {
			if mayMake(x.who, k) {
				out[part] = append(out[part], step{Kind: string(k), Path: formPath(k, staff.HQ, Root+"/rules", nil)})
			}
		}
	}
	return out
}

func (p *Pages) limitTime(x *exchange, l *book.Limit) string {
	if l.Months > 0 {
		return strconv.Itoa(l.Months) + " " + p.look.texts["rules.months"].in(x.lang)
	}
	return spanText(time.Duration(l.Seconds)*time.Second, x.lang)
}

// previewPages bounds how many pages of complaints a preview counts.
const previewPages = 20

// preview counts the open complaints of a station over which a limit runs now, of
// those that the officer may see.
func (p *Pages) preview(x *exchange, b *rulesBody) error {
	b.Ask.Limit, b.Ask.Hours, b.Ask.From, b.Ask.Centre = x.c.Query("limit"), x.c.QueryInt("hours"), midnight(x.now), x.centre
	for _, c := range x.centres {
		if c.Centre != staff.HQ && p.Door.May(x.ctx, x.who, "listComplaints", c.Centre) == nil {
			b.Ask.Centres = append(b.Ask.Centres, c.Centre)
		}
	}
	if err := daysOf(x, &b.Ask.From, new(time.Time)); err != nil {
		return err
	}
	at := slices.IndexFunc(b.Limits, func(l limitRow) bool { return l.Code == b.Ask.Limit && l.Category == "" && l.RiskLevel == "" })
	if at < 0 {
		at = slices.IndexFunc(b.Limits, func(l limitRow) bool { return l.Code == b.Ask.Limit })
	}
	if at < 0 || b.Ask.Hours <= 0 {
		return nil
	}
	if err := p.Door.May(x.ctx, x.who, "listComplaints", x.centre); err != nil {
		return err
	}
	out := &preview{Old: b.Limits[at].Time, New: spanText(time.Duration(b.Ask.Hours)*time.Hour, x.lang)}
	q := book.ComplaintQuery{Centre: x.centre, Open: true, Limit: 100}
	for range previewPages {
		page, err := p.Book.Complaints(x.ctx, x.who, q)
		if err != nil {
			return err
		}
		for i := range page.Views {
			if slices.ContainsFunc(page.Views[i].Clocks, func(k *book.Clock) bool { return k.Code == b.Ask.Limit && k.StoppedAt == nil }) {
				out.N++
			}
		}
		if !page.More {
			break
		}
		q.After = page.Next
	}
	b.Preview = out
	return nil
}
