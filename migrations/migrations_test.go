package migrations_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"kendra/migrations"
	"kendra/migrations/dbtest"
)

func TestUpMayBeCalledAgainAndBySeveralProcessesAtOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.NewEmpty(t)
	if version, err := migrations.Version(t.Context(), db.URL); err != nil || version != 0 {
		t.Errorf("version of an empty database: %d, %v", version, err)
	}
	const processes = 3
	done := make(chan error)
	for range processes {
		go func() { done <- migrations.Up(t.Context(), db.URL) }()
	}
	for range processes {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := migrations.Up(t.Context(), db.URL); err != nil {
		t.Error(err)
	}
	if version, err := migrations.Version(t.Context(), db.URL); err != nil || version != migrations.Latest() {
		t.Errorf("version %d, %v; want %d", version, err, migrations.Latest())
	}
}

func TestUpSaysThatItCannotConnect(t *testing.T) {
	t.Parallel()
	err := migrations.Up(t.Context(), "postgres://nobody@/none?host=/nonexistent")
	if err == nil || !strings.HasPrefix(err.Error(), "migrate: connect: ") || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

func TestARoleIsSetInEveryFormOfDatabaseURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://me:secret@db.example:5433/kendra?sslmode=disable&role=other",
		"postgresql://me@/kendra?host=%2Frun%2Fpg&port=5432",
		"host=/run/pg user=me dbname=kendra",
	} {
		for role, with := range map[string]func(string) string{
			"kendra_owner": migrations.OwnerURL, "kendra_app": migrations.AppURL, "kendra_report": migrations.ReportURL,
		} {
			config, err := pgx.ParseConfig(with(url))
			if err != nil {
				t.Fatal(err)
			}
			if got := config.RuntimeParams["role"]; got != role || config.Database != "kendra" || config.User != "me" {
				t.Errorf("%s: role %q of %s in %s", url, got, config.User, config.Database)
			}
		}
	}
}

func TestAnEarlierFileIsNeverMissingFromTheNumbering(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".sql") {
			continue
		}
		n++
		var number int64
		for _, digit := range file.Name()[:4] {
			number = number*10 + int64(digit-'0')
		}
		if number != n {
			t.Errorf("%s is file %d", file.Name(), n)
		}
	}
	if n == 0 || n != migrations.Latest() {
		t.Errorf("%d files, latest is %d", n, migrations.Latest())
	}
}

func TestTheFingerprintIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	first, err := migrations.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	if second, err := migrations.Fingerprint(); err != nil || second != first || len(first) != 16 {
		t.Errorf("%q, then %q, %v", first, second, err)
	}
}
