package book

import (
	"slices"
	"strconv"
	"time"

	"kendra/api/seal"
)

// Lists of the categories that rules turn on; they are code lists, so that the
// district office can change them.
const (
	listSensitive    = "sensitive"
	listSexual       = "sexual_category"
	listWomanOfficer = "woman_officer_category"
)

// repeatSpan is how far back an earlier complaint makes a new one sensitive.
const repeatSpan = 90 * 24 * time.Hour

// complaintFacts notes as facts what makes a complaint guarded and sensitive:
// the rules are the codes of the list "sensitive"; one that is retired no longer
// counts.
func (s *State) complaintFacts(d *draft, category, risk string, child bool, alerts []string, aboutPolice bool) {
	sexual := s.listed(listSexual, category, d.at)
	d.facts["is_child"], d.facts["is_sexual"] = child, sexual
	d.guarded = child || sexual
	s.sensitiveIf(d, "child", child)
	s.sensitiveIf(d, "sexual_offence", sexual)
	s.sensitiveIf(d, "high_risk", risk == "high")
	s.sensitiveIf(d, "police", aboutPolice)
	s.sensitiveIf(d, "media", slices.Contains(alerts, "media"))
	s.sensitiveIf(d, "suicide_threat", slices.Contains(alerts, "suicide_threat"))
}

// sensitiveIf notes as a fact one reason for which the in-charge's own hand is
// needed, if the district office's list has it.
func (s *State) sensitiveIf(d *draft, code string, holds bool) {
	if holds && s.listed(listSensitive, code, d.at) {
		d.facts["sensitive_"+code] = true
	}
}

// listed tells whether a code is in a list at a time.
func (s *State) listed(list, code string, at time.Time) bool {
	_, known, retired := s.rules.code(list, code, at)
	return known && !retired
}

// womanRecords flags a complaint that the law wants a woman officer to record
// (BNSS 173(1) and 180: BNS 64-71, 74-79, 124) and none did.
func (s *State) womanRecords(d *draft, category string, recorded bool) {
	if !s.listed(listWomanOfficer, category, d.at) {
		return
	}
	if !recorded || d.session != nil && !d.session.IsWoman {
		d.flag(flag{Code: flagWomanOfficer, Value: 1})
	}
}

// earlier counts complaints that the same numbers were in before.
func (s *State) earlier(d *draft) {
	for _, m := range d.marks {
		n, last := s.seen[string(m.Hash)].besides(d.caseID)
		if n == 0 {
			continue
		}
		switch m.Class {
		case seal.Victim:
			d.facts["earlier"] = strconv.Itoa(n)
			if d.at.Sub(last) <= repeatSpan && s.listed(listSensitive, "repeat", d.at) {
				d.facts["sensitive_repeat"] = true
			}
		case seal.Suspect:
			d.facts["earlier_opposite"] = strconv.Itoa(n)
		}
	}
}

// isTrue and countOf read facts.
func (f Facts) isTrue(name string) bool {
	b, _ := f[name].(bool)
	return b
}

func (f Facts) countOf(name string) int {
	text, _ := f[name].(string)
	n, _ := strconv.Atoi(text)
	return n
}

// sensitive lists why the in-charge's own hand is needed, in order.
func (f Facts) sensitive() []string {
	var out []string
	for _, code := range []string{"child", "sexual_offence", "repeat", "high_risk", "police", "media", "suicide_threat"} {
		if f.isTrue("sensitive_" + code) {
			out = append(out, code)
		}
	}
	return out
}
