package history

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// act is an op that an officer makes. What follows from it is told when the
// answer comes: yes when it was entered, no when it was refused.
type act struct {
	by    *officer
	kind  contract.Kind
	body  any
	place *contract.Place
	at    string // centre, if not that of his post
	yes   func(e *book.Entry) error
	no    func(code contract.Code) error
}

// written is an op that was signed and waits on its handset.
type written struct {
	act
	id   uuid.UUID
	item contract.Item
}

// opText is an op as a phone writes it.
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

// says is a time as the officer's handset has it.
func (o *officer) says(at time.Time) contract.Time { return contract.At(at.Add(-o.handset.offset)) }

// saysPtr is says for optional fields.
func (o *officer) saysPtr(at time.Time) *contract.Time { return ptr(o.says(at)) }

// do records an op on the officer's handset at the time of the event.
func (s *sim) do(a act) uuid.UUID {
	o, h := a.by, a.by.handset
	h.seq++
	w := &written{act: a, id: sevenAt(s.at)}
	op := opText{
		OpID: w.id, Kind: a.kind, Centre: a.at, SessionID: o.session, DeviceSeq: h.seq, DeviceAt: o.says(s.at), Place: a.place,
		Salt: salt(), Body: s.plan.Mark(a.kind, a.body),
	}
	if op.Centre == "" {
		op.Centre = o.station.code
	}
	raw, err := json.Marshal(op)
	if err != nil {
		s.failed = errors.Join(s.failed, fmt.Errorf("write %s: %w", a.kind, err))
		return w.id
	}
	sig, err := contract.SignES256(o.key, contract.OpMessage(contract.HashOp(raw)))
	s.failed = errors.Join(s.failed, err)
	w.item = contract.Item{Raw: raw, Sig: contract.Encode(sig)}
	h.held = append(h.held, w)
	return w.id
}

func salt() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return contract.Encode(b)
}

// sevenAt is a UUIDv7 of a time of the history.
func sevenAt(at time.Time) uuid.UUID {
	id := uuid.New()
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = id[6]&0x0f | 0x70
	return id
}

// traffic is what a station sent in a quarter, with its answers.
type traffic struct {
	sent    []*written
	answers []book.Receipt
	err     error
}

// mostOps is how many ops a phone sends at once.
const mostOps = 100

// flush sends what handsets with a network hold, the stations side by side, and
// then reads the answers in their order.
func (s *sim) flush(ctx context.Context) error {
	s.send(ctx, s.hq)
	var wg sync.WaitGroup
	for _, st := range s.stations {
		wg.Go(func() { s.send(ctx, st) })
	}
	wg.Wait()
	for _, st := range append([]*station{s.hq}, s.stations...) {
		t := st.talk
		st.talk = &traffic{}
		if t.err != nil {
			return fmt.Errorf("send from %s: %w", st.code, t.err)
		}
		for i, w := range t.sent {
			if err := s.answered(w, t.answers[i]); err != nil {
				return fmt.Errorf("after %s: %w", w.kind, err)
			}
		}
		if st == s.hq && len(t.sent) > 0 { // perhaps a rule was changed
			if err := s.site.Book.LoadRules(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// send empties the handsets of a station that have a network.
func (s *sim) send(ctx context.Context, st *station) {
	now := s.site.Clock.Now()
	for _, h := range st.handsets {
		if !h.online && !h.reach {
			continue
		}
		h.reach = false
		for len(h.held) > 0 && st.talk.err == nil {
			part := h.held[:min(len(h.held), mostOps)]
			h.held = h.held[len(part):]
			st.talk.post(ctx, s.site, h, part, now)
		}
	}
}

// mostTries is how often a batch is sent whose fate is not known.
const mostTries = 5

func (t *traffic) post(ctx context.Context, site *Site, h *handset, part []*written, now time.Time) {
	in := book.Incoming{ReceivedAt: now, Offset: h.offset}
	for _, w := range part {
		in.Items = append(in.Items, w.item)
	}
	o := part[0].by
	who := staff.Caller{District: site.District, OfficerID: o.id, DeviceID: h.id, SessionID: o.session}
	for n := 1; ; n++ {
		answer, err := site.Book.Append(ctx, who, in)
		var p *contract.Problem
		switch {
		case err == nil:
			t.sent, t.answers = append(t.sent, part...), append(t.answers, answer.Receipts...)
			return
		case n == mostTries || ctx.Err() != nil || !errors.As(err, &p):
			t.err = err
			return
		}
	}
}

// answered takes the answer to an op.
func (s *sim) answered(w *written, r book.Receipt) error {
	switch r.Outcome {
	case book.Entered:
		s.sum.Entered++
		if w.yes != nil {
			return w.yes(r.Entry)
		}
	case book.Held:
		s.sum.Held++
	default:
		s.sum.Refused++
		code := r.Problem.Code
		s.sum.refused(string(w.kind), string(code), r.Problem.Pointer)
		if w.no != nil {
			return w.no(code)
		}
	}
	return nil
}
