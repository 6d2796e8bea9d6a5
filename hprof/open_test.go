package hprof_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// sample is a small heap with most kinds of records.
func sample(idSize int, opts ...hproftest.Option) *hproftest.Dump {
	d := hproftest.New(idSize, opts...)
	order := d.Class("com.acme.Order", hproftest.Fields("String sql", "Order next", "int state", "double price"))
	first := d.Instance(order, d.String("select 1"), nil, 3, 1.5)
	second := d.Instance(order).Set("next", first)
	d.Class("com.acme.Cache", hproftest.Static("Object[] entries", d.Array("java.lang.Object", second)), hproftest.Sticky())
	d.Enqueue(d.Finalizer(second), d.FinalizerQueue())
	d.Longs(1, 2, 3)
	d.Thread("main", "com.acme.Main.run(Main.java:12)").Local(0, first).JNILocal(0, second).Native(first).Block(second)
	for _, tag := range []hprof.Tag{hprof.RootJNIGlobal, hprof.RootMonitorUsed, hprof.RootUnknown} {
		d.Root(tag, first)
	}
	return d
}

// walk counts the records of a dump by tag, and returns the first error of the heap part.
func walk(f *hprof.File) (map[hprof.Tag]int, error) {
	n := map[hprof.Tag]int{}
	c := hprof.NewCursor(f, true)
	var first error
	for _, s := range f.Segments {
		c.Reset(s.Offset, s.Length)
		for c.Next() {
			n[c.Rec.Tag]++
			if c.Rec.Tag == hprof.ClassDump {
				c.DecodeClass()
			}
		}
		if first == nil {
			first = c.Err()
		}
	}
	return n, first
}

func total(n map[hprof.Tag]int) (sum int) {
	for _, k := range n {
		sum += k
	}
	return sum
}

func TestRecordsInAnyOrder(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		want, err := walk(sample(idSize).Open(t))
		if err != nil || want[hprof.InstanceDump] == 0 || want[hprof.ClassDump] == 0 || want[hprof.PrimitiveArray] == 0 || want[hprof.RootJavaFrame] == 0 {
			t.Fatalf("ids of %d bytes: %v, %v", idSize, want, err)
		}
		for name, opt := range map[string]hproftest.Option{
			"reversed": hproftest.Records(hproftest.Reversed), "shuffled": hproftest.Records(hproftest.Shuffled(7)),
			"segments": hproftest.Segments(300), "heap first": hproftest.HeapFirst(), "version 1.0.1": hproftest.Version("1.0.1"),
		} {
			got, err := walk(sample(idSize, opt).Open(t))
			if err != nil || total(got) != total(want) {
				t.Errorf("%s, ids of %d bytes: %d records, want %d; %v", name, idSize, total(got), total(want), err)
			}
		}
	}
}

// TestTruncatedAnywhere cuts a dump after every byte: what is there is read, never more, and damage says where.
func TestTruncatedAnywhere(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		whole := sample(idSize, hproftest.Segments(400)).Bytes()
		f, err := hprof.OpenBytes(whole)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := walk(f)
		last := 0
		for n := range whole {
			f, err := hprof.OpenBytes(whole[:n])
			if err != nil {
				if !errors.Is(err, hprof.ErrNotHPROF) || n > 40 {
					t.Fatalf("cut at %d: %v", n, err)
				}
				continue
			}
			got, werr := walk(f)
			if len(f.Problems) != 1 {
				t.Fatalf("cut at %d: not one word about it: %v", n, f.Problems)
			}
			var fe *hprof.FormatError
			if werr != nil && (!errors.As(werr, &fe) || fe.Offset < 0 || fe.Offset > int64(n)) {
				t.Fatalf("cut at %d: %v", n, werr)
			}
			sum := total(got)
			if sum < last || sum > total(want) {
				t.Fatalf("cut at %d: %d records after %d", n, sum, last)
			}
			last = sum
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	good := sample(8).Bytes()
	bad := bytes.Clone(good[:31])
	bad[22] = 9 // identifier size
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":   {nil, "the file is empty"},
		"text":    {[]byte("This is not a heap dump."), "does not begin with"},
		"half":    {good[:12], "ends inside its header"},
		"version": {append([]byte("JAVA PROFILE 9.9\x00"), good[19:]...), "version \"9.9\" is unknown"},
		"id size": {bad, "identifiers of 9 bytes"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := hprof.Open(context.Background(), path, hprof.Options{})
		if !errors.Is(err, hprof.ErrNotHPROF) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestDamagedIDSize finds the size of identifiers in the records when the header's is damaged.
func TestDamagedIDSize(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		b := sample(idSize).Bytes()
		b[22] = 9
		f, err := hprof.OpenBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := walk(sample(idSize).Open(t))
		if got, err := walk(f); err != nil || total(got) != total(want) || f.IDSize != idSize || len(f.Problems) != 1 {
			t.Errorf("identifiers of %d bytes: %d records of %d, %v, problems %+v", f.IDSize, total(got), total(want), err, f.Problems)
		}
	}
}

// TestRepairedLengths reads heap records whose length was never filled in, or wrapped at 4 GiB.
func TestRepairedLengths(t *testing.T) {
	whole := sample(8).Bytes()
	f, err := hprof.OpenBytes(whole)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := walk(f)
	at := f.Segments[0].Offset - 4
	cut := bytes.Clone(whole[:f.Segments[0].Offset+f.Segments[0].Length])
	copy(cut[at:], []byte{0, 0, 0, 0})
	g, err := hprof.OpenBytes(cut)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := walk(g); err != nil || total(got) != total(want) || len(g.Problems) == 0 {
		t.Errorf("length 0: %d records, want %d; %v, problems %v", total(got), total(want), err, g.Problems)
	}
}

func TestGzip(t *testing.T) {
	path := sample(8, hproftest.Gzip()).WriteFile(t, "dump.bin")
	f, err := hprof.Open(context.Background(), path, hprof.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := walk(f)
	want, _ := walk(sample(8).Open(t))
	if err != nil || total(got) != total(want) || f.Compression == "" {
		t.Errorf("%d records, want %d; %v", total(got), total(want), err)
	}
}

// FuzzOpen holds that any bytes are either refused or read in bounded time and memory without a panic.
func FuzzOpen(f *testing.F) {
	for _, idSize := range []int{4, 8} {
		f.Add(sample(idSize).Bytes())
		f.Add(sample(idSize, hproftest.Segments(200), hproftest.Records(hproftest.Shuffled(3))).Bytes())
	}
	f.Add([]byte("JAVA PROFILE 1.0.2\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := hprof.OpenBytes(b)
		if err != nil {
			if file != nil {
				t.Fatal("an error with a result")
			}
			return
		}
		n, _ := walk(file)
		if total(n) > len(b) {
			t.Fatalf("%d records in %d bytes", total(n), len(b))
		}
	})
}
