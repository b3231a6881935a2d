package console

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// markersBody are the places of a station and their sheets.
type markersBody struct {
	Places    []markerRow
	Missing   int
	Printable bool   // a place of the page has a sheet
	Print     string // where the chosen ones are printed
	Next      string
	After     string // where the page begins
	First     int    // places of the page that have no sheet yet: one press makes theirs
}

type markerRow struct {
	ID         string
	Name, Kind string
	Code       string
	Version    int // 0: none
	At         any
	Why        string
	Make       string // the form
}

func markersPath(x *exchange) string {
	return Root + "/ground/markers?centre=" + url.QueryEscape(x.centre)
}

// markersPage lists places, those without a sheet first, for who may make sheets.
func (p *Pages) markersPage(x *exchange) error {
	page, err := p.Book.MarkedPlaces(x.ctx, x.who, book.MarkerQuery{Centre: x.centre, After: x.c.Query("after")})
	if err != nil {
		return err
	}
	b := markersBody{Missing: page.Missing, After: x.c.Query("after"), Print: Root + "/ground/markers/print"}
	v := &view{p: p, x: x}
	for i := range page.Places {
		place := &page.Places[i]
		row := markerRow{
			ID: place.PlaceID.String(), Name: v.either(place.NameHi, place.NameEn), Kind: p.label(x, "place_type", place.Kind),
			Code: place.Code, Version: place.Version,
		}
		given := map[string]string{"place_id": row.ID}
		if place.Version == 0 {
			given["reason"] = reasonFirst
			b.First++
		} else {
			b.Printable = true
			row.At, row.Why = *place.MadeAt, p.label(x, "marker_reason", place.Reason)
		}
		row.Make = formPath(contract.KindPlaceMarker, x.centre, markersPath(x), given)
		b.Places = append(b.Places, row)
	}
	if page.Next != "" {
		b.Next = markersPath(x) + "&after=" + url.QueryEscape(page.Next)
	}
	return p.send(x, http.StatusOK, "markers", "page.markers", b)
}

const reasonFirst = "first"

// firstMarkers makes the first sheets of the places of a page that have none. Pressed
// twice it finds none that is missing.
func (p *Pages) firstMarkers(x *exchange) error {
	page, err := p.Book.MarkedPlaces(x.ctx, x.who, book.MarkerQuery{Centre: x.centre, After: x.c.FormValue("after")})
	if err != nil {
		return err
	}
	var deeds []book.GroundDeed
	for i := range page.Places {
		if place := &page.Places[i]; place.Version == 0 {
			deeds = append(deeds, book.GroundDeed{
				Kind: contract.KindPlaceMarker, Body: contract.PlaceMarker{PlaceID: place.PlaceID, Reason: reasonFirst},
			})
		}
	}
	if len(deeds) == 0 {
		return seeOther(x.c, markersPath(x))
	}
	last, err := p.enterWhole(x, deeds)
	if err != nil {
		return err
	}
	return seeOther(x.c, withDone(markersPath(x), last.String()))
}

// sheetsBody are the sheets to be printed, a page of A4 each.
type sheetsBody struct {
	Sheets    []markerSheet
	Helplines []helpline
	Back      string
	None      int // chosen places that have no sheet
}

// markerSheet is a sheet. Its code is drawn and stands nowhere as a text.
type markerSheet struct {
	NameHi, NameEn string
	Version        int
	QR             *qrCode
}

// printMarkers shows the sheets of the chosen places. An address names places, and no
// page of the console is kept by a browser or on the way.
func (p *Pages) printMarkers(x *exchange) error {
	var places []uuid.UUID
	for _, text := range x.c.Context().QueryArgs().PeekMulti("place") {
		id, err := uuid.ParseBytes(text)
		if err != nil {
			return contract.NewProblem(contract.CodeNotFound)
		}
		places = append(places, id)
	}
	if len(places) == 0 {
		return x.c.Redirect(markersPath(x), http.StatusSeeOther)
	}
	list, err := p.Book.MarkerSheets(x.ctx, x.who, x.centre, places)
	if err != nil {
		return err
	}
	b := sheetsBody{Back: markersPath(x), None: len(places) - len(list)}
	for i := range list {
		sheet := &list[i]
		drawn, err := qrOf(sheet.Code.Reveal())
		if err != nil {
			return err
		}
		b.Sheets = append(b.Sheets, markerSheet{NameHi: sheet.NameHi, NameEn: sheet.NameEn, Version: sheet.Version, QR: drawn})
	}
	b.Helplines = p.helplines(x, "112", "1090", "181", "1098")
	return p.send(x, http.StatusOK, "marker_sheets", "page.marker_sheets", b)
}

// helplines are numbers that a woman may call, in Hindi: for what is printed.
func (p *Pages) helplines(x *exchange, numbers ...string) (out []helpline) {
	hindi := *x
	hindi.lang = contract.Hindi
	for _, number := range numbers {
		if name := p.label(&hindi, "helpline", number); name != "" {
			out = append(out, helpline{number, name})
		}
	}
	return out
}
