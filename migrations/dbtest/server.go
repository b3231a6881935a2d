package dbtest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
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
