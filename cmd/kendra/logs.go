package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The log as files of days. CERT-In wants logs of 180 days, kept in India: the
// first is done here, the second by where the operator lets the directory be.
const (
	logDays    = 180 // by default, and at least in service
	logName    = "kendra-"
	logSuffix  = ".log"
	logsEvery  = time.Hour
	logMode    = 0o600
	logDirMode = 0o700
)

// dayLog writes into a file of the day (UTC) and lets those go that are older
// than it keeps. Several processes may share a directory: each line is one write
// to the end of the file.
type dayLog struct {
	dir       string
	days      int
	elsewhere io.Writer // what cannot be written to a file is said there
	now       func() time.Time

	mu   sync.Mutex
	file *os.File
	day  string
}

// openLogs opens the file of today, so that a directory that is no good stops the
// start.
func openLogs(dir string, days int, elsewhere io.Writer, now func() time.Time) (*dayLog, error) {
	if err := os.MkdirAll(dir, logDirMode); err != nil {
		return nil, fmt.Errorf("make directory of logs: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("look at directory of logs: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("KENDRA_LOGS: others may write into %s: chmod 700 it", dir)
	}
	l := &dayLog{dir: dir, days: days, elsewhere: elsewhere, now: now}
	return l, l.turn(false)
}

// Write writes a line. One that finds no file is not lost: it goes to standard
// error, with the reason.
func (l *dayLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.today(false)
	if l.file != nil {
		n, failed := l.file.Write(line)
		if failed == nil && err == nil {
			return n, nil
		}
		err = errors.Join(err, failed)
	}
	_, _ = fmt.Fprintf(l.elsewhere, "kendra: log: %v\n", err)
	return l.elsewhere.Write(line)
}

// turn goes on in the file of today; again, when it was moved away meanwhile.
func (l *dayLog) turn(again bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.today(again)
}

func (l *dayLog) today(again bool) error {
	day := l.now().UTC().Format(time.DateOnly)
	if day == l.day && !again {
		return nil
	}
	path := filepath.Join(l.dir, logName+day+logSuffix)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, logMode)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	if l.file != nil {
		err = l.file.Close()
	}
	l.file, l.day = f, day
	return errors.Join(err, f.Chmod(logMode), l.drop())
}

// drop deletes the files of days that are over and need not be kept, and nothing
// else that lies there.
func (l *dayLog) drop() error {
	list, err := os.ReadDir(l.dir)
	if err != nil {
		return fmt.Errorf("look for old logs: %w", err)
	}
	first := l.now().UTC().AddDate(0, 0, -l.days).Format(time.DateOnly)
	var errs []error
	for _, f := range list {
		day, named := strings.CutPrefix(f.Name(), logName)
		day, whole := strings.CutSuffix(day, logSuffix)
		if _, err := time.Parse(time.DateOnly, day); err != nil || !named || !whole || day >= first {
			continue
		}
		if err := os.Remove(filepath.Join(l.dir, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("delete old log: %w", err))
		}
	}
	return errors.Join(errs...)
}

// follow turns the day though nobody writes, and opens the file anew when it is
// told to (SIGHUP).
func (l *dayLog) follow(ctx context.Context) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	tick := time.NewTicker(logsEvery)
	defer tick.Stop()
	for {
		again := false
		select {
		case <-ctx.Done():
			return
		case <-hup:
			again = true
		case <-tick.C:
		}
		if err := l.turn(again); err != nil {
			_, _ = fmt.Fprintf(l.elsewhere, "kendra: log: %v\n", err)
		}
	}
}

// Close closes the file of today.
func (l *dayLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

// runService is runServe with its log where it belongs.
func runService(ctx context.Context, c config) error {
	if c.Logs == "" {
		return runServe(ctx, c, serviceLog(os.Stderr))
	}
	l, err := openLogs(c.Logs, c.LogDays, os.Stderr, time.Now)
	if err != nil {
		return err
	}
	go l.follow(ctx)
	return errors.Join(runServe(ctx, c, serviceLog(l)), l.Close())
}
