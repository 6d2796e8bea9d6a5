package redact

import (
	"slices"
	"strings"
)

// Span is a stretch of a text, in bytes.
type Span struct{ From, To int }

// SQLSecrets returns the stretches of a statement that NormalizeSQL leaves out: literals and comments. It is false for a text that
// does not begin like a statement.
func SQLSecrets(text string) ([]Span, bool) {
	s := &sqlScanner{src: text}
	var out []Span
	var at []Span // of each token
	for s.pos < len(s.src) {
		span := Span{From: s.pos}
		n := len(s.tokens)
		s.next()
		span.To = s.pos
		for range s.tokens[n:] {
			at = append(at, span)
		}
		if len(s.tokens) == n && strings.TrimSpace(text[span.From:span.To]) != "" {
			out = append(out, span) // a comment
		}
	}
	if !beginsStatement(s.tokens) {
		return nil, false
	}
	maskWords(s.tokens)
	for i, t := range s.tokens {
		if t.kind == literal || t.kind == gone {
			out = append(out, at[i])
		}
	}
	slices.SortFunc(out, func(a, b Span) int { return a.From - b.From })
	return slices.Compact(out), true
}

// URLSecrets returns the stretches of a URL that MaskURL leaves out. It is false for a text that is no URL.
func URLSecrets(text string) ([]Span, bool) {
	if scheme(text) == "" {
		return nil, false
	}
	pieces := strings.Split(MaskURL(text), stars)
	last := len(pieces) - 1
	if !strings.HasPrefix(text, pieces[0]) || !strings.HasSuffix(text, pieces[last]) || last > 0 && len(pieces[0])+len(pieces[last]) > len(text) {
		return nil, false
	}
	at, end := len(pieces[0]), len(text)-len(pieces[last])
	var out []Span
	for i, p := range pieces[1:] { // what is between the secrets
		next := end
		if i+1 < last {
			k := strings.Index(text[at:end], p)
			if k < 0 {
				return nil, false
			}
			next = at + k
		}
		out = append(out, Span{at, next})
		at = next + len(p)
	}
	return out, true
}
