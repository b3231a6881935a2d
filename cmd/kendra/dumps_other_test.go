//go:build !linux

package main

import "testing"

func dumpable(*testing.T) bool { return false }
