package book

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// States of a task, in the order a task goes through them. Recalled and
// expired are ends; what an officer did before word reached him is still kept
// as a step.
const (
	taskSent     = "sent"
	taskReceived = "received"
	taskSeen     = "seen"
	taskAccepted = "accepted"
	taskDeparted = "departed"
	taskArrived  = "arrived"
	taskDone     = "done"
	taskRecalled = "recalled"
	taskExpired  = "expired"
)

var taskRank = map[string]int{
	taskSent: 0, taskReceived: 1, taskSeen: 2, taskAccepted: 3, taskDeparted: 4, taskArrived: 5,
	taskDone: 6, taskRecalled: 7, taskExpired: 7,
}

// TaskStep is one thing that happened to a task.
type TaskStep struct {
	Step string     `json:"step"`
	At   time.Time  `json:"at"`
	By   *uuid.UUID `json:"by,omitempty"`
	To   string     `json:"to,omitempty"` // the post it was given to
	Seq  int64      `json:"seq"`
}

// Task is a task as its steps left it. Exactly one of ToOfficer, ToSquad and
// ToRole says whom it was given to; Holder is who accepted.
type Task struct {
	TaskID    uuid.UUID
	Centre    string
	Seq       int64
	TaskKind  string
	Urgency   string
	State     string
	ToOfficer *uuid.UUID
	ToSquad   *uuid.UUID
	ToRole    *string
	Holder    *uuid.UUID
	SentBy    uuid.UUID
	SentAt    time.Time
	DueAt     *time.Time
	Rung      int
	NextAt    *time.Time
	Notices   int
	Steps     []TaskStep
	CaseID    *uuid.UUID // of the complaint or matter that it is about
}

// over tells whether the task takes no more orders.
func (t *Task) over() bool {
	return t.State == taskDone || t.State == taskRecalled || t.State == taskExpired
}

// step notes a step and moves the state on, never back.
func (t *Task) step(e *Entry, name string) {
	s := TaskStep{Step: name, At: e.At, Seq: e.Seq}
	if e.Role != roleClock {
		by := e.OfficerID
		s.By = &by
	}
	t.Steps = append(t.Steps, s)
	if rank, ok := taskRank[name]; ok && rank > taskRank[t.State] && !t.over() {
		t.State = name
	}
}

// give gives the task to a post, in the step just noted. Those it was given to
// before may still take it: word of the change may not have reached them.
func (t *Task) give(role *string) {
	if t.ToRole = role; role != nil {
		t.Steps[len(t.Steps)-1].To = *role
	}
}

// givenTo tells whether the task is given to a post, or once was.
func (t *Task) givenTo(role string) bool {
	return slices.ContainsFunc(t.Steps, func(s TaskStep) bool { return s.To == role })
}

// rung is one row of a ladder: what the clock does with a task nobody took up.
type rung struct {
	Urgency string
	Rung    int
	After   time.Duration
	Action  string
	ToRole  *string
	From    time.Time
}

// ladder holds the rungs of all urgencies, by valid_from and rung.
type ladder []rung

// Actions of a rung.
const (
	actRemind = "remind"
	actPass   = "pass"
	actExpire = "expire"
)

// of lists the rungs of an urgency that were in force at a time.
func (l ladder) of(urgency string, at time.Time) []rung {
	from := l.from(urgency, at)
	var out []rung
	for _, r := range l {
		if r.Urgency == urgency && r.From.Equal(from) {
			out = append(out, r)
		}
	}
	return out
}

// from is when the rungs of an urgency that were in force at a time came in force.
func (l ladder) from(urgency string, at time.Time) (from time.Time) {
	for i := range l {
		if r := &l[i]; r.Urgency == urgency && !r.From.After(at) && r.From.After(from) {
			from = r.From
		}
	}
	return from
}

// nth is one of the rungs that of lists, or nil.
func (l ladder) nth(urgency string, at time.Time, n int) *rung {
	from := l.from(urgency, at)
	for i := range l {
		if r := &l[i]; r.Urgency == urgency && r.From.Equal(from) {
			if n == 0 {
				return r
			}
			n--
		}
	}
	return nil
}

// climb sets when the clock looks at the task next: the first rung after the
// present one that still makes sense. A task somebody received needs no
// reminder; one somebody accepted is left to him.
func (t *Task) climb(l ladder) {
	t.NextAt = nil
	if t.over() || taskRank[t.State] >= taskRank[taskAccepted] {
		return
	}
	for _, r := range l.of(t.Urgency, t.SentAt) {
		if r.Rung <= t.Rung || (r.Action == actRemind && taskRank[t.State] >= taskRank[taskReceived]) {
			continue
		}
		at := t.SentAt.Add(r.After)
		t.NextAt = &at
		return
	}
}

// due returns the rung that NextAt stands for.
func (t *Task) due(l ladder) *rung {
	if t.NextAt == nil {
		return nil
	}
	for _, r := range l.of(t.Urgency, t.SentAt) {
		if r.Rung > t.Rung && t.SentAt.Add(r.After).Equal(*t.NextAt) {
			return &r
		}
	}
	return nil
}
