package query

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/query.md anew")

const docs = "../../docs/query.md"

// reference is the part of docs/query.md that lists functions, aggregates, attributes and methods.
func reference() string {
	var b strings.Builder
	table := func(title string, rows []string) {
		fmt.Fprintf(&b, "### %s\n\n| | |\n| --- | --- |\n%s\n\n", title, strings.Join(rows, "\n"))
	}
	var rows []string
	fs := allFunctions()
	for _, n := range slices.Sorted(maps.Keys(fs)) {
		name := n
		if n == "tostring" || n == "tohex" {
			name = map[string]string{"tostring": "toString", "tohex": "toHex"}[n]
		}
		rows = append(rows, fmt.Sprintf("| `%s(%s)` | %s |", name, fs[n].args, fs[n].doc))
	}
	table("Functions", rows)
	rows = nil
	for _, n := range slices.Sorted(maps.Keys(aggregates)) {
		rows = append(rows, fmt.Sprintf("| `%s(x)` | %s |", n, aggregates[n]))
	}
	table("Aggregates", rows)
	rows = nil
	as := allAttributes()
	for _, n := range slices.Sorted(maps.Keys(as)) {
		rows = append(rows, fmt.Sprintf("| `@%s` | %s |", n, as[n].doc))
	}
	table("Attributes", rows)
	rows = nil
	ms := allMethods()
	for _, n := range slices.Sorted(maps.Keys(ms)) {
		rows = append(rows, fmt.Sprintf("| `.%s(%s)` | %s |", n, ms[n].args, ms[n].doc))
	}
	table("Methods", rows)
	return strings.TrimSpace(b.String())
}

const begin, end = "<!-- reference: kept true by TestDocs; go test ./analyze/query -run TestDocs -update rewrites it -->\n", "\n<!-- end -->"

// TestDocs holds the page to the code: it lists all functions, attributes and methods, and all its queries can be parsed.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), begin)
	have, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("docs/query.md has no place for the reference")
	}
	if want := reference(); have != want {
		if !*update {
			t.Fatal("docs/query.md does not list what there is: run with -update")
		}
		if err := os.WriteFile(docs, []byte(head+begin+want+end+tail), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for _, m := range regexp.MustCompile(`(?m)^(?i:select) \S.*$`).FindAllString(string(page), -1) {
		n++
		if _, err := Parse(m); err != nil {
			t.Errorf("%s\n%v", m, err)
		}
	}
	if n < 40 {
		t.Errorf("docs/query.md has %d queries", n)
	}
}
