package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
)

// reads returns how often a dump is read, in dumps, by opening it and doing something with it.
func reads(t *testing.T, r io.ReaderAt, size int64, do func(f *hprof.File)) float64 {
	t.Helper()
	c := &hproftest.Reads{ReaderAt: r}
	f, err := hprof.OpenReaderAt(c, size)
	if err != nil {
		t.Fatal(err)
	}
	do(f)
	return float64(c.Bytes()) / float64(size)
}

func buildReads(t *testing.T, r io.ReaderAt, size int64, workers int) float64 {
	t.Helper()
	return reads(t, r, size, func(f *hprof.File) { build(t, f, graph.Options{Workers: workers}) })
}

func countReads(t *testing.T, r io.ReaderAt, size int64, workers int) float64 {
	t.Helper()
	return reads(t, r, size, func(f *hprof.File) {
		if _, err := graph.CountClasses(context.Background(), f, graph.Options{Workers: workers}); err != nil {
			t.Fatal(err)
		}
	})
}

// someHeap is a heap of about 15 MB in that order of records, with an array longer than any buffer.
func someHeap(order hproftest.Order, opts ...hproftest.Option) []byte {
	d := hproftest.New(8, append(opts, hproftest.Records(order))...)
	node := d.Class("com.acme.Node", hproftest.Fields("Object next", "Object data"), hproftest.Sticky())
	all := d.ArrayOf("java.lang.Object", 700_000)
	d.Root(hprof.RootJNIGlobal, all)
	data := make([]byte, 80)
	var last *hproftest.Object
	for i := range 40_000 {
		o := d.Instance(node, last, d.ByteArray(data[:i%80]...))
		if i%3 == 0 {
			last = o
		}
		all.SetElem(all.Len()-1-i, o)
	}
	return d.Bytes()
}

// slack is what may be read besides whole passes, in dumps: the first classes once more and single records (1.5 MB), and
// 8 KB for each header between segments of about a megabyte.
func slack(size int64) float64 { return 1.5e6/float64(size) + 0.01 }

// TestReads holds how often each kind of dump is read: twice where classes come first, once more otherwise; for a histogram
// once, and as a graph where one read does not do.
func TestReads(t *testing.T) {
	if hproftest.Race {
		t.Skip("counts bytes; TestWorkersAgree is for races")
	}
	inFileOrder := func([]hproftest.Record) {}
	for _, c := range []struct {
		name         string
		order        hproftest.Order
		opts         []hproftest.Option
		build, count float64
	}{
		{"ordered", inFileOrder, nil, 2, 1},
		{"unordered", hproftest.Unordered(1), nil, 2, 3},
		{"classes late", hproftest.Reversed, nil, 3, 4},
		{"classes anywhere", hproftest.Shuffled(2), nil, 3, 4},
		{"heap before names", inFileOrder, []hproftest.Option{hproftest.HeapFirst()}, 2, 1},
		{"no roots for classes", inFileOrder, []hproftest.Option{hproftest.NoSticky()}, 2, 1},
	} {
		b := someHeap(c.order, c.opts...)
		spare := slack(int64(len(b)))
		for workers := 1; workers <= 2; workers++ {
			if got := buildReads(t, bytes.NewReader(b), int64(len(b)), workers); got < c.build-spare || got > c.build+spare {
				t.Errorf("%s, %d workers: Build reads the dump %.2f times, want %v", c.name, workers, got, c.build)
			}
		}
		if got := countReads(t, bytes.NewReader(b), int64(len(b)), 2); got > c.count+spare {
			t.Errorf("%s: CountClasses reads the dump %.2f times, want at most %v", c.name, got, c.count)
		}
	}
}

// TestReadsOfRealDumps: HotSpot writes classes first, whatever the collector.
func TestReadsOfRealDumps(t *testing.T) {
	for _, path := range someOf(dumps(t, "*/*.hprof")) {
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(path, "damaged") || st.Size() < 20e6 || testing.Short() && st.Size() > 30e6 {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		b, c := buildReads(t, f, st.Size(), 0), countReads(t, f, st.Size(), 0)
		most := 1.0
		if strings.Contains(path, "zgc") || strings.Contains(path, "shenandoah") {
			most = 3 // neighbours have to be found by address
		}
		msg := fmt.Sprintf("%s: Build reads it %.3f times, CountClasses %.3f", filepath.Base(path), b, c)
		if spare := slack(st.Size()); b > 2+spare || c > most+spare {
			t.Error(msg)
		} else {
			t.Log(msg)
		}
		_ = f.Close()
	}
}
