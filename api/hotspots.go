package api

import (
	"context"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// GetHotspots gives the hot-spots of a centre in a month.
func (s *server) GetHotspots(ctx context.Context, in GetHotspotsRequestObject) (GetHotspotsResponseObject, error) {
	month := ""
	if in.Params.Month != nil {
		month = *in.Params.Month
	}
	h, err := s.Book.Hotspots(ctx, of(ctx).caller, in.Params.Centre, month)
	if err != nil {
		return nil, err
	}
	out := GetHotspots200JSONResponse{
		Centre: h.Centre, Month: h.Month, CarriedOver: h.CarriedOver, InForce: hotspotList(h.InForce, h.Spots), Draft: hotspotList(h.Draft, h.DraftSpots),
		Reviews: make([]contract.HotspotReview, len(h.Reviews)),
	}
	for i := range h.Proposals {
		out.Proposals = append(out.Proposals, hotspotProposal(&h.Proposals[i]))
	}
	for i, r := range h.Reviews {
		out.Reviews[i] = contract.HotspotReview{
			ReviewID: r.ReviewID, ListID: r.ListID, Week: dateOf(r.Week), ReviewedBy: r.ReviewedBy, ReviewedAt: contract.At(r.ReviewedAt),
			PresentBy: r.Present, Spots: make([]contract.HotspotSeen, len(r.Spots)),
		}
		for j, o := range r.Spots {
			out.Reviews[i].Spots[j] = contract.HotspotSeen{PlaceID: o.PlaceID, Result: o.Result, Keep: o.Keep}
		}
	}
	return out, nil
}

func hotspotList(l *book.SpotList, spots []book.SpotDebt) *contract.HotspotList {
	if l == nil {
		return nil
	}
	out := &contract.HotspotList{
		ListID: l.ListID, Month: l.Month, State: l.State, SetBy: l.SetBy, SetAt: contract.At(l.SetAt), DecidedBy: l.DecidedBy,
		DecidedAt: atOrNil(l.DecidedAt), Reason: orNone(l.Reason), InForceFrom: atOrNil(l.FromAt), Spots: make([]contract.Hotspot, len(spots)),
	}
	for i := range spots {
		out.Spots[i] = hotspot(&spots[i])
	}
	return out
}

func hotspot(s *book.SpotDebt) contract.Hotspot {
	out := contract.Hotspot{
		PlaceID: s.PlaceID, Code: orNone(s.Code), NameHi: orNone(s.NameHi), NameEn: orNone(s.NameEn), Kind: orNone(s.Kind),
		HoursFrom: orNone(s.HoursFrom), HoursTo: orNone(s.HoursTo), Days: daysOrNone(s.Days), EveryDays: s.EveryDays, Weight: s.Weight,
		Sources: s.Sources, LastAt: atOrNil(s.LastAt), Overdue: &s.Overdue, Debt: &s.Debt,
	}
	if s.Code != "" {
		out.Lat, out.Lon = &s.Lat, &s.Lon
	}
	if s.Gone {
		out.Gone = &s.Gone
	}
	return out
}

func daysOrNone(days []string) *contract.Weekdays {
	if len(days) == 0 {
		return nil
	}
	return &days
}

func hotspotProposal(p *book.SpotTold) contract.HotspotProposal {
	out := contract.HotspotProposal{
		PlaceID: p.PlaceID, Code: p.Code, NameHi: p.NameHi, NameEn: p.NameEn, Kind: p.Kind, Told: []contract.HotspotTold{}, Signs: p.Signs,
		HoursFrom: orNone(p.HoursFrom), HoursTo: orNone(p.HoursTo), Days: daysOrNone(p.Days),
	}
	if out.Signs == nil {
		out.Signs = []string{}
	}
	for _, m := range p.Mentions {
		out.Told = append(out.Told, contract.HotspotTold{Source: m.Source, Mentions: m.N})
	}
	if p.Rounds > 0 {
		out.Rounds = &p.Rounds
	}
	if p.Heat {
		out.Heat = &p.Heat
	}
	return out
}

// GetHotspotPlan drafts a squad's plan of a day.
func (s *server) GetHotspotPlan(ctx context.Context, in GetHotspotPlanRequestObject) (GetHotspotPlanResponseObject, error) {
	q := book.SpotPlanQuery{Centre: in.Params.Centre, SquadID: in.Params.SquadID}
	if in.Params.Date != nil {
		q.Date = in.Params.Date.Format(time.DateOnly)
	}
	if in.Params.Vehicle != nil {
		q.Vehicle = string(*in.Params.Vehicle)
	}
	p, err := s.Book.SpotPlan(ctx, of(ctx).caller, q)
	if err != nil {
		return nil, err
	}
	return GetHotspotPlan200JSONResponse(hotspotPlan(p)), nil
}

func hotspotPlan(p *book.SpotPlan) contract.HotspotPlan {
	out := contract.HotspotPlan{
		Centre: p.Centre, Date: openapi_types.Date(dateOf(p.Date)), SquadID: p.SquadID, CarriedOver: p.CarriedOver, Vehicle: contract.Vehicle(p.Vehicle),
		Kmh: p.KmH, Metres: p.Metres, Left: p.Left, Stops: make([]contract.HotspotStop, len(p.Stops)),
	}
	if p.List != nil {
		out.ListID, out.Month = &p.List.ListID, &p.List.Month
	}
	for i := range p.Stops {
		stop := &p.Stops[i]
		out.Stops[i] = contract.HotspotStop{Spot: hotspot(&stop.Spot), At: contract.At(stop.At), Metres: stop.Metres, Why: stop.Why}
	}
	return out
}

// bundleHotspots adds today's draft for who goes out with a squad.
func (s *server) bundleHotspots(ctx context.Context, who staff.Caller, out *GetBundle200JSONResponse) error {
	p, err := s.Book.OwnSpotPlan(ctx, who)
	if err != nil || p == nil {
		return err
	}
	plan := hotspotPlan(p)
	out.HotspotPlan = &plan
	return nil
}
