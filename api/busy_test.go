package api_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// holdHead keeps the head row of Karwi's book locked until it is let go.
func holdHead(t *testing.T, w *apitest.World) (release func()) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.DB.URL)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `SELECT FROM heads WHERE district_id = 7 AND centre = 'KRW' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(ctx); err != nil {
			t.Error(err)
		}
		_ = conn.Close(ctx)
	}
}

// waitForLock waits until a statement waits for the head.
func waitForLock(t *testing.T, w *apitest.World) {
	t.Helper()
	for range 100 {
		if w.Count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("nobody waits for the head")
}

// visits makes a batch of visits.
func visits(w *apitest.World, x *apitest.Shift, n int) []apitest.Item {
	items := make([]apitest.Item, n)
	for i := range items {
		items[i] = x.Op("visit.record", w.Visit())
	}
	return items
}

// post sends a batch in the background.
func post(w *apitest.World, x *apitest.Shift, items []apitest.Item) <-chan *apitest.Answer {
	req := x.Prove(w.Server, apitest.Post("/v1/ops", w.Batch(items...)))
	out := make(chan *apitest.Answer, 1)
	go func() {
		defer close(out)
		a, err := w.Try(req)
		if err != nil {
			w.T.Error(err)
			return
		}
		out <- a
	}()
	return out
}

func TestAFullQueueSaysSoAtOnceAndNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	w := apitest.NewWith(t, apitest.Limits{QueueOps: 10, Deadline: 1500 * time.Millisecond, Patience: 500 * time.Millisecond})
	w.Broken = true
	x := w.Enlist(apitest.Karwi, "beat_officer")
	x.Enter("visit.record", w.Visit())
	size := entries(w)
	release := holdHead(t, w)
	inWork, one, other := visits(w, x, 5), visits(w, x, 8), visits(w, x, 8)
	first := post(w, x, inWork)
	waitForLock(t, w) // now the queue is empty, and the one that empties it is busy
	began := time.Now()
	second, third := post(w, x, one), post(w, x, other)
	var full *apitest.Answer
	var queued <-chan *apitest.Answer
	select { // the first to answer is the one for whom there was no place
	case full = <-second:
		queued = third
	case full = <-third:
		queued = second
	}
	took := time.Since(began)
	full.Refused(http.StatusServiceUnavailable, contract.CodeOverloaded, "")
	if s, err := strconv.Atoi(full.Header.Get("Retry-After")); err != nil || s < 1 || took >= time.Second {
		t.Errorf("Retry-After %q after %v", full.Header.Get("Retry-After"), took)
	}
	t.Logf("a full queue answered in %v", took)
	(<-queued).Refused(http.StatusServiceUnavailable, contract.CodeOverloaded, "") // its turn did not come
	if took := time.Since(began); took >= time.Second {
		t.Errorf("who waited was told after %v", took)
	}
	(<-first).Refused(http.StatusServiceUnavailable, contract.CodeUnknownOutcome, "")
	release()
	x.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	for _, batch := range [][]apitest.Item{inWork, one, other, inWork} {
		for _, r := range x.Send(batch...) {
			if r.Outcome != contract.OutcomeEntered {
				t.Errorf("sent again: %+v", r)
			}
		}
	}
	if n := entries(w) - size; n != 21 {
		t.Errorf("%d entries of 21 ops", n)
	}
}

func TestADatabaseThatTakesTooLongIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := apitest.NewWith(t, apitest.Limits{Deadline: time.Second})
	w.Broken = true
	x := w.Enlist(apitest.Karwi, "beat_officer")
	x.Enter("visit.record", w.Visit())
	size := entries(w)
	release := holdHead(t, w)
	items := visits(w, x, 3)
	began := time.Now()
	for _, lang := range []string{"hi", "en"} {
		x.Do(apitest.Post("/v1/ops", w.Batch(items...)).With("Accept-Language", lang)).
			Refused(http.StatusServiceUnavailable, contract.CodeUnknownOutcome, "")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("two answers took %v", took)
	}
	release()
	for i, r := range x.Send(items...) {
		if r.Outcome != contract.OutcomeEntered || r.Lines[0].Serial != int64(i+2) {
			t.Errorf("sent again: %+v", r)
		}
	}
	if n := entries(w) - size; n != 3 {
		t.Errorf("%d entries of 3 ops", n)
	}
}

func TestNothingOfABrokenDatabaseIsTold(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	w.Broken = true
	x := w.Enlist(apitest.Karwi, "centre_incharge")
	w.SQL(`ALTER TABLE entries RENAME TO entries_gone`)
	w.SQL(`ALTER TABLE tasks RENAME TO tasks_gone`)
	w.SQL(`ALTER TABLE officers RENAME TO officers_gone`)
	broken := 0
	for _, r := range contract.Routes() {
		a := x.Do(sample(t, r))
		if a.Status == http.StatusInternalServerError {
			broken++
			if r.Method == http.MethodHead { // has no body
				continue
			}
			if p := a.Problem(); p.Code != string(contract.CodeInternal) || p.Detail != "" || p.Pointer != "" {
				t.Errorf("%s: %+v", r.OperationID, p)
			}
		}
	}
	if broken < 4 {
		t.Errorf("only %d calls broke", broken)
	}
	item := x.Op("duty.start", contract.DutyStart{})
	x.Do(apitest.Post("/v1/ops", w.Batch(item)))
	for _, inside := range []string{"entries", "relation", "SQLSTATE", "42P01", "pgx", "goroutine", ".go:"} {
		if contains(w.Seen.String(), inside) {
			t.Errorf("an answer holds %q", inside)
		}
	}
	w.SQL(`ALTER TABLE entries_gone RENAME TO entries`)
	w.SQL(`ALTER TABLE tasks_gone RENAME TO tasks`)
	w.SQL(`ALTER TABLE officers_gone RENAME TO officers`)
}
