package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"heapcause/report"
	"heapcause/report/fleet"
	reportjson "heapcause/report/json"
	"heapcause/report/reporttest"
	"heapcause/report/schema"
)

func compile(t *testing.T) *jsonschema.Schema { return compileSchema(t, schema.ID, schema.Report()) }

func compileSchema(t *testing.T, id string, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(id, doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestReportsAreValid(t *testing.T) {
	compiled := compile(t)
	for name, r := range map[string]*report.Report{
		"pg-timer": reporttest.PGTimer(),
		"full":     reporttest.Full(),
		"minimal":  reporttest.Minimal(),
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := reportjson.Write(&buf, r); err != nil {
				t.Fatal(err)
			}
			v, err := jsonschema.UnmarshalJSON(&buf)
			if err != nil {
				t.Fatal(err)
			}
			if err := compiled.Validate(v); err != nil {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestOthersAreNot(t *testing.T) {
	compiled := compile(t)
	var buf bytes.Buffer
	if err := reportjson.Write(&buf, reporttest.Full()); err != nil {
		t.Fatal(err)
	}
	good := buf.String()
	for _, change := range [][2]string{
		{`"schemaVersion": "1"`, `"schemaVersion": "2"`},
		{`"severity": "error"`, `"severity": "fatal"`},
		{`"findings": [`, `"odd": 1, "findings": [`},
		{`"idSize": 8`, `"idSize": 5`},
		{`"address": "0x`, `"address": "0X`},
		{`"kind": "bytes",`, `"kind": "bites",`},
		{`"falsifier"`, `"verifier"`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Errorf("%s does not occur in the full report", change[0])
			continue
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if compiled.Validate(v) == nil {
			t.Errorf("valid with %s", change[1])
		}
	}
}

// TestEveryFieldIsCovered walks the Go types and the schema together.
func TestEveryFieldIsCovered(t *testing.T) {
	covers(t, schema.Report(), reflect.TypeFor[report.Report]())
}

func covers(t *testing.T, text []byte, typ reflect.Type) {
	t.Helper()
	var doc object
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	w := walker{t: t, defs: doc.Defs, seen: map[string]bool{"Value": true, "Address": true}}
	w.compare(typ.Name(), typ, doc)
	for name := range doc.Defs {
		if !w.seen[name] {
			t.Errorf("$defs/%s belongs to no type", name)
		}
	}
}

type object struct {
	Type       any               `json:"type"`
	Ref        string            `json:"$ref"`
	Additional *bool             `json:"additionalProperties"`
	Required   []string          `json:"required"`
	Properties map[string]object `json:"properties"`
	Items      *object           `json:"items"`
	Defs       map[string]object `json:"$defs"`
}

type walker struct {
	t    *testing.T
	defs map[string]object
	seen map[string]bool
}

// scalars are the types whose JSON form is no object of their own fields.
var scalars = map[reflect.Type]bool{
	reflect.TypeFor[report.Value]():   true,
	reflect.TypeFor[report.Address](): true,
	reflect.TypeFor[time.Time]():      true,
}

func (w walker) compare(where string, typ reflect.Type, s object) {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		if w.seen[name] {
			return
		}
		w.seen[name] = true
		s = w.defs[name]
	}
	switch {
	case scalars[typ]:
	case typ.Kind() == reflect.Pointer:
		w.compare(where, typ.Elem(), s)
	case typ.Kind() == reflect.Slice:
		if s.Items == nil {
			w.t.Errorf("%s: the schema has no items", where)
			return
		}
		w.compare(where+"[]", typ.Elem(), *s.Items)
	case typ.Kind() == reflect.Struct:
		w.fields(where, typ, s)
	}
}

func (w walker) fields(where string, typ reflect.Type, s object) {
	if s.Additional == nil || *s.Additional {
		w.t.Errorf("%s: the schema allows additional properties", where)
	}
	var names, required []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		if !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			w.t.Errorf("%s.%s has no JSON name", where, f.Name)
			continue
		}
		names = append(names, name)
		if options == "" {
			required = append(required, name)
		}
		w.compare(where+"."+f.Name, f.Type, s.Properties[name])
	}
	slices.Sort(names)
	slices.Sort(required)
	slices.Sort(s.Required)
	if have := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(have, names) {
		w.t.Error(differ(where, "properties", have, names))
	}
	if !slices.Equal(s.Required, required) {
		w.t.Error(differ(where, "required", s.Required, required))
	}
}

func differ(where, what string, have, want []string) string {
	return fmt.Sprintf("%s: the schema's %s are %v, the type's %v", where, what, have, want)
}

func TestFleetIsCovered(t *testing.T) { covers(t, schema.Fleet(), reflect.TypeFor[fleet.Fleet]()) }
