package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// TestShellPage holds the session of docs/shell.md to what the shell prints.
func TestShellPage(t *testing.T) {
	const page, begin, end = "../../docs/shell.md", "demo.hprof.gz`:\n\n```\n", "```\n"
	args := []string{"shell", "../../testdata/demo.hprof.gz", "--index", "never"}
	var session strings.Builder
	printed := 0
	for _, line := range []string{
		"SELECT t, t.queue.size AS tasks FROM java.util.Timer t",
		"show $1",
		"SELECT x.state, COUNT(*) AS n FROM INSTANCEOF java.util.TimerTask x GROUP BY x.state",
		"refs $4 --in",
	} {
		args = append(args, "-e", line)
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), args, nil, &stdout, &stderr); code != exitDone {
			t.Fatalf("exit code %d: %s", code, stderr.String())
		}
		session.WriteString(prompt + line + "\n" + stdout.String()[printed:])
		printed = stdout.Len()
	}
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	got, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no session", page)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+session.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != session.String() {
		t.Errorf("%s has another session than the shell (make golden rewrites it):\n%s", page, session.String())
	}
}
