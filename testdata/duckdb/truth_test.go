package duckdb

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// report is what the checks read of a report of heapcause analyze.
type report struct {
	Retention struct {
		Strong struct{ Bytes float64 }
	}
	Figures []struct {
		Name  string
		Value float64
	}
	Threads struct {
		Rows []struct {
			Name            string
			Retained, Alike float64
		}
	}
	Consumers struct {
		Packages struct {
			Rows []struct {
				Name     string
				Retained float64
			}
		}
	}
}

// figure is the figure of that name.
func (r *report) figure(name string) float64 {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	return math.NaN()
}

// class is a row of heapcause histogram.
type class struct {
	Name             string
	Instances, Bytes float64
}

// truth is what is known of the dumps without the export.
type truth struct {
	*lake
	page    string
	reports map[string]*report // by pod
	classes map[string][]class // by pod
	fleet   struct {
		Findings []struct {
			Signature, Rule, Severity string
			Retained                  float64
			Objects                   float64
			Dumps                     []struct{ Path string }
		}
	}
}

// newTruth analyses all dumps, and counts classes, which is another reading of the dump.
func newTruth(t *testing.T, l *lake) *truth {
	t.Helper()
	k := &truth{lake: l, reports: map[string]*report{}, classes: map[string][]class{}}
	k.page = absolutePage
	l.json(t, &k.fleet, "analyze", "dumps", "-f", "json", "--reports", "reports", "--inspections=none", "--top=1000000", "--index=never")
	for _, pod := range l.pods {
		b, err := os.ReadFile(filepath.Join("reports", pod+".hprof.json"))
		if err != nil {
			t.Fatal(err)
		}
		r := new(report)
		if err := json.Unmarshal(b, r); err != nil {
			t.Fatal(err)
		}
		k.reports[pod] = r
		var h struct{ Classes []class }
		l.json(t, &h, "histogram", filepath.Join("dumps", pod+".hprof"), "-f", "json", "--top=1000000")
		k.classes[pod] = h.Classes
	}
	return k
}

// absolutePage is the page, as the test changes its folder.
var absolutePage, _ = filepath.Abs(page)

// of splits a pod into service, release and pod.
func of(pod string) (service, release string) {
	p := strings.Split(pod, "/")
	return p[0], p[1]
}

func podOf(r row) string { return r.text("service") + "/" + r.text("release") + "/" + r.text("pod") }

// most is the largest value over the pods of a release.
func (k *truth) most(service, release string, value func(pod string) float64) float64 {
	n := math.Inf(-1)
	for _, pod := range k.pods {
		if s, r := of(pod); s == service && r == release {
			n = max(n, value(pod))
		}
	}
	return n
}

func same(t *testing.T, what string, got, want float64) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %.0f, want %.0f", what, got, want)
	}
}

// before is the release before one of the test's.
var before = map[string]string{"3.2.0": "3.1.0", "1.10.0": "1.9.0", "1.1.0": "1.0.0"}

// checks compare the answers with the truth, by question.
var checks = map[string]func(t *testing.T, k *truth, rows []row){
	"Which service's heap grew in its last release?":          checkGrowth,
	"Which leak is on how many pods?":                         checkLeaks,
	"Which library version holds the most duplicate strings?": checkStrings,
	"Which classes are large everywhere?":                     checkClasses,
	"Where does finalization fall behind?":                    checkFinalizers,
	"Which threads keep the most?":                            checkThreads,
	"Which pods still run a library that was to be gone?":     checkLibrary,
	"Who refers to a class, over all pods?":                   checkReferrers,
	"Which package keeps more than in the release before?":    checkPackages,
	"Which pods are far above their service's median?":        checkOutliers,
}

func (k *truth) strong(pod string) float64 { return k.reports[pod].Retention.Strong.Bytes }

func checkGrowth(t *testing.T, k *truth, rows []row) {
	grown := map[string]bool{}
	for _, r := range rows {
		s, release := r.text("service"), r.text("release")
		now, was := k.most(s, release, k.strong), k.most(s, before[release], k.strong)
		same(t, s+" strong", r.number(t, "strong"), now)
		same(t, s+" growth", r.number(t, "growth"), now-was)
		grown[s] = true
	}
	for _, pod := range k.pods {
		s, release := of(pod)
		if b := before[release]; b != "" && k.most(s, release, k.strong) > k.most(s, b, k.strong) && !grown[s] {
			t.Errorf("%s grew and is left out", s)
		}
	}
}

func checkLeaks(t *testing.T, k *truth, rows []row) {
	want := 0
	for _, f := range k.fleet.Findings {
		if f.Severity == "info" {
			continue
		}
		want++
		i := slices.IndexFunc(rows, func(r row) bool { return strings.HasPrefix(f.Signature, r.text("leak")) })
		if i < 0 {
			t.Errorf("%s of %s is left out", f.Signature, f.Rule)
			continue
		}
		same(t, f.Rule+" pods", rows[i].number(t, "pods"), float64(len(f.Dumps)))
		same(t, f.Rule+" retained", rows[i].number(t, "retained"), f.Retained)
	}
	same(t, "leaks", float64(len(rows)), float64(want))
	if rows[0].number(t, "pods") != 2 || rows[0].text("rule") != "timer-queue-backlog" {
		t.Errorf("the timer's leak of two JVMs is no one leak: %v", rows[0])
	}
}

// checkStrings: the finding on duplicate strings has counted the copies of the one program that has many of its own.
func checkStrings(t *testing.T, k *truth, rows []row) {
	copies := map[string]float64{}
	for _, r := range rows {
		copies[r.text("owner_library")] += r.number(t, "copies")
	}
	for _, f := range k.fleet.Findings {
		if f.Rule == "duplicate-strings" && f.Severity != "info" {
			if n := copies["leaks-waste"]; n > f.Objects || n < 0.99*f.Objects {
				t.Errorf("%.0f copies, the finding has %.0f", n, f.Objects)
			}
			return
		}
	}
	t.Error("no finding to compare with")
}

func checkClasses(t *testing.T, k *truth, rows []row) {
	bytes := map[string][]float64{}
	for _, classes := range k.classes {
		sum := map[string]float64{}
		for _, c := range classes {
			sum[c.Name] += c.Bytes
		}
		for name, n := range sum {
			if n > 0 {
				bytes[name] = append(bytes[name], n)
			}
		}
	}
	type ranked struct {
		name string
		p95  float64
	}
	var want []ranked
	for name, all := range bytes {
		if len(all) >= 10 {
			want = append(want, ranked{name, percentile95(all)})
		}
	}
	slices.SortFunc(want, func(a, b ranked) int {
		if a.p95 != b.p95 {
			return int(b.p95 - a.p95)
		}
		return strings.Compare(a.name, b.name)
	})
	for i, r := range rows {
		if r.text("name") != want[i].name || math.Abs(r.number(t, "p95")-want[i].p95) > 1 {
			t.Errorf("number %d is %v, want %v", i+1, r, want[i])
		}
		all := bytes[r.text("name")]
		same(t, r.text("name")+" most", r.number(t, "most"), slices.Max(all))
		same(t, r.text("name")+" dumps", r.number(t, "dumps"), float64(len(all)))
	}
	checkJVM(t, k)
}

// percentile95 is the 95th percentile, linear between two.
func percentile95(all []float64) float64 {
	slices.Sort(all)
	at := 0.95 * float64(len(all)-1)
	i := int(at)
	if i+1 == len(all) {
		return all[i]
	}
	return all[i] + (at-float64(i))*(all[i+1]-all[i])
}

// checkJVM compares the classes of the driver and the program with the JVM's own histograms.
func checkJVM(t *testing.T, k *truth) {
	compared := 0
	for pod, path := range k.dumps {
		f, err := os.Open(path + ".histo-after.txt")
		if err != nil {
			continue
		}
		parts := strings.Split(pod, "/")
		_, rows := k.ask(t, `SELECT name, sum(instances) AS instances, sum(shallow) AS bytes FROM classes c JOIN pods p ON p.dump = c.dump
			WHERE service = ? AND release = ? AND pod = ? AND instances > 0 GROUP BY name`, parts[0], parts[1], parts[2])
		have := map[string]row{}
		for _, r := range rows {
			have[r.text("name")] = r
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			w := strings.Fields(s.Text())
			if len(w) < 4 || !strings.HasPrefix(w[3], "org.postgresql.") && !strings.HasPrefix(w[3], "com.example.") || strings.Contains(w[3], "Lambda") {
				continue
			}
			n, _ := strconv.ParseFloat(w[1], 64)
			size, _ := strconv.ParseFloat(w[2], 64)
			r := have[w[3]]
			if r == nil {
				t.Errorf("%s: the JVM has %s instances of %s", pod, w[1], w[3])
				continue
			}
			same(t, pod+" "+w[3]+" instances", r.number(t, "instances"), n)
			same(t, pod+" "+w[3]+" bytes", r.number(t, "bytes"), size)
			compared++
		}
		_ = f.Close()
	}
	if compared < 20 {
		t.Errorf("%d classes compared with the JVM's", compared)
	}
}

func checkFinalizers(t *testing.T, k *truth, rows []row) {
	for _, r := range rows {
		s, release := r.text("service"), r.text("release")
		value := func(name string) func(string) float64 {
			return func(pod string) float64 { return k.reports[pod].figure(name) }
		}
		queued := k.most(s, release, value("finalizer.queued"))
		running := r.number(t, "waiting") - queued // one that is taken from the queue refers to itself while it is finalized
		if running != 0 && running != 1 {
			t.Errorf("%s: %v, the queue has %.0f", s, r, queued)
		}
		same(t, s+" growth", r.number(t, "growth"), queued+running-k.most(s, before[release], value("finalizer.queued")))
		same(t, s+" registered", r.number(t, "registered"), k.most(s, release, func(pod string) float64 {
			n := 0.0
			for _, c := range k.classes[pod] {
				if c.Name == "java.lang.ref.Finalizer" {
					n += c.Instances
				}
			}
			return n
		}))
	}
	if len(rows) != 1 || rows[0].number(t, "waiting") < 90_000 {
		t.Errorf("the slow finalizer is not what is found: %v", rows)
	}
}

func checkThreads(t *testing.T, k *truth, rows []row) {
	for _, r := range rows {
		found := false
		for _, x := range k.reports[podOf(r)].Threads.Rows {
			found = found || x.Retained == r.number(t, "retained") && (x.Name == r.text("name") || x.Alike > 1)
		}
		if !found {
			t.Errorf("the report has no such thread: %v", r)
		}
	}
	for pod, rep := range k.reports {
		for _, x := range rep.Threads.Rows {
			if x.Retained > rows[0].number(t, "retained") {
				t.Errorf("thread %s of %s is left out", x.Name, pod)
			}
		}
	}
}

// checkLibrary: all instances of the library's packages, by pod.
func checkLibrary(t *testing.T, k *truth, rows []row) {
	pods := map[string]row{}
	for _, r := range rows {
		pods[podOf(r)] = r
	}
	for pod, classes := range k.classes {
		want := 0.0
		for _, c := range classes {
			if strings.HasPrefix(c.Name, "org.h2.") && !strings.Contains(c.Name, "[") {
				want += c.Instances
			}
		}
		if r := pods[pod]; r != nil {
			same(t, pod+" instances", r.number(t, "instances"), want)
		} else if want > 0 {
			t.Errorf("%s has %.0f instances of the library and is left out", pod, want)
		}
	}
}

// checkReferrers: each session is the value of one entry; the program has counted them.
func checkReferrers(t *testing.T, k *truth, rows []row) {
	var counted struct {
		Steps []struct {
			Dump     string
			Sessions float64
		}
	}
	b, err := os.ReadFile(filepath.Join(filepath.Dir(k.dumps["orders/1.10.0/pod-1"]), "orders.expected.json"))
	if err == nil {
		err = json.Unmarshal(b, &counted)
	}
	if err != nil {
		t.Fatal(err)
	}
	want := 0.0
	for _, s := range counted.Steps {
		for _, path := range k.dumps {
			if filepath.Base(path) == s.Dump {
				want += s.Sessions
			}
		}
	}
	for _, r := range rows {
		if r.text("field") == "java.util.HashMap$Node::value" {
			same(t, "entries with sessions", r.number(t, "refs"), want)
			same(t, "dumps", r.number(t, "dumps"), 3)
			return
		}
	}
	t.Errorf("no entry refers to a session: %v", rows)
}

// checkPackages: what is said is an upper bound.
func checkPackages(t *testing.T, k *truth, rows []row) {
	exact := func(name string) func(string) float64 {
		return func(pod string) float64 {
			for _, p := range k.reports[pod].Consumers.Packages.Rows {
				if p.Name == name {
					return p.Retained
				}
			}
			return 0
		}
	}
	grown := map[string]bool{}
	for _, r := range rows {
		name := r.text("package")
		want := k.most(r.text("service"), r.text("release"), exact(name))
		if got := r.number(t, "retained"); got < want {
			t.Errorf("%s: %.0f bytes are less than the %.0f that it retains", name, got, want)
		}
		grown[name] = true
	}
	for _, name := range []string{"com.acme.orders", "org.postgresql.jdbc3g"} {
		if !grown[name] {
			t.Errorf("%s is left out", name)
		}
	}
}

func checkOutliers(t *testing.T, k *truth, rows []row) {
	byService := map[string][]float64{}
	for _, pod := range k.pods {
		s, _ := of(pod)
		byService[s] = append(byService[s], k.strong(pod))
	}
	want := 0
	for _, pod := range k.pods {
		s, _ := of(pod)
		all := slices.Sorted(slices.Values(byService[s]))
		median := (all[(len(all)-1)/2] + all[len(all)/2]) / 2
		times := k.strong(pod) / median
		if times <= 1.5 {
			continue
		}
		want++
		i := slices.IndexFunc(rows, func(r row) bool { return podOf(r) == pod })
		if i < 0 || math.Abs(rows[i].number(t, "times")-times) > 0.051 {
			t.Errorf("%s is %.2f times the median, rows have %v", pod, times, rows)
		}
	}
	same(t, "pods", float64(len(rows)), float64(want))
}
