//go:build linux || darwin || freebsd

package hprof

import "golang.org/x/sys/unix"

var errNoSpace error = unix.ENOSPC

// freeBytes returns how much may be written in a folder.
func freeBytes(dir string) (int64, bool) {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true //nolint:unconvert // the types differ between systems
}
