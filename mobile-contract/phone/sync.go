package phone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	contract "kendra/mobile-contract"
)

const (
	mostItems = 200
	// mostBytes leaves room for the rest of the batch under 1 MiB.
	mostBytes = 1<<20 - 1<<10
	// itemBytes is what an item costs beside its op.
	itemBytes = 110
)

// Sync sends what waits, reads the feeds of all who are logged in, and checks
// what the server says. It may fail anywhere and be called again.
func (p *Phone) Sync(ctx context.Context) error {
	p.sending.Lock()
	defer p.sending.Unlock()
	p.count(func(s *Stats) { s.Syncs++ })
	if err := p.send(ctx, everyOp); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	var failures []error
	for _, o := range p.Officers() {
		if err := o.readFeeds(ctx); err != nil {
			failures = append(failures, err)
		}
	}
	if p.asked() {
		failures = append(failures, p.send(ctx, everyOp))
	}
	if len(failures) == 0 {
		failures = append(failures, p.proveOwn(ctx))
	}
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// Hurry sends calls for help, alone and first, then the steps of tasks and what
// answers a call: they may overtake what waits before them.
func (p *Phone) Hurry(ctx context.Context) error {
	p.sending.Lock()
	defer p.sending.Unlock()
	if err := p.send(ctx, isStep); err != nil {
		return fmt.Errorf("hurry: %w", err)
	}
	return nil
}

func everyOp(*item) bool { return true }

func isStep(it *item) bool {
	switch it.kind {
	case contract.KindTaskReceive, contract.KindTaskSee, contract.KindTaskAccept, contract.KindTaskDecline,
		contract.KindTaskDepart, contract.KindTaskArrive, contract.KindTaskDone, contract.KindSosAnswer, contract.KindSosEnd:
		return true
	}
	return false
}

func (p *Phone) waiting(which func(*item) bool) []*item {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.journal.waiting(which)
}

func (p *Phone) asked() bool {
	return len(p.waiting(func(it *item) bool { return it.asking })) > 0
}

// isSOS finds calls for help: they go before all else, and nothing goes with them
// that could be refused or make them slow.
func isSOS(it *item) bool { return it.kind == contract.KindSosRaise }

// send empties the outbox of some ops, calls for help before all others.
func (p *Phone) send(ctx context.Context, which func(*item) bool) error {
	if err := p.empty(ctx, isSOS); err != nil {
		return err
	}
	return p.empty(ctx, which)
}

// empty sends batch by batch, by the tokens of whoever is logged
// in. A batch that the server will not take as a whole is halved until the op
// that is the reason stands alone, and that one is set aside.
func (p *Phone) empty(ctx context.Context, which func(*item) bool) error {
	most := mostItems
	for {
		batch := cutBatch(p.waiting(which), most)
		if len(batch) == 0 {
			return nil
		}
		err := p.sendBatch(ctx, batch)
		switch {
		case err == nil:
			most = mostItems
		case notAsSuch(err) && len(batch) > 1:
			most = len(batch) / 2
		case notAsSuch(err):
			if err := p.setAside(batch[0], err); err != nil {
				return err
			}
			most = mostItems
		default:
			return err
		}
	}
}

func cutBatch(waiting []*item, most int) []*item {
	size := 0
	for i, it := range waiting {
		size += len(it.raw) + itemBytes
		if i == most || (size > mostBytes && i > 0) {
			return waiting[:i]
		}
	}
	return waiting
}

// notAsSuch tells whether the batch was refused for what it says.
func notAsSuch(err error) bool {
	var r *Refusal
	if !errors.As(err, &r) {
		return false
	}
	switch r.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// setAside turns the refusal of a batch of one into that op's receipt.
func (p *Phone) setAside(it *item, why error) error {
	var r *Refusal
	if !errors.As(why, &r) {
		return why
	}
	raw, err := json.Marshal(contract.Receipt{OpID: &it.id, Outcome: contract.OutcomeRefused, Problem: &r.ProblemJSON})
	if err != nil {
		return err
	}
	rec, err := parseReceipt(raw)
	if err != nil {
		return err
	}
	return p.take(map[*item]*receipt{it: rec})
}

// opsAnswer is contract.OpsAnswer with the receipts as they stand.
type opsAnswer struct {
	Receipts       []json.RawMessage           `json:"receipts"`
	Checkpoints    []contract.CentreCheckpoint `json:"checkpoints"`
	ServerTime     contract.Time               `json:"server_time"`
	NextSyncAfterS int                         `json:"next_sync_after_s"`
}

func (p *Phone) sendBatch(ctx context.Context, batch []*item) error {
	var a opsAnswer
	var sent time.Time
	err := p.bySomebody(ctx, func(o *Officer) error {
		return p.retry(ctx, func() error {
			sent = p.o.Now()
			p.count(func(s *Stats) { s.Sent += len(batch) })
			got, err := o.authorised(ctx, request{method: http.MethodPost, path: "/v1/ops", body: batchText(batch, sent)})
			if err != nil {
				return err
			}
			return got.into(&a)
		})
	})
	if err != nil {
		return err
	}
	if len(a.Receipts) != len(batch) {
		return fmt.Errorf("%d receipts for %d ops", len(a.Receipts), len(batch))
	}
	answers := make(map[*item]*receipt, len(batch))
	for i, raw := range a.Receipts {
		r, err := parseReceipt(raw)
		if err != nil {
			return err
		}
		if r.OpID == nil || *r.OpID != batch[i].id {
			return fmt.Errorf("receipt %d is not that of op %s", i, batch[i].id)
		}
		answers[batch[i]] = r
	}
	p.mu.Lock()
	p.measure(a.ServerTime.Time, sent)
	p.next = time.Duration(a.NextSyncAfterS) * time.Second
	p.mu.Unlock()
	if err := p.take(answers); err != nil {
		return err
	}
	return p.owe(a.Checkpoints)
}

// bySomebody tries officer after officer until one's session is still good:
// the handset speaks, whoever holds it.
func (p *Phone) bySomebody(_ context.Context, f func(*Officer) error) error {
	err := ErrLoggedOut
	for _, o := range p.Officers() {
		if err = f(o); !errors.Is(err, ErrLoggedOut) {
			return err
		}
	}
	return err
}

// batchText writes a batch so that the ops stand in it byte for byte.
func batchText(batch []*item, sent time.Time) []byte {
	b := append([]byte(`{"sent_at":"`), contract.At(sent).String()...)
	b = append(b, `","items":[`...)
	for i, it := range batch {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendItem(b, it)
	}
	return append(b, "]}"...)
}

// appendItem writes an op as it was signed, with its signature.
func appendItem(b []byte, it *item) []byte {
	b = append(append(b, `{"op":`...), it.raw...)
	b = append(append(b, `,"sig":"`...), it.sig...)
	return append(b, `"}`...)
}

// take keeps receipts and counts them.
func (p *Phone) take(answers map[*item]*receipt) error {
	p.mu.Lock()
	was := make(map[*item]itemState, len(answers))
	for it := range answers {
		was[it] = it.state
	}
	if err := p.journal.settle(answers); err != nil {
		p.mu.Unlock()
		return err
	}
	for it, r := range answers {
		if r.Repeated {
			p.stats.Repeated++
		}
		if was[it] == it.state {
			continue // still held
		}
		switch it.state {
		case entered:
			p.stats.Entered++
		case held:
			p.stats.Held++
		default:
			p.stats.Refused++
		}
	}
	p.mu.Unlock()
	for it, r := range answers {
		p.o.OnReceipt(it.kind, r.Receipt)
	}
	return nil
}
