package console

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// today is what needs the in-charge's hand now, in the order of the clock.
func (p *Pages) today(x *exchange) error { return p.sheet(x, midnight(x.now), "page.today") }

// day is the sheet of another day.
func (p *Pages) day(x *exchange) error {
	date, err := time.ParseInLocation(time.DateOnly, x.c.Query("date"), time.UTC)
	if err != nil {
		return contract.NewProblem(contract.CodeBadFormat, contract.WithPointer("date"))
	}
	return p.sheet(x, date, "page.day")
}

// midnight is the day (IST) of a time, as the book names days.
func midnight(t time.Time) time.Time {
	t = t.In(ist)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// sheetBody is a day sheet as the page shows it.
type sheetBody struct {
	*book.DaySheet

	Date          time.Time
	IsToday       bool
	Signed        bool
	Median, Worst string // minutes
	Groups        []group
	Clear         bool // nothing wants a hand
	Steps         []step
	Earlier       []time.Time // days without signature
}

// group is a list of complaints that want the same.
type group struct {
	Name string
	List []brief
}

func (p *Pages) sheet(x *exchange, date time.Time, title string) error {
	d, err := p.Book.DaySheet(x.ctx, x.who, x.centre, date)
	if err != nil {
		return err
	}
	b := sheetBody{DaySheet: d, Date: date, IsToday: date.Equal(midnight(x.now)), Signed: d.State == "signed",
		Median: minutes(d.Median), Worst: minutes(d.Worst)}
	for _, g := range []struct {
		name string
		list []book.ComplaintView
	}{
		{"unregistered", d.Unregistered}, {"sensitive", d.Sensitive}, {"overdue", d.Overdue}, {"feedback", d.FeedbackDue},
	} {
		if len(g.list) > 0 {
			b.Groups = append(b.Groups, group{g.name, p.briefs(x, g.list)})
		}
	}
	b.Clear = len(b.Groups) == 0 && len(d.FollowUps) == 0 && d.Unanswered == 0 && d.Conduct == 0 && d.Held == 0
	here := string(x.c.Request().URI().RequestURI())
	given := map[string]string{"date": date.Format(time.DateOnly)}
	b.Steps = p.steps(x, here, given, "day.review", "day.sign", "return.sign", "day.reopen")
	for _, day := range d.Unsigned {
		if t, err := time.Parse(time.DateOnly, day); err == nil {
			b.Earlier = append(b.Earlier, t)
		}
	}
	return p.send(x, http.StatusOK, "today", title, b)
}

// minutes writes a figure that there may be none of.
func minutes(n *float64) string {
	if n == nil {
		return "—"
	}
	return strconv.FormatFloat(*n, 'f', 0, 64)
}

// brief is a complaint in a list.
type brief struct {
	ID                           uuid.UUID
	No, State                    string
	Category, Risk, Owner        string
	Guarded, Late, Mine, Reduced bool
	ArrivedAt                    time.Time
	Clock                        *clockBar // the one that passes first
}

// clockBar is a time limit as a bar.
type clockBar struct {
	Code                     string
	DueAt                    time.Time
	Share                    int // per cent of its time that is gone
	Overdue, Paused, Stopped bool
}

func (p *Pages) briefs(x *exchange, list []book.ComplaintView) []brief {
	out := make([]brief, len(list))
	for i := range list {
		out[i] = p.brief(x, &list[i])
	}
	return out
}

func (p *Pages) brief(x *exchange, c *book.ComplaintView) brief {
	b := brief{
		ID: c.ComplaintID, No: c.No, State: c.State, Guarded: c.Data.Guarded, ArrivedAt: c.ArrivedAt, Mine: c.Mine, Reduced: c.Reduced,
	}
	for _, k := range bars(c.Clocks, x.now) {
		if !k.Stopped && !k.Paused && (b.Clock == nil || k.DueAt.Before(b.Clock.DueAt)) {
			b.Clock = &k
			b.Late = k.Overdue
		}
	}
	if c.Reduced {
		return b
	}
	b.Category, b.Risk = p.label(x, "category", c.Category), p.label(x, "risk_level", c.RiskLevel)
	v := &view{p: p, x: x}
	if b.Owner = v.By(c.OwnerID); b.Owner == "" {
		b.Owner = p.look.texts["nobody"].in(x.lang)
	}
	return b
}

// bars are the limits over a complaint, those that pass first before the others.
func bars(list []*book.Clock, now time.Time) []clockBar {
	out := make([]clockBar, 0, len(list))
	for _, k := range list {
		whole, until := k.DueAt.Sub(k.StartsAt), now
		if k.StoppedAt != nil {
			until = *k.StoppedAt
		} else if k.PausedAt != nil {
			until = *k.PausedAt
		}
		bar := clockBar{Code: k.Code, DueAt: k.DueAt, Overdue: k.Overdue(now), Paused: k.PausedAt != nil, Stopped: k.StoppedAt != nil}
		if whole > 0 {
			bar.Share = int(min(max(until.Sub(k.StartsAt)*100/whole, 0), 100))
		}
		out = append(out, bar)
	}
	slices.SortStableFunc(out, func(a, b clockBar) int {
		switch {
		case a.Stopped != b.Stopped && a.Stopped:
			return 1
		case a.Stopped != b.Stopped:
			return -1
		}
		return a.DueAt.Compare(b.DueAt)
	})
	return out
}

// step is a button to a form.
type step struct {
	Kind, Path string
	Main       bool
}

// steps are those of some kinds that the officer's post may make.
func (p *Pages) steps(x *exchange, back string, given map[string]string, kinds ...contract.Kind) []step {
	var out []step
	for _, k := range kinds {
		if mayMake(x.who, k) {
			out = append(out, step{Kind: string(k), Path: formPath(k, x.centre, back, given)})
		}
	}
	if len(out) > 0 {
		out[0].Main = true
	}
	return out
}
