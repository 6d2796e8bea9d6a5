package pprof_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"heapcause/report"
	"heapcause/report/pprof"
	"heapcause/report/reporttest"
)

func render(t *testing.T, r *report.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pprof.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t *testing.T, r *report.Report) *profile.Profile {
	t.Helper()
	p, err := profile.ParseData(render(t, r))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tree is a report with a tree of three levels, and something left out at the top.
func tree() *report.Report {
	r := reporttest.PGTimer()
	r.Tree = report.List[report.TreeNode]{Omitted: 4, OmittedBytes: 50, Rows: []report.TreeNode{
		{Parent: -1, Label: "static com.acme.Cache.ALL", Class: "com.acme.Cache", Objects: 1, Retained: 1000},
		{Parent: 0, Label: "com.acme.Cache::map", Class: "java.util.HashMap", Objects: 1, Retained: 900},
		{Parent: 1, Label: "java.util.HashMap::table", Class: "java.util.HashMap$Node[]", Objects: 1, Retained: 850, OmittedChildren: 70, OmittedBytes: 700},
		{Parent: 2, Class: "java.lang.String", Objects: 5, Retained: 100},
		{Parent: -1, Class: "com.acme.Log", Objects: 1, Retained: 300},
	}}
	return r
}

// TestSamples holds that each stack leads from the node to the root, and that no byte is counted twice.
func TestSamples(t *testing.T) {
	p := read(t, tree())
	if p.DefaultSampleType != "retained" || p.SampleType[1].Unit != "bytes" || p.TimeNanos != reporttest.PGTimer().Dump.Taken.UnixNano() {
		t.Errorf("type %s, unit %s, time %d", p.DefaultSampleType, p.SampleType[1].Unit, p.TimeNanos)
	}
	got := map[string]int64{}
	var whole int64
	for _, s := range p.Sample {
		var names []string
		for _, l := range s.Location {
			names = append(names, l.Line[0].Function.Name)
		}
		got[strings.Join(names, " < ")] = s.Value[1]
		whole += s.Value[1]
	}
	const cache = "com.acme.Cache ← static com.acme.Cache.ALL"
	const hashMap = "java.util.HashMap ← com.acme.Cache::map < " + cache
	const table = "java.util.HashMap$Node[] ← java.util.HashMap::table < " + hashMap
	for stack, want := range map[string]int64{
		cache: 100, hashMap: 50, table: 750, "java.lang.String < " + table: 100, "com.acme.Log": 300, "(not in the report)": 50,
	} {
		if got[stack] != want {
			t.Errorf("%s: %d bytes, want %d", stack, got[stack], want)
		}
	}
	if whole != 1000+300+50 {
		t.Errorf("%d bytes in all", whole)
	}
}

// TestEveryReport writes reports of all kinds; what is read is valid, and two profiles of one report are equal.
func TestEveryReport(t *testing.T) {
	for name, r := range map[string]*report.Report{"pg-timer": reporttest.PGTimer(), "full": reporttest.Full(), "minimal": reporttest.Minimal(), "hostile": reporttest.Hostile(), "tree": tree()} {
		p := read(t, r)
		if err := p.CheckValid(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		reporttest.CheckSecrets(t, p.String())
		if !bytes.Equal(render(t, r), render(t, r)) {
			t.Errorf("%s: two profiles differ", name)
		}
	}
}

// TestGoToolPprof opens a profile in go tool pprof.
func TestGoToolPprof(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: builds pprof where it is not built yet")
	}
	file := filepath.Join(t.TempDir(), "report.pb.gz")
	if err := os.WriteFile(file, render(t, tree()), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("go", "tool", "pprof", "-top", "-cum", "-unit=B", file)
	c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "PPROF_TMPDIR="+t.TempDir())
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var rows []string
	for l := range strings.Lines(string(out)) {
		rows = append(rows, strings.Join(strings.Fields(l), " "))
	}
	got := strings.Join(rows, "\n")
	for _, want := range []string{"Type: retained", "100B 7.41% 7.41% 1000B 74.07% com.acme.Cache ← static com.acme.Cache.ALL", "300B"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
