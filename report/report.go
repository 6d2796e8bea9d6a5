package report

import "time"

// Report is everything one analysis says about one dump.
type Report struct {
	SchemaVersion string `json:"schemaVersion"`
	Tool          Tool   `json:"tool"`
	// Settings are what the analysis was asked to do; reports made with
	// different references or thresholds are not comparable without care.
	Settings  Settings  `json:"settings"`
	Dump      Dump      `json:"dump"`
	Counts    Counts    `json:"counts"`
	Retention Retention `json:"retention"`
	Sizes     SizeModel `json:"sizes"`
	// Findings are the causes found, the most severe and largest first.
	Findings Rows[Finding] `json:"findings"`
	// Rules are the rules that took part, in the order of their names.
	Rules Rows[RuleRun] `json:"rules"`
	// Sections are what the inspections say, in the order of their names.
	Sections Rows[Section] `json:"sections"`
	// Figures are named numbers for monitoring and budgets, in the order of
	// their names.
	Figures   Rows[Figure]    `json:"figures"`
	Consumers Consumers       `json:"consumers"`
	Histogram List[ClassRow]  `json:"histogram"`
	Threads   List[ThreadRow] `json:"threads"`
	// Tree is the upper part of the dominator tree, object by object.
	Tree List[TreeNode] `json:"tree"`
	// Paths is the upper part of the dominator tree with the children of a node
	// merged by edge label and class: what the growth of a series of dumps is
	// keyed by.
	Paths List[TreeNode] `json:"paths"`
	// Notes are remarks about the whole report, one sentence each.
	Notes Rows[string] `json:"notes"`
}

// Tool names the program that made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Settings are the choices that change what a report contains.
type Settings struct {
	// References is "default" or "all" (weak and other referents count as strong).
	References string `json:"references"`
	// Threshold is the share of the strongly reachable bytes from which an
	// object counts as a leak suspect, 0 to 1.
	Threshold float64 `json:"threshold"`
	// ShowValues says that the contents of strings were not masked.
	ShowValues bool `json:"showValues"`
	// Top is the number of rows that lists were cut to.
	Top int `json:"top"`
}

// Dump describes the file that was read.
type Dump struct {
	// File is the base name of the dump, without folder.
	File string `json:"file"`
	// Format is the version text of the header, such as "JAVA PROFILE 1.0.2".
	Format string `json:"format"`
	// Compression is "", "gzip" or "zstd".
	Compression string `json:"compression,omitempty"`
	// IDSize is the width of identifiers, 4 or 8 bytes.
	IDSize int `json:"idSize"`
	// Taken is the time in the dump's header, UTC; zero when it has none.
	Taken time.Time `json:"taken,omitzero"`
	// Bytes is the length of the file.
	Bytes int64 `json:"bytes"`
	// JVM describes the virtual machine as far as the dump tells, "" if unknown.
	JVM string `json:"jvm,omitempty"`
	// Incomplete says that part of the dump is missing or could not be read.
	Incomplete bool `json:"incomplete"`
	// Problems are what was wrong with the file, in file order.
	Problems List[Problem] `json:"problems"`
}

// Problem is one defect of the dump.
type Problem struct {
	// Offset is the position in the (inflated) file in bytes.
	Offset int64 `json:"offset"`
	// Bytes is the length of what is lost there; 0 where nothing is, or it is not known.
	Bytes int64  `json:"bytes"`
	Text  string `json:"text"`
}

// Counts are the numbers of things in the dump.
type Counts struct {
	// Objects is Instances + Arrays; class objects are counted apart.
	Objects   int64 `json:"objects"`
	Instances int64 `json:"instances"`
	Arrays    int64 `json:"arrays"`
	Classes   int64 `json:"classes"`
	Roots     int64 `json:"roots"`
	Threads   int64 `json:"threads"`
	// Bytes is the sum of the shallow sizes of all objects.
	Bytes int64 `json:"bytes"`
}

// Amount is a number of objects and the sum of their shallow sizes.
type Amount struct {
	Objects int64 `json:"objects"`
	Bytes   int64 `json:"bytes"`
}

// Retention divides the dump by what keeps an object: each object is counted
// once, under the first of these that applies, so the six add up to the dump.
type Retention struct {
	Strong      Amount `json:"strong"`
	Soft        Amount `json:"soft"`
	Finalizer   Amount `json:"finalizer"`
	Weak        Amount `json:"weak"`
	Phantom     Amount `json:"phantom"`
	Unreachable Amount `json:"unreachable"`
}

// Class is one retention class: its name and what belongs to it.
type Class struct {
	Name string
	Amount
}

// Classes lists the six in their order, strongest first.
func (r Retention) Classes() [6]Class {
	return [6]Class{
		{"strong", r.Strong},
		{"soft", r.Soft},
		{"finalizer", r.Finalizer},
		{"weak", r.Weak},
		{"phantom", r.Phantom},
		{"unreachable", r.Unreachable},
	}
}

// Total is the sum of the six: the whole dump.
func (r Retention) Total() Amount {
	var sum Amount
	for _, c := range r.Classes() {
		sum.Objects += c.Objects
		sum.Bytes += c.Bytes
	}
	return sum
}

// SizeModel says how the sizes of objects were found, since a dump does not
// record them.
type SizeModel struct {
	// Line is the model in one line, such as "HotSpot 64-bit, compressed oops,
	// 8-byte alignment".
	Line string `json:"line"`
	// Estimated says that the model could not be confirmed from the addresses.
	Estimated bool `json:"estimated"`
	// ConfirmedClasses and UnconfirmedClasses count classes whose size the
	// addresses confirm, or do not.
	ConfirmedClasses   int64 `json:"confirmedClasses"`
	UnconfirmedClasses int64 `json:"unconfirmedClasses"`
}

// RuleRun is one rule that took part in the analysis.
type RuleRun struct {
	Name         string `json:"name"`
	Title        string `json:"title"`
	Experimental bool   `json:"experimental,omitempty"`
	// Findings is the number of findings that the rule made or joined.
	Findings int `json:"findings"`
	// Skipped is why the rule could not run, "" if it ran.
	Skipped string `json:"skipped,omitempty"`
}

// Figure is a named number about the heap, such as "finalizer.queued".
type Figure struct {
	// Name is dotted lower case, stable across versions.
	Name string `json:"name"`
	// Unit is "objects", "bytes", "milliseconds" or another plural noun.
	Unit  string `json:"unit"`
	Value int64  `json:"value"`
}
