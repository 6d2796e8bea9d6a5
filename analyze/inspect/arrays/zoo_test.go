package arrays_test

import (
	"fmt"
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/inspect/arrays"
	"heapcause/graph"
	"heapcause/report"
)

// zoos are the dumps of a program that wrote down what it made; all but the first are large and not made by default.
var zoos = []string{"zoo/zoo-small.hprof", "zoo/zoo.hprof", "zoo/zoo-live.hprof"}

// find returns the rows of a table that begin with some cells, as text.
func find(s *report.Section, table string, cells ...string) (rows []report.Rows[report.Value]) {
	for _, row := range s.Table(table).Rows {
		ok := true
		for i, c := range cells {
			ok = ok && cell(row[i]) == c
		}
		if ok {
			rows = append(rows, row)
		}
	}
	return rows
}

func cell(v report.Value) string {
	if v.IsText() {
		return v.Text().String()
	}
	return fmt.Sprint(v.Int())
}

// TestZoo holds the tables to what the program counted.
func TestZoo(t *testing.T) {
	for _, dump := range zoos {
		t.Run(dump, func(t *testing.T) {
			h := analyzetest.RealHeap(t, dump)
			want := analyzetest.ExpectedOf(t, dump).Counts
			s := analyzetest.Inspect(t, h, arrays.Inspection)
			zooConstant(t, s, want)
			zooZero(t, h, s, want)
			zooDuplicates(t, s, want)
			zooLargest(t, s, want)
			zooBoxes(t, h, s, want)
		})
	}
}

func zooConstant(t *testing.T, s *report.Section, want map[string]int64) {
	for _, c := range []struct {
		fact, table string
		cells       []string
	}{
		{"byte[1024]_zero", "constant", []string{"byte[]", "1024", "0"}},
		{"int[1000]_zero", "constant", []string{"int[]", "1000", "0"}},
		{"int[1000]_of_7", "constant", []string{"int[]", "1000", "7"}},
		{"double[500]_zero", "constant", []string{"double[]", "500", "0"}},
		{"boolean[4096]_true", "constant", []string{"boolean[]", "4096", "true"}},
		{"char[2048]_space", "constant", []string{"char[]", "2048", "' '"}},
		{"Object[256]_all_null", "constant-references", []string{"java.lang.Object[]", "256", "null"}},
	} {
		rows := find(s, c.table, c.cells...)
		if len(rows) != 1 || rows[0][3].Int() != want["constant_arrays."+c.fact] {
			t.Errorf("%s: %v, want %d", c.fact, rows, want["constant_arrays."+c.fact])
		}
	}
}

// zooZero counts the program's arrays of length 0 in the array that holds them, and all others of the dump besides.
func zooZero(t *testing.T, h *graph.Heap, s *report.Section, want map[string]int64) {
	own := map[string]int64{}
	for _, o := range h.Out(h.StaticRef("zoo.ZeroArrays", "HOLD"), nil) {
		if c, isClass := h.AsClass(o); !isClass {
			own[h.ClassName(o)]++
		} else if c == graph.NoClass {
			t.Fatal("no class")
		}
	}
	for fact, n := range map[string]int64{
		"byte[]": own["byte[]"], "Object[]": own["java.lang.Object[]"], "String[]": own["java.lang.String[]"], "int[]": own["int[]"], "int[][]": own["int[][]"],
	} {
		if n != want["zero_arrays."+fact] {
			t.Errorf("the program holds %d %s, want %d", n, fact, want["zero_arrays."+fact])
		}
	}
	all := map[string]int64{}
	for o := range graph.Object(h.NumObjects()) {
		if h.Class(h.ClassOf(o)).IsArray && h.Length(o) == 0 && h.Strength(o) != graph.Unreachable {
			all[h.ClassName(o)]++
		}
	}
	for class, n := range all {
		sum := int64(0)
		for _, row := range find(s, "zero-length", class) {
			sum += row[1].Int()
		}
		if sum != n || n < own[class] {
			t.Errorf("zero-length %s: %d, want %d", class, sum, n)
		}
	}
}

func zooDuplicates(t *testing.T, s *report.Section, want map[string]int64) {
	for fact, cells := range map[string][]string{"byte[512]": {"byte[]", "512"}, "long[64]": {"long[]", "64"}} {
		rows := find(s, "duplicate-lengths", cells...)
		if len(rows) != 1 || rows[0][2].Int() != want["dup_arrays."+fact] || rows[0][3].Int() != want["dup_arrays."+fact+".distinct"] {
			t.Errorf("%s: %v", fact, rows)
		}
	}
	copies := map[string]int64{}
	for _, row := range s.Table("duplicates").Rows {
		copies[cell(row[5])] += row[3].Int()
	}
	if copies["zoo.DupArrays.BYTES"] != want["dup_arrays.byte[512]"] || copies["zoo.DupArrays.LONGS"] != want["dup_arrays.long[64]"] {
		t.Errorf("copies by holder: %v", copies)
	}
}

func zooLargest(t *testing.T, s *report.Section, want map[string]int64) {
	for _, row := range s.Table("largest").Rows {
		switch cell(row[6]) {
		case "zoo.WideArray.HOLD":
			if row[2].Int() != want["wide_array.elements"] || row[5].Int() != want["wide_array.distinct_elements"] {
				t.Errorf("wide array: %v", row)
			}
			want["wide_array.elements"] = -1
		case "zoo.WideArray.BIG":
			if row[2].Int() != want["biggest_byte_array.length"] {
				t.Errorf("biggest byte[]: %v", row)
			}
			want["biggest_byte_array.length"] = -1
		}
	}
	if want["wide_array.elements"]+want["biggest_byte_array.length"] != -2 {
		t.Error("the largest arrays are not listed")
	}
}

// zooBoxes counts the program's boxes where it holds them, and those of the dump by a second way.
func zooBoxes(t *testing.T, h *graph.Heap, s *report.Section, want map[string]int64) {
	for _, name := range []string{"Integer", "Long", "Double", "Character", "Short", "Float", "Boolean", "Byte"} {
		f, _ := h.Bind("java.lang."+name, "value")
		c := h.Cursor()
		own, all, n := map[uint64]int64{}, map[uint64]int64{}, int64(0)
		count := func(o graph.Object, m map[uint64]int64) int64 {
			if h.ClassOf(o) != f.Class || !c.Load(o) {
				return 0
			}
			m[c.RefAddr(f)]++
			return 1
		}
		for o := range h.Instances(f.Class) {
			if h.Strength(o) != graph.Unreachable {
				n += count(o, all)
			}
		}
		held := int64(0)
		hold := h.Out(h.StaticRef("zoo.Boxed", strings.ToUpper(name)), nil)
		if name == "Integer" {
			for _, o := range h.Out(h.StaticRef("zoo.Boxed", "LIST"), nil) {
				hold = append(hold, h.Out(o, nil)...)
			}
		}
		for _, o := range hold {
			held += count(o, own)
		}
		if held != want["boxed."+name] {
			t.Errorf("the program holds %d of %s, want %d", held, name, want["boxed."+name])
		}
		if d, ok := want["boxed."+name+".distinct_values"]; ok && int64(len(own)) != d {
			t.Errorf("%s: %d distinct values, want %d", name, len(own), d)
		}
		row := find(s, "boxes", "java.lang."+name)[0]
		if row[1].Int() != n || row[3].Int() != int64(len(all)) {
			t.Errorf("%s: %d boxes of %d values, want %d of %d", name, row[1].Int(), row[3].Int(), n, len(all))
		}
	}
}
