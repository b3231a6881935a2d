package book

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Hotspots are the hot-spots of a centre in a month, as far as the caller may see them.
type Hotspots struct {
	Centre, Month string
	At            time.Time
	InForce       *SpotList // at the end of the month, as far as is known; nil: none
	CarriedOver   bool      // it is the list of an earlier month
	Spots         []SpotDebt
	Draft         *SpotList // the newest of the month, if it waits or was sent back
	DraftSpots    []SpotDebt
	MayTell       bool // the caller's post proposes or decides
	MayDecide     bool
	Proposals     []SpotTold
	Reviews       []*SpotReview // of the last weeks, the newest first
}

// SpotReviewsListed is how many weekly looks are told of.
const SpotReviewsListed = 10

// spotDeciders are who sets a list, and who agrees to it.
//
//nolint:gochecknoglobals // a static table
var spotDeciders = []string{staff.CentreIncharge, staff.SHO, staff.CO}

// Hotspots reads a month, the present one if it is empty.
func (b *Book) Hotspots(ctx context.Context, who staff.Caller, centre, month string) (*Hotspots, error) {
	now := b.now()
	if month == "" {
		month = monthOf(now)
	}
	if _, err := time.Parse("2006-01", month); err != nil {
		return nil, refusal(contract.CodeBadFormat, "month")
	}
	if month > otherMonth(monthOf(now), 1) {
		return nil, refusal(contract.CodeInFuture, "month")
	}
	out := &Hotspots{Centre: centre, Month: month, At: now}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		c, err := b.ownCentre(ctx, tx, who, centre)
		if err != nil {
			return err
		}
		if err := out.readLists(ctx, tx, who.District); err != nil {
			return err
		}
		if err := out.readReviews(ctx, tx, who.District); err != nil {
			return err
		}
		out.MayDecide = holdsPost(who, c, now, spotDeciders)
		if out.MayTell = out.MayDecide || holdsPost(who, c, now, spotTellers); !out.MayTell {
			return nil
		}
		q := toldQuery{district: who.District, centre: centre, now: now, decides: out.MayDecide, rules: b.rules.Load().of(who.District)}
		out.Proposals, err = q.read(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// readLists reads the list in force and the draft. That of the next month is the one that
// will be in force then, if no other is agreed.
func (h *Hotspots) readLists(ctx context.Context, tx pgx.Tx, district int32) error {
	end := monthStart(otherMonth(h.Month, 1)).Add(-time.Millisecond)
	lists, err := readSpotLists(ctx, tx, district, []string{h.Centre}, end)
	if err != nil {
		return err
	}
	at := h.At
	if end.Before(at) {
		at = end
	}
	if len(lists) > 0 {
		h.InForce, h.CarriedOver = lists[0], lists[0].Month < h.Month
		if h.Spots, err = readSpotDebts(ctx, tx, district, lists, at); err != nil {
			return err
		}
	}
	rows, err := tx.Query(ctx, `SELECT `+spotListColumns+` FROM spot_lists WHERE district_id = $1 AND centre = $2 AND month = $3
		ORDER BY seq DESC LIMIT 1`, district, h.Centre, h.Month)
	if err != nil {
		return fmt.Errorf("read draft of hot-spots: %w", err)
	}
	draft, err := pgx.CollectExactlyOneRow(rows, scanSpotList)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("read draft of hot-spots: %w", err)
	case draft.State == spotsAgreed:
		return nil
	}
	h.Draft = draft
	h.DraftSpots, err = readSpotDebts(ctx, tx, district, []*SpotList{draft}, h.At)
	return err
}

// readReviews reads what was seen in the weeks up to the end of the month.
func (h *Hotspots) readReviews(ctx context.Context, tx pgx.Tx, district int32) error {
	rows, err := tx.Query(ctx, `SELECT `+spotReviewColumns+` FROM spot_reviews WHERE district_id = $1 AND centre = $2 AND week < $3::text::date
		ORDER BY week DESC, seq DESC LIMIT $4`, district, h.Centre, otherMonth(h.Month, 1)+"-01", SpotReviewsListed)
	if err != nil {
		return fmt.Errorf("read weekly looks at hot-spots: %w", err)
	}
	h.Reviews, err = pgx.CollectRows(rows, scanSpotReview)
	return wrap(err, "read weekly looks at hot-spots")
}

// SpotsOwed is what is late about the hot-spots of a centre, and which post owes it.
type SpotsOwed struct {
	NoList  bool   // it is the 25th or later, and no list of the next month is set: the in-charge
	Waits   string // the month of a list that waits for the circle officer
	Unseen  bool   // the list was in force last week, and nobody looked at it: the squad's leader
	Carried bool   // the list in force is one of an earlier month
}

// spotsFrom is from which day of a month on the list of the next one should be set.
const spotsFrom = 25

// spotsWaiting is the month ($3 or later) of the list of a centre (c) that waits for the
// circle officer, or empty.
const spotsWaiting = `coalesce((SELECT month FROM spot_lists l WHERE l.district_id = $1 AND l.centre = c.centre AND month >= $3 AND state = 'draft'
	AND NOT EXISTS (SELECT FROM spot_lists o WHERE o.district_id = $1 AND o.centre = c.centre AND (o.month = l.month AND o.seq > l.seq
		OR o.month > l.month AND o.state = 'agreed')) ORDER BY month LIMIT 1), '')`

// spotsOwed reads it, as of now.
func (q *sheetQuery) spotsOwed(p *pgx.Batch) {
	this, monday := monthOf(q.now), mondayOf(q.now)
	next := otherMonth(this, 1)
	late := q.now.In(ist).Day() >= spotsFrom
	p.Queue(`SELECT NOT EXISTS (SELECT FROM spot_lists WHERE district_id = $1 AND centre = $2 AND month = $4 AND state <> 'sent_back'),
			`+spotsWaiting+`,
			EXISTS (SELECT FROM spot_lists WHERE district_id = $1 AND centre = $2 AND from_at < $5)
				AND NOT EXISTS (SELECT FROM spot_reviews WHERE district_id = $1 AND centre = $2 AND week = $6::text::date),
			coalesce((SELECT month < $3 FROM spot_lists WHERE district_id = $1 AND centre = $2 AND from_at <= $7
				ORDER BY from_at DESC, seq DESC LIMIT 1), false)
		FROM (SELECT $2::text) c (centre)`,
		q.who.District, q.sheet.Centre, this, next, midnightOf(monday), otherWeek(monday, -1), q.now).QueryRow(func(row pgx.Row) error {
		o := &q.sheet.Spots
		err := row.Scan(&o.NoList, &o.Waits, &o.Unseen, &o.Carried)
		o.NoList = o.NoList && late
		return err
	})
}

// SpotStation is how far a station is with its lists: the month of the one in force and how
// many places are on it, and the month of the one that waits. Empty: there is none.
type SpotStation struct {
	Centre         string
	InForce, Waits string
	Spots          int
}

// SpotStations reads it of the stations that the caller may see.
func (b *Book) SpotStations(ctx context.Context, who staff.Caller) (out []SpotStation, err error) {
	now := b.now()
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		centres, err := centresOf(ctx, tx, who.District, CoverageQuery{})
		if err != nil {
			return err
		}
		var mine []string
		for _, c := range centres {
			if b.covers(who, c, now) {
				mine = append(mine, c.centre)
			}
		}
		rows, err := tx.Query(ctx, `SELECT c.centre, coalesce(f.month, ''), `+spotsWaiting+`, coalesce(jsonb_array_length(f.spots::jsonb), 0)
			FROM unnest($2::text[]) WITH ORDINALITY AS c (centre, n)
			LEFT JOIN LATERAL (SELECT month, spots FROM spot_lists l WHERE l.district_id = $1 AND l.centre = c.centre AND from_at <= $4
				ORDER BY from_at DESC, seq DESC LIMIT 1) f ON true
			ORDER BY c.n`, who.District, mine, monthOf(now), now)
		if err != nil {
			return fmt.Errorf("read lists of hot-spots: %w", err)
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[SpotStation])
		return wrap(err, "read lists of hot-spots")
	})
	return out, err
}
