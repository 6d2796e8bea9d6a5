package compare

import (
	"time"

	"heapcause/report"
)

// SchemaVersion is the version of the JSON form of a Comparison.
const SchemaVersion = "1"

// Comparison is what a series of reports says of growth. Every list of points has one per step, in the order given.
type Comparison struct {
	SchemaVersion string      `json:"schemaVersion"`
	Tool          report.Tool `json:"tool"`
	// Steps are the dumps, in the order given, which is taken for their order in time.
	Steps report.Rows[Step] `json:"steps"`
	// Hours is the time from the first dump to the last, 0 where it is not known or too short for a rate.
	Hours float64 `json:"hours"`
	// Paths grew in every step: the largest growth first.
	Paths report.List[PathGrowth] `json:"paths"`
	// Findings are those of any step, matched by signature.
	Findings report.Rows[FindingGrowth] `json:"findings"`
	// Figures are the named numbers that are not the same in all steps.
	Figures  report.Rows[FigureGrowth] `json:"figures"`
	Classes  report.List[GroupGrowth]  `json:"classes"`
	Packages report.List[GroupGrowth]  `json:"packages"`
	Loaders  report.List[GroupGrowth]  `json:"loaders"`
	// Notes say what limits the comparison, one sentence each.
	Notes report.Rows[string] `json:"notes"`
}

// Step is one dump of the series.
type Step struct {
	File  string    `json:"file"`
	Taken time.Time `json:"taken,omitzero"`
	// Bytes is the whole heap, Strong what is strongly reachable.
	Bytes      int64 `json:"bytes"`
	Strong     int64 `json:"strong"`
	Objects    int64 `json:"objects"`
	Findings   int   `json:"findings"`
	Incomplete bool  `json:"incomplete,omitempty"`
}

// Edge is one step of a path: what leads to the objects, and their class.
type Edge struct {
	Label string `json:"label,omitempty"`
	Class string `json:"class"`
}

// PathPoint is what hangs at a path in one dump. A path that is not Listed there is smaller than what its report lists (a
// 2,000th of the heap), or is not there; it counts as nothing.
type PathPoint struct {
	Objects  int64 `json:"objects"`
	Retained int64 `json:"retained"`
	Listed   bool  `json:"listed"`
}

// PathGrowth is a path whose objects retain more in every step than in the one before.
type PathGrowth struct {
	// Path leads from the top of the dominator tree to the objects that pile up.
	Path report.Rows[Edge] `json:"path"`
	// Holds is the class of an application that most of it is in, "" where there is none below the path's end.
	Holds  string                 `json:"holds,omitempty"`
	Points report.Rows[PathPoint] `json:"points"`
	// Growth and GrowthObjects are the last point less the first.
	Growth        int64 `json:"growth"`
	GrowthObjects int64 `json:"growthObjects"`
	// PerHour is the growth in bytes per hour, 0 where no time is known.
	PerHour int64 `json:"perHour"`
	// Share is the part of the growth of the strongly reachable heap that it explains, 0 where that did not grow.
	Share float64 `json:"share"`
}

// GroupPoint is a class, package or loader in one dump. Where it is not Listed, the report left it out: it retains AtMost so much.
type GroupPoint struct {
	Instances int64 `json:"instances"`
	Shallow   int64 `json:"shallow"`
	Retained  int64 `json:"retained"`
	Listed    bool  `json:"listed"`
	AtMost    int64 `json:"atMost,omitempty"`
}

// GroupGrowth is the growth of a class, package or loader.
type GroupGrowth struct {
	Name   string                  `json:"name"`
	Loader string                  `json:"loader,omitempty"`
	Points report.Rows[GroupPoint] `json:"points"`
	// Retained, Shallow and Instances are the growth: the last point less the first. Where the first is not listed, Retained is a
	// lower bound and Shallow and Instances are 0; where the last is not, the last that is stands for it.
	Retained  int64 `json:"retained"`
	Shallow   int64 `json:"shallow"`
	Instances int64 `json:"instances"`
	// Steady says that it grew in every step. Exact says that all points are known.
	Steady bool `json:"steady"`
	Exact  bool `json:"exact"`
}

// Change says what became of a finding.
type Change string

// The changes of a finding from the first dump to the last.
const (
	New    Change = "new"
	Gone   Change = "gone"
	Grown  Change = "grown"
	Shrunk Change = "shrunk"
	Same   Change = "same"
	Passed Change = "passed" // neither in the first nor in the last
)

// FindingPoint is a finding in one dump.
type FindingPoint struct {
	Found    bool  `json:"found"`
	Retained int64 `json:"retained"`
	Objects  int64 `json:"objects"`
}

// FindingGrowth is a finding over the series.
type FindingGrowth struct {
	Change    Change          `json:"change"`
	Rule      string          `json:"rule"`
	Severity  report.Severity `json:"severity"`
	Title     string          `json:"title"`
	Anchor    string          `json:"anchor"`
	Signature string          `json:"signature"`
	// Points have the sum where findings of one report share a signature.
	Points report.Rows[FindingPoint] `json:"points"`
}

// FigureGrowth is a named number over the series; a report without it has no value there.
type FigureGrowth struct {
	Name   string              `json:"name"`
	Unit   string              `json:"unit"`
	Values report.Rows[*int64] `json:"values"`
}
