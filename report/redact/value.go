package redact

import (
	"fmt"
	"unicode/utf8"
)

// MaskValue hides a string and tells only its length in characters:
//
//	"***" (12 chars)
func MaskValue(s string) string {
	n := utf8.RuneCountInString(s)
	if n == 1 {
		return `"***" (1 char)`
	}
	return fmt.Sprintf(`"***" (%d chars)`, n)
}
