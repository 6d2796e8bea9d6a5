//go:build !unix

package index

import (
	"io"
	"os"
	"time"
)

func openFile(path string) (*os.File, error) { return os.Open(path) }

// The folder of a user's own is all there is to go by.
func foreign(os.FileInfo) string { return "" }

// mapReadOnly reads the file where there is no mapping.
func mapReadOnly(f *os.File, size int64) ([]byte, func() error, error) {
	if int64(int(size)) != size {
		return nil, nil, unusable("it is larger than the address space")
	}
	b := make([]byte, size)
	_, err := io.ReadFull(io.NewSectionReader(f, 0, size), b)
	return b, func() error { return nil }, err
}

// lock without file locks goes by age: a builder writes all the time.
func lock(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && (st.Size() == 0 || time.Since(st.ModTime()) > 24*time.Hour)
}

func linked(*os.File) bool { return true }

// publish gives a finished file its name; an open file cannot be renamed everywhere.
func publish(f *os.File, path string) error {
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
