package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"heapcause/graph"
	"heapcause/hprof"
)

// Exit codes. They are decided here alone.
const (
	exitDone   = 0
	exitBroken = 1 // a gate is broken
	exitFailed = 2 // the work could not be done
)

// hintError is an error with a line on what to do.
type hintError struct {
	err  error
	hint string
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

// errGate says that a gate is broken; the report has been written.
var errGate = errors.New("gate broken")

// errIncomplete says that a gate was asked for on an incomplete dump.
var errIncomplete = errors.New("the dump is incomplete, so the gate says nothing")

// exitCode maps an error to an exit code and tells the user.
func exitCode(err error, stderr io.Writer) int {
	var c *errCommand
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &c):
		return c.code
	case errors.Is(err, errGate):
		fmt.Fprintln(stderr, "heapcause:", err)
		return exitBroken
	case errors.Is(err, syscall.EPIPE): // whoever read the report has what he wanted
		return exitFailed
	case errors.Is(err, errInterrupted):
		fmt.Fprintln(stderr, "heapcause:", err)
		return exitFailed
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "heapcause: interrupted; nothing was written")
		return exitFailed
	}
	tell(err, stderr)
	return exitFailed
}

// tell tells the user of an error, and what to do.
func tell(err error, stderr io.Writer) {
	fmt.Fprintln(stderr, "heapcause:", err)
	if h := hint(err); h != "" {
		fmt.Fprintln(stderr, "hint:", h)
	}
}

// hint returns a line on what to do about an error, "" when there is none.
func hint(err error) string {
	var h *hintError
	var t *hprof.TempError
	var m *graph.MemoryError
	switch {
	case errors.As(err, &h):
		return h.hint
	case errors.As(err, &m):
		return fmt.Sprintf("--max-memory %dMiB allows it where the machine has as much; heapcause histogram needs little", (m.Need+1<<20-1)>>20)
	case errors.Is(err, hprof.ErrChanged):
		return "wait until the JVM has written it, or copy it first"
	case errors.Is(err, graph.ErrTooLarge):
		return "heapcause histogram reads dumps of any size"
	case errors.As(err, &t) && errors.Is(err, syscall.ENOSPC):
		return "the whole unpacked dump has to fit there: free some space, or choose another folder with --temp-dir"
	case fileTooLarge(err):
		return "this process may write files of a limited size only (ulimit -f)"
	case errors.Is(err, syscall.ENOSPC):
		return "temporary files need about 40 bytes per object: choose another folder with --temp-dir"
	case ofTemporaryFile(err), errors.As(err, &t):
		return "temporary files can go elsewhere: --temp-dir names a folder that this user may write to"
	case errors.Is(err, fs.ErrPermission):
		return "the JVM writes dumps readable by its own user only: run as that user, or change the file's mode"
	case errors.Is(err, errIncomplete):
		return "--allow-incomplete judges what is there"
	}
	return ""
}

// ofTemporaryFile reports whether a temporary file could not be made.
func ofTemporaryFile(err error) bool {
	var p *fs.PathError
	return errors.As(err, &p) && strings.HasPrefix(filepath.Base(p.Path), "heapcause-")
}
