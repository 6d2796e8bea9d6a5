package gate

import (
	"encoding/json"
	"io"

	"heapcause/report"
)

// SchemaVersion is the version of the JSON form of a Result.
const SchemaVersion = "1"

// State is how a limit came out.
type State string

// States of a verdict.
const (
	OK         State = "ok"
	Broken     State = "broken"
	Suppressed State = "suppressed" // broken, and let pass
	Unknown    State = "unknown"    // the report does not tell
)

// Outcome is how the whole gate came out.
type Outcome string

// Outcomes of a gate.
const (
	Passed    Outcome = "passed"
	Failed    Outcome = "broken"
	Undecided Outcome = "undecided" // nothing is known to be broken, but not everything could be judged
)

// Result is what a budget says of a report.
type Result struct {
	SchemaVersion string      `json:"schemaVersion"`
	Tool          report.Tool `json:"tool"`
	Outcome       Outcome     `json:"outcome"`
	// Why is why the gate is undecided as a whole, "" where its verdicts say it.
	Why string `json:"why,omitempty"`
	// Dump, Budget and Baseline are the names of the dump, of the budget file and of the dump of the baseline.
	Dump     string `json:"dump"`
	Budget   string `json:"budget,omitempty"`
	Baseline string `json:"baseline,omitempty"`
	// AsOf is the day by which suppressions were judged; "" without any.
	AsOf   string `json:"asOf,omitempty"`
	Counts Counts `json:"counts"`
	// Verdicts are what is broken, what could not be judged, what is suppressed and what is well; each in the order of the budget.
	Verdicts report.Rows[Verdict] `json:"verdicts"`
	// Findings are those of the report, in its order.
	Findings     report.Rows[Finding]     `json:"findings"`
	Suppressions report.Rows[Suppressing] `json:"suppressions"`
	Notes        report.Rows[string]      `json:"notes"`

	report *report.Report
}

// Counts are the numbers of limits; one with several verdicts counts once, by the worst.
type Counts struct {
	OK         int `json:"ok"`
	Broken     int `json:"broken"`
	Suppressed int `json:"suppressed"`
	Unknown    int `json:"unknown"`
}

// Verdict is what came of one limit. A limit on a pattern has one for each name that breaks it, or one for all.
type Verdict struct {
	State State `json:"state"`
	// Limit is the name of the limit: the keys that lead to it in the budget file, or the option that stands for it.
	Limit string `json:"limit"`
	// Line is where the limit is in the budget file, 0 where that is not.
	Line int `json:"line,omitempty"`
	// Subject is what was judged where the limit is on several things: a class, a finding.
	Subject string `json:"subject,omitempty"`
	// Value is what was found, empty where nothing is known. With Bound it is the least that it is (broken) or the most.
	Value report.Value `json:"value"`
	Bound bool         `json:"bound,omitempty"`
	// Baseline is what it was, for limits on growth.
	Baseline report.Value `json:"baseline"`
	// AtMost is the limit: a number, or a share; of growth one or several, of which the one that allows most counts.
	AtMost report.Rows[report.Value] `json:"atMost"`
	// Text says it in a sentence.
	Text string `json:"text"`
	// Signatures are those of the findings that were counted.
	Signatures report.Rows[string] `json:"signatures"`
}

// Finding is a finding of the report, for the gate.
type Finding struct {
	Rule      string          `json:"rule"`
	Severity  report.Severity `json:"severity"`
	Title     string          `json:"title"`
	Retained  int64           `json:"retained"`
	Signature string          `json:"signature"`
	// New says that the baseline does not have it; false without a baseline.
	New bool `json:"new,omitempty"`
	// Breaks says that it breaks a limit, alone or with others.
	Breaks bool `json:"breaks,omitempty"`
	// SuppressedUntil is the day up to which a suppression covers it.
	SuppressedUntil string `json:"suppressedUntil,omitempty"`

	of *report.Finding
}

// Standing is what became of a suppression.
type Standing string

// Standings of a suppression.
const (
	Used    Standing = "used"
	Unused  Standing = "unused"  // nothing was to be suppressed
	Expired Standing = "expired" // its day has passed: it suppresses nothing
)

// Suppressing is a suppression and what became of it.
type Suppressing struct {
	Standing  Standing `json:"standing"`
	Signature string   `json:"signature,omitempty"`
	Budget    string   `json:"budget,omitempty"`
	Until     string   `json:"until"`
	Reason    string   `json:"reason"`
	Line      int      `json:"line"`
	// Of are the titles of the findings and the names of the limits that it suppresses, or would if it had not expired.
	Of report.Rows[string] `json:"of"`
}

// WriteJSON writes the result, indented, with a newline at the end.
func WriteJSON(w io.Writer, r *Result) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
