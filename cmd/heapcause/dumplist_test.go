package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heapcause/graph/index"
	"heapcause/hprof/hproftest"
)

// TestListDumps lists folders, links and copies in whatever order they are given.
func TestListDumps(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write := func(name string, b []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cache, shapes := cacheDump(8), shapesDump()
	changed := append([]byte{}, manyDump(20_000)...)
	write("pods/a/many.hprof", changed)
	changed[100<<10+7]++ // between the samples of the fingerprint
	write("pods/b/many.hprof", changed)
	a, _ := index.KeyOf("pods/a/many.hprof", "")
	if b, _ := index.KeyOf("pods/b/many.hprof", ""); a.Fingerprint != b.Fingerprint {
		t.Fatal("the change is in a sample")
	}
	write("pods/a/heap.hprof", cache)
	write("pods/b/heap.hprof", shapes)
	write("pods/b/copy.hprof", cache)
	write("pods/b/heap.hprof.1", cacheDump(4))
	write("pods/c/heap.bin", cacheDump(4, hproftest.Start(time.UnixMilli(5))))
	write("pods/c/other.bin", []byte("no dump"))
	write("pods/c/notes.txt", cache)
	write("pods/c/app.hprof.gz", cacheDump(8, hproftest.Gzip()))
	write("pods/c/.hidden.hprof", cacheDump(8, hproftest.Start(time.UnixMilli(9))))
	write("pods/.trash/old.hprof", cacheDump(8, hproftest.Start(time.UnixMilli(9))))
	write("empty/readme", nil)
	write("zero/a.hprof", nil)
	write("zero/b.hprof", nil)
	for from, to := range map[string]string{"pods/z.hprof": "a/heap.hprof", "linked": "pods/b", "pods/loop": "..", "pods/gone.hprof": "nowhere"} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ args, want, repeated string }{
		{
			"pods", "pods/a/heap.hprof pods/a/many.hprof pods/b/heap.hprof pods/b/heap.hprof.1 pods/b/many.hprof pods/c/app.hprof.gz pods/c/heap.bin pods/gone.hprof!",
			"pods/b/copy.hprof=pods/a/heap.hprof pods/z.hprof=pods/a/heap.hprof",
		},
		{"linked", "linked/copy.hprof linked/heap.hprof linked/heap.hprof.1 linked/many.hprof", ""},
		{
			"pods/b/heap.hprof pods/a/heap.hprof pods/b/heap.hprof ./pods/b/heap.hprof", "./pods/b/heap.hprof pods/a/heap.hprof",
			"pods/b/heap.hprof=./pods/b/heap.hprof pods/b/heap.hprof=./pods/b/heap.hprof",
		},
		{"pods/c/notes.txt - missing.hprof empty pods/c/other.bin -", "- empty! missing.hprof! pods/c/notes.txt pods/c/other.bin", "-=-"},
		{"zero", "zero/a.hprof zero/b.hprof", ""},
	} {
		list, err := listDumps(context.Background(), strings.Fields(c.args))
		if err != nil {
			t.Fatal(err)
		}
		var got, repeated []string
		for _, d := range list.dumps {
			name := filepath.ToSlash(d.path)
			if d.err != nil {
				name += "!"
			}
			got = append(got, name)
		}
		for _, r := range list.repeated {
			repeated = append(repeated, filepath.ToSlash(r[0]+"="+r[1]))
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.args, g, c.want)
		}
		if g := strings.Join(repeated, " "); g != c.repeated {
			t.Errorf("%s: repeated %s, want %s", c.args, g, c.repeated)
		}
	}
}
