package book

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// sweepSOS calls again for those whom nobody has answered. What is due is in the
// rows: a server that was down goes on where it was.
func (b *Book) sweepSOS(ctx context.Context, district int32) (int, error) {
	var due []*SOS
	err := b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+sosColumns+` FROM sos WHERE district_id = $1 AND next_at <= $2
			ORDER BY next_at, sos_id LIMIT $3`, district, b.now(), sweepSize)
		if err != nil {
			return fmt.Errorf("find calls for help: %w", err)
		}
		due, err = pgx.CollectRows(rows, scanSOS)
		return wrap(err, "find calls for help")
	})
	if err != nil {
		return 0, err
	}
	byCentre := map[string][]ServerOp{}
	var centres []string
	l := b.rules.Load().of(district).rungsAll()
	for _, x := range due {
		r := x.due(l)
		if r == nil {
			continue
		}
		body := contract.SosCall{SosID: x.SOSID, Attempt: r.Rung}
		if r.ToRole != nil {
			role := contract.Role(*r.ToRole)
			body.To = &role
		}
		if byCentre[x.Centre] == nil {
			centres = append(centres, x.Centre)
		}
		byCentre[x.Centre] = append(byCentre[x.Centre], ServerOp{
			Kind: "sos.call", Subject: x.SOSID, Rule: ladderSOS, N: r.Rung, At: *x.NextAt, Body: body,
		})
	}
	return b.enterAll(ctx, district, centres, byCentre)
}
