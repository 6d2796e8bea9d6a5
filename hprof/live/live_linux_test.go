package live_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"heapcause/hprof"
	"heapcause/hprof/live"
	"heapcause/hprof/live/livetest"
)

const patient = 60 * time.Second

const program = "../../testdata/java/src/pg-timer"

var mainClass = []string{"com.example.shop.Main", "healthy", "100"}

func java(home, classes string, options ...string) (string, []string) {
	args := append(append([]string{}, livetest.Small...), options...)
	return filepath.Join(home, "bin/java"), append(append(args, "-cp", classes), mainClass...)
}

// capture takes a dump and reads its records.
func capture(t *testing.T, j *live.JVM, opt live.CaptureOptions) {
	t.Helper()
	opt.Path, opt.Timeout = filepath.Join(t.TempDir(), "app.hprof"), patient
	done, err := j.Capture(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	f, err := hprof.Open(context.Background(), done.Path, hprof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, _ := os.Stat(done.Path)
	if len(f.Problems) > 0 || st.Mode().Perm() != 0o600 || st.Sys().(*syscall.Stat_t).Uid != uint32(os.Geteuid()) {
		t.Errorf("%v, mode %v", f.Problems, st.Mode())
	}
}

// TestRealJVMs: JVMs of two releases, one without performance data, one of another user and one in a container are found and asked.
func TestRealJVMs(t *testing.T) {
	home17 := livetest.JDK(t, 17)
	classes := livetest.Compile(t, home17, program)
	t.Run("17", func(t *testing.T) {
		name, args := java(home17, classes)
		c := livetest.Start(t, name, args...)
		j := found(t, c.Process.Pid)
		if !strings.HasPrefix(j.Version, "17.") || j.Main != mainClass[0] || j.NSPID != j.PID || j.Missing != "" || j.Major() != 17 {
			t.Errorf("%+v", j)
		}
		d := j.Data
		if n, _ := d.GC(); d.Heap.Used <= 0 || d.Heap.Max < 60<<20 || d.Heap.Max > 64<<20 || n == 0 || d.Threads < 5 || d.LastCause != "System.gc()" {
			t.Errorf("%+v", d)
		}
		if up := time.Since(j.Started); up < 0 || up > time.Hour {
			t.Errorf("runs since %v", j.Started)
		}
		for _, opt := range []live.CaptureOptions{{}, {All: true}, {GZ: 1}} {
			capture(t, j, opt)
		}
		if left, _ := filepath.Glob("/tmp/.attach_pid" + strconv.Itoa(j.PID)); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		stopped(t, j)
		ended(t, j, c)
	})
	t.Run("25 without performance data", func(t *testing.T) {
		name, args := java(livetest.JDK(t, 25), classes, "-XX:-UsePerfData")
		j := found(t, livetest.Start(t, name, args...).Process.Pid)
		if !strings.HasPrefix(j.Version, "25.") || j.Main != mainClass[0] || j.Data != nil || !strings.Contains(j.Missing, "-XX:-UsePerfData") || j.RSS == 0 {
			t.Errorf("%+v", j)
		}
		capture(t, j, live.CaptureOptions{GZ: 1})
		long := strings.Repeat("x", 2000) // by version 2 of the protocol
		if _, err := j.Ask(context.Background(), patient, "jcmd", long); err == nil || !strings.Contains(err.Error(), "Unknown diagnostic command") {
			t.Errorf("a long command: %v", err)
		}
	})
	t.Run("no attaching", func(t *testing.T) {
		name, args := java(home17, classes, "-XX:+DisableAttachMechanism")
		j := found(t, livetest.Start(t, name, args...).Process.Pid)
		if err := j.MayAttach(); err == nil || !strings.Contains(err.Error(), "DisableAttachMechanism") {
			t.Error(err)
		}
	})
	t.Run("reduced signal usage", func(t *testing.T) {
		name, args := java(home17, classes, "-Xrs")
		capture(t, found(t, livetest.Start(t, name, args...).Process.Pid), live.CaptureOptions{})
	})
	t.Run("another user", func(t *testing.T) {
		if _, err := exec.LookPath("setpriv"); err != nil || os.Geteuid() != 0 {
			t.Skip("needs root and setpriv")
		}
		name, args := java(home17, classes)
		open(t, classes)
		c := livetest.Start(t, "setpriv", append([]string{"--reuid", "65534", "--regid", "65534", "--clear-groups", name}, args...)...)
		j := found(t, c.Process.Pid)
		if j.UID != 65534 || j.Data == nil {
			t.Errorf("%+v", j)
		}
		capture(t, j, live.CaptureOptions{}) // the folder of the test is closed to that user
	})
	t.Run("container", func(t *testing.T) { container(t, home17, classes) })
}

// container: a JVM with process numbers and file systems of its own.
func container(t *testing.T, home, classes string) {
	inner := filepath.Join(t.TempDir(), "tmp")
	script := `cp -r "$1" "$2" && mount --bind "$2" /tmp && shift 2 && exec "$@"`
	name, args := java(home, "/tmp")
	full := append([]string{"--pid", "--mount", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script, "sh", classes, inner, name}, args...)
	if err := exec.Command("unshare", "--pid", "--mount", "--fork", "--mount-proc", "true").Run(); err != nil {
		t.Skip("no namespaces here: ", err)
	}
	c := livetest.Start(t, "unshare", full...)
	all, err := live.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range all {
		if j.NSPID == 1 && parent(j.PID) == c.Process.Pid {
			if j.Data == nil || j.Main != mainClass[0] || !strings.HasPrefix(j.Version, "17.") {
				t.Errorf("%+v", j)
			}
			capture(t, j, live.CaptureOptions{})
			if left, _ := filepath.Glob(inner + "/*.partial"); len(left) > 0 {
				t.Errorf("left in the container: %v", left)
			}
			diesInside(t, j, inner)
			return
		}
	}
	t.Error("not found")
}

// diesInside: what a container's JVM has written when it dies in the middle of a dump is brought out of its folder.
func diesInside(t *testing.T, j *live.JVM, inner string) {
	t.Helper()
	livetest.OnWrite(t, inner, "heapcause-", func() { _ = syscall.Kill(j.PID, syscall.SIGKILL) })
	path := filepath.Join(t.TempDir(), "app.hprof")
	_, err := j.Capture(context.Background(), live.CaptureOptions{Path: path, Timeout: patient, GZ: 9})
	if err == nil || !strings.Contains(err.Error(), "ended while it wrote the dump: ") || !strings.HasSuffix(err.Error(), " of it are in "+path+live.PartialSuffix) {
		t.Errorf("ended in the middle of a dump: %v", err)
	}
	if st, err := os.Stat(path + live.PartialSuffix); err != nil || st.Size() == 0 || st.Mode().Perm() != 0o600 {
		t.Errorf("what it had written: %v, %v", st, err)
	}
	if left, _ := filepath.Glob(inner + "/*.partial*"); len(left) > 0 {
		t.Errorf("left in the container: %v", left)
	}
}

// found finds a JVM, alone and in the list of all.
func found(t *testing.T, pid int) *live.JVM {
	t.Helper()
	all, err := live.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range all {
		if j.PID == pid {
			return j
		}
	}
	t.Fatalf("%d is not in the list", pid)
	return nil
}

func parent(pid int) int {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	n, _ := strconv.Atoi(f[1])
	return n
}

// open lets everybody read a folder of the test.
func open(t *testing.T, classes string) {
	t.Helper()
	for dir := classes; dir != filepath.Dir(dir) && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// stopped: SIGSTOP stands for what makes a JVM hang.
func stopped(t *testing.T, j *live.JVM) {
	t.Helper()
	_ = syscall.Kill(j.PID, syscall.SIGSTOP)
	if _, err := syscall.Wait4(j.PID, nil, syscall.WUNTRACED, nil); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(j.PID, syscall.SIGCONT) }()
	_, err := j.Ask(context.Background(), 50*time.Millisecond, "jcmd", "VM.version") // known to run: it is asked, and does not answer
	if err == nil || !strings.Contains(err.Error(), "is stopped") {
		t.Errorf("stopped: %v", err)
	}
}

func ended(t *testing.T, j *live.JVM, c *exec.Cmd) {
	t.Helper()
	_ = c.Process.Kill()
	_ = c.Wait()
	if err := j.Refresh(); !errors.Is(err, live.ErrNoProcess) {
		t.Errorf("ended: %v", err)
	}
	if _, err := j.Ask(context.Background(), patient, "jcmd", "VM.version"); err == nil {
		t.Error("ended: was asked")
	}
	if _, err := live.Find(j.PID); !errors.Is(err, live.ErrNoProcess) {
		t.Errorf("ended: %v", err)
	}
}
