package book

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/files"
	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// batch is one transaction on one centre's book.
type batch struct {
	book     *Book
	tx       pgx.Tx
	district int32
	centre   string
	circle   string
	now      time.Time

	tree     *tree
	state    *State
	known    map[uuid.UUID]*known
	sessions map[uuid.UUID]*staff.Session
	posts    map[uuid.UUID][]staff.Post
	held     map[uuid.UUID]*heldRow
	wrapped  map[uuid.UUID][]seal.Wrapped
	keys     map[caseClass]seal.Key

	entries  []*Entry
	fromHeld []uuid.UUID
	newHeld  []*heldRow
	strikes  []uuid.UUID
	newKeys  []seal.Wrapped
	newMarks []seal.Mark
	tiles    []tile
	notices  []push.Notice
	newSlips []slip
	alarms   []bookAlarm
	shreds   []caseClass
	sheets   []keptSheet                // files of exports
	sealed   map[uuid.UUID]*sealedEntry // entries whose sealed fields are read
	readers  map[uuid.UUID]*reader
	marksIn  map[uuid.UUID][]seal.Mark    // of the cases that they belong to
	naming   map[uuid.UUID][]*sealedEntry // by case: the entries that say who it is about
	guesses  map[uuid.UUID]int            // by officer: texts of today that were refused for a name
	files    map[uuid.UUID]*files.File    // that ops attach or read
	attached []*files.File
	owes     []owed
	provided []string
	forced   []uuid.UUID
	tried    map[uuid.UUID]bool
	only     map[uuid.UUID]bool // the held ops that may be tried; nil: all
}

type caseClass struct {
	Case  uuid.UUID
	Class byte
}

// known is an op_id that the book has seen: seq > 0 entered, 0 held, -1 struck.
type known struct {
	Centre string
	Seq    int64
	Hash   []byte
}

// transact appends the drafts of one centre in one transaction. When it
// returns nil each draft has its receipt; else nothing was stored.
func (b *Book) transact(ctx context.Context, district int32, centre string, drafts []*draft) error {
	return b.transactWith(ctx, district, centre, drafts, &release{})
}

// transactWith is transact that says which held ops go on with it.
func (b *Book) transactWith(ctx context.Context, district int32, centre string, drafts []*draft, r *release) (err error) {
	defer func() {
		if what := recover(); what != nil {
			b.Log.Error("panic in append", "centre", centre, "stack", string(debug.Stack()))
			err = &fault{fmt.Errorf("panic: %T", what)}
		}
	}()
	for _, d := range drafts {
		d.reset()
	}
	var woken, ruled, grounded bool
	var grown int64
	err = within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		t := b.newBatch(tx, district, centre, r)
		if err := t.begin(ctx, drafts); err != nil || t.tree == nil {
			return err
		}
		if err := t.fold(ctx, drafts); err != nil {
			return err
		}
		if err := r.parted(drafts); err != nil {
			return err
		}
		woken, r.provided, ruled = len(t.notices) > 0, t.provided, len(t.state.newRules) > 0
		grounded = t.state.newGround
		root, err := t.tree.root()
		if err != nil {
			return fmt.Errorf("root: %w", err)
		}
		head := &Head{Centre: centre, Size: t.tree.size(), Root: root}
		if len(t.entries) > 0 {
			grown = head.Size
		}
		for _, d := range drafts {
			d.head = head
		}
		if err := t.unseal(drafts); err != nil {
			return err
		}
		if err := t.search(ctx, drafts); err != nil {
			return err
		}
		return t.flush(ctx, head)
	})
	if err == nil {
		b.committed(ctx, woken, ruled, Moved{District: district, Centre: centre, Size: grown})
		if grounded { // after who is to be woken: it may wait for the rules to be read
			b.groundMoved(ctx, district)
		}
	}
	return err
}

// newBatch is a transaction that has read nothing yet.
func (b *Book) newBatch(tx pgx.Tx, district int32, centre string, r *release) *batch {
	t := &batch{
		book: b, tx: tx, district: district, centre: centre, now: b.now(),
		known: map[uuid.UUID]*known{}, sessions: map[uuid.UUID]*staff.Session{}, posts: map[uuid.UUID][]staff.Post{},
		held: map[uuid.UUID]*heldRow{}, wrapped: map[uuid.UUID][]seal.Wrapped{}, keys: map[caseClass]seal.Key{},
		sealed: map[uuid.UUID]*sealedEntry{}, readers: map[uuid.UUID]*reader{}, marksIn: map[uuid.UUID][]seal.Mark{},
		naming: map[uuid.UUID][]*sealedEntry{}, guesses: map[uuid.UUID]int{}, files: map[uuid.UUID]*files.File{}, tried: map[uuid.UUID]bool{}, provided: r.keys, forced: r.forced, only: r.only,
	}
	t.state = newState(district, centre, b.rules.Load().of(district))
	t.state.now = t.now
	return t
}

// reset forgets what an earlier, rolled back attempt found.
func (d *draft) reset() {
	id, centre, hash := d.receipt.OpID, d.receipt.Centre, d.receipt.OpHash
	d.receipt = Receipt{OpID: id, Centre: centre, OpHash: hash}
	d.flags = slices.DeleteFunc(d.flags, func(f flag) bool {
		return f.Code != flagAadhaarLike && f.Code != flagForced && f.Code != flagRetiredCode
	})
	d.facts, d.registers, d.seenBy, d.marks, d.cells = Facts{}, nil, nil, nil, nil
	d.guarded, d.caseID, d.base = false, d.op.ID, "/body"
	d.plain, d.found, d.others, d.opened = nil, nil, 0, nil
	d.enters, d.strikes, d.beat, d.corrects = uuid.Nil, uuid.Nil, nil, nil
}

// begin locks the head and reads all that the ops ask for, in one pipeline.
func (t *batch) begin(ctx context.Context, drafts []*draft) error {
	p := &pgx.Batch{}
	found := t.queueHead(p)
	t.queueKnown(p, drafts)
	n := &needs{kinds: kinds}
	t.collect(n, drafts)
	t.queue(p, n, drafts)
	if err := send(ctx, t.tx, p); err != nil {
		return fmt.Errorf("read for append: %w", err)
	}
	if !*found {
		ok, err := t.found(ctx)
		if err != nil {
			return err
		}
		if !ok {
			for _, d := range drafts {
				d.refused(refusal(contract.CodeUnknownCentre, "/centre"))
			}
			return nil
		}
		return t.begin(ctx, drafts)
	}
	return t.more(ctx, n)
}

// queueHead locks the centre's head row. Everything after it in the pipeline
// sees what the last holder of the lock committed.
func (t *batch) queueHead(p *pgx.Batch) *bool {
	found := new(bool)
	p.Queue(`SELECT h.size, h.frontier, coalesce(c.circle, '') FROM heads h
		JOIN centres c ON c.district_id = h.district_id AND c.centre = h.centre
		WHERE h.district_id = $1 AND h.centre = $2 FOR UPDATE OF h`, t.district, t.centre).Query(func(rows pgx.Rows) error {
		var size int64
		var frontier []byte
		_, err := pgx.ForEachRow(rows, []any{&size, &frontier, &t.circle}, func() error {
			*found = true
			var err error
			t.tree, err = openTree(size, frontier)
			return err
		})
		return wrap(err, "lock head")
	})
	return found
}

// found opens the book of a centre that exists and has none yet.
func (t *batch) found(ctx context.Context) (bool, error) {
	empty, err := openTree(0, nil)
	if err != nil {
		return false, err
	}
	root, err := empty.root()
	if err != nil {
		return false, err
	}
	tag, err := t.tx.Exec(ctx, `INSERT INTO heads (district_id, centre, size, root, frontier)
		SELECT district_id, centre, 0, $3, '' FROM centres WHERE district_id = $1 AND centre = $2
		ON CONFLICT (district_id, centre) DO UPDATE SET size = heads.size`, t.district, t.centre, root)
	if err != nil {
		return false, fmt.Errorf("open book: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

// queueKnown finds which op_ids the book has seen.
func (t *batch) queueKnown(p *pgx.Batch, drafts []*draft) {
	ids := make([][16]byte, len(drafts))
	for i, d := range drafts {
		ids[i] = d.op.ID
	}
	// One look into the index for each id. With op_id = ANY(...) the planner,
	// while it knows nothing of the table, may take the index for the district
	// alone and read all of it; LIMIT keeps this from becoming a join.
	p.Queue(`SELECT o.op_id, o.centre, o.seq, o.op_hash FROM unnest($2::uuid[]) AS u (id),
		LATERAL (SELECT op_id, centre, seq, op_hash FROM ops WHERE district_id = $1 AND op_id = u.id LIMIT 1) o`,
		t.district, ids).Query(func(rows pgx.Rows) error {
		var id uuid.UUID
		var k known
		_, err := pgx.ForEachRow(rows, []any{&id, &k.Centre, &k.Seq, &k.Hash}, func() error {
			row := k
			row.Hash = slices.Clone(k.Hash)
			t.known[id] = &row
			return nil
		})
		return wrap(err, "read known ops")
	})
}

// collect asks each draft which rows it needs.
func (t *batch) collect(n *needs, drafts []*draft) {
	for _, d := range drafts {
		d.batch = t
		d.timely()
		if d.op.Place != nil {
			n.traces = append(n.traces, d.officer)
		}
		n.keys = append(n.keys, d.provides()...)
		d.kind.needs(d, n)
	}
	n.serials = true
}

// queue reads sessions, posts, what waits, keys and projections.
func (t *batch) queue(p *pgx.Batch, n *needs, drafts []*draft) {
	var ids, officers, cases []uuid.UUID
	for _, d := range drafts {
		if d.server == "" {
			ids, officers = append(ids, d.op.SessionID), append(officers, d.officer)
		}
		if len(d.report.Sealed) > 0 {
			cases = append(cases, n.tasks...)
		}
	}
	if len(ids) > 0 {
		staff.QueueSessions(p, t.district, ids, t.sessions)
		staff.QueuePosts(p, t.district, officers, t.posts)
	}
	if len(cases) > 0 {
		seal.QueueLoadKeys(p, t.district, cases, t.wrapped)
	}
	t.queueHeld(p, n)
	t.state.queueNeeds(p, n)
}

// more reads what only the first reads could name: the duties of the officers,
// earlier entries and the keys of their cases.
func (t *batch) more(ctx context.Context, n *needs) error {
	if err := t.state.loadEntries(ctx, t.tx, n); err != nil {
		return err
	}
	if err := t.loadWakes(ctx, n); err != nil {
		return err
	}
	if err := t.loadMonths(ctx, n); err != nil {
		return err
	}
	cases, err := t.loadSealed(ctx, n.reads)
	if err != nil {
		return err
	}
	if len(n.files) > 0 {
		p := &pgx.Batch{}
		files.QueueLoad(p, t.district, n.files, true, t.files)
		if err := send(ctx, t.tx, p); err != nil {
			return err
		}
	}
	if err := t.loadReaders(ctx, n.readers, cases); err != nil {
		return err
	}
	named, err := t.loadNaming(ctx, n.named)
	if err != nil {
		return err
	}
	cases = append(cases, named...)
	for _, e := range t.state.entries {
		cases = append(cases, e.CaseID)
	}
	for _, c := range t.state.complaints.m {
		cases = append(cases, c.CaseID)
	}
	for _, m := range t.state.matters.m {
		cases = append(cases, m.Data.CaseID)
	}
	if len(cases) == 0 {
		return nil
	}
	p := &pgx.Batch{}
	seal.QueueLoadKeys(p, t.district, cases, t.wrapped)
	return wrap(send(ctx, t.tx, p), "read case keys")
}

// fold takes the drafts one after the other, then what their entries let go on.
func (t *batch) fold(ctx context.Context, drafts []*draft) error {
	if err := t.repeats(ctx, drafts); err != nil {
		return err
	}
	if len(t.provided)+len(t.forced) > 0 {
		if err := t.loadHeld(ctx, t.forced, t.provided); err != nil {
			return err
		}
	}
	for _, d := range drafts {
		if d.settled() {
			continue
		}
		if err := t.take(d); err != nil {
			return err
		}
	}
	return t.release(ctx)
}

// take judges one draft and enters, holds or refuses it.
func (t *batch) take(d *draft) error {
	if k := t.known[d.op.ID]; k != nil && !d.forced && d.receipt.Outcome == "" && !t.isHeldNow(d) {
		return t.again(d, k)
	}
	err := t.judge(d)
	var w *waits
	switch {
	case err == nil:
		return t.enter(d)
	case errors.As(err, &w):
		return t.hold(d, w.key)
	case isProblem(err) != nil:
		d.refused(isProblem(err))
		return nil
	}
	return err
}

// judge checks who the op is from, what he may, and the kind's own rules.
func (t *batch) judge(d *draft) error {
	t.state.rules = d.rules.of(t.district)
	if d.server == "" {
		if err := t.person(d); err != nil {
			return err
		}
	} else {
		d.post = staff.Post{Role: d.server, Centre: t.centre}
	}
	if err := d.kind.check(t.state, d); err != nil {
		return err
	}
	if err := t.sealable(d); err != nil {
		return err
	}
	if err := t.state.alone(d); err != nil {
		return err
	}
	if d.post.CoversID != nil {
		d.facts[factActing] = true
	}
	return t.doubts(d)
}

// sessionSlack is how long after the end of a session an op may claim to be
// made: clocks are wrong by minutes. It is flagged. One made longer before its
// session began than clocks go wrong is flagged, too: only the key says who
// made it, and the key was not there.
const sessionSlack = 10 * time.Minute

// person finds the officer behind the op and the post he acts under, at the
// time of the op, from the rows as they stand in this transaction. Who is named
// for the op in person acts under the post that he has, best under one here.
func (t *batch) person(d *draft) error {
	s := t.sessions[d.op.SessionID]
	if s == nil {
		return refuse(contract.CodeUnknownSession, "/session_id")
	}
	d.session, d.posts = s, t.postsOf(s.OfficerID)
	end := s.ExpiresAt
	if s.EndedAt != nil && s.EndedAt.Before(end) {
		end = *s.EndedAt
	}
	switch early, late := s.CreatedAt.Sub(d.at), d.at.Sub(end); {
	case late > sessionSlack:
		return refuse(contract.CodeSessionEnded, "/session_id")
	case late > 0:
		d.flag(flag{Code: flagSessionDoubt, Value: late.Seconds()})
	case early > sessionSlack:
		d.flag(flag{Code: flagSessionDoubt, Value: -early.Seconds()})
	}
	if s.DeviceRevokedAt != nil && d.at.After(*s.DeviceRevokedAt) {
		return refuse(contract.CodeDeviceRevoked, "/session_id")
	}
	if s.OfficerState != staff.Active && d.at.After(s.OfficerStateAt) {
		return refuse(contract.CodeForbidden, "/session_id")
	}
	here := false
	var serves *staff.Post
	for _, p := range d.posts {
		switch {
		case !p.Covers(d.at):
		case !t.reaches(p):
			if serves == nil {
				serves = &p
			}
		case d.kind.may(p.Role):
			d.post = p
			return nil
		case !here:
			here, serves = true, &p
		}
	}
	if serves != nil && d.kind.named != nil && d.kind.named(t.state, d) {
		d.post = *serves
		return nil
	}
	if here {
		return refuse(contract.CodeForbidden, "/kind")
	}
	return refuse(contract.CodeNotYourPost, "/centre")
}

// postsOf lists an officer's posts as the ops before this one left them: what
// shares a transaction must fare as it would alone.
func (t *batch) postsOf(officer uuid.UUID) []staff.Post {
	posts := t.posts[officer]
	if len(t.state.posts.order) == 0 {
		return posts
	}
	posts = slices.Clone(posts)
	for _, id := range t.state.posts.order {
		if p := t.state.posts.get(id).Post; p.OfficerID == officer {
			posts = append(slices.DeleteFunc(posts, func(old staff.Post) bool { return old.PostID == id }), p)
		}
	}
	slices.SortStableFunc(posts, func(a, b staff.Post) int {
		if c := a.From.Compare(b.From); c != 0 {
			return c
		}
		return compareIDs(a.PostID, b.PostID)
	})
	return posts
}

// reaches tells whether a post acts in this centre's book: its own centre, for
// a circle officer those of his circle, for the district office all.
func (t *batch) reaches(p staff.Post) bool {
	switch p.Role {
	case staff.SP, staff.AddlSP, staff.WomenCell, staff.Nodal, staff.Sysadmin:
		return true
	case staff.CO:
		return p.Centre == t.centre || p.Circle != "" && p.Circle == t.circle
	}
	return p.Centre == t.centre
}

// isHeldNow tells whether the draft is a held op that is being tried again.
func (t *batch) isHeldNow(d *draft) bool { return slices.Contains(t.fromHeld, d.op.ID) }
