package hprof

import (
	"errors"
	"fmt"
)

// ErrNotHPROF says that the input is not a heap dump at all.
var ErrNotHPROF = errors.New("not an HPROF heap dump")

// FormatError marks bad input at a place of the (unpacked) dump.
type FormatError struct {
	Offset int64 // bytes from the start of the unpacked dump
	What   string
	Err    error // cause, may be nil
}

// Error returns "hprof: WHAT at offset N: CAUSE".
func (e *FormatError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("hprof: %s at offset %d: %v", e.What, e.Offset, e.Err)
	}
	return fmt.Sprintf("hprof: %s at offset %d", e.What, e.Offset)
}

// Unwrap returns the cause.
func (e *FormatError) Unwrap() error { return e.Err }

// A Problem is a damaged or missing stretch of a dump that was read all the same.
type Problem struct {
	Offset int64  // where it begins
	Bytes  int64  // how many bytes are lost; 0 when not known
	What   string // one line
}
