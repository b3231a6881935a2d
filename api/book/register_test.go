package book_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// register reads all pages of a query and returns the rows with the totals.
func register(t *testing.T, w *booktest.World, by *booktest.Officer, q book.RegisterQuery, limit int) *book.RegisterPage {
	t.Helper()
	q.Centre, q.Year, q.Limit = booktest.Centre, 2026, limit
	if q.Register == "" {
		q.Register = "women_beat"
	}
	var all *book.RegisterPage
	for {
		page, err := w.Book.Register(context.Background(), by.Caller(), q)
		if err != nil {
			t.Fatal(err)
		}
		if all == nil {
			all = page
		} else {
			if page.Year.Rows != all.Year.Rows || page.Year.Struck != all.Year.Struck || !maps.Equal(page.Year.Sums, all.Year.Sums) {
				t.Errorf("the year changes from page to page: %+v, %+v", page, all)
			}
			all.Rows = append(all.Rows, page.Rows...)
			all.Page.Rows, all.Page.Struck = all.Page.Rows+page.Page.Rows, all.Page.Struck+page.Page.Struck
			for name, n := range page.Page.Sums {
				all.Page.Sums[name] += n
			}
		}
		if !page.More {
			return all
		}
		q.After = page.Next
	}
}

func TestTotalsOfARegisterEqualACountOfItsRows(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	visit := func(by *booktest.Officer, women, girls int) *book.Entry {
		v := w.Visit()
		v.Women, v.Girls = women, girls
		settled := women / 5
		v.Settled = &settled
		if by == w.Second {
			v.BeatID = nil
		}
		return by.Enter("visit.record", v)
	}
	wrong := visit(w.Beat, 10, 1)
	for i := range 7 {
		visit(w.Beat, i*3, i)
		visit(w.Second, i, 2)
	}
	w.Pass(24 * time.Hour)
	visit(w.Second, 50, 4)
	right := w.Visit()
	right.Women = 100
	w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: wrong.OpID, Reason: "संख्या गलत", Visit: &right})
	strike := true
	gone := visit(w.Beat, 9999/5, 0)
	w.Incharge.Enter("entry.correct", contract.EntryCorrect{CorrectsID: gone.OpID, Reason: "भ्रमण नहीं हुआ", Strike: &strike})

	day := func(d int) *time.Time { at := time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC); return &at }
	for name, q := range map[string]book.RegisterQuery{
		"all":                    {},
		"of one officer":         {Officer: &w.Second.ID},
		"of one beat":            {Beat: &w.BeatID},
		"of the first day":       {From: day(18), To: day(18)},
		"of the second day":      {From: day(19)},
		"up to the first day":    {To: day(18)},
		"of no day":              {From: day(20)},
		"officer, beat, one day": {Officer: &w.Beat.ID, Beat: &w.BeatID, From: day(18), To: day(18)},
	} {
		for _, limit := range []int{1, 4, 100} {
			p := register(t, w, w.Incharge, q, limit)
			if want := recount(t, p.Rows); !maps.Equal(want.Sums, p.Page.Sums) || want.Rows != p.Page.Rows || want.Struck != p.Page.Struck {
				t.Errorf("%s, pages of %d: totals %+v, counted %+v", name, limit, p.Page, want)
			}
			for _, r := range p.Rows {
				if !fits(q, r) {
					t.Errorf("%s: row %s of %s does not belong", name, r.No, r.At)
				}
			}
		}
	}
	if p := register(t, w, w.Incharge, book.RegisterQuery{}, 100); p.Year.Rows != 18 || p.Year.Struck != 2 ||
		p.Year.Sums["women"] != 3*21+21+50+100 || !maps.Equal(p.Year.Sums, p.Page.Sums) {
		t.Errorf("the year: %+v", p.Year)
	}
}

// recount adds the rows up without the database.
func recount(t *testing.T, rows []book.RegisterRow) book.Totals {
	t.Helper()
	out := book.Totals{Sums: map[string]int64{"women": 0, "girls": 0, "materials": 0, "schemes_helped": 0, "settled": 0}}
	for _, r := range rows {
		out.Rows++
		if r.StruckBy != nil {
			out.Struck++
			continue
		}
		var columns map[string]any
		if err := json.Unmarshal(r.Columns, &columns); err != nil {
			t.Fatal(err)
		}
		for name := range out.Sums {
			if n, ok := columns[name].(float64); ok {
				out.Sums[name] += int64(n)
			}
		}
	}
	return out
}

func fits(q book.RegisterQuery, r book.RegisterRow) bool {
	day := r.At.Add(5*time.Hour + 30*time.Minute).UTC().Format(time.DateOnly)
	return (q.Officer == nil || r.OfficerID == *q.Officer) && (q.Beat == nil || r.BeatID != nil && *r.BeatID == *q.Beat) &&
		(q.From == nil || day >= q.From.Format(time.DateOnly)) && (q.To == nil || day <= q.To.Format(time.DateOnly))
}

func TestARegisterShowsAnOfficerHisOwnLinesAndTheInchargeAll(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	for range 3 {
		w.Beat.Enter("visit.record", w.Visit())
	}
	w.Second.Enter("visit.record", w.Visit())
	for name, row := range map[string]struct {
		by   *booktest.Officer
		want int
	}{
		"the in-charge": {w.Incharge, 4}, "the station head": {w.SHO, 4}, "the SP": {w.SP, 4},
		"who made three": {w.Beat, 3}, "who made one": {w.Second, 1}, "who made none": {w.Dispatcher, 0},
	} {
		p := register(t, w, row.by, book.RegisterQuery{}, 2)
		if len(p.Rows) != row.want || p.Page.Rows != int64(row.want) || p.Page.Sums["women"] != int64(row.want)*12 {
			t.Errorf("%s: %d rows, totals %+v", name, len(p.Rows), p.Page)
		}
	}
	_, err := w.Book.Register(context.Background(), w.Second.Caller(), book.RegisterQuery{
		Centre: booktest.Centre, Register: "women_beat", Year: 2026, Limit: 1, Officer: &w.Beat.ID,
	})
	if !isCode(err, contract.CodeForbidden) {
		t.Errorf("another officer's lines: %v", err)
	}
	if _, err := w.Book.Register(context.Background(), w.Incharge.Caller(), book.RegisterQuery{
		Centre: booktest.Centre, Register: "diary", Year: 2026, Limit: 1,
	}); !isCode(err, contract.CodeNotFound) {
		t.Errorf("a register that is not one: %v", err)
	}
}

func TestAGuardedLineIsNumberAndDateToThoseOutsideTheStation(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	minor := w.Person()
	child(&minor)
	guarded := w.Leader.Enter("squad.person", minor)
	open := w.Leader.Enter("squad.person", w.Person())
	if !guarded.Guarded || open.Guarded {
		t.Fatal("the child's line is not guarded, or the adult's is")
	}
	addl := w.Enlist(book.HQ, "addl_sp")
	for name, row := range map[string]struct {
		by      *booktest.Officer
		officer *uuid.UUID
		sees    bool
	}{
		"the in-charge":                      {w.Incharge, nil, true},
		"the leader who wrote it":            {w.Leader, nil, true},
		"the SP":                             {w.SP, nil, false},
		"the SP, asking for the leader's":    {w.SP, &w.Leader.ID, false},
		"the additional SP":                  {addl, nil, false},
		"the in-charge, asking for leader's": {w.Incharge, &w.Leader.ID, true},
	} {
		p := register(t, w, row.by, book.RegisterQuery{Register: "squad", Officer: row.officer}, 10)
		if len(p.Rows) != 2 {
			t.Fatalf("%s: %d rows", name, len(p.Rows))
		}
		r, all := p.Rows[0], fmt.Sprintf("%+v %s", p.Rows[0], p.Rows[0].Columns)
		sees := strings.Contains(all, "seen_following")
		if sees != row.sees {
			t.Errorf("%s: sees %v: %s", name, sees, all)
		}
		if r.No != guarded.Lines[0].No || r.Serial != 1 {
			t.Errorf("%s: number %s", name, r.No)
		}
		if !row.sees {
			at := r.At.In(time.FixedZone("IST", 19800))
			if at.Hour() != 0 || at.Minute() != 0 || r.OpID == guarded.OpID || len(r.Sealed) != 0 || r.Alias != "" {
				t.Errorf("%s: still shown: %s", name, all)
			}
		}
		if !strings.Contains(string(p.Rows[1].Columns), "seen_following") {
			t.Errorf("%s: the adult's line lacks its columns", name)
		}
		if slices.ContainsFunc(p.Rows, func(r book.RegisterRow) bool { return strings.Contains(string(r.Columns), "रमेश") }) {
			t.Errorf("%s: a name is shown", name)
		}
	}
}
