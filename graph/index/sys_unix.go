//go:build unix

package index

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openFile opens a file that is no link.
func openFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ELOOP) {
		return nil, unusable("it is a link")
	}
	return f, err
}

// userID is this user; a variable for tests.
var userID = os.Geteuid

// foreign says why a file could have been written by another user, "" when it could not.
func foreign(st os.FileInfo) string {
	s, ok := st.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return "its owner is not known"
	case int64(s.Uid) != int64(userID()):
		return "it belongs to another user"
	case st.Mode().Perm()&0o022 != 0:
		return "other users may write to it"
	}
	return ""
}

// mapReadOnly maps a file; what it returns releases the mapping.
func mapReadOnly(f *os.File, size int64) ([]byte, func() error, error) {
	if int64(int(size)) != size {
		return nil, nil, unusable("it is larger than the address space")
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return b, func() error { return unix.Munmap(b) }, nil
}

// lock takes the file for this process; false when another has it.
func lock(f *os.File) bool { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil }

// linked reports whether an open file still has a name.
func linked(f *os.File) bool {
	st, err := f.Stat()
	if err != nil {
		return false
	}
	s, ok := st.Sys().(*syscall.Stat_t)
	return ok && s.Nlink > 0
}

// publish gives a finished file its name; the lock is held until it has it.
func publish(f *os.File, path string) error {
	return errors.Join(os.Rename(f.Name(), path), f.Close())
}
