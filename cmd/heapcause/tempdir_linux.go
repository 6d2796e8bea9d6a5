package main

import "golang.org/x/sys/unix"

// ramDisk reports whether what is written in a folder stays in memory.
func ramDisk(dir string) bool {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return false
	}
	return st.Type == unix.TMPFS_MAGIC || st.Type == unix.RAMFS_MAGIC
}
