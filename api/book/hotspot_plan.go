package book

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/geo"
	"kendra/geo/rounds"
	contract "kendra/mobile-contract"
)

// SpotPlan is a draft of a squad's day from the hot-spots of the list in force. It sends
// nothing, and whoever briefs the squad uses it or does not. Two squads of a centre get the
// same draft: who goes where is for a person to say.
type SpotPlan struct {
	Centre, Date string
	SquadID      *uuid.UUID
	List         *SpotList // nil: none is in force
	CarriedOver  bool
	Vehicle      string
	KmH          int
	Metres       int
	Stops        []SpotStop
	Left         int // due that day, and not in the plan
}

// SpotStop is a place in its turn.
type SpotStop struct {
	Spot   SpotDebt
	At     time.Time
	Metres int
	Why    []string

	weighs int64 // what it owes, and more if it was found worse
}

// Why a hot-spot is in a plan.
const (
	whyDue   = "due"            // longer not seen than its list allows
	whyHours = "hours"          // its hours are on that day
	whyWorse = "reviewed_worse" // the last weekly look found it worse
)

const (
	// PlanStopsMost is how many stops a plan has: what a squad can see in a day and brief in a morning.
	PlanStopsMost = 12
	planFrom      = "08:00"
	planTo        = "20:00"
	planAhead     = 14 // days
	// worseDebt is by how many thousandths of a day more a place is taken to be overdue that was found worse.
	worseDebt = 1000
)

// SpotPlan drafts the plan of a day, of today if it is empty, for who may see the list.
func (b *Book) SpotPlan(ctx context.Context, who staff.Caller, q SpotPlanQuery) (*SpotPlan, error) {
	now := b.now()
	if q.Date == "" {
		q.Date = day(now)
	}
	if q.Vehicle == "" {
		q.Vehicle = "two_wheeler"
	}
	at, err := time.ParseInLocation(time.DateOnly, q.Date, ist)
	switch {
	case err != nil:
		return nil, refusal(contract.CodeBadFormat, "date")
	case q.Date < day(now):
		return nil, refusal(contract.CodeTooOld, "date")
	case q.Date > day(now.AddDate(0, 0, planAhead)):
		return nil, refusal(contract.CodeInFuture, "date")
	}
	out := &SpotPlan{Centre: q.Centre, Date: q.Date, SquadID: q.SquadID, Vehicle: q.Vehicle, KmH: b.rules.Load().of(who.District).kmh(q.Vehicle, now)}
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		if _, err := b.ownCentre(ctx, tx, who, q.Centre); err != nil {
			return err
		}
		if q.SquadID != nil {
			squads, err := staff.SquadsOf(ctx, tx, who.District, q.Centre)
			if err != nil {
				return fmt.Errorf("read squads: %w", err)
			}
			if !slices.Contains(squads, *q.SquadID) {
				return refusal(contract.CodeUnknownReference, "squad_id")
			}
		}
		return out.draft(ctx, tx, who.District, at, now)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// SpotPlanQuery asks for the plan of a day.
type SpotPlanQuery struct {
	Centre, Date, Vehicle string
	SquadID               *uuid.UUID
}

func (p *SpotPlan) draft(ctx context.Context, tx pgx.Tx, district int32, date, now time.Time) error {
	var lat, lon *float64
	if err := tx.QueryRow(ctx, `SELECT lat, lon FROM centres WHERE district_id = $1 AND centre = $2`,
		district, p.Centre).Scan(&lat, &lon); err != nil {
		return fmt.Errorf("read where the centre is: %w", err)
	}
	begins, ends := later(hourOn(date, planFrom), now), hourOn(date, planTo)
	lists, err := readSpotLists(ctx, tx, district, []string{p.Centre}, begins)
	if err != nil || len(lists) == 0 {
		return err
	}
	p.List, p.CarriedOver = lists[0], lists[0].Month < monthOf(date)
	known, err := readSpotDebts(ctx, tx, district, lists, later(begins, ends))
	if err != nil {
		return err
	}
	worse, err := foundWorse(ctx, tx, district, p.Centre, p.List, now)
	if err != nil {
		return err
	}
	p.order(dueOn(known, worse, date), begins, ends, lat, lon)
	return nil
}

// foundWorse are the places that the last look at a list found worse.
func foundWorse(ctx context.Context, tx pgx.Tx, district int32, centre string, l *SpotList, now time.Time) (map[uuid.UUID]bool, error) {
	rows, err := tx.Query(ctx, `SELECT `+spotReviewColumns+` FROM spot_reviews WHERE district_id = $1 AND centre = $2 AND list_id = $3
		AND week >= $4::text::date ORDER BY week DESC LIMIT 1`, district, centre, l.ListID, otherWeek(mondayOf(now), -2))
	if err != nil {
		return nil, fmt.Errorf("read the last weekly look: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanSpotReview)
	out := map[uuid.UUID]bool{}
	for _, r := range list {
		for _, s := range r.Spots {
			out[s.PlaceID] = s.Result == resultWorse
		}
	}
	return out, wrap(err, "read the last weekly look")
}

// dueOn are the hot-spots that are to be seen on a day, the most owed first, each with why. One
// that was seen that day already is not seen twice.
func dueOn(known []SpotDebt, worse map[uuid.UUID]bool, date time.Time) []SpotStop {
	var out []SpotStop
	weekday := (int(date.Weekday()) + 6) % 7
	for i := range known {
		s := &known[i]
		seen := s.LastAt != nil && day(*s.LastAt) == day(date)
		if s.Gone || seen || s.daysMask()>>weekday&1 == 0 || s.Debt == 0 && !worse[s.PlaceID] {
			continue
		}
		one := SpotStop{Spot: *s, weighs: s.Debt}
		if s.Debt > 0 {
			one.Why = append(one.Why, whyDue)
		}
		if s.HoursFrom != "" {
			one.Why = append(one.Why, whyHours)
		}
		if worse[s.PlaceID] {
			one.Why = append(one.Why, whyWorse)
			one.weighs += int64(s.Weight) * worseDebt
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b SpotStop) int {
		return cmp.Or(cmp.Compare(b.weighs, a.weighs), compareIDs(a.Spot.PlaceID, b.Spot.PlaceID))
	})
	return out
}

// order puts the stops into an order that one unit can keep within the day, from the station,
// or from the first of them where nobody has said where the station is. If more fit than a
// plan has, the most owed are ordered again.
func (p *SpotPlan) order(due []SpotStop, from, until time.Time, lat, lon *float64) {
	p.Left = len(due)
	if len(due) == 0 || !until.After(from) {
		return
	}
	unit := rounds.Unit{At: geo.Point{Lat: due[0].Spot.Lat, Lon: due[0].Spot.Lon}, KmH: float64(p.KmH), From: from, Until: until}
	if lat != nil && lon != nil {
		unit.At = geo.Point{Lat: *lat, Lon: *lon}
	}
	plan := p.planned(unit, due)
	if len(plan.Visits) > PlanStopsMost {
		kept := make([]int, len(plan.Visits))
		for i, v := range plan.Visits {
			kept[i] = v.Stop
		}
		slices.Sort(kept) // they stand by what they owe
		few := make([]SpotStop, PlanStopsMost)
		for i := range few {
			few[i] = due[kept[i]]
		}
		due, plan = few, p.planned(unit, few)
	}
	for _, v := range plan.Visits {
		stop := due[v.Stop]
		stop.At, stop.Metres = v.At, int(math.Round(v.Metres))
		p.Stops = append(p.Stops, stop)
		p.Left--
	}
	p.Metres = int(math.Round(plan.Metres))
}

func (p *SpotPlan) planned(unit rounds.Unit, due []SpotStop) rounds.Round {
	stops := make([]rounds.Stop, len(due))
	for i := range due {
		s := &due[i].Spot
		stops[i] = rounds.Stop{
			At: geo.Point{Lat: s.Lat, Lon: s.Lon}, Debt: due[i].weighs, Opens: hourOn(unit.From, s.HoursFrom), Closes: hourOn(unit.From, s.HoursTo),
		}
	}
	return rounds.Plan([]rounds.Unit{unit}, stops)[0]
}

// OwnSpotPlan is today's plan for who goes out with a squad: that of the first such post. Nil is
// none.
func (b *Book) OwnSpotPlan(ctx context.Context, who staff.Caller) (*SpotPlan, error) {
	now := b.now()
	for _, p := range who.Posts {
		if p.Covers(now) && p.Centre != HQ && (p.Role == staff.SquadLeader || p.Role == staff.SquadMember) {
			plan, err := b.SpotPlan(ctx, who, SpotPlanQuery{Centre: p.Centre, SquadID: p.SquadID})
			if err != nil || plan.List == nil {
				return nil, err
			}
			return plan, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none, and that is no error
}
