package explore_test

import (
	"fmt"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report"
	"heapcause/report/redact"
)

// plain is a value as people read it.
func plain(v report.Value) string { return v.Short(func(s string) string { return s }) }

// TestDecode: what objects of the platform stand for.
func TestDecode(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize)
		of := func(name string, fields []string, values ...any) *hproftest.Object {
			c := d.Find(name)
			if c == nil {
				c = d.Class(name, hproftest.Fields(fields...))
			}
			return d.Instance(c, values...)
		}
		date := of("java.time.LocalDate", []string{"int year", "short month", "short day"}, 2024, 5, 1)
		clock := of("java.time.LocalTime", []string{"byte hour", "byte minute", "byte second", "int nano"}, 9, 5, 7, 120_000_000)
		both := of("java.time.LocalDateTime", []string{"Object date", "Object time"}, date, clock)
		mag := d.Ints(1, 0)
		big := of("java.math.BigInteger", []string{"int signum", "int[] mag"}, -1, mag)
		enum := d.Class("java.lang.Enum", hproftest.Fields("String name", "int ordinal"))
		color := d.Class("com.acme.Color", hproftest.Super(enum))
		utilDate := d.Class("java.util.Date", hproftest.Fields("long fastTime", "Object cdate"))
		stamp := d.Class("java.sql.Timestamp", hproftest.Super(utilDate), hproftest.Fields("int nanos"))
		builder := d.Class("java.lang.AbstractStringBuilder", hproftest.Fields("byte[] value", "byte coder", "int count"))
		sb := d.Class("java.lang.StringBuilder", hproftest.Super(builder))
		atomic := d.Class("java.util.concurrent.atomic.AtomicReference", hproftest.Fields("Object value"))
		ring := d.Instance(atomic)
		ring.Set("value", ring)
		stage := d.Class("java.lang.Throwable", hproftest.Fields("String detailMessage", "Object stackTrace"))
		worker := d.Thread("worker")
		cases := []struct {
			o    *hproftest.Object
			want string
		}{
			{d.String("tea"), "tea"},
			{d.Chars('a', 'b'), "ab"},
			{d.Boxed(42), "42"},
			{d.Boxed(int64(-7)), "-7"},
			{d.Boxed(true), "true"},
			{of("java.lang.Double", []string{"double value"}, 0.25), "0.25"},
			{of("java.lang.Float", []string{"float value"}, float32(0.1)), "0.1"},
			{of("java.lang.Character", []string{"char value"}, 'q'), "'q'"},
			{date, "2024-05-01"},
			{clock, "09:05:07.12"},
			{both, "2024-05-01T09:05:07.12"},
			{of("java.time.Instant", []string{"long seconds", "int nanos"}, 1_700_000_000, 0), "2023-11-14 22:13:20 UTC"},
			{of("java.time.Duration", []string{"long seconds", "int nanos"}, 90, 0), "1m30s"},
			{d.Instance(utilDate, int64(1_700_000_000_000)), "2023-11-14 22:13:20 UTC"},
			{d.Instance(stamp, 5_000_000, int64(1_700_000_000_000)), "2023-11-14 22:13:20 UTC"},
			{big, "-4294967296"},
			{of("java.math.BigDecimal", []string{"Object intVal", "int scale", "int precision", "long intCompact"}, nil, 2, 0, int64(-5)), "-0.05"},
			{of("java.math.BigDecimal", nil, big, 3, 0, int64(-1)<<63), "-4294967.296"},
			{of("java.util.UUID", []string{"long mostSigBits", "long leastSigBits"}, int64(0x0123456789abcdef), int64(-1)), "01234567-89ab-cdef-ffff-ffffffffffff"},
			{of("java.util.Optional", []string{"Object value"}, d.Boxed(1)), "1"},
			{of("java.util.Optional", nil, nil), "null"},
			{d.Instance(atomic, d.Boxed(5)), "5"},
			{ring, "java.util.concurrent.atomic.AtomicReference @ " + fmt.Sprintf("0x%x", ring.ID)},
			{d.Instance(color, hproftest.With("name", d.String("RED"))), "RED"},
			{d.ArrayList(nil, d.Boxed(1)), "2 elements"},
			{d.HashMap(d.Boxed(1), d.Boxed(2)), "1 entry"},
			{d.Ints(1, 2, 3), "3 elements"},
			{d.Instance(sb, d.ByteArray([]byte("half full\x00\x00")...), 0, 9), "half full"},
			{d.Instance(stage, hproftest.With("detailMessage", d.String("no luck"))), "no luck"},
			{worker.Object, `"worker" RUNNABLE`},
			{d.Instance(d.Class("com.acme.Other")), ""},
		}
		h := analyzetest.Build(t, d)
		for _, c := range cases {
			o, ok := h.Lookup(c.o.ID)
			if !ok {
				t.Fatal("lost")
			}
			v := explore.Decode(h, o, redact.Policy{ShowValues: true})
			if got := plain(v); got != c.want && (c.want != "" || v.Kind() != report.KindAddress) {
				t.Errorf("%d bytes: %s: %q, want %q", idSize, h.ClassName(o), got, c.want)
			}
		}
	}
}

// TestPrimitive: each type as Java prints it.
func TestPrimitive(t *testing.T) {
	for _, c := range []struct {
		t    hprof.Type
		bits uint64
		want string
	}{
		{hprof.Boolean, 1, "true"},
		{hprof.Byte, 0xff, "-1"},
		{hprof.Short, 0x8000, "-32768"},
		{hprof.Char, 'ä', "'ä'"},
		{hprof.Char, 0x1b, `'\x1b'`},
		{hprof.Int, 0xffffffff, "-1"},
		{hprof.Long, ^uint64(0), "-1"},
		{hprof.Float, 0x3dcccccd, "0.1"},
		{hprof.Double, 0x7ff0000000000000, "Inf"},
		{hprof.Double, 0x7ff8000000000000, "NaN"},
	} {
		if got := plain(explore.Primitive(c.t, c.bits)); got != c.want {
			t.Errorf("%s 0x%x: %s, want %s", c.t, c.bits, got, c.want)
		}
	}
}

// TestDecodeAll: every object of real dumps can be shown.
func TestDecodeAll(t *testing.T) {
	for _, dump := range []string{"zoo/zoo-small.hprof", "variants/variant-jdk25.hprof"} {
		h := analyzetest.RealHeap(t, dump)
		d := explore.NewDecoder(h, redact.Policy{})
		decoded := map[string]int{}
		for o := range graph.Object(h.NumObjects()) {
			v := d.Value(o)
			if v.Kind() != report.KindAddress {
				decoded[h.ClassName(o)]++
			}
			if v.IsText() && v.Kind() != redact.Plain && !v.Text().Masked() {
				t.Fatalf("%s: not masked: %s", h.Name(o), plain(v))
			}
		}
		for _, class := range []string{"java.lang.String", "java.lang.Class", "java.lang.Thread", "java.util.HashMap", "java.lang.Integer", "java.lang.ref.Finalizer"} {
			if decoded[class] == 0 && len(h.ClassesByName(class)) > 0 && h.Class(h.ClassesByName(class)[0]).Instances > 0 {
				t.Errorf("%s: no %s was decoded", dump, class)
			}
		}
		t.Logf("%s: objects of %d classes decoded", dump, len(decoded))
	}
}
