package migrations_test

import (
	"testing"

	"kendra/migrations/dbtest"
)

func TestRecordsOfLogInsAndAlarmsAreKeptFor180DaysWhateverTheServerAsks(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	root, app := dbtest.Pool(t, db.URL), dbtest.Pool(t, db.AppURL)
	for _, days := range []int{170, 200} {
		_, err := root.Exec(t.Context(), `INSERT INTO auth_events (district_id, event_id, at, kind, ok)
			VALUES (7, gen_random_uuid(), now() - $1::int * interval '1 day', 'log_in', true)`, days)
		if err != nil {
			t.Fatal(err)
		}
	}
	conn, err := app.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), `SET app.district_id = '7'`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `SELECT audit_drop(now() - interval '179 days')`); err == nil {
		t.Error("what is younger is dropped")
	}
	if _, err := conn.Exec(t.Context(), `DELETE FROM auth_events`); err == nil {
		t.Error("the server deletes as it likes")
	}
	if _, err := conn.Exec(t.Context(), `SELECT audit_drop(now() - interval '181 days')`); err != nil {
		t.Error(err)
	}
	var left int
	if err := root.QueryRow(t.Context(), `SELECT count(*) FROM auth_events WHERE at > now() - interval '180 days'`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d are left, %v", left, err)
	}
	if err := root.QueryRow(t.Context(), `SELECT count(*) FROM auth_events`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d are left in all, %v", left, err)
	}
}
