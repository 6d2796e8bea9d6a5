package query_test

import (
	"fmt"
	"math"
	"testing"

	"heapcause/analyze/query"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"

	"heapcause/analyze/analyzetest"
)

// many is a heap that is large enough for the read on all processors.
func many(t testing.TB) (*graph.Heap, int) {
	t.Helper()
	const n = 5000
	d := hproftest.New(8)
	item := d.Class("com.acme.Item", hproftest.Fields("int kind", "double weight", "String name", "Object other"))
	all := make([]any, n)
	var last any
	for i := range all {
		o := d.Instance(item, i%7, math.Pow(-1.1, float64(i%300)), d.String(fmt.Sprintf("item-%d", i%13)), last)
		all[i], last = o, o
	}
	hold := d.Class("com.acme.Hold", hproftest.Static("Object[] all", d.Array("java.lang.Object", all...)))
	d.Root(hprof.RootStickyClass, hold)
	return analyzetest.Build(t, d), n
}

// The same rows come from the read on all processors, from one worker, and from objects that are looked at one by one.
func TestPlansAgree(t *testing.T) {
	h, n := many(t)
	if got := rows(t, h, "SELECT COUNT(*), COUNT(DISTINCT i.kind), SUM(i.kind) FROM com.acme.Item i", options()); got != fmt.Sprintf("%d|7|%d\n", n, sumMod(n, 7)) {
		t.Errorf("%q", got)
	}
	for _, q := range []string{
		"SELECT i.kind, COUNT(*), SUM(i.weight), AVG(i.weight), MIN(i.name.toString()), MAX(i.weight) FROM %s i GROUP BY i.kind",
		"SELECT i.kind, i.@objectAddress FROM %s i WHERE i.kind = 3 AND toString(i.name) LIKE \"item-1.*\"",
		"SELECT toString(i.name), COUNT(*) FROM %s i WHERE i.weight > 0 GROUP BY toString(i.name) ORDER BY 2 DESC, 1 LIMIT 5",
		"SELECT i.@objectAddress FROM %s i WHERE toString(i.name) = \"item-12\" LIMIT 400 OFFSET 3",
		"SELECT i.kind, x.kind, COUNT(*) FROM %s i JOIN inbounds(i) AS x ON x INSTANCEOF com.acme.Item GROUP BY i.kind, x.kind",
		"SELECT classof(i), SUM(shallow(i)), SUM(i.@retainedHeapSize) FROM %s i GROUP BY classof(i)",
	} {
		want := rows(t, h, fmt.Sprintf(q, "OBJECTS (SELECT * FROM com.acme.Item)"), options())
		for _, workers := range []int{1, 2, 5} {
			opt := options()
			opt.Workers = workers
			if got := rows(t, h, fmt.Sprintf(q, "com.acme.Item"), opt); got != want {
				t.Errorf("%s with %d workers\n got %.300q\nwant %.300q", q, workers, got, want)
			}
		}
	}
}

func sumMod(n, m int) int {
	s := 0
	for i := range n {
		s += i % m
	}
	return s
}

// What is compiled without calls in between says the same as the plain form.
func TestHotFormsAgree(t *testing.T) {
	h, _ := many(t)
	for hot, plain := range map[string]string{
		"classof(i)": "classof(eval(i))", "shallow(i)": "shallow(eval(i))", "retained(i)": "retained(eval(i))",
		"i.@usedHeapSize": "eval(i).@usedHeapSize", "@retainedHeapSize": "eval(i).@retainedHeapSize",
		"toString(i.name) = \"item-3\"": "eval(toString(i.name)) = \"item-3\"", "toString(i.name) LIKE \".*-3\"": "eval(toString(i.name)) LIKE \".*-3\"",
	} {
		q := "SELECT COUNT(*) FROM com.acme.Item i WHERE NOT (" + hot + ") = (" + plain + ")"
		if got := rows(t, h, q, query.Options{}); got != "0\n" {
			t.Errorf("%s: %s", q, got)
		}
	}
}

// Counts by class are those of the graph, which tests hold to the JVM's histograms.
func TestCountsAreTheHistograms(t *testing.T) {
	h, _ := many(t)
	got := map[string]bool{}
	for c := range graph.Class(h.NumClasses()) {
		k := h.Class(c)
		if k.Instances > 0 && !got[k.Name] && len(h.ClassesByName(k.Name)) == 1 {
			got[k.Name] = true
			q := "SELECT COUNT(*) FROM `" + k.Name + "`"
			if out := rows(t, h, q, options()); out != fmt.Sprintf("%d\n", k.Instances) {
				t.Errorf("%s: %s, the graph has %d", q, out, k.Instances)
			}
		}
	}
}
