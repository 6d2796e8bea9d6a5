// Package github writes findings as workflow commands of GitHub Actions, which shows them as annotations of a run.
package github

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"heapcause/report"
)

// level of an annotation.
var level = map[report.Severity]string{report.Error: "error", report.Warning: "warning", report.Info: "notice"}

// Write writes one command per finding, the most severe first, and one for a dump that is incomplete.
func Write(w io.Writer, r *report.Report) error {
	b := bufio.NewWriter(w)
	if r.Dump.Incomplete {
		fmt.Fprintf(b, "::warning title=%s::%s\n", property("heapcause: incomplete dump"),
			data(r.Dump.File+" is damaged or was cut: retained sizes are lower bounds."))
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		text := f.Title
		if len(f.Fix) > 0 {
			text += "\n" + f.Fix[0]
		}
		text += "\n" + r.Dump.File + ", signature " + f.Signature
		fmt.Fprintf(b, "::%s title=%s::%s\n", level[f.Severity], property("heapcause: "+f.Rule), data(text))
	}
	return b.Flush()
}

// data escapes what follows the second colons, as the runner unescapes it.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(strings.ToValidUTF8(s, "?"))
}

// property escapes a value among a command's properties.
func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
