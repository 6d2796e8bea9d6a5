package export

import (
	"context"
	"maps"
	"os"
	"slices"
	"testing"
	"unicode/utf16"

	"github.com/cespare/xxhash/v2"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/rules"
	"heapcause/graph"
)

// TestRealDumps reads the files of real dumps back and compares them with the graph, with each other, and with what the JVM counted.
func TestRealDumps(t *testing.T) {
	for _, name := range []string{"zoo/zoo-small.hprof", "pg-timer/pg-timer-a1-20000.hprof"} {
		t.Run(name, func(t *testing.T) {
			h := analyzetest.RealHeap(t, name)
			dir := written(t, h, nil)
			classes := byAddress(read[classRow](t, dir, Classes), func(r classRow) int64 { return r.ClassID })
			if len(classes) != h.NumClasses() {
				t.Errorf("%d classes, want %d", len(classes), h.NumClasses())
			}
			objects := read[objectRow](t, dir, Objects)
			checkHistogram(t, h, objects, classes, analyzetest.RealPath(t, name)+".histo.txt")
			checkDominators(t, h, objects, read[dominatorRow](t, dir, Dominators))
			refs := read[referenceRow](t, dir, References)
			if name == "zoo/zoo-small.hprof" { // the other has a million
				sameEdges(t, h, refs)
			}
			checkEnds(t, objects, refs)
			checkStrings(t, h, read[stringRow](t, dir, Strings))
			checkThreads(t, h, dir)
			checkFindings(t, h, read[findingRow](t, dir, Findings))
			checkDump(t, h, read[dumpRow](t, dir, Dumps))
		})
	}
}

// checkHistogram groups objects by class.
func checkHistogram(t *testing.T, h *graph.Heap, objects []objectRow, classes map[int64]classRow, jvm string) {
	t.Helper()
	counts := map[string]graph.ClassCount{}
	perClass := map[int64]graph.ClassCount{}
	for _, o := range objects {
		k, ok := classes[o.ClassID]
		if !ok {
			t.Fatalf("object %x has no class %x", o.Address, o.ClassID)
		}
		if isArray := k.Name[len(k.Name)-1] == ']'; isArray != (o.ArrayLength != nil) {
			t.Fatalf("%s at %x: length %v", k.Name, o.Address, o.ArrayLength)
		}
		n := counts[k.Name]
		counts[k.Name] = graph.ClassCount{Name: k.Name, Instances: n.Instances + 1, Bytes: n.Bytes + o.Shallow}
		n = perClass[o.ClassID]
		perClass[o.ClassID] = graph.ClassCount{Instances: n.Instances + 1, Bytes: n.Bytes + o.Shallow}
	}
	for id, k := range classes {
		if c := perClass[id]; c.Instances != k.Instances || c.Bytes != k.Shallow {
			t.Errorf("%s: %d objects of %d bytes, the class says %d and %d", k.Name, c.Instances, c.Bytes, k.Instances, k.Shallow)
		}
	}
	f, err := os.Open(jvm)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	told, err := graph.ParseHistogram(f)
	if err != nil {
		t.Fatal(err)
	}
	got := graph.Histogram{Classes: slices.Collect(maps.Values(counts))}
	if v, want := got.Verify(told), h.Histogram().Verify(told); v.Off != 0 || v.Equal != want.Equal || v.Equal < 200 || len(v.Counts) > 3 {
		t.Errorf("against the JVM's histogram: %+v", v)
	}
}

// checkDominators adds retained sizes up along the dominators of the file, and compares with the graph.
func checkDominators(t *testing.T, h *graph.Heap, objects []objectRow, dominators []dominatorRow) {
	t.Helper()
	if len(objects) != int(h.NumObjects()) || len(dominators) != len(objects) {
		t.Fatalf("%d objects and %d dominators of %d", len(objects), len(dominators), h.NumObjects())
	}
	children := map[int64]int64{}
	retained := byAddress(objects, func(r objectRow) int64 { return r.Address })
	var top, all int64
	for i, d := range dominators {
		o := objects[i]
		all += o.Shallow
		if d.Address != o.Address {
			t.Fatalf("row %d: %x and %x", i, d.Address, o.Address)
		}
		if d.Dominator == 0 {
			top += o.Retained
		}
		children[d.Dominator] += o.Retained
		id := graph.Object(i)
		if h.Addr(id) != uint64(o.Address) || h.Retained(id) != o.Retained || h.Strength(id).String() != o.Strength {
			t.Fatalf("object %d: %+v", i, o)
		}
		if idom := h.Idom(id); idom == graph.NoObject != (d.Dominator == 0) || idom != graph.NoObject && int64(h.Addr(idom)) != d.Dominator {
			t.Fatalf("dominator of %x: %x", o.Address, d.Dominator)
		}
	}
	if top != all {
		t.Errorf("what nothing dominates retains %d, all is %d", top, all)
	}
	for _, o := range objects {
		if o.Retained != o.Shallow+children[o.Address] {
			t.Fatalf("%x retains %d, itself %d and what it dominates %d", o.Address, o.Retained, o.Shallow, children[o.Address])
		}
	}
	if len(retained) != len(objects) {
		t.Error("addresses repeat")
	}
}

func checkEnds(t *testing.T, objects []objectRow, refs []referenceRow) {
	t.Helper()
	known := byAddress(objects, func(r objectRow) int64 { return r.Address })
	for _, r := range refs {
		_, from := known[r.From]
		_, to := known[r.To]
		if !from || !to {
			t.Fatalf("%+v: there are no such objects", r)
		}
	}
}

func checkStrings(t *testing.T, h *graph.Heap, rows []stringRow) {
	t.Helper()
	want := 0
	for _, c := range h.ClassesByName("java.lang.String") {
		want += int(h.Class(c).Instances)
	}
	if len(rows) != want {
		t.Errorf("%d strings of %d", len(rows), want)
	}
	byHash := map[int64]string{}
	owned := 0
	for _, r := range rows {
		o, _ := h.Lookup(uint64(r.Address))
		s, ok := h.Text(o, 1<<30)
		if !ok != (r.Hash == 0) || r.Value != nil {
			t.Fatalf("%+v", r)
		}
		if ok && (r.Hash != int64(xxhash.Sum64String(s)) || int(r.Length) != len(utf16.Encode([]rune(s)))) {
			t.Fatalf("%q: %+v", s, r)
		}
		if old, known := byHash[r.Hash]; known && ok && old != s {
			t.Fatalf("%q and %q have one hash", old, s)
		}
		byHash[r.Hash] = s
		if r.Bytes < h.Shallow(o) {
			t.Fatalf("%+v", r)
		}
		owner := ""
		for d := h.Idom(o); d != graph.NoObject && owner == ""; d = h.Idom(d) {
			k := h.Class(h.ClassOf(d))
			if c, ok := h.AsClass(d); ok {
				k = h.Class(c)
			}
			if !k.IsArray && !analyze.Platform(k.Name) {
				owner = k.Name
			}
		}
		if r.Owner != owner {
			t.Fatalf("%x: owner %q, want %q", r.Address, r.Owner, owner)
		}
		if owner != "" {
			owned++
		}
	}
	if owned == 0 || len(byHash) < 1000 {
		t.Errorf("%d strings have an owner, %d texts", owned, len(byHash))
	}
}

func checkThreads(t *testing.T, h *graph.Heap, dir string) {
	t.Helper()
	threads, frames, roots := read[threadRow](t, dir, Threads), read[frameRow](t, dir, Frames), read[rootRow](t, dir, Roots)
	depth, locals, held := 0, 0, 0
	for i, want := range h.Threads() {
		if r := threads[i]; r.Name == "" || r.Priority == nil || r.State == "" || r.Retained != h.Retained(want.Object) {
			t.Errorf("%+v", r)
		}
		depth += len(want.Frames)
		for _, l := range h.Locals(want.Object) {
			held++
			if l.Frame >= 0 {
				locals++
			}
		}
	}
	for _, f := range frames {
		locals -= int(f.Locals)
	}
	if len(threads) != len(h.Threads()) || len(frames) != depth || locals != 0 || len(roots) != len(h.Roots())+held {
		t.Errorf("%d threads, %d frames, %d locals missing, %d roots", len(threads), len(frames), locals, len(roots))
	}
	if !slices.ContainsFunc(threads, func(r threadRow) bool { return r.Name == "main" && !r.Daemon && *r.Priority == 5 && r.StackDepth > 0 }) {
		t.Errorf("no main thread: %+v", threads)
	}
	if kinds := names(roots, func(r rootRow) string { return r.Kind }); !slices.Contains(kinds, "Java frame") || !slices.Contains(kinds, "sticky class") {
		t.Errorf("kinds of roots: %v", kinds)
	}
}

func checkFindings(t *testing.T, h *graph.Heap, rows []findingRow) {
	t.Helper()
	selected, err := rules.Select("all", false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyze.Run(context.Background(), h, analyze.Options{Rules: selected, ToolVersion: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(r.Findings) || len(rows) == 0 {
		t.Fatalf("%d findings, want %d", len(rows), len(r.Findings))
	}
	for i, f := range r.Findings {
		if g := rows[i]; g.Rule != f.Rule || g.Signature != f.Signature || g.Retained != f.Retained || g.Headline != f.Title || g.Objects != f.Objects {
			t.Errorf("%+v", g)
		}
	}
}

func checkDump(t *testing.T, h *graph.Heap, rows []dumpRow) {
	t.Helper()
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	d := rows[0]
	if d.Objects != h.NumObjects() || d.JavaVersion != h.JavaVersion() || d.VM == "" || d.TakenAt != h.File().Time.UnixMilli() || d.Incomplete || len(d.Labels) != 3 ||
		d.Bytes != d.StrongBytes+d.SoftBytes+d.FinalizerBytes+d.WeakBytes+d.PhantomBytes+d.UnreachableBytes {
		t.Errorf("%+v", d)
	}
}

// TestWorkers holds the files to be the same for one worker and for three, many portions each.
func TestWorkers(t *testing.T) {
	defer func(objects, bytes int64) { portionObjects, stretchBytes = objects, bytes }(portionObjects, stretchBytes)
	portionObjects, stretchBytes = 5000, 4<<20
	var first map[string]string
	for _, workers := range []int{1, 3, 3} {
		h := analyzetest.GraphOf(t, analyzetest.RealFile(t, "zoo/zoo-small.hprof"), workers)
		got := contents(t, written(t, h, func(o *Options) { o.Analysis.Workers = workers }))
		if first == nil {
			first = got
		}
		if len(got) != len(Tables()) {
			t.Errorf("%d files", len(got))
		}
		for name, b := range first {
			if got[name] != b {
				t.Errorf("%s differs with %d workers", name, workers)
			}
		}
	}
}
