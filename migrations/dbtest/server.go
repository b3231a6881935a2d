package dbtest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/migrations"
	"kendra/migrations/localpg"
)

// templateName is the migrated database of a private server.
const templateName = "kendra_template"

// throwAway are settings of a server whose data nobody needs tomorrow.
var throwAway = map[string]string{
	"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
	"autovacuum":       "off", // a worker in the template would make a clone wait
	"max_connections":  "300",
	"shared_buffers":   "64MB",
	"min_wal_size":     "2MB",
	"max_wal_size":     "256MB",
	"wal_level":        "minimal",
	"max_wal_senders":  "0",
	"jit":              "off",
	"log_min_messages": "fatal",
}

// open finds the server and makes sure of a migrated template in it.
func open(ctx context.Context, testURL string) (host, error) {
	fingerprint, err := migrations.Fingerprint()
	if err != nil {
		return host{}, err
	}
	if testURL != "" {
		h := host{admin: testURL, template: templateName + "_" + fingerprint}
		return h, h.ensureTemplate(ctx)
	}
	home, err := privateHome()
	if err != nil {
		return host{}, err
	}
	if err := fill(ctx, home, fingerprint); err != nil {
		return host{}, errors.Join(err, os.RemoveAll(home))
	}
	server, err := localpg.Start(ctx, localpg.Options{Dir: home, Settings: throwAway})
	if err != nil {
		return host{}, errors.Join(err, os.RemoveAll(home))
	}
	cleaner, err := removeAfter(home, server.PID())
	if err != nil {
		return host{}, err
	}
	return host{admin: server.URL("postgres"), template: templateName, cleaner: cleaner}, nil
}

// ensureTemplate migrates a template in a server that other test binaries may
// be using, too: the first one does the work.
func (h host) ensureTemplate(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, h.admin)
	if err != nil {
		return fmt.Errorf("connect to the test server: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) // and with it the lock
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(h.template)) // a hash takes everything
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(hash.Sum32())); err != nil {
		return fmt.Errorf("wait for another test binary: %w", err)
	}
	var made bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)`, h.template).Scan(&made)
	if err != nil || made {
		return err
	}
	if _, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS `+h.template+` WITH (FORCE)`); err != nil {
		return fmt.Errorf("drop an unfinished template: %w", err)
	}
	return makeTemplate(ctx, conn, h.admin, h.template)
}

// makeTemplate migrates a new database and closes it to all but cloning.
func makeTemplate(ctx context.Context, conn *pgx.Conn, admin, name string) error {
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+name+` TEMPLATE template0`); err != nil {
		return fmt.Errorf("make the template: %w", err)
	}
	target, err := onDatabase(admin, name)
	if err != nil {
		return err
	}
	if err := migrations.Up(ctx, target); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `ALTER DATABASE `+name+` IS_TEMPLATE true ALLOW_CONNECTIONS false`); err != nil {
		return fmt.Errorf("close the template: %w", err)
	}
	return nil
}

const homePrefix = "kendra-dbtest-"

// privateHome makes this binary's directory and removes those of binaries that
// are gone and could not clean up: their lock is free.
func privateHome() (string, error) {
	dir, err := os.MkdirTemp(scratch(), homePrefix+strconv.Itoa(os.Getuid())+"-")
	if err != nil {
		return "", fmt.Errorf("make a directory: %w", err)
	}
	// Root's server runs as another user, who must be able to enter.
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", fmt.Errorf("open the directory: %w", err)
	}
	home, err := localpg.Home(dir)
	if err != nil {
		return "", err
	}
	old, _ := filepath.Glob(filepath.Join(filepath.Dir(home), homePrefix+strconv.Itoa(os.Getuid())+"-*")) // constant pattern
	for _, stale := range old {
		info, err := os.Stat(stale)
		// A young one may be waiting for its turn at the cache, without a lock.
		if stale == home || err != nil || time.Since(info.ModTime()) < 10*time.Minute || inUse(stale) {
			continue
		}
		_ = os.RemoveAll(stale) // what can't be removed now is tried again next time
	}
	return home, nil
}

// roomy is what a memory file system must have free to be used.
const roomy = 4 << 30

// scratch is where throw-away data go: memory where Linux has plenty of it set
// aside, because a clone is hundreds of small files and making those on a disk
// takes most of a test's time. TMPDIR, if set, is obeyed.
func scratch() string {
	const memory = "/dev/shm"
	var fs syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && runtime.GOOS == "linux" && syscall.Statfs(memory, &fs) == nil &&
		fs.Bavail*uint64(fs.Bsize) >= roomy {
		return memory
	}
	return os.TempDir()
}

// inUse tries the lock that localpg holds while a directory's starter lives.
func inUse(home string) bool {
	f, err := os.Open(filepath.Join(home, "lock"))
	if err != nil {
		return false
	}
	defer f.Close() // frees what was taken
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

// removeAfter leaves a shell behind that waits for the end of this process (the
// other end of its pipe) and of the server, and then removes the directory:
// nothing else runs after the last test of a binary.
func removeAfter(home string, server int) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c",
		`read -r _; n=0; while kill -0 "$0" 2>/dev/null && [ $n -lt 50 ]; do n=$((n+1)); sleep 0.1; done; rm -rf "$1"`,
		strconv.Itoa(server), home)
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the tests
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, fmt.Errorf("start the cleaner: %w", err)
	}
	return w, nil
}

// fill puts a migrated data directory into home, from the cache if it is there.
func fill(ctx context.Context, home, fingerprint string) error {
	bin, err := localpg.FindBinaries()
	if err != nil {
		return err
	}
	cache, err := cacheDir()
	if err != nil {
		return err
	}
	entry, err := cacheEntry(bin, fingerprint)
	if err != nil {
		return err
	}
	prepared := filepath.Join(cache, entry)
	unlock, err := lockFile(prepared + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(prepared); errors.Is(err, fs.ErrNotExist) {
		if err := prepare(ctx, home); err != nil {
			return err
		}
		return keep(cache, prepared, filepath.Join(home, "data"))
	}
	now := time.Now()
	_ = os.Chtimes(prepared, now, now) // only spares it from the next pruning
	return localpg.CopyTree(filepath.Join(home, "data"), prepared)
}

// cacheEntry names a prepared directory by all that it depends on.
func cacheEntry(bin, fingerprint string) (string, error) {
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return "", fmt.Errorf("ask the server's version: %w", err)
	}
	hash := fnv.New64a()
	_, _ = hash.Write(out) // a hash takes everything
	return fmt.Sprintf("%s-%x", fingerprint, hash.Sum64()), nil
}

// cacheDir is the user's, or a temporary one where he has none (no HOME).
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = filepath.Join(os.TempDir(), "kendra-cache-"+strconv.Itoa(os.Getuid()))
	}
	dir := filepath.Join(base, "kendra-test")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the cache: %w", err)
	}
	return dir, nil
}

// lockFile waits for other test binaries that use or make the same entry.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the cache's lock: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("take the cache's lock: %w", err)
	}
	return func() { f.Close() }, nil
}

// prepare makes and migrates a data directory in home and leaves it shut down.
func prepare(ctx context.Context, home string) (err error) {
	server, err := localpg.Start(ctx, localpg.Options{Dir: home, Settings: throwAway})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	conn, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the new server: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return makeTemplate(ctx, conn, server.URL("postgres"), templateName)
}

// keptEntries is how many prepared directories the cache holds: a few branches'.
const keptEntries = 4

// keep puts a copy of data into the cache, whole or not at all.
func keep(cache, prepared, data string) error {
	prune(cache)
	unfinished := prepared + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("clear the cache: %w", err)
	}
	if err := localpg.CopyTree(unfinished, data); err != nil {
		return err
	}
	if err := os.Rename(unfinished, prepared); err != nil {
		return fmt.Errorf("fill the cache: %w", err)
	}
	return nil
}

// prune removes the entries that were used least lately.
func prune(cache string) {
	type old struct {
		path string
		used time.Time
	}
	var all []old
	entries, err := os.ReadDir(cache)
	if err != nil {
		return // nothing to remove
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && entry.IsDir() && !strings.HasSuffix(entry.Name(), ".new") {
			all = append(all, old{filepath.Join(cache, entry.Name()), info.ModTime()})
		}
	}
	for len(all) >= keptEntries {
		oldest := 0
		for i := range all {
			if all[i].used.Before(all[oldest].used) {
				oldest = i
			}
		}
		// Under its own lock, which another binary may hold to copy it.
		if unlock, err := lockFile(all[oldest].path + ".lock"); err == nil {
			_ = os.RemoveAll(all[oldest].path) // what stays is tried again next time
			unlock()
		}
		all = append(all[:oldest], all[oldest+1:]...)
	}
}
