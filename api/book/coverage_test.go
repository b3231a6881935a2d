package book_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/fuzztest"
)

// owedAt is what is owed at a moment, by place and by beat.
func owedAt(t interface{ Fatal(args ...any) }, w *booktest.World, at time.Time) (map[uuid.UUID]book.PlaceDebt, map[uuid.UUID]book.BeatDebt, *book.Coverage) {
	c, err := w.Book.CoverageAt(context.Background(), booktest.District, book.CoverageQuery{Centre: booktest.Centre, At: at})
	if err != nil {
		t.Fatal(err)
	}
	places, beats := map[uuid.UUID]book.PlaceDebt{}, map[uuid.UUID]book.BeatDebt{}
	for _, p := range c.Owed {
		places[p.PlaceID] = p
	}
	for _, b := range c.Circles[0].Stations[0].Beats {
		if b.BeatID != nil {
			beats[*b.BeatID] = b
		}
	}
	return places, beats, c
}

func TestAPlaceOwesByHowLongItWaitsAndAVisitPays(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	village := w.GroundPlace("bharatpur", 25.301, 80.801)
	village.Weight = new(3)
	beat := w.Ground("b2")
	beat.Rounds = &contract.BeatRounds{PerWeek: 3}
	village.BeatID = &beat.BeatID
	w.Incharge.Enter("beat.set", beat)
	w.Incharge.Enter("place.set", village)
	listed := w.Date(0).Time
	midnight := time.Date(listed.Year(), listed.Month(), listed.Day(), 0, 0, 0, 0, time.FixedZone("IST", 19800))
	at := func(d time.Duration) (int64, *book.Coverage) {
		p, _, c := owedAt(t, w, midnight.Add(d))
		return p[village.PlaceID].Debt, c
	}
	const days = 24 * time.Hour
	for _, c := range []struct {
		after time.Duration
		want  int64
	}{{7 * days, 0}, {7*days + 86399*time.Millisecond, 0}, {7*days + 86400*time.Millisecond, 3}, {8 * days, 3000}, {9*days + 12*time.Hour, 7500}, {900 * days, 3 * 365_000}} {
		if got, _ := at(c.after); got != c.want {
			t.Errorf("after %v it owes %d, not %d", c.after, got, c.want)
		}
	}
	w.Pass(9 * days)
	_, beats, c := owedAt(t, w, w.Now())
	if b := beats[beat.BeatID]; b.Owed != 3 || b.Rounds != 0 || b.Places != 1 || b.Overdue != 1 || b.Never != 1 || b.Debt != c.Debt || c.Debt == 0 {
		t.Errorf("before the visit %+v, %+v", b, c.Sums)
	}
	if len(c.Cells) != 1 || c.Cells[0].Debt != c.Debt || book.RollUp(c.Cells, 7)[0].Debt != c.Debt || book.RollUp(c.Cells, 7)[0].Cell.Res() != 7 {
		t.Errorf("cells %v", c.Cells)
	}
	if b := beats[beat.BeatID]; b.Chaupals != 0 || b.ChaupalsOwed != 1 {
		t.Errorf("chaupals before the visit: %+v", b)
	}
	before := w.Now()
	visit := w.Visit()
	visit.BeatID, visit.IsChaupal = &beat.BeatID, true
	e := w.Beat.Enter("visit.record", visit, booktest.At(25.301, 80.801, 10))
	w.Pass(time.Minute)
	_, beats, c = owedAt(t, w, w.Now())
	if b := beats[beat.BeatID]; b.Owed != 2 || b.Rounds != 1 || b.Never != 0 || c.Debt != 0 || len(c.Owed)+len(c.Cells) != 0 {
		t.Errorf("after it %+v, %+v", b, c.Sums)
	}
	if b := beats[beat.BeatID]; b.Chaupals != 1 || b.ChaupalsOwed != 0 {
		t.Errorf("chaupals after it: %+v", b)
	}
	if _, _, then := owedAt(t, w, before.Add(-time.Millisecond)); then.Debt == 0 {
		t.Error("a visit pays what was owed before it")
	}
	// A correction keeps where and when; one that strikes it takes it away.
	fixed := visit
	fixed.Women = 3
	again := w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "संख्या गलत", Visit: &fixed})
	w.Pass(time.Minute)
	if _, beats, c := owedAt(t, w, w.Now()); c.Debt != 0 || beats[beat.BeatID].Rounds != 1 {
		t.Errorf("after a correction %+v", c.Sums)
	}
	w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: again.OpID, Reason: "भ्रमण हुआ ही नहीं", Strike: new(true)})
	w.Pass(time.Minute)
	if _, beats, c := owedAt(t, w, w.Now()); c.Debt == 0 || c.Never != 1 || beats[beat.BeatID].Owed != 3 || beats[beat.BeatID].ChaupalsOwed != 1 {
		t.Errorf("struck: %+v", c.Sums)
	}
	if r, err := w.Book.Rebuild(context.Background(), booktest.District, booktest.Centre, false); err != nil || !r.Equal() {
		t.Errorf("rebuild: %v, %v", err, r)
	}
}

// seen is a visit as the model has it.
type seen struct {
	op           uuid.UUID
	place        int // -1: none
	at, from, to time.Time
}

// ledger is the reference model: what happened to a few places, told as it came.
type ledger struct {
	w      *booktest.World
	beat   uuid.UUID
	places []contract.PlaceSet
	rules  [][]contract.PlaceSet // of each place, by days
	seen   []seen
}

// owed folds all that happened, from the beginning.
func (l *ledger) owed(at time.Time) (debts []int64, rounds int) {
	debts = make([]int64, len(l.places))
	zone := time.FixedZone("IST", 19800)
	midnight := func(d time.Time) time.Time { return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, zone) }
	counted := map[string]bool{}
	for i := range l.places {
		rule := l.rules[i][0]
		for _, r := range l.rules[i] {
			if !midnight(r.From.Time).After(at) {
				rule = r
			}
		}
		since := midnight(l.rules[i][0].From.Time)
		for _, v := range l.seen {
			if v.place == i && !v.at.After(at) && !v.from.After(at) && (v.to.IsZero() || v.to.After(at)) && v.at.After(since) {
				since = v.at
			}
		}
		if late := at.Sub(since) - time.Duration(rule.EveryDays)*24*time.Hour; late > 0 {
			debts[i] = min(late.Milliseconds()/86400, 365_000) * int64(*rule.Weight)
		}
	}
	for _, v := range l.seen {
		if !v.at.After(at) && !v.from.After(at) && (v.to.IsZero() || v.to.After(at)) && !v.at.Before(midnight(at.In(zone)).AddDate(0, 0, -6)) {
			counted[v.at.In(zone).Format(time.DateOnly)] = true
		}
	}
	return debts, len(counted)
}

// visit makes one of a place, or of the beat alone, that comes late by so much.
func (l *ledger) visit(place int, late time.Duration) {
	v := l.w.Visit()
	v.BeatID = &l.beat
	made := l.w.Now().Add(-late).Truncate(time.Millisecond)
	v.StartedAt, v.EndedAt = contract.At(made.Add(-time.Minute)), contract.At(made)
	opts := []booktest.Option{booktest.With("device_at", contract.At(made))}
	if place >= 0 {
		opts = append(opts, booktest.At(l.places[place].Lat, l.places[place].Lon, 10))
	}
	e := l.w.Beat.Enter("visit.record", v, opts...)
	l.seen = append(l.seen, seen{op: e.OpID, place: place, at: e.At, from: e.ReceivedAt})
}

// correct puts a visit right, or strikes it.
func (l *ledger) correct(i int, strike bool) {
	was := &l.seen[i]
	c := contract.EntryCorrect{CorrectsID: was.op, Reason: "संख्या गलत"}
	if strike {
		c.Strike = new(true)
	} else {
		v := l.w.Visit()
		v.BeatID, c.Visit = &l.beat, &v
	}
	e := l.w.Incharge.Enter("entry.correct", c)
	was.to = e.ReceivedAt
	if !strike {
		l.seen = append(l.seen, seen{op: e.OpID, place: was.place, at: was.at, from: e.ReceivedAt})
	}
}

func TestWhatIsOwedIsKeptAsItWouldBeFoldedAgain(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	zone := time.FixedZone("IST", 19800)
	w.Pass(48 * time.Hour) // so that a visit that comes late was made under her post
	checks, visits, moments := 0, 0, 0
	fuzztest.Check(t, func(rt *rapid.T) {
		l := &ledger{w: w}
		beat := w.Ground("r")
		beat.Code, beat.Rounds = "r_"+beat.BeatID.String()[24:], &contract.BeatRounds{PerWeek: 3}
		l.beat = beat.BeatID
		w.Incharge.SignIn()
		w.Incharge.Enter("beat.set", beat)
		for i := range 3 {
			p := w.GroundPlace("x", 25.0+float64(checks%40)*0.01, 80.7+float64(checks/40*3+i)*0.01)
			p.Code, p.Weight = "p_"+p.PlaceID.String()[24:], new(rapid.IntRange(1, 5).Draw(rt, "weight"))
			p.EveryDays = rapid.IntRange(1, 4).Draw(rt, "every")
			w.Incharge.Enter("place.set", p)
			l.places, l.rules = append(l.places, p), append(l.rules, []contract.PlaceSet{p})
		}
		type snapshot struct {
			at     time.Time
			debts  []int64
			rounds int
		}
		var then []snapshot
		look := func(at time.Time) snapshot {
			places, beats, c := owedAt(rt, w, at)
			s := snapshot{at: at, rounds: beats[l.beat].Rounds}
			var sum int64
			for _, p := range l.places {
				s.debts = append(s.debts, places[p.PlaceID].Debt)
			}
			for _, p := range places {
				sum += p.Debt
			}
			var cells int64
			for _, x := range book.RollUp(c.Cells, 7) {
				cells += x.Debt
			}
			if sum != c.Debt || cells != sum || c.Circles[0].Stations[0].Debt != sum {
				rt.Fatalf("places owe %d, cells %d, the tree %d", sum, cells, c.Debt)
			}
			return s
		}
		for range rapid.IntRange(4, 10).Draw(rt, "steps") {
			w.Pass(time.Duration(rapid.IntRange(1, 40*60).Draw(rt, "minutes")) * time.Minute)
			w.Beat.SignIn() // a session does not last for weeks
			w.Incharge.SignIn()
			before := look(w.Now())
			switch what := rapid.IntRange(0, 9).Draw(rt, "what"); {
			case what < 6:
				l.visit(rapid.IntRange(-1, 2).Draw(rt, "place"), time.Duration(rapid.IntRange(0, 30*60).Draw(rt, "late"))*time.Minute)
				visits++
				if after := look(w.Now()); slices.ContainsFunc([]int{0, 1, 2}, func(i int) bool { return after.debts[i] > before.debts[i] }) || after.rounds < before.rounds {
					rt.Fatalf("a visit raised what is owed: %v, then %v", before, after)
				}
			case what < 8:
				var standing []int
				for i, v := range l.seen {
					if v.to.IsZero() {
						standing = append(standing, i)
					}
				}
				if len(standing) > 0 {
					l.correct(rapid.SampledFrom(standing).Draw(rt, "which"), what == 7)
				}
			default: // from tomorrow on it is to be seen otherwise
				i := rapid.IntRange(0, 2).Draw(rt, "place")
				p := l.places[i]
				p.From, p.EveryDays = w.Date(1), rapid.IntRange(1, 4).Draw(rt, "every")
				if last := l.rules[i][len(l.rules[i])-1]; last.From.Time.In(zone).Format(time.DateOnly) == p.From.Format(time.DateOnly) {
					l.rules[i] = l.rules[i][:len(l.rules[i])-1]
				}
				w.Incharge.Enter("place.set", p)
				l.rules[i] = append(l.rules[i], p)
			}
			now := look(w.Now())
			debts, rounds := l.owed(w.Now())
			if !slices.Equal(now.debts, debts) || now.rounds != rounds {
				rt.Fatalf("kept %v and %d rounds, folded again %v and %d", now.debts, now.rounds, debts, rounds)
			}
			then = append(then, now)
			w.Pass(time.Millisecond)
		}
		for _, s := range then { // as the book of that moment answered
			if again := look(s.at); !slices.Equal(again.debts, s.debts) || again.rounds != s.rounds {
				rt.Fatalf("at %v it owed %v and had %d rounds; asked later: %v, %d", s.at, s.debts, s.rounds, again.debts, again.rounds)
			}
			moments++
		}
		if checks++; checks%25 == 0 {
			whole(rt, w, booktest.Centre)
		}
	})
	t.Logf("%d checks: %d visits, %d past moments asked again", checks, visits, moments)
}
