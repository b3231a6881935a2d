package console

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
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
		var body map[string]any
		_ = json.Unmarshal(c.Body, &body)
		delete(body, "valid_from") // it stands beside
		var span []fact
		if contract.Kind(c.Kind) == contract.KindLimitSet { // months and seconds are one time
			months, _ := body["months"].(float64)
			seconds, _ := body["seconds"].(float64)
			delete(body, "months")
			delete(body, "seconds")
			span = []fact{{p.look.texts["rules.time"].in(x.lang), p.limitTime(x, &book.Limit{Months: int(months), Seconds: int64(seconds)})}}
		}
		out[i] = ruleChange{From: c.From, Ahead: c.From.After(x.now)}
		out[i].Kind, out[i].At, out[i].Seq = c.Kind, contract.At(c.At), c.Seq
		out[i].Said = append(p.factsOf(x, contract.Kind(c.Kind), body), span...)
		out[i].Actor = p.actor(x, c.OfficerID, c.Role)
	}
	return out
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
