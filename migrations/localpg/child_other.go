//go:build !linux

package localpg

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// fate has nothing to set: only Linux signals a child when its parent dies.
func fate(*syscall.SysProcAttr) {}

// guard starts a shell that waits for the end of a pipe whose other end only
// this process holds, and then stops the server at once.
func guard(server *exec.Cmd) (release func()) {
	r, w, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	cmd := exec.Command("/bin/sh", "-c", `read -r _; kill -QUIT "$0"`, strconv.Itoa(server.Process.Pid))
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		r.Close()
		w.Close()
		return func() {}
	}
	r.Close()
	return func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
		w.Close()
	}
}

// isServerOf believes the file: there is no portable way to ask.
func isServerOf(pid int, _ string) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
