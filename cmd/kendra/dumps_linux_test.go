package main

import (
	"syscall"
	"testing"
)

func dumpable(t *testing.T) bool {
	t.Helper()
	n, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_GET_DUMPABLE, 0, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	return n != 0
}
