package sarif_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"heapcause/report"
	"heapcause/report/reporttest"
	"heapcause/report/sarif"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := sarif.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	reporttest.Golden(t, "testdata/pg-timer.json", render(t, reporttest.PGTimer()), *update)
}

func TestNoSecrets(t *testing.T) {
	reporttest.CheckSecrets(t, render(t, reporttest.Full()))
}

// TestSchema checks what is written against the standard's own schema (OASIS).
func TestSchema(t *testing.T) {
	file, err := os.Open("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*report.Report{"full": reporttest.Full(), "minimal": reporttest.Minimal(), "hostile": reporttest.Hostile()} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(render(t, r)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !strings.Contains(render(t, reporttest.PGTimer()), `"heapcauseSignature/v1"`) {
		t.Error("no signature")
	}
}
