package api

import (
	"context"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// exportLimit is how long an export may take: twenty thousand lines take seconds, and
// no phone waits for them (costly.go).
const exportLimit = 30 * time.Second

// ListExports lists the exports of a centre.
func (s *server) ListExports(ctx context.Context, in ListExportsRequestObject) (ListExportsResponseObject, error) {
	list, err := s.Book.Exports(ctx, of(ctx).caller, in.Params.Centre)
	if err != nil {
		return nil, err
	}
	out := ListExports200JSONResponse{Centre: in.Params.Centre, Exports: make([]contract.ExportLine, len(list))}
	for i := range list {
		if out.Exports[i], err = exportLine(&list[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func exportLine(l *book.ExportLine) (contract.ExportLine, error) {
	out := contract.ExportLine{
		ExportID: l.ID, No: l.No, AskedBy: l.AskedBy, Role: contract.Role(l.Role), AskedAt: contract.At(l.AskedAt),
		Register: contract.Register(l.Register), Reason: l.Reason, Text: l.Text, State: l.Stands, DecidedBy: l.DecidedBy,
		Until: atOrNil(l.Until), Taken: l.Taken,
	}
	if l.State != "" {
		out.OfState = &l.State
	}
	for _, d := range []struct {
		text string
		into *openapi_types.Date
	}{{l.From, &out.From}, {l.To, &out.To}} {
		day, err := time.Parse(time.DateOnly, d.text)
		if err != nil {
			return out, err
		}
		d.into.Time = day
	}
	return out, nil
}

// readExport enters who takes an export and gives its bytes: as a thing to be saved
// under a name of ours, never to be shown.
func (s *server) readExport(c *fiber.Ctx) error {
	ctx, r := c.UserContext(), requestOf(c)
	one, err := s.incoming(ctx, c.Request().Body())
	if err != nil {
		return err
	}
	id, err := uuid.Parse(c.Params("export_id"))
	if err != nil {
		return contract.NewProblem(contract.CodeNotFound)
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), exportLimit)
	defer done()
	out, err := s.Book.ReadExport(ctx, r.caller, one, id)
	if err != nil {
		return err
	}
	if out.Receipt.Outcome == book.Refused {
		return inOp(out.Receipt.Problem)
	}
	r.note(&out.Receipt)
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+id.String()+`.csv"`)
	c.Set("Entry-Seq", strconv.FormatInt(out.Receipt.Entry.Seq, 10))
	c.Response().SetBodyString(out.Text)
	c.Status(fiber.StatusOK)
	return nil
}
