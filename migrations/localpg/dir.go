package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// patience is how long a start waits for a predecessor to let go: a server
// whose parent was killed needs a moment to end.
const patience = 15 * time.Second

// takeLock holds the directory for this process; the kernel frees it when the
// process ends in whatever way.
func takeLock(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	err = wait(ctx, func() (bool, error) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("another process uses this directory: %w", err)
	}
	return f, nil
}

var errPatience = errors.New("gave up waiting")

// wait asks again and again until the answer is yes, or patience ends.
func wait(ctx context.Context, ask func() (bool, error)) error {
	limit := time.After(patience)
	for {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit:
			return errPatience
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// initialise makes the data directory, in one step: a directory that was being
// made when the power went is not taken for a good one.
func initialise(ctx context.Context, bin, data string, who account, o Options) error {
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
		return nil
	}
	o.Logf("making a new database directory in %s", filepath.Dir(data))
	unfinished := data + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("clear an unfinished directory: %w", err)
	}
	if err := who.room(unfinished); err != nil {
		return err
	}
	// The C locale sorts the same on every machine; pages sort Hindi themselves.
	args := []string{
		"-D", unfinished, "-U", superuser, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions",
	}
	if o.Settings["fsync"] == "off" {
		// A throw-away directory: small log segments make it quick to copy.
		args = append(args, "--no-sync", "--wal-segsize=1")
	}
	cmd := command(bin, "initdb", who, args...)
	fate(cmd.SysProcAttr)
	if out, err := runLocked(ctx, cmd); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if err := os.Rename(unfinished, data); err != nil {
		return fmt.Errorf("put the new directory in its place: %w", err)
	}
	return nil
}

// command prepares a server program to run as the account, in a group of its
// own (Ctrl-C in a terminal is for the program that started us, which then
// stops the server in order) and with an environment that holds no surprise.
func command(bin, name string, who account, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(bin, name), args...)
	cmd.Dir = "/"
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=" + bin + ":/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if who.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(who.uid), Gid: uint32(who.gid)}
	}
	return cmd
}

// socketDir makes the directory of the socket: below home, or in the temporary
// directory where the path would be too long for a unix address.
func socketDir(home string, who account) (string, error) {
	dir := filepath.Join(home, "run")
	if len(dir) > longestSocketDir || strings.Contains(dir, ",") { // a comma separates directories
		dir = filepath.Join(os.TempDir(), "kendra-pg-"+shortHash(home))
		if len(dir) > longestSocketDir || !who.reaches(os.TempDir()) {
			dir = filepath.Join("/tmp", filepath.Base(dir))
		}
	}
	if err := who.room(dir); err != nil {
		return "", fmt.Errorf("make the socket's directory: %w", err)
	}
	return dir, nil
}

// clearStale waits for a server that is still ending, and removes the file of
// one that is dead but whose number another program has now: PostgreSQL itself
// would refuse to start.
func (s *Server) clearStale(ctx context.Context) error {
	err := wait(ctx, func() (bool, error) {
		pid, _ := readPidFile(s.data)
		return pid == 0 || !isServerOf(pid, s.data), nil
	})
	if err != nil {
		pid, _ := readPidFile(s.data)
		return fmt.Errorf("process %d still uses the data: %w", pid, err)
	}
	for _, file := range []string{
		filepath.Join(s.data, "postmaster.pid"),
		filepath.Join(s.socket, ".s.PGSQL."+port+".lock"),
		filepath.Join(s.socket, ".s.PGSQL."+port),
	} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove what a dead server left: %w", err)
		}
	}
	return nil
}

// readPidFile gives the process (line 1) and its state (line 8).
func readPidFile(data string) (pid int, status string) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0, ""
	}
	lines := strings.Split(string(text), "\n")
	pid, _ = strconv.Atoi(strings.TrimSpace(lines[0])) // half written reads as none
	if len(lines) > 7 {
		status = strings.TrimSpace(lines[7])
	}
	return pid, status
}

// biggestLog is when the log starts anew.
const biggestLog = 8 << 20

func openLog(path string) (*os.File, error) {
	mode := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > biggestLog {
		mode |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, mode, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	return f, nil
}

func lastLines(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "no log"
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], " | ")
}
