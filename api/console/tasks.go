package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// taskBrief is a task in a list.
type taskBrief struct {
	ID                           uuid.UUID
	Kind, Urgency, State, To, By string
	Holder                       string
	Place                        string // village or kind of place, in words
	Case                         bool   // it is about a case
	Loud                         bool   // urgent, and its time to be received is over
	SentAt                       any
	DueAt                        any
	Text                         string
	Ladder                       []rung
}

// rung is how far a task has come.
type rung struct {
	Step, By string
	At       any
	Done     bool
}

// tasksBody is the list of tasks.
type tasksBody struct {
	List  []taskBrief
	Calls []sosBrief // for help, that have not ended
	All   bool
	Older string // where the ones before these are
	New   string // where a task is sent; empty: not by this officer
}

// tasks lists the centre's tasks, or those of the officer.
func (p *Pages) tasks(x *exchange) error {
	b := tasksBody{All: x.c.Query("all") != ""}
	before, _ := strconv.ParseInt(x.c.Query("before"), 10, 64)
	list, more, err := p.Book.Tasks(x.ctx, x.who, book.TaskQuery{
		Centre: x.centre, Open: !b.All, Newest: true, Before: max(before, 0), Limit: pageOf,
	})
	if err != nil {
		return err
	}
	for i := range list {
		b.List = append(b.List, p.taskBrief(x, &list[i]))
	}
	if b.Calls, err = p.calling(x, true); err != nil {
		return err
	}
	if more {
		q := url.Values{"centre": {x.centre}, "before": {strconv.FormatInt(list[len(list)-1].Seq, 10)}}
		if b.All {
			q.Set("all", "1")
		}
		b.Older = Root + "/tasks?" + q.Encode()
	}
	if mayMake(x.who, contract.KindTaskSend) {
		b.New = dispatchPath(x.centre)
	}
	return p.send(x, http.StatusOK, "tasks", "page.tasks", b)
}

// ladder is the steps of a task in their order.
//
//nolint:gochecknoglobals // a constant
var ladder = []string{"queued", "handed", "received", "seen", "accepted", "departed", "arrived", "done"}

func (p *Pages) taskBrief(x *exchange, t *book.TaskView) taskBrief {
	v := &view{p: p, x: x}
	out := taskBrief{
		ID: t.TaskID, Kind: p.label(x, "task_kind", t.TaskKind), Urgency: t.Urgency, State: t.State, By: v.By(t.SentBy),
		SentAt: t.SentAt, DueAt: t.DueAt,
	}
	switch {
	case t.ToOfficer != nil:
		out.To = v.By(t.ToOfficer)
	case t.ToRole != nil:
		out.To = p.word(x.lang, "enum.role", *t.ToRole)
	case t.ToSquad != nil:
		out.To = p.unitName(x, "squad_id", *t.ToSquad)
	}
	if t.Said.Text != nil {
		out.Text = *t.Said.Text
	}
	out.Holder, out.Place, out.Case = v.By(t.Holder), p.placeWords(x, t), t.CaseID != nil
	reached := map[string]*book.TaskStep{}
	for i := range t.Steps {
		s := &t.Steps[i]
		if reached[s.Step] == nil {
			reached[s.Step] = s
		}
	}
	out.Loud = t.Urgency == urgent && t.State == "sent" && x.now.Sub(t.SentAt) >= p.receivedWithin(x)
	for _, name := range ladder {
		r := rung{Step: name}
		if s := reached[name]; s != nil {
			r.Done, r.At = true, s.At
			r.By = v.By(s.By)
		}
		out.Ladder = append(out.Ladder, r)
	}
	for _, name := range []string{"recalled", "expired", "declined", "passed", "reminded"} {
		if s := reached[name]; s != nil {
			out.Ladder = append(out.Ladder, rung{Step: name, Done: true, At: s.At, By: v.By(s.By)})
		}
	}
	return out
}

const urgent = "urgent"

// receivedWithin is the time in which a phone must have received an urgent task:
// that after which the clock first looks at it.
func (p *Pages) receivedWithin(x *exchange) time.Duration {
	first := 2 * time.Minute
	for i, r := range p.Book.Ladder(x.who.District) {
		if after := time.Duration(r.AfterS) * time.Second; r.Urgency == urgent && (i == 0 || after < first) {
			first = after
		}
	}
	return first
}

// placeWords says where a task is: the kind of place and the village.
func (p *Pages) placeWords(x *exchange, t *book.TaskView) string {
	var parts []string
	if t.Said.PlaceType != nil {
		parts = append(parts, p.label(x, "place_type", *t.Said.PlaceType))
	}
	if t.Said.VillageCode != nil {
		parts = append(parts, p.word(x.lang, "field", villageField)+" "+p.villageName(x, t.Centre, *t.Said.VillageCode))
	}
	return strings.Join(parts, ", ")
}

func isOver(state string) bool { return state == "done" || state == "recalled" || state == "expired" }

// unitName is what a squad or a beat of the centre is called, by the field that names
// it; one of elsewhere is called by what it is.
func (p *Pages) unitName(x *exchange, field string, id uuid.UUID) string {
	options, err := p.persons(x, field)
	if err != nil {
		return ""
	}
	for _, o := range options {
		if o.Value == id.String() {
			return o.Label
		}
	}
	return p.word(x.lang, "field", field)
}

// taskBody is one task.
type taskBody struct {
	taskBrief

	Recall      *form // nil: it cannot be recalled, or not by this officer
	Again, Next string
}

// task shows one task and its ladder, as it moves.
func (p *Pages) task(x *exchange) error {
	id, err := idOf(x)
	if err != nil {
		return err
	}
	t, err := p.Book.Task(x.ctx, x.who, id)
	if err != nil {
		return err
	}
	x.centre = t.Centre
	b := taskBody{taskBrief: p.taskBrief(x, t)}
	if mayMake(x.who, contract.KindTaskSend) {
		b.Again = dispatchPath(t.Centre, "from", id.String())
		b.Next = dispatchPath(t.Centre, "from", id.String(), "next", "1")
	}
	if !isOver(t.State) && mayMake(x.who, contract.KindTaskRecall) {
		here := Root + "/tasks/" + id.String()
		b.Recall, err = p.formOf(x, ask{kind: contract.KindTaskRecall, centre: t.Centre, back: here, given: map[string]string{"task_id": id.String()}})
		if err != nil {
			return err
		}
	}
	return p.send(x, http.StatusOK, "task", "page.task", b)
}
