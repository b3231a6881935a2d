package api

import (
	"context"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// GetDay gives the sheet of a day.
func (s *server) GetDay(ctx context.Context, in GetDayRequestObject) (GetDayResponseObject, error) {
	r := of(ctx)
	d, err := s.Book.DaySheet(ctx, r.caller, in.Params.Centre, in.Date.Time)
	if err != nil {
		return nil, err
	}
	out := GetDay200JSONResponse{
		Centre: d.Centre, Date: in.Date, State: d.State, SignedBy: d.SignedBy, SignedAt: atOrNil(d.SignedAt),
		Arrived:     d.Arrived,
		Registered:  contract.Registered{Count: d.Registered, MedianMinutes: d.Median, WorstMinutes: d.Worst},
		OpenByState: d.OpenByState, OpenByAge: d.OpenByAge, Counts: d.Counts, Visits: d.Visits, Flagged: d.Flagged,
		TasksUnanswered: d.Unanswered, ConductFlags: d.Conduct, Held: d.Held,
		MissingReviews: append([]string{}, d.Missing...), Unsigned: []openapi_types.Date{},
		FollowUpsDue: followUps(d.FollowUps), Squads: []contract.SquadDay{},
	}
	for _, l := range []struct {
		to   *[]contract.ComplaintBrief
		from []book.ComplaintView
	}{
		{&out.Overdue, d.Overdue}, {&out.Sensitive, d.Sensitive}, {&out.Unregistered, d.Unregistered},
		{&out.FeedbackDue, d.FeedbackDue},
	} {
		*l.to = complaintBriefs(l.from, s.Now())
	}
	for _, q := range d.Squads {
		out.Squads = append(out.Squads, contract.SquadDay{SquadID: q.SquadID, Briefed: q.Briefed, OnDuty: q.OnDuty})
	}
	for _, date := range d.Unsigned {
		out.Unsigned = append(out.Unsigned, dateOf(date))
	}
	return out, nil
}

// dateOf reads a day that the book has written.
func dateOf(day string) openapi_types.Date {
	t, _ := time.Parse(time.DateOnly, day)
	return openapi_types.Date{Time: t}
}

// GetReturns gives the daily returns of a span of days.
func (s *server) GetReturns(ctx context.Context, in GetReturnsRequestObject) (GetReturnsResponseObject, error) {
	p := in.Params
	centre := ""
	if p.Centre != nil {
		centre = *p.Centre
	}
	r, err := s.Book.Returns(ctx, of(ctx).caller, centre, p.From.Time, p.To.Time)
	if err != nil {
		return nil, err
	}
	out := GetReturns200JSONResponse{From: p.From, To: p.To, Centres: []contract.CentreReturn{}, Total: r.Total}
	for _, c := range r.Centres {
		one := contract.CentreReturn{Centre: c.Centre, Figures: c.Figures, Signed: []contract.SignedReturn{}}
		for _, x := range c.Signed {
			one.Signed = append(one.Signed, contract.SignedReturn{
				Date: dateOf(x.Day), N: x.N, SignedBy: x.SignedBy, SignedAt: contract.At(x.SignedAt), Figures: x.Figures,
			})
		}
		out.Centres = append(out.Centres, one)
	}
	return out, nil
}
