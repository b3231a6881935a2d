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
	contract "kendra/mobile-contract"
)

// ConductView is a pattern in the work of a squad that waits for the answer of a
// senior.
type ConductView struct {
	FlagID  uuid.UUID
	Flag    contract.ConductFlag
	At      time.Time
	DueAt   *time.Time
	Overdue bool
}

// conductMost bounds the list: what waits longest comes first.
const conductMost = 100

// Conduct lists the patterns that wait for an answer, for those who see the rows
// of the centre; not those in the work of the caller.
func (b *Book) Conduct(ctx context.Context, who staff.Caller, centre string) (out []ConductView, err error) {
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, centre)
		switch {
		case err != nil:
			return err
		case !v.rows:
			return refusal(contract.CodeForbidden, "centre")
		}
		rows, err := tx.Query(ctx, `SELECT m.matter_id, m.due_at, e.at, e.wire FROM matters m
			JOIN entries e ON e.district_id = m.district_id AND e.centre = m.centre AND e.seq = m.seq
			WHERE m.district_id = $1 AND m.centre = $2 AND m.kind = $3 AND m.state = $4 ORDER BY m.due_at, m.seq LIMIT $5`,
			who.District, centre, matterConduct, matterOpen, conductMost)
		if err != nil {
			return fmt.Errorf("list patterns: %w", err)
		}
		list, err := pgx.CollectRows(rows, scanConduct)
		for _, c := range list {
			c.Overdue = c.DueAt != nil && c.DueAt.Before(b.now())
			if !slices.Contains(c.Flag.Officers, who.OfficerID) {
				out = append(out, c)
			}
		}
		return wrap(err, "list patterns")
	})
	return out, err
}

func scanConduct(row pgx.CollectableRow) (ConductView, error) {
	var c ConductView
	var text []byte
	if err := row.Scan(&c.FlagID, &c.DueAt, &c.At, &text); err != nil {
		return c, err
	}
	var wire struct {
		Body contract.ConductFlag `json:"body"`
	}
	err := json.Unmarshal(text, &wire)
	c.Flag = wire.Body
	return c, err
}
