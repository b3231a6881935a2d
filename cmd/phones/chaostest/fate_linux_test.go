package chaostest

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// fate has a child die with the thread that starts it.
func fate() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// ownThread keeps the calling goroutine on one thread until it is released.
func ownThread() (release func()) {
	runtime.LockOSThread()
	return runtime.UnlockOSThread
}

// children are the processes that a stopped process has started.
func children(pid int) []int {
	name := strconv.Itoa(pid)
	text, err := os.ReadFile("/proc/" + name + "/task/" + name + "/children")
	if err != nil {
		return nil
	}
	var out []int
	for _, word := range strings.Fields(string(text)) {
		if n, err := strconv.Atoi(word); err == nil {
			out = append(out, n)
		}
	}
	return out
}
