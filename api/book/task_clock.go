package book

import (
	"slices"

	contract "kendra/mobile-contract"
	"kendra/push"
)

// checkTaskClock lets the clock do what the ladder says is due, once: the op's
// time must be the time the task waits for.
func checkTaskClock[B taskBody](action string) func(*State, *draft, *B) error {
	return func(s *State, d *draft, b *B) error {
		t := s.tasks.get(taskID(b))
		if t == nil || t.Centre != s.Centre {
			return refuse(contract.CodeUnknownReference, "/body/task_id")
		}
		r := t.due(s.ladder())
		if r == nil || r.Action != action || !t.NextAt.Equal(d.op.DeviceAt) {
			return refuse(contract.CodeWrongState, "/body/task_id")
		}
		d.about(t)
		d.seenBy = append(d.seenBy, s.addressees(t.ToOfficer, t.ToSquad, t.ToRole, d.at)...)
		if r.Action == actPass {
			d.seenBy = append(d.seenBy, s.addressees(nil, nil, r.ToRole, d.at)...)
		}
		return nil
	}
}

// rise moves the task to the rung that is due and returns that rung.
func (s *State) rise(e *Entry, b *Task, step string) *rung {
	r := b.due(s.ladder())
	b.Steps = slices.Clone(b.Steps)
	b.step(e, step)
	if r != nil {
		b.Rung = r.Rung
	}
	return r
}

func applyTaskRemind(s *State, e *Entry, b *contract.TaskRemind) []push.Notice {
	t := *s.tasks.get(b.TaskID)
	s.rise(e, &t, "reminded")
	t.climb(s.ladder())
	return s.notify(e, &t)
}

// applyTaskPass gives the task to the rung's post as well: those it was first
// given to may still take it, whoever accepts first has it.
func applyTaskPass(s *State, e *Entry, b *contract.TaskPass) []push.Notice {
	t := *s.tasks.get(b.TaskID)
	if r := s.rise(e, &t, "passed"); r != nil {
		t.give(r.ToRole)
	}
	t.climb(s.ladder())
	return s.notify(e, &t)
}

func applyTaskExpire(s *State, e *Entry, b *contract.TaskExpire) []push.Notice {
	t := *s.tasks.get(b.TaskID)
	s.rise(e, &t, taskExpired)
	t.climb(s.ladder())
	s.tasks.put(t.TaskID, &t)
	return nil
}
