package push_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/push"
	"kendra/push/fcmtest"
)

func TestANoticeWakesThePhoneAndTheLedgerSaysSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, token := h.forOfficer()
	before := time.Now()
	h.enqueue(n)
	h.work(push.Options{})
	r := h.untilState(n, "handed")
	if r.Attempts != 1 || r.Code != nil || r.HandedAt == nil || r.HandedAt.Before(r.QueuedAt) || r.QueuedAt.Before(before.Add(-time.Second)) {
		t.Errorf("row %+v", r)
	}
	got := h.fcm.Messages()
	if len(got) != 1 || got[0].Token != token || got[0].Data["id"] != n.Subject.String() || got[0].CollapseKey != n.Subject.String() {
		t.Fatalf("messages %+v", got)
	}
	if got[0].TTL > time.Hour || got[0].TTL < 59*time.Minute {
		t.Errorf("ttl %v, want what is left of an hour", got[0].TTL)
	}
}

func TestWakeStartsTheWorkAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.work(push.Options{PollInterval: time.Hour})
	// Let the first fetch, which a start always makes, pass.
	time.Sleep(200 * time.Millisecond)
	n, _ := h.forOfficer()
	h.enqueue(n)
	began := time.Now()
	c.Wake()
	h.untilState(n, "handed")
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestADeadTokenIsForgotten(t *testing.T) {
	t.Parallel()
	for class, code := range map[fcmtest.Class]string{
		fcmtest.Unregistered: "unregistered", fcmtest.SenderMismatch: "sender_mismatch",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			n, token := h.forOfficer()
			h.fcm.Always(token, fcmtest.Outcome{Class: class})
			h.enqueue(n)
			h.work(push.Options{})
			if r := h.untilState(n, "dropped"); r.code() != code || r.Attempts != 1 {
				t.Errorf("row %+v", r)
			}
			if len(h.forgotten) != 1 || h.forgotten[0] != token {
				t.Errorf("forgotten %q", h.forgotten)
			}
			again := notice()
			again.Officer = n.Officer
			h.enqueue(again)
			h.untilState(again, "no_device")
			if got := h.fcm.Messages(); len(got) != 1 {
				t.Errorf("%d messages, want no second to a dead token", len(got))
			}
		})
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	for _, class := range []fcmtest.Class{fcmtest.QuotaExceeded, fcmtest.Unavailable} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			n, token := h.forOfficer()
			h.fcm.Script(token, fcmtest.Outcome{Class: class, RetryAfter: time.Second})
			h.enqueue(n)
			h.work(push.Options{FirstBackoff: time.Millisecond})
			if r := h.untilState(n, "queued"); r.code() != "retry_after" || r.HandedAt != nil {
				t.Errorf("row while it waits: %+v", r)
			}
			if r := h.untilState(n, "handed"); r.Attempts != 2 || r.Code != nil {
				t.Errorf("row %+v", r)
			}
			got := h.fcm.Messages()
			if len(got) != 2 {
				t.Fatalf("%d messages", len(got))
			}
			if waited := got[1].At.Sub(got[0].At); waited < time.Second {
				t.Errorf("came back after %v", waited)
			}
		})
	}
}

func TestWhatMayPassIsTriedAgainUntilItDoes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, token := h.forOfficer()
	// More failures than the queue itself would allow attempts for.
	var script []fcmtest.Outcome
	for i := range 26 {
		classes := []fcmtest.Class{fcmtest.Internal, fcmtest.Unavailable, fcmtest.Cut, fcmtest.ThirdPartyAuth, fcmtest.Huge}
		script = append(script, fcmtest.Outcome{Class: classes[i%len(classes)]})
	}
	h.fcm.Script(token, script...)
	h.enqueue(n)
	h.work(push.Options{FirstBackoff: time.Nanosecond})
	if r := h.untilState(n, "handed"); r.Attempts != 27 {
		t.Errorf("row %+v", r)
	}
}

func TestAServiceThatHangsCostsOneTimeout(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, token := h.forOfficer()
	other, _ := h.forOfficer()
	h.fcm.Script(token, fcmtest.Outcome{Class: fcmtest.Hang})
	h.enqueue(n, other)
	h.work(push.Options{SendTimeout: 300 * time.Millisecond, FirstBackoff: 10 * time.Millisecond})
	if r := h.untilState(n, "queued"); r.code() != "timeout" {
		t.Errorf("row %+v", r)
	}
	h.untilState(other, "handed")
	h.untilState(n, "handed")
}

func TestNobodyIsWokenAfterTheTimeToLive(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, token := h.forOfficer()
	n.TTL = 400 * time.Millisecond
	h.fcm.Always(token, fcmtest.Outcome{Class: fcmtest.QuotaExceeded, RetryAfter: time.Hour})
	h.enqueue(n)
	h.work(push.Options{})
	if r := h.untilState(n, "failed"); r.code() != "expired" {
		t.Errorf("row %+v", r)
	}
	for _, m := range h.fcm.Messages() {
		if late := m.At.Sub(h.rows(n)[0].QueuedAt); late > n.TTL {
			t.Errorf("sent %v after it was queued", late)
		}
	}
	h.eventually("the job to end", func() bool { return h.count("state = 'completed'") == 1 })
}

func TestAnInvalidMessageIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, token := h.forOfficer()
	h.fcm.Always(token, fcmtest.Outcome{Class: fcmtest.InvalidArgument})
	h.enqueue(n)
	h.work(push.Options{FirstBackoff: time.Millisecond})
	if r := h.untilState(n, "failed"); r.code() != "invalid" || r.Attempts != 1 {
		t.Errorf("row %+v", r)
	}
	h.eventually("the job to end", func() bool { return h.count("state = 'completed'") == 1 })
	if len(h.fcm.Messages()) != 1 || len(h.forgotten) != 0 {
		t.Errorf("%d messages, forgotten %q", len(h.fcm.Messages()), h.forgotten)
	}
}

func TestEachDeviceHasItsOwnJobAndItsOwnFate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, good := h.forOfficer()
	dead, slow := h.phone(n.Officer), h.phone(n.Officer)
	h.fcm.Always(dead, fcmtest.Outcome{Class: fcmtest.Unregistered})
	h.fcm.Script(slow, fcmtest.Outcome{Class: fcmtest.Internal}, fcmtest.Outcome{Class: fcmtest.Internal})
	h.enqueue(n)
	h.work(push.Options{FirstBackoff: time.Millisecond})
	rows := h.until(n, 3, func(r row) bool { return r.State != "queued" })
	attempts, states := 0, map[string]int{}
	for _, r := range rows {
		attempts += r.Attempts
		states[r.State]++
		if !r.QueuedAt.Equal(rows[0].QueuedAt) {
			t.Errorf("queued at %v and %v: it was one notice", r.QueuedAt, rows[0].QueuedAt)
		}
	}
	if attempts != 5 || states["handed"] != 2 || states["dropped"] != 1 {
		t.Errorf("rows %+v", rows)
	}
	h.eventually("four jobs to end", func() bool { return h.count("state = 'completed'") == 4 })
	sent := map[string]int{}
	for _, m := range h.fcm.Messages() {
		sent[m.Token]++
	}
	if sent[good] != 1 || sent[dead] != 1 || sent[slow] != 3 {
		t.Errorf("sent %v", sent)
	}
}

func TestADeviceThatWentAwayMeanwhileIsDropped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, token := h.forOfficer()
	h.phone(n.Officer)
	h.fcm.Always(token, fcmtest.Outcome{Class: fcmtest.Internal})
	h.enqueue(n)
	h.work(push.Options{FirstBackoff: 50 * time.Millisecond})
	h.until(n, 2, func(row) bool { return true })
	h.mu.Lock()
	h.phones[n.Officer] = h.phones[n.Officer][1:]
	h.mu.Unlock()
	rows := h.until(n, 2, func(r row) bool { return r.State != "queued" })
	if codes := rows[0].code() + rows[1].code(); codes != "device_gone" {
		t.Errorf("rows %+v", rows)
	}
}

func TestTroubleOfOurOwnLosesNoNotice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, _ := h.forOfficer()
	h.trouble = errors.New("the staff table is away")
	h.enqueue(n)
	h.work(push.Options{FirstBackoff: 10 * time.Millisecond})
	h.eventually("a failure in the log", func() bool { return strings.Contains(h.log.String(), "is away") })
	h.mu.Lock()
	h.trouble = nil
	h.mu.Unlock()
	h.untilState(n, "handed")
}

func TestTwoWorkersOnOneDatabaseSendOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var notices []push.Notice
	for range 200 {
		n, _ := h.forOfficer()
		notices = append(notices, n)
	}
	h.work(push.Options{})
	h.work(push.Options{})
	h.enqueue(notices...)
	h.eventually("all to be handed", func() bool { return h.count("state = 'completed'") == len(notices) })
	sent := map[string]int{}
	for _, m := range h.fcm.Messages() {
		sent[m.Token]++
	}
	if len(sent) != len(notices) || h.fcm.Count(fcmtest.Accept) != len(notices) {
		t.Errorf("%d messages to %d phones, want %d to as many", h.fcm.Count(fcmtest.Accept), len(sent), len(notices))
	}
}

func TestAJobThatRunsAgainAfterACrashDoesNotSendAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, _ := h.forOfficer()
	h.enqueue(n)
	// As a process leaves it that died after the ledger was written and before the job was completed.
	h.inDistrict(7, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO push_sends (district_id, notice_id, device_id, subject_id, kind, state, attempts, queued_at, handed_at)
			VALUES (7, $1, $2, $3, 'task', 'handed', 1, now(), now())`, n.ID, h.phones[n.Officer][0].DeviceID, n.Subject)
		return err
	})
	if _, err := h.pool.Exec(t.Context(), "UPDATE river.river_job SET attempt = 1"); err != nil {
		t.Fatal(err)
	}
	h.work(push.Options{})
	h.eventually("the job to end", func() bool { return h.count("state = 'completed'") == 1 })
	if got := h.fcm.Messages(); len(got) != 0 {
		t.Errorf("sent again: %+v", got)
	}
}

func TestDeliveriesAreReadByTaskAndByDistrict(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, _ := h.forOfficer()
	again := n
	again.ID = uuid.Must(uuid.NewV7())
	nobody, unsent := notice(), notice()
	h.enqueue(n, again, nobody)
	h.work(push.Options{})
	h.untilState(n, "handed")
	h.untilState(again, "handed")
	h.untilState(nobody, "no_device")
	asked := []uuid.UUID{n.Subject, nobody.Subject, unsent.Subject}
	h.inDistrict(7, func(ctx context.Context, tx pgx.Tx) error {
		got, err := push.Ledger(ctx, tx, 7, asked)
		if err != nil {
			return err
		}
		first := h.rows(n)[0]
		if second := h.rows(again)[0]; second.HandedAt.Before(*first.HandedAt) {
			first.HandedAt = second.HandedAt
		}
		d := got[n.Subject]
		if len(got) != 2 || d.Handed != 2 || !d.HandedAt.Equal(*first.HandedAt) || !d.QueuedAt.Equal(first.QueuedAt) {
			t.Errorf("deliveries %+v, want the earliest of %+v", got, first)
		}
		if d := got[nobody.Subject]; d.NoDevice != 1 || !d.HandedAt.IsZero() || d.QueuedAt.IsZero() {
			t.Errorf("delivery without a device: %+v", d)
		}
		return nil
	})
	h.inDistrict(8, func(ctx context.Context, tx pgx.Tx) error {
		got, err := push.Ledger(ctx, tx, 7, asked)
		if err == nil && len(got) != 0 {
			t.Errorf("another district sees %+v", got)
		}
		return err
	})
}

func TestNoTokenIsLoggedOrStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, token := h.forOfficer()
	h.phone(n.Officer)
	single, broken := h.forOfficer()
	h.fcm.Script(token, fcmtest.Outcome{Class: fcmtest.Huge}, fcmtest.Outcome{Class: fcmtest.Unregistered})
	h.fcm.Script(broken, fcmtest.Outcome{Class: fcmtest.Cut}, fcmtest.Outcome{Class: fcmtest.Internal})
	h.enqueue(n, single)
	h.work(push.Options{FirstBackoff: time.Millisecond})
	h.until(n, 2, func(r row) bool { return r.State == "handed" || r.State == "dropped" })
	h.untilState(single, "handed")
	h.eventually("all jobs to end", func() bool { return h.count("state = 'completed'") == 4 })
	if n := h.count("river_job::text LIKE '%canary%'"); n != 0 {
		t.Errorf("%d jobs hold a token", n)
	}
	if strings.Contains(h.log.String(), "canary") {
		t.Error("the log holds a token")
	}
	for line := range strings.Lines(h.log.String()) {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil || l["msg"] != "push" || l["notice"] == "" || l["state"] == "" {
			t.Errorf("log line %q", line)
		}
	}
}

func TestStopWaitsForWhatRuns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n, token := h.forOfficer()
	h.fcm.Always(token, fcmtest.Outcome{Latency: 500 * time.Millisecond})
	h.enqueue(n)
	c, err := push.NewClient(h.pool, h.sender, h.devices, h.forget, push.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.eventually("the job to run", func() bool { return h.count("state = 'running'") == 1 })
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows := h.rows(n); len(rows) != 1 || rows[0].State != "handed" {
		t.Errorf("rows %+v", rows)
	}
}

// inDistrict runs f as the server would for a caller of a district.
func (h *house) inDistrict(district int, f func(context.Context, pgx.Tx) error) {
	h.t.Helper()
	err := pgx.BeginFunc(h.t.Context(), h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(h.t.Context(), fmt.Sprintf("SET LOCAL app.district_id = '%d'", district)); err != nil {
			return err
		}
		return f(h.t.Context(), tx)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}
