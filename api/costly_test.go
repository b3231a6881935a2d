package api_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

func TestCostlyReadsHavePlacesOfTheirOwnAndPhonesSyncBesideThem(t *testing.T) {
	t.Parallel()
	w := apitest.NewWith(t, apitest.Limits{MaxConns: 6})
	w.Broken = true // reads that wait for a lock say so in the log
	sp, beat := w.Enlist("HQ", "sp"), w.Enlist(apitest.Karwi, "beat_officer")
	beat.Enter("visit.record", w.Visit())
	lock, err := pgx.Connect(t.Context(), w.DB.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close(context.Background()) }()
	if _, err := lock.Exec(t.Context(), `BEGIN; LOCK TABLE returns IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	var full atomic.Int64
	var wg sync.WaitGroup
	const asked = 50
	for range asked {
		request := sp.Prove(w.Server, apitest.Get("/v1/returns?from=2026-11-16&to=2026-11-18"))
		wg.Go(func() {
			if a := w.Do(request); a.Status == http.StatusServiceUnavailable && a.Problem().Code == string(contract.CodeOverloaded) && a.Header.Get("Retry-After") != "" {
				full.Add(1)
			}
		})
	}
	time.Sleep(300 * time.Millisecond) // until they stand before the lock
	worst := time.Duration(0)
	for range 10 {
		begun := time.Now()
		beat.Do(apitest.Get("/v1/feed?centre=KRW")).Into(http.StatusOK, nil)
		worst = max(worst, time.Since(begun))
	}
	wg.Wait()
	t.Logf("of %d returns %d were asked to come again; the slowest sync beside them took %v", asked, full.Load(), worst)
	if full.Load() != asked || worst > 2*time.Second {
		t.Errorf("%d of %d were turned away, the slowest sync took %v", full.Load(), asked, worst)
	}
}
