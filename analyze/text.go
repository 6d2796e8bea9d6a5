package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"heapcause/graph"
	"heapcause/report"
)

// Size writes bytes for people.
func Size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// Number writes an integer with commas.
func Number(n int64) string { return humanize.Comma(n) }

// Of writes bytes with their share of the strongly reachable heap.
func (p *Pass) Of(n int64) string { return OfHeap(n, p.Share(n)) }

// OfHeap writes bytes with a share of the heap.
func OfHeap(n int64, share float64) string {
	return fmt.Sprintf("%s (%.1f %% of the heap)", Size(n), 100*share)
}

// Seconds writes a duration in whole seconds.
func Seconds(d time.Duration) string { return Number(int64(d.Round(time.Second)/time.Second)) + " s" }

// Plural writes a count with its noun.
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Number(n) + " " + noun + "s"
}

// Address returns the address of an object for the report.
func (p *Pass) Address(o graph.Object) report.Address { return report.Address(p.Heap.Addr(o)) }

// Fact makes a labelled figure.
func Fact(label string, v report.Value) report.Fact { return report.Fact{Label: label, Value: v} }

// Platform reports whether a class belongs to the Java platform.
func Platform(class string) bool {
	for _, p := range []string{"java.", "javax.", "jdk.", "sun.", "com.sun."} {
		if strings.HasPrefix(class, p) {
			return true
		}
	}
	return graph.Package(class) == "<primitive arrays>"
}

// MaxTableRows bounds the tables of findings, which break down and are not lists.
const MaxTableRows = 10

// AddRow appends a row, or counts it where the table is full.
func AddRow(t *report.Table, row ...report.Value) {
	if len(t.Rows) == MaxTableRows {
		t.Omitted++
		return
	}
	t.Rows = append(t.Rows, row)
}

// ListRow appends a row to a table of an inspection, or counts it, with the bytes it speaks of, where the table has as many rows as
// the user wants.
func (p *Pass) ListRow(t *report.Table, bytes int64, row ...report.Value) {
	if p.Options.Top >= 0 && len(t.Rows) >= p.Options.Top {
		t.Omitted++
		t.OmittedBytes += bytes
		return
	}
	t.Rows = append(t.Rows, row)
}

// ByCount returns the keys, the greatest count first, equal ones by name.
func ByCount[K comparable, V any](m map[K]V, count func(V) int64, name func(K) string) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int {
		return cmp.Or(cmp.Compare(count(m[b]), count(m[a])), cmp.Compare(name(a), name(b)))
	})
	return keys
}

// Same returns its argument.
func Same[T any](v T) T { return v }

// ClassTable counts objects by class.
func (p *Pass) ClassTable(title string, counts map[graph.Class]int64) report.Table {
	t := report.Table{Title: title, Columns: []string{"class", "objects"}}
	for _, c := range ByCount(counts, Same, p.ClassName) {
		AddRow(&t, report.Name(p.ClassName(c)), report.Count(counts[c]))
	}
	return t
}

// ClassName returns the name of a class.
func (p *Pass) ClassName(c graph.Class) string { return p.Heap.Class(c).Name }
