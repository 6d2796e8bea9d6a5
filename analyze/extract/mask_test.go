package extract_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/extract"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/hprof/hproftest"
	"heapcause/report/redact"
)

func TestPermutations(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 10, 95, 256, 1000, 9025, 65536} {
		seen := make([]bool, n)
		moved := 0
		for i, x := range extract.Permuted(n) {
			if x >= n || seen[x] {
				t.Fatalf("of %d: %d becomes %d, which is taken", n, i, x)
			}
			seen[x] = true
			if x != uint64(i) {
				moved++
			}
		}
		if n > 90 && moved < int(n)*9/10 {
			t.Errorf("of %d: %d change", n, moved)
		}
	}
}

// TestMasked: equal stay equal, different different, zeros zeros, arrays of one value such, and lengths the same.
func TestMasked(t *testing.T) {
	h := analyzetest.Build(t, hproftest.New(8))
	for _, elem := range []hprof.Type{hprof.Boolean, hprof.Byte, hprof.Char, hprof.Short, hprof.Int, hprof.Long, hprof.Float, hprof.Double} {
		arrays := arraysOf(elem)
		masked := extract.Masked(h, elem, arrays)
		became := map[string]string{}
		same := 0
		for i, b := range masked {
			was := string(arrays[i])
			if len(b) != len(was) {
				t.Fatalf("%v: %x becomes %x", elem, was, b)
			}
			if before, ok := became[string(b)]; ok && before != was {
				t.Errorf("%v: %x and %x both become %x", elem, before, was, b)
			}
			became[string(b)] = was
			if w := elem.Size(8); isZero([]byte(was)) != isZero(b) || len(b) >= 8*w && isConstant([]byte(was), w) != isConstant(b, w) {
				t.Errorf("%v: %x becomes %x", elem, was, b)
			}
			if len(b) >= 4 && !isZero(b) && bytes.Equal(b, arrays[i]) {
				same++
			}
		}
		if same > len(arrays)/20 { // of the short ones of booleans
			t.Errorf("%v: %d of %d stay what they were", elem, same, len(arrays))
		}
	}
}

func isZero(b []byte) bool            { return len(bytes.Trim(b, "\x00")) == 0 }
func isConstant(b []byte, w int) bool { return bytes.Equal(b[w:], b[:len(b)-w]) }

// arraysOf makes arrays of all kinds of contents and lengths.
func arraysOf(elem hprof.Type) (out [][]byte) {
	w := elem.Size(8)
	add := func(at func(i int) uint64, n int) {
		b := make([]byte, n*w)
		for i := range n {
			v := at(i)
			if elem == hprof.Boolean {
				v &= 1
			}
			hprof.PutValue(b[i*w:], elem, 8, v)
		}
		out = append(out, b)
	}
	for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 19, 20, 40, 70} {
		add(func(int) uint64 { return 0 }, n)
		add(func(int) uint64 { return 'x' }, n)
		add(func(int) uint64 { return 1 }, n)
		for seed := range uint64(300) {
			add(func(i int) uint64 { return '0' + (seed+uint64(i)*seed*7)%10 }, n)
			add(func(i int) uint64 { return ' ' + (seed*31+uint64(i)*seed)%95 }, n)
			add(func(i int) uint64 { return seed*0x9E3779B97F4A7C15>>(i%32) ^ uint64(i)*seed }, n)
		}
	}
	return out
}

// TestShaped: of statements and URLs, what a report shows stays, and nothing else.
func TestShaped(t *testing.T) {
	h := analyzetest.Build(t, hproftest.New(8))
	for _, x := range []struct {
		use          graph.TextUse
		text, secret string
		show         func(string) string
	}{
		{graph.SQLText, "select * from users where pin = 4711 and name = 'alice'", "4711 alice", redact.NormalizeSQL},
		{graph.SQLText, "insert into t values (0x1F2E, N'geheim', 17.25) -- by bob", "1F2E geheim 17.25 bob", redact.NormalizeSQL},
		{graph.SQLText, "ALTER USER app IDENTIFIED BY tiger77", "tiger77", redact.NormalizeSQL},
		{graph.URLText, "jdbc:postgresql://db.example/app?user=app&password=op3nSesame", "op3nSesame", redact.MaskURL},
		{graph.URLText, "https://alice:hunter2@shop.example/a/0123456789abcdef01?q=privat", "alice hunter2 0123456789abcdef01 privat", redact.MaskURL},
		{graph.URLText, "/lib/app.jar", "", func(s string) string { return s }},
		{graph.SQLPartText, " and region = 'north' and id = ", "north", func(s string) string { return redact.NormalizeSQL("select " + s) }},
	} {
		got, ok := extract.Shaped(h, x.use, x.text)
		if !ok || x.show(got) != x.show(x.text) {
			t.Errorf("%q becomes %q, shown as %q, not %q", x.text, got, x.show(got), x.show(x.text))
		}
		for s := range strings.FieldsSeq(x.secret) {
			if strings.Contains(got, s) {
				t.Errorf("%q becomes %q, with %q", x.text, got, s)
			}
		}
	}
	if got, ok := extract.Shaped(h, graph.SQLText, "my password is hunter2"); ok {
		t.Errorf("no statement keeps its shape: %q", got)
	}
}

// TestFields: numbers that nothing reads go, those that rules read stay, and so do booleans and 0.
func TestFields(t *testing.T) {
	for _, ids := range []int{4, 8} {
		t.Run(fmt.Sprint(ids), func(t *testing.T) {
			d := hproftest.New(ids)
			c := d.Class("com.acme.Account", hproftest.Fields("long card", "int zero", "boolean closed", "char mark", "double sum"),
				hproftest.Static("long secret", int64(4012888888881881)), hproftest.Static("boolean on", true))
			a := d.Instance(c, int64(6011000990139424), 0, true, 'Q', 8675309.125)
			d.Root(hprof.RootJNIGlobal, a)
			list := d.ArrayList(a, d.String("opensesame"), d.Boxed(int64(378282246310005)), d.Boxed(17))
			d.Root(hprof.RootJNIGlobal, list)
			d.Thread("worker-7", "com.acme.Main.run(Main.java:12)").Local(0, a)
			d.Symbol("a constant of the program")
			_, copied, _ := extracted(t, d.Open(t), nil)
			h := reopened(t, copied)
			for _, secret := range []string{"opensesame", "a constant of the program"} {
				if !bytes.Contains(d.Bytes(), []byte(secret)) || bytes.Contains(copied, []byte(secret)) {
					t.Errorf("%q is not in the dump, or in the copy", secret)
				}
			}
			for _, n := range []uint64{4012888888881881, 6011000990139424, 378282246310005} {
				if b := binary.BigEndian.AppendUint64(nil, n); !bytes.Contains(d.Bytes(), b) || bytes.Contains(copied, b) {
					t.Errorf("%d is not in the dump, or in the copy", n)
				}
			}
			o, _ := h.Lookup(a.ID)
			for _, v := range h.Fields(o) {
				if (v.Bits == 0) != (v.Name == "zero") || v.Name == "closed" && v.Bits != 1 {
					t.Errorf("%s is %d", v.Name, v.Bits)
				}
			}
			l, _ := h.Lookup(list.ID)
			if f, ok := h.FindField(h.ClassOf(l), "size"); !ok || sizeOf(h, l, f) != 4 {
				t.Errorf("the list's size is lost")
			}
			if !bytes.Contains(copied, []byte("worker-7")) {
				t.Error("the thread's name is lost")
			}
		})
	}
}

func sizeOf(h *graph.Heap, o graph.Object, f graph.Field) int64 {
	c := h.Cursor()
	c.Load(o)
	return c.Int(f)
}
