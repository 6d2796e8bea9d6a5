package layout_test

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// total is the objects and bytes of a class.
type total struct {
	count int
	bytes int64
}

// histogram is totals by class name, as jcmd PID GC.class_histogram prints them.
type histogram map[string]total

func (h histogram) add(name string, count int, bytes int64) {
	name = plainName(name)
	t := h[name]
	h[name] = total{t.count + count, t.bytes + bytes}
}

// plainName makes the two ways to write the address of a hidden class one.
func plainName(name string) string {
	name = strings.ReplaceAll(name, "/", ".")
	return strings.ReplaceAll(name, "+0x", ".0x")
}

// histogramLine matches a class line of any release: JDK 5 prints no number,
// JDK 9 and later add the module.
var histogramLine = regexp.MustCompile(`^\s*(?:\d+:)?\s*(\d+)\s+(\d+)\s+(\S+)(?: \(.*\))?\s*$`)

// readHistogram reads what jcmd PID GC.class_histogram or jmap -histo printed.
func readHistogram(t testing.TB, path string) histogram {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := histogram{}
	for s := bufio.NewScanner(f); s.Scan(); {
		m := histogramLine.FindStringSubmatch(s.Text())
		if m == nil {
			continue
		}
		count, _ := strconv.Atoi(m[1])
		bytes, _ := strconv.ParseInt(m[2], 10, 64)
		h.add(m[3], count, bytes)
	}
	return h
}

// exempt names the classes whose lines need not agree: the class archive holds
// mirrors of classes that are not loaded, which the JVM counts and no dump
// lists; JDK 25 lists its filler arrays as int[] in a dump, and apart from int[]
// in a histogram.
func exempt(name string) bool {
	switch name {
	case "java.lang.Class", "[I", "[Ljdk.internal.vm.FillerElement;":
		return true
	}
	return false
}

// sizedOneByOne names the classes whose instances differ in size.
func sizedOneByOne(name string) bool {
	return strings.HasPrefix(name, "[") || name == stackChunkName
}

// agreement is the outcome of comparing with the JVM's own histogram.
type agreement struct {
	equal, compared, otherCounts int
	bytesOff                     int64
	differing                    []string
}

// compare compares the bytes of every class with equal counts, and where counts
// differ the bytes of one instance.
func (h histogram) compare(truth histogram) agreement {
	var a agreement
	for _, name := range slices.Sorted(maps.Keys(truth)) {
		want, got := truth[name], h[name]
		switch {
		case want.count != got.count:
			a.otherCounts++
			if got.count > 0 && !exempt(name) && !sizedOneByOne(name) && want.bytes*int64(got.count) != got.bytes*int64(want.count) {
				a.differing = append(a.differing, fmt.Sprintf("%s: %d bytes an instance, the JVM says %d",
					name, got.bytes/int64(got.count), want.bytes/int64(want.count)))
			}
			continue
		case exempt(name) && want.bytes != got.bytes:
			continue
		}
		a.compared++
		if want.bytes == got.bytes {
			a.equal++
			continue
		}
		off := got.bytes - want.bytes
		a.bytesOff += max(off, -off)
		a.differing = append(a.differing, fmt.Sprintf("%s: %d objects, %d bytes, the JVM says %d", name, want.count, got.bytes, want.bytes))
	}
	return a
}
