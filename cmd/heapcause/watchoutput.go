package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/term"
)

// watchOutput is where watch writes: standard output, or a file that can be read while it grows. The file takes its name with the first sample, so that
// a JVM that cannot be watched leaves the one before as it was.
type watchOutput struct {
	path string // "" for standard output
	to   io.Writer
	made *os.File
}

func newWatchOutput(a *app) *watchOutput {
	if a.f.output == "" || a.f.output == "-" {
		return &watchOutput{to: a.stdout}
	}
	return &watchOutput{path: a.f.output}
}

func (o *watchOutput) file() bool { return o.path != "" }

// size returns what tells the size of the terminal, nil where there is none.
func (o *watchOutput) size() func() (width, height int) {
	f, ok := o.to.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return func() (int, int) {
		width, height, err := term.GetSize(int(f.Fd()))
		if err != nil || width < 1 || height < 2 {
			return textWidth, 24
		}
		return width, height
	}
}

func (o *watchOutput) Write(b []byte) (int, error) {
	if o.to == nil {
		return o.begin(b)
	}
	return o.to.Write(b)
}

// begin makes the file, writes what comes first and gives it its name.
func (o *watchOutput) begin(b []byte) (n int, err error) {
	path, direct := target(o.path)
	if direct {
		o.made, err = os.OpenFile(path, os.O_WRONLY, 0)
	} else {
		o.made, err = besides(path)
	}
	if err != nil {
		return 0, err
	}
	o.to = o.made
	n, err = o.made.Write(b)
	if !direct {
		if err == nil {
			err = os.Rename(o.made.Name(), path)
		}
		if err != nil {
			_ = os.Remove(o.made.Name())
		}
	}
	return n, err
}

// failed names what could not be written to.
func (o *watchOutput) failed(err error) error {
	if !o.file() {
		return err
	}
	err = fmt.Errorf("-o %s: %w", o.path, err)
	if errors.Is(err, syscall.ENOSPC) {
		return &hintError{err, "free some space there, or name a file elsewhere with -o"}
	}
	return err
}

func (o *watchOutput) Close() error {
	if o.made == nil {
		return nil
	}
	if err := o.made.Close(); err != nil {
		return o.failed(err)
	}
	return nil
}
