package graph_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// dumpFolder is where real dumps lie: HEAPCAUSE_DUMPS, else testdata/dumps.
func dumpFolder() string {
	if dir := os.Getenv("HEAPCAUSE_DUMPS"); dir != "" {
		return dir
	}
	return "../testdata/dumps"
}

// dumps returns the real dumps that match a pattern, or skips.
func dumps(t *testing.T, pattern string) []string {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(dumpFolder(), pattern))
	if len(found) == 0 {
		t.Skipf("no dump %s: make testdata makes them where there is a JDK", pattern)
	}
	return found
}

// someOf leaves every tenth, or fewer under the race detector, of the dumps of the rules' leaks: they are many, and of one shape to whoever does not look into objects.
func someOf(paths []string) []string {
	n, every := 0, 10
	if hproftest.Race {
		every = 60
	}
	return slices.DeleteFunc(paths, func(path string) bool {
		if filepath.Base(filepath.Dir(path)) != "leaks" {
			return false
		}
		n++
		return n%every != 1
	})
}

func openDump(t testing.TB, path string) *hprof.File {
	t.Helper()
	f, err := hprof.Open(context.Background(), path, hprof.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestRetentionOfRealDump checks the strength of every object of a program that holds objects in each known way.
func TestRetentionOfRealDump(t *testing.T) {
	for _, path := range dumps(t, "retention/*.hprof") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			b, err := os.ReadFile(strings.TrimSuffix(path, ".hprof") + ".expected.json")
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]struct {
				Instances int64
				Retention string
			}
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			h := build(t, openDump(t, path), graph.Options{TempDir: t.TempDir()})
			got := map[string]map[string]int64{}
			var totals [graph.NumStrengths]graph.Totals
			for o := range graph.Object(h.NumObjects()) {
				s := h.Strength(o)
				totals[s].Objects++
				totals[s].Bytes += h.Shallow(o)
				if name := h.ClassName(o); strings.HasPrefix(name, "Retention$") {
					if got[name] == nil {
						got[name] = map[string]int64{}
					}
					got[name][s.String()]++
				}
			}
			if totals != h.Totals() {
				t.Errorf("totals %v, objects add up to %v", h.Totals(), totals)
			}
			for name, w := range want {
				if n := got[name][w.Retention]; n != w.Instances || len(got[name]) > 1 {
					t.Errorf("%s: %v, want %d %s", name, got[name], w.Instances, w.Retention)
				}
			}
		})
	}
}

// otherMoment names classes whose instances jcmd or the JVM makes between the histogram and the dump.
func otherMoment(name string) bool {
	switch name {
	case "java.lang.Class", // dormant archived mirrors, which no dump lists
		"int[]", "jdk.internal.vm.FillerElement[]", // JDK 25's filler arrays are listed as int[]
		// The histogram comes before the collection that the dump begins with, which takes these:
		"java.lang.invoke.MethodHandleNatives$CallSiteContext", "jdk.internal.ref.CleanerImpl$PhantomCleanableRef":
		return true
	}
	return false
}

// TestCountsOfRealDumps compares instances and bytes per class with the class histogram that the JVM printed beside the dump.
func TestCountsOfRealDumps(t *testing.T) {
	for _, pattern := range []string{"pg-timer/*.hprof", "variants/*.hprof*", "vthreads/*.hprof", "zoo/zoo-small.hprof"} {
		found, _ := filepath.Glob(filepath.Join(dumpFolder(), pattern))
		for _, path := range found {
			in, err := os.Open(path + ".histo.txt")
			if err != nil {
				continue
			}
			t.Run(filepath.Base(path), func(t *testing.T) {
				defer in.Close()
				jvm, err := graph.ParseHistogram(in)
				if err != nil {
					t.Fatal(err)
				}
				h, err := graph.CountClasses(context.Background(), openDump(t, path), graph.Options{TempDir: t.TempDir()})
				if err != nil {
					t.Fatal(err)
				}
				v := h.Verify(jvm)
				if v.Equal < 200 || v.Off != 0 {
					t.Errorf("%d classes equal, %d bytes off: %v", v.Equal, v.Off, v.Bytes)
				}
				for _, d := range v.Counts {
					if !otherMoment(d.Name) {
						t.Errorf("%s: %d in the dump, %d in the histogram", d.Name, d.Dump.Instances, d.JVM.Instances)
					}
				}
				t.Logf("%d classes equal, other counts: %v", v.Equal, v.Counts)
			})
		}
	}
	dumps(t, "pg-timer/*.hprof") // skips with a word when there are none
}

// TestWorkersAgree builds one dump with one worker and with four: nothing may differ.
func TestWorkersAgree(t *testing.T) {
	path := dumps(t, "variants/variant-all.hprof")[0]
	one := build(t, openDump(t, path), graph.Options{Workers: 1})
	four := build(t, openDump(t, path), graph.Options{Workers: 4})
	for o := range graph.Object(one.NumObjects()) {
		if one.Addr(o) != four.Addr(o) || one.Idom(o) != four.Idom(o) || one.Retained(o) != four.Retained(o) || one.Strength(o) != four.Strength(o) || one.ClassOf(o) != four.ClassOf(o) {
			t.Fatalf("object %d differs", o)
		}
	}
}
