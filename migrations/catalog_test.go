package migrations_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/migrations/dbtest"
)

// tenantTables is the condition on pg_class c for tables that hold rows of a
// district, partitions too: all in schema public but goose's own and the small
// lists, which say so in their comment.
const tenantTables = ` c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
	AND c.relname <> 'goose_db_version'
	AND coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE 'list:%' `

// butMarks excepts the one key that has the district at its end: of case_marks,
// whose rows are looked for by number; see 0004.
func butMarks(key string) string {
	return ` AND NOT (c.relname = 'case_marks' AND 1 = ANY (` + key + `))`
}

// catalogRules are queries that name what breaks a rule: the design's rules for
// tables, by the catalogue and not by reading SQL.
var catalogRules = []struct{ rule, query string }{
	{"district_id int NOT NULL is the first column of a tenant table",
		`SELECT c.relname FROM pg_class c WHERE` + tenantTables + `AND NOT EXISTS (
			SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = 1
			AND a.attname = 'district_id' AND a.atttypid = 'int4'::regtype AND a.attnotnull)`},
	{"a tenant table has a primary key",
		`SELECT c.relname FROM pg_class c WHERE` + tenantTables + `AND NOT EXISTS (
			SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')`},
	{"primary keys, unique constraints and foreign keys of a tenant table begin with district_id",
		`SELECT c.relname || '.' || k.conname FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid
		WHERE` + tenantTables + `AND k.contype IN ('p', 'u', 'f') AND k.conkey[1] <> 1` + butMarks("k.conkey")},
	{"foreign keys of a tenant table point at district_id first, or at a list",
		`SELECT c.relname || '.' || k.conname FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid
		JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = k.confkey[1]
		WHERE` + tenantTables + `AND k.contype = 'f' AND f.attname <> 'district_id'`},
	{"unique and exclusion indexes of a tenant table begin with district_id",
		`SELECT c.relname || '.' || x.relname FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid
		JOIN pg_class x ON x.oid = i.indexrelid
		WHERE` + tenantTables + `AND (i.indisunique OR i.indisexclusion) AND i.indkey[0] <> 1` + butMarks("i.indkey")},
	{"known op_ids have one index only",
		`SELECT indexrelid::regclass::text FROM pg_index
		WHERE indrelid = 'ops'::regclass AND NOT indisprimary`},
	{"a list refers to no tenant table",
		`SELECT c.relname || '.' || k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid
		JOIN pg_class l ON l.oid = k.conrelid
		WHERE k.contype = 'f' AND` + tenantTables + `AND obj_description(l.oid, 'pg_class') LIKE 'list:%'`},
	{"there is no trigger but those of foreign keys",
		`SELECT tgrelid::regclass::text || '.' || tgname FROM pg_trigger WHERE NOT tgisinternal`},
	{"there is no rewrite rule but those of views",
		`SELECT r.ev_class::regclass::text || '.' || r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
		WHERE c.relnamespace = 'public'::regnamespace AND r.rulename <> '_RETURN'`},
	{"no tenant column counts by itself: no identity, no sequence",
		`SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
		WHERE` + tenantTables + `AND a.attnum > 0 AND NOT a.attisdropped
		AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%')`},
	{"times and random values come from the program: no default calls a clock or a die",
		`SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
		WHERE` + tenantTables + `AND pg_get_expr(d.adbin, d.adrelid) ~* '(now|clock|timestamp|random|uuid)[a-z_]*\('`},
	{"row-level security is on and forced",
		`SELECT c.relname FROM pg_class c WHERE` + tenantTables + `AND NOT (c.relrowsecurity AND c.relforcerowsecurity)`},
	{"the one policy of a tenant table is the district's, for all commands and roles",
		`SELECT c.relname FROM pg_class c WHERE` + tenantTables + `AND 1 <> (
			SELECT count(*) FILTER (WHERE p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}'
				AND pg_get_expr(p.polqual, p.polrelid) =
					'(district_id = (NULLIF(current_setting(''app.district_id''::text, true), ''''::text))::integer)'
				AND coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid)) =
					pg_get_expr(p.polqual, p.polrelid))
				+ 10 * greatest(count(*) - 1, 0)
			FROM pg_policy p WHERE p.polrelid = c.oid)`},
	{"no foreign key joins the job queue and our tables",
		`SELECT conrelid::regclass::text || '.' || conname FROM pg_constraint k
		JOIN pg_class a ON a.oid = k.conrelid JOIN pg_class b ON b.oid = k.confrelid
		WHERE k.contype = 'f' AND a.relnamespace <> b.relnamespace`},
	{"every table and view says what it holds, by class",
		`SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
		AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname <> 'goose_db_version'
		AND coalesce(obj_description(c.oid, 'pg_class'), '') !~ '^(list|class [VXRIP]): .'`},
	{"the roles can't log in, are no superusers and bypass nothing",
		`SELECT rolname FROM pg_roles WHERE rolname LIKE 'kendra%'
		AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolreplication)`},
	{"the server's and the report's role are members of nothing",
		`SELECT member::regrole::text FROM pg_auth_members WHERE member IN ('kendra_app'::regrole, 'kendra_report'::regrole)`},
	{"kendra_owner owns everything",
		`SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('public', 'river') AND c.relowner <> 'kendra_owner'::regrole
		UNION ALL SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
		WHERE n.nspname IN ('public', 'river') AND p.proowner <> 'kendra_owner'::regrole
		UNION ALL SELECT nspname FROM pg_namespace WHERE nspname IN ('public', 'river') AND nspowner <> 'kendra_owner'::regrole`},
	{"a function with the owner's rights has a fixed search path and is not everybody's",
		`SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
		AND (NOT EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s LIKE 'search_path=%')
			OR EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x WHERE x.grantee = 0))`},
	{"entries can't be changed, deleted or truncated by the server's role",
		`SELECT privilege FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) privilege
		WHERE has_table_privilege('kendra_app', 'entries', privilege)
		UNION ALL SELECT 'UPDATE of a column' WHERE has_any_column_privilege('kendra_app', 'entries', 'UPDATE')`},
	{"no table can be truncated, given triggers or referred to by the server's role",
		`SELECT c.oid::regclass::text || ' ' || privilege FROM pg_class c, unnest(ARRAY['TRUNCATE', 'TRIGGER', 'REFERENCES']) privilege
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
		AND has_table_privilege('kendra_app', c.oid, privilege)`},
	{"neither role can make anything in public or in the database",
		`SELECT role FROM unnest(ARRAY['kendra_app', 'kendra_report']) role
		WHERE has_schema_privilege(role, 'public', 'CREATE') OR has_schema_privilege(role, 'river', 'CREATE')
		OR has_database_privilege(role, current_database(), 'CREATE')`},
	{"the report's role reads lists and views, no tenant table, and writes nothing",
		`SELECT c.relname FROM pg_class c WHERE` + tenantTables + `AND has_table_privilege('kendra_report', c.oid, 'SELECT')
		UNION ALL SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('public', 'river') AND c.relkind IN ('r', 'p', 'v')
		AND has_table_privilege('kendra_report', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')`},
}

func TestEveryTableObeysTheRules(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	owner := dbtest.Pool(t, db.OwnerURL)
	// A partition is a table like any other.
	if _, err := owner.Exec(t.Context(), `SELECT positions_make(current_date)`); err != nil {
		t.Fatal(err)
	}
	if n := len(names(t, owner, `SELECT c.relname FROM pg_class c WHERE`+tenantTables)); n < 20 {
		t.Fatalf("only %d tenant tables seen", n)
	}
	for _, r := range catalogRules {
		t.Run(r.rule, func(t *testing.T) {
			t.Parallel()
			if broken := names(t, owner, r.query); len(broken) > 0 {
				t.Errorf("broken by %s", strings.Join(broken, ", "))
			}
		})
	}
}

func names(t *testing.T, pool *pgxpool.Pool, query string) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// planted are faults that the rules must see.
const planted = `
	CREATE TABLE late (x int, district_id int NOT NULL, UNIQUE (x));
	CREATE TABLE counted (district_id int NOT NULL, n bigserial, at timestamptz DEFAULT now(),
		PRIMARY KEY (district_id, n), CONSTRAINT alone UNIQUE (n));
	CREATE UNIQUE INDEX hidden ON counted (at);
	ALTER TABLE counted ENABLE ROW LEVEL SECURITY;
	CREATE POLICY everything ON counted USING (true);
	CREATE TABLE listed (x int PRIMARY KEY, district_id int, FOREIGN KEY (district_id, x) REFERENCES counted (district_id, n));
	COMMENT ON TABLE listed IS 'list: planted';
	ALTER TABLE counted ADD CONSTRAINT queued FOREIGN KEY (district_id) REFERENCES listed (x);
	ALTER TABLE counted ADD job bigint, ADD CONSTRAINT job FOREIGN KEY (job) REFERENCES river.river_job (id);
	CREATE INDEX second ON ops (district_id, centre);
	CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END';
	CREATE TRIGGER t BEFORE INSERT ON counted FOR EACH ROW EXECUTE FUNCTION f();
	CREATE RULE r AS ON DELETE TO counted DO INSTEAD NOTHING;
	GRANT UPDATE (kind) ON entries TO kendra_app;
	GRANT TRUNCATE ON late TO kendra_app;
	GRANT SELECT ON late TO kendra_report;
	GRANT CREATE ON SCHEMA public TO kendra_report;`

// unplanted rules need a superuser or another role to break.
var unplanted = []string{"the roles can't log in", "members of nothing", "kendra_owner owns"}

func TestTheRulesSeePlantedFaults(t *testing.T) {
	t.Parallel()
	owner := dbtest.Pool(t, dbtest.New(t).OwnerURL)
	if _, err := owner.Exec(t.Context(), planted); err != nil {
		t.Fatal(err)
	}
	for _, r := range catalogRules {
		if slices.ContainsFunc(unplanted, func(part string) bool { return strings.Contains(r.rule, part) }) {
			continue
		}
		if len(names(t, owner, r.query)) == 0 {
			t.Errorf("not seen: %s", r.rule)
		}
	}
}

// denied says whether PostgreSQL refused for lack of a privilege.
func denied(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == "42501"
}

func TestTheServersRoleFailsToChangeTheBookByTrying(t *testing.T) {
	t.Parallel()
	app := dbtest.New(t).Pool(t)
	for _, statement := range []string{
		`UPDATE entries SET kind = 'x'`,
		`UPDATE entries SET seq = seq + 1 WHERE false`,
		`DELETE FROM entries`,
		`TRUNCATE entries`,
		`INSERT INTO entries SELECT * FROM entries ON CONFLICT (district_id, centre, seq) DO UPDATE SET kind = 'x'`,
		`SELECT 1 FROM entries FOR UPDATE`,
		`ALTER TABLE entries DISABLE ROW LEVEL SECURITY`,
		`ALTER TABLE entries ADD x int`,
		`DROP TABLE entries`,
		`DROP POLICY district ON entries`,
		`CREATE TABLE mine (x int)`,
	} {
		if _, err := app.Exec(t.Context(), statement); !denied(err) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func TestADistrictSeesAndWritesItsOwnRowsOnly(t *testing.T) {
	t.Parallel()
	app := dbtest.New(t).Pool(t)
	add := func(tx pgx.Tx, district int) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO circles (district_id, circle, hi, en) VALUES ($1, 'MAU', 'मऊ', 'Mau')`, district)
		return err
	}
	in := func(district string, do func(tx pgx.Tx) error) error {
		return pgx.BeginFunc(t.Context(), app, func(tx pgx.Tx) error {
			if district != "" {
				if _, err := tx.Exec(t.Context(), `SET LOCAL app.district_id = '`+district+`'`); err != nil {
					return err
				}
			}
			return do(tx)
		})
	}
	count := func(district string) (n int) {
		err := in(district, func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT count(*) FROM circles`).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := in("7", func(tx pgx.Tx) error { return add(tx, 7) }); err != nil {
		t.Fatal(err)
	}
	if err := in("7", func(tx pgx.Tx) error { return add(tx, 8) }); !denied(err) {
		t.Errorf("district 7 writes a row of 8: %v", err)
	}
	if err := in("", func(tx pgx.Tx) error { return add(tx, 7) }); !denied(err) {
		t.Errorf("a row without a district: %v", err)
	}
	for _, c := range []struct {
		district string
		want     int
	}{{"7", 1}, {"8", 0}, {"", 0}} { // the last on a connection that has had a district
		if got := count(c.district); got != c.want {
			t.Errorf("district %q sees %d rows, want %d", c.district, got, c.want)
		}
	}
}

func TestWithoutADistrictTheServerSeesNoRowOfAnyTable(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	root := dbtest.Pool(t, db.URL)
	if _, err := root.Exec(t.Context(), `INSERT INTO circles (district_id, circle, hi, en) VALUES (7, 'MAU', 'मऊ', 'Mau')`); err != nil {
		t.Fatal(err)
	}
	app := db.Pool(t)
	for _, table := range names(t, root, `SELECT c.relname FROM pg_class c WHERE`+tenantTables) {
		var n int
		if err := app.QueryRow(t.Context(), `SELECT count(*) FROM `+pgx.Identifier{table}.Sanitize()).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d rows, %v", table, n, err)
		}
	}
	// Nor does the owner: security is forced.
	var n int
	if err := dbtest.Pool(t, db.OwnerURL).QueryRow(t.Context(), `SELECT count(*) FROM circles`).Scan(&n); err != nil || n != 0 {
		t.Errorf("owner sees %d rows, %v", n, err)
	}
}

func TestTheServerMakesAndDropsDaysOfPositionsOnlyByTheOwnersFunctions(t *testing.T) {
	t.Parallel()
	app := dbtest.New(t).Pool(t)
	if _, err := app.Exec(t.Context(), `SELECT positions_make(current_date - 30), positions_make(current_date)`); err != nil {
		t.Fatal(err)
	}
	var dropped int
	if err := app.QueryRow(t.Context(), `SELECT positions_drop(current_date - 7)`).Scan(&dropped); err != nil || dropped != 1 {
		t.Errorf("dropped %d, %v", dropped, err)
	}
	if _, err := app.Exec(t.Context(), `DROP TABLE positions`); !denied(err) {
		t.Errorf("drops the table itself: %v", err)
	}
}

func TestTheServerWorksJobsAndCannotChangeTheirTables(t *testing.T) {
	t.Parallel()
	app := dbtest.New(t).Pool(t)
	if _, err := app.Exec(t.Context(), `INSERT INTO river.river_job (kind, max_attempts, args) VALUES ('x', 1, '{}')`); err != nil {
		t.Error(err)
	}
	if _, err := app.Exec(t.Context(), `DELETE FROM river.river_job`); err != nil {
		t.Error(err)
	}
	if _, err := app.Exec(t.Context(), `ALTER TABLE river.river_job ADD x int`); !denied(err) {
		t.Errorf("alters a table: %v", err)
	}
}
