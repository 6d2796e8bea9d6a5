package redact

import "strings"

const stars = "***"

// MaskURL takes credentials out of a URL or JDBC URL: user information, and the
// values of parameters that can hold a secret, wherever the driver puts them
// (?a=b&c=d, ;a=b;c=d, (a=b)(c=d), user/password@host). In other URLs than
// JDBC's it masks every parameter and path segments that look like tokens. A
// text that is no URL is masked as a value.
func MaskURL(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if scheme(s) == "" {
		return MaskValue(s)
	}
	jdbc := strings.EqualFold(scheme(s), "jdbc")
	sensitive := func(string) bool { return true }
	if jdbc {
		sensitive = sensitiveKey
	}
	s = maskParameters(s, sensitive)
	head, tail, found := strings.Cut(s, "//")
	switch {
	case strings.HasPrefix(strings.ToLower(s), oracle):
		return maskHead(s) // its user and password may hold //
	case found && (jdbc || !strings.ContainsAny(head, "?#@")):
		if !jdbc {
			tail = maskTokens(tail)
		}
		return maskHead(head) + "//" + maskAuthority(tail)
	case jdbc:
		return maskHead(s)
	}
	return maskOpaque(s)
}

// scheme is the scheme of a URL, "" if the text has none.
func scheme(s string) string {
	name, rest, ok := strings.Cut(s, ":")
	if !ok || name == "" || rest == "" || len(name) > 32 {
		return ""
	}
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || !isDigit(r) && r != '+' && r != '-' && r != '.') {
			return ""
		}
	}
	return name
}

const oracle = "jdbc:oracle:"

// maskHead masks user/password@ in a JDBC URL that has no // or before it, as in
// jdbc:oracle:thin:scott/tiger@host and jdbc:oracle:thin:scott/tiger@//host.
func maskHead(head string) string {
	at := strings.LastIndexByte(head, '@')
	// What names the driver: jdbc:oracle:thin:, jdbc:x:.
	names := 2
	if strings.HasPrefix(strings.ToLower(head), oracle) {
		names = 3
		if at < 0 {
			at = len(head)
		}
	}
	if at < 0 {
		return head
	}
	from := 0
	for range names {
		i := strings.IndexByte(head[from:at], ':')
		if i < 0 {
			break
		}
		from += i + 1
	}
	if from == at {
		return head
	}
	return head[:from] + stars + head[at:]
}

// maskAuthority masks user information at the start of what follows //.
func maskAuthority(rest string) string {
	end := strings.IndexAny(rest, "/?#;")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	// A password may hold unescaped / ? and @, so its end is the last @.
	if strings.Contains(authority, "@") || !hostsAndPorts(authority) {
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			return stars + rest[at:]
		}
	}
	if !hostsAndPorts(authority) {
		return stars + rest[end:]
	}
	return rest
}

// hostsAndPorts reports whether every colon in a list of hosts precedes a port.
// Brackets hold IPv6 addresses or the key-value pairs of MySQL.
func hostsAndPorts(authority string) bool {
	depth := 0
	for i, r := range authority {
		switch r {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case ':':
			if depth > 0 {
				continue
			}
			for j := i + 1; j < len(authority) && authority[j] != ','; j++ {
				if !isDigit(rune(authority[j])) {
					return false
				}
			}
		}
	}
	return true
}

// maskOpaque keeps the path of a file or jar, and only the scheme of others.
func maskOpaque(s string) string {
	name := scheme(s)
	switch strings.ToLower(name) {
	case "file", "jar", "jrt", "classpath", "war", "vfs":
		return s
	}
	return name + ":" + stars
}

// maskTokens masks the segments of a path that look generated.
func maskTokens(rest string) string {
	path, query := rest, ""
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		path, query = rest[:i], rest[i:]
	}
	segments := strings.Split(path, "/")
	for i, s := range segments[1:] {
		if looksGenerated(s) {
			segments[i+1] = stars
		}
	}
	return strings.Join(segments, "/") + maskBare(query)
}

// maskBare masks the parameters of a query or fragment that have no key.
func maskBare(query string) string {
	var b strings.Builder
	for len(query) > 0 {
		end := strings.IndexAny(query[1:], "?#&") + 1
		if end == 0 {
			end = len(query)
		}
		part := query[1:end]
		if part != "" && !strings.Contains(part, "=") {
			part = stars
		}
		b.WriteString(query[:1] + part)
		query = query[end:]
	}
	return b.String()
}

// looksGenerated reports whether a segment mixes digits and letters over 16
// characters or more, as keys, hashes and UUIDs do.
func looksGenerated(s string) bool {
	digits, letters := 0, 0
	for _, r := range s {
		switch {
		case isDigit(r):
			digits++
		case isWordStart(r):
			letters++
		}
	}
	return len(s) >= 16 && digits >= 2 && letters >= 2
}
