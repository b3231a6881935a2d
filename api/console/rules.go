package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// rulesBody is the rules in force, for everybody to read; SP and Addl SP change
// them by ops in the book of the district office.
type rulesBody struct {
	Limits   []limitRow
	Ladders  []ladderRow
	Ahead    []ruleChange // what is set and does not hold yet, the next first
	History  []ruleChange // the newest first
	Older    string       // where the ones before are
	Paged    bool         // the page goes on in it
	Conduct  []conductRuleRow
	Numbers  []numberRow
	Weighs   bool // this officer may ask what a limit would touch
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

// ladderRow is a ladder as it holds from a time.
type ladderRow struct {
	Name   string
	From   time.Time
	Ahead  bool
	Change string // where it is changed; empty: not by this officer
	Rungs  []rungRow
}

type rungRow struct {
	N                 int
	After, Action, To string
}

// conductRuleRow says from when on a pattern in the work of a squad is raised.
type conductRuleRow struct {
	book.ConductRule

	And    string // what else it takes
	Change string
}

// numberRow is a number of the rules as it holds now.
type numberRow struct {
	book.Number

	Change string
}

type listRow struct {
	Label string
	Codes []book.Code
}

type columnsRow struct {
	Register string
	Columns  []book.Column
}

// previewAsk is what somebody thinks of changing, preview what that would touch.
type previewAsk struct {
	Limits  []limitOption
	Hours   int
	From    time.Time
	Centre  string // empty: all that the officer's post reaches
	All     bool   // he may ask so
	Centres []string
}

// limitOption is a limit under one condition.
type limitOption struct {
	Value, Label string
	Chosen       bool
}

type preview struct {
	N               int64
	More            bool
	Label, Old, New string
}

// rules shows them.
func (p *Pages) rules(x *exchange) error {
	d := x.who.District
	b := rulesBody{Offences: p.Book.Offences(d), Change: p.ruleSteps(x)}
	b.Limits = p.limitRows(x)
	b.Ladders, b.Conduct, b.Numbers = p.ladders(x), p.conductRules(x), p.numbers(x)
	lists := p.Book.Lists(d)
	for _, name := range sortedKeys(lists) {
		if label := p.listName(x, name); label != "" {
			b.Lists = append(b.Lists, listRow{label, lists[name]})
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
	if err := p.changes(x, &b); err != nil {
		return err
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

// weighers are the posts that may ask what another limit would touch: those that
// read the figures of a centre.
var weighers = append([]staff.Role{staff.CentreIncharge, staff.SHO}, above...) //nolint:gochecknoglobals // a constant

// preview counts the open complaints over which a limit runs now, of one centre or of
// all. Those keep their time; it says how many of the same kind there are.
func (p *Pages) preview(x *exchange, b *rulesBody) error {
	holds := func(list []staff.Role) bool {
		return slices.ContainsFunc(x.session.Posts, func(post staff.Post) bool { return slices.Contains(list, post.Role) })
	}
	if b.Weighs = holds(weighers); !b.Weighs {
		return nil
	}
	ask := &b.Ask
	ask.Hours, ask.From, ask.All = x.c.QueryInt("hours"), midnight(x.now), holds(above)
	if ask.Centre = x.asked; !ask.All {
		ask.Centre = x.centre
	}
	for _, c := range x.centres {
		if c.Centre != staff.HQ && p.Door.May(x.ctx, x.who, "getReturns", c.Centre) == nil {
			ask.Centres = append(ask.Centres, c.Centre)
		}
	}
	if err := daysOf(x, &ask.From, new(time.Time)); err != nil {
		return err
	}
	var chosen *limitRow
	for i := range b.Limits {
		l := &b.Limits[i]
		if l.Register != "help_desk" || l.Starts == "day_begins" || l.Starts == "sent" { // it runs over no complaint
			continue
		}
		o := limitOption{Value: strings.TrimRight(l.Code+":"+l.Category+":"+l.RiskLevel, ":"), Label: p.limitName(x, &l.Limit)}
		if o.Chosen = o.Value == x.c.Query("limit"); o.Chosen {
			chosen = l
		}
		ask.Limits = append(ask.Limits, o)
	}
	if chosen == nil || ask.Hours <= 0 {
		return nil
	}
	reach, err := p.Book.LimitReach(x.ctx, x.who, ask.Centre, chosen.Limit, ask.From)
	if err != nil {
		return err
	}
	b.Preview = &preview{
		N: reach.N, More: reach.More, Label: p.limitName(x, &chosen.Limit), Old: chosen.Time,
		New: spanText(time.Duration(ask.Hours)*time.Hour, x.lang),
	}
	return nil
}

// limitName is a limit with its condition.
func (p *Pages) limitName(x *exchange, l *book.Limit) string {
	out := p.word(x.lang, "limit", l.Code)
	for _, of := range [][2]string{{"category", l.Category}, {"risk_level", l.RiskLevel}} {
		if of[1] != "" {
			out += ", " + p.word(x.lang, "field", of[0]) + ": " + p.label(x, of[0], of[1])
		}
	}
	return out
}
