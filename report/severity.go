package report

// Severity says how urgent a finding is.
type Severity string

// Severities in rising order.
const (
	Info    Severity = "info"    // worth knowing, no action needed by itself
	Warning Severity = "warning" // costs much memory or will, given time
	Error   Severity = "error"   // explains an outage, or will cause one
)

// rank orders severities; unknown ones and "" rank below Info.
func (s Severity) rank() int {
	switch s {
	case Info:
		return 1
	case Warning:
		return 2
	case Error:
		return 3
	}
	return 0
}

// Valid reports whether s is one of the three severities.
func (s Severity) Valid() bool { return s.rank() > 0 }

// AtLeast reports whether s is as severe as limit or more. It is false for a
// limit that is no severity, such as "" or "never".
func (s Severity) AtLeast(limit Severity) bool {
	return limit.Valid() && s.rank() >= limit.rank()
}

// Compare orders severities: negative if s is less severe than t.
func (s Severity) Compare(t Severity) int { return s.rank() - t.rank() }

// Confidence says how sure a finding is of its explanation. What it counts is
// exact in any case.
type Confidence string

// Confidences in falling order.
const (
	Certain  Confidence = "certain"  // read from the dump, no other explanation fits
	Likely   Confidence = "likely"   // the usual explanation of what was read
	Possible Confidence = "possible" // one explanation of several
)

// Valid reports whether c is one of the three confidences.
func (c Confidence) Valid() bool {
	return c == Certain || c == Likely || c == Possible
}

// WorstSeverity is the highest severity among the findings, "" if there are
// none.
func (r *Report) WorstSeverity() Severity {
	var worst Severity
	for i := range r.Findings {
		if s := r.Findings[i].Severity; s.Compare(worst) > 0 {
			worst = s
		}
	}
	return worst
}

// Fails reports whether any finding is as severe as limit or more.
func (r *Report) Fails(limit Severity) bool {
	return r.WorstSeverity().AtLeast(limit)
}
