package book

import (
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

// SuggestedRounds is a proposal of who of those on duty sees what is owed, and in which
// order. It sends nothing: a person sends tasks, or does not.
type SuggestedRounds struct {
	At      time.Time
	Vehicle string
	KmH     int
	Rounds  []SuggestedRound
	Left    int // places that are owed something and are in no round
}

// SuggestedRound is the proposal for an officer.
type SuggestedRound struct {
	OfficerID uuid.UUID
	Role      string
	Fixed     bool // it begins where he was last seen, not at the centre
	Until     time.Time
	Stops     []RoundStop
	Metres    int
	Debt      int64
}

// RoundStop is a place of a round.
type RoundStop struct {
	Place  PlaceDebt
	At     time.Time
	Metres int
}

const (
	roundPlaces = 60            // how many of the most owed places are shared out
	roundUnits  = 50            // among how many officers
	roundShift  = 8 * time.Hour // of a duty, in which rounds are made
)

// roundMakers are whom a round is proposed for: whose work is outside.
//
//nolint:gochecknoglobals // a static table
var roundMakers = []string{staff.BeatOfficer, staff.SquadLeader, staff.SquadMember}

// Rounds proposes rounds for those on duty at a centre, to those who may send tasks there.
func (b *Book) Rounds(ctx context.Context, who staff.Caller, centre, vehicle string) (*SuggestedRounds, error) {
	if vehicle == "" {
		vehicle = "two_wheeler"
	}
	units, err := b.Units(ctx, who, UnitQuery{Centre: centre})
	if err != nil {
		return nil, err
	}
	now := b.now()
	out := &SuggestedRounds{At: now, Vehicle: vehicle, KmH: b.rules.Load().of(who.District).kmh(vehicle, now)}
	var places []PlaceDebt
	var lat, lon *float64
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT lat, lon FROM centres WHERE district_id = $1 AND centre = $2`, who.District, centre).Scan(&lat, &lon); err != nil {
			return fmt.Errorf("read where the centre is: %w", err)
		}
		places, err = readPlaceDebts(ctx, tx, who.District, []string{centre}, out.At)
		return err
	})
	if err != nil {
		return nil, err
	}
	places = slices.DeleteFunc(places, func(p PlaceDebt) bool { return p.Debt == 0 })
	slices.SortFunc(places, moreOwed)
	out.propose(units, places, lat, lon)
	return out, nil
}

// propose shares out the most owed places among the units whose place is known.
func (r *SuggestedRounds) propose(units []Unit, places []PlaceDebt, lat, lon *float64) {
	r.Left = len(places)
	places = places[:min(len(places), roundPlaces)]
	var at []rounds.Unit
	for i := range units {
		u := &units[i]
		p := SuggestedRound{OfficerID: u.OfficerID, Role: u.Role, Until: u.Since.Add(roundShift)}
		unit := rounds.Unit{KmH: float64(r.KmH), From: r.At, Until: p.Until}
		switch {
		case !slices.Contains(roundMakers, u.Role) || !p.Until.After(r.At) || len(at) == roundUnits:
			continue
		case u.Fix != nil && u.Fresh && !u.Fix.Mock:
			p.Fixed, unit.At = true, geo.Point{Lat: u.Fix.Lat, Lon: u.Fix.Lon}
		case lat != nil && lon != nil:
			unit.At = geo.Point{Lat: *lat, Lon: *lon}
		default: // nobody knows where he is
			continue
		}
		at, r.Rounds = append(at, unit), append(r.Rounds, p)
	}
	stops := make([]rounds.Stop, len(places))
	for i := range places {
		p := &places[i]
		stops[i] = rounds.Stop{At: geo.Point{Lat: p.Lat, Lon: p.Lon}, Debt: p.Debt, Opens: hourOn(r.At, p.HoursFrom), Closes: hourOn(r.At, p.HoursTo)}
	}
	for u, plan := range rounds.Plan(at, stops) {
		for _, v := range plan.Visits {
			r.Rounds[u].Stops = append(r.Rounds[u].Stops, RoundStop{places[v.Stop], v.At, int(math.Round(v.Metres))})
			r.Left--
		}
		r.Rounds[u].Metres, r.Rounds[u].Debt = int(math.Round(plan.Metres)), plan.Debt
	}
}

// hourOn is a time of the day (15:04, IST) on the day of a moment; zero if there is none.
func hourOn(at time.Time, hour string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly+" 15:04", day(at)+" "+hour, ist)
	if hour == "" || err != nil {
		return time.Time{}
	}
	return t
}

// PlaceNow is a place of a centre as it is today, for the form of a task that leads there.
func (b *Book) PlaceNow(ctx context.Context, who staff.Caller, id uuid.UUID) (*PlaceVersion, error) {
	var out *PlaceVersion
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+placeVersionColumns+` FROM place_versions WHERE district_id = $1 AND place_id = $2
			AND from_on <= $3::text::date AND (until_on IS NULL OR until_on > $3::text::date)`, who.District, id, day(b.now()))
		if err != nil {
			return fmt.Errorf("read place: %w", err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[PlaceVersion])
		if err != nil {
			return fmt.Errorf("read place: %w", err)
		}
		if len(list) == 0 {
			return refusal(contract.CodeNotFound, "place")
		}
		out = list[0]
		_, err = b.viewOf(ctx, tx, who, out.Centre)
		return err
	})
	return out, err
}
