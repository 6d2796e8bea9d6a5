package system_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/inspect/system"
	"heapcause/hprof/hproftest"
	"heapcause/report"
	reportjson "heapcause/report/json"
)

// value returns the value of a row by its name, "" for none.
func value(s *report.Section, table, name string) string {
	for _, r := range s.Table(table).Rows {
		if r[0].Text().String() == name {
			return r[1].Text().String()
		}
	}
	return ""
}

func masked(t *testing.T, d *hproftest.Dump) *report.Report {
	t.Helper()
	r, err := analyze.Run(context.Background(), analyzetest.Build(t, d), analyze.Options{Inspections: []*analyze.Inspection{system.Inspection}, Top: -1, ToolVersion: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestProperties(t *testing.T) {
	for _, java := range []int{8, 17} {
		d := hproftest.New(8, hproftest.Java(java))
		d.JavaVersion("17.0.1")
		d.Properties("os.name", "Linux", "shop.password", "tiger", "java.vm.name", "OpenJDK 64-Bit Server VM")
		r := masked(t, d)
		s := r.Section("system")
		if value(s, "properties", "os.name") != "Linux" || value(s, "properties", "shop.password") == "tiger" || len(s.Table("properties").Rows) != 3 {
			t.Errorf("Java %d: properties %v", java, s.Table("properties").Rows)
		}
		if v, _ := s.Fact("JVM"); v.Text().String() != "OpenJDK 64-Bit Server VM" {
			t.Errorf("Java %d: %v", java, s.Facts)
		}
	}
}

// output reads a number that the program printed.
func output(t *testing.T, dump, label string) (n int64) {
	t.Helper()
	b, err := os.ReadFile(analyzetest.RealPath(t, dump) + ".log")
	if err != nil {
		t.Skip("the program's output is not there")
	}
	for line := range strings.Lines(string(b)) {
		if _, err := fmt.Sscanf(line, label+" %d", &n); err == nil {
			return n
		}
	}
	t.Fatalf("no %s in %s", label, b)
	return 0
}

func TestReal(t *testing.T) {
	const dump = "leaks/managed.hprof"
	s := analyzetest.Inspect(t, analyzetest.RealHeap(t, dump), system.Inspection)
	if v := value(s, "properties", "shop.db.password"); v != "s3cret-of-the-shop" { // values are shown to this test
		t.Errorf("password %q", v)
	}
	if v := value(s, "environment", "HEAPCAUSE_SECRET"); v != "s3cret-of-the-environment" {
		t.Errorf("variable %q", v)
	}
	if n := int64(len(s.Table("environment").Rows)); n != output(t, dump, "variables") {
		t.Errorf("%d variables", n)
	}
	if v, _ := s.Fact("started"); v.Int() != output(t, dump, "started") {
		t.Errorf("started %v", v)
	}
	if n := int64(len(s.Table("arguments").Rows)); n != output(t, dump, "options") {
		t.Errorf("%d options: %v", n, s.Table("arguments").Rows)
	}
}

func TestNothingLeaks(t *testing.T) {
	h := analyzetest.RealHeap(t, "leaks/managed.hprof")
	r, err := analyze.Run(context.Background(), h, analyze.Options{Inspections: []*analyze.Inspection{system.Inspection}, Top: -1, ToolVersion: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := reportjson.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"of-the-shop", "of-the-environment", "k3y"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("the report has %s", secret)
		}
	}
}

func TestVariants(t *testing.T) {
	for dump, version := range map[string]string{"variants/variant-live.hprof": "17.", "variants/variant-jdk25.hprof": "25"} {
		s := analyzetest.Inspect(t, analyzetest.RealHeap(t, dump), system.Inspection)
		if v, _ := s.Fact("Java version"); !strings.HasPrefix(v.Text().String(), version) || value(s, "properties", "os.name") != "Linux" {
			t.Errorf("%s: %s %v", dump, s.Summary, s.Table("properties").Rows)
		}
	}
}
