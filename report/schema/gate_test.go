package schema_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"heapcause/report/gate"
	"heapcause/report/reporttest"
	"heapcause/report/schema"
)

func TestCheckIsCovered(t *testing.T) { covers(t, schema.Check(), reflect.TypeFor[gate.Result]()) }

// TestChecksAreValid has verdicts of each kind.
func TestChecksAreValid(t *testing.T) {
	compiled := compileSchema(t, "urn:heapcause:check:1", schema.Check())
	for _, budget := range []string{
		"",
		"heap: {strong: 1%}\nfigures: {sessions: 1, threads: 1000000}\ngrowth: {heap: {strong: [1%, 1MiB]}, classes: {'**': {retained: 0%}}}\nfindings: {error: 0}\n" +
			"suppress: [{budget: heap, reason: x, until: 2027-01-31}, {signature: aaaaaaaaaaaa, reason: x, until: 2020-01-31}]",
	} {
		b, err := gate.Parse("b.yaml", []byte(budget))
		if err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		opt := gate.Options{Baseline: reporttest.PGTimer(), AllowIncomplete: true, AsOf: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
		if err := gate.WriteJSON(&buf, gate.Check(b, reporttest.Full(), opt)); err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(&buf)
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(v); err != nil {
			t.Errorf("%v", err)
		}
	}
}

// TestBudgets: the schema for editors agrees with what the parser says.
func TestBudgets(t *testing.T) {
	compiled := compileSchema(t, "urn:heapcause:budget:1", schema.Budget())
	for text, good := range map[string]bool{
		"": true,
		"heap: {strong: 1GiB, total: 5, unreachable: 10%}": true,
		"heap: {total: 10%}":                                    false,
		"heap: {strong: 1Gi}":                                   false,
		"figures: {threads: 10, strings.wasted: 10MB}":          true,
		"figures: {threads: 10%}":                               false,
		"figures: {thread: 10}":                                 false,
		"classes: {a.*: {instances: 1, retained: 5%}}":          true,
		"classes: {a.*: {classes: 1}}":                          false,
		"packages: {a: {classes: 1}}":                           true,
		"findings: {error: 0, rules: {a: 1, b: {retained: 1}}}": true,
		"findings: {rules: {a: many}}":                          false,
		"growth: {heap: {strong: [10%, 1MiB]}, findings: {new: {error: 0}, objects: 10%}}": true,
		"growth: {figures: {threads: [1, 10%]}, classes: {a: {instances: 5%}}}":            true,
		"growth: {classes: {a: {instances: 5MiB}}}":                                        false,
		"suppress: [{signature: aaaaaaaaaaaa, reason: x, until: '2027-01-31'}]":            true,
		"suppress: [{signature: aaaaaaaaaaaa, until: '2027-01-31'}]":                       false,
		"suppress: [{reason: x, until: '2027-01-31'}]":                                     false,
		"baseline: old.json": true,
		"odd: 1":             false,
	} {
		var doc any
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		plain, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
		if err != nil {
			t.Fatal(err)
		}
		_, parses := gate.Parse("b.yaml", []byte(text))
		if valid := compiled.Validate(v); (valid == nil) != good || (parses == nil) != good {
			t.Errorf("%s: the schema says %v, the parser %v", text, valid, parses)
		}
	}
}

// TestFiguresOfBudgets: the schema has the figures that the parser knows.
func TestFiguresOfBudgets(t *testing.T) {
	type part struct {
		Properties map[string]part `json:"properties"`
	}
	var doc part
	if err := json.Unmarshal(schema.Budget(), &doc); err != nil {
		t.Fatal(err)
	}
	var names, parts []string
	for _, f := range gate.KnownFigures {
		names = append(names, f.Name)
		if part, ok := strings.CutPrefix(f.Name, "heap."); ok {
			parts = append(parts, part)
		}
	}
	for _, where := range []map[string]part{doc.Properties, doc.Properties["growth"].Properties} {
		for key, want := range map[string][]string{"figures": names, "heap": parts} {
			var have []string
			for name := range where[key].Properties {
				have = append(have, name)
			}
			slices.Sort(have)
			slices.Sort(want)
			if !slices.Equal(have, want) {
				t.Error(differ(key, "figures", have, want))
			}
		}
	}
}
