package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// command is one line of the table per dump.
type command struct {
	name string
	args []string // before the dump
}

var commands = []command{
	{"histogram", []string{"histogram"}},
	{"analyze --rules=none, 1 worker", []string{"analyze", "--index=never", "--rules=none", "--workers=1"}},
	{"analyze --rules=none, 2 workers", []string{"analyze", "--index=never", "--rules=none", "--workers=2"}},
	{"analyze", []string{"analyze", "--index=never"}},
	{"dominators", []string{"dominators", "--index=never"}},
}

// indexed are run one after the other on an index that the first makes.
var indexed = []command{
	{"index", []string{"index"}},
	{"dominators, from the index", []string{"dominators", "--index=auto"}},
	{"analyze --rules=none, from the index", []string{"analyze", "--index=auto", "--rules=none"}},
}

// measured is what one process took.
type measured struct {
	wall, cpu, gc float64 // seconds
	rss, temp     int64   // peaks, bytes
}

func measureDumps(b *strings.Builder, o options, dumps []dump) error {
	fmt.Fprint(b, "\n| dump | GB | M objects | command | CPU s | CPU s/GB | wall s | peak RSS, MiB | B/object above 60 MiB | temporary files (or index), MiB | GC, % of CPU |\n",
		"| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, d := range dumps {
		if err := warm(&d, o); err != nil {
			return err
		}
		runs := o.runs
		if d.bytes > 2e9 {
			runs = 1
		}
		rows := &table{b: b, d: d}
		for _, c := range commands {
			m, err := best(o, append(slices.Clone(c.args), d.path), runs)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", c.name, d.path, err)
			}
			rows.add(c.name, m)
		}
		if err := measureIndexed(o, d, runs, rows); err != nil {
			return err
		}
	}
	return nil
}

// table writes the rows of one dump.
type table struct {
	b    *strings.Builder
	d    dump
	more bool
}

func (t *table) add(name string, m measured) {
	d := t.d
	first := fmt.Sprintf("| %s | %.2f | %.1f ", filepath.Base(d.path), float64(d.unpacked)/1e9, float64(d.objects)/1e6)
	if t.more {
		first = "| | | "
	}
	t.more = true
	above := float64(max(m.rss-60<<20, 0)) / float64(max(d.objects, 1))
	row := fmt.Sprintf("%s| %s | %.2f | %.2f | %.2f | %d | %.1f | %d | %.1f |", first, name, m.cpu, m.cpu/float64(d.unpacked)*1e9, m.wall, m.rss>>20, above,
		m.temp>>20, 100*m.gc/m.cpu)
	fmt.Fprintln(t.b, row)
	fmt.Fprintln(os.Stderr, row)
}

// measureIndexed makes an index in a folder of its own and measures the commands that begin with it.
func measureIndexed(o options, d dump, runs int, rows *table) error {
	dir, err := os.MkdirTemp(o.tempDir, "bench-index-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for i, c := range indexed {
		n := runs
		if i == 0 {
			n = 1
		}
		m, err := best(o, append(slices.Clone(c.args), "--index-dir", dir, d.path), n)
		if err != nil {
			return fmt.Errorf("%s of %s: %w", c.name, d.path, err)
		}
		if i == 0 {
			m.temp = folderSize(dir)
		}
		rows.add(c.name, m)
	}
	return nil
}

func folderSize(dir string) (sum int64) {
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

// warm reads a dump into the page cache and counts its objects.
func warm(d *dump, o options) error {
	f, err := os.Open(d.path)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, f)
	_ = f.Close()
	if err != nil {
		return err
	}
	var h struct{ Instances int64 }
	if err := asJSON(&h, o.binary, "histogram", "-f", "json", "--top", "1", d.path); err != nil {
		return err
	}
	var e struct{ Bytes int64 }
	if err := asJSON(&e, o.binary, "estimate", "-f", "json", d.path); err != nil {
		return err
	}
	d.objects, d.unpacked = h.Instances, e.Bytes
	return nil
}

// asJSON runs a command and decodes what it prints.
func asJSON(into any, command ...string) error {
	out, err := exec.Command(command[0], command[1:]...).Output()
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	return json.Unmarshal(out, into)
}

// best runs a command several times: the least of each time, the greatest of each size.
func best(o options, args []string, runs int) (measured, error) {
	var m measured
	for i := range max(runs, 1) {
		one, err := process(o, args)
		if err != nil {
			return m, err
		}
		if i == 0 {
			m = one
			continue
		}
		m.wall, m.cpu, m.gc = min(m.wall, one.wall), min(m.cpu, one.cpu), min(m.gc, one.gc)
		m.rss, m.temp = max(m.rss, one.rss), max(m.temp, one.temp)
	}
	return m, nil
}

// process runs one command. --verbose tells its garbage collection; the kernel tells the rest.
func process(o options, args []string) (measured, error) {
	var m measured
	args = append(args, "--verbose", "-o", os.DevNull)
	if o.tempDir != "" {
		args = append(args, "--temp-dir", o.tempDir)
	}
	c := exec.Command(o.binary, args...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	began := time.Now()
	if err := c.Start(); err != nil {
		return m, err
	}
	done := make(chan struct{})
	temp := make(chan int64)
	go watchTemp(c.Process.Pid, done, temp)
	err := c.Wait()
	m.wall = time.Since(began).Seconds()
	close(done)
	m.temp = <-temp
	if err != nil {
		return m, fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	u, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return m, fmt.Errorf("no resource usage on %s", runtime.GOOS)
	}
	m.cpu = float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
	m.rss = u.Maxrss
	if runtime.GOOS == "linux" {
		m.rss <<= 10
	}
	for line := range strings.Lines(stderr.String()) {
		if rest, ok := strings.CutPrefix(line, "garbage collection"); ok {
			_, _ = fmt.Sscan(rest, &m.gc)
		}
	}
	return m, nil
}

// watchTemp sums the files without a name that a process has open and sends the greatest sum seen.
func watchTemp(pid int, done <-chan struct{}, peak chan<- int64) {
	most := int64(0)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			peak <- most
			return
		case <-tick.C:
			most = max(most, nameless(pid))
		}
	}
}

func nameless(pid int) int64 {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	fds, _ := os.ReadDir(dir)
	sum := int64(0)
	for _, fd := range fds {
		path := filepath.Join(dir, fd.Name())
		if to, err := os.Readlink(path); err != nil || !strings.HasSuffix(to, " (deleted)") {
			continue
		}
		if st, err := os.Stat(path); err == nil {
			if s, ok := st.Sys().(*syscall.Stat_t); ok {
				sum += s.Blocks * 512
			}
		}
	}
	return sum
}
