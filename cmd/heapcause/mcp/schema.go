package mcp

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"
)

// answerSchema is the JSON Schema of Answer: that of a report's sections, without the texts. It is the resource answerURI.
//
//go:embed answer.schema.json
var answerSchema string

// listedSchema is what each tool declares of it: a list of tools is read by a model before anything else, so that the schema is not told of
// in full fifteen times.
var listedSchema = json.RawMessage(`{"type":"object","required":["command","sections","more","masked"],"additionalProperties":false,"properties":{` +
	`"dump":{"type":"string"},"command":{"type":"string"},"masked":{"type":"boolean"},` +
	`"sections":{"type":"array","description":"in full: ` + answerURI + `","items":{"type":"object","required":["name","title","summary","facts","tables","notes"]}},` +
	`"more":{"type":"array","items":{"type":"object","required":["table","left"],"properties":{"table":{"type":"string"},"left":{"type":"integer"},"cursor":{"type":"string"}}}}}}`)

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
			p.Type, p.Types = "array", nil // null is no list
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
