package threads_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/inspect/threads"
	"heapcause/report"
)

// facts are what the program that was dumped wrote down.
func facts(t *testing.T, dump string) map[string]int64 {
	t.Helper()
	b, err := os.ReadFile(strings.TrimSuffix(analyzetest.RealPath(t, dump), ".hprof") + ".expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var x struct{ Facts map[string]any }
	if err := json.Unmarshal(b, &x); err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for k, v := range x.Facts {
		if n, ok := v.(float64); ok {
			out[k] = int64(n)
		}
	}
	return out
}

// row returns the only row of a table that has these texts in its first columns.
func row(t *testing.T, s *report.Section, table string, first ...string) map[string]report.Value {
	t.Helper()
	tab := s.Table(table)
	var found map[string]report.Value
	for _, r := range tab.Rows {
		match := true
		for i, want := range first {
			match = match && r[i].Text().String() == want
		}
		if !match {
			continue
		}
		if found != nil {
			t.Fatalf("%s has two rows %q", table, first)
		}
		found = map[string]report.Value{}
		for i, c := range tab.Columns {
			found[c] = r[i]
		}
	}
	if found == nil {
		t.Fatalf("%s has no row %q", table, first)
	}
	return found
}

func count(t *testing.T, s *report.Section, label string, want int64) {
	t.Helper()
	if v, ok := s.Fact(label); !ok || v.Int() != want {
		t.Errorf("%s: %d (%v), want %d", label, v.Int(), ok, want)
	}
}

func cell(t *testing.T, r map[string]report.Value, column string, want int64) {
	t.Helper()
	if got := r[column].Int(); got != want {
		t.Errorf("%s: %d, want %d", column, got, want)
	}
}

// TestZoo compares with what the program says that it made.
func TestZoo(t *testing.T) {
	for _, dump := range []string{"zoo/zoo-small.hprof", "zoo/zoo.hprof", "zoo/zoo-live.hprof"} {
		t.Run(dump, func(t *testing.T) {
			h := analyzetest.RealHeap(t, dump)
			want := facts(t, dump)
			s := analyzetest.Inspect(t, h, threads.Inspection)

			stale := want["threadlocal.stale_entries_null_key"]
			count(t, s, "stale thread-local values", stale)
			gone := row(t, s, "thread-locals", "zoo.TlStale", "(gone)")
			cell(t, gone, "stale", stale)
			cell(t, gone, "threads", want["threadlocal.threads_tl-worker"])
			live := row(t, s, "thread-locals", "zoo.TlPayload", "zoo.ThreadLocals.LOCAL")
			cell(t, live, "values", want["threadlocal.values_with_live_key"])
			cell(t, live, "threads", want["threadlocal.threads_tl-worker"])
			cell(t, row(t, s, "names", "tl-worker-#"), "threads", want["threadlocal.threads_tl-worker"])
			cell(t, row(t, s, "names", "stack-worker-#"), "threads", want["stacks.stack-worker_threads"])

			backlog, scheduled := want["executors.LinkedBlockingQueue_backlog"], want["executors.DelayedWorkQueue_live"]+want["executors.DelayedWorkQueue_cancelled_still_queued"]
			pool := row(t, s, "executors", "order-pool-#", "java.util.concurrent.ThreadPoolExecutor", "RUNNING")
			cell(t, pool, "waiting tasks", backlog)
			cell(t, pool, "workers", 2)
			cell(t, pool, "busy", 2)
			cell(t, row(t, s, "executors", "order-pool-#", "java.util.concurrent.ScheduledThreadPoolExecutor", "RUNNING"), "waiting tasks", scheduled)
			count(t, s, "tasks waiting in executors", backlog+scheduled)

			jni := want["jni.local_refs_to_int[777]_in_thread_jni-parked"]
			count(t, s, "JNI locals", jni)
			cell(t, row(t, s, "locals", "jni-parked", "zoo.Native.parkWithLocals(native method)", "int[]"), "objects", jni)
			stackWorkers(t, s)
			monitors(t, s)
		})
	}
}

// stackWorkers: frame level3 of stack-worker-K holds a LocalOnly with byte[100000+K], frame level2 an int[5000+K].
func stackWorkers(t *testing.T, s *report.Section) {
	for k := range int64(10) {
		thread := fmt.Sprintf("stack-worker-%d", k)
		cell(t, row(t, s, "locals", thread, "zoo.Stacks.level3(Zoo.java:444)", "zoo.LocalOnly"), "retained", 16+(16+100_000+k+7)/8*8)
		cell(t, row(t, s, "locals", thread, "zoo.Stacks.level2(Zoo.java:443)", "int[]"), "retained", (16+4*(5000+k)+7)/8*8)
	}
}

// monitors: 작업-스레드-1 owns a lock that three threads wait for; deadlock-a and deadlock-b wait for each other.
func monitors(t *testing.T, s *report.Section) {
	locks := s.Table("locks")
	if len(locks.Rows) != 1 {
		t.Fatalf("locks %v", locks.Rows)
	}
	if r := locks.Rows[0]; r[1].Text().String() != "java.lang.Object" || r[2].Text().String() != "작업-스레드-1" || r[3].Int() != 3 || r[4].Text().String() != "blocked-0, blocked-1, blocked-2" {
		t.Errorf("locks %v", r)
	}
	dead := s.Table("deadlocks")
	if len(dead.Rows) != 1 || dead.Rows[0][0].Int() != 2 || dead.Rows[0][1].Text().String() != "deadlock-a, deadlock-b" || dead.Rows[0][2].Int() != 2 {
		t.Errorf("deadlocks %v", dead.Rows)
	}
	count(t, s, "threads that wait for a lock", 5)
	count(t, s, "deadlocked threads", 2)
}

// hidden are threads that the JVM prints but keeps from dumps.
var hidden = []string{"Service Thread", "Monitor Deflation Thread", "Sweeper thread", "Common-Cleaner"}

// printed reads a thread dump: name, daemon, priority and state of each thread that has a Java object.
func printed(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	head := regexp.MustCompile(`^"(.*)" #\d+ (?:\[\d+\] )?(daemon )?prio=(\d+)`)
	state := regexp.MustCompile(`^   java.lang.Thread.State: (\w+)`)
	var out []string
	last := ""
	for l := bufio.NewScanner(f); l.Scan(); {
		if m := head.FindStringSubmatch(l.Text()); m != nil {
			daemon := "no"
			if m[2] != "" {
				daemon = "yes"
			}
			last = ""
			if !slices.Contains(hidden, m[1]) && !strings.Contains(m[1], "CompilerThread") {
				last = fmt.Sprintf("%s, daemon %s, priority %s, ", m[1], daemon, m[3])
			}
		} else if m := state.FindStringSubmatch(l.Text()); m != nil && last != "" {
			out = append(out, last+m[1])
		}
	}
	slices.Sort(out)
	return out
}

// TestThreadPrint compares with the thread dump that the JVM wrote a moment before.
func TestThreadPrint(t *testing.T) {
	for _, dump := range []string{"variants/variant-live.hprof", "variants/variant-jdk25.hprof", "variants/variant-jdk25-coh.hprof", "zoo/zoo-small.hprof", "pg-timer/pg-timer-a1-20000.hprof", "vthreads/vthreads-10000.hprof"} {
		t.Run(dump, func(t *testing.T) {
			s := analyzetest.Inspect(t, analyzetest.RealHeap(t, dump), threads.Inspection)
			want := printed(t, analyzetest.RealPath(t, dump+".threads.txt"))
			var got []string
			for _, r := range s.Table("attributes").Rows {
				if name := r[0].Text().String(); !slices.Contains(hidden, name) {
					got = append(got, fmt.Sprintf("%s, daemon %s, priority %d, %s", name, r[3].Text(), r[4].Int(), r[2].Text()))
				}
			}
			slices.Sort(got)
			if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
				t.Errorf("dump:\n%s\nthread dump:\n%s", g, w)
			}
		})
	}
}

func TestVirtualThreads(t *testing.T) {
	s := analyzetest.Inspect(t, analyzetest.RealHeap(t, "vthreads/vthreads-10000.hprof"), threads.Inspection)
	count(t, s, "virtual threads", 10_000)
	count(t, s, "pinned virtual threads", 0)
	if !strings.Contains(s.Summary, "10,000 virtual threads retain") {
		t.Error(s.Summary)
	}
	r := row(t, s, "names", "virtual-#")
	cell(t, r, "threads", 10_000)
	cell(t, r, "virtual", 10_000)
	if r["retained"].Int() < 20<<20 {
		t.Errorf("%v", r)
	}
}

// TestInFlight: two of the threads of a full heap execute a statement, a third one just makes one.
func TestInFlight(t *testing.T) {
	s := analyzetest.Inspect(t, analyzetest.RealHeap(t, "pg-timer/pg-timer-a1-oom.hprof"), threads.Inspection)
	tab := s.Table("in-flight")
	if len(tab.Rows) == 0 {
		t.Fatal("no statement in flight")
	}
	for _, r := range tab.Rows {
		if name := r[0].Text().String(); !strings.HasPrefix(name, "http-nio-8080-exec-") {
			t.Errorf("thread %s", name)
		}
		at := r[3].Text().String()
		if strings.Contains(at, ".prepareStatement(") {
			continue // it is being made
		}
		if !strings.HasPrefix(at, "com.example.shop.Main$OrderDao.") {
			t.Errorf("in %s", at)
		}
		if class, sql := r[4].Text().String(), r[5].Text().String(); class != "org.postgresql.jdbc3g.Jdbc3gPreparedStatement" || !strings.HasPrefix(sql, "SELECT order_id, customer, amount FROM orders WHERE customer_id = ") {
			t.Errorf("%s: %s", class, sql)
		}
	}
}
