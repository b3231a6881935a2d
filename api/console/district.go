package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// districtBody is the stations side by side, in the order of the list: how well
// each does what there is to do. It names nobody.
type districtBody struct {
	From, To time.Time
	Part     int      // how many days a bar stands for
	Heads    []string // keys
	Rows     []districtRow
}

type districtRow struct {
	Centre string
	Path   string // of the centre's own first page
	Cells  []districtCell
}

// districtCell is one figure with what it is of, where it can be seen, and how it went
// on.
type districtCell struct {
	Name, N, Of, Path string
	Bad               bool
	Trend             *trend
}

// trend is a small picture of a figure, and the same in words. A figure is drawn on
// one scale for all stations.
type trend struct {
	Line  string // of counts day by day: the points
	Whole string // of shares: what there was to do, a bar for each part of the span
	Bars  string // what of it was done
	Words string
}

const (
	trendWidth, trendHeight = 60, 20
	districtSpan            = 30
)

// above are the posts whose day begins with the whole district.
var above = []staff.Role{staff.SP, staff.AddlSP, staff.CO, staff.Nodal, staff.WomenCell} //nolint:gochecknoglobals // a constant

// leadsDistrict tells whether the officer's first post is above the stations.
func leadsDistrict(x *exchange) bool {
	return (x.asked == "" || x.asked == book.HQ) && len(x.who.Posts) > 0 && slices.Contains(above, x.who.Posts[0].Role)
}

// district shows the stations side by side.
func (p *Pages) district(x *exchange) error {
	today := midnight(x.now)
	b := districtBody{From: today.AddDate(0, 0, 1-districtSpan), To: today}
	if err := daysOf(x, &b.From, &b.To); err != nil {
		return err
	}
	list, err := p.Book.Qualities(x.ctx, x.who, "", b.From, b.To)
	var problem *contract.Problem
	if err != nil && (!errors.As(err, &problem) || problem.Code != contract.CodeForbidden) { // no centre is under his post
		return err
	}
	days := int(b.To.Sub(b.From).Hours()/24) + 1
	b.Part = book.PartDays(days)
	d := drawing{parts: (days + b.Part - 1) / b.Part}
	d.scale(list)
	owed, err := p.owedByStation(x, len(list) > 0)
	if err != nil {
		return err
	}
	for i := range list {
		row := d.row(&list[i], b.From, b.To)
		row.Cells = append(row.Cells, coverageCell(list[i].Centre, owed[list[i].Centre]))
		b.Rows = append(b.Rows, row)
	}
	if len(b.Rows) > 0 {
		for _, c := range b.Rows[0].Cells {
			b.Heads = append(b.Heads, c.Name)
		}
	}
	return p.send(x, http.StatusOK, "district", "page.district", b)
}

// drawing draws the small pictures of a page.
type drawing struct {
	parts   int
	arrived int64   // the most of a day, of all stations
	minutes float64 // the longest median, of all
}

// scale finds what the highest bar stands for.
func (d *drawing) scale(list []book.Quality) {
	for i := range list {
		d.arrived = max(d.arrived, slices.Max(list[i].ByDay))
		for _, m := range list[i].Medians {
			if m != nil {
				d.minutes = max(d.minutes, *m)
			}
		}
	}
}

// row is a station in figures. Each leads to the lines that it counts.
func (d *drawing) row(q *book.Quality, from, to time.Time) districtRow {
	at := "?centre=" + url.QueryEscape(q.Centre)
	span := at + "&from=" + from.Format(time.DateOnly) + "&to=" + to.Format(time.DateOnly)
	share := func(name string, t *book.Trend, path string, bad bool) districtCell {
		return districtCell{
			Name: name, N: strconv.FormatInt(t.N, 10), Of: strconv.FormatInt(t.Of, 10), Path: Root + path, Bad: bad, Trend: d.shares(t),
		}
	}
	less := func(t *book.Trend) bool { return t.N < t.Of }
	return districtRow{
		Centre: q.Centre, Path: Root + "/" + at,
		Cells: []districtCell{
			{Name: "arrived", N: strconv.FormatInt(q.Arrived, 10), Path: Root + "/registers/help_desk" + span, Trend: d.counts(q.ByDay)},
			share("registered", &q.Registered, "/complaints"+at+"&state=received", less(&q.Registered)),
			{
				Name: "median", N: minutes(q.Median), Of: strconv.FormatInt(q.Registered.N, 10), Path: Root + "/registers/help_desk" + span,
				Trend: d.medians(q),
			},
			share("overdue", &q.Overdue, "/complaints"+at+"&overdue=1", q.Overdue.N > 0),
			share("signed", &q.Signed, "/returns"+span, less(&q.Signed)),
			share("feedback", &q.Feedback, "/registers/feedback"+span, false),
			share("satisfied", &q.Satisfied, "/registers/feedback"+span, false),
			share("reopened", &q.Reopened, "/registers/help_desk"+span, q.Reopened.N > 0),
			share("follow_ups", &q.FollowUps, "/registers/follow_up"+span, less(&q.FollowUps)),
			share("flags", &q.Flags, "/conduct"+at, less(&q.Flags)),
		},
	}
}

// counts draws counts day by day as a line; nil when there is nothing to draw.
func (d *drawing) counts(list []int64) *trend {
	if len(list) < 2 {
		return nil
	}
	var points, words strings.Builder
	for i, n := range list {
		if i > 0 {
			points.WriteByte(' ')
			words.WriteString(", ")
		}
		points.WriteString(strconv.Itoa(2+i*(trendWidth-4)/(len(list)-1)) + "," + strconv.Itoa(height(float64(n), float64(d.arrived))))
		words.WriteString(strconv.FormatInt(n, 10))
	}
	return &trend{Line: points.String(), Words: words.String()}
}

// shares draws a share of each part of the span. In words a part in which there was
// nothing to do is a dash.
func (d *drawing) shares(t *book.Trend) *trend {
	return d.bars(func(i int) (n, of float64, word string) {
		p := t.Parts[i]
		return float64(p.N), float64(p.Of), strconv.FormatInt(p.N, 10) + "/" + strconv.FormatInt(p.Of, 10)
	})
}

// medians draws the minutes of each part, against the longest of all stations.
func (d *drawing) medians(q *book.Quality) *trend {
	return d.bars(func(i int) (n, of float64, word string) {
		m := q.Medians[i]
		if m == nil {
			return 0, 0, ""
		}
		return *m, max(d.minutes, 1), minutes(m)
	})
}

func (d *drawing) bars(of func(i int) (n, of float64, word string)) *trend {
	if d.parts < 2 {
		return nil
	}
	var whole, bars strings.Builder
	words := make([]string, d.parts)
	for i := range d.parts {
		n, most, word := of(i)
		if words[i] = word; most == 0 {
			words[i] = "–"
			continue
		}
		at := "M" + strconv.Itoa(3+i*(trendWidth-4)/d.parts) + " " + strconv.Itoa(trendHeight-1) + "V"
		whole.WriteString(at + "2")
		bars.WriteString(at + strconv.Itoa(height(n, most)))
	}
	if whole.Len() == 0 { // there was nothing to do
		return nil
	}
	return &trend{Whole: whole.String(), Bars: bars.String(), Words: strings.Join(words, ", ")}
}

// height is how high in a picture a value stands; what is not nothing is seen.
func height(n, most float64) int {
	const foot, room = trendHeight - 2, trendHeight - 4
	if n <= 0 || most <= 0 {
		return foot
	}
	return foot - max(1, int(n*room/most))
}
