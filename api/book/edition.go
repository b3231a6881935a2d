package book

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	contract "kendra/mobile-contract"
)

// Edition marks the rules of a district by what they are, however often they
// were read: what was made of them may be kept while they are the same and none
// of them begins or ends.
type Edition struct {
	schema [32]byte  // of the lists of the schema
	seq    int64     // of HQ's last change
	until  time.Time // when the next row begins or ends to hold; zero: never
}

// Edition is that of the rules now in force.
func (b *Book) Edition(district int32) Edition {
	r, now := b.rules.Load(), b.now()
	v := r.of(district)
	e := Edition{schema: r.schema, seq: v.seq}
	turns := func(at time.Time) {
		if at.After(now) && (e.until.IsZero() || at.Before(e.until)) {
			e.until = at
		}
	}
	for _, at := range r.turns {
		turns(at)
	}
	for _, c := range v.changes() {
		turns(c.From)
	}
	return e
}

// Holds tells whether what was made of an edition still stands by a newer one at
// a time.
func (e Edition) Holds(newer Edition, at time.Time) bool {
	return e.schema == newer.schema && e.seq == newer.seq && (e.until.IsZero() || at.Before(e.until))
}

// mark notes what the lists of the schema are, since they have no number of
// their own, and when their rows begin and end.
func (r *rules) mark() error {
	text, err := json.Marshal([]any{r.seed, r.limits, r.offences, r.columns})
	if err != nil {
		return fmt.Errorf("mark rules: %w", err)
	}
	r.schema = contract.HashOp(text)
	for _, list := range r.seed {
		for _, c := range list {
			r.turns = append(r.turns, c.From)
			if c.To != nil {
				r.turns = append(r.turns, *c.To)
			}
		}
	}
	for _, l := range r.limits {
		r.turns = append(r.turns, l.From)
	}
	slices.SortFunc(r.turns, time.Time.Compare)
	r.turns = slices.CompactFunc(r.turns, time.Time.Equal)
	return nil
}
