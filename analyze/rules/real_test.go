package rules_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/rules"
	"heapcause/report"
)

const (
	oldStatement = "org.postgresql.jdbc3g.Jdbc3gPreparedStatement"
	oldTask      = "org.postgresql.jdbc2.AbstractJdbc2Statement$1"
	cancelTimer  = "static org.postgresql.Driver.cancelTimer"
	orderShape   = "SELECT order_id, customer, amount FROM orders WHERE customer_id = ? AND region = ?"
)

// tally is what an independent reader counted in a dump: class::field=value → instances.
type tally map[string]int64

func tallyOf(t *testing.T, dump string) tally {
	t.Helper()
	f, err := os.Open(analyzetest.RealPath(t, dump+".facts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m := tally{}
	for s := bufio.NewScanner(f); s.Scan(); {
		if c := strings.Split(s.Text(), "\t"); len(c) == 4 {
			m[c[0]+"::"+c[1]+"="+c[2]], _ = strconv.ParseInt(c[3], 10, 64)
		}
	}
	return m
}

// largest returns the greatest value of a field.
func (m tally) largest(field string) (most int64) {
	for k := range m {
		if v, ok := strings.CutPrefix(k, field+"="); ok {
			n, _ := strconv.ParseInt(v, 10, 64)
			if n > most {
				most = n
			}
		}
	}
	return most
}

func TestCancelTimerKeepsStatements(t *testing.T) {
	for _, dump := range []string{"pg-timer/pg-timer-a1-20000.hprof", "pg-timer/pg-timer-a1-200000.hprof", "pg-timer/pg-timer-a1-oom.hprof"} {
		t.Run(dump, func(t *testing.T) {
			truth := tallyOf(t, dump)
			r := analyzetest.RunRules(t, analyzetest.RealHeap(t, dump), "all")
			if len(r.Findings) == 0 || r.Findings[0].Rule != "timer-queue-backlog" || !r.Findings[0].Severity.AtLeast(report.Warning) {
				t.Fatalf("the first finding is not the timer's: %+v", r.Findings)
			}
			f := &r.Findings[0]
			n := truth.largest("java.util.TaskQueue::size")
			cancelled := truth[oldTask+"::state=3"]
			closed := truth[oldStatement+"::isClosed=true"]
			if strings.Contains(dump, "oom") { // a few statements are in flight, some of them not in the queue
				fs := analyzetest.Facts(f)
				if got := fs["statements open"].Int() + fs["of them open"].Int(); got != truth[oldStatement+"::isClosed=false"] {
					t.Errorf("%d open statements", got)
				}
				if fs["statements closed"].Int()+fs["statements held otherwise"].Int()-fs["of them open"].Int() != closed {
					t.Errorf("closed %v + %v - %v, want %d", fs["statements closed"], fs["statements held otherwise"], fs["of them open"], closed)
				}
				analyzetest.WantCount(t, f, "scheduled", truth[oldTask+"::state=1"])
				closed = fs["statements closed"].Int()
			} else {
				analyzetest.WantTitle(t, f, "all CANCELLED")
			}
			analyzetest.WantTitle(t, f, `"Timer-0"`, analyze.Number(n)+" queued tasks", analyze.Number(closed)+" closed", oldStatement, "% of the heap")
			analyzetest.WantCount(t, f, "queued tasks", n)
			analyzetest.WantCount(t, f, "cancelled, still queued", cancelled)
			analyzetest.WantCount(t, f, "statements closed", closed)
			analyzetest.WantCount(t, f, "queued finalizers", 0)
			analyzetest.WantCount(t, f, "finalizers registered", truth["java.lang.ref.Finalizer::referent=set"])
			if due := analyzetest.Facts(f)["first due, after the dump"].Int(); due < 2_900_000 || due > 3_000_000 {
				t.Errorf("due %d ms after the dump", due)
			}
			analyzetest.WantRelated(t, f, "jdbc-statement-retained", "finalizer-registered", "duplicate-strings", "duplicate-strings", "leak-suspect")
			if !strings.Contains(f.Related[1].Text, "finalization is not behind") {
				t.Error(f.Related[1].Text)
			}
			if f.Anchor != cancelTimer || f.RetainedShare < 0.8 {
				t.Errorf("anchor %q, share %g", f.Anchor, f.RetainedShare)
			}
			if got, want := analyzetest.Labels(f), "org.postgresql.Driver.cancelTimer > java.util.Timer::queue > java.util.TaskQueue::queue > [1] > "+oldTask+"::this$0"; !strings.HasSuffix(got, want) {
				t.Errorf("path %s", got)
			}
			sql := analyzetest.Table(t, f, "SQL of the statements, by shape")
			if len(sql.Rows) != 1 || sql.Rows[0][0].Text().String() != orderShape || sql.Rows[0][1].Int() != analyzetest.Facts(f)["statements"].Int() {
				t.Errorf("SQL %v", sql.Rows)
			}
			for _, f := range r.Findings[1:] {
				if f.Severity.AtLeast(report.Warning) {
					t.Errorf("a second alarm: %s: %s", f.Rule, f.Title)
				}
			}
		})
	}
}

func TestTruncatedDumpNamesTheLeak(t *testing.T) {
	whole := analyzetest.RunRules(t, analyzetest.RealHeap(t, "pg-timer/pg-timer-a1-20000.hprof"), "all")
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, "damaged/truncated-a1-20000.hprof"), "all")
	f := &r.Findings[0]
	if f.Rule != "timer-queue-backlog" || f.Severity != report.Warning || f.Confidence != report.Likely || f.Signature != whole.Findings[0].Signature {
		t.Errorf("%s %s: %s", f.Severity, f.Rule, f.Title)
	}
	if !r.Dump.Incomplete || len(r.Notes) == 0 || !strings.Contains(strings.Join(f.Story, " "), "what is missing of the dump") {
		t.Error("the report does not say that the dump is incomplete")
	}
}

func TestUnclosedStatements(t *testing.T) {
	const dump = "pg-timer/pg-timer-a2-unclosed-100000.hprof"
	n := tallyOf(t, dump)[oldStatement+"::isClosed=false"]
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, dump), "all")
	f := analyzetest.Only(t, r, "jdbc-statement-retained", report.Error)
	const list = "static com.example.shop.Main$OrderDao.openStatements"
	analyzetest.WantTitle(t, f, analyze.Number(n)+" open "+oldStatement, "held by "+list)
	analyzetest.WantCount(t, f, "statements open", n)
	analyzetest.WantCount(t, f, "statements closed", 0)
	analyzetest.WantCount(t, f, "queued finalizers", 0)
	analyzetest.WantRelated(t, f, "finalizer-registered", "duplicate-strings", "duplicate-strings", "static-collection-growth", "leak-suspect")
	if f.Anchor != list || f.Accumulation == nil || f.Accumulation.ChildObjects != n {
		t.Errorf("anchor %q, accumulation %+v", f.Anchor, f.Accumulation)
	}
}

func TestSlowFinalizer(t *testing.T) {
	const dump = "pg-timer/pg-timer-a3-slowfin-100000.hprof"
	n := tallyOf(t, dump).largest("java.lang.ref.ReferenceQueue::queueLength")
	r := analyzetest.RunRules(t, analyzetest.RealHeap(t, dump), "all")
	f := analyzetest.Only(t, r, "finalizer-backlog", report.Error)
	analyzetest.WantTitle(t, f, analyze.Number(n)+" ", oldStatement, `thread "Finalizer" is inside com.example.shop.Main$SlowCloser.finalize`)
	analyzetest.WantCount(t, f, "queued finalizers", n)
	analyzetest.WantCount(t, f, "ReferenceQueue.queueLength", n)
	analyzetest.WantCount(t, f, "statements closed", n)
	analyzetest.WantRelated(t, f, "jdbc-statement-retained", "finalizer-registered", "duplicate-strings", "duplicate-strings", "leak-suspect")
	if e := f.Evidence.Rows[0]; e.Class != "com.example.shop.Main$SlowCloser" {
		t.Errorf("being finalized: %s", e.Class)
	}
	if f.Anchor != "static java.lang.ref.Finalizer.queue" || f.RetainedShare < 0.9 {
		t.Errorf("anchor %q, share %g", f.Anchor, f.RetainedShare)
	}
}

func TestHealthyDumps(t *testing.T) {
	for _, dump := range []string{"pg-timer/pg-timer-a4-healthy-100000.hprof", "variants/variant-live.hprof", "variants/variant-jdk25.hprof", "zoo/zoo-small.hprof", "vthreads/vthreads-10000.hprof"} {
		t.Run(dump, func(t *testing.T) {
			r := analyzetest.RunRules(t, analyzetest.RealHeap(t, dump), "all")
			if r.Fails(report.Warning) {
				t.Errorf("%s: %s", r.Findings[0].Rule, r.Findings[0].Title)
			}
			for _, n := range r.Notes {
				if strings.Contains(n, "abstains") {
					t.Error(n)
				}
			}
		})
	}
}

func TestTwoRunsHaveOneSignature(t *testing.T) {
	a := analyzetest.RunRules(t, analyzetest.RealHeap(t, "pg-timer/pg-timer-a1-20000.hprof"), "all")
	b := analyzetest.RunRules(t, analyzetest.RealHeap(t, "pg-timer-again/pg-timer-a1-20000.hprof"), "all")
	if len(a.Findings) != len(b.Findings) {
		t.Fatalf("%d and %d findings", len(a.Findings), len(b.Findings))
	}
	for i := range a.Findings {
		if x, y := &a.Findings[i], &b.Findings[i]; x.Rule != y.Rule || x.Signature != y.Signature || x.Anchor != y.Anchor {
			t.Errorf("%s %s %s and %s %s %s", x.Rule, x.Anchor, x.Signature, y.Rule, y.Anchor, y.Signature)
		}
	}
}

func TestWorkersDoNotShow(t *testing.T) {
	var first []byte
	for _, workers := range []int{1, 3} {
		h := analyzetest.GraphOf(t, analyzetest.RealFile(t, "pg-timer/pg-timer-a1-20000.hprof"), workers)
		rules, _ := rules.Select("all", false)
		r, err := analyze.Run(t.Context(), h, analyze.Options{Rules: rules, Top: 10, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		} else if !bytes.Equal(first, b) {
			t.Error("one worker and three make different reports")
		}
	}
}
