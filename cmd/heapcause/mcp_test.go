package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// TestMCPProcess: the SDK's client talks to a process over its standard input and output; an index is kept, and used by the next.
func TestMCPProcess(t *testing.T) {
	dir := t.TempDir()
	dump := filepath.Join(dir, "cache.hprof")
	if err := os.WriteFile(dump, cacheDump(8), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "heapcause") // testscript runs what it is called by
	if err := os.Symlink(program, link); err != nil {
		t.Skip(err)
	}
	for i, want := range []string{"index kept", ""} {
		var stderr bytes.Buffer
		cmd := exec.Command(link, "mcp", dump, "--index", "always", "--index-dir", dir, "-v")
		cmd.Stderr = &stderr
		ctx := context.Background()
		c, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(ctx, &sdk.CommandTransport{Command: cmd}, nil)
		if err != nil {
			t.Fatalf("%v: %s", err, stderr.String())
		}
		for _, tool := range []string{"open", "summarize", "estimate", "histogram"} {
			res, err := c.CallTool(ctx, &sdk.CallToolParams{Name: tool})
			if err != nil || res.IsError {
				t.Errorf("%s: %+v %v", tool, res, err)
			}
		}
		for _, dumps := range [][]string{{"cache.hprof", "cache.hprof"}, {"cache.hprof", "/etc/hostname"}} {
			res, err := c.CallTool(ctx, &sdk.CallToolParams{Name: "compare", Arguments: map[string]any{"dumps": dumps}})
			if err != nil || res.IsError != (dumps[0] != dumps[1]) {
				t.Errorf("compare %v: %+v %v", dumps, res, err)
			}
		}
		if err := c.Close(); err != nil {
			t.Errorf("closing: %v: %s", err, stderr.String())
		}
		if got := stderr.String(); !strings.Contains(got, want) || i == 1 && strings.Contains(got, "index kept") {
			t.Errorf("run %d: %q on standard error, %q is wanted", i+1, got, want)
		}
	}
}

// TestMCPRefuses: what makes no sense is refused before anything is served, with nothing on standard output.
func TestMCPRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, x := range []struct {
		args []string
		want string
	}{
		{nil, "no dump is named"},
		{[]string{"-"}, "is no file"},
		{[]string{filepath.Join(dir, "nothing.hprof")}, "nothing.hprof"},
		{[]string{"--allow", filepath.Join(dir, "nothing")}, "no such folder"},
		{[]string{"--allow", dir, "--max-open", "0"}, "--max-open 0"},
		{[]string{"--allow", dir, "--max-bytes", "1"}, "--max-bytes 1"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(context.Background(), append([]string{"mcp"}, x.args...), strings.NewReader(""), &stdout, &stderr)
		if code != exitFailed || stdout.Len() > 0 || !strings.Contains(stderr.String(), x.want) {
			t.Errorf("%v: exit code %d, %q, %q", x.args, code, stdout.String(), stderr.String())
		}
	}
}

// TestMCPEnds: the end of standard input or of the context ends the command in peace.
func TestMCPEnds(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"mcp", "--allow", t.TempDir()}, strings.NewReader(""), &stdout, &stderr); code != exitDone || stdout.Len() > 0 {
		t.Errorf("end of input: exit code %d, %q, %q", code, stdout.String(), stderr.String())
	}
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	cancel()
	if code := run(ctx, []string{"mcp", "--allow", t.TempDir()}, r, &stdout, &stderr); code != exitDone || stdout.Len() > 0 {
		t.Errorf("interrupted: exit code %d, %q, %q", code, stdout.String(), stderr.String())
	}
	_ = w.CloseWithError(errors.New("done"))
}
