package main

import "syscall"

// undumpable also covers a core pattern that is a program, which the limit does
// not bind, and keeps others of the same user from reading our memory.
func undumpable() error {
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0); errno != 0 {
		return errno
	}
	return nil
}
