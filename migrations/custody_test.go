package migrations_test

import (
	"testing"
	"time"

	"kendra/migrations"
	"kendra/migrations/dbtest"
)

// A database that is in use is taken over as it stands: each complaint has the
// span that ran, and custody shows what it showed.
func TestSpansThatRunMoveToTheirComplaints(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), dbtest.NewEmpty(t)
	if err := migrations.UpTo(ctx, db.URL, "0017"); err != nil {
		t.Fatal(err)
	}
	pool := dbtest.Pool(t, db.URL)
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := pool.Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	exec(`INSERT INTO districts (district_id, code, hi, en) VALUES (7, 'CKT', 'च', 'C'), (8, 'BND', 'ब', 'B') ON CONFLICT DO NOTHING`)
	for _, district := range []int{7, 8} {
		exec(`INSERT INTO complaints (district_id, centre, complaint_id, case_id, correlation_id, seq, year, serial, state, category,
				risk_level, channel, owner_role, arrived_at, state_at, last_seq, data)
			SELECT $1::int, 'KRW', md5($1::int || 'c' || i)::uuid, gen_random_uuid(), gen_random_uuid(), i, 2026, i, 'assigned', 'other', 'low', 'walk_in', 'sho', $2, $2, i, '{}'
			FROM generate_series(1, 3) i`, district, at)
		exec(`INSERT INTO custody SELECT $1::int, 'KRW', md5($1::int || 'c' || i)::uuid, n, NULL, NULL, CASE n WHEN i THEN 'sho' ELSE 'desk_officer' END,
				$2::timestamptz + n * interval '1 hour', CASE WHEN n < i THEN $2::timestamptz + (n + 1) * interval '1 hour' END, 10 * i + n
			FROM generate_series(1, 3) i, generate_series(1, i) n`, district, at)
	}
	const all = `SELECT string_agg(concat_ws(' ', district_id, complaint_id, n, officer_id, role, from_at, until_at, seq), E'\n'
		ORDER BY district_id, complaint_id, n) FROM custody`
	var before, after string
	if err := pool.QueryRow(ctx, all).Scan(&before); err != nil {
		t.Fatal(err)
	}
	if err := migrations.Up(ctx, db.URL); err != nil {
		t.Fatal(err)
	}
	if err := pool.QueryRow(ctx, all).Scan(&after); err != nil {
		t.Fatal(err)
	}
	if before != after || before == "" {
		t.Errorf("custody was\n%s\nand is\n%s", before, after)
	}
	var ended int
	if err := pool.QueryRow(ctx, `SELECT count(*) FROM spans`).Scan(&ended); err != nil || ended != 6 {
		t.Errorf("%d spans that ended, %v", ended, err)
	}
}
