package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heapcause/hprof/live"
)

func (a *app) psCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "ps",
		Short: "List the Java processes of this machine and of its containers",
		Long: `Lists the HotSpot JVMs that run on this machine and in its containers: process number here and in the
container, user, JDK, how long it has run, heap used of its maximum, collections and what they took, threads, and the
main class. It reads what the JVMs keep in files (hsperfdata) and /proc, and asks and disturbs none of them. G1
counts the heap used at collections only. Other users' JVMs show all of it to root only. Linux only.`,
		Example: `  heapcause ps
  heapcause ps --json
  sudo heapcause ps                  other users' JVMs and those in containers too`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return &hintError{fmt.Errorf("ps takes no arguments, not %q", args[0]), "it lists all; heapcause watch PID looks at one"}
		},
		RunE: func(*cobra.Command, []string) error { return a.ps(asJSON) },
	}
	a.outputFlags(c, false, "text", "json")
	c.Flags().BoolVar(&asJSON, "json", false, "the same as --format json")
	return c
}

func (a *app) ps(asJSON bool) error {
	if asJSON {
		if a.f.format != "" && a.f.format != "json" {
			return &hintError{fmt.Errorf("--json and --format %s: which one?", a.f.format), "leave one of them out"}
		}
		a.f.format = "json"
	}
	if err := a.checkOutputs("text", "json"); err != nil {
		return err
	}
	jvms, err := live.List()
	if err != nil {
		return liveError(err)
	}
	return a.write(func(w io.Writer) error {
		if a.f.format == "json" {
			return writeJSON(w, psJSON(jvms))
		}
		return a.psText(w, jvms)
	})
}

// liveError adds hints to what went wrong with JVMs that run.
func liveError(err error) error {
	var attach *live.AttachError
	switch {
	case errors.Is(err, live.ErrUnsupported):
		return &hintError{err, "jcmd of the JDK takes a dump here: jcmd PID GC.heap_dump app.hprof"}
	case errors.As(err, &attach) && attach.Hint != "":
		return &hintError{err, attach.Hint}
	case errors.Is(err, live.ErrNoProcess):
		return &hintError{err, "heapcause ps lists the JVMs that run"}
	}
	return err
}

// psText prints a table, and below it what could not be found out.
func (a *app) psText(w io.Writer, jvms []*live.JVM) error {
	if len(jvms) == 0 {
		_, err := fmt.Fprintln(w, "No HotSpot JVM runs here, as far as this user can see.")
		return err
	}
	contained := slices.ContainsFunc(jvms, func(j *live.JVM) bool { return j.NSPID != j.PID || j.Container != "" })
	header := []string{">pid", "user", "jdk", ">uptime", ">heap used", ">of at most", ">GCs", ">GC time", ">threads", "main class"}
	if contained {
		header = slices.Insert(header, 1, ">inside", "container")
	}
	rows, now := [][]string{}, time.Now()
	for _, j := range jvms {
		row := []string{strconv.Itoa(j.PID), j.User, orUnknown(j.Version), age(now.Sub(j.Started)), "?", "?", "?", "?", strconv.Itoa(j.Threads), orUnknown(j.Main)}
		if d := j.Data; d != nil {
			count, spent := d.GC()
			row[4], row[5], row[6], row[7] = humanBytes(d.Heap.Used), humanBytes(d.Heap.Max), humanize.Comma(count), seconds(spent)
			row[8] = strconv.FormatInt(d.Threads, 10)
		}
		if contained {
			row = slices.Insert(row, 1, strconv.Itoa(j.NSPID), j.Container)
		}
		rows = append(rows, row)
	}
	var b strings.Builder
	a.columns(&b, header, rows)
	for _, j := range jvms {
		if j.Missing != "" {
			fmt.Fprintf(&b, "\n%d: %s; %s in RAM, %d native threads", j.PID, clean(j.Missing), humanBytes(j.RSS), j.Threads)
		}
	}
	_, err := fmt.Fprintln(w, strings.TrimRight(b.String(), "\n"))
	return err
}

// columns prints rows below a header, whose names begin with > where a column stands at the right. The last column is made to fit.
func (a *app) columns(w io.Writer, header []string, rows [][]string) {
	widths := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for c := range row {
			row[c] = clean(row[c])
			widths[c] = max(widths[c], utf8.RuneCountInString(strings.TrimPrefix(row[c], ">")))
		}
	}
	used := 0
	for _, n := range widths[:len(widths)-1] {
		used += n + 2
	}
	for i, row := range append([][]string{header}, rows...) {
		line := ""
		for c, cell := range row {
			if i == 0 {
				cell = strings.TrimPrefix(cell, ">")
			}
			gap := strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell))
			switch {
			case c == len(row)-1:
				line += a.fit(cell, used)
			case strings.HasPrefix(header[c], ">"):
				line += gap + cell + "  "
			default:
				line += cell + gap + "  "
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

func orUnknown(s string) string { return cmp.Or(s, "?") }

func humanBytes(n int64) string {
	if n < 0 {
		return "?"
	}
	return humanize.IBytes(uint64(n))
}

// seconds is a time as text that stays short.
func seconds(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// age is how long something has lasted, in its two largest units.
func age(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// jvmJSON is a JVM in the JSON of ps.
type jvmJSON struct {
	PID       int          `json:"pid"`
	NSPID     int          `json:"containerPid"` // the same as pid outside of containers
	Container string       `json:"container,omitempty"`
	User      string       `json:"user"`
	UID       uint32       `json:"uid"`
	Version   string       `json:"jdk,omitempty"`
	Main      string       `json:"main,omitempty"`
	Started   time.Time    `json:"started"`
	UptimeMS  int64        `json:"uptimeMillis"`
	RSS       int64        `json:"rssBytes"`
	Native    int          `json:"nativeThreads"`
	Counters  *countersOut `json:"counters"` // null when they cannot be read
	Missing   string       `json:"missing,omitempty"`
}

// countersOut are a JVM's counters in JSON; -1 is unknown.
type countersOut struct {
	HeapUsed     int64          `json:"heapUsedBytes"`
	HeapCapacity int64          `json:"heapCapacityBytes"`
	HeapMax      int64          `json:"heapMaxBytes"`
	Areas        []areaOut      `json:"areas"`
	Collectors   []collectorOut `json:"collectors"`
	LastCause    string         `json:"lastCollectionCause,omitempty"`
	Threads      int64          `json:"threads"`
	Daemons      int64          `json:"daemonThreads"`
	Peak         int64          `json:"peakThreads"`
	Classes      int64          `json:"classes"`
	Safepoints   int64          `json:"safepoints"`
	SafepointMS  int64          `json:"safepointMillis"`
}

type areaOut struct {
	Name     string `json:"name"`
	Used     int64  `json:"usedBytes"`
	Capacity int64  `json:"capacityBytes"`
	Max      int64  `json:"maxBytes"`
}

type collectorOut struct {
	Name   string `json:"name"`
	Count  int64  `json:"collections"`
	Millis int64  `json:"millis"`
}

func psJSON(jvms []*live.JVM) any {
	out := struct {
		JVMs []jvmJSON `json:"jvms"`
	}{make([]jvmJSON, len(jvms))}
	now := time.Now()
	for i, j := range jvms {
		out.JVMs[i] = jvmJSON{
			PID: j.PID, NSPID: j.NSPID, Container: j.Container, User: j.User, UID: j.UID, Version: j.Version, Main: j.Main,
			Started: j.Started.UTC(), UptimeMS: now.Sub(j.Started).Milliseconds(), RSS: j.RSS, Native: j.Threads,
			Counters: countersJSON(j.Data), Missing: j.Missing,
		}
	}
	return out
}

func countersJSON(d *live.Counters) *countersOut {
	if d == nil {
		return nil
	}
	c := &countersOut{
		HeapUsed: d.Heap.Used, HeapCapacity: d.Heap.Capacity, HeapMax: d.Heap.Max, Areas: make([]areaOut, len(d.Areas)),
		Collectors: make([]collectorOut, len(d.Collectors)), LastCause: d.LastCause, Threads: d.Threads, Daemons: d.Daemons,
		Peak: d.PeakThreads, Classes: d.Classes, Safepoints: d.Safepoints, SafepointMS: d.SafepointTime.Milliseconds(),
	}
	for i, x := range d.Areas {
		c.Areas[i] = areaOut(x)
	}
	for i, x := range d.Collectors {
		c.Collectors[i] = collectorOut{x.Name, x.Count, x.Time.Milliseconds()}
	}
	return c
}
