package push

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
)

// Devices finds, for each of some notices of one district, the devices that it should wake now: those of the
// officer, squad or post, on duty, with a token. None is an ordinary answer. It is asked for many at once because
// jobs run many at once, and a transaction for each would be most of the database's work.
type Devices func(ctx context.Context, district int32, notices []Notice) ([][]Device, error)

// Forget unbinds a token from a device, if the device still has that very token.
type Forget func(ctx context.Context, district int32, device uuid.UUID, token string) error

// Options of a Client; the zero value is right for production.
type Options struct {
	// Logger gets one line a job. Default: nothing is logged.
	Logger *slog.Logger
	// Workers is how many jobs run at once. Default 100: they wait for the network, not for us.
	Workers int
	// Now is the clock of the ledger. Default: time.Now.
	Now func() time.Time
	// SendTimeout bounds one send. Default 5 s.
	SendTimeout time.Duration
	// PollInterval is how often a process looks for jobs that others inserted. Default 200 ms.
	PollInterval time.Duration
	// FirstBackoff is the wait after a first temporary failure; it doubles up to 60 s. Default 1 s.
	FirstBackoff time.Duration
}

const (
	defaultWorkers      = 100
	defaultSendTimeout  = 5 * time.Second
	defaultPollInterval = 200 * time.Millisecond
	defaultFirstBackoff = time.Second
	maxBackoff          = time.Minute

	// fetchCooldown lets a busy worker fetch 200 times a second; the queue's default of 100 ms caps it at
	// Workers x 10 jobs a second.
	fetchCooldown = 5 * time.Millisecond
	// jobTimeout leaves room for the look-up, the send and the ledger.
	jobTimeout = 30 * time.Second
	// rescueAfter is when a job whose process died is given to another.
	rescueAfter = time.Minute
	// keepDone keeps finished jobs for the operators for a while; the ledger is what lasts.
	keepDone = time.Hour
)

// Client works the queue.
type Client struct {
	river  *river.Client[pgx.Tx]
	driver *quietDriver
}

// NewClient makes a client that sends what the queue holds. Any number of processes may run one on one database.
func NewClient(pool *pgxpool.Pool, sender Sender, devices Devices, forget Forget, o Options) (*Client, error) {
	log := o.Logger
	if log == nil {
		log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	}
	c := &Client{driver: newDriver(pool)}
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &worker{
		pool: pool, ledger: newLedger(pool), sender: sender, forget: forget, log: log,
		devices:      batcher[Notice, []Device]{call: devices},
		wake:         c.Wake,
		now:          o.Now,
		sendTimeout:  cmp.Or(o.SendTimeout, defaultSendTimeout),
		firstBackoff: cmp.Or(o.FirstBackoff, defaultFirstBackoff),
	}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, w); err != nil {
		return nil, fmt.Errorf("push: register worker: %w", err)
	}
	var err error
	c.river, err = river.NewClient(c.driver, &river.Config{
		CompletedJobRetentionPeriod: keepDone,
		FetchCooldown:               fetchCooldown,
		FetchPollInterval:           cmp.Or(o.PollInterval, defaultPollInterval),
		JobTimeout:                  jobTimeout,
		Logger:                      slog.New(quietHandler{log.Handler()}),
		// To reindex takes the owner of the tables, who is not the app; autovacuum is enough for a queue that is emptied.
		ReindexerSchedule:    river.NeverSchedule(),
		Queues:               map[string]river.QueueConfig{queue: {MaxWorkers: cmp.Or(o.Workers, defaultWorkers)}},
		RescueStuckJobsAfter: rescueAfter,
		Schema:               schema,
		Workers:              workers,
	})
	if err != nil {
		return nil, fmt.Errorf("push: make client: %w", err)
	}
	return c, nil
}

// Start begins to work; it goes on until Stop, whatever becomes of ctx's deadline.
func (c *Client) Start(ctx context.Context) error {
	if err := c.river.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("push: start: %w", err)
	}
	return nil
}

// Stop takes no more jobs and waits for those that run, until ctx ends; then it cancels them, and the queue will
// run them again.
func (c *Client) Stop(ctx context.Context) error {
	if err := c.river.Stop(ctx); err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), defaultSendTimeout)
	defer cancel()
	if err := c.river.StopAndCancel(hard); err != nil {
		return fmt.Errorf("push: stop: %w", err)
	}
	return nil
}

// Wake says that jobs have been committed. It never blocks.
func (c *Client) Wake() { c.driver.wake.ring() }

// quietHandler passes on what the queue itself has to say from warnings up; each job has a line of ours.
type quietHandler struct{ slog.Handler }

func (h quietHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h quietHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietHandler{h.Handler.WithAttrs(attrs)}
}

func (h quietHandler) WithGroup(name string) slog.Handler {
	return quietHandler{h.Handler.WithGroup(name)}
}
