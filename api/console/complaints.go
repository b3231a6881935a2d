package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

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
	List       []brief
	Mine       bool
	Open       bool
	Overdue    bool
	Sensitive  bool
	State      string
	States     []string
	First      string // the first page, if this is another
	Next       string
	Steps      []step
	Search     bool // he may ask where a number stands
	Glass      int  // asks to read in need that wait for him
	Unfinished []unfinished
}

const pageOf = 50

// complaints lists those of the centre, the newest first.
func (p *Pages) complaints(x *exchange) error {
	after, _ := strconv.ParseInt(x.c.Query("after"), 10, 64)
	b := listBody{
		Mine: x.c.Query("mine") != "", Overdue: x.c.Query("overdue") != "", Sensitive: x.c.Query("sensitive") != "",
		State: x.c.Query("state"), States: complaintStates(), Search: mayMake(x.who, contract.KindPhoneSearch),
	}
	if b.State != "" && !slices.Contains(b.States, b.State) {
		return contract.NewProblem(contract.CodeBadFormat, contract.WithPointer("state"))
	}
	b.Open = x.c.Query("open", "1") != "" && b.State == ""
	page, err := p.Book.Complaints(x.ctx, x.who, book.ComplaintQuery{
		Centre: x.centre, State: b.State, Open: b.Open, Mine: b.Mine, Overdue: b.Overdue, Sensitive: b.Sensitive, Newest: true,
		After: max(after, 0), Limit: pageOf,
	})
	if err != nil {
		return err
	}
	b.List = p.briefs(x, page.Views)
	b.Steps = p.steps(x, Root+"/complaints", nil, contract.KindComplaintOpen)
	if page.More {
		b.Next = pageAfter(x, page.Next)
	}
	if after > 0 {
		b.First = pageAfter(x, 0)
	}
	if len(b.Steps) > 0 {
		if b.Unfinished, err = p.unfinished(x); err != nil {
			return err
		}
	}
	if mayMake(x.who, contract.KindGlassAllow) {
		asks, err := p.Book.GlassAsks(x.ctx, x.who)
		if err != nil {
			return err
		}
		b.Glass = len(asks)
	}
	return p.send(x, http.StatusOK, "complaints", "page.complaints", b)
}

// pageAfter is this page from another place on, with what else was asked for.
func pageAfter(x *exchange, after int64) string {
	q := url.Values{}
	for name, v := range x.c.Queries() {
		q.Set(name, v)
	}
	q.Del("done")
	q.Del("after")
	if after > 0 {
		q.Set("after", strconv.FormatInt(after, 10))
	}
	return x.c.Path() + "?" + q.Encode()
}

func complaintStates() []string {
	return []string{"received", "registered", "assigned", "in_action", "disposed", "feedback", "closed", "transferred"}
}

// facts are the open columns of a line, in the order and by the names of its
// register, codes in words.
func (p *Pages) facts(x *exchange, register string, raw json.RawMessage) []fact {
	var values map[string]any
	if json.Unmarshal(raw, &values) != nil {
		return nil
	}
	added := addedValues(values)
	var out []fact
	for _, c := range p.Book.Columns(x.who.District) {
		if c.Register != register {
			continue
		}
		v, ok := values[c.Name]
		if c.Added {
			v, ok = added[c.Name]
		}
		if !ok || v == nil || v == "" {
			continue
		}
		out = append(out, fact{p.columnLabel(x, &c), p.cell(x, &c, v)})
	}
	return out
}

func (p *Pages) columnLabel(x *exchange, c *book.Column) string {
	if x.lang == contract.English {
		return c.En
	}
	return c.Hi
}

// columnName is what a column of a register is called.
func (p *Pages) columnName(x *exchange, register, name string) string {
	for _, c := range p.Book.Columns(x.who.District) {
		if c.Register == register && c.Name == name {
			return p.columnLabel(x, &c)
		}
	}
	return p.word(x.lang, "field", name)
}
