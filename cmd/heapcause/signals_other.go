//go:build !unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

func ignoreSignals() { signal.Ignore(syscall.SIGPIPE) }

func fileTooLarge(error) bool { return false }

// resizes tells when the terminal has got another size: never, here.
func resizes() (resized <-chan os.Signal, ignore func()) { return nil, func() {} }
