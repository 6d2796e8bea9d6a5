//go:build unix

package graph

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mapAnon returns n zero bytes outside the Go heap; pages that are never touched cost nothing.
func mapAnon(n int64) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, int(max(n, 1)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|noReserve)
	if err != nil {
		return nil, fmt.Errorf("reserving %d bytes of memory: %w", n, err)
	}
	return b, nil
}

func unmap(b []byte) {
	if b != nil {
		_ = unix.Munmap(b)
	}
}

// mapFile maps n bytes of f at off, shared.
func mapFile(f *os.File, off, n int64) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), off, int(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// dropPages takes a file mapping's pages out of this process; their content stays in the file.
func dropPages(b []byte) {
	if len(b) > 0 {
		_ = unix.Madvise(b, unix.MADV_DONTNEED)
	}
}

// hugePages asks for large pages on an array that is read at random.
func hugePages(b []byte) {
	if len(b) > 4<<20 {
		_ = adviseHuge(b)
	}
}
