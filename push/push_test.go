package push_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/migrations/dbtest"
	"kendra/push"
	"kendra/push/fcm"
	"kendra/push/fcmtest"
)

// house is a database, a push service and the officers' phones.
type house struct {
	t      testing.TB
	pool   *pgxpool.Pool
	fcm    *fcmtest.Server
	sender *fcm.Sender
	log    *lockedBuffer

	mu        sync.Mutex
	phones    map[uuid.UUID][]push.Device
	trouble   error // what looking up devices meets
	forgotten []string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	service, err := fcmtest.Start(fcmtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(service.Close)
	sender, err := fcm.New(t.Context(), fcm.Options{Endpoint: service.URL(), ProjectID: service.Project()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sender.Close)
	h := &house{
		t: t, pool: dbtest.New(t).Pool(t), fcm: service, sender: sender, log: &lockedBuffer{},
		phones: map[uuid.UUID][]push.Device{},
	}
	t.Cleanup(func() {
		if v := service.Violations(); len(v) > 0 {
			t.Errorf("something that is no wake left the house: %q", v)
		}
	})
	return h
}

// phone gives an officer one more device, and returns its token.
func (h *house) phone(officer uuid.UUID) string {
	d := push.Device{DeviceID: uuid.Must(uuid.NewV7()), Token: "canary-" + uuid.NewString()}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.phones[officer] = append(h.phones[officer], d)
	return d.Token
}

func (h *house) devices(_ context.Context, _ int32, notices []push.Notice) ([][]push.Device, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.trouble != nil {
		return nil, h.trouble
	}
	found := make([][]push.Device, len(notices))
	for i, n := range notices {
		found[i] = append(found[i], h.phones[n.Officer]...)
	}
	return found, nil
}

func (h *house) forget(_ context.Context, _ int32, device uuid.UUID, token string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forgotten = append(h.forgotten, token)
	for officer, had := range h.phones {
		var kept []push.Device
		for _, d := range had {
			if d.DeviceID != device || d.Token != token {
				kept = append(kept, d)
			}
		}
		h.phones[officer] = kept
	}
	return nil
}

// work starts a client that stops with the test.
func (h *house) work(o push.Options) *push.Client {
	h.t.Helper()
	o.Logger = slog.New(slog.NewJSONHandler(h.log, nil))
	if o.PollInterval == 0 {
		o.PollInterval = 20 * time.Millisecond
	}
	c, err := push.NewClient(h.pool, h.sender, h.devices, h.forget, o)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := c.Start(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Stop(ctx); err != nil {
			h.t.Error(err)
		}
	})
	return c
}

// enqueue commits notices as the book would.
func (h *house) enqueue(notices ...push.Notice) {
	h.t.Helper()
	e, err := push.New()
	if err != nil {
		h.t.Fatal(err)
	}
	err = pgx.BeginFunc(h.t.Context(), h.pool, func(tx pgx.Tx) error {
		return e.Enqueue(h.t.Context(), tx, notices)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// row is a row of push_sends.
type row struct {
	Device   uuid.UUID  `db:"device_id"`
	State    string     `db:"state"`
	Attempts int        `db:"attempts"`
	QueuedAt time.Time  `db:"queued_at"`
	HandedAt *time.Time `db:"handed_at"`
	Code     *string    `db:"error_code"`
}

// code is the error code or nothing.
func (r row) code() string {
	if r.Code == nil {
		return ""
	}
	return *r.Code
}

// rows reads the ledger of a notice.
func (h *house) rows(n push.Notice) []row {
	h.t.Helper()
	var found []row
	err := pgx.BeginFunc(h.t.Context(), h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(h.t.Context(), "SET LOCAL app.district_id = '7'"); err != nil {
			return err
		}
		rows, err := tx.Query(h.t.Context(), `
			SELECT device_id, state, attempts, queued_at, handed_at, error_code
			FROM push_sends WHERE district_id = 7 AND notice_id = $1 ORDER BY device_id`, n.ID)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByName[row])
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return found
}

// until waits for a notice to have want rows that all satisfy ok.
func (h *house) until(n push.Notice, want int, ok func(row) bool) []row {
	h.t.Helper()
	var found []row
	h.eventually("the ledger to settle", func() bool {
		found = h.rows(n)
		if len(found) != want {
			return false
		}
		for _, r := range found {
			if !ok(r) {
				return false
			}
		}
		return true
	})
	return found
}

// untilState waits for the one row of a notice to be in a state.
func (h *house) untilState(n push.Notice, state string) row {
	h.t.Helper()
	return h.until(n, 1, func(r row) bool { return r.State == state })[0]
}

func (h *house) eventually(what string, ok func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("waited in vain for %s; log:\n%s", what, h.log)
		}
	}
}

// count counts jobs by an SQL condition of ours.
func (h *house) count(where string) int {
	h.t.Helper()
	var n int
	if err := h.pool.QueryRow(h.t.Context(), "SELECT count(*) FROM river.river_job WHERE "+where).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// forOfficer is a notice to an officer with one phone, and its token.
func (h *house) forOfficer() (push.Notice, string) {
	n := notice()
	return n, h.phone(n.Officer)
}

// lockedBuffer is a log that tests may read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(l.b.String())
}
