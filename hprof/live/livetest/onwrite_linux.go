package livetest

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// OnWrite calls fn once, as soon as something is written to a file of a folder whose name begins with prefix.
func OnWrite(t testing.TB, dir, prefix string, fn func()) {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "inotify")
	t.Cleanup(func() { _ = f.Close() })
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_MODIFY); err != nil {
		t.Fatal(err)
	}
	go func() {
		b := make([]byte, 64<<10)
		for {
			n, err := f.Read(b)
			if err != nil {
				return
			}
			for e := b[:n]; len(e) >= unix.SizeofInotifyEvent; {
				end := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(e[12:16]))
				if name := strings.TrimRight(string(e[unix.SizeofInotifyEvent:end]), "\x00"); strings.HasPrefix(name, prefix) {
					fn()
					return
				}
				e = e[end:]
			}
		}
	}()
}
