package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// groundBody is the beats and places of a station.
type groundBody struct {
	Beats    []groundBeat
	Places   []groundPlace
	Next     string // the page of places after this one
	Part     bool   // these are not all of them
	Lay      *groundLay
	LayPath  string
	Data     string // where the drawing is
	NewBeat  string
	NewPlace string
	Markers  string // the sheets; empty for who may make none
	Import   string // the page of a file; the same
}

type groundBeat struct {
	Name, Code, Km2, From, To, Rounds string
	Change, End                       string // forms; empty for who may make none
}

type groundPlace struct {
	Name, Code, Kind, Beat, Every, Hours, From, To string
	Change, End                                    string
}

// groundLay is how the beats lie beside each other.
type groundLay struct {
	Km2, Gap, Overlap, Error string
	Pairs                    []groundPair
}

type groundPair struct{ A, B, Km2 string }

func groundPath(x *exchange) string { return Root + "/ground?centre=" + url.QueryEscape(x.centre) }

// groundPage shows what beats and places a station has, by lists and on a map.
func (p *Pages) groundPage(x *exchange) error {
	page, err := p.Book.Ground(x.ctx, x.who, book.GroundQuery{Centre: x.centre, After: x.c.Query("after"), Limit: 100})
	if err != nil {
		return err
	}
	if x.c.Query("after") != "" { // of the book's pages only the first has the beats
		first, err := p.Book.Ground(x.ctx, x.who, book.GroundQuery{Centre: x.centre, Limit: 1})
		if err != nil {
			return err
		}
		page.Beats = first.Beats
	}
	b := groundBody{Data: Root + "/ground/data?centre=" + url.QueryEscape(x.centre), LayPath: groundPath(x) + "&lay=1"}
	makes := mayMake(x.who, contract.KindBeatSet)
	if makes {
		b.NewBeat, b.NewPlace = groundForm(x, "beats", "new"), groundForm(x, "places", "new")
		b.Import = Root + "/ground/import?centre=" + url.QueryEscape(x.centre)
	}
	if mayMake(x.who, contract.KindPlaceMarker) {
		b.Markers = markersPath(x)
	}
	v := &view{p: p, x: x}
	names := map[uuid.UUID]string{}
	home, err := p.around(x)
	if err != nil {
		return err
	}
	for i := range home.Beats {
		names[home.Beats[i].ID] = v.either(home.Beats[i].NameHi, home.Beats[i].NameEn)
	}
	for i := range page.Beats {
		beat := &page.Beats[i]
		names[beat.BeatID] = v.either(beat.NameHi, beat.NameEn)
		row := groundBeat{Name: names[beat.BeatID], Code: beat.Code, Km2: strconv.FormatFloat(beat.Km2, 'f', 1, 64), From: v.day(beat.From), To: v.dayBefore(beat.Until)}
		if beat.PerWeek > 0 {
			row.Rounds = strconv.Itoa(beat.PerWeek)
		}
		if makes {
			row.Change = groundForm(x, "beats", beat.BeatID.String())
			row.End = formPath(contract.KindBeatEnd, x.centre, groundPath(x), map[string]string{"beat_id": beat.BeatID.String()})
		}
		b.Beats = append(b.Beats, row)
	}
	for i := range page.Places {
		place := &page.Places[i]
		row := groundPlace{
			Name: v.either(place.NameHi, place.NameEn), Code: place.Code, Kind: p.label(x, "place_type", place.Kind),
			Every: strconv.Itoa(place.EveryDays), From: v.day(place.From), To: v.dayBefore(place.Until),
		}
		if place.BeatID != nil {
			row.Beat = names[*place.BeatID]
		}
		if place.HoursFrom != "" {
			row.Hours = place.HoursFrom + "–" + place.HoursTo
		}
		if makes {
			row.Change = groundForm(x, "places", place.PlaceID.String())
			row.End = formPath(contract.KindPlaceEnd, x.centre, groundPath(x), map[string]string{"place_id": place.PlaceID.String()})
		}
		b.Places = append(b.Places, row)
	}
	b.Part = page.More || x.c.Query("after") != ""
	if page.More {
		b.Next = groundPath(x) + "&after=" + url.QueryEscape(page.Places[len(page.Places)-1].Code)
	}
	if x.c.Query("lay") != "" {
		if b.Lay, err = p.groundLay(x, page); err != nil {
			return err
		}
	}
	return p.send(x, http.StatusOK, "ground", "page.ground", b)
}

// day is a day of the database in words; empty stays so.
func (v *view) day(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, ist)
	if err != nil {
		return ""
	}
	return v.Date(t)
}

// dayBefore is the last day of what is no longer so from a day on.
func (v *view) dayBefore(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, ist)
	if err != nil {
		return ""
	}
	return v.Date(t.AddDate(0, 0, -1))
}

func (p *Pages) groundLay(x *exchange, page *book.GroundPage) (*groundLay, error) {
	got, err := p.Book.Overlay(x.ctx, x.who.District, x.centre, page.On)
	if err != nil {
		return nil, err
	}
	text := func(km2 float64) string { return strconv.FormatFloat(km2, 'f', 2, 64) }
	v := &view{p: p, x: x}
	names := map[string]string{}
	for i := range page.Beats {
		names[page.Beats[i].Code] = v.either(page.Beats[i].NameHi, page.Beats[i].NameEn)
	}
	out := &groundLay{Km2: text(got.Km2), Gap: text(got.GapKm2), Overlap: text(got.OverlapKm2), Error: text(got.ErrorKm2)}
	for _, pair := range got.Pairs {
		out.Pairs = append(out.Pairs, groundPair{names[pair.A], names[pair.B], text(pair.Km2)})
	}
	return out, nil
}

// groundData is the drawing, as GeoJSON: the outline of the district, the beats, the
// places of the first page.
func (p *Pages) groundData(x *exchange) error {
	page, err := p.Book.Ground(x.ctx, x.who, book.GroundQuery{Centre: x.centre})
	if err != nil {
		return err
	}
	v := &view{p: p, x: x}
	out := p.districtFeatures(x) // a map of nothing is an empty list, not none
	for i := range page.Beats {
		beat := &page.Beats[i]
		for _, outline := range outlines([]byte(beat.Area)) {
			out = append(out, feature{"Feature", outline, featureWords{Layer: "beat", Name: v.either(beat.NameHi, beat.NameEn)}})
		}
	}
	for i := range page.Places {
		place := &page.Places[i]
		out = append(out, feature{"Feature", pointShape(place.Lat, place.Lon), featureWords{
			Layer: "place", Name: v.either(place.NameHi, place.NameEn), Note: p.label(x, "place_type", place.Kind),
		}})
	}
	for _, f := range stationFeatures(x, v) {
		if f.Properties.State == "own" {
			out = append(out, f)
		}
	}
	return sendDrawing(x, out)
}

func groundForm(x *exchange, what, id string) string {
	return fmt.Sprintf("%s/ground/%s/%s?centre=%s", Root, what, id, url.QueryEscape(x.centre))
}

// groundID is the id in the address of a form, a fresh one for what is new.
func groundID(x *exchange) (id uuid.UUID, fresh bool, err error) {
	if x.c.Params("id") == "new" {
		id, err = uuid.NewV7()
		return id, true, err
	}
	if id, err = uuid.Parse(x.c.Params("id")); err != nil {
		return id, false, contract.NewProblem(contract.CodeNotFound)
	}
	return id, false, nil
}

// beatForm is the form of a beat as it now is: what is sent holds from the day that is
// chosen, today unless it is another.
func (p *Pages) beatForm(x *exchange) error {
	id, fresh, err := groundID(x)
	if err != nil {
		return err
	}
	values := map[string][]string{"from": {x.now.In(ist).Format(time.DateOnly)}}
	if !fresh {
		beat, err := p.Book.BeatAt(x.ctx, x.who, x.centre, id, "")
		if err != nil {
			return err
		}
		values["code"], values["name_hi"], values["name_en"], values["area"] = []string{beat.Code}, []string{beat.NameHi}, []string{beat.NameEn}, []string{beat.Area}
		if beat.PerWeek > 0 {
			values["rounds.per_week"] = []string{strconv.Itoa(beat.PerWeek)}
			values["rounds.hours_from"], values["rounds.hours_to"] = []string{beat.HoursFrom}, []string{beat.HoursTo}
		}
	}
	return p.groundSend(x, contract.KindBeatSet, map[string]string{"beat_id": id.String()}, values)
}

// placeForm is the same of a place.
func (p *Pages) placeForm(x *exchange) error {
	id, fresh, err := groundID(x)
	if err != nil {
		return err
	}
	values := map[string][]string{"from": {x.now.In(ist).Format(time.DateOnly)}}
	if !fresh {
		place, err := p.Book.PlaceAt(x.ctx, x.who, x.centre, id)
		if err != nil {
			return err
		}
		degrees := func(v float64) []string { return []string{strconv.FormatFloat(v, 'f', -1, 64)} }
		values["code"], values["name_hi"], values["name_en"], values["kind"] = []string{place.Code}, []string{place.NameHi}, []string{place.NameEn}, []string{place.Kind}
		values["lat"], values["lon"], values["area"] = degrees(place.Lat), degrees(place.Lon), []string{place.Area}
		values["every_days"], values["weight"] = []string{strconv.Itoa(place.EveryDays)}, []string{strconv.Itoa(place.Weight)}
		values["hours_from"], values["hours_to"], values["tags"] = []string{place.HoursFrom}, []string{place.HoursTo}, place.Tags
		if place.BeatID != nil {
			values["beat_id"] = []string{place.BeatID.String()}
		}
	}
	return p.groundSend(x, contract.KindPlaceSet, map[string]string{"place_id": id.String()}, values)
}

func (p *Pages) groundSend(x *exchange, kind contract.Kind, given map[string]string, values map[string][]string) error {
	f, err := p.formOf(x, ask{kind: kind, centre: x.centre, back: groundPath(x), given: given, values: values})
	if err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "op", "kind."+string(kind), f)
}
