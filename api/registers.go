package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// GetRegister gives lines of a register.
func (s *server) GetRegister(ctx context.Context, in GetRegisterRequestObject) (GetRegisterResponseObject, error) {
	p := in.Params
	q := book.RegisterQuery{
		Centre: p.Centre, Register: string(in.Register), Year: p.Year, After: orZero(p.After), Limit: limitOf(p.Limit),
		From: dayOf(p.From), To: dayOf(p.To), Officer: p.Officer, Beat: p.Beat, State: p.State, Category: p.Category,
		Overdue: p.Overdue != nil && *p.Overdue, Newest: p.Order != nil && *p.Order == "newest",
	}
	page, err := s.Book.Register(ctx, of(ctx).caller, q)
	if err != nil {
		return nil, err
	}
	out := GetRegister200JSONResponse{
		Centre: q.Centre, Register: in.Register, Year: q.Year, Rows: make([]contract.RegisterRow, len(page.Rows)),
		More: page.More, Next: page.Next,
		Totals: totals(page.Page),
	}
	if page.Whole {
		year := totals(page.Year)
		out.YearTotals = &year
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

func totals(t book.Totals) contract.RegisterTotals {
	return contract.RegisterTotals{Rows: t.Rows, Struck: t.Struck, Sums: t.Sums}
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
	if r.State != "" {
		row.State = &r.State
	}
	if r.Category != "" {
		row.Category = &r.Category
	}
	row.SubjectID, row.DueAt, row.Links = r.SubjectID, atOrNil(r.DueAt), lineLinks(r.Links)
	if r.DueAt != nil {
		row.Overdue = &r.Overdue
	}
	if len(r.Masks) > 0 {
		row.Masks = r.Masks
	}
	for _, f := range r.Flags {
		row.Flags = append(row.Flags, contract.Flag{Code: f.Code, Value: f.Value})
	}
	return row
}

func atOrNil(t *time.Time) *contract.Time {
	if t == nil {
		return nil
	}
	return contract.AtPtr(*t)
}

func lineLinks(list []book.LineLink) []contract.LineLink {
	out := make([]contract.LineLink, len(list))
	for i, l := range list {
		out[i] = contract.LineLink{
			Register: contract.Register(l.Register), Year: l.Year, Serial: l.Serial, No: l.No, SubjectID: l.Subject,
		}
		if l.Struck {
			out[i].Struck = &list[i].Struck
		}
	}
	return out
}

// GetRegisterLine gives one line of a register with its steps.
func (s *server) GetRegisterLine(ctx context.Context, in GetRegisterLineRequestObject) (GetRegisterLineResponseObject, error) {
	p := in.Params
	line, err := s.Book.RegisterLine(ctx, of(ctx).caller, p.Centre, string(in.Register), p.Year, in.Serial)
	if err != nil {
		return nil, err
	}
	return registerLine{
		RegisterLine: contract.RegisterLine{Register: in.Register, Centre: p.Centre, Year: p.Year, Row: registerRow(&line.Row)},
		Steps:        append([]json.RawMessage{}, line.Steps...),
	}, nil
}

// registerLine is a line whose steps are written as they are stored.
type registerLine struct {
	contract.RegisterLine

	Steps []json.RawMessage `json:"steps"`
}

// VisitGetRegisterLineResponse writes the line.
func (l registerLine) VisitGetRegisterLineResponse(c *fiber.Ctx) error { return sendJSON(c, l) }

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
