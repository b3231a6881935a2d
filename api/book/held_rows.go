package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	contract "kendra/mobile-contract"
)

// heldRow is an op that waits, sealed whole under a key of its own op_id.
type heldRow struct {
	OpID       uuid.UUID
	Kind       string
	WaitsFor   string
	OfficerID  uuid.UUID
	DeviceID   uuid.UUID
	SessionID  uuid.UUID
	OffsetMS   int64
	ReceivedAt time.Time
	OpHash     []byte
	Sig        []byte
	Sealed     []byte

	fresh bool // held for the first time by this transaction
}

const heldColumns = `op_id, kind, waits_for, officer_id, device_id, session_id, offset_ms, received_at, op_hash, sig, sealed`

// provides lists the keys that an op's entry provides to those that wait.
func (d *draft) provides() []string {
	keys := []string{keyOp(d.op.ID)}
	switch b := d.body.(type) {
	case *contract.SquadBrief:
		keys = append(keys, keyBrief(b.SquadID, day(d.at)))
	case *contract.DutyStart:
		keys = append(keys, keyDuty(d.officer))
	case *contract.TaskAccept:
		keys = append(keys, keyAccept(b.TaskID, d.officer))
	}
	return keys
}

// queueHeld reads the ops that wait for what the batch may provide, and those
// that the in-charge decides about.
func (t *batch) queueHeld(p *pgx.Batch, n *needs) {
	p.Queue(`SELECT `+heldColumns+` FROM held WHERE district_id = $1 AND centre = $2 AND waits_for = ANY($3)`,
		t.district, t.centre, n.keys).Query(t.scanHeld)
	if len(n.heldIDs) > 0 {
		p.Queue(`SELECT `+heldColumns+` FROM held WHERE district_id = $1 AND op_id = ANY($3) AND centre = $2`,
			t.district, t.centre, n.heldIDs).Query(t.scanHeld)
	}
}

func scanHeldRow(row pgx.CollectableRow) (*heldRow, error) {
	h := &heldRow{}
	return h, row.Scan(&h.OpID, &h.Kind, &h.WaitsFor, &h.OfficerID, &h.DeviceID, &h.SessionID, &h.OffsetMS, &h.ReceivedAt,
		&h.OpHash, &h.Sig, &h.Sealed)
}

func (t *batch) scanHeld(rows pgx.Rows) error {
	list, err := pgx.CollectRows(rows, scanHeldRow)
	if err != nil {
		return fmt.Errorf("read held ops: %w", err)
	}
	for _, h := range list {
		if t.held[h.OpID] == nil {
			t.held[h.OpID] = h
		}
	}
	return nil
}

func (t *batch) loadHeld(ctx context.Context, ids []uuid.UUID, keys []string) error {
	rows, err := t.tx.Query(ctx, `SELECT `+heldColumns+` FROM held WHERE district_id = $1 AND centre = $2
		AND (op_id = ANY($3) OR waits_for = ANY($4)) ORDER BY received_at, op_id`, t.district, t.centre, ids, keys)
	if err != nil {
		return fmt.Errorf("read held ops: %w", err)
	}
	return t.scanHeld(rows)
}

// hold keeps an op that waits for a key: durable, and tried again when the key
// is provided.
func (t *batch) hold(d *draft, key string) error {
	d.receipt.Outcome, d.receipt.WaitsFor = Held, key
	if t.isHeldNow(d) { // tried again and still waiting, now perhaps for something else
		t.fromHeld = slices.DeleteFunc(t.fromHeld, func(id uuid.UUID) bool { return id == d.op.ID })
		h := t.held[d.op.ID]
		h.WaitsFor = key
		t.newHeld = append(t.newHeld, h)
		return nil
	}
	k, w, err := t.book.Keys.NewKey(t.district, d.op.ID, seal.HeldOp)
	if err != nil {
		return fmt.Errorf("make key of held op: %w", err)
	}
	blob, err := seal.SealBlob(k, d.raw, t.where(d.op.ID))
	if err != nil {
		return fmt.Errorf("seal held op: %w", err)
	}
	h := &heldRow{
		OpID: d.op.ID, Kind: string(d.op.Kind), WaitsFor: key, OfficerID: d.officer, DeviceID: d.device,
		SessionID: d.op.SessionID, OffsetMS: d.offset.Milliseconds(), ReceivedAt: d.receivedAt,
		OpHash: d.hash[:], Sig: d.sig, Sealed: blob, fresh: true,
	}
	t.newKeys = append(t.newKeys, w)
	t.wrapped[h.OpID] = append(t.wrapped[h.OpID], w)
	t.newHeld = append(t.newHeld, h)
	t.held[h.OpID] = h
	t.known[h.OpID] = &known{Centre: t.centre, Hash: h.OpHash}
	return nil
}

func (t *batch) where(op uuid.UUID) seal.Where {
	return seal.Where{District: t.district, Centre: t.centre, OpID: op}
}

// decideHeld does what held.enter and held.strike order.
func (t *batch) decideHeld(d *draft) error {
	if d.strikes != uuid.Nil {
		t.held[d.strikes].WaitsFor = struck
		t.strikes = append(t.strikes, d.strikes)
	}
	if d.enters != uuid.Nil {
		t.forced = append(t.forced, d.enters)
	}
	return nil
}

// release tries the held ops whose key the batch provided, and those that the
// in-charge enters; what they provide lets others go on in turn.
func (t *batch) release(ctx context.Context) error {
	for {
		ready := t.ready()
		if len(ready) == 0 {
			return nil
		}
		drafts, err := t.reopen(ctx, ready)
		if err != nil {
			return err
		}
		for _, d := range drafts {
			if err := t.take(d); err != nil {
				return err
			}
			if d.receipt.Outcome == Refused { // what it waited for came, and rules it out
				t.held[d.op.ID].WaitsFor = "refused:" + string(d.receipt.Problem.Code)
				t.fromHeld = slices.DeleteFunc(t.fromHeld, func(id uuid.UUID) bool { return id == d.op.ID })
				t.newHeld = append(t.newHeld, t.held[d.op.ID])
			}
		}
		keys := t.provided
		t.provided = nil
		if err := t.loadHeld(ctx, nil, keys); err != nil {
			return err
		}
		t.provided = keys
	}
}

// ready lists the held ops that can be tried, oldest first, once each.
func (t *batch) ready() []*heldRow {
	var ready []*heldRow
	for _, h := range t.held {
		if t.tried[h.OpID] || t.only != nil && !t.only[h.OpID] || !slices.Contains(t.provided, h.WaitsFor) && !slices.Contains(t.forced, h.OpID) {
			continue
		}
		ready = append(ready, h)
	}
	slices.SortFunc(ready, func(a, b *heldRow) int {
		if c := a.ReceivedAt.Compare(b.ReceivedAt); c != 0 {
			return c
		}
		return compareIDs(a.OpID, b.OpID)
	})
	return ready
}

// reopen makes drafts of held ops again and reads what they need.
func (t *batch) reopen(ctx context.Context, rows []*heldRow) ([]*draft, error) {
	p := &pgx.Batch{}
	var ids []uuid.UUID
	for _, h := range rows {
		ids = append(ids, h.OpID)
	}
	seal.QueueLoadKeys(p, t.district, ids, t.wrapped)
	if err := send(ctx, t.tx, p); err != nil {
		return nil, fmt.Errorf("read keys of held ops: %w", err)
	}
	drafts := make([]*draft, 0, len(rows))
	for _, h := range rows {
		d, err := t.reopenOne(h)
		if err != nil {
			return nil, &fault{err}
		}
		t.tried[h.OpID] = true
		t.fromHeld = append(t.fromHeld, h.OpID)
		drafts = append(drafts, d)
	}
	p, n := &pgx.Batch{}, &needs{kinds: kinds}
	t.collect(n, drafts)
	t.queue(p, n, drafts)
	if err := send(ctx, t.tx, p); err != nil {
		return nil, fmt.Errorf("read for held ops: %w", err)
	}
	return drafts, t.more(ctx, n)
}

func (t *batch) reopenOne(h *heldRow) (*draft, error) {
	k, ok := t.keys[caseClass{h.OpID, seal.HeldOp}]
	for _, w := range t.wrapped[h.OpID] {
		if !ok && w.Class == seal.HeldOp {
			var err error
			if k, err = t.book.Keys.Unwrap(t.district, w); err != nil {
				return nil, fmt.Errorf("unwrap key of held op: %w", err)
			}
			ok = true
		}
	}
	if !ok {
		return nil, fmt.Errorf("held op %s: %w", h.OpID, seal.ErrNoKey)
	}
	raw, err := seal.OpenBlob(k, h.Sealed, t.where(h.OpID))
	if err != nil {
		return nil, fmt.Errorf("open held op: %w", err)
	}
	op, report, err := contract.DecodeOp(raw)
	if err != nil {
		return nil, fmt.Errorf("read held op: %w", err)
	}
	d := &draft{
		raw: raw, sig: h.Sig, op: op, report: report, kind: kinds[string(op.Kind)], device: h.DeviceID, officer: h.OfficerID,
		receivedAt: h.ReceivedAt, offset: time.Duration(h.OffsetMS) * time.Millisecond,
		forced: slices.Contains(t.forced, h.OpID),
	}
	copy(d.hash[:], h.OpHash)
	d.receipt = Receipt{OpID: op.ID, Centre: op.Centre, OpHash: d.hash}
	if d.body, err = d.kind.parse(op.Body); err != nil {
		return nil, fmt.Errorf("read held op: %w", err)
	}
	d.rules = t.book.rules.Load()
	// What it says was checked when it came; its flags are raised again.
	if err := t.book.texts(t.district, d); err != nil && isProblem(err) == nil {
		return nil, err
	}
	d.reset()
	if d.forced {
		d.flag(flag{Code: flagForced, Value: 1})
	}
	return d, nil
}

// flushHeld writes what is held now and removes what was entered. A struck op
// stays, sealed: nothing that was acknowledged is lost.
func (t *batch) flushHeld(p *pgx.Batch) {
	known := map[uuid.UUID]bool{}
	for _, h := range t.newHeld {
		if h.fresh && !known[h.OpID] {
			// A plain insert: an op_id that another centre takes at the same
			// moment fails here and is found known when its op is tried again.
			known[h.OpID] = true
			p.Queue(`INSERT INTO ops (district_id, op_id, centre, seq, op_hash) VALUES ($1, $2, $3, 0, $4)`,
				t.district, h.OpID, t.centre, h.OpHash)
		}
		p.Queue(`INSERT INTO held (district_id, centre, `+heldColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			ON CONFLICT (district_id, op_id) DO UPDATE SET waits_for = excluded.waits_for`,
			t.district, t.centre, h.OpID, h.Kind, h.WaitsFor, h.OfficerID, h.DeviceID, h.SessionID, h.OffsetMS,
			h.ReceivedAt, h.OpHash, h.Sig, h.Sealed)
	}
	if len(t.strikes) > 0 {
		p.Queue(`UPDATE held SET waits_for = $3 WHERE district_id = $1 AND op_id = ANY($2)`, t.district, t.strikes, struck)
		p.Queue(`UPDATE ops SET seq = -1 WHERE district_id = $1 AND op_id = ANY($2)`, t.district, t.strikes)
	}
	if len(t.fromHeld) > 0 {
		p.Queue(`DELETE FROM held WHERE district_id = $1 AND op_id = ANY($2)`, t.district, t.fromHeld)
		seal.QueueDeleteKeys(p, t.district, t.fromHeld, seal.HeldOp, t.now)
	}
}
