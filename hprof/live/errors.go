package live

import "errors"

// ErrNoProcess says that there is no process of that number.
var ErrNoProcess = errors.New("there is no such process")

// AttachError says why a JVM cannot be asked, or what it answered instead of doing what it was asked.
type AttachError struct {
	PID int
	Err error
	// Hint is what to do about it, "" when nothing can be done.
	Hint string
}

func (e *AttachError) Error() string { return e.Err.Error() }
func (e *AttachError) Unwrap() error { return e.Err }
