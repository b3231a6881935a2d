package push

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

const (
	// schema holds the queue's tables, apart from ours.
	schema = "river"
	// queue is the one queue of this package.
	queue = "push"
	// ownAttempts bounds the runs of a job that fail by our own fault; sends that fail are snoozed instead.
	ownAttempts = 25
)

// insertOpts lets urgent jobs be taken first when there are more than workers.
func insertOpts(urgency string) *river.InsertOpts {
	priority := map[string]int{Urgent: 1, Soon: 2, Routine: 3}[urgency]
	return &river.InsertOpts{Queue: queue, MaxAttempts: ownAttempts, Priority: priority}
}

// Enqueuer puts notices into the queue, in transactions of others.
type Enqueuer struct {
	client *river.Client[pgx.Tx]
}

// New returns an Enqueuer. It holds no connection and need not be closed.
func New() (*Enqueuer, error) {
	client, err := river.NewClient(newDriver(nil), &river.Config{
		Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Schema: schema,
	})
	if err != nil {
		return nil, fmt.Errorf("push: make inserting client: %w", err)
	}
	return &Enqueuer{client: client}, nil
}

// Enqueue inserts one job a notice in the caller's transaction: the jobs exist if and only if it commits. The book
// hands each notice over once, so nothing here looks for repeats. Call Client.Wake after the commit.
func (e *Enqueuer) Enqueue(ctx context.Context, tx pgx.Tx, notices []Notice) error {
	if len(notices) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(notices))
	for i, n := range notices {
		if err := n.Check(); err != nil {
			return err
		}
		params[i] = river.InsertManyParams{Args: ticket{Notice: n}.args(), InsertOpts: insertOpts(n.Urgency)}
	}
	if _, err := e.client.InsertManyFastTx(ctx, tx, params); err != nil {
		return fmt.Errorf("push: insert jobs: %w", err)
	}
	return nil
}
