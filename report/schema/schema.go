// Package schema holds the JSON Schema of reports.
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
