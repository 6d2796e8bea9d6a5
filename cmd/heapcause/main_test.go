package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"heapcause/hprof/hproftest"
)

func TestMain(m *testing.M) {
	_ = os.Setenv("XDG_CACHE_HOME", filepath.Join(os.TempDir(), "heapcause-test-without-cache")) // nobody's indexes
	testscript.Main(m, map[string]func(){
		"heapcause":        main,
		"heapcause-victim": victim,
	})
}

// TestScripts runs the command lines of testdata/script, on small dumps (see dumps) and on the committed demo dump: $DEMO.
func TestScripts(t *testing.T) {
	demo, err := filepath.Abs("../../testdata/demo.hprof.gz")
	if err != nil {
		t.Fatal(err)
	}
	params := testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"dump": writeDump},
		Condition: func(c string) (bool, error) {
			if c == "root" { // may read what nobody may
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", c)
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("DEMO", demo)
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, "cache"))
			e.Setenv("CI", "")
			return nil
		},
	}
	if hproftest.Race { // those that differ in what runs side by side
		params.Dir = ""
		for _, name := range []string{"histogram", "index", "inputs", "parts", "several"} {
			params.Files = append(params.Files, filepath.Join("testdata/script", name+".txtar"))
		}
	}
	testscript.Run(t, params)
}

// TestInterrupted: a signal ends the work with a word and leaves nothing behind.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	dump := filepath.Join(dir, "cache.hprof")
	if err := os.WriteFile(dump, cacheDump(8), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, command := range []string{"analyze", "histogram", "dominators"} {
		var stdout, stderr bytes.Buffer
		out := filepath.Join(dir, "out")
		if code := run(ctx, []string{command, dump, "-o", out}, nil, &stdout, &stderr); code != exitFailed {
			t.Errorf("%s: exit code %d", command, code)
		}
		if got := stderr.String(); got != "heapcause: interrupted; nothing was written\n" || stdout.Len() > 0 {
			t.Errorf("%s: %q on standard error, %q on standard output", command, got, stdout.String())
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("%s: files left: %v", command, left)
		}
	}
}

// TestClosedPipe: a reader that goes away ends the work quietly.
func TestClosedPipe(t *testing.T) {
	dump := filepath.Join(t.TempDir(), "cache.hprof")
	if err := os.WriteFile(dump, cacheDump(8), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	defer w.Close()
	for _, command := range []string{"analyze", "histogram", "dominators"} {
		var stderr bytes.Buffer
		if code := run(context.Background(), []string{command, dump}, nil, w, &stderr); code != exitFailed || stderr.Len() > 0 {
			t.Errorf("%s: exit code %d, %q on standard error", command, code, stderr.String())
		}
	}
}

func TestDumpAsCommand(t *testing.T) {
	root := (&app{}).command()
	for _, c := range []struct {
		args    string
		analyze bool
	}{
		{"a.hprof", true},
		{"./a", true},
		{"-f json a.hprof", true},
		{"-fjson a.hprof", true},
		{"-qf json a.hprof", true},
		{"-q --top 3 --workers=2 a.hprof -o analyze", true},
		{"--show-values a.hprof", true},
		{"--rules none a.hprof", true},
		{"-- a.hprof", true},
		{"-", true},
		{"analyze a.hprof", false},
		{"-q analyze a.hprof", false},
		{"histogram a.hprof", false},
		{"help", false},
		{"completion bash", false},
		{"__complete analyze x.hprof", false},
		{"--version", false},
		{"--help", false},
		{"--top", false},
		{"heap", false},
		{"", false},
	} {
		args := strings.Fields(c.args)
		got := dumpAsCommand(root, args)
		if is := len(got) == len(args)+1 && got[0] == "analyze"; is != c.analyze {
			t.Errorf("%q became %q", args, got)
		}
	}
}
