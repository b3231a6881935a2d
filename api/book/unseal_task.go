package book

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Accepting a task of a case opens what its visit needs, on the phone of who accepted
// it, for as long as he has the task. Which fields those are is a row of the type of
// task; the read is an op that he signs, an entry like any other, and counts in his
// budget. Who was sent is no reason to see a guarded case: that is for the named.

// TaskAccepted is what became of a task that was accepted with its read.
type TaskAccepted struct {
	Accept, Read Receipt
	Fields       []PlainField
}

// AcceptTask appends two ops in one transaction: a task.accept, and the identity.read
// that goes with it.
func (b *Book) AcceptTask(ctx context.Context, who staff.Caller, in Incoming) (*TaskAccepted, error) {
	ctx, cancel := context.WithTimeout(ctx, b.Deadline)
	defer cancel()
	drafts, err := b.receive(ctx, who, in)
	if err != nil {
		return nil, err
	}
	accept, read := drafts[0], drafts[1]
	for i, d := range drafts {
		switch want := [...]string{"task.accept", kindRead}[i]; {
		case d.settled():
		case d.kind.name != want:
			d.refused(refusal(contract.CodeBadKind, "/kind"))
		case d.officer != who.OfficerID:
			d.refused(refusal(contract.CodeForbidden, "/session_id"))
		}
	}
	if !read.settled() && !accept.settled() {
		task := accept.body.(*contract.TaskAccept).TaskID
		switch {
		case !is(read.body.(*contract.IdentityRead).TaskID, task):
			read.refused(refusal(contract.CodeWrongReference, "/body/task_id"))
		case read.op.Centre != accept.op.Centre:
			read.refused(refusal(contract.CodeWrongCentre, "/centre"))
		}
	}
	read.reads = true
	if err := b.append(ctx, who.District, drafts); err != nil {
		return nil, err
	}
	return &TaskAccepted{Accept: accept.receipt, Read: read.receipt, Fields: read.plain}, nil
}

// TaskFields says which fields the visit of a task of a type needs.
type TaskFields struct {
	TaskKind string
	Fields   []string // by their names in a complaint
}

// TaskFields lists them, by the codes of the types.
func (b *Book) TaskFields() []TaskFields { return slices.Clone(b.rules.Load().visits) }

// visitFields are those of one type of task.
func (v *ruleView) visitFields(kind string) []string {
	for _, t := range v.r.visits {
		if t.TaskKind == kind {
			return t.Fields
		}
	}
	return nil
}

// loadVisits reads the lists of fields.
func (r *rules) loadVisits(ctx context.Context, b *Book) error {
	rows, err := b.Pool.Query(ctx, `SELECT task_kind, field FROM task_fields ORDER BY task_kind, sort, field`)
	if err != nil {
		return wrap(err, "load fields of tasks")
	}
	defer rows.Close()
	for rows.Next() {
		var kind, field string
		if err := rows.Scan(&kind, &field); err != nil {
			return wrap(err, "load fields of tasks")
		}
		if n := len(r.visits); n == 0 || r.visits[n-1].TaskKind != kind {
			r.visits = append(r.visits, TaskFields{TaskKind: kind})
		}
		last := &r.visits[len(r.visits)-1]
		last.Fields = append(last.Fields, field)
	}
	return wrap(rows.Err(), "load fields of tasks")
}

// covering tells which sealed fields an officer reaches.
type covering func(s contract.Span) bool

// forTask is the reach of who has a task of the case in hand, and nothing beyond what
// its visit needs, whatever else he could read.
func (f *file) forTask(d *draft, e *sealedEntry, task uuid.UUID) (covering, error) {
	t := f.state.tasks.get(task)
	switch {
	case t == nil || t.Centre != f.state.Centre:
		return nil, refuse(contract.CodeUnknownReference, "/body/task_id")
	case !is(t.Holder, d.officer):
		return nil, refuse(contract.CodeNotAssigned, "/body/task_id")
	case t.over():
		return nil, refuse(contract.CodeTaskClosed, "/body/task_id")
	case !is(t.CaseID, e.CaseID):
		return nil, refuse(contract.CodeWrongReference, "/body/subject_id")
	}
	at := slices.IndexFunc(d.posts, func(p staff.Post) bool {
		return p.Covers(d.at) && p.Covers(d.receivedAt) && d.batch.reaches(p) && d.kind.may(p.Role)
	})
	switch {
	case at < 0:
		return nil, refuse(contract.CodeNotYourPost, "/centre")
	case (e.Guarded || f.guarded()) && !f.names(d.officer):
		return nil, refuse(contract.CodeNotNamed, "/body/subject_id")
	case f.isSquads():
		return nil, refuse(contract.CodeCaseNotYours, "/body/subject_id")
	}
	d.post = d.posts[at]
	fields := f.state.rules.visitFields(t.TaskKind)
	return func(s contract.Span) bool {
		name := strings.TrimPrefix(strings.TrimPrefix(s.Pointer, "/body"), "/complaint")
		return s.Class == seal.Victim && slices.Contains(fields, strings.TrimPrefix(name, "/"))
	}, nil
}
