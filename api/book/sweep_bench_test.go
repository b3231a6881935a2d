package book_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// stock puts complaints that lie with no book of the test into the district,
// each with a clock: of a hundred one is open, and due when the test is over.
func stock(b *testing.B, w *booktest.World, n int) {
	b.Helper()
	for _, statement := range []string{
		`INSERT INTO complaints (district_id, centre, complaint_id, case_id, correlation_id, seq, year, serial, state, category, risk_level,
			channel, owner_role, held_n, held_from, held_seq, arrived_at, closed_at, state_at, last_seq, data)
		SELECT 7, 'OLD', md5('c' || i)::uuid, md5('c' || i)::uuid, md5('c' || i)::uuid, i, 2026, i, CASE WHEN i % 100 = 0 THEN 'assigned' ELSE 'closed' END,
			'dowry', 'low', 'walk_in', 'beat_officer', 1, $2, i, $2::timestamptz - i * interval '1 minute',
			CASE WHEN i % 100 = 0 THEN NULL ELSE $2::timestamptz END, $2, i, '{}' FROM generate_series(1, $1::int) AS i`,
		`INSERT INTO clock_lists (district_id, centre, subject_id, complaint_id, next_at, list)
		SELECT 7, 'OLD', md5('c' || i)::uuid, md5('c' || i)::uuid, CASE WHEN i % 100 = 0 THEN $2::timestamptz + interval '90 days' END,
			jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('code', 'disposal', 'n', 1, 'starts', us, 'due', us, 'owner', 'beat_officer',
				'stopped', CASE WHEN i % 100 > 0 THEN us END, 'next', CASE WHEN i % 100 = 0 THEN us + 7776000000000 END)))::text
		FROM generate_series(1, $1::int) AS i, (SELECT (extract(epoch FROM $2::timestamptz) * 1000000)::bigint AS us) u`,
	} {
		w.Order(statement, n, w.Now())
	}
	w.Order(`ANALYZE complaints`)
	w.Order(`ANALYZE clock_lists`)
}

// BenchmarkSweep measures what a sweep costs that finds nothing due, and one
// that raises rungs (the median of five days'), in a district of ten thousand and of a million
// complaints: it grows with what is due, not with what is stored.
func BenchmarkSweep(b *testing.B) {
	const due = 20
	took, raised := map[string][]time.Duration{}, map[int][]int{}
	for _, n := range []int{10_000, 1_000_000} {
		w := booktest.New(b)
		stock(b, w, n)
		for range due {
			w.Beat.Enter("complaint.open", complaintOf(w))
		}
		idle := b.Run(fmt.Sprintf("idle/%d", n), func(b *testing.B) {
			start := time.Now()
			for range b.N {
				if done, err := w.Book.Tick(context.Background()); err != nil || done > 0 {
					b.Fatal(done, err)
				}
			}
			took["idle"] = append(took["idle"], time.Since(start)/time.Duration(b.N))
		})
		var raises []time.Duration
		for i, pass := range []time.Duration{30*time.Minute + 2*time.Hour, day, day, day, day} {
			w.Pass(pass)
			start := time.Now()
			done, err := w.Book.Tick(context.Background())
			raises = append(raises, time.Since(start))
			if err != nil || !idle || i == 0 && done != due {
				b.Fatal(done, err)
			}
			raised[n] = append(raised[n], done)
		}
		slices.Sort(raises)
		took["raise"] = append(took["raise"], raises[len(raises)/2])
	}
	if !slices.Equal(raised[10_000], raised[1_000_000]) {
		b.Fatalf("not the same work: %v", raised)
	}
	for _, what := range []string{"idle", "raise"} {
		// The last of each size: those before it ran shorter.
		half := len(took[what]) / 2
		small, large := took[what][half-1], took[what][len(took[what])-1]
		b.Logf("%s: %s at 10,000 complaints, %s at 1,000,000: %.2f times", what, small, large, float64(large)/float64(small))
	}
}

// BenchmarkIntake measures complaints and visits that one handset uploads in
// batches of fifty: what deriving facts, marks, clocks and custody costs.
func BenchmarkIntake(b *testing.B) {
	for _, kind := range []string{"visit.record", "complaint.open"} {
		b.Run(kind, func(b *testing.B) {
			w := booktest.New(b)
			items := make([]contract.Item, b.N)
			for i := range items {
				body := any(w.Visit())
				if kind == "complaint.open" {
					body = complaintOf(w, registered, func(c *contract.ComplaintOpen) { c.Mobile = ptr(fmt.Sprintf("94%08d", i)) })
				}
				items[i] = w.Beat.Item(kind, body)
			}
			b.ResetTimer()
			for batch := range slices.Chunk(items, 50) {
				for _, r := range w.Beat.Send(batch...) {
					if r.Outcome != book.Entered {
						b.Fatal(r.Problem)
					}
				}
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}
