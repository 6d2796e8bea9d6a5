package extract_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
)

// heapLibrary is VisualVM's heap library, as Debian's package visualvm installs it.
const heapLibrary = "/usr/share/visualvm/visualvm/modules/org-graalvm-visualvm-lib-jfluid-heap.jar"

// TestVisualVM: a reader that is not ours counts the same classes, instances, sizes, roots and references in a copy, and reads the
// names of the threads.
func TestVisualVM(t *testing.T) {
	launcher := java(t)
	if _, err := os.Stat(heapLibrary); err != nil {
		t.Skip("no " + heapLibrary + ": apt-get install visualvm")
	}
	dir := t.TempDir()
	source := filepath.Join(module, "testdata", "java", "extract", "VisualVM.java")
	run(t, launcher+"c", "-cp", heapLibrary, "-d", dir, source)
	ask := func(dump string) string {
		return run(t, launcher, "-Xmx256m", "-Djava.io.tmpdir="+dir, "-cp", heapLibrary+":"+dir, "VisualVM", dump)
	}
	// The library leaves files beside the dump.
	original := analyzetest.RealPath(t, "leaks/executor-cancelled.hprof")
	b, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	_, copied, _ := extracted(t, analyzetest.RealFile(t, "leaks/executor-cancelled.hprof"), nil)
	before, after := filepath.Join(dir, "before.hprof"), filepath.Join(dir, "after.hprof")
	for name, b := range map[string][]byte{before: b, after: copied} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, got := ask(before), ask(after)
	if want != got {
		w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
		for i := range min(len(w), len(g)) {
			if w[i] != g[i] {
				t.Errorf("%q, in the copy %q", w[i], g[i])
			}
		}
		t.Errorf("%d lines, %d of the copy", len(w), len(g))
	}
	for _, line := range []string{"instances ", "references ", "thread main\n"} {
		if !strings.Contains(got, line) {
			t.Errorf("VisualVM's heap library does not say %q", line)
		}
	}
	t.Logf("%.600s", got)
}
