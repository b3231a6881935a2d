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
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/migrations/localpg"
)

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
