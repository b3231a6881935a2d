package phone

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// opText is an op as it is written, kind near the front.
type opText struct {
	OpID      uuid.UUID       `json:"op_id"`
	Kind      contract.Kind   `json:"kind"`
	Centre    string          `json:"centre"`
	SessionID uuid.UUID       `json:"session_id"`
	DeviceSeq int64           `json:"device_seq"`
	DeviceAt  contract.Time   `json:"device_at"`
	Place     *contract.Place `json:"place,omitempty"`
	Salt      string          `json:"salt"`
	Body      any             `json:"body"`
}

// Record saves an op for the book of the officer's own centre. When it returns
// the op is on disk and will reach the book.
func (o *Officer) Record(kind contract.Kind, body any, place *contract.Place) (uuid.UUID, error) {
	s, err := o.session()
	if err != nil {
		return uuid.Nil, fmt.Errorf("record %s: %w", kind, err)
	}
	if len(s.Posts) == 0 {
		return uuid.Nil, fmt.Errorf("record %s: the officer has no post", kind)
	}
	return o.RecordAt(s.Posts[0].Centre, kind, body, place)
}

// RecordAt saves an op for a centre's book. One that the contract does not
// allow is a *contract.Violation and is not saved.
func (o *Officer) RecordAt(centre string, kind contract.Kind, body any, place *contract.Place) (uuid.UUID, error) {
	s, err := o.session()
	if err != nil {
		return uuid.Nil, fmt.Errorf("record %s: %w", kind, err)
	}
	op := opText{Kind: kind, Centre: centre, SessionID: s.ID, Place: place, Body: body}
	now := o.p.o.Now()
	op.DeviceAt = contract.At(now)
	if op.OpID, err = NewID(now, o.p.o.Random); err != nil {
		return uuid.Nil, fmt.Errorf("record %s: %w", kind, err)
	}
	if op.Salt, err = NewSalt(o.p.o.Random); err != nil {
		return uuid.Nil, fmt.Errorf("record %s: %w", kind, err)
	}
	if err := o.save(op); err != nil {
		return uuid.Nil, fmt.Errorf("record %s: %w", kind, err)
	}
	return op.OpID, nil
}

// save numbers, checks, signs and keeps an op, one at a time.
func (o *Officer) save(op opText) error {
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	op.DeviceSeq = o.p.journal.next
	raw, err := json.Marshal(op)
	if err != nil {
		return err
	}
	if _, _, err := contract.DecodeOp(raw); err != nil {
		return err
	}
	sig, err := contract.SignES256(o.key, contract.OpMessage(contract.HashOp(raw)))
	if err != nil {
		return err
	}
	it := &item{id: op.OpID, seq: op.DeviceSeq, kind: op.Kind, raw: raw, sig: contract.Encode(sig)}
	if err := o.p.journal.save(it); err != nil {
		return err
	}
	o.p.stats.Recorded++
	return nil
}
