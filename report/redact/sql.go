package redact

// NormalizeSQL reduces a statement to its shape.
func NormalizeSQL(s string) string { return MaskValue(s) }
