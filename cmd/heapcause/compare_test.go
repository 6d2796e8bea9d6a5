package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/report/compare"
)

// TestCompareLoadTest holds that the five dumps of a load test give its leaking path and no other, with as many objects as its program
// counted; that of the same program without the leak there is none; and that saved reports say the same as the dumps.
func TestCompareLoadTest(t *testing.T) {
	if testing.Short() {
		t.Skip("analyses some twenty dumps")
	}
	dir := "../../testdata/dumps/loadtest/"
	data, err := os.ReadFile(dir + "orders.expected.json")
	if err != nil {
		t.Skip("make testdata makes the dumps")
	}
	var want struct {
		Leak  []string
		Steps []struct{ Sessions int64 }
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	heapcause := func(args ...string) []byte {
		var out, errs bytes.Buffer
		if code := run(context.Background(), append(args, "--quiet", "--index=never"), nil, &out, &errs); code != 0 {
			t.Fatalf("%v: %d: %s", args, code, errs.String())
		}
		return out.Bytes()
	}
	var leaking, control, saved []string
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		leaking = append(leaking, dir+"orders-"+n+".hprof")
		control = append(control, dir+"orders-control-"+n+".hprof")
		file := filepath.Join(temp, n+".json")
		heapcause("analyze", dir+"orders-"+n+".hprof", "-o", file)
		saved = append(saved, file)
	}
	saved[4] = leaking[4] // a mix
	for name, files := range map[string][]string{"dumps": leaking, "saved reports and a dump": saved} {
		out := heapcause(append([]string{"compare", "-f", "json"}, files...)...)
		var c compare.Comparison
		if err := json.Unmarshal(out, &c); err != nil {
			t.Fatal(err)
		}
		if len(c.Paths.Rows) != 1 {
			t.Fatalf("%s: %d paths", name, len(c.Paths.Rows))
		}
		p := c.Paths.Rows[0]
		text := compare.PathText(p.Path)
		for at, field := range want.Leak {
			i := strings.Index(text, field)
			if i < 0 {
				t.Errorf("%s: field %d, %s, is not on the path %s", name, at, field, text)
				continue
			}
			text = text[i:]
		}
		if p.Holds != "com.acme.orders.Session" {
			t.Errorf("%s: most of it in %q", name, p.Holds)
		}
		for i, x := range p.Points {
			if x.Objects != want.Steps[i].Sessions {
				t.Errorf("%s: %d objects in dump %d, want %d", name, x.Objects, i+1, want.Steps[i].Sessions)
			}
		}
	}
	again := heapcause(append([]string{"compare", "-f", "html", "--workers", "1"}, leaking[3:]...)...)
	if !bytes.Equal(again, heapcause(append([]string{"compare", "-f", "html", "--workers", "2"}, leaking[3:]...)...)) {
		t.Error("1 worker and 2 give different pages")
	}
	var c compare.Comparison
	if err := json.Unmarshal(heapcause(append([]string{"compare", "-f", "json"}, control...)...), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Paths.Rows) != 0 {
		t.Errorf("without the leak: %+v", c.Paths.Rows)
	}
}
