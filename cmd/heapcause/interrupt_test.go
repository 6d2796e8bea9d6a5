//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"heapcause/hprof/hproftest"
)

// victim is the program, to which something happens as a phase begins: what HEAPCAUSE_AT and HEAPCAUSE_DO say.
func victim() {
	if n, err := strconv.ParseUint(os.Getenv("HEAPCAUSE_FILE_SIZE"), 10, 64); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			panic(err)
		}
	}
	ctx := interruptible()
	at, do, dump := os.Getenv("HEAPCAUSE_AT"), os.Getenv("HEAPCAUSE_DO"), os.Getenv("HEAPCAUSE_DUMP")
	var mu sync.Mutex
	var seen []string
	phaseHook = func(phase string) {
		mu.Lock()
		defer mu.Unlock()
		if slices.Contains(seen, phase) {
			return
		}
		seen = append(seen, phase)
		if phase != at {
			return
		}
		var err error
		switch do {
		case "interrupt":
			err = syscall.Kill(os.Getpid(), syscall.SIGINT)
			<-ctx.Done()
		case "terminate":
			err = syscall.Kill(os.Getpid(), syscall.SIGTERM)
			<-ctx.Done()
		default:
			err = spoil(dump, do)
		}
		if err != nil {
			panic(err)
		}
	}
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if path := os.Getenv("HEAPCAUSE_PHASES"); path != "" {
		if err := os.WriteFile(path, []byte(strings.Join(seen, "\n")), 0o600); err != nil {
			panic(err)
		}
	}
	os.Exit(code)
}

// spoil changes a dump that is being read.
func spoil(path, how string) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	switch how {
	case "cut":
		return os.Truncate(path, st.Size()/3)
	case "emptied":
		return os.Truncate(path, 0)
	case "extended":
		return os.Truncate(path, st.Size()+1000)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	content := make([]byte, st.Size())
	if how == "mixed" { // bytes that look like records in part
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		half := len(b) / 2 &^ 7
		copy(content, b[half+3:])
		copy(content[half:], b[:half])
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// scene is a folder with a dump, a folder for temporary files, and the program.
type scene struct {
	t               *testing.T
	dir, dump, temp string
	program         string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	dir := t.TempDir()
	s := &scene{t: t, dir: dir, dump: filepath.Join(dir, "many.hprof"), temp: filepath.Join(dir, "temp"), program: filepath.Join(dir, "heapcause-victim")}
	exe, err := os.Executable()
	if err == nil {
		err = os.Symlink(exe, s.program)
	}
	if err == nil {
		err = os.Mkdir(s.temp, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.restore()
	return s
}

var many = sync.OnceValue(func() []byte { return manyDump(10_000) })

// restore writes the dump anew.
func (s *scene) restore() {
	s.t.Helper()
	if err := os.WriteFile(s.dump, many(), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// play runs a command on the dump. Columns go to disk as with large dumps: that is what less than 512 MiB of memory do.
func (s *scene) play(command []string, env ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	args := append([]string{command[0], "--temp-dir", s.temp, "--max-memory", "400MiB", s.dump}, command[1:]...)
	c := exec.Command(s.program, args...)
	c.Env = append(os.Environ(), "TMPDIR="+s.temp, "HEAPCAUSE_DUMP="+s.dump)
	c.Env = append(c.Env, env...)
	var out, msg bytes.Buffer
	c.Stdout, c.Stderr = &out, &msg
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), msg.String()
}

// clean holds that nothing is left behind: the dump, the program and the empty folder are all there is.
func (s *scene) clean(what string) {
	s.t.Helper()
	here, _ := os.ReadDir(s.dir)
	temp, _ := os.ReadDir(s.temp)
	if len(here) != 3 || len(temp) != 0 {
		s.t.Errorf("%s: files left: %v and %v", what, here, temp)
	}
}

// oneLine holds that a message is one line of ours, and perhaps a hint.
func (s *scene) oneLine(what, stderr string) {
	s.t.Helper()
	lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
	if len(lines) > 2 || !strings.HasPrefix(lines[0], "heapcause: ") || len(lines) == 2 && !strings.HasPrefix(lines[1], "hint: ") {
		s.t.Errorf("%s: %q on standard error", what, stderr)
	}
}

// phases returns the phases of a command.
func (s *scene) phases(command []string) []string {
	s.t.Helper()
	list := filepath.Join(s.t.TempDir(), "phases")
	if code, _, stderr := s.play(command, "HEAPCAUSE_PHASES="+list); code != exitDone {
		s.t.Fatalf("%v: exit code %d, %s", command, code, stderr)
	}
	b, err := os.ReadFile(list)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Split(string(b), "\n")
}

// stressed are the commands that read dumps, with fewest words.
func (s *scene) stressed() [][]string {
	out := filepath.Join(s.dir, "out")
	return [][]string{
		{"analyze", "-o", out},
		{"histogram", "-o", out},
		{"dominators", "--all", "-f", "tsv", "-o", out},
	}
}

// TestSignalInEachPhase: a signal ends the work in every phase with a word, and nothing is left behind.
func TestSignalInEachPhase(t *testing.T) {
	s := newScene(t)
	for _, command := range s.stressed() {
		phases := s.phases(command)
		if command[0] != "histogram" && len(phases) < 7 {
			t.Errorf("%s: phases %v", command[0], phases)
		}
		_ = os.Remove(filepath.Join(s.dir, "out"))
		for i, phase := range phases {
			if hproftest.Race && i%3 > 0 {
				continue
			}
			signal := []string{"interrupt", "terminate"}[i%2]
			what := command[0] + " in " + phase
			code, stdout, stderr := s.play(command, "HEAPCAUSE_AT="+phase, "HEAPCAUSE_DO="+signal)
			if code != exitFailed || stdout != "" || stderr != "heapcause: interrupted; nothing was written\n" {
				t.Errorf("%s: exit code %d, %q, %q", what, code, stdout, stderr)
			}
			s.clean(what)
		}
	}
}

// TestDumpSpoiledInEachPhase: a dump that is cut, overwritten or still being written while it is read is an error, and never a
// report of something else.
func TestDumpSpoiledInEachPhase(t *testing.T) {
	s := newScene(t)
	ways := []string{"cut", "emptied", "extended", "zeroed", "mixed"}
	n := 0
	for _, command := range s.stressed() {
		phases := s.phases(command)
		_ = os.Remove(filepath.Join(s.dir, "out"))
		for _, phase := range phases {
			for range len(ways) {
				how := ways[n%len(ways)]
				n++
				if testing.Short() && n%3 > 0 || hproftest.Race && n%9 > 0 {
					continue
				}
				what := command[0] + ", " + how + " in " + phase
				code, stdout, stderr := s.play(command, "HEAPCAUSE_AT="+phase, "HEAPCAUSE_DO="+how)
				if code != exitFailed || stdout != "" || !strings.Contains(stderr, "the dump changed while it was read") {
					t.Errorf("%s: exit code %d, %q, %q", what, code, stdout, stderr)
				}
				s.oneLine(what, stderr)
				s.restore()
				s.clean(what)
			}
		}
	}
}

// TestFileSizeLimit: where temporary files may not grow, wherever that shows, the work ends with a word.
func TestFileSizeLimit(t *testing.T) {
	if hproftest.Race {
		t.Skip("of one command at a time")
	}
	s := newScene(t)
	for _, command := range s.stressed() {
		if command[0] == "histogram" {
			continue // writes none
		}
		failed := 0
		for limit := 1 << 10; ; limit *= 2 {
			what := command[0] + " with files of " + strconv.Itoa(limit)
			code, stdout, stderr := s.play(command, "HEAPCAUSE_FILE_SIZE="+strconv.Itoa(limit))
			if code == exitDone {
				break
			}
			failed++
			if code != exitFailed || stdout != "" || !strings.Contains(stderr, "file too large") || !strings.Contains(stderr, "ulimit -f") {
				t.Fatalf("%s: exit code %d, %q, %q", what, code, stdout, stderr)
			}
			s.oneLine(what, stderr)
			s.clean(what)
		}
		if failed < 5 {
			t.Errorf("%s: only %d sizes were too little", command[0], failed)
		}
		_ = os.Remove(filepath.Join(s.dir, "out"))
	}
}

// TestUnwritableFolders: a folder for temporary files, or for the report, that does not take any is an error with a way out.
func TestUnwritableFolders(t *testing.T) {
	s := newScene(t)
	folder := filepath.Join(s.dir, "temp")
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // may write anywhere but here
		folder = "/sys/kernel"
		if f, err := os.CreateTemp(folder, "heapcause-*"); !errors.Is(err, os.ErrPermission) {
			_ = f.Close()
			t.Skip("this user may write anywhere")
		}
	}
	for _, command := range []string{"analyze", "dominators"} {
		code, stdout, stderr := s.play([]string{command, "--temp-dir", folder, "--index", "never"})
		if code != exitFailed || stdout != "" || !strings.Contains(stderr, "temporary file: ") || !strings.Contains(stderr, "--temp-dir") {
			t.Errorf("%s: exit code %d, %q, %q", command, code, stdout, stderr)
		}
		s.oneLine(command, stderr)
		code, stdout, stderr = s.play([]string{command, "-o", filepath.Join(folder, "out")})
		if code != exitFailed || stdout != "" || !strings.Contains(stderr, "permission denied") {
			t.Errorf("%s -o: exit code %d, %q, %q", command, code, stdout, stderr)
		}
		s.oneLine(command, stderr)
		s.clean(command)
	}
}
