package book

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
	"kendra/push"
)

// The district office changes codes, columns, limits, ladders and sections by
// ops in HQ's book. Nothing is changed backwards: a rule holds from a time that
// is not before the op itself.

// ruleBody are the bodies of such ops.
type ruleBody interface {
	contract.CodeAdd | contract.CodeRename | contract.CodeRetire | contract.ColumnAdd | contract.ColumnRename |
		contract.ColumnHide | contract.ColumnOrder | contract.LimitSet | contract.LadderSet | contract.OffenceSet |
		contract.ConductSet | contract.NumberSet
}

// needsRule asks for what HQ's book has of changes that this process has not
// heard of: they are read under the book's lock, so that two that cannot both
// hold are not both entered.
func needsRule[B ruleBody](d *draft, _ *B, n *needs) {
	needsChanges(d, n)
}

func needsChanges(d *draft, n *needs) {
	if d.batch == nil {
		return // a book that is folded again: its entries were judged
	}
	seq := d.rules.of(d.batch.district).seq
	if n.rulesAfter == nil || seq < *n.rulesAfter {
		n.rulesAfter = &seq
	}
}

// queueHeard reads the changes of the rules after a number in HQ's book.
func (s *State) queueHeard(b *pgx.Batch, after int64) {
	b.Queue(`SELECT seq, kind, valid_from, body FROM rule_changes WHERE district_id = $1 AND centre = $2 AND seq > $3 ORDER BY seq`,
		s.District, HQ, after).Query(func(rows pgx.Rows) error {
		var c ruleChange
		var body string
		s.heard = nil
		_, err := pgx.ForEachRow(rows, []any{&c.Seq, &c.Kind, &c.From, &body}, func() error {
			one := c
			one.Body = []byte(body)
			s.heard = append(s.heard, one)
			return nil
		})
		return wrap(err, "read rule changes")
	})
}

// ruleFrom is the time from which a rule shall hold.
func ruleFrom(body any, at time.Time) time.Time {
	var from *contract.Time
	switch b := body.(type) {
	case *contract.CodeAdd:
		from = b.ValidFrom
	case *contract.CodeRename:
		from = b.ValidFrom
	case *contract.CodeRetire:
		from = b.ValidTo
	case *contract.ColumnAdd:
		from = b.ValidFrom
	case *contract.ColumnRename:
		from = b.ValidFrom
	case *contract.ColumnHide:
		from = b.ValidFrom
	case *contract.ColumnOrder:
		from = b.ValidFrom
	case *contract.LimitSet:
		from = b.ValidFrom
	case *contract.LadderSet:
		from = b.ValidFrom
	case *contract.ConductSet:
		from = b.ValidFrom
	case *contract.NumberSet:
		from = b.ValidFrom
	case *contract.OffenceSet:
		return at // a section holds by the date of the incident
	}
	if from == nil {
		return at
	}
	return from.Time
}

// checkRule checks what all changes of rules have in common, then its own.
func checkRule[B ruleBody](own func(v *ruleView, d *draft, b *B) error) func(s *State, d *draft, b *B) error {
	return func(s *State, d *draft, b *B) error {
		if s.Centre != HQ {
			return refuse(contract.CodeWrongCentre, "/centre")
		}
		if ruleFrom(b, d.at).Before(d.at) {
			if _, retires := any(b).(*contract.CodeRetire); retires {
				return refuse(contract.CodeTooOld, "/body/valid_to")
			}
			return refuse(contract.CodeTooOld, "/body/valid_from")
		}
		return own(s.rules.with(slices.Concat(s.heard, s.newRules)), d, b)
	}
}

// with is the view with changes that it does not know, in the order of the book:
// those of other processes, and those that this transaction made before.
func (v *ruleView) with(fresh []ruleChange) *ruleView {
	fresh = slices.DeleteFunc(fresh, func(c ruleChange) bool { return c.Seq <= v.seq })
	if len(fresh) == 0 {
		return v
	}
	d := &districtRules{codes: map[codeKey][]ruleChange{}}
	if old := v.r.districts[v.district]; old != nil {
		d.changes = slices.Clone(old.changes)
		for k, list := range old.codes {
			d.codes[k] = slices.Clone(list)
		}
	}
	for _, c := range fresh {
		_ = d.take(c) // written by apply from a typed body
	}
	r := *v.r
	r.districts = map[int32]*districtRules{v.district: d}
	return &ruleView{r: &r, district: v.district, seq: fresh[len(fresh)-1].Seq}
}

// newRuleBody makes an empty body of a kind of change; nil: this release does
// not know it.
func newRuleBody(kind string) any {
	switch kind {
	case "code.add":
		return new(contract.CodeAdd)
	case "code.rename":
		return new(contract.CodeRename)
	case "code.retire":
		return new(contract.CodeRetire)
	case "column.add":
		return new(contract.ColumnAdd)
	case "column.rename":
		return new(contract.ColumnRename)
	case "column.hide":
		return new(contract.ColumnHide)
	case "column.order":
		return new(contract.ColumnOrder)
	case "limit.set":
		return new(contract.LimitSet)
	case "ladder.set":
		return new(contract.LadderSet)
	case "offence.set":
		return new(contract.OffenceSet)
	case "conduct.set":
		return new(contract.ConductSet)
	case kindNumberSet:
		return new(contract.NumberSet)
	case kindRetentionAllow:
		return new(contract.RetentionAsk)
	}
	return nil
}

// take reads a change and files it.
func (d *districtRules) take(c ruleChange) error {
	if c.read = newRuleBody(c.Kind); c.read == nil {
		return fmt.Errorf("change %d: kind %s is not known to this release", c.Seq, c.Kind)
	}
	if err := json.Unmarshal(c.Body, c.read); err != nil {
		return fmt.Errorf("change %d: %w", c.Seq, err)
	}
	switch b := c.read.(type) {
	case *contract.CodeAdd:
		d.takeCode(codeKey{b.List, b.Code}, c)
	case *contract.CodeRename:
		d.takeCode(codeKey{b.List, b.Code}, c)
	case *contract.CodeRetire:
		d.takeCode(codeKey{b.List, b.Code}, c)
	}
	d.changes = append(d.changes, c)
	inForce(d.changes)
	return nil
}

func (d *districtRules) takeCode(k codeKey, c ruleChange) {
	d.codes[k] = append(d.codes[k], c)
	inForce(d.codes[k])
}

// inForce orders changes as they come into force; of those that do so at the
// same time the one entered last counts.
func inForce(list []ruleChange) {
	slices.SortStableFunc(list, func(a, b ruleChange) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Seq, b.Seq))
	})
}

// applyRule keeps the change as a row, to be read as a rule from then on.
func applyRule[B ruleBody](s *State, e *Entry, b *B) []push.Notice {
	s.newRules = append(s.newRules, ruleChange{
		Seq: e.Seq, Kind: e.Kind, From: ruleFrom(b, e.At), Body: []byte(jsonText(b)),
	})
	return nil
}

func (s *State) flushRules(b *pgx.Batch) {
	if len(s.newRules) == 0 {
		return
	}
	rows := pointers(s.newRules)
	s.newRules = nil
	b.Queue(`INSERT INTO rule_changes (district_id, centre, seq, kind, valid_from, body)
		SELECT $1, $2, `+each(3, "bigint text timestamptz text"), s.District, s.Centre,
		column(rows, func(r *ruleChange) int64 { return r.Seq }),
		column(rows, func(r *ruleChange) string { return r.Kind }),
		column(rows, func(r *ruleChange) time.Time { return r.From }),
		column(rows, func(r *ruleChange) string { return string(r.Body) }))
}

// code finds a code of a list as it stood at a time: whether there is one, and
// whether it had been retired by then.
func (v *ruleView) code(list, code string, at time.Time) (c Code, known, retired bool) {
	if list == "offence" { // sections of law are a table of their own, judged by the date of the incident
		o, known, _ := v.offence(code, at)
		return Code{Code: code, Hi: o.Hi, En: o.En}, known, false
	}
	c, known = v.r.seed[list][code]
	retired = known && c.To != nil && !c.To.After(at)
	if d := v.r.districts[v.district]; d != nil {
		for _, change := range d.codes[codeKey{list, code}] {
			if change.Seq > v.seq || change.From.After(at) {
				continue
			}
			switch b := change.read.(type) {
			case *contract.CodeAdd:
				c, known, retired = Code{Code: code, Hi: b.Hi, En: b.En, Sort: 100000}, true, false
				if b.Sort != nil {
					c.Sort = *b.Sort
				}
			case *contract.CodeRename:
				c.Hi, c.En = b.Hi, b.En
			case *contract.CodeRetire:
				retired = true
			}
		}
	}
	return c, known, retired
}

// lists are all lists as they stand at a time, without what is retired.
func (v *ruleView) lists(at time.Time) map[string][]Code {
	names := map[codeKey]bool{}
	for list, codes := range v.r.seed {
		for code := range codes {
			names[codeKey{list, code}] = true
		}
	}
	if d := v.r.districts[v.district]; d != nil {
		for k := range d.codes {
			names[k] = true
		}
	}
	out := map[string][]Code{}
	for k := range names {
		if c, known, retired := v.code(k.list, k.code, at); known && !retired {
			out[k.list] = append(out[k.list], c)
		}
	}
	for _, codes := range out {
		slices.SortFunc(codes, func(a, b Code) int {
			if a.Sort != b.Sort {
				return a.Sort - b.Sort
			}
			return compareText(a.Code, b.Code)
		})
	}
	return out
}

func checkCodeAdd(v *ruleView, d *draft, b *contract.CodeAdd) error {
	if _, known, retired := v.code(b.List, b.Code, ruleFrom(b, d.at)); known && !retired {
		return refuse(contract.CodeAlreadyThere, "/body/code")
	}
	if VillageCentre(b.List) != "" {
		return checkVillage(d.batch.state, d, b)
	}
	if v.r.seed[b.List] == nil && len(v.lists(d.at)[b.List]) == 0 && !v.listOfColumn(b.List) {
		return refuse(contract.CodeUnknownReference, "/body/list")
	}
	return nil
}

func checkCodeRename(v *ruleView, d *draft, b *contract.CodeRename) error {
	return v.wantCode(b.List, b.Code, d.at)
}

func checkCodeRetire(v *ruleView, d *draft, b *contract.CodeRetire) error {
	return v.wantCode(b.List, b.Code, d.at)
}

func (v *ruleView) wantCode(list, code string, at time.Time) error {
	if _, known, retired := v.code(list, code, at); !known || retired {
		return refuse(contract.CodeUnknownReference, "/body/code")
	}
	return nil
}

// limitChanges are the limits that HQ set.
func (v *ruleView) limitChanges() []Limit {
	var out []Limit
	for _, c := range v.changes("limit.set") {
		b := c.read.(*contract.LimitSet)
		l := Limit{Code: b.Limit, Months: b.Months, Seconds: int64(b.Seconds), Basis: b.Basis, From: c.From}
		if b.Category != nil {
			l.Category = *b.Category
		}
		if b.RiskLevel != nil {
			l.RiskLevel = *b.RiskLevel
		}
		for _, seed := range v.r.limits {
			if seed.Code == l.Code {
				l.Register, l.Starts, l.Ends, l.Ladder, l.Hi, l.En = seed.Register, seed.Starts, seed.Ends, seed.Ladder, seed.Hi, seed.En
			}
		}
		out = append(out, l)
	}
	return out
}

func checkLimitSet(v *ruleView, _ *draft, b *contract.LimitSet) error {
	if b.Months == 0 && b.Seconds == 0 {
		return refuse(contract.CodeOutOfRange, "/body/seconds")
	}
	if !slices.ContainsFunc(v.r.limits, func(l Limit) bool { return l.Code == b.Limit }) {
		return refuse(contract.CodeUnknownReference, "/body/limit")
	}
	return nil
}

// rungsAll are all rungs of all ladders, those that HQ set among them.
func (v *ruleView) rungsAll() ladder {
	changes := v.changes("ladder.set")
	if len(changes) == 0 {
		return v.r.ladder
	}
	out := slices.Clone(v.r.ladder)
	for _, c := range changes {
		b := c.read.(*contract.LadderSet)
		out = slices.DeleteFunc(out, func(r rung) bool { return r.Urgency == b.Ladder && r.From.Equal(c.From) })
		for i, r := range b.Rungs {
			out = append(out, rung{
				Urgency: b.Ladder, Rung: i + 1, After: time.Duration(r.AfterS) * time.Second, Action: r.Action,
				ToRole: roleOf(r.ToRole), From: c.From,
			})
		}
	}
	return out
}

// checkLadderSet wants rungs in the order of their time, each with what its
// ladder can do: a task's reminds, passes on and expires, a limit's tells.
func checkLadderSet(_ *ruleView, _ *draft, b *contract.LadderSet) error {
	task := b.Ladder == push.Urgent || b.Ladder == push.Soon || b.Ladder == push.Routine || b.Ladder == ladderSOS
	last := -1
	for i, r := range b.Rungs {
		ptr := func(name string) string { return fmt.Sprintf("/body/rungs/%d/%s", i, name) }
		switch {
		case r.AfterS < last || task && r.AfterS == 0:
			return refuse(contract.CodeOutOfRange, ptr("after_s"))
		case task == (r.Action == actRaise), b.Ladder == ladderSOS && r.Action == actExpire:
			return refuse(contract.CodeBadEnum, ptr("action"))
		case (r.Action == actPass || r.Action == actRaise) != (r.ToRole != nil):
			return refuse(contract.CodeMissingField, ptr("to_role"))
		case r.ToRole != nil && !slices.Contains(chain, string(*r.ToRole)):
			return refuse(contract.CodeBadEnum, ptr("to_role"))
		}
		last = r.AfterS
	}
	return nil
}

// offence finds a section of law that was in force at a time. known tells
// whether there ever was one of that code.
func (v *ruleView) offence(code string, at time.Time) (o Offence, known, inForce bool) {
	for _, x := range v.offences() {
		if x.Code != code {
			continue
		}
		if !known || !inForce {
			o = x
		}
		known = true
		if !x.From.After(at) && (x.To == nil || x.To.After(at)) {
			o, inForce = x, true
		}
	}
	return o, known, inForce
}

// offences are all sections, those that HQ set among them; a later row of a
// code stands after an earlier.
func (v *ruleView) offences() []Offence {
	out := slices.Clone(v.r.offences)
	for _, c := range v.changes("offence.set") {
		b := c.read.(*contract.OffenceSet)
		o := Offence{
			Code: b.Code, Act: b.Act, Section: b.Section, Hi: b.Hi, En: b.En, IsSexual: b.IsSexual, IsChild: b.IsChild,
			Cognizable: b.Cognizable, IsGrave: b.IsGrave, From: c.From, To: timeOf(b.ValidTo),
		}
		if b.OldSection != nil {
			o.OldSection = *b.OldSection
		}
		if b.ValidFrom != nil {
			o.From = b.ValidFrom.Time
		}
		out = slices.DeleteFunc(out, func(x Offence) bool { return x.Code == o.Code && x.From.Equal(o.From) })
		out = append(out, o)
	}
	return out
}

func checkOffenceSet(_ *ruleView, _ *draft, b *contract.OffenceSet) error {
	if b.ValidTo != nil && b.ValidFrom != nil && !b.ValidTo.After(b.ValidFrom.Time) {
		return refuse(contract.CodeEndedBeforeStarted, "/body/valid_to")
	}
	return nil
}
