package book

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Once a month a women's beat is closed in its register: which of its places were seen,
// on how many days, how many chaupals. Nobody counts that: the book has it, and the officer
// of the beat or the in-charge only confirms it with a word of her own. What was counted is
// a fact of the entry, as the book knew it at that moment; a visit that arrives afterwards
// stands in its own line. It is about the beat, and says nothing of an officer.

const kindBeatMonth = "beat.month"

// monthsBack is how long a month can still be closed after its end.
const monthsBack = 12

// numberMonths counts the lines of the register that close a month and are no visit.
const numberMonths = "months"

// The numbers of a month, as facts of its entry and columns of its line.
const (
	monthPlaces   = "month_places"
	monthSeen     = "month_seen"
	monthVisits   = "month_visits"
	monthDays     = "month_days"
	monthChaupals = "month_chaupals"
	monthWomen    = "month_women"
	monthGirls    = "month_girls"
)

// monthNumbers gives them in the order of the columns.
func monthNumbers(m *BeatMonth) []struct {
	name string
	n    int
} {
	return []struct {
		name string
		n    int
	}{
		{monthPlaces, m.Places}, {monthSeen, m.Seen}, {monthVisits, m.Visits}, {monthDays, m.Days},
		{monthChaupals, m.Chaupals}, {monthWomen, m.Women}, {monthGirls, m.Girls},
	}
}

func needsBeatMonth(d *draft, b *contract.BeatMonth, n *needs) {
	n.beat(&b.BeatID)
	n.months = append(n.months, monthKey{b.BeatID, b.Month})
	n.monthsOf = append(n.monthsOf, d)
}

// checkBeatMonth takes a month that is over, once, from who works in the beat.
func checkBeatMonth(s *State, d *draft, b *contract.BeatMonth) error {
	if err := s.refs(nil, "", &b.BeatID, "/body/beat_id"); err != nil {
		return err
	}
	if d.post.Role == staff.BeatOfficer && d.post.BeatID != nil && *d.post.BeatID != b.BeatID {
		return refuse(contract.CodeNotYourPost, "/body/beat_id")
	}
	first := monthStart(b.Month).In(ist)
	switch {
	case d.at.Before(first.AddDate(0, 1, 0)):
		return refuse(contract.CodeInFuture, "/body/month")
	case d.at.After(first.AddDate(0, 1+monthsBack, 0)):
		return refuse(contract.CodeTooOld, "/body/month")
	}
	for _, m := range s.beatMonths.m {
		if m.BeatID == b.BeatID && m.Month == b.Month && m.StruckAt == nil {
			return refuse(contract.CodeAlreadyThere, "/body/month")
		}
	}
	if d.month != nil {
		for _, x := range monthNumbers(d.month) {
			d.facts[x.name] = strconv.Itoa(x.n)
		}
	}
	d.beat = &b.BeatID
	d.opens(registerWomenBeat)
	return nil
}

func applyBeatMonth(s *State, e *Entry, b *contract.BeatMonth) []push.Notice {
	k, ok := e.lineOf(registerWomenBeat)
	if !ok {
		return nil
	}
	cols := map[string]any{}
	for _, x := range monthNumbers(&BeatMonth{}) {
		if text, ok := e.Facts[x.name].(string); ok {
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				cols[x.name] = n
			}
		}
	}
	s.fill(k, func(l *Line) {
		l.BeatID = &b.BeatID
		s.total(l, map[string]int64{numberMonths: 1})
	}, cols)
	s.beatMonths.put(placeVisitKey{k.Year, k.Serial}, &beatMonthRow{Year: k.Year, Serial: k.Serial, BeatID: b.BeatID, Month: b.Month})
	return nil
}

// reopenMonth lets a month be closed anew whose line was struck.
func (s *State) reopenMonth(e *Entry, k lineKey) {
	was := s.beatMonths.get(placeVisitKey{k.Year, k.Serial})
	if k.Register != registerWomenBeat || was == nil {
		return
	}
	m, at := *was, e.ReceivedAt
	m.StruckAt = &at
	s.beatMonths.put(placeVisitKey{k.Year, k.Serial}, &m)
}

// loadMonths counts for each op that closes a month what the book has of it.
func (t *batch) loadMonths(ctx context.Context, n *needs) error {
	for _, d := range n.monthsOf {
		b := d.body.(*contract.BeatMonth)
		list, err := readBeatMonths(ctx, t.tx, t.district, t.centre, monthStart(b.Month).In(ist), []uuid.UUID{b.BeatID})
		if err != nil {
			return err
		}
		d.month = &list[0]
	}
	return nil
}

// apart cuts the ops of a transaction before each that closes a month: what it counts is read
// when its transaction begins, and must hold what stands before it in the book.
func apart(drafts []*draft) (parts [][]*draft) {
	from := 0
	for i, d := range drafts {
		if i > from && d.kind.name == kindBeatMonth {
			parts, from = append(parts, drafts[from:i]), i
		}
	}
	return append(parts, drafts[from:])
}
