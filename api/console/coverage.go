package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// coverageBody is what is owed to places and beats at a moment, and in which order
// those on duty could see them.
type coverageBody struct {
	Day      string // asked for; empty: now
	At       time.Time
	Centre   string // empty: all of the district
	Total    owedFigures
	Circles  []coverageCircle
	Owed     []owedRow
	Passed   int
	Next     string
	Data     string // where the drawing is
	Steps    []debtStep
	Rounds   *roundsBody
	Vehicles []option
	Spots    owedFigures // of the hot-spots of the lists in force
	SpotPath string
}

// owedFigures are counts with what they are of.
type owedFigures struct {
	Places, Overdue, Never int
	Debt                   string // days, by weight
	Step                   debtStep
}

type coverageCircle struct {
	Circle   string
	Stations []coverageStation
}

type coverageStation struct {
	Centre, Path string
	owedFigures
	Beats []coverageBeat
}

type coverageBeat struct {
	Name          string
	Owed, PerWeek int
	Chaupals      int // owed
	Wants         bool
	owedFigures
}

// owedRow is a place of the list.
type owedRow struct {
	Name, Kind, Centre, Days, Debt, Send string
	Weight                               int
	LastAt                               *time.Time
	Step                                 debtStep
}

// debtStep says how much is owed in a word, a shape and a class, so that no colour has to.
type debtStep struct{ Class, Shape, Word string }

// debtSteps are from how many thousandths of a day on. What is owed nothing has none.
//
//nolint:gochecknoglobals // constants
var debtSteps = []struct {
	from         int64
	class, shape string
}{{1, "d1", "◔"}, {3_000, "d2", "◑"}, {10_000, "d3", "◕"}, {30_000, "d4", "●"}}

// owedShown is how many places the page lists at once.
const owedShown = 50

// roundsBody is the proposal.
type roundsBody struct {
	KmH    int
	Left   int
	Rounds []roundRow
}

type roundRow struct {
	Name, Km, Debt string
	Fixed          bool
	Until          time.Time
	Stops          []roundStop
	Send           []roundTask
}

type roundStop struct {
	Name, Km, Send string
	At             time.Time
}

// coverage shows what is owed: the tree, the places, cells, and rounds that could be made.
func (p *Pages) coverage(x *exchange) error {
	c, b, err := p.owed(x)
	if err != nil {
		return err
	}
	b.Total = p.owedFigures(x, c.Sums)
	b.Spots = p.owedFigures(x, book.Sums{Places: c.Spots.Places, Overdue: c.Spots.Overdue, Debt: c.Spots.Debt})
	if b.Centre != "" {
		b.SpotPath = spotsPath(b.Centre, "")
	}
	for i := range c.Circles {
		b.Circles = append(b.Circles, p.coverageCircle(x, &c.Circles[i], b.Day))
	}
	after, _ := strconv.Atoi(x.c.Query("after"))
	b.Passed = min(max(after, 0), len(c.Owed))
	page := c.Owed[b.Passed:]
	if len(page) > owedShown {
		page = page[:owedShown]
		b.Next = b.path(Root+"/coverage", "after", strconv.Itoa(b.Passed+owedShown))
	}
	maySend := mayMake(x.who, contract.KindTaskSend)
	for i := range page {
		b.Owed = append(b.Owed, p.owedRow(x, &page[i], maySend))
	}
	for _, s := range debtSteps {
		b.Steps = append(b.Steps, p.debtStep(x, s.from))
	}
	if b.Centre != "" && b.Day == "" && maySend && p.Door.May(x.ctx, x.who, "getRounds", b.Centre) == nil {
		if err := p.proposed(x, b); err != nil {
			return err
		}
	}
	return p.send(x, http.StatusOK, "coverage", "page.coverage", b)
}

// owed reads what the address asks about: a centre, or without one, for who is above the
// stations, all that he may see; a day, which is its end, or now.
func (p *Pages) owed(x *exchange) (*book.Coverage, *coverageBody, error) {
	b := &coverageBody{Centre: x.centre}
	if leadsDistrict(x) {
		b.Centre = ""
	}
	q := book.CoverageQuery{Centre: b.Centre}
	at := x.c.Query("at")
	if day, err := time.ParseInLocation(time.DateOnly, at, ist); err == nil && at < midnight(x.now).Format(time.DateOnly) { // today is now
		b.Day, q.At = at, day.AddDate(0, 0, 1).Add(-time.Millisecond)
	}
	c, err := p.Book.Coverage(x.ctx, x.who, q)
	var problem *contract.Problem
	if b.Centre == "" && errors.As(err, &problem) && problem.Code == contract.CodeForbidden { // no centre is under his post
		c, err = &book.Coverage{At: x.now}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	b.At, b.Data = c.At, b.path(Root+"/coverage/data")
	return c, b, nil
}

// path is an address about the same centre and day.
func (b *coverageBody) path(to string, pairs ...string) string {
	q := url.Values{}
	pairs = append([]string{"centre", b.Centre, "at", b.Day}, pairs...)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return to
	}
	return to + "?" + q.Encode()
}

func (p *Pages) owedFigures(x *exchange, s book.Sums) owedFigures {
	return owedFigures{Places: s.Places, Overdue: s.Overdue, Never: s.Never, Debt: daysOwed(s.Debt), Step: p.debtStep(x, s.Debt)}
}

// daysOwed writes thousandths of a day as days.
func daysOwed(n int64) string { return strconv.FormatFloat(float64(n)/1000, 'f', 1, 64) }

func (p *Pages) debtStep(x *exchange, debt int64) debtStep {
	var out debtStep
	for _, s := range debtSteps {
		if debt >= s.from {
			out = debtStep{s.class, s.shape, p.word(x.lang, "coverage", s.class)}
		}
	}
	return out
}

func (p *Pages) coverageCircle(x *exchange, c *book.CircleDebt, day string) coverageCircle {
	v := &view{p: p, x: x}
	out := coverageCircle{Circle: c.Circle}
	for i := range c.Stations {
		s := &c.Stations[i]
		at := &coverageBody{Centre: s.Centre, Day: day}
		one := coverageStation{Centre: s.Centre, Path: at.path(Root + "/coverage"), owedFigures: p.owedFigures(x, s.Sums)}
		for k := range s.Beats {
			b := &s.Beats[k]
			beat := coverageBeat{Name: p.look.texts["coverage.no_beat"].in(x.lang), Owed: b.Owed, PerWeek: b.PerWeek, Wants: b.Owed+b.ChaupalsOwed > 0, Chaupals: b.ChaupalsOwed,
				owedFigures: p.owedFigures(x, b.Sums)}
			if b.BeatID != nil {
				beat.Name = v.either(b.NameHi, b.NameEn)
			}
			one.Beats = append(one.Beats, beat)
		}
		out.Stations = append(out.Stations, one)
	}
	return out
}

func (p *Pages) owedRow(x *exchange, d *book.PlaceDebt, maySend bool) owedRow {
	v := &view{p: p, x: x}
	r := owedRow{
		Name: v.either(d.NameHi, d.NameEn), Kind: p.label(x, "place_type", d.Kind), Centre: v.CentreName(d.Centre), Days: daysOwed(d.Overdue),
		Debt: daysOwed(d.Debt), Weight: d.Weight, LastAt: d.LastAt, Step: p.debtStep(x, d.Debt),
	}
	if maySend && p.Door.May(x.ctx, x.who, "getRounds", d.Centre) == nil {
		r.Send = dispatchPath(d.Centre, "place", d.PlaceID.String())
	}
	return r
}

// proposed adds the rounds that could be made now.
func (p *Pages) proposed(x *exchange, b *coverageBody) error {
	vehicle := "two_wheeler"
	list := p.Book.Lists(x.who.District)["vehicle"]
	for _, c := range list {
		if c.Code == x.c.Query("vehicle") {
			vehicle = c.Code
		}
	}
	for _, c := range list {
		b.Vehicles = append(b.Vehicles, option{Value: c.Code, Label: p.label(x, "vehicle", c.Code), Chosen: c.Code == vehicle})
	}
	r, err := p.Book.Rounds(x.ctx, x.who, b.Centre, vehicle)
	if err != nil {
		return err
	}
	if _, err := p.around(x); err != nil {
		return err
	}
	v := &view{p: p, x: x}
	b.Rounds = &roundsBody{KmH: r.KmH, Left: r.Left}
	for i := range r.Rounds {
		u := &r.Rounds[i]
		row := roundRow{Name: v.By(u.OfficerID), Km: km(u.Metres), Debt: daysOwed(u.Debt), Fixed: u.Fixed, Until: u.Until}
		var ids []string
		for _, s := range u.Stops {
			id := s.Place.PlaceID.String()
			row.Stops = append(row.Stops, roundStop{
				Name: v.either(s.Place.NameHi, s.Place.NameEn), Km: km(s.Metres), At: s.At,
				Send: dispatchPath(b.Centre, "to", u.OfficerID.String(), "place", id),
			})
			ids = append(ids, id)
		}
		row.Send = tasksOf(ids, func(places string) string { return dispatchPath(b.Centre, "to", u.OfficerID.String(), "place", places) })
		b.Rounds.Rounds = append(b.Rounds.Rounds, row)
	}
	return nil
}

func km(metres int) string { return strconv.FormatFloat(float64(metres)/1000, 'f', 1, 64) }

// placesOfTask is how many places one task may name: as many as its text has room for.
const placesOfTask = 8

// roundTask is a task of some of the stops of a round. From and To are which, and nought if
// it is of all.
type roundTask struct {
	From, To int
	Path     string
}

// tasksOf are the tasks that a round is sent as: of as many places each as one may name.
func tasksOf(ids []string, path func(places string) string) []roundTask {
	var out []roundTask
	for from := 0; from < len(ids); from += placesOfTask {
		to := min(from+placesOfTask, len(ids))
		one := roundTask{Path: path(strings.Join(ids[from:to], ","))}
		if len(ids) > placesOfTask {
			one.From, one.To = from+1, to
		}
		out = append(out, one)
	}
	return out
}

// toPlaces fills a form of a task with places of the list: the first is where it leads, and
// of several the text tells the order.
func (p *Pages) toPlaces(x *exchange, a *ask, ids string) error {
	v := &view{p: p, x: x}
	var names []string
	for i, id := range strings.Split(ids, ",") {
		placeID, err := uuid.Parse(id)
		if err != nil || i == placesOfTask {
			break
		}
		place, err := p.Book.PlaceNow(x.ctx, x.who, placeID)
		var problem *contract.Problem
		if errors.As(err, &problem) && problem.Code == contract.CodeNotFound {
			continue // it was taken off the list meanwhile: the others are still due
		}
		if err != nil {
			return err
		}
		if len(names) == 0 {
			a.values["task_kind"], a.values["urgency"], a.values["place_type"] = []string{"visit"}, []string{"routine"}, []string{place.Kind}
			a.values[placeLat], a.values[placeLon], a.values[placeM] = []string{degrees(place.Lat)}, []string{degrees(place.Lon)}, []string{chosenM}
		}
		names = append(names, v.either(place.NameHi, place.NameEn))
	}
	if text := orderText(p.look.texts["coverage.in_order"].in(x.lang), names); text != "" {
		a.values["text"] = []string{text}
	}
	return nil
}

const textOfTask = 300 // characters that the text of a task may have

// orderText names places in their order, and of those that the text of a task has no room
// for it tells how many they are.
func orderText(before string, names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	for n := len(names); n > 0; n-- {
		text := before + " " + strings.Join(names[:n], ", ")
		if left := len(names) - n; left > 0 {
			text += " + " + strconv.Itoa(left)
		}
		if utf8.RuneCountInString(text) <= textOfTask {
			return text
		}
	}
	return ""
}

// coverageData is the drawing: the stations, and the cells that owe.
func (p *Pages) coverageData(x *exchange) error {
	c, _, err := p.owed(x)
	if err != nil {
		return err
	}
	v := &view{p: p, x: x}
	out := append(p.districtFeatures(x), p.debtFeatures(x, c)...)
	out = append(out, stationFeatures(x, v)...)
	return sendDrawing(x, out)
}

// debtCells is how many cells a drawing has; of more, coarser ones.
const debtCells = 600

// debtFeatures are the cells that owe, by steps.
func (p *Pages) debtFeatures(x *exchange, c *book.Coverage) []feature {
	out, cells := []feature{}, c.Cells
	for res := 8; len(cells) > debtCells && res >= 7; res-- {
		cells = book.RollUp(cells, res)
	}
	for _, cell := range cells {
		corners, err := cell.Cell.Boundary()
		if err != nil {
			continue
		}
		s := p.debtStep(x, cell.Debt)
		out = append(out, feature{"Feature", shape{"Polygon", [][][2]float64{ring(corners)}}, featureWords{Layer: "debt", State: s.Class, Name: s.Word}})
	}
	return out
}

// owedByStation is what each station owes now, if there are any.
func (p *Pages) owedByStation(x *exchange, any bool) (map[string]book.Sums, error) {
	out := map[string]book.Sums{}
	if !any {
		return out, nil
	}
	c, err := p.Book.Coverage(x.ctx, x.who, book.CoverageQuery{})
	if err != nil {
		return nil, err
	}
	for _, circle := range c.Circles {
		for _, s := range circle.Stations {
			out[s.Centre] = s.Sums
		}
	}
	return out, nil
}

// coverageCell is the figure of a station on the district's page: places overdue, of those
// on the list.
func coverageCell(centre string, s book.Sums) districtCell {
	return districtCell{
		Name: "coverage", N: strconv.Itoa(s.Overdue), Of: strconv.Itoa(s.Places), Bad: s.Overdue > 0,
		Path: Root + "/coverage?centre=" + url.QueryEscape(centre),
	}
}
