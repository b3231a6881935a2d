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
	Heads    []string // keys
	Rows     []districtRow
}

type districtRow struct {
	Centre string
	Path   string // of the centre's own first page
	Cells  []districtCell
	Trend  *trend
}

// districtCell is one figure with what it is of, and where it can be seen.
type districtCell struct {
	Name, N, Of, Path string
	Bad               bool
}

// trend is a line of who came, day by day.
type trend struct {
	Points string
	Most   int64
}

const (
	trendWidth, trendHeight = 120, 28
	districtSpan            = 30
)

// above are the posts whose day begins with the whole district.
var above = []staff.Role{staff.SP, staff.AddlSP, staff.CO, staff.Nodal, staff.WomenCell} //nolint:gochecknoglobals // a constant

// leadsDistrict tells whether the officer's first post is above the stations.
func leadsDistrict(x *exchange) bool {
	return x.asked == "" && len(x.who.Posts) > 0 && slices.Contains(above, x.who.Posts[0].Role)
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
	for i := range list {
		b.Rows = append(b.Rows, districtRowOf(&list[i], b.From, b.To))
	}
	if len(b.Rows) > 0 {
		for _, c := range b.Rows[0].Cells {
			b.Heads = append(b.Heads, c.Name)
		}
	}
	return p.send(x, http.StatusOK, "district", "page.district", b)
}

func districtRowOf(q *book.Quality, from, to time.Time) districtRow {
	at := "?centre=" + url.QueryEscape(q.Centre)
	span := at + "&from=" + from.Format(time.DateOnly) + "&to=" + to.Format(time.DateOnly)
	share := func(name string, s book.Share, path string, bad bool) districtCell {
		return districtCell{Name: name, N: strconv.FormatInt(s.N, 10), Of: strconv.FormatInt(s.Of, 10), Path: Root + path, Bad: bad}
	}
	less := func(s book.Share) bool { return s.N < s.Of }
	return districtRow{
		Centre: q.Centre, Path: Root + "/" + at, Trend: trendOf(q.ByDay),
		Cells: []districtCell{
			{Name: "arrived", N: strconv.FormatInt(q.Arrived, 10), Path: Root + "/returns" + span},
			share("registered", q.Registered, "/complaints"+at+"&state=received", less(q.Registered)),
			{Name: "median", N: minutes(q.Median), Path: Root + "/registers/help_desk" + at},
			share("overdue", q.Overdue, "/complaints"+at+"&overdue=1", q.Overdue.N > 0),
			share("signed", q.Signed, "/returns"+span, less(q.Signed)),
			share("feedback", q.Feedback, "/registers/feedback"+at, false),
			share("follow_ups", q.FollowUps, "/registers/follow_up"+at, less(q.FollowUps)),
			share("flags", q.Flags, "/conduct"+at, less(q.Flags)),
		},
	}
}

// trendOf draws counts as a line; nil when there is nothing to draw.
func trendOf(list []int64) *trend {
	if len(list) < 2 {
		return nil
	}
	most := slices.Max(list)
	var s strings.Builder
	for i, n := range list {
		y := trendHeight - 2
		if most > 0 {
			y -= int(n * (trendHeight - 4) / most)
		}
		if i > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(strconv.Itoa(2+i*(trendWidth-4)/(len(list)-1)) + "," + strconv.Itoa(y))
	}
	return &trend{s.String(), most}
}
