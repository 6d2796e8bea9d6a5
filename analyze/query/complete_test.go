package query_test

import (
	"slices"
	"strings"
	"testing"

	"heapcause/analyze/query"
)

func TestComplete(t *testing.T) {
	h := shop(t)
	tests := []struct{ text, want string }{
		{"SELECT * FROM com.acme.Or|", "com.acme.Order"},
		{"SELECT * FROM Order|", "com.acme.Order"},
		{"SELECT o.st| FROM com.acme.Order o", "o.state"},
		{"SELECT sta| FROM com.acme.Order o", "state"},
		{"SELECT o.@used| FROM com.acme.Order o", "usedHeapSize"},
		{"SELECT reta| FROM com.acme.Order o", "retained"},
		{"SELECT * FROM com.acme.Order WHE|", "WHERE"},
		{"SEL|", "SELECT"},
		{"|", "SELECT"},
	}
	for _, tt := range tests {
		pos := strings.IndexByte(tt.text, '|')
		got := query.Complete(h, strings.Replace(tt.text, "|", "", 1), pos)
		if !slices.Contains(got, tt.want) || !slices.IsSorted(got) {
			t.Errorf("%s: %q", tt.text, got)
		}
	}
	for _, pos := range []int{-1, 0, 99} {
		query.Complete(h, "SELECT \xff FROM ((", pos)
	}
}

func TestSaved(t *testing.T) {
	s, err := query.ReadSaved("q.yaml", []byte("open: SELECT * FROM x\nall: |\n  SELECT COUNT(*)\n  FROM *\n"))
	if err != nil {
		t.Fatal(err)
	}
	if q, err := s.Find("all"); err != nil || !strings.Contains(q, "COUNT") {
		t.Errorf("%q %v", q, err)
	}
	if _, err := s.Find("opne"); err == nil {
		t.Error("found what is not there")
	}
	for _, bad := range []string{"a: [1", "a: SELEC", "- a"} {
		if _, err := query.ReadSaved("q.yaml", []byte(bad)); err == nil || !strings.Contains(err.Error(), "q.yaml") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
