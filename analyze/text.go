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

// size writes bytes for people.
func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// number writes an integer with commas.
func number(n int64) string { return humanize.Comma(n) }

// of writes bytes with their share of the strongly reachable heap.
func (p *Pass) of(n int64) string { return ofHeap(n, p.Share(n)) }

func ofHeap(n int64, share float64) string {
	return fmt.Sprintf("%s (%.1f %% of the heap)", size(n), 100*share)
}

// seconds writes a duration in whole seconds.
func seconds(d time.Duration) string { return number(int64(d.Round(time.Second)/time.Second)) + " s" }

// plural writes a count with its noun.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

func (p *Pass) address(o graph.Object) report.Address { return report.Address(p.Heap.Addr(o)) }

func fact(label string, v report.Value) report.Fact { return report.Fact{Label: label, Value: v} }

// platform reports whether a class belongs to the Java platform.
func platform(class string) bool {
	for _, p := range []string{"java.", "javax.", "jdk.", "sun.", "com.sun."} {
		if strings.HasPrefix(class, p) {
			return true
		}
	}
	return graph.Package(class) == "<primitive arrays>"
}

// maxTableRows bounds the tables of findings, which break down and are not lists.
const maxTableRows = 10

// addRow appends a row, or counts it where the table is full.
func addRow(t *report.Table, row ...report.Value) {
	if len(t.Rows) == maxTableRows {
		t.Omitted++
		return
	}
	t.Rows = append(t.Rows, row)
}

// byCount returns the keys, the greatest count first, equal ones by name.
func byCount[K comparable, V any](m map[K]V, count func(V) int64, name func(K) string) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int {
		return cmp.Or(cmp.Compare(count(m[b]), count(m[a])), cmp.Compare(name(a), name(b)))
	})
	return keys
}

func same[T any](v T) T { return v }

// classTable counts objects by class.
func (p *Pass) classTable(title string, counts map[graph.Class]int64) report.Table {
	t := report.Table{Title: title, Columns: []string{"class", "objects"}}
	for _, c := range byCount(counts, same, p.className) {
		addRow(&t, report.Name(p.className(c)), report.Count(counts[c]))
	}
	return t
}

func (p *Pass) className(c graph.Class) string { return p.Heap.Class(c).Name }
