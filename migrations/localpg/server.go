package localpg

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// superuser is the login that initdb makes.
const superuser = "postgres"

// port only names the socket file: nothing listens on it.
const port = "5432"

// longestSocketDir keeps directory plus "/.s.PGSQL.5432" within the 103 bytes
// that macOS gives a unix address (Linux: 107).
const longestSocketDir = 85

// Options say where the server lives and how it is tuned.
type Options struct {
	// Dir is made if missing; below it come data, the socket and a log.
	Dir string
	// Settings are server parameters by name, such as fsync. They win over ours.
	Settings map[string]string
	// Logf, if set, is told what takes time or is unusual.
	Logf func(format string, args ...any)
}

// Server is a running private PostgreSQL.
type Server struct {
	home   string
	data   string
	socket string
	lock   *os.File
	cmd    *exec.Cmd
	done   chan struct{} // closed when the process has ended
	stop   sync.Once
	err    error // of Stop
}

// Start opens the data directory, making it first if need be, and returns when
// the server takes connections.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	home, err := Home(o.Dir)
	if err != nil {
		return nil, err
	}
	if abs, err := filepath.Abs(o.Dir); err == nil && abs != home {
		o.Logf("the server's user can't reach %s: data are in %s", abs, home)
	}
	s := &Server{home: home, data: filepath.Join(home, "data"), done: make(chan struct{})}
	if s.lock, err = takeLock(ctx, filepath.Join(home, "lock")); err != nil {
		return nil, fmt.Errorf("start postgres in %s: %w", home, err)
	}
	if err := s.start(ctx, o); err != nil {
		s.leaveSocket()
		s.lock.Close()
		return nil, fmt.Errorf("start postgres in %s: %w", home, err)
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, o Options) error {
	who, err := accountFor(s.data)
	if err != nil {
		return err
	}
	bin, err := s.choose(who)
	if err != nil {
		return err
	}
	if s.socket, err = socketDir(s.home, who); err != nil {
		return err
	}
	if err := initialise(ctx, bin, s.data, who, o); err != nil {
		return err
	}
	if err := who.own(s.data); err != nil {
		return fmt.Errorf("hand the data to the server's user: %w", err)
	}
	if err := s.clearStale(ctx); err != nil {
		return err
	}
	if err := s.launch(bin, who, o.Settings); err != nil {
		return err
	}
	return s.ready(ctx)
}

// choose picks the best server that can open the data there are.
func (s *Server) choose(who account) (string, error) {
	all, err := machine().find()
	if err != nil {
		return "", err
	}
	best := all[0]
	if made, err := os.ReadFile(filepath.Join(s.data, "PG_VERSION")); err == nil {
		major, _ := strconv.Atoi(strings.TrimSpace(string(made))) // 0 fits no server
		fit := slices.IndexFunc(all, func(b binaries) bool { return b.major == major })
		if fit < 0 {
			return "", fmt.Errorf("the data were made by PostgreSQL %d, this machine has %d: %w", major, best.major, ErrNoServer)
		}
		best = all[fit]
	}
	return who.reachable(best.dir)
}

// launch starts the process from a thread of its own; see the package comment.
func (s *Server) launch(bin string, who account, settings map[string]string) error {
	log, err := openLog(filepath.Join(s.home, "postgres.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = command(bin, "postgres", who, append([]string{"-D", s.data}, s.flags(settings)...)...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	fate(s.cmd.SysProcAttr)
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the server
		err := s.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		release := guard(s.cmd)
		_ = s.cmd.Wait() // how it ended is in its log
		release()
		close(s.done)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("run the server: %w", err)
	}
	return nil
}

func (s *Server) flags(settings map[string]string) []string {
	all := map[string]string{
		"listen_addresses":        "",
		"port":                    port,
		"unix_socket_directories": s.socket,
		"unix_socket_permissions": "0700",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_min_messages":        "warning",
		// A statement that fails is the caller's to report; its text, its
		// parameters and the row it broke in must not be in a log.
		"log_min_error_statement":           "panic",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
		"log_error_verbosity":               "terse",
		"cluster_name":                      "kendra",
	}
	maps.Copy(all, settings)
	var flags []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		flags = append(flags, "-c", name+"="+all[name])
	}
	return flags
}

// ready waits until the server says in its own file that it takes connections.
func (s *Server) ready(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if pid, status := readPidFile(s.data); pid == s.PID() && status == "ready" {
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("the server ended at once: %s", lastLines(filepath.Join(s.home, "postgres.log")))
		case <-ctx.Done():
			_ = s.cmd.Process.Signal(syscall.SIGQUIT) // it may end by itself meanwhile
			<-s.done
			return fmt.Errorf("wait for the server: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// URL names a database of this server for pgx, as the superuser.
func (s *Server) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database}
	u.RawQuery = url.Values{"host": {s.socket}, "port": {port}}.Encode()
	return u.String()
}

// PID is the number of the server's first process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Home is the directory in use; see the function Home.
func (s *Server) Home() string { return s.home }

// Done is closed when the server has ended, whoever ended it.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop shuts the server down and waits. Sessions are cut off, what was
// committed is on disk. A second call gives the same answer.
func (s *Server) Stop() error {
	s.stop.Do(func() {
		defer s.lock.Close()
		for _, step := range []struct {
			signal  syscall.Signal
			patient time.Duration
		}{{syscall.SIGINT, 30 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
			if err := s.cmd.Process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
				s.err = fmt.Errorf("stop postgres: %w", err)
				return
			}
			select {
			case <-s.done:
				s.leaveSocket()
				return
			case <-time.After(step.patient):
			}
		}
		s.err = fmt.Errorf("stop postgres: process %d does not end", s.PID())
	})
	return s.err
}

// leaveSocket removes the directory of the socket, which is empty now; below
// home it stays with the data.
func (s *Server) leaveSocket() {
	if s.socket != "" && filepath.Dir(s.socket) != s.home {
		_ = os.Remove(s.socket)
	}
}

// Running gives the URL of a database on the server that another process has
// running on this data directory, if there is one.
func Running(dir, database string) (string, bool) {
	home, err := Home(dir)
	if err != nil {
		return "", false
	}
	data := filepath.Join(home, "data")
	pid, status := readPidFile(data)
	if pid == 0 || status != "ready" || !isServerOf(pid, data) {
		return "", false
	}
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	if err != nil || len(lines) < 5 || lines[4] == "" {
		return "", false
	}
	return (&Server{socket: lines[4]}).URL(database), true
}
