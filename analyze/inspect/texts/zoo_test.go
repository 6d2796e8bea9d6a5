package texts_test

import (
	"strings"
	"testing"

	"heapcause/analyze/analyzetest"
	"heapcause/analyze/inspect/texts"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// zoos are the dumps of a program that wrote down what it made; all but the first are large and not made by default.
var zoos = []string{"zoo/zoo-small.hprof", "zoo/zoo.hprof", "zoo/zoo-live.hprof"}

// TestZoo holds the tables to what the program counted.
func TestZoo(t *testing.T) {
	for _, dump := range zoos {
		t.Run(dump, func(t *testing.T) {
			h := analyzetest.RealHeap(t, dump)
			want := analyzetest.ExpectedOf(t, dump)
			s := analyzetest.Inspect(t, h, texts.Inspection)
			zooDuplicates(t, s, want)
			zooLongest(t, s, want)
			zooTexts(t, h, want)
			var empty int64
			for o := range h.Instances(h.ClassesByName("java.lang.String")[0]) {
				if text, ok := h.Text(o, 1); ok && text == "" && h.Strength(o) != graph.Unreachable {
					empty++
				}
			}
			if got, _ := s.Fact("empty strings"); got.Int() != empty || empty < want.Counts["strings.empty_copies"] {
				t.Errorf("%d empty strings, want %d, of which %d are the program's", got.Int(), empty, want.Counts["strings.empty_copies"])
			}
		})
	}
}

func zooDuplicates(t *testing.T, s *report.Section, want analyzetest.Expected) {
	values, wasted := int64(0), int64(0)
	for _, row := range s.Table("duplicates").Rows {
		if !strings.HasPrefix(row[0].Text().String(), "duplicate-value-") {
			continue
		}
		values++
		wasted += row[3].Int()
		if row[1].Int() != want.Counts["dup_strings.length_chars"] || row[2].Int() != want.Counts["dup_strings.copies_of_each"] || row[4].Text().String() != "zoo.DupStrings.HOLD" {
			t.Errorf("row %v", row)
		}
	}
	if values != want.Counts["dup_strings.values"] || wasted != want.Counts["dup_strings.wasted_bytes_compressed_oops"] {
		t.Errorf("%d values waste %d, want %d and %d", values, wasted, want.Counts["dup_strings.values"], want.Counts["dup_strings.wasted_bytes_compressed_oops"])
	}
	if first := s.Table("waste-by-holder").Rows[0]; first[0].Text().String() != "zoo.DupStrings.HOLD" || first[1].Int() < wasted*9/10 || first[1].Int() > wasted*11/10 {
		t.Errorf("most waste by holder: %v", first)
	}
	for _, row := range s.Table("shared-arrays").Rows {
		if row[0].Text().String() == want.Texts["dup_strings.shared_array_value"] {
			if row[2].Int() != want.Counts["dup_strings.shared_array_copies"] {
				t.Errorf("shared array: %v", row)
			}
			return
		}
	}
	t.Error("no shared array")
}

func zooLongest(t *testing.T, s *report.Section, want analyzetest.Expected) {
	got := map[string]int64{}
	for _, row := range s.Table("longest").Rows {
		got[row[4].Text().String()] = row[2].Int()
	}
	for _, name := range []string{"longAscii", "longKorean"} {
		if n := want.Counts["strings."+name+".length"]; got["zoo.SpecialStrings."+name] != n {
			t.Errorf("%s is %d long, want %d", name, got["zoo.SpecialStrings."+name], n)
		}
	}
}

// zooTexts decodes strings with odd content: Korean, emoji, a lone surrogate, which Go replaces as JSON's reader does, and controls.
func zooTexts(t *testing.T, h *graph.Heap, want analyzetest.Expected) {
	for _, name := range []string{"ascii", "latin1", "korean", "emoji", "mixed", "loneSurrogate", "controls"} {
		if got, ok := h.Text(h.StaticRef("zoo.SpecialStrings", name), 1000); !ok || got != want.Texts["strings."+name] {
			t.Errorf("%s: %q, want %q", name, got, want.Texts["strings."+name])
		}
	}
	if got, _ := h.Text(h.StaticRef("zoo.SpecialStrings", "longKorean"), 1<<30); got != strings.Repeat("가나다라", int(want.Counts["strings.longKorean.length"])/4) {
		t.Error("longKorean is not what it was")
	}
	if got, _ := h.Text(h.StaticRef("zoo.SpecialStrings", "longAscii"), 1<<30); got != strings.Repeat("x", int(want.Counts["strings.longAscii.length"])) {
		t.Error("longAscii is not what it was")
	}
	var fields []string
	for _, f := range h.Fields(h.StaticRef("zoo.SpecialStrings", "koreanClass")) {
		text := ""
		if f.Type == hprof.Object {
			if o, ok := h.Lookup(f.Bits); ok {
				text, _ = h.Text(o, 100)
			}
		} else if f.Bits == 42 {
			text = "42"
		}
		fields = append(fields, f.Name+"="+text)
	}
	all := strings.Join(fields, ", ")
	for _, part := range []string{"이름=홍길동", "나이=42", "𠮷=supplementary-plane field name"} {
		if !strings.Contains(all, part) || !strings.Contains(want.Texts["strings.korean_class_fields"], part) {
			t.Errorf("fields %s lack %s", all, part)
		}
	}
}
