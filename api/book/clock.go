package book

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// ServerOp is an op of the server itself: the clock's, the registrar's, or what
// somebody says by his slip.
// What it is derived from makes its id, so that two processes that see the
// same thing due make the same op.
type ServerOp struct {
	Kind    string
	Subject uuid.UUID
	Rule    string
	N       int
	At      time.Time
	Body    any
}

// serverOpJSON is the text of such an op, byte for byte the same each time.
type serverOpJSON struct {
	OpID      uuid.UUID     `json:"op_id"`
	Kind      string        `json:"kind"`
	Centre    string        `json:"centre"`
	SessionID uuid.UUID     `json:"session_id"`
	DeviceSeq int64         `json:"device_seq"`
	DeviceAt  contract.Time `json:"device_at"`
	Salt      string        `json:"salt"`
	Body      any           `json:"body"`
}

// serverDraft makes the draft of a server op.
func (b *Book) serverDraft(role, centre string, o ServerOp) (*draft, error) {
	id := serverOpID(role, o)
	mac := hmac.New(sha256.New, b.SaltKey)
	mac.Write(id[:])
	raw, err := json.Marshal(serverOpJSON{
		OpID: id, Kind: o.Kind, Centre: centre, DeviceSeq: 1, DeviceAt: contract.At(o.At),
		Salt: base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16]), Body: o.Body,
	})
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", o.Kind, err)
	}
	op, report, err := contract.DecodeOp(raw)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", o.Kind, err)
	}
	d := &draft{
		raw: raw, hash: contract.HashOp(raw), op: op, report: report, kind: kinds[o.Kind], server: role,
		officer: serverOfficer(role), receivedAt: b.now(), rules: b.rules.Load(),
	}
	d.receipt = Receipt{OpID: op.ID, Centre: centre, OpHash: d.hash}
	d.body, err = d.kind.parse(op.Body)
	return d, err
}

// serverOpID is the op_id of a server op: it follows from what the op is about.
func serverOpID(role string, o ServerOp) uuid.UUID {
	id := derivedID(o.Subject, role+" "+o.Kind+" "+o.Rule+" "+contract.At(o.At).String(), o.N)
	if role != roleClock || o.Kind == kindDutyEnd { // a kind that officers use too
		return sevenOf(id, o.At)
	}
	return id
}

// sevenOf gives a derived id the form of a UUIDv7: kinds that officers use too
// take no other.
func sevenOf(id uuid.UUID, at time.Time) uuid.UUID {
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = id[6]&0x0f | 0x70
	return id
}

// AppendServer appends ops of the server to one centre's book. They go through
// the same door; what is already in the book comes back as a repeat.
func (b *Book) AppendServer(ctx context.Context, district int32, centre, role string, ops []ServerOp) ([]Receipt, error) {
	if !isServerRole(role) {
		return nil, fmt.Errorf("append as %s: not a role of the server", role)
	}
	drafts := make([]*draft, len(ops))
	for i, o := range ops {
		d, err := b.serverDraft(role, centre, o)
		if err != nil {
			return nil, err
		}
		drafts[i] = d
	}
	if err := b.append(ctx, district, drafts); err != nil {
		return nil, err
	}
	out := make([]Receipt, len(drafts))
	for i, d := range drafts {
		out[i] = d.receipt
	}
	return out, nil
}

// isServerRole tells whether ops of the role are the server's own.
func isServerRole(role string) bool { return slices.Contains(serverRoles, role) }

var serverRoles = []string{roleClock, roleRegistrar, rolePublic}

// RolePublic is the role in which stands what a slip lets somebody say.
const RolePublic = rolePublic

// RoleRegistrar is the role in whose name the command line enters the staff list.
const RoleRegistrar = roleRegistrar

// sweepSize bounds what one sweep of one district takes up.
const sweepSize = 500

// Tick does what is due at this moment in all districts: it finds it by index
// and appends it as the clock. Two processes may tick at once.
func (b *Book) Tick(ctx context.Context) (done int, err error) {
	districts, err := b.Districts(ctx)
	if err != nil {
		return 0, err
	}
	for _, d := range districts {
		for _, sweep := range []func(context.Context, int32) (int, error){b.sweepSOS, b.sweepDuties, b.sweepTasks, b.sweepLimits, b.sweepConduct, b.sweepVisits, b.sweepProofs, b.sweepFiles, b.sweepExports, b.sweepHeat, b.sweepRetention, b.deliver} {
			n, failed := sweep(ctx, d)
			done += n
			if failed != nil { // one book that cannot be written keeps no other from its limits
				err = errors.Join(err, fmt.Errorf("tick district %d: %w", d, failed))
			}
		}
	}
	return done, err
}

// TickUrgent does what cannot wait for the rest of a tick: the rungs of calls for
// help and of tasks, which are seconds apart.
func (b *Book) TickUrgent(ctx context.Context) (done int, err error) {
	districts, err := b.Districts(ctx)
	if err != nil {
		return 0, err
	}
	return inTurn(districts, func(d int32) (int, error) {
		calls, err := b.sweepSOS(ctx, d)
		tasks, failed := b.sweepTasks(ctx, d)
		return calls + tasks, errors.Join(err, failed)
	})
}

// sweepTasks does what the ladders of tasks say is due.
func (b *Book) sweepTasks(ctx context.Context, district int32) (int, error) {
	var due []*Task
	err := b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+taskColumns+` FROM tasks WHERE district_id = $1 AND next_at <= $2
			ORDER BY next_at, task_id LIMIT $3`, district, b.now(), sweepSize)
		if err != nil {
			return fmt.Errorf("find due tasks: %w", err)
		}
		due, err = pgx.CollectRows(rows, scanTask)
		return wrap(err, "find due tasks")
	})
	if err != nil {
		return 0, err
	}
	byCentre := map[string][]ServerOp{}
	var centres []string
	for _, t := range due {
		op, ok := b.taskOp(district, t)
		if !ok {
			continue
		}
		if byCentre[t.Centre] == nil {
			centres = append(centres, t.Centre)
		}
		byCentre[t.Centre] = append(byCentre[t.Centre], op)
	}
	return b.enterAll(ctx, district, centres, byCentre)
}

// enterAll appends ops of the clock to the books of centres and counts those
// that were new. A book that fails keeps no other from its own.
func (b *Book) enterAll(ctx context.Context, district int32, centres []string, ops map[string][]ServerOp) (done int, err error) {
	return inTurn(centres, func(c string) (int, error) {
		n, err := b.enterServer(ctx, district, c, ops[c])
		return n, wrap(err, "centre "+c)
	})
}

// inTurn does one after the other and counts what was done: one that fails keeps
// no other from its own.
func inTurn[T any](list []T, do func(T) (int, error)) (done int, err error) {
	for _, one := range list {
		n, failed := do(one)
		done, err = done+n, errors.Join(err, failed)
	}
	return done, err
}

// taskOp is what the clock has to say about a task that is due.
func (b *Book) taskOp(district int32, t *Task) (ServerOp, bool) {
	r := t.due(b.rules.Load().of(district).rungsAll())
	if r == nil {
		return ServerOp{}, false
	}
	op := ServerOp{Subject: t.TaskID, Rule: t.Urgency, N: r.Rung, At: *t.NextAt}
	switch r.Action {
	case actRemind:
		op.Kind, op.Body = "task.remind", contract.TaskRemind{TaskID: t.TaskID, Attempt: r.Rung}
	case actPass:
		role := contract.Role(*r.ToRole)
		op.Kind, op.Body = "task.pass", contract.TaskPass{TaskID: t.TaskID, Attempt: r.Rung, To: contract.PassTarget{Role: &role}}
	default:
		op.Kind, op.Body = "task.expire", contract.TaskExpire{TaskID: t.TaskID}
	}
	return op, true
}
