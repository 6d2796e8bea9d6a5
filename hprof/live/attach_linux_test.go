package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patient is a timeout that no test reaches, brief one that is reached.
const (
	patient = 30 * time.Second
	brief   = 50 * time.Millisecond
)

// fakeJVM is this process as a JVM: it has a folder for sockets of its own, and takes requests of version 1 and, if told so, 2.
func fakeJVM(t *testing.T) *JVM {
	t.Helper()
	j := &JVM{PID: os.Getpid(), NSPID: os.Getpid(), UID: uint32(os.Geteuid()), GID: uint32(os.Getegid()), attach: true, Version: "17.0.15", tmp: t.TempDir()}
	if err := j.readStatus(); err != nil {
		t.Fatal(err)
	}
	return j
}

// serve answers requests on the JVM's socket until the test ends. answer gets the version, the command and its arguments.
func serve(t *testing.T, j *JVM, answer func(c net.Conn, version int, words []string)) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(j.tmp, j.socketName()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				version, words, err := readRequest(c)
				if err != nil {
					return
				}
				answer(c, version, words)
			}()
		}
	}()
}

// readRequest reads a request as HotSpot does.
func readRequest(c net.Conn) (version int, words []string, err error) {
	r := bufio.NewReader(c)
	next := func() string {
		s, e := r.ReadString(0)
		if e != nil {
			err = e
		}
		return strings.TrimSuffix(s, "\x00")
	}
	version, _ = strconv.Atoi(next())
	if version == 2 {
		n, _ := strconv.Atoi(next())
		rest := make([]byte, n)
		if _, err := io.ReadFull(r, rest); err != nil {
			return 0, nil, err
		}
		return 2, strings.Split(strings.TrimSuffix(string(rest), "\x00"), "\x00"), nil
	}
	for range 1 + maxArgs {
		words = append(words, next())
	}
	return version, words, err
}

// TestWake: the JVM is made to listen by the trigger file and SIGQUIT, and the file is gone afterwards.
func TestWake(t *testing.T) {
	j := fakeJVM(t)
	quit := make(chan os.Signal, 1)
	signal.Notify(quit, syscall.SIGQUIT)
	defer signal.Stop(quit)
	trigger := filepath.Join(j.tmp, ".attach_pid"+strconv.Itoa(j.PID))
	seen := make(chan error, 1)
	go func() {
		<-quit
		var st unix.Stat_t
		err := unix.Stat(trigger, &st)
		if err == nil && st.Uid != j.UID {
			err = fmt.Errorf("the trigger belongs to user %d", st.Uid)
		}
		seen <- err
		serve(t, j, func(c net.Conn, _ int, words []string) { fmt.Fprintf(c, "0\n%s(%s)", words[0], words[1]) })
	}()
	got, err := j.Ask(context.Background(), patient, "jcmd", "VM.version")
	if err != nil || got != "jcmd(VM.version)" {
		t.Fatalf("%q, %v", got, err)
	}
	if err := <-seen; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(trigger); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the trigger file is left: %v", err)
	}
}

// TestDiesInWake: a process that ends at the signal that was to make it listen is not waited for.
func TestDiesInWake(t *testing.T) {
	if os.Getenv("HEAPCAUSE_ENDS_AT_QUIT") != "" {
		quit := make(chan os.Signal, 1)
		signal.Notify(quit, syscall.SIGQUIT)
		fmt.Println("READY")
		<-quit
		os.Exit(0)
	}
	c := exec.Command(os.Args[0], "-test.run=^TestDiesInWake$")
	c.Env = append(os.Environ(), "HEAPCAUSE_ENDS_AT_QUIT=1")
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = c.Process.Kill(), c.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "READY\n" {
		t.Fatal(line, err)
	}
	j := fakeJVM(t)
	j.PID, j.NSPID = c.Process.Pid, c.Process.Pid
	if err := j.readStatus(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	_, err = j.Ask(ctx, 10*patient, "jcmd", "help")
	if err == nil || !strings.Contains(err.Error(), "has ended meanwhile") {
		t.Errorf("ended: %v", err)
	}
	if left, _ := os.ReadDir(j.tmp); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestSilent: a JVM that does not begin to listen, and one that does not answer, are given up in time; no trigger file is left.
func TestSilent(t *testing.T) {
	j := fakeJVM(t)
	quit := make(chan os.Signal, 4)
	signal.Notify(quit, syscall.SIGQUIT)
	defer signal.Stop(quit)
	if _, err := j.Ask(context.Background(), brief, "jcmd", "help"); err == nil || !strings.Contains(err.Error(), "no answer within") {
		t.Errorf("does not listen: %v", err)
	}
	if left, _ := os.ReadDir(j.tmp); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	ended := make(chan struct{})
	defer close(ended)
	serve(t, j, func(net.Conn, int, []string) { <-ended })
	_, err := j.Ask(context.Background(), brief, "jcmd", "help")
	var e *AttachError
	if !errors.As(err, &e) || !strings.Contains(e.Error(), "no answer within 50ms: it hangs") || e.Hint == "" {
		t.Errorf("does not answer: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := j.Ask(ctx, patient, "jcmd", "help"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestAnswers: what JVMs answer besides doing what they are asked.
func TestAnswers(t *testing.T) {
	for _, c := range []struct{ reply, want, wantErr string }{
		{"0\nfine", "fine", ""},
		{"0\n", "", ""},
		{"1\nOperation frobnicate not recognized!", "", "the JVM says: Operation frobnicate not recognized!"},
		{"1\njava.lang.IllegalArgumentException: Unknown diagnostic command\n\tat a.b.C(D.java:1)\n", "", "says: java.lang.IllegalArgumentException: Unknown diagnostic command"},
		{"-1\n", "", "says: nothing but that it failed"},
		{"101\nv2 is unsupported or disabled", "", "does not speak this version"},
		{"", "", "closed the connection without an answer"},
		{"what\n", "", `begins with "what"`},
	} {
		j := fakeJVM(t)
		serve(t, j, func(conn net.Conn, _ int, _ []string) { _, _ = io.WriteString(conn, c.reply) })
		got, err := j.Ask(context.Background(), patient, "jcmd", "x")
		if got != c.want || (err == nil) != (c.wantErr == "") || err != nil && !strings.Contains(err.Error(), c.wantErr) {
			t.Errorf("%q: %q, %v", c.reply, got, err)
		}
	}
}

// TestVersions: an argument that is too long for version 1 goes by version 2 where the JVM speaks it.
func TestVersions(t *testing.T) {
	long := strings.Repeat("x", maxArgLen+1)
	for _, c := range []struct {
		getversion string
		wantErr    bool
	}{{"0\n2", false}, {"1\nOperation getversion not recognized!", true}} {
		j := fakeJVM(t)
		serve(t, j, func(conn net.Conn, version int, words []string) {
			if words[0] == "getversion" {
				_, _ = io.WriteString(conn, c.getversion)
				return
			}
			fmt.Fprintf(conn, "0\nversion %d, %d words, %d bytes", version, len(words), len(words[1]))
		})
		got, err := j.Ask(context.Background(), patient, "jcmd", long)
		if (err != nil) != c.wantErr || err == nil && got != "version 2, 2 words, 1025 bytes" {
			t.Errorf("getversion answers %q: %q, %v", c.getversion, got, err)
		}
		if got, err := j.Ask(context.Background(), patient, "jcmd", "short"); err != nil || got != "version 1, 4 words, 5 bytes" {
			t.Errorf("short: %q, %v", got, err)
		}
	}
	if _, err := fakeJVM(t).Ask(context.Background(), patient, "jcmd", "a\x00b"); err == nil {
		t.Error("a zero byte in an argument")
	}
}

// TestPlanted: what somebody else put where the JVM's socket would be is not talked to.
func TestPlanted(t *testing.T) {
	j := fakeJVM(t)
	if err := os.WriteFile(filepath.Join(j.tmp, j.socketName()), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Ask(context.Background(), patient, "jcmd", "x"); err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Errorf("a file: %v", err)
	}
	k := fakeJVM(t)
	serve(t, k, func(net.Conn, int, []string) {})
	k.PID = os.Getppid() // then we are another process that listens there
	if err := k.readStatus(); err != nil {
		t.Fatal(err)
	}
	k.NSPID, k.UID = os.Getpid(), uint32(os.Geteuid())
	if _, err := k.Ask(context.Background(), patient, "jcmd", "x"); err == nil || !strings.Contains(err.Error(), "listens on its socket") {
		t.Errorf("another process: %v", err)
	}
	if os.Geteuid() == 0 {
		m := fakeJVM(t)
		serve(t, m, func(net.Conn, int, []string) {})
		if err := os.Chown(filepath.Join(m.tmp, m.socketName()), 65534, 65534); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Ask(context.Background(), patient, "jcmd", "x"); err == nil || !strings.Contains(err.Error(), "belongs to user") {
			t.Errorf("another user's socket: %v", err)
		}
	}
}

// TestMayNot: what shows without asking is said without asking.
func TestMayNot(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(j *JVM)
	}{
		{"attaching switched off", "DisableAttachMechanism", func(j *JVM) { j.attach = false }},
		{"stopped", "is stopped", func(j *JVM) { j.State = 'T' }},
		{"ended", "no such process", func(j *JVM) { j.begun = "1" }},
	} {
		j := fakeJVM(t)
		c.change(j)
		_, err := j.Ask(context.Background(), patient, "jcmd", "x")
		var e *AttachError
		if !errors.As(err, &e) || !strings.Contains(e.Error(), c.want) || e.Hint == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
