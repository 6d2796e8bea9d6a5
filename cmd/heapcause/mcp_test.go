package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"heapcause/graph/index"
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

// mcpSession is a client of the command.
func mcpSession(t *testing.T, args ...string) *sdk.ClientSession {
	t.Helper()
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(context.Background(), append([]string{"mcp"}, args...), in, out, io.Discard)
		_ = out.Close()
	}()
	c, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(context.Background(), &sdk.IOTransport{Reader: fromServer, Writer: toServer}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = c.Close(), toServer.Close()
		if code := <-ended; code != exitDone {
			t.Errorf("exit code %d", code)
		}
	})
	return c
}

// TestMCPDamagedIndex: whatever is wrong with an index, answers are what they are without one, and the index is made anew.
func TestMCPDamagedIndex(t *testing.T) {
	dir := t.TempDir()
	dump, folder := filepath.Join(dir, "cache.hprof"), filepath.Join(dir, "index")
	if err := os.WriteFile(dump, cacheDump(8), 0o600); err != nil {
		t.Fatal(err)
	}
	answers := func(t *testing.T, flags ...string) (out []string) {
		c := mcpSession(t, append([]string{dump}, flags...)...)
		for _, p := range []*sdk.CallToolParams{
			{Name: "open"},
			{Name: "dominators"},
			{Name: "path", Arguments: map[string]any{"object": "java.lang.String"}},
			{Name: "refs", Arguments: map[string]any{"object": "java.lang.String#1"}},
		} {
			res, err := c.CallTool(context.Background(), p)
			if err != nil || res.IsError {
				t.Errorf("%s: %+v %v", p.Name, res, err)
				continue
			}
			out = append(out, res.Content[0].(*sdk.TextContent).Text)
		}
		return out
	}
	want := answers(t, "--index", "never")
	answers(t, "--index", "always", "--index-dir", folder)
	found, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	whole, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	rebuilt := 0
	for at := index.BlockBytes / 2; at < len(whole); at += index.BlockBytes {
		t.Run(strconv.Itoa(at), func(t *testing.T) {
			b := bytes.Clone(whole)
			for i := range 64 {
				b[min(at+61*i, len(b)-1)] ^= 0x10
			}
			if err := os.WriteFile(found[0], b, 0o600); err != nil {
				t.Fatal(err)
			}
			if got := answers(t, "--index", "always", "--index-dir", folder); !slices.Equal(got, want) {
				t.Errorf("%q\nwant %q", got, want)
			}
			if now, err := os.ReadFile(found[0]); err == nil && bytes.Equal(now, whole) {
				rebuilt++
			}
		})
	}
	if rebuilt < 3 {
		t.Errorf("only %d indexes were found damaged", rebuilt)
	}
	t.Logf("%d of %d indexes", rebuilt, len(whole)/index.BlockBytes)
}
