//go:build !linux

package live

import (
	"context"
	"time"
)

// List returns the JVMs that run here.
func List() ([]*JVM, error) { return nil, ErrUnsupported }

// Find returns the JVM of this process number.
func Find(int) (*JVM, error) { return nil, ErrUnsupported }

// Refresh reads anew what the JVM counts.
func (j *JVM) Refresh() error { return ErrUnsupported }

// MayAttach returns why this process cannot give the JVM commands.
func (j *JVM) MayAttach() error { return ErrUnsupported }

// Capture makes the JVM write a heap dump.
func (j *JVM) Capture(context.Context, CaptureOptions) (*Captured, error) { return nil, ErrUnsupported }

// Question is a command that a JVM has been given.
type Question struct{}

// Done is closed when the JVM has answered.
func (q *Question) Done() <-chan struct{} { return nil }

// Close gives up waiting.
func (q *Question) Close() {}

// Answer is what the JVM printed.
func (q *Question) Answer() (string, error) { return "", ErrUnsupported }

// Begin gives the JVM a command.
func (j *JVM) Begin(context.Context, time.Duration, string, ...string) (*Question, error) {
	return nil, ErrUnsupported
}

// Ask gives the JVM a command and returns what it prints.
func (j *JVM) Ask(context.Context, time.Duration, string, ...string) (string, error) {
	return "", ErrUnsupported
}
