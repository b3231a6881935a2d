package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// RegisterYear is how a register stands in a year: how far its numbers go, how
// many of its lines are struck, and whether each number has its line.
type RegisterYear struct {
	Register string
	Rows     int64 // the last number
	Struck   int64
	LastAt   *time.Time // of the last line
	Counted  bool       // whether the lines were counted; of a very long year they are not
	Gaps     int64      // numbers without a line
}

// countedMost is up to how many lines a register is counted for its gaps: that is
// a look at an index.
const countedMost = 50_000

// RegisterYears tells how the registers of a centre stand, for those who read its
// figures.
func (b *Book) RegisterYears(ctx context.Context, who staff.Caller, centre string, year int) ([]RegisterYear, error) {
	var out []RegisterYear
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		if err := b.mayCount(ctx, tx, who, centre); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT s.register, s.last, s.struck,
				(SELECT at FROM lines l WHERE l.district_id = s.district_id AND l.centre = s.centre AND l.register = s.register
					AND l.year = s.year AND l.serial = s.last),
				s.last <= $4,
				CASE WHEN s.last <= $4 THEN s.last - (SELECT count(*) FROM lines l WHERE l.district_id = s.district_id
					AND l.centre = s.centre AND l.register = s.register AND l.year = s.year AND l.serial BETWEEN 1 AND s.last) ELSE 0 END
			FROM serials s WHERE s.district_id = $1 AND s.centre = $2 AND s.year = $3`, who.District, centre, year, countedMost)
		if err != nil {
			return fmt.Errorf("read registers of a year: %w", err)
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[RegisterYear])
		return wrap(err, "read registers of a year")
	})
	return out, err
}

// mayCount refuses who has no post that reads the figures of a centre; one beyond
// all his posts is not there.
func (b *Book) mayCount(ctx context.Context, tx pgx.Tx, who staff.Caller, centre string) error {
	if _, err := b.viewOf(ctx, tx, who, centre); err != nil {
		return err
	}
	list, err := b.rowsOf(ctx, tx, who, centre)
	if err == nil && !slices.Contains(list, centre) {
		err = refusal(contract.CodeForbidden, "centre")
	}
	return err
}
