package api

import (
	"context"
	"encoding/json"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// GetRegister gives lines of a register.
func (s *server) GetRegister(ctx context.Context, in GetRegisterRequestObject) (GetRegisterResponseObject, error) {
	p := in.Params
	q := book.RegisterQuery{
		Centre: p.Centre, Register: string(in.Register), Year: p.Year, After: orZero(p.After), Limit: limitOf(p.Limit),
		From: dayOf(p.From), To: dayOf(p.To), Officer: p.Officer, Beat: p.Beat,
	}
	page, err := s.Book.Register(ctx, of(ctx).caller, q)
	if err != nil {
		return nil, err
	}
	out := GetRegister200JSONResponse{
		Centre: q.Centre, Register: in.Register, Year: q.Year, Rows: make([]contract.RegisterRow, len(page.Rows)),
		More: page.More, Next: page.Next,
		Totals: contract.RegisterTotals{Rows: page.Total, Struck: page.Struck, Sums: page.Sums},
	}
	for i := range page.Rows {
		out.Rows[i] = registerRow(&page.Rows[i])
	}
	return out, nil
}

func dayOf(d *openapi_types.Date) *time.Time {
	if d == nil {
		return nil
	}
	return &d.Time
}

func registerRow(r *book.RegisterRow) contract.RegisterRow {
	row := contract.RegisterRow{
		Serial: r.Serial, No: r.No, Seq: r.Seq, OpID: r.OpID, At: contract.At(r.At), OfficerID: r.OfficerID,
		Columns: json.RawMessage(r.Columns), Sealed: append([]string{}, r.Sealed...), Flags: []contract.Flag{},
		Corrects: r.Corrects, StruckBy: r.StruckBy, CorrectedBy: r.CorrectedBy,
	}
	if r.Alias != "" {
		row.Alias = &r.Alias
	}
	for _, f := range r.Flags {
		row.Flags = append(row.Flags, contract.Flag{Code: f.Code, Value: f.Value})
	}
	return row
}

// PostPositions stores fixes of an officer on duty.
func (s *server) PostPositions(ctx context.Context, in PostPositionsRequestObject) (PostPositionsResponseObject, error) {
	r := of(ctx)
	fixes := make([]book.Fix, len(in.Body.Fixes))
	for i, f := range in.Body.Fixes {
		fixes[i] = book.Fix{At: f.At.Time, Lat: f.Lat, Lon: f.Lon, AccuracyM: f.AccuracyM, Mock: f.Mock != nil && *f.Mock}
	}
	offset, err := s.Staff.ClockOffset(ctx, r.caller)
	if err != nil {
		return nil, err
	}
	stored, dropped, err := s.Book.Positions(ctx, r.caller, offset, fixes)
	if err != nil {
		return nil, err
	}
	return PostPositions200JSONResponse{Stored: stored, Dropped: dropped}, nil
}
