package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// ListComplaints lists complaints of a centre.
func (s *server) ListComplaints(ctx context.Context, in ListComplaintsRequestObject) (ListComplaintsResponseObject, error) {
	p := in.Params
	q := book.ComplaintQuery{
		Centre: p.Centre, Open: isTrue(p.Open), Mine: isTrue(p.Mine), Overdue: isTrue(p.Overdue), After: orZero(p.After),
		Limit: limitOf(p.Limit),
	}
	if p.State != nil {
		q.State = string(*p.State)
	}
	page, err := s.Book.Complaints(ctx, of(ctx).caller, q)
	if err != nil {
		return nil, err
	}
	return ListComplaints200JSONResponse{
		Centre: q.Centre, Complaints: complaintBriefs(page.Views, s.Now()), Next: page.Next, More: page.More,
	}, nil
}

// GetComplaint gives one complaint with its steps.
func (s *server) GetComplaint(ctx context.Context, in GetComplaintRequestObject) (GetComplaintResponseObject, error) {
	r := of(ctx)
	d, err := s.Book.Complaint(ctx, r.caller, in.ComplaintID)
	if err != nil {
		return nil, err
	}
	out := complaintAnswer{Complaint: contract.Complaint{
		Brief: complaintBrief(&d.ComplaintView, s.Now()), CorrelationID: d.CorrelationID, Columns: d.Columns,
		Sealed: append([]string{}, d.Sealed...), OpenedByOp: d.OpenedByOp, Links: lineLinks(d.Links), Named: d.Named,
	}, Steps: append([]json.RawMessage{}, d.Steps...)}
	if len(d.Masks) > 0 {
		out.Masks = d.Masks
	}
	if d.SlipNumber != "" {
		out.SlipNumber = &d.SlipNumber
	}
	if d.Declined {
		if l, known := s.Book.Label(r.caller.District, "label", "remedy"); known {
			out.Remedy = &contract.Label{Hi: l.Hi, En: l.En}
		}
	}
	return out, nil
}

// complaintAnswer is a complaint whose steps are written as they are stored.
type complaintAnswer struct {
	contract.Complaint

	Steps []json.RawMessage `json:"steps"`
}

// VisitGetComplaintResponse writes the complaint.
func (a complaintAnswer) VisitGetComplaintResponse(c *fiber.Ctx) error { return sendJSON(c, a) }

// sendJSON writes an answer as generated ones are written.
func sendJSON(c *fiber.Ctx, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(text)
}

// GetCustody tells who held a complaint from when to when.
func (s *server) GetCustody(ctx context.Context, in GetCustodyRequestObject) (GetCustodyResponseObject, error) {
	spans, err := s.Book.Custody(ctx, of(ctx).caller, in.ComplaintID)
	if err != nil {
		return nil, err
	}
	out := GetCustody200JSONResponse{ComplaintID: in.ComplaintID, Spans: make([]contract.CustodySpan, len(spans))}
	for i, c := range spans {
		until := s.Now()
		if c.Until != nil {
			until = *c.Until
		}
		out.Spans[i] = contract.CustodySpan{
			OfficerID: c.OfficerID, PostID: c.PostID, Role: c.Role, From: contract.At(c.From), Until: atOrNil(c.Until),
			Seconds: max(0, int64(until.Sub(c.From)/time.Second)),
		}
	}
	return out, nil
}

// mostClocks is how many clocks an answer may hold; those that run come first.
const mostClocks = 50

func complaintBriefs(list []book.ComplaintView, now time.Time) []contract.ComplaintBrief {
	out := make([]contract.ComplaintBrief, len(list))
	for i := range list {
		out[i] = complaintBrief(&list[i], now)
	}
	return out
}

func complaintBrief(v *book.ComplaintView, now time.Time) contract.ComplaintBrief {
	out := contract.ComplaintBrief{
		ID: v.ComplaintID, Centre: v.Centre, No: v.No, State: contract.ComplaintState(v.State), Guarded: v.Data.Guarded,
		ArrivedAt: contract.At(v.ArrivedAt), Clocks: clockViews(v.Clocks, now),
	}
	if v.Reduced {
		return out
	}
	alias := book.Alias(v.Seq)
	out.Seq, out.Alias, out.OwnerID, out.OwnerRole = &v.Seq, &alias, v.OwnerID, orNone(v.OwnerRole)
	out.Category, out.RiskLevel, out.Channel = orNone(v.Category), orNone(v.RiskLevel), orNone(v.Channel)
	out.RegisteredAt, out.DisposedAt, out.ClosedAt = atOrNil(v.RegisteredAt), atOrNil(v.DisposedAt), atOrNil(v.ClosedAt)
	out.Sensitive, out.Disposal, out.Mine = v.Data.Sensitive, orNone(v.Data.Disposal), &v.Mine
	if v.Data.Earlier > 0 {
		out.Earlier = &v.Data.Earlier
	}
	wanted := v.Data.FIRWantedAt != nil && len(v.Data.FIRs) == 0 && v.Data.FIRDeclined == nil
	out.FIRWanted = &wanted
	return out
}

func clockViews(list []*book.Clock, now time.Time) []contract.ClockView {
	list = list[:min(len(list), mostClocks)]
	out := make([]contract.ClockView, len(list))
	for i, k := range list {
		out[i] = contract.ClockView{
			Limit: k.Code, StartsAt: contract.At(k.StartsAt), DueAt: contract.At(k.DueAt), PausedAt: atOrNil(k.PausedAt),
			PausedS: k.PausedS, StoppedAt: atOrNil(k.StoppedAt), Rung: k.Rung, Overdue: k.Overdue(now),
		}
	}
	return out
}

func isTrue(b *bool) bool { return b != nil && *b }

// orNone leaves out an empty word.
func orNone(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
