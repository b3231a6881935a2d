package localpg

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"runtime"
	"syscall"
)

// runLocked runs a short program to its end on a thread that lasts as long, so
// that it too dies with us and not with a thread that happens to end.
func runLocked(ctx context.Context, cmd *exec.Cmd) ([]byte, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	result := make(chan error, 1)
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the program
		err := cmd.Start()
		started <- err
		if err == nil {
			result <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	select {
	case err := <-result:
		return out.Bytes(), err
	case <-ctx.Done():
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may be done already
		return out.Bytes(), errors.Join(ctx.Err(), <-result)
	}
}
