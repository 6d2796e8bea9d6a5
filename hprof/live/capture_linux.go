package live

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"
)

// capture is a dump on its way.
type capture struct {
	j   *JVM
	opt CaptureOptions
	// path is opt.Path made absolute, partial the name that it has until it is whole.
	path, partial string
	// dir is the folder that the JVM writes to, dirName its name for the JVM, name the file there.
	dir     *os.File
	dirName string
	name    string
	direct  bool // it writes partial itself
}

// Capture makes the JVM write a heap dump. All threads of the JVM stand while it writes. Once it has begun it cannot be stopped: when
// ctx ends, or there is no sign of life for too long, the error says where it goes on writing.
func (j *JVM) Capture(ctx context.Context, opt CaptureOptions) (*Captured, error) {
	if opt.Progress == nil {
		opt.Progress = func(string, int64, int64) {}
	}
	if opt.Say == nil {
		opt.Say = func(string, ...any) {}
	}
	if err := j.MayAttach(); err != nil {
		return nil, err
	}
	if major := j.Major(); opt.GZ > 0 && major > 0 && major < 15 {
		return nil, j.refused(fmt.Errorf("JDK %s cannot pack a dump", j.Version), "leave --gz out; gzip packs it afterwards")
	}
	c := &capture{j: j, opt: opt}
	if err := c.places(); err != nil {
		return nil, err
	}
	defer func() { _ = c.dir.Close() }()
	if err := c.space(); err != nil {
		return nil, err
	}
	if !c.direct {
		opt.Say("the JVM writes to %s as it sees it; from there the dump is moved to %s", c.dirName, c.path)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := c.write(ctx); err != nil {
		return nil, err
	}
	size, err := c.take(ctx)
	if err != nil {
		return nil, err
	}
	return &Captured{c.path, size, time.Since(begun)}, nil
}

// places finds out where the JVM can write.
func (c *capture) places() error {
	path, err := filepath.Abs(c.opt.Path)
	if err != nil {
		return err
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return err
	}
	c.path = filepath.Join(folder, filepath.Base(path))
	c.partial = c.path + PartialSuffix
	for _, p := range []string{c.path, c.partial} {
		if _, err := os.Lstat(p); err == nil {
			hint := "name another file with -o, or remove it"
			if p == c.partial {
				hint = "another capture writes it, or was broken off: remove it when no JVM writes it any more"
			}
			return &AttachError{c.j.PID, fmt.Errorf("%s is there already", p), hint}
		}
	}
	if c.opt.Via == "" && c.j.sameRoot() {
		dir, err := openPath(folder)
		if err != nil {
			return err
		}
		if c.j.mayWrite(dir) {
			c.dir, c.dirName, c.name, c.direct = dir, folder, filepath.Base(c.partial), true
			return nil
		}
		_ = dir.Close()
	}
	return c.via()
}

// via opens the folder of the JVM that stands in for ours.
func (c *capture) via() error {
	c.dirName = c.opt.Via
	if c.dirName == "" {
		c.dirName = "/tmp"
	}
	dir, err := c.j.openBelow(c.dirName, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return c.j.refused(fmt.Errorf("the folder that it shall write to, as it sees it: %w", err), "--via names another")
	}
	var st unix.Statfs_t
	err = unix.Fstatfs(int(dir.Fd()), &st)
	switch {
	case err != nil:
	case !c.j.mayWrite(dir):
		err = c.j.refused(fmt.Errorf("cannot write to %s (as it sees it), nor to the folder of %s", c.dirName, c.path), "--via names a folder that user "+c.j.User+" may write to")
	case c.opt.Via == "" && (st.Type == unix.TMPFS_MAGIC || st.Type == unix.RAMFS_MAGIC):
		err = c.j.refused(fmt.Errorf("cannot write to the folder of %s, and its /tmp is a RAM disk: the dump would use up its memory", c.path),
			"--via names a folder on a disk as the JVM sees it; --via /tmp allows the RAM disk")
	}
	if err != nil {
		_ = dir.Close()
		return err
	}
	id := make([]byte, 8)
	_, _ = rand.Read(id)
	c.dir, c.name = dir, "heapcause-"+strconv.Itoa(c.j.PID)+"-"+hex.EncodeToString(id)+".hprof"+PartialSuffix
	return nil
}

// mayWrite reports whether the JVM's user can make files in a folder.
func (j *JVM) mayWrite(dir *os.File) bool {
	return asUser(j.UID, j.GID, func() error {
		return unix.Faccessat(unix.AT_FDCWD, fdPath(dir, "."), unix.W_OK|unix.X_OK, unix.AT_EACCESS)
	}) == nil
}

// space refuses a dump that will not fit. A dump takes about the bytes of the heap in use, up to twice that where references are
// compressed; packed, a fifth of it.
func (c *capture) space() error {
	used, most := c.j.RSS, c.j.RSS
	if d := c.j.Data; d != nil {
		used, most = d.Heap.Used, max(d.Heap.Used, min(d.Heap.Capacity, c.j.RSS)) // G1 counts at collections only
	}
	least, likely := used, most+most/2
	if c.opt.GZ > 0 {
		least, likely = used/20, most/2
	}
	folders := []string{fdPath(c.dir, ".")}
	if !c.direct {
		folders = append(folders, filepath.Dir(c.path))
	}
	for i, folder := range folders {
		var st unix.Statfs_t
		if unix.Statfs(folder, &st) != nil {
			continue
		}
		name := []string{c.dirName, filepath.Dir(c.path)}[i]
		free := int64(st.Bavail) * st.Bsize
		switch {
		case free < least && !c.opt.IgnoreSpace:
			return c.j.refused(fmt.Errorf("%s of its heap are in use, and %s has %s free", size(used), name, size(free)),
				"name a file elsewhere with -o, or pack with --gz 1; --ignore-space tries it all the same, where most of it is garbage")
		case free < likely:
			c.opt.Say("warning: up to %s of its heap are in use, and %s has %s free: the dump may not fit", size(most), name, size(free))
		}
	}
	return nil
}

func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// command is what makes the JVM write.
func (c *capture) command() (command string, args []string, err error) {
	file := filepath.Join(c.dirName, c.name)
	which := "-live"
	if c.opt.All {
		which = "-all"
	}
	switch major := c.j.Major(); {
	case c.opt.GZ == 0:
		return "dumpheap", []string{file, which}, nil
	case major == 15 || major == 16: // dumpheap takes no level yet
		if strings.ContainsRune(file, '"') {
			return "", nil, c.j.refused(fmt.Errorf("%s: JDK %d takes no quotes in names", file, major), "")
		}
		all := ""
		if c.opt.All {
			all = " -all"
		}
		return "jcmd", []string{fmt.Sprintf(`GC.heap_dump%s -gz=%d "%s"`, all, c.opt.GZ, file)}, nil
	}
	return "dumpheap", []string{file, which, strconv.Itoa(c.opt.GZ)}, nil
}

// lookEvery is how often progress is looked for, patience how many timeouts a JVM gets that uses processors meanwhile: it collects.
const (
	lookEvery = 100 * time.Millisecond
	patience  = 10
)

// write gives the command and waits until the JVM has written.
func (c *capture) write(ctx context.Context) error {
	command, args, err := c.command()
	if err != nil {
		return err
	}
	q, err := c.j.Begin(ctx, c.opt.Timeout, command, args...)
	if err != nil {
		return err
	}
	defer q.Close()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var written int64
	sign, cpu := time.Now(), c.j.cpu()
	for {
		select {
		case <-q.Done():
			return c.judge(ctx, q)
		case <-ctx.Done():
			return c.goesOn("interrupted")
		case <-look.C:
		}
		if n := c.written(); n != written { // less, too: parts that have been joined go
			written, sign, cpu = n, time.Now(), c.j.cpu()
		}
		phase := "the JVM writes the dump"
		if written == 0 {
			phase = "the JVM prepares the dump"
		}
		c.opt.Progress(phase, written, 0)
		quiet := time.Since(sign)
		if quiet < c.opt.Timeout || quiet < patience*c.opt.Timeout && c.j.cpu()-cpu > quiet/10 {
			continue
		}
		return c.quiet(ctx, written, quiet.Round(time.Second/10))
	}
}

// quiet is the error of a JVM that gave no sign of life for so long.
func (c *capture) quiet(ctx context.Context, written int64, waited time.Duration) error {
	if err := c.j.Refresh(); err != nil {
		return c.died(ctx)
	}
	why := ""
	if c.j.State == 'T' || c.j.State == 't' {
		why = "is stopped (SIGSTOP, or a debugger): "
	}
	if written == 0 {
		if why == "" {
			why = "hangs, or stands in a long collection or another safepoint: "
		}
		return c.goesOn(why + "no sign of life for " + waited.String() + ", and nothing written")
	}
	return c.goesOn(why + "nothing more written for " + waited.String())
}

// mostParts bounds the number of parts that are looked for: JDK 21 and newer write one for each of their threads, three eighths of the processors.
const mostParts = 256

// eachFile calls fn with the suffix and the size of what the JVM has written: the dump, and parts .p0, .p1 … that it has not joined yet.
func (c *capture) eachFile(fn func(suffix string, size int64)) {
	for i := -1; i < mostParts; i++ {
		suffix := ""
		if i >= 0 {
			suffix = ".p" + strconv.Itoa(i)
		}
		var st unix.Stat_t
		if unix.Fstatat(int(c.dir.Fd()), c.name+suffix, &st, unix.AT_SYMLINK_NOFOLLOW) == nil {
			fn(suffix, st.Size)
		}
	}
}

// written is how much the JVM has written.
func (c *capture) written() (n int64) {
	c.eachFile(func(_ string, size int64) { n += size })
	return n
}

// remove removes what the JVM has written.
func (c *capture) remove() {
	c.eachFile(func(suffix string, _ int64) { _ = unix.Unlinkat(int(c.dir.Fd()), c.name+suffix, 0) })
}

// cpu is the processor time that the process has used.
func (j *JVM) cpu() time.Duration {
	b, err := readProc(j.proc("stat"))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * (time.Second / clockTicks)
}

// seen is the file that the JVM writes, as it is found from here.
func (c *capture) seen() string {
	if c.direct {
		return c.partial
	}
	file := filepath.Join(c.dirName, c.name)
	if c.j.sameRoot() {
		return file
	}
	return filepath.Join(c.j.proc("root"), file)
}

// goesOn is the error of a wait that ended before the dump was whole.
func (c *capture) goesOn(why string) error {
	return c.j.refused(fmt.Errorf("%s; it was told to write %s and cannot be told to stop: it writes as soon and as long as it can, and all its threads stand meanwhile", why, c.seen()),
		"when it has done, the file is a whole dump: rename or remove it")
}

// died is the error of a JVM that ended. What it has written may be all that there will ever be: it is kept, under the partial name.
func (c *capture) died(ctx context.Context) error {
	n := c.written()
	if n == 0 {
		c.remove()
		return c.j.refused(errors.New("ended before it wrote anything"), "")
	}
	where, err := c.partial, error(nil)
	if !c.direct { // its folder may go with its container
		c.eachFile(func(suffix string, _ int64) {
			if err == nil {
				err = c.salvage(ctx, suffix)
			}
		})
		if err != nil {
			where = c.seen()
		}
	}
	parts := ""
	c.eachFile(func(suffix string, _ int64) {
		if suffix != "" && c.direct {
			parts = " and the parts beside it"
		}
	})
	return c.j.refused(fmt.Errorf("ended while it wrote the dump: %s of it are in %s%s", size(n), where, parts), "heapcause reads what is there of an incomplete dump")
}

// salvage moves a file of a JVM that has ended to where the dump was to be.
func (c *capture) salvage(ctx context.Context, suffix string) error {
	fd, err := unix.Openat(int(c.dir.Fd()), c.name+suffix, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	src := os.NewFile(uintptr(fd), c.name+suffix)
	defer func() { _ = src.Close() }()
	if _, err := c.owned(src); err != nil {
		return err
	}
	if err := c.copy(ctx, src, c.partial+suffix); err != nil {
		return err
	}
	return unix.Unlinkat(int(c.dir.Fd()), c.name+suffix, 0)
}

// judge finds out whether the JVM has written a dump.
func (c *capture) judge(ctx context.Context, q *Question) error {
	answer, err := q.Answer()
	if err == nil && strings.Contains(answer, "Heap dump file created") {
		return nil
	}
	// JDK 25 says as it goes along what it does, so that an answer may be cut off as well as missing.
	spoke := q.err == nil && !(q.result == 0 && onlyBegun(answer))
	switch {
	case !spoke && c.j.ends(endWithin) || c.j.gone():
		return c.died(ctx)
	case !spoke && c.written() > 0:
		return c.goesOn("the connection was closed before it answered")
	case err == nil:
		err = c.j.refused(fmt.Errorf("wrote no dump; it says: %s", orNothing(words(answer))), "")
	}
	var e *AttachError
	if errors.As(err, &e) && e.Hint == "" {
		e.Hint = hintOf(answer + e.Error())
	}
	c.remove() // the JVM has done with it
	return err
}

// onlyBegun reports whether an answer tells of the beginning of a dump alone.
func onlyBegun(answer string) bool {
	rest := strings.TrimSpace(answer)
	return strings.HasPrefix(rest, "Dumping heap to ") && !strings.Contains(rest, "\n")
}

// hintOf knows what JVMs print.
func hintOf(said string) string {
	switch {
	case strings.Contains(said, "No space left"):
		return "the incomplete file was removed; name a folder with more space, or pack with --gz 1"
	case strings.Contains(said, "Permission denied"), strings.Contains(said, "Read-only file system"):
		return "--via names a folder, as the JVM sees it, that it may write to"
	case strings.Contains(said, "not recognized"):
		return "is it HotSpot? heapcause knows JDK 8 to 25"
	}
	return ""
}

// take gives the whole dump its name.
func (c *capture) take(ctx context.Context) (int64, error) {
	src, st, err := c.openDump()
	if err != nil {
		return 0, c.j.refused(fmt.Errorf("says that it wrote %s: %w", filepath.Join(c.dirName, c.name), err), "")
	}
	defer func() { _ = src.Close() }()
	if !c.direct {
		if err := c.move(ctx, src); err != nil {
			return 0, err
		}
	}
	if os.Geteuid() == 0 && c.direct && st.Uid != 0 {
		_ = src.Chown(0, 0)
	}
	if err := unix.Renameat2(unix.AT_FDCWD, c.partial, unix.AT_FDCWD, c.path, unix.RENAME_NOREPLACE); err != nil {
		if !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOSYS) {
			return 0, fmt.Errorf("the dump is whole, but keeps the name %s: %w", c.partial, err)
		}
		if err := os.Rename(c.partial, c.path); err != nil {
			return 0, err
		}
	}
	return st.Size, nil
}

// openDump opens what the JVM wrote: a regular file of its user that begins as a dump does.
func (c *capture) openDump() (*os.File, *unix.Stat_t, error) {
	fd, err := unix.Openat(int(c.dir.Fd()), c.name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	f := os.NewFile(uintptr(fd), filepath.Join(c.dirName, c.name))
	head := make([]byte, 12)
	st, err := c.owned(f)
	if err == nil {
		_, err = f.ReadAt(head, 0)
	}
	if err == nil && string(head) != "JAVA PROFILE" && string(head[:2]) != "\x1f\x8b" {
		err = errors.New("that is no heap dump")
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, st, nil
}

// owned refuses what is no regular file of the JVM's user.
func (c *capture) owned(f *os.File) (*unix.Stat_t, error) {
	var st unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &st)
	if err == nil && (st.Mode&unix.S_IFMT != unix.S_IFREG || st.Uid != c.j.UID) {
		err = fmt.Errorf("that is no file of user %s", c.j.User)
	}
	return &st, err
}

// move brings the dump out of the JVM's folder, to its partial name.
func (c *capture) move(ctx context.Context, src *os.File) error {
	if err := c.copy(ctx, src, c.partial); err != nil {
		return c.j.refused(fmt.Errorf("the dump is whole in %s, but was not moved: %v", c.seen(), err), "move it from there")
	}
	_ = unix.Unlinkat(int(c.dir.Fd()), c.name, 0)
	return nil
}

// copy copies an open file to a name that is free; where that fails, nothing has it.
func (c *capture) copy(ctx context.Context, src *os.File, name string) (err error) {
	dst, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = dst.Close()
			_ = os.Remove(name)
		}
	}()
	buf := make([]byte, 1<<20)
	for done := int64(0); ; {
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		n, readErr := src.Read(buf)
		if _, err := dst.Write(buf[:n]); err != nil {
			return err
		}
		done += int64(n)
		c.opt.Progress("moving the dump", done, 0)
		if errors.Is(readErr, io.EOF) {
			break
		}
		if readErr != nil {
			return readErr
		}
	}
	return dst.Close()
}
