package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// formPath is the address of a form.
func formPath(kind contract.Kind, centre, back string, given map[string]string) string {
	q := url.Values{"centre": {centre}, "back": {back}}
	for name, v := range given {
		q.Set(fieldPrefix+name, v)
	}
	return Root + "/ops/" + string(kind) + "?" + q.Encode()
}

// listBody is a list of complaints and how it was filtered.
type listBody struct {
	List    []brief
	Mine    bool
	Open    bool
	Overdue bool
	State   string
	States  []string
	Next    string
	Steps   []step
}

const pageOf = 50

// complaints lists those of the centre.
func (p *Pages) complaints(x *exchange) error {
	after, _ := strconv.ParseInt(x.c.Query("after"), 10, 64)
	b := listBody{
		Mine: x.c.Query("mine") != "", Overdue: x.c.Query("overdue") != "", State: x.c.Query("state"), States: complaintStates(),
	}
	if b.State != "" && !slices.Contains(b.States, b.State) {
		return contract.NewProblem(contract.CodeBadFormat, contract.WithPointer("state"))
	}
	b.Open = x.c.Query("open", "1") != "" && b.State == ""
	page, err := p.Book.Complaints(x.ctx, x.who, book.ComplaintQuery{
		Centre: x.centre, State: b.State, Open: b.Open, Mine: b.Mine, Overdue: b.Overdue, After: max(after, 0), Limit: pageOf,
	})
	if err != nil {
		return err
	}
	b.List = p.briefs(x, page.Views)
	b.Steps = p.steps(x, Root+"/complaints", nil, contract.KindComplaintOpen)
	if page.More {
		q := url.Values{}
		for name, v := range x.c.Queries() {
			q.Set(name, v)
		}
		q.Set("after", strconv.FormatInt(page.Next, 10))
		b.Next = Root + "/complaints?" + q.Encode()
	}
	return p.send(x, http.StatusOK, "complaints", "page.complaints", b)
}

func complaintStates() []string {
	return []string{"received", "registered", "assigned", "in_action", "disposed", "feedback", "closed", "transferred"}
}

// complaintBody is one complaint as one page.
type complaintBody struct {
	brief

	Category, Channel, Disposal string
	Sensitive, Needs            []string
	RegisteredAt                any
	Clocks                      []clockBar
	Facts                       []fact
	Sealed                      []string
	Story                       []event
	Links                       []book.LineLink
	Steps                       []step
	Read                        string // where its sealed fields are read; empty: not by this officer
	Custody                     []span
}

// fact is a column with its value.
type fact struct{ Label, Value string }

// event is one step of the story.
type event struct {
	Kind, Actor string
	At          contract.Time
	Said        []fact
	Seq         int64
}

type span struct {
	Officer, Role string
	From, Until   any
}

// complaint shows one complaint: what it is, what runs over it, what was done,
// what can be done.
func (p *Pages) complaint(x *exchange) error {
	id, err := uuid.Parse(x.c.Params("id"))
	if err != nil {
		return contract.NewProblem(contract.CodeNotFound)
	}
	d, err := p.Book.Complaint(x.ctx, x.who, id)
	if err != nil {
		return err
	}
	x.centre = d.Centre
	b := complaintBody{
		brief: p.brief(x, &d.ComplaintView), Clocks: bars(d.Clocks, x.now), Links: d.Links, Channel: p.label(x, "channel", d.Channel),
		Disposal: p.label(x, "disposal", d.Data.Disposal), RegisteredAt: d.RegisteredAt,
	}
	b.Category = b.brief.Category
	for _, s := range d.Data.Sensitive {
		b.Sensitive = append(b.Sensitive, p.label(x, "sensitive", s))
	}
	b.Facts = p.facts(x, "help_desk", d.Columns)
	for _, raw := range d.Steps {
		b.Story = append(b.Story, p.event(x, raw))
	}
	here := Root + "/complaints/" + id.String()
	if !d.Reduced {
		for _, name := range d.Sealed {
			b.Sealed = append(b.Sealed, p.columnName(x, "help_desk", name))
		}
		b.Steps = p.steps(x, here, map[string]string{"complaint_id": id.String()}, nextOf[d.State]...)
	}
	if spans, err := p.Book.Custody(x.ctx, x.who, id); err == nil {
		v := &view{p: p, x: x}
		for _, s := range spans {
			b.Custody = append(b.Custody, span{v.By(s.OfficerID), p.word(x.lang, "enum.role", s.Role), s.From, s.Until})
		}
	}
	return p.send(x, http.StatusOK, "complaint", "page.complaint", b)
}

// nextOf lists what a page offers in each state of a complaint: a hint for the
// hand, no rule; what may be done the book judges.
//
//nolint:gochecknoglobals // a static table
var nextOf = map[string][]contract.Kind{
	"received":   {contract.KindComplaintRegister, contract.KindComplaintIntervene, contract.KindComplaintTransfer},
	"registered": {contract.KindComplaintAssign, contract.KindComplaintIntervene, contract.KindFIRRequest, contract.KindComplaintTransfer},
	"assigned":   {contract.KindComplaintAccept, contract.KindComplaintAssign, contract.KindComplaintIntervene, contract.KindFIRRequest},
	"in_action": {
		contract.KindComplaintAct, contract.KindComplaintDispose, contract.KindPauseAsk, contract.KindCounsellingPlan, contract.KindReferralSend,
		contract.KindFIRRequest, contract.KindComplaintIntervene, contract.KindComplaintExtend, contract.KindComplaintAssign,
	},
	"feedback": {contract.KindFeedbackCall, contract.KindFollowUpPlan, contract.KindComplaintClose, contract.KindComplaintReopen},
	"disposed": {contract.KindFeedbackCall, contract.KindFollowUpPlan, contract.KindComplaintClose, contract.KindComplaintReopen},
}

// facts are the open columns of a line, in the order and by the names of its
// register, codes in words.
func (p *Pages) facts(x *exchange, register string, raw json.RawMessage) []fact {
	var values map[string]any
	if json.Unmarshal(raw, &values) != nil {
		return nil
	}
	var out []fact
	for _, c := range p.Book.Columns(x.who.District) {
		if c.Register != register {
			continue
		}
		v, ok := values[c.Name]
		if !ok || v == nil || v == "" {
			continue
		}
		out = append(out, fact{p.columnLabel(x, &c), p.say(x, c.List, v)})
	}
	return out
}

func (p *Pages) columnLabel(x *exchange, c *book.Column) string {
	if x.lang == contract.English {
		return c.En
	}
	return c.Hi
}

func (p *Pages) columnName(x *exchange, register, name string) string {
	for _, c := range p.Book.Columns(x.who.District) {
		if c.Register == register && c.Name == name {
			return p.columnLabel(x, &c)
		}
	}
	return p.word(x.lang, "field", name)
}
