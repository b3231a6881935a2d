package book

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/rfc6962"

	"kendra/api/seal"
	"kendra/geo"
	contract "kendra/mobile-contract"
	"kendra/push"
)

type flag = geo.Flag

// doubts raises the flags of doubt about the place and the clock. Nothing is
// refused for doubt.
func (t *batch) doubts(d *draft) error {
	if d.op.Place == nil {
		if off := d.offset; off.Abs() > geo.DefaultLimits().ClockOff {
			d.flag(flag{Code: geo.FlagClockOff, Value: off.Round(100 * time.Millisecond).Seconds()})
		}
		return nil
	}
	fix, err := fixOf(d.op.Place, d.at)
	if err != nil {
		return refuse(contract.CodeOutOfRange, "/place")
	}
	fix = corrected(fix, d.offset)
	var beat *geo.Area
	if d.beat != nil {
		beat = t.book.ground.area(t.district, *d.beat, day(d.at), d.rules)
	}
	var prev *geo.Trace
	if r := t.state.traces.get(d.officer); r != nil {
		prev = &r.Trace
	}
	d.flags = append(d.flags, geo.Doubts(fix, prev, beat, d.offset)...)
	return nil
}

// corrected is a fix whose own time is by the clock of the phone, put right by its offset.
func corrected(f geo.Fix, offset time.Duration) geo.Fix {
	if !f.FixAt.IsZero() {
		f.FixAt = f.FixAt.Add(offset)
	}
	return f
}

// fixOf is a place of the contract as geo takes it.
func fixOf(p *contract.Place, at time.Time) (geo.Fix, error) {
	point, err := geo.NewPoint(p.Lat, p.Lon)
	if err != nil {
		return geo.Fix{}, err
	}
	f := geo.Fix{Point: point, AccuracyM: p.AccuracyM, At: at, Mock: p.Mock != nil && *p.Mock}
	if p.FixAt != nil {
		f.FixAt = p.FixAt.Time
	}
	return f, nil
}

// enter numbers the op, seals it, folds it and puts its leaf into the tree.
func (t *batch) enter(d *draft) error {
	e := t.number(d)
	if err := t.seal(d, e); err != nil {
		return err
	}
	open, err := openBody(d.op, d.report)
	if err != nil {
		return err
	}
	body := d.body
	if len(d.report.Sealed) > 0 {
		if body, err = d.kind.parse(open); err != nil {
			return fmt.Errorf("read open view: %w", err)
		}
	}
	t.notices = append(t.notices, t.state.fold(e, d.kind, body)...)
	if d.kind.owes != nil {
		for _, o := range d.kind.owes(t.state, e, body) {
			o.Seq = e.Seq
			t.owes = append(t.owes, o)
		}
	}
	t.mark(d, e)
	t.attach(d, e)
	t.keepSheet(d, e)
	d.receipt.PreviousCard = t.previousCard(d)
	t.giveSlips(d, e)
	if g, ok := body.(*contract.GlassAllow); ok {
		t.alarmOf(alarmGlass, e.OpID, e.OpID, *t.state.matters.get(g.AskID).OwnerID)
	}
	t.shred()
	e.LeafHash = rfc6962.DefaultHasher.HashLeaf(e.leaf().Text())
	e.Wire = e.wireLine(open, d.sealedPointers())
	tiles, err := t.tree.add(e.LeafHash)
	if err != nil {
		return fmt.Errorf("grow tree: %w", err)
	}
	t.tiles = append(t.tiles, tiles...)
	t.entries = append(t.entries, e)
	t.state.entries[e.OpID] = e.ref()
	t.known[e.OpID] = &known{Centre: t.centre, Seq: e.Seq, Hash: e.OpHash[:]}
	d.receipt.Outcome, d.receipt.Entry = Entered, e
	t.provided = append(t.provided, d.provides()...)
	return t.decideHeld(d)
}

// number makes the entry of a draft, with its seq and its lines.
func (t *batch) number(d *draft) *Entry {
	e := &Entry{
		District: t.district, Centre: t.centre, Seq: t.tree.size() + 1, OpID: d.op.ID, Kind: string(d.op.Kind),
		CaseID: d.caseID, OfficerID: d.officer, PostID: d.post.PostID, Role: d.post.Role, DeviceID: d.device,
		SessionID: d.op.SessionID, DeviceSeq: d.op.DeviceSeq, DeviceAt: d.op.DeviceAt, At: d.at,
		ReceivedAt: d.receivedAt, RulesSeq: t.state.rules.seq, SeenBy: compactIDs(d.seenBy), Guarded: d.guarded,
		Place: d.op.Place, Facts: d.facts, Flags: d.flags, OpHash: d.hash, Sig: d.sig,
	}
	if e.Sig == nil {
		e.Sig = []byte{}
	}
	if d.op.Place != nil {
		if point, err := geo.NewPoint(d.op.Place.Lat, d.op.Place.Lon); err == nil {
			if cell, err := geo.CellAt(point); err == nil {
				e.Cells = []int64{int64(cell)}
			}
		}
	}
	e.Cells = append(e.Cells, d.cells...)
	year := e.ReceivedAt.In(ist).Year()
	for _, r := range d.registers {
		e.Lines = append(e.Lines, lineRef(t.centre, r, year, t.state.last(r, year)+1))
	}
	return e
}

func compactIDs(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, compareIDs)
	return slices.Compact(ids)
}

// fold takes an entry into the projections, at append as at rebuild.
func (s *State) fold(e *Entry, k *kindRow, body any) []push.Notice {
	for _, l := range e.Lines {
		s.count(l)
		s.lines.put(lineKey{l.Register, l.Year, l.Serial}, &Line{
			Register: l.Register, Year: l.Year, Serial: l.Serial, Seq: e.Seq, At: e.At, OfficerID: e.OfficerID,
		})
	}
	if e.Place != nil && e.Role != roleClock {
		if fix, err := fixOf(e.Place, e.At); err == nil {
			var prev *geo.Trace
			if r := s.traces.get(e.OfficerID); r != nil {
				prev = &r.Trace
			}
			s.traces.put(e.OfficerID, &traceRow{OfficerID: e.OfficerID, Trace: prev.Next(fix)})
		}
	}
	if len(e.Flags) > 0 {
		s.bump(e.At, tallyFlagged, 1)
	}
	return k.apply(s, e, body)
}

// seal replaces the V and X fields of the op's text by their sealed form.
func (t *batch) seal(d *draft, e *Entry) error {
	if len(d.report.Sealed) == 0 {
		e.Sealed = d.raw
		e.SealedHash = sha256.Sum256(d.raw)
		return nil
	}
	keys := seal.Keys{}
	for _, s := range d.report.Sealed {
		if _, ok := keys[s.Class]; ok {
			continue
		}
		k, err := t.key(e.CaseID, s.Class)
		if err != nil {
			return err
		}
		keys[s.Class] = k
	}
	text, err := seal.SealDoc(d.raw, d.report.Sealed, d.report.Salt, keys,
		seal.Where{District: t.district, Centre: t.centre, OpID: e.OpID})
	if err != nil {
		return fmt.Errorf("seal op: %w", err)
	}
	e.Sealed, e.SealedHash = text, sha256.Sum256(text)
	return nil
}

// key returns the key of a case and class, made at its first use.
func (t *batch) key(id uuid.UUID, class byte) (seal.Key, error) {
	k, made, err := t.madeKey(id, class)
	if made || err != nil {
		return k, err
	}
	if t.isGone(caseClass{id, class}) {
		return seal.Key{}, fmt.Errorf("case key: %w", seal.ErrNoKey)
	}
	k, w, err := t.book.Keys.NewKey(t.district, id, class)
	if err != nil {
		return seal.Key{}, fmt.Errorf("make case key: %w", err)
	}
	t.keys[caseClass{id, class}] = k
	t.newKeys = append(t.newKeys, w)
	return k, nil
}

// madeKey returns the key of a case and class, if there is one.
func (t *batch) madeKey(id uuid.UUID, class byte) (seal.Key, bool, error) {
	at := caseClass{id, class}
	if k, ok := t.keys[at]; ok {
		return k, true, nil
	}
	for _, w := range t.wrapped[id] {
		if w.Class == class && !w.IsGone() {
			k, err := t.book.Keys.Unwrap(t.district, w)
			if err != nil {
				return seal.Key{}, false, fmt.Errorf("unwrap case key: %w", err)
			}
			t.keys[at] = k
			return k, true, nil
		}
	}
	return seal.Key{}, false, nil
}

// repeats loads what the receipts of ops sent again are made of.
func (t *batch) repeats(ctx context.Context, drafts []*draft) error {
	var seqs []int64
	var held []uuid.UUID
	for _, d := range drafts {
		if k := t.known[d.op.ID]; k != nil && k.Centre == t.centre {
			if k.Seq > 0 {
				seqs = append(seqs, k.Seq)
			} else {
				held = append(held, d.op.ID)
			}
		}
	}
	if len(held) > 0 {
		if err := t.loadHeld(ctx, held, nil); err != nil {
			return err
		}
	}
	if len(seqs) == 0 {
		return nil
	}
	old, err := readEntries(ctx, t.tx, t.district, t.centre, seqs)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		if k := t.known[d.op.ID]; k != nil {
			d.old = old[k.Seq]
		}
	}
	return t.oldSlips(ctx, drafts)
}

// again answers an op that the book knows: the receipt as it now stands.
func (t *batch) again(d *draft, k *known) error {
	if k.Centre != t.centre || !slices.Equal(k.Hash, d.hash[:]) {
		d.refused(refusal(contract.CodeOpIDConflict, "/op_id"))
		return nil
	}
	d.receipt.Repeated = true
	switch {
	case k.Seq > 0:
		d.receipt.Outcome, d.receipt.Entry = Entered, d.old
		if d.old != nil && d.old.OfficerID == d.officer && d.old.DeviceID == d.device {
			d.receipt.PreviousCard = t.previousCard(d)
		}
		for _, e := range t.entries {
			if e.Seq == k.Seq {
				d.receipt.Entry, d.receipt.Slip = e, t.slipOf(e.OpID)
			}
		}
		if d.receipt.Entry == nil {
			return fmt.Errorf("entry %d of %s is missing", k.Seq, t.centre)
		}
	case k.Seq == 0:
		h := t.held[d.op.ID]
		if h == nil {
			return fmt.Errorf("held op %s is missing", d.op.ID)
		}
		d.receipt.Outcome, d.receipt.WaitsFor = Held, h.WaitsFor
	default:
		d.refused(refusal(contract.CodeSetAside, "/op_id"))
	}
	return nil
}

// readEntries reads entries as receipts and proofs need them, by seq.
func readEntries(ctx context.Context, tx pgx.Tx, district int32, centre string, seqs []int64) (map[int64]*Entry, error) {
	rows, err := tx.Query(ctx, `SELECT seq, op_id, kind, case_id, officer_id, post_id, role, device_id, session_id,
		device_seq, device_at, at, received_at, rules_seq, seen_by, guarded, cells, facts, flags, lines, op_hash, sig,
		sha256(sealed), leaf_hash FROM entries WHERE district_id = $1 AND centre = $2 AND seq = ANY($3)`,
		district, centre, seqs)
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Entry, error) {
		e := &Entry{District: district, Centre: centre}
		var facts, flags, lines string
		var opHash, sealedHash []byte
		err := row.Scan(&e.Seq, &e.OpID, &e.Kind, &e.CaseID, &e.OfficerID, &e.PostID, &e.Role, &e.DeviceID, &e.SessionID,
			&e.DeviceSeq, &e.DeviceAt, &e.At, &e.ReceivedAt, &e.RulesSeq, &e.SeenBy, &e.Guarded, &e.Cells,
			&facts, &flags, &lines, &opHash, &e.Sig, &sealedHash, &e.LeafHash)
		if err != nil {
			return nil, err
		}
		copy(e.OpHash[:], opHash)
		copy(e.SealedHash[:], sealedHash)
		return e, e.unpack(facts, flags, lines)
	})
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	bySeq := make(map[int64]*Entry, len(list))
	for _, e := range list {
		bySeq[e.Seq] = e
	}
	return bySeq, nil
}

// unpack reads the JSON texts of a stored entry.
func (e *Entry) unpack(facts, flags, lines string) error {
	if err := unjson(facts, &e.Facts); err != nil {
		return err
	}
	if err := unjson(flags, &e.Flags); err != nil {
		return err
	}
	return unjson(lines, &e.Lines)
}

// flush writes all that the batch did and leaves the commit to the caller.
func (t *batch) flush(ctx context.Context, head *Head) error {
	p := &pgx.Batch{}
	// Keys and held ops first: an op held and entered in one batch leaves
	// neither behind. What ends goes before what begins.
	t.flushShreds(p)
	if len(t.newKeys) > 0 {
		seal.QueueInsertKeys(p, t.district, t.newKeys, t.now)
	}
	t.flushHeld(p)
	t.flushMarks(p)
	t.flushSlips(p)
	t.flushFiles(p)
	t.flushSheets(p)
	t.queueOwed(p)
	t.queueConduct(p)
	t.queueAlarms(p)
	queueEntries(p, t.district, t.centre, t.entries, t.fromHeld)
	complaints := t.state.complaints.waiting()
	t.state.queueFlush(p)
	t.flushTiles(p)
	if len(t.entries) > 0 {
		p.Queue(`UPDATE heads SET size = $3, root = $4, frontier = $5 WHERE district_id = $1 AND centre = $2`,
			t.district, t.centre, head.Size, head.Root, t.tree.frontier())
	}
	t.tx.Conn().PgConn().Frontend().Send(room(roomOf(t.entries, entryWrite) + complaints*complaintWrite))
	if err := send(ctx, t.tx, p); err != nil {
		return fmt.Errorf("write book: %w", err)
	}
	return t.book.Enqueue.Enqueue(ctx, t.tx, t.notices)
}

// flushMarks writes the marks of cases that are new, then those of others.
func (t *batch) flushMarks(p *pgx.Batch) {
	made := make(map[caseClass]bool, len(t.newKeys))
	for _, k := range t.newKeys {
		made[caseClass{k.CaseID, k.Class}] = true
	}
	var fresh, old []seal.Mark
	for _, m := range t.newMarks {
		if made[caseClass{m.CaseID, m.Class}] {
			fresh = append(fresh, m)
		} else {
			old = append(old, m)
		}
	}
	seal.QueueInsertMarks(p, t.district, fresh, true)
	seal.QueueInsertMarks(p, t.district, old, false)
}

func (t *batch) flushTiles(p *pgx.Batch) {
	if len(t.tiles) == 0 {
		return
	}
	p.Queue(`INSERT INTO tiles (district_id, centre, level, idx, hash)
		SELECT $1, $2, `+each(3, "int bigint bytea"), t.district, t.centre,
		column(pointers(t.tiles), func(x *tile) int { return x.Level }),
		column(pointers(t.tiles), func(x *tile) int64 { return int64(x.Index) }),
		column(pointers(t.tiles), func(x *tile) []byte { return x.Hash }))
}

func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
