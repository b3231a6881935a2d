package dbtest_test

import (
	"testing"
	"time"

	"kendra/migrations"
	"kendra/migrations/dbtest"
)

func TestEachTestHasADatabaseOfItsOwnWithTheNewestSchema(t *testing.T) {
	t.Parallel()
	began := time.Now()
	a := dbtest.New(t)
	t.Logf("first clone after %v", time.Since(began))
	began = time.Now()
	b := dbtest.New(t)
	t.Logf("second clone in %v", time.Since(began))
	owner := dbtest.Pool(t, a.OwnerURL)
	if _, err := owner.Exec(t.Context(), `CREATE TABLE only_in_a (x int)`); err != nil {
		t.Fatal(err)
	}
	var there bool
	if err := dbtest.Pool(t, b.OwnerURL).QueryRow(t.Context(), `SELECT to_regclass('only_in_a') IS NOT NULL`).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Error("a table of one database is in the other")
	}
	if version, err := migrations.Version(t.Context(), b.URL); err != nil || version != migrations.Latest() {
		t.Errorf("version %d, %v; want %d", version, err, migrations.Latest())
	}
}

func TestThePoolActsAsTheServersRoleAndTheURLsAsTheirs(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for role, url := range map[string]string{
		"kendra_app": db.AppURL, "kendra_owner": db.OwnerURL, "kendra_report": db.ReportURL,
	} {
		var got string
		if err := dbtest.Pool(t, url).QueryRow(t.Context(), `SELECT current_user`).Scan(&got); err != nil || got != role {
			t.Errorf("acts as %q, %v; want %s", got, err, role)
		}
	}
	var got string
	if err := db.Pool(t).QueryRow(t.Context(), `SELECT current_user`).Scan(&got); err != nil || got != "kendra_app" {
		t.Errorf("pool acts as %q, %v", got, err)
	}
}

func TestADatabaseIsGoneAfterItsTest(t *testing.T) {
	t.Parallel()
	witness := dbtest.NewEmpty(t)
	var gone string
	t.Run("a test", func(t *testing.T) {
		db := dbtest.New(t)
		if err := db.Pool(t).QueryRow(t.Context(), `SELECT current_database()`).Scan(&gone); err != nil {
			t.Fatal(err)
		}
	})
	var there bool
	err := dbtest.Pool(t, witness.URL).QueryRow(t.Context(),
		`SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, gone).Scan(&there)
	if err != nil || there {
		t.Errorf("database %s: there %v, %v", gone, there, err)
	}
}
