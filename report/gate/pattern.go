package gate

import (
	"regexp"
	"strings"
)

// pattern is a name, in which * stands for any characters but a dot, and ** for any.
type pattern struct {
	text string
	re   *regexp.Regexp // nil for a name as it is
}

func newPattern(text string) *pattern {
	if !strings.Contains(text, "*") {
		return &pattern{text: text}
	}
	var b strings.Builder
	b.WriteString(`(?s)^`)
	for i, part := range strings.Split(text, "**") {
		if i > 0 {
			b.WriteString(`.*`)
		}
		for j, p := range strings.Split(part, "*") {
			if j > 0 {
				b.WriteString(`[^.]*`)
			}
			b.WriteString(regexp.QuoteMeta(p))
		}
	}
	b.WriteString(`$`)
	return &pattern{text: text, re: regexp.MustCompile(b.String())}
}

func (p *pattern) matches(name string) bool {
	if p.re == nil {
		return p.text == name
	}
	return p.re.MatchString(name)
}

// glob reports whether the limit is on all names of a pattern.
func (l *limit) glob() bool { return l.pattern != nil && l.pattern.re != nil }
