package reporttest

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Golden compares what was rendered with a file, or writes the file anew.
func Golden(t testing.TB, file, got string, update bool) {
	t.Helper()
	if update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("differs from %s (-golden +now); -update writes it anew:\n%s", file, d)
	}
}
