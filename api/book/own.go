package book

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Own is the receipt of an op that the caller has made before, as it stands
// now, for a page that is sent a second time: what was entered under the id, by
// which hash. Of another's op, and of one that there is not, it is not found; one
// that waits has no entry.
func (b *Book) Own(ctx context.Context, who staff.Caller, op uuid.UUID) (*Receipt, error) {
	out := &Receipt{OpID: op, Outcome: Held, Repeated: true}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		var seq int64
		err := tx.QueryRow(ctx, `SELECT o.centre, o.seq FROM ops o LEFT JOIN entries e ON e.district_id = o.district_id
			AND e.centre = o.centre AND e.seq = o.seq LEFT JOIN held h ON h.district_id = o.district_id AND h.op_id = o.op_id
			WHERE o.district_id = $1 AND o.op_id = $2 AND o.seq >= 0 AND coalesce(e.officer_id, h.officer_id) = $3`,
			who.District, op, who.OfficerID).Scan(&out.Centre, &seq)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return refusal(contract.CodeNotFound, "op_id")
		case err != nil:
			return fmt.Errorf("find op: %w", err)
		case seq == 0:
			return nil
		}
		entries, err := readEntries(ctx, tx, who.District, out.Centre, []int64{seq})
		if err != nil {
			return err
		}
		out.Entry, out.Outcome = entries[seq], Entered
		if out.Entry == nil {
			return fmt.Errorf("op %s: entry %d of %s is not there", op, seq, out.Centre)
		}
		out.OpHash = out.Entry.OpHash
		return nil
	})
	return out, err
}

// Size is how many entries a centre's book has: a figure, which tells open pages
// that there is something to look at, and nothing of it.
func (b *Book) Size(ctx context.Context, district int32, centre string) (size int64, err error) {
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT size FROM heads WHERE district_id = $1 AND centre = $2`, district, centre).Scan(&size)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("size: %w", err)
	}
	return size, nil
}
