package migrations_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"kendra/migrations/dbtest"
)

// column is a column of a table as the catalogue has it.
type column struct {
	Name, Type string
}

// tenant is a table with rows of districts.
type tenant struct {
	name    string
	forced  bool
	columns []column
}

// plain connects as psql does: one connection, statements as text, nothing set
// but the role.
func plain(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	c.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// tenants lists all tenant tables, partitions too.
func tenants(t *testing.T, root *pgx.Conn) []tenant {
	t.Helper()
	rows, err := root.Query(t.Context(), `SELECT c.relname::text, c.relforcerowsecurity AND c.relrowsecurity, a.attname::text, format_type(a.atttypid, NULL)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE`+tenantTables+`ORDER BY c.relname, a.attnum`)
	if err != nil {
		t.Fatal(err)
	}
	var all []tenant
	var name string
	var forced bool
	var col column
	if _, err := pgx.ForEachRow(rows, []any{&name, &forced, &col.Name, &col.Type}, func() error {
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, tenant{name: name, forced: forced})
		}
		last := &all[len(all)-1]
		last.columns = append(last.columns, col)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// aValue is some value of a type.
func aValue(typ string) string {
	switch {
	case strings.HasSuffix(typ, "[]"):
		return "'{}'"
	case strings.HasPrefix(typ, "timestamp"):
		return "now()"
	}
	if v, ok := map[string]string{
		"uuid": "gen_random_uuid()", "bytea": `'\x00'`, "boolean": "true", "date": "current_date", "text": "'x'",
	}[typ]; ok {
		return v
	}
	return "1"
}

// insert writes one row of a district, whatever the table.
func (x tenant) insert(district int) string {
	var names, values []string
	for _, c := range x.columns {
		value := aValue(c.Type)
		if c.Name == "district_id" {
			value = fmt.Sprint(district)
		}
		names, values = append(names, pgx.Identifier{c.Name}.Sanitize()), append(values, value)
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", x.ident(), strings.Join(names, ", "), strings.Join(values, ", "))
}

func (x tenant) ident() string { return pgx.Identifier{x.name}.Sanitize() }

// peopled is a database in which every tenant table holds one row of district
// 7. What a row must be to make sense is taken away for it: only who sees it
// is tried here.
func peopled(t *testing.T) (*dbtest.DB, *pgx.Conn, []tenant) {
	t.Helper()
	db := dbtest.New(t)
	root := plain(t, db.URL)
	run := func(sql string) {
		t.Helper()
		if _, err := root.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	run(`DO $$ DECLARE k record; BEGIN
		FOR k IN SELECT conrelid::regclass AS r, conname FROM pg_constraint c
			WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace AND conparentid = 0
		LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.r, k.conname); END LOOP;
	END $$`)
	run(`SELECT positions_make((now() AT TIME ZONE 'UTC')::date)`)
	all := tenants(t, root)
	for _, x := range all {
		if strings.HasPrefix(x.name, "positions_") {
			continue // filled by way of its parent
		}
		run(x.insert(7))
	}
	return db, root, all
}

// tried counts what was tried and what was seen that should not be.
type tried struct {
	cells, seen int
	wrong       []string
}

func (r *tried) fault(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

// trespass tries every table with a role that is bound by district: without one,
// from another one, with nonsense for one.
func trespass(t *testing.T, conn *pgx.Conn, all []tenant) tried {
	t.Helper()
	var r tried
	do := func(setting, sql string) (n int64, err error) {
		r.cells++
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(t.Context()) }()
		if setting != "" {
			if _, err := tx.Exec(t.Context(), setting); err != nil {
				t.Fatal(err)
			}
		}
		tag, err := tx.Exec(t.Context(), sql)
		return tag.RowsAffected(), err
	}
	foreign := map[string]string{
		"no district": "", "an empty district": "SET LOCAL app.district_id = ''", "district 8": "SET LOCAL app.district_id = '8'",
	}
	for _, x := range all {
		if !x.forced {
			r.fault("%s: security is not on and forced", x.name)
		}
		if n, err := do("SET LOCAL app.district_id = '7'", "SELECT 1 FROM "+x.ident()); err == nil && n == 1 {
			r.seen++
		} else if err != nil && !denied(err) || err == nil {
			r.fault("%s: its own district sees %d rows, %v", x.name, n, err)
		}
		for who, setting := range foreign {
			for _, sql := range []string{
				"SELECT 1 FROM " + x.ident(), "UPDATE " + x.ident() + " SET district_id = district_id", "DELETE FROM " + x.ident(),
			} {
				if n, err := do(setting, sql); err == nil && n > 0 || err != nil && !denied(err) {
					r.fault("%s with %s: %d rows, %v", sql, who, n, err)
				}
			}
			if n, err := do(setting, x.insert(7)); !denied(err) {
				r.fault("%s takes a row of district 7 with %s: %d, %v", x.name, who, n, err)
			}
		}
		if n, err := do("SET LOCAL app.district_id = '7'", "UPDATE "+x.ident()+" SET district_id = 8"); !denied(err) {
			r.fault("%s lets a row go to district 8: %d, %v", x.name, n, err)
		}
		if n, err := do("SET LOCAL app.district_id = 'x'", "SELECT 1 FROM "+x.ident()); err == nil {
			r.fault("%s answers %d rows to a district that is no number", x.name, n)
		}
	}
	return r
}

func TestNoTableShowsOrTakesARowOfAnotherDistrict(t *testing.T) {
	t.Parallel()
	db, _, all := peopled(t)
	r := trespass(t, plain(t, db.AppURL), all)
	for _, w := range r.wrong {
		t.Error(w)
	}
	// Partitions are reached by way of their parent alone.
	if r.seen != len(all)-1 {
		t.Errorf("only %d of %d tables show their own district its row: the rest proves nothing", r.seen, len(all))
	}
	t.Logf("%d tenant tables, %d statements as kendra_app: 0 rows of another district seen, changed or written", len(all), r.cells)
	// Security is forced: the owner is bound as well, and reads no row either.
	owner := plain(t, db.OwnerURL)
	for _, x := range all {
		var n int
		if err := owner.QueryRow(t.Context(), "SELECT count(*) FROM "+x.ident()).Scan(&n); err != nil || n != 0 {
			t.Errorf("the owner sees %d rows of %s, %v", n, x.name, err)
		}
	}
}

func TestATableThatIsOpenToOtherDistrictsIsNamed(t *testing.T) {
	t.Parallel()
	db, root, _ := peopled(t)
	app := plain(t, db.AppURL)
	for fault, c := range map[string]struct{ do, undo, told string }{
		"security is off": {`ALTER TABLE tasks DISABLE ROW LEVEL SECURITY`, `ALTER TABLE tasks ENABLE ROW LEVEL SECURITY`, "tasks: security"},
		"it is not forced": {`ALTER TABLE complaints NO FORCE ROW LEVEL SECURITY`, `ALTER TABLE complaints FORCE ROW LEVEL SECURITY`,
			"complaints: security"},
		"a second policy": {`CREATE POLICY more ON matters USING (true)`, `DROP POLICY more ON matters`, `"matters" with district 8`},
		"writes are not checked": {`CREATE POLICY more ON slips FOR INSERT WITH CHECK (true)`, `DROP POLICY more ON slips`,
			"slips takes a row of district 7"},
		"a default where none is set": {`DROP POLICY district ON held; CREATE POLICY district ON held
			USING (district_id = coalesce(nullif(current_setting('app.district_id', true), ''), '7')::int)`,
			`DROP POLICY district ON held; CREATE POLICY district ON held
			USING (district_id = nullif(current_setting('app.district_id', true), '')::int)`, `"held" with no district`},
	} {
		if _, err := root.Exec(t.Context(), c.do); err != nil {
			t.Fatal(err)
		}
		if found := strings.Join(trespass(t, app, tenants(t, root)).wrong, "\n"); !strings.Contains(found, c.told) {
			t.Errorf("%s is not named: %s", fault, found)
		}
		if _, err := root.Exec(t.Context(), c.undo); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALoginOfTheServersRoleAloneBecomesNothingElse(t *testing.T) {
	t.Parallel()
	_, root, _ := peopled(t)
	login := "login_" + strings.ReplaceAll(root.Config().Database, "-", "_")
	run := func(sql string) error {
		_, err := root.Exec(context.WithoutCancel(t.Context()), sql)
		return err
	}
	if err := run("CREATE ROLE " + login + " LOGIN; GRANT kendra_app TO " + login); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run("RESET SESSION AUTHORIZATION; DROP ROLE " + login); err != nil {
			t.Error(err)
		}
	})
	if err := run("SET SESSION AUTHORIZATION " + login); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"SET ROLE kendra_owner", "SET ROLE kendra_report", "SET ROLE postgres", "UPDATE entries SET kind = 'x'", "TRUNCATE entries",
		"ALTER TABLE entries NO FORCE ROW LEVEL SECURITY", "SET session_replication_role = 'replica'", "ALTER ROLE kendra_app BYPASSRLS",
		"COPY (SELECT 1) TO PROGRAM 'true'", "SELECT pg_read_file('PG_VERSION')", "CREATE ROLE more",
	} {
		if err := run(sql); !denied(err) {
			t.Errorf("%s: %v", sql, err)
		}
	}
	// Without the role, too, it sees the rows of the district that is set, and no others.
	for _, district := range []string{"", "8"} {
		if err := run("SET app.district_id = '" + district + "'"); err != nil {
			t.Fatal(err)
		}
		for _, role := range []string{"RESET ROLE", "SET ROLE kendra_app", "SET row_security = off"} {
			if err := run(role); err != nil {
				t.Fatal(err)
			}
			var n int
			err := root.QueryRow(t.Context(), `SELECT count(*) FROM entries`).Scan(&n)
			if n != 0 || err != nil && !denied(err) {
				t.Errorf("after %s with district %q: %d entries, %v", role, district, n, err)
			}
		}
		if err := run("RESET row_security"); err != nil {
			t.Fatal(err)
		}
	}
}

// reportable are the views that reports are made of.
var reportable = []string{"report_entries", "report_lines", "report_tallies"}

// untold are columns of tables that no view may show or go by: sealed text, the
// line that phones are given, what a check noted of the sealed, places, people.
var untold = []string{
	"sealed", "wire", "facts", "cells", "flags", "sig", "seen_by", "cols", "data", "body", "op", "mask", "keyed_hash", "wrapped",
	"officer_id", "device_id", "session_id", "post_id", "case_id", "lat", "lon", "phone",
}

func TestTheReportsRoleReadsThreeViewsAndTheListsAndNothingElse(t *testing.T) {
	t.Parallel()
	db, root, all := peopled(t)
	report := plain(t, db.ReportURL)
	var readable, lists []string
	rows, err := root.Query(t.Context(), `SELECT c.relname::text, c.relkind = 'v', coalesce(obj_description(c.oid, 'pg_class'), '') LIKE 'list:%',
		n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('public', 'river') AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	type relation struct {
		Name         string
		IsView, List bool
		Schema       string
	}
	relations, err := pgx.CollectRows(rows, pgx.RowToStructByPos[relation])
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range relations {
		_, err := report.Exec(t.Context(), "SELECT 1 FROM "+pgx.Identifier{x.Schema, x.Name}.Sanitize())
		switch {
		case err == nil && x.IsView:
			readable = append(readable, x.Name)
		case err == nil && x.List:
			lists = append(lists, x.Name)
		case !denied(err):
			t.Errorf("%s is read by the report's role: %v", x.Name, err)
		}
	}
	if !slices.Equal(readable, reportable) || len(lists) == 0 {
		t.Errorf("views %v, lists %v", readable, lists)
	}
	for _, sql := range []string{
		`SELECT positions_make(current_date)`, `SELECT positions_drop(current_date)`, `INSERT INTO codes VALUES ('x', 'x', 'x', 'x')`,
		`UPDATE report_tallies SET n = 1`, `DELETE FROM report_entries`, `CREATE VIEW v AS SELECT 1`,
	} {
		if _, err := report.Exec(t.Context(), sql); !denied(err) {
			t.Errorf("%s: %v", sql, err)
		}
	}
	t.Logf("%d views and %d lists are read of %d relations, %d of them tenant tables", len(readable), len(lists), len(relations), len(all))
}

func TestAViewForReportsShowsNothingOfClassVXOrRAndOneDistrictOnly(t *testing.T) {
	t.Parallel()
	db, root, _ := peopled(t)
	report := plain(t, db.ReportURL)
	for _, view := range reportable {
		for setting, want := range map[string]int{"7": 1, "8": 0, "": 0} {
			var n int
			if _, err := report.Exec(t.Context(), "SET app.district_id = '"+setting+"'"); err != nil {
				t.Fatal(err)
			}
			if err := report.QueryRow(t.Context(), "SELECT count(*) FROM "+view).Scan(&n); err != nil || n != want {
				t.Errorf("%s with district %q: %d rows, %v", view, setting, n, err)
			}
		}
	}
	for _, w := range shown(t, root) {
		t.Error(w)
	}
	// What they show is found when it is too much.
	for sql, told := range map[string]string{
		`CREATE VIEW report_more AS SELECT district_id, wire FROM entries`:                                     "entries.wire",
		`CREATE VIEW report_marks AS SELECT district_id, field FROM case_marks`:                                "class V",
		`CREATE VIEW report_sure AS SELECT district_id, n FROM tallies JOIN posts USING (district_id, centre)`: "class R",
	} {
		view := strings.Fields(sql)[2]
		if _, err := root.Exec(t.Context(), sql+"; GRANT SELECT ON "+view+" TO kendra_report"); err != nil {
			t.Fatal(err)
		}
		if found := strings.Join(shown(t, root), "\n"); !strings.Contains(found, told) {
			t.Errorf("%s is not named: %s", view, found)
		}
		if _, err := root.Exec(t.Context(), "DROP VIEW "+view); err != nil {
			t.Fatal(err)
		}
	}
}

// shown tells which columns the views of kendra_report go by that they must not.
func shown(t *testing.T, root *pgx.Conn) (wrong []string) {
	t.Helper()
	rows, err := root.Query(t.Context(), `SELECT DISTINCT v.relname || ' shows ' || t.relname || '.' || a.attname,
			a.attname::text, coalesce(obj_description(t.oid, 'pg_class'), '')
		FROM pg_class v JOIN pg_rewrite r ON r.ev_class = v.oid
		JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
		JOIN pg_class t ON t.oid = d.refobjid AND t.oid <> v.oid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
		WHERE v.relkind IN ('v', 'm') AND has_table_privilege('kendra_report', v.oid, 'SELECT') AND v.relnamespace = 'public'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	var what, name, class string
	n := 0
	if _, err := pgx.ForEachRow(rows, []any{&what, &name, &class}, func() error {
		n++
		open := strings.HasPrefix(class, "class I:") || strings.HasPrefix(class, "class P:") || strings.HasPrefix(class, "list:")
		if slices.Contains(untold, name) || !open {
			wrong = append(wrong, what+" ("+class+")")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if n < 10 {
		t.Fatalf("only %d columns seen", n)
	}
	return wrong
}
