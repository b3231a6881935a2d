package book

import (
	"context"
	"slices"
	"sync"
	"time"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Incoming is a batch as it was received.
type Incoming struct {
	// ReceivedAt is the server's time, Offset what must be added to the
	// device's clock to get it.
	ReceivedAt time.Time
	Offset     time.Duration
	Items      []contract.Item
}

// Append is the only way into the book. It cuts a batch by centre, appends
// each part in one transaction, and answers each op by position. An error
// means that nothing is known about any op (unknown_outcome: send the same
// op_ids again) or that nothing was stored (overloaded, forbidden).
func (b *Book) Append(ctx context.Context, who staff.Caller, in Incoming) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, b.Deadline)
	defer cancel()
	drafts, err := b.receive(ctx, who, in)
	if err != nil {
		return nil, err
	}
	if err := b.append(ctx, who.District, drafts); err != nil {
		return nil, err
	}
	out := &Answer{Receipts: make([]Receipt, len(drafts))}
	for i, d := range drafts {
		out.Receipts[i] = d.receipt
		out.note(d.head)
	}
	return out, nil
}

// receive makes a draft of each op of a batch.
func (b *Book) receive(ctx context.Context, who staff.Caller, in Incoming) ([]*draft, error) {
	if who.OfficerID == [16]byte{} || who.DeviceID == [16]byte{} {
		return nil, refusal(contract.CodeForbidden, "")
	}
	in.ReceivedAt = in.ReceivedAt.UTC().Truncate(time.Millisecond)
	drafts := make([]*draft, len(in.Items))
	for i, item := range in.Items {
		drafts[i] = b.prepare(ctx, who, in, item)
		if err := drafts[i].err; err != nil {
			return nil, err
		}
		if k := drafts[i].kind; k != nil && k.fresh && !who.Fresh(b.Now()) { // nothing is stored: the same again, afterwards
			return nil, refusal(contract.CodeStepUp, "")
		}
	}
	return drafts, nil
}

// Answer is what became of a batch: a receipt for each op by position, and the
// heads of the books it touched.
type Answer struct {
	Receipts []Receipt
	Heads    []Head
}

// Head is the size and root of a book as a transaction left it.
type Head struct {
	Centre string
	Size   int64
	Root   []byte
}

func (a *Answer) note(h *Head) {
	if h == nil {
		return
	}
	for i := range a.Heads {
		if a.Heads[i].Centre == h.Centre {
			if h.Size > a.Heads[i].Size {
				a.Heads[i] = *h
			}
			return
		}
	}
	a.Heads = append(a.Heads, *h)
}

// append hands the drafts to the writers of their centres and waits for all.
func (b *Book) append(ctx context.Context, district int32, drafts []*draft) error {
	var order []string
	parts := map[string][]*draft{}
	for _, d := range drafts {
		if d.settled() {
			continue
		}
		if parts[d.op.Centre] == nil {
			order = append(order, d.op.Centre)
		}
		parts[d.op.Centre] = append(parts[d.op.Centre], d)
	}
	jobs := make([]*job, 0, len(order))
	for _, centre := range order {
		j := &job{ctx: ctx, writer: b.writer(district, centre), drafts: parts[centre], done: make(chan error, 1)}
		if err := j.writer.submit(j); err != nil {
			// What other centres took already stays; sent again it is a repeat.
			return err
		}
		jobs = append(jobs, j)
	}
	for _, j := range jobs {
		if err := b.await(ctx, j); err != nil {
			return err
		}
	}
	return b.noteDenied(ctx, district, drafts)
}

// await waits for a job. One that has not begun within the queue's patience is
// taken back: the phone is told at once that nothing of it was stored, instead
// of waiting for its deadline.
func (b *Book) await(ctx context.Context, j *job) error {
	patience := time.NewTimer(b.Patience)
	defer patience.Stop()
	select {
	case err := <-j.done:
		return err
	case <-patience.C:
		if j.writer.withdraw(j) {
			return contract.NewProblem(contract.CodeOverloaded)
		}
	case <-ctx.Done():
		return contract.NewProblem(contract.CodeUnknownOutcome)
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return contract.NewProblem(contract.CodeUnknownOutcome)
	}
}

// job is one request's ops for one centre.
type job struct {
	ctx    context.Context
	writer *writer
	drafts []*draft
	done   chan error
}

// cries tells whether all of it are calls for help: such a job waits behind nothing
// but another, and no queue is too long for it. What comes along with a call in one
// batch would overtake what the same phone sent before.
func (j *job) cries() bool {
	return len(j.drafts) > 0 && !slices.ContainsFunc(j.drafts, func(d *draft) bool { return d.op.Kind != contract.KindSosRaise })
}

// writer commits for one centre: batches that arrive while one transaction
// runs join the next (group commit).
type writer struct {
	book     *Book
	district int32
	centre   string

	mu      sync.Mutex
	queue   []*job
	ops     int
	running bool
}

func (b *Book) writer(district int32, centre string) *writer {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := bookKey{district, centre}
	w := b.writers[k]
	if w == nil {
		w = &writer{book: b, district: district, centre: centre}
		b.writers[k] = w
	}
	return w
}

// groupOps bounds one transaction, so that a long queue does not become one
// long lock.
const groupOps = 400

// submit queues a job, or says at once that the queue is full.
func (w *writer) submit(j *job) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := j.cries()
	if !first && w.ops > 0 && w.ops+len(j.drafts) > w.book.QueueOps {
		return contract.NewProblem(contract.CodeOverloaded)
	}
	if first {
		at := slices.IndexFunc(w.queue, func(o *job) bool { return !o.cries() })
		if at < 0 {
			at = len(w.queue)
		}
		w.queue = slices.Insert(w.queue, at, j)
	} else {
		w.queue = append(w.queue, j)
	}
	w.ops += len(j.drafts)
	if !w.running {
		w.running = true
		go w.run()
	}
	return nil
}

// withdraw takes a job back that is still in the queue.
func (w *writer) withdraw(j *job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := slices.Index(w.queue, j)
	if at < 0 {
		return false
	}
	w.queue = slices.Delete(w.queue, at, at+1)
	w.ops -= len(j.drafts)
	return true
}

// take removes the jobs of the next transaction from the queue.
func (w *writer) take() []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, ops := 0, 0
	for n < len(w.queue) && (n == 0 || ops+len(w.queue[n].drafts) <= groupOps) {
		ops += len(w.queue[n].drafts)
		n++
	}
	jobs := slices.Clone(w.queue[:n])
	w.queue = w.queue[n:]
	w.ops -= ops
	if n == 0 {
		w.queue, w.running = nil, false
	}
	return jobs
}

// run commits until the queue is empty. The work is not tied to one request:
// others wait for the same transaction.
func (w *writer) run() {
	for {
		w.book.turns <- struct{}{}
		jobs := w.take()
		if len(jobs) > 0 {
			w.commit(jobs)
		}
		<-w.book.turns
		if len(jobs) == 0 {
			return
		}
	}
}

func (w *writer) commit(jobs []*job) {
	var drafts []*draft
	var live []*job
	for _, j := range jobs {
		if j.ctx.Err() != nil { // its request has gone; nothing was begun
			j.done <- contract.NewProblem(contract.CodeUnknownOutcome)
			continue
		}
		live = append(live, j)
		drafts = append(drafts, j.drafts...)
	}
	if len(drafts) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), w.book.Deadline)
	defer cancel()
	err := w.attempt(ctx, drafts)
	if err != nil {
		w.book.Log.Error("append failed", "district", w.district, "centre", w.centre, "ops", len(drafts), "err", err)
		err = contract.NewProblem(contract.CodeUnknownOutcome)
	}
	for _, j := range live {
		j.done <- err
	}
}
