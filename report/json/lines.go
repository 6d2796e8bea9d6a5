package json

import (
	"encoding/json"
	"io"

	"heapcause/report"
)

// line is a finding with what a log collector needs to know of its dump.
type line struct {
	SchemaVersion string `json:"schemaVersion"`
	Tool          string `json:"tool"`
	Dump          string `json:"dump"`
	Taken         string `json:"taken,omitempty"`
	*report.Finding
}

// WriteLines writes the findings as JSON Lines: an object per line, each a finding of the schema with the schema's version, the
// tool, and the dump's file and time. A report without findings writes nothing.
func WriteLines(w io.Writer, r *report.Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	taken := ""
	if !r.Dump.Taken.IsZero() && report.Writable(r.Dump.Taken) {
		taken = r.Dump.Taken.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	for i := range r.Findings {
		l := line{r.SchemaVersion, r.Tool.Name + " " + r.Tool.Version, r.Dump.File, taken, &r.Findings[i]}
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	return nil
}
