package migrations_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"kendra/migrations"
	"kendra/migrations/dbtest"
)

func TestThePrivateServersLogIsQuietAndAnyServersIsAskedAsTheAppSeesIt(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	root := dbtest.Pool(t, db.URL)
	told := func() []string {
		t.Helper()
		list, err := migrations.Talkative(t.Context(), db.Pool(t))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := told(); len(list) > 0 {
		t.Errorf("the private server: %v", list)
	}
	name := pgx.Identifier{root.Config().ConnConfig.Database}.Sanitize()
	for setting, loud := range map[string]string{
		"log_statement": "'all'", "log_min_duration_statement": "100", "log_min_error_statement": "'error'", "log_parameter_max_length": "-1",
		"log_parameter_max_length_on_error": "-1", "log_error_verbosity": "'default'",
	} {
		if _, err := root.Exec(t.Context(), "ALTER DATABASE "+name+" SET "+setting+" = "+loud); err != nil {
			t.Fatal(err)
		}
		if list := told(); len(list) != 1 || !strings.HasPrefix(list[0], setting+" is ") {
			t.Errorf("with %s = %s: %v", setting, loud, list)
		}
		if _, err := root.Exec(t.Context(), "ALTER DATABASE "+name+" RESET "+setting); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALoginThatIsBoundByNothingIsKnown(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	if unbound, err := migrations.Unbound(t.Context(), db.Pool(t)); err != nil || !unbound {
		t.Errorf("a superuser behind the app's role: %t, %v", unbound, err)
	}
	root := plain(t, db.URL)
	login := "bound_" + root.Config().Database
	if _, err := root.Exec(t.Context(), "CREATE ROLE "+login+" LOGIN; GRANT kendra_app TO "+login); err != nil {
		t.Fatal(err)
	}
	run := func(sql string) error {
		_, err := root.Exec(context.WithoutCancel(t.Context()), sql)
		return err
	}
	t.Cleanup(func() {
		if err := run("RESET SESSION AUTHORIZATION; DROP ROLE " + login); err != nil {
			t.Error(err)
		}
	})
	if err := run("SET SESSION AUTHORIZATION " + login); err != nil {
		t.Fatal(err)
	}
	if unbound, err := migrations.Unbound(t.Context(), root); err != nil || unbound {
		t.Errorf("a login of the app's role alone: %t, %v", unbound, err)
	}
}
