package book

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// A file of beats or places may be entered by an officer, too, for her own station: by
// ops of hers, all of them or none. Between the look at the plan and the entering
// nothing of it is kept here: the file comes again, and what it would do must be what
// was looked at, which the digest of the plan says.

// WholeMost is how many ops are entered as one: a station has rarely more.
const WholeMost = groundTransaction

// GroundDeed is an op that a plan makes.
type GroundDeed struct {
	Line int // 0: the file does not have it
	Kind contract.Kind
	Body any
}

// Deeds are the ops of a plan, in its order.
func (p *GroundPlan) Deeds() []GroundDeed {
	var out []GroundDeed
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.What == GroundSame {
			continue
		}
		for _, op := range c.ops(time.Time{}) {
			out = append(out, GroundDeed{Line: c.Line, Kind: contract.Kind(op.Kind), Body: op.Body})
		}
	}
	return out
}

// Digest says what a plan does, and what is wrong with its file: two of the same digest
// do the same to the same book.
func (p *GroundPlan) Digest() (string, error) {
	text, err := json.Marshal(struct {
		Kind  string
		Deeds []GroundDeed
		Wrong int
	}{p.Kind, p.Deeds(), len(p.Wrong) + p.more})
	if err != nil {
		return "", fmt.Errorf("digest of a plan: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Parted is why a batch that is entered as one was not: the first of its ops that the
// book does not take, by position.
type Parted struct {
	At      int
	Problem *contract.Problem // nil: it would have waited for another
}

// Error tells it.
func (p *Parted) Error() string { return fmt.Sprintf("op %d is not entered", p.At) }

// Unwrap gives the refusal.
func (p *Parted) Unwrap() error {
	if p.Problem == nil {
		return nil
	}
	return p.Problem
}

// parted finds the first draft that is not entered, where all are to be.
func (r *release) parted(drafts []*draft) error {
	if !r.whole {
		return nil
	}
	for i, d := range drafts {
		if d.receipt.Outcome != Entered {
			return &Parted{At: i, Problem: d.receipt.Problem}
		}
	}
	return nil
}

// errOneBook is a batch that is to be entered as one and belongs to several books.
var errOneBook = errors.New("ops that are entered as one belong to one book, and are not too many")

// AppendWhole appends ops of one officer to one book in one transaction: all are entered,
// or none is and Parted says why. It waits for its turn as others do, and joins no
// transaction of theirs, since its own may be taken back.
func (b *Book) AppendWhole(ctx context.Context, who staff.Caller, in Incoming) (*Answer, error) {
	drafts, err := b.receive(ctx, who, in)
	if err != nil {
		return nil, err
	}
	if len(drafts) == 0 || len(drafts) > WholeMost {
		return nil, errOneBook
	}
	for i, d := range drafts {
		if d.settled() {
			return nil, &Parted{At: i, Problem: d.receipt.Problem}
		}
		if d.op.Centre != drafts[0].op.Centre {
			return nil, errOneBook
		}
	}
	select {
	case b.turns <- struct{}{}:
		defer func() { <-b.turns }()
	case <-ctx.Done():
		return nil, contract.NewProblem(contract.CodeOverloaded)
	}
	if err := b.transactWith(ctx, who.District, drafts[0].op.Centre, drafts, &release{whole: true}); err != nil {
		return nil, err
	}
	out := &Answer{Receipts: make([]Receipt, len(drafts))}
	for i, d := range drafts {
		out.Receipts[i] = d.receipt
		out.note(d.head)
	}
	return out, nil
}
