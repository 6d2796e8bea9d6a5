package content_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"heapcause/analyze"
	"heapcause/analyze/analyzetest"
	"heapcause/analyze/inspect/arrays"
	"heapcause/analyze/inspect/texts"
	"heapcause/graph"
	"heapcause/hprof/hproftest"
	"heapcause/report"
)

func fact(t *testing.T, s *report.Section, label string) int64 {
	t.Helper()
	v, ok := s.Fact(label)
	if !ok {
		t.Fatalf("%s has no fact %q", s.Name, label)
	}
	return v.Int()
}

// TestKinds has one content as Latin-1 strings, UTF-16 strings and arrays that are no string's: each is compared with its own kind.
func TestKinds(t *testing.T) {
	for _, idSize := range []int{4, 8} {
		d := hproftest.New(idSize)
		content := []byte("abcdefgh")
		var all []any
		for range 3 {
			all = append(all, d.Instance(d.JDK("java.lang.String"), hproftest.With("value", d.ByteArray(content...))))
			all = append(all, d.Instance(d.JDK("java.lang.String"), hproftest.With("value", d.ByteArray(content...)), hproftest.With("coder", 1)))
			all = append(all, d.ByteArray(content...))
		}
		all = append(all, d.Booleans(true, false), d.ByteArray(1, 0)) // equal bytes of other types
		d.Class("com.acme.Holder", hproftest.Static("Object[] all", d.Array("java.lang.Object", all...)), hproftest.Sticky())
		d.String("garbage of which there are copies")
		d.String("garbage of which there are copies")
		h := analyzetest.Build(t, d)
		s := analyzetest.Inspect(t, h, texts.Inspection)
		if fact(t, s, "strings") != 6 || fact(t, s, "contents with copies") != 2 || fact(t, s, "surplus copies") != 4 || fact(t, s, "distinct contents") != 2 {
			t.Errorf("%d: strings: %v", idSize, s.Facts)
		}
		a := analyzetest.Inspect(t, h, arrays.Inspection)
		if fact(t, a, "surplus copies of arrays") != 2 || fact(t, a, "arrays of numbers") != 11 {
			t.Errorf("%d: arrays: %v", idSize, a.Facts)
		}
	}
}

// TestLongArrays has arrays that are longer than the window of the read: equal ones, one that differs in its last element, one of
// references with many elements.
func TestLongArrays(t *testing.T) {
	d := hproftest.New(8)
	const n = 5 << 20
	one, two, other, zero := make([]byte, n), make([]byte, n), make([]byte, n), make([]byte, n)
	for i := range one {
		one[i], two[i], other[i] = byte(i), byte(i), byte(i)
	}
	other[n-1]++
	refs := d.ArrayOf("java.lang.Object", 700_000)
	few := []any{d.Boxed(5000), d.Boxed(6000), d.Boxed(7000)}
	for i := range 600_000 {
		refs.SetElem(i, few[i%3])
	}
	d.Class("com.acme.Holder", hproftest.Static("Object[] all", d.Array("java.lang.Object", d.ByteArray(one...), d.ByteArray(two...), d.ByteArray(other...), d.ByteArray(zero...), refs)), hproftest.Sticky())
	s := analyzetest.Inspect(t, analyzetest.Build(t, d), arrays.Inspection)
	if rows := s.Table("duplicates").Rows; len(rows) != 1 || rows[0][2].Int() != n || rows[0][3].Int() != 2 {
		t.Errorf("duplicates %v", rows)
	}
	if rows := s.Table("constant").Rows; len(rows) != 1 || rows[0][1].Int() != n {
		t.Errorf("constant %v", rows)
	}
	for _, row := range s.Table("largest").Rows {
		if row[2].Int() == 700_000 && row[5].Int() != 3 {
			t.Errorf("distinct elements: %v", row)
		}
	}
	if rows := s.Table("humongous").Rows; rows[0][2].Int() != 5 || rows[3][2].Int() != 4 || rows[4][2].Int() != 0 {
		t.Errorf("humongous %v", rows)
	}
}

// TestWorkers holds the sections of a real dump to be the same for one worker and for three, on disk and in memory.
func TestWorkers(t *testing.T) {
	var first string
	for _, workers := range []int{1, 3} {
		h := analyzetest.GraphOf(t, analyzetest.RealFile(t, "leaks/duplicate-strings.hprof"), workers)
		r, err := analyze.Run(context.Background(), h, analyze.Options{Inspections: []*analyze.Inspection{arrays.Inspection, texts.Inspection}, Top: -1, ToolVersion: "test"})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r.Sections)
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(b)
		}
		if string(b) != first {
			t.Error("the number of workers changes what is told")
		}
	}
}

// TestNoRoom fails where the temporary file cannot be made, instead of telling less.
func TestNoRoom(t *testing.T) {
	f := analyzetest.RealFile(t, "leaks/duplicate-strings.hprof")
	dir := filepath.Join(t.TempDir(), "temp")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	h, err := graph.Build(context.Background(), f, graph.Options{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := analyze.Run(context.Background(), h, analyze.Options{Inspections: []*analyze.Inspection{texts.Inspection}}); err == nil {
		t.Error("no error")
	}
}

// TestSubstrings has strings of JDK 6 that show part of an array.
func TestSubstrings(t *testing.T) {
	d := hproftest.New(8, hproftest.Java(6))
	chars := d.Chars('o', 'n', 'e', ' ', 't', 'w', 'o')
	d.Class("com.acme.Holder", hproftest.Static("Object[] all", d.Array("java.lang.Object", d.Substring(chars, 0, 3), d.Substring(chars, 4, 3), d.Substring(chars, 0, 7))), hproftest.Sticky())
	s := analyzetest.Inspect(t, analyzetest.Build(t, d), texts.Inspection)
	if fact(t, s, "strings that show part of their array") != 2 || fact(t, s, "strings that share an array") != 3 || fact(t, s, "surplus copies") != 0 {
		t.Errorf("%v", s.Facts)
	}
}

// TestConstantFields finds the fields that never differ in a class with many instances, null or not.
func TestConstantFields(t *testing.T) {
	d := hproftest.New(8)
	base := d.Class("com.acme.Base", hproftest.Fields("int version", "Object owner"))
	c := d.Class("com.acme.Item", hproftest.Super(base), hproftest.Fields("int id", "Object comment", "long nearly"))
	var all []any
	for i := range 12_000 {
		o := d.Instance(c, hproftest.With("id", i), hproftest.With("version", 3))
		if i == 11_111 {
			o.Set("nearly", 1)
		}
		all = append(all, o)
	}
	d.Class("com.acme.Holder", hproftest.Static("Object[] all", d.Array("java.lang.Object", all...)), hproftest.Sticky())
	got := map[string]string{}
	for _, row := range analyzetest.Inspect(t, analyzetest.Build(t, d), arrays.Inspection).Table("constant-fields").Rows {
		got[row[1].Text().String()] = row[2].Text().String()
		if row[3].Int() != 12_000 {
			t.Errorf("%v", row)
		}
	}
	if len(got) != 3 || got["com.acme.Base.version"] != "always equal" || got["com.acme.Base.owner"] != "always null" || got["com.acme.Item.comment"] != "always null" {
		t.Errorf("%v", got)
	}
}
