package fleet_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"heapcause/report"
	"heapcause/report/fleet"
	"heapcause/report/reporttest"
	"heapcause/report/schema"
	"heapcause/report/text"
)

func finding(signature string, severity report.Severity, retained int64) report.Finding {
	return report.Finding{Rule: "leak-suspect", Severity: severity, Confidence: report.Likely, Signature: signature, Retained: retained, Objects: 1, Title: fmt.Sprint(signature, " ", retained)}
}

func dump(findings ...report.Finding) *report.Report {
	r := reporttest.Minimal()
	r.Counts.Objects, r.Findings = 1, findings
	return r
}

func sample() *fleet.Fleet {
	s := fleet.New(report.Tool{Name: "heapcause", Version: "test"})
	s.Add("a", dump(finding("each", report.Info, 100), finding("each", report.Info, 50)))
	s.Fail("b", errors.New("b: no dump"))
	s.Add("c", dump(finding("bad", report.Error, 10), finding("each", report.Info, 120)))
	s.Add("d", dump())
	s.Add("e", dump(finding("each", report.Warning, 5), finding("rare", report.Warning, 500)))
	return s.Fleet()
}

// TestGroups holds what is said of one signature on several dumps.
func TestGroups(t *testing.T) {
	f := sample()
	var got []string
	for _, g := range f.Findings {
		got = append(got, fmt.Sprint(g.Signature, " ", g.Severity, " ", g.Retained, "/", g.Objects, " ", g.Dumps, " ", g.Title))
	}
	want := `bad error 10/1 [{c 10 1}] bad 10
each warning 275/4 [{a 150 2} {c 120 1} {e 5 1}] each 5
rare warning 500/1 [{e 500 1}] rare 500`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("groups:\n%s\nwant\n%s", s, want)
	}
	if f.Worst() != report.Error || fmt.Sprint(f.Failed()) != "[b]" || len(f.Incomplete()) != 0 {
		t.Errorf("worst %s, failed %v, incomplete %v", f.Worst(), f.Failed(), f.Incomplete())
	}
}

// TestTitleOfTheLargest: among dumps where it is as severe, the largest tells.
func TestTitleOfTheLargest(t *testing.T) {
	s := fleet.New(report.Tool{})
	for i, n := range []int64{10, 30, 20} {
		s.Add(fmt.Sprint(i), dump(finding("x", report.Warning, n)))
	}
	if g := s.Fleet().Findings[0]; g.Title != "x 30" || g.Dumps[0].Path != "1" {
		t.Errorf("%+v", g)
	}
}

func TestIncomplete(t *testing.T) {
	s := fleet.New(report.Tool{})
	part, empty := dump(), dump()
	part.Dump.Incomplete = true
	empty.Counts = report.Counts{}
	s.Add("whole", dump())
	s.Add("part", part)
	s.Add("empty", empty)
	s.Fail("bad", errors.New("x"))
	if got := fmt.Sprint(s.Fleet().Incomplete()); got != "[part empty]" {
		t.Error(got)
	}
}

// TestJSON holds that the JSON is valid, the same twice, and without null.
func TestJSON(t *testing.T) {
	full := fleet.New(report.Tool{Name: "heapcause", Version: "test"})
	odd := reporttest.PGTimer()
	odd.Dump.Taken = time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)
	full.Add("x", reporttest.Full())
	full.Add("y", odd)
	for _, f := range []*fleet.Fleet{sample(), full.Fleet(), fleet.New(report.Tool{}).Fleet()} {
		var first, second bytes.Buffer
		if err := errors.Join(fleet.WriteJSON(&first, f), fleet.WriteJSON(&second, f)); err != nil {
			t.Fatal(err)
		}
		if first.String() != second.String() || strings.Contains(first.String(), ": null") {
			t.Error("two writings differ, or a list is null")
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema.Fleet()))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource(schema.FleetID, doc); err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(&first)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.MustCompile(schema.FleetID).Validate(v); err != nil {
			t.Error(err)
		}
	}
}

// TestFormats holds that names steer neither a terminal nor a ticket, that lines fit, and that all tables are there.
func TestFormats(t *testing.T) {
	s := fleet.New(report.Tool{})
	for i := range 12 {
		x := finding("x", report.Warning, int64(i))
		x.Title = "a \x1b[31mred | `title`"
		s.Add(strings.Repeat("folder/", 30)+fmt.Sprint(i), dump(x, finding(fmt.Sprint("own", i), report.Info, 1)))
	}
	s.Fail("b|\x1b[31m", errors.New("b|\x1b[31m: no dump"))
	f := s.Fleet()
	var plain, ticket, lines bytes.Buffer
	if err := errors.Join(fleet.WriteText(&plain, f, 3, text.Options{}), fleet.WriteMarkdown(&ticket, f, 3), fleet.WriteLines(&lines, f)); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(plain.String()) {
		if n := len([]rune(line)); n > 101 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"13 dumps, the worst finding: warning on 12; 1 not analysed\n", "On 12 of 12 dumps", "7 more, each up to", "… and 10 more", "Not analysed: b|"} {
		if !strings.Contains(plain.String(), want) {
			t.Errorf("no %q in\n%s", want, plain.String())
		}
	}
	if strings.ContainsRune(plain.String()+ticket.String()+lines.String(), 0x1b) {
		t.Error("an escape sequence gets through")
	}
	if !strings.Contains(ticket.String(), `a ?[31m`) && !strings.Contains(ticket.String(), `\| `) {
		t.Errorf("a name breaks a table:\n%s", ticket.String())
	}
	if n := strings.Count(lines.String(), "\n"); n != 13 {
		t.Errorf("%d lines", n)
	}
	for i, name := range fleet.TableNames {
		table, err := f.Table(name)
		if err != nil || len(table.Rows) != []int{13, 13, 24}[i] {
			t.Fatalf("%s: %v, %d rows", name, err, len(table.Rows))
		}
		for _, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Errorf("%s: %d cells in %d columns", name, len(row), len(table.Columns))
			}
		}
	}
	if _, err := f.Table("odd"); err == nil {
		t.Error("a table that is not there")
	}
}
