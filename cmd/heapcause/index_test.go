package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/graph/index"

	"heapcause/hprof/hproftest"
)

// TestDamagedIndex: whatever is wrong with an index, commands report what they report without one.
func TestDamagedIndex(t *testing.T) {
	if hproftest.Race {
		t.Skip("of one command at a time")
	}
	dir := t.TempDir()
	dump, folder := filepath.Join(dir, "cache.hprof"), filepath.Join(dir, "index")
	if err := os.WriteFile(dump, cacheDump(8), 0o600); err != nil {
		t.Fatal(err)
	}
	heapcause := func(args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(context.Background(), args, nil, &out, &errs); code != exitDone {
			t.Fatalf("%v: exit code %d: %s", args, code, errs.String())
		}
		return out.String(), errs.String()
	}
	commands := [][]string{
		{"analyze", dump, "-f", "json"},
		{"dominators", dump, "--top", "0"},
		{"dominators", dump, "--all", "-f", "tsv"},
	}
	fresh := make([]string, len(commands))
	for i, c := range commands {
		fresh[i], _ = heapcause(append(c, "--index", "never")...)
	}
	heapcause("index", dump, "--index-dir", folder)
	found, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	whole, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	rebuilt := 0
	for at := 0; at < len(whole); at += index.BlockBytes {
		b := bytes.Clone(whole)
		b[min(at+r.IntN(1<<r.IntN(12)), len(b)-1)] ^= 0x10
		if r.IntN(4) == 0 {
			b = b[:at]
		}
		for i, c := range commands {
			if err := os.WriteFile(found[0], b, 0o600); err != nil {
				t.Fatal(err)
			}
			got, said := heapcause(append(c, "--index-dir", folder)...)
			if got != fresh[i] {
				t.Errorf("%v reports something else with a damaged index", c)
			}
			if !strings.Contains(said, "is not used: ") {
				continue // the command did not touch the place
			}
			rebuilt++
			if now, err := os.ReadFile(found[0]); err != nil || !bytes.Equal(now, whole) {
				t.Errorf("%v: the index was not built again: %s", c, said)
			}
		}
	}
	if rebuilt < 20 {
		t.Errorf("only %d indexes were found damaged", rebuilt)
	}
}
