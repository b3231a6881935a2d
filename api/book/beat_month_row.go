package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// monthKey is a month (2006-01) of a beat.
type monthKey struct {
	Beat  uuid.UUID
	Month string
}

// beatMonthRow is a line by which a month of a beat was closed.
type beatMonthRow struct {
	Year     int
	Serial   int64
	BeatID   uuid.UUID
	Month    string
	StruckAt *time.Time
}

func (s *State) queueBeatMonths(b *pgx.Batch, where string, args ...any) {
	b.Queue(`SELECT year, serial, beat_id, to_char(month, 'YYYY-MM'), struck_at FROM beat_months WHERE district_id = $1 AND centre = $2 AND `+where,
		append([]any{s.District, s.Centre}, args...)...).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[beatMonthRow])
		for _, m := range list {
			s.beatMonths.load(placeVisitKey{m.Year, m.Serial}, m)
		}
		return wrap(err, "read months of beats")
	})
}

// queueMonths reads how months of beats were closed.
func (s *State) queueMonths(b *pgx.Batch, keys []monthKey) {
	rows := pointers(keys)
	s.queueBeatMonths(b, `(beat_id, to_char(month, 'YYYY-MM')) IN (SELECT * FROM unnest($3::uuid[], $4::text[]))`,
		column(rows, func(k *monthKey) [16]byte { return k.Beat }), column(rows, func(k *monthKey) string { return k.Month }))
}

func (s *State) flushBeatMonths(b *pgx.Batch) {
	rows := s.beatMonths.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO beat_months (district_id, centre, year, serial, beat_id, month, struck_at)
		SELECT $1, $2, y, s, b, (m || '-01')::date, k FROM unnest($3::int[], $4::bigint[], $5::uuid[], $6::text[], $7::timestamptz[]) AS x (y, s, b, m, k)
		ON CONFLICT (district_id, centre, year, serial) DO UPDATE SET struck_at = excluded.struck_at`,
		s.District, s.Centre,
		column(rows, func(m *beatMonthRow) int { return m.Year }),
		column(rows, func(m *beatMonthRow) int64 { return m.Serial }),
		column(rows, func(m *beatMonthRow) [16]byte { return m.BeatID }),
		column(rows, func(m *beatMonthRow) string { return m.Month }),
		column(rows, func(m *beatMonthRow) *time.Time { return m.StruckAt }))
}

// BeatMonth is a month of a beat as the book has it: what its register is closed with, or was.
type BeatMonth struct {
	BeatID                 uuid.UUID
	Code, NameHi, NameEn   string
	PerWeek                int // rounds that the list asks for; 0: nothing is said
	Places, Seen           int // of the list on the last day of the beat in the month, and of those visited in it
	Visits, Days           int // visits, and days (IST) with one
	Chaupals, Women, Girls int
	UnseenHi, UnseenEn     []string // places that were not visited
	SpotsHi, SpotsEn       []string // hot-spots of the list that was in force at its end
	ClosedYear             int      // the line that closed it; serial 0: none
	ClosedSerial           int64
	ClosedNo               string

	last string // the last day of the month on which the beat was on the list
}

// BeatMonths is what the women-beat register of a centre is to be closed with for a month.
type BeatMonths struct {
	Month string
	Over  bool // a month that is not over cannot be closed
	Beats []BeatMonth
}

// BeatMonths drafts the monthly entries of the beats of a centre; without a month those of
// the last one, for who sees what is owed there.
func (b *Book) BeatMonths(ctx context.Context, who staff.Caller, centre, month string) (*BeatMonths, error) {
	now := b.now()
	if month == "" {
		month = otherMonth(monthOf(now), -1)
	}
	first := monthStart(month).In(ist)
	switch {
	case monthOf(first) != month:
		return nil, refusal(contract.CodeBadFormat, "month")
	case first.After(now):
		return nil, refusal(contract.CodeInFuture, "month")
	}
	out := &BeatMonths{Month: month, Over: !first.AddDate(0, 1, 0).After(now)}
	err := b.read(ctx, who.District, func(tx pgx.Tx) (err error) {
		if _, err := b.ownCentre(ctx, tx, who, centre); err != nil {
			return err
		}
		if out.Beats, err = readBeatMonths(ctx, tx, who.District, centre, first, nil); err != nil {
			return err
		}
		return asClosed(ctx, tx, who.District, centre, out.Beats)
	})
	return out, err
}

// asClosed gives months that are closed the figures of the lines that closed them: what came
// in afterwards stands in lines of its own. Which places were not seen those do not say.
func asClosed(ctx context.Context, tx pgx.Tx, district int32, centre string, list []BeatMonth) error {
	beats := pointers(list)
	rows, err := tx.Query(ctx, `SELECT k.i, l.cols FROM unnest($3::int[], $4::bigint[]) WITH ORDINALITY AS k (year, serial, i)
		JOIN lines l ON l.district_id = $1 AND l.centre = $2 AND l.register = $5 AND l.year = k.year AND l.serial = k.serial`,
		district, centre, column(beats, func(m *BeatMonth) int { return m.ClosedYear }), column(beats, func(m *BeatMonth) int64 { return m.ClosedSerial }),
		registerWomenBeat)
	if err != nil {
		return fmt.Errorf("read lines of months: %w", err)
	}
	var i int
	var cols string
	_, err = pgx.ForEachRow(rows, []any{&i, &cols}, func() error {
		var is struct {
			Places   int `json:"month_places"`
			Seen     int `json:"month_seen"`
			Visits   int `json:"month_visits"`
			Days     int `json:"month_days"`
			Chaupals int `json:"month_chaupals"`
			Women    int `json:"month_women"`
			Girls    int `json:"month_girls"`
		}
		if err := unjson(cols, &is); err != nil {
			return err
		}
		m := beats[i-1]
		m.Places, m.Seen, m.Visits, m.Days, m.Chaupals, m.Women, m.Girls = is.Places, is.Seen, is.Visits, is.Days, is.Chaupals, is.Women, is.Girls
		m.UnseenHi, m.UnseenEn = nil, nil
		return nil
	})
	return wrap(err, "read lines of months")
}

// readBeatMonths counts a month of the beats of a centre, of those that are named or of all
// that were on its list on a day of it. Visits count where their line stands, as the book has
// it now; a beat that is named has them on the list or not.
func readBeatMonths(ctx context.Context, tx pgx.Tx, district int32, centre string, first time.Time, of []uuid.UUID) ([]BeatMonth, error) {
	next := first.AddDate(0, 1, 0)
	rows, err := tx.Query(ctx, `WITH listed AS (
			SELECT DISTINCT ON (beat_id) beat_id, code, hi, en, per_week, least(until_on, $3::text::date) - 1 AS last FROM beat_versions
			WHERE district_id = $1 AND centre = $2 AND from_on < $3::text::date AND (until_on IS NULL OR until_on > greatest(from_on, $7::text::date))
				AND ($8::uuid[] IS NULL OR beat_id = ANY($8)) ORDER BY beat_id, from_on DESC),
		v AS (SELECT * FROM listed UNION ALL
			SELECT id, '', '', '', 0, $3::text::date - 1 FROM unnest($8::uuid[]) AS u (id) WHERE id NOT IN (SELECT beat_id FROM listed))
		SELECT v.beat_id, v.code, v.hi, v.en, v.per_week, v.last::text, x.visits, x.days, x.chaupals, x.women, x.girls,
			coalesce(m.year, 0), coalesce(m.serial, 0)
		FROM v
		LEFT JOIN LATERAL (SELECT count(*) AS visits, count(DISTINCT (p.at AT TIME ZONE 'Asia/Kolkata')::date) AS days,
				coalesce(sum((l.sums::jsonb->>'chaupal')::int), 0) AS chaupals, coalesce(sum((l.sums::jsonb->>'women')::int), 0) AS women,
				coalesce(sum((l.sums::jsonb->>'girls')::int), 0) AS girls
			FROM place_visits p JOIN lines l ON l.district_id = p.district_id AND l.centre = p.centre AND l.register = $6
				AND l.year = p.year AND l.serial = p.serial
			WHERE p.beat_id = v.beat_id AND p.district_id = $1 AND p.at >= $4 AND p.at < $5 AND p.struck_at IS NULL) x ON true
		LEFT JOIN beat_months m ON m.district_id = $1 AND m.centre = $2 AND m.beat_id = v.beat_id
			AND m.month = $7::text::date AND m.struck_at IS NULL
		ORDER BY v.code`,
		district, centre, next.Format(time.DateOnly), first, next, registerWomenBeat, first.Format(time.DateOnly), of)
	if err != nil {
		return nil, fmt.Errorf("read months of beats: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m BeatMonth, err error) {
		err = row.Scan(&m.BeatID, &m.Code, &m.NameHi, &m.NameEn, &m.PerWeek, &m.last, &m.Visits, &m.Days, &m.Chaupals, &m.Women, &m.Girls,
			&m.ClosedYear, &m.ClosedSerial)
		if m.ClosedSerial > 0 {
			m.ClosedNo = lineRef(centre, registerWomenBeat, m.ClosedYear, m.ClosedSerial).No
		}
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("read months of beats: %w", err)
	}
	return out, placesOfMonths(ctx, tx, district, centre, first, out)
}

// placesOfMonths says which places of the beats were visited in a month: of the list as it was
// on the last day of the beat in it.
func placesOfMonths(ctx context.Context, tx pgx.Tx, district int32, centre string, first time.Time, list []BeatMonth) error {
	next := first.AddDate(0, 1, 0)
	spots, err := spotsOn(ctx, tx, district, centre, next)
	if err != nil {
		return err
	}
	beats := pointers(list)
	rows, err := tx.Query(ctx, `SELECT v.beat_id, v.place_id, v.hi, v.en, EXISTS (SELECT FROM place_visits p WHERE p.place_id = v.place_id
			AND p.district_id = v.district_id AND p.at >= $3 AND p.at < $4 AND p.struck_at IS NULL)
		FROM unnest($5::uuid[], $6::text[]) AS b (id, last) JOIN place_versions v ON v.beat_id = b.id AND v.from_on <= b.last::date
			AND (v.until_on IS NULL OR v.until_on > b.last::date)
		WHERE v.district_id = $1 AND v.centre = $2 ORDER BY v.code`, district, centre, first, next,
		column(beats, func(m *BeatMonth) [16]byte { return m.BeatID }), column(beats, func(m *BeatMonth) string { return m.last }))
	if err != nil {
		return fmt.Errorf("read places of months: %w", err)
	}
	var beat, place uuid.UUID
	var hi, en string
	var seen bool
	_, err = pgx.ForEachRow(rows, []any{&beat, &place, &hi, &en, &seen}, func() error {
		m := &list[slices.IndexFunc(list, func(m BeatMonth) bool { return m.BeatID == beat })]
		m.Places++
		if spots[place] {
			m.SpotsHi, m.SpotsEn = append(m.SpotsHi, hi), append(m.SpotsEn, en)
		}
		if seen {
			m.Seen++
			return nil
		}
		m.UnseenHi, m.UnseenEn = append(m.UnseenHi, hi), append(m.UnseenEn, en)
		return nil
	})
	return wrap(err, "read places of months")
}

// spotsOn are the places of the list of hot-spots that was in force before a moment.
func spotsOn(ctx context.Context, tx pgx.Tx, district int32, centre string, before time.Time) (map[uuid.UUID]bool, error) {
	lists, err := readSpotLists(ctx, tx, district, []string{centre}, before.Add(-time.Millisecond))
	out := map[uuid.UUID]bool{}
	for _, l := range lists {
		for i := range l.Spots {
			out[l.Spots[i].PlaceID] = true
		}
	}
	return out, err
}
