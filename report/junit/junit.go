// Package junit writes a report as JUnit XML, which build servers show as tests: each rule is a test case, and fails when it found
// something at warning or above.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode"

	"heapcause/report"
)

type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Name       string     `xml:"name,attr"`
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Errors     int        `xml:"errors,attr"`
	Skipped    int        `xml:"skipped,attr"`
	Timestamp  string     `xml:"timestamp,attr,omitempty"`
	Properties []property `xml:"properties>property,omitempty"`
	Cases      []testCase `xml:"testcase"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testCase struct {
	Name      string   `xml:"name,attr"`
	ClassName string   `xml:"classname,attr"`
	Failure   *failure `xml:"failure,omitempty"`
	Error     *failure `xml:"error,omitempty"`
	Skipped   *skipped `xml:"skipped,omitempty"`
	Out       string   `xml:"system-out,omitempty"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

type skipped struct {
	Message string `xml:"message,attr"`
}

// Write writes one suite for the dump. A finding of info is in the output of its case, which passes. A rule with several findings is
// one case per finding. An incomplete dump is an error of a case of its own.
func Write(w io.Writer, r *report.Report) error {
	s := suite{Name: text(r.Dump.File)}
	if !r.Dump.Taken.IsZero() && report.Writable(r.Dump.Taken) {
		s.Timestamp = r.Dump.Taken.UTC().Format("2006-01-02T15:04:05")
	}
	for _, c := range r.Retention.Classes() {
		s.Properties = append(s.Properties, property{"heap." + c.Name + ".bytes", fmt.Sprint(c.Bytes)})
	}
	if r.Dump.Incomplete {
		s.add(testCase{Name: "complete dump", ClassName: "heapcause", Error: &failure{Message: "the dump is incomplete", Type: "incomplete", Text: "Retained sizes are lower bounds."}})
	}
	for _, rule := range r.Rules {
		s.rule(r, rule)
	}
	all := suites{Name: text(r.Tool.Name + " " + r.Tool.Version), Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Suites: []suite{s}}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *suite) add(c testCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// rule adds the cases of a rule.
func (s *suite) rule(r *report.Report, rule report.RuleRun) {
	n := 0
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Rule != rule.Name {
			continue
		}
		n++
		c := testCase{Name: text(rule.Name), ClassName: "heapcause"}
		if n > 1 {
			c.Name += fmt.Sprintf(" %d", n)
		}
		if f.Severity == report.Info {
			c.Out = text(f.Title)
		} else {
			c.Failure = &failure{Message: text(f.Title), Type: string(f.Severity), Text: text(details(f))}
		}
		s.add(c)
	}
	switch {
	case n > 0:
	case rule.Skipped != "":
		s.add(testCase{Name: text(rule.Name), ClassName: "heapcause", Skipped: &skipped{text(rule.Skipped)}})
	default:
		s.add(testCase{Name: text(rule.Name), ClassName: "heapcause"})
	}
}

// details are the lines below the headline of a failure.
func details(f *report.Finding) string {
	var b strings.Builder
	for _, lines := range [][]string{f.Story, f.Fix} {
		for _, l := range lines {
			b.WriteString(l + "\n")
		}
	}
	fmt.Fprintf(&b, "retained %d bytes, %d objects\nsignature %s\n", f.Retained, f.Objects, f.Signature)
	return b.String()
}

// text leaves out what XML 1.0 cannot hold.
func text(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf)) || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
