// Package json writes and reads reports as JSON, the form from which every
// other can be rendered later. Its schema is in package schema.
package json

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"heapcause/report"
)

// Write writes the report, indented, with a newline at the end. Equal reports
// give equal bytes. A time of the dump that JSON cannot say is left out.
func Write(w io.Writer, r *report.Report) error {
	if !report.Writable(r.Dump.Taken) {
		plain := *r
		plain.Dump.Taken = time.Time{}
		r = &plain
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteSections writes what the inspections say, without the rest of the report.
func WriteSections(w io.Writer, r *report.Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		SchemaVersion string                      `json:"schemaVersion"`
		Tool          report.Tool                 `json:"tool"`
		File          string                      `json:"file"`
		Incomplete    bool                        `json:"incomplete"`
		Sections      report.Rows[report.Section] `json:"sections"`
	}{r.SchemaVersion, r.Tool, r.Dump.File, r.Dump.Incomplete, r.Sections})
}

// ErrVersion is wrapped by the errors of Read for a report of a schema version
// that this program does not know.
var ErrVersion = errors.New("unknown schema version of the report")

// Read reads one report. Unknown fields are ignored, so that a report of a
// newer program with the same schema version can be read.
func Read(r io.Reader) (*report.Report, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	var head struct {
		SchemaVersion *string `json:"schemaVersion"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, describe(err)
	}
	switch {
	case head.SchemaVersion == nil:
		return nil, errors.New("reading a report: it has no schemaVersion, so it is no report of heapcause")
	case *head.SchemaVersion != report.SchemaVersion:
		return nil, fmt.Errorf("reading a report: %w %q, this program knows %q",
			ErrVersion, *head.SchemaVersion, report.SchemaVersion)
	}
	rep := new(report.Report)
	if err := json.Unmarshal(data, rep); err != nil {
		return nil, describe(err)
	}
	if err := rep.Validate(); err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	return rep, nil
}

// describe adds the position to errors of the JSON syntax.
func describe(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("reading a report: not JSON at byte %d: %w", syntax.Offset, err)
	}
	return fmt.Errorf("reading a report: %w", err)
}
