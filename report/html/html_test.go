package html_test

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"heapcause/report"
	"heapcause/report/html"
	"heapcause/report/reporttest"
)

func render(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := html.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNoSecrets(t *testing.T) { reporttest.CheckSecrets(t, render(t, reporttest.Full())) }

func TestSameBytes(t *testing.T) {
	if one, other := render(t, reporttest.Full()), render(t, reporttest.Full()); one != other {
		t.Error("two pages of one report differ")
	}
}

// TestNothingElseIsNeeded holds that the page asks for nothing: no address but that of the standard, no source, no import.
func TestNothingElseIsNeeded(t *testing.T) {
	page := render(t, reporttest.PGTimer())
	for _, what := range []string{`https?://`, `\bsrc=`, `@import`, `url\(`, `\bfetch\(`, `XMLHttpRequest`, `<link\b`, `<iframe`} {
		if found := regexp.MustCompile(what).FindString(page); found != "" {
			t.Errorf("the page has %q", found)
		}
	}
}

// TestHostile holds that no name of the dump becomes markup or script.
func TestHostile(t *testing.T) {
	page := render(t, reporttest.Hostile())
	if n := strings.Count(page, "<script"); n != strings.Count(render(t, reporttest.PGTimer()), "<script") {
		t.Errorf("%d scripts", n)
	}
	if strings.Contains(page, "<script>alert") {
		t.Error("a class name became a script")
	}
}

// TestEverythingIsTold holds that no part of a finding is dropped.
func TestEverythingIsTold(t *testing.T) {
	page := render(t, reporttest.Full())
	for _, want := range []string{"What to do", "Wrong if", "experimental", "Path from a GC root", "Incomplete dump", "Threads that retain most", "Largest objects", "signature 3d0c4f5b9a7e"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestRings holds that the parts of a ring go once round it, and that a saved report with sums that cannot be gives none.
func TestRings(t *testing.T) {
	r := reporttest.PGTimer()
	page := render(t, r)
	dash := regexp.MustCompile(`stroke-dasharray="([0-9.]+) 100" stroke-dashoffset="-([0-9.]+)"`)
	figures := strings.Split(page, "<svg ")[1:]
	if len(figures) != 3 {
		t.Fatalf("%d rings", len(figures))
	}
	for i, f := range figures {
		round := 0.0
		for _, m := range dash.FindAllStringSubmatch(strings.Split(f, "</svg>")[0], -1) {
			length, _ := strconv.ParseFloat(m[1], 64)
			from, _ := strconv.ParseFloat(m[2], 64)
			if math.Abs(from-round) > 0.01 {
				t.Errorf("ring %d: a part begins at %g, the one before it ends at %g", i, from, round)
			}
			round += length
		}
		if math.Abs(round-100) > 0.1 {
			t.Errorf("ring %d: %g of 100", i, round)
		}
	}
	r.Histogram.Rows[0].Shallow = r.Counts.Bytes * 2
	if n := strings.Count(render(t, r), "<svg "); n != 2 {
		t.Errorf("%d rings with a part larger than the whole", n)
	}
}

func TestMinimal(t *testing.T) {
	if page := render(t, reporttest.Minimal()); !strings.Contains(page, "No findings") || strings.Contains(page, `id="map"`) {
		t.Error("the page of an empty dump")
	}
}
