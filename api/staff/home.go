package staff

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// Centre is a Mission Shakti Kendra, or HQ.
type Centre struct {
	Centre string
	Circle string
	NameHi string
	NameEn string
	Lat    *float64
	Lon    *float64
}

// centresAt are the centres of a district as they were read.
type centresAt struct {
	list []Centre
	at   time.Time
}

// Centres lists the centres of a district by their codes, as of at most
// stateLife ago: like a session, they are not read again for every call. What
// this process has imported itself it knows at once. Nobody may change the list.
func (s *Service) Centres(ctx context.Context, district int32) ([]Centre, error) {
	now := s.now()
	if c, ok := s.centres.find(district); ok && now.Sub(c.at).Abs() < stateLife {
		return c.list, nil
	}
	var list []Centre
	err := s.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT centre, coalesce(circle, ''), hi, en, lat, lon FROM centres
			WHERE district_id = $1 ORDER BY centre`, district)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Centre])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list centres: %w", err)
	}
	s.centres.keep(district, centresAt{list, now})
	return list, nil
}

// Squad is an anti-Romeo squad with those who hold a post in it now.
type Squad struct {
	ID      uuid.UUID
	Centre  string
	NameHi  string
	NameEn  string
	Leader  *uuid.UUID
	Members []uuid.UUID // the leader not among them
}

// Beat is a women's beat; Area is GeoJSON, or empty.
type Beat struct {
	ID     uuid.UUID
	Centre string
	NameHi string
	NameEn string
	Area   string
}

// Home is the caller and what is around him at his centres.
type Home struct {
	Officer    Officer
	Squads     []Squad
	Beats      []Beat
	Colleagues []Officer // active, with a post there now, he himself too
}

// Home reads the caller's surroundings.
func (s *Service) Home(ctx context.Context, who Caller) (Home, error) {
	if who.IsZero() {
		return Home{}, refuse(contract.CodeUnauthorized)
	}
	var h Home
	var posts []Post
	centres, now := who.Centres(), s.now()
	err := s.read(ctx, who.District, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`SELECT squad_id, centre, hi, en, NULL::uuid, NULL::uuid[] FROM squads
			WHERE district_id = $1 AND centre = ANY($2) ORDER BY centre, en`, who.District, centres).Query(func(rows pgx.Rows) (err error) {
			h.Squads, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Squad])
			return err
		})
		b.Queue(`SELECT v.beat_id, v.centre, v.hi, v.en, v.area FROM beat_versions v WHERE v.district_id = $1 AND v.centre = ANY($2)
			AND v.from_on <= $3::text::date AND (v.until_on IS NULL OR v.until_on > $3::text::date)
			UNION ALL SELECT b.beat_id, b.centre, b.hi, b.en, coalesce(b.area, '') FROM beats b WHERE b.district_id = $1 AND b.centre = ANY($2)
			AND NOT EXISTS (SELECT FROM beat_versions v WHERE v.district_id = $1 AND v.beat_id = b.beat_id AND v.from_on <= $3::text::date)
			ORDER BY 2, 4`, who.District, centres, now.In(india()).Format(time.DateOnly)).Query(func(rows pgx.Rows) (err error) {
			h.Beats, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Beat])
			return err
		})
		b.Queue(`SELECT `+postColumns+` FROM posts WHERE district_id = $1 AND centre = ANY($2) AND from_at <= $3
			AND (until_at IS NULL OR until_at > $3) ORDER BY officer_id, post_id`, who.District, centres, now).Query(func(rows pgx.Rows) (err error) {
			posts, err = pgx.CollectRows(rows, scanPost)
			return err
		})
		b.Queue(`SELECT `+officerColumns+` FROM officers o WHERE o.district_id = $1 AND (o.officer_id = $4 OR o.state = 'active'
			AND EXISTS (SELECT FROM posts p WHERE p.district_id = o.district_id AND p.officer_id = o.officer_id
			AND p.centre = ANY($2) AND p.from_at <= $3 AND (p.until_at IS NULL OR p.until_at > $3)))
			ORDER BY o.officer_id`, who.District, centres, now, who.OfficerID).Query(func(rows pgx.Rows) (err error) {
			h.Colleagues, err = pgx.CollectRows(rows, scanOfficer)
			return err
		})
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return Home{}, fmt.Errorf("read home: %w", err)
	}
	if i := slices.IndexFunc(h.Colleagues, func(o Officer) bool { return o.ID == who.OfficerID }); i >= 0 {
		h.Officer = h.Colleagues[i]
	}
	for i := range h.Squads {
		h.Squads[i].staff(posts)
	}
	return h, nil
}

// staff sorts the posts of the squad into leader and members.
func (q *Squad) staff(posts []Post) {
	for _, p := range posts {
		switch {
		case p.SquadID == nil || *p.SquadID != q.ID:
		case p.Role == SquadLeader && q.Leader == nil:
			id := p.OfficerID
			q.Leader = &id
		default:
			q.Members = append(q.Members, p.OfficerID)
		}
	}
}
