package gate

import (
	"time"

	"heapcause/report"
)

// Budget is what a budget file says. The zero Budget limits nothing.
type Budget struct {
	// File is the name of the file, "" for none.
	File string
	// Baseline is the saved report that growth is measured from, as written in the file; "" when it names none.
	Baseline string
	// Suppressions are in the order of the file.
	Suppressions []Suppression

	limits []limit
}

// HasGrowth reports whether the budget limits growth, and so needs a baseline; line is where.
func (b *Budget) HasGrowth() (line int, ok bool) {
	for i := range b.limits {
		if b.limits[i].growth {
			return b.limits[i].line, true
		}
	}
	return 0, false
}

// Limits is the number of limits.
func (b *Budget) Limits() int { return len(b.limits) }

// Suppression lets one known problem pass until a day.
type Suppression struct {
	// Signature is the signature of a finding, or its first 12 digits or more; "" when Budget is set.
	Signature string
	// Budget is the name of a limit, or of a group of limits; "" when Signature is set.
	Budget string
	Reason string
	// Until is the last day on which it holds, UTC.
	Until time.Time
	Line  int
}

// subject is what a limit is on.
type subject int

const (
	ofFigure   subject = iota // a named figure
	ofClass                   // classes by name
	ofPackage                 // packages by name
	ofLoader                  // class loaders by name or class
	ofSeverity                // the number of findings at a severity or above
	ofRule                    // findings of a rule
	ofFindings                // each finding, for growth
)

// metric is which number of the subject is limited.
type metric string

const (
	instances metric = "instances"
	shallow   metric = "shallow"
	retained  metric = "retained"
	classes   metric = "classes"
	objects   metric = "objects"
	count     metric = "count"
)

// bytes reports whether the metric is a size.
func (m metric) bytes() bool { return m == shallow || m == retained }

// limit is one number that must not be exceeded.
type limit struct {
	name    string // as in "classes.com.acme.Session.instances"
	line    int
	subject subject
	of      string // figure, pattern, severity or rule
	pattern *pattern
	metric  metric
	unit    string // of the number: "bytes" or what is counted
	growth  bool   // the number is the growth since the baseline
	at      []bound
}

// bound is a number, or a share of the heap; of growth, of what there was.
type bound struct {
	n       int64
	share   float64
	percent bool
}

// value is the bound as a figure for people.
func (b bound) value(unit string) report.Value {
	if b.percent {
		return report.Share(b.share)
	}
	return valueOf(b.n, unit)
}

func valueOf(n int64, unit string) report.Value {
	if unit == bytesUnit {
		return report.Bytes(n)
	}
	return report.Count(n)
}

const bytesUnit = "bytes"
