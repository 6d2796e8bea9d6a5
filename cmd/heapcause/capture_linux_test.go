package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"heapcause/hprof/live"
	"heapcause/hprof/live/livetest"
)

// captureScene is a JVM, and a folder for its dumps.
type captureScene struct {
	t   *testing.T
	pid string
	dir string
}

// capture runs the command. path "" leaves -o out.
func (s *captureScene) capture(ctx context.Context, path string, args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	args = append([]string{"capture", s.pid}, args...)
	if path != "" {
		args = append(args, "-o", path)
	}
	var out, msg bytes.Buffer
	code = run(ctx, args, nil, &out, &msg)
	return code, out.String(), msg.String()
}

// want runs the command and holds it to its exit code, and what it says to a text.
func (s *captureScene) want(code int, said, path string, args ...string) string {
	s.t.Helper()
	got, stdout, stderr := s.capture(context.Background(), path, args...)
	if got != code || !strings.Contains(stderr, said) || code == exitFailed && stdout != "" {
		s.t.Errorf("%s %v: exit code %d, %q, %q", path, args, got, stdout, stderr)
	}
	return stdout
}

// histogram is the class histogram of a dump that is whole.
func (s *captureScene) histogram(path string) string {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"histogram", path, "--top", "0"}, nil, &stdout, &stderr); code != exitDone || stderr.Len() > 0 {
		s.t.Errorf("%s: exit code %d, %s", path, code, stderr.String())
	}
	return stdout.String()
}

// files holds the folder to what is to be there.
func (s *captureScene) files(what string, want ...string) {
	s.t.Helper()
	var got []string
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Errorf("%s: files %v, want %v", what, got, want)
	}
	for _, name := range got {
		_ = os.Remove(filepath.Join(s.dir, name))
	}
}

func fillOf(t *testing.T, classes string, feature int, options ...string) *captureScene {
	t.Helper()
	args := append(append([]string{}, livetest.Small...), options...)
	c := livetest.Start(t, filepath.Join(livetest.JDK(t, feature), "bin/java"), append(args, "-cp", classes, "Fill", "8")...)
	s := &captureScene{t, strconv.Itoa(c.Process.Pid), t.TempDir()}
	t.Chdir(s.dir)
	return s
}

const livetestFolder = "../../hprof/live/livetest"

// TestCapture: every form of the command on JVMs of two releases, to their end in the middle of a dump.
func TestCapture(t *testing.T) {
	classes := livetest.Programs(t, livetest.JDK(t, 17), livetestFolder)
	for _, feature := range []int{17, 25} {
		t.Run(strconv.Itoa(feature), func(t *testing.T) {
			s := fillOf(t, classes, feature)
			s.forms()
			s.tight()
			s.interrupted()
			s.stopped()
			s.killed()
		})
	}
	t.Run("25 in parts", func(t *testing.T) {
		s := fillOf(t, classes, 25, "-XX:ActiveProcessorCount=8", "-XX:-UseSerialGC", "-XX:+UseParallelGC")
		s.want(exitDone, "MiB in ", "whole.hprof")
		s.histogram("whole.hprof")
		s.files("in parts", "whole.hprof")
		s.killed()
	})
	t.Run("refused", func(t *testing.T) { refused(t, classes) })
}

// forms: what a dump holds, how it is named and packed; nothing is overwritten.
func (s *captureScene) forms() {
	s.t.Helper()
	s.want(exitDone, "MiB in ", "all.hprof", "--all") // first: --live collects
	if got := s.want(exitDone, "MiB in ", "", "--live"); got != "java_pid"+s.pid+".hprof\n" {
		s.t.Errorf("named %q", got)
	}
	s.want(exitDone, "MiB in ", "packed.hprof", "--gz", "1")
	s.want(exitDone, "MiB in ", "ending.hprof.gz")
	for name, dropped := range map[string]bool{"all.hprof": true, "java_pid" + s.pid + ".hprof": false, "packed.hprof": false, "ending.hprof.gz": false} {
		if strings.Contains(s.histogram(name), "Fill$Dropped\n") != dropped {
			s.t.Errorf("%s: what nothing holds is there: %v", name, !dropped)
		}
		head := make([]byte, 2)
		f, err := os.Open(name)
		if err == nil {
			_, err = f.Read(head)
			_ = f.Close()
		}
		if packed := name == "packed.hprof" || name == "ending.hprof.gz"; err != nil || (string(head) == "\x1f\x8b") != packed {
			s.t.Errorf("%s begins with %q: %v", name, head, err)
		}
	}
	before, _ := os.Stat("all.hprof")
	s.want(exitFailed, "all.hprof is there already\nhint: name another file with -o", "all.hprof")
	if after, err := os.Stat("all.hprof"); err != nil || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		s.t.Errorf("the dump that was there: %v", err)
	}
	report := s.want(exitDone, "heapcause: report.hprof\n", "report.hprof", "--analyze", "-q")
	if !strings.HasPrefix(report, "report.hprof\n") || !strings.Contains(report, "Fill.HELD") {
		s.t.Errorf("the report:\n%s", report)
	}
	s.files("forms", "all.hprof", "ending.hprof.gz", "java_pid"+s.pid+".hprof", "packed.hprof", "report.hprof")
}

// tight: a disk that is too small is told of before, and by the JVM's own words when that is not wanted.
func (s *captureScene) tight() {
	s.t.Helper()
	disk := s.t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=4m"); err != nil {
		s.t.Logf("no file system can be mounted here: %v", err)
		return
	}
	defer func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			s.t.Error(err)
		}
	}()
	s.want(exitFailed, "4.0 MiB free\nhint: name a file elsewhere with -o", filepath.Join(disk, "a.hprof"))
	code, _, stderr := s.capture(context.Background(), filepath.Join(disk, "a.hprof"), "--ignore-space")
	if code != exitFailed || !strings.Contains(stderr, "wrote no dump; it says: ") || !strings.Contains(stderr, "No space left on device") || !strings.Contains(stderr, "\nhint: the incomplete file was removed") {
		s.t.Errorf("the disk is full: exit code %d, %q", code, stderr)
	}
	if left, _ := os.ReadDir(disk); len(left) > 0 {
		s.t.Errorf("left on the full disk: %v", left)
	}
}

// whole waits until the JVM, which takes commands one after the other, has done, and reads the dump that it was left with.
func (s *captureScene) whole(path string) {
	s.t.Helper()
	j, err := findJVM(s.pid)
	if err == nil {
		_, err = j.Ask(context.Background(), patientFor, "jcmd", "VM.version")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.histogram(path)
}

// interrupted: Ctrl-C ends the waiting; what the JVM does then is as it was said.
func (s *captureScene) interrupted() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	livetest.OnWrite(s.t, s.dir, "int.hprof", cancel)
	code, stdout, stderr := s.capture(ctx, "int.hprof", "--gz", "9") // slow
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "interrupted; it was told to write "+s.dir+"/int.hprof.partial and cannot be told to stop") ||
		!strings.Contains(stderr, "hint: when it has done, the file is a whole dump: rename or remove it\n") {
		s.t.Errorf("interrupted: exit code %d, %q, %q", code, stdout, stderr)
	}
	s.whole("int.hprof.partial")
	s.files("interrupted", "int.hprof.partial")
	if code, _, stderr := s.capture(ctx, "int.hprof"); code != exitFailed || stderr != "heapcause: interrupted; nothing was written\n" {
		s.t.Errorf("interrupted before: exit code %d, %q", code, stderr)
	}
	s.files("interrupted before")
}

// stopped: SIGSTOP in the middle of a dump stands for a JVM that hangs in it.
func (s *captureScene) stopped() {
	s.t.Helper()
	pid, _ := pidOf(s.pid)
	livetest.OnWrite(s.t, s.dir, "stop.hprof", func() { _ = syscall.Kill(pid, syscall.SIGSTOP) })
	s.want(exitFailed, "is stopped (SIGSTOP, or a debugger): nothing more written for ", "stop.hprof", "--gz", "9", "--timeout", "1s")
	s.want(exitFailed, "is stopped (SIGSTOP, or a debugger): nothing in it runs\nhint: kill -CONT "+s.pid, "other.hprof")
	_ = syscall.Kill(pid, syscall.SIGCONT)
	s.whole("stop.hprof.partial")
	s.files("stopped", "stop.hprof.partial")
}

// killed: what a JVM has written when it dies is kept, and marked as no whole dump.
func (s *captureScene) killed() {
	s.t.Helper()
	pid, _ := pidOf(s.pid)
	livetest.OnWrite(s.t, s.dir, "die.hprof", func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	code, stdout, stderr := s.capture(context.Background(), "die.hprof", "--gz", "9")
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "JVM "+s.pid+": ended while it wrote the dump: ") ||
		!strings.Contains(stderr, " of it are in "+s.dir+"/die.hprof.partial") || !strings.Contains(stderr, "hint: heapcause reads what is there of an incomplete dump\n") {
		s.t.Errorf("killed: exit code %d, %q, %q", code, stdout, stderr)
	}
	size := int64(0)
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "die.hprof"+live.PartialSuffix) {
			s.t.Errorf("killed: %s is there", e.Name())
		}
		if st, err := e.Info(); err == nil {
			size += st.Size()
		}
	}
	if size == 0 {
		s.t.Error("killed: the half dump is gone")
	}
	s.want(exitFailed, "process "+s.pid+" has ended", "again.hprof")
}

// refused: JVMs that take no commands, and one that hangs in a safepoint, are told of in words, whatever is asked of them.
func refused(t *testing.T, classes string) {
	s := fillOf(t, classes, 17, "-XX:+DisableAttachMechanism")
	s.want(exitFailed, "was started with -XX:+DisableAttachMechanism and takes no commands\nhint: jhsdb", "a.hprof")
	for args, want := range map[string]string{
		"watch " + s.pid: "2 heapcause: JVM " + s.pid + ": was started with -XX:+DisableAttachMechanism",
		"watch " + s.pid + " --no-attach --every 100ms --for 1ms": "0 ",
	} {
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), strings.Fields(args), nil, &stdout, &stderr); !strings.HasPrefix(fmt.Sprint(code, " ", stderr.String()), want) {
			t.Errorf("%s: exit code %d, %s", args, code, stderr.String())
		}
	}
	s.files("refused")
	t.Run("hangs", func(t *testing.T) {
		for _, feature := range []int{17, 25} {
			hangs(t, filepath.Join(livetest.JDK(t, feature), "bin/java"), classes)
		}
	})
	t.Run("someone else's", func(t *testing.T) { s.foreign(t) })
}

// hangs: a thread that comes to no safepoint makes all who ask wait.
func hangs(t *testing.T, java, classes string) {
	t.Helper()
	c := livetest.Start(t, java, "-Xmx64m", "-XX:+UseSerialGC", "-XX:-UseCountedLoopSafepoints", "-XX:LoopStripMiningIter=0", "-cp", classes, "Hang")
	s := &captureScene{t, strconv.Itoa(c.Process.Pid), t.TempDir()}
	said := ""
	for i := 0; i < 50 && said == ""; i++ { // it is not compiled yet, or just between two loops
		code, _, stderr := s.capture(context.Background(), filepath.Join(s.dir, strconv.Itoa(i)), "--timeout", "20ms")
		if code == exitFailed {
			said = stderr
		}
	}
	if !strings.Contains(said, "JVM "+s.pid+": ") || !strings.Contains(said, "hangs, or stands in a long collection or another safepoint") || !strings.Contains(said, "\nhint: ") {
		t.Errorf("capture of a JVM that hangs: %s", said)
	}
	w := startWatch(t, c.Process.Pid, "--timeout", "20ms", "--every", "100ms")
	last := w.until(t, "it is silent", func(s *sampleJSON) bool { return s.Silent != "" || s.Problem != "" })
	if last.Stopped || last.Counters == nil || last.Figures["threads"] == 0 {
		t.Errorf("watching a JVM that hangs: %+v", last)
	}
	if code := w.end(); code != exitFailed || !strings.Contains(w.stderr.String(), "it hangs, or stands in a long collection or another safepoint\nhint: ") {
		t.Errorf("watching a JVM that hangs: exit code %d, %s", code, w.stderr)
	}
}

// foreign: a user who may not ask a JVM is told who may.
func (s *captureScene) foreign(t *testing.T) {
	if _, err := exec.LookPath("setpriv"); err != nil || os.Geteuid() != 0 {
		t.Skip("needs root and setpriv")
	}
	dir, err := os.MkdirTemp("", "heapcause-test-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	exe, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	program := filepath.Join(dir, "heapcause")
	if err == nil {
		err = os.WriteFile(program, exe, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	const who = "heapcause: JVM %s: belongs to user root: a JVM takes commands from its own user and root only\nhint: sudo -u root heapcause …, or as root\n"
	for args, want := range map[string]string{
		"capture " + s.pid + " -o /tmp/heapcause-foreign.hprof": fmt.Sprintf(who, s.pid),
		"watch " + s.pid:                  fmt.Sprintf(who, s.pid),
		"watch " + s.pid + " --no-attach": "cannot be watched without asking it: its performance data is readable by its own user and root only",
	} {
		c := exec.Command("setpriv", append([]string{"--reuid", "65534", "--regid", "65534", "--clear-groups", program}, strings.Fields(args)...)...)
		c.Dir = dir
		var stdout, stderr bytes.Buffer
		c.Stdout, c.Stderr = &stdout, &stderr
		_ = c.Run()
		if c.ProcessState.ExitCode() != exitFailed || stdout.Len() > 0 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: %v, %q, %q", args, c.ProcessState, stdout.String(), stderr.String())
		}
	}
	c := exec.Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, "ps")
	c.Dir = dir
	if out, err := c.Output(); err != nil || !strings.Contains(string(out), "\n"+s.pid+": its performance data is readable by its own user and root only") {
		t.Errorf("ps: %v\n%s", err, out)
	}
}
