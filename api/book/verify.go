package book

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
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
	keys     map[uuid.UUID]*ecdsa.PublicKey
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
		tiles: map[[2]uint64][]byte{}, keys: map[uuid.UUID]*ecdsa.PublicKey{}, serials: map[serialKey]int64{},
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

// VerifyBook is Verify in a transaction of its own, on one snapshot.
func (b *Book) VerifyBook(ctx context.Context, district int32, centre string) (*Verified, error) {
	tx, err := b.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, fmt.Errorf("begin verify: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, setDistrict(district)); err != nil {
		return nil, fmt.Errorf("set district: %w", err)
	}
	return Verify(ctx, tx, district, centre)
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
		if e.SessionID != uuid.Nil && v.keys[e.SessionID] == nil {
			missing = append(missing, e.SessionID)
		}
	}
	sessions := map[uuid.UUID]*staff.Session{}
	p := &pgx.Batch{}
	staff.QueueSessions(p, v.district, missing, sessions)
	if err := send(v.ctx, v.tx, p); err != nil {
		return fmt.Errorf("read session keys: %w", err)
	}
	for id, s := range sessions {
		v.keys[id] = s.Key
	}
	return nil
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

// signature checks the session key's signature. The server's own ops have
// none; only they may lack it.
func (v *verifier) signature(e *Entry) string {
	if e.Role == roleClock || e.Role == roleRegistrar {
		if e.OfficerID != serverOfficer(e.Role) || len(e.Sig) != 0 {
			return "an op of the server is not signed by a phone"
		}
		return ""
	}
	key := v.keys[e.SessionID]
	if key == nil {
		return "session is unknown"
	}
	v.out.Signatures++
	if !contract.VerifyES256(key, contract.OpMessage(e.OpHash), e.Sig) {
		return "signature is not the session's"
	}
	return ""
}

// head compares the tree with the head row and the stored subtrees.
func (v *verifier) head() error {
	root, err := v.tree.root()
	if err != nil {
		return err
	}
	v.out.Root = root
	var size int64
	stored, err := readHead(v.ctx, v.tx, v.district, v.out.Centre, &size)
	if err != nil {
		return err
	}
	switch {
	case size != v.out.Size:
		v.bad(min(size, v.out.Size)+1, "the head counts %d entries, the book has %d", size, v.out.Size)
		return nil
	case !bytes.Equal(root, stored):
		v.bad(size, "the head's root is not that of the book")
		return nil
	}
	rows, err := v.tx.Query(v.ctx, `SELECT level, idx, hash FROM tiles WHERE district_id = $1 AND centre = $2`,
		v.district, v.out.Centre)
	if err != nil {
		return fmt.Errorf("read tiles: %w", err)
	}
	var level, idx int64
	var hash []byte
	n := 0
	_, err = pgx.ForEachRow(rows, []any{&level, &idx, &hash}, func() error {
		n++
		if !bytes.Equal(v.tiles[[2]uint64{uint64(level), uint64(idx)}], hash) {
			v.bad((idx+1)<<level, "a stored subtree is not that of the book")
		}
		return nil
	})
	if err == nil && n != len(v.tiles) && v.out.OK() {
		v.bad(size, "%d stored subtrees, %d expected", n, len(v.tiles))
	}
	return wrap(err, "read tiles")
}
