package api

import (
	"context"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// GetReads lists who read what.
func (s *server) GetReads(ctx context.Context, in GetReadsRequestObject) (GetReadsResponseObject, error) {
	p := in.Params
	page, err := s.Book.Reads(ctx, of(ctx).caller, p.Centre, p.From.Time, p.To.Time, orZero(p.After), limitOf(p.Limit))
	if err != nil {
		return nil, err
	}
	out := GetReads200JSONResponse{
		Centre: p.Centre, From: p.From, To: p.To, Reads: make([]contract.ReadLine, len(page.Views)), Next: page.Next, More: page.More,
	}
	for i := range page.Views {
		out.Reads[i] = readLine(&page.Views[i])
	}
	return out, nil
}

// GetReadsByOfficer lists who read what, officer by officer.
func (s *server) GetReadsByOfficer(ctx context.Context, in GetReadsByOfficerRequestObject) (GetReadsByOfficerResponseObject, error) {
	p := in.Params
	centre := ""
	if p.Centre != nil {
		centre = *p.Centre
	}
	list, err := s.Book.Readers(ctx, of(ctx).caller, centre, p.From.Time, p.To.Time)
	if err != nil {
		return nil, err
	}
	out := GetReadsByOfficer200JSONResponse{Centre: p.Centre, From: p.From, To: p.To, Readers: make([]contract.ReaderLine, len(list))}
	for i, r := range list {
		out.Readers[i] = contract.ReaderLine{
			Centre: r.Centre, OfficerID: r.OfficerID, Reads: r.Reads, Searches: r.Searches, Guarded: r.Guarded, Allowed: r.Allowed,
			Denied: r.Denied, CaseCount: r.CaseCount, Cases: r.Cases,
		}
	}
	return out, nil
}

func readLine(v *book.ReadView) contract.ReadLine {
	return contract.ReadLine{
		Seq: v.Seq, Kind: v.Kind, At: contract.At(v.At), OfficerID: v.OfficerID, PostID: v.PostID, Role: contract.Role(v.Role),
		CaseNo: orNone(v.No), Fields: append([]contract.Pointer{}, v.Fields...), FieldCount: v.FieldCount, Reason: orNone(v.Reason),
		Allowed: v.Allowed, UsedHour: v.UsedHour, UsedDay: v.UsedDay,
	}
}
