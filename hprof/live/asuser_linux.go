package live

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// asUser runs fn as another effective user and group, if this process may do that; else as itself. Only one thread of the process
// changes, so the system calls go around those of package syscall, which change all. fn must not start goroutines.
func asUser(uid, gid uint32, fn func() error) error {
	if os.Geteuid() != 0 || uid == 0 && gid == uint32(os.Getegid()) {
		return fn()
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		const keep = ^uintptr(0)
		own := uintptr(os.Getegid())
		if _, _, e := unix.RawSyscall(unix.SYS_SETRESGID, keep, uintptr(gid), keep); e == 0 {
			if _, _, e := unix.RawSyscall(unix.SYS_SETRESUID, keep, uintptr(uid), keep); e != 0 {
				_, _, _ = unix.RawSyscall(unix.SYS_SETRESGID, keep, own, keep)
			}
		}
		err := fn()
		_, _, e1 := unix.RawSyscall(unix.SYS_SETRESUID, keep, 0, keep)
		_, _, e2 := unix.RawSyscall(unix.SYS_SETRESGID, keep, own, keep)
		if e1 == 0 && e2 == 0 {
			runtime.UnlockOSThread() // else the thread ends with this goroutine
		}
		result <- err
	}()
	return <-result
}
