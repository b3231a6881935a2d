package console

import (
	"encoding/json"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"kendra/api/book"
	"kendra/geo"
)

// mapBody is what the map shows, as a list.
type mapBody struct {
	Units    []unitRow
	Tasks    []mapTask
	Calls    []sosBrief // for help, that have not ended
	Beats    []mapBeat
	Stations []station
	Data     string // where the drawing is
	New      string
}

// mapTask is an open task; one with a place is drawn.
type mapTask struct {
	taskBrief

	Drawn   bool
	lat     float64
	lon     float64
	corners [][2]float64
}

// mapBeat is a women's beat; one with an outline is drawn.
type mapBeat struct {
	Name    string
	Drawn   bool
	outline []json.RawMessage
}

// mapTasks is how many open tasks a map shows.
const mapTasks = 200

// mapPage shows where the units, the beats, the stations and the open tasks are:
// a list for everybody, and a drawing of it for who has scripts. There is no
// victim in it: a task about a case has no place here.
func (p *Pages) mapPage(x *exchange) error {
	b, err := p.scene(x)
	if err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "map", "page.map", b)
}

// scene reads what is on the map.
func (p *Pages) scene(x *exchange) (*mapBody, error) {
	b := &mapBody{Data: Root + "/map/data?centre=" + x.centre, New: dispatchPath(x.centre)}
	q := p.countFrom(x, &dispatchBody{})
	units, err := p.Book.Units(x.ctx, x.who, q)
	if err != nil {
		return nil, err
	}
	if b.Units, err = p.unitRows(x, units, q.Lat != nil); err != nil {
		return nil, err
	}
	tasks, _, err := p.Book.Tasks(x.ctx, x.who, book.TaskQuery{Centre: x.centre, Open: true, Newest: true, Limit: mapTasks})
	if err != nil {
		return nil, err
	}
	for i := range tasks {
		t := mapTask{taskBrief: p.taskBrief(x, &tasks[i])}
		if middle, corners, ok := tasks[i].Spot(); ok {
			t.Drawn, t.lat, t.lon, t.corners = true, middle.Lat, middle.Lon, ring(corners)
		}
		b.Tasks = append(b.Tasks, t)
	}
	if b.Calls, err = p.calling(x, true); err != nil {
		return nil, err
	}
	home, err := p.around(x)
	if err != nil {
		return nil, err
	}
	v := &view{p: p, x: x}
	for i := range home.Beats {
		if beat := &home.Beats[i]; beat.Centre == x.centre {
			outline := outlines([]byte(beat.Area))
			b.Beats = append(b.Beats, mapBeat{v.either(beat.NameHi, beat.NameEn), len(outline) > 0, outline})
		}
	}
	b.Stations = p.stations(x, func(s *station) bool { return s.Code == x.centre })
	return b, nil
}

// feature is one of GeoJSON's (RFC 7946, 3.2), with the words that the page
// shows for it.
type feature struct {
	Type       string       `json:"type"`
	Geometry   any          `json:"geometry"`
	Properties featureWords `json:"properties"`
}

type featureWords struct {
	Layer string `json:"layer"` // district, station, beat, place, unit, task, cell, sos, heat, debt, spot
	State string `json:"state,omitempty"`
	Name  string `json:"name"`
	Note  string `json:"note,omitempty"`
	Link  string `json:"link,omitempty"`
	Do    string `json:"do,omitempty"` // what the link is called
}

type shape struct {
	Type        string `json:"type"`
	Coordinates any    `json:"coordinates"`
}

func pointShape(lat, lon float64) shape { return shape{"Point", [2]float64{lon, lat}} }

// mapData is the drawing, as GeoJSON.
func (p *Pages) mapData(x *exchange) error {
	b, err := p.scene(x)
	if err != nil {
		return err
	}
	v := &view{p: p, x: x}
	var out []feature
	if x.c.Query("moved") == "" {
		out = p.districtFeatures(x)
	}
	for _, beat := range b.Beats {
		for _, outline := range beat.outline {
			out = append(out, feature{"Feature", outline, featureWords{Layer: "beat", Name: beat.Name}})
		}
	}
	out = append(out, stationFeatures(x, v)...)
	if x.c.Query("moved") == "" { // else the page has what is owed already
		owed, err := p.Book.Coverage(x.ctx, x.who, book.CoverageQuery{Centre: x.centre})
		if err != nil {
			return err
		}
		out = append(p.debtFeatures(x, owed), out...)
		spots, err := p.spotFeatures(x, v)
		if err != nil {
			return err
		}
		out = append(out, spots...)
	}
	out = append(out, p.taskFeatures(x, b.Tasks)...)
	out = append(out, p.unitFeatures(x, b.Units)...)
	out = append(out, p.sosFeatures(x, b.Calls)...)
	return sendDrawing(x, out)
}

// sendDrawing answers with what a map draws.
func sendDrawing(x *exchange, list []feature) error {
	raw, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": list})
	if err != nil {
		return err
	}
	x.c.Set(fiber.HeaderContentType, "application/geo+json")
	return x.c.Send(raw)
}

// districtFeatures are the outline of the district. One that is drawn from the stations
// says so.
func (p *Pages) districtFeatures(x *exchange) []feature {
	out := []feature{}
	text, drawn := p.Book.Outline(x.who.District)
	w := featureWords{Layer: "district", Name: p.look.texts["ground.district"].in(x.lang)}
	if drawn {
		w.State, w.Name = "drawn", p.look.texts["map.drawn"].in(x.lang)
	}
	for _, outline := range outlines([]byte(text)) {
		out = append(out, feature{"Feature", outline, w})
	}
	return out
}

// stationFeatures are the stations that the caller may look at; the one that the page is
// about is its own.
func stationFeatures(x *exchange, v *view) []feature {
	var out []feature
	for _, c := range x.centres {
		if c.Lat == nil || c.Lon == nil {
			continue
		}
		w := featureWords{Layer: "station", Name: v.either(c.NameHi, c.NameEn)}
		if c.Centre == x.centre {
			w.State = "own"
		}
		out = append(out, feature{"Feature", pointShape(*c.Lat, *c.Lon), w})
	}
	return out
}

func (p *Pages) taskFeatures(x *exchange, tasks []mapTask) []feature {
	var out []feature
	for i := range tasks {
		t := &tasks[i]
		if !t.Drawn {
			continue
		}
		w := featureWords{
			Layer: "task", Name: t.Kind, State: t.Urgency, Link: Root + "/tasks/" + t.ID.String(), Do: p.look.texts["map.open"].in(x.lang),
			Note: p.word(x.lang, "enum.urgency", t.Urgency) + ", " + p.word(x.lang, "task", t.State) + ", " + t.To,
		}
		out = append(out, feature{"Feature", pointShape(t.lat, t.lon), w})
		w.Layer = "cell"
		out = append(out, feature{"Feature", shape{"Polygon", [][][2]float64{t.corners}}, w})
	}
	return out
}

func (p *Pages) unitFeatures(x *exchange, units []unitRow) []feature {
	v := &view{p: p, x: x}
	var out []feature
	for i := range units {
		u := &units[i]
		if !u.Fixed {
			continue
		}
		w := featureWords{
			Layer: "unit", Name: u.Name, State: "old", Link: u.Send, Do: p.look.texts["page.dispatch"].in(x.lang),
			Note: u.Role + ", " + p.look.texts["dispatch.fix"].in(x.lang) + " " + v.Since(u.At),
		}
		if u.Fresh {
			w.State = "fresh"
		}
		if u.Mock {
			w.Note += ", " + p.look.texts["dispatch.mock"].in(x.lang)
		}
		out = append(out, feature{"Feature", pointShape(u.lat, u.lon), w})
	}
	return out
}

// ring closes a row of corners, as GeoJSON has it.
func ring(corners []geo.Point) [][2]float64 {
	out := make([][2]float64, 0, len(corners)+1)
	for _, c := range corners {
		out = append(out, [2]float64{c.Lon, c.Lat})
	}
	return append(out, out[0])
}

// outlines are the bare geometries of a GeoJSON text, whatever they are wrapped
// in.
func outlines(raw []byte) []json.RawMessage {
	var one struct {
		Type       string            `json:"type"`
		Geometry   json.RawMessage   `json:"geometry"`
		Features   []json.RawMessage `json:"features"`
		Geometries []json.RawMessage `json:"geometries"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &one) != nil {
		return nil
	}
	if one.Type == "Polygon" || one.Type == "MultiPolygon" {
		return []json.RawMessage{raw}
	}
	var out []json.RawMessage
	if one.Geometry != nil {
		out = outlines(one.Geometry)
	}
	for _, part := range append(one.Features, one.Geometries...) {
		out = append(out, outlines(part)...)
	}
	return out
}
