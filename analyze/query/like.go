package query

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"strings"
)

// matcher is a regular expression that has to match all of a text, as LIKE wants it. What is a literal between wildcards is
// searched without the machine.
type matcher struct {
	re          *regexp.Regexp
	lit         []byte
	fast        bool
	open, close bool // .* before and after the literal
}

// newMatcher compiles a pattern of LIKE: [] stands for itself, and so does a $ that is not the last, as in names of classes.
func newMatcher(pattern string) (*matcher, error) {
	re, err := regexp.Compile("^(?:" + fixPattern(pattern) + ")$")
	if err != nil {
		return nil, err
	}
	m := &matcher{re: re}
	m.simple(fixPattern(pattern))
	return m, nil
}

func fixPattern(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			b.WriteString(pattern[i : i+2])
			i++
		case c == '$' && i+1 < len(pattern):
			b.WriteString(`\$`)
		case strings.HasPrefix(pattern[i:], "[]"):
			b.WriteString(`\[\]`)
			i++
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// simple recognises a literal, and one with .* before or after it.
func (m *matcher) simple(pattern string) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return
	}
	parts := []*syntax.Regexp{tree}
	if tree.Op == syntax.OpConcat {
		parts = tree.Sub
	}
	if len(parts) > 0 && anything(parts[0]) {
		m.open, parts = true, parts[1:]
	}
	if len(parts) > 0 && anything(parts[len(parts)-1]) {
		m.close, parts = true, parts[:len(parts)-1]
	}
	switch {
	case len(parts) == 0:
		m.fast = true
	case len(parts) == 1 && parts[0].Op == syntax.OpLiteral && parts[0].Flags&syntax.FoldCase == 0:
		m.lit, m.fast = []byte(string(parts[0].Rune)), true
	}
}

func anything(r *syntax.Regexp) bool {
	return r.Op == syntax.OpStar && r.Sub[0].Op == syntax.OpAnyCharNotNL
}

func (m *matcher) match(b []byte) bool {
	switch {
	case !m.fast:
		return m.re.Match(b)
	case !m.open && !m.close:
		return bytes.Equal(b, m.lit)
	case !m.open:
		return bytes.HasPrefix(b, m.lit) && oneLine(b[len(m.lit):])
	case !m.close:
		return bytes.HasSuffix(b, m.lit) && oneLine(b[:len(b)-len(m.lit)])
	case !bytes.Contains(b, m.lit):
		return false
	case oneLine(b):
		return true
	}
	return m.re.Match(b)
}

func oneLine(b []byte) bool { return bytes.IndexByte(b, '\n') < 0 }

func (m *matcher) matchString(s string) bool {
	if m.fast {
		return m.match([]byte(s))
	}
	return m.re.MatchString(s)
}
