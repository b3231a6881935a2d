package book

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
)

// GlassAsk is what became of an officer's ask to read a guarded case in need: the
// number of its complaint, and nothing of what that is about.
type GlassAsk struct {
	AskID     uuid.UUID
	Centre    string
	No        string
	OfficerID uuid.UUID
	Role      string
	Reason    string
	Text      string
	State     string // open, allowed or over
	AskedAt   time.Time
	AllowedBy *uuid.UUID
	Until     *time.Time // it is open until then
	Verdict   string
}

// Waits tells whether it may still be allowed.
func (g *GlassAsk) Waits(now time.Time) bool {
	return g.State == matterOpen && now.Sub(g.AskedAt) <= glassFor
}

// Opens tells whether the case is open to who asked.
func (g *GlassAsk) Opens(now time.Time) bool { return g.Until != nil && now.Before(*g.Until) }

// Unreviewed tells whether the district office has still to look at it.
func (g *GlassAsk) Unreviewed() bool { return g.State == matterBroke }

// mostGlass is how many asks are looked at: the newest. They are rare.
const mostGlass = 200

// glassAsks reads asks, the newest first; where says which.
func glassAsks(ctx context.Context, tx pgx.Tx, district int32, where string, args ...any) ([]GlassAsk, error) {
	rows, err := tx.Query(ctx, `SELECT m.matter_id, m.state, m.owner_id, m.data, m.centre, c.year, c.serial,
			(SELECT e.wire FROM entries e WHERE e.district_id = m.district_id AND e.centre = m.centre AND e.seq = m.seq)
		FROM matters m JOIN complaints c ON c.district_id = m.district_id AND c.complaint_id = m.complaint_id
		WHERE m.district_id = $1 AND m.kind = 'glass'`+where+fmt.Sprintf(` ORDER BY m.seq DESC LIMIT %d`, mostGlass),
		append([]any{district}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read asks: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanGlassAsk)
	return list, wrap(err, "read asks")
}

func scanGlassAsk(row pgx.CollectableRow) (GlassAsk, error) {
	var g GlassAsk
	var officer *uuid.UUID
	var data string
	var wire []byte
	c := &Complaint{}
	if err := row.Scan(&g.AskID, &g.State, &officer, &data, &g.Centre, &c.Year, &c.Serial, &wire); err != nil {
		return g, err
	}
	var d MatterData
	if err := unjson(data, &d); err != nil {
		return g, err
	}
	g.No, g.Reason, g.Role, g.AskedAt, g.AllowedBy, g.Verdict = c.No(g.Centre), d.Code, d.Role, d.Times[stepAsked], d.ReviewedBy, d.Result
	if officer != nil {
		g.OfficerID = *officer
	}
	if t, ok := d.Times[stepUntil]; ok {
		g.Until = &t
	}
	var said struct {
		Body struct {
			Text string `json:"text"`
		} `json:"body"`
	}
	if len(wire) > 0 {
		if err := json.Unmarshal(wire, &said); err != nil {
			return g, fmt.Errorf("read ask: %w", err)
		}
	}
	g.Text = said.Body.Text
	return g, nil
}

// GlassAsks lists the asks that the caller may allow or review, wherever his
// posts reach, that are not over: the newest first. Who is complained of does not
// see them.
func (b *Book) GlassAsks(ctx context.Context, who staff.Caller) ([]GlassAsk, error) {
	var out []GlassAsk
	now := b.now()
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		list, err := glassAsks(ctx, tx, who.District, ` AND m.state = ANY($2) AND NOT `+accused("c.data", 3),
			[]string{matterOpen, matterBroke}, who.OfficerID.String())
		if err != nil || len(list) == 0 {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT centre, coalesce(circle, '') FROM centres WHERE district_id = $1`, who.District)
		if err != nil {
			return fmt.Errorf("read centres: %w", err)
		}
		circles := map[string]string{}
		var centre, circle string
		if _, err := pgx.ForEachRow(rows, []any{&centre, &circle}, func() error {
			circles[centre] = circle
			return nil
		}); err != nil {
			return fmt.Errorf("read centres: %w", err)
		}
		for _, g := range list {
			reach := &batch{centre: g.Centre, circle: circles[g.Centre]}
			keeps := slices.ContainsFunc(who.Posts, func(p staff.Post) bool {
				return p.Covers(now) && reach.reaches(p) && slices.Contains(glassKeepers, p.Role)
			})
			if keeps && (g.Unreviewed() || g.Waits(now)) {
				out = append(out, g)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
