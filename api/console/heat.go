package console

import (
	"net/http"
	"net/url"
	"strconv"

	"kendra/geo/heat"
)

// heatBody is where complaints came from, as it was published for a week.
type heatBody struct {
	Week  string // its Monday, as it is shown; empty: nothing was published yet
	Weeks []heatChoice
	Rows  []heatRow // cells
	Rest  *heatRow  // of the district, without what cells tell
	Data  string    // where the drawing is
}

type heatChoice struct {
	Path, Name string
	Here       bool
}

// heatRow is a cell with its figures; a layer that is not told is empty.
type heatRow struct {
	Cell, Middle, Size string
	All, Public, Home  string

	row heat.Row
}

// heatPage shows the heat of complaints as a list for everybody, and as a drawing of it.
func (p *Pages) heatPage(x *exchange) error {
	b, err := p.heatOf(x)
	if err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "heat", "page.heat", b)
}

func (p *Pages) heatOf(x *exchange) (*heatBody, error) {
	h, err := p.Book.Heat(x.ctx, x.who, x.c.Query("week"))
	if err != nil {
		return nil, err
	}
	v := &view{p: p, x: x}
	at := func(path, week string) string { return Root + path + "?week=" + url.QueryEscape(week) }
	b := &heatBody{Week: v.day(h.Week), Data: at("/heat/data", h.Week)}
	for _, w := range h.Weeks {
		b.Weeks = append(b.Weeks, heatChoice{at("/heat", w), v.day(w), w == h.Week})
	}
	for _, r := range h.Rows {
		row := heatRow{All: figureOf(r.All), Public: figureOf(r.Public), Home: figureOf(r.Home), row: r}
		if r.Cell == 0 {
			b.Rest = &row
			continue
		}
		middle, err := r.Cell.Center()
		if err != nil {
			return nil, err
		}
		row.Cell, row.Size = r.Cell.String(), "heat.res_"+strconv.Itoa(r.Cell.Res())
		row.Middle = strconv.FormatFloat(middle.Lat, 'f', 2, 64) + ", " + strconv.FormatFloat(middle.Lon, 'f', 2, 64)
		b.Rows = append(b.Rows, row)
	}
	return b, nil
}

// figureOf is a figure, or nothing of one that is not told.
func figureOf(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// heatData is the drawing, as GeoJSON: the stations and the cells that are told.
func (p *Pages) heatData(x *exchange) error {
	b, err := p.heatOf(x)
	if err != nil {
		return err
	}
	v := &view{p: p, x: x}
	out := p.districtFeatures(x)
	for _, r := range b.Rows {
		corners, err := r.row.Cell.Boundary()
		if err != nil {
			return err
		}
		w := featureWords{Layer: "heat", State: heatShade(r.row.All), Name: r.All, Note: p.look.texts[r.Size].in(x.lang)}
		out = append(out, feature{"Feature", shape{"Polygon", [][][2]float64{ring(corners)}}, w})
	}
	out = append(out, stationFeatures(x, v)...)
	return sendDrawing(x, out)
}

// heatShade is how strongly a cell is drawn.
func heatShade(n int) string {
	switch {
	case n >= 20:
		return "many"
	case n >= 10:
		return "some"
	}
	return "few"
}
