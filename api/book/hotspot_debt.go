package book

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
)

// SpotDebt is a place on a list and what it is owed.
type SpotDebt struct {
	Spot

	Centre               string
	Code, NameHi, NameEn string
	Kind                 string
	Gone                 bool // it is no longer on the list of places, and is owed nothing
	Lat, Lon             float64
	LastAt               *time.Time // that counts, whenever it was
	Overdue, Debt        int64      // thousandths of a day
}

// SpotSums is what hot-spots owe together.
type SpotSums struct {
	Places  int // on the lists in force
	Overdue int // of those
	Debt    int64
}

func (s *SpotSums) add(o SpotSums) {
	s.Places, s.Overdue, s.Debt = s.Places+o.Places, s.Overdue+o.Overdue, s.Debt+o.Debt
}

// readSpotLists reads the list of each centre that is in force at a moment.
func readSpotLists(ctx context.Context, tx pgx.Tx, district int32, centres []string, at time.Time) ([]*SpotList, error) {
	rows, err := tx.Query(ctx, `SELECT l.* FROM unnest($2::text[]) AS c (code), LATERAL (SELECT `+spotListColumns+` FROM spot_lists
		WHERE district_id = $1 AND centre = c.code AND from_at <= $3 ORDER BY from_at DESC, seq DESC LIMIT 1) l`, district, centres, at)
	if err != nil {
		return nil, fmt.Errorf("read lists of hot-spots: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanSpotList)
	return list, wrap(err, "read lists of hot-spots")
}

// seenThen (SQL) are the visits x of a place u that the book of a moment ($7) knew.
const seenThen = ` FROM spot_visits x WHERE x.place_id = u.place_id AND x.district_id = $1 AND x.at <= $7
	AND x.known_at <= $7 AND (x.struck_at IS NULL OR x.struck_at > $7)`

// readSpotDebts says what the places of lists are owed at a moment, in the order of the lists.
// One that the list of places does not have on that day is told of as it was last. The last
// visits of a place are looked at first: nearly always one of them counts, and the planner, which
// knows nothing of hours, would else read and sort all of them. Where none of those counts, what
// is older than the longest debt and the longest wait together changes nothing.
func readSpotDebts(ctx context.Context, tx pgx.Tx, district int32, lists []*SpotList, at time.Time) ([]SpotDebt, error) {
	var out []SpotDebt
	var ids []uuid.UUID
	var from, to []string
	var days []int64
	for _, l := range lists {
		for i := range l.Spots {
			s := &l.Spots[i]
			begins, ends := s.hours()
			out = append(out, SpotDebt{Spot: *s, Centre: l.Centre, Gone: true})
			ids, from, to, days = append(ids, s.PlaceID), append(from, begins), append(to, ends), append(days, int64(s.daysMask()))
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT u.i, v.code, v.hi, v.en, v.kind, v.lat, v.lon, v.gone, coalesce(
			(SELECT x.at FROM (SELECT x.at, x.began_at`+seenThen+` ORDER BY x.at DESC LIMIT 64) x WHERE `+seenInHours+` ORDER BY x.at DESC LIMIT 1),
			(SELECT x.at`+seenThen+` AND x.at > $7::timestamptz - interval '400 days' AND `+seenInHours+` ORDER BY x.at DESC LIMIT 1))
		FROM (SELECT i, place_id, hours_from::time, hours_to::time, days FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[])
			WITH ORDINALITY AS w (place_id, hours_from, hours_to, days, i)) u,
		LATERAL (SELECT code, hi, en, kind, lat, lon, NOT (from_on <= $6::text::date AND (until_on IS NULL OR until_on > $6::text::date)) AS gone
			FROM place_versions WHERE district_id = $1 AND place_id = u.place_id
			ORDER BY from_on <= $6::text::date AND (until_on IS NULL OR until_on > $6::text::date) DESC, from_on DESC LIMIT 1) v`,
		district, ids, from, to, days, day(at), at)
	if err != nil {
		return nil, fmt.Errorf("read what hot-spots are owed: %w", err)
	}
	var i int
	var p SpotDebt
	_, err = pgx.ForEachRow(rows, []any{&i, &p.Code, &p.NameHi, &p.NameEn, &p.Kind, &p.Lat, &p.Lon, &p.Gone, &p.LastAt}, func() error {
		s := &out[i-1]
		s.Code, s.NameHi, s.NameEn, s.Kind, s.Lat, s.Lon, s.Gone, s.LastAt = p.Code, p.NameHi, p.NameEn, p.Kind, p.Lat, p.Lon, p.Gone, p.LastAt
		s.owes(at)
		return nil
	})
	return out, wrap(err, "read what hot-spots are owed")
}

// owes says what the place is owed at a moment; nothing by a list that is not agreed.
func (s *SpotDebt) owes(at time.Time) {
	if s.Gone || s.Since.IsZero() || s.Since.After(at) {
		return
	}
	since := s.Since
	if s.LastAt != nil {
		since = later(since, *s.LastAt)
	}
	s.Overdue = Overdue(s.EveryDays, since, at)
	s.Debt = int64(s.Weight) * s.Overdue
}

// SpotsAt is what the hot-spots of a centre's list in force owe at a moment, for tools, which
// no post binds.
func (b *Book) SpotsAt(ctx context.Context, district int32, centre string, at time.Time) (out []SpotDebt, err error) {
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		lists, err := readSpotLists(ctx, tx, district, []string{centre}, at)
		if err != nil {
			return err
		}
		out, err = readSpotDebts(ctx, tx, district, lists, at)
		return err
	})
	return out, err
}

// OwnSpots are the hot-spots of the list in force, for who may see it.
func (b *Book) OwnSpots(ctx context.Context, who staff.Caller, centre string) (out []SpotDebt, err error) {
	now := b.now()
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		if _, err := b.ownCentre(ctx, tx, who, centre); err != nil {
			return err
		}
		lists, err := readSpotLists(ctx, tx, who.District, []string{centre}, now)
		if err != nil {
			return err
		}
		out, err = readSpotDebts(ctx, tx, who.District, lists, now)
		return err
	})
	return out, err
}

// spotSums adds up the hot-spots of lists by centre.
func spotSums(ctx context.Context, tx pgx.Tx, district int32, centres []string, at time.Time) (map[string]SpotSums, error) {
	lists, err := readSpotLists(ctx, tx, district, centres, at)
	if err != nil {
		return nil, err
	}
	debts, err := readSpotDebts(ctx, tx, district, lists, at)
	out := map[string]SpotSums{}
	for i := range debts {
		s := &debts[i]
		if s.Gone {
			continue
		}
		one := SpotSums{Places: 1, Debt: s.Debt}
		if s.Debt > 0 {
			one.Overdue = 1
		}
		sum := out[s.Centre]
		sum.add(one)
		out[s.Centre] = sum
	}
	return out, err
}

// addSpots puts the sums of hot-spots into the tree, beside those of places.
func (c *Coverage) addSpots(sums map[string]SpotSums) {
	for i := range c.Circles {
		circle := &c.Circles[i]
		for j := range circle.Stations {
			s := &circle.Stations[j]
			s.Spots = sums[s.Centre]
			circle.Spots.add(s.Spots)
			c.Spots.add(s.Spots)
		}
	}
}
