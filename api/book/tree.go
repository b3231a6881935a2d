package book

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// hashSize is the size of a tree hash (SHA-256), in bytes.
const hashSize = 32

// tileHeight is the height of the stored complete subtrees: one row for each
// 256 leaves, 256^2, 256^3. A frontier alone can't prove old sizes.
const tileHeight = 8

var ranges = &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// tile is the root of a complete subtree of 2^Level leaves.
type tile struct {
	Level int
	Index uint64
	Hash  []byte
}

// tree is the Merkle tree of one centre's book as its head row keeps it.
type tree struct {
	r *compact.Range
}

// openTree restores a tree of size leaves from the concatenated hashes of its
// frontier.
func openTree(size int64, frontier []byte) (*tree, error) {
	if size < 0 || len(frontier)%hashSize != 0 {
		return nil, errors.New("head row is damaged")
	}
	hashes := make([][]byte, 0, len(frontier)/hashSize)
	for i := 0; i < len(frontier); i += hashSize {
		hashes = append(hashes, frontier[i:i+hashSize:i+hashSize])
	}
	r, err := ranges.NewRange(0, uint64(size), hashes)
	if err != nil {
		return nil, fmt.Errorf("open tree: %w", err)
	}
	return &tree{r: r}, nil
}

// add appends a leaf hash and returns the stored subtrees that it completes.
func (t *tree) add(leaf []byte) ([]tile, error) {
	var done []tile
	err := t.r.Append(leaf, func(id compact.NodeID, hash []byte) {
		if id.Level > 0 && id.Level%tileHeight == 0 {
			done = append(done, tile{Level: int(id.Level), Index: id.Index, Hash: hash})
		}
	})
	return done, err
}

func (t *tree) size() int64 { return int64(t.r.End()) }

// root returns the tree's root; of an empty tree SHA-256 of nothing.
func (t *tree) root() ([]byte, error) {
	if t.r.End() == 0 {
		return rfc6962.DefaultHasher.EmptyRoot(), nil
	}
	return t.r.GetRootHash(nil)
}

func (t *tree) frontier() []byte {
	out := make([]byte, 0, len(t.r.Hashes())*hashSize)
	for _, h := range t.r.Hashes() {
		out = append(out, h...)
	}
	return out
}

// nodes reads hashes of tree nodes of one book from leaves and tiles.
type nodes struct {
	ctx      context.Context
	tx       pgx.Tx
	district int32
	centre   string
}

// hash returns the hash of a complete node.
func (n nodes) hash(id compact.NodeID) ([]byte, error) {
	base := id.Level / tileHeight * tileHeight
	if id.Level == base {
		got, err := n.row(base, id.Index, id.Index+1)
		if err != nil {
			return nil, err
		}
		return got[0], nil
	}
	width := uint64(1) << (id.Level - base)
	hashes, err := n.row(base, id.Index*width, (id.Index+1)*width)
	if err != nil {
		return nil, err
	}
	for len(hashes) > 1 {
		for i := 0; i < len(hashes)/2; i++ {
			hashes[i] = rfc6962.DefaultHasher.HashChildren(hashes[2*i], hashes[2*i+1])
		}
		hashes = hashes[:len(hashes)/2]
	}
	return hashes[0], nil
}

// row returns the stored hashes [from, to) of a stored level (0 = leaves).
func (n nodes) row(level uint, from, to uint64) ([][]byte, error) {
	var rows pgx.Rows
	var err error
	if level == 0 {
		rows, err = n.tx.Query(n.ctx, `SELECT leaf_hash FROM entries
			WHERE district_id = $1 AND centre = $2 AND seq > $3 AND seq <= $4 ORDER BY seq`,
			n.district, n.centre, int64(from), int64(to))
	} else {
		rows, err = n.tx.Query(n.ctx, `SELECT hash FROM tiles
			WHERE district_id = $1 AND centre = $2 AND level = $3 AND idx >= $4 AND idx < $5 ORDER BY idx`,
			n.district, n.centre, int(level), int64(from), int64(to))
	}
	if err != nil {
		return nil, fmt.Errorf("read tree nodes: %w", err)
	}
	hashes, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, fmt.Errorf("read tree nodes: %w", err)
	}
	if uint64(len(hashes)) != to-from {
		return nil, fmt.Errorf("tree of %s lacks nodes of level %d from %d to %d", n.centre, level, from, to)
	}
	return hashes, nil
}

// prove fills a proof's nodes with their hashes.
func (n nodes) prove(p proof.Nodes) ([][]byte, error) {
	hashes := make([][]byte, 0, len(p.IDs))
	for _, id := range p.IDs {
		h, err := n.hash(id)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, h)
	}
	return p.Rehash(hashes, rfc6962.DefaultHasher.HashChildren)
}

// inclusion proves that the entry seq (from 1) stands in the book of a size.
func (n nodes) inclusion(seq, size int64) ([][]byte, error) {
	p, err := proof.Inclusion(uint64(seq-1), uint64(size))
	if err != nil {
		return nil, fmt.Errorf("inclusion proof: %w", err)
	}
	return n.prove(p)
}

// consistency proves that the book of size to begins with the book of size from.
func (n nodes) consistency(from, to int64) ([][]byte, error) {
	if from == 0 || from == to {
		return nil, nil
	}
	p, err := proof.Consistency(uint64(from), uint64(to))
	if err != nil {
		return nil, fmt.Errorf("consistency proof: %w", err)
	}
	return n.prove(p)
}
