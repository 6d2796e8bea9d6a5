package layout_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/graph/layout"
)

// largeDump is the size from which -short leaves a dump out.
const largeDump = 48 << 20

// TestAgainstHistograms holds the sizes to the JVM's own count of bytes by class,
// taken beside each dump.
//
// Dumps are the files X.hprof and X.hprof.gz below testdata/dumps (make
// testdata) and below the folders that HEAPCAUSE_DUMPS and HEAPCAUSE_ORACLE name.
func TestAgainstHistograms(t *testing.T) {
	var pairs []dumpPair
	for _, p := range findDumps(t) {
		if len(p.histograms) > 0 {
			pairs = append(pairs, p)
		}
	}
	if len(pairs) == 0 {
		t.Skip("no dump with a histogram here: run make testdata, or set HEAPCAUSE_DUMPS to a folder of some")
	}
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			skipLarge(t, p)
			checkDump(t, p)
		})
	}
}

// TestWithoutHistogram looks at dumps of which only the addresses can tell: they
// must support a model, and no object may overlap the next.
func TestWithoutHistogram(t *testing.T) {
	var pairs []dumpPair
	for _, p := range findDumps(t) {
		if len(p.histograms) == 0 && !strings.Contains(p.name, "damaged") {
			pairs = append(pairs, p)
		}
	}
	if len(pairs) == 0 {
		t.Skip("no dump without a histogram here: run make testdata, or set HEAPCAUSE_DUMPS to a folder of some")
	}
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			skipLarge(t, p)
			d := readDump(t, p.dump)
			m := layout.Infer(&d.in, d.evidence())
			t.Log(m)
			t.Logf("confirmed %d, unconfirmed %d, corrected %d, java.version %q", m.Confirmed, m.Unconfirmed, m.Corrected, d.in.JavaVersion)
			if m.Estimated || m.Violations > 0 {
				t.Error("the addresses do not support the model")
			}
		})
	}
}

func skipLarge(t *testing.T, p dumpPair) {
	t.Helper()
	if st, err := os.Stat(p.dump); err == nil && testing.Short() && st.Size() > largeDump {
		t.Skip("large")
	}
}

// checkDump compares one dump with its histograms. The dump lies between two
// moments at which histograms were taken; the better one counts.
func checkDump(t *testing.T, p dumpPair) {
	d := readDump(t, p.dump)
	m := layout.Infer(&d.in, d.evidence())
	t.Log(m)
	if m.Estimated {
		t.Error("no model accepted")
	}
	ours := d.histogram(m)
	unnamed := d.in
	unnamed.JavaVersion = ""
	if w := layout.Infer(&unnamed, d.evidence()); !maps.Equal(ours, d.histogram(w)) {
		t.Errorf("without java.version the sizes differ: %v", w)
	}
	best := agreement{bytesOff: -1}
	for _, h := range p.histograms {
		a := ours.compare(readHistogram(t, h))
		if best.bytesOff < 0 || a.bytesOff < best.bytesOff {
			best = a
		}
	}
	t.Logf("%d of %d classes equal, %d bytes off, %d with other counts; confirmed %d, unconfirmed %d, corrected %d, java.version %q",
		best.equal, best.compared, best.bytesOff, best.otherCounts, m.Confirmed, m.Unconfirmed, m.Corrected, d.in.JavaVersion)
	for c := range d.in.Classes {
		if m.Basis(int32(c)) == layout.Corrected {
			t.Logf("corrected: %s to %d", d.in.Classes[c].Name, m.Instance(int32(c)))
		}
	}
	if best.compared == 0 {
		t.Error("nothing to compare")
	}
	for _, line := range best.differing {
		t.Error(line)
	}
}

// dumpPair is a dump and the histograms beside it.
type dumpPair struct {
	name, dump string
	histograms []string
}

// findDumps lists the dumps at hand with the histograms that each has.
func findDumps(t *testing.T) []dumpPair {
	t.Helper()
	var pairs []dumpPair
	leaks := 0 // the dumps of the rules' leaks are many and alike in their layout: every tenth
	for _, root := range []string{"../../testdata/dumps", os.Getenv("HEAPCAUSE_DUMPS"), os.Getenv("HEAPCAUSE_ORACLE")} {
		if root == "" {
			continue
		}
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				if path == root && os.IsNotExist(err) {
					return fs.SkipAll
				}
				return err
			}
			if e.IsDir() || !strings.HasSuffix(path, ".hprof") && !strings.HasSuffix(path, ".hprof.gz") {
				return nil
			}
			if filepath.Base(filepath.Dir(path)) == "leaks" {
				if leaks++; leaks%10 != 1 {
					return nil
				}
			}
			name, err := filepath.Rel(root, path)
			pairs = append(pairs, dumpPair{name, path, histogramsOf(path)})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return pairs
}

// histogramsOf returns the histograms beside a dump, under the names that the
// makers of dumps gave them.
func histogramsOf(path string) []string {
	base := strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".hprof")
	var found []string
	for _, name := range []string{
		path + ".histo.txt", path + ".histo-after.txt", base + ".histo.txt",
		filepath.Join(filepath.Dir(path), "histogram_"+filepath.Base(base)+".txt"),
		base + ".notes.txt",
	} {
		if st, err := os.Stat(name); err == nil && st.Mode().IsRegular() {
			found = append(found, name)
		}
	}
	return found
}
