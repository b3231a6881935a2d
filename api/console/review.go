package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// reviewBody is one complaint to be looked at before the day is signed, and how
// many there are.
type reviewBody struct {
	Date       time.Time
	N, Of      int
	Before     string // the one before, after: empty at the ends
	After      string
	Complaint  *brief
	Sensitive  []string
	Facts      []fact
	Story      []event
	Form       *form
	InOwnHand  bool
	Sign, Back string
}

// review goes through what the day cannot be signed without, one by one: after
// each form comes the next.
func (p *Pages) review(x *exchange) error {
	date := midnight(x.now)
	if s := x.c.Query("date"); s != "" {
		var err error
		if date, err = time.Parse(time.DateOnly, s); err != nil {
			return contract.NewProblem(contract.CodeBadFormat, contract.WithPointer("date"))
		}
	}
	d, err := p.Book.DaySheet(x.ctx, x.who, x.centre, date)
	if err != nil {
		return err
	}
	day := date.Format(time.DateOnly)
	path := func(no string) string {
		q := url.Values{"centre": {x.centre}, "date": {day}}
		if no != "" {
			q.Set("no", no)
		}
		return Root + "/day/review?" + q.Encode()
	}
	b := reviewBody{Date: date, Of: len(d.Missing), Back: Root + "/day?date=" + day + "&centre=" + url.QueryEscape(x.centre)}
	if len(d.Missing) == 0 {
		if steps := p.steps(x, b.Back, map[string]string{"date": day}, contract.KindDaySign); d.State != "signed" && len(steps) > 0 {
			b.Sign = steps[0].Path
		}
		return p.send(x, http.StatusOK, "review", "page.review", b)
	}
	i := max(slices.Index(d.Missing, x.c.Query("no")), 0)
	b.N = i + 1
	if i > 0 {
		b.Before = path(d.Missing[i-1])
	}
	if i+1 < len(d.Missing) {
		b.After = path(d.Missing[i+1])
	}
	if err := p.reviewed(x, &b, d.Missing[i], path("")); err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "review", "page.review", b)
}

// reviewed reads the complaint of a number, and makes the form of its review.
func (p *Pages) reviewed(x *exchange, b *reviewBody, no, next string) error {
	id, err := p.complaintOf(x, no)
	if err != nil {
		return err
	}
	c, err := p.Book.Complaint(x.ctx, x.who, id)
	if err != nil {
		return err
	}
	one := p.brief(x, &c.ComplaintView)
	b.Complaint, b.InOwnHand = &one, c.Mine
	for _, s := range c.Data.Sensitive {
		b.Sensitive = append(b.Sensitive, p.label(x, "sensitive", s))
	}
	b.Facts = p.facts(x, "help_desk", c.Columns)
	for _, raw := range c.Steps[max(len(c.Steps)-5, 0):] {
		b.Story = append(b.Story, p.event(x, raw))
	}
	if !mayMake(x.who, contract.KindDayReview) {
		return nil
	}
	b.Form, err = p.formOf(x, ask{
		kind: contract.KindDayReview, centre: x.centre, back: next, given: map[string]string{"complaint_id": id.String()},
	})
	return err
}

// complaintOf is the id of the complaint whose line has a number.
func (p *Pages) complaintOf(x *exchange, no string) (uuid.UUID, error) {
	part := strings.Split(no, "/")
	if len(part) != 4 {
		return uuid.Nil, contract.NewProblem(contract.CodeNotFound)
	}
	year, err1 := strconv.Atoi(part[2])
	serial, err2 := strconv.ParseInt(part[3], 10, 64)
	if err1 != nil || err2 != nil {
		return uuid.Nil, contract.NewProblem(contract.CodeNotFound)
	}
	l, err := p.Book.RegisterLine(x.ctx, x.who, x.centre, "help_desk", year, serial)
	if err != nil {
		return uuid.Nil, err
	}
	if l.Row.ComplaintID == nil {
		return uuid.Nil, contract.NewProblem(contract.CodeNotFound)
	}
	return *l.Row.ComplaintID, nil
}
