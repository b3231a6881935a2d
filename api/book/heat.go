package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/geo/heat"
	contract "kendra/mobile-contract"
)

// HeatWeek is the heat of complaints as it was published for a week: kendra/geo/heat says
// what it tells, and what it cannot.
type HeatWeek struct {
	Week   string // its Monday
	MadeAt *time.Time
	Rows   []heat.Row
	Weeks  []string // for which there is one, the newest first
}

// HeatListed is how many weeks a reader may choose from.
const HeatListed = 60

// heatReaders are the posts that see where complaints come from: who plans for a circle or
// the district, and who counts for them.
//
//nolint:gochecknoglobals // a static table
var heatReaders = []string{staff.CO, staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP, staff.Analyst}

// Heat reads what was published for the week with that Monday, or the newest there is if
// it is empty. It takes no other question.
func (b *Book) Heat(ctx context.Context, who staff.Caller, week string) (*HeatWeek, error) {
	now := b.now()
	if !slices.ContainsFunc(who.Posts, func(p staff.Post) bool { return p.Covers(now) && slices.Contains(heatReaders, p.Role) }) {
		return nil, refusal(contract.CodeForbidden, "")
	}
	if week != "" {
		if at, err := time.Parse(time.DateOnly, week); err != nil || at.Weekday() != time.Monday {
			return nil, refusal(contract.CodeBadFormat, "week")
		}
	}
	out := &HeatWeek{Week: week, Rows: []heat.Row{}}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT week::text FROM heat_snapshots WHERE district_id = $1 ORDER BY week DESC LIMIT $2`, who.District, HeatListed)
		if err != nil {
			return fmt.Errorf("list weeks of heat: %w", err)
		}
		if out.Weeks, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return fmt.Errorf("list weeks of heat: %w", err)
		}
		if out.Week == "" && len(out.Weeks) > 0 {
			out.Week = out.Weeks[0]
		}
		if !slices.Contains(out.Weeks, out.Week) {
			return nil
		}
		return out.read(ctx, tx, who.District)
	})
	return out, err
}

func (w *HeatWeek) read(ctx context.Context, tx pgx.Tx, district int32) error {
	rows, err := tx.Query(ctx, `SELECT told, made_at FROM heat_snapshots WHERE district_id = $1 AND week > $2::text::date - 7 * $3::int
		AND week <= $2::text::date ORDER BY week`, district, w.Week, heat.Window)
	if err != nil {
		return fmt.Errorf("read heat: %w", err)
	}
	var weeks [][]heat.Group
	var told string
	var made time.Time
	if _, err := pgx.ForEachRow(rows, []any{&told, &made}, func() error {
		var groups []heat.Group
		weeks, w.MadeAt = append(weeks, groups), &made
		return unjson(told, &weeks[len(weeks)-1])
	}); err != nil {
		return fmt.Errorf("read heat: %w", err)
	}
	w.Rows = append(w.Rows, heat.Sum(weeks...)...)
	return nil
}
