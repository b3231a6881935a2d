package api

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// Unseal enters a read and gives the plain text of what it names. A refusal is
// the answer's own: there is one op, and no receipt of another to tell.
func (s *server) Unseal(ctx context.Context, in UnsealRequestObject) (UnsealResponseObject, error) {
	r := of(ctx)
	one, err := s.incoming(ctx, *in.Body)
	if err != nil {
		return nil, err
	}
	out, err := s.Book.Unseal(ctx, r.caller, one)
	if err != nil {
		return nil, err
	}
	if out.Receipt.Outcome == book.Refused {
		return nil, inOp(out.Receipt.Problem)
	}
	return unsealed{receipt: s.receipt(&out.Receipt, r), fields: out.Fields}, nil
}

// incoming is the one op of a request.
func (s *server) incoming(ctx context.Context, body json.RawMessage) (book.Incoming, error) {
	r := of(ctx)
	item, err := contract.SplitItem(body)
	if err != nil {
		return book.Incoming{}, err
	}
	offset, err := s.Staff.ClockOffset(ctx, r.caller)
	return book.Incoming{ReceivedAt: r.receivedAt, Offset: offset, Items: []contract.Item{item}}, err
}

// SearchPhone enters a search and tells in which cases its number stands.
func (s *server) SearchPhone(ctx context.Context, in SearchPhoneRequestObject) (SearchPhoneResponseObject, error) {
	r := of(ctx)
	one, err := s.incoming(ctx, *in.Body)
	if err != nil {
		return nil, err
	}
	found, err := s.Book.SearchPhone(ctx, r.caller, one)
	if err != nil {
		return nil, err
	}
	if found.Receipt.Outcome == book.Refused {
		return nil, inOp(found.Receipt.Problem)
	}
	out := SearchPhone200JSONResponse{
		Receipt: s.receipt(&found.Receipt, r), Cases: make([]contract.FoundCase, len(found.Cases)), Others: found.Others,
	}
	for i, c := range found.Cases {
		out.Cases[i] = contract.FoundCase{ComplaintID: c.ComplaintID, No: c.No}
	}
	return out, nil
}

// inOp points into the request instead of the op in it.
func inOp(p *contract.Problem) *contract.Problem {
	out := *p
	if strings.HasPrefix(out.Pointer, "/") && out.Pointer != "/sig" {
		out.Pointer = "/op" + out.Pointer
	}
	return &out
}

// unsealed writes the values as the officer signed them, byte for byte, and
// keeps them nowhere.
type unsealed struct {
	receipt contract.Receipt
	fields  []book.PlainField
}

// VisitUnsealResponse writes the answer.
func (u unsealed) VisitUnsealResponse(c *fiber.Ctx) error {
	receipt, err := json.Marshal(u.receipt)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	r := c.Response()
	r.AppendBodyString(`{"receipt":`)
	r.AppendBody(receipt)
	return appendFields(c, u.fields)
}

// appendFields ends an answer with the plain values.
func appendFields(c *fiber.Ctx, fields []book.PlainField) error {
	r := c.Response()
	r.AppendBodyString(`,"fields":{`)
	for i, f := range fields {
		if i > 0 {
			r.AppendBodyString(`,`)
		}
		pointer, err := json.Marshal(f.Pointer)
		if err != nil {
			return err
		}
		r.AppendBody(pointer)
		r.AppendBodyString(`:` + f.Value.Reveal())
	}
	r.AppendBodyString(`}}`)
	return nil
}

// AcceptTask enters that a task was accepted, and the read that its visit needs.
func (s *server) AcceptTask(ctx context.Context, in AcceptTaskRequestObject) (AcceptTaskResponseObject, error) {
	r := of(ctx)
	items, err := contract.SplitPair(*in.Body)
	if err != nil {
		return nil, err
	}
	offset, err := s.Staff.ClockOffset(ctx, r.caller)
	if err != nil {
		return nil, err
	}
	out, err := s.Book.AcceptTask(ctx, r.caller, book.Incoming{ReceivedAt: r.receivedAt, Offset: offset, Items: items})
	if err != nil {
		return nil, err
	}
	r.note(&out.Accept)
	r.note(&out.Read)
	return taskAccepted{accept: s.receipt(&out.Accept, r), read: s.receipt(&out.Read, r), fields: out.Fields}, nil
}

// taskAccepted is unsealed with two receipts.
type taskAccepted struct {
	accept, read contract.Receipt
	fields       []book.PlainField
}

// VisitAcceptTaskResponse writes the answer.
func (t taskAccepted) VisitAcceptTaskResponse(c *fiber.Ctx) error {
	accept, err := json.Marshal(t.accept)
	if err != nil {
		return err
	}
	read, err := json.Marshal(t.read)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	r := c.Response()
	r.AppendBodyString(`{"accept":`)
	r.AppendBody(accept)
	r.AppendBodyString(`,"read":`)
	r.AppendBody(read)
	return appendFields(c, t.fields)
}
