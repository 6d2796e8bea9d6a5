package live

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// rootFD opens the root folder of the process. Where it may not be looked into, it is ours if the process shares our process numbers:
// then it is no container's, as far as can be seen.
func (j *JVM) rootFD() (*os.File, error) {
	f, err := openPath(j.proc("root"))
	if errors.Is(err, unix.EACCES) && j.NSPID == j.PID {
		f, err = openPath("/")
	}
	return f, err
}

// sameRoot reports whether the process sees the same files under the same names as we do.
func (j *JVM) sameRoot() bool {
	same := func(a, b string) bool {
		var x, y unix.Stat_t
		return unix.Stat(a, &x) == nil && unix.Stat(b, &y) == nil && x.Dev == y.Dev && x.Ino == y.Ino
	}
	return same(j.proc("root"), "/") && same(j.proc("ns/mnt"), "/proc/self/ns/mnt")
}

// openPath opens a folder to reach what lies in it.
func openPath(name string) (*os.File, error) {
	fd, err := unix.Open(name, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// openBelow opens a file or folder as the process names it. No link leads out of its root folder: a link to /etc in a container is the
// container's /etc.
func (j *JVM) openBelow(name string, flags int) (*os.File, error) {
	root, err := j.rootFD()
	if err != nil {
		return nil, noProcessOr(err)
	}
	defer func() { _ = root.Close() }()
	how := unix.OpenHow{Flags: uint64(flags) | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	fd, err := unix.Openat2(int(root.Fd()), strings.TrimPrefix(name, "/"), &how)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) { // before Linux 5.6, or forbidden by a sandbox
		fd, err = openSteps(int(root.Fd()), name, flags)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// openSteps is openBelow for old kernels: it follows no links at all.
func openSteps(root int, name string, flags int) (int, error) {
	parts := strings.Split(strings.Trim(path.Clean(name), "/"), "/")
	dir := root
	for i, part := range parts {
		f := unix.O_PATH | unix.O_DIRECTORY
		if i == len(parts)-1 {
			f = flags
		}
		fd, err := unix.Openat(dir, part, f|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if dir != root {
			_ = unix.Close(dir)
		}
		if err != nil {
			return -1, err
		}
		dir = fd
	}
	return dir, nil
}

// readBelow reads a regular file of the process, up to limit bytes, if check (which may be nil) has nothing against it. Pipes and devices
// are refused without waiting for them.
func (j *JVM) readBelow(name string, limit int64, check func(*unix.Stat_t) error) ([]byte, error) {
	f, err := j.openBelow(name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var st unix.Stat_t
	err = unix.Fstat(int(f.Fd()), &st)
	if err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		err = fmt.Errorf("%s is no regular file", name)
	}
	if err == nil && check != nil {
		err = check(&st)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

// maxNames bounds how many names are looked at in a folder that everybody may fill.
const maxNames = 100_000

// namesBelow lists the names with a prefix in a folder of the process.
func (j *JVM) namesBelow(folder, prefix string) ([]string, error) {
	f, err := j.openBelow(folder, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	names, err := f.Readdirnames(maxNames)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var out []string
	for _, n := range names {
		if strings.HasPrefix(n, prefix) {
			out = append(out, n)
		}
	}
	return out, nil
}

// fdPath names an open folder for system calls that take a path; the name is short, whatever the folder's is.
func fdPath(f *os.File, name string) string {
	return "/proc/self/fd/" + strconv.Itoa(int(f.Fd())) + "/" + name
}

func noProcessOr(err error) error {
	if e := noProcess(err); errors.Is(e, ErrNoProcess) {
		return e
	}
	return err
}
