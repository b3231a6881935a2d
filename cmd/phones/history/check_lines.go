package history

import (
	"maps"
	"slices"
	"strings"

	contract "kendra/mobile-contract"
)

// serials looks whether each register and year is numbered 1, 2, 3 ... and each
// line stands in its entry, and nowhere else.
func (c *checker) serials() {
	at := map[registerYear]map[int64]int64{} // serial to the seq of its entry
	for _, e := range c.entries {
		for _, l := range e.lines {
			k := registerYear{string(l.Register), l.Year}
			if at[k] == nil {
				at[k] = map[int64]int64{}
			}
			if first, there := at[k][l.Serial]; there {
				c.note(e.seq, "its serial %s was given at %d already", l.No, first)
			}
			at[k][l.Serial] = e.seq
		}
	}
	last, struck := map[registerYear]int64{}, map[registerYear]int64{}
	for _, l := range c.lines {
		k := registerYear{l.register, l.year}
		if l.serial != last[k]+1 {
			c.note(l.seq, "serial %d of %s %d follows %d", l.serial, l.register, l.year, last[k])
		}
		last[k] = l.serial
		if l.struck != nil {
			struck[k]++
		}
		if at[k][l.serial] != l.seq {
			c.note(l.seq, "line %d of %s %d stands in entry %d", l.serial, l.register, l.year, at[k][l.serial])
		}
		delete(at[k], l.serial)
	}
	for k, left := range at {
		for serial, seq := range left {
			c.note(seq, "line %d of %s %d is not in the register", serial, k.register, k.year)
		}
	}
	for k, t := range c.totals {
		if t.last != last[k] || t.struck != struck[k] {
			c.note(0, "%s %d says %d lines and %d struck, has %d and %d", k.register, k.year, t.last, t.struck, last[k], struck[k])
		}
	}
}

// numbersOf counts what an open body says about its line, as far as pages and
// years sum it.
func numbersOf(register, kind string, body map[string]any) map[string]int64 {
	out := map[string]int64{}
	take := func(names ...string) {
		for _, name := range names {
			if n, ok := body[name].(float64); ok {
				out[name] += int64(n)
			}
		}
	}
	switch {
	case register == string(contract.RegisterWomenBeat):
		take("women", "girls", "materials", "schemes_helped", "settled")
		if body["is_chaupal"] == true {
			out["chaupal"]++
		}
	case kind == string(contract.KindSquadRound):
		take("persons_observed", "persons_spoken", "women_spoken", "advised")
		out["rounds"]++
	case kind == string(contract.KindSquadPerson):
		out["persons"]++
		if outcome, ok := body["outcome"].(string); ok {
			out["outcome."+outcome]++
		}
	case register == string(contract.RegisterHelpDesk):
		out["received"]++
		if in, ok := body["incident"].(map[string]any); ok { // a follow-up's
			body = in
		}
		if category, ok := body["category"].(string); ok {
			out["category."+category]++
		}
	}
	return out
}

// sums counts the totals of each register and year again from the bodies of the
// entries whose lines are not struck.
func (c *checker) sums() {
	again := map[registerYear]map[string]int64{}
	known := map[registerYear]map[string]int64{}
	for _, l := range c.lines {
		k := registerYear{l.register, l.year}
		if again[k] == nil {
			again[k], known[k] = map[string]int64{}, map[string]int64{}
		}
		e := c.bySeq[l.seq]
		if l.struck != nil || e == nil {
			continue
		}
		kind, body := e.of()
		counted := numbersOf(l.register, kind, body)
		for name, n := range counted {
			known[k][name] += n
			if n != l.sums[name] {
				c.note(l.seq, "line %d of %s %d counts %s %d, its entry says %d", l.serial, l.register, l.year, name, l.sums[name], n)
			}
		}
		for name, n := range l.sums {
			again[k][name] += n
		}
	}
	for k, t := range c.totals {
		for _, name := range slices.Sorted(maps.Keys(t.sums)) {
			if t.sums[name] != again[k][name] {
				c.note(0, "%s %d sums %s to %d, its lines to %d", k.register, k.year, name, t.sums[name], again[k][name])
			}
		}
		for _, name := range slices.Sorted(maps.Keys(known[k])) {
			if n := known[k][name]; n != t.sums[name] {
				c.note(0, "%s %d sums %s to %d, its entries to %d", k.register, k.year, name, t.sums[name], n)
			}
		}
	}
}

// tallies counts the days again: what lines add to their day, from the lines,
// and what else happened, from the entries.
func (c *checker) tallies() {
	again := map[string]map[string]int64{}
	add := func(day, code string, n int64) {
		if again[day] == nil {
			again[day] = map[string]int64{}
		}
		again[day][code] += n
	}
	for _, l := range c.lines {
		if l.struck != nil {
			continue
		}
		day := dayOf(l.at)
		add(day, l.register+".lines", 1)
		for name, n := range l.sums {
			add(day, l.register+"."+name, n)
		}
	}
	ofLines := map[string]bool{}
	for _, m := range again {
		for code := range m {
			ofLines[code] = true
		}
	}
	for _, e := range c.entries {
		for _, code := range happened(e) {
			add(dayOf(e.at), code, 1)
		}
	}
	days := map[string]bool{}
	for _, m := range []map[string]map[string]int64{again, c.tally} {
		for day := range m {
			days[day] = true
		}
	}
	for _, day := range slices.Sorted(maps.Keys(days)) {
		codes := map[string]bool{}
		for _, m := range []map[string]int64{again[day], c.tally[day]} {
			for code := range m {
				codes[code] = true
			}
		}
		for _, code := range slices.Sorted(maps.Keys(codes)) {
			if (ofLines[code] || counted(code)) && c.tally[day][code] != again[day][code] {
				c.note(0, "%s counts %s %d, counted again %d", day, code, c.tally[day][code], again[day][code])
			}
		}
	}
}

// counted tells whether a count of the day is of entries that the checker counts
// again.
func counted(code string) bool {
	what, _, _ := strings.Cut(code, ".")
	return slices.Contains([]string{"escalations", "complaint.disposed", "complaint.closed", "fir.declined"}, code) ||
		slices.Contains([]string{"disposal", "referral", "squad_review"}, what) || strings.HasSuffix(code, ".lines")
}

// happened are the counts of its day that an entry adds to, besides its lines.
func happened(e *entry) []string {
	var b struct {
		Disposal string `json:"disposal"`
		Verdict  string `json:"verdict"`
	}
	switch contract.Kind(e.kind) {
	case contract.KindEscalationRaise:
		return []string{"escalations"}
	case contract.KindComplaintClose:
		return []string{"complaint.closed"}
	case contract.KindFIRDecline:
		return []string{"fir.declined"}
	case contract.KindReferralSend:
		return []string{"referral.sent"}
	case contract.KindReferralAnswer:
		return []string{"referral.answered"}
	case contract.KindComplaintTransfer:
		return []string{"disposal.transferred"}
	case contract.KindComplaintDispose:
		if e.body(&b) == nil {
			return []string{"complaint.disposed", "disposal." + b.Disposal}
		}
	case contract.KindSquadReview:
		if e.body(&b) == nil {
			return []string{"squad_review." + b.Verdict}
		}
	}
	return nil
}
