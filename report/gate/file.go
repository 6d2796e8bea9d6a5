package gate

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"heapcause/report/suggest"
)

// Bounds of a file.
const (
	maxFileBytes = 256 << 10
	maxErrors    = 20 // are told
)

// Error is a mistake in a budget file.
type Error struct {
	File         string
	Line, Column int // from 1 on
	Text         string
}

// Error writes FILE:LINE:COLUMN: and the text, as compilers do.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text) }

// reader reads a file and notes its mistakes.
type reader struct {
	name string
	errs []*Error
}

func (r *reader) fail(line, column int, format string, args ...any) {
	if len(r.errs) < maxErrors {
		r.errs = append(r.errs, &Error{r.name, max(line, 1), max(column, 1), fmt.Sprintf(format, args...)})
	}
}

// err returns all mistakes by their places.
func (r *reader) err() error {
	slices.SortStableFunc(r.errs, func(a, b *Error) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	var errs []error
	for _, e := range r.errs {
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// document returns the root of the file's only document; false when the file is empty or no YAML.
func (r *reader) document(data []byte) (node, bool) {
	if len(data) > maxFileBytes {
		r.fail(1, 1, "a budget has at most %d bytes", maxFileBytes)
		return node{}, false
	}
	var first, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	err := dec.Decode(&first)
	switch {
	case errors.Is(err, io.EOF):
		return node{}, false
	case err != nil:
		r.syntax(err)
		return node{}, false
	}
	if err := dec.Decode(&second); err == nil {
		r.fail(second.Line, second.Column, "a budget is one document")
	}
	if len(first.Content) != 1 || first.Content[0].Tag == "!!null" {
		return node{}, false
	}
	return node{first.Content[0], r}, true
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntax notes what the YAML parser says, which knows lines alone.
func (r *reader) syntax(err error) {
	text, line := err.Error(), 1
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	r.fail(line, 1, "no valid YAML: %s", text)
}

// node is a place in the file.
type node struct {
	*yaml.Node
	r *reader
}

func (n node) fail(format string, args ...any) { n.r.fail(n.Line, n.Column, format, args...) }

// entries yields the keys and values of a mapping in their order.
func (n node) entries(what string, fn func(key, value node)) {
	if n.Kind != yaml.MappingNode {
		n.fail("%s: a mapping is wanted here", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := node{n.Content[i], n.r}, node{n.Content[i+1], n.r}
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

// keys hands each value of a mapping to the function of its key, which must be known.
func (n node) keys(what string, names []string, fn func(key, value node)) {
	n.entries(what, func(key, value node) {
		if !slices.Contains(names, key.Value) {
			key.fail("%s: unknown key %q%s", what, key.Value, meant(key.Value, names))
			return
		}
		fn(key, value)
	})
}

// each yields the elements of a list; one value alone counts as a list of it.
func (n node) each(fn func(node)) {
	if n.Kind != yaml.SequenceNode {
		fn(n)
		return
	}
	for _, c := range n.Content {
		fn(node{c, n.r})
	}
}

// text returns a scalar that is not empty, "" after telling that there is none.
func (n node) text(what string) string {
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		n.fail("%s: a text is wanted here", what)
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// meant is what to say behind an unknown word: the one that was meant, or all where there are few.
func meant(word string, words []string) string {
	if w := suggest.Nearest(word, words); w != "" {
		return ": did you mean " + w + "?"
	}
	if len(words) > 12 {
		return ""
	}
	return "; there are " + strings.Join(words, ", ")
}
