package phone

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/transparency-dev/merkle/rfc6962"

	contract "kendra/mobile-contract"
)

// proveOwn finds every entered op of the handset in the trees of the newest
// checkpoints.
func (p *Phone) proveOwn(ctx context.Context) error {
	officers := p.Officers()
	for centre, items := range p.unproven() {
		seen, ok := p.Witnessed(centre)
		if !ok {
			continue
		}
		items = slices.DeleteFunc(items, func(it *item) bool { return *it.receipt.Seq > seen.Size })
		for len(items) > 0 {
			n := 1
			for n < len(items) && *items[n].receipt.Seq == *items[n-1].receipt.Seq+1 {
				n++
			}
			err := p.proveRun(ctx, officers, seen, items[:n])
			if errors.Is(err, errNobodyMay) {
				break
			}
			if err != nil {
				return fmt.Errorf("prove entries of %s: %w", centre, err)
			}
			items = items[n:]
		}
	}
	return nil
}

// unproven gives entered ops by centre, in the order of their numbers.
func (p *Phone) unproven() map[string][]*item {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string][]*item{}
	for _, it := range p.journal.in(entered) {
		r := it.receipt
		if r.Centre != nil && r.Seq != nil && *r.Seq > 0 {
			out[*r.Centre] = append(out[*r.Centre], it)
		}
	}
	for _, items := range out {
		slices.SortFunc(items, func(a, b *item) int { return cmp.Compare(*a.receipt.Seq, *b.receipt.Seq) })
	}
	return out
}

// proveRun proves neighbours together. If that fails they are tried one by
// one, to find which are wrong.
func (p *Phone) proveRun(ctx context.Context, officers []*Officer, seen Checkpoint, items []*item) error {
	leaves := make([][]byte, len(items))
	for i, it := range items {
		leaf, err := p.leafHash(it)
		if err != nil {
			return p.dispute(it, err, seen)
		}
		leaves[i] = leaf
	}
	from := *items[0].receipt.Seq
	first, err := pathOf(ctx, officers, seen, from)
	if err != nil {
		return err
	}
	last := first
	if len(items) > 1 {
		if last, err = pathOf(ctx, officers, seen, from+int64(len(items))-1); err != nil {
			return err
		}
	}
	err = checkRun(leaves, uint64(from-1), uint64(seen.Size), first, last, seen.Root)
	switch {
	case err != nil && len(items) == 1:
		return p.dispute(items[0], err, seen)
	case err != nil:
		for i := range items {
			if err := p.proveRun(ctx, officers, seen, items[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.ProofsVerified += len(items)
	return p.journal.proven(items)
}

func pathOf(ctx context.Context, officers []*Officer, seen Checkpoint, seq int64) ([][]byte, error) {
	err := ErrLoggedOut
	for _, o := range officers {
		var a contract.Proof
		err = o.call(ctx, request{method: http.MethodGet, path: "/v1/proofs", query: url.Values{
			"centre": {seen.Centre}, "seq": {strconv.FormatInt(seq, 10)}, "size": {strconv.FormatInt(seen.Size, 10)},
		}}, &a)
		if err == nil {
			return decodeHashes(a.Path)
		}
		// Another officer of the handset may have a post there.
		if !errors.Is(err, ErrLoggedOut) && !Refused(err, contract.CodeNotFound, contract.CodeForbidden) {
			return nil, err
		}
	}
	if Refused(err, contract.CodeNotFound, contract.CodeForbidden) {
		return nil, errNobodyMay
	}
	return nil, err
}

// errNobodyMay says that nobody logged in may ask for a proof; it has to wait
// for somebody who may.
var errNobodyMay = errors.New("nobody on the handset may see that book")

// dispute marks an op whose number the tree does not bear out.
func (p *Phone) dispute(it *item, why error, seen Checkpoint) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	it.state = disputed
	p.alarm(seen.Centre, *it.receipt.Seq, why.Error(), seen.Note)
	return p.state.write(p.o.Dir)
}

// leafHash rebuilds the leaf of an op from its bytes and its receipt.
func (p *Phone) leafHash(it *item) ([]byte, error) {
	op, _, err := contract.DecodeOp(it.raw)
	if err != nil {
		return nil, fmt.Errorf("read own op: %w", err)
	}
	r := it.receipt
	if r.At == nil || r.ReceivedAt == nil || r.RulesSeq == nil || r.OfficerID == nil || r.PostID == nil ||
		r.DeviceID == nil || r.CaseID == nil || r.Role == nil || r.Guarded == nil ||
		r.SealedHash == nil || r.LeafHash == nil || r.OpHash == nil {
		return nil, errors.New("the receipt lacks what the leaf needs")
	}
	device, district := p.place()
	hash := contract.HashOp(it.raw)
	switch {
	case *r.Centre != op.Centre:
		return nil, errors.New("the receipt names another book")
	case *r.DeviceID != device:
		return nil, errors.New("the receipt names another handset")
	case *r.OpHash != contract.Encode(hash[:]):
		return nil, errors.New("the receipt names another text of the op")
	}
	l := contract.Leaf{
		District: district, Centre: op.Centre, Seq: *r.Seq, OpID: op.ID, Kind: string(op.Kind), Role: *r.Role,
		CaseID: *r.CaseID, OfficerID: *r.OfficerID, PostID: *r.PostID, DeviceID: device, SessionID: op.SessionID,
		DeviceSeq: op.DeviceSeq, DeviceAt: op.DeviceAt, At: r.At.Time, ReceivedAt: r.ReceivedAt.Time,
		RulesSeq: *r.RulesSeq, SeenBy: r.SeenBy, Guarded: *r.Guarded, OpHash: hash,
		Facts: compactJSON(r.facts), Flags: compactJSON(r.flags), Lines: compactJSON(r.lines),
	}
	if l.Sig, err = contract.Decode(it.sig); err != nil {
		return nil, err
	}
	sealed, err := contract.Decode(*r.SealedHash)
	if err != nil || len(sealed) != len(l.SealedHash) {
		return nil, errors.New("the receipt's sealed_hash is no hash")
	}
	copy(l.SealedHash[:], sealed)
	for _, c := range r.Cells {
		cell, err := strconv.ParseUint(c, 16, 64)
		if err != nil {
			return nil, errors.New("the receipt has a cell that is none")
		}
		l.Cells = append(l.Cells, int64(cell))
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(l.Text())
	if contract.Encode(leaf) != *r.LeafHash {
		return nil, errors.New("the receipt's leaf is not that of the op")
	}
	return leaf, nil
}

// compactJSON takes out the spaces that a proxy may have put in.
func compactJSON(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return nil
	}
	return b.Bytes()
}
