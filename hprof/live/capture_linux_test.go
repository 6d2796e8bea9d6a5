package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const dumpHead = "JAVA PROFILE 1.0.2\x00"

// names lists a folder.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".java_pid") {
			out = append(out, e.Name())
		}
	}
	return strings.Join(out, " ")
}

// writeAs writes what a JVM would write.
func writeAs(path, content string) { _ = os.WriteFile(path, []byte(content), 0o600) }

// TestCaptureAnswers: what JDK 8 to 25 print of a dump, and the errors that they print with result 0.
func TestCaptureAnswers(t *testing.T) {
	for _, c := range []struct {
		jdk, answer, content string
		gz                   int
		want                 string // the request
		wantErr, wantHint    string
	}{
		{jdk: "1.8.0_412", answer: "0\nHeap dump file created\n", content: dumpHead, want: "dumpheap PATH -live "},
		{jdk: "11.0.2", answer: "0\nHeap dump file created\n", content: dumpHead, want: "dumpheap PATH -live "},
		{jdk: "17.0.15", answer: "0\nDumping heap to PATH ...\nHeap dump file created [18 bytes in 0.001 secs]\n", content: dumpHead, want: "dumpheap PATH -live "},
		{jdk: "25.0.3", answer: "0\nDumping heap to PATH ...\nHeap dump file created [18 bytes in 0.001 secs]\n", content: "\x1f\x8b packed so far", gz: 1, want: "dumpheap PATH -live 1"},
		{jdk: "16", answer: "0\nHeap dump file created [9 bytes in 0.001 secs]\n", content: "\x1f\x8b packed so far", gz: 9, want: `jcmd GC.heap_dump -gz=9 "PATH"  `},
		{jdk: "11", gz: 1, wantErr: "JDK 11 cannot pack a dump", wantHint: "leave --gz out"},
		{jdk: "1.8.0", answer: "0\nPermission denied\n", want: "dumpheap PATH -live ", wantErr: "it says: Permission denied", wantHint: "--via"},
		{jdk: "17", answer: "0\nDumping heap to PATH ...\nUnable to create PATH: Permission denied\n", want: "dumpheap PATH -live ", wantErr: "Unable to create", wantHint: "--via"},
		{jdk: "17", answer: "0\nDumping heap to PATH ...\nDump file is incomplete: No space left on device\n", content: dumpHead, want: "dumpheap PATH -live ", wantErr: "No space left", wantHint: "--gz 1"},
		{jdk: "17", answer: "1\nOperation dumpheap not recognized!", want: "dumpheap PATH -live ", wantErr: "not recognized", wantHint: "HotSpot"},
		{jdk: "17", answer: "0\n", want: "dumpheap PATH -live ", wantErr: "nothing but that it failed"},
		{jdk: "17", answer: "0\nHeap dump file created\n", want: "dumpheap PATH -live ", wantErr: "no such file"},
		{jdk: "17", answer: "0\nHeap dump file created\n", content: "something else", want: "dumpheap PATH -live ", wantErr: "that is no heap dump"},
	} {
		j, dir := fakeJVM(t), t.TempDir()
		j.Version = c.jdk
		path := filepath.Join(dir, "app.hprof")
		asked := make(chan string, 1)
		serve(t, j, func(conn net.Conn, _ int, words []string) {
			asked <- strings.ReplaceAll(strings.Join(words, " "), path+PartialSuffix, "PATH")
			if c.content != "" {
				writeAs(path+PartialSuffix, c.content)
			}
			fmt.Fprint(conn, c.answer)
		})
		done, err := j.Capture(context.Background(), CaptureOptions{Path: path, GZ: c.gz, Timeout: patient, IgnoreSpace: true})
		label := c.jdk + " " + c.answer
		if c.want != "" {
			if got := <-asked; got != c.want {
				t.Errorf("%s: asked %q", label, got)
			}
		}
		if c.wantErr == "" {
			if err != nil || done.Path != path || done.Bytes != int64(len(c.content)) {
				t.Errorf("%s: %v, %v", label, done, err)
			}
			if got := names(t, dir); got != "app.hprof" {
				t.Errorf("%s: files %s", label, got)
			}
			continue
		}
		var e *AttachError
		if !errors.As(err, &e) || !strings.Contains(e.Error(), c.wantErr) || !strings.Contains(e.Hint, c.wantHint) {
			t.Errorf("%s: %v", label, err)
		}
		if got := names(t, dir); got == "app.hprof" {
			t.Errorf("%s: a dump that is none has its name", label)
		}
	}
}

// TestCaptureUnderWay: what is said, and what is left, when waiting ends before the JVM has done.
func TestCaptureUnderWay(t *testing.T) {
	for _, c := range []struct {
		name, content, want, left string
		cancel                    bool
	}{
		{"interrupted", dumpHead, "interrupted; it was told to write", "app.hprof.partial", true},
		{"hangs before", "", "no sign of life for", "", false},
		{"hangs in it", dumpHead, "nothing more written for", "app.hprof.partial", false},
	} {
		j, dir := fakeJVM(t), t.TempDir()
		path := filepath.Join(dir, "app.hprof")
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		serve(t, j, func(net.Conn, int, []string) {
			if c.content != "" {
				writeAs(path+PartialSuffix, c.content)
			}
			if c.cancel {
				cancel()
			}
			<-ended
		})
		timeout := brief
		if c.cancel {
			timeout = patient
		}
		_, err := j.Capture(ctx, CaptureOptions{Path: path, Timeout: timeout, IgnoreSpace: true})
		var e *AttachError
		if !errors.As(err, &e) || !strings.Contains(e.Error(), c.want) || !strings.Contains(e.Error(), path+PartialSuffix) || errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := names(t, dir); got != c.left {
			t.Errorf("%s: files %q", c.name, got)
		}
		cancel()
		close(ended)
	}
}

// TestCaptureRefused: nothing is overwritten, and nothing begun that does not fit.
func TestCaptureRefused(t *testing.T) {
	j, dir := fakeJVM(t), t.TempDir()
	serve(t, j, func(net.Conn, int, []string) { t.Error("the JVM was asked") })
	path := filepath.Join(dir, "app.hprof")
	for _, there := range []string{path, path + PartialSuffix} {
		writeAs(there, "x")
		_, err := j.Capture(context.Background(), CaptureOptions{Path: path, Timeout: patient})
		if err == nil || !strings.Contains(err.Error(), there+" is there already") {
			t.Errorf("%s is there: %v", there, err)
		}
		_ = os.Remove(there)
	}
	j.Data = &Counters{Heap: Area{Used: 1 << 60, Capacity: 1 << 60}}
	if _, err := j.Capture(context.Background(), CaptureOptions{Path: path, Timeout: patient}); err == nil || !strings.Contains(err.Error(), "1.0 EiB of its heap are in use") {
		t.Errorf("too large: %v", err)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("files %s", got)
	}
}

// TestCaptureVia: a dump that the JVM writes to its own folder comes out of there; what else lies there is not taken for it.
func TestCaptureVia(t *testing.T) {
	for _, planted := range []bool{false, true} {
		j, dir, via := fakeJVM(t), t.TempDir(), t.TempDir()
		path := filepath.Join(dir, "app.hprof")
		serve(t, j, func(conn net.Conn, _ int, words []string) {
			if planted {
				_ = os.Symlink("/etc/passwd", words[1])
			} else {
				writeAs(words[1], dumpHead+"and more")
			}
			fmt.Fprint(conn, "0\nHeap dump file created\n")
		})
		done, err := j.Capture(context.Background(), CaptureOptions{Path: path, Via: via, Timeout: patient, IgnoreSpace: true})
		switch {
		case planted && (err == nil || names(t, dir) != ""):
			t.Errorf("a link was followed: %v, files %s", err, names(t, dir))
		case !planted && (err != nil || done.Bytes != int64(len(dumpHead)+8) || names(t, dir) != "app.hprof" || names(t, via) != ""):
			t.Errorf("%v, %v, files %s, left %s", done, err, names(t, dir), names(t, via))
		}
	}
}
