package console

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// callsBody is whom the officer is to call, and whom to look in on.
type callsBody struct {
	Calls     []callRow
	FollowUps []followRow
}

type callRow struct {
	brief

	Disposal string
	Tries    int
	Path     string
}

type followRow struct {
	book.FollowUpDue

	Late bool
	Path string
}

// calls lists the calls and follow-ups that are due. Only whom it is safe to call
// is in it, and no number: that stands masked at each call.
func (p *Pages) calls(x *exchange) error {
	calls, err := p.Book.CallsDue(x.ctx, x.who, x.session.Officer.IsWoman)
	if err != nil {
		return err
	}
	due, err := p.Book.FollowUpsDue(x.ctx, x.who)
	if err != nil {
		return err
	}
	var b callsBody
	for i := range calls {
		c := &calls[i]
		b.Calls = append(b.Calls, callRow{
			p.brief(x, c), p.label(x, "disposal", c.Data.Disposal), c.Data.Calls, callPath(c.ComplaintID, c.Centre, ""),
		})
	}
	slices.SortStableFunc(b.Calls, func(a, c callRow) int {
		if a.Clock == nil || c.Clock == nil {
			return boolInt(a.Clock == nil) - boolInt(c.Clock == nil)
		}
		return a.Clock.DueAt.Compare(c.Clock.DueAt)
	})
	today := midnight(x.now).Format("2006-01-02")
	for _, f := range due {
		b.FollowUps = append(b.FollowUps, followRow{f, f.DueOn < today, callPath(f.ComplaintID, x.centre, "follow_up")})
	}
	return p.send(x, http.StatusOK, "calls", "page.calls", b)
}

func callPath(id uuid.UUID, centre, do string) string {
	q := url.Values{"centre": {centre}}
	if do != "" {
		q.Set("do", do)
	}
	return Root + "/calls/" + id.String() + "?" + q.Encode()
}

// callBody is one call: whom by number, what to say beside, and the form of what
// came of it.
type callBody struct {
	brief

	Disposal string
	Mask     string // of her number, for those whose duty needs it
	Tries    int
	Say      []string // keys of what is said, in its order
	Form     *form
	Do       string
	Other    string // the other of the two: with, or without, a new incident
	Steps    []step
}

// The scripts: what is said, line by line.
//
//nolint:gochecknoglobals // static tables
var (
	sayFeedback = []string{"call.say.alone", "call.say.who", "call.say.polite", "call.say.at_once", "call.say.told", "call.say.satisfied", "call.say.wants", "call.say.thanks"}
	sayFollowUp = []string{"call.say.alone", "call.say.who", "call.say.safe", "call.say.new", "call.say.help", "call.say.next"}
)

// call is the page of one call.
func (p *Pages) call(x *exchange) error {
	id, err := idOf(x)
	if err != nil {
		return err
	}
	c, err := p.Book.Complaint(x.ctx, x.who, id)
	if err != nil {
		return err
	}
	x.centre = c.Centre
	b := callBody{
		brief: p.brief(x, &c.ComplaintView), Disposal: p.label(x, "disposal", c.Data.Disposal), Mask: c.Masks["mobile"],
		Tries: c.Data.Calls, Do: x.c.Query("do"), Say: sayFeedback,
	}
	list, now := Root+"/calls?centre="+url.QueryEscape(c.Centre), x.now.In(ist).Format("2006-01-02T15:04")
	given := map[string]string{"complaint_id": id.String()}
	a := ask{kind: contract.KindFeedbackCall, centre: c.Centre, back: list, given: given, values: map[string][]string{"called_at": {now}}}
	switch b.Do {
	case "follow_up":
		given["new_incident"] = "false"
		a.kind, a.values, b.Say = contract.KindFollowUpDone, map[string][]string{"done_at": {now}}, sayFollowUp
		b.Other = callPath(id, c.Centre, "incident")
	case "incident":
		given["new_incident"] = "true"
		a.kind, b.Say = contract.KindFollowUpDone, sayFollowUp
		a.values = map[string][]string{"done_at": {now}, "incident.": nil}
		b.Other = callPath(id, c.Centre, "follow_up")
	}
	if mayMake(x.who, a.kind) {
		if b.Form, err = p.formOf(x, a); err != nil {
			return err
		}
	}
	kinds := []contract.Kind{contract.KindFollowUpPlan}
	if b.Do != "" {
		kinds = []contract.Kind{contract.KindFollowUpPlan, contract.KindFollowUpClose}
	}
	b.Steps = p.steps(x, list, map[string]string{"complaint_id": id.String()}, kinds...)
	for i := range b.Steps {
		b.Steps[i].Main = false
	}
	return p.send(x, http.StatusOK, "call", "page.call", b)
}
