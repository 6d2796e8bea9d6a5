package query

import (
	"bytes"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"heapcause/report/suggest"
)

// maxSaved is how large a file of saved queries may be.
const maxSaved = 1 << 20

// Saved are queries by name.
type Saved map[string]string

// ReadSaved reads a file of saved queries: a YAML mapping of names to queries. Each has to be one that can be parsed.
func ReadSaved(file string, data []byte) (Saved, error) {
	if len(data) > maxSaved {
		return nil, fmt.Errorf("%s: is larger than %d bytes", file, maxSaved)
	}
	out := Saved{}
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&out); err != nil && len(bytes.TrimSpace(data)) > 0 {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, name := range out.Names() {
		if _, err := Parse(out[name]); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, name, err)
		}
	}
	return out, nil
}

// Names of the queries in alphabetical order.
func (s Saved) Names() []string {
	var out []string
	for n := range s {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// Find returns the query of a name.
func (s Saved) Find(name string) (string, error) {
	if q, ok := s[name]; ok {
		return q, nil
	}
	e := &BoundError{Msg: fmt.Sprintf("there is no saved query %s", name)}
	if n := suggest.Nearest(name, s.Names()); n != "" {
		e.Hint = "did you mean @" + n + "?"
	} else if len(s) > 0 {
		e.Hint = "there are " + enumerate(s.Names(), 12)
	} else {
		e.Hint = "--queries names a file of them; .heapcause/queries.yaml is the default"
	}
	return "", e
}
