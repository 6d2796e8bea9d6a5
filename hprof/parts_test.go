package hprof_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// writeParts writes a dump and its parts, nil for one that is not there, and returns the dump's path.
func writeParts(t testing.TB, base []byte, parts ...[]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.hprof")
	for i, b := range append([][]byte{base}, parts...) {
		name := path
		if i > 0 {
			name = fmt.Sprintf("%s.p%d", path, i-1)
		}
		if b == nil {
			continue
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// interrupted cuts a dump into what a JVM has written when all its dumper threads are done: the base, and two parts.
func interrupted(t testing.TB, idSize int) (base, p0, p1, whole []byte) {
	t.Helper()
	d, _ := orders(idSize, hproftest.Segments(700))
	whole = d.Bytes()
	f, err := hprof.OpenBytes(whole)
	if err != nil {
		t.Fatal(err)
	}
	first, middle := f.Segments[0].Offset-9, f.Segments[len(f.Segments)/2].Offset-9
	return whole[:first:first], whole[first:middle:middle], whole[middle : len(whole)-9], whole
}

// TestInterruptedParallelDump reads what a JVM leaves that dies while it dumps with several threads.
func TestInterruptedParallelDump(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		base, p0, p1, whole := interrupted(t, idSize)
		f, _ := hprof.OpenBytes(whole)
		k := known(f)
		want, _ := mended(f, k)
		half := len(p1) / 2
		for _, c := range []struct {
			name  string
			base  []byte
			parts [][]byte
			lost  int    // objects, at most
			word  string // of a problem
		}{
			{"all written", base, [][]byte{p0, p1}, 0, "2 files from x.hprof.p0 to x.hprof.p1 are read"},
			{"one thread", base, [][]byte{append(bytes.Clone(p0), p1...)}, 0, "x.hprof.p0 is read"},
			{"a part cut off", base, [][]byte{p0, p1[:half]}, 90, "bytes are missing"},
			{"an empty part", base, [][]byte{p0, {}, p1}, 0, "3 files"},
			{"the base cut off", base[:len(base)-30], [][]byte{p0, p1}, 0, "inside"},
			{"merging the first", append(bytes.Clone(base), p0[:len(p0)/2]...), [][]byte{p0, p1}, 0, "2 files"},
			{"merging the second", append(append(bytes.Clone(base), p0...), p1[:half]...), [][]byte{nil, p1}, 0, "x.hprof.p1 is read"},
			{"between two", append(bytes.Clone(base), p0...), [][]byte{nil, p1}, 0, "x.hprof.p1 is read"},
		} {
			path := writeParts(t, c.base, c.parts...)
			f, err := hprof.Open(context.Background(), path, hprof.Options{})
			if err != nil {
				t.Fatal(err)
			}
			ids, skipped := mended(f, k)
			if n := len(ids); n > len(want) || n < len(want)-c.lost || !strings.Contains(fmt.Sprint(f.Problems), c.word) || len(skipped) > 0 {
				t.Errorf("%s, ids of %d bytes: %d objects of %d, problems %v, skipped %v", c.name, idSize, n, len(want), f.Problems, skipped)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestPartsThatAreNone leaves files alone that do not belong to the dump.
func TestPartsThatAreNone(t *testing.T) {
	base, p0, p1, whole := interrupted(t, 8)
	f, _ := hprof.OpenBytes(whole)
	want, _ := walk(f)
	other := bytes.Repeat([]byte("something else "), 100)
	for name, path := range map[string]string{
		"a whole dump": writeParts(t, whole, p0, p1),
		"a cut dump":   writeParts(t, whole[:len(whole)-9], other),
	} {
		f, err := hprof.Open(context.Background(), path, hprof.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := walk(f); err != nil || total(got) != total(want) || strings.Contains(fmt.Sprint(f.Problems), "interrupted") {
			t.Errorf("%s: %d records of %d, %v, problems %v", name, total(got), total(want), err, f.Problems)
		}
		_ = f.Close()
	}
	packed := writeParts(t, base, []byte{0x1f, 0x8b, 8, 0})
	if f, err := hprof.Open(context.Background(), packed, hprof.Options{}); err != nil || len(f.Segments) > 0 || !strings.Contains(fmt.Sprint(f.Problems), "packed parts (x.hprof.p0)") {
		t.Errorf("packed: %v, problems %v", err, f.Problems)
	}
	path := writeParts(t, base)
	for _, name := range []string{".p", ".p01", ".p-1", ".px", ".p1.bak"} {
		if err := os.WriteFile(path+name, p0, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(path+".p3", 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := hprof.Open(context.Background(), path, hprof.Options{})
	if err != nil || len(f.Segments) > 0 || len(f.Problems) != 1 || f.Problems[0].What != "the dump ends before its heap records" {
		t.Errorf("%v, problems %v", err, f.Problems)
	}
	_ = f.Close()
}

// FuzzParts holds that parts of any content are read to the end without a panic.
func FuzzParts(f *testing.F) {
	for _, idSize := range []int{4, 8} {
		base, p0, p1, _ := interrupted(f, idSize)
		f.Add(base, p0, p1)
		f.Add(append(bytes.Clone(base), p0[:len(p0)/2]...), p0, p1)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, base, p0, p1 []byte) {
		path := filepath.Join(dir, fmt.Sprint(os.Getpid()))
		for name, b := range map[string][]byte{path: base, path + ".p0": p0, path + ".p1": p1} {
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		file, err := hprof.Open(context.Background(), path, hprof.Options{})
		if err != nil {
			return
		}
		defer func() { _ = file.Close() }()
		ids, _ := mended(file, hprof.NewKnown(file, nil))
		if len(ids) > (len(base)+len(p0)+len(p1))/10 {
			t.Fatalf("%d objects in %d bytes", len(ids), file.Size)
		}
		for _, s := range file.Segments {
			if s.Offset < 0 || s.Length < 0 || s.Offset+s.Length > file.Size {
				t.Fatalf("segment %+v of %d bytes", s, file.Size)
			}
		}
	})
}
