package book

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
)

// limitDaySign is the limit of a day: signed by 20:00 IST.
const limitDaySign = "day_sign"

// Review is that the in-charge looked at a complaint on a day (IST); the last
// one of a day stands.
type Review struct {
	Day         string
	ComplaintID uuid.UUID
	Verdict     string
	OfficerID   uuid.UUID
	Seq         int64
}

type reviewKey struct {
	Day       string
	Complaint uuid.UUID
}

// States of a day.
const (
	dayOpen   = "open"
	daySigned = "signed"
)

// Day is a day (IST) of a centre as far as it was signed or reopened.
type Day struct {
	Day      string
	State    string
	SignedBy *uuid.UUID
	SignedAt *time.Time
	Seq      int64
}

// Return is a daily return as it was signed: the first, or a supplement.
type Return struct {
	Day      string
	N        int
	SignedBy uuid.UUID
	SignedAt time.Time
	Seq      int64
	Figures  map[string]int64
}

type returnKey struct {
	Day string
	N   int
}

// daySubject is what the clock of a day runs over.
func (s *State) daySubject(day string) uuid.UUID {
	return derivedID(uuid.Nil, "day "+s.Centre+" "+day, int(s.District))
}

// dayAbout says what the clock of a day runs over.
func (s *State) dayAbout(day string) about {
	return about{Subject: s.daySubject(day), OwnerRole: staff.CentreIncharge}
}

// newestDay is the beginning of the last day whose clock runs in this book. The
// last that was ever started always runs: what stops it starts the next.
func (s *State) newestDay() (newest time.Time, runs bool) {
	for _, subject := range s.clocks.days {
		for _, k := range s.clocks.get(subject).Clocks {
			if k.Code == limitDaySign && k.StoppedAt == nil && (!runs || k.StartsAt.After(newest)) {
				newest, runs = k.StartsAt, true
			}
		}
	}
	return newest, runs
}

// dayBegins starts the clock of the day of an entry, unless a day's clock runs
// in this book: from the first complaint on each day is to be signed.
func (s *State) dayBegins(e *Entry) {
	if _, runs := s.newestDay(); !runs {
		s.startDay(e.At)
	}
}

// daysUpTo starts the clocks that days up to one do not have yet: each day has
// one, whether the last was signed, passed unsigned, or both came late.
func (s *State) daysUpTo(last time.Time) {
	at, runs := s.newestDay()
	if !runs {
		s.startDay(last)
		return
	}
	for at = at.AddDate(0, 0, 1); !at.After(startOfDay(last)); at = at.AddDate(0, 0, 1) {
		s.startDay(at)
	}
}

// startDay starts the clock of the day that a time falls on.
func (s *State) startDay(at time.Time) {
	s.start(s.dayAbout(day(at)), limitDaySign, startOfDay(at))
}

// startOfDay is midnight in India.
func startOfDay(t time.Time) time.Time {
	y, m, d := t.In(ist).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, ist).UTC()
}

// queueDays reads days with their reviews and returns, the counts of days, and
// the newest clocks of days.
func (s *State) queueDays(b *pgx.Batch, n *needs) {
	if len(n.tallyDays) > 0 {
		s.queueTallies(b, n.tallyDays)
	}
	if n.dayClocks {
		b.Queue(`SELECT `+clockColumns+` FROM clock_lists WHERE district_id = $1 AND centre = $2 AND day_due IS NOT NULL
			ORDER BY day_due DESC LIMIT 400`, s.District, s.Centre).Query(s.takeClocks)
	}
	if len(n.days) == 0 {
		return
	}
	b.Queue(`SELECT to_char(day, 'YYYY-MM-DD'), state, signed_by, signed_at, seq FROM days
		WHERE district_id = $1 AND centre = $2 AND day = ANY($3::text[]::date[])`, s.District, s.Centre, n.days).
		Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[Day])
			for _, d := range list {
				s.days.load(d.Day, d)
			}
			return wrap(err, "read days")
		})
	b.Queue(`SELECT to_char(day, 'YYYY-MM-DD'), complaint_id, verdict, officer_id, seq FROM reviews
		WHERE district_id = $1 AND centre = $2 AND day = ANY($3::text[]::date[])`, s.District, s.Centre, n.days).
		Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[Review])
			for _, r := range list {
				s.reviews.load(reviewKey{r.Day, r.ComplaintID}, r)
			}
			return wrap(err, "read reviews")
		})
	b.Queue(`SELECT to_char(day, 'YYYY-MM-DD'), n, signed_by, signed_at, seq, figures FROM returns
		WHERE district_id = $1 AND centre = $2 AND day = ANY($3::text[]::date[])`, s.District, s.Centre, n.days).
		Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, scanReturn)
			for _, r := range list {
				s.returns.load(returnKey{r.Day, r.N}, r)
			}
			return wrap(err, "read returns")
		})
}

func scanReturn(row pgx.CollectableRow) (*Return, error) {
	r, figures := &Return{}, ""
	if err := row.Scan(&r.Day, &r.N, &r.SignedBy, &r.SignedAt, &r.Seq, &figures); err != nil {
		return nil, err
	}
	return r, unjson(figures, &r.Figures)
}

func (s *State) flushDays(b *pgx.Batch) {
	if rows := s.days.changed(); len(rows) > 0 {
		b.Queue(`INSERT INTO days (district_id, centre, day, state, signed_by, signed_at, seq)
			SELECT $1, $2, d::date, s, o, t, q FROM unnest($3::text[], $4::text[], $5::uuid[], $6::timestamptz[], $7::bigint[])
				AS x (d, s, o, t, q)
			ON CONFLICT (district_id, centre, day) DO UPDATE SET state = excluded.state, signed_by = excluded.signed_by,
				signed_at = excluded.signed_at, seq = excluded.seq`,
			s.District, s.Centre,
			column(rows, func(r *Day) string { return r.Day }),
			column(rows, func(r *Day) string { return r.State }),
			column(rows, func(r *Day) *[16]byte { return (*[16]byte)(r.SignedBy) }),
			column(rows, func(r *Day) *time.Time { return r.SignedAt }),
			column(rows, func(r *Day) int64 { return r.Seq }))
	}
	if rows := s.reviews.changed(); len(rows) > 0 {
		b.Queue(`INSERT INTO reviews (district_id, centre, day, complaint_id, verdict, officer_id, seq)
			SELECT $1, $2, d::date, c, v, o, q FROM unnest($3::text[], $4::uuid[], $5::text[], $6::uuid[], $7::bigint[])
				AS x (d, c, v, o, q)
			ON CONFLICT (district_id, centre, day, complaint_id) DO UPDATE SET verdict = excluded.verdict,
				officer_id = excluded.officer_id, seq = excluded.seq`,
			s.District, s.Centre,
			column(rows, func(r *Review) string { return r.Day }),
			column(rows, func(r *Review) [16]byte { return r.ComplaintID }),
			column(rows, func(r *Review) string { return r.Verdict }),
			column(rows, func(r *Review) [16]byte { return r.OfficerID }),
			column(rows, func(r *Review) int64 { return r.Seq }))
	}
	if rows := s.returns.changed(); len(rows) > 0 {
		b.Queue(`INSERT INTO returns (district_id, centre, day, n, signed_by, signed_at, seq, figures)
			SELECT $1, $2, d::date, n, o, t, q, f FROM unnest($3::text[], $4::int[], $5::uuid[], $6::timestamptz[], $7::bigint[],
				$8::text[]) AS x (d, n, o, t, q, f)`,
			s.District, s.Centre,
			column(rows, func(r *Return) string { return r.Day }),
			column(rows, func(r *Return) int { return r.N }),
			column(rows, func(r *Return) [16]byte { return r.SignedBy }),
			column(rows, func(r *Return) time.Time { return r.SignedAt }),
			column(rows, func(r *Return) int64 { return r.Seq }),
			column(rows, func(r *Return) string { return objectText(r.Figures) }))
	}
}
