package hprof

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrChanged says that the file is not what it was when it was opened: its JVM is still writing, or someone wrote over it.
var ErrChanged = errors.New("the dump changed while it was read")

// watch is what a file looked like when it was opened.
type watch struct {
	fd      *os.File
	size    int64
	written time.Time
}

// Changed returns an error that wraps ErrChanged when the dump's file has been written to, cut or extended since Open. A file
// that took its name is no change: the one that was opened is still read.
func (f *File) Changed() error {
	if f.watched.fd == nil {
		return nil
	}
	st, err := f.watched.fd.Stat()
	switch {
	case err != nil: // closed: it was unpacked, and is not read any more
		return nil
	case st.Size() != f.watched.size:
		return fmt.Errorf("%w: it had %d bytes, now it has %d", ErrChanged, f.watched.size, st.Size())
	case !st.ModTime().Equal(f.watched.written):
		return fmt.Errorf("%w: it was written to at %s", ErrChanged, st.ModTime().UTC().Format(time.RFC3339))
	}
	return nil
}
