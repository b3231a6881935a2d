package book

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// TaskView is a task with what was said when it was sent and with the truth
// about its pushes: steps by officers and clock from the book, handing over to
// the push service from its ledger.
type TaskView struct {
	Task
	Said contract.TaskSend
}

// TaskQuery says which tasks of a centre are asked for.
type TaskQuery struct {
	Centre string
	State  string // empty: all
	After  int64  // seq of the last one seen
	Before int64  // of the last one seen, newest first; 0: from the end
	Limit  int
	Open   bool // only those that are not over
	Mine   bool // only those that are given to the caller
	Newest bool // the newest first
}

// Tasks lists tasks by the order of their sending, or the newest first: those of
// the whole centre for in-charge, SHO and dispatcher, else those that are the
// caller's.
func (b *Book) Tasks(ctx context.Context, who staff.Caller, q TaskQuery) (views []TaskView, more bool, err error) {
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, q.Centre)
		if err != nil {
			return err
		}
		squads, roles := b.addressOf(who, q.Centre)
		order := "seq"
		if q.Newest {
			order = "seq DESC"
		}
		rows, err := tx.Query(ctx, `SELECT `+taskColumns+` FROM tasks WHERE district_id = $1 AND centre = $2 AND seq > $3
			AND ($11 = 0 OR seq < $11) AND ($4 = '' OR state = $4) AND (NOT $5 OR state NOT IN ('done', 'recalled', 'expired'))
			AND ($6 OR to_officer = $7 OR holder_id = $7 OR to_squad = ANY($8) OR to_role = ANY($9)
				OR EXISTS (SELECT FROM unnest($9) AS r (role) WHERE strpos(steps, '"to":"' || r.role || '"') > 0))
			ORDER BY `+order+` LIMIT $10`, who.District, q.Centre, q.After, q.State, q.Open, v.tasks && !q.Mine, who.OfficerID,
			squads, roles, q.Limit+1, q.Before)
		if err != nil {
			return fmt.Errorf("read tasks: %w", err)
		}
		tasks, err := pgx.CollectRows(rows, scanTask)
		if err != nil {
			return fmt.Errorf("read tasks: %w", err)
		}
		if len(tasks) > q.Limit {
			more, tasks = true, tasks[:q.Limit]
		}
		views, err = b.views(ctx, tx, who.District, q.Centre, tasks)
		return err
	})
	return views, more, err
}

// Task returns one task that the caller may see.
func (b *Book) Task(ctx context.Context, who staff.Caller, id uuid.UUID) (*TaskView, error) {
	var out *TaskView
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+taskColumns+` FROM tasks WHERE district_id = $1 AND task_id = $2`, who.District, id)
		if err != nil {
			return fmt.Errorf("read task: %w", err)
		}
		t, err := pgx.CollectExactlyOneRow(rows, scanTask)
		if errors.Is(err, pgx.ErrNoRows) {
			return refusal(contract.CodeNotFound, "task_id")
		}
		if err != nil {
			return fmt.Errorf("read task: %w", err)
		}
		v, err := b.viewOf(ctx, tx, who, t.Centre)
		if isProblem(err) != nil { // told as what does not exist, to the letter
			return refusal(contract.CodeNotFound, "task_id")
		}
		if err != nil {
			return err
		}
		squads, roles := b.addressOf(who, t.Centre)
		mine := is(t.ToOfficer, who.OfficerID) || is(t.Holder, who.OfficerID) ||
			t.ToSquad != nil && slices.Contains(squads, *t.ToSquad) || slices.ContainsFunc(roles, t.givenTo)
		if !v.tasks && !mine {
			return refusal(contract.CodeNotFound, "task_id")
		}
		views, err := b.views(ctx, tx, who.District, t.Centre, []*Task{t})
		if err != nil {
			return err
		}
		out = &views[0]
		return nil
	})
	return out, err
}

func is(a *uuid.UUID, b uuid.UUID) bool { return a != nil && *a == b }

// addressOf lists the squads and roles under which tasks of a centre are the caller's.
func (b *Book) addressOf(who staff.Caller, centre string) (squads []uuid.UUID, roles []string) {
	now := b.now()
	for _, p := range who.Posts {
		if p.Centre != centre || !p.Covers(now) {
			continue
		}
		roles = append(roles, p.Role)
		if p.SquadID != nil {
			squads = append(squads, *p.SquadID)
		}
	}
	return squads, roles
}

// views adds to tasks what their entries say and what the push ledger knows.
func (b *Book) views(ctx context.Context, tx pgx.Tx, district int32, centre string, tasks []*Task) ([]TaskView, error) {
	if len(tasks) == 0 {
		return nil, nil
	}
	seqs, ids := make([]int64, len(tasks)), make([]uuid.UUID, len(tasks))
	for i, t := range tasks {
		seqs[i], ids[i] = t.Seq, t.TaskID
	}
	rows, err := tx.Query(ctx, `SELECT seq, wire FROM entries WHERE district_id = $1 AND centre = $2 AND seq = ANY($3)`,
		district, centre, seqs)
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	said := map[int64]contract.TaskSend{}
	var seq int64
	var wire []byte
	_, err = pgx.ForEachRow(rows, []any{&seq, &wire}, func() error {
		var line struct{ Body contract.TaskSend }
		err := json.Unmarshal(wire, &line)
		said[seq] = line.Body
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	sent, err := push.Ledger(ctx, tx, district, ids)
	if err != nil {
		return nil, fmt.Errorf("read push ledger: %w", err)
	}
	out := make([]TaskView, len(tasks))
	for i, t := range tasks {
		if d, ok := sent[t.TaskID]; ok && d.Handed > 0 {
			t.Steps = append(t.Steps, TaskStep{Step: "handed", At: d.HandedAt})
			slices.SortStableFunc(t.Steps, func(a, b TaskStep) int { return a.At.Compare(b.At) })
			first := slices.IndexFunc(t.Steps, func(s TaskStep) bool { return s.Step == "queued" })
			t.Steps[0], t.Steps[first] = t.Steps[first], t.Steps[0]
		}
		out[i] = TaskView{Task: *t, Said: said[t.Seq]}
	}
	return out, nil
}

// DutyNow is the caller's open duty, or nil.
func (b *Book) DutyNow(ctx context.Context, who staff.Caller) (*Duty, error) {
	var out *Duty
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+dutyColumns+` FROM duties WHERE district_id = $1 AND officer_id = $2
			AND ended_at IS NULL ORDER BY started_at DESC LIMIT 1`, who.District, who.OfficerID)
		if err != nil {
			return fmt.Errorf("read duty: %w", err)
		}
		duties, err := pgx.CollectRows(rows, scanDuty)
		if len(duties) > 0 {
			out = duties[0]
		}
		return wrap(err, "read duty")
	})
	return out, err
}

// Addressees finds whom each notice means now, for the worker that sends
// pushes. It asks the duty roll, since nobody is woken off duty but by a colleague's
// call for help; who has a post that knows no duty is always meant. A role above the centres has its posts at
// HQ: a circle officer is meant by notices of the centres of his circle, the
// others by those of all.
func (b *Book) Addressees(ctx context.Context, tx pgx.Tx, district int32, notices []push.Notice) ([][]uuid.UUID, error) {
	officers, squads := make([]uuid.UUID, len(notices)), make([]uuid.UUID, len(notices))
	roles, centres, always := make([]string, len(notices)), make([]string, len(notices)), make([]bool, len(notices))
	for i, n := range notices {
		officers[i], squads[i], roles[i], centres[i], always[i] = n.Officer, n.Squad, n.Role, n.Centre, n.Kind == push.KindSOS
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT n.i, p.officer_id
		FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $11::bool[]) WITH ORDINALITY AS n (officer, squad, role, centre, always, i)
		JOIN posts p ON p.district_id = $1 AND p.from_at <= $6 AND (p.until_at IS NULL OR p.until_at > $6)
			AND (p.officer_id = n.officer OR p.squad_id = n.squad OR p.role = n.role AND (p.centre = n.centre OR p.centre = $7
				AND p.role = ANY($8) AND (p.role <> $9 OR p.circle = (SELECT c.circle FROM centres c
					WHERE c.district_id = $1 AND c.centre = n.centre))))
		WHERE n.always OR NOT p.role = ANY($10) OR EXISTS (SELECT FROM duties d
			WHERE d.district_id = $1 AND d.officer_id = p.officer_id AND d.ended_at IS NULL)`,
		district, officers, squads, roles, centres, b.now(), HQ, atHQ, staff.CO, kinds["duty.start"].roles, always)
	if err != nil {
		return nil, fmt.Errorf("find addressees: %w", err)
	}
	out := make([][]uuid.UUID, len(notices))
	var i int
	var id uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&i, &id}, func() error {
		out[i-1] = append(out[i-1], id)
		return nil
	})
	return out, wrap(err, "find addressees")
}

// Rung is one rung of a ladder as phones are told it.
type Rung struct {
	Urgency string
	Rung    int
	AfterS  int
	Action  string
	ToRole  *string
}

// Ladder lists the rungs in force now.
func (b *Book) Ladder(district int32) []Rung {
	var out []Rung
	now := b.now()
	l := b.rules.Load().of(district).rungsAll()
	// Ladders of limits are the server's business; phones are told due times.
	for _, urgency := range []string{push.Urgent, push.Soon, push.Routine} {
		for _, r := range l.of(urgency, now) {
			out = append(out, Rung{r.Urgency, r.Rung, int(r.After.Seconds()), r.Action, r.ToRole})
		}
	}
	return out
}
