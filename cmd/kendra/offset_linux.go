package main

import (
	"fmt"
	"syscall"
	"time"
)

// kernelTime asks the kernel how it stands with who disciplines its clock (chrony,
// ntpd); nothing is changed.
func kernelTime() (kernelClock, error) {
	const unsynchronised, nanoseconds, timeError = 0x40, 0x2000, 5
	var t syscall.Timex
	state, err := syscall.Adjtimex(&t)
	if err != nil {
		return kernelClock{}, fmt.Errorf("ask the kernel for its clock: %w", err)
	}
	unit := time.Microsecond
	if t.Status&nanoseconds != 0 {
		unit = time.Nanosecond
	}
	return kernelClock{
		Known: true, Synchronised: t.Status&unsynchronised == 0 && state != timeError,
		Offset: time.Duration(t.Offset) * unit, MayErr: time.Duration(t.Maxerror) * time.Microsecond,
	}, nil
}
