// Package sarif writes a report in the Static Analysis Results Interchange Format 2.1.0 (OASIS), which code-scanning services read.
package sarif

import (
	"encoding/json"
	"io"
	"strings"

	"heapcause/report"
)

const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// level of a result.
var level = map[report.Severity]string{report.Error: "error", report.Warning: "warning", report.Info: "note"}

// Write writes one run with the rules that took part and a result per finding. A result lies in the dump; its logical location is
// what holds the objects, its code flow the path from a GC root, and its fingerprint the signature.
func Write(w io.Writer, r *report.Report) error {
	one := run{
		Tool:        tool{component{Name: r.Tool.Name, Version: r.Tool.Version, Rules: []descriptor{}}},
		Invocations: []invocation{{ExecutionSuccessful: !r.Dump.Incomplete}},
		Results:     []result{}, // required, though there be none
		ColumnKind:  "utf16CodeUnits",
	}
	index := map[string]int{}
	add := func(name, title string) int {
		i, ok := index[name]
		if !ok {
			d := descriptor{ID: name}
			if title != "" {
				d.ShortDescription = words(title)
			}
			i = len(one.Tool.Driver.Rules)
			index[name], one.Tool.Driver.Rules = i, append(one.Tool.Driver.Rules, d)
		}
		return i
	}
	for _, rule := range r.Rules {
		add(rule.Name, rule.Title)
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		x := resultOf(r.Dump.File, f)
		x.RuleIndex = add(f.Rule, "")
		one.Results = append(one.Results, x)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(log{Schema: schema, Version: "2.1.0", Runs: []run{one}})
}

func resultOf(file string, f *report.Finding) result {
	text := append([]string{f.Title}, f.Story...)
	if len(f.Fix) > 0 {
		text = append(text, "What to do: "+strings.Join(f.Fix, " "))
	}
	at := location{PhysicalLocation: inDump(file)}
	if f.Anchor != "" {
		at.LogicalLocations = []logical{{f.Anchor}}
	}
	x := result{
		RuleID: f.Rule, Level: level[f.Severity], Message: *words(strings.Join(text, "\n")), Locations: []location{at},
		PartialFingerprints: map[string]string{"heapcauseSignature/v1": f.Signature},
		Properties:          properties{f.Retained, f.Objects, string(f.Confidence)},
	}
	if len(f.Path) > 0 {
		x.CodeFlows = []codeFlow{{[]threadFlow{{path(file, f.Path)}}}}
	}
	return x
}

// path is the way from a GC root, a location per step.
func path(file string, steps []report.Step) (out []flowLocation) {
	for _, s := range steps {
		text := string(s.Kind) + " " + s.Label + ": " + s.Class + " @ " + s.Address.String()
		out = append(out, flowLocation{location{PhysicalLocation: inDump(file), Message: words(text)}})
	}
	return out
}

func inDump(file string) physical { return physical{artifact{uri(file)}} }

// uri turns a file name into a relative reference.
func uri(file string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(file) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

func words(s string) *message { return &message{strings.ToValidUTF8(s, "?")} }
