package api

import (
	"context"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// ListTasks lists tasks of a centre.
func (s *server) ListTasks(ctx context.Context, in ListTasksRequestObject) (ListTasksResponseObject, error) {
	p := in.Params
	q := book.TaskQuery{Centre: p.Centre, After: orZero(p.After), Limit: limitOf(p.Limit)}
	if p.State != nil {
		q.State = string(*p.State)
	}
	views, more, err := s.Book.Tasks(ctx, of(ctx).caller, q)
	if err != nil {
		return nil, err
	}
	out := ListTasks200JSONResponse{Centre: q.Centre, Tasks: []contract.Task{}, More: more, Next: q.After}
	for i := range views {
		out.Tasks = append(out.Tasks, task(&views[i]))
		out.Next = views[i].Seq
	}
	return out, nil
}

// GetTask gives one task.
func (s *server) GetTask(ctx context.Context, in GetTaskRequestObject) (GetTaskResponseObject, error) {
	v, err := s.Book.Task(ctx, of(ctx).caller, in.TaskID)
	if err != nil {
		return nil, err
	}
	return GetTask200JSONResponse(task(v)), nil
}

func task(v *book.TaskView) contract.Task {
	t := contract.Task{
		ID: v.TaskID, Centre: v.Centre, Seq: v.Seq, TaskKind: v.TaskKind, Urgency: contract.Urgency(v.Urgency),
		State: contract.TaskState(v.State), To: target(v.ToOfficer, v.ToSquad, v.ToRole), Holder: v.Holder,
		Place: v.Said.Place, PlaceType: v.Said.PlaceType, Text: v.Said.Text, VillageCode: v.Said.VillageCode,
		CaseID: v.Said.CaseID, DueAt: v.Said.DueAt, Steps: []contract.TaskStep{},
	}
	for _, s := range v.Steps {
		t.Steps = append(t.Steps, contract.TaskStep{Step: contract.TaskStepName(s.Step), At: contract.At(s.At), By: s.By})
	}
	return t
}

func target(officer, squad *uuid.UUID, role *string) contract.TaskTarget {
	t := contract.TaskTarget{OfficerID: officer, SquadID: squad}
	if role != nil {
		r := contract.Role(*role)
		t.Role = &r
	}
	return t
}
