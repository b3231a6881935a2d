package console

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// ruleChange is a change of the rules in words: who made it, when, from when it
// holds.
type ruleChange struct {
	event

	From  time.Time
	Ahead bool
}

// changesShown is how many changes the page shows of what was, changesAhead of what
// will be: one page, and whoever wants more goes on from it.
const (
	changesShown = 20
	changesAhead = 100
)

// changes reads what HQ's book changed of the rules, and what it has set for a day
// that is still to come.
func (p *Pages) changes(x *exchange, b *rulesBody) error {
	ahead, _, err := p.Book.RuleChanges(x.ctx, x.who, book.RuleQuery{Ahead: true, Limit: changesAhead})
	if err != nil {
		return err
	}
	before, _ := strconv.ParseInt(x.c.Query("before"), 10, 64)
	list, more, err := p.Book.RuleChanges(x.ctx, x.who, book.RuleQuery{Before: max(before, 0), Limit: changesShown})
	if err != nil {
		return err
	}
	b.Paged = before > 0
	b.Ahead, b.History = p.ruleChanges(x, ahead), p.ruleChanges(x, list)
	if more {
		b.Older = Root + "/rules?before=" + strconv.FormatInt(list[len(list)-1].Seq, 10) + "#history"
	}
	return nil
}

func (p *Pages) ruleChanges(x *exchange, list []book.RuleChange) []ruleChange {
	out := make([]ruleChange, len(list))
	for i, c := range list {
		kind := contract.Kind(c.Kind)
		var body map[string]any
		_ = json.Unmarshal(c.Body, &body)
		delete(body, "valid_from") // it stands beside
		out[i] = ruleChange{From: c.From, Ahead: c.From.After(x.now)}
		out[i].Kind, out[i].At, out[i].Seq = c.Kind, contract.At(c.At), c.Seq
		if kind == contract.KindRetentionAllow { // its rule is what was asked for
			kind = contract.KindRetentionAsk
		}
		what := p.changed(x, kind, body)
		out[i].Said = append(what, p.factsOf(x, kind, body)...)
		out[i].Actor = p.actor(x, c.OfficerID, c.Role)
	}
	return out
}

// changed takes out of a change what it says by codes that the page has words for, and
// says it in those: a limit in one time, a column and a code by what they are called.
func (p *Pages) changed(x *exchange, kind contract.Kind, body map[string]any) []fact {
	text := func(name string) string { s, _ := body[name].(string); return s }
	var out []fact
	take := func(name, said string) {
		delete(body, name)
		out = append(out, fact{p.fieldLabel(x, kind, name), said})
	}
	switch kind {
	case contract.KindLimitSet:
		months, _ := body["months"].(float64)
		seconds, _ := body["seconds"].(float64)
		delete(body, "months")
		delete(body, "seconds")
		out = append(out, fact{p.look.texts["rules.time"].in(x.lang), p.limitTime(x, &book.Limit{Months: int(months), Seconds: int64(seconds)})})
	case contract.KindNumberSet:
		take("number", p.numberSaid(x, text("number")))
	case contract.KindColumnRename, contract.KindColumnHide:
		take("column", p.columnSaid(x, text("register"), text("column")))
	case contract.KindColumnOrder:
		list, _ := body["columns"].([]any)
		names := make([]string, len(list))
		for i, one := range list {
			name, _ := one.(string)
			names[i] = p.columnSaid(x, text("register"), name)
		}
		take("columns", strings.Join(names, ", "))
	case contract.KindCodeRename, contract.KindCodeRetire:
		if l, ok := p.Book.Label(x.who.District, text("list"), text("code")); ok {
			take("code", (&view{p: p, x: x}).either(l.Hi, l.En)+" ("+text("code")+")")
		}
	}
	return out
}

// columnSaid is what a column is called; one that was added and hidden again is called by
// its own name, for nothing shows it any more.
func (p *Pages) columnSaid(x *exchange, register, name string) string {
	for _, c := range p.Book.Columns(x.who.District) {
		if c.Register == register && c.Name == name {
			return p.columnLabel(x, &c)
		}
	}
	if t, ok := p.look.texts["field."+name]; ok {
		return t.in(x.lang)
	}
	return name
}

// actor is who made an entry, and under which post.
func (p *Pages) actor(x *exchange, officer uuid.UUID, role string) string {
	name := ""
	if officer != uuid.Nil {
		name = (&view{p: p, x: x}).By(officer)
	}
	switch {
	case role == "":
		return name
	case name == "":
		return p.word(x.lang, "enum.role", role)
	}
	return name + ", " + p.word(x.lang, "enum.role", role)
}

// ladders are all ladders in words.
func (p *Pages) ladders(x *exchange) []ladderRow {
	var out []ladderRow
	for _, l := range p.Book.Ladders(x.who.District) {
		row := ladderRow{Name: l.Name, From: l.From, Ahead: l.From.After(x.now)}
		if mayMake(x.who, contract.KindLadderSet) && !row.Ahead {
			q := url.Values{"centre": {staff.HQ}, "back": {Root + "/rules"}, "f.ladder": {l.Name}}
			row.Change = Root + "/ops/" + string(contract.KindLadderSet) + "?" + q.Encode()
		}
		for _, r := range l.Rungs {
			rung := rungRow{N: r.Rung, After: spanText(time.Duration(r.AfterS)*time.Second, x.lang), Action: p.word(x.lang, "enum.action", r.Action)}
			if r.ToRole != nil {
				rung.To = p.word(x.lang, "enum.role", *r.ToRole)
			}
			row.Rungs = append(row.Rungs, rung)
		}
		out = append(out, row)
	}
	return out
}

// presentLadder fills the form of a ladder with its rungs as they hold now: all of
// them are set at once.
func presentLadder(p *Pages, x *exchange, a *ask) {
	for _, l := range p.Book.Ladders(x.who.District) {
		if !slices.Contains(a.values["ladder"], l.Name) || l.From.After(x.now) {
			continue
		}
		for i, r := range l.Rungs {
			path := "rungs." + strconv.Itoa(i) + "."
			a.values[path+"after_s"], a.values[path+"action"] = []string{strconv.Itoa(r.AfterS)}, []string{r.Action}
			if r.ToRole != nil {
				a.values[path+"to_role"] = []string{*r.ToRole}
			}
		}
	}
}

// conductRules are the thresholds of the patterns, for those who answer for squads.
func (p *Pages) conductRules(x *exchange) []conductRuleRow {
	var out []conductRuleRow
	for _, r := range p.Book.ConductRules(x.who) {
		row := conductRuleRow{ConductRule: r}
		switch {
		case r.WithinS > 0:
			row.And = p.word(x.lang, "field", "within_s") + ": " + spanText(time.Duration(r.WithinS)*time.Second, x.lang)
		case r.Metres > 0:
			row.And = p.word(x.lang, "field", "metres") + ": " + strconv.Itoa(r.Metres)
		case r.Percent > 0:
			row.And = p.word(x.lang, "field", "percent") + ": " + strconv.Itoa(r.Percent)
		}
		if mayMake(x.who, contract.KindConductSet) {
			q := url.Values{"centre": {staff.HQ}, "back": {Root + "/rules"}, "f.pattern": {r.Pattern}}
			row.Change = Root + "/ops/" + string(contract.KindConductSet) + "?" + q.Encode()
		}
		out = append(out, row)
	}
	return out
}

// numbers are the numbers of the rules.
func (p *Pages) numbers(x *exchange) []numberRow {
	var out []numberRow
	for _, n := range p.Book.Numbers(x.who.District) {
		row := numberRow{Number: n}
		if mayMake(x.who, contract.KindNumberSet) {
			q := url.Values{"centre": {staff.HQ}, "back": {Root + "/rules"}, "f.number": {n.Name}}
			row.Change = Root + "/ops/" + string(contract.KindNumberSet) + "?" + q.Encode()
		}
		out = append(out, row)
	}
	return out
}

// ruleNumber is the field that names a number of the rules.
const ruleNumber = "number"

// numberOptions are the numbers of the rules, each with what it is called and how it
// stands.
func (p *Pages) numberOptions(x *exchange) []option {
	var out []option
	for _, n := range p.Book.Numbers(x.who.District) {
		out = append(out, option{Value: n.Name, Label: p.numberSaid(x, n.Name) + " (" + strconv.Itoa(n.Value) + ")"})
	}
	return out
}

// presentNumber fills the form of a number with how it stands now.
func presentNumber(p *Pages, x *exchange, a *ask) {
	for _, n := range p.Book.Numbers(x.who.District) {
		if n.Name == x.c.Query(fieldPrefix+ruleNumber) {
			a.values[ruleNumber], a.values["value"] = []string{n.Name}, []string{strconv.Itoa(n.Value)}
		}
	}
}

// numberSaid is what a number is called.
func (p *Pages) numberSaid(x *exchange, name string) string {
	for _, n := range p.Book.Numbers(x.who.District) {
		if n.Name == name {
			return (&view{p: p, x: x}).either(n.Hi, n.En)
		}
	}
	return name
}
