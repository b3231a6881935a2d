package book

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/compact"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Draw is lines of a register that nobody chose: they follow from the root of the
// book at a size, so that whoever has its checkpoint draws the same.
type Draw struct {
	Size int64  // of the book
	Root string // of that size, as checkpoints write it
	Now  int64  // the size that the book has by now
	Last int64  // the last number of the register at that size
	Nos  []LineRef
}

// drawMost is the most that are drawn at once: what one inspection may name.
const drawMost = 30

// Draw draws lines of a register and year for who inspects the centre or answers
// for it. Size zero is the newest; an older one repeats what was drawn then.
func (b *Book) Draw(ctx context.Context, who staff.Caller, centre, register string, year int, size int64, n int) (*Draw, error) {
	if registerMarks[register] == "" {
		return nil, refusal(contract.CodeNotFound, "register")
	}
	out := &Draw{Size: size}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		if err := b.mayCount(ctx, tx, who, centre); err != nil {
			return err
		}
		root, err := readHead(ctx, tx, who.District, centre, &out.Now)
		switch {
		case err != nil:
			return err
		case size == 0:
			out.Size = out.Now
		case size < 0 || size > out.Now:
			return refusal(contract.CodeBadCursor, "size")
		case size < out.Now:
			if root, err = (nodes{ctx: ctx, tx: tx, district: who.District, centre: centre}).rootAt(size); err != nil {
				return err
			}
		}
		out.Root = base64.StdEncoding.EncodeToString(root)
		err = tx.QueryRow(ctx, `SELECT serial FROM lines WHERE district_id = $1 AND centre = $2 AND register = $3 AND year = $4 AND seq <= $5
			ORDER BY serial DESC LIMIT 1`, who.District, centre, register, year, out.Size).Scan(&out.Last)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("draw lines: %w", err)
		}
		for _, serial := range drawn(root, register, year, out.Last, min(n, drawMost)) {
			out.Nos = append(out.Nos, lineRef(centre, register, year, serial))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// drawn picks n of the numbers 1 to last: the i-th by SHA-256 of root, register,
// year and i, those that came before left out. In their order.
func drawn(root []byte, register string, year int, last int64, n int) []int64 {
	var out []int64
	for i := 0; len(out) < n && int64(len(out)) < last; i++ {
		sum := sha256.Sum256([]byte(base64.StdEncoding.EncodeToString(root) + "\n" + register + "\n" + strconv.Itoa(year) + "\n" + strconv.Itoa(i)))
		// Of 2^63 numbers: what the remainder favours nobody will notice.
		serial := int64(binary.BigEndian.Uint64(sum[:8])>>1)%last + 1
		if !slices.Contains(out, serial) {
			out = append(out, serial)
		}
	}
	slices.Sort(out)
	return out
}

// rootAt is the root that the book had at a size.
func (n nodes) rootAt(size int64) ([]byte, error) {
	ids := compact.RangeNodes(0, uint64(size), nil)
	hashes := make([][]byte, len(ids))
	for i, id := range ids {
		var err error
		if hashes[i], err = n.hash(id); err != nil {
			return nil, err
		}
	}
	r, err := ranges.NewRange(0, uint64(size), hashes)
	if err != nil {
		return nil, fmt.Errorf("root of a size: %w", err)
	}
	return r.GetRootHash(nil)
}
