package book

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// mostSpans is how many spans of custody are shown: the newest.
const mostSpans = 1000

// Custody tells who held a complaint, under which post, from when to when. It
// is for in-charge and head of the station, for those who look in from above
// and for who has it in hand. Of one that is reduced to them those above don't
// know the id, and the spans would tell when she came.
func (b *Book) Custody(ctx context.Context, who staff.Caller, id uuid.UUID) ([]*Custody, error) {
	var out []*Custody
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		c, _, v, err := b.findComplaint(ctx, tx, who, id)
		if err != nil {
			return err
		}
		above := v.rows && (!c.Data.Guarded || c.part(who.OfficerID))
		if !v.all && !above && !is(c.OwnerID, who.OfficerID) {
			return refusal(contract.CodeNotFound, "complaint_id")
		}
		rows, err := tx.Query(ctx, `SELECT * FROM (SELECT `+custodyColumns+` FROM custody WHERE district_id = $1 AND complaint_id = $2
			ORDER BY n DESC LIMIT $3) s ORDER BY n`, who.District, id, mostSpans)
		if err != nil {
			return fmt.Errorf("read custody: %w", err)
		}
		out, err = pgx.CollectRows(rows, scanCustody)
		return wrap(err, "read custody")
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
