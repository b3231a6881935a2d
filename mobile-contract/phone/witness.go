package phone

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	contract "kendra/mobile-contract"
)

// mostOwed bounds what a server that never stops growing can make us remember.
const mostOwed = 16

// witnessed is what the handset has seen of one centre's book.
type witnessed struct {
	Size int64  `json:"size"`
	Root []byte `json:"root"`
	Note string `json:"note"`
	// Owed are signed notes that came with receipts and have not yet been shown
	// to be of the same book.
	Owed []string `json:"owed,omitempty"`
}

// Checkpoint is what a signed note says.
type Checkpoint struct {
	Centre string
	Size   int64
	Root   []byte
	Note   string
}

// OpenCheckpoint checks the signature of a note and reads it.
func OpenCheckpoint(text string, district int32, centre string, verifierKeys []string) (Checkpoint, error) {
	var known []note.Verifier
	for _, k := range verifierKeys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return Checkpoint{}, fmt.Errorf("open checkpoint: %w", err)
		}
		known = append(known, v)
	}
	n, err := note.Open([]byte(text), note.VerifierList(known...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("open checkpoint: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != fmt.Sprintf("kendra/%d/%s", district, centre) {
		return Checkpoint{}, errors.New("open checkpoint: it is of another book")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, errors.New("open checkpoint: its size is no number")
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != sha256.Size {
		return Checkpoint{}, errors.New("open checkpoint: its root is no hash")
	}
	return Checkpoint{Centre: centre, Size: size, Root: root, Note: text}, nil
}

// follows checks that the book of next begins with that of c.
func (c Checkpoint) follows(next Checkpoint, path [][]byte) error {
	switch {
	case c.Size == 0:
		return nil
	case next.Size < c.Size:
		return errors.New("the book has become shorter")
	case next.Size == c.Size:
		if !bytes.Equal(c.Root, next.Root) {
			return errors.New("one size has two roots")
		}
		return nil
	}
	return proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(c.Size), uint64(next.Size), path, c.Root, next.Root)
}

func (w *witnessed) checkpoint(centre string) Checkpoint {
	return Checkpoint{Centre: centre, Size: w.Size, Root: w.Root, Note: w.Note}
}

// checkRun checks that consecutive leaves, the first at index from, are in the
// tree of size and root. first and last are the inclusion paths of the outer
// two; what lies between follows from the leaves themselves.
func checkRun(leaves [][]byte, from, size uint64, first, last [][]byte, root []byte) error {
	r := run{leaves: leaves, from: from, to: from + uint64(len(leaves))}
	if len(leaves) == 0 || r.to > size {
		return errors.New("the leaves are not in a tree of that size")
	}
	got, err := r.hash(0, size, first, last)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, root) {
		return errors.New("the leaves lead to another root")
	}
	return nil
}

// run is leaves [from, to) of a tree.
type run struct {
	leaves   [][]byte
	from, to uint64
}

var errPath = errors.New("the path has the wrong length")

// hash is that of the subtree over leaves [lo, hi), which holds a leaf of the
// run. The paths are the rest, from the leaf up, of those of the run's first
// and last leaf; nil for one that is not in the subtree.
func (r run) hash(lo, hi uint64, first, last [][]byte) ([]byte, error) {
	if hi-lo == 1 {
		if len(first) > 0 || len(last) > 0 {
			return nil, errPath
		}
		return r.leaves[lo-r.from], nil
	}
	mid := lo + uint64(1)<<(bits.Len64(hi-lo-1)-1)
	hasFirst, hasLast := lo <= r.from && r.from < hi, lo < r.to && r.to <= hi
	var besideFirst, besideLast []byte
	var err error
	if hasFirst {
		if first, besideFirst, err = top(first); err != nil {
			return nil, err
		}
	}
	if hasLast {
		if last, besideLast, err = top(last); err != nil {
			return nil, err
		}
	}
	left, right := besideFirst, besideLast
	if r.from < mid { // the run reaches into the left half
		if left, err = r.half(lo, mid, first, last); err != nil {
			return nil, err
		}
	}
	if r.to > mid {
		if right, err = r.half(mid, hi, first, last); err != nil {
			return nil, err
		}
	}
	return rfc6962.DefaultHasher.HashChildren(left, right), nil
}

// half hands down the paths of those ends of the run that the half holds.
func (r run) half(lo, hi uint64, first, last [][]byte) ([]byte, error) {
	if r.from < lo || r.from >= hi {
		first = nil
	}
	if r.to <= lo || r.to > hi {
		last = nil
	}
	return r.hash(lo, hi, first, last)
}

func top(path [][]byte) (rest [][]byte, hash []byte, err error) {
	if len(path) == 0 {
		return nil, nil, errPath
	}
	return path[:len(path)-1], path[len(path)-1], nil
}

// owe remembers the checkpoints that came with receipts.
func (p *Phone) owe(notes []contract.CentreCheckpoint) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range notes {
		c, err := OpenCheckpoint(n.Note, p.state.District, n.Centre, p.state.Verifiers)
		if err != nil {
			p.alarm(n.Centre, 0, err.Error(), n.Note)
			continue
		}
		w := p.witness(n.Centre)
		if c.Size > 0 && !slices.Contains(w.Owed, n.Note) && len(w.Owed) < mostOwed && n.Note != w.Note {
			w.Owed = append(w.Owed, n.Note)
		}
	}
	return p.state.write(p.o.Dir)
}

// witness gives what is known of a book. The caller holds the lock.
func (p *Phone) witness(centre string) *witnessed {
	w, ok := p.state.Witness[centre]
	if !ok {
		w = &witnessed{}
		p.state.Witness[centre] = w
	}
	return w
}

// mostAlarms is how many are kept; the first ones tell most.
const mostAlarms = 100

// alarm counts and keeps something that does not fit. The caller holds the
// lock and writes the state.
func (p *Phone) alarm(centre string, seq int64, what string, notes ...string) {
	p.stats.ProofsFailed++
	if len(p.state.Alarms) < mostAlarms {
		p.state.Alarms = append(p.state.Alarms, Alarm{
			Centre: centre, Seq: seq, What: what, At: contract.At(p.o.Now().Add(p.offset)), Notes: notes,
		})
	}
}

// Witnessed gives the newest checkpoint of a centre's book that fits all those
// before it.
func (p *Phone) Witnessed(centre string) (Checkpoint, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w, ok := p.state.Witness[centre]
	if !ok || w.Note == "" {
		return Checkpoint{}, false
	}
	return w.checkpoint(centre), true
}

// advance checks a page's checkpoint against the newest one and takes it.
func (p *Phone) advance(page contract.FeedPage, from Checkpoint) error {
	path, err := decodeHashes(page.Consistency)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	next, err := OpenCheckpoint(page.Checkpoint, p.state.District, page.Centre, p.state.Verifiers)
	if err == nil && next.Size != page.Size {
		err = errors.New("the page and its checkpoint have different sizes")
	}
	if err == nil {
		err = from.follows(next, path)
	}
	if err != nil {
		p.alarm(page.Centre, 0, err.Error(), from.Note, page.Checkpoint)
		return errors.Join(ErrNotTheSameBook, p.state.write(p.o.Dir))
	}
	p.stats.CheckpointsVerified++
	w := p.witness(page.Centre)
	if next.Size > w.Size || w.Note == "" {
		w.Size, w.Root, w.Note = next.Size, next.Root, next.Note
	}
	return nil
}

// ErrNotTheSameBook says that a checkpoint does not fit one seen before.
var ErrNotTheSameBook = errors.New("the checkpoint does not fit the one before")

func decodeHashes(texts []string) ([][]byte, error) {
	out := make([][]byte, len(texts))
	for i, t := range texts {
		b, err := contract.Decode(t)
		if err != nil || len(b) != sha256.Size {
			return nil, errors.New("read proof: not a hash")
		}
		out[i] = b
	}
	return out, nil
}
