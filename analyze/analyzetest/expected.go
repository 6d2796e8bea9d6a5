package analyzetest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// Expected is what the program behind a real dump counted when it made the objects.
type Expected struct {
	Counts map[string]int64
	Texts  map[string]string
}

// ExpectedOf reads the facts beside a dump such as "zoo/zoo-small.hprof".
func ExpectedOf(t testing.TB, dump string) Expected {
	t.Helper()
	b, err := os.ReadFile(strings.TrimSuffix(RealPath(t, dump), ".hprof") + ".expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Facts map[string]any `json:"facts"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	e := Expected{map[string]int64{}, map[string]string{}}
	for k, v := range file.Facts {
		switch v := v.(type) {
		case float64:
			e.Counts[k] = int64(v)
		case string:
			e.Texts[k] = v
		}
	}
	return e
}
