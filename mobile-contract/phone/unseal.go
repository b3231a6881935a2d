package phone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// Unsealed is what became of a read: the op, its receipt and the plain values by
// pointer. They are for the screen: the handset keeps them nowhere.
type Unsealed struct {
	OpID    uuid.UUID
	Receipt contract.Receipt
	Fields  map[string]json.RawMessage
}

// String names the op and no value, so that no log gets one by accident.
func (u Unsealed) String() string { return "read " + u.OpID.String() }

// GoString is String.
func (u Unsealed) GoString() string { return u.String() }

// ErrNoSuchRead says that the handset has no read of that id any more.
var ErrNoSuchRead = errors.New("no such read")

// Unseal reads sealed fields of an entry, with a reason. The op is on disk before
// it is sent, like any other, but it is sent alone: only that answer has the plain
// text. What waits goes first, since it may be what is read.
//
// A cut connection neither loses nor doubles the read. While no answer came, the
// same bytes are sent again and get the same receipt. When all tries are spent the
// op stays in the outbox: UnsealAgain asks for its text, and the next Sync brings
// it into the book if nobody asks, since she may have read what was on the way.
func (o *Officer) Unseal(ctx context.Context, centre string, what contract.IdentityRead) (Unsealed, error) {
	o.p.sending.Lock()
	defer o.p.sending.Unlock()
	if err := o.p.send(ctx, everyOp); err != nil {
		return Unsealed{}, fmt.Errorf("unseal: %w", err)
	}
	id, err := o.RecordAt(centre, contract.KindIdentityRead, what, nil)
	if err != nil {
		return Unsealed{}, fmt.Errorf("unseal: %w", err)
	}
	return o.read(ctx, id)
}

// UnsealAgain asks again for the text of a read whose answer was lost. The server
// gives it for ten minutes; after that there is the receipt alone.
func (o *Officer) UnsealAgain(ctx context.Context, id uuid.UUID) (Unsealed, error) {
	o.p.sending.Lock()
	defer o.p.sending.Unlock()
	return o.read(ctx, id)
}

// read sends one read that is in the journal.
func (o *Officer) read(ctx context.Context, id uuid.UUID) (Unsealed, error) {
	p, out := o.p, Unsealed{OpID: id}
	p.mu.Lock()
	it := p.journal.byID[id]
	p.mu.Unlock()
	if it == nil || it.kind != contract.KindIdentityRead {
		return out, fmt.Errorf("unseal: %w", ErrNoSuchRead)
	}
	var a struct {
		Receipt json.RawMessage            `json:"receipt"`
		Fields  map[string]json.RawMessage `json:"fields"`
	}
	var refusal error
	err := p.retry(ctx, func() error {
		p.count(func(s *Stats) { s.Sent++ })
		got, err := o.authorised(ctx, request{method: http.MethodPost, path: "/v1/unseal", body: appendItem(nil, it)})
		if isOfTheOp(err) {
			refusal = err
			return nil
		}
		if err != nil {
			return err
		}
		return got.into(&a)
	})
	if err != nil {
		return out, fmt.Errorf("unseal: %w", err)
	}
	if refusal != nil {
		return out, errors.Join(fmt.Errorf("unseal: %w", refusal), p.setAside(it, refusal))
	}
	r, err := parseReceipt(a.Receipt)
	if err != nil {
		return out, fmt.Errorf("unseal: %w", err)
	}
	if r.OpID == nil || *r.OpID != id {
		return out, fmt.Errorf("unseal: the receipt is not that of op %s", id)
	}
	if p.settledAlready(it) {
		p.count(func(s *Stats) { s.Repeated++ })
	} else if err := p.take(map[*item]*receipt{it: r}); err != nil {
		return out, fmt.Errorf("unseal: %w", err)
	}
	out.Receipt, out.Fields = r.Receipt, a.Fields
	return out, nil
}

// isOfTheOp tells the refusal of the op, which points into it, from that of the
// call: only the first is its receipt.
func isOfTheOp(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && (strings.HasPrefix(r.Pointer, "/op") || r.Pointer == "/sig")
}

// settledAlready tells whether a sync has brought an op's receipt before.
func (p *Phone) settledAlready(it *item) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return it.state == entered || it.state == proven
}
