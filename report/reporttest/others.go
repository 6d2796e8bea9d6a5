package reporttest

import (
	"strings"
	"testing"
	"time"

	"heapcause/report"
	"heapcause/report/redact"
)

// Minimal is the report of a dump without records.
func Minimal() *report.Report {
	return &report.Report{
		SchemaVersion: report.SchemaVersion,
		Tool:          report.Tool{Name: "heapcause", Version: "0.1.0"},
		Settings:      report.Settings{References: "default", Threshold: 0.1},
		Dump:          report.Dump{File: "header-only.hprof", Format: "JAVA PROFILE 1.0.1", IDSize: 4, Bytes: 31},
	}
}

// Secrets are strings that Full has in its contents and no rendered report may show.
var Secrets = []string{
	"hunter2secret", "tok_9f8e7d6c5b4a3210", "4111111111111111",
	"-----BEGIN PRIVATE KEY-----", "geheim@example.org",
}

// CheckSecrets fails the test for each of the Secrets that occurs in a rendered report.
func CheckSecrets(t testing.TB, rendered string) {
	t.Helper()
	for _, s := range Secrets {
		if strings.Contains(rendered, s) {
			t.Errorf("the report shows the secret %q", s)
		}
	}
}

// Full is PGTimer with every field of the model set, every kind of Value, and
// Secrets in all places that hold contents.
func Full() *report.Report {
	r := PGTimer()
	r.Dump.Compression = "gzip"
	r.Dump.Incomplete = true
	r.Dump.Problems = report.List[report.Problem]{
		Rows:    []report.Problem{{Offset: 8_255_733, Bytes: 23, Text: "the file ends inside a record"}},
		Omitted: 3,
	}
	r.Notes = []string{"The dump was taken without a collection before it: unreachable objects may be garbage."}
	r.Sizes.Estimated = true
	r.Rules = append(r.Rules, report.RuleRun{Name: "zombie", Title: "Dead threads", Experimental: true, Skipped: "the dump has no threads"})
	f := &r.Findings[1]
	f.Experimental = true
	f.Tables = append(f.Tables, secretTable())
	r.Consumers.Classes.Rows[0].Loader = "app @ 0x7fe1aa00"
	r.Threads.Rows[0].Virtual = true
	r.Threads.Rows[0].Alike, r.Threads.Rows[0].AlikeRetained = 1000, 4_128_880
	r.Threads.Rows[0].Frames.Rows[1].Locals.Rows[0].JNI = true
	r.Tree = report.List[report.TreeNode]{Rows: []report.TreeNode{
		{Parent: -1, Address: 0x7ffc1000, Class: "java.util.TimerTask[]", Objects: 1, Shallow: 131_088, Retained: 14_083_152, OmittedChildren: 39_793, OmittedBytes: 13_951_496},
		{Parent: 0, Label: "[1]", Address: 0x7ff02a18, Class: statement, Loader: "jdk.internal.loader.ClassLoaders$AppClassLoader app", Objects: 1, Shallow: 184, Retained: 568},
	}}
	r.Paths = report.List[report.TreeNode]{Rows: []report.TreeNode{
		{Parent: -1, Label: "java.util.TaskQueue::queue", Class: "java.util.TimerTask[]", Objects: 1, Shallow: 131_088, Retained: 14_083_152},
		{Parent: 0, Label: "[]", Class: statement, Objects: 19_897, Shallow: 3_660_536, Retained: 11_218_432},
	}, Omitted: 7}
	r.Sections = append(r.Sections, report.Section{
		Name: "path", Title: "Paths from GC roots", Summary: "1 path.",
		Trees: []report.Tree{{Name: "path-1", Title: "The shortest path", Nodes: r.Tree}},
	})
	return r
}

// secretTable has a row for each kind of Value, with secrets wherever a kind
// holds contents.
func secretTable() report.Table {
	var hide redact.Policy
	cells := []report.Value{
		{},
		report.Count(7), report.Bytes(1 << 20), report.Number(5432), report.Share(1.0 / 3),
		report.Duration(90 * time.Second), report.Time(time.Date(2024, 5, 2, 3, 4, 5, 0, time.UTC)),
		report.Object(0x7ff02a18), report.Name("com.example.Name<T>"),
		report.Content(hide.Value(Secrets[3] + Secrets[1])),
		report.Content(hide.SQL("SELECT '" + Secrets[0] + "' FROM cards WHERE pan = " + Secrets[2] + " -- " + Secrets[4])),
		report.Content(hide.SQL(`INSERT INTO "users" ("name") VALUES ("` + Secrets[0] + `")`)),
		report.Content(hide.URL("https://" + Secrets[0] + ":" + Secrets[1] + "@example.org/a?mail=" + Secrets[4] + "#" + Secrets[1])),
		report.Content(hide.URL("jdbc:oracle:thin:scott/" + Secrets[0] + "@example.org:1521:x")),
	}
	t := report.Table{Title: "Every kind of value", Columns: []string{"kind", "value"}}
	for _, c := range cells {
		t.Rows = append(t.Rows, report.Rows[report.Value]{report.Name(c.Kind()), c})
	}
	return t
}

// Hostile is a report in which the names of the dump hold control characters,
// escape sequences, formulas, markup, very long and wide texts.
func Hostile() *report.Report {
	r := PGTimer()
	evil := []string{
		"\x1b[2J\x1b]0;owned\x07a\x9b31mb", "=HYPERLINK(\"http://evil\")", "a\tb\r\nc\u2028d\u202ee", "<script>alert(1)</script>",
		strings.Repeat("very.long.package.", 40) + "Name", strings.Repeat("堆", 80), "\xff\xfe",
	}
	for _, e := range evil {
		r.Histogram.Rows = append(r.Histogram.Rows, report.ClassRow{Name: e, Instances: 1, Shallow: 16})
		r.Consumers.Objects.Rows = append(r.Consumers.Objects.Rows, report.ObjectRow{Class: e, Note: e, Retained: 16})
		r.Threads.Rows = append(r.Threads.Rows, report.ThreadRow{Class: e, Name: e, State: e, Frames: report.List[report.Frame]{
			Rows: []report.Frame{{Class: e, Method: e, Source: e, Line: 1, Locals: report.List[report.Local]{Rows: []report.Local{{Class: e}}}}},
		}})
		f := &r.Findings[1]
		f.Title += " " + e
		f.Facts = append(f.Facts, report.Fact{Label: e, Value: report.Name(e)})
		f.Path = append(f.Path, report.Step{Kind: report.StepField, Label: e, Class: e, Note: e})
		f.Story = append(f.Story, e)
		f.Fix = append(f.Fix, e)
		f.Anchor += e
		f.Tables = append(f.Tables, report.Table{Title: e, Columns: []string{e}, Rows: []report.Rows[report.Value]{{report.Name(e)}}})
		f.Evidence.Rows = append(f.Evidence.Rows, report.Evidence{Class: e, Note: e, Fields: []report.Fact{{Label: e, Value: report.Name(e)}}})
		f.Related = append(f.Related, report.Related{Rule: e, Text: e})
		r.Notes = append(r.Notes, e)
		r.Dump.Problems.Rows = append(r.Dump.Problems.Rows, report.Problem{Text: e})
		r.Dump.JVM += e
	}
	return r
}
