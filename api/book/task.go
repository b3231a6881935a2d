package book

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	"kendra/geo"
	contract "kendra/mobile-contract"
	"kendra/push"
)

func needsTaskSend(d *draft, b *contract.TaskSend, n *needs) {
	if b.To.OfficerID != nil {
		n.officer(*b.To.OfficerID)
	}
	n.squad(b.To.SquadID)
	n.centrePosts = true
	n.entryIf(b.CaseID)
	if b.CaseID != nil && b.Text != nil && d.batch != nil { // not when a book is folded again
		n.named = append(n.named, *b.CaseID)
	}
}

func checkTaskSend(s *State, d *draft, b *contract.TaskSend) error {
	targets := 0
	for _, there := range []bool{b.To.OfficerID != nil, b.To.SquadID != nil, b.To.Role != nil} {
		if there {
			targets++
		}
	}
	if targets != 1 {
		return refuse(contract.CodeAddressRequired, "/body/to")
	}
	if b.To.OfficerID != nil && (!s.officers[*b.To.OfficerID] || !s.serves(*b.To.OfficerID, d.at)) {
		return refuse(contract.CodeUnknownReference, "/body/to/officer_id")
	}
	if err := s.refs(b.To.SquadID, "/body/to/squad_id", nil, ""); err != nil {
		return err
	}
	if err := s.mayName(d, b.CaseID, "/case_id"); err != nil {
		return err
	}
	if b.DueAt != nil && !b.DueAt.After(d.at) {
		return refuse(contract.CodeEndedBeforeStarted, "/body/due_at")
	}
	if err := d.batch.checkNames(s, d, b); err != nil {
		return err
	}
	d.seenBy = append(d.seenBy, s.addressees(b.To.OfficerID, b.To.SquadID, roleOf(b.To.Role), d.at)...)
	return nil
}

// serves tells whether an officer holds a post in this book at a time: one who
// does not could neither see the task nor answer it.
func (s *State) serves(officer uuid.UUID, at time.Time) bool {
	for _, p := range s.posts.m {
		if p.OfficerID == officer && p.Centre == s.Centre && p.Covers(at) {
			return true
		}
	}
	return false
}

func roleOf[R ~string](r *R) *string {
	if r == nil {
		return nil
	}
	s := string(*r)
	return &s
}

// addressees lists the officers that a task's address means at a time.
func (s *State) addressees(officer, squad *uuid.UUID, role *string, at time.Time) []uuid.UUID {
	var out []uuid.UUID
	if officer != nil {
		out = append(out, *officer)
	}
	for _, p := range s.posts.m {
		if p.Centre != s.Centre || !p.Covers(at) {
			continue
		}
		if (squad != nil && p.SquadID != nil && *p.SquadID == *squad) || (role != nil && p.Role == *role) {
			out = append(out, p.OfficerID)
		}
	}
	slices.SortFunc(out, compareIDs)
	return slices.Compact(out)
}

func applyTaskSend(s *State, e *Entry, b *contract.TaskSend) []push.Notice {
	t := &Task{
		TaskID: e.OpID, Centre: s.Centre, Seq: e.Seq, TaskKind: b.TaskKind, Urgency: string(b.Urgency),
		State: taskSent, ToOfficer: b.To.OfficerID, ToSquad: b.To.SquadID,
		SentBy: e.OfficerID, SentAt: e.At, DueAt: timeOf(b.DueAt), CaseID: s.caseOf(e, b.CaseID),
	}
	t.step(e, "queued")
	t.give(roleOf(b.To.Role))
	t.climb(s.ladder())
	return s.notify(e, t)
}

// caseOf is the case that an entry names by one of its entries. One that came
// later, or is none, is taken as it is: most complaints are their own case.
func (s *State) caseOf(e *Entry, id *uuid.UUID) *uuid.UUID {
	if id == nil {
		return nil
	}
	if r := s.entries[*id]; r != nil && r.Seq < e.Seq {
		return &r.CaseID
	}
	return id
}

// notify wakes whom the task is given to, or who holds it, and stores it.
func (s *State) notify(e *Entry, t *Task) []push.Notice {
	if t.Holder != nil {
		return s.wake(e, t, t.Holder, nil, nil)
	}
	return s.wake(e, t, t.ToOfficer, t.ToSquad, t.ToRole)
}

// wake makes a notice for each address that is given, and stores the task.
func (s *State) wake(e *Entry, t *Task, officer, squad *uuid.UUID, role *string) []push.Notice {
	base := push.Notice{
		DistrictID: s.District, Centre: s.Centre, Kind: push.KindTask, Subject: t.TaskID, Urgency: t.Urgency, Seq: e.Seq,
	}
	var out []push.Notice
	add := func(set func(n *push.Notice)) {
		n := base
		n.ID = derivedID(e.OpID, "notice", len(out))
		set(&n)
		out = append(out, n)
	}
	if officer != nil {
		add(func(n *push.Notice) { n.Officer = *officer })
	}
	if squad != nil {
		add(func(n *push.Notice) { n.Squad = *squad })
	}
	if role != nil {
		add(func(n *push.Notice) { n.Role = *role })
	}
	t.Notices += len(out)
	s.tasks.put(t.TaskID, t)
	return out
}

// taskBody is what all bodies about one task have.
type taskBody interface {
	contract.TaskRecall | contract.TaskReceive | contract.TaskSee | contract.TaskAccept | contract.TaskDecline |
		contract.TaskDepart | contract.TaskArrive | contract.TaskDone | contract.TaskRemind | contract.TaskPass |
		contract.TaskExpire
}

// taskID reads the task_id of such a body.
func taskID[B taskBody](b *B) uuid.UUID {
	switch t := any(b).(type) {
	case *contract.TaskRecall:
		return t.TaskID
	case *contract.TaskReceive:
		return t.TaskID
	case *contract.TaskSee:
		return t.TaskID
	case *contract.TaskAccept:
		return t.TaskID
	case *contract.TaskDecline:
		return t.TaskID
	case *contract.TaskDepart:
		return t.TaskID
	case *contract.TaskArrive:
		return t.TaskID
	case *contract.TaskDone:
		return t.TaskID
	case *contract.TaskRemind:
		return t.TaskID
	case *contract.TaskPass:
		return t.TaskID
	case *contract.TaskExpire:
		return t.TaskID
	}
	panic("book: a task body without task_id")
}

func needsTask[B taskBody](_ *draft, b *B, n *needs) {
	n.task(taskID(b))
	n.centrePosts = true
}

// task finds the task that an op is about; one whose sending has not arrived
// is waited for.
func (s *State) task(id uuid.UUID) (*Task, error) {
	t := s.tasks.get(id)
	if t == nil && !s.entered[id] {
		return nil, waitFor(keyOp(id))
	}
	if t == nil || t.Centre != s.Centre {
		return nil, refuse(contract.CodeUnknownReference, "/body/task_id")
	}
	return t, nil
}

// mine tells whether the task was given to the officer of the draft, by name,
// by squad or by role, or is held by him.
func (d *draft) mine(t *Task) bool {
	if t.Holder != nil && *t.Holder == d.officer || t.ToOfficer != nil && *t.ToOfficer == d.officer {
		return true
	}
	for _, p := range d.posts {
		if p.Centre != t.Centre || !p.Covers(d.at) {
			continue
		}
		if t.ToSquad != nil && p.SquadID != nil && *p.SquadID == *t.ToSquad || t.givenTo(p.Role) {
			return true
		}
	}
	return false
}

// about makes the entry one of the task's case and lets its people see it.
func (d *draft) about(t *Task) {
	d.caseID = t.TaskID
	d.seenBy = append(d.seenBy, t.SentBy)
	if t.Holder != nil {
		d.seenBy = append(d.seenBy, *t.Holder)
	}
	if t.over() {
		d.flag(geo.Flag{Code: flagTaskClosed, Value: 1})
	}
}

// checkTaskMine is the check of steps that anyone addressed may take.
func checkTaskMine[B taskBody](s *State, d *draft, b *B) error {
	t, err := s.task(taskID(b))
	if err != nil {
		return err
	}
	if !d.mine(t) {
		return refuse(contract.CodeNotAssigned, "/body/task_id")
	}
	d.about(t)
	return nil
}

// checkTaskAccept lets one officer have the task and no other.
func checkTaskAccept(s *State, d *draft, b *contract.TaskAccept) error {
	t, err := s.task(b.TaskID)
	if err != nil {
		return err
	}
	switch {
	case !d.mine(t):
		return refuse(contract.CodeNotAssigned, "/body/task_id")
	case t.Holder != nil && *t.Holder == d.officer:
		return refuse(contract.CodeWrongState, "/body/task_id")
	case t.Holder != nil:
		return refuse(contract.CodeTaskTaken, "/body/task_id")
	}
	d.about(t)
	return nil
}

func applyTaskAccept(s *State, e *Entry, b *contract.TaskAccept) []push.Notice {
	t := *s.tasks.get(b.TaskID)
	by := e.OfficerID
	t.Holder = &by
	t.step(e, taskAccepted)
	t.climb(s.ladder())
	s.tasks.put(t.TaskID, &t)
	return nil
}

func checkTaskDecline(s *State, d *draft, b *contract.TaskDecline) error {
	t, err := s.task(b.TaskID)
	if err != nil {
		return err
	}
	if !d.mine(t) {
		return refuse(contract.CodeNotAssigned, "/body/task_id")
	}
	if t.Holder != nil && *t.Holder != d.officer {
		return refuse(contract.CodeTaskTaken, "/body/task_id")
	}
	d.about(t)
	return nil
}

// applyTaskDecline passes a task that its only addressee or its holder gave
// back to the in-charge at once: declining must not leave it with nobody.
func applyTaskDecline(s *State, e *Entry, b *contract.TaskDecline) []push.Notice {
	t := *s.tasks.get(b.TaskID)
	t.step(e, "declined")
	gaveBack := t.Holder != nil
	only := t.ToOfficer != nil && *t.ToOfficer == e.OfficerID && t.ToSquad == nil && t.ToRole == nil
	if t.over() || !gaveBack && !only {
		s.tasks.put(t.TaskID, &t)
		return nil
	}
	t.Holder = nil
	t.State = taskSent
	role := staff.CentreIncharge
	t.give(&role)
	t.climb(s.ladder())
	// Rungs that went by while he held it have nothing to say to the in-charge.
	for t.NextAt != nil && !t.NextAt.After(e.At) {
		t.Rung++
		t.climb(s.ladder())
	}
	return s.wake(e, &t, nil, nil, &role)
}

// checkTaskHeld is the check of steps that only the holder takes. A step whose
// accepting has not arrived waits for it.
func checkTaskHeld[B taskBody](s *State, d *draft, b *B) error {
	t, err := s.task(taskID(b))
	if err != nil {
		return err
	}
	switch {
	case !d.mine(t):
		return refuse(contract.CodeNotAssigned, "/body/task_id")
	case t.Holder == nil:
		return waitFor(keyAccept(t.TaskID, d.officer))
	case *t.Holder != d.officer:
		return refuse(contract.CodeTaskTaken, "/body/task_id")
	case t.State == taskDone:
		return refuse(contract.CodeWrongState, "/body/task_id")
	}
	d.about(t)
	return nil
}

// applyTaskMark notes a step that changes nothing but the state.
func applyTaskMark[B taskBody](name string) func(*State, *Entry, *B) []push.Notice {
	return func(s *State, e *Entry, b *B) []push.Notice {
		t := *s.tasks.get(taskID(b))
		t.step(e, name)
		t.climb(s.ladder())
		s.tasks.put(t.TaskID, &t)
		return nil
	}
}

func checkTaskRecall(s *State, d *draft, b *contract.TaskRecall) error {
	t, err := s.task(b.TaskID)
	if err != nil {
		return err
	}
	if t.over() {
		return refuse(contract.CodeTaskClosed, "/body/task_id")
	}
	d.about(t)
	d.seenBy = append(d.seenBy, s.addressees(t.ToOfficer, t.ToSquad, t.ToRole, d.at)...)
	return nil
}

func applyTaskRecall(s *State, e *Entry, b *contract.TaskRecall) []push.Notice {
	t := *s.tasks.get(b.TaskID)
	t.step(e, taskRecalled)
	t.climb(s.ladder())
	out := s.notify(e, &t)
	if t.Holder != nil && t.CaseID != nil { // what his phone read for the visit
		out = append(out, s.forget(e, t.TaskID, *t.Holder))
	}
	return out
}
