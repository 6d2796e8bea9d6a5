package compare_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"heapcause/report"
	"heapcause/report/compare"
	"heapcause/report/schema"
)

// leaf is a path of a report in a test: "static A.map, Map > [*], Node", objects, bytes.
type leaf struct {
	path              string
	objects, retained int64
}

// dump makes a report with paths; what is above a leaf retains the sum of the leaves.
func dump(leaves ...leaf) *report.Report {
	r := &report.Report{SchemaVersion: "1", Settings: report.Settings{References: "default"}, Dump: report.Dump{File: "x.hprof"}}
	at := map[string]int{}
	for _, l := range leaves {
		parent, prefix := -1, ""
		steps := strings.Split(l.path, " > ")
		for i, s := range steps {
			prefix += " > " + s
			k, ok := at[prefix]
			if !ok {
				label, class, _ := strings.Cut(s, ", ")
				k = len(r.Paths.Rows)
				at[prefix] = k
				r.Paths.Rows = append(r.Paths.Rows, report.TreeNode{Parent: parent, Label: label, Class: class, Objects: 1})
			}
			n := &r.Paths.Rows[k]
			n.Retained += l.retained
			if i == len(steps)-1 || strings.HasSuffix(s, "$Node") {
				n.Objects = l.objects
			}
			parent = k
		}
		r.Retention.Strong.Bytes += l.retained
	}
	return r
}

func compared(t *testing.T, reports ...*report.Report) *compare.Comparison {
	t.Helper()
	c, err := compare.Compare(reports, compare.Options{Top: 10})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func paths(c *compare.Comparison) string {
	var out []string
	for _, p := range c.Paths.Rows {
		out = append(out, compare.PathText(p.Path))
	}
	return strings.Join(out, "\n")
}

const (
	mapPath = "static A.map, java.util.HashMap > java.util.HashMap::table, java.util.HashMap$Node[] > [*], java.util.HashMap$Node"
	mapText = "static A.map java.util.HashMap → java.util.HashMap::table java.util.HashMap$Node[] → [*] java.util.HashMap$Node"
)

// TestOnlyWhatGrewInEveryStep has a leak, a cache that fills and stops, one that all but stops, a buffer that fluctuates, a queue that
// grows and shrinks, and data that stay.
func TestOnlyWhatGrewInEveryStep(t *testing.T) {
	var reports []*report.Report
	for _, v := range [][6]int64{
		{100, 300, 300, 500, 100, 900}, {200, 800, 800, 100, 700, 900}, {400, 1000, 1000, 900, 1500, 900}, {500, 1000, 1001, 200, 300, 900},
	} {
		reports = append(reports, dump(
			leaf{mapPath + " > java.util.HashMap$Node::value, com.acme.Session", v[0], v[0] * 1000}, leaf{"static A.cache, Cache", v[1], v[1] * 1000}, leaf{"static A.lru, Cache", v[2], v[2] * 1000},
			leaf{"static A.buffer, byte[]", 1, v[3] * 1000}, leaf{"static A.queue, Queue", v[4], v[4] * 1000}, leaf{"static A.data, Data", 5, v[5] * 1000},
		))
	}
	c := compared(t, reports...)
	if got := paths(c); got != mapText {
		t.Fatalf("paths that grew:\n%s\nwant\n%s", got, mapText)
	}
	if p := c.Paths.Rows[0]; p.Growth != 400_000 || p.GrowthObjects != 400 || p.Holds != "com.acme.Session" {
		t.Errorf("growth %d bytes, %d objects in %q, want 400,000 and 400 in com.acme.Session", p.Growth, p.GrowthObjects, p.Holds)
	}
}

// TestDeepest holds that the path down to what piles up is told, not those that lead there, and two leaks below one object as two.
func TestDeepest(t *testing.T) {
	var reports []*report.Report
	for i := range int64(3) {
		reports = append(reports, dump(
			leaf{"static A.service, Service > Service::a, A > A::list, Node", 10 * i, 20_000 * i}, leaf{"static A.service, Service > Service::b, B > [*], Job", 10 * i, 10_000 * i},
			leaf{"static A.service, Service > Service::c, C", 1, 100_000}, leaf{"static A.text, StringBuilder > value, byte[]", 1, 1000 + 5000*i},
		))
	}
	want := "static A.service Service → Service::a A → A::list Node\nstatic A.service Service → Service::b B → [*] Job\nstatic A.text StringBuilder → value byte[]"
	if got := paths(compared(t, reports...)); got != want {
		t.Errorf("paths:\n%s\nwant\n%s", got, want)
	}
}

// TestShrinkingParent holds that a leak is seen beside what shrinks by more.
func TestShrinkingParent(t *testing.T) {
	var reports []*report.Report
	for i := range int64(3) {
		reports = append(reports, dump(leaf{"static A.service, Service > Service::leak, Node", i, 50_000 * i}, leaf{"static A.service, Service > Service::queue, Queue", 1, 900_000 - 300_000*i}))
	}
	if got, want := paths(compared(t, reports...)), "static A.service Service → Service::leak Node"; got != want {
		t.Errorf("paths:\n%s\nwant\n%s", got, want)
	}
}

// TestMissingPath has a path that the first report does not list, and edges that one report names and another does not.
func TestMissingPath(t *testing.T) {
	c := compared(t, dump(leaf{"static A.other, Other", 1, 5000}, leaf{"static A.x, X > , Entry", 5, 1000}),
		dump(leaf{mapPath, 10, 5000}, leaf{"static A.x, X > X::head, Entry", 9, 9000}), dump(leaf{mapPath, 30, 15_000}, leaf{"static A.x, X > , Entry", 50, 20_000}))
	if got, want := paths(c), "static A.x X → X::head Entry\n"+mapText; got != want {
		t.Fatalf("paths:\n%s\nwant\n%s", got, want)
	}
	if p := c.Paths.Rows[1].Points[0]; p.Listed || p.Retained != 0 {
		t.Errorf("a path that is not there: %+v", p)
	}
}

// TestMissingRows has lists that were cut: growth is exact where it is known, and a lower bound else.
func TestMissingRows(t *testing.T) {
	a, b := dump(), dump()
	a.Consumers.Classes = report.List[report.ClassRow]{Rows: []report.ClassRow{{Name: "A", Instances: 1, Shallow: 10, Retained: 1000}, {Name: "B", Retained: 300}}, Omitted: 7}
	b.Consumers.Classes = report.List[report.ClassRow]{Rows: []report.ClassRow{{Name: "C", Instances: 9, Shallow: 90, Retained: 2000}, {Name: "A", Instances: 3, Shallow: 30, Retained: 1500}}, Omitted: 7}
	a.Consumers.Packages = report.List[report.PackageRow]{Rows: []report.PackageRow{{Name: "p", Instances: 1, Shallow: 1, Retained: 100}}}
	b.Consumers.Packages = report.List[report.PackageRow]{Rows: []report.PackageRow{{Name: "p", Instances: 2, Shallow: 2, Retained: 50}, {Name: "q", Instances: 5, Shallow: 50, Retained: 500}}}
	c := compared(t, a, b)
	rows := c.Classes.Rows
	if len(rows) != 2 || rows[0].Name != "C" || rows[0].Retained != 1700 || rows[0].Exact || rows[0].Points[0].AtMost != 300 {
		t.Errorf("a class that the first report left out: %+v", rows)
	}
	if rows[1].Name != "A" || rows[1].Retained != 500 || rows[1].Instances != 2 || !rows[1].Exact || !rows[1].Steady {
		t.Errorf("a class of both: %+v", rows[1])
	}
	p := c.Packages.Rows
	if len(p) != 2 || p[0].Name != "q" || p[0].Retained != 500 || !p[0].Exact || p[1].Retained != -50 {
		t.Errorf("packages of whole lists: %+v", p)
	}
}

// TestGeneratedNames holds that rows of two JVMs meet.
func TestGeneratedNames(t *testing.T) {
	a, b := dump(), dump()
	a.Histogram.Rows = []report.ClassRow{{Name: "A$$Lambda$14+0x0000000801002b40", Instances: 1, Shallow: 16}}
	b.Histogram.Rows = []report.ClassRow{{Name: "A$$Lambda/0x00007f0801002b40", Instances: 4, Shallow: 64}, {Name: "A$$Lambda/0x00007f0801002b99", Instances: 1, Shallow: 16}}
	if rows := compared(t, a, b).Classes.Rows; len(rows) != 1 || rows[0].Name != "A$$Lambda" || rows[0].Instances != 4 {
		t.Errorf("%+v", rows)
	}
}

func finding(signature string, retained int64) report.Finding {
	return report.Finding{Rule: "leak-suspect", Severity: report.Warning, Signature: signature, Retained: retained, Title: "t " + signature}
}

func TestFindings(t *testing.T) {
	a, b, z := dump(), dump(), dump()
	a.Findings = []report.Finding{finding("gone", 10), finding("grown", 100), finding("same", 100), finding("shrunk", 100)}
	b.Findings = []report.Finding{finding("passed", 10)}
	z.Findings = []report.Finding{finding("new", 10), finding("grown", 60), finding("grown", 60), finding("same", 103), finding("shrunk", 50)}
	for _, f := range compared(t, a, b, z).Findings {
		if string(f.Change) != f.Signature {
			t.Errorf("%s is called %s", f.Signature, f.Change)
		}
	}
}

func TestRefused(t *testing.T) {
	if _, err := compare.Compare([]*report.Report{dump()}, compare.Options{}); err == nil {
		t.Error("one report was compared")
	}
	a, b := dump(), dump()
	b.Settings.References = "all"
	if _, err := compare.Compare([]*report.Report{a, b}, compare.Options{}); err == nil || !strings.Contains(err.Error(), "--references") {
		t.Errorf("reports of different references: %v", err)
	}
}

// TestTime has rates per hour where times are known and in order.
func TestTime(t *testing.T) {
	at := func(h int, objects int64) *report.Report {
		r := dump(leaf{mapPath, objects, objects * 1000})
		r.Dump.Taken = time.Date(2026, 1, 1, h, 0, 0, 0, time.UTC)
		return r
	}
	c := compared(t, at(0, 100), at(2, 300))
	if c.Hours != 2 || c.Paths.Rows[0].PerHour != 100_000 {
		t.Errorf("%v hours, %d bytes per hour", c.Hours, c.Paths.Rows[0].PerHour)
	}
	if c = compared(t, at(2, 100), at(0, 300)); c.Hours != 0 || !strings.Contains(strings.Join(c.Notes, "\n"), "was taken before") {
		t.Errorf("dumps out of order: %v hours, notes %q", c.Hours, c.Notes)
	}
}

// TestFormats holds that the JSON is valid, the same twice, and names of a dump are no markup.
func TestFormats(t *testing.T) {
	a, b := dump(leaf{"static A.x, <script>alert(1)</script>", 1, 1000}), dump(leaf{"static A.x, <script>alert(1)</script>", 10, 9000})
	a.Findings = []report.Finding{finding("gone", 10)}
	b.Figures = []report.Figure{{Name: "threads", Unit: "threads", Value: 4}}
	b.Consumers.Loaders.Rows = []report.LoaderRow{{Class: "L", Name: "app", Instances: 3}}
	b.Consumers.Packages.Rows = []report.PackageRow{{Name: "app | x", Instances: 3}}
	var first, second bytes.Buffer
	for _, w := range []*bytes.Buffer{&first, &second} {
		if err := compare.WriteJSON(w, compared(t, a, b)); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() {
		t.Error("two runs differ")
	}
	if strings.Contains(strings.ReplaceAll(first.String(), "            null", ""), ": null") {
		t.Error("a list is null")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema.Comparison()))
	if err != nil {
		t.Fatal(err)
	}
	k := jsonschema.NewCompiler()
	k.AssertFormat()
	if err := k.AddResource(schema.ComparisonID, doc); err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(&first)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.MustCompile(schema.ComparisonID).Validate(v); err != nil {
		t.Error(err)
	}
	c := compared(t, a, b)
	var html, md, text bytes.Buffer
	if err := compare.WriteHTML(&html, c); err != nil {
		t.Fatal(err)
	}
	if err := compare.WriteMarkdown(&md, c); err != nil {
		t.Fatal(err)
	}
	if err := compare.WriteText(&text, c, 0); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(html.String(), "<script") || !strings.Contains(html.String(), "<svg") || strings.Contains(html.String(), "http://") {
		t.Error("the page runs scripts of the dump, has no chart, or needs other files")
	}
	if !strings.Contains(md.String(), `app \| x`) {
		t.Error("a name breaks a table")
	}
	for line := range strings.Lines(text.String()) {
		if n := len([]rune(line)); n > 101 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, name := range compare.TableNames {
		if _, err := c.Table(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Table("odd"); err == nil {
		t.Error("a table that is not there")
	}
}
