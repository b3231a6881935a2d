package console

import (
	"net/http"
	"net/url"
	"strconv"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// monthsBody is what the women-beat register is to be closed with for a month, beat by
// beat.
type monthsBody struct {
	Centre string
	Month  string
	Over   bool
	Beats  []monthRow
}

type monthRow struct {
	book.BeatMonth

	Name   string
	Unseen []string
	Spots  []string
	Line   string // where the line is that closed it
	Steps  []step
}

// months drafts the monthly entries: nobody counts, and one tap enters.
func (p *Pages) months(x *exchange) error {
	m, err := p.Book.BeatMonths(x.ctx, x.who, x.centre, x.c.Query("month"))
	if err != nil {
		return err
	}
	here := Root + "/coverage/months?" + url.Values{"centre": {x.centre}, "month": {m.Month}}.Encode()
	v := &view{p: p, x: x}
	b := monthsBody{Centre: x.centre, Month: m.Month, Over: m.Over}
	for i := range m.Beats {
		one := &m.Beats[i]
		row := monthRow{BeatMonth: *one, Name: v.either(one.NameHi, one.NameEn), Unseen: one.UnseenHi, Spots: one.SpotsHi}
		if x.lang == contract.English {
			row.Unseen, row.Spots = one.UnseenEn, one.SpotsEn
		}
		switch {
		case one.ClosedSerial > 0:
			row.Line = Root + "/registers/women_beat/" + strconv.Itoa(one.ClosedYear) + "/" + strconv.FormatInt(one.ClosedSerial, 10) + "?centre=" + url.QueryEscape(x.centre)
		case m.Over:
			row.Steps = p.steps(x, here, map[string]string{"beat_id": one.BeatID.String(), "month": m.Month}, contract.KindBeatMonth)
		}
		b.Beats = append(b.Beats, row)
	}
	return p.send(x, http.StatusOK, "months", "page.months", b)
}

// sensitiveMost is how many sensitive places an entry names.
const sensitiveMost = 10

// presentMonth fills the form of a month with the hot-spots of the beat.
func presentMonth(p *Pages, x *exchange, a *ask) {
	m, err := p.Book.BeatMonths(x.ctx, x.who, x.centre, a.given["month"])
	if err != nil {
		return // the book refuses what is entered for the same reason, and says it
	}
	for i := range m.Beats {
		if one := &m.Beats[i]; one.BeatID.String() == a.given["beat_id"] {
			a.values["sensitive_places"] = one.SpotsHi[:min(len(one.SpotsHi), sensitiveMost)]
		}
	}
}
