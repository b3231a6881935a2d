package localpg

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// fate binds the child to the thread that starts it: when that thread ends, the
// kernel tells the server to stop at once. Go sets the signal after it has
// changed the user, which would otherwise clear it.
func fate(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }

// guard has nothing to add here: the kernel does it.
func guard(*exec.Cmd) (release func()) { return func() {} }

// isServerOf says whether the process is a PostgreSQL that works in data.
func isServerOf(pid int, data string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	name, err := os.ReadFile(filepath.Join(proc, "comm"))
	if err != nil || !strings.HasPrefix(string(name), "postgres") {
		return false
	}
	cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
	if err != nil {
		return true // not ours to look at: believe the file
	}
	real, err := filepath.EvalSymlinks(data)
	return err != nil || cwd == real
}
