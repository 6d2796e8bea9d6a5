package mcp

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"
)

// answerSchema is the JSON Schema of Answer: that of a report's sections, without the texts, since every tool carries it.
//
//go:embed answer.schema.json
var answerSchema json.RawMessage

// inputSchema is the schema of a tool's arguments, with bounds.
func inputSchema[T any]() (*jsonschema.Schema, error) {
	s, err := jsonschema.For[T](nil)
	if err != nil {
		return nil, fmt.Errorf("mcp: schema of %T: %w", *new(T), err)
	}
	for name, p := range s.Properties {
		if p.Type == "string" {
			p.MaxLength = jsonschema.Ptr(mostText)
		}
		if p.Items != nil {
			p.MaxItems = jsonschema.Ptr(64)
			p.Items.MaxLength = jsonschema.Ptr(mostText)
		}
		switch name {
		case "limit":
			p.Minimum, p.Maximum = jsonschema.Ptr(1.0), jsonschema.Ptr(float64(mostLimit))
		case "maxBytes":
			p.Minimum, p.Maximum = jsonschema.Ptr(float64(LeastBytes)), jsonschema.Ptr(float64(MostBytes))
		case "paths":
			p.Minimum, p.Maximum = jsonschema.Ptr(1.0), jsonschema.Ptr(float64(mostPaths))
		}
	}
	return s, nil
}

// oneOf bounds an argument to words.
func oneOf(s *jsonschema.Schema, name string, words ...string) {
	if p := s.Properties[name]; p != nil {
		for _, w := range words {
			p.Enum = append(p.Enum, w)
		}
	}
}
