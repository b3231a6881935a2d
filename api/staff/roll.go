package staff

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// OnRoll is an officer of a centre with the posts that he holds there now.
type OnRoll struct {
	Officer

	Posts []Post
}

// rollMost bounds the list of a centre: a station has some sixty officers.
const rollMost = 500

// Roll lists who serves at a centre now, to those who have a post there or
// supervise it. For anybody else there is no such centre.
func (s *Service) Roll(ctx context.Context, who Caller, centre string) ([]OnRoll, error) {
	if who.IsZero() {
		return nil, refuse(contract.CodeUnauthorized)
	}
	var officers []Officer
	var posts []Post
	err := s.read(ctx, who.District, func(tx pgx.Tx) error {
		above, err := supervises(ctx, tx, who, centre)
		switch {
		case err != nil:
			return err
		case !above && !who.has(centre) && !who.has(HQ, WomenCell):
			return refuse(contract.CodeNotFound, contract.WithPointer("centre"))
		}
		rows, err := tx.Query(ctx, `SELECT `+postColumns+` FROM posts WHERE district_id = $1 AND centre = $2 AND from_at <= $3
			AND (until_at IS NULL OR until_at > $3) ORDER BY from_at, post_id LIMIT $4`, who.District, centre, s.now(), rollMost)
		if err != nil {
			return err
		}
		if posts, err = pgx.CollectRows(rows, scanPost); err != nil {
			return err
		}
		ids := make([]uuid.UUID, len(posts))
		for i := range posts {
			ids[i] = posts[i].OfficerID
		}
		rows, err = tx.Query(ctx, `SELECT `+officerColumns+` FROM officers o WHERE o.district_id = $1 AND o.officer_id = ANY($2)
			ORDER BY o.number`, who.District, ids)
		if err != nil {
			return err
		}
		officers, err = pgx.CollectRows(rows, scanOfficer)
		return err
	})
	if err != nil {
		return nil, inside(err, "read roll")
	}
	out := make([]OnRoll, len(officers))
	for i := range officers {
		out[i].Officer = officers[i]
		for _, p := range posts {
			if p.OfficerID == officers[i].ID {
				out[i].Posts = append(out[i].Posts, p)
			}
		}
	}
	return out, nil
}
