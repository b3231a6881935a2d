package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
)

// worker runs jobs: one notice, or one device of a notice that has several.
type worker struct {
	river.WorkerDefaults[jobArgs]
	pool         *pgxpool.Pool
	ledger       *ledger
	sender       Sender
	devices      batcher[Notice, []Device]
	forget       Forget
	log          *slog.Logger
	wake         func()
	now          func() time.Time // of the ledger; the queue's own times are the database's
	sendTimeout  time.Duration
	firstBackoff time.Duration
}

// result is how one run of a job ended.
type result struct {
	device uuid.UUID
	state  string
	code   string
	// again is when to try once more; 0 means that the job is done.
	again time.Duration
}

const (
	// stateFanned and stateRepeat are words of the log: such runs leave no row of their own.
	stateFanned = "fanned_out"
	stateRepeat = "handed_before"
)

// Work runs one job and logs its one line.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	began := time.Now()
	t, err := ticketOf(job.Args, job.CreatedAt)
	if err != nil {
		return river.JobCancel(err)
	}
	r, err := w.run(ctx, job, t)
	if err != nil {
		// Trouble of our own, such as a database that is away, is no reason to give up a notice.
		r.state, r.code = stateFailed, "internal"
		if began.Before(t.expiry()) {
			r.state, r.again = stateQueued, w.backoff(job)
		}
	}
	w.logRun(ctx, job, t, r, err, time.Since(began))
	if r.again > 0 {
		return river.JobSnooze(r.again)
	}
	return err
}

// run finds the devices and sends.
func (w *worker) run(ctx context.Context, job *river.Job[jobArgs], t ticket) (result, error) {
	found, err := w.devices.do(ctx, t.DistrictID, t.Notice)
	if err != nil {
		return result{device: t.device}, fmt.Errorf("push: find devices: %w", err)
	}
	if t.device != uuid.Nil {
		for _, d := range found {
			if d.DeviceID == t.device {
				return w.sendTo(ctx, job, t, d)
			}
		}
		// The officer has logged out or changed handsets since.
		return w.end(ctx, t, result{device: t.device, state: stateDropped, code: codeDeviceGone})
	}
	switch len(found) {
	case 0:
		return w.end(ctx, t, result{state: stateNoDevice})
	case 1:
		return w.sendTo(ctx, job, t, found[0])
	}
	return result{state: stateFanned}, w.fanOut(ctx, job, t, found)
}

// sendTo makes one attempt for one device and writes the ledger.
func (w *worker) sendTo(ctx context.Context, job *river.Job[jobArgs], t ticket, d Device) (result, error) {
	r := result{device: d.DeviceID}
	if job.Attempt > 1 {
		// An earlier run ended without a word; it may have sent.
		handed, err := w.ledger.handed(ctx, t.DistrictID, t.ID, d.DeviceID)
		if err != nil {
			return r, err
		}
		if handed {
			r.state = stateRepeat
			return r, nil
		}
	}
	left := time.Until(t.expiry())
	if left <= 0 {
		r.state, r.code = stateFailed, codeExpired
		return w.end(ctx, t, r)
	}
	sendCtx, cancel := context.WithTimeout(ctx, w.sendTimeout)
	err := w.sender.Send(sendCtx, d.Token, t.Message(left))
	cancel()
	if ctx.Err() != nil && err != nil {
		return r, fmt.Errorf("push: stopped while sending: %w", ctx.Err())
	}
	r.code = codeOf(err)
	switch r.code {
	case "":
		r.state = stateHanded
	case codeUnregistered, codeSenderMismatch:
		r.state = stateDropped
		if err := w.forget(ctx, t.DistrictID, d.DeviceID, d.Token); err != nil {
			return r, fmt.Errorf("push: forget token: %w", err)
		}
	case codeInvalid:
		r.state = stateFailed
	default:
		// Not beyond expiry: a run just after it says so in the ledger.
		r.state = stateQueued
		r.again = max(min(w.wait(job, err), time.Until(t.expiry())), time.Millisecond)
	}
	return w.end(ctx, t, r)
}

// end writes the row of an attempt.
func (w *worker) end(ctx context.Context, t ticket, r result) (result, error) {
	return r, w.ledger.record(ctx, attempt{
		district: t.DistrictID, notice: t.ID, device: r.device, subject: t.Subject,
		kind: t.Kind, state: r.state, queuedAt: t.queued, endedAt: w.now(), code: r.code,
	})
}

// fanOut replaces the job by one a device, all or nothing.
func (w *worker) fanOut(ctx context.Context, job *river.Job[jobArgs], t ticket, found []Device) error {
	client, err := river.ClientFromContextSafely[pgx.Tx](ctx)
	if err != nil {
		return fmt.Errorf("push: cut notice into devices: %w", err)
	}
	params := make([]river.InsertManyParams, len(found))
	for i, d := range found {
		t.device = d.DeviceID
		params[i] = river.InsertManyParams{Args: t.args(), InsertOpts: insertOpts(t.Urgency)}
	}
	err = pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := client.InsertManyFastTx(ctx, tx, params); err != nil {
			return err
		}
		_, err := river.JobCompleteTx[*quietDriver](ctx, tx, job)
		return err
	})
	if err != nil {
		return fmt.Errorf("push: cut notice into devices: %w", err)
	}
	w.wake()
	return nil
}

// wait is how long to wait after a send that failed for now.
func (w *worker) wait(job *river.Job[jobArgs], err error) time.Duration {
	var after *RetryAfter
	if errors.As(err, &after) && after.After > 0 {
		return after.After
	}
	return w.backoff(job)
}

// backoff doubles with each time that the job has waited.
func (w *worker) backoff(job *river.Job[jobArgs]) time.Duration {
	var meta struct {
		Snoozes int `json:"snoozes"`
	}
	// The queue counts snoozes here; if it ever stops, the wait stays the shortest, and expiry still ends it.
	_ = json.Unmarshal(job.Metadata, &meta)
	return min(w.firstBackoff<<min(meta.Snoozes, 16), maxBackoff)
}

// logRun writes the job's line: ids, words of ours and numbers.
func (w *worker) logRun(
	ctx context.Context, job *river.Job[jobArgs], t ticket, r result, err error, took time.Duration,
) {
	level := slog.LevelInfo
	switch {
	case err != nil:
		level = slog.LevelError
	case r.code != "":
		level = slog.LevelWarn
	}
	if !w.log.Enabled(ctx, level) {
		return
	}
	line := []slog.Attr{
		slog.Int("district", int(t.DistrictID)), slog.String("notice", t.ID.String()),
		slog.String("subject", t.Subject.String()), slog.String("device", r.device.String()),
		slog.String("state", r.state), slog.String("code", r.code), slog.Int("attempt", job.Attempt),
		slog.Duration("again", r.again), slog.Duration("took", took),
	}
	if err != nil {
		line = append(line, slog.String("err", err.Error()))
	}
	w.log.LogAttrs(ctx, level, "push", line...)
}
