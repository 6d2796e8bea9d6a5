package graph

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// histogramLine is a line of jcmd GC.class_histogram or jmap -histo: an optional rank, instances, bytes, and the class in the
// JVM's spelling with its module since JDK 9. JDK 5 has no rank.
var histogramLine = regexp.MustCompile(`^\s*(?:\d+:)?\s*(\d+)\s+(\d+)\s+(\S.*?)\s*$`)

// ParseHistogram reads a class histogram that a JVM printed. Lines of one class (several loaders) are added up.
func ParseHistogram(r io.Reader) (map[string]ClassCount, error) {
	out := map[string]ClassCount{}
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		m := histogramLine.FindStringSubmatch(s.Text())
		if m == nil {
			continue
		}
		n, err1 := strconv.ParseInt(m[1], 10, 64)
		bytes, err2 := strconv.ParseInt(m[2], 10, 64)
		if err1 != nil || err2 != nil {
			continue
		}
		name, _, _ := strings.Cut(m[3], " (")
		name = verifyName(javaName(name))
		c := out[name]
		out[name] = ClassCount{name, c.Instances + n, c.Bytes + bytes}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("reading a class histogram: %w", err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no line of a class histogram (rank, instances, bytes, class)")
	}
	return out, nil
}

// verifyName spells the address suffix of hidden classes one way: the dump has /0x… or +0x…, the histogram either, or a dot.
func verifyName(s string) string {
	return strings.NewReplacer("/0x", ".0x", "+0x", ".0x").Replace(s)
}

// Difference is a class in which a histogram and the JVM's own disagree.
type Difference struct {
	Name      string
	Dump, JVM ClassCount
	Exempt    string // why a difference in bytes does not count, "" when it does
}

// Verification is the outcome of comparing a histogram with the JVM's own.
type Verification struct {
	Equal  int          // classes with equal instances and bytes
	Counts []Difference // different numbers of instances: other moments, not sizes
	Bytes  []Difference // equal numbers, different bytes
	Off    int64        // sum of the differences in bytes that are not exempt
}

// exempt names the classes whose bytes are known to differ from the JVM's histogram, with the reason.
var exempt = map[string]string{
	"java.lang.Class":                 "the JVM counts dormant archived mirrors that no dump lists",
	"int[]":                           "the dump lists JDK 25's filler arrays as int[]",
	"jdk.internal.vm.FillerElement[]": "the dump lists JDK 25's filler arrays as int[]",
}

// Verify compares with the JVM's own histogram of the same heap.
func (o *Histogram) Verify(jvm map[string]ClassCount) Verification {
	var v Verification
	ours := map[string]ClassCount{}
	for _, c := range o.Classes {
		name := verifyName(c.Name)
		old := ours[name]
		ours[name] = ClassCount{name, old.Instances + c.Instances, old.Bytes + c.Bytes}
	}
	names := map[string]bool{}
	for n := range ours {
		names[n] = true
	}
	for n := range jvm {
		names[n] = true
	}
	for n := range names {
		a, b := ours[n], jvm[n]
		d := Difference{Name: n, Dump: a, JVM: b}
		switch {
		case a.Instances != b.Instances:
			d.Exempt = exempt[n]
			v.Counts = append(v.Counts, d)
		case a.Bytes != b.Bytes:
			if n == "java.lang.Class" {
				d.Exempt = exempt[n]
			} else {
				v.Off += max(a.Bytes-b.Bytes, b.Bytes-a.Bytes)
			}
			v.Bytes = append(v.Bytes, d)
		default:
			v.Equal++
		}
	}
	byName := func(a, b Difference) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(v.Counts, byName)
	slices.SortFunc(v.Bytes, byName)
	return v
}
