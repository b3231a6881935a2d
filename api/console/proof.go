package console

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// proofBody is what speaks for and against a visit, in words.
type proofBody struct {
	Items    []proofItem
	Accepted string // by whom; empty: by nobody
}

// proofItem is one reason: its text, the measure, and which way it speaks.
type proofItem struct{ Key, Measure, Sign string }

// proofUnits are the units of the measures. What has none is said without one.
var proofUnits = map[string]string{ //nolint:gochecknoglobals // a static table
	"fix": "m", "place": "m", "late": "min", "fix_age": "min", "speed": "ms", "clock": "s", "same_point": "times", "dwell": "min",
	"away": "percent", "replay": "percent", "second_phone": "times", "marker": "sheet", "marker_old": "sheet", "marker_away": "m", "marker_other": "m",
}

// proof reads the assessment of a visit from its line; nil: there is none yet.
func (p *Pages) proof(x *exchange, r *book.RegisterRow) *proofBody {
	var cols struct {
		Proof    []contract.VisitEvidence `json:"proof"`
		Accepted *uuid.UUID               `json:"proof_accepted_by"`
	}
	if r.Register != "women_beat" || json.Unmarshal(r.Columns, &cols) != nil || len(cols.Proof) == 0 {
		return nil
	}
	b := &proofBody{}
	for _, i := range cols.Proof {
		b.Items = append(b.Items, p.proofItem(x, i))
	}
	if cols.Accepted != nil {
		b.Accepted = (&view{p: p, x: x}).By(*cols.Accepted)
	}
	return b
}

func (p *Pages) proofItem(x *exchange, i contract.VisitEvidence) proofItem {
	out := proofItem{Key: "proof." + i.Code, Sign: i.Sign}
	unit, n := proofUnits[i.Code], i.Value
	switch {
	case (i.Code == "fix" || i.Code == "dwell") && n == 0 && i.Sign == "unknown":
		out.Key = "proof.no_" + i.Code
		return out
	case unit == "":
		return out
	case unit == "min":
		n = (n + 30) / 60
	}
	out.Measure = strconv.Itoa(n) + " " + p.word(x.lang, "proof.unit", unit)
	return out
}

// visitSteps offers an in-charge to accept a visit that was assessed.
func (p *Pages) visitSteps(x *exchange, r *book.RegisterRow, here string) []step {
	if b := p.proof(x, r); b == nil || b.Accepted != "" || r.StruckBy != nil || r.OfficerID == x.who.OfficerID {
		return nil
	}
	return p.steps(x, here, map[string]string{"visit_id": r.OpID.String()}, contract.KindVisitAccept)
}

// weakWhy says why visits of a day are weak: reasons in words, each as often as
// it was given.
type weakWhy struct {
	Key string
	N   int64
}

func whyWeak(counts map[string]int64) []weakWhy {
	var out []weakWhy
	for code, n := range counts {
		out = append(out, weakWhy{"proof." + code, n})
	}
	slices.SortFunc(out, func(a, b weakWhy) int {
		if a.N != b.N {
			return int(b.N - a.N)
		}
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return out
}
