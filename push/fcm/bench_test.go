package fcm_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	firebase "firebase.google.com/go/v4"
	"firebase.google.com/go/v4/messaging"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/api/option"

	"kendra/migrations/dbtest"
	"kendra/push"
	"kendra/push/fcm"
	"kendra/push/fcmtest"
)

// BenchmarkSDKAlone is the yardstick: the SDK from 32 goroutines, with nothing of ours but the service. Compare
// sends/s within one run only.
func BenchmarkSDKAlone(b *testing.B) {
	service, err := fcmtest.Start(fcmtest.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer service.Close()
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConns, base.MaxIdleConnsPerHost = 64, 64
	app, err := firebase.NewApp(b.Context(), &firebase.Config{ProjectID: service.Project()},
		option.WithHTTPClient(&http.Client{Transport: base}), option.WithEndpoint(service.URL()))
	if err != nil {
		b.Fatal(err)
	}
	client, err := app.Messaging(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	ttl := time.Hour
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 32 {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				id := uuid.NewString()
				_, err := client.Send(b.Context(), &messaging.Message{
					Token: "t", Data: map[string]string{"v": "1", "k": "task", "id": id},
					Android: &messaging.AndroidConfig{CollapseKey: id, Priority: "high", TTL: &ttl},
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
}

// BenchmarkSendThroughWorker goes from job rows to FCM with the ledger written and the jobs completed.
func BenchmarkSendThroughWorker(b *testing.B) {
	b.Run("devices in memory", func(b *testing.B) {
		throughWorker(b, func(*pgxpool.Pool) push.Devices {
			d := []push.Device{{DeviceID: uuid.New(), Token: "t"}}
			return func(_ context.Context, _ int32, notices []push.Notice) ([][]push.Device, error) {
				return slices.Repeat([][]push.Device{d}, len(notices)), nil
			}
		})
	})
	b.Run("devices by a query", func(b *testing.B) { throughWorker(b, askDatabase) })
}

// askDatabase costs what a look-up in the tables of people costs at the least: the trip and the transaction.
func askDatabase(pool *pgxpool.Pool) push.Devices {
	return func(ctx context.Context, _ int32, notices []push.Notice) ([][]push.Device, error) {
		officers := make([]uuid.UUID, len(notices))
		for i, n := range notices {
			officers[i] = n.Officer
		}
		found := make([][]push.Device, 0, len(notices))
		err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL app.district_id = '7'"); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, "SELECT o, 't' FROM unnest($1::uuid[]) WITH ORDINALITY AS u (o, n) ORDER BY n", officers)
			if err != nil {
				return err
			}
			var d push.Device
			_, err = pgx.ForEachRow(rows, []any{&d.DeviceID, &d.Token}, func() error {
				found = append(found, []push.Device{d})
				return nil
			})
			return err
		})
		return found, err
	}
}

func throughWorker(b *testing.B, devices func(*pgxpool.Pool) push.Devices) {
	service, err := fcmtest.Start(fcmtest.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer service.Close()
	sender, err := fcm.New(b.Context(), fcm.Options{Endpoint: service.URL(), ProjectID: service.Project()})
	if err != nil {
		b.Fatal(err)
	}
	defer sender.Close()
	pool := dbtest.New(b).Pool(b)
	fill(b, pool, b.N)
	client, err := push.NewClient(pool, sender, devices(pool), nil, push.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	if err := client.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	for service.Count(fcmtest.Accept) < b.N {
		time.Sleep(time.Millisecond)
	}
	// Stop waits for the ledger and for the jobs' completion.
	if err := client.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
	var rows, jobs int
	err = pgx.BeginFunc(b.Context(), pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(b.Context(), "SET LOCAL app.district_id = '7'"); err != nil {
			return err
		}
		return tx.QueryRow(b.Context(), `SELECT (SELECT count(*) FROM push_sends WHERE state = 'handed'),
			(SELECT count(*) FROM river.river_job WHERE state = 'completed')`).Scan(&rows, &jobs)
	})
	if err != nil || rows != b.N || jobs != b.N || service.Count(fcmtest.Accept) != b.N {
		b.Fatalf("%d sends: %d rows, %d jobs, %d messages, error %v", b.N, rows, jobs, service.Count(fcmtest.Accept), err)
	}
}

// fill inserts job rows.
func fill(b *testing.B, pool *pgxpool.Pool, n int) {
	e, err := push.New()
	if err != nil {
		b.Fatal(err)
	}
	for n > 0 {
		notices := make([]push.Notice, min(n, 1000))
		for i := range notices {
			notices[i] = push.Notice{
				DistrictID: 7, ID: uuid.Must(uuid.NewV7()), Centre: "KRW", Officer: uuid.New(), Kind: push.KindTask,
				Subject: uuid.Must(uuid.NewV7()), Urgency: push.Soon,
			}
		}
		err := pgx.BeginFunc(b.Context(), pool, func(tx pgx.Tx) error { return e.Enqueue(b.Context(), tx, notices) })
		if err != nil {
			b.Fatal(err)
		}
		n -= len(notices)
	}
}
