package api

import (
	"context"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	contract "kendra/mobile-contract"
)

// GetHeat tells where complaints came from, as it was published for a week.
func (s *server) GetHeat(ctx context.Context, in GetHeatRequestObject) (GetHeatResponseObject, error) {
	week := ""
	if in.Params.Week != nil {
		week = in.Params.Week.Format(time.DateOnly)
	}
	h, err := s.Book.Heat(ctx, of(ctx).caller, week)
	if err != nil {
		return nil, err
	}
	out := GetHeat200JSONResponse{MadeAt: atOrNil(h.MadeAt), Rows: make([]contract.HeatRow, len(h.Rows)), Weeks: make([]openapi_types.Date, len(h.Weeks))}
	if h.Week != "" {
		monday := dateOf(h.Week)
		out.Week = &monday
	}
	for i, r := range h.Rows {
		row := contract.HeatRow{All: r.All, Public: orUntold(r.Public), Home: orUntold(r.Home)}
		if r.Cell != 0 {
			row.Cell = orNone(r.Cell.String())
		}
		out.Rows[i] = row
	}
	for i, w := range h.Weeks {
		out.Weeks[i] = dateOf(w)
	}
	return out, nil
}

// orUntold leaves out a figure that is not told.
func orUntold(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
