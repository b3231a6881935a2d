package api

import (
	"context"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// ListSos lists calls for help at a centre.
func (s *server) ListSos(ctx context.Context, in ListSosRequestObject) (ListSosResponseObject, error) {
	list, err := s.Book.SOSList(ctx, of(ctx).caller, book.SOSQuery{Centre: in.Params.Centre})
	if err != nil {
		return nil, err
	}
	out := ListSos200JSONResponse{Centre: in.Params.Centre, Calls: make([]contract.Sos, len(list))}
	for i := range list {
		out.Calls[i] = sosOf(&list[i])
	}
	return out, nil
}

// GetSos gives one call for help.
func (s *server) GetSos(ctx context.Context, in GetSosRequestObject) (GetSosResponseObject, error) {
	x, err := s.Book.SOSOf(ctx, of(ctx).caller, in.SosID)
	if err != nil {
		return nil, err
	}
	return GetSos200JSONResponse(sosOf(x)), nil
}

func sosOf(x *book.SOSView) contract.Sos {
	out := contract.Sos{
		ID: x.SOSID, Centre: x.Centre, Seq: x.Seq, OfficerID: x.OfficerID, Role: contract.Role(x.Role), RaisedAt: contract.At(x.RaisedAt),
		State: x.State, OnDuty: x.OnDuty, Late: x.Late, Silent: &x.Silent, Place: x.Place, Called: x.Called,
		Steps: make([]contract.SosStep, len(x.Steps)),
	}
	for i, step := range x.Steps {
		out.Steps[i] = contract.SosStep{Step: step.Step, At: contract.At(step.At), By: step.By, To: step.To, Reason: orNone(step.Reason)}
		if step.Role != "" {
			role := contract.Role(step.Role)
			out.Steps[i].Role = &role
		}
	}
	return out
}

// GetNearestUnits finds who on duty is nearest to a point.
func (s *server) GetNearestUnits(ctx context.Context, in GetNearestUnitsRequestObject) (GetNearestUnitsResponseObject, error) {
	n := nearestUnits
	if in.Params.Limit != nil {
		n = *in.Params.Limit
	}
	list, err := s.Book.Nearest(ctx, of(ctx).caller, book.UnitQuery{Centre: in.Params.Centre, Lat: &in.Params.Lat, Lon: &in.Params.Lon}, n)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	out := GetNearestUnits200JSONResponse{Centre: in.Params.Centre, Units: make([]contract.NearUnit, len(list))}
	for i := range list {
		u := &list[i]
		out.Units[i] = contract.NearUnit{
			OfficerID: u.OfficerID, Role: contract.Role(u.Role), SquadID: u.SquadID, Since: contract.At(u.Since), At: contract.At(u.Fix.At),
			AgeS: max(int(now.Sub(u.Fix.At).Seconds()), 0), Lat: u.Fix.Lat, Lon: u.Fix.Lon, AccuracyM: u.Fix.AccuracyM, WayKm: u.Km,
		}
	}
	return out, nil
}

// nearestUnits is how many are told if nobody says how many.
const nearestUnits = 3
