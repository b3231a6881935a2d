package book

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/geo/evidence"
	contract "kendra/mobile-contract"
)

// Number is one number of the rules: of what beats are owed
// (coverage.), of units (unit.), of speeds in km/h (speed.), of
// evidence for a visit (evidence.). It begins as a row of the schema, and the district
// office moves it between Least and Most.
type Number struct {
	Name   string
	Value  int
	Least  int
	Most   int
	Hi, En string
	Basis  string
	From   time.Time
}

const kindNumberSet = "number.set"

func (r *rules) loadNumbers(ctx context.Context, b *Book) error {
	rows, err := b.Pool.Query(ctx, `SELECT number, value, least, most, hi, en, basis, valid_from FROM numbers ORDER BY sort, number`)
	if err != nil {
		return fmt.Errorf("load numbers: %w", err)
	}
	if r.numbers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Number]); err != nil {
		return fmt.Errorf("load numbers: %w", err)
	}
	return (&ruleView{r: r}).evidenceAt(b.now()).Check()
}

// numbersAt are the numbers in force at a time, in the order of the list.
func (v *ruleView) numbersAt(at time.Time) []Number {
	out := slices.Clone(v.r.numbers)
	for _, c := range v.changes(kindNumberSet) {
		b := c.read.(*contract.NumberSet)
		i := slices.IndexFunc(out, func(n Number) bool { return n.Name == b.Number })
		if i >= 0 && !c.From.After(at) {
			out[i].Value, out[i].Basis, out[i].From = b.Value, b.Basis, c.From
		}
	}
	return out
}

// evidenceAt are the numbers by which visits are judged, in force at a time.
func (v *ruleView) evidenceAt(at time.Time) evidence.Rules {
	out := evidence.Rules{}
	for _, n := range v.numbersAt(at) {
		if name, ok := strings.CutPrefix(n.Name, "evidence."); ok {
			out[name] = float64(n.Value)
		}
	}
	return out
}

// number is one of them; 0 if there is none of that name.
func (v *ruleView) number(name string, at time.Time) (value int) {
	for i := range v.r.numbers {
		if v.r.numbers[i].Name == name {
			value = v.r.numbers[i].Value
		}
	}
	for _, c := range v.changes(kindNumberSet) {
		if b := c.read.(*contract.NumberSet); b.Number == name && !c.From.After(at) {
			value = b.Value
		}
	}
	return value
}

// kmh is how fast a round goes by a vehicle; by one that the list does not have, as by
// any other.
func (v *ruleView) kmh(vehicle string, at time.Time) int {
	if n := v.number("speed."+vehicle, at); n > 0 {
		return n
	}
	return v.number("speed.other", at)
}

// chaupals is how many a beat is owed in a week.
func (v *ruleView) chaupals(at time.Time) int { return v.number("coverage.chaupals", at) }

// unitRule is what holds of units at a time.
type unitRule struct {
	WayPercent int // of the way, of the line
	Units      int // that a call for help wakes
	HeardS     int // how old one may be that still wakes
}

func (v *ruleView) unitRule(at time.Time) *unitRule {
	return &unitRule{
		WayPercent: v.number("unit.way_percent", at), Units: v.number("unit.units", at), HeardS: v.number("unit.heard_s", at),
	}
}

const numberDuty = "unit.duty_s"

func (r *unitRule) late() time.Duration { return time.Duration(r.HeardS) * time.Second }

// way is how long the way to what is so far away may be, in kilometres.
func (r *unitRule) way(metres float64) float64 {
	return metres * float64(r.WayPercent) / 100_000
}

// dutyOver is when a duty is over that began at a time and that nobody ended: by the
// rule of that time. A rule that came later ends no duty that is going on.
func (v *ruleView) dutyOver(started time.Time) time.Time {
	return started.Add(v.dutyLength(started))
}

func (v *ruleView) dutyLength(at time.Time) time.Duration {
	return time.Duration(v.number(numberDuty, at)) * time.Second
}

// shortestDuty is how long a duty lasts at least before the clock ends it, by any
// rule that there was or will be.
func (v *ruleView) shortestDuty() time.Duration { return slices.Min(v.dutyLengths()) }

// longestDuty is how long a duty may last at most, by any such rule: what began
// earlier is over, and what began since is judged by its own (dutyOver).
func (v *ruleView) longestDuty() time.Duration { return slices.Max(v.dutyLengths()) }

func (v *ruleView) dutyLengths() []time.Duration {
	out := []time.Duration{v.dutyLength(time.Time{})}
	for _, c := range v.changes(kindNumberSet) {
		if b := c.read.(*contract.NumberSet); b.Number == numberDuty {
			out = append(out, time.Duration(b.Value)*time.Second)
		}
	}
	return out
}

func checkNumberSet(v *ruleView, _ *draft, b *contract.NumberSet) error {
	i := slices.IndexFunc(v.r.numbers, func(n Number) bool { return n.Name == b.Number })
	switch {
	case i < 0:
		return refuse(contract.CodeUnknownReference, "/body/number")
	case b.Value < v.r.numbers[i].Least || b.Value > v.r.numbers[i].Most:
		return refuse(contract.CodeOutOfRange, "/body/value")
	}
	return nil
}

// Numbers lists the numbers of the rules of a district as they hold now.
func (b *Book) Numbers(district int32) []Number {
	return b.rules.Load().of(district).numbersAt(b.now())
}
