// Package schema holds the JSON Schemas of reports, comparisons, summaries of several dumps, what check says, and budget files.
package schema

import _ "embed"

// ID is the URI that the schema goes by. It names the schema and cannot be fetched.
const ID = "urn:heapcause:report:1"

//go:embed report.schema.json
var reportSchema []byte

// Report is the JSON Schema (draft 2020-12) of a report with the schema version
// report.SchemaVersion, as UTF-8 text. The caller owns the copy.
func Report() []byte {
	return append([]byte(nil), reportSchema...)
}

// ComparisonID is the URI that the schema of comparisons goes by.
const ComparisonID = "urn:heapcause:comparison:1"

//go:embed comparison.schema.json
var comparisonSchema []byte

// Comparison is the JSON Schema (draft 2020-12) of a comparison with the schema version compare.SchemaVersion. The caller owns the copy.
func Comparison() []byte {
	return append([]byte(nil), comparisonSchema...)
}

// FleetID is the URI that the schema of summaries of several dumps goes by.
const FleetID = "urn:heapcause:fleet:1"

//go:embed fleet.schema.json
var fleetSchema []byte

// Fleet is the JSON Schema of the JSON form of fleet.Fleet. The caller owns the copy.
func Fleet() []byte { return append([]byte(nil), fleetSchema...) }

//go:embed check.schema.json
var checkSchema []byte

//go:embed budget.schema.json
var budgetSchema []byte

// Check is the JSON Schema of the JSON form of gate.Result.
func Check() []byte { return append([]byte(nil), checkSchema...) }

// Budget is the JSON Schema of budget files, for editors. What it allows is not always right: names and units are checked when a
// budget is read.
func Budget() []byte { return append([]byte(nil), budgetSchema...) }
