package book

import "time"

// Edition marks the rules of a district as they were once read: what was made
// of them may be kept while they are the same and none of them begins or ends.
type Edition struct {
	rules *rules
	seq   int64
	until time.Time // when the next row begins or ends to hold; zero: never
}

// Edition is that of the rules now in force.
func (b *Book) Edition(district int32) Edition {
	r, now := b.rules.Load(), b.now()
	v := r.of(district)
	e := Edition{rules: r, seq: v.seq}
	turns := func(at time.Time) {
		if at.After(now) && (e.until.IsZero() || at.Before(e.until)) {
			e.until = at
		}
	}
	for _, list := range r.seed {
		for _, c := range list {
			turns(c.From)
			if c.To != nil {
				turns(*c.To)
			}
		}
	}
	for _, l := range r.limits {
		turns(l.From)
	}
	for _, c := range v.changes() {
		turns(c.From)
	}
	return e
}

// Holds tells whether what was made of an edition still stands by a newer one at
// a time. Rules that were read again count as new: they are by the half minute,
// and the lists of the schema have no number.
func (e Edition) Holds(newer Edition, at time.Time) bool {
	return e.rules == newer.rules && e.seq == newer.seq && (e.until.IsZero() || at.Before(e.until))
}
