package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"heapcause/analyze/watch"
	"heapcause/report/text"
)

// watchColumns are the columns of the table of watch, with their widths. A terminal that is too narrow for all goes without those of the
// lowest rank.
var watchColumns = []struct {
	name        string
	width, rank int
}{
	{"time", -8, 10},
	{"heap used", 10, 9},
	{"old", 10, 3},
	{"metaspace", 10, 1},
	{"GCs", 7, 6},
	{"GC time", 9, 4},
	{"threads", 8, 7},
	{"queued", 10, 8},
	{"+", 9, 5},
	{"registered", 11, 2},
}

// watchTable shows samples as rows. On a terminal the last rows, the classes that wait and those that grow are written over each time; elsewhere a row
// is a line, and the classes come at the end.
type watchTable struct {
	w       io.Writer
	size    func() (width, height int) // of the terminal, nil where there is none
	top     int
	rows    []watchRow // the last shownRows
	written int        // lines of the terminal to write over
	width   int        // of the terminal when they were written
	height  int
	sum     watchSummary
	before  map[string]int64
	queued  *watch.Sample // the last that tells what waits
	grown   *watch.Sample // the last with a histogram
	grownAt time.Time
	first   time.Time // of the first histogram
}

type watchRow struct {
	cells []string // by watchColumns
	note  string
}

// shownRows are the rows of samples on a terminal, fewestRows those that a low one shows at least.
const (
	shownRows  = 12
	fewestRows = 3
)

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
	header := len(t.rows) == 0
	t.rows = append(t.rows, t.row(now, s, figures))
	t.rows = t.rows[max(0, len(t.rows)-shownRows):]
	t.sum.add(now, s, figures)
	t.before = figures
	if t.size != nil {
		return t.redraw()
	}
	all := columnsFor(0)
	var b strings.Builder
	if header {
		b.WriteString(watchHeader(all) + "\n")
	}
	b.WriteString(t.rows[len(t.rows)-1].line(all) + "\n")
	_, err := io.WriteString(t.w, b.String())
	return err
}

// redraw writes the table over the one before, as much of it as fits. A terminal whose size has changed has moved its lines in its own way,
// so that all of it is cleared.
func (t *watchTable) redraw() error {
	if t.size == nil || len(t.rows) == 0 {
		return nil
	}
	erase := t.erase()
	width, height := t.size()
	if t.width > 0 && (width != t.width || height != t.height) {
		erase = "\x1b[H\x1b[2J"
	}
	t.width, t.height = width, height
	return t.draw(erase, t.lines(height-1))
}

// draw writes lines without wrapping any.
func (t *watchTable) draw(erase string, lines []string) error {
	var b strings.Builder
	b.WriteString(erase + "\x1b[?7l")
	for _, l := range lines {
		b.WriteString(cut(l, t.width-1) + "\n")
	}
	b.WriteString("\x1b[?7h")
	t.written = len(lines)
	_, err := io.WriteString(t.w, b.String())
	return err
}

// erase is what clears the lines that were written.
func (t *watchTable) erase() string {
	if t.written == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", t.written)
}

// pause takes the table off the terminal, so that something else can be printed.
func (t *watchTable) pause() {
	if t.written > 0 {
		_, _ = io.WriteString(t.w, t.erase())
		t.written = 0
	}
}

// lines are the table in so many lines at most.
func (t *watchTable) lines(most int) []string {
	columns, classes := columnsFor(t.width), t.classes()
	rows := t.rows[max(0, len(t.rows)-max(most-1-len(classes), fewestRows)):]
	out := []string{watchHeader(columns)}
	for i := range rows {
		out = append(out, rows[i].line(columns))
	}
	out = append(out, classes...)
	switch most = max(most, 1); {
	case len(out) <= most:
		return out
	case most <= len(rows): // the last rows, and nothing else
		return out[len(rows)+1-most : len(rows)+1]
	}
	return append(slices.Clone(out[:most-1]), "…")
}

// end prints what is not on the screen already: all classes, and the summary.
func (t *watchTable) end() error {
	if len(t.rows) == 0 {
		return nil
	}
	tail := append([]string{""}, t.sum.lines(t.width)...)
	if t.size != nil {
		erase := t.erase()
		t.written = 0
		return t.draw(erase, append(t.lines(1<<20), tail...))
	}
	for _, l := range append(t.classes(), tail...) {
		if _, err := fmt.Fprintln(t.w, l); err != nil {
			return err
		}
	}
	return nil
}

// columnsFor chooses the columns that fit a terminal; 0 is none.
func columnsFor(width int) []int {
	used := 0
	columns := make([]int, len(watchColumns))
	for i, c := range watchColumns {
		columns[i] = i
		used += max(c.width, -c.width)
	}
	for width > 0 && used >= width && len(columns) > 2 {
		least := 0
		for i, c := range columns {
			if watchColumns[c].rank < watchColumns[columns[least]].rank {
				least = i
			}
		}
		used -= watchColumns[columns[least]].width
		columns = slices.Delete(columns, least, least+1)
	}
	return columns
}

func watchHeader(columns []int) string {
	var b strings.Builder
	for _, i := range columns {
		fmt.Fprintf(&b, "%*s", watchColumns[i].width, watchColumns[i].name)
	}
	return b.String()
}

func (r *watchRow) line(columns []int) string {
	var b strings.Builder
	for _, i := range columns {
		fmt.Fprintf(&b, "%*s", watchColumns[i].width, r.cells[i])
	}
	if r.note != "" {
		b.WriteString("  " + r.note)
	}
	return b.String()
}

func (t *watchTable) row(now time.Time, s *watch.Sample, f map[string]int64) watchRow {
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
	return watchRow{cells, clean(watchNote(s))}
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
	return append(out, t.growth(g)...)
}

// narrow is the width below which the table of growth leaves out what is less needed.
const narrow = 90

func (t *watchTable) growth(g *watch.Growth) []string {
	brief := t.width > 0 && t.width < narrow
	line := func(bytes, objects, now, rose, class string) string {
		if brief {
			return fmt.Sprintf("  %10s %12s  %s", bytes, objects, t.fit(class, 27))
		}
		return fmt.Sprintf("  %12s %14s %14s %8s  %s", bytes, objects, now, rose, t.fit(class, 56))
	}
	out := []string{line("+ bytes", "+ objects", "objects", "rose", "class")}
	for i, c := range g.Classes {
		if i == t.top {
			return append(out, fmt.Sprintf("  … and %d more classes", len(g.Classes)-i))
		}
		out = append(out, line(humanBytes(c.MoreMem), humanize.Comma(c.MoreObjects), humanize.Comma(c.Instances), fmt.Sprintf("%d of %d", c.Rises, g.Number-1), c.Class))
	}
	return out
}

func (t *watchTable) fit(name string, used int) string {
	width := t.width - 1
	if t.size == nil {
		width = textWidth
	}
	return text.Middle(clean(name), max(width-used, 20))
}

// cut cuts a line to n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n-1, 0)]) + "…"
}
