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

// Unit is an officer who is on duty now, with the last that his phone said of
// where he is.
type Unit struct {
	OfficerID uuid.UUID
	Role      string
	SquadID   *uuid.UUID
	Since     time.Time // of his duty
	Fix       *Fix      // nil: none since the duty began
	Fresh     bool      // the fix is not older than FixFresh
	Km        float64   // by the way from the place that was asked about, as the rules take it

	metres float64 // in a straight line
}

// UnitQuery says whose units are asked for, and from where distances count.
type UnitQuery struct {
	Centre   string
	Lat, Lon *float64 // nil: from nowhere
}

// FixFresh is how old a fix may be that still says where somebody is.
const FixFresh = 30 * time.Minute

// Units lists who is on duty at a centre, the nearest first, for those who may
// send tasks there and for nobody else. Who is off duty is not in it, nor where
// he was before, nor a fix of his duty at another centre.
func (b *Book) Units(ctx context.Context, who staff.Caller, q UnitQuery) ([]Unit, error) {
	from, err := q.from()
	if err != nil {
		return nil, err
	}
	now := b.now()
	rules := b.rules.Load().of(who.District)
	rule := rules.unitRule(now)
	var out []Unit
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, q.Centre)
		if err != nil {
			return err
		}
		if !v.tasks {
			return refusal(contract.CodeForbidden, "")
		}
		rows, err := tx.Query(ctx, `SELECT `+unitColumns+`
			FROM (SELECT DISTINCT ON (officer_id) officer_id, role, squad_id, started_at FROM duties
				WHERE district_id = $1 AND centre = $2 AND ended_at IS NULL AND started_at > $3 AND started_at <= $4
				ORDER BY officer_id, started_at DESC) d
			LEFT JOIN last_fixes f ON f.district_id = $1 AND f.officer_id = d.officer_id AND f.centre = $2
				AND f.at >= d.started_at AND f.at <= $5`,
			who.District, q.Centre, now.Add(-rules.longestDuty()), now, now.Add(positionsAhead))
		if err != nil {
			return fmt.Errorf("read units: %w", err)
		}
		out, err = pgx.CollectRows(rows, scanUnit)
		return wrap(err, "read units")
	})
	if err != nil {
		return nil, err
	}
	out = onDutyStill(out, rules, now)
	for i := range out {
		out[i].measure(from, now, rule)
	}
	slices.SortFunc(out, nearer)
	return out, nil
}

// from is the place that a query counts from; nil if it names none.
func (q *UnitQuery) from() (*geo.Point, error) {
	if q.Lat == nil || q.Lon == nil {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	p, err := geo.NewPoint(*q.Lat, *q.Lon)
	if err != nil {
		return nil, refusal(contract.CodeBadFormat, "near")
	}
	return &p, nil
}

func scanUnit(row pgx.CollectableRow) (Unit, error) {
	var u Unit
	var at *time.Time
	var lat, lon, accuracy *float64
	var mock *bool
	err := row.Scan(&u.OfficerID, &u.Role, &u.SquadID, &u.Since, &at, &lat, &lon, &accuracy, &mock)
	if err == nil && at != nil {
		u.Fix = &Fix{At: *at, Lat: *lat, Lon: *lon, AccuracyM: *accuracy, Mock: *mock}
	}
	return u, err
}

// measure tells how old the fix is and how far away.
func (u *Unit) measure(from *geo.Point, now time.Time, rule *unitRule) {
	if u.Fix == nil {
		return
	}
	u.Fresh = now.Sub(u.Fix.At) <= FixFresh
	if from != nil {
		u.metres = geo.Distance(*from, geo.Point{Lat: u.Fix.Lat, Lon: u.Fix.Lon})
		u.Km = rule.way(u.metres)
	}
}

// nearer orders units: those whose place is known now by distance, then those
// whose last fix is old or made up, then those without any.
func nearer(a, b Unit) int {
	rank := func(u *Unit) int {
		switch {
		case u.Fix == nil:
			return 2
		case !u.Fresh, u.Fix.Mock:
			return 1
		}
		return 0
	}
	return cmp.Or(rank(&a)-rank(&b), cmp.Compare(a.Km, b.Km), compareIDs(a.OfficerID, b.OfficerID))
}

// Spot is about where a task is: the cell of some 350 m across in which its
// place lies. One that is about a case has none: where it leads may be where a
// woman lives.
func (t *TaskView) Spot() (middle geo.Point, corners []geo.Point, ok bool) {
	p := t.Said.Place
	if p == nil || t.CaseID != nil || t.Said.CaseID != nil {
		return geo.Point{}, nil, false
	}
	at, err := geo.NewPoint(p.Lat, p.Lon)
	if err != nil {
		return geo.Point{}, nil, false
	}
	fine, err := geo.CellAt(at)
	if err != nil {
		return geo.Point{}, nil, false
	}
	cell := fine.Parent(spotRes)
	middle, err = cell.Center()
	if err == nil {
		corners, err = cell.Boundary()
	}
	return middle, corners, err == nil
}

// spotRes is the resolution of the cell by which a task's place is told.
const spotRes = 9

// SendsTasks tells whether a caller may send tasks at a centre, and so see who is
// on duty there, and where.
func (b *Book) SendsTasks(who staff.Caller, centre string) bool {
	v, err := b.viewAs(who, centre, "")
	return err == nil && v.tasks
}
