package book

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// What a hot-spot is owed. The list in force is the rule:
//
//	since(T)   = the later of its last round that counts and the moment from which it is on
//	             the lists in force without a gap
//	overdue(T) = as of a place (coverage.go), by the every_days of the list
//	debt(T)    = weight × overdue(T)
//
// A round of the squad counts, and a visit of the women beat: in both officers saw the place
// and were seen there, and a girl who passes asks of neither which register it is written in.
// A round counts when some of it lay within the hours of the spot, on one of its days, and
// at no other time: what is told of a school's gate is told of its closing hour, and who looks
// at it at ten in the morning has not seen what was told. When it counts, it counts from when
// it was over.
//
// As with places one more round can lower a debt and never raise it, and a past moment is
// answered as the book of that moment would have answered: a list is in force from when the
// book knew that it was agreed, a round counts from when the book learnt of it until its line
// was struck. What a correction puts in place of a line stands at the place and the time of
// the line that it puts right.

// spotSpan is how much of a round counts as one, up to its end: a phone that forgot to end
// one was not at the place all night.
const spotSpan = 6 * time.Hour

// spotVisit is a round or visit at a place of the list.
type spotVisit struct {
	Register  string
	Year      int
	Serial    int64
	PlaceID   uuid.UUID
	SubjectID *uuid.UUID // of a round: the id that what was noted on it names
	BeganAt   time.Time
	At        time.Time // it was over
	KnownAt   time.Time
	StruckAt  *time.Time
}

// spotted notes that a place of the list was seen from one time to another, as the phone said
// them; its clock is put right as that of the op was.
func (s *State) spotted(e *Entry, l *Line, old *Line, began, ended time.Time) {
	v := &spotVisit{Register: l.Register, Year: l.Year, Serial: l.Serial, SubjectID: l.SubjectID, KnownAt: e.ReceivedAt}
	if old != nil {
		was := s.spotVisits.get(lineKey{old.Register, old.Year, old.Serial})
		if was == nil {
			return
		}
		v.PlaceID, v.BeganAt, v.At = was.PlaceID, was.BeganAt, was.At
		s.spotVisits.put(lineKey{v.Register, v.Year, v.Serial}, v)
		return
	}
	text, _ := e.Facts[factFoundPlace].(string)
	id, err := uuid.Parse(text)
	if err != nil { // no place was near, or the entry is of the time before places were looked for
		return
	}
	shift := e.At.Sub(e.DeviceAt)
	v.PlaceID = id
	if v.At = ended.Add(shift).UTC(); v.At.After(e.At) {
		v.At = e.At
	}
	v.BeganAt = later(began.Add(shift).UTC(), v.At.Add(-spotSpan))
	if v.BeganAt.After(v.At) {
		v.BeganAt = v.At
	}
	s.spotVisits.put(lineKey{v.Register, v.Year, v.Serial}, v)
}

// unspotted ends what a struck line counted.
func (s *State) unspotted(e *Entry, k lineKey) {
	was := s.spotVisits.get(k)
	if was == nil {
		return
	}
	v, at := *was, e.ReceivedAt
	v.StruckAt = &at
	s.spotVisits.put(k, &v)
}

const spotVisitColumns = `register, year, serial, place_id, subject_id, began_at, at, known_at, struck_at`

func (s *State) queueSpotVisits(b *pgx.Batch, registers []string, years []int, serials []int64) {
	b.Queue(`SELECT `+spotVisitColumns+` FROM spot_visits WHERE district_id = $1 AND centre = $2
			AND (register, year, serial) IN (SELECT * FROM unnest($3::text[], $4::int[], $5::bigint[]))`,
		s.District, s.Centre, registers, years, serials).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[spotVisit])
		for _, v := range list {
			s.spotVisits.load(lineKey{v.Register, v.Year, v.Serial}, v)
		}
		return wrap(err, "read rounds at places")
	})
}

func (s *State) flushSpotVisits(b *pgx.Batch) {
	rows := s.spotVisits.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO spot_visits (district_id, centre, `+spotVisitColumns+`)
		SELECT $1, $2, `+each(3, "text int bigint uuid uuid timestamptz timestamptz timestamptz timestamptz")+`
		ON CONFLICT (district_id, centre, register, year, serial) DO UPDATE SET struck_at = excluded.struck_at`,
		s.District, s.Centre,
		column(rows, func(v *spotVisit) string { return v.Register }),
		column(rows, func(v *spotVisit) int { return v.Year }),
		column(rows, func(v *spotVisit) int64 { return v.Serial }),
		column(rows, func(v *spotVisit) [16]byte { return v.PlaceID }),
		column(rows, func(v *spotVisit) *[16]byte { return (*[16]byte)(v.SubjectID) }),
		column(rows, func(v *spotVisit) time.Time { return v.BeganAt }),
		column(rows, func(v *spotVisit) time.Time { return v.At }),
		column(rows, func(v *spotVisit) time.Time { return v.KnownAt }),
		column(rows, func(v *spotVisit) *time.Time { return v.StruckAt }))
}

// daysMask has a bit for each day of the week on which a spot is to be seen, Monday the lowest.
func (s *Spot) daysMask() int {
	if len(s.Days) == 0 {
		return 1<<len(weekdays) - 1
	}
	mask := 0
	for i, d := range weekdays {
		if slices.Contains(s.Days, d) {
			mask |= 1 << i
		}
	}
	return mask
}

// hours are those of the spot; without any it is the whole day.
func (s *Spot) hours() (from, to string) {
	if s.HoursFrom == "" {
		return "00:00", "24:00"
	}
	return s.HoursFrom, s.HoursTo
}

// seenInHours (SQL) tells of a visit x whether it counts for a spot u: whether some of it lay within
// the hours, on the day on which it began, or on that on which it ended if that was another.
const seenInHours = `(((u.days >> (extract(isodow FROM x.began_at AT TIME ZONE 'Asia/Kolkata')::int - 1)) & 1 = 1
		AND (x.began_at AT TIME ZONE 'Asia/Kolkata')::time <= u.hours_to
		AND ((x.at AT TIME ZONE 'Asia/Kolkata')::date > (x.began_at AT TIME ZONE 'Asia/Kolkata')::date
			OR (x.at AT TIME ZONE 'Asia/Kolkata')::time >= u.hours_from))
	OR ((x.at AT TIME ZONE 'Asia/Kolkata')::date > (x.began_at AT TIME ZONE 'Asia/Kolkata')::date
		AND (u.days >> (extract(isodow FROM x.at AT TIME ZONE 'Asia/Kolkata')::int - 1)) & 1 = 1
		AND (x.at AT TIME ZONE 'Asia/Kolkata')::time >= u.hours_from))`
