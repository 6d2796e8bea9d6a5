package text_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"heapcause/report"
	"heapcause/report/text"
)

func written(t *testing.T, nodes report.List[report.TreeNode]) string {
	t.Helper()
	var b bytes.Buffer
	s := report.Section{Name: "x", Title: "X", Trees: []report.Tree{{Name: "t", Title: "The tree", Nodes: nodes}}}
	if err := text.WriteSection(&b, &s, text.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestTree: branches are indented, only children are not, and what was left out stands where it would be.
func TestTree(t *testing.T) {
	got := written(t, report.List[report.TreeNode]{Omitted: 2, OmittedBytes: 64, Rows: []report.TreeNode{
		{Parent: -1, Label: "thread", Address: 1, Class: "A", Objects: 1, Retained: 4096},
		{Parent: 0, Label: "A::b", Address: 2, Class: "B", Note: `"b"`, Objects: 3, Retained: 2048, OmittedChildren: 5, OmittedBytes: 10},
		{Parent: 1, Label: "B::c", Address: 3, Class: "C", Objects: 1, Retained: 100},
		{Parent: 1, Class: "D", Objects: 7, Retained: 50},
		{Parent: -1, Address: 4, Class: "E\x1b", Objects: 1, Retained: 8},
	}})
	want := `   The tree
     4.0 KiB  thread  A @ 0x1
     2.0 KiB  → A::b  B @ 0x2 ("b") and 2 more like it, each holding the next
       100 B    B::c  C @ 0x3
        50 B    7 × D
                … and 5 more with 10 B
         8 B  E? @ 0x4
     … and 2 more with 64 B
`
	if !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDeepTree: lines stay within the page, however deep and long.
func TestDeepTree(t *testing.T) {
	var nodes report.List[report.TreeNode]
	for i := range 60 {
		nodes.Rows = append(nodes.Rows, report.TreeNode{Parent: i - 1, Class: strings.Repeat("x", 200), Address: 1, Objects: 1, OmittedChildren: 1})
	}
	got := written(t, nodes)
	if !strings.Contains(got, fmt.Sprintf("(%d deep)", 59)) {
		t.Error("the depth is not told")
	}
	for line := range strings.Lines(got) {
		if len([]rune(line)) > 101 {
			t.Errorf("%d columns: %s", len([]rune(line)), line)
		}
	}
}

// TestLongNames: a line too long for the page keeps its address; the label gives way first.
func TestLongNames(t *testing.T) {
	got := written(t, report.List[report.TreeNode]{Rows: []report.TreeNode{
		{Parent: -1, Label: "static com.acme." + strings.Repeat("label", 20), Address: 0xabcdef12, Class: "com.acme.App", Note: "the note", Objects: 1},
		{Parent: -1, Label: strings.Repeat("label", 20), Address: 0xabcdef12, Class: strings.Repeat("class", 30), Note: strings.Repeat("note", 30), Objects: 1},
	}})
	if n := strings.Count(got, " @ 0xabcdef12 ("); n != 2 || !strings.Contains(got, "com.acme.App @ 0xabcdef12 (the note)") {
		t.Errorf("%d addresses in\n%s", n, got)
	}
}
