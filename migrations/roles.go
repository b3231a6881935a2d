package migrations

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// roleStatements make the roles. They belong to the whole server, so another
// database's migration may make them at the same moment: both outcomes of that
// race are caught. Attributes are set only if wrong, for the same reason.
var roleStatements = []string{
	makeRole("kendra_owner"),
	makeRole("kendra_app"),
	makeRole("kendra_report"),
	// Who is no superuser must be a member to act as the owner.
	`DO $$ BEGIN
		IF NOT pg_has_role(current_user, 'kendra_owner', 'MEMBER') THEN
			EXECUTE format('GRANT kendra_owner TO %I', current_user);
		END IF;
	END $$`,
}

func makeRole(name string) string {
	return fmt.Sprintf(`DO $$ BEGIN
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%[1]s') THEN
			CREATE ROLE %[1]s NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;
		ELSIF EXISTS (SELECT FROM pg_roles WHERE rolname = '%[1]s' AND (rolsuper OR rolbypassrls)) THEN
			ALTER ROLE %[1]s NOSUPERUSER NOBYPASSRLS;
		END IF;
	EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
	END $$`, name)
}

// schemaGrants give the owner this database, and nobody else the right to make
// things in it. A login that is not allowed to grant leaves what an
// administrator has set.
const schemaGrants = `DO $$ BEGIN
	IF NOT has_database_privilege('kendra_owner', current_database(), 'CREATE') THEN
		EXECUTE format('GRANT CREATE ON DATABASE %I TO kendra_owner', current_database());
	END IF;
	IF (SELECT nspowner <> 'kendra_owner'::regrole FROM pg_namespace WHERE nspname = 'public') THEN
		ALTER SCHEMA public OWNER TO kendra_owner;
		REVOKE ALL ON SCHEMA public FROM PUBLIC;
		GRANT USAGE ON SCHEMA public TO kendra_app, kendra_report;
	END IF;
END $$`

// queueGrants let the server work jobs: rows only, no definitions.
const queueGrants = `
	REVOKE ALL ON SCHEMA river FROM PUBLIC;
	GRANT USAGE ON SCHEMA river TO kendra_app;
	GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA river TO kendra_app;
	GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA river TO kendra_app;
	GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA river TO kendra_app`

// prepare makes what the files take for granted.
func prepare(ctx context.Context, conn *pgx.Conn) error {
	for _, statement := range append(roleStatements[:len(roleStatements):len(roleStatements)], schemaGrants) {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
