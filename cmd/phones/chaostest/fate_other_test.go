//go:build !linux

package chaostest

import "syscall"

// fate has nothing here that ties a child to us: the tests end it themselves.
func fate() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func ownThread() (release func()) { return func() {} }

// children are found by themselves: a database's processes end when their
// first one does.
func children(int) []int { return nil }
