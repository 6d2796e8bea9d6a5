//go:build unix

package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

func ignoreSignals() { signal.Ignore(syscall.SIGPIPE, syscall.SIGXFSZ) }

func fileTooLarge(err error) bool { return errors.Is(err, syscall.EFBIG) }

// resizes tells when the terminal has got another size.
func resizes() (resized <-chan os.Signal, ignore func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGWINCH)
	return c, func() { signal.Stop(c) }
}
