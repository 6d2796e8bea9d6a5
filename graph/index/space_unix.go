//go:build linux || darwin || freebsd

package index

import "golang.org/x/sys/unix"

// freeSpace returns the bytes that this user may still write to the folder's disk.
func freeSpace(dir string) (int64, bool) {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // their widths differ between systems
}
