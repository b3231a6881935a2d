package console

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// glassPart is the reading in need of a guarded case: how it stands with the
// officer's own ask, and which asks of others wait for him.
type glassPart struct {
	Ask    []step // he may ask
	Waits  bool   // his ask waits for a second officer
	Until  *time.Time
	Others []glassRow
}

// glassRow is an ask in a list.
type glassRow struct {
	book.GlassAsk

	Officer, Role, Why string
	Ends               time.Time // until then it may be allowed
	Steps              []step
}

// glassOn is that of a complaint; nil when there is nothing to say.
func (p *Pages) glassOn(x *exchange, d *book.ComplaintDetail) *glassPart {
	if !d.Data.Guarded {
		return nil
	}
	g, here := &glassPart{}, complaintPath(d.ComplaintID)
	for i := range d.Glass {
		a := &d.Glass[i]
		switch {
		case a.OfficerID != x.who.OfficerID:
			if a.Waits(x.now) || a.Opens(x.now) || a.Unreviewed() {
				g.Others = append(g.Others, p.glassRow(x, a, here))
			}
		case a.Opens(x.now):
			g.Until = a.Until
		case a.Waits(x.now):
			g.Waits = true
		}
	}
	if d.Hidden && g.Until == nil && !g.Waits {
		g.Ask = p.steps(x, here, map[string]string{"complaint_id": d.ComplaintID.String()}, contract.KindGlassAsk)
		unstressed(g.Ask)
	}
	if len(g.Ask) == 0 && len(g.Others) == 0 && !g.Waits && g.Until == nil {
		return nil
	}
	return g
}

const glassFor = time.Hour // as the book has it; here it is only said

func (p *Pages) glassRow(x *exchange, a *book.GlassAsk, back string) glassRow {
	v, here := &view{p: p, x: x}, *x
	row := glassRow{
		GlassAsk: *a, Officer: v.By(a.OfficerID), Role: p.word(x.lang, "enum.role", a.Role), Why: p.label(x, "glass_reason", a.Reason),
		Ends: a.AskedAt.Add(glassFor),
	}
	here.centre = a.Centre
	given := map[string]string{"ask_id": a.AskID.String()}
	switch {
	case a.OfficerID == x.who.OfficerID:
	case a.Waits(x.now):
		row.Steps = p.steps(&here, back, given, contract.KindGlassAllow)
	case a.Unreviewed():
		row.Steps = p.steps(&here, back, given, contract.KindGlassReview)
	}
	return row
}

// glass lists the asks that the officer may allow or review, wherever his posts
// reach: those that wait first.
func (p *Pages) glass(x *exchange) error {
	list, err := p.Book.GlassAsks(x.ctx, x.who)
	if err != nil {
		return err
	}
	rows := make([]glassRow, len(list))
	for i := range list {
		rows[i] = p.glassRow(x, &list[i], Root+"/glass")
	}
	slices.SortStableFunc(rows, func(a, b glassRow) int {
		switch wa, wb := a.Waits(x.now), b.Waits(x.now); {
		case wa && !wb:
			return -1
		case wb && !wa:
			return 1
		}
		return 0
	})
	return p.send(x, http.StatusOK, "glass", "page.glass", rows)
}

// unstressed leaves the page one main button.
func unstressed(steps []step) {
	for i := range steps {
		steps[i].Main = false
	}
}

func count(n int) string { return strconv.Itoa(n) }
