package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"heapcause/hprof/live/livetest"
)

// emulator is as much of a terminal as watch needs: lines, what has scrolled off its top, and a few sequences.
type emulator struct {
	width, height int
	screen        []string // lines, the cursor's is at y
	above         []string
	y, x          int
	wraps         bool
	frames        int // tables that were written to their end
	unknown       []string
}

func newEmulator(width, height int) *emulator {
	return &emulator{width: width, height: height, screen: make([]string, height), wraps: true}
}

var sequence = regexp.MustCompile(`^\x1b\[(\??)([0-9]*)([A-Za-z])`)

func (e *emulator) write(s string) (rest string) {
	for s != "" {
		m := sequence.FindStringSubmatch(s)
		switch {
		case m != nil:
			e.control(m[1]+m[3], m[2])
			s = s[len(m[0]):]
			continue
		case s[0] == 0x1b && len(s) < 12: // not whole yet
			return s
		case s[0] == '\n':
			e.down()
		case s[0] == '\r':
			e.x = 0
		default:
			r := []rune(s[:min(len(s), 4)])[0]
			if r == 0xfffd && len(s) < 4 {
				return s
			}
			e.put(r)
			s = s[len(string(r)):]
			continue
		}
		s = s[1:]
	}
	return ""
}

func (e *emulator) control(kind, number string) {
	n, _ := strconv.Atoi(number)
	switch kind + number {
	case "?l7":
		e.wraps = false
	case "?h7":
		e.wraps = true
		e.frames++
	case "H":
		e.y, e.x = 0, 0
	case "J":
		e.screen[e.y] = string([]rune(e.screen[e.y])[:min(e.x, len([]rune(e.screen[e.y])))])
		clear(e.screen[e.y+1:])
	case "J2":
		clear(e.screen)
	default:
		if kind != "A" {
			e.unknown = append(e.unknown, kind+number)
		}
		e.y = max(e.y-max(n, 1), 0)
	}
}

func (e *emulator) down() {
	if e.y++; e.y == e.height {
		e.above = append(e.above, e.screen[0])
		e.screen = append(e.screen[1:], "")
		e.y--
	}
}

func (e *emulator) put(r rune) {
	if e.x == e.width {
		if !e.wraps {
			return
		}
		e.down()
		e.x = 0
	}
	line := []rune(e.screen[e.y])
	for len(line) <= e.x {
		line = append(line, ' ')
	}
	line[e.x] = r
	e.screen[e.y] = string(line)
	e.x++
}

// resize is how a terminal does it that moves its lines to the top.
func (e *emulator) resize(width, height int) {
	lines := e.screen
	e.width, e.height, e.screen = width, height, make([]string, height)
	cut := max(e.y+1-height, 0)
	e.above = append(e.above, lines[:cut]...)
	copy(e.screen, lines[cut:])
	e.y, e.x = min(e.y, height-1), 0
}

// watchTerminal is a watch in a terminal, and what it shows.
type watchTerminal struct {
	*terminalRun
	screen *emulator
	rest   string
}

func watchIn(t *testing.T, width, height int, args ...string) *watchTerminal {
	t.Helper()
	c := exec.Command(programIn(t, t.TempDir()), append([]string{"watch"}, args...)...)
	c.Env = append(os.Environ(), "TERM=xterm")
	return &watchTerminal{startTerminal(t, c, uint16(height), uint16(width)), newEmulator(width, height), ""}
}

// tables reads until so many more tables are there, and holds each to what a table is.
func (w *watchTerminal) tables(n int) {
	w.t.Helper()
	for until := w.screen.frames + n; w.screen.frames < until; {
		if !w.read() {
			w.t.Fatalf("ended after %d tables:\n%s", w.screen.frames, strings.Join(w.screen.screen, "\n"))
		}
		w.check()
	}
}

// read takes what comes next, up to the end of a table.
func (w *watchTerminal) read() bool {
	w.t.Helper()
	const end = "\x1b[?7h"
	for {
		if at := strings.Index(w.rest, end); at >= 0 {
			w.screen.write(w.rest[:at+len(end)])
			w.rest = w.rest[at+len(end):]
			return true
		}
		select {
		case b, ok := <-w.seen:
			if !ok {
				w.rest = w.screen.write(w.rest)
				return false
			}
			w.rest += string(b)
		case <-time.After(patientFor):
			w.t.Fatalf("nothing comes: %q", w.rest)
		}
	}
}

var watchRowLine = regexp.MustCompile(`^[0-9]{2}:[0-9]{2}:[0-9]{2} `)

// check holds the screen to one table, whose rows come one after the other below its header.
func (w *watchTerminal) check() {
	w.t.Helper()
	s := w.screen
	headers, rows, at := 0, 0, -1
	for i, line := range s.screen {
		switch {
		case strings.HasPrefix(line, "time "):
			headers++
			at = i
		case watchRowLine.MatchString(line):
			if rows++; at+rows != i {
				w.t.Errorf("a row that is not below its header: %q", line)
			}
		}
		if n := len([]rune(line)); n >= s.width && at >= 0 {
			w.t.Errorf("a line of %d columns on a terminal of %d: %q", n, s.width, line)
		}
	}
	for _, line := range s.above {
		if strings.HasPrefix(line, "time ") {
			headers++
		}
	}
	if headers != 1 || rows == 0 || rows > min(shownRows, s.height-1) || len(s.unknown) > 0 {
		w.t.Errorf("%d headers, %d rows, sequences %q:\n%s", headers, rows, s.unknown, strings.Join(append(s.above, s.screen...), "\n"))
	}
}

func (w *watchTerminal) resize(width, height int) {
	w.t.Helper()
	w.screen.resize(width, height)
	w.screen.above = nil // where the last table went; what is cleared is the screen
	if err := pty.Setsize(w.tty, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		w.t.Fatal(err)
	}
}

// end reads to the end of the command, and returns its exit code and all that the terminal shows then.
func (w *watchTerminal) end() (code int, text string) {
	w.t.Helper()
	for w.read() {
		continue // tables
	}
	_ = w.cmd.Wait()
	return w.cmd.ProcessState.ExitCode(), strings.TrimRight(strings.Join(append(w.screen.above, w.screen.screen...), "\n"), "\n ")
}

func (w *watchTerminal) shows() string { return strings.Join(w.screen.screen, "\n") }

// TestWatchTerminal: the table is written over in terminals of any size, keeps away from what is said beside it, and ends with all of it.
func TestWatchTerminal(t *testing.T) {
	home := livetest.JDK(t, 17)
	s := fillOf(t, livetest.Programs(t, home, livetestFolder), 17)
	always := []string{s.pid, "--every", "100ms", "--classes-every", "300ms"}
	t.Run("wide", func(t *testing.T) {
		w := watchIn(t, 120, 50, always...)
		w.tables(15)
		if got := w.shows(); !strings.Contains(got, "metaspace    GCs  GC time threads    queued        + registered") || !strings.Contains(got, "Growth of classes from ") {
			t.Errorf("wide:\n%s", got)
		}
		w.resize(70, 10)
		w.tables(3) // one of the size before may have been on its way
		w.screen.above = nil
		w.tables(3)
		if got := w.shows(); strings.Contains(got, "metaspace") || !strings.Contains(got, "queued") {
			t.Errorf("made smaller:\n%s", got)
		}
		w.resize(120, 50)
		w.tables(3)
		w.send("\x03")
		code, got := w.end()
		if code != exitDone || !regexp.MustCompile(`\n[0-9]+ samples in [0-9.]+ m?s: heap used .*; threads .*; queued 0\.$`).MatchString(got) {
			t.Errorf("ended: exit code %d\n%s", code, got)
		}
	})
	t.Run("narrow and low", func(t *testing.T) {
		w := watchIn(t, 40, 6, always...)
		w.tables(8)
		if got := w.shows(); !strings.Contains(got, "time     heap used threads    queued\n") || strings.Contains(got, "GC time") {
			t.Errorf("narrow:\n%s", got)
		}
		w.send("\x03")
		if code, got := w.end(); code != exitDone || !strings.Contains(got, "samples in ") {
			t.Errorf("ended: exit code %d\n%s", code, got)
		}
	})
	t.Run("a limit", func(t *testing.T) {
		budget := filepath.Join(t.TempDir(), "heapcause.yaml")
		if err := os.WriteFile(budget, []byte("figures: {threads: 1}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := watchIn(t, 100, 24, append(always, "-v", "--budget", budget)...)
		w.tables(12)
		said := regexp.MustCompile(`(?m)^heapcause: .*$`).FindAllString(strings.Join(append(w.screen.above, w.screen.screen...), "\n"), -1)
		if all := fmt.Sprint(said); !strings.Contains(all, "threads: ") || !strings.Contains(all, "GC.class_histogram ") || strings.Count(all, "the limit is 1") != 1 {
			t.Errorf("said: %q", said)
		}
		w.send("\x03")
		if code, got := w.end(); code != exitBroken || !strings.HasSuffix(got, "heapcause: gate broken: figures.threads") || strings.Count(got, "time     heap used") != 1 {
			t.Errorf("ended: exit code %d\n%s", code, got)
		}
	})
}
