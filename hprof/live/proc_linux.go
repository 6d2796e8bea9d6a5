package live

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// clockTicks is the unit of times in /proc/PID/stat: the kernel shows hundredths of a second on every platform that Go knows.
const clockTicks = 100

// maxProcFile bounds what is read of a file in /proc that another process can make long.
const maxProcFile = 1 << 20

// List returns the HotSpot JVMs that run here and in containers, in the order of their process numbers. One that may not be looked
// into is listed with what is known of it.
func List() ([]*JVM, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var out []*JVM
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if j, err := Find(pid); err == nil { // one that has ended meanwhile is none
			out = append(out, j)
		}
	}
	slices.SortFunc(out, func(a, b *JVM) int { return cmp.Compare(a.PID, b.PID) })
	return out, nil
}

// Find returns the JVM that has this process number here.
func Find(pid int) (*JVM, error) {
	j := &JVM{PID: pid, NSPID: pid, attach: true}
	if err := j.readStatus(); err != nil {
		return nil, err
	}
	if j.State == 'Z' {
		return nil, fmt.Errorf("process %d has ended (its parent has not asked for it yet)", pid)
	}
	if j.RSS == 0 && j.kernelThread() {
		return nil, fmt.Errorf("process %d belongs to the kernel", pid)
	}
	isJVM, sure := j.hotspot()
	data, err := j.readData()
	switch {
	case sure && !isJVM:
		return nil, fmt.Errorf("process %d (%s) is no HotSpot JVM: it has no libjvm.so", pid, j.command())
	case !sure && data == nil && err != nil && !errors.Is(err, errOthersData) && j.command() != "java":
		return nil, fmt.Errorf("process %d (%s) does not look like a JVM", pid, j.command())
	}
	j.Main, j.Version = mainOf(j.cmdline()), ""
	if data != nil {
		j.Data = countersOf(data)
		j.Version = data.Text("java.property.java.version")
		if command, _, _ := strings.Cut(data.Text("sun.rt.javaCommand"), " "); command != "" {
			j.Main = command
		}
		// The first capability is attaching; -XX:+DisableAttachMechanism takes it away.
		j.attach = !strings.HasPrefix(data.Text("sun.rt.jvmCapabilities"), "0")
	} else {
		j.Missing = j.missing(err)
	}
	if j.Version == "" {
		j.Version = j.release()
	}
	j.User = userName(j.UID)
	j.Container = j.container()
	return j, nil
}

// gone reports whether the process has ended.
func (j *JVM) gone() bool {
	now := &JVM{PID: j.PID}
	err := now.readStatus()
	return errors.Is(err, ErrNoProcess) || err == nil && (now.begun != j.begun || now.State == 'Z')
}

// endWithin is how long a process that has closed its connections is given to end: it does so a moment later.
const endWithin = time.Second / 2

// ends reports whether the process ends before so long.
func (j *JVM) ends(within time.Duration) bool {
	fd, err := unix.PidfdOpen(j.PID, 0)
	if err != nil || j.gone() { // before Linux 5.3 there is none
		return j.gone()
	}
	defer func() { _ = unix.Close(fd) }()
	for until := time.Now().Add(within); ; {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(max(time.Until(until), 0).Milliseconds()))
		if !errors.Is(err, unix.EINTR) {
			return n > 0
		}
	}
}

// Refresh reads anew what the JVM counts. It fails when the process has ended, also when another has got its number.
func (j *JVM) Refresh() error {
	now := &JVM{PID: j.PID, NSPID: j.PID}
	if err := now.readStatus(); err != nil {
		return err
	}
	if now.begun != j.begun || now.State == 'Z' {
		return ErrNoProcess
	}
	j.State, j.RSS, j.Threads, j.catchQuit = now.State, now.RSS, now.Threads, now.catchQuit
	data, err := j.readData()
	if data == nil {
		j.Data, j.Missing = nil, j.missing(err)
		return nil
	}
	j.Data, j.Missing = countersOf(data), ""
	return nil
}

func (j *JVM) proc(name string) string { return "/proc/" + strconv.Itoa(j.PID) + "/" + name }

// readStatus reads who the process is. A process that has ended is ErrNoProcess.
func (j *JVM) readStatus() error {
	b, err := readProc(j.proc("status"))
	if err != nil {
		return noProcess(err)
	}
	for line := range strings.Lines(string(b)) {
		key, value, _ := strings.Cut(line, ":")
		f := strings.Fields(value)
		if len(f) == 0 {
			continue
		}
		switch key {
		case "State":
			j.State = f[0][0]
		case "NSpid":
			if n, err := strconv.Atoi(f[len(f)-1]); err == nil && n > 0 {
				j.NSPID = n
			}
		case "Uid":
			j.UID = effective(f)
		case "Gid":
			j.GID = effective(f)
		case "VmRSS":
			kb, _ := strconv.ParseInt(f[0], 10, 64)
			j.RSS = kb << 10
		case "Threads":
			j.Threads, _ = strconv.Atoi(f[0])
		case "SigCgt":
			mask, _ := strconv.ParseUint(f[0], 16, 64)
			j.catchQuit = mask&(1<<(unix.SIGQUIT-1)) != 0
		}
	}
	return j.readStat()
}

// effective is the second of the four numbers: real, effective, saved, of the file system.
func effective(f []string) uint32 {
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.ParseUint(f[1], 10, 32)
	return uint32(n)
}

// readStat reads when the process began.
func (j *JVM) readStat() error {
	b, err := readProc(j.proc("stat"))
	if err != nil {
		return noProcess(err)
	}
	_, rest, ok := bytes.Cut(b[max(bytes.LastIndexByte(b, ')'), 0):], []byte(" "))
	f := bytes.Fields(rest) // from the third field on
	if !ok || len(f) < 20 {
		return fmt.Errorf("%s cannot be read", j.proc("stat"))
	}
	j.begun = string(f[19])
	begun, err := strconv.ParseInt(j.begun, 10, 64)
	var up unix.Sysinfo_t
	if err != nil || unix.Sysinfo(&up) != nil {
		return nil
	}
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return nil
	}
	j.Started = time.Now().Add(time.Duration(begun)*(time.Second/clockTicks) - time.Duration(now.Nano())).Truncate(time.Second / clockTicks)
	return nil
}

// hotspot reports whether the process has HotSpot's library mapped, and whether that could be seen at all.
func (j *JVM) hotspot() (is, sure bool) {
	f, err := os.Open(j.proc("maps"))
	if err != nil {
		return false, false
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, 64<<20))
	if err != nil {
		return false, false
	}
	return bytes.Contains(b, []byte("/libjvm.so")) && !bytes.Contains(b, []byte("/libj9vm")), true
}

func (j *JVM) kernelThread() bool {
	b, err := readProc(j.proc("cmdline"))
	return err == nil && len(b) == 0
}

// command is the name of the program.
func (j *JVM) command() string {
	b, _ := readProc(j.proc("comm"))
	return strings.TrimSpace(string(b))
}

func (j *JVM) cmdline() []string {
	b, _ := readProc(j.proc("cmdline"))
	return strings.Split(strings.TrimRight(string(b), "\x00"), "\x00")
}

// optionsWithValue are options of the java launcher that take the next argument.
var optionsWithValue = []string{
	"-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules", "--add-exports", "--add-opens",
	"--add-reads", "--limit-modules", "--enable-native-access", "--source", "-d", "--describe-module",
}

// mainOf finds the main class, module or JAR file in the arguments of a java launcher; "" when there is none.
func mainOf(args []string) string {
	for i := 1; i < len(args); i++ {
		switch a := args[i]; {
		case (a == "-jar" || a == "-m" || a == "--module") && i+1 < len(args):
			return args[i+1]
		case slices.Contains(optionsWithValue, a):
			i++
		case !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "@"):
			return a
		}
	}
	return ""
}

// release reads the version of the JDK from the file beside its launcher, "" when that cannot be done.
func (j *JVM) release() string {
	exe, err := os.Readlink(j.proc("exe"))
	if err != nil {
		return ""
	}
	b, err := j.readBelow(filepath.Join(filepath.Dir(filepath.Dir(exe)), "release"), maxProcFile, nil)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "JAVA_VERSION="); ok {
			return strings.Trim(v, `"`)
		}
	}
	return ""
}

var containerID = regexp.MustCompile(`[0-9a-f]{64}`)

// container finds the identifier that container engines put into the name of the control group.
func (j *JVM) container() string {
	b, _ := readProc(j.proc("cgroup"))
	if id := containerID.Find(b); id != nil {
		return string(id[:12])
	}
	return ""
}

// userName is the name of a user of this machine, the number when there is none.
func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// noProcess turns the errors of /proc for a process that has ended into one.
func noProcess(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return ErrNoProcess
	}
	return err
}

func readProc(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxProcFile))
}
