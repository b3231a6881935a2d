package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// returnsBody is the figures of a span of days, by centre.
type returnsBody struct {
	From, To      time.Time
	Day           bool // it is one day: the daily return
	Centres       []book.CentreReturn
	Rows          []figureRow
	Steps         []step
	Today, Before string // other spans: today, the day before, this month, the last
	Month, Last   string
}

// figureRow is one figure of all centres.
type figureRow struct {
	Label string
	By    []int64
	Total int64
	Sub   bool // a part of the one above
}

// figureOrder is the order of the return. Places follow their sum.
//
//nolint:gochecknoglobals // a constant
var figureOrder = strings.Fields(`complaints_received complaints_registered complaints_disposed pending_under_1d pending_1_3d pending_3_7d
	pending_over_7d firs firs_received arrests preventive counselling_sessions feedback_reached feedback_satisfied follow_ups escalations
	persons_counted persons_spoken persons_warned visits programmes women girls leaflets settled_on_spot`)

const placesChecked = "places_checked."

// returns shows the figures of a day or a month as the books have them, and what
// was signed of them.
func (p *Pages) returns(x *exchange) error {
	today := midnight(x.now)
	b := returnsBody{From: today, To: today}
	if err := daysOf(x, &b.From, &b.To); err != nil {
		return err
	}
	of := x.centre
	if x.asked == "" && of == "HQ" { // the district office reads all
		of = ""
	}
	r, err := p.Book.Returns(x.ctx, x.who, of, b.From, b.To)
	var problem *contract.Problem
	switch {
	case of == "" && errors.As(err, &problem) && problem.Code == contract.CodeForbidden: // no centre is under his post
		r = &book.Returns{}
	case err != nil:
		return err
	}
	b.Centres, b.Day = r.Centres, b.From.Equal(b.To)
	b.Rows = p.figures(x, r)
	if b.Day && len(r.Centres) == 1 {
		here := string(x.c.Request().URI().RequestURI())
		b.Steps = p.steps(x, here, map[string]string{"date": b.From.Format(time.DateOnly)}, contract.KindReturnSign)
	}
	b.spans(x, of, today)
	return p.send(x, http.StatusOK, "returns", "page.returns", b)
}

// spans are the ways to other days and months.
func (b *returnsBody) spans(x *exchange, centre string, today time.Time) {
	path := func(from, to time.Time) string {
		q := url.Values{"from": {from.Format(time.DateOnly)}, "to": {to.Format(time.DateOnly)}}
		if x.asked != "" && centre != "" {
			q.Set("centre", centre)
		}
		return Root + "/returns?" + q.Encode()
	}
	month := today.AddDate(0, 0, 1-today.Day())
	last := month.AddDate(0, -1, 0)
	b.Today, b.Before = path(today, today), path(b.From.AddDate(0, 0, -1), b.From.AddDate(0, 0, -1))
	b.Month, b.Last = path(month, today), path(last, month.AddDate(0, 0, -1))
}

// figures are the rows of the return: those of its order, then the places that
// squads looked at.
func (p *Pages) figures(x *exchange, r *book.Returns) []figureRow {
	row := func(label, name string, sub bool) figureRow {
		f := figureRow{Label: label, Total: r.Total[name], Sub: sub}
		for _, c := range r.Centres {
			f.By = append(f.By, c.Figures[name])
		}
		return f
	}
	var out []figureRow
	for _, name := range figureOrder {
		out = append(out, row(p.word(x.lang, "figure", name), name, strings.HasPrefix(name, "pending_")))
	}
	var places []string
	for name := range r.Total {
		if place, ok := strings.CutPrefix(name, placesChecked); ok {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	for _, place := range places {
		out = append(out, row(p.look.texts["figure.place"].in(x.lang)+": "+p.label(x, "place_type", place), placesChecked+place, true))
	}
	return out
}
