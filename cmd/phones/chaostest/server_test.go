package chaostest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// server keeps one process of kendra serve alive, as an init system would: what
// ends is started again.
type server struct {
	t   *testing.T
	env []string

	mu      sync.Mutex
	cmd     *exec.Cmd
	address string // of the life that serves now
	stopped bool
	killed  int
	serving int      // of those, how many served
	quits   []string // last words of lives that served and ended by themselves
	log     []string
	ended   chan struct{}
}

// serve starts a server and waits until it serves.
func (p *place) serve(env ...string) *server {
	p.t.Helper()
	s := &server{t: p.t, env: p.env(env...), ended: make(chan struct{})}
	go s.keep()
	p.t.Cleanup(s.stop)
	s.await("")
	return s
}

// await waits for a life at another address than the one before.
func (s *server) await(before string) {
	s.t.Helper()
	for limit := time.Now().Add(30 * time.Second); s.current() == "" || s.current() == before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			s.t.Fatalf("the server does not serve:\n%s", s.words())
		}
	}
}

// again puts a new life, which remembers nothing, in the place of this one.
func (s *server) again() {
	s.t.Helper()
	before := s.current()
	s.kill(true)
	s.await(before)
}

// keep lives on a thread of its own: the processes die with it.
func (s *server) keep() {
	defer close(s.ended)
	release := ownThread()
	defer release()
	for {
		cmd := exec.Command(program, "serve")
		cmd.Env, cmd.SysProcAttr = s.env, fate()
		out, err := cmd.StderrPipe()
		if err == nil {
			err = s.begin(cmd)
		}
		if err != nil {
			s.note("start: " + err.Error())
			return
		}
		s.listen(out)
		err = cmd.Wait()
		if s.end(err) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (s *server) begin(cmd *exec.Cmd) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return errors.New("stopped")
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd = cmd
	return nil
}

// mostWords is how many lines of the server's log are kept.
const mostWords = 60

// listen reads the log to its end and finds the address in it.
func (s *server) listen(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Msg, Listen string
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			s.mu.Lock()
			s.address = line.Listen
			s.mu.Unlock()
		}
		s.note(lines.Text())
	}
}

func (s *server) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, line)
	s.log = s.log[max(0, len(s.log)-mostWords):]
}

// end closes a life and tells whether it was the last.
func (s *server) end(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	byKill := false
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status, ok := exit.Sys().(syscall.WaitStatus)
		byKill = ok && status.Signaled() && status.Signal() == syscall.SIGKILL
	}
	if s.address != "" && !byKill && !s.stopped {
		s.quits = append(s.quits, strings.Join(s.log[max(0, len(s.log)-5):], "\n"))
	}
	s.cmd, s.address = nil, ""
	return s.stopped
}

// kill ends the present life with SIGKILL, wherever it is in its work; if asked
// to, only one that serves. It tells whether it did.
func (s *server) kill(serving bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil || serving && s.address == "" || s.cmd.Process.Kill() != nil {
		return false
	}
	s.killed++
	if s.address != "" {
		s.serving++
	}
	return true
}

// stop ends the server in an orderly way.
func (s *server) stop() {
	s.mu.Lock()
	s.stopped = true
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
	}
	s.mu.Unlock()
	select {
	case <-s.ended:
	case <-time.After(20 * time.Second):
		s.t.Errorf("the server does not stop:\n%s", s.words())
		s.kill(false)
		<-s.ended
	}
}

func (s *server) current() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

func (s *server) words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, "\n")
}

// counts tells how many lives were killed, how many of those while they served,
// and the last words of those that gave up by themselves.
func (s *server) counts() (killed, serving int, quits []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.killed, s.serving, slices.Clone(s.quits)
}

var errDown = errors.New("no server is up")

// network carries the phones' calls: each connection goes to the next address.
func network(addresses ...func() string) *http.Transport {
	var turn atomic.Uint64
	return &http.Transport{
		MaxIdleConnsPerHost: 64,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			first := turn.Add(1)
			for i := range addresses {
				if a := addresses[(int(first)+i)%len(addresses)](); a != "" {
					return (&net.Dialer{}).DialContext(ctx, "tcp", a)
				}
			}
			return nil, errDown
		},
	}
}
