package book

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/geo"
	contract "kendra/mobile-contract"
)

// Coverage is what was owed at a moment: by circle, station and beat, to each place, by
// cells.
type Coverage struct {
	At      time.Time
	Circles []CircleDebt
	Owed    []PlaceDebt // all places that owe something, the most first
	Cells   []CellDebt  // of resolution 9, in order; only those that owe
	Spots   SpotSums    // hot-spots of the lists in force: required rounds beside the places' own
	Sums
}

// Sums is what places owe together. Debts are thousandths of a day, by weight.
type Sums struct {
	Places  int   // on the list that day
	Overdue int   // of those
	Never   int   // of those: not seen since they are on the list
	Debt    int64 // of those
}

func (s *Sums) add(p *PlaceDebt) {
	s.Places++
	if s.Debt += p.Debt; p.Debt > 0 {
		s.Overdue++
	}
	if p.LastAt == nil {
		s.Never++
	}
}

// CircleDebt is a circle; its code is empty for stations that have none.
type CircleDebt struct {
	Circle   string
	Stations []StationDebt
	Spots    SpotSums
	Sums
}

// StationDebt is a station with its beats.
type StationDebt struct {
	Centre string
	Beats  []BeatDebt
	Spots  SpotSums
	Sums
}

// BeatDebt is a beat with the rounds that it is owed; without an id, the places of a
// station that belong to none.
type BeatDebt struct {
	BeatID                       *uuid.UUID
	Centre, Code, NameHi, NameEn string
	PerWeek                      int // 0: nothing is said
	Rounds                       int // days with a visit, of the last seven
	Owed                         int
	Chaupals, ChaupalsOwed       int // held in the last seven days, and owed
	Sums
}

// PlaceDebt is a place and what it is owed.
type PlaceDebt struct {
	PlaceID              uuid.UUID
	Centre, Code         string
	NameHi, NameEn, Kind string
	BeatID               *uuid.UUID
	Lat, Lon             float64
	Cell                 geo.Cell // of resolution 10
	EveryDays, Weight    int
	HoursFrom, HoursTo   string
	Listed               time.Time
	LastAt               *time.Time // nil: not since it is on the list
	Overdue, Debt        int64      // thousandths of a day
}

// CellDebt is what the places of a cell are owed together.
type CellDebt struct {
	Cell geo.Cell
	Debt int64
}

// CoverageQuery asks about a centre, or the centres of a circle, or all that the caller may
// see, at a moment (zero: now).
type CoverageQuery struct {
	Centre, Circle string
	At             time.Time
}

// coverers are the posts that see what is owed at what they reach: who works at a station
// sees his own, for it is his work.
//
//nolint:gochecknoglobals // a static table
var coverers = []string{
	staff.BeatOfficer, staff.SquadMember, staff.SquadLeader, staff.DeskOfficer, staff.Counsellor, staff.CentreIncharge, staff.SHO,
	staff.Dispatcher, staff.CO, staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP,
}

// coveredCentre is a centre with its circle.
type coveredCentre struct{ centre, circle string }

// Coverage reads what is owed.
func (b *Book) Coverage(ctx context.Context, who staff.Caller, q CoverageQuery) (*Coverage, error) {
	now := b.now()
	if q.At.IsZero() {
		q.At = now
	}
	if q.At.After(now) {
		return nil, refusal(contract.CodeInFuture, "at")
	}
	var out *Coverage
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		if q.Centre != "" {
			if _, err := b.viewOf(ctx, tx, who, q.Centre); err != nil {
				return err
			}
		}
		all, err := centresOf(ctx, tx, who.District, q)
		if err != nil {
			return err
		}
		mine := slices.DeleteFunc(all, func(c coveredCentre) bool { return !b.covers(who, c, now) })
		if len(mine) == 0 {
			return refusal(contract.CodeForbidden, "centre")
		}
		out, err = b.readCoverage(ctx, tx, who.District, mine, q.At)
		return err
	})
	return out, err
}

func (b *Book) covers(who staff.Caller, c coveredCentre, now time.Time) bool {
	return holdsPost(who, c, now, coverers)
}

// holdsPost tells whether a post of the caller that reaches a centre is one of some roles.
func holdsPost(who staff.Caller, c coveredCentre, now time.Time, roles []string) bool {
	reach := &batch{centre: c.centre, circle: c.circle}
	return slices.ContainsFunc(who.Posts, func(p staff.Post) bool {
		return p.Covers(now) && reach.reaches(p) && slices.Contains(roles, p.Role)
	})
}

// ownCentre is a centre of which the caller may see what is owed: he works there, or is above.
func (b *Book) ownCentre(ctx context.Context, tx pgx.Tx, who staff.Caller, centre string) (c coveredCentre, err error) {
	if _, err := b.viewOf(ctx, tx, who, centre); err != nil {
		return c, err
	}
	c.centre = centre
	if err := tx.QueryRow(ctx, `SELECT coalesce(circle, '') FROM centres WHERE district_id = $1 AND centre = $2`,
		who.District, centre).Scan(&c.circle); err != nil {
		return c, fmt.Errorf("read centre: %w", err)
	}
	if !b.covers(who, c, b.now()) {
		return c, refusal(contract.CodeForbidden, "centre")
	}
	return c, nil
}

// CoverageAt is Coverage for tools, which no post binds.
func (b *Book) CoverageAt(ctx context.Context, district int32, q CoverageQuery) (out *Coverage, err error) {
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		centres, err := centresOf(ctx, tx, district, q)
		if err != nil {
			return err
		}
		out, err = b.readCoverage(ctx, tx, district, centres, q.At)
		return err
	})
	return out, err
}

func centresOf(ctx context.Context, tx pgx.Tx, district int32, q CoverageQuery) ([]coveredCentre, error) {
	rows, err := tx.Query(ctx, `SELECT centre, coalesce(circle, '') FROM centres WHERE district_id = $1 AND centre <> $2
		AND ($3 = '' OR centre = $3) AND ($4 = '' OR circle = $4) ORDER BY coalesce(circle, ''), centre`, district, HQ, q.Centre, q.Circle)
	if err != nil {
		return nil, fmt.Errorf("list centres: %w", err)
	}
	var out []coveredCentre
	var c coveredCentre
	_, err = pgx.ForEachRow(rows, []any{&c.centre, &c.circle}, func() error {
		out = append(out, c)
		return nil
	})
	return out, wrap(err, "list centres")
}

// A version is on the list without a gap since the last version that began on no day on
// which another ended.
const (
	placesListed = `(SELECT max(f.from_on) FROM place_versions f WHERE f.district_id = v.district_id AND f.place_id = v.place_id
		AND f.from_on <= v.from_on AND NOT EXISTS (SELECT FROM place_versions g WHERE g.district_id = f.district_id
			AND g.place_id = f.place_id AND g.until_on = f.from_on))`
	beatsListed = `(SELECT max(f.from_on) FROM beat_versions f WHERE f.district_id = v.district_id AND f.beat_id = v.beat_id
		AND f.from_on <= v.from_on AND NOT EXISTS (SELECT FROM beat_versions g WHERE g.district_id = f.district_id
			AND g.beat_id = f.beat_id AND g.until_on = f.from_on))`
	// ofThen are the visits that counted at a moment ($4).
	ofThen  = `x.district_id = v.district_id AND x.at <= $4 AND x.known_at <= $4 AND (x.struck_at IS NULL OR x.struck_at > $4)`
	thatDay = `v.district_id = $1 AND v.centre = ANY($2) AND v.from_on <= $3::text::date AND (v.until_on IS NULL OR v.until_on > $3::text::date)`
)

func readPlaceDebts(ctx context.Context, tx pgx.Tx, district int32, centres []string, at time.Time) ([]PlaceDebt, error) {
	rows, err := tx.Query(ctx, `SELECT v.place_id, v.centre, v.code, v.hi, v.en, v.kind, v.beat_id, v.lat, v.lon, v.cell, v.every_days, v.weight,
			v.hours_from, v.hours_to, `+placesListed+`::text, l.at
		FROM place_versions v LEFT JOIN LATERAL (SELECT x.at FROM place_visits x WHERE x.place_id = v.place_id AND `+ofThen+`
			ORDER BY x.at DESC LIMIT 1) l ON true WHERE `+thatDay, district, centres, day(at), at)
	if err != nil {
		return nil, fmt.Errorf("read what places are owed: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p PlaceDebt, err error) {
		var listed string
		err = row.Scan(&p.PlaceID, &p.Centre, &p.Code, &p.NameHi, &p.NameEn, &p.Kind, &p.BeatID, &p.Lat, &p.Lon, &p.Cell, &p.EveryDays,
			&p.Weight, &p.HoursFrom, &p.HoursTo, &listed, &p.LastAt)
		if err == nil {
			p.Listed, err = time.ParseInLocation(time.DateOnly, listed, ist)
		}
		p.owes(at)
		return p, err
	})
	return out, wrap(err, "read what places are owed")
}

// owes says what the place is owed at a moment.
func (p *PlaceDebt) owes(at time.Time) {
	since := p.Listed
	if p.LastAt != nil && p.LastAt.Before(since) { // of an earlier time on the list
		p.LastAt = nil
	}
	if p.LastAt != nil {
		since = *p.LastAt
	}
	p.Overdue = Overdue(p.EveryDays, since, at)
	p.Debt = int64(p.Weight) * p.Overdue
}

func readBeatDebts(ctx context.Context, tx pgx.Tx, district int32, centres []string, at time.Time, chaupals int) ([]BeatDebt, error) {
	first := endOfDay(at.In(ist).AddDate(0, 0, -beatDays))
	rows, err := tx.Query(ctx, `SELECT v.beat_id, v.centre, v.code, v.hi, v.en, v.per_week, `+beatsListed+`::text,
			(SELECT count(DISTINCT (x.at AT TIME ZONE 'Asia/Kolkata')::date) FROM place_visits x
				WHERE x.beat_id = v.beat_id AND x.at >= $5 AND `+ofThen+`),
			(SELECT count(*) FROM place_visits x JOIN lines l ON l.district_id = x.district_id AND l.centre = x.centre AND l.register = $6
				AND l.year = x.year AND l.serial = x.serial AND l.sums::jsonb ? 'chaupal'
				WHERE x.beat_id = v.beat_id AND x.at >= $5 AND `+ofThen+`)
		FROM beat_versions v WHERE `+thatDay+` ORDER BY v.centre, v.code`, district, centres, day(at), at, first, registerWomenBeat)
	if err != nil {
		return nil, fmt.Errorf("read what beats are owed: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (b BeatDebt, err error) {
		var listed string
		if err = row.Scan(&b.BeatID, &b.Centre, &b.Code, &b.NameHi, &b.NameEn, &b.PerWeek, &listed, &b.Rounds, &b.Chaupals); err != nil {
			return b, err
		}
		since, err := time.ParseInLocation(time.DateOnly, listed, ist)
		b.Owed, b.ChaupalsOwed = Owed(b.PerWeek, b.Rounds, since, at), Owed(chaupals, b.Chaupals, since, at)
		return b, err
	})
	return out, wrap(err, "read what beats are owed")
}

func (b *Book) readCoverage(ctx context.Context, tx pgx.Tx, district int32, centres []coveredCentre, at time.Time) (*Coverage, error) {
	codes := make([]string, len(centres))
	for i, c := range centres {
		codes[i] = c.centre
	}
	places, err := readPlaceDebts(ctx, tx, district, codes, at)
	if err != nil {
		return nil, err
	}
	beats, err := readBeatDebts(ctx, tx, district, codes, at, b.rules.Load().of(district).chaupals(at))
	if err != nil {
		return nil, err
	}
	out := &Coverage{At: at, Circles: treeOf(centres, beats, places), Cells: cellsOf(places)}
	for i := range places {
		if out.add(&places[i]); places[i].Debt > 0 {
			out.Owed = append(out.Owed, places[i])
		}
	}
	slices.SortFunc(out.Owed, moreOwed)
	spots, err := spotSums(ctx, tx, district, codes, at)
	if err != nil {
		return nil, err
	}
	out.addSpots(spots)
	return out, nil
}

// moreOwed orders places: what owes most first, of the same the longer overdue, then by id.
func moreOwed(a, b PlaceDebt) int {
	return cmp.Or(cmp.Compare(b.Debt, a.Debt), cmp.Compare(b.Overdue, a.Overdue), compareIDs(a.PlaceID, b.PlaceID))
}

// treeOf adds places up by beat, station and circle. Hot-spots are required rounds by the
// month's list (hotspot_visit.go): they are added up beside the places, and change nothing of
// what these owe.
func treeOf(centres []coveredCentre, beats []BeatDebt, places []PlaceDebt) []CircleDebt {
	byCentre := map[string][]*PlaceDebt{}
	for i := range places {
		byCentre[places[i].Centre] = append(byCentre[places[i].Centre], &places[i])
	}
	var out []CircleDebt
	for _, c := range centres {
		if n := len(out); n == 0 || out[n-1].Circle != c.circle {
			out = append(out, CircleDebt{Circle: c.circle})
		}
		circle, s := &out[len(out)-1], StationDebt{Centre: c.centre}
		at, none := map[uuid.UUID]int{}, BeatDebt{Centre: c.centre}
		for _, b := range beats {
			if b.Centre == c.centre {
				at[*b.BeatID] = len(s.Beats)
				s.Beats = append(s.Beats, b)
			}
		}
		for _, p := range byCentre[c.centre] {
			s.add(p)
			circle.add(p)
			of := &none
			if p.BeatID != nil {
				if i, ok := at[*p.BeatID]; ok {
					of = &s.Beats[i]
				}
			}
			of.add(p)
		}
		if none.Places > 0 {
			s.Beats = append(s.Beats, none)
		}
		circle.Stations = append(circle.Stations, s)
	}
	return out
}

const cellsFine = 9 // the finest cells by which debts are told

func cellsOf(places []PlaceDebt) []CellDebt {
	list := make([]CellDebt, 0, len(places))
	for i := range places {
		if p := &places[i]; p.Debt > 0 {
			list = append(list, CellDebt{p.Cell.Parent(cellsFine), p.Debt})
		}
	}
	slices.SortFunc(list, func(a, b CellDebt) int { return cmp.Compare(a.Cell, b.Cell) })
	return merged(list)
}

// merged adds up neighbours in a list that are the same cell.
func merged(list []CellDebt) []CellDebt {
	var out []CellDebt
	for _, c := range list {
		if n := len(out); n > 0 && out[n-1].Cell == c.Cell {
			out[n-1].Debt += c.Debt
		} else {
			out = append(out, c)
		}
	}
	return out
}

// RollUp gives the same debts by the coarser cells of a resolution, 8 or 7.
func RollUp(cells []CellDebt, res int) []CellDebt {
	list := make([]CellDebt, len(cells))
	for i, c := range cells {
		list[i] = CellDebt{c.Cell.Parent(res), c.Debt}
	}
	return merged(list) // parents come in the order of their children
}

// OwnDueMost is how many places a phone is told of.
const OwnDueMost = 20

// OwnDue lists the places that are owed most where the caller works: of the beats of his
// posts, or of his station when he has none. Where he is only his phone knows.
func (b *Book) OwnDue(ctx context.Context, who staff.Caller) ([]PlaceDebt, error) {
	now := b.now()
	var centres []string
	beats := map[string][]uuid.UUID{} // by centre, where he has beats there
	whole := map[string]bool{}        // where a post of his has none
	for _, p := range who.Posts {
		if p.Covers(now) && slices.Contains(visitors, p.Role) && p.Centre != HQ {
			centres = append(centres, p.Centre)
			if p.BeatID != nil {
				beats[p.Centre] = append(beats[p.Centre], *p.BeatID)
			} else {
				whole[p.Centre] = true
			}
		}
	}
	if len(centres) == 0 {
		return nil, nil
	}
	var out []PlaceDebt
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		list, err := readPlaceDebts(ctx, tx, who.District, centres, now)
		out = slices.DeleteFunc(list, func(p PlaceDebt) bool {
			return p.Debt == 0 || !whole[p.Centre] && (p.BeatID == nil || !slices.Contains(beats[p.Centre], *p.BeatID))
		})
		return err
	})
	slices.SortFunc(out, moreOwed)
	return out[:min(len(out), OwnDueMost)], err
}
