package book

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Code is one row of a code list.
type Code struct{ Code, Hi, En string }

// Lists returns all code lists with their labels, in the order they are shown.
func (b *Book) Lists(ctx context.Context) (map[string][]Code, error) {
	rows, err := b.Pool.Query(ctx, `SELECT list, code, hi, en FROM codes WHERE valid_from <= $1
		AND (valid_to IS NULL OR valid_to > $1) ORDER BY list, sort, code`, b.now())
	if err != nil {
		return nil, fmt.Errorf("read code lists: %w", err)
	}
	out := map[string][]Code{}
	var list string
	var c Code
	_, err = pgx.ForEachRow(rows, []any{&list, &c.Code, &c.Hi, &c.En}, func() error {
		out[list] = append(out[list], c)
		return nil
	})
	return out, wrap(err, "read code lists")
}

// Label is a code of a list with its labels, as of the last time rules were read.
func (b *Book) Label(list, code string) (Code, bool) {
	c, ok := b.rules.Load().codes[list][code]
	return c, ok
}

// BeatCells lists the cells (resolution 9, one ring more) that a beat may reach
// into, as phones prefilter by them; the polygon decides.
func (b *Book) BeatCells(district int32, beat uuid.UUID) []string {
	cells := b.rules.Load().cells[beatKey{district, beat}]
	if cells == nil {
		return []string{}
	}
	return cells
}
