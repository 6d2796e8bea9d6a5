package buffers_test

import (
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/inspect/buffers"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

// row returns the first row of a table that has the texts in its columns.
func row(t *testing.T, s *report.Section, table string, want map[int]string) []report.Value {
	t.Helper()
	for _, r := range s.Table(table).Rows {
		all := true
		for i, w := range want {
			all = all && r[i].Text().String() == w
		}
		if all {
			return r
		}
	}
	t.Fatalf("%s has no row %v: %v", table, want, s.Table(table).Rows)
	return nil
}

func fact(t *testing.T, s *report.Section, label string) int64 {
	t.Helper()
	v, ok := s.Fact(label)
	if !ok {
		t.Errorf("no fact %q", label)
	}
	return v.Int()
}

// TestZoo has direct buffers, slices of one of them, a mapped file, and the JDK's own buffers.
func TestZoo(t *testing.T) {
	for dump, k := range map[string]int64{"zoo/zoo-small.hprof": 1, "zoo/zoo.hprof": 100, "zoo/zoo-live.hprof": 100} {
		t.Run(dump, func(t *testing.T) {
			s := analyzetest.Inspect(t, analyzetest.RealHeap(t, dump), buffers.Inspection)
			want := 65536*k + 10<<20
			if r := row(t, s, "owners", map[int]string{0: "class zoo.DirectBuffers"}); r[1].Int() != k+1 || r[2].Int() != want {
				t.Errorf("owner %v, want %d buffers of %d bytes", r, k+1, want)
			}
			// one more of 8,192 bytes is the JDK's
			if fact(t, s, "direct buffers") != k+2 || fact(t, s, "direct bytes") != want+8192 || fact(t, s, "Bits.TOTAL_CAPACITY") != want+8192 || fact(t, s, "Bits.COUNT") != k+2 {
				t.Errorf("%v", s.Facts)
			}
			if fact(t, s, "slices and views") < 10 || fact(t, s, "mapped bytes") < 1<<20 {
				t.Errorf("%v", s.Facts)
			}
			t.Log(s.Summary, s.Facts, s.Table("kinds").Rows, s.Table("thread-caches").Rows, s.Table("other").Rows)
		})
	}
}

func TestNettyArenas(t *testing.T) {
	s := analyzetest.Inspect(t, analyzetest.RealHeap(t, "leaks/netty-arenas.hprof"), buffers.Inspection)
	r := row(t, s, "netty-arenas", map[int]string{1: "io.netty.buffer.PoolArena$DirectArena"})
	if chunks, size, free := r[2].Int(), r[3].Int(), r[4].Int(); size != chunks<<20 || size-free != 60*16384 {
		t.Errorf("%v: %d bytes used, want %d", r, size-free, 60*16384)
	}
}

func TestForeignMemory(t *testing.T) {
	s := analyzetest.Inspect(t, analyzetest.RealHeap(t, "leaks/jdk25-foreign.hprof"), buffers.Inspection)
	if r := row(t, s, "other", map[int]string{0: "jdk.internal.foreign.SharedSession", 1: "open"}); r[2].Int() != 200 {
		t.Errorf("%v", r)
	}
	if r := row(t, s, "other", map[int]string{0: "jdk.internal.foreign.SharedSession", 1: "closed"}); r[2].Int() != 100 {
		t.Errorf("%v", r)
	}
	if r := row(t, s, "other", map[int]string{0: "jdk.internal.foreign.SegmentFactories$1"}); r[2].Int() != 200 || r[3].Int() != 200*4096 {
		t.Errorf("%v", r)
	}
}

func TestUnknownBuffer(t *testing.T) {
	d := hproftest.New(8)
	c := d.Class("java.nio.DirectByteBuffer", hproftest.Fields("int capacity"), hproftest.Sticky())
	d.Class("com.acme.Hold", hproftest.Static("Object one", d.Instance(c, 100)), hproftest.Sticky())
	s := analyzetest.Inspect(t, analyzetest.Build(t, d), buffers.Inspection)
	if s.Skipped != "unknown version of java.nio.DirectByteBuffer: it has no field att" {
		t.Errorf("skipped %q", s.Skipped)
	}
}
