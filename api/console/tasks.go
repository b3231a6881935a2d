package console

import (
	"net/http"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// taskBrief is a task in a list.
type taskBrief struct {
	ID                           uuid.UUID
	Kind, Urgency, State, To, By string
	Loud                         bool // urgent, and nobody has received it yet
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
	List []taskBrief
	All  bool
	More bool
	New  string // where a task is sent; empty: not by this officer
}

// tasks lists the centre's tasks, or those of the officer.
func (p *Pages) tasks(x *exchange) error {
	b := tasksBody{All: x.c.Query("all") != ""}
	list, more, err := p.Book.Tasks(x.ctx, x.who, book.TaskQuery{Centre: x.centre, Open: !b.All, Limit: pageOf})
	if err != nil {
		return err
	}
	b.More = more
	for i := len(list) - 1; i >= 0; i-- { // the newest first
		b.List = append(b.List, p.taskBrief(x, &list[i]))
	}
	if mayMake(x.who, contract.KindTaskSend) {
		b.New = Root + "/tasks/new?centre=" + x.centre
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
		out.To = p.squadName(x, *t.ToSquad)
	}
	if t.Said.Text != nil {
		out.Text = *t.Said.Text
	}
	reached := map[string]*book.TaskStep{}
	for i := range t.Steps {
		s := &t.Steps[i]
		if reached[s.Step] == nil {
			reached[s.Step] = s
		}
	}
	out.Loud = t.Urgency == "urgent" && reached["received"] == nil && !isOver(t.State)
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

func isOver(state string) bool { return state == "done" || state == "recalled" || state == "expired" }

func (p *Pages) squadName(x *exchange, id uuid.UUID) string {
	home, err := p.around(x)
	if err != nil {
		return ""
	}
	for _, s := range home.Squads {
		if s.ID == id {
			return (&view{p: p, x: x}).either(s.NameHi, s.NameEn)
		}
	}
	return p.word(x.lang, "field", "squad_id")
}

// taskBody is one task.
type taskBody struct {
	taskBrief

	Steps []step
}

// task shows one task and its ladder, as it moves.
func (p *Pages) task(x *exchange) error {
	id, err := uuid.Parse(x.c.Params("id"))
	if err != nil {
		return contract.NewProblem(contract.CodeNotFound)
	}
	t, err := p.Book.Task(x.ctx, x.who, id)
	if err != nil {
		return err
	}
	x.centre = t.Centre
	b := taskBody{taskBrief: p.taskBrief(x, t)}
	here := Root + "/tasks/" + id.String()
	if !isOver(t.State) {
		b.Steps = p.steps(x, here, map[string]string{"task_id": id.String()}, contract.KindTaskRecall)
	}
	b.Steps = append(b.Steps, p.steps(x, Root+"/tasks", nil, contract.KindTaskSend)...)
	return p.send(x, http.StatusOK, "task", "page.task", b)
}

// dispatch is the form of a new task.
func (p *Pages) dispatch(x *exchange) error {
	if !mayMake(x.who, contract.KindTaskSend) {
		return contract.NewProblem(contract.CodeForbidden)
	}
	f, err := p.formOf(x, ask{kind: contract.KindTaskSend, centre: x.centre, back: Root + "/tasks"})
	if err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "op", "page.dispatch", f)
}
