package main

import (
	"bufio"
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"heapcause/hprof/live"
	"heapcause/hprof/live/livetest"
)

// patientFor is a bound that a healthy machine never meets.
const patientFor = 60 * time.Second

// feed makes ticks come one after the other, each ten seconds after the one before, as soon as the sample before is taken.
func feed(t *testing.T) {
	t.Helper()
	before := ticks
	ticks = func(every time.Duration) (<-chan time.Time, func()) {
		c, stop := make(chan time.Time), make(chan struct{})
		go func() {
			for now := time.Now().Add(every); ; now = now.Add(every) {
				select {
				case c <- now:
				case <-stop:
					return
				}
			}
		}()
		return c, func() { close(stop) }
	}
	t.Cleanup(func() { ticks = before })
}

// watchRun is a watch under way, its samples line by line.
type watchRun struct {
	lines  *bufio.Scanner
	code   chan int
	stderr *bytes.Buffer
	stop   context.CancelFunc
}

func startWatch(t *testing.T, pid int, args ...string) *watchRun {
	t.Helper()
	r, w := io.Pipe()
	ctx, stop := context.WithTimeout(context.Background(), patientFor)
	t.Cleanup(stop)
	run1 := &watchRun{lines: bufio.NewScanner(r), code: make(chan int, 1), stderr: &bytes.Buffer{}, stop: stop}
	run1.lines.Buffer(nil, 1<<20)
	go func() {
		run1.code <- run(ctx, append([]string{"watch", strconv.Itoa(pid), "-f", "jsonl"}, args...), nil, w, run1.stderr)
		_ = w.Close()
	}()
	return run1
}

// until reads samples until one is as wanted, and returns it.
func (w *watchRun) until(t *testing.T, what string, wanted func(s *sampleJSON) bool) *sampleJSON {
	t.Helper()
	last := ""
	for w.lines.Scan() {
		var s sampleJSON
		if err := stdjson.Unmarshal(w.lines.Bytes(), &s); err != nil {
			t.Fatalf("%v: %s", err, w.lines.Text())
		}
		if last = w.lines.Text(); wanted(&s) {
			return &s
		}
	}
	t.Fatalf("watch ended before %s, with %d: %s\nlast: %s", what, <-w.code, w.stderr, last)
	return nil
}

// end stops the watch, reads it to its end, and returns its exit code.
func (w *watchRun) end() int {
	w.stop()
	return w.rest()
}

func (w *watchRun) rest() int {
	for w.lines.Scan() {
		continue // to the end
	}
	return <-w.code
}

const statementClass = "org.postgresql.jdbc3g.Jdbc3gPreparedStatement"

// TestWatchPGTimer: the backlog of a finalizer that hangs is seen to grow to its true number; the healthy program stays quiet; a JVM that hangs or ends is told
// in words. On two releases.
func TestWatchPGTimer(t *testing.T) {
	const statements = 2000
	home17 := livetest.JDK(t, 17)
	classes := livetest.Compile(t, home17, "../../testdata/java/src/pg-timer")
	feed(t)
	for _, feature := range []int{17, 25} {
		t.Run(strconv.Itoa(feature), func(t *testing.T) {
			home := livetest.JDK(t, feature)
			start := func(variant string) int {
				args := append(append([]string{}, livetest.Small...), "-cp", classes, "com.example.shop.Main", variant, strconv.Itoa(statements))
				return livetest.Start(t, filepath.Join(home, "bin/java"), args...).Process.Pid
			}
			t.Run("slowfin", func(t *testing.T) { slowfin(t, home, start("slowfin"), statements) })
			t.Run("grows", func(t *testing.T) { grows(t, filepath.Join(home, "bin/java"), classes) })
			t.Run("healthy", func(t *testing.T) { healthy(t, start("healthy")) })
		})
	}
}

func slowfin(t *testing.T, home string, pid int, statements int64) {
	w := startWatch(t, pid)
	// Two statements may still be held, one by the timer's thread and one by a collection that is to come.
	s := w.until(t, "the backlog is whole", func(s *sampleJSON) bool {
		return s.Queued != nil && s.Queued.Total >= statements-2 && s.Classes != nil
	})
	told, err := exec.Command(filepath.Join(home, "bin/jcmd"), strconv.Itoa(pid), "GC.finalizer_info").Output() // the JDK's own client
	if want := fmt.Sprintf("%d  %s", s.Queued.Total, statementClass); err != nil || !strings.Contains(string(told), want) {
		t.Errorf("jcmd says %s, %v; not %q", told, err, want)
	}
	if s.Queued.Total > statements || len(s.Queued.Classes) != 1 || s.Queued.Classes[0].Class != statementClass {
		t.Errorf("queued: %+v", s.Queued)
	}
	if s.Figures["finalizer.registered"] < s.Queued.Total || s.Figures["threads"] < 5 || s.Counters.HeapMax <= 0 || s.Figures["gc.collections"] == 0 {
		t.Errorf("figures: %v", s.Figures)
	}
	if code := w.end(); code != exitDone || !strings.Contains(w.stderr.String(), "each costs a full collection") {
		t.Errorf("exit code %d, %s", code, w.stderr)
	}
	judged(t, pid, true)
	// A process that is stopped stands for one that hangs.
	w = startWatch(t, pid, "--timeout", "50ms", "--no-gc")
	w.until(t, "it answers", func(s *sampleJSON) bool { return s.Queued != nil })
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	s = w.until(t, "it is silent", func(s *sampleJSON) bool { return s.Stopped || s.Problem != "" })
	if s.Counters == nil {
		t.Error("no counters of a JVM that hangs")
	}
	if code := w.end(); code != exitFailed || !strings.Contains(w.stderr.String(), "is stopped") || !strings.Contains(w.stderr.String(), "no collection") {
		t.Errorf("stopped: exit code %d, %s", code, w.stderr)
	}
	_ = syscall.Kill(pid, syscall.SIGCONT)
	w = startWatch(t, pid, "--classes-every", "0")
	w.until(t, "it answers again", func(s *sampleJSON) bool { return s.Queued != nil })
	_ = syscall.Kill(pid, syscall.SIGKILL)
	if code := w.rest(); code != exitFailed || !strings.Contains(w.stderr.String(), fmt.Sprintf("JVM %d has ended, after", pid)) {
		t.Errorf("killed: exit code %d, %s", code, w.stderr)
	}
}

// grows: the backlog of a program that is watched from its beginning is seen to grow, and never to shrink, up to its true number.
func grows(t *testing.T, java, classes string) {
	const statements = 20_000
	c := exec.Command(java, append(append([]string{}, livetest.Small...), "-cp", classes, "com.example.shop.Main", "slowfin", strconv.Itoa(statements))...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.Process.Kill(), c.Wait() })
	for late := time.Now().Add(patientFor); ; {
		if j, err := live.Find(c.Process.Pid); err == nil && j.Data != nil {
			break
		}
		if time.Now().After(late) {
			t.Fatal("the JVM does not come up")
		}
	}
	w := startWatch(t, c.Process.Pid)
	var seen []int64
	w.until(t, "the backlog is whole", func(s *sampleJSON) bool {
		if s.Queued != nil && (len(seen) == 0 || s.Queued.Total != seen[len(seen)-1]) {
			seen = append(seen, s.Queued.Total)
		}
		return s.Queued != nil && s.Queued.Total >= statements-2
	})
	t.Logf("queued: %v", seen)
	if !slices.IsSorted(seen) || len(seen) < 3 || seen[0] > statements/2 || seen[len(seen)-1] > statements {
		t.Errorf("the backlog went %v", seen)
	}
	if code := w.end(); code != exitDone {
		t.Errorf("exit code %d: %s", code, w.stderr)
	}
}

// judged: a limit that breaks is told once, takes one dump, and is the exit code.
func judged(t *testing.T, pid int, broken bool) {
	t.Helper()
	dir := t.TempDir()
	budget, dump := filepath.Join(dir, "heapcause.yaml"), filepath.Join(dir, "on.hprof")
	if err := os.WriteFile(budget, []byte("figures: {finalizer.queued: 100, heap.used: 64MiB}\ngrowth: {figures: {threads: 100}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{
		"watch", strconv.Itoa(pid), "--for", "20s", "--classes-every", "0", "--budget", budget, "--capture-on", dump,
	}, nil, &stdout, &stderr)
	st, err := os.Stat(dump)
	said := strings.Count(stderr.String(), "; the limit is 100\n")
	if broken && (code != exitBroken || err != nil || st.Size() == 0 || said != 1) || !broken && (code != exitDone || err == nil || stderr.Len() > 0) {
		t.Errorf("exit code %d, dump: %v; %s", code, err, stderr.String())
	}
}

func healthy(t *testing.T, pid int) {
	judged(t, pid, false)
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"watch", strconv.Itoa(pid), "--for", "50s", "--classes-every", "10s"}, nil, &stdout, &stderr)
	if code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	out := stdout.String()
	if strings.Contains(out, "Waiting for") || strings.Contains(out, statementClass) || strings.Contains(out, "no answer") {
		t.Errorf("not quiet:\n%s", out)
	}
	if rows := strings.Count(out, "\n"); !strings.HasPrefix(out, "time     heap used") || rows < 7 || !strings.Contains(out, "in 6 histograms") {
		t.Errorf("table:\n%s", out)
	}
	listens(t, pid)
	writesFile(t, pid)
}

// listens: the last sample is a page for this machine.
func listens(t *testing.T, pid int) {
	w := startWatch(t, pid, "--listen", "127.0.0.1:0", "--no-attach")
	w.until(t, "the first sample", func(*sampleJSON) bool { return true })
	_, url, ok := strings.Cut(strings.TrimSpace(w.stderr.String()), "OpenMetrics page: ")
	if !ok {
		t.Fatal(w.stderr)
	}
	get := func(host string) (int, string) {
		r, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	code, page := get("")
	if series := prometheusReads(t, page); code != http.StatusOK || series["heapcause_jvm_threads"] < 5 || series["heapcause_jvm_answers"] != 1 || series["heapcause_jvm_heap_max_bytes"] < 60<<20 {
		t.Errorf("%d: %v\n%s", code, series, page)
	}
	addresses, _ := net.InterfaceAddrs()
	for _, a := range addresses { // other machines come by these
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLoopback() && !ip.IP.IsLinkLocalUnicast() {
			_, port, _ := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/metrics"))
			if c, err := net.DialTimeout("tcp", net.JoinHostPort(ip.IP.String(), port), time.Second); err == nil {
				_ = c.Close()
				t.Errorf("the page is served on %s", ip.IP)
			}
		}
	}
	for host, want := range map[string]int{"attacker.example": http.StatusForbidden, "127.0.0.1.attacker.example:80": http.StatusForbidden, "localhost:9404": http.StatusOK, "[::1]": http.StatusOK} {
		if code, _ := get(host); code != want {
			t.Errorf("host %s: %d", host, code)
		}
	}
	if code := w.end(); code != exitDone {
		t.Errorf("exit code %d: %s", code, w.stderr)
	}
}

// prometheusReads returns the series of a page without labels, as Prometheus's own parser reads it.
func prometheusReads(t *testing.T, page string) map[string]float64 {
	t.Helper()
	p, out, seen := textparse.NewOpenMetricsParser([]byte(page), labels.NewSymbolTable()), map[string]float64{}, map[string]bool{}
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v:\n%s", err, page)
		}
		if entry == textparse.EntrySeries {
			var l labels.Labels
			p.Labels(&l)
			if seen[l.String()] || !l.IsValid(model.LegacyValidation) {
				t.Errorf("series %s: is there twice, or has labels that are none", l)
			}
			seen[l.String()] = true
			if _, _, value := p.Series(); l.Len() == 1 {
				out[l.Get(labels.MetricName)] = value
			}
		}
	}
}

// writesFile: a file grows sample by sample, readable by its owner alone; one that is there stays until the first sample.
func writesFile(t *testing.T, pid int) {
	path := filepath.Join(t.TempDir(), "night.jsonl")
	if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"watch", "4194304", "-o", path}, nil, &stdout, &stderr); code != exitFailed {
		t.Errorf("no such JVM: exit code %d", code)
	}
	if b, _ := os.ReadFile(path); string(b) != "before" {
		t.Errorf("a JVM that is not there has changed the file: %q", b)
	}
	stderr.Reset()
	code := run(context.Background(), []string{"watch", strconv.Itoa(pid), "-o", path, "-q", "-v", "--for", "30s"}, nil, &stdout, &stderr)
	b, err := os.ReadFile(path)
	st, _ := os.Stat(path)
	if code != exitDone || stdout.Len() > 0 || err != nil || bytes.Count(b, []byte("\n")) != 4 || st.Mode().Perm() != 0o600 || strings.Contains(stderr.String(), "each costs") {
		t.Errorf("exit code %d, %q, %q, %v: %s", code, stdout.String(), stderr.String(), st.Mode(), b)
	}
	if strings.Count(stderr.String(), ": GC.finalizer_info ") != 4 || !strings.Contains(stderr.String(), ", GC.class_histogram ") {
		t.Errorf("-v: %s", stderr.String())
	}
	var s sampleJSON
	if err := stdjson.Unmarshal(bytes.SplitN(b, []byte("\n"), 2)[0], &s); err != nil || len(s.Answers) != 2 {
		t.Errorf("%v: %+v", err, s.Answers)
	}
}
