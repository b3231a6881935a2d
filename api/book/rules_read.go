package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/push"
)

// RuleLadder is the rungs of a ladder as they hold from a time.
type RuleLadder struct {
	Name  string
	From  time.Time
	Rungs []Rung
}

// Ladders lists all ladders, those of tasks first: as each holds now, and as it will.
func (b *Book) Ladders(district int32) []RuleLadder {
	now := b.now()
	all := b.rules.Load().of(district).rungsAll()
	names := []string{push.Urgent, push.Soon, push.Routine}
	for _, r := range all {
		if !slices.Contains(names, r.Urgency) {
			names = append(names, r.Urgency)
		}
	}
	var out []RuleLadder
	for _, name := range names {
		times := []time.Time{all.from(name, now)}
		for _, r := range all {
			if r.Urgency == name && r.From.After(now) && !slices.ContainsFunc(times, r.From.Equal) {
				times = append(times, r.From)
			}
		}
		slices.SortFunc(times, time.Time.Compare)
		for _, at := range times {
			l := RuleLadder{Name: name, From: at}
			for _, r := range all.of(name, at) {
				l.Rungs = append(l.Rungs, Rung{r.Urgency, r.Rung, int(r.After.Seconds()), r.Action, r.ToRole})
			}
			if len(l.Rungs) > 0 {
				out = append(out, l)
			}
		}
	}
	return out
}

// RuleChange is a change of the rules as HQ's book has it: who made it, when, and
// from when it holds.
type RuleChange struct {
	Seq       int64
	Kind      string
	From      time.Time
	Body      []byte // as it was signed
	OfficerID uuid.UUID
	Role      string
	At        time.Time
}

// RuleQuery says which changes are asked for.
type RuleQuery struct {
	Ahead  bool  // those that do not hold yet, the next one first; else all, the newest first
	Before int64 // of all: those with a lower number; 0: from the newest
	Limit  int
}

// overConduct tells whether a caller has a post that answers for the work of squads.
// From how many on a pattern is raised is told to nobody below: who knows it stays under
// it.
func (b *Book) overConduct(who staff.Caller) bool {
	now := b.now()
	return slices.ContainsFunc(who.Posts, func(p staff.Post) bool { return p.Covers(now) && slices.Contains(overSquads, p.Role) })
}

// ConductRules lists from how many on each pattern is raised now.
func (b *Book) ConductRules(who staff.Caller) []ConductRule {
	if !b.overConduct(who) {
		return nil
	}
	return b.rules.Load().of(who.District).conductRules(b.now())
}

// RuleChanges lists changes of the rules of the caller's district. All but those of
// conduct are told to everybody: they work by them.
func (b *Book) RuleChanges(ctx context.Context, who staff.Caller, q RuleQuery) (list []RuleChange, more bool, err error) {
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		order := `r.seq DESC`
		if q.Ahead {
			order = `r.valid_from, r.seq`
		}
		rows, err := tx.Query(ctx, `SELECT r.seq, r.kind, r.valid_from, r.body, e.officer_id, e.role, e.at FROM rule_changes r
			JOIN entries e ON e.district_id = r.district_id AND e.centre = r.centre AND e.seq = r.seq
			WHERE r.district_id = $1 AND r.centre = $2 AND ($3 = 0 OR r.seq < $3) AND (NOT $4 OR r.valid_from > $5) AND ($7 OR r.kind <> 'conduct.set')
			ORDER BY `+order+` LIMIT $6`, who.District, HQ, q.Before, q.Ahead, b.now(), q.Limit+1, b.overConduct(who))
		if err != nil {
			return fmt.Errorf("read rule changes: %w", err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[RuleChange])
		return wrap(err, "read rule changes")
	})
	if len(list) > q.Limit {
		list, more = list[:q.Limit], true
	}
	return list, more, err
}

// LimitReach is over how many open complaints a limit runs now.
type LimitReach struct {
	N    int64
	More bool // there are more, which were not counted
}

// reachMost bounds what one question counts; a district has some thousands that are open.
const reachMost = 50000

// LimitReach counts the open complaints over which a limit runs, of one centre or of all
// that the caller may read: those for whom its row, if it were set to hold from a
// time, would be the one that counts, and no row with a more exact condition.
func (b *Book) LimitReach(ctx context.Context, who staff.Caller, centre string, l Limit, from time.Time) (*LimitReach, error) {
	out := &LimitReach{}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		centres, err := b.rowsOf(ctx, tx, who, centre)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT category, risk_level, count(*) FROM (
				SELECT c.category, c.risk_level FROM complaints c JOIN clock_lists k ON k.district_id = c.district_id AND k.subject_id = c.complaint_id
				WHERE c.district_id = $1 AND c.centre = ANY($2) AND c.closed_at IS NULL AND NOT `+accused("c.data", 3)+`
					AND EXISTS (SELECT FROM json_to_recordset(k.list::json) AS x (code text, stopped bigint) WHERE x.code = $4 AND x.stopped IS NULL)
				LIMIT $5) x GROUP BY 1, 2`, who.District, centres, who.OfficerID.String(), l.Code, reachMost+1)
		if err != nil {
			return fmt.Errorf("count what a limit reaches: %w", err)
		}
		v, counted := b.rules.Load().of(who.District), int64(0)
		var category, risk string
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&category, &risk, &n}, func() error {
			counted += n
			if best := v.limit(l.Code, category, risk, from); l.covers(category, risk) && (best == nil || l.exact() >= best.exact()) {
				out.N += n
			}
			return nil
		})
		out.More = counted > reachMost
		return wrap(err, "count what a limit reaches")
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
