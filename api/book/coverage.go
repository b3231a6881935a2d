package book

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// What is owed to places and beats. The rule is this package's own reading of the
// women-beat orders: every village, school and market is to be seen as often as the list
// says (place.set: every_days, weight), and a women's beat gets so many rounds a week
// (beat.set: per_week; the state's order asks for two or three days). The rows of the list
// are the rule; nothing here knows a kind of place.
//
//	since(T)   = the later of its last visit that counts and 00:00 (IST) of the day from
//	             which it is on the list without a gap
//	overdue(T) = T − since(T) − every_days × 24 h, in thousandths of a day, rounded down;
//	             never below 0 nor above coverageMost
//	debt(T)    = weight × overdue(T)
//	owed(T)    = per_week − days (IST) with a visit in the beat, of the day of T and the six
//	             before it; never below 0; nothing for a beat that is not yet seven days on the list
//	chaupals(T) = those of the rule in force (coverage.chaupals: one a week) − visits of the same
//	             days at which one was held; the same way
//
// A visit counts from when the book learnt of it (received_at) until its line was struck, at
// the time of the line. What a correction puts in place of a line stands at the place and the
// time of the line that it puts right. So a past moment is answered as the book of that moment
// would have answered; the list of places is that of its day, as it now stands.
//
// All three only look at the latest visit or count days, so that one more visit can lower what
// is owed, and never raise it. Debts are whole numbers and add up: a cell, beat, station or
// circle owes what its places owe.
//
// Who made a visit is not asked: this is about places, and says nothing of an officer.

const (
	// coverageMost is up to how many thousandths of a day a place is overdue: after a year it is
	// as forgotten as it can be, and no single row outweighs a station.
	coverageMost = 365 * 1000

	beatDays = 7 // over how many days the rounds of a beat are counted
)

// Overdue is by how many thousandths of a day a place is overdue at a moment.
func Overdue(everyDays int, since, at time.Time) int64 {
	late := at.Sub(since) - time.Duration(everyDays)*24*time.Hour
	return min(max(late.Milliseconds(), 0)/86_400, coverageMost)
}

// Owed is how many rounds a beat is owed at a moment, of which it had some.
func Owed(perWeek, rounds int, listed, at time.Time) int {
	if at.Sub(listed) < beatDays*24*time.Hour {
		return 0
	}
	return max(perWeek-rounds, 0)
}

type placeVisitKey struct {
	Year   int
	Serial int64
}

// placeVisit is a visit as far as coverage needs it: a line of the women beat.
type placeVisit struct {
	Year     int
	Serial   int64
	PlaceID  *uuid.UUID
	BeatID   *uuid.UUID
	At       time.Time
	KnownAt  time.Time
	StruckAt *time.Time
}

// seenAt notes where the visit of a new line was made. What a correction puts in place
// stands at the place of the old line: it has no fix of its own.
func (s *State) seenAt(e *Entry, l *Line, old *Line) {
	v := &placeVisit{Year: l.Year, Serial: l.Serial, BeatID: l.BeatID, At: l.At, KnownAt: e.ReceivedAt}
	if text, ok := e.Facts[factFoundPlace].(string); ok {
		if id, err := uuid.Parse(text); err == nil {
			v.PlaceID = &id
		}
	}
	if old != nil {
		if was := s.placeVisits.get(placeVisitKey{old.Year, old.Serial}); was != nil {
			v.PlaceID = was.PlaceID
			if v.BeatID == nil {
				v.BeatID = was.BeatID
			}
		}
	}
	if v.PlaceID != nil || v.BeatID != nil {
		s.placeVisits.put(placeVisitKey{v.Year, v.Serial}, v)
	}
}

// unseen ends what the visit of a struck line counted.
func (s *State) unseen(e *Entry, k lineKey) {
	was := s.placeVisits.get(placeVisitKey{k.Year, k.Serial})
	if k.Register != registerWomenBeat || was == nil {
		return
	}
	v, at := *was, e.ReceivedAt
	v.StruckAt = &at
	s.placeVisits.put(placeVisitKey{k.Year, k.Serial}, &v)
}

func (s *State) queuePlaceVisits(b *pgx.Batch, years []int, serials []int64) {
	b.Queue(`SELECT year, serial, place_id, beat_id, at, known_at, struck_at FROM place_visits
		WHERE district_id = $1 AND centre = $2 AND (year, serial) IN (SELECT * FROM unnest($3::int[], $4::bigint[]))`,
		s.District, s.Centre, years, serials).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[placeVisit])
		for _, v := range list {
			s.placeVisits.load(placeVisitKey{v.Year, v.Serial}, v)
		}
		return wrap(err, "read visits of places")
	})
}

func (s *State) flushPlaceVisits(b *pgx.Batch) {
	rows := s.placeVisits.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO place_visits (district_id, centre, year, serial, place_id, beat_id, at, known_at, struck_at)
		SELECT $1, $2, `+each(3, "int bigint uuid uuid timestamptz timestamptz timestamptz")+`
		ON CONFLICT (district_id, centre, year, serial) DO UPDATE SET struck_at = excluded.struck_at`,
		s.District, s.Centre,
		column(rows, func(v *placeVisit) int { return v.Year }),
		column(rows, func(v *placeVisit) int64 { return v.Serial }),
		column(rows, func(v *placeVisit) *[16]byte { return (*[16]byte)(v.PlaceID) }),
		column(rows, func(v *placeVisit) *[16]byte { return (*[16]byte)(v.BeatID) }),
		column(rows, func(v *placeVisit) time.Time { return v.At }),
		column(rows, func(v *placeVisit) time.Time { return v.KnownAt }),
		column(rows, func(v *placeVisit) *time.Time { return v.StruckAt }))
}
