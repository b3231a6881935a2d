package api

import (
	"context"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// GetRoster gives a week of a centre as it was last set.
func (s *server) GetRoster(ctx context.Context, in GetRosterRequestObject) (GetRosterResponseObject, error) {
	r, err := s.Book.Roster(ctx, of(ctx).caller, in.Params.Centre, in.Params.Week.Time)
	if err != nil {
		return nil, err
	}
	out := GetRoster200JSONResponse{
		Centre: in.Params.Centre, Week: openapi_types.Date{Time: in.Params.Week.Time}, Rows: make([]contract.RosterRow, len(r.Rows)),
	}
	if r.Seq > 0 {
		out.RosterID, out.SetBy, out.SetAt = &r.RosterID, &r.SetBy, contract.AtPtr(r.SetAt)
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		out.Rows[i] = contract.RosterRow{
			OfficerID: row.OfficerID, Day: dateOf(row.Day), Duty: row.Duty, From: orNone(row.From), To: orNone(row.To), BeatID: row.BeatID,
		}
	}
	return out, nil
}

// bundleRoster adds the caller's own duties of the next days.
func (s *server) bundleRoster(ctx context.Context, who staff.Caller, out *GetBundle200JSONResponse) error {
	list, err := s.Book.OwnRoster(ctx, who)
	if err != nil {
		return err
	}
	duties := make([]contract.OwnDuty, len(list))
	for i := range list {
		duties[i] = ownDuty(&list[i])
	}
	out.Roster = duties
	return nil
}

func ownDuty(d *book.OwnDuty) contract.OwnDuty {
	return contract.OwnDuty{
		Centre: d.Centre, Day: dateOf(d.Day), Duty: d.Duty, From: orNone(d.From), To: orNone(d.To), BeatID: d.BeatID,
	}
}
