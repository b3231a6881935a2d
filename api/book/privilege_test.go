package book_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// as runs a statement as the app in a district (0: none set) and returns its
// error and how many rows it touched.
func as(t *testing.T, w *booktest.World, district, statement string) (int64, error) {
	t.Helper()
	ctx := context.Background()
	tx, err := w.Pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if district != "" {
		if _, err := tx.Exec(ctx, "SET LOCAL app.district_id = '"+district+"'"); err != nil {
			t.Fatal(err)
		}
	}
	tag, err := tx.Exec(ctx, statement)
	return tag.RowsAffected(), err
}

func TestTheAppCannotChangeWhatStandsInTheBook(t *testing.T) {
	t.Parallel()
	w, _, _, _ := filled(t)
	for _, statement := range []string{
		`UPDATE entries SET wire = ''`, `UPDATE entries SET leaf_hash = leaf_hash`, `DELETE FROM entries`, `TRUNCATE entries`,
		`UPDATE tiles SET hash = hash`, `DELETE FROM tiles`, `TRUNCATE tiles`, `DELETE FROM heads`, `TRUNCATE heads`, `TRUNCATE ops`,
		`DROP TABLE entries`, `ALTER TABLE entries DISABLE ROW LEVEL SECURITY`, `ALTER TABLE entries NO FORCE ROW LEVEL SECURITY`,
		`DROP POLICY district ON entries`, `CREATE RULE r AS ON INSERT TO entries DO INSTEAD NOTHING`,
		`CREATE TABLE public.shadow (x int)`, `SET LOCAL session_replication_role = 'replica'`,
	} {
		_, err := as(t, w, "7", statement)
		if err == nil || !strings.Contains(err.Error(), "42501") && !strings.Contains(err.Error(), "42704") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) AS p (right_),
		unnest(ARRAY['kendra_app', 'kendra_report']) AS r (role_) WHERE has_table_privilege(role_, 'entries', right_)`); n != 0 {
		t.Errorf("%d rights too many on entries", n)
	}
	if n := count(t, w, `SELECT count(*) FROM pg_roles WHERE rolname IN ('kendra_app', 'kendra_report', 'kendra_owner')
		AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)`); n != 0 {
		t.Errorf("%d roles with powers over the server", n)
	}
	if n, err := as(t, w, "7", `SELECT 1 FROM entries`); err != nil || n < 300 {
		t.Errorf("the app reads %d entries: %v", n, err)
	}
}

func TestAnotherDistrictsRowsAreNotThere(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	everything(t, w)
	w.Order(`INSERT INTO districts (district_id, code, hi, en) VALUES (8, 'BND', 'बाँदा', 'Banda')`)
	conn := w.Superuser()
	rows, err := conn.Query(context.Background(), `SELECT c.relname::text FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'district_id') AND c.relname <> 'districts'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 20 {
		t.Fatal(err, tables)
	}
	seen := 0
	for _, table := range tables {
		for _, district := range []string{"", "8"} {
			if n, err := as(t, w, district, `SELECT 1 FROM `+table); err == nil && n != 0 {
				t.Errorf("%s: %d rows are seen from district %q", table, n, district)
			}
		}
		if n, err := as(t, w, "7", `SELECT 1 FROM `+table); err == nil && n > 0 {
			seen++
		}
	}
	if seen < 12 {
		t.Errorf("only %d tables have rows at all", seen)
	}
	if _, err := as(t, w, "8", `INSERT INTO serials VALUES (7, 'KRW', 'squad', 2030, 1)`); err == nil || !strings.Contains(err.Error(), "42501") {
		t.Errorf("a row of district 7 is written from district 8: %v", err)
	}
	for name, err := range map[string]error{
		"feed": second(w.Book.Feed(context.Background(), elsewhere(w), booktest.Centre, 0, 10, 0)),
		"task": second(w.Book.Task(context.Background(), elsewhere(w), w.SquadID)),
	} {
		if !isCode(err, contract.CodeNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, err := w.Book.Tick(context.Background()); err != nil {
		t.Errorf("the clock with two districts: %d, %v", n, err)
	}
}

// elsewhere is the in-charge as one of another district would be.
func elsewhere(w *booktest.World) staff.Caller {
	who := w.Incharge.Caller()
	who.District = 8
	return who
}
