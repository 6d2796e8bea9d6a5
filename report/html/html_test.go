package html_test

import (
	"bytes"
	"regexp"
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

func TestMinimal(t *testing.T) {
	if page := render(t, reporttest.Minimal()); !strings.Contains(page, "No findings") || strings.Contains(page, `id="map"`) {
		t.Error("the page of an empty dump")
	}
}
