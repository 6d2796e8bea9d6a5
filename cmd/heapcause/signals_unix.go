//go:build unix

package main

import (
	"errors"
	"os/signal"
	"syscall"
)

func ignoreSignals() { signal.Ignore(syscall.SIGPIPE, syscall.SIGXFSZ) }

func fileTooLarge(err error) bool { return errors.Is(err, syscall.EFBIG) }
