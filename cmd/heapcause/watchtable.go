package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"heapcause/analyze/watch"
	"heapcause/report/text"
)

// watchColumns are the columns of the table of watch, with their widths.
var watchColumns = []struct {
	name  string
	width int
}{
	{"time", -8}, {"heap used", 10}, {"old", 10}, {"metaspace", 10}, {"GCs", 7}, {"GC time", 9}, {"threads", 8}, {"queued", 10}, {"+", 9}, {"registered", 11},
}

// watchTable shows samples as rows. On a terminal the last rows, the classes that wait and those that grow are written over each time; elsewhere a row
// is a line, and the classes come at the end.
type watchTable struct {
	w       io.Writer
	width   int // of the terminal, 0 where there is none
	top     int
	rows    []string
	written int // lines of the terminal to write over
	before  map[string]int64
	queued  *watch.Sample // the last that tells what waits
	grown   *watch.Sample // the last with a histogram
	grownAt time.Time
	first   time.Time // of the first histogram
}

// shownRows are the rows of samples on a terminal.
const shownRows = 12

func (t *watchTable) show(now time.Time, s *watch.Sample, figures map[string]int64) error {
	if s.QueuedKnown {
		t.queued = s
	}
	if s.Growth != nil {
		if t.grown == nil {
			t.first = now
		}
		t.grown, t.grownAt = s, now
	}
	row := t.row(now, s, figures)
	t.before = figures
	if t.width == 0 {
		if len(t.rows) == 0 {
			row = watchHeader() + "\n" + row
		}
		t.rows = append(t.rows[:0], row)
		_, err := fmt.Fprintln(t.w, row)
		return err
	}
	t.rows = append(t.rows, row)
	t.rows = t.rows[max(0, len(t.rows)-shownRows):]
	lines := append([]string{watchHeader()}, t.rows...)
	lines = append(lines, t.classes()...)
	var b strings.Builder
	if t.written > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\x1b[J", t.written)
	}
	for _, l := range lines {
		b.WriteString(cut(l, t.width-1) + "\n")
	}
	t.written = len(lines)
	_, err := io.WriteString(t.w, b.String())
	return err
}

// end prints the classes where they are not on the screen already.
func (t *watchTable) end() error {
	if t.width > 0 || len(t.rows) == 0 {
		return nil
	}
	for _, l := range t.classes() {
		if _, err := fmt.Fprintln(t.w, l); err != nil {
			return err
		}
	}
	return nil
}

func watchHeader() string {
	var b strings.Builder
	for _, c := range watchColumns {
		fmt.Fprintf(&b, "%*s", c.width, c.name)
	}
	return b.String()
}

func (t *watchTable) row(now time.Time, s *watch.Sample, f map[string]int64) string {
	size := func(name string) string {
		if n, ok := f[name]; ok && s.Counters != nil {
			return humanBytes(n)
		}
		return "?"
	}
	more := func(name string) int64 {
		if t.before == nil {
			return 0
		}
		return f[name] - t.before[name]
	}
	cells := []string{now.Format("15:04:05"), size("heap.used"), size("old.used"), size("metaspace.used"), "?", "?", strconv.FormatInt(f["threads.native"], 10), "?", "", "?"}
	if s.Counters != nil {
		cells[4], cells[5], cells[6] = strconv.FormatInt(f["gc.collections"], 10), "+"+seconds(time.Duration(more("gc.time"))*time.Millisecond), strconv.FormatInt(f["threads"], 10)
	}
	if s.QueuedKnown {
		cells[7] = humanize.Comma(s.QueuedTotal)
		if n := more("finalizer.queued"); n != 0 {
			cells[8] = fmt.Sprintf("%+d", n)
		}
	}
	if n, ok := f["finalizer.registered"]; ok {
		cells[9] = humanize.Comma(n)
	}
	var b strings.Builder
	for i, c := range watchColumns {
		fmt.Fprintf(&b, "%*s", c.width, cells[i])
	}
	if n := watchNote(s); n != "" {
		b.WriteString("  " + clean(n))
	}
	return b.String()
}

// watchNote is what is to be said of a sample, "" mostly.
func watchNote(s *watch.Sample) string {
	switch {
	case s.Problem != nil:
		return s.Problem.Error()
	case s.Silent != "":
		note := fmt.Sprintf("no answer to %s for %s", s.Silent, seconds(s.SilentFor))
		if s.Stopped {
			note += ": the process is stopped"
		}
		return note
	case s.Counters == nil:
		return s.Missing
	}
	return ""
}

// classes are the classes that wait for finalization, and those that grow.
func (t *watchTable) classes() []string {
	var out []string
	if t.queued != nil && t.queued.QueuedTotal > 0 {
		out = append(out, "", fmt.Sprintf("Waiting for the Finalizer thread: %s objects", humanize.Comma(t.queued.QueuedTotal)))
		for i, c := range t.queued.Queued {
			if i == t.top {
				out = append(out, fmt.Sprintf("  … and %d more classes", len(t.queued.Queued)-i))
				break
			}
			out = append(out, fmt.Sprintf("  %14s  %s", humanize.Comma(c.Instances), t.fit(c.Class, 18)))
		}
	}
	if t.grown == nil {
		return out
	}
	g := t.grown.Growth
	if g.Number == 1 {
		return append(out, "", fmt.Sprintf("Class histogram at %s: %s objects, %s; the next shows what grows", t.first.Format("15:04:05"), humanize.Comma(g.Instances), humanBytes(g.Bytes)))
	}
	out = append(out, "", fmt.Sprintf("Growth of classes from %s to %s, in %d histograms: now %s objects, %s",
		t.first.Format("15:04:05"), t.grownAt.Format("15:04:05"), g.Number, humanize.Comma(g.Instances), humanBytes(g.Bytes)))
	if len(g.Classes) == 0 {
		return append(out, "  none grew")
	}
	out = append(out, fmt.Sprintf("  %12s %14s %14s %8s  class", "+ bytes", "+ objects", "objects", "rose"))
	for i, c := range g.Classes {
		if i == t.top {
			out = append(out, fmt.Sprintf("  … and %d more classes", len(g.Classes)-i))
			break
		}
		out = append(out, fmt.Sprintf("  %12s %14s %14s %8s  %s", humanBytes(c.MoreMem), humanize.Comma(c.MoreObjects), humanize.Comma(c.Instances),
			fmt.Sprintf("%d of %d", c.Rises, g.Number-1), t.fit(c.Class, 56)))
	}
	return out
}

func (t *watchTable) fit(name string, used int) string {
	width := t.width - 1
	if t.width == 0 {
		width = textWidth
	}
	return text.Middle(clean(name), max(width-used, 30))
}

// cut cuts a line to n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n-1, 0)]) + "…"
}
