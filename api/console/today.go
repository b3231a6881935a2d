package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// today is what needs the in-charge's hand now, in the order of the clock. Who has
// no such sheet begins elsewhere.
func (p *Pages) today(x *exchange) error {
	if to := p.begins(x); to != "" {
		return seeOther(x.c, Root+to)
	}
	return p.sheet(x, midnight(x.now), "page.today")
}

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
	Needs         []need
	Escalated     []escalated
	Todo          []todo
	Out           []squadOut
	Clear         bool       // nothing wants a hand
	Calls         []sosBrief // for help, that have not ended
	Hours         []plannedRow
	Steps         []step
	WeakWhy       []weakWhy
	Earlier       []time.Time // days without signature
	Spots         []spotOwed  // what is late about the list of hot-spots
}

// spotOwed is one thing that is late about the hot-spots, and the post that owes it.
type spotOwed struct{ Text, Month, Role, Path string }

// need is a complaint that wants a hand, why, and what can be done at once.
type need struct {
	brief

	Why   []string
	Steps []step
}

// todo is one thing on the way to the signature of the day.
type todo struct {
	Name, Path string
	N          int
	Done       bool
}

// squadOut is how a squad began its day.
type squadOut struct {
	Name            string
	Briefed, OnDuty bool
}

// escalated is a limit that has passed and of which a post was told.
type escalated struct {
	No, Code, Told string
	ID             uuid.UUID
	Since          time.Time
	Steps          []step
}

func (p *Pages) sheet(x *exchange, date time.Time, title string) error {
	d, err := p.Book.DaySheet(x.ctx, x.who, x.centre, date)
	if err != nil {
		return err
	}
	here := string(x.c.Request().URI().RequestURI())
	b := sheetBody{
		DaySheet: d, Date: date, IsToday: date.Equal(midnight(x.now)), Signed: d.State == "signed",
		Median: minutes(d.Median), Worst: minutes(d.Worst), Needs: p.needs(x, d, here), Escalated: p.escalated(x, d, here),
		WeakWhy: whyWeak(d.WeakFor),
	}
	b.Clear = len(b.Needs) == 0 && len(d.FollowUps) == 0 && d.Unanswered == 0 && d.Conduct == 0 && d.Held == 0
	if b.IsToday {
		b.Spots = p.spotsOwed(x, &d.Spots)
		if b.Calls, err = p.calling(x, true); err != nil {
			return err
		}
		if b.Hours, err = p.hours(x); err != nil {
			return err
		}
	}
	b.Clear = b.Clear && len(b.Calls) == 0 && len(b.Spots) == 0
	if b.Todo, err = p.todo(x, d, date); err != nil {
		return err
	}
	kinds := []contract.Kind{contract.KindDaySign}
	if b.Signed {
		kinds = []contract.Kind{contract.KindDayReopen}
	}
	b.Steps = p.steps(x, here, map[string]string{"date": date.Format(time.DateOnly)}, kinds...)
	for _, s := range d.Squads {
		b.Out = append(b.Out, squadOut{p.unitName(x, "squad_id", s.SquadID), s.Briefed, s.OnDuty})
	}
	for _, day := range d.Unsigned {
		if t, err := time.Parse(time.DateOnly, day); err == nil {
			b.Earlier = append(b.Earlier, t)
		}
	}
	return p.send(x, http.StatusOK, "today", title, b)
}

// needs are the complaints that want a hand, each once, in the order in which
// their time passes.
func (p *Pages) needs(x *exchange, d *book.DaySheet, here string) []need {
	var out []need
	at := map[uuid.UUID]int{}
	for _, g := range []struct {
		name string
		list []book.ComplaintView
	}{
		{"unregistered", d.Unregistered}, {"overdue", d.Overdue}, {"sensitive", d.Sensitive}, {"feedback", d.FeedbackDue},
	} {
		for i := range g.list {
			c := &g.list[i]
			n, there := at[c.ComplaintID]
			if !there {
				n = len(out)
				at[c.ComplaintID] = n
				out = append(out, need{brief: p.brief(x, c), Steps: p.needSteps(x, c, g.name, here)})
			}
			out[n].Why = append(out[n].Why, g.name)
		}
	}
	slices.SortStableFunc(out, func(a, b need) int {
		switch {
		case a.Clock == nil || b.Clock == nil:
			return boolInt(a.Clock == nil) - boolInt(b.Clock == nil)
		default:
			return a.Clock.DueAt.Compare(b.Clock.DueAt)
		}
	})
	return out
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// needSteps are what can be done at once about a complaint: to see it is its
// number.
func (p *Pages) needSteps(x *exchange, c *book.ComplaintView, why, here string) []step {
	if c.Reduced {
		return nil
	}
	id := map[string]string{"complaint_id": c.ComplaintID.String()}
	if why == "feedback" {
		return []step{{Kind: string(contract.KindFeedbackCall), Path: Root + "/calls/" + c.ComplaintID.String() + "?centre=" + c.Centre}}
	}
	kinds := []contract.Kind{contract.KindComplaintIntervene, contract.KindComplaintAssign}
	if c.State == "received" {
		kinds = []contract.Kind{contract.KindComplaintRegister, contract.KindComplaintIntervene}
	}
	out := p.steps(x, here, map[string]string{"complaint_id": c.ComplaintID.String(), "verdict": "directed"}, contract.KindDayReview)
	out = append(out, p.steps(x, here, id, kinds...)...)
	for i := range out {
		out[i].Main = false
	}
	return out
}

// escalated are the limits of which a post above was told, and where it answers.
func (p *Pages) escalated(x *exchange, d *book.DaySheet, here string) []escalated {
	var out []escalated
	for i := range d.Overdue {
		c := &d.Overdue[i]
		for _, k := range c.Clocks {
			if k.Rung == 0 || k.StoppedAt != nil || c.Reduced {
				continue
			}
			e := escalated{No: c.No, ID: c.ComplaintID, Code: k.Code, Since: k.DueAt}
			if k.ToldRole != "" {
				e.Told = p.word(x.lang, "enum.role", k.ToldRole)
			}
			e.Steps = p.steps(x, here, map[string]string{"subject_id": k.SubjectID.String(), "limit": k.Code}, contract.KindEscalationAnswer)
			out = append(out, e)
		}
	}
	return out
}

// todo is the way to the signature: what is missing, each with its place.
func (p *Pages) todo(x *exchange, d *book.DaySheet, date time.Time) ([]todo, error) {
	day, at := date.Format(time.DateOnly), "?centre="+url.QueryEscape(x.centre)
	list := []todo{
		{Name: "unregistered", N: len(d.Unregistered), Path: Root + "/complaints" + at + "&state=received"},
		{Name: "reviews", N: len(d.Missing), Path: Root + "/day/review" + at + "&date=" + day},
		{Name: "unanswered", N: int(d.Unanswered), Path: Root + "/tasks" + at},
		{Name: "conduct", N: int(d.Conduct), Path: Root + "/conduct" + at},
		{Name: "held", N: int(d.Held), Path: Root + "/held" + at},
	}
	r, err := p.Book.Returns(x.ctx, x.who, x.centre, date, date)
	if err != nil {
		return nil, err
	}
	sent := todo{Name: "return", N: 1, Path: Root + "/returns" + at + "&from=" + day + "&to=" + day}
	if len(r.Centres) > 0 && len(r.Centres[0].Signed) > 0 {
		sent.N = 0
	}
	list = append(list, sent)
	for i := range list {
		list[i].Done = list[i].N == 0
	}
	return list, nil
}

// beforeSign puts into the form of a signature which day it is and what is still
// open on it: nobody signs what is not before her.
func (p *Pages) beforeSign(x *exchange, f *form, day string) error {
	date, err := time.ParseInLocation(time.DateOnly, day, time.UTC)
	if err != nil {
		return nil // the form asks for the day
	}
	d, err := p.Book.DaySheet(x.ctx, x.who, x.centre, date)
	if err != nil {
		return err
	}
	f.Day = date
	f.Todo, err = p.todo(x, d, date)
	return err
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
