package console

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kendra/api/book"
	"kendra/geo"
	"kendra/geo/features"
	contract "kendra/mobile-contract"
)

// A file of beats or places is looked at first: what it would change, what is wrong with
// which line. Nothing of it is kept here. To enter it the browser sends it again with the
// digest of the plan that was looked at; a file that would do anything else is refused.
// It is entered by ops of the officer, all of them or none, and only for her own station.

const (
	// importWithin is how long all of it may take, importWait how long it waits for the one
	// place that there is in a process.
	importWithin = 50 * time.Second
	importWait   = time.Second
	// importUnpacked is how many bytes a file may have when it is unpacked, importMost how
	// many features. Longer ones are brought in by the command line.
	importUnpacked = 64 << 20
	importMost     = 5000
	// importRows is how many changes the page lists, importDrawn how many bytes it draws.
	importRows  = 500
	importDrawn = 4 << 20
)

// importBody is the page of the file, and what was found in it.
type importBody struct {
	Back, Send string
	Formats    string
	From       string // the day that is offered
	Plan       *importPlan
}

// importPlan is what a file would do, in words.
type importPlan struct {
	Kind    string
	Digest  string // empty: it can't be entered
	Counts  []importCount
	Wrong   []importWrong
	More    int
	Rows    []importRow
	Left    int // changes that are not listed
	Doubles []importDouble
	Drawing string
	Undrawn int
}

type importCount struct {
	What string
	N    int
}

// importWrong is a fault: in the officer's language as far as it is known there, and as
// the reader tells it.
type importWrong struct {
	Line, N   int
	Key, Text string
}

type importRow struct {
	Line              int
	What, Code, Name  string
	Outside, Repaired string
}

type importDouble struct {
	Line, OtherLine int
	Code, OtherCode string
	Metres          int
}

func (p *Pages) importPage(x *exchange) error {
	return p.send(x, http.StatusOK, "ground_import", "page.ground_import", p.importBody(x, nil))
}

func (p *Pages) importBody(x *exchange, plan *importPlan) importBody {
	return importBody{
		Back: groundPath(x), Send: Root + "/ground/import", Formats: ".geojson,.json,.kml,.kmz,.csv", From: x.now.In(ist).Format(time.DateOnly), Plan: plan,
	}
}

// importFile looks at a file, or enters it when it is the one that was looked at.
func (p *Pages) importFile(x *exchange) error {
	patience := time.NewTimer(importWait)
	defer patience.Stop()
	select {
	case p.importing <- struct{}{}:
		defer func() { <-p.importing }()
	case <-patience.C:
		return contract.NewProblem(contract.CodeOverloaded, contract.WithRetryAfter(importWithin))
	}
	ask, err := importAsked(x)
	if err != nil {
		return err
	}
	data, err := p.Door.File(x.c)
	if err != nil {
		return err
	}
	// It takes longer than a page: its time begins when the file is there.
	ctx, done := context.WithTimeout(context.WithoutCancel(x.ctx), importWithin)
	defer done()
	x.ctx = ctx
	ask.file.Features = features.Read(bytes.NewReader(data), ask.format, features.Options{
		Box: p.Book.GroundFrame(x.who.District), Swap: ask.swap, Most: importUnpacked,
	})
	plan, err := p.Book.PlanGround(ctx, x.who.District, ask.file)
	if err != nil {
		return err
	}
	digest, err := plan.Digest()
	switch {
	case err != nil:
		return err
	case ask.plan == "":
		return p.send(x, http.StatusOK, "ground_import", "page.ground_import", p.importBody(x, p.planWords(x, plan, digest)))
	case ask.plan != digest || len(plan.Wrong) > 0:
		return contract.NewProblem(contract.CodePlanChanged)
	}
	last, err := p.enterWhole(x, plan.Deeds())
	if err != nil {
		return err
	}
	return seeOther(x.c, withDone(groundPath(x), last.String()))
}

// importAsk is how a file is to be read.
type importAsk struct {
	file         book.GroundFile
	format, plan string
	swap         bool
}

func importAsked(x *exchange) (*importAsk, error) {
	a := &importAsk{format: x.c.Query("format"), plan: x.c.Query("plan"), swap: x.c.Query("swap") != ""}
	if a.format == "json" {
		a.format = features.GeoJSON
	}
	a.file = book.GroundFile{
		Kind: x.c.Query("kind"), Merge: x.c.Query("merge") != "", Complete: x.c.Query("complete") != "", Only: x.centre, Most: importMost,
	}
	wrong := func(field string) error {
		return contract.NewProblem(contract.CodeBadFormat, contract.WithPointer(field))
	}
	if !slices.Contains(features.Formats, a.format) {
		return nil, wrong("format")
	}
	if a.file.Kind != book.GroundBeats && a.file.Kind != book.GroundPlaces {
		return nil, wrong("kind")
	}
	from, err := time.ParseInLocation(time.DateOnly, x.c.Query("from", x.now.In(ist).Format(time.DateOnly)), ist)
	if err != nil {
		return nil, wrong("from")
	}
	a.file.From = from
	return a, nil
}

// planWords says what a plan does. It has a digest if it can be entered.
func (p *Pages) planWords(x *exchange, plan *book.GroundPlan, digest string) *importPlan {
	out := &importPlan{Kind: plan.Kind, More: plan.More()}
	for _, what := range []string{book.GroundNew, book.GroundChanged, book.GroundEnded, book.GroundSame} {
		out.Counts = append(out.Counts, importCount{what, plan.Counts[what]})
	}
	out.Counts = append(out.Counts, importCount{"double", len(plan.Doubles)}, importCount{"wrong", len(plan.Wrong) + plan.More()}, importCount{"outside", plan.Outside})
	for _, w := range plan.Wrong {
		out.Wrong = append(out.Wrong, importWrong{Line: w.Line, N: w.N, Key: faultKey(w.Text), Text: w.Text})
	}
	v := &view{p: p, x: x}
	for i := range plan.Changes {
		c := &plan.Changes[i]
		if c.What == book.GroundSame {
			continue
		}
		if len(out.Rows) == importRows {
			out.Left++
			continue
		}
		row := importRow{Line: c.Line, What: c.What, Code: c.Code, Name: v.either(c.NameHi, c.NameEn)}
		if c.Outside > 0 {
			row.Outside = strconv.FormatFloat(c.Outside, 'f', 1, 64)
		}
		if len(c.Told) > 0 {
			row.Repaired = c.Told[0]
		}
		out.Rows = append(out.Rows, row)
	}
	for _, d := range plan.Doubles {
		out.Doubles = append(out.Doubles, importDouble{Line: d.Line, OtherLine: d.OtherLine, Code: d.Code, OtherCode: d.OtherCode, Metres: int(d.Metres)})
	}
	if n := len(plan.Deeds()); len(plan.Wrong) == 0 && n > 0 && n <= book.WholeMost {
		out.Digest = digest
	}
	out.Drawing, out.Undrawn = p.planDrawing(x, plan)
	return out
}

// planDrawing is the map of a plan: what is new, changed, ended, double and wrong. What is
// too much for a page is left out, and how much is told.
func (p *Pages) planDrawing(x *exchange, plan *book.GroundPlan) (text string, undrawn int) {
	v := &view{p: p, x: x}
	list, size := []feature{}, 0
	draw := func(g features.Geometry, state, name string, line int) {
		if !drawable(g) {
			if g.Point != nil || len(g.Rings) > 0 {
				undrawn++
			}
			return
		}
		shape := json.RawMessage(g.Text())
		if size += len(shape); size > importDrawn {
			undrawn++
			return
		}
		word := p.word(x.lang, "import.what", state)
		if line > 0 {
			word += " · " + p.look.texts["import.line"].in(x.lang) + " " + strconv.Itoa(line)
		}
		list = append(list, feature{"Feature", shape, featureWords{Layer: "plan", State: state, Name: name, Note: word}})
	}
	doubles := map[int]bool{}
	for _, d := range plan.Doubles {
		doubles[d.Line] = true
	}
	for i := range plan.Changes {
		c := &plan.Changes[i]
		switch name := v.either(c.NameHi, c.NameEn); {
		case c.What == book.GroundSame:
		case c.Line == 0:
			draw(c.Old, c.What, name, 0)
		case doubles[c.Line]:
			draw(c.Geometry, "double", name, c.Line)
		default:
			draw(c.Geometry, c.What, name, c.Line)
		}
	}
	for _, w := range plan.Wrong {
		draw(w.Geometry, "wrong", p.look.texts[faultKey(w.Text)].in(x.lang), w.Line)
	}
	if len(list) == 0 {
		return "", undrawn
	}
	raw, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": list})
	if err != nil {
		return "", undrawn
	}
	return string(raw), undrawn
}

// drawable tells whether a geometry has points and they are on the globe: what is wrong
// with a file may be just that.
func drawable(g features.Geometry) bool {
	ok := func(pt geo.Point) bool {
		_, err := geo.NewPoint(pt.Lat, pt.Lon)
		return err == nil
	}
	if g.Point != nil {
		return ok(*g.Point)
	}
	for _, rings := range g.Rings {
		for _, ring := range rings {
			if len(ring) == 0 || slices.ContainsFunc(ring, func(pt geo.Point) bool { return !ok(pt) }) {
				return false
			}
		}
	}
	return len(g.Rings) > 0
}
