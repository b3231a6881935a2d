package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cpuTimes is the processor time used so far by the server, by all processes
// of PostgreSQL and by this process.
type cpuTimes struct{ server, postgres, self time.Duration }

func (t cpuTimes) since(b cpuTimes) cpuTimes {
	return cpuTimes{t.server - b.server, t.postgres - b.postgres, t.self - b.self}
}

// cpu reads the times from the system's process table. Backends that ended are
// counted by their parent.
func (b *bencher) cpu() cpuTimes {
	var t cpuTimes
	if b.server != nil {
		t.server = processTime(b.server.Process.Pid, false)
	}
	t.self = processTime(os.Getpid(), false)
	t.postgres = processTime(b.pg.PID(), true)
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return t
	}
	for _, path := range stats {
		pid, ppid, ok := parents(path)
		if ok && ppid == b.pg.PID() {
			t.postgres += processTime(pid, false)
		}
	}
	return t
}

// tick is the unit of the process table's times.
const tick = 10 * time.Millisecond

func statFields(path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	_, rest, ok := strings.Cut(string(text), ") ")
	if !ok {
		return nil
	}
	return strings.Fields(rest)
}

func parents(path string) (pid, ppid int, ok bool) {
	f := statFields(path)
	if len(f) < 15 {
		return 0, 0, false
	}
	pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
	if err != nil {
		return 0, 0, false
	}
	ppid, err = strconv.Atoi(f[1])
	return pid, ppid, err == nil
}

func processTime(pid int, withEnded bool) time.Duration {
	f := statFields(fmt.Sprintf("/proc/%d/stat", pid))
	if len(f) < 15 {
		return 0
	}
	fields := f[11:13] // user, system
	if withEnded {
		fields = f[11:15] // and those of ended children
	}
	var sum time.Duration
	for _, s := range fields {
		n, err := strconv.ParseInt(s, 10, 64)
		if err == nil {
			sum += time.Duration(n) * tick
		}
	}
	return sum
}

func (t cpuTimes) per(ops int) string {
	each := func(d time.Duration) string { return fmt.Sprintf("%.0f", float64(d.Microseconds())/float64(ops)) }
	return fmt.Sprintf("µs/op server %s, postgres %s, client %s", each(t.server), each(t.postgres), each(t.self))
}
