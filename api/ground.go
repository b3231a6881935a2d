package api

import (
	"context"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// GetGround gives the beats and places of a centre as they are on a day.
func (s *server) GetGround(ctx context.Context, in GetGroundRequestObject) (GetGroundResponseObject, error) {
	q := book.GroundQuery{Centre: in.Params.Centre}
	if in.Params.On != nil {
		q.On = in.Params.On.Format(time.DateOnly)
	}
	if in.Params.After != nil {
		q.After = *in.Params.After
	}
	if in.Params.Limit != nil {
		q.Limit = *in.Params.Limit
	}
	page, err := s.Book.Ground(ctx, of(ctx).caller, q)
	if err != nil {
		return nil, err
	}
	out := GetGround200JSONResponse{
		Centre: in.Params.Centre, On: dateOf(page.On), More: page.More,
		Beats: make([]contract.GroundBeat, len(page.Beats)), Places: make([]contract.GroundPlace, len(page.Places)),
	}
	for i := range page.Beats {
		out.Beats[i] = groundBeat(&page.Beats[i])
	}
	for i := range page.Places {
		out.Places[i] = groundPlace(&page.Places[i])
	}
	return out, nil
}

// groundDay is a day of the database; nil when it is empty.
func groundDay(day string) *openapi_types.Date {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil
	}
	return &openapi_types.Date{Time: t}
}

func groundBeat(v *book.BeatVersion) contract.GroundBeat {
	b := contract.GroundBeat{
		BeatID: v.BeatID, Code: v.Code, NameHi: v.NameHi, NameEn: v.NameEn, Area: v.Area, Km2: v.Km2, From: dateOf(v.From), To: groundDay(v.Until),
	}
	if v.PerWeek > 0 {
		b.Rounds = &contract.BeatRounds{PerWeek: v.PerWeek, HoursFrom: orNone(v.HoursFrom), HoursTo: orNone(v.HoursTo)}
	}
	return b
}

func groundPlace(v *book.PlaceVersion) contract.GroundPlace {
	return contract.GroundPlace{
		PlaceID: v.PlaceID, Code: v.Code, NameHi: v.NameHi, NameEn: v.NameEn, Kind: v.Kind, BeatID: v.BeatID, Lat: v.Lat, Lon: v.Lon,
		Area: orNone(v.Area), EveryDays: v.EveryDays, HoursFrom: orNone(v.HoursFrom), HoursTo: orNone(v.HoursTo), Weight: v.Weight,
		Tags: v.Tags, From: dateOf(v.From), To: groundDay(v.Until),
	}
}
