package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/migrations/dbtest"
)

// settings is an environment.
func settings(pairs ...string) func(string) string {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return m[name] }
}

func configOf(t *testing.T, pairs ...string) config {
	t.Helper()
	c, err := readConfig(settings(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inServiceBehindAProxy is what makes a configuration one of a server that
// phones reach.
var inServiceBehindAProxy = []string{"KENDRA_BASE_URL", "https://kendra.example"}

func TestADatabaseWhoseLogTalksIsRefusedInServiceAndWarnedOfElsewhere(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	root := dbtest.Pool(t, db.URL)
	name := pgx.Identifier{root.Config().ConnConfig.Database}.Sanitize()
	for setting, value := range map[string]string{
		"log_statement": "'all'", "log_min_duration_statement": "0", "log_min_error_statement": "'error'", "log_parameter_max_length": "-1",
		"log_parameter_max_length_on_error": "256",
	} {
		if _, err := root.Exec(t.Context(), "ALTER DATABASE "+name+" SET "+setting+" = "+value); err != nil {
			t.Fatal(err)
		}
		for _, env := range [][]string{nil, inServiceBehindAProxy} {
			c := configOf(t, append([]string{"DATABASE_URL", db.URL}, env...)...)
			c.ownDatabase = true // so that the superuser's login is not the reason
			var log bytes.Buffer
			err := guard(t.Context(), c, slog.New(slog.NewJSONHandler(&log, nil)))
			if env == nil && (err != nil || !strings.Contains(log.String(), setting) || !strings.Contains(log.String(), "ALTER SYSTEM SET")) {
				t.Errorf("%s on this machine: %v, %s", setting, err, log.String())
			}
			if env != nil && (err == nil || !strings.Contains(err.Error(), setting) || log.Len() > 0) {
				t.Errorf("%s in service: %v, %s", setting, err, log.String())
			}
		}
		if _, err := root.Exec(t.Context(), "ALTER DATABASE "+name+" RESET "+setting); err != nil {
			t.Fatal(err)
		}
	}
	c := configOf(t, append([]string{"DATABASE_URL", db.URL}, inServiceBehindAProxy...)...)
	if err := guard(t.Context(), c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "bound by nothing") {
		t.Errorf("a superuser's login in service: %v", err)
	}
	c.ownDatabase = true
	if err := guard(t.Context(), c, slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("a quiet server of our own: %v", err)
	}
}

func TestAPasswordInTheEnvironmentIsRefusedInServiceAndNeverQuoted(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for _, env := range [][]string{
		{"DATABASE_URL", "postgres://kendra:geheim77@db/kendra"}, {"DATABASE_URL", "postgres://db/kendra?password=geheim77"},
		{"DATABASE_URL", "postgres://db/kendra", "KENDRA_OWNER_DATABASE_URL", "postgres://owner:geheim77@db/kendra"},
		{"DATABASE_URL", "postgres://db/kendra", "PGPASSWORD", "geheim77"},
		{"DATABASE_URL", "postgres://db/kendra?sslpassword=geheim77"}, {"DATABASE_URL", "postgres://db/kendra", "PGSSLPASSWORD", "geheim77"},
	} {
		c := configOf(t, append(env, inServiceBehindAProxy...)...)
		c.DatabaseURL, c.ownDatabase = db.URL, true
		err := guard(t.Context(), c, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "PGPASSFILE") || strings.Contains(err.Error(), "geheim77") {
			t.Errorf("%v: %v", env, err)
		}
		c.BaseURL = ""
		if err := guard(t.Context(), c, slog.New(slog.DiscardHandler)); err != nil {
			t.Errorf("%v on this machine: %v", env, err)
		}
	}
	if found := passwords(settings("DATABASE_URL", "postgres://kendra@db/kendra?sslmode=verify-full")); len(found) > 0 {
		t.Errorf("a login without a password: %v", found)
	}
}

func TestAFileOfSecretsThatOthersMayReadIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	if err := os.WriteFile(path, []byte("geheim77"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"GOOGLE_APPLICATION_CREDENTIALS", "PGPASSFILE", "PGSSLKEY", "KENDRA_TLS_KEY"} {
		c := configOf(t, name, path, "KENDRA_TLS_CERT", map[bool]string{true: path}[name == "KENDRA_TLS_KEY"])
		for mode, good := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o660: false, 0o602: false} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			err := onlyOwners(c.SecretFiles)
			if (err == nil) != good || err != nil && strings.Contains(err.Error(), "geheim77") {
				t.Errorf("%s of mode %o: %v", name, mode, err)
			}
		}
	}
	// Of the keys, too, each one.
	keys := filepath.Join(dir, "keys")
	if _, err := openSecrets(keys, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadDir(keys)
	if err != nil || len(list) < 8 {
		t.Fatal(err, list)
	}
	for _, f := range list {
		key := filepath.Join(keys, f.Name())
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is made with mode %v, %v", f.Name(), info.Mode(), err)
		}
		if err := os.Chmod(key, 0o640); err != nil {
			t.Fatal(err)
		}
		if _, err := openSecrets(keys, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("%s that others may read: %v", f.Name(), err)
		}
		if err := os.Chmod(key, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(keys, 0o770); err != nil {
		t.Fatal(err)
	}
	if _, err := openSecrets(keys, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a directory in which others may put keys: %v", err)
	}
}

func TestADatabaseBeyondThisMachineIsVerifiedInFull(t *testing.T) {
	t.Parallel()
	for address, bad := range map[string]bool{
		"postgres:///kendra?host=/run/postgresql": false, "postgres://127.0.0.1/kendra": false, "postgres://[::1]/kendra?sslmode=disable": false,
		"postgres://localhost/kendra": false, "postgres://db.example/kendra?sslmode=verify-full": false,
		"postgres://db.example/kendra": true, "postgres://db.example/kendra?sslmode=disable": true, "postgres://db.example/kendra?sslmode=prefer": true,
		"postgres://db.example/kendra?sslmode=require": true, "postgres://db.example/kendra?sslmode=verify-ca": true,
		"postgres://10.0.0.9/kendra?sslmode=allow": true, "postgres://127.0.0.1,db.example/kendra": true,
		"postgres://db.example,db2.example/kendra?sslmode=verify-full": false,
	} {
		if unverified(address) != bad {
			t.Errorf("%s: could be overheard is %t", address, !bad)
		}
	}
	db := dbtest.New(t)
	c := configOf(t, inServiceBehindAProxy...)
	c.DatabaseURL, c.OwnerURL, c.ownDatabase = db.URL, "postgres://db.example/kendra?sslmode=require", true
	if err := guard(t.Context(), c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "verify-full") {
		t.Errorf("served with %v", err)
	}
}

func TestServiceIsWhatPhonesReach(t *testing.T) {
	t.Parallel()
	for address, local := range map[string]bool{
		"127.0.0.1:8080": true, "[::1]:8080": true, "localhost:0": true, "127.8.8.8:1": true, ":8080": false, "0.0.0.0:80": false,
		"[::]:80": false, "10.0.0.7:8080": false, "kendra.example:443": false, "[::ffff:127.0.0.1]:80": true,
	} {
		if c := configOf(t, "KENDRA_LISTEN", address, "KENDRA_PROXIES", "10.0.0.1/32"); c.inService() == local {
			t.Errorf("a server at %s: in service is %t", address, c.inService())
		}
	}
	if c := configOf(t, inServiceBehindAProxy...); !c.inService() {
		t.Error("a server behind a proxy is not in service")
	}
	for address, good := range map[string]bool{
		"127.0.0.1:8081": true, "10.1.2.3:9090": true, ":8081": false, "0.0.0.0:8081": false, "[::]:8081": false, "8081": false,
	} {
		if _, err := readConfig(settings("KENDRA_PRIVATE_LISTEN", address)); (err == nil) != good {
			t.Errorf("private at %s: %v", address, err)
		}
	}
}

// aServer is kendra serve under way in this process.
type aServer struct {
	public, private string
	keys            string
	log             *buffer
}

// serving runs the verb serve until the test ends.
func serving(t *testing.T) aServer {
	t.Helper()
	dir := t.TempDir()
	c := configOf(t, "DATABASE_URL", dbtest.New(t).URL, "KENDRA_DATA", dir, "KENDRA_LISTEN", "127.0.0.1:0", "KENDRA_PRIVATE_LISTEN", "127.0.0.1:0")
	s := aServer{keys: c.Keys, log: &buffer{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- runServe(ctx, c, slog.New(slog.NewJSONHandler(s.log, nil))) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		for line := range bytes.Lines(s.log.all()) {
			var l struct{ Msg, Listen, Private string }
			if json.Unmarshal(line, &l) == nil && l.Msg == "serving" {
				s.public, s.private = "http://"+l.Listen, "http://"+l.Private
				return s
			}
		}
		select {
		case err := <-done:
			t.Fatalf("serve ended: %v", err)
		default:
		}
	}
	t.Fatalf("it does not serve: %s", s.log.all())
	return s
}

func TestAServingProcessShowsFiguresInPrivateOnlyAndLeavesNoDumpAndNoKeyInSight(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "off") // or the verb would bound the tests beside this one
	s := serving(t)
	private := []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/goroutine?debug=1", "/healthz", "/readyz"}
	for _, path := range private {
		if text := get(t, s.public+path); !bytes.Contains(text, []byte(`"code":"not_found"`)) {
			t.Errorf("%s is answered in public: %.200s", path, text)
		}
		if status := statusOf(t, s.private+path); status != http.StatusOK {
			t.Errorf("%s is not answered in private: %d", path, status)
		}
	}
	for _, path := range []string{"/v1/hello", "/v1/reference", "/debug/pprof/cmdline"} {
		if status := statusOf(t, s.private+path); status != http.StatusNotFound {
			t.Errorf("%s is answered %d in private", path, status)
		}
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil || limit.Cur != 0 || limit.Max != 0 {
		t.Errorf("a core may have %d of %d bytes, %v", limit.Cur, limit.Max, err)
	}
	if dumpable(t) {
		t.Error("this process may be dumped")
	}
	files, err := os.ReadDir(s.keys)
	if err != nil || len(files) < 10 {
		t.Fatal(err, files)
	}
	document, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	numbered := regexp.MustCompile(`-\d+\.key$`)
	for _, f := range files {
		if name := numbered.ReplaceAllString(f.Name(), "-*.key"); !bytes.Contains(document, []byte("\n| `"+name+"` |")) {
			t.Errorf("SECURITY.md does not list %s", name)
		}
	}
	seen := []string{strings.Join(os.Args, "\x00"), strings.Join(os.Environ(), "\x00"), string(s.log.all()), string(get(t, s.private+"/metrics"))}
	for _, f := range files {
		key, err := os.ReadFile(filepath.Join(s.keys, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		key = bytes.TrimSpace(key)
		for _, form := range []string{string(key), hex.EncodeToString(key), base64.StdEncoding.EncodeToString(key)} {
			if slices.ContainsFunc(seen, func(text string) bool { return strings.Contains(text, form) }) {
				t.Errorf("%s stands in the command line, the environment, the log or the figures", f.Name())
			}
		}
	}
}

func TestServeRefusesToBeginWithASecretThatOthersMayRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	// No database is asked: it would not be there.
	c := configOf(t, "GOOGLE_APPLICATION_CREDENTIALS", path, "DATABASE_URL", "postgres://127.0.0.1:1/none")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := runServe(ctx, c, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "chmod 600") || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("served with %v", err)
	}
}

func statusOf(t *testing.T, address string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestNoConnectionOfTheServerWaitsForALockForever(t *testing.T) {
	t.Parallel()
	pool, err := openPool(t.Context(), dbtest.New(t).AppURL, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for setting, want := range map[string]string{"lock_timeout": "3s", "idle_in_transaction_session_timeout": "10s"} {
		var got string
		if err := pool.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, %v, want %s", setting, got, err, want)
		}
	}
}
