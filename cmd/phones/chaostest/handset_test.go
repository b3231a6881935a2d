package chaostest

import (
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"kendra/cmd/phones/fleet"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// handset is one phone that a test holds in its own hand.
type handset struct {
	*phone.Phone
	who     fleet.Officer
	officer *phone.Officer

	mu       sync.Mutex
	receipts map[uuid.UUID]contract.Receipt
}

// handset enrols a phone and lets the officer in and on duty. A call is tried
// once, so that a test sees each answer.
func (p *place) handset(who fleet.Officer, network http.RoundTripper) *handset {
	p.t.Helper()
	h := &handset{who: who, receipts: map[uuid.UUID]contract.Receipt{}}
	h.Phone = must[*phone.Phone](p.t)(phone.Open(phone.Options{
		Dir: filepath.Join(p.dir, "handsets", who.Number), Server: publicURL, Client: &http.Client{Transport: network}, Tries: 1,
		OnReceipt: func(_ contract.Kind, r contract.Receipt) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.receipts[*r.OpID] = r
		},
	}))
	p.t.Cleanup(func() { _ = h.Close() })
	ctx := p.t.Context()
	code := must[string](p.t)(p.world.EnrolCode(ctx, who.Centre))
	pin := fleet.PINOf(who.Number)
	for _, step := range []func() error{
		func() error { return h.Enrol(ctx, code) },
		func() error { return h.SetPIN(ctx, who.Number, who.Activation, pin) },
		func() (err error) {
			h.officer, err = h.LogIn(ctx, who.Number, pin)
			return err
		},
		func() error { return h.officer.PushToken(ctx, "token-"+who.Number) },
		func() error { _, err := h.record(contract.KindDutyStart, contract.DutyStart{}); return err },
		func() error { return h.Sync(ctx) },
	} {
		if err := step(); err != nil {
			p.t.Fatal(err)
		}
	}
	return h
}

func (h *handset) record(kind contract.Kind, body any) (uuid.UUID, error) {
	return h.officer.RecordAt(h.who.Centre, kind, body, nil)
}

func (h *handset) visit() (uuid.UUID, error) {
	now := time.Now()
	return h.record(contract.KindVisitRecord, contract.VisitRecord{
		StartedAt: contract.At(now.Add(-time.Minute)), EndedAt: contract.At(now), PlaceType: "village", Women: 12, Girls: 3,
	})
}

// outcome is what the handset was last told of an op.
func (h *handset) outcome(op uuid.UUID) contract.Receipt {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.receipts[op]
}

// those are the officers with a role at a centre.
func (p *place) those(role contract.Role, centre string) []fleet.Officer {
	p.t.Helper()
	out := slices.DeleteFunc(slices.Clone(p.world.Officers), func(o fleet.Officer) bool { return o.Role != role || o.Centre != centre })
	if len(out) == 0 {
		p.t.Fatalf("nobody is %s at %s", role, centre)
	}
	return out
}

// acked are the receipts of handsets, as the checker takes them.
func acked(handsets ...*handset) (out []fleet.Acked) {
	for _, h := range handsets {
		h.mu.Lock()
		for id, r := range h.receipts {
			if r.Outcome == contract.OutcomeEntered {
				out = append(out, fleet.Acked{
					OpID: id, Centre: *r.Centre, Seq: *r.Seq, OpHash: *r.OpHash, LeafHash: *r.LeafHash, Lines: r.Lines,
				})
			}
		}
		h.mu.Unlock()
	}
	return out
}

// insist syncs until it goes through.
func (h *handset) insist(ctx context.Context, limit time.Duration) error {
	for over := time.Now().Add(limit); ; time.Sleep(100 * time.Millisecond) {
		err := h.Sync(ctx)
		if err == nil || time.Now().After(over) {
			return err
		}
	}
}
