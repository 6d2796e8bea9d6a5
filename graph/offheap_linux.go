package graph

import (
	"os"

	"golang.org/x/sys/unix"
)

// noReserve lets large arrays be mapped that are touched only in part.
const noReserve = unix.MAP_NORESERVE

func adviseHuge(b []byte) error { return unix.Madvise(b, unix.MADV_HUGEPAGE) }

// reserve takes the disk blocks now: a full disk is an error here, not a signal at the first write through a mapping.
func reserve(f *os.File, off, n int64) error {
	err := unix.Fallocate(int(f.Fd()), 0, off, n)
	if err == unix.EOPNOTSUPP || err == unix.ENOSYS {
		return f.Truncate(off + n)
	}
	return err
}
