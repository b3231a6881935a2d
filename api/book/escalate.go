package book

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Ladders of limits; those of tasks are named by their urgency.
const (
	ladderOverdue   = "overdue"
	ladderStatutory = "statutory"
	ladderDay       = "day"
)

// actRaise is what a rung of such a ladder does: tell a post.
const actRaise = "raise"

func needsEscalationRaise(_ *draft, b *contract.EscalationRaise, n *needs) {
	n.complaint(b.SubjectID)
	n.matter(b.SubjectID)
	n.clock(b.SubjectID)
	if b.Limit == limitDaySign {
		n.dayClocks = true
	}
}

// checkEscalationRaise lets the clock tell the next rung of a limit that has
// passed, once: the op's time must be the time that the limit waits for.
func checkEscalationRaise(s *State, d *draft, b *contract.EscalationRaise) error {
	k := s.running(b.SubjectID, b.Limit)
	if k == nil || k.NextAt == nil || !k.NextAt.Equal(d.op.DeviceAt) || k.Rung+1 != b.Rung {
		return refuse(contract.CodeWrongState, "/body/subject_id")
	}
	if c := s.complaints.get(b.SubjectID); c != nil {
		d.caseID, d.guarded = c.CaseID, c.Data.Guarded
		if c.OwnerID != nil {
			d.seenBy = append(d.seenBy, *c.OwnerID)
		}
	} else if m := s.matters.get(b.SubjectID); m != nil {
		d.caseID, d.guarded = m.Data.CaseID, s.guards(m)
	}
	return nil
}

// guards tells whether what is told of a matter is guarded: as it is itself, or
// as the complaint is that it hangs on and in whose life it stands too.
func (s *State) guards(m *Matter) bool {
	if m.ComplaintID == nil {
		return m.Data.Guarded
	}
	c := s.complaints.get(*m.ComplaintID)
	return m.Data.Guarded || c != nil && c.Data.Guarded
}

func applyEscalationRaise(s *State, e *Entry, b *contract.EscalationRaise) []push.Notice {
	k := s.running(b.SubjectID, b.Limit)
	k.Rung = b.Rung
	if k.ToldRole == "" {
		k.ToldRole = string(b.ToRole)
	}
	k.climb(s.rules)
	s.putClock(k, nil)
	s.bump(e.At, "escalations", 1)
	if c := s.complaints.get(b.SubjectID); c != nil {
		s.keep(e, s.complaintAt(b.SubjectID))
	} else if m := s.matters.get(b.SubjectID); m != nil {
		s.keepMatter(e, s.matterAt(b.SubjectID), nil)
		s.onComplaint(e, m)
	} else if b.Limit == limitDaySign {
		s.daysUpTo(k.StartsAt.AddDate(0, 0, 1))
	}
	return []push.Notice{s.tell(e, b.SubjectID, 0, string(b.ToRole))}
}

func needsEscalationAnswer(d *draft, b *contract.EscalationAnswer, n *needs) {
	n.complaint(b.SubjectID)
	n.matter(b.SubjectID)
	n.clock(b.SubjectID)
}

// checkEscalationAnswer takes the answer of a post that was told, or of one
// above it. The ladder goes on until the limit is met: an answer is not an
// action.
func checkEscalationAnswer(s *State, d *draft, b *contract.EscalationAnswer) error {
	k := s.latest(b.SubjectID, b.Limit)
	if k == nil {
		return refuse(contract.CodeUnknownReference, "/body/subject_id")
	}
	if k.Rung == 0 {
		return refuse(contract.CodeWrongState, "/body/limit")
	}
	if c := s.complaints.get(b.SubjectID); c != nil {
		if _, err := s.complaint(d, b.SubjectID); err != nil {
			return err
		}
	} else if m := s.matters.get(b.SubjectID); m != nil {
		d.caseID, d.guarded = m.Data.CaseID, s.guards(m)
	}
	if !k.told(d.post.Role) {
		return refuse(contract.CodeForbidden, "/body/limit")
	}
	return nil
}

// told tells whether a role is that of a rung that was told, or above it. The
// women cell stands beside the nodal officer. Which centres a post reaches, the
// door has seen to.
func (k *Clock) told(role string) bool {
	if role == staff.WomenCell {
		role = staff.Nodal
	}
	return slices.Index(chain, role) >= slices.Index(chain, k.ToldRole)
}

func applyEscalationAnswer(s *State, e *Entry, b *contract.EscalationAnswer) []push.Notice {
	if s.complaints.get(b.SubjectID) != nil {
		s.keep(e, s.complaintAt(b.SubjectID))
		return nil
	}
	s.step(e, b.SubjectID)
	if m := s.matters.get(b.SubjectID); m != nil {
		s.onComplaint(e, m)
	}
	return nil
}

// latest is the last clock of a code that a subject has, running or not.
func (s *State) latest(subject uuid.UUID, code string) *Clock {
	var last *Clock
	if l := s.clocks.get(subject); l != nil {
		for _, k := range l.Clocks {
			if k.Code == code {
				last = k
			}
		}
	}
	if last == nil {
		return nil
	}
	k := *last
	return &k
}

// sweepClocks bounds what one sweep of one district takes up.
const sweepClocks = 500

// sweepLimits raises what is due. It finds it by index: what it costs grows with
// what is due, not with what is stored.
func (b *Book) sweepLimits(ctx context.Context, district int32) (int, error) {
	type due struct {
		centre string
		clock  *Clock
	}
	var list []due
	now := b.now()
	err := b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT centre, `+clockColumns+` FROM clock_lists WHERE district_id = $1 AND next_at <= $2
			ORDER BY next_at, subject_id LIMIT $3`, district, now, sweepClocks)
		if err != nil {
			return fmt.Errorf("find limits that passed: %w", err)
		}
		var centre string
		l, text := &clockList{}, []byte(nil)
		_, err = pgx.ForEachRow(rows, []any{&centre, &l.SubjectID, &l.ComplaintID, &text}, func() error {
			if err := l.read(text); err != nil {
				return err
			}
			for _, k := range l.Clocks {
				if k.NextAt != nil && !k.NextAt.After(now) {
					list = append(list, due{centre, k})
				}
			}
			return nil
		})
		return wrap(err, "find limits that passed")
	})
	if err != nil {
		return 0, err
	}
	v := b.rules.Load().of(district)
	byCentre := map[string][]ServerOp{}
	var centres []string
	for _, d := range list {
		if byCentre[d.centre] == nil {
			centres = append(centres, d.centre)
		}
		byCentre[d.centre] = append(byCentre[d.centre], d.clock.raise(v))
	}
	return b.enterAll(ctx, district, centres, byCentre)
}

// raise is the op by which the clock tells the next rung.
func (k *Clock) raise(v *ruleView) ServerOp {
	rungs := v.rungs(v.ladderOf(k.Code, k.StartsAt), k.StartsAt)
	role := staff.SP
	if len(rungs) > 0 {
		role = toRole(rungs, min(k.Rung, len(rungs)-1), k.OwnerRole)
	}
	return ServerOp{
		Kind: "escalation.raise", Subject: k.SubjectID, Rule: k.Code + "/" + strconv.Itoa(k.N), N: k.Rung + 1, At: *k.NextAt,
		Body: contract.EscalationRaise{SubjectID: k.SubjectID, Limit: k.Code, Rung: k.Rung + 1, ToRole: contract.Role(role)},
	}
}

// enterServer appends ops of the clock and counts those that were new.
func (b *Book) enterServer(ctx context.Context, district int32, centre string, ops []ServerOp) (int, error) {
	receipts, err := b.AppendServer(ctx, district, centre, roleClock, ops)
	if err != nil {
		return 0, err
	}
	done := 0
	for i, r := range receipts {
		if r.Outcome == Entered && !r.Repeated {
			done++
		}
		if r.Outcome != Entered {
			b.Log.Error("an op of the clock was not entered", "district", district, "centre", centre, "kind", ops[i].Kind)
		}
	}
	return done, nil
}

// owed is an op that one book owes another. It is derived from an entry of the
// first, so that it is the same op however often it is sent.
type owed struct {
	Centre string
	Seq    int64 // of the entry that owes it; 0: of none
	Op     ServerOp
}

// owedText is such an op as the outbox keeps it.
type owedText struct {
	Kind    string          `json:"kind"`
	Subject uuid.UUID       `json:"subject"`
	Rule    string          `json:"rule"`
	At      contract.Time   `json:"at"`
	Body    json.RawMessage `json:"body"`
}

// queueOwed writes what the batch owes other books, in its transaction.
func (t *batch) queueOwed(p *pgx.Batch) {
	for _, o := range t.owes {
		text := jsonText(owedText{Kind: o.Op.Kind, Subject: o.Op.Subject, Rule: o.Op.Rule, At: contract.At(o.Op.At), Body: json.RawMessage(jsonText(o.Op.Body))})
		p.Queue(`INSERT INTO outbox (district_id, op_id, from_centre, from_seq, to_centre, op, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (district_id, op_id) DO NOTHING`, // what is told once an hour may wait there already
			t.district, serverOpID(roleClock, o.Op), t.centre, o.Seq, o.Centre, text, t.now)
	}
}

// deliver appends what books owe each other, in the order in which it stands there,
// and forgets it when it stands there.
func (b *Book) deliver(ctx context.Context, district int32) (int, error) {
	type row struct {
		id     uuid.UUID
		centre string
		text   owedText
	}
	var list []row
	err := b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT op_id, to_centre, op FROM outbox WHERE district_id = $1
			ORDER BY made_at, from_seq, op::json ->> 'at', op_id LIMIT $2`,
			district, sweepClocks)
		if err != nil {
			return fmt.Errorf("read outbox: %w", err)
		}
		list, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (row, error) {
			var o row
			var text string
			if err := r.Scan(&o.id, &o.centre, &text); err != nil {
				return o, err
			}
			return o, unjson(text, &o.text)
		})
		return wrap(err, "read outbox")
	})
	if err != nil {
		return 0, err
	}
	done, failing := 0, map[string]error{}
	for _, o := range list {
		if failing[o.centre] != nil { // the next to the same book waits for it
			continue
		}
		fresh, err := b.handOver(ctx, district, o.id, o.centre, o.text)
		if failing[o.centre] = err; fresh {
			done++
		}
	}
	for _, centre := range slices.Sorted(maps.Keys(failing)) {
		err = errors.Join(err, failing[centre])
	}
	return done, err
}

// handOver appends one owed op, tells whether it was new, and forgets it.
func (b *Book) handOver(ctx context.Context, district int32, id uuid.UUID, centre string, o owedText) (fresh bool, err error) {
	op := ServerOp{Kind: o.Kind, Subject: o.Subject, Rule: o.Rule, At: o.At.Time, Body: o.Body}
	receipts, err := b.AppendServer(ctx, district, centre, roleClock, []ServerOp{op})
	if err != nil {
		return false, fmt.Errorf("centre %s: %w", centre, err)
	}
	if receipts[0].Outcome != Entered {
		b.Log.Error("an op that another book is owed was not entered", "district", district, "centre", centre, "kind", op.Kind)
		return false, nil
	}
	return !receipts[0].Repeated, within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM outbox WHERE district_id = $1 AND op_id = $2`, district, id)
		return wrap(err, "clear outbox")
	})
}

// Limits lists the limits in force now, as phones are told them.
func (b *Book) Limits(district int32) []Limit {
	v, now := b.rules.Load().of(district), b.now()
	var out []Limit
	for _, l := range append(slices.Clone(v.r.limits), v.limitChanges()...) {
		best := v.limit(l.Code, l.Category, l.RiskLevel, now)
		if best != nil && best.Category == l.Category && best.RiskLevel == l.RiskLevel &&
			!slices.ContainsFunc(out, func(x Limit) bool {
				return x.Code == l.Code && x.Category == l.Category && x.RiskLevel == l.RiskLevel
			}) {
			out = append(out, *best)
		}
	}
	return out
}

// LimitsEver lists every limit that was, is or will be in force, those of one
// code, category and risk in the order in which they follow each other.
func (b *Book) LimitsEver(district int32) []Limit {
	v := b.rules.Load().of(district)
	out := append(slices.Clone(v.r.limits), v.limitChanges()...)
	slices.SortStableFunc(out, func(a, c Limit) int { return a.From.Compare(c.From) })
	return out
}
