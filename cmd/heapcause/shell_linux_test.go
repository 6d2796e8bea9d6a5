package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminalRun is a shell in a pseudo-terminal.
type terminalRun struct {
	t    *testing.T
	tty  *os.File
	cmd  *exec.Cmd
	seen chan []byte
	text []byte // not yet matched
}

// programIn makes the test binary the program, by its name in a folder.
func programIn(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(dir, "heapcause")
	exe, err := os.Executable()
	if err == nil {
		if err = os.Symlink(exe, program); os.IsExist(err) {
			err = nil
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// startShell starts the program in a terminal of 100 columns and 24 lines; without a pager it has none and waits for keys.
func startShell(t *testing.T, dir, pager string, args ...string) *terminalRun {
	t.Helper()
	c := exec.Command(programIn(t, dir), append([]string{"shell", "--index", "never"}, args...)...)
	c.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"), "NO_COLOR=1", "TERM=xterm")
	if pager != "" {
		c.Env = append(c.Env, "PAGER="+pager)
	} else { // and no less
		c.Env = slices.DeleteFunc(c.Env, func(v string) bool { return strings.HasPrefix(v, "PAGER=") || strings.HasPrefix(v, "PATH=") })
	}
	return startTerminal(t, c, 24, 100)
}

// startTerminal starts a command in a terminal.
func startTerminal(t *testing.T, c *exec.Cmd, rows, columns uint16) *terminalRun {
	t.Helper()
	tty, err := pty.StartWithSize(c, &pty.Winsize{Rows: rows, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	r := &terminalRun{t: t, tty: tty, cmd: c, seen: make(chan []byte)}
	go func() {
		defer close(r.seen)
		for {
			b := make([]byte, 4096)
			n, err := tty.Read(b)
			if n > 0 {
				r.seen <- b[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = tty.Close()
		_ = c.Process.Kill()
		for range r.seen {
		}
	})
	return r
}

func (r *terminalRun) send(keys string) {
	r.t.Helper()
	if _, err := io.WriteString(r.tty, keys); err != nil {
		r.t.Fatal(err)
	}
}

// until reads until the screen shows what is wanted, and returns all up to there.
func (r *terminalRun) until(pattern string) string {
	r.t.Helper()
	re := regexp.MustCompile(pattern)
	late := time.After(patientFor)
	for {
		if at := re.FindIndex(r.text); at != nil {
			out := string(r.text[:at[1]])
			r.text = bytes.Clone(r.text[at[1]:])
			return out
		}
		select {
		case b, ok := <-r.seen:
			if !ok {
				r.t.Fatalf("ended before %q: %q", pattern, r.text)
			}
			r.text = append(r.text, b...)
		case <-late:
			r.t.Fatalf("%q is not shown: %q", pattern, r.text)
		}
	}
}

// ask sends a line and returns what comes before the next prompt.
func (r *terminalRun) ask(line string) string {
	r.t.Helper()
	r.send(line + "\r")
	r.until(`\n`) // its echo
	return r.until(regexp.QuoteMeta(prompt))
}

func (r *terminalRun) end() int {
	r.t.Helper()
	r.send("\x04")
	for range r.seen {
	}
	_ = r.cmd.Wait()
	return r.cmd.ProcessState.ExitCode()
}

func shellDump(t *testing.T, name string) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "app.hprof")
	if err := os.WriteFile(path, dumps[name](), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, path
}

// TestShell: a session at a terminal: answers, numbers, completion and history.
func TestShell(t *testing.T) {
	dir, path := shellDump(t, "cache")
	r := startShell(t, dir, "cat", path)
	r.until(prompt)
	for _, c := range []struct{ line, want string }{
		{"select COUNT(*) from com.acme.Entry", ` 100\r\n`},
		{"show com.acme.Entry#1", `\$1`},
		{"show $1", `com\.acme\.Entry @ 0x`},
		{"show $999", `hint: numbers stand before`},
		{"no-such-thing", `unknown command "no-such-thing"`},
		{"capture 1", `capture is no command of the shell`},
		{"sho\t com.acme.En\t#2", `com\.acme\.Entry @ 0x`},
		{"show @static:com.acme.C\ten\t", `com\.acme\.Entry\[\] @ 0x`},
		{"SELECT e.va\t FROM com.acme.Ent\t e LIMIT 1", `1 of 1|byte\[\]`},
		{"inspect thr\t", `(?i)threads`},
		{"show --show-v\tcom.acme.Entry#1", `com\.acme\.Entry @ 0x`},
		{"\x1b[A\x1b[A\x1b[A", `byte\[\]`}, // the query again
	} {
		if got := r.ask(c.line); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%q: %q", c.line, got)
		}
	}
	r.send("show com.acme.\t\t")
	if got := r.until(`com\.acme\.Entry(\[\])?\s`); !strings.Contains(got, "com.acme.Cache") {
		t.Errorf("completions: %q", got)
	}
	r.send("\x03") // clears the line
	r.until(`\n` + regexp.QuoteMeta(prompt))
	if code := r.end(); code != exitDone {
		t.Errorf("exit code %d", code)
	}
	file := filepath.Join(dir, "state", "heapcause", "history")
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("history: %v, %v", st, err)
	}
	r = startShell(t, dir, "cat", path)
	r.until(prompt)
	if got := r.ask("\x1b[A"); !strings.Contains(got, "com.acme.Entry") && !strings.Contains(got, "byte[]") {
		t.Errorf("the last line of the session before gave %q", got)
	}
	r.end()
}

// TestShellInterrupted: Ctrl-C ends the command and not the shell, and what is typed is kept nowhere with --no-history.
func TestShellInterrupted(t *testing.T) {
	dir, path := shellDump(t, "many")
	r := startShell(t, dir, "cat", path, "--no-history")
	r.until(prompt)
	r.send("query -f csv SELECT x, x.a, x.b FROM com.acme.Node x JOIN inbounds(x) AS y\r")
	r.until(`com\.acme\.Node @ 0x`) // it runs, and waits for who reads
	r.send("\x03")
	if got := r.until(regexp.QuoteMeta(prompt)); !strings.Contains(got, "interrupted") {
		t.Errorf("%.200q … %q", got, got[max(0, len(got)-200):])
	}
	if got := r.ask("SELECT COUNT(*) FROM com.acme.Node"); !strings.Contains(got, "250") {
		t.Errorf("after it: %q", got)
	}
	if code := r.end(); code != exitDone {
		t.Errorf("exit code %d", code)
	}
	if _, err := os.Stat(filepath.Join(dir, "state")); err == nil {
		t.Error("a history was kept")
	}
}

// TestShellPaging: what is longer than the screen goes through $PAGER, else it waits for a key.
func TestShellPaging(t *testing.T) {
	dir, path := shellDump(t, "cache")
	const long = "SELECT e FROM com.acme.Entry e"
	r := startShell(t, dir, "sed s/^/paged:/", path)
	r.until(prompt)
	if got := r.ask(long); !strings.Contains(got, "paged:     $1") {
		t.Errorf("$PAGER: %q", got)
	}
	if got := r.ask("show com.acme.Entry#1 --table fields -f csv"); strings.Contains(got, "paged:") {
		t.Errorf("$PAGER: %q", got)
	}
	r.end()

	r = startShell(t, dir, "", path)
	r.until(prompt)
	r.send(long + "\r")
	r.until(`-- more: .* --`)
	r.send(" ")
	r.until(`-- more: .* --`)
	r.send("q")
	r.until(regexp.QuoteMeta(prompt))
	if got := r.ask("SELECT COUNT(*) FROM com.acme.Entry"); !strings.Contains(got, "100") {
		t.Errorf("after it: %q", got)
	}
	r.end()
}

// TestShellHostile: names of a dump do not steer the terminal, neither in answers nor in completions and errors.
func TestShellHostile(t *testing.T) {
	dir, path := shellDump(t, "names")
	r := startShell(t, dir, "cat", path)
	r.until(prompt)
	got := r.ask("histogram") + r.ask("SELECT x FROM INSTANCEOF java.lang.Object x") + r.ask("show com.acme.No")
	r.send("show \t\t")
	got += r.until(`\n` + regexp.QuoteMeta(prompt+"show "))
	r.send("\x03")
	r.end()
	if steers := regexp.MustCompile(`\x1b\][^\x07]*|\x1b\[[0-9;]*[mJH]|\x07`).FindString(got); steers != "" {
		t.Errorf("%q in %q", steers, got)
	}
}
