package redact

import "strings"

// secretParts are parts of parameter names whose values are masked, also users:
// half of a credential.
var secretParts = []string{
	"pass", "pwd", "pw", "secret", "token", "key", "cred", "auth", "sig", "session",
	"user", "uid", "login", "cookie", "code", "private", "cert", "account", "principal",
	"jaas", "sas", "jwt", "bearer", "access", "assertion", "init", "email", "phone", "%",
}

func sensitiveKey(key string) bool {
	key = strings.ToLower(key)
	for _, part := range secretParts {
		if strings.Contains(key, part) {
			return true
		}
	}
	return false
}

// maskParameters masks the values of key=value pairs whose key is sensitive.
func maskParameters(s string, sensitive func(key string) bool) string {
	var b strings.Builder
	done := 0 // s[:done] is written
	for i := 0; i < len(s); i++ {
		if s[i] != '=' || i < done {
			continue
		}
		start := i
		for start > done && isKeyByte(s[start-1]) {
			start--
		}
		if start == i || !sensitive(s[start:i]) {
			continue
		}
		var before byte
		if start > 0 {
			before = s[start-1]
		}
		end := valueEnd(s, i+1, before)
		if end == i+1 {
			continue
		}
		b.WriteString(s[done : i+1])
		b.WriteString(stars)
		done = end
	}
	b.WriteString(s[done:])
	return b.String()
}

func isKeyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '_' || c == '-' || c == '.' || c == '%' || c == '[' || c == ']' || c == ' '
}

// valueEnd is where the value that starts at from ends, given the character
// before its key. A separator counts only if another parameter follows, since
// passwords hold unescaped separators.
func valueEnd(s string, from int, before byte) int {
	separators := ",;&"
	switch before {
	case '?', '&', '#':
		separators = "&"
		if strings.Contains(s[from:], ";") {
			separators = "&;"
		}
	case ';', ':':
		separators = ";"
		if from < len(s) && s[from] == '{' {
			if i := strings.Index(s[from:], "}"); i >= 0 {
				from += i + 1
			}
		}
	case '(':
		separators = ")"
	case ',':
		separators = ",)"
	}
	for i := from; i < len(s); i++ {
		if !strings.ContainsRune(separators, rune(s[i])) {
			continue
		}
		if s[i] == ')' || i+1 == len(s) || parameterFollows(s[i+1:]) {
			return i
		}
	}
	return len(s)
}

// parameterFollows reports whether s begins with key=.
func parameterFollows(s string) bool {
	i := 0
	for i < len(s) && isKeyByte(s[i]) {
		i++
	}
	return i > 0 && i < len(s) && s[i] == '='
}
