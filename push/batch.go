package push

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// batchTimeout bounds one shared call.
const batchTimeout = 10 * time.Second

// errPanicked hides the words of a panic, which could be anything.
var errPanicked = errors.New("panicked")

// batcher lets jobs that run at once share their calls to the database: what comes while a call is under way waits
// for it to end, and goes together in the next. An idle batcher calls at once.
type batcher[In, Out any] struct {
	// call answers for a batch of one district, in its order.
	call func(ctx context.Context, district int32, batch []In) ([]Out, error)

	mu      sync.Mutex
	waiting []*waiter[In, Out]
	busy    bool
}

type waiter[In, Out any] struct {
	district int32
	in       In
	out      Out
	err      error
	done     chan struct{}
}

// do gets the answer for in.
func (b *batcher[In, Out]) do(ctx context.Context, district int32, in In) (Out, error) {
	w := &waiter[In, Out]{district: district, in: in, done: make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, w)
	first := !b.busy
	b.busy = true
	b.mu.Unlock()
	if first {
		// A goroutine of its own: it works for others too, and must not end with this job.
		go b.drain(context.WithoutCancel(ctx))
	}
	select {
	case <-w.done:
		return w.out, w.err
	case <-ctx.Done():
		var none Out
		return none, ctx.Err()
	}
}

// drain calls until nobody waits.
func (b *batcher[In, Out]) drain(ctx context.Context) {
	for {
		b.mu.Lock()
		all := b.waiting
		b.waiting = nil
		b.busy = len(all) > 0
		b.mu.Unlock()
		if len(all) == 0 {
			return
		}
		slices.SortStableFunc(all, func(x, y *waiter[In, Out]) int { return int(x.district) - int(y.district) })
		for len(all) > 0 {
			n := 1
			for n < len(all) && all[n].district == all[0].district {
				n++
			}
			b.answer(ctx, all[:n])
			all = all[n:]
		}
	}
}

// answer makes one call and hands out what it brings.
func (b *batcher[In, Out]) answer(ctx context.Context, batch []*waiter[In, Out]) {
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	in := make([]In, len(batch))
	for i, w := range batch {
		in[i] = w.in
	}
	out, err := b.safely(ctx, batch[0].district, in)
	if err == nil && len(out) != len(in) {
		err = fmt.Errorf("%d answers to %d questions", len(out), len(in))
	}
	for i, w := range batch {
		if w.err = err; err == nil {
			w.out = out[i]
		}
		close(w.done)
	}
}

// safely keeps a panic of the call from ending the process: here no queue stands above to catch it.
func (b *batcher[In, Out]) safely(ctx context.Context, district int32, in []In) (out []Out, err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	return b.call(ctx, district, in)
}
