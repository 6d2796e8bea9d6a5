//go:build !unix

package main

import (
	"os/signal"
	"syscall"
)

func ignoreSignals() { signal.Ignore(syscall.SIGPIPE) }

func fileTooLarge(error) bool { return false }
