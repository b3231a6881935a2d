package book

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/transparency-dev/merkle/rfc6962"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Verified is what checking one book came to. FirstBad is the seq of the first
// entry that is not as it was written, 0 when all are; Why says in words.
type Verified struct {
	Centre     string
	Size       int64
	Root       []byte
	Signatures int64
	FirstBad   int64
	Why        string
}

// OK tells whether the book is whole.
func (v *Verified) OK() bool { return v.Why == "" }

// verifier walks one book.
type verifier struct {
	ctx      context.Context
	tx       pgx.Tx
	district int32
	out      *Verified
	tree     *tree
	tiles    map[[2]uint64][]byte
	sessions map[uuid.UUID]*staff.Session
	serials  map[serialKey]int64
}

// Verify recomputes a centre's book from what stands in the database: numbers,
// hashes, every signature, the tree and its stored parts. It needs no secret
// key: sealed fields stay sealed.
func Verify(ctx context.Context, tx pgx.Tx, district int32, centre string) (*Verified, error) {
	empty, err := openTree(0, nil)
	if err != nil {
		return nil, err
	}
	v := &verifier{
		ctx: ctx, tx: tx, district: district, out: &Verified{Centre: centre}, tree: empty,
		tiles: map[[2]uint64][]byte{}, sessions: map[uuid.UUID]*staff.Session{}, serials: map[serialKey]int64{},
	}
	for v.out.OK() {
		entries, err := readSealed(ctx, tx, district, centre, v.out.Size, rebuildChunk)
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 {
			break
		}
		if err := v.chunk(entries); err != nil {
			return nil, err
		}
	}
	if v.out.OK() {
		err = v.head()
	}
	return v.out, err
}

// VerifyBook is Verify of one book in a transaction of its own.
func (b *Book) VerifyBook(ctx context.Context, district int32, centre string) (*Verified, error) {
	list, err := VerifyAll(ctx, b.Pool, district, centre)
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// VerifyAll verifies the books of a district, or the one of a centre, on one
// snapshot. It is an error to ask for a centre that has no book.
func VerifyAll(ctx context.Context, pool *pgxpool.Pool, district int32, centre string) ([]*Verified, error) {
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, fmt.Errorf("begin verify: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, setDistrict(district)); err != nil {
		return nil, fmt.Errorf("set district: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT centre FROM heads WHERE district_id = $1 AND ($2 = '' OR centre = $2) ORDER BY centre`,
		district, centre)
	if err != nil {
		return nil, fmt.Errorf("list books: %w", err)
	}
	centres, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list books: %w", err)
	}
	if len(centres) == 0 && centre != "" {
		return nil, fmt.Errorf("no book of centre %s in district %d", centre, district)
	}
	var out []*Verified
	for _, c := range centres {
		v, err := Verify(ctx, tx, district, c)
		if err != nil {
			return nil, fmt.Errorf("verify %s: %w", c, err)
		}
		out = append(out, v)
	}
	return out, nil
}

func (v *verifier) bad(seq int64, why string, args ...any) {
	v.out.FirstBad, v.out.Why = seq, fmt.Sprintf(why, args...)
}

// chunk checks some entries, after loading the session keys they name and the
// op_ids that are known.
func (v *verifier) chunk(entries []*Entry) error {
	if err := v.load(entries); err != nil {
		return err
	}
	known, err := v.known(entries)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Seq != v.out.Size+1 {
			v.bad(v.out.Size+1, "entry is missing")
			return nil
		}
		if why := v.entry(e, known[e.OpID]); why != "" {
			v.bad(e.Seq, "%s", why)
			return nil
		}
		tiles, err := v.tree.add(e.LeafHash)
		if err != nil {
			return err
		}
		for _, t := range tiles {
			v.tiles[[2]uint64{uint64(t.Level), t.Index}] = t.Hash
		}
		v.out.Size = e.Seq
	}
	return nil
}

func (v *verifier) load(entries []*Entry) error {
	var missing []uuid.UUID
	for _, e := range entries {
		if e.SessionID != uuid.Nil && v.sessions[e.SessionID] == nil {
			missing = append(missing, e.SessionID)
		}
	}
	p := &pgx.Batch{}
	staff.QueueSessions(p, v.district, missing, v.sessions)
	return wrap(send(v.ctx, v.tx, p), "read session keys")
}

func (v *verifier) known(entries []*Entry) (map[uuid.UUID]known, error) {
	ids := make([]uuid.UUID, len(entries))
	for i, e := range entries {
		ids[i] = e.OpID
	}
	rows, err := v.tx.Query(v.ctx, `SELECT op_id, centre, seq, op_hash FROM ops WHERE district_id = $1 AND op_id = ANY($2)`,
		v.district, ids)
	if err != nil {
		return nil, fmt.Errorf("read known ops: %w", err)
	}
	out := map[uuid.UUID]known{}
	var id uuid.UUID
	var k known
	_, err = pgx.ForEachRow(rows, []any{&id, &k.Centre, &k.Seq, &k.Hash}, func() error {
		k.Hash = bytes.Clone(k.Hash)
		out[id] = k
		return nil
	})
	return out, wrap(err, "read known ops")
}

// entry says what is wrong with one entry, or nothing.
func (v *verifier) entry(e *Entry, k known) string {
	if k.Seq != e.Seq || k.Centre != e.Centre || !bytes.Equal(k.Hash, e.OpHash[:]) {
		return "op_id is not known by this number and hash"
	}
	op, report, err := contract.DecodeSealedOp(e.Sealed)
	if err != nil {
		return "stored op cannot be read"
	}
	if e.damage != nil {
		return "facts, flags or lines cannot be read"
	}
	if op.ID != e.OpID || string(op.Kind) != e.Kind || op.Centre != e.Centre || op.DeviceSeq != e.DeviceSeq ||
		!op.DeviceAt.Equal(e.DeviceAt) || op.SessionID != e.SessionID {
		return "columns do not say what the op says"
	}
	if len(report.Sealed) == 0 && sha256.Sum256(e.Sealed) != e.OpHash {
		return "op_hash is not that of the op"
	}
	e.SealedHash, e.Place = sha256.Sum256(e.Sealed), op.Place
	leaf := e.leaf()
	leaf.Facts, leaf.Flags, leaf.Lines = []byte(e.storedFacts), []byte(e.storedFlags), []byte(e.storedLines)
	if !bytes.Equal(rfc6962.DefaultHasher.HashLeaf(leaf.Text()), e.LeafHash) {
		return "leaf_hash is not that of the entry"
	}
	open, err := openBody(op, report)
	if err != nil {
		return "stored op cannot be read"
	}
	d := &draft{report: report}
	if !bytes.Equal(e.wireLine(open, d.sealedPointers()), e.Wire) {
		return "the line given to phones is not that of the entry"
	}
	if why := v.serial(e); why != "" {
		return why
	}
	return v.signature(e)
}

// serial checks that the numbers of lines follow each other.
func (v *verifier) serial(e *Entry) string {
	for _, l := range e.Lines {
		k := serialKey{l.Register, l.Year}
		if l.Serial != v.serials[k]+1 {
			return fmt.Sprintf("serial %s does not follow %d", l.No, v.serials[k])
		}
		v.serials[k] = l.Serial
	}
	return ""
}

// signature checks the session key's signature, and that the entry names the
// officer and the handset of that session. The server's own ops have none; only
// they may lack it.
func (v *verifier) signature(e *Entry) string {
	if isServerRole(e.Role) {
		if e.OfficerID != serverOfficer(e.Role) || len(e.Sig) != 0 || !May(e.Role, e.Kind) {
			return "not an op of the server"
		}
		return ""
	}
	session := v.sessions[e.SessionID]
	if session == nil {
		return "session is unknown"
	}
	if session.OfficerID != e.OfficerID || session.DeviceID != e.DeviceID {
		return "session is not that officer's on that handset"
	}
	v.out.Signatures++
	if !contract.VerifyES256(session.Key, contract.OpMessage(e.OpHash), e.Sig) {
		return "signature is not the session's"
	}
	return ""
}

// head compares the tree with the head row, the known op_ids and the stored
// subtrees.
func (v *verifier) head() error {
	root, err := v.tree.root()
	if err != nil {
		return err
	}
	v.out.Root = root
	size, stored, frontier := int64(0), rfc6962.DefaultHasher.EmptyRoot(), []byte(nil)
	err = v.tx.QueryRow(v.ctx, `SELECT size, root, frontier FROM heads WHERE district_id = $1 AND centre = $2`,
		v.district, v.out.Centre).Scan(&size, &stored, &frontier)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("read head: %w", err)
	}
	switch {
	case size != v.out.Size:
		v.bad(min(size, v.out.Size)+1, "the head counts %d entries, the book has %d", size, v.out.Size)
	case !bytes.Equal(root, stored):
		v.bad(size, "the head's root is not that of the book")
	case !bytes.Equal(frontier, v.tree.frontier()):
		v.bad(size, "the head's frontier is not that of the book")
	}
	if !v.out.OK() {
		return nil
	}
	if err := v.strays(); err != nil || !v.out.OK() {
		return err
	}
	return v.subtrees()
}

// strays looks for an op_id that is known as an entry the book does not have:
// what is left of a book cut short.
func (v *verifier) strays() error {
	var seq *int64
	err := v.tx.QueryRow(v.ctx, `SELECT min(o.seq) FROM ops o WHERE o.district_id = $1 AND o.centre = $2 AND o.seq > 0
		AND NOT EXISTS (SELECT FROM entries e WHERE e.district_id = $1 AND e.centre = $2 AND e.seq = o.seq AND e.op_id = o.op_id)`,
		v.district, v.out.Centre).Scan(&seq)
	if err != nil {
		return fmt.Errorf("read known ops: %w", err)
	}
	if seq != nil {
		v.bad(*seq, "an op_id is known by this number and is not the entry's")
	}
	return nil
}

// subtrees compares the stored subtrees with those of the tree and names the
// last entry of the first that differs.
func (v *verifier) subtrees() error {
	rows, err := v.tx.Query(v.ctx, `SELECT level, idx, hash FROM tiles WHERE district_id = $1 AND centre = $2`,
		v.district, v.out.Centre)
	if err != nil {
		return fmt.Errorf("read tiles: %w", err)
	}
	stored := map[[2]uint64][]byte{}
	var level, idx int64
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&level, &idx, &hash}, func() error {
		stored[[2]uint64{uint64(level), uint64(idx)}] = bytes.Clone(hash)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read tiles: %w", err)
	}
	var first uint64
	differ := func(a, b map[[2]uint64][]byte) {
		for k, h := range a {
			if end := (k[1] + 1) << k[0]; !bytes.Equal(b[k], h) && (first == 0 || end < first) {
				first = end
			}
		}
	}
	differ(stored, v.tiles)
	differ(v.tiles, stored)
	if first != 0 {
		v.bad(int64(first), "a stored subtree is not that of the book")
	}
	return nil
}
