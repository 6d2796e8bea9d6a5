package redact

// MaskURL takes the credentials out of a URL.
func MaskURL(s string) string { return MaskValue(s) }
