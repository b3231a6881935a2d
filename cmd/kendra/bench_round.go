package main

import (
	"context"
	"time"

	"kendra/geo/rounds"
)

// roundDays is on how many seeded days proposals are compared.
const roundDays = 100

// roundAlone measures proposals of rounds, and what the reads of beats, places and visits
// cost in a long history.
func (b *bencher) roundAlone(ctx context.Context, million int) error {
	b.proposals()
	return b.longHistory(ctx, million)
}

// proposals compares rounds with the same places in the order of the register.
func (b *bencher) proposals() {
	took := &series{name: "a proposal for 60 places and 6 officers", unit: "ms", against: "200 ms", bar: 1, most: true}
	way, paid := 0.0, 0.0
	for seed := range uint64(roundDays) {
		units, stops := rounds.Day(seed, 60, 6)
		began := time.Now()
		plan := rounds.Plan(units, stops)
		took.add(float64(time.Since(began).Microseconds())/1000, 200)
		m, d := total(plan)
		m0, d0 := total(rounds.InOrder(units, stops))
		way, paid = way+m/m0, paid+d/d0
	}
	b.rows = append(b.rows, took.figure())
	b.say("proposals on %d days (seeds 0 to %d): way %.0f %%, debt paid %.0f %% of the order of the register", roundDays, roundDays-1,
		way*100/roundDays, paid*100/roundDays)
}

func total(list []rounds.Round) (metres, debt float64) {
	for _, r := range list {
		metres, debt = metres+r.Metres, debt+float64(r.Debt)
	}
	return metres, debt
}
