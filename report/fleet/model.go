package fleet

import (
	"time"

	"heapcause/report"
)

// SchemaVersion is the version of the JSON form of a Fleet.
const SchemaVersion = "1"

// Fleet is what the reports of many dumps say together.
type Fleet struct {
	SchemaVersion string      `json:"schemaVersion"`
	Tool          report.Tool `json:"tool"`
	// Dumps are in the order given, those that could not be analysed among them.
	Dumps report.Rows[Dump] `json:"dumps"`
	// Findings are those of all dumps by signature: the most severe first, then those on the most dumps, then by retained size.
	Findings report.Rows[Group] `json:"findings"`
}

// Dump is one dump: what its report says in short, or why there is none.
type Dump struct {
	// Path is how the dump was named, or where it was found in a folder.
	Path string `json:"path"`
	// Error is why the dump could not be analysed, "" where it was. All else but Path is empty then.
	Error string    `json:"error,omitempty"`
	Taken time.Time `json:"taken,omitzero"`
	JVM   string    `json:"jvm,omitempty"`
	// FileBytes is the length of the file, Bytes the whole heap, Strong what is strongly reachable.
	FileBytes  int64 `json:"fileBytes"`
	Bytes      int64 `json:"bytes"`
	Strong     int64 `json:"strong"`
	Objects    int64 `json:"objects"`
	Classes    int64 `json:"classes"`
	Incomplete bool  `json:"incomplete,omitempty"`
	// Findings are those of the report, the worst first.
	Findings report.Rows[Finding] `json:"findings"`
}

// Finding is a finding in short, as report.Finding has it.
type Finding struct {
	Rule          string            `json:"rule"`
	Severity      report.Severity   `json:"severity"`
	Confidence    report.Confidence `json:"confidence"`
	Experimental  bool              `json:"experimental,omitempty"`
	Title         string            `json:"title"`
	Retained      int64             `json:"retained"`
	RetainedShare float64           `json:"retainedShare"`
	Objects       int64             `json:"objects"`
	Anchor        string            `json:"anchor"`
	Signature     string            `json:"signature"`
}

// Group is one signature over all dumps.
type Group struct {
	Signature string `json:"signature"`
	// Rule, Severity, Confidence, Title, Anchor and Fix are those of the dump where it is the most severe, and of those where it
	// retains the most.
	Rule         string              `json:"rule"`
	Severity     report.Severity     `json:"severity"`
	Confidence   report.Confidence   `json:"confidence"`
	Experimental bool                `json:"experimental,omitempty"`
	Title        string              `json:"title"`
	Anchor       string              `json:"anchor"`
	Fix          report.Rows[string] `json:"fix"`
	// Dumps are those with it, the one where it retains the most first.
	Dumps report.Rows[Place] `json:"dumps"`
	// Retained and Objects are the sums over all dumps.
	Retained int64 `json:"retained"`
	Objects  int64 `json:"objects"`
}

// Place is a signature in one dump: the sum where several of its findings share it.
type Place struct {
	Path     string `json:"path"`
	Retained int64  `json:"retained"`
	Objects  int64  `json:"objects"`
}

// Failed are the paths of the dumps that could not be analysed.
func (f *Fleet) Failed() []string {
	var out []string
	for i := range f.Dumps {
		if f.Dumps[i].Error != "" {
			out = append(out, f.Dumps[i].Path)
		}
	}
	return out
}

// Incomplete are the paths of the dumps that are incomplete, or have nothing in them: what they do not show may be missing.
func (f *Fleet) Incomplete() []string {
	var out []string
	for i := range f.Dumps {
		if d := &f.Dumps[i]; d.Error == "" && (d.Incomplete || d.Objects+d.Classes == 0) {
			out = append(out, d.Path)
		}
	}
	return out
}

// Worst is the highest severity of the findings of all dumps, "" if there are none.
func (f *Fleet) Worst() report.Severity {
	if len(f.Findings) == 0 {
		return ""
	}
	return f.Findings[0].Severity
}
