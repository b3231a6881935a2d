package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kendra/migrations/dbtest"
)

// aClock is one that a test sets.
type aClock struct{ at time.Time }

func (c *aClock) now() time.Time { return c.at }

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		list = append(list, f.Name())
	}
	return list
}

func TestTheLogIsAFileADayAndKeptForTheDaysThatAreSet(t *testing.T) {
	t.Parallel()
	const days = 180
	dir := filepath.Join(t.TempDir(), "logs")
	ist := time.FixedZone("IST", 5*3600+1800)
	clock := &aClock{time.Date(2026, 3, 1, 4, 0, 0, 0, ist)} // still February in UTC
	var other bytes.Buffer
	l, err := openLogs(dir, days, &other, clock.now)
	if err != nil {
		t.Fatal(err)
	}
	kept := []string{"kendra-2026-13-01.log", "kendra-2020-01-01.log.gz", "other-2020-01-01.log", "notes.txt"}
	for _, name := range kept {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write := func(line string) {
		t.Helper()
		if _, err := l.Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	clock.at = clock.at.Add(90 * time.Minute) // midnight of UTC
	write("two")
	write("three")
	for name, want := range map[string]string{"kendra-2026-02-28.log": "one\n", "kendra-2026-03-01.log": "two\nthree\n"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	for day := range 400 {
		clock.at = clock.at.AddDate(0, 0, 1)
		write("a day")
		today := clock.at.UTC()
		have := names(t, dir)
		for _, back := range []int{0, 1, min(day+2, days)} {
			if name := "kendra-" + today.AddDate(0, 0, -back).Format(time.DateOnly) + ".log"; !slices.Contains(have, name) {
				t.Fatalf("on %v %s is gone", today, name)
			}
		}
		if n := len(have) - len(kept); n != min(day+3, days+1) {
			t.Fatalf("on %v there are %d files", today, n)
		}
	}
	for _, name := range kept {
		if !slices.Contains(names(t, dir), name) {
			t.Errorf("%s was not ours to delete", name)
		}
	}
	if other.Len() > 0 {
		t.Errorf("told elsewhere: %s", other.String())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestALineThatFindsNoFileIsToldElsewhereWithTheReason(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "logs")
	clock := &aClock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	var other bytes.Buffer
	l, err := openLogs(dir, 180, &other, clock.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	clock.at = clock.at.AddDate(0, 0, 1)
	if n, err := l.Write([]byte("a line\n")); n == 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Write([]byte("the next\n")); err != nil {
		t.Error(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "kendra-2026-03-02.log"))
	if err != nil || string(got) != "the next\n" || !strings.Contains(other.String(), "a line\n") || !strings.Contains(other.String(), "open log") {
		t.Errorf("%q, %v, told elsewhere: %q", got, err, other.String())
	}
	open := filepath.Join(t.TempDir(), "open")
	if err := errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o777)); err != nil {
		t.Fatal(err)
	}
	if _, err := openLogs(open, 180, &other, clock.now); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a directory that others may write into: %v", err)
	}
}

func TestLogsOfLessThan180DaysAreRefusedInService(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		days      string
		inService bool
		want      int
	}{
		{"", true, 180}, {"180", true, 180}, {"400", true, 400}, {"179", true, 0}, {"1", true, 0}, {"7", false, 7}, {"", false, 180},
		{"0", false, 0}, {"-1", false, 0}, {"ten", false, 0},
	} {
		env := []string{"KENDRA_LOGS", "/var/log/kendra", "KENDRA_LOG_DAYS", c.days}
		if c.inService {
			env = append(env, inServiceBehindAProxy...)
		}
		got, err := readConfig(settings(env...))
		if c.want == 0 && (err == nil || !strings.Contains(err.Error(), "KENDRA_LOG_DAYS")) || c.want > 0 && (err != nil || got.LogDays != c.want) {
			t.Errorf("%+v: %d, %v", c, got.LogDays, err)
		}
	}
}

// until asks again and again.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// catchHUP keeps a signal that comes too early from ending the tests.
func catchHUP(t *testing.T) {
	t.Helper()
	hup := make(chan os.Signal, 100)
	signal.Notify(hup, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hup) })
}

func hangUp(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

func TestAServerThatIsHungUpOpensItsLogAnew(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "off") // or the verb would bound the tests beside this one
	catchHUP(t)
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	c := configOf(t, "DATABASE_URL", dbtest.New(t).URL, "KENDRA_DATA", dir, "KENDRA_LISTEN", "127.0.0.1:0", "KENDRA_PRIVATE_LISTEN", "127.0.0.1:0",
		"KENDRA_LOGS", logs)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- runService(ctx, c) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	read := func() (text []byte) {
		files, err := filepath.Glob(filepath.Join(logs, "kendra-????-??-??.log"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			text = append(text, b...)
		}
		return text
	}
	until(t, "it serves", func() bool { return bytes.Contains(read(), []byte(`"msg":"serving"`)) })
	_, rest, _ := strings.Cut(string(read()), `"listen":"`)
	address, _, _ := strings.Cut(rest, `"`)
	for _, name := range names(t, logs) {
		if err := os.Rename(filepath.Join(logs, name), filepath.Join(logs, "away-"+name)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "a new file", func() bool {
		hangUp(t)
		return statusOf(t, "http://"+address+"/v1/hello") == http.StatusOK && bytes.Contains(read(), []byte("/v1/hello"))
	})
}

func TestAServerThatIsHungUpTakesUpNewKeysAtOnce(t *testing.T) {
	catchHUP(t)
	dir := t.TempDir()
	c := configOf(t, "KENDRA_DATA", dir, "KENDRA_POOL", "4")
	n, err := openTool(t.Context(), c, dbtest.New(t).AppURL, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	n.secrets.ripe = 24 * time.Hour // by itself it looks after eight hours
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		n.keepKeys(ctx)
		close(done)
	}()
	defer func() {
		cancel()
		<-done
	}()
	if ids := n.secrets.blind.IDs(); len(ids) != 1 {
		t.Fatalf("%v", ids)
	}
	path, err := nextNumbered(n.secrets.dir, "blind")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := randomFile(path, n.log); err != nil {
		t.Fatal(err)
	}
	until(t, "the new key", func() bool {
		hangUp(t)
		return len(n.secrets.blind.IDs()) == 2
	})
}
