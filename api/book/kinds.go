package book

import (
	"fmt"
	"slices"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// The roles in groups, as the grid uses them. Rights follow the post.
var (
	everyPost = []string{
		staff.BeatOfficer, staff.SquadMember, staff.SquadLeader, staff.DeskOfficer, staff.Counsellor,
		staff.CentreIncharge, staff.SHO, staff.Dispatcher,
	}
	onRounds  = []string{staff.SquadMember, staff.SquadLeader, staff.CentreIncharge, staff.SHO}
	seniors   = []string{staff.SquadLeader, staff.CentreIncharge, staff.SHO}
	incharges = []string{staff.CentreIncharge, staff.SHO}
	senders   = []string{staff.Dispatcher, staff.CentreIncharge, staff.SHO}
	visitors  = []string{staff.BeatOfficer, staff.SquadMember, staff.SquadLeader, staff.DeskOfficer, staff.CentreIncharge, staff.SHO}
	appointed = []string{staff.CentreIncharge, staff.SHO, staff.AddlSP, staff.SP, staff.Sysadmin, roleRegistrar}
	clockOnly = []string{roleClock}
)

// Roles of the server itself: the clock, which does what is due, and the
// registrar, in whose name the command line brings in the staff list.
const (
	roleClock     = "clock"
	roleRegistrar = "registrar"
)

// kinds is the table of contents of the product: every op there is, who may
// make it, and where its rules stand.
//
//nolint:gochecknoglobals // a static table, never written after start
var kinds = table(
	// posts.go
	define("post.take", appointed, needsPostTake, checkPostTake, applyPostTake),
	define("post.leave", append(slices.Clone(everyPost), staff.AddlSP, staff.SP, staff.CO, staff.Sysadmin, roleRegistrar),
		needsPostLeave, checkPostLeave, applyPostLeave),

	// duty.go
	define("duty.start", everyPost, needsDutyStart, checkDutyStart, applyDutyStart),
	define("duty.end", everyPost, needsDutyEnd, checkDutyEnd, applyDutyEnd),

	// visit.go
	define("visit.record", visitors, needsVisit, checkVisit, applyVisit),

	// squad.go
	define("squad.brief", seniors, needsBrief, checkBrief, applyBrief),
	define("squad.round", onRounds, needsRound, checkRound, applyRound),
	define("squad.person", []string{staff.SquadLeader}, needsPerson, checkPerson, applyPerson),

	// task.go
	define("task.send", senders, needsTaskSend, checkTaskSend, applyTaskSend),
	define("task.recall", senders, needsTask[contract.TaskRecall], checkTaskRecall, applyTaskRecall),
	define("task.receive", everyPost, needsTask[contract.TaskReceive], checkTaskMine[contract.TaskReceive], applyTaskMark[contract.TaskReceive](taskReceived)),
	define("task.see", everyPost, needsTask[contract.TaskSee], checkTaskMine[contract.TaskSee], applyTaskMark[contract.TaskSee](taskSeen)),
	define("task.accept", everyPost, needsTask[contract.TaskAccept], checkTaskAccept, applyTaskAccept),
	define("task.decline", everyPost, needsTask[contract.TaskDecline], checkTaskDecline, applyTaskDecline),
	define("task.depart", everyPost, needsTask[contract.TaskDepart], checkTaskHeld[contract.TaskDepart], applyTaskMark[contract.TaskDepart](taskDeparted)),
	define("task.arrive", everyPost, needsTask[contract.TaskArrive], checkTaskHeld[contract.TaskArrive], applyTaskMark[contract.TaskArrive](taskArrived)),
	define("task.done", everyPost, needsTask[contract.TaskDone], checkTaskHeld[contract.TaskDone], applyTaskMark[contract.TaskDone](taskDone)),
	define("task.remind", clockOnly, needsTask[contract.TaskRemind], checkTaskClock[contract.TaskRemind](actRemind), applyTaskRemind),
	define("task.pass", clockOnly, needsTask[contract.TaskPass], checkTaskClock[contract.TaskPass](actPass), applyTaskPass),
	define("task.expire", clockOnly, needsTask[contract.TaskExpire], checkTaskClock[contract.TaskExpire](actExpire), applyTaskExpire),

	// held.go
	define("held.enter", incharges, needsHeldEnter, checkHeldEnter, nil),
	define("held.strike", incharges, needsHeldStrike, checkHeldStrike, nil),

	// correct.go
	define("note.add", everyPost, needsNote, checkNote, nil),
	define("entry.correct", everyPost, needsCorrect, checkCorrect, applyCorrect),
)

// kindRow is one row of the table.
type kindRow struct {
	name  string
	roles []string
	parse func(raw []byte) (any, error)
	needs func(d *draft, n *needs)
	check func(s *State, d *draft) error
	apply func(s *State, e *Entry, b any) []push.Notice
}

// may tells whether a post of the role may make ops of the kind.
func (k *kindRow) may(role string) bool { return slices.Contains(k.roles, role) }

// define makes a row of typed functions. B is the contract's body of the kind;
// apply may be nil for kinds that only stand in the book.
func define[B any](
	name string, roles []string,
	need func(d *draft, b *B, n *needs),
	check func(s *State, d *draft, b *B) error,
	apply func(s *State, e *Entry, b *B) []push.Notice,
) *kindRow {
	k := &kindRow{
		name: name, roles: roles,
		parse: func(raw []byte) (any, error) {
			b, err := contract.DecodeBody[B](raw)
			return &b, err
		},
		needs: func(d *draft, n *needs) { need(d, d.body.(*B), n) },
		check: func(s *State, d *draft) error { return check(s, d, d.body.(*B)) },
		apply: func(*State, *Entry, any) []push.Notice { return nil },
	}
	if apply != nil {
		k.apply = func(s *State, e *Entry, b any) []push.Notice { return apply(s, e, b.(*B)) }
	}
	return k
}

func table(list ...*kindRow) map[string]*kindRow {
	m := make(map[string]*kindRow, len(list))
	for _, k := range list {
		if m[k.name] != nil {
			panic(fmt.Sprintf("book: kind %s stands twice in the table", k.name))
		}
		m[k.name] = k
	}
	return m
}

// Kinds lists the names of all kinds, sorted.
func Kinds() []string {
	names := make([]string, 0, len(kinds))
	for n := range kinds {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// May tells whether a post of the role may make ops of the kind.
func May(role, kind string) bool {
	k := kinds[kind]
	return k != nil && k.may(role)
}
