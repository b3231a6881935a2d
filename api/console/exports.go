package console

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// exportFor is how long the making of a file may take: thousands of lines are
// read for it.
const exportFor = 30 * time.Second

// exportsBody is what was asked to leave as a file, and what became of it.
type exportsBody struct {
	List []exportRow
	Ask  []step
}

type exportRow struct {
	book.ExportLine

	Mine  bool // who looks asked for it
	Steps []step
	Take  *form // by which he takes it; nil: not now
}

// exports lists what was asked for. Who asked takes it, once a second officer of a
// post above has allowed it.
func (p *Pages) exports(x *exchange) error {
	list, err := p.Book.Exports(x.ctx, x.who, x.centre)
	if err != nil {
		return err
	}
	here := Root + "/exports?centre=" + url.QueryEscape(x.centre)
	b := exportsBody{Ask: p.steps(x, here, nil, contract.KindExportAsk)}
	for i := range list {
		row := exportRow{ExportLine: list[i], Mine: list[i].AskedBy == x.who.OfficerID}
		id := map[string]string{"ask_id": row.ID.String()}
		if row.Stands == "open" && !row.Mine {
			row.Steps = p.steps(x, here, id, contract.KindExportAllow)
		}
		if row.Stands == "allowed" && row.Mine && row.Until != nil && row.Until.After(x.now) {
			if row.Take, err = p.formOf(x, ask{kind: contract.KindExportRead, centre: x.centre, back: here, given: id}); err != nil {
				return err
			}
		}
		b.List = append(b.List, row)
	}
	return p.send(x, http.StatusOK, "exports", "page.exports", b)
}

// takeExport enters who takes a file and gives it: as a thing to be saved under a
// name of ours, never to be shown.
func (p *Pages) takeExport(x *exchange) error {
	id, err := idOf(x)
	if err != nil {
		return err
	}
	s, err := p.read(x, contract.KindExportRead)
	if err != nil {
		return err
	}
	if err := p.stepUp(x); err != nil {
		return err
	}
	var text string
	receipt, err := p.answered(x, s, func(in book.Incoming) (*book.Receipt, error) {
		ctx, done := context.WithTimeout(context.WithoutCancel(x.ctx), exportFor)
		defer done()
		out, err := p.Book.ReadExport(ctx, x.who, in, id)
		if err != nil {
			return nil, err
		}
		text = out.Text
		return &out.Receipt, nil
	})
	if err != nil {
		return err
	}
	p.Door.Note(x.c, receipt)
	x.c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	x.c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	x.c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+id.String()+`.csv"`)
	return x.c.SendString(text)
}
