package push

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// States of push_sends.state.
const (
	stateQueued   = "queued"
	stateHanded   = "handed"
	stateFailed   = "failed"
	stateDropped  = "dropped"
	stateNoDevice = "no_device"
)

// attempt is one row of the ledger as the end of a job's run leaves it.
type attempt struct {
	district int32
	notice   uuid.UUID
	device   uuid.UUID // zero when there is none
	subject  uuid.UUID
	kind     string
	state    string
	queuedAt time.Time
	endedAt  time.Time
	code     string
}

// ledger writes attempts, those of many workers in one statement.
type ledger struct {
	pool   *pgxpool.Pool
	writes batcher[attempt, struct{}]
}

func newLedger(pool *pgxpool.Pool) *ledger {
	l := &ledger{pool: pool}
	l.writes.call = l.flush
	return l
}

// record returns when the attempt is durable.
func (l *ledger) record(ctx context.Context, a attempt) error {
	if _, err := l.writes.do(ctx, a.district, a); err != nil {
		return fmt.Errorf("push: write ledger: %w", err)
	}
	return nil
}

// flush writes the attempts of one district.
func (l *ledger) flush(ctx context.Context, district int32, batch []attempt) ([]struct{}, error) {
	rows := rowsOf(batch)
	// The whole transaction is one round trip: on a busy machine the waits between four of them cost more than the
	// statement. After an error the connection is left inside a failed transaction, and the pool then closes it.
	tx := &pgx.Batch{}
	tx.Queue("BEGIN")
	tx.Queue(setDistrict(district))
	// A row that says handed stays so: it is the truth, whatever a second run of the job met.
	tx.Queue(`
		INSERT INTO push_sends AS p (district_id, notice_id, device_id, subject_id, kind, state, attempts,
			queued_at, handed_at, error_code)
		SELECT $1, u.notice_id, u.device_id, u.subject_id, u.kind, u.state, u.attempts,
			u.queued_at, u.handed_at, u.error_code
		FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::int[],
			$8::timestamptz[], $9::timestamptz[], $10::text[])
			AS u (notice_id, device_id, subject_id, kind, state, attempts, queued_at, handed_at, error_code)
		ON CONFLICT (district_id, notice_id, device_id) DO UPDATE
		SET state = excluded.state, attempts = p.attempts + excluded.attempts,
			handed_at = excluded.handed_at, error_code = excluded.error_code
		WHERE p.state <> 'handed'`,
		district, rows.notice, rows.device, rows.subject, rows.kind, rows.state, rows.attempts,
		rows.queuedAt, rows.handedAt, rows.code)
	tx.Queue("COMMIT")
	return make([]struct{}, len(batch)), l.pool.SendBatch(ctx, tx).Close()
}

// columns are the attempts of a batch, a slice a column, for unnest. The ids are bare arrays of bytes, which pgx
// encodes as they are; a uuid.UUID it would turn into text and back.
type columns struct {
	notice, device, subject [][16]byte
	kind, state             []string
	attempts                []int32
	queuedAt                []time.Time
	handedAt                []*time.Time
	code                    []*string
}

// rowsOf turns a batch into columns. One statement must not touch a row twice, so of two attempts for one row the
// later is kept, unless the earlier was handed.
func rowsOf(batch []attempt) columns {
	type key struct{ notice, device uuid.UUID }
	var c columns
	at := make(map[key]int, len(batch))
	for i := range batch {
		w := &batch[i]
		k := key{w.notice, w.device}
		row, seen := at[k]
		if !seen {
			row = len(c.notice)
			at[k] = row
			c.notice, c.device = append(c.notice, w.notice), append(c.device, w.device)
			c.subject, c.kind = append(c.subject, w.subject), append(c.kind, w.kind)
			c.state, c.attempts = append(c.state, ""), append(c.attempts, 0)
			c.queuedAt = append(c.queuedAt, w.queuedAt)
			c.handedAt, c.code = append(c.handedAt, nil), append(c.code, nil)
		}
		c.attempts[row]++
		if c.state[row] == stateHanded {
			continue
		}
		c.state[row] = w.state
		c.handedAt[row], c.code[row] = nil, nil
		if w.state == stateHanded {
			c.handedAt[row] = &w.endedAt
		}
		if w.code != "" {
			c.code[row] = &w.code
		}
	}
	return c
}

// handed says whether the push service has already accepted this notice for this device.
func (l *ledger) handed(ctx context.Context, district int32, notice, device uuid.UUID) (bool, error) {
	var yes bool
	err := inDistrict(ctx, l.pool, district, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM push_sends
				WHERE district_id = $1 AND notice_id = $2 AND device_id = $3 AND state = 'handed')`,
			district, notice, device).Scan(&yes)
	})
	if err != nil {
		return false, fmt.Errorf("push: read ledger: %w", err)
	}
	return yes, nil
}

// inDistrict runs f in a transaction that sees the rows of one district.
func inDistrict(ctx context.Context, pool *pgxpool.Pool, district int32, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setDistrict(district)); err != nil {
			return err
		}
		return f(tx)
	})
}

// setDistrict is the statement that shows a transaction the rows of one district. SET takes no parameters, and a
// number cannot be anything but a number.
func setDistrict(district int32) string {
	return "SET LOCAL app.district_id = '" + strconv.Itoa(int(district)) + "'"
}

// Delivery is what the ledger knows of all pushes for one subject.
type Delivery struct {
	// QueuedAt is when the first notice was queued.
	QueuedAt time.Time
	// HandedAt is when the push service first accepted one; zero when it has not.
	HandedAt time.Time
	// Handed, Waiting, Failed, Dropped and NoDevice count rows by state.
	Handed, Waiting, Failed, Dropped, NoDevice int
}

// Ledger reads the deliveries of some subjects, in a transaction that sees the district. A subject without a
// finished attempt is absent.
func Ledger(ctx context.Context, tx pgx.Tx, district int32, subjects []uuid.UUID) (map[uuid.UUID]Delivery, error) {
	rows, err := tx.Query(ctx, `
		SELECT subject_id, min(queued_at), min(handed_at),
			count(*) FILTER (WHERE state = 'handed'), count(*) FILTER (WHERE state = 'queued'),
			count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'dropped'),
			count(*) FILTER (WHERE state = 'no_device')
		FROM push_sends WHERE district_id = $1 AND subject_id = ANY($2) GROUP BY subject_id`,
		district, subjects)
	if err != nil {
		return nil, fmt.Errorf("push: read deliveries: %w", err)
	}
	found := make(map[uuid.UUID]Delivery, len(subjects))
	var (
		subject uuid.UUID
		handed  *time.Time
		d       Delivery
	)
	_, err = pgx.ForEachRow(rows, []any{&subject, &d.QueuedAt, &handed, &d.Handed, &d.Waiting, &d.Failed, &d.Dropped,
		&d.NoDevice}, func() error {
		d.HandedAt = time.Time{}
		if handed != nil {
			d.HandedAt = *handed
		}
		found[subject] = d
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("push: read deliveries: %w", err)
	}
	return found, nil
}
