package book_test

import (
	"maps"
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

// spotLedger is the reference model of hot-spots: what happened, told as it came.
type spotLedger struct {
	*spotWorld
	places []contract.PlaceSet
	lists  []agreedList
	seen   []seenSpot
	latest string // the last month that is agreed
}

type agreedList struct {
	from  time.Time
	spots map[uuid.UUID]contract.HotspotSet
}

type seenSpot struct {
	op                     uuid.UUID
	round                  bool
	place                  int
	began, ended, from, to time.Time
}

// counts tells whether some of a round lay within the hours of a spot, day by day.
func counts(s *contract.HotspotSet, began, ended time.Time) bool {
	zone := time.FixedZone("IST", 19800)
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	for d := began.In(zone).AddDate(0, 0, -1); !d.After(ended.AddDate(0, 0, 1)); d = d.AddDate(0, 0, 1) {
		if s.Days != nil && !slices.Contains(*s.Days, names[d.Weekday()]) {
			continue
		}
		opens := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, zone)
		closes := opens.AddDate(0, 0, 1)
		if s.HoursFrom != nil {
			from, _ := time.Parse("15:04", *s.HoursFrom)
			to, _ := time.Parse("15:04", *s.HoursTo)
			opens, closes = time.Date(d.Year(), d.Month(), d.Day(), from.Hour(), from.Minute(), 0, 0, zone), time.Date(d.Year(), d.Month(), d.Day(), to.Hour(), to.Minute(), 0, 0, zone)
		}
		if !began.After(closes) && !ended.Before(opens) {
			return true
		}
	}
	return false
}

// owed folds all that happened, from the beginning.
func (l *spotLedger) owed(at time.Time) map[uuid.UUID]int64 {
	lists := slices.Clone(l.lists)
	slices.SortStableFunc(lists, func(a, b agreedList) int { return a.from.Compare(b.from) })
	var stood []agreedList // those that were ever in force, in turn
	for i := range lists {
		if i+1 == len(lists) || lists[i+1].from.After(lists[i].from) {
			stood = append(stood, lists[i])
		}
	}
	now := -1
	for i := range stood {
		if !stood[i].from.After(at) {
			now = i
		}
	}
	out := map[uuid.UUID]int64{}
	if now < 0 {
		return out
	}
	for id, s := range stood[now].spots {
		first := now
		for first > 0 {
			if _, on := stood[first-1].spots[id]; !on {
				break
			}
			first--
		}
		since := stood[first].from
		for _, v := range l.seen {
			if l.places[v.place].PlaceID == id && !v.ended.After(at) && !v.from.After(at) && (v.to.IsZero() || v.to.After(at)) &&
				v.ended.After(since) && counts(&s, v.began, v.ended) {
				since = v.ended
			}
		}
		out[id] = 0
		if late := at.Sub(since) - time.Duration(s.EveryDays)*24*time.Hour; late > 0 {
			out[id] = min(late.Milliseconds()/86400, 365_000) * int64(s.Weight)
		}
	}
	return out
}

// agreeOn sets a list of any of the places and has it agreed.
func (l *spotLedger) agreeOn(rt *rapid.T) {
	month := max(l.latest, l.Now().In(time.FixedZone("IST", 19800)).Format("2006-01"))
	next := l.Now().In(time.FixedZone("IST", 19800)).AddDate(0, 0, 7).Format("2006-01")
	if month < next && rapid.Bool().Draw(rt, "next month") {
		month = next
	}
	list, body := agreedList{spots: map[uuid.UUID]contract.HotspotSet{}}, []contract.HotspotSet{}
	for i, p := range l.places {
		if len(l.lists) > 0 && !rapid.Bool().Draw(rt, "on the list") {
			continue
		}
		s := spot(p)
		s.EveryDays, s.Weight = rapid.IntRange(1, 4).Draw(rt, "every"), rapid.IntRange(1, 10).Draw(rt, "weight")
		if i > 0 {
			from := rapid.SampledFrom([]string{"00:00", "07:30", "14:00", "19:00"}).Draw(rt, "from")
			to := rapid.SampledFrom([]string{"19:30", "23:59"}).Draw(rt, "to")
			s.HoursFrom, s.HoursTo = &from, &to
		}
		if i > 1 {
			days := rapid.SampledFrom([][]string{{"mon", "wed", "fri"}, {"sat", "sun"}, {"thu"}}).Draw(rt, "days")
			s.Days = &days
		}
		list.spots[p.PlaceID], body = s, append(body, s)
	}
	id := l.set(month, body...)
	e := l.agree(id)
	list.from = e.ReceivedAt
	start, _ := time.ParseInLocation("2006-01", month, time.FixedZone("IST", 19800))
	if start.After(list.from) {
		list.from = start
	}
	l.latest = month
	l.lists = append(l.lists, list)
}

// goes makes a round or a visit at a place, of so long, told so late.
func (l *spotLedger) goes(place int, round bool, long, late time.Duration) {
	ended := l.Now().Add(-late).Truncate(time.Millisecond)
	began := ended.Add(-long)
	at := booktest.FixedAt(l.places[place].Lat, l.places[place].Lon, 10, ended)
	var e *book.Entry
	if round {
		r := l.Round()
		r.StartedAt, r.EndedAt = contract.At(began), contract.At(ended)
		l.Leader.SignIn()
		e = l.Leader.Enter("squad.round", r, at)
	} else {
		v := l.Visit()
		v.StartedAt, v.EndedAt = contract.At(began), contract.At(ended)
		l.Beat.SignIn()
		e = l.Beat.Enter("visit.record", v, at)
	}
	if long > 6*time.Hour {
		began = ended.Add(-6 * time.Hour)
	}
	l.seen = append(l.seen, seenSpot{op: e.OpID, round: round, place: place, began: began, ended: ended, from: e.ReceivedAt})
}

func (l *spotLedger) correct(i int, strike bool) {
	was := &l.seen[i]
	c := contract.EntryCorrect{CorrectsID: was.op, Reason: "संख्या गलत"}
	switch round, visit := l.Round(), l.Visit(); {
	case strike:
		c.Strike = new(true)
	case was.round:
		c.Round = &round
	default:
		c.Visit = &visit
	}
	l.Incharge.SignIn()
	e := l.Incharge.Enter("entry.correct", c)
	was.to = e.ReceivedAt
	if !strike {
		again := *was
		again.op, again.from, again.to = e.OpID, e.ReceivedAt, time.Time{}
		l.seen = append(l.seen, again)
	}
}

func TestWhatHotSpotsAreOwedIsKeptAsItWouldBeFoldedAgain(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	checks, rounds, moments := 0, 0, 0
	latest := ""
	fuzztest.Check(t, func(rt *rapid.T) {
		l := &spotLedger{spotWorld: w, latest: latest}
		w.Incharge.SignIn()
		for i := range 3 {
			p := w.GroundPlace("x", 24.9+float64(checks%40)*0.01, 80.5+float64(checks/40*3+i)*0.01)
			p.Code, p.Kind = "s_"+p.PlaceID.String()[24:], "market"
			w.Incharge.Enter("place.set", p)
			l.places = append(l.places, p)
		}
		l.agreeOn(rt)
		type snapshot struct {
			at    time.Time
			debts map[uuid.UUID]int64
		}
		var then []snapshot
		look := func(at time.Time) map[uuid.UUID]int64 {
			list, err := w.Book.SpotsAt(t.Context(), booktest.District, booktest.Centre, at)
			if err != nil {
				rt.Fatal(err)
			}
			debts, sum, overdue := map[uuid.UUID]int64{}, int64(0), 0
			for _, s := range list {
				debts[s.PlaceID] = s.Debt
				if sum += s.Debt; s.Debt > 0 {
					overdue++
				}
			}
			_, _, c := owedAt(rt, w.World, at)
			if s := c.Circles[0].Stations[0].Spots; s.Debt != sum || s.Places != len(list) || s.Overdue != overdue {
				rt.Fatalf("hot-spots owe %d, coverage says %+v", sum, s)
			}
			return debts
		}
		for range rapid.IntRange(3, 9).Draw(rt, "steps") {
			w.Pass(time.Duration(rapid.IntRange(1, 60*60).Draw(rt, "minutes")) * time.Minute)
			before := look(w.Now())
			switch what := rapid.IntRange(0, 9).Draw(rt, "what"); {
			case what < 6:
				l.goes(rapid.IntRange(0, 2).Draw(rt, "place"), rapid.Bool().Draw(rt, "round"),
					time.Duration(rapid.IntRange(0, 9*60).Draw(rt, "long"))*time.Minute, time.Duration(rapid.IntRange(0, 20*60).Draw(rt, "late"))*time.Minute)
				rounds++
				for id, owes := range look(w.Now()) {
					if owes > before[id] {
						rt.Fatalf("a round raised what is owed from %d to %d", before[id], owes)
					}
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
			default:
				l.agreeOn(rt)
			}
			now, folded := look(w.Now()), l.owed(w.Now())
			if from := l.lists[0].from; !from.After(w.Now()) && !maps.Equal(now, folded) {
				rt.Fatalf("kept %v, folded again %v", now, folded)
			}
			then = append(then, snapshot{w.Now(), now})
			w.Pass(time.Millisecond)
		}
		for _, s := range then { // as the book of that moment answered
			if again := look(s.at); !maps.Equal(again, s.debts) {
				rt.Fatalf("at %v they owed %v; asked later: %v", s.at, s.debts, again)
			}
			moments++
		}
		if latest = l.latest; checks%25 == 24 {
			whole(rt, w.World, booktest.Centre)
		}
		checks++
	})
	t.Logf("%d checks: %d rounds, %d past moments asked again", checks, rounds, moments)
}
