package push

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// quietDriver is the queue's PostgreSQL driver without LISTEN and NOTIFY. See the package comment for why the
// inserting transaction must not notify. Its listener hears Wake instead, inside the process.
type quietDriver struct {
	*riverpgxv5.Driver
	wake *waker
}

// newDriver makes a driver; pool is nil for a client that only inserts into transactions of others.
func newDriver(pool *pgxpool.Pool) *quietDriver {
	return &quietDriver{Driver: riverpgxv5.New(pool), wake: &waker{rung: make(chan struct{}, 1)}}
}

// SupportsListenNotify keeps the client from sending NOTIFY in anybody's transaction.
func (d *quietDriver) SupportsListenNotify() bool { return false }

// SupportsListener makes the client use the listener below.
func (d *quietDriver) SupportsListener() bool { return true }

// GetListener gives the in-process listener.
func (d *quietDriver) GetListener(p *riverdriver.GetListenenerParams) riverdriver.Listener {
	return &listener{wake: d.wake, schema: p.Schema}
}

// waker is a bell: ringing it many times before somebody listens counts once.
type waker struct {
	rung chan struct{}
}

func (w *waker) ring() {
	select {
	case w.rung <- struct{}{}:
	default:
	}
}

// insertTopic is the topic on which a client expects to hear of new jobs.
const insertTopic = "river_insert"

// listener tells the client of new jobs in the push queue whenever the bell rings.
type listener struct {
	wake   *waker
	schema string
}

func (l *listener) Close(context.Context) error            { return nil }
func (l *listener) Connect(context.Context) error          { return nil }
func (l *listener) Listen(context.Context, string) error   { return nil }
func (l *listener) Ping(context.Context) error             { return nil }
func (l *listener) Unlisten(context.Context, string) error { return nil }
func (l *listener) SetAfterConnectExec(string)             {}
func (l *listener) Schema() string                         { return l.schema }

func (l *listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.wake.rung:
		return &riverdriver.Notification{Topic: insertTopic, Payload: fmt.Sprintf(`{"queue":%q}`, queue)}, nil
	}
}
