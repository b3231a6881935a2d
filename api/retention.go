package api

import (
	"context"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// GetRetention tells how long what is kept, and what a change would destroy.
func (s *server) GetRetention(ctx context.Context, in GetRetentionRequestObject) (GetRetentionResponseObject, error) {
	var ask *book.Keep
	if p := in.Params; p.Rule != nil {
		ask = &book.Keep{Rule: *p.Rule}
		if p.Months != nil {
			ask.Months = *p.Months
		}
		if p.Days != nil {
			ask.Days = *p.Days
		}
	}
	v, err := s.Book.Retention(ctx, of(ctx).caller, ask)
	if err != nil {
		return nil, err
	}
	out := GetRetention200JSONResponse{Rules: []contract.RetentionRule{}, Asks: []contract.RetentionAsked{}, WouldGo: v.WouldGo}
	for _, r := range v.Rules {
		out.Rules = append(out.Rules, contract.RetentionRule{
			Rule: r.Code, Months: r.Months, Days: r.Days, Basis: r.Basis, ValidFrom: contract.At(r.From), Due: r.Due,
		})
	}
	for _, a := range v.Asks {
		out.Asks = append(out.Asks, contract.RetentionAsked{
			AskID: a.AskID, Rule: a.Rule, Months: a.Months, Days: a.Days, Basis: a.Basis, AskedBy: a.AskedBy,
			AskedAt: contract.At(a.AskedAt), WouldGo: a.WouldGo,
		})
	}
	return out, nil
}
