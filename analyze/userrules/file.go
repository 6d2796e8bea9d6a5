package userrules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"heapcause/report/suggest"
)

// Bounds of a file.
const (
	maxFileBytes = 256 << 10
	maxErrors    = 20 // are told of one file
	maxRules     = 100
)

// Error is a mistake in a rule's file.
type Error struct {
	File         string
	Line, Column int // from 1 on
	Text         string
}

// Error writes FILE:LINE:COLUMN: and the text, as compilers do.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text) }

// rulesFile is a file being read, with the mistakes found so far.
type rulesFile struct {
	name  string
	lines []string
	errs  []*Error
}

// fail notes a mistake at a place.
func (f *rulesFile) fail(line, column int, format string, args ...any) {
	if len(f.errs) < maxErrors {
		f.errs = append(f.errs, &Error{f.name, max(line, 1), max(column, 1), fmt.Sprintf(format, args...)})
	}
}

// err returns all mistakes by their places, nil when there are none.
func (f *rulesFile) err() error {
	slices.SortStableFunc(f.errs, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	var errs []error
	for _, e := range f.errs {
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// node is a place in the file.
type node struct {
	*yaml.Node
	f *rulesFile
}

func (n node) fail(format string, args ...any) { n.f.fail(n.Line, n.Column, format, args...) }

// keys hands each value of a mapping to the function of its key, which must be known and not come twice.
func (n node) keys(what string, known map[string]func(node)) {
	if n.Kind != yaml.MappingNode {
		n.fail("%s: a mapping of keys is wanted here", what)
		return
	}
	names := sortedKeys(known)
	n.entries(what, func(key, value node) {
		fn := known[key.Value]
		if fn == nil {
			key.fail("%s: unknown key %q%s", what, key.Value, meant(key.Value, names))
			return
		}
		fn(value)
	})
}

// entries yields the keys and values of a mapping in their order.
func (n node) entries(what string, fn func(key, value node)) {
	if n.Kind != yaml.MappingNode {
		n.fail("%s: a mapping of names is wanted here", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := node{n.Content[i], n.f}, node{n.Content[i+1], n.f}
		switch {
		case key.Kind != yaml.ScalarNode || value.Kind == yaml.AliasNode:
			key.fail("%s: keys are words, and aliases are not supported", what)
		case seen[key.Value]:
			key.fail("%s: %q is there twice", what, key.Value)
		default:
			seen[key.Value] = true
			fn(key, value)
		}
	}
}

// each yields the elements of a list; one value alone counts as a list of it.
func (n node) each(fn func(node)) {
	if n.Kind != yaml.SequenceNode {
		fn(n)
		return
	}
	for _, c := range n.Content {
		fn(node{c, n.f})
	}
}

// text returns a scalar that is not empty.
func (n node) text(what string) string {
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		n.fail("%s: a text is wanted here", what)
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// line returns a text of one line.
func (n node) line(what string) string {
	s := n.text(what)
	if strings.ContainsAny(s, "\r\n") {
		n.fail("%s: is one line", what)
	}
	return s
}

// texts returns a list of texts.
func (n node) texts(what string) (out []string) {
	n.each(func(n node) { out = append(out, n.text(what)) })
	return out
}

// yes returns a boolean.
func (n node) yes(what string) bool {
	var b bool
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || n.Decode(&b) != nil {
		n.fail("%s: true or false is wanted here", what)
	}
	return b
}

// number returns a number that is not negative.
func (n node) number(what string) float64 {
	var v float64
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" && n.Tag != "!!float" || n.Decode(&v) != nil || !(v >= 0 && v <= 1e18) {
		n.fail("%s: a number from 0 on is wanted here", what)
		return 0
	}
	return v
}

// oneOf returns a word that must be among those known.
func (n node) oneOf(what string, words ...string) string {
	s := n.text(what)
	for _, w := range words {
		if s == w {
			return s
		}
	}
	if s != "" {
		n.fail("%s: unknown %s %q%s", what, what, s, meant(s, words))
	}
	return ""
}

// meant is what to say behind an unknown word.
func meant(word string, words []string) string {
	if w := suggest.Nearest(word, words); w != "" {
		return ": did you mean " + w + "?"
	}
	if len(words) == 0 {
		return ""
	}
	return "; there are " + strings.Join(words, ", ")
}

// place maps a line and column, both from 0 on, of a scalar's value to the file.
func (n node) place(line, column int) (int, int) {
	switch n.Style &^ yaml.TaggedStyle {
	case yaml.FoldedStyle: // its lines are joined: where it begins is what can be said
		return n.Line + 1, 1
	case yaml.LiteralStyle:
		indent := 0
		if n.Line < len(n.f.lines) {
			indent = len(n.f.lines[n.Line]) - len(strings.TrimLeft(n.f.lines[n.Line], " "))
		}
		return n.Line + 1 + line, indent + column + 1
	case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
		column++
	}
	if line > 0 { // of a text over several lines: where it begins is what can be said
		return n.Line, n.Column
	}
	return n.Line, n.Column + column
}
