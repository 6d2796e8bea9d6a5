package index

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDisk runs out of space while it writes, on a file system of a megabyte.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no file system can be mounted: %v", err)
	}
	defer func() { _ = unix.Unmount(dir, 0) }()
	if _, err := Create(dir, "a.hcindex", 2<<20); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("begun without room: %v", err)
	}
	w, err := Create(dir, "a.hcindex", 0)
	if err != nil {
		t.Fatal(err)
	}
	err = w.Begin(1)
	for range 4 {
		if err == nil {
			_, err = w.Write(content(1 << 20))
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v", err)
	}
	w.Abort()
	if es, _ := os.ReadDir(dir); len(es) > 0 {
		t.Errorf("left behind: %v", es)
	}
}
